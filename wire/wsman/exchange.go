package wsman

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/lease"
)

// An exchange is a request and its answer.
type exchange struct {
	*request
	server *Server
	ctx    context.Context
	who    *wbem.Identity
	svc    wbem.Services

	respond string // the action of the answer
	head    []byte // more headers of it
	body    []byte
}

// An operation is an action that is not a method.
type operation struct {
	run func(*exchange) error
	// open says that it is about something that is open: it needs no session.
	open bool
	// parts says that it can be about a part of an instance.
	parts bool
}

var operations map[string]operation

func init() {
	operations = map[string]operation{
		actionGet:         {run: get, parts: true},
		actionPut:         {run: put, parts: true},
		actionCreate:      {run: create},
		actionDelete:      {run: deleteInstance},
		actionEnumerate:   {run: enumerate},
		actionPull:        {run: pull, open: true},
		actionRelease:     {run: release, open: true},
		actionSubscribe:   {run: subscribe},
		actionRenew:       {run: renew, open: true},
		actionGetStatus:   {run: getStatus, open: true},
		actionUnsubscribe: {run: unsubscribe, open: true},
	}
}

// run carries out the request. When its time is over, or the server ends, that is
// the reason why it has failed, whatever the operation says.
func (x *exchange) run() error {
	err := x.perform()
	var f *fault
	if err == nil || errors.As(err, &f) || x.ctx.Err() == nil {
		return err
	}
	return ended(x.ctx, err)
}

// ended returns as what an operation fails because a context has ended: nobody is
// told that who has gone away himself. err is what it says otherwise.
func ended(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case cause == wbem.ShuttingDown:
		return wbem.ShuttingDown
	case errors.Is(cause, context.DeadlineExceeded):
		return &fault{kind: faultTimedOut, err: wbem.Timeout}
	}
	return err
}

func (x *exchange) perform() error {
	op, ok := operations[x.action]
	if !ok {
		op.run = invoke
		for _, space := range []string{nsTransfer, nsEnumeration, nsEventing} {
			if strings.HasPrefix(x.action, space) {
				return newFault(faultActionNotSupported, "", wbem.NotSupported, "action %.200s is not supported", x.action)
			}
		}
	}
	if x.fragment != nil && !op.parts {
		return newFault(faultUnsupportedFeature, "FragmentLevelAccess", wbem.NotSupported, "this action is about whole instances")
	}
	x.respond = x.action + "Response"
	if op.open {
		return op.run(x)
	}
	if x.resource.uri == "" {
		return newFault(faultDestinationUnreachable, "InvalidResourceURI", wbem.InvalidParameter, "header ResourceURI is missing")
	}
	if err := x.connect(x.namespace()); err != nil {
		return err
	}
	return op.run(x)
}

// connect opens the session of the request.
func (x *exchange) connect(namespace string) error {
	x.close()
	svc, err := x.server.locator.Connect(x.ctx, namespace, wbem.ConnectOptions{Identity: x.who, Locale: x.locale, StripAmended: true})
	if err == nil {
		x.svc, x.resource.home = svc, svc.Namespace()
	}
	return err
}

// options are those of an operation.
func (x *exchange) options(f wbem.Flags) wbem.Options {
	return wbem.Options{Flags: f, Context: x.request.options}
}

// reader reads what the body has.
func (x *exchange) reader() reader {
	left := cim.MaxEmbedded
	return reader{class: func(name string) (*cim.Class, error) { return x.svc.GetClass(x.ctx, name, wbem.Options{}) }, left: &left}
}

func (x *exchange) close() {
	if x.svc != nil {
		if err := x.svc.Close(); err != nil {
			x.server.log.Debug("cannot close a session", "err", err)
		}
		x.svc = nil
	}
}

// name is that of who asks, "" for the owner of the locator.
func (x *exchange) name() string {
	if x.who == nil {
		return ""
	}
	return x.who.Name
}

// holder is who asks, for what stays open between requests.
func (x *exchange) holder() lease.Holder { return lease.HolderOf(x.who) }

// envelope returns the answer with an action and a body.
func (x *exchange) envelope(action string, body []byte) []byte {
	b := x.appendHead(make([]byte, 0, 1024+len(x.head)+len(body)), action)
	b = append(b, body...)
	return append(b, envelopeTail...)
}

const envelopeTail = "</s:Body></s:Envelope>"

// appendHead appends an answer up to where its body begins.
func (x *exchange) appendHead(b []byte, action string) []byte {
	b = append(b, `<s:Envelope xml:lang="en-US"`+prefixesIn(x.w3c)+`><s:Header><a:Action>`...)
	b = xml.AppendText(b, action)
	b = append(b, "</a:Action><a:MessageID>uuid:"+newUUID()+"</a:MessageID><a:To>"+anonymousIn(x.w3c)+"</a:To>"...)
	if x.id != "" {
		b = append(b, "<a:RelatesTo>"...)
		b = xml.AppendText(b, x.id)
		b = append(b, "</a:RelatesTo>"...)
	}
	b = append(b, x.head...)
	return append(b, "</s:Header>"+bodyTag...)
}

const bodyTag = "<s:Body>"

// fault returns the answer to a request that failed.
func (x *exchange) fault(err error) []byte {
	f := faultOf(err)
	x.head = nil
	if f.kind == faultVersion { // SOAP 1.2 part 1, 5.4.7
		x.head = append(x.head, `<s:Upgrade><s:SupportedEnvelope qname="s:Envelope"/></s:Upgrade>`...)
	}
	if h := f.notUnderstood; h.Local != "" {
		x.head = append(x.head, `<s:NotUnderstood`...)
		if h.Space != "" {
			x.head = xml.AppendAttr(x.head, "xmlns:h", h.Space)
			h.Local = "h:" + h.Local
		}
		x.head = xml.AppendAttr(x.head, "qname", h.Local)
		x.head = append(x.head, "/>"...)
	}
	action, subcode := f.kind.names(x.w3c)
	return x.envelope(action, f.append(nil, subcode, x.server.opts.Machine))
}

// identify answers who the server is. DSP0226 11
func (x *exchange) identify() []byte {
	b := []byte(`<s:Envelope xml:lang="en-US" xmlns:s="` + nsSOAP + `"><s:Header/><s:Body><wsmid:IdentifyResponse xmlns:wsmid="` + nsIdentity +
		`"><wsmid:ProtocolVersion>` + nsWSMan + `</wsmid:ProtocolVersion><wsmid:ProductVendor>OpenWMI</wsmid:ProductVendor><wsmid:ProductVersion>`)
	b = xml.AppendText(b, x.server.opts.Version)
	return append(b, "</wsmid:ProductVersion></wsmid:IdentifyResponse></s:Body></s:Envelope>"...)
}

// newUUID returns a random UUID. RFC 9562 5.4
func newUUID() string {
	var u [16]byte
	rand.Read(u[:])
	u[6], u[8] = u[6]&0x0F|0x40, u[8]&0x3F|0x80
	h := strings.ToUpper(hex.EncodeToString(u[:]))
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// class returns the class that the resource names.
func (x *exchange) class() (*cim.Class, error) {
	if x.resource.class == "*" {
		return nil, newFault(faultDestinationUnreachable, "InvalidResourceURI", wbem.InvalidClass, "one class has to be named")
	}
	c, err := x.svc.GetClass(x.ctx, x.resource.class, wbem.Options{})
	if errors.Is(err, wbem.NotFound) {
		return nil, newFault(faultDestinationUnreachable, "InvalidResourceURI", wbem.InvalidClass, "class %s does not exist", x.resource.class)
	}
	return c, err
}

// path returns the path of the instance that the selectors name.
func (x *exchange) path(c *cim.Class) (cim.Path, error) {
	p := pathOf(x.resource, x.selectors)
	p.Namespace = ""
	if c.IsSingleton() && len(p.Keys) == 0 {
		p.Singleton = true
		return p, nil
	}
	for i := range p.Keys {
		prop := c.Property(p.Keys[i].Name)
		if prop == nil || !prop.IsKey() {
			return p, newFault(faultInvalidSelectors, "UnexpectedSelectors", wbem.InvalidObjectPath, "%.60q is no key of class %s", p.Keys[i].Name, c.Name())
		}
		v, err := readKey(prop.Type(), p.Keys[i].Text)
		if err != nil {
			return p, newFault(faultInvalidSelectors, "TypeMismatch", wbem.InvalidObjectPath, "selector %s: %v", prop.Name(), err)
		}
		p.Keys[i] = cim.NewKey(prop.Name(), v)
	}
	if len(p.Keys) < len(c.Keys()) || len(c.Keys()) == 0 {
		return p, newFault(faultInvalidSelectors, "InsufficientSelectors", wbem.InvalidObjectPath, "class %s has %d keys", c.Name(), len(c.Keys()))
	}
	return p, nil
}

// readKey reads a key from the text of a selector.
func readKey(t cim.Type, text string) (cim.Value, error) {
	switch {
	case t == cim.TypeDatetime:
		return readDatetime(strings.TrimSpace(text))
	case t.IsText(), t == cim.TypeChar16:
		return cim.ParseText(t, text)
	}
	return cim.ParseText(t, strings.TrimSpace(text))
}
