package cimxml_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// settle waits until fn holds.
func settle(t *testing.T, what string, fn func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !fn(); runtime.Gosched() {
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%s\n%s", what, buf[:runtime.Stack(buf, true)])
		}
		runtime.GC()
	}
}

// Clients that open and never come back, send slowly, break off or send garbage
// leave nothing behind.
func TestTorture(t *testing.T) {
	m := newWorld(t)
	before := runtime.NumGoroutine()
	s := cimxml.NewServer(m, cimxml.Options{
		Identity:        func(*http.Request) (*wbem.Identity, error) { return nil, nil },
		MaxEnumerations: 4000,
	})
	h := httptest.NewServer(s)
	address := h.Listener.Addr().String()
	p := &peer{t: t, url: h.URL}

	abandoned := 2000
	if testing.Short() {
		abandoned = 200
	}
	open := message(call("root/cimv2", "OpenEnumerateInstances", class("Disk"), atMost("1"), text("OperationTimeout", "3600")))
	for range abandoned {
		if _, body := p.post(open); code(body) != 0 {
			t.Fatal(body)
		}
	}
	if s.Open() != abandoned {
		t.Errorf("%d enumerations are open, want %d", s.Open(), abandoned)
	}

	get := message(call("root/cimv2", "GetClass", class("Disk")))
	head := fmt.Sprintf("POST /cimom HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n", len(get))
	var clients sync.WaitGroup
	for n := range 60 {
		clients.Go(func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			switch n % 6 {
			case 0: // a part of the header
				io.WriteString(conn, head[:20])
			case 1: // a part of the body
				io.WriteString(conn, head+get[:n+10])
			case 2: // a byte at a time, to the end
				for _, b := range []byte(head + get) {
					if _, err := conn.Write([]byte{b}); err != nil {
						t.Error(err)
						return
					}
				}
				if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != http.StatusOK {
					t.Error(resp, err)
				}
			case 3: // a chunk that is not whole
				io.WriteString(conn, strings.Replace(head, "Content-Length: ", "Transfer-Encoding: chunked\r\nX: ", 1)+"FF\r\n<CIM")
			case 4: // wrong chunks
				io.WriteString(conn, strings.Replace(head, "Content-Length: ", "Transfer-Encoding: chunked\r\nX: ", 1)+"XYZ\r\n<CIM")
			case 5: // garbage
				io.WriteString(conn, head+strings.Repeat("<", len(get)))
			}
		})
	}
	clients.Wait()

	s.Close()
	h.CloseClientConnections()
	h.Close()
	http.DefaultClient.CloseIdleConnections()
	if s.Open() != 0 {
		t.Errorf("%d enumerations are still open", s.Open())
	}
	settle(t, fmt.Sprintf("there were %d goroutines before", before), func() bool { return runtime.NumGoroutine() <= before+2 })
}

// endless is a locator whose enumerations never end and say when they do.
type endless struct {
	wbem.Locator
	running atomic.Int64
}

func (e *endless) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	svc, err := e.Locator.Connect(ctx, namespace, o)
	return &endlessServices{svc, e}, err
}

type endlessServices struct {
	wbem.Services
	e *endless
}

func (s *endlessServices) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		s.e.running.Add(1)
		defer s.e.running.Add(-1)
		c, err := s.GetClass(ctx, class, o)
		if err != nil {
			yield(nil, err)
			return
		}
		for n := 0; ; n++ {
			inst := cim.NewInstance(c)
			if err := inst.Set("Id", cim.StringValue(fmt.Sprint(n))); err != nil {
				yield(nil, err)
				return
			}
			inst.SetOrigin(&cim.Origin{Server: "HERE", Namespace: `root\cimv2`})
			if ctx.Err() != nil || !yield(inst, nil) {
				return
			}
		}
	}
}

// A client that goes away in the middle of an answer ends the operation, and the
// enumeration that it was pulling.
func TestDisconnect(t *testing.T) {
	e := &endless{Locator: newWorld(t)}
	p, s := listen(t, e, cimxml.Options{})
	address := strings.TrimPrefix(p.url, "http://")
	start := func(body string) net.Conn {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_, err = fmt.Fprintf(conn, "POST /cimom HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
		if err == nil {
			_, err = io.ReadFull(conn, make([]byte, 1000))
		}
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	conn := start(message(call("root/cimv2", "EnumerateInstances", class("Disk"))))
	if e.running.Load() != 1 {
		t.Fatalf("%d enumerations run", e.running.Load())
	}
	conn.Close()
	settle(t, "the enumeration goes on", func() bool { return e.running.Load() == 0 })

	id, _ := opened(t, p.must("OpenEnumerateInstances", class("Disk"), atMost("1")))
	conn = start(message(call("root/cimv2", "PullInstancesWithPath", with(id), atMost("4000000000"))))
	conn.Close()
	settle(t, "the enumeration is still open", func() bool { return e.running.Load() == 0 && s.Open() == 0 })
	if got, _ := p.ask("PullInstancesWithPath", with(id), atMost("1")); got != cimxml.InvalidEnumerationContext {
		t.Errorf("then status %d", got)
	}
}

// hanging is a locator whose enumerations wait for their context.
type hanging struct {
	wbem.Locator
	after   int // instances
	waiting chan struct{}
}

func (h *hanging) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	svc, err := h.Locator.Connect(ctx, namespace, o)
	return &hangingServices{svc, h}, err
}

type hangingServices struct {
	wbem.Services
	h *hanging
}

func (s *hangingServices) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		n := 0
		for inst, err := range s.Services.Instances(ctx, class, o) {
			if n == s.h.after {
				break
			}
			n++
			if !yield(inst, err) {
				return
			}
		}
		s.h.waiting <- struct{}{}
		<-ctx.Done()
		yield(nil, ctx.Err())
	}
}

// Neither does a provider that never answers keep an enumeration whose client has
// gone away: when it is opened, and when it is pulled.
func TestDisconnectFromHanging(t *testing.T) {
	h := &hanging{Locator: newWorld(t), waiting: make(chan struct{})}
	p, s := listen(t, h, cimxml.Options{})
	ask := func(ctx context.Context, method string, params ...string) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader(message(call("root/cimv2", method, params...))))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	leave := func(method string, params ...string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			<-h.waiting
			cancel()
		}()
		if err := ask(ctx, method, params...); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", method, err)
		}
		settle(t, method+" goes on", func() bool { return s.Users() == 0 })
	}
	leave("OpenEnumerateInstances", class("Disk"), atMost("1"))
	h.after = 2
	id, _ := opened(t, p.must("OpenEnumerateInstances", class("Disk"), atMost("0")))
	leave("PullInstancesWithPath", with(id), atMost("9"))
}
