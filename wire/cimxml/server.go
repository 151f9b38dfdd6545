package cimxml

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/lease"
)

// Usual limits of a Server.
const (
	MaxRequest      = 64 << 20 // bytes of a request
	MaxEnumerations = 256      // open enumerations and subscriptions of a user
)

// Options of a Server.
type Options struct {
	// Identity returns who has sent a request, as the connection was
	// authenticated; nil is the owner of the locator. It must be set. An error
	// is answered with 401.
	Identity func(*http.Request) (*wbem.Identity, error)

	// MaxRequest is how many bytes a request has at most, what is longer being
	// answered with 413. Zero is the constant of that name. A body that cannot be
	// read because of ServerTooBusy is answered with 503.
	MaxRequest int64

	// MaxEnumerations is how many enumerations and subscriptions a user may
	// have open. Zero is the constant of that name.
	MaxEnumerations int

	// Logger receives what is worth knowing; nil discards it.
	Logger *slog.Logger
}

// A Server answers CIM-XML requests from a locator. It is an http.Handler for one
// path, /cimom by custom.
type Server struct {
	locator wbem.Locator
	opts    Options
	log     *slog.Logger
	leases  *lease.Table
	classes *classTable
	encoded classCache
	weight  int64 // that requests may have
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
	return &Server{
		locator: l, opts: o, log: o.Logger, leases: lease.NewTable(o.MaxEnumerations), classes: newClassTable(),
		weight: max(MaxCollected, 4*o.MaxRequest),
	}
}

// Close ends open enumerations and subscriptions.
func (s *Server) Close() error {
	s.leases.Close()
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, err := readHeader(r)
	h.respond(w)
	if err != nil {
		s.refuse(w, r, h, err)
		return
	}
	who, err := s.opts.Identity(r)
	if err != nil {
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	x := &exchange{server: s, ctx: r.Context(), who: who, locale: r.Header.Get("Accept-Language"), room: rooms.Get().(*room)}
	defer x.close()
	req, err := s.read(w, r, x)
	if err == nil {
		err = h.check(req)
	}
	if err != nil {
		s.refuse(w, r, h, err)
		return
	}
	x.out = &output{w: w, b: x.room.out[:0], trailing: readsTrailers(r), trailers: h.prefix}
	x.out.text(declaration)
	x.answer(req)
	if err := x.out.finish(); err != nil {
		// The status is sent already: only a broken connection says that the
		// answer is not whole.
		s.log.Debug("cannot answer", "peer", r.RemoteAddr, "err", err)
		panic(http.ErrAbortHandler)
	}
}

// Answer answers a message that has come in another way than over CIM-XML, and
// writes the element CIM to w, which nothing else has been written to. The error
// is InvalidParameter before anything is written, if the message is no request;
// later it is that of w, or of an operation whose answer cannot be whole.
func (s *Server) Answer(ctx context.Context, who *wbem.Identity, message []byte, w http.ResponseWriter) error {
	x := &exchange{server: s, ctx: ctx, who: who, room: rooms.Get().(*room)}
	defer x.close()
	d := xml.NewDecoderBytes(message)
	d.Allow(s.weight)
	req, err := readRequest(d, x)
	if err != nil {
		return cim.Errorf(wbem.InvalidParameter, "%v", err)
	}
	x.out = &output{w: w, b: x.room.out[:0]}
	x.answer(req)
	if err := x.out.send(); err != nil {
		return err
	}
	return x.out.late
}

// A room is what most exchanges need memory for.
type room struct {
	in, out []byte      // most requests, and most answers
	decoder xml.Decoder // of most requests

	// whole encodes whole instances without qualifiers, which most clients ask
	// for, and knows the classes that it has had.
	whole xml.Encoder
}

var rooms = sync.Pool{New: func() any { return &room{in: make([]byte, smallRequest)} }}

// encoder returns an encoder that does what e does.
func (r *room) encoder(e *xml.Encoder) *xml.Encoder {
	if e.Qualifiers || e.ClassOrigin || e.Properties != nil {
		return e
	}
	r.whole.Classes = e.Classes
	return &r.whole
}

// leave gives the room to others, after an answer of which out is the end.
func (r *room) leave(out []byte) {
	if cap(out) > 2*chunk { // an object was large
		*r = room{in: r.in}
	} else {
		r.out, r.whole.Classes = out, nil
		r.decoder.Reset(nil)
	}
	rooms.Put(r)
}

// smallRequest is how many bytes a request has at most that is read before it is
// looked at.
const smallRequest = 16 << 10

// read reads a request to its end, so that the connection can be used again.
func (s *Server) read(w http.ResponseWriter, r *http.Request, x *exchange) (*request, error) {
	if n := r.ContentLength; 0 <= n && n <= min(smallRequest, s.opts.MaxRequest) {
		in := x.room.in[:n]
		if _, err := io.ReadFull(r.Body, in); err != nil {
			return nil, err
		}
		d := &x.room.decoder
		d.Reset(in)
		d.Allow(s.weight)
		return readRequest(d, x)
	}
	if r.ContentLength > s.opts.MaxRequest {
		return nil, &http.MaxBytesError{Limit: s.opts.MaxRequest} // without waiting for it
	}
	body := http.MaxBytesReader(w, r.Body, s.opts.MaxRequest)
	d := xml.NewDecoder(body)
	d.Allow(s.weight)
	req, err := readRequest(d, x)
	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}
	return req, err
}

// refuse answers what is no request.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, h *header, err error) {
	status := http.StatusBadRequest
	var bad *messageError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &bad):
		w.Header().Set("CIMError", bad.reason)
		if strings.HasPrefix(bad.reason, "unsupported-") {
			status = http.StatusNotImplemented
		}
	case errors.As(err, &large):
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, wbem.ServerTooBusy): // to read the body
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	case errors.Is(err, errMethod):
		status = http.StatusMethodNotAllowed
		w.Header().Set("Allow", "POST, M-POST")
	case errors.Is(err, errMediaType):
		status = http.StatusUnsupportedMediaType
	}
	s.log.Debug("no request", "peer", r.RemoteAddr, "status", status, "err", err)
	h.retract(w)
	text := http.StatusText(status)
	if bad != nil { // what else may be wrong is not for peers
		text += ": " + bad.Error()
	}
	http.Error(w, text, status)
}

// An exchange is a request and its answer.
type exchange struct {
	server   *Server
	ctx      context.Context
	who      *wbem.Identity
	locale   string
	sessions map[string]wbem.Services // by namespace
	room     *room                    // nil for an enumeration, which goes on between requests
	out      *output
}

// holder is who asks, for what stays open between requests.
func (x *exchange) holder() lease.Holder { return lease.HolderOf(x.who) }

// session returns the namespace at a path.
func (x *exchange) session(namespace string) (wbem.Services, error) {
	if svc := x.sessions[namespace]; svc != nil {
		return svc, nil
	}
	svc, err := x.server.locator.Connect(x.ctx, namespace, wbem.ConnectOptions{
		Identity: x.who, Locale: languages(x.locale), StripAmended: true,
	})
	if err != nil {
		return nil, err
	}
	if x.sessions == nil {
		x.sessions = map[string]wbem.Services{}
	}
	x.sessions[namespace] = svc
	return svc, nil
}

func (x *exchange) close() {
	if x.room != nil {
		out := x.room.out
		if x.out != nil {
			out = x.out.b
		}
		x.room.leave(out)
	}
	for _, svc := range x.sessions {
		if err := svc.Close(); err != nil {
			x.server.log.Debug("cannot close a session", "err", err)
		}
	}
}

// classes implements scope.
func (x *exchange) classes(namespace string) xml.ClassFunc {
	return func(name string) (*cim.Class, error) {
		svc, err := x.session(namespace)
		if err != nil {
			return nil, err
		}
		c, err := svc.GetClass(x.ctx, name, wbem.Options{})
		if errors.Is(err, wbem.NotFound) {
			return nil, cim.Errorf(wbem.InvalidClass, "class %s does not exist", name)
		}
		return c, err
	}
}

// table implements scope.
func (x *exchange) table() *classTable { return x.server.classes }

// signature implements scope.
func (x *exchange) signature(path cim.Path, method string) func(string) cim.Type {
	class, err := x.classes(path.Namespace)(path.Class)
	if err != nil {
		return nil
	}
	m := class.Method(method)
	if m == nil {
		return nil
	}
	sig := m.Signature(false)
	return func(name string) cim.Type {
		if sig == nil {
			return 0
		}
		p := sig.Property(name)
		if p == nil {
			return 0
		}
		return p.Type()
	}
}

// languages turns Accept-Language into a list of locales. The weights are left
// out: clients list the preferred one first. So is what is no language, which is
// no reason to fail. RFC 9110 12.5.4
func languages(accept string) string {
	if accept == "" { // as it mostly is
		return ""
	}
	var names []string
	for part := range strings.SplitSeq(accept, ",") {
		name, _, _ := strings.Cut(part, ";")
		name = strings.TrimSpace(name)
		if l, err := cim.ParseLocale(name); err == nil && l != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}
