package cimxml_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wire/cimxml"
)

// echo provides a method that returns its parameters.
type echo struct{}

var _ provider.MethodExecutor = echo{}

func (echo) ExecMethod(_ context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	out := cim.NewInstance(m.Signature(true))
	for _, name := range []string{"Text", "Numbers", "Where", "What"} {
		v, _ := in.Get(name)
		if err := out.Set("Out"+name, v); err != nil {
			return nil, err
		}
	}
	who := ""
	if key != nil {
		id, _ := key.Get("Id")
		who = id.Text()
	}
	if err := out.Set("OutWho", cim.StringValue(who)); err != nil {
		return nil, err
	}
	return out, out.Set("ReturnValue", cim.Uint32Value(42))
}

// Extrinsic methods: what goes in comes out, and what is wrong has its status.
// DSP0200 5.4
func TestMethods(t *testing.T) {
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE", Providers: map[string]any{"Echo": echo{}}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	parsed, err := compile.ParseText(t.Context(), compile.Options{Namespace: `root\cimv2`}, "echo.mof", []byte(`
		instance of __Win32Provider as $P { Name = "Echo"; };
		instance of __MethodProviderRegistration { provider = $P; };
		class Value { uint32 N; };
		[provider("Echo")] class Talker {
			[key] string Id;
			[static, implemented] uint32 Say([in] string Text, [in] uint64 Numbers[], [in] Talker ref Where, [in] Value What,
				[out] string OutText, [out] uint64 OutNumbers[], [out] Talker ref OutWhere, [out] Value OutWhat, [out] string OutWho);
			[implemented] uint32 Tell([in] string Text, [in] uint64 Numbers[], [in] Talker ref Where, [in] Value What,
				[out] string OutText, [out] uint64 OutNumbers[], [out] Talker ref OutWhere, [out] Value OutWhat, [out] string OutWho);
			uint32 Nothing();
		};
		instance of Talker { Id = "a"; };`))
	if err == nil {
		_, err = parsed.Store(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	p, _ := listen(t, m, cimxml.Options{})
	at := func(path string) string {
		return `<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="cimv2"/></LOCALNAMESPACEPATH>` + path
	}
	talker := `<LOCALCLASSPATH>` + at(`<CLASSNAME NAME="Talker"/>`) + `</LOCALCLASSPATH>`
	a := `<LOCALINSTANCEPATH>` + at(key("Talker", "Id", "a")) + `</LOCALINSTANCEPATH>`
	param := func(name, typ, value string) string {
		if typ != "" {
			typ = ` PARAMTYPE="` + typ + `"`
		}
		return `<PARAMVALUE NAME="` + name + `"` + typ + `>` + value + `</PARAMVALUE>`
	}
	numbers := `<VALUE.ARRAY><VALUE>1</VALUE><VALUE>18446744073709551615</VALUE></VALUE.ARRAY>`
	where := `<VALUE.REFERENCE>` + key("Talker", "Id", "a") + `</VALUE.REFERENCE>`
	what := `<VALUE>&lt;INSTANCE CLASSNAME="Value"&gt;&lt;PROPERTY NAME="N" TYPE="uint32"&gt;&lt;VALUE&gt;7&lt;/VALUE&gt;&lt;/PROPERTY&gt;&lt;/INSTANCE&gt;</VALUE>`
	for _, c := range []struct {
		name   string
		method string
		path   string
		params string
		code   cimxml.Code
		want   []string
	}{
		{"text", "Say", talker, param("Text", "string", `<VALUE>a &lt;b></VALUE>`), 0, []string{`<RETURNVALUE PARAMTYPE="uint32"><VALUE>42</VALUE></RETURNVALUE>`, `NAME="OutText" PARAMTYPE="string"><VALUE>a &lt;b&gt;</VALUE>`, `NAME="OutWho" PARAMTYPE="string"><VALUE></VALUE>`}},
		{"without types", "say", talker, param("Text", "", `<VALUE>x</VALUE>`) + param("Numbers", "", numbers), 0, []string{numbers}},
		{"numbers", "Say", talker, param("Numbers", "uint64", numbers), 0, []string{`NAME="OutNumbers" PARAMTYPE="uint64">` + numbers}},
		{"reference", "Say", talker, param("Where", "reference", where), 0, []string{`NAME="OutWhere" PARAMTYPE="reference"><VALUE.REFERENCE>`, `CLASSNAME="Talker"`}},
		{"object", "Say", talker, `<PARAMVALUE NAME="What" PARAMTYPE="string" EmbeddedObject="instance">` + what + `</PARAMVALUE>`, 0, []string{`NAME="OutWhat" PARAMTYPE="string" EmbeddedObject="instance"`, `&lt;VALUE&gt;7&lt;/VALUE`}},
		{"NULL", "Say", talker, `<PARAMVALUE NAME="Text" PARAMTYPE="string"/>`, 0, []string{`NAME="OutText" PARAMTYPE="string"`}},
		{"instance", "Tell", a, "", 0, []string{`NAME="OutWho" PARAMTYPE="string"><VALUE>a</VALUE>`}},
		{"static, of an instance", "Say", a, "", 0, []string{`<VALUE>42</VALUE>`}},
		{"of the class alone", "Tell", talker, "", cimxml.MethodNotFound, nil},
		{"unknown method", "Shout", talker, "", cimxml.MethodNotFound, nil},
		{"not implemented", "Nothing", a, "", cimxml.MethodNotAvailable, nil},
		{"unknown class", "Say", strings.ReplaceAll(talker, "Talker", "Nope"), "", cimxml.InvalidClass, nil},
		{"unknown namespace", "Say", strings.ReplaceAll(talker, "cimv2", "nope"), "", cimxml.InvalidNamespace, nil},
		{"unknown instance", "Tell", strings.ReplaceAll(a, ">a<", ">b<"), "", cimxml.NotFound, nil},
		{"unknown parameter", "Say", talker, param("Volume", "uint8", `<VALUE>1</VALUE>`), cimxml.InvalidParameter, nil},
		{"parameter twice", "Say", talker, param("Text", "string", `<VALUE>a</VALUE>`) + param("Text", "string", `<VALUE>a</VALUE>`), cimxml.InvalidParameter, nil},
		{"another type", "Say", talker, param("Numbers", "string", `<VALUE>a</VALUE>`), cimxml.TypeMismatch, nil},
		{"no number", "Say", talker, param("Numbers", "", `<VALUE.ARRAY><VALUE>a</VALUE></VALUE.ARRAY>`), cimxml.TypeMismatch, nil},
	} {
		resp, body := p.post(message(`<METHODCALL NAME="` + c.method + `">` + c.path + c.params + `</METHODCALL>`))
		if resp.StatusCode != http.StatusOK || code(body) != c.code {
			t.Errorf("%s: %s, status %d, want %d: %s", c.name, resp.Status, code(body), c.code, body)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s in %s", c.name, want, body)
			}
		}
	}
}
