package wsman

import (
	"strconv"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// Limits of requests, and the usual sizes of answers in bytes. DSP0226 R13
const (
	MaxRequest         = 8 << 20
	minEnvelope        = 8 << 10
	usualEnvelope      = 512000
	maxEnvelope        = 4 << 20
	maxSelectors       = 64
	usualOperationTime = 60 * time.Second
	maxOperationTime   = 20 * time.Minute
)

// A request is a message from a client.
type request struct {
	action    string
	id        string // MessageID
	to        string
	replyTo   string
	resource  resource
	selectors []selector
	options   map[string]string
	locale    string
	envelope  int // how long the answer may be
	timeout   time.Duration
	fragment  *xmltree.Node
	body      *xmltree.Node // the element in the body, nil if it is empty
}

// A selector is a part of what names an instance.
type selector struct {
	name string
	text string
	path *cim.Path // of an endpoint reference
}

// understood are the headers that a client may mark so that they must be
// understood.
var understood = map[xmltree.Name]bool{
	{Space: nsAddressing, Local: "To"}: true, {Space: nsAddressing, Local: "Action"}: true, {Space: nsAddressing, Local: "MessageID"}: true,
	{Space: nsAddressing, Local: "ReplyTo"}: true, {Space: nsAddressing, Local: "FaultTo"}: true, {Space: nsAddressing, Local: "From"}: true,
	{Space: nsAddressing, Local: "RelatesTo"}: true,
	{Space: nsWSMan, Local: "ResourceURI"}:    true, {Space: nsWSMan, Local: "SelectorSet"}: true, {Space: nsWSMan, Local: "OptionSet"}: true,
	{Space: nsWSMan, Local: "OperationTimeout"}: true, {Space: nsWSMan, Local: "MaxEnvelopeSize"}: true, {Space: nsWSMan, Local: "Locale"}: true,
	{Space: nsWSMan, Local: "FragmentTransfer"}: true, {Space: nsWSMan, Local: "RequestTotalItemsCountEstimate"}: true,
	{Space: nsEventing, Local: "Identifier"}:  true,
	{Space: nsMicrosoft, Local: "DataLocale"}: true, {Space: nsMicrosoft, Local: "SessionId"}: true, {Space: nsMicrosoft, Local: "OperationID"}: true,
	{Space: nsMicrosoft, Local: "SequenceId"}: true, {Space: nsMicrosoft, Local: "ActivityId"}: true, {Space: nsBinding, Local: "PolymorphismMode"}: true,
}

// readRequest reads a message.
func readRequest(document []byte) (*request, error) {
	r := &request{envelope: usualEnvelope, timeout: usualOperationTime}
	root, err := xmltree.Parse(document)
	if err != nil {
		return r, newFault(faultSchemaValidation, "", wbem.InvalidSyntax, "%v", err)
	}
	if root.Local != "Envelope" || root.Space != nsSOAP {
		return r, newFault(faultSchemaValidation, "", wbem.InvalidParameter, "the document is no envelope of SOAP 1.2")
	}
	body := root.Child(nsSOAP, "Body")
	if body == nil {
		return r, newFault(faultSchemaValidation, "", wbem.InvalidParameter, "the envelope has no body")
	}
	if len(body.Children) > 0 {
		r.body = body.Children[0]
	}
	head := root.Child(nsSOAP, "Header")
	if r.isIdentify() {
		return r, nil
	}
	if head == nil {
		return r, newFault(faultHeaderRequired, "", wbem.InvalidParameter, "the envelope has no header")
	}
	r.id = head.Child(nsAddressing, "MessageID").Value()
	return r, r.header(head)
}

func (r *request) isIdentify() bool {
	return r.body != nil && r.body.Space == nsIdentity && r.body.Local == "Identify"
}

// header reads what the header says.
func (r *request) header(head *xmltree.Node) error {
	seen := map[xmltree.Name]bool{}
	for _, h := range head.Children {
		must := h.Attr(nsSOAP, "mustUnderstand")
		if !understood[h.Name] && (must == "true" || must == "1") {
			return &fault{kind: faultInvalidHeader, notUnderstood: h.Local, err: cim.Errorf(wbem.NotSupported, "header %s is not understood", h.Local)}
		}
		if understood[h.Name] && seen[h.Name] {
			return newFault(faultInvalidHeader, "", wbem.InvalidParameter, "header %s stands there twice", h.Local)
		}
		seen[h.Name] = true
	}
	r.action = head.Child(nsAddressing, "Action").Value()
	if r.action == "" {
		return newFault(faultHeaderRequired, "", wbem.InvalidParameter, "header Action is missing")
	}
	r.to = head.Child(nsAddressing, "To").Value()
	if reply := head.Child(nsAddressing, "ReplyTo"); reply != nil {
		r.replyTo = reply.Child(nsAddressing, "Address").Value()
		if r.replyTo != anonymous {
			return newFault(faultUnsupportedFeature, "AddressingMode", wbem.NotSupported, "answers go back on the connection")
		}
	}
	if l := head.Child(nsWSMan, "Locale"); l != nil {
		r.locale = l.Attr(nsXML, "lang")
	}
	if err := r.limits(head); err != nil {
		return err
	}
	for _, n := range children(head.Child(nsWSMan, "OptionSet"), nsWSMan, "Option") {
		if r.options == nil {
			r.options = map[string]string{}
		}
		r.options[strings.ToLower(n.Attr("", "Name"))] = n.Value()
	}
	r.fragment = head.Child(nsWSMan, "FragmentTransfer")
	if uri := head.Child(nsWSMan, "ResourceURI").Value(); uri != "" {
		var err error
		if r.resource, err = parseResource(uri); err != nil {
			return err
		}
	}
	var err error
	r.selectors, err = readSelectors(head.Child(nsWSMan, "SelectorSet"))
	return err
}

func (r *request) limits(head *xmltree.Node) error {
	if text := head.Child(nsWSMan, "MaxEnvelopeSize").Value(); text != "" {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return newFault(faultInvalidHeader, "", wbem.InvalidParameter, "MaxEnvelopeSize is %.40q", text)
		}
		if n < minEnvelope {
			return newFault(faultEncodingLimit, "MinimumEnvelopeLimit", wbem.InvalidParameter, "an envelope has at least %d bytes", minEnvelope)
		}
		r.envelope = min(int(n), maxEnvelope)
	}
	if text := head.Child(nsWSMan, "OperationTimeout").Value(); text != "" {
		d, err := parseDuration(text)
		if err != nil || d <= 0 {
			return newFault(faultInvalidParameter, "", wbem.InvalidParameter, "OperationTimeout is %.40q", text)
		}
		r.timeout = min(d, maxOperationTime)
	}
	return nil
}

// children returns the children of a node that have a name.
func children(n *xmltree.Node, space, local string) []*xmltree.Node {
	if n == nil {
		return nil
	}
	var found []*xmltree.Node
	for _, c := range n.Children {
		if c.Space == space && c.Local == local {
			found = append(found, c)
		}
	}
	return found
}

// readSelectors reads a SelectorSet, nil for none.
func readSelectors(n *xmltree.Node) ([]selector, error) {
	var all []selector
	for _, c := range children(n, nsWSMan, "Selector") {
		s := selector{name: c.Attr("", "Name"), text: c.Text}
		if len(all) == maxSelectors {
			return nil, newFault(faultInvalidSelectors, "SelectorLimit", wbem.QuotaViolation, "there are more than %d selectors", maxSelectors)
		}
		for _, before := range all {
			if cim.EqualNames(before.name, s.name) {
				return nil, newFault(faultInvalidSelectors, "DuplicateSelectors", wbem.InvalidObjectPath, "selector %.60q stands there twice", s.name)
			}
		}
		if epr := c.Child(nsAddressing, "EndpointReference"); epr != nil {
			p, err := readEPR(epr)
			if err != nil {
				return nil, err
			}
			s.path = &p
		}
		all = append(all, s)
	}
	return all, nil
}

// readEPR reads an endpoint reference as the path of the object that it names.
func readEPR(n *xmltree.Node) (cim.Path, error) {
	params := n.Child(nsAddressing, "ReferenceParameters")
	r, err := parseResource(params.Child(nsWSMan, "ResourceURI").Value())
	if err != nil {
		return cim.Path{}, err
	}
	selectors, err := readSelectors(params.Child(nsWSMan, "SelectorSet"))
	if err != nil {
		return cim.Path{}, err
	}
	return pathOf(r, selectors), nil
}

// pathOf returns the path that a resource and selectors name: the keys are text,
// whatever their types.
func pathOf(r resource, selectors []selector) cim.Path {
	p := cim.Path{Namespace: r.namespace, Class: r.class}
	for _, s := range selectors {
		switch {
		case cim.EqualNames(s.name, selectorNamespace):
			if p.Namespace == "" {
				p.Namespace = namespaceOf(s.text)
			}
		case s.path != nil:
			p.Keys = append(p.Keys, cim.Key{Name: s.name, Text: s.path.String(), Quoted: true})
		default:
			p.Keys = append(p.Keys, cim.Key{Name: s.name, Text: s.text, Quoted: true})
		}
	}
	return p
}

func namespaceOf(text string) string {
	return strings.Trim(strings.ReplaceAll(strings.TrimSpace(text), "/", `\`), `\`)
}

// namespace returns the namespace in which a request is.
func (r *request) namespace() string {
	if r.resource.namespace != "" {
		return r.resource.namespace
	}
	for _, s := range r.selectors {
		if cim.EqualNames(s.name, selectorNamespace) && s.text != "" {
			return namespaceOf(s.text)
		}
	}
	return defaultNamespace
}
