package transport_test

import (
	"context"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"openwmi/internal/auth/ntlm"
	"openwmi/internal/auth/spnego"
	"openwmi/wbem"
	"openwmi/wire/sealed"
	"openwmi/wire/transport"
)

type connKey struct{}

// A conn is what an acceptor knows of a connection.
type conn struct {
	end      *spnego.Acceptor
	admitted bool
	requests int
	first    []byte // sealed answer
}

// An acceptor is a server that lets alice in by NTLM and returns what she sends.
type acceptor struct {
	*httptest.Server
	handshakes, connections atomic.Int32
	forget                  int  // requests after which a connection has to log on again, 0 for never
	hangUp                  int  // those after which it is closed
	clear                   int  // status of answers that are not sealed, 0 if they are
	replay                  bool // the first answer is sent again and again
}

func newAcceptor(t *testing.T) *acceptor {
	t.Helper()
	a := &acceptor{}
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(a.serve))
	a.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		a.connections.Add(1)
		return context.WithValue(ctx, connKey{}, &conn{})
	}
	a.Start()
	t.Cleanup(a.Close)
	return a
}

func (a *acceptor) offer() []spnego.Offer {
	s := &ntlm.Server{Computer: "host", Domain: "test"}
	return []spnego.Offer{{OIDs: []asn1.ObjectIdentifier{spnego.OIDNTLM}, New: func() spnego.Mechanism {
		return spnego.Adapt(s.Accept(func(_ context.Context, c ntlm.Claim, prove func(ntlm.Hash) error) error {
			if !strings.HasPrefix(c.Target, "HTTP/127.0.0.1") {
				return errors.New("the client wants to talk with another server")
			}
			return prove(ntlm.HashOf("right"))
		}))
	}}}
}

func (a *acceptor) serve(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(connKey{}).(*conn)
	body, _ := io.ReadAll(r.Body)
	if _, text, ok := strings.Cut(r.Header.Get("Authorization"), "Negotiate "); ok {
		token, _ := base64.StdEncoding.DecodeString(text)
		if spnego.IsFirst(token) {
			c.end, c.admitted, c.requests = spnego.Accept(a.offer()), false, 0
			a.handshakes.Add(1)
		}
		reply, done, err := c.end.Step(r.Context(), token)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("WWW-Authenticate", "Negotiate "+base64.StdEncoding.EncodeToString(reply))
		c.admitted = done
	}
	c.requests++
	if !c.admitted || a.forget > 0 && c.requests > a.forget {
		c.admitted = false
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if a.hangUp > 0 && c.requests >= a.hangUp {
		w.Header().Set("Connection", "close")
	}
	if !sealed.Is(r.Header.Get("Content-Type")) {
		_, _ = w.Write(body)
		return
	}
	m, err := sealed.Open(c.end.Session(), r.Header.Get("Content-Type"), body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if a.clear != 0 {
		w.WriteHeader(a.clear)
		_, _ = w.Write(m.Body)
		return
	}
	contentType, body, err := m.Seal(c.end.Session())
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	if c.first == nil {
		c.first = body
	} else if a.replay {
		body = c.first
	}
	_, _ = w.Write(body)
}

// post sends a text and returns what comes back.
func post(c *http.Client, url, text string) (string, int, error) {
	r, err := c.Post(url, "text/plain", strings.NewReader(text))
	if err != nil {
		return "", 0, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return string(b), r.StatusCode, err
}

func negotiate(seal bool) *http.Client {
	return transport.New(transport.Options{Negotiate: &transport.Negotiate{User: "alice", Password: "right", Seal: seal}})
}

// TestNegotiate makes one handshake for a connection, and as many connections as
// there are requests at once.
func TestNegotiate(t *testing.T) {
	for _, seal := range []bool{false, true} {
		a := newAcceptor(t)
		c := negotiate(seal)
		for _, text := range []string{"a", "", strings.Repeat("long ", 100_000), "b"} {
			if got, status, err := post(c, a.URL, text); err != nil || status != http.StatusOK || got != text {
				t.Fatalf("seal %v: %d, %.20q, %v", seal, status, got, err)
			}
		}
		if n, m := a.handshakes.Load(), a.connections.Load(); n != 1 || m != 1 {
			t.Errorf("seal %v: %d handshakes on %d connections", seal, n, m)
		}
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				for range 10 {
					if got, _, err := post(c, a.URL, "text"); err != nil || got != "text" {
						t.Errorf("%q, %v", got, err)
					}
				}
			})
		}
		group.Wait()
		if n, m := a.handshakes.Load(), a.connections.Load(); n != m || n > 10 {
			t.Errorf("seal %v: %d handshakes on %d connections", seal, n, m)
		}
		c.CloseIdleConnections()
	}
}

// TestConnections lets connections end, and what was agreed on them.
func TestConnections(t *testing.T) {
	for _, seal := range []bool{false, true} {
		for _, a := range []*acceptor{{forget: 5}, {hangUp: 5}} {
			s := newAcceptor(t)
			s.forget, s.hangUp = a.forget, a.hangUp
			c := negotiate(seal)
			for range 12 {
				if got, status, err := post(c, s.URL, "text"); err != nil || got != "text" {
					t.Fatalf("seal %v, %+v: %d, %q, %v", seal, a.forget, status, got, err)
				}
			}
			if n := s.handshakes.Load(); n < 3 || n > 6 {
				t.Errorf("%d handshakes", n)
			}
			c.CloseIdleConnections()
		}
	}
}

// An answer that nobody has read to its end does not come between others.
func TestUnread(t *testing.T) {
	a := newAcceptor(t)
	c := negotiate(false)
	for range 3 {
		r, err := c.Post(a.URL, "text/plain", strings.NewReader(strings.Repeat("x", 1<<20)))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if got, _, err := post(c, a.URL, "text"); err != nil || got != "text" {
			t.Errorf("%q, %v", got, err)
		}
	}
}

// TestRefused has servers and requests that cannot be trusted.
func TestRefused(t *testing.T) {
	a := newAcceptor(t)
	wrong := transport.New(transport.Options{Negotiate: &transport.Negotiate{User: "alice", Password: "wrong"}})
	if _, status, err := post(wrong, a.URL, "text"); err != nil || status != http.StatusUnauthorized {
		t.Errorf("a wrong password: %d, %v", status, err)
	}
	for _, a.clear = range []int{http.StatusOK, http.StatusInternalServerError, http.StatusBadRequest} {
		if _, _, err := post(negotiate(true), a.URL, "text"); !errors.Is(err, wbem.TransportFailure) {
			t.Errorf("an answer in clear, %d: %v", a.clear, err)
		}
	}
	a.clear = http.StatusServiceUnavailable
	if _, status, err := post(negotiate(true), a.URL, "text"); err != nil || status != a.clear {
		t.Errorf("a refusal in clear: %d, %v", status, err)
	}
	if _, _, err := post(negotiate(false), "http://192.0.2.1:1/", "text"); !errors.Is(err, wbem.AccessDenied) {
		t.Errorf("in clear over a network: %v", err)
	}
	a.clear, a.replay = 0, true
	fooled := negotiate(true)
	if got, _, err := post(fooled, a.URL, "first"); err != nil || got != "first" {
		t.Errorf("%q, %v", got, err)
	}
	if got, _, err := post(fooled, a.URL, "second"); err == nil {
		t.Errorf("an answer that was replayed: %q", got)
	}
	if got, _, err := post(fooled, a.URL, "third"); err != nil || got != "third" {
		t.Errorf("on another connection: %q, %v", got, err)
	}
	none := transport.New(transport.Options{Negotiate: &transport.Negotiate{}})
	if _, _, err := post(none, a.URL, "text"); !errors.Is(err, wbem.InvalidParameter) {
		t.Errorf("without a user: %v", err)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"lets everybody in": func(w http.ResponseWriter, r *http.Request) {},
		"challenges for ever": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", "Negotiate oQcwBaADCgEB")
			w.WriteHeader(http.StatusUnauthorized)
		},
		"no base64": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", "Negotiate !")
			w.WriteHeader(http.StatusUnauthorized)
		},
		"says that all is well": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", "Negotiate oQcwBaADCgEA")
		},
	} {
		s := httptest.NewServer(answer)
		if _, _, err := post(negotiate(true), s.URL, "text"); err == nil {
			t.Errorf("a server that %s will do", name)
		}
		s.Close()
	}
}
