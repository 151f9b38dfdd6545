package wsman_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/wsman"
)

// foreign returns a client of a lab that says it is somebody else's.
func (l *lab) foreign(vendor string) wbem.Services {
	l.t.Helper()
	return l.through(vendor, func(_, answer string) string { return answer })
}

// through returns a client as foreign does, whose answers are changed on the way.
func (l *lab) through(vendor string, change func(request, answer string) string) wbem.Services {
	l.t.Helper()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			l.t.Error(err)
		}
		if bytes.Contains(body, []byte("native")) {
			l.t.Error("a native request")
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		rec := httptest.NewRecorder()
		l.server.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(rec.Code)
		io.WriteString(w, strings.ReplaceAll(change(string(body), rec.Body.String()), "ProductVendor>OpenWMI<", "ProductVendor>"+vendor+"<"))
	}))
	l.t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	c, err := wsman.NewClient(h.URL, wsman.ClientOptions{})
	if err != nil {
		l.t.Fatal(err)
	}
	svc, err := c.Connect(l.t.Context(), `root\cimv2`, wbem.ConnectOptions{Locale: "en-US"})
	if err != nil {
		l.t.Fatal(err)
	}
	return svc
}

func TestForeign(t *testing.T) {
	for _, vendor := range []string{"Microsoft Corporation", "Openwsman Project"} {
		t.Run(vendor, func(t *testing.T) { testForeign(t, newLab(t, wsman.Options{}).foreign(vendor)) })
	}
}

func testForeign(t *testing.T, svc wbem.Services) {
	ctx := t.Context()
	inst, err := svc.GetInstance(ctx, cim.MustParsePath(`Animal.Name="rex"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	path, _ := cim.RelPath(inst)
	weight, _ := inst.Get("Weight")
	born, _ := inst.Get("Born")
	if path.RelPath() != `Dog.Name="rex"` || weight.Text() != "18446744073709551615" || born.String() != "20200102030405.000000+000" || inst.Origin().Namespace != `root\cimv2` {
		t.Errorf("%s: %v, %v", path, weight, born)
	}
	var names []string
	for inst, err := range svc.Instances(ctx, "Animal", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		p, _ := cim.RelPath(inst)
		names = append(names, p.RelPath())
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{`Animal.Name="a\"b,\\c"`, `Animal.Name="mouse"`, `Dog.Name="rex"`}, names); diff != "" {
		t.Error(diff)
	}
	for o, err := range svc.Query(ctx, "WQL", "SELECT Name FROM Animal WHERE Tags IS NOT NULL OR Weight < 100", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if o.ClassName() != "Animal" || len(o.Definition().Properties()) != 1 {
			t.Errorf("%s with %d properties", o.ClassName(), len(o.Definition().Properties()))
		}
		break
	}
	if err := inst.Set("Weight", cim.StringValue("12")); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.PutInstance(ctx, inst, wbem.Options{Flags: wbem.UpdateOnly}); err != nil {
		t.Fatal(err)
	}
	if again, err := svc.GetInstance(ctx, path, wbem.Options{}); err != nil {
		t.Error(err)
	} else if w, _ := again.Get("Weight"); w.Text() != "12" {
		t.Error(w)
	}
	if err := inst.Set("Name", cim.StringValue("fido")); err != nil {
		t.Fatal(err)
	}
	made, err := svc.PutInstance(ctx, inst, wbem.Options{})
	if err != nil || made.RelPath() != `Dog.Name="fido"` {
		t.Fatalf("%v, %v", made, err)
	}
	if err := svc.DeleteInstance(ctx, made, wbem.Options{}); err != nil {
		t.Error(err)
	}
	if _, err := svc.GetInstance(ctx, made, wbem.Options{}); wbem.StatusOf(err) != wbem.NotFound {
		t.Error(err)
	}
	out, err := svc.ExecMethod(ctx, cim.MustParsePath(`Machine.Id="m1"`), "Start", nil, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := out.Get("ReturnValue"); v.Text() != "0" {
		t.Error(v)
	}
	for _, tt := range []struct {
		query string
		want  wbem.Status
	}{{"SELECT", wbem.InvalidQuery}, {"SELECT * FROM Nothing", wbem.InvalidClass}} {
		for _, err := range svc.Query(ctx, "WQL", tt.query, wbem.Options{}) {
			if wbem.StatusOf(err) != tt.want {
				t.Errorf("%s: %v", tt.query, err)
			}
		}
	}
	if _, err := svc.GetClass(ctx, "Animal", wbem.Options{}); wbem.StatusOf(err) != wbem.NotSupported {
		t.Error(err)
	}
	sub, err := svc.Subscribe(ctx, "WQL", "SELECT * FROM __InstanceDeletionEvent WHERE TargetInstance ISA 'Animal'", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.DeleteInstance(ctx, cim.MustParsePath(`Animal.Name="mouse"`), wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	event, err := sub.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	gone, _ := event.Get("TargetInstance")
	if n, _ := gone.Object().(*cim.Instance).Get("Name"); n.Text() != "mouse" || event.ClassName() != "__InstanceDeletionEvent" {
		t.Error(event)
	}
	if err := sub.Close(); err != nil {
		t.Error(err)
	}
	if _, err := sub.Next(ctx); wbem.StatusOf(err) != wbem.InvalidOperation {
		t.Error(err)
	}
}

// A subscription at another server is renewed before it ends, also when nobody
// reads its events.
func TestForeignRenewal(t *testing.T) {
	l := newLab(t, wsman.Options{})
	renewed := make(chan string, 1000)
	svc := l.through("Somebody", func(request, answer string) string {
		if strings.Contains(request, eventing+"Renew<") {
			renewed <- answer
		}
		return strings.Replace(answer, "<e:Expires>P0DT0H10M0S<", "<e:Expires>PT0.05S<", 1)
	})
	sub, err := svc.Subscribe(t.Context(), "WQL", "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Animal'", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got := <-renewed; !strings.Contains(got, "RenewResponse") {
			t.Error(got)
		}
	}
	l.create("cat")
	l.create("cow")
	for range 5 {
		<-renewed
	}
	for range 2 {
		if _, err := sub.Next(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := sub.Close(); err != nil {
		t.Error(err)
	}
}

// A server that answers something else than it was asked.
func TestForeignNonsense(t *testing.T) {
	l := newLab(t, wsman.Options{})
	svc := l.through("Somebody", func(_, answer string) string {
		before, body, _ := strings.Cut(answer, "<s:Body>")
		if strings.Contains(body, "Identify") || strings.Contains(body, "Fault") {
			return answer
		}
		return before + "<s:Body><x/></s:Body></s:Envelope>"
	})
	check := func(name string, want wbem.Status, err error) {
		t.Helper()
		if wbem.StatusOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx := t.Context()
	for _, err := range svc.Instances(ctx, "Animal", wbem.Options{}) {
		check("Instances", wbem.TransportFailure, err)
	}
	_, err := svc.Subscribe(ctx, "WQL", "SELECT * FROM __InstanceCreationEvent", wbem.Options{})
	check("Subscribe", wbem.TransportFailure, err)
	c, err := cim.Restore(nil, &cim.ClassDecl{Name: "Animal", Properties: []cim.PropertyDecl{{Name: "Name", Type: cim.TypeString}}})
	if err != nil {
		t.Fatal(err)
	}
	inst := cim.NewInstance(c)
	if err := inst.Set("Name", cim.StringValue("cat")); err != nil {
		t.Fatal(err)
	}
	_, err = svc.PutInstance(ctx, inst, wbem.Options{Flags: wbem.UpdateOnly})
	check("PutInstance of what has no path", wbem.InvalidObject, err)
	_, err = svc.PutInstance(ctx, inst, wbem.Options{})
	check("PutInstance", wbem.TransportFailure, err)
}

// What is no server of WS-Management, or none at all.
func TestNoServer(t *testing.T) {
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "Too many requests at once", http.StatusServiceUnavailable)
	}))
	defer busy.Close()
	h := httptest.NewServer(http.NotFoundHandler())
	for _, tt := range []struct {
		url  string
		want wbem.Status
	}{{h.URL, wbem.TransportFailure}, {busy.URL, wbem.ServerTooBusy}, {"http://127.0.0.1:1", wbem.ServerUnavailable}} {
		c, err := wsman.NewClient(tt.url, wsman.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{}); wbem.StatusOf(err) != tt.want {
			t.Errorf("%s: %v", tt.url, err)
		}
	}
	h.Close()
	for _, url := range []string{"", "host", "ftp://host", "http://user:x@host"} {
		if _, err := wsman.NewClient(url, wsman.ClientOptions{}); wbem.StatusOf(err) != wbem.InvalidParameter {
			t.Errorf("%q: %v", url, err)
		}
	}
}
