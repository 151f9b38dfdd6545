package cimxml_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// A message that asks for too much, or says too little, has the status for that,
// and is answered as a whole.
func TestHostile(t *testing.T) {
	p, _ := listen(t, newWorld(t), cimxml.Options{})
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	disk := call("root/cimv2", "GetClass", class("Disk"))
	wrong := call("root/cimv2", "CreateInstance", newInstance("Disk", property("Nope", "string", "z")))
	for _, c := range []struct {
		name   string
		body   string
		status int
		code   cimxml.Code
	}{
		{"a text without end", message(call("root/cimv2", "ExecQuery", text("QueryLanguage", strings.Repeat("x", 17<<20)), text("Query", "x"))), 200, cimxml.ServerLimitsExceeded},
		{"parameters", message(call("root/cimv2", "GetClass", many(100, `<IPARAMVALUE NAME="p%d"/>`))), 400, 0},
		{"parameters of a method", message(`<METHODCALL NAME="Count"><LOCALCLASSPATH><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="cimv2"/></LOCALNAMESPACEPATH><CLASSNAME NAME="Disk"/></LOCALCLASSPATH>` +
			many(5000, `<PARAMVALUE NAME="p%d"/>`) + `</METHODCALL>`), 400, 0},
		{"a parameter twice", message(call("root/cimv2", "GetClass", class("Disk"), class("Disk"))), 200, cimxml.InvalidParameter},
		{"quotes", strings.Replace(message(disk), `"7"`, `'`+strings.Repeat(`"`, 1<<20-100)+`'`, 1), 200, 0},
		{"classes of a native operation", message(call("root/cimv2", "__PutInstance", named("Instance", many(5000, `<WMI.CLASS ID="%[1]d"><CLASS NAME="C%[1]d"/></WMI.CLASS>`)))), 400, 0},
		{"an instance that is not there", message(call("root/cimv2", "__PutInstance", named("Instance", `<WMI.CLASS ID="1"><CLASS NAME="Disk"/></WMI.CLASS>`))), 200, 0},
		{"an event that is not there", message(call("root/cimv2", "__Publish", named("Event", `<WMI.CLASS ID="1"><CLASS NAME="Disk"/></WMI.CLASS>`))), 200, 0},
		{"the first of several", message(wrong, disk), 400, 0},
		{"a native one of several", message(call("root/cimv2", "__PutInstance", named("Instance", `<WMI.INSTANCE CLASS="1"/>`)), disk), 400, 0},
		{"one alone", message(wrong), 200, cimxml.NoSuchProperty},
		{"NULL in an array", message(call("root/cimv2", "SetProperty", named("InstanceName", key("Disk", "Id", "c")), text("PropertyName", "Names"),
			named("NewValue", `<VALUE.ARRAY><VALUE>a</VALUE><VALUE.NULL/></VALUE.ARRAY>`))), 200, cimxml.InvalidParameter},
		{"the path of another namespace", message(call("root/cimv2", "ModifyInstance", named("ModifiedInstance",
			`<VALUE.INSTANCEWITHPATH><INSTANCEPATH><NAMESPACEPATH><HOST>HERE</HOST><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="default"/></LOCALNAMESPACEPATH></NAMESPACEPATH>`+
				key("Disk", "Id", "c")+`</INSTANCEPATH><INSTANCE CLASSNAME="Disk"/></VALUE.INSTANCEWITHPATH>`))), 200, cimxml.InvalidParameter},
	} {
		resp, body := p.post(c.body)
		if resp.StatusCode != c.status || code(body) != c.code {
			t.Errorf("%s: %s, status %d: %.300s", c.name, resp.Status, code(body), body)
		}
		if c.status == http.StatusOK && !strings.HasSuffix(body, "</CIM>\n") {
			t.Errorf("%s: the answer is not whole: %.300s", c.name, body)
		}
	}
	// What says too little is the failure of the native operation.
	for _, c := range []string{"__PutInstance", "__Publish"} {
		if body := p.must(c, named("Instance", `<WMI.CLASS ID="1"><CLASS NAME="Disk"/></WMI.CLASS>`)); !strings.Contains(body, "<WMI.ERROR ") {
			t.Errorf("%s of nothing: %s", c, body)
		}
	}
	// Nor is the namespace another one than the header of the message has.
	if body := p.must("__GetClass", text("Name", "__NAMESPACE"), text("Namespace", "root/default")); !strings.Contains(body, "<WMI.ERROR ") {
		t.Errorf("an operation with another namespace: %s", body)
	}
	// A language that nobody knows is no reason to fail.
	for _, languages := range []string{"tlh", "MS_none", "ms_fffff;q=1", ",;=,"} {
		if _, body := p.post(message(disk), "Accept-Language", languages); code(body) != 0 {
			t.Errorf("languages %q: %s", languages, body)
		}
	}
}

// What a peer sends wrong over the network is not told what goes on here.
func TestRefusal(t *testing.T) {
	s := cimxml.NewServer(newWorld(t), cimxml.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return nil, nil }})
	defer s.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/cimom", errorReader{errors.New("read tcp 10.1.2.3:5988")})
	if err != nil {
		t.Fatal(err)
	}
	w := recorder{header: http.Header{}}
	s.ServeHTTP(&w, r)
	if w.status != http.StatusBadRequest || strings.Contains(w.body.String(), "10.1.2.3") {
		t.Errorf("%d %s", w.status, w.body.String())
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// Users of the same name for whom others vouch are two.
func TestPullAuthority(t *testing.T) {
	var who *wbem.Identity
	s := cimxml.NewServer(anyone{newWorld(t)}, cimxml.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return who, nil }})
	defer s.Close()
	ask := func(method string, params ...string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/cimom", strings.NewReader(message(call("root/cimv2", method, params...))))
		if err != nil {
			t.Fatal(err)
		}
		w := recorder{header: http.Header{}}
		s.ServeHTTP(&w, r)
		return w.body.String()
	}
	all := []*wbem.Identity{nil, {}, {Name: "x"}, {Name: "x", Authority: wbem.StoreAuthority}}
	for i, owner := range all {
		who = owner
		id, _ := opened(t, ask("OpenEnumerateInstances", class("Disk"), atMost("1")))
		for j, other := range all {
			who = other
			want := cimxml.AccessDenied
			if i == j {
				want = 0
			}
			if body := ask("PullInstancesWithPath", with(id), atMost("0")); code(body) != want {
				t.Errorf("%+v pulls what %+v has opened: %s", other, owner, body)
			}
		}
	}
}

// anyone is a locator that lets everybody in.
type anyone struct{ wbem.Locator }

func (a anyone) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	o.Identity = nil
	return a.Locator.Connect(ctx, namespace, o)
}

// closing is a locator whose enumerations close the server after an instance.
type closing struct {
	wbem.Locator
	s *cimxml.Server
}

func (c *closing) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	svc, err := c.Locator.Connect(ctx, namespace, o)
	return &closingServices{svc, c}, err
}

type closingServices struct {
	wbem.Services
	c *closing
}

func (s *closingServices) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for inst, err := range s.Services.Instances(ctx, class, o) {
			if !yield(inst, err) {
				return
			}
			if err := s.c.s.Close(); err != nil {
				yield(nil, err)
			}
		}
	}
}

// An enumeration that cannot be kept because the server ends has not been opened.
func TestPullWhileClosing(t *testing.T) {
	l := &closing{Locator: newWorld(t)}
	p, s := listen(t, l, cimxml.Options{})
	l.s = s
	if got, body := p.ask("OpenEnumerateInstances", class("Disk"), atMost("1")); got != cimxml.ServerIsShuttingDown || strings.Contains(body, "EndOfSequence") {
		t.Errorf("status %d: %s", got, body)
	}
}

// unlisted is a locator whose instances cannot be enumerated.
type unlisted struct {
	wbem.Locator
	with wbem.Status
}

func (u *unlisted) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	svc, err := u.Locator.Connect(ctx, namespace, o)
	return &unlistedServices{svc, u}, err
}

type unlistedServices struct {
	wbem.Services
	u *unlisted
}

func (s *unlistedServices) Instances(context.Context, string, wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) { yield(nil, s.u.with) }
}

// A class is not deleted if nobody knows whether it has instances.
func TestDeleteClassUnknown(t *testing.T) {
	f := &unlisted{Locator: newWorld(t), with: wbem.Failed}
	p, _ := listen(t, f, cimxml.Options{})
	if got, body := p.ask("DeleteClass", class("Empty")); got != cimxml.Failed {
		t.Errorf("status %d: %s", got, body)
	}
	f.with = wbem.ProviderNotCapable
	if got, body := p.ask("DeleteClass", class("Empty")); got != 0 {
		t.Errorf("of a provider that cannot enumerate: status %d: %s", got, body)
	}
}
