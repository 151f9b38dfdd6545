package wsman

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"openwmi/wbem"
	"openwmi/wire/cimxml"
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

	// MaxRequest is how many bytes a request has at most, what is longer being
	// answered with 413. Zero is the constant of that name. A body that cannot be
	// read because of ServerTooBusy is answered with 503.
	MaxRequest int64

	// MaxEnumerations is how many enumerations and subscriptions a user may
	// have open. Zero is the constant of that name.
	MaxEnumerations int

	// Destinations are the addresses to which subscriptions may have events
	// sent: a URL allows itself and those below its path. Nil allows none.
	Destinations []string

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
	native  *cimxml.Server
	pushes  *http.Client

	mu   sync.Mutex // guards subs
	subs map[string]*subscription
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
		locator: l, opts: o, log: o.Logger, leases: lease.NewTable(o.MaxEnumerations), subs: map[string]*subscription{},
		native: cimxml.NewServer(l, cimxml.Options{Identity: o.Identity, MaxEnumerations: o.MaxEnumerations, Logger: o.Logger}),
		pushes: &http.Client{
			Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Close ends open enumerations and subscriptions.
func (s *Server) Close() error {
	s.leases.Close()
	s.pushes.CloseIdleConnections()
	return s.native.Close()
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
	document, wide, err := s.read(w, r)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	case errors.Is(err, wbem.ServerTooBusy): // to read the body
		w.Header().Set("Retry-After", "1")
		http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
		return
	case errors.Is(err, errMediaType):
		http.Error(w, err.Error(), http.StatusUnsupportedMediaType)
		return
	case err != nil: // the client is gone, or sends what is no body
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	s.answer(w, r.Context(), who, document, wide)
}

const contentType = "application/soap+xml;charset=UTF-8"

// typeOfContent returns the type of a message, which is in UTF-16 if it is wide.
func typeOfContent(wide bool) string {
	if wide {
		return "application/soap+xml;charset=UTF-16"
	}
	return contentType
}

// soapTypes are the types that bodies with SOAP have.
var soapTypes = map[string]bool{"application/soap+xml": true, "application/xml": true, "text/xml": true}

var errMediaType = errors.New("the body is no SOAP in UTF-8 or UTF-16")

// read reads the body of a request, as UTF-8, and says whether it was in UTF-16.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (document []byte, wide bool, err error) {
	given := r.Header.Get("Content-Type")
	if given == "" && r.Header.Get("Origin") == "" {
		given = contentType // some clients leave it out, and so do pages in a browser, which get no further
	}
	t, params, err := mime.ParseMediaType(given)
	if coding := r.Header.Get("Content-Encoding"); err != nil || !soapTypes[t] || coding != "" && coding != "identity" {
		return nil, false, errMediaType
	}
	if r.ContentLength > s.opts.MaxRequest {
		return nil, false, &http.MaxBytesError{Limit: s.opts.MaxRequest} // without waiting for it
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.opts.MaxRequest))
	if err != nil {
		return nil, false, err
	}
	switch charset := strings.Trim(params["charset"], `"`); {
	case isWide(charset, body):
		document, err = fromUTF16(charset, body)
		return unpadded(document), true, err
	case charset == "", strings.EqualFold(charset, "utf-8"), strings.EqualFold(charset, "us-ascii"):
		return unpadded(body), false, nil
	}
	return nil, false, errMediaType
}

// unpadded returns a document without the zeros with which libmi fills up what it
// encrypts to a multiple of 16 bytes.
func unpadded(document []byte) []byte { return bytes.TrimRight(document, "\x00") }

// answer carries out a request and writes the answer, in UTF-16 as well if that is
// wide. DSP0226 R13.1
func (s *Server) answer(w http.ResponseWriter, ctx context.Context, who *wbem.Identity, document []byte, wide bool) {
	r, err := readRequest(document)
	r.wide = wide
	x := &exchange{server: s, request: r, who: who}
	switch {
	case err != nil:
	case r.isIdentify():
		x.write(w, http.StatusOK, x.identify())
		return
	case r.action == actionNative:
		var sent bool
		if sent, err = s.answerNative(ctx, w, x); sent {
			if err != nil { // only a broken connection says that it is not whole
				s.log.Debug("cannot answer", "err", err)
				panic(http.ErrAbortHandler)
			}
			return
		}
	default:
		var cancel context.CancelFunc
		x.ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
		defer x.close()
		err = x.run()
	}
	if err != nil {
		if wbem.StatusOf(err) == wbem.Failed {
			s.log.Info("a request failed", "action", r.action, "user", x.name(), "err", err)
		}
		x.write(w, http.StatusInternalServerError, x.fault(err))
		return
	}
	x.write(w, http.StatusOK, x.appendHead(make([]byte, 0, 1<<10), x.respond), x.body, []byte(envelopeTail))
}

// write sends an answer, of parts that may be long.
func (x *exchange) write(w http.ResponseWriter, status int, parts ...[]byte) {
	if x.wide {
		parts = [][]byte{toUTF16(parts...)}
	}
	length := 0
	for _, p := range parts {
		length += len(p)
	}
	w.Header().Set("Content-Type", typeOfContent(x.wide))
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(status)
	for _, p := range parts {
		_, _ = w.Write(p) // whoever does not take it is gone
	}
}
