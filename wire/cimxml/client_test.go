package cimxml_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// A question is what a client has sent to a server that the test plays.
type question struct{ id, tag, method, text string }

var asks = regexp.MustCompile(`<MESSAGE ID="([^"]*)".*?<(I?METHOD)CALL NAME="([^"]*)"`)

func asked(r *http.Request) question {
	text, _ := io.ReadAll(r.Body)
	found := asks.FindSubmatch(text)
	if found == nil {
		return question{text: string(text)}
	}
	return question{id: string(found[1]), tag: string(found[2]), method: string(found[3]), text: string(text)}
}

// begins and ends are what stands around a result.
func (q question) begins() string {
	return `<?xml version="1.0"?><CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="` + q.id + `" PROTOCOLVERSION="1.0"><SIMPLERSP><` +
		q.tag + `RESPONSE NAME="` + q.method + `">`
}

func (q question) ends() string { return `</` + q.tag + `RESPONSE></SIMPLERSP></MESSAGE></CIM>` }

func (q question) answer(w http.ResponseWriter, result string) {
	w.Header().Set("Content-Type", `application/xml; charset="utf-8"`)
	fmt.Fprint(w, q.begins()+result+q.ends())
}

// fails answers with an ERROR, such as to native operations.
func (q question) fails(w http.ResponseWriter, code string) {
	q.answer(w, `<ERROR CODE="`+code+`" DESCRIPTION="no"/>`)
}

// standardPeer returns a session with a server that answers as the test says, but
// knows no native operation and has no class CIM_ManagedElement.
func standardPeer(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, q question)) wbem.Services {
	t.Helper()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch q := asked(r); {
		case strings.HasPrefix(q.method, "__"):
			q.fails(w, "7")
		case strings.Contains(q.text, "CIM_ManagedElement"):
			q.fails(w, "6")
		default:
			answer(w, r, q)
		}
	}))
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	return connectTo(t, h.URL)
}

func pegasusLocator(t *testing.T, p *pegasus) wbem.Locator {
	t.Helper()
	h := httptest.NewServer(p)
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	c, err := cimxml.NewClient(h.URL, cimxml.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func connectTo(t *testing.T, url string) wbem.Services {
	t.Helper()
	c, err := cimxml.NewClient(url, cimxml.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	svc, err := c.Connect(t.Context(), "", wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// What fails after the answer has begun says so in the trailer.
func TestStandardLateFailure(t *testing.T) {
	svc := standardPeer(t, func(w http.ResponseWriter, _ *http.Request, q question) {
		if q.method != "EnumerateInstances" {
			q.fails(w, "7")
			return
		}
		w.Header().Set("Trailer", "CIMStatusCode, CIMStatusCodeDescription")
		q.answer(w, `<IRETURNVALUE></IRETURNVALUE>`)
		w.Header().Set("CIMStatusCode", "27")
		w.Header().Set("CIMStatusCodeDescription", "out%20of%20paper")
	})
	var err error
	for _, err = range svc.Instances(t.Context(), "C", wbem.Options{}) {
		if err == nil {
			t.Error("there is an instance")
		}
	}
	if wbem.StatusOf(err) != wbem.QuotaViolation || !strings.Contains(err.Error(), "out of paper") {
		t.Errorf("the failure is %v", err)
	}
}

// Answers that are none are TransportFailure, not a result and not a server of
// somebody else.
func TestClientAnswers(t *testing.T) {
	const ok = `<IRETURNVALUE><VALUE>HERE</VALUE><VALUE>root</VALUE><VALUE>en-US</VALUE></IRETURNVALUE>`
	header := func(name, value string) func(w http.ResponseWriter, q question) {
		return func(w http.ResponseWriter, q question) {
			w.Header().Set("Content-Type", "application/xml")
			w.Header()[name] = []string{value}
			fmt.Fprint(w, q.begins()+ok+q.ends())
		}
	}
	body := func(text func(q question) string) func(w http.ResponseWriter, q question) {
		return func(w http.ResponseWriter, q question) {
			w.Header().Set("Content-Type", "text/xml")
			fmt.Fprint(w, text(q))
		}
	}
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter, q question)
		status wbem.Status
	}{
		"in order":         {header("X", "y"), wbem.OK},
		"another type":     {header("Content-Type", "text/html"), wbem.TransportFailure},
		"no type":          {header("Content-Type", ""), wbem.TransportFailure},
		"another charset":  {header("Content-Type", "text/xml; charset=iso-8859-1"), wbem.TransportFailure},
		"packed":           {header("Content-Encoding", "gzip"), wbem.TransportFailure},
		"another message":  {body(func(q question) string { q.id += "0"; return q.begins() + ok + q.ends() }), wbem.TransportFailure},
		"no message":       {body(func(q question) string { q.id = ""; return q.begins() + ok + q.ends() }), wbem.TransportFailure},
		"another method":   {body(func(q question) string { q.method = "GetClass"; return q.begins() + ok + q.ends() }), wbem.TransportFailure},
		"an extrinsic one": {body(func(q question) string { q.tag = "METHOD"; return q.begins() + ok + q.ends() }), wbem.TransportFailure},
		"the question":     {body(func(q question) string { return q.text }), wbem.TransportFailure},
		"nothing":          {body(func(question) string { return "" }), wbem.TransportFailure},
		"a page":           {body(func(question) string { return "<html><body>no</body></html>" }), wbem.TransportFailure},
		"half":             {body(func(q question) string { return q.begins() + ok }), wbem.TransportFailure},
		"half a result":    {body(func(q question) string { return q.begins() + `<IRETURNVALUE><VALUE>H` }), wbem.TransportFailure},
		"an endless one":   {body(func(q question) string { return q.begins() + strings.Repeat(ok, 100) + q.ends() }), wbem.TransportFailure},
		"a deep one":       {body(func(q question) string { return q.begins() + strings.Repeat("<IRETURNVALUE>", 1e5) }), wbem.TransportFailure},
		"error zero":       {body(func(q question) string { return q.begins() + `<ERROR CODE="0"/>` + q.ends() }), wbem.TransportFailure},
		"native success":   {body(func(q question) string { return q.begins() + `<WMI.ERROR STATUS="0"/>` + q.ends() }), wbem.TransportFailure},
		"native warning":   {body(func(q question) string { return q.begins() + `<WMI.ERROR STATUS="262145"/>` + q.ends() }), wbem.TransportFailure},
		"forbidden":        {func(w http.ResponseWriter, _ question) { w.WriteHeader(http.StatusForbidden) }, wbem.AccessDenied},
		"too large":        {func(w http.ResponseWriter, _ question) { w.WriteHeader(http.StatusRequestEntityTooLarge) }, wbem.QuotaViolation},
		"busy":             {func(w http.ResponseWriter, _ question) { w.WriteHeader(http.StatusServiceUnavailable) }, wbem.ServerTooBusy},
		"broken":           {func(w http.ResponseWriter, _ question) { w.WriteHeader(http.StatusInternalServerError) }, wbem.TransportFailure},
		"cut off":          {func(http.ResponseWriter, question) { panic(http.ErrAbortHandler) }, wbem.TransportFailure},
	} {
		t.Run(name, func(t *testing.T) {
			h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { test.answer(w, asked(r)) }))
			defer h.Close()
			c, err := cimxml.NewClient(h.URL, cimxml.ClientOptions{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Connect(t.Context(), "root", wbem.ConnectOptions{})
			if got := wbem.StatusOf(err); got != test.status {
				t.Errorf("%v", err)
			}
		})
	}
}

// The object that a server sends with a failure is in the error.
func TestClientErrorObject(t *testing.T) {
	svc := standardPeer(t, func(w http.ResponseWriter, _ *http.Request, q question) {
		q.answer(w, `<ERROR CODE="2" DESCRIPTION="not you"><INSTANCE CLASSNAME="CIM_Error"><PROPERTY NAME="Message" TYPE="string"><VALUE>nor me</VALUE></PROPERTY></INSTANCE></ERROR>`)
	})
	_, err := svc.GetClass(t.Context(), "C", wbem.Options{})
	var e *wbem.Error
	if !errors.As(err, &e) || e.Status != wbem.AccessDenied || e.Op != "GetObject" || e.Detail != "not you" || e.Object == nil {
		t.Fatalf("the failure is %#v", err)
	}
	if v, _ := e.Object.Get("Message"); v.Text() != "nor me" {
		t.Errorf("the object says %v", v)
	}
}

// What the server writes into its header does not fill an error.
func TestClientLongReason(t *testing.T) {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("CIMError", strings.Repeat("x", 1<<16)+"\x1B[2J")
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer h.Close()
	c, err := cimxml.NewClient(h.URL, cimxml.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Connect(t.Context(), "root", wbem.ConnectOptions{})
	if len(err.Error()) > 400 || strings.Contains(err.Error(), "\x1B") {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

// A message is not sent on to where the server points.
func TestClientRedirect(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere.Add(1)
		asked(r).fails(w, "7")
	}))
	defer other.Close()
	h := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer h.Close()
	c, err := cimxml.NewClient(h.URL, cimxml.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Connect(t.Context(), "root", wbem.ConnectOptions{}); wbem.StatusOf(err) != wbem.TransportFailure {
		t.Errorf("connected: %v", err)
	}
	if elsewhere.Load() > 0 {
		t.Error("the message went elsewhere")
	}
}

// An operation that fails leaves a connection that can be used again.
func TestClientKeepsConnections(t *testing.T) {
	var opened atomic.Int32
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := asked(r)
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(w, q.begins()+`<ERROR CODE="6" DESCRIPTION="no"/>`)
		w.(http.Flusher).Flush()
		fmt.Fprint(w, q.ends())
	}))
	h.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	h.Start()
	defer h.Close()
	svc := connectTo(t, h.URL)
	for range 20 {
		if _, err := svc.GetClass(t.Context(), "C", wbem.Options{}); wbem.StatusOf(err) != wbem.NotFound {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// What changes nothing is sent again when the server has closed the connection
// instead of answering, and nothing else is.
func TestClientClosedConnection(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := asked(r)
		mu.Lock()
		seen[q.method]++
		first := seen[q.method] == 1
		mu.Unlock()
		if first && !strings.HasPrefix(q.method, "__") && !strings.Contains(q.text, "CIM_ManagedElement") {
			panic(http.ErrAbortHandler)
		}
		q.fails(w, "6")
	}))
	defer h.Close()
	svc := connectTo(t, h.URL)
	mu.Lock()
	delete(seen, "GetClass")
	mu.Unlock()
	if _, err := svc.GetClass(t.Context(), "C", wbem.Options{}); wbem.StatusOf(err) != wbem.NotFound {
		t.Errorf("GetClass: %v", err)
	}
	if err := svc.DeleteClass(t.Context(), "C", wbem.Options{}); wbem.StatusOf(err) != wbem.TransportFailure {
		t.Errorf("DeleteClass: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if seen["GetClass"] != 2 || seen["DeleteClass"] != 1 {
		t.Errorf("the server has seen %v", seen)
	}
}

// An enumeration is closed in the server if it is left in its middle for whatever
// reason.
func TestStandardClosesEnumerations(t *testing.T) {
	const instance = `<VALUE.INSTANCEWITHPATH><INSTANCEPATH><NAMESPACEPATH><HOST>h</HOST><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/>
		<NAMESPACE NAME="cimv2"/></LOCALNAMESPACEPATH></NAMESPACEPATH><INSTANCENAME CLASSNAME="C"><KEYBINDING NAME="K"><KEYVALUE VALUETYPE="string">1</KEYVALUE></KEYBINDING>
		</INSTANCENAME></INSTANCEPATH><INSTANCE CLASSNAME="C"><PROPERTY NAME="K" TYPE="string"><VALUE>1</VALUE></PROPERTY></INSTANCE></VALUE.INSTANCEWITHPATH>`
	var svc wbem.Services
	const more = `<PARAMVALUE NAME="EndOfSequence"><VALUE>FALSE</VALUE></PARAMVALUE><PARAMVALUE NAME="EnumerationContext"><VALUE>7</VALUE></PARAMVALUE>`
	for name, test := range map[string]struct {
		pulled string // what the second answer returns
		loop   func(n int, cancel func()) bool
		status wbem.Status
	}{
		"left": {instance, func(int, func()) bool { return false }, wbem.OK},
		"cancelled": {instance, func(n int, cancel func()) bool {
			if n == 2 {
				cancel()
			}
			return true
		}, wbem.CallCancelled},
		"closed": {instance, func(n int, _ func()) bool {
			svc.Close() // what runs goes on
			return n < 3
		}, wbem.OK},
		"malformed": {"<INSTANCE/>", func(int, func()) bool { return true }, wbem.TransportFailure},
		"panicking": {instance, func(n int, _ func()) bool {
			if n == 2 {
				panic(errPanic)
			}
			return true
		}, wbem.OK},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var methods []string
			svc = standardPeer(t, func(w http.ResponseWriter, _ *http.Request, q question) {
				mu.Lock()
				defer mu.Unlock()
				methods = append(methods, q.method)
				switch q.method {
				case "GetClass":
					q.fails(w, "6")
				case "OpenEnumerateInstances":
					q.answer(w, "<IRETURNVALUE>"+instance+"</IRETURNVALUE>"+more)
				case "PullInstancesWithPath":
					q.answer(w, "<IRETURNVALUE>"+test.pulled+"</IRETURNVALUE>"+more)
				default:
					q.answer(w, "")
				}
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			n := 0
			func() {
				defer func() {
					if r := recover(); r != nil && r != errPanic {
						panic(r)
					}
				}()
				for _, err := range svc.Instances(ctx, "C", wbem.Options{}) {
					if err != nil {
						if wbem.StatusOf(err) != test.status {
							t.Error(err)
						}
						return
					}
					if n++; !test.loop(n, cancel) {
						return
					}
				}
			}()
			mu.Lock()
			defer mu.Unlock()
			if closed := slices.Index(methods, "CloseEnumeration"); closed != len(methods)-1 {
				t.Errorf("asked for %q", methods)
			}
		})
	}
}

var errPanic = errors.New("the loop panics")

// Classes that derive from each other without end are refused before the stack
// has.
func TestStandardDeepClasses(t *testing.T) {
	svc := standardPeer(t, func(w http.ResponseWriter, _ *http.Request, q question) {
		var b strings.Builder
		for i := 5000; i > 0; i-- {
			fmt.Fprintf(&b, `<CLASS NAME="C%d" SUPERCLASS="C%d"/>`, i, i-1)
		}
		q.answer(w, "<IRETURNVALUE>"+b.String()+"</IRETURNVALUE>")
	})
	var err error
	for _, err = range svc.Classes(t.Context(), "", wbem.Options{}) {
	}
	if wbem.StatusOf(err) != wbem.QuotaViolation {
		t.Errorf("%v", err)
	}
}

// A method that the class has got since it was read is found.
func TestStandardNewMethod(t *testing.T) {
	method := ""
	svc := standardPeer(t, func(w http.ResponseWriter, _ *http.Request, q question) {
		if q.tag == "METHOD" {
			q.answer(w, `<RETURNVALUE PARAMTYPE="uint32"><VALUE>5</VALUE></RETURNVALUE>`)
			return
		}
		q.answer(w, `<IRETURNVALUE><CLASS NAME="C">`+method+`</CLASS></IRETURNVALUE>`)
	})
	run := func() error {
		out, err := svc.ExecMethod(t.Context(), cim.MustParsePath("C"), "M", nil, wbem.Options{})
		if err == nil {
			if v, _ := out.Get("ReturnValue"); v.Uint() != 5 {
				t.Errorf("it returns %v", v)
			}
		}
		return err
	}
	if err := run(); wbem.StatusOf(err) != wbem.InvalidMethod {
		t.Error(err)
	}
	method = `<METHOD NAME="M" TYPE="uint32"><QUALIFIER NAME="Static" TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER></METHOD>`
	if err := run(); err != nil {
		t.Error(err)
	}
}

// A closed session asks for nothing, declarations of qualifiers included.
func TestClientClosed(t *testing.T) {
	for name, svc := range map[string]wbem.Services{
		"native":   connectTo(t, serve(t, newWorld(t))),
		"standard": standardPeer(t, func(w http.ResponseWriter, _ *http.Request, q question) { q.fails(w, "1") }),
	} {
		if err := svc.Close(); err != nil {
			t.Error(err)
		}
		if _, err := svc.GetClass(t.Context(), "Disk", wbem.Options{}); wbem.StatusOf(err) != wbem.InvalidOperation {
			t.Errorf("%s: GetClass: %v", name, err)
		}
		if _, err := svc.(wbem.QualifierStore).GetQualifier(t.Context(), "Key"); wbem.StatusOf(err) != wbem.InvalidOperation {
			t.Errorf("%s: GetQualifier: %v", name, err)
		}
	}
}

// A server that is named by an address of IPv6 has paths that can be read.
func TestStandardIPv6(t *testing.T) {
	send := func(_ context.Context, message []byte) (io.ReadCloser, error) {
		found := asks.FindSubmatch(message)
		q := question{id: string(found[1]), tag: string(found[2]), method: string(found[3])}
		return io.NopCloser(strings.NewReader(q.begins() + `<ERROR CODE="7"/>` + q.ends())), nil
	}
	for url, want := range map[string]string{
		"http://[::1]:5988":          "--1.ipv6-literal.net",
		"http://[fe80::1%25eth0]":    "fe80--1seth0.ipv6-literal.net",
		"http://server.example:5988": "server.example",
	} {
		c, err := cimxml.NewClient(url, cimxml.ClientOptions{Send: send})
		if err != nil {
			t.Fatal(err)
		}
		svc, err := c.Connect(t.Context(), "root/x", wbem.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		path := cim.Path{Server: svc.Server(), Namespace: svc.Namespace(), Class: "C"}
		if back, err := cim.ParsePath(path.String()); err != nil || back.Server != want {
			t.Errorf("%s: %s: %v", url, path, err)
		}
	}
}

// A server that does not answer does not hold up who cancels.
func TestStandardCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		send := func(ctx context.Context, message []byte) (io.ReadCloser, error) {
			found := asks.FindSubmatch(message)
			q := question{id: string(found[1]), tag: string(found[2]), method: string(found[3])}
			answer := `<ERROR CODE="7"/>`
			switch q.method {
			case "OpenEnumerateInstances":
				answer = `<PARAMVALUE NAME="EnumerationContext"><VALUE>7</VALUE></PARAMVALUE>`
				time.AfterFunc(time.Second, cancel)
			case "PullInstancesWithPath", "CloseEnumeration":
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return io.NopCloser(strings.NewReader(q.begins() + answer + q.ends())), nil
		}
		c, err := cimxml.NewClient("http://host", cimxml.ClientOptions{Send: send})
		if err != nil {
			t.Fatal(err)
		}
		svc, err := c.Connect(ctx, "root", wbem.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for _, err = range svc.Instances(ctx, "C", wbem.Options{}) {
		}
		if wbem.StatusOf(err) != wbem.CallCancelled || time.Since(start) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// Who wants that gives up connecting after two minutes.
func TestClientMaxWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := cimxml.NewClient("http://host", cimxml.ClientOptions{Send: func(ctx context.Context, _ []byte) (io.ReadCloser, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = c.Connect(t.Context(), "root", wbem.ConnectOptions{Flags: wbem.ConnectUseMaxWait})
		if wbem.StatusOf(err) != wbem.Timeout || time.Since(start) != 2*time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// A subscription goes on when its session is closed, and one that is closed is
// closed in the server too.
func TestClientUnsubscribes(t *testing.T) {
	l, s := listen(t, newWorld(t), cimxml.Options{})
	svc := connectTo(t, l.url)
	for _, before := range []bool{false, true} {
		sub, err := svc.Subscribe(t.Context(), "WQL", "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Disk'", wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n := s.Open(); n != 1 {
			t.Errorf("%d subscriptions", n)
		}
		if before {
			svc.Close()
			create(t, l.url, "x")
			if event, err := sub.Next(t.Context()); err != nil || event.ClassName() != "__InstanceCreationEvent" {
				t.Errorf("event %v: %v", event, err)
			}
		}
		sub.Close()
		if n := s.Open(); n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
	}
}

// create puts a disk.
func create(t *testing.T, url, id string) {
	t.Helper()
	svc := connectTo(t, url)
	c, err := svc.GetClass(t.Context(), "Disk", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inst := cim.NewInstance(c)
	if err := inst.Set("Id", cim.StringValue(id)); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.PutInstance(t.Context(), inst, wbem.Options{}); err != nil {
		t.Fatal(err)
	}
}

// slow is a namespace whose instances come one a second.
type slow struct{ wbem.Services }

func (s slow) Connect(context.Context, string, wbem.ConnectOptions) (wbem.Services, error) {
	return s, nil
}
func (slow) Server() string    { return "HERE" }
func (slow) Namespace() string { return "root" }
func (slow) Locale() string    { return "" }
func (slow) Close() error      { return nil }

func (slow) Instances(context.Context, string, wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		c, err := cim.Derive(nil, &cim.ClassDecl{Name: "C"})
		for range 3 {
			time.Sleep(time.Second)
			if err != nil || !yield(cim.NewInstance(c), nil) {
				return
			}
		}
	}
}

// Results that are sent early arrive all the same where nothing can be sent early.
func TestClientWithoutFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := cimxml.NewServer(slow{}, cimxml.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return nil, nil }})
		defer s.Close()
		var sent [][]byte
		c, err := cimxml.NewClient("http://server.test", cimxml.ClientOptions{HTTP: &http.Client{Transport: recording{s, &sent}}})
		if err != nil {
			t.Fatal(err)
		}
		svc, err := c.Connect(t.Context(), "root", wbem.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, err := range svc.Instances(t.Context(), "C", wbem.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 3 {
			t.Errorf("%d instances", n)
		}
	})
}
