package wsman

import (
	"slices"
	"strconv"
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
	maxOptions         = 64
	maxOptionSet       = 64 << 10 // bytes of names and values: an enumeration keeps them
	maxURI             = 2048     // bytes of anything that is one, or the name of something
	usualOperationTime = 60 * time.Second
	maxOperationTime   = 20 * time.Minute
)

// A request is a message from a client.
type request struct {
	action    string
	id        string // MessageID
	to        string
	resource  resource
	selectors []selector
	options   *wbem.Context // what goes to providers, nil for nothing
	estimate  bool          // of how many objects there are is asked for
	sub       string        // name of a subscription
	locale    string
	envelope  int // how long the answer may be
	timeout   time.Duration
	fragment  *xmltree.Node
	body      *xmltree.Node // the element in the body, nil if it is empty
	wide      bool          // it is in UTF-16
	w3c       bool          // its addressing is that of W3C
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
	{Space: nsMicrosoft, Local: "SequenceId"}: true, {Space: nsMicrosoft, Local: "ActivityId"}: true,
}

// readRequest reads a message.
func readRequest(document []byte) (*request, error) {
	r := &request{envelope: usualEnvelope, timeout: usualOperationTime}
	root, err := xmltree.Parse(document)
	if err != nil {
		return r, newFault(faultSchemaValidation, "", wbem.InvalidSyntax, "%v", err)
	}
	switch {
	case root.Local == "Envelope" && root.Space != nsSOAP:
		return r, newFault(faultVersion, "", wbem.NotSupported, "an envelope in namespace %.100q is not understood", root.Space)
	case root.Local != "Envelope":
		return r, newFault(faultSchemaValidation, "", wbem.InvalidParameter, "the document is no envelope of SOAP 1.2")
	}
	body := root.Child(nsSOAP, "Body")
	if body == nil {
		return r, newFault(faultSchemaValidation, "", wbem.InvalidParameter, "the envelope has no body")
	}
	if len(body.Children) > 0 {
		r.body = body.Children[0]
	}
	r.w3c = unify(root)
	head := root.Child(nsSOAP, "Header")
	if r.isIdentify() {
		return r, nil
	}
	if head == nil {
		return r, newFault(faultHeaderRequired, "", wbem.InvalidParameter, "the envelope has no header")
	}
	id := head.Child(nsAddressing, "MessageID").Value()
	if len(id) > maxURI { // too long to be repeated
		return r, newFault(faultEncodingLimit, "URILimitExceeded", wbem.QuotaViolation, "the MessageID has more than %d bytes", maxURI)
	}
	r.id = id
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
			return &fault{kind: faultInvalidHeader, notUnderstood: h.Name, err: cim.Errorf(wbem.NotSupported, "header %s is not understood", h.Local)}
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
	r.sub = head.Child(nsEventing, "Identifier").Value()
	uri := head.Child(nsWSMan, "ResourceURI").Value()
	if max(len(r.action), len(r.to), len(r.sub), len(uri)) > maxURI {
		return newFault(faultEncodingLimit, "URILimitExceeded", wbem.QuotaViolation, "a URI has more than %d bytes", maxURI)
	}
	for _, name := range []string{"ReplyTo", "FaultTo"} {
		if to := head.Child(nsAddressing, name); to != nil && to.Child(nsAddressing, "Address").Value() != anonymous {
			return newFault(faultUnsupportedFeature, "AddressingMode", wbem.NotSupported, "answers go back on the connection")
		}
	}
	if l := head.Child(nsWSMan, "Locale"); l != nil {
		r.locale = l.Attr(nsXML, "lang")
	}
	if err := r.limits(head); err != nil {
		return err
	}
	if err := r.readOptions(head.Child(nsWSMan, "OptionSet")); err != nil {
		return err
	}
	r.estimate = head.Child(nsWSMan, "RequestTotalItemsCountEstimate") != nil
	r.fragment = head.Child(nsWSMan, "FragmentTransfer")
	if uri != "" {
		var err error
		if r.resource, err = parseResource(uri); err != nil {
			return err
		}
		r.resource.w3c = r.w3c
	}
	var err error
	r.selectors, err = readSelectors(head.Child(nsWSMan, "SelectorSet"), 0)
	return err
}

func (r *request) limits(head *xmltree.Node) error {
	if text := head.Child(nsWSMan, "MaxEnvelopeSize").Value(); text != "" {
		var err error
		if r.envelope, err = readEnvelopeSize(text); err != nil {
			return err
		}
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

// readEnvelopeSize reads how many bytes a message has at most. What is more than
// the server writes is cut.
func readEnvelopeSize(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, newFault(faultInvalidHeader, "", wbem.InvalidParameter, "MaxEnvelopeSize is %.40q", text)
	}
	if n < minEnvelope {
		return 0, newFault(faultEncodingLimit, "MinimumEnvelopeLimit", wbem.InvalidParameter, "an envelope has at least %d bytes", minEnvelope)
	}
	return min(int(n), maxEnvelope), nil
}

// readOptions reads an OptionSet: options go to providers, which need not heed
// them. DSP0226 6.4
func (r *request) readOptions(n *xmltree.Node) error {
	size := 0
	for i, o := range children(n, nsWSMan, "Option") {
		name := o.Attr("", "Name")
		must := o.Attr("", "MustComply")
		size += len(name) + len(o.Text)
		switch {
		case i == maxOptions, size > maxOptionSet:
			return newFault(faultInvalidOptions, "OptionLimit", wbem.QuotaViolation, "there are more than %d options, or %d bytes of them", maxOptions, maxOptionSet)
		case name == "", cim.IsSystemName(name):
			return newFault(faultInvalidOptions, "InvalidName", wbem.InvalidParameter, "an option is called %.60q", name)
		case must == "true", must == "1":
			return newFault(faultInvalidOptions, "NotSupported", wbem.NotSupported, "nobody promises to comply with option %.60q", name)
		}
		if r.options == nil {
			r.options = &wbem.Context{}
		}
		v := cim.StringValue(o.Text)
		if isNil(o) {
			v = cim.Value{}
		}
		r.options.Set(name, v)
	}
	return nil
}

// kept returns what an enumeration or subscription needs of the request that has
// begun it: not the whole message.
func (r *request) kept() *request { return &request{options: r.options} }

// namespace returns the namespace in which a request is.
func (r *request) namespace() string {
	if r.resource.namespace != "" {
		return r.resource.namespace
	}
	for _, s := range r.selectors {
		if cim.EqualNames(s.name, selectorNamespace) && namespaceOf(s.text) != "" {
			return namespaceOf(s.text)
		}
	}
	return defaultNamespace
}

// named reports whether a request says in which namespace it is.
func (r *request) named() bool {
	return r.resource.namespace != "" || slices.ContainsFunc(r.selectors, func(s selector) bool { return cim.EqualNames(s.name, selectorNamespace) })
}
