package cimxml_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// world is what the tests of single operations work on.
const world = `
Qualifier Note : string = null, Scope(any), Flavor(EnableOverride, ToSubclass);
[Abstract: Restricted] class Thing { [Description("what people call it"): ToSubclass] string Caption; };
class Disk : Thing {
	[Key] string Id; uint64 Size = 7; uint16 Modes[]; datetime Made; char16 Letter; real64 Load; sint64 Balance; boolean Old;
	Thing Inner; Thing Inners[]; [EmbeddedInstance("Thing")] string Wrapped; string Names[];
	uint32 Format([in] string Label, [out] uint32 Sectors);
	[static, implemented] uint32 Count();
};
class Fast : Disk { uint32 Speed; };
class Part : Thing { [Key] uint32 Number; [Key] Disk ref Of; };
class Box { [Key] sint64 A; [Key] boolean B; [Key] char16 C; };
class Plain { string Text; };
class Shelf { [Key] string Name; };
[Association] class On { [Key] Disk ref Disk; [Key] Shelf ref Shelf; string Since; };
class Empty { [Key] string Id; };
class Inner : Thing { uint32 N; };
instance of Disk { Id = "c"; Caption = "first <&> \"one\""; Size = 18446744073709551615; Modes = {1, 2}; Letter = 'x'; Balance = -9223372036854775808; };
instance of Disk { Id = "d"; Made = "20260101120000.000000+060"; Old = TRUE; };
instance of Fast { Id = "f"; Speed = 3; };
instance of Shelf { Name = "s"; };
instance of Shelf { Name = "t"; };
instance of On { Disk = "Disk.Id=\"c\""; Shelf = "Shelf.Name=\"s\""; Since = "ever"; };`

// newWorld returns an object manager with what world says in root\cimv2.
func newWorld(t testing.TB) *cimom.Manager {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	storeText(t, m, world)
	return m
}

// storeText stores what a text in MOF says in root\cimv2.
func storeText(t testing.TB, l wbem.Locator, text string) {
	t.Helper()
	p, err := compile.ParseText(t.Context(), compile.Options{Namespace: `root\cimv2`}, "world.mof", []byte(text))
	if err == nil {
		_, err = p.Store(t.Context(), l)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// text returns a parameter with a VALUE.
func text(name, value string) string { return named(name, "<VALUE>"+value+"</VALUE>") }

// named returns a parameter of an intrinsic operation.
func named(name, value string) string {
	return `<IPARAMVALUE NAME="` + name + `">` + value + `</IPARAMVALUE>`
}

func list(name string, values ...string) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString("<VALUE>" + v + "</VALUE>")
	}
	return named(name, "<VALUE.ARRAY>"+b.String()+"</VALUE.ARRAY>")
}

func class(name string) string { return named("ClassName", `<CLASSNAME NAME="`+name+`"/>`) }

// key returns INSTANCENAME with one key.
func key(class, name, value string) string {
	return `<INSTANCENAME CLASSNAME="` + class + `"><KEYBINDING NAME="` + name + `"><KEYVALUE VALUETYPE="string">` + value +
		`</KEYVALUE></KEYBINDING></INSTANCENAME>`
}

// call returns IMETHODCALL in a namespace such as root/cimv2.
func call(namespace, method string, params ...string) string {
	var b strings.Builder
	b.WriteString(`<IMETHODCALL NAME="` + method + `"><LOCALNAMESPACEPATH>`)
	for name := range strings.SplitSeq(namespace, "/") {
		b.WriteString(`<NAMESPACE NAME="` + name + `"/>`)
	}
	b.WriteString(`</LOCALNAMESPACEPATH>` + strings.Join(params, "") + `</IMETHODCALL>`)
	return b.String()
}

// message returns a request with calls: a MULTIREQ if there are several.
func message(calls ...string) string {
	b := ""
	for _, c := range calls {
		b += "<SIMPLEREQ>" + c + "</SIMPLEREQ>"
	}
	if len(calls) > 1 {
		b = "<MULTIREQ>" + b + "</MULTIREQ>"
	}
	return `<?xml version="1.0" encoding="utf-8"?><CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="7" PROTOCOLVERSION="1.0">` + b + `</MESSAGE></CIM>`
}

// A peer sends messages to a server. user is who it is, and level the protection of
// its connection.
type peer struct {
	t     testing.TB
	url   string
	user  string
	level int
}

// listen returns the owner as a client of a server over a locator.
func listen(t testing.TB, l wbem.Locator, o cimxml.Options) (*peer, *cimxml.Server) {
	t.Helper()
	o.Identity = func(r *http.Request) (*wbem.Identity, error) {
		if name := r.Header.Get("User"); name != "" {
			level, err := strconv.Atoi(r.Header.Get("Level"))
			return &wbem.Identity{Name: name, Level: level}, err
		}
		return nil, nil
	}
	s := cimxml.NewServer(l, o)
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		s.Close()
	})
	return &peer{t: t, url: h.URL}, s
}

// post sends a message with fields of the header, and returns the answer and its
// body.
func (p *peer) post(body string, fields ...string) (*http.Response, string) {
	p.t.Helper()
	return p.send(http.MethodPost, strings.NewReader(body), fields...)
}

func (p *peer) send(method string, body io.Reader, fields ...string) (*http.Response, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url, body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", `application/xml; charset="utf-8"`)
	if p.user != "" {
		r.Header.Set("User", p.user)
		r.Header.Set("Level", strconv.Itoa(p.level))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, string(b)
}

var errorCode = regexp.MustCompile(`<ERROR CODE="(\d+)"`)

// ask carries out an operation in root/cimv2 and returns its status, 0 for a
// success, and the answer.
func (p *peer) ask(method string, params ...string) (cimxml.Code, string) {
	p.t.Helper()
	return p.in("root/cimv2", method, params...)
}

func (p *peer) in(namespace, method string, params ...string) (cimxml.Code, string) {
	p.t.Helper()
	resp, body := p.post(message(call(namespace, method, params...)), "CIMOperation", "MethodCall", "CIMMethod", method, "CIMObject", namespace)
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s, CIMError %q: %s", method, resp.Status, resp.Header.Get("CIMError"), body)
	}
	return code(body), body
}

func code(body string) cimxml.Code {
	m := errorCode.FindStringSubmatch(body)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return cimxml.Code(n)
}

// must is ask for what has to succeed.
func (p *peer) must(method string, params ...string) string {
	p.t.Helper()
	c, body := p.ask(method, params...)
	if c != 0 {
		p.t.Fatalf("%s: %s", method, body)
	}
	return body
}

// stored returns a property of a stored disk.
func stored(t testing.TB, l wbem.Locator, id, name string) cim.Value {
	t.Helper()
	svc, err := l.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer svc.Close()
	inst, err := svc.GetInstance(t.Context(), cim.Path{Class: "Disk", Keys: []cim.Key{cim.NewKey("Id", cim.StringValue(id))}}, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := inst.Get(name)
	return v
}
