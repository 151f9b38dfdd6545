package wsman

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"crypto/rand"
	"encoding/hex"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/lease"
)

// Usual limits of a Server.
const MaxEnumerations = 256 // open enumerations and subscriptions of a user

// Options of a Server.
type Options struct {
	// Identity returns who has sent a request, as the connection was
	// authenticated; nil is the owner of the locator. It must be set. An error
	// is answered with 401.
	Identity func(*http.Request) (*wbem.Identity, error)

	// MaxRequest is how many bytes a request has at most. Zero is the constant
	// of that name.
	MaxRequest int64

	// MaxEnumerations is how many enumerations and subscriptions a user may
	// have open. Zero is the constant of that name.
	MaxEnumerations int

	// Machine is the name of this computer in faults.
	Machine string

	// Version is what Identify says.
	Version string

	Logger *slog.Logger // nil discards what is worth knowing
}

// A Server answers WS-Management requests from a locator. It is an http.Handler
// for one path, /wsman by custom.
type Server struct {
	locator wbem.Locator
	opts    Options
	log     *slog.Logger
	leases  *lease.Table
}

// NewServer returns a server. Close ends what clients have left open.
func NewServer(l wbem.Locator, o Options) *Server {
	if o.MaxRequest == 0 {
		o.MaxRequest = MaxRequest
	}
	if o.MaxEnumerations == 0 {
		o.MaxEnumerations = MaxEnumerations
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Server{locator: l, opts: o, log: o.Logger, leases: lease.NewTable(o.MaxEnumerations)}
}

// Close ends open enumerations and subscriptions.
func (s *Server) Close() error {
	s.leases.Close()
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		http.Error(w, "Only POST carries WS-Management", http.StatusMethodNotAllowed)
		return
	}
	who, err := s.opts.Identity(r)
	if err != nil {
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	document, err := s.read(w, r)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	case errors.Is(err, errMediaType):
		http.Error(w, err.Error(), http.StatusUnsupportedMediaType)
		return
	case err != nil:
		return // the client is gone
	}
	status, answer := s.answer(r.Context(), who, document)
	w.Header().Set("Content-Type", "application/soap+xml;charset=UTF-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

var errMediaType = errors.New("the body is no SOAP in UTF-8 or UTF-16")

// read reads the body of a request, as UTF-8.
func (s *Server) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	t, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || t != "application/soap+xml" && t != "application/xml" && t != "text/xml" {
		return nil, errMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.opts.MaxRequest))
	if err != nil {
		return nil, err
	}
	switch charset := strings.Trim(params["charset"], `"`); {
	case charset == "", strings.EqualFold(charset, "utf-8"), strings.EqualFold(charset, "us-ascii"):
		return body, nil
	case strings.HasPrefix(strings.ToLower(charset), "utf-16"):
		return fromUTF16(body)
	}
	return nil, errMediaType
}

// answer carries out a request and returns the HTTP status and the message.
func (s *Server) answer(ctx context.Context, who *wbem.Identity, document []byte) (int, []byte) {
	r, err := readRequest(document)
	x := &exchange{server: s, request: r, who: who}
	if err == nil && r.isIdentify() {
		return http.StatusOK, x.identify()
	}
	if err == nil {
		var cancel context.CancelFunc
		x.ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
		defer x.close()
		err = x.run()
	}
	if err != nil {
		return http.StatusInternalServerError, x.fault(err)
	}
	return http.StatusOK, x.envelope(x.respond, x.body)
}

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

// operations are the actions that are not methods.
var operations map[string]func(*exchange) error

func init() {
	operations = map[string]func(*exchange) error{
		actionGet:       get,
		actionPut:       put,
		actionCreate:    create,
		actionDelete:    deleteInstance,
		actionEnumerate: enumerate,
		actionPull:      pull,
		actionRelease:   release,
	}
}

func (x *exchange) run() error {
	op := operations[x.action]
	if op == nil && strings.HasPrefix(x.action, nsTransfer) || strings.HasPrefix(x.action, nsEnumeration) && op == nil {
		return newFault(faultActionNotSupported, "", wbem.NotSupported, "action %.200s is not supported", x.action)
	}
	if x.resource.uri == "" {
		return newFault(faultDestinationUnreachable, "InvalidResourceURI", wbem.InvalidParameter, "header ResourceURI is missing")
	}
	var err error
	x.svc, err = x.server.locator.Connect(x.ctx, x.namespace(), wbem.ConnectOptions{Identity: x.who, Locale: x.locale, StripAmended: true})
	if err != nil {
		return err
	}
	x.respond = x.action + "Response"
	if op == nil {
		return invoke(x)
	}
	return op(x)
}

func (x *exchange) close() {
	if x.svc != nil {
		if err := x.svc.Close(); err != nil {
			x.server.log.Debug("cannot close a session", "err", err)
		}
	}
}

// user names who asks, "" the owner of the locator.
func (x *exchange) user() string {
	if x.who == nil {
		return ""
	}
	return x.who.Name
}

// envelope returns the answer with an action and a body.
func (x *exchange) envelope(action string, body []byte) []byte {
	b := make([]byte, 0, 1024+len(x.head)+len(body))
	b = append(b, `<s:Envelope xml:lang="en-US"`+prefixes+`><s:Header><a:Action>`...)
	b = xml.AppendText(b, action)
	b = append(b, "</a:Action><a:MessageID>uuid:"+newUUID()+"</a:MessageID><a:To>"+anonymous+"</a:To>"...)
	if x.id != "" {
		b = append(b, "<a:RelatesTo>"...)
		b = xml.AppendText(b, x.id)
		b = append(b, "</a:RelatesTo>"...)
	}
	b = append(b, x.head...)
	b = append(b, "</s:Header><s:Body>"...)
	b = append(b, body...)
	return append(b, "</s:Body></s:Envelope>"...)
}

// fault returns the answer to a request that failed.
func (x *exchange) fault(err error) []byte {
	f := faultOf(err)
	x.head = nil
	if f.notUnderstood != "" {
		x.head = append(x.head, `<s:NotUnderstood`...)
		x.head = xml.AppendAttr(x.head, "qname", f.notUnderstood)
		x.head = append(x.head, "/>"...)
	}
	return x.envelope(f.kind.action, f.append(nil, x.server.opts.Machine))
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
		v, err := cim.ParseText(prop.Type(), p.Keys[i].Text)
		if prop.Type() == cim.TypeDatetime && err != nil {
			v, err = readDatetime(p.Keys[i].Text)
		}
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
