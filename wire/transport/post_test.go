package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"openwmi/wbem"
	"openwmi/wire/transport"
)

func TestParseServer(t *testing.T) {
	for server, want := range map[string]string{
		"http://host": "http://host/wsman", "https://[::1]:5986/": "https://[::1]:5986/wsman", "http://host/a?b": "http://host/a?b",
		"": "", "host": "", "ftp://host": "", "http://kim:x@host": "", "http:///wsman": "", "http://host:x": "",
	} {
		u, err := transport.ParseServer(server, "/wsman")
		switch {
		case want == "" && !errors.Is(err, wbem.InvalidParameter):
			t.Errorf("%s: %v, %v", server, u, err)
		case want != "" && (err != nil || u.String() != want):
			t.Errorf("%s: %v, %v", server, u, err)
		}
	}
}

func TestPost(t *testing.T) {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/401":
			w.WriteHeader(http.StatusUnauthorized)
		case "/413":
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		case "/503":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/302":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/cut":
			panic(http.ErrAbortHandler)
		case "/wait":
			<-r.Context().Done()
		default:
			io.WriteString(w, r.Header.Get("X")+r.Method)
			io.Copy(w, r.Body)
		}
	}))
	defer h.Close()
	c := transport.New(transport.Options{})
	defer c.CloseIdleConnections()
	for _, tt := range []struct {
		path string
		want wbem.Status
	}{{"/401", wbem.AccessDenied}, {"/413", wbem.QuotaViolation}, {"/503", wbem.ServerTooBusy}, {"/302", wbem.OK}, {"/", wbem.OK}} {
		r, err := transport.Post(t.Context(), c, h.URL+tt.path, http.Header{"X": {"x"}}, []byte("message"))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if err := transport.Refusal(r); wbem.StatusOf(err) != tt.want {
			t.Errorf("%s: %v", tt.path, err)
		}
		if tt.path == "/" && string(b) != "xPOSTmessage" || tt.path == "/302" && r.StatusCode != http.StatusFound {
			t.Errorf("%s: %d, %s", tt.path, r.StatusCode, b)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		ctx  context.Context
		url  string
		want error
	}{
		{t.Context(), h.URL + "/cut", wbem.TransportFailure},
		{t.Context(), "http://127.0.0.1:1/", wbem.ServerUnavailable},
		{ctx, h.URL + "/wait", context.Canceled},
	} {
		if _, err := transport.Post(tt.ctx, c, tt.url, http.Header{}, nil); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.url, err)
		}
	}
	// A status that the transport has itself.
	open := transport.New(transport.Options{User: "kim", Password: "x"})
	if _, err := transport.Post(t.Context(), open, "http://192.0.2.1/", http.Header{}, nil); !errors.Is(err, wbem.AccessDenied) {
		t.Error(err)
	}
}

// A client that sends a password closes its connections as every other.
func TestCloseIdle(t *testing.T) {
	closed := make(chan struct{}, 10)
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	h.Config.ConnState = stateOf(closed)
	h.Start()
	defer h.Close()
	for _, o := range []transport.Options{{}, {User: "kim", Password: "x"}} {
		c := transport.New(o)
		if _, _, err := post(c, h.URL, "text"); err != nil {
			t.Fatal(err)
		}
		c.CloseIdleConnections()
		<-closed
	}
}

// A transport that does not send a request closes its body.
func TestBodiesAreClosed(t *testing.T) {
	for _, o := range []transport.Options{{User: "kim", Password: "x"}, {Negotiate: &transport.Negotiate{User: "kim"}}} {
		b := &body{Reader: strings.NewReader("x")}
		r, err := http.NewRequest(http.MethodPost, "http://192.0.2.1/", b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := transport.New(o).Transport.RoundTrip(r); !errors.Is(err, wbem.AccessDenied) || !b.closed {
			t.Errorf("%+v: %v, closed %v", o, err, b.closed)
		}
	}
}

type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error {
	b.closed = true
	return nil
}

// stateOf returns what tells of connections that are closed.
func stateOf(closed chan<- struct{}) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
}
