package server_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"openwmi/cimom"
	"openwmi/internal/audit"
	"openwmi/internal/auth"
	"openwmi/internal/config"
	"openwmi/internal/server"
	"openwmi/mof/compile"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
	"openwmi/wire/transport"
)

const (
	alice    = "alice"
	password = "correct horse battery"
	loopback = "127.0.0.1:0"
)

// A ledger keeps audit records.
type ledger struct {
	mu      sync.Mutex
	records []audit.Record
}

func (l *ledger) Record(r audit.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, r)
}

func (l *ledger) logons() []audit.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []audit.Record
	for _, r := range l.records {
		if r.Kind == audit.Logon {
			out = append(out, r)
		}
	}
	return out
}

// A journal keeps what a server logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// local answers what is for the owner of the store.
func local(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/local/panic" {
		panic("it is broken")
	}
	_, _ = io.WriteString(w, "hello")
}

// A site is a server over a store, and its only user, alice, who may do everything.
type site struct {
	*server.Server
	store   *cimom.Manager
	dir     string
	metrics *server.Metrics
	audit   *ledger
	log     *journal
	stop    func() error // ends the server
}

func start(t testing.TB, c server.Config, o cimom.Options) *site {
	t.Helper()
	s := &site{dir: t.TempDir(), metrics: server.NewMetrics(nil), audit: &ledger{}, log: &journal{}}
	o.Observer, o.Audit = s.metrics.Observe, s.audit
	m, err := cimom.Open(filepath.Join(s.dir, "store"), o)
	if err != nil {
		t.Fatal(err)
	}
	s.store = m
	compileText(t, m, `class Disk { [key] string Id; string Label; };`)
	u, err := m.Users().Add(auth.NewUser{Name: alice, Password: password, NTLM: true, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	root, err := m.Connect(t.Context(), "root", wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := root.(wbem.SecurityManager).SetSecurity(t.Context(), "O:BAG:BAD:(A;CI;0x600FF;;;BA)(A;CI;0x600FF;;;"+u.SID+")"); err != nil {
		t.Fatal(err)
	}
	root.Close()
	if c.Listen == nil {
		c.Listen = []server.Listener{{Address: loopback}}
	}
	s.Server, err = server.New(c, server.Options{
		Locator: m, Users: m.Users(), Socket: filepath.Join(s.dir, "s"), Machine: m.Server(), Metrics: s.metrics,
		Local: http.HandlerFunc(local), Logger: slog.New(slog.NewTextHandler(s.log, nil)),
	})
	if err == nil {
		err = s.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	for _, c := range []*http.Client{transport.New(transport.Options{Socket: s.Addresses()[0].Address}), http.DefaultClient} {
		r, err := c.Get("http://" + s.address() + "/healthz")
		for range 50 {
			if err == nil {
				break
			}
			r, err = c.Get("http://" + s.address() + "/healthz") // its timeouts may be short
		}
		if err != nil || r.StatusCode != http.StatusOK && !s.Addresses()[1].Secure {
			t.Fatal(r, err)
		}
		r.Body.Close()
		c.CloseIdleConnections()
	}
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func compileText(t testing.TB, l wbem.Locator, text string) {
	t.Helper()
	p, err := compile.ParseText(t.Context(), compile.Options{Namespace: `root\cimv2`}, "test", []byte(text))
	if err == nil {
		_, err = p.Store(t.Context(), l)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// address is where the server listens: the local socket is the first.
func (s *site) address() string { return s.Addresses()[1].Address }

func (s *site) client(t testing.TB, o transport.Options) *cimxml.Client {
	t.Helper()
	scheme := "http://"
	if s.Addresses()[1].Secure {
		scheme = "https://"
	}
	c, err := cimxml.NewClient(scheme+s.address()+server.CIMXMLPath, cimxml.ClientOptions{HTTP: transport.New(o)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *site) alice(t testing.TB) wbem.Services {
	t.Helper()
	svc, err := s.client(t, transport.Options{User: alice, Password: password}).Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// descriptors returns how many files are open, -1 if nobody knows.
func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(entries)
}

// settles waits until no more goroutines and files are there than before.
func settles(t *testing.T, what string, goroutines, files int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := time.After(time.Minute)
	for {
		http.DefaultClient.CloseIdleConnections()
		g, f := runtime.NumGoroutine(), descriptors()
		if g <= goroutines && f <= files {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			var b bytes.Buffer
			stacks := make([]byte, 1<<20)
			b.Write(stacks[:runtime.Stack(stacks, true)])
			t.Fatalf("after %s: %d goroutines and %d files, before %d and %d\n%s", what, g, f, goroutines, files, b.String())
		}
	}
}

// fill puts disks of 20 KB into a store.
func fill(t testing.TB, l wbem.Locator, n int) {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "instance of Disk { Id = \"%d\"; Label = \"%s\"; };\n", i, strings.Repeat("x", 20_000))
	}
	compileText(t, l, b.String())
}

func dial(t testing.TB, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ends waits until the other side has closed a connection, and returns what it has
// sent before.
func ends(t testing.TB, c net.Conn) string {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	text, err := io.ReadAll(c)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatalf("the server keeps the connection open; it sent %.200q", text)
	}
	return string(text)
}

const post = "POST /cimom HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nAuthorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5\r\n"

// Peers that do not keep to anything are got rid of, and leave nothing behind.
func TestTorture(t *testing.T) {
	// Who waits for no answer is got rid of soon. For an answer a slow computer may
	// need more time.
	short := config.Duration(200 * time.Millisecond)
	hasty := start(t, server.Config{HeaderTimeout: short, IdleTimeout: short, StallTimeout: short, MaxRequest: 1 << 20}, cimom.Options{})
	patient := start(t, server.Config{MaxRequest: 1 << 20}, cimom.Options{})
	fill(t, hasty.store, 800)
	const enumerate = `<?xml version="1.0"?><CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0"><SIMPLEREQ><IMETHODCALL NAME="EnumerateInstances"><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="cimv2"/></LOCALNAMESPACEPATH><IPARAMVALUE NAME="ClassName"><CLASSNAME NAME="Disk"/></IPARAMVALUE></IMETHODCALL></SIMPLEREQ></MESSAGE></CIM>`
	for name, one := range map[string]struct {
		send string
		want string // of the answer
	}{
		"nothing":        {"", ""},
		"half a header":  {"POST /cimom HTTP/1.1\r\nHost: x\r\nX: ", ""},
		"huge header":    {"POST /cimom HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 1<<20), "431"},
		"many headers":   {"POST /cimom HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: a\r\n", 1<<16), "431"},
		"no body":        {post + "Content-Length: 100\r\n\r\n", ""},
		"half a body":    {post + "Content-Length: 100\r\n\r\n<?xml", ""},
		"half a chunk":   {post + "Transfer-Encoding: chunked\r\n\r\n10\r\n<?xml", ""},
		"wrong chunk":    {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
		"wrong length":   {post + "Content-Length: -1\r\n\r\n", "400"},
		"two lengths":    {post + "Content-Length: 10\r\nContent-Length: 11\r\n\r\n", "400"},
		"large body":     {post + "Content-Length: 1000000000\r\n\r\n<?xml version=\"1.0\"?><CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\">" + strings.Repeat("<A>", 200), ""},
		"no HTTP":        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"},
		"no credentials": {"POST /cimom HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nxxx", "401"},
	} {
		t.Run(name, func(t *testing.T) {
			s := hasty
			if one.want != "" {
				s = patient
			}
			goroutines, files := runtime.NumGoroutine(), descriptors()
			c := dial(t, s.address())
			// The server may close before all of it is written.
			_, _ = io.WriteString(c, one.send)
			got := ends(t, c)
			if line, _, _ := strings.Cut(got, "\r\n"); !strings.Contains(line, one.want) {
				t.Errorf("the answer is %q, want %s", line, one.want)
			}
			c.Close()
			settles(t, name, goroutines, files)
		})
	}
	t.Run("a slow reader", func(t *testing.T) {
		goroutines, files := runtime.NumGoroutine(), descriptors()
		for { // until the request itself is not too slow
			c := dial(t, hasty.address())
			_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
			fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", post, len(enumerate), enumerate)
			if _, err := io.ReadFull(c, make([]byte, 1000)); err == nil {
				break
			}
			c.Close()
		}
		settles(t, "a slow reader", goroutines, files+1) // our end of the connection is open
	})
	if got := metric(t, hasty, `openwmi_requests_seconds_count{protocol="cimxml",status="aborted"}`); got < 1 {
		t.Errorf("%v answers were broken off", got)
	}
	for _, s := range []*site{patient, hasty} {
		for {
			_, err := s.alice(t).GetClass(t.Context(), "Disk", wbem.Options{})
			if err == nil {
				break
			}
			if s == patient {
				t.Fatalf("the server no longer answers: %v", err)
			}
		}
	}
}

// Of many connections those are refused that are too many, which wait for nothing,
// and all are gone afterwards.
func TestManyConnections(t *testing.T) {
	const most, total = 100, 400
	s := start(t, server.Config{MaxConnections: most, HeaderTimeout: config.Duration(time.Hour)}, cimom.Options{})
	goroutines, files := runtime.NumGoroutine(), descriptors()
	open := make([]net.Conn, 0, total)
	for range total {
		open = append(open, dial(t, s.address()))
	}
	for _, c := range open[most:] {
		ends(t, c)
	}
	for _, c := range open {
		c.Close()
	}
	settles(t, "connections", goroutines, files)
	if got := metric(t, s, `openwmi_refused_total{what="connection"}`); got != total-most {
		t.Errorf("%v connections were refused", got)
	}
	if _, err := s.alice(t).GetClass(t.Context(), "Disk", wbem.Options{}); err != nil {
		t.Error(err)
	}
}

// metric returns the value of one line of the metrics.
func metric(t *testing.T, s *site, line string) float64 {
	t.Helper()
	families, err := s.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(strings.NewReader(families))
	for sc.Scan() {
		if rest, ok := strings.CutPrefix(sc.Text(), line+" "); ok {
			var v float64
			if _, err := fmt.Sscan(rest, &v); err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("there is no metric %s in\n%s", line, families)
	return 0
}
