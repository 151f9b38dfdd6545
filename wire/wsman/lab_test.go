package wsman_test

import (
	"context"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wire/wsman"
)

const schema = `
Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride, ToSubclass);
Qualifier OctetString : boolean = false, Scope(property, parameter), Flavor(DisableOverride, ToSubclass);
class Point { sint32 X; sint32 Y; Point Next; };
class Animal { [key] string Name; uint64 Weight = 3; string Tags[]; boolean Tame; };
class Dog : Animal { datetime Born; };
[Association] class Hunts { [key] Animal ref Hunter; [key] Animal ref Prey; string Where; };
class Everything {
	[key] uint32 Id; [key] datetime At;
	sint8 S8; uint8 U8; sint64 S64; uint64 U64; real32 R32; real64 R64; boolean B; char16 C; string S; datetime D; datetime I;
	Animal ref Ref; Point O; [OctetString] uint8 Octets[]; uint8 Bytes[]; string Strings[]; boolean Booleans[]; real64 Reals[]; datetime Dates[];
	Point Objects[]; Animal ref Refs[];
};
[singleton] class Settings { uint32 Level; };
instance of __Win32Provider as $P { Name = "Doer"; CLSID = "Doer"; };
instance of __MethodProviderRegistration { provider = $P; };
instance of __InstanceProviderRegistration { provider = $P; SupportsGet = TRUE; SupportsEnumeration = TRUE; };
[dynamic, provider("Doer")] class Slow { [key] uint32 Id; };
[provider("Doer")] class Machine {
	[key] string Id;
	[Implemented, Static] uint32 Echo([In, Out] string Text, [In, Out] uint32 Numbers[], [In, Out] Point P, [In, Out] Animal ref Who, [In, Out] datetime When);
	[Implemented] uint32 Start([In] boolean Hard = false);
	[Implemented, Static] uint32 Fail([In] uint32 Code);
	[Implemented, Static] void Quiet();
	[Implemented, Static] uint32 Explain();
};
[provider("Doer")] class SubMachine : Machine { };
instance of Animal { Name = "mouse"; Weight = 1; };
instance of Animal { Name = "a\"b,\\c"; Tags = {"x", "<&>"}; };
instance of Dog { Name = "rex"; Born = "20200102030405.000000+000"; Weight = 18446744073709551615; };
instance of Hunts { Hunter = "Dog.Name=\"rex\""; Prey = "Animal.Name=\"mouse\""; Where = "barn"; };
instance of Settings { Level = 7; };
instance of Machine { Id = "m1"; };
instance of SubMachine { Id = "m2"; };
`

// extendedStatus is the class of what a provider says of a failure.
var extendedStatus = func() *cim.Class {
	c, err := cim.Restore(nil, &cim.ClassDecl{Name: "__ExtendedStatus", Properties: []cim.PropertyDecl{{Name: "Description", Type: cim.TypeString}}})
	if err != nil {
		panic(err)
	}
	return c
}()

// A doer is the provider of the methods and of class Slow, whose instances come
// when somebody sends them.
type doer struct {
	slow chan uint32
}

var _ interface {
	provider.MethodExecutor
	provider.InstanceEnumerator
} = (*doer)(nil)

func (d *doer) ExecMethod(_ context.Context, _ *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	sig := m.Signature(true)
	if sig == nil {
		return nil, nil
	}
	out := cim.NewInstance(sig)
	switch m.Name() {
	case "Fail":
		status, _ := in.Get("Code")
		return nil, cim.Errorf(wbem.Status(status.Uint()), "as it was told")
	case "Explain":
		inst := cim.NewInstance(extendedStatus)
		if err := inst.Set("Description", cim.StringValue("why <it> fails")); err != nil {
			return nil, err
		}
		return nil, &wbem.Error{Status: wbem.Failed, Object: inst}
	case "Start":
		if key == nil {
			return nil, wbem.InvalidParameter
		}
	default:
		for k, p := range in.Class().Properties() {
			if err := out.Set(p.Name(), in.At(k)); err != nil {
				return nil, err
			}
		}
	}
	return out, out.Set("ReturnValue", cim.Uint32Value(0))
}

func (d *doer) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for {
			select {
			case id, ok := <-d.slow:
				if !ok {
					return
				}
				inst := cim.NewInstance(r.Class)
				if err := inst.Set("Id", cim.Uint32Value(id)); err != nil || !yield(inst, err) {
					return
				}
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
		}
	}
}

// A lab is a server over a store with the schema.
type lab struct {
	t       testing.TB
	manager *cimom.Manager
	server  *wsman.Server
	url     string
	slow    chan uint32
}

func newLab(t testing.TB, o wsman.Options) *lab {
	t.Helper()
	d := &doer{slow: make(chan uint32, 100)}
	m, err := cimom.OpenMemory(cimom.Options{Locale: "en-US", Administrators: []string{"wheel"}, Providers: map[string]any{"Doer": d}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	l := &lab{t: t, manager: m, slow: d.slow}
	l.compile(`root\cimv2`, schema)
	o.Machine = "lab"
	l.server, l.url = serve(t, m, o)
	return l
}

// compile stores what a text in MOF has.
func (l *lab) compile(namespace, text string) {
	l.t.Helper()
	p, err := compile.ParseText(l.t.Context(), compile.Options{Namespace: namespace}, "lab.mof", []byte(text))
	if err == nil {
		_, err = p.Store(l.t.Context(), l.manager)
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// Parts of messages.
const (
	envelope = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"` +
		` xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:e="http://schemas.xmlsoap.org/ws/2004/08/eventing"` +
		` xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common">`
	transfer    = "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
	enumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/"
	eventing    = "http://schemas.xmlsoap.org/ws/2004/08/eventing/"
	wmi         = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"
	dmtf        = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
	all         = "http://schemas.dmtf.org/wbem/wscim/1/*"
	wql         = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
)

// selectors returns a SelectorSet of names and texts.
func selectors(pairs ...string) string {
	b := "<w:SelectorSet>"
	for i := 0; i < len(pairs); i += 2 {
		b += `<w:Selector Name="` + pairs[i] + `">` + pairs[i+1] + "</w:Selector>"
	}
	return b + "</w:SelectorSet>"
}

// message returns a request.
func message(action, uri, head, body string) string {
	return envelope + "<s:Header><a:To>http://host/wsman</a:To><a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>" +
		`<a:Action s:mustUnderstand="true">` + action + `</a:Action><w:ResourceURI mustUnderstand="true">` + uri + "</w:ResourceURI><a:MessageID>uuid:1</a:MessageID>" +
		head + "</s:Header><s:Body>" + body + "</s:Body></s:Envelope>"
}

// post sends a document and returns the status and the answer.
func (l *lab) post(document string) (int, string) {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.url, strings.NewReader(document))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/soap+xml;charset=UTF-8")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// ask sends a request and returns what the body of the answer has.
func (l *lab) ask(action, uri, head, body string) string {
	l.t.Helper()
	_, answer := l.post(message(action, uri, head, body))
	_, answer, _ = strings.Cut(answer, "<s:Body>")
	answer, _, _ = strings.Cut(answer, "</s:Body>")
	return answer
}

// between returns the text between two others.
func between(s, from, to string) string {
	_, s, ok := strings.Cut(s, from)
	if !ok {
		return ""
	}
	s, _, _ = strings.Cut(s, to)
	return s
}

// A failure is what a fault says.
type failure struct {
	Status  int
	Subcode string
	Detail  string // the end of the URI
	Code    string // WBEM status in decimal
}

func failureOf(status int, answer string) failure {
	d := between(answer, "<w:FaultDetail>", "</w:FaultDetail>")
	return failure{
		status, between(answer, "<s:Subcode><s:Value>", "<"), d[strings.LastIndexByte(d, '/')+1:], between(answer, ` Code="`, `"`),
	}
}
