package cimxml

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// A standardSession is a namespace of a server that knows the operations of
// DSP0200 and no others. Subscriptions, plans and descriptors, of which CIM-XML
// has no notion, are NotSupported or not there.
type standardSession struct {
	place
	origin   *cim.Origin
	declared declared
}

var _ interface {
	wbem.Services
	wbem.QualifierStore
} = (*standardSession)(nil)

// A foreignServer is what a client knows about a server of somebody else.
type foreignServer struct {
	known   atomic.Bool // that it is one
	classic atomic.Bool // it cannot be pulled from
	interop atomic.Pointer[string]
	schema  schemaCache
}

// An httpError is an answer without a message.
type httpError struct {
	status int
	err    error
}

func (e *httpError) Error() string { return e.err.Error() }
func (e *httpError) Unwrap() error { return e.err }

// isForeign reports whether the answer to a native operation is that of a server
// which does not know any: an ERROR, since ours says what fails in elements of
// its own, or a complaint about the message.
func isForeign(err error) bool {
	if _, ok := codeIn(err); ok {
		return true
	}
	var h *httpError
	return errors.As(err, &h) && isComplaint(h.status)
}

// isComplaint reports whether an HTTP status says that the server does not
// understand a message which is in order.
func isComplaint(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusNotImplemented
}

// codeIn returns the status that an ERROR of the server has.
func codeIn(err error) (Code, bool) {
	var c *codedError
	if errors.As(err, &c) {
		return c.code, true
	}
	return 0, false
}

func failedWith(err error, codes ...Code) bool {
	got, ok := codeIn(err)
	for _, c := range codes {
		if ok && got == c {
			return true
		}
	}
	return false
}

// lacks reports whether the server does not know an operation. FAILED is what
// some answer then.
func lacks(err error) bool {
	var h *httpError
	return failedWith(err, NotSupported, Failed) || errors.As(err, &h) && isComplaint(h.status)
}

// connectStandard opens a session of standard operations.
func (c *Client) connectStandard(ctx context.Context, path string, o wbem.ConnectOptions) (wbem.Services, error) {
	at := path
	if at == "" {
		at = `root\cimv2`
	}
	server, namespace, err := cim.ParseNamespace(at)
	if err != nil {
		return nil, wbem.NewError(opConnect, path, err)
	}
	u, err := url.Parse(c.url)
	if err != nil {
		return nil, wbem.NewError(opConnect, path, err)
	}
	if server == "" || server == "." {
		server = serverName(u.Hostname())
	}
	if namespace == "" {
		namespace = `root\cimv2`
	}
	return c.standardSession(o, server, namespace).open(ctx, opConnect, path)
}

// serverName returns what stands for a host in paths, in which colons have a
// meaning: Windows writes addresses of IPv6 as names.
func serverName(host string) string {
	if !strings.Contains(host, ":") {
		return host
	}
	return strings.NewReplacer(":", "-", "%", "s").Replace(host) + ".ipv6-literal.net"
}

func (c *Client) standardSession(o wbem.ConnectOptions, server, namespace string) *standardSession {
	return &standardSession{
		place:  place{client: c, o: o, server: server, namespace: namespace},
		origin: &cim.Origin{Server: server, Namespace: namespace},
	}
}

// open asks whether the namespace is there. Whether a class is in it does not
// matter, and its properties even less.
func (s *standardSession) open(ctx context.Context, op, path string) (wbem.Services, error) {
	p := params{}.class("ClassName", "CIM_ManagedElement").boolean("LocalOnly", true).boolean("IncludeQualifiers", false)
	p = append(p, `<IPARAMVALUE NAME="PropertyList"><VALUE.ARRAY></VALUE.ARRAY></IPARAMVALUE>`...)
	err := s.do(ctx, op, path, "GetClass", p, skip)
	if code, ok := codeIn(err); ok && code != InvalidNamespace && code != AccessDenied {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// params are the parameters of an operation, encoded.
type params []byte

func (p params) text(name, text string) params { return appendTextParam(p, name, text) }

func (p params) boolean(name string, v bool) params {
	return p.text(name, strings.ToUpper(strconv.FormatBool(v)))
}

func (p params) element(name string, encode func(b []byte) []byte) params {
	b := xml.AppendAttr(append(p, "<IPARAMVALUE"...), "NAME", name)
	return append(encode(append(b, '>')), "</IPARAMVALUE>"...)
}

// class adds the name of a class, if it is one.
func (p params) class(name, class string) params {
	if class == "" {
		return p
	}
	return p.element(name, func(b []byte) []byte { return new(xml.Encoder).AppendPath(b, cim.Path{Class: class}) })
}

// name adds a name that is not that of a class, if it is one.
func (p params) name(name, text string) params {
	if text == "" {
		return p
	}
	return p.text(name, text)
}

func (p params) list(name string, texts []string) params {
	return p.element(name, func(b []byte) []byte {
		b = append(b, "<VALUE.ARRAY>"...)
		for _, t := range texts {
			b = append(xml.AppendText(append(b, "<VALUE>"...), t), "</VALUE>"...)
		}
		return append(b, "</VALUE.ARRAY>"...)
	})
}

// path adds the name of a class or an instance, which is in the namespace.
func (s *standardSession) path(ctx context.Context, p params, name string, path cim.Path) params {
	path.Server, path.Namespace = "", ""
	return p.element(name, func(b []byte) []byte { return s.encoder(ctx).AppendPath(b, path) })
}

// encoder returns an encoder that knows the classes of references.
func (s *standardSession) encoder(ctx context.Context) *xml.Encoder {
	return &xml.Encoder{Classes: func(name string) (*cim.Class, error) { return s.class(ctx, name) }}
}

// skip is for operations whose answer is of no interest.
func skip(a *answer, _ string) (bool, error) {
	a.d.Skip()
	return true, nil
}

// do carries out an intrinsic operation: element reads each element that it
// returns, and ends it by returning false. op and path are as errors name them.
func (s *standardSession) do(ctx context.Context, op, path, method string, p params, element func(a *answer, tag string) (bool, error)) error {
	a, err := s.client.post(ctx, s.namespace, method, p)
	return wbem.NewError(op, path, s.read(ctx, a, err, element))
}

// read reads an answer, if there is one.
func (s *standardSession) read(ctx context.Context, a *answer, err error, element func(a *answer, tag string) (bool, error)) error {
	if err != nil {
		return err
	}
	defer a.end()
	a.lineage = s.lineage()
	a.d.Classes = s.known(ctx, a.lineage)
	a.d.Embedded = true
	a.d.SkipQualifiers = true // OpenPegasus sends those of the class
	started := false
	for tag := range a.elements {
		if !started {
			started = true
			wbem.Started(ctx)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		more, err := element(a, tag)
		if err == nil {
			err = a.d.Err()
		}
		if err != nil {
			s.forget() // an object has perhaps a property that its class had not
			return readError(ctx, err)
		}
		if !more {
			return nil // the rest is of no interest
		}
	}
	if a.err == nil {
		a.err = a.late()
	}
	if a.err != nil {
		return readError(ctx, a.err)
	}
	if !started {
		wbem.Started(ctx)
	}
	return nil
}

// check returns an error for flags that the operation does not have, or that
// CIM-XML cannot say, and for a path that leads out of the namespace.
func (s *standardSession) check(o wbem.Options, known wbem.Flags, path cim.Path) error {
	if err := s.usable(); err != nil {
		return err
	}
	if other := o.Flags &^ known; other != 0 {
		if other&^(wbem.UpdateForceMode|wbem.OwnerUpdate) == 0 {
			return cim.Errorf(wbem.NotSupported, "flags 0x%X cannot be said in CIM-XML", uint32(other))
		}
		return cim.Errorf(wbem.InvalidParameter, "flags 0x%X are not defined here", uint32(other))
	}
	return wbem.CheckPlace(s, path)
}

// Locale implements wbem.Services. Which language a server speaks it does not say.
func (s *standardSession) Locale() string { return s.o.Locale }

// OpenNamespace implements wbem.Services.
func (s *standardSession) OpenNamespace(ctx context.Context, relative string, o wbem.Options) (wbem.Services, error) {
	err := s.check(o, 0, cim.Path{})
	if err == nil && relative == "" {
		err = cim.Errorf(wbem.InvalidParameter, "there is no namespace")
	}
	if err == nil {
		_, _, err = cim.ParseNamespace(relative)
	}
	if err != nil {
		return nil, wbem.NewError(opOpenNamespace, relative, err)
	}
	below := s.client.standardSession(s.o, s.server, s.namespace+`\`+strings.ReplaceAll(relative, "/", `\`))
	return below.open(ctx, opOpenNamespace, relative)
}

// Subscribe implements wbem.Services.
func (s *standardSession) Subscribe(_ context.Context, _, query string, _ wbem.Options) (wbem.Subscription, error) {
	return nil, wbem.NewError(opSubscribe, query, cim.Errorf(wbem.NotSupported,
		"the server speaks standard CIM-XML, which sends events to a listener only: put CIM_IndicationFilter, "+
			"CIM_ListenerDestinationCIMXML and CIM_IndicationSubscription instances into its interop namespace"))
}
