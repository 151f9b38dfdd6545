package cim_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
)

func TestParsePath(t *testing.T) {
	q := func(name, text string) cim.Key { return cim.Key{Name: name, Text: text, Quoted: true} }
	for _, tc := range []struct {
		text string
		want cim.Path
		norm string // "" if it is text
	}{
		{"C", cim.Path{Class: "C"}, ""},
		{":C", cim.Path{Class: "C"}, "C"},
		{"__Namespace", cim.Path{Class: "__Namespace"}, ""},
		{"root/cimv2", cim.Path{Namespace: `root\cimv2`}, `root\cimv2`},
		{"/root/cimv2:C", cim.Path{Namespace: `root\cimv2`, Class: "C"}, `root\cimv2:C`},
		{"/C", cim.Path{Class: "C"}, "C"},
		{"root:C", cim.Path{Namespace: "root", Class: "C"}, ""},
		{`\\server`, cim.Path{Server: "server"}, ""},
		{`\\server\`, cim.Path{Server: "server"}, `\\server`},
		{`\\.\root`, cim.Path{Server: ".", Namespace: "root"}, ""},
		// model.md#11
		{"//./root/cimv2:C", cim.Path{Server: ".", Namespace: `root\cimv2`, Class: "C"}, `\\.\root\cimv2:C`},
		{`//.\root/cimv2:C`, cim.Path{Server: ".", Namespace: `root\cimv2`, Class: "C"}, `\\.\root\cimv2:C`},
		{`\\[fe80::1%2]\root:C`, cim.Path{Server: "[fe80::1%2]", Namespace: "root", Class: "C"}, ""},
		{`\\10.0.0.1\root:C=@`, cim.Path{Server: "10.0.0.1", Namespace: "root", Class: "C", Singleton: true}, ""},
		{"C=@", cim.Path{Class: "C", Singleton: true}, ""},
		{`C="x"`, cim.Path{Class: "C", Keys: []cim.Key{q("", "x")}}, ""},
		{`C='x'`, cim.Path{Class: "C", Keys: []cim.Key{q("", "x")}}, `C="x"`},
		{"C=5", cim.Path{Class: "C", Keys: []cim.Key{{Text: "5"}}}, ""},
		{"C.K=-5", cim.Path{Class: "C", Keys: []cim.Key{{Name: "K", Text: "-5"}}}, ""},
		{"C.K=0xFf", cim.Path{Class: "C", Keys: []cim.Key{{Name: "K", Text: "0xFf"}}}, ""},
		{"C.K=true", cim.Path{Class: "C", Keys: []cim.Key{{Name: "K", Text: "true"}}}, ""},
		{`C.K=""`, cim.Path{Class: "C", Keys: []cim.Key{q("K", "")}}, ""},
		{`C.K="a:b,c=d.e/f\"g\\h"`, cim.Path{Class: "C", Keys: []cim.Key{q("K", `a:b,c=d.e/f"g\h`)}}, ""},
		{`C.K='it\'s "it"'`, cim.Path{Class: "C", Keys: []cim.Key{q("K", `it's "it"`)}}, `C.K="it's \"it\""`},
		// Scripts write directories so.
		{`C.K='C:\new\x'`, cim.Path{Class: "C", Keys: []cim.Key{q("K", `C:\new\x`)}}, `C.K="C:\\new\\x"`},
		{`C.K="%20"`, cim.Path{Class: "C", Keys: []cim.Key{q("K", "%20")}}, ""},
		{`C.b="2",A=1`, cim.Path{Class: "C", Keys: []cim.Key{q("b", "2"), {Name: "A", Text: "1"}}}, `C.A=1,b="2"`},
		{`C.R="\\\\s\\n:D.K=\"x\""`, cim.Path{Class: "C", Keys: []cim.Key{q("R", `\\s\n:D.K="x"`)}}, ""},
		{"Größe.Länge=1", cim.Path{Class: "Größe", Keys: []cim.Key{{Name: "Länge", Text: "1"}}}, ""},
	} {
		got, err := cim.ParsePath(tc.text)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.text, diff)
		}
		want := tc.norm
		if want == "" {
			want = tc.text
		}
		if got.String() != want {
			t.Errorf("%s prints as %s, want %s", tc.text, got, want)
		}
		if i := strings.LastIndex(want, ":"+got.Class); got.Class != "" && got.RelPath() != want[i+1:] && i >= 0 {
			t.Errorf("%s: relative path %s", tc.text, got.RelPath())
		}
	}
}

func TestParsePathErrors(t *testing.T) {
	tooMany := "C."
	for i := range cim.MaxKeys + 1 {
		tooMany += fmt.Sprintf("K%d=1,", i)
	}
	for text, where := range map[string]int{
		"": 1, `\`: 2, `\\`: 3, `\\\`: 3, `\\s\root:`: 10, ":": 2, "root:": 6, "1C": 1, "C D": 1,
		`\\s:C`: 4, `\\[fe80::1]x\root`: 12, `/\.\root\cimv2:C`: 2, `root\\cimv2:C`: 1, `root\:C`: 1, "a-b:C": 1,
		"C.": 3, "C.K": 3, "C.K=": 5, "C.=1": 3, `C.K="x`: 5, "C.K='x": 5, `C.K="x\`: 5, "C.K=x": 5, "C.K=1.5": 5, "C.K=-": 5, "C.K=0x": 5,
		"C.K=NULL": 5, `C.K="x"y`: 8, "C.K=1,": 7, "C.K=1,k=2": 7, "C=": 3, `C="x",K=1`: 6, "C=@x": 3, "C.K=@": 5,
		`C.K = "x"`: 3, `C.K= "x"`: 5, "C.K=1 ,J=2": 5, tooMany[:len(tooMany)-1]: strings.LastIndex(tooMany, "K256") + 1,
	} {
		_, err := cim.ParsePath(text)
		wantStatus(t, fmt.Sprintf("%.30q", text), err, cim.InvalidObjectPath)
		if want := fmt.Sprintf("at character %d", where); err != nil && !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%.30q: %v, want it %s", text, err, want)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{
		"", "C", ":C", `\\s`, `\\.\root\cimv2:C.A="x\"\\",B=5`, "//./root/cimv2:C=@", `C='x'`, "C=0x1F", "/root/cimv2:C", `\\[::1]\root`,
		"C.K=TRUE,L=-1", `C.R="\\\\s\\n:D.K=\"x\""`, "C.K=\xed\xa0\x80", "Ä.ß=1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := cim.ParsePath(s)
		if err != nil {
			if cim.StatusOf(err) != cim.InvalidObjectPath {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		norm := p.String()
		q, err := cim.ParsePath(norm)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", s, norm, err)
		}
		if q.String() != norm {
			t.Fatalf("%q prints as %q and then as %q", s, norm, q)
		}
		for i := range p.Keys {
			n := p.Keys[i].Normal()
			if n.Normal() != n {
				t.Fatalf("%q: key %v is normal as %v and then as %v", s, p.Keys[i], n, n.Normal())
			}
		}
	})
}

// TestRelPath proves the normal forms of model.md 9.3.
func TestRelPath(t *testing.T) {
	s := newSchema(t,
		class("B", prop("string Id", key), prop("sint32 N = 7")), class("D : B", prop("string iD", qual("Q"))),
		class("K2", prop("sint32 C", key), prop("string A", key), prop("string V")),
		class("MyBig", prop("sint64 k", key)),
		class("Win32_Directory", prop("string Name", key)),
		class("SG", qual("singleton"), prop("string V")), class("SH : SG"),
		class("Keyless", prop("string V")),
		class("All", prop("sint8 a", key), prop("uint64 b", key), prop("boolean c", key), prop("char16 d", key),
			prop("datetime e", key), prop("ref f", key), prop("uint32 g", key)),
	)
	for _, tc := range []struct {
		name string
		o    cim.Object
		want string
	}{
		{"a class", s.class("D"), "D"},
		{"an empty key", s.instance("B", "Id", ""), `B.Id=""`},
		{"put.md#31", s.instance("K2", "C", 1, "A", "x"), `K2.A="x",C=1`},
		{"model.md#8", s.instance("K2", "A", "x", "C", -1), `K2.A="x",C=-1`},
		{"model.md#4", s.instance("MyBig", "k", 2), `MyBig.k="2"`},
		{"model.md#9", s.instance("Win32_Directory", "Name", `C:\`), `Win32_Directory.Name="C:\\"`},
		{"the own class", s.instance("D", "Id", `a"b`), `D.iD="a\"b"`},
		{"a singleton", s.instance("SH"), "SH=@"},
		{"a part of the key is NULL", s.instance("K2", "A", "x"), ""},
		{"no key", s.instance("Keyless"), ""},
		{"every type", s.instance("All", "a", -1, "b", "18446744073709551615", "c", true, "d", "x", "e", "19980401135809.000000+000",
			"f", `\\s\n:D.K="x"`, "g", 4294967295),
			`All.a=-1,b="18446744073709551615",c=TRUE,d="x",e="19980401135809.000000+000",f="\\\\s\\n:D.K=\"x\"",g=4294967295`},
	} {
		p, ok := cim.RelPath(tc.o)
		if ok != (tc.want != "") || ok && p.RelPath() != tc.want {
			t.Errorf("%s: %q, %v, want %q", tc.name, p.RelPath(), ok, tc.want)
		}
		if !ok || tc.o.Genus() == 1 {
			continue
		}
		// What a path says is what the instance has.
		p, err := cim.ParsePath(tc.want)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		values, err := cim.KeyValues(tc.o.Definition(), p)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		for i, k := range tc.o.Definition().Keys() {
			if v := tc.o.(*cim.Instance).At(k); !v.Equal(values[i]) {
				t.Errorf("%s: key %d is %v, want %v", tc.name, i, values[i], v)
			}
		}
	}
}

func TestObjectString(t *testing.T) {
	s := newSchema(t,
		class("Disk", prop("string Id", key), prop("uint32 Slot", key), prop("uint64 Size")),
		class("Settings", qual("singleton"), prop("string S")),
		class("Event", prop("string Text")),
	)
	stored := s.instance("Disk", "Id", `a"b`, "Slot", 7)
	stored.SetOrigin(&cim.Origin{Server: "HERE", Namespace: `root\cimv2`})
	for _, tc := range []struct {
		o    cim.Object
		want string
	}{
		{s.class("Disk"), "Disk"},
		{s.class("Disk").At(stored.Origin()), `\\HERE\root\cimv2:Disk`},
		{stored, `\\HERE\root\cimv2:Disk.Id="a\"b",Slot=7`},
		{s.instance("Disk", "Id", "c", "Slot", 8), `Disk.Id="c",Slot=8`},
		{s.instance("Disk", "Slot", 8), `Disk.Id=NULL,Slot=8`},
		{s.instance("Settings"), "Settings=@"},
		{s.instance("Event", "Text", "x"), "Event"},
		{&cim.Instance{}, ""},
		{&cim.Class{}, ""},
		{(*cim.Instance)(nil), ""},
		{(*cim.Class)(nil), ""},
	} {
		if got := fmt.Sprint(tc.o); got != tc.want {
			t.Errorf("%s, want %s", got, tc.want)
		}
	}
}

func TestKeyValues(t *testing.T) {
	s := newSchema(t,
		class("K2", prop("sint32 IntVal", key), prop("string StrVal", key)),
		class("Big", prop("sint64 k", key)), class("UBig", prop("uint64 k", key)),
		class("SG", qual("singleton")), class("Keyless"),
		class("U8", prop("uint8 k", key)), class("S16", prop("sint16 k", key)), class("Bool", prop("boolean k", key)),
		class("Char", prop("char16 k", key)), class("Time", prop("datetime k", key)), class("Ref", prop("ref k", key)), class("Str", prop("string k", key)),
	)
	const bad = cim.InvalidObjectPath
	for _, tc := range []struct {
		path string
		want string
		err  cim.Status
	}{
		{`K2.IntVal=1,StrVal="a"`, "1 a", cim.OK},
		{`K2.strval="a",INTVAL=1`, "1 a", cim.OK}, // model.md#7
		{`K2.IntVal=1`, "", bad}, {`K2=1`, "", bad}, {`K2.IntVal=1,Nope="a"`, "", bad}, {`K2=@`, "", bad},
		{`K2.IntVal=1,StrVal="a",More=1`, "", bad}, {`K2.IntVal="a",StrVal=1`, "", bad},
		{"Big.k=2", "2", cim.OK}, // model.md#5
		{"Big=2", "2", cim.OK}, {`Big.k="2"`, "2", cim.OK}, {`Big.k="-9223372036854775808"`, "-9223372036854775808", cim.OK},
		{"Big.k=-2147483648", "-2147483648", cim.OK}, {"Big.k=4294967295", "4294967295", cim.OK},
		{"Big.k=4294967296", "", bad}, // model.md#6
		{`Big.k="4294967296"`, "4294967296", cim.OK}, {"Big.k=-2147483649", "", bad}, {"Big.k=0x10", "", bad}, {`Big.k="0x10"`, "", bad},
		{`Big.k="9223372036854775808"`, "", bad}, {`UBig.k="18446744073709551615"`, "18446744073709551615", cim.OK}, {"UBig.k=-1", "", bad},
		{"SG=@", "", cim.OK}, {"SG.x=1", "", bad}, // model.md#10
		{"Keyless=@", "", bad}, {"Keyless.x=1", "", bad},
		{"U8.k=255", "255", cim.OK}, {"U8.k=256", "", bad}, {"U8.k=0xff", "255", cim.OK}, {"U8.k=0x100", "", bad}, {"U8.k=+5", "5", cim.OK}, {"U8.k=-1", "", bad},
		{"U8.k=TRUE", "", bad}, {"S16.k=-32768", "-32768", cim.OK}, {"S16.k=0x8000", "", bad}, {"S16.k=99999999999999999999", "", bad},
		{"Bool.k=true", "TRUE", cim.OK}, {"Bool.k=0", "FALSE", cim.OK}, {"Bool.k=2", "", bad}, {`Bool.k="x"`, "", bad},
		{`Char.k="x"`, "x", cim.OK}, {"Char.k=120", "x", cim.OK}, {`Char.k="xy"`, "", bad}, {`Char.k=""`, "", bad}, {`Char.k="5"`, "5", cim.OK},
		{`Time.k="19980401135809.000000+***"`, "19980401135809.000000+***", cim.OK}, {`Time.k="1998"`, "", bad}, {"Time.k=1998", "", bad},
		{`Ref.k="C.K=1"`, "C.K=1", cim.OK}, {"Ref.k=1", "", bad}, {"Str.k=1", "", bad}, {"Str.k=TRUE", "", bad}, {`Str='it"s'`, `it"s`, cim.OK},
	} {
		p, err := cim.ParsePath(tc.path)
		if err != nil {
			t.Errorf("%s: %v", tc.path, err)
			continue
		}
		values, err := cim.KeyValues(s.class(p.Class), p)
		wantStatus(t, tc.path, err, tc.err)
		var texts []string
		for _, v := range values {
			texts = append(texts, v.String())
		}
		if got := strings.Join(texts, " "); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.path, got, tc.want)
		}
	}
}

// TestNormalKeys: keys that say the same are equal in normal form.
func TestNormalKeys(t *testing.T) {
	for _, same := range [][]string{
		{"C.K=5", "C.K=05", "C.K=+5", "C.K=0x5", `C.K="5"`},
		{"C.K=0", "C.K=-0", "C.K=000", "C.K=0x0"},
		{"C.K=-7", "C.K=-07"}, {"C.K=-8", "C.K=-08"},
		{"C.K=TRUE", "C.K=true", "C.K=1", "C.K=01"}, {"C.K=False", "C.K=0"},
		{`C.K="true"`}, {`C.K="05"`}, {"C.K=99999999999999999999"},
	} {
		var first cim.Key
		for i, text := range same {
			k := cim.MustParsePath(text).Keys[0].Normal()
			if i == 0 {
				first = k
			} else if k != first {
				t.Errorf("%s is %v, but %s is %v", text, k, same[0], first)
			}
		}
	}
}

// windowsChecks are facts that were observed on Windows.
func windowsChecks(t *testing.T) []windowsCheck {
	t.Helper()
	data, err := os.ReadFile("../../shared/corpus/windows-checks/cases.json")
	if err != nil {
		t.Skipf("the corpus of checks is not here: %v", err)
	}
	var file struct{ Cases []windowsCheck }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

type windowsCheck struct {
	ID    string
	Input struct {
		Path *string
		Mode any
		Flag string
	}
	Expect struct {
		HR    string
		Text  string
		Flags string
		Count *int
	}
}

func TestWindowsConnectPaths(t *testing.T) {
	existing := []string{"root", `root\cimv2`, `root\default`, `root\wmi`, `root\standardcimv2`, `root\microsoft\windows\storage`}
	checked := 0
	for _, c := range windowsChecks(t) {
		if !strings.HasPrefix(c.ID, "connect.") {
			continue
		}
		checked++
		server, ns, err := cim.ParseNamespace(*c.Input.Path)
		local := server == "" || server == "." || cim.EqualNames(server, "localhost")
		there := slices.ContainsFunc(existing, func(s string) bool { return cim.EqualNames(s, ns) })
		ok := false
		switch c.Expect.HR {
		case "S_OK":
			ok = err == nil && local && there
		case "RPC_S_SERVER_UNAVAILABLE":
			ok = err == nil && !local
		case "WBEM_E_INVALID_NAMESPACE": // model.md#12 among them
			ok = cim.StatusOf(err) == cim.InvalidNamespace || err == nil && local && !there
		case "WBEM_E_INVALID_PARAMETER":
			ok = cim.StatusOf(err) == cim.InvalidParameter
		}
		if !ok {
			t.Errorf("%s %q: server %q, namespace %q, %v, want %s", c.ID, *c.Input.Path, server, ns, err, c.Expect.HR)
		}
	}
	if checked < 27 {
		t.Errorf("only %d checks", checked)
	}
}

// TestParseNamespace says which of the refused paths are refused for their form
// (model.md#12).
func TestParseNamespace(t *testing.T) {
	for text, want := range map[string]cim.Status{
		"": cim.InvalidNamespace, `\`: cim.InvalidNamespace, `\\`: cim.InvalidNamespace, `\\.`: cim.InvalidNamespace,
		`\\.\`: cim.InvalidNamespace, `\ROOT`: cim.InvalidNamespace, `ROOT\CIMV2\`: cim.InvalidNamespace, `ROOT\\CIMV2`: cim.InvalidNamespace,
		`\\\.\ROOT`: cim.InvalidParameter, "ms-foo": cim.InvalidNamespace, `root\a b`: cim.InvalidNamespace,
		"NONE": cim.OK, `\\ROOT`: cim.OK, `\/.\ROOT`: cim.OK, "root/cimv2": cim.OK,
	} {
		_, _, err := cim.ParseNamespace(text)
		wantStatus(t, text, err, want)
	}
	if s, n, _ := cim.ParseNamespace(`//SRV\root/a/b`); s != "SRV" || n != `root\a\b` {
		t.Errorf("server %q, namespace %q", s, n)
	}
}

func TestWindowsPaths(t *testing.T) {
	const acceptAbsolute, acceptAll = 2, 4
	checked := 0
	for _, c := range windowsChecks(t) {
		if c.Input.Path == nil {
			continue
		}
		text := *c.Input.Path
		p, err := cim.ParsePath(text)
		switch {
		case strings.HasPrefix(c.ID, "path.settext."):
			if strings.Trim(text, `\`) == "" || c.Input.Mode == float64(0) {
				continue // whether an empty path is one, and what mode 0 refuses, is up to the path helper
			}
			ok := err == nil
			switch c.Input.Mode {
			case float64(acceptAbsolute):
				ok = ok && p.Server != ""
			case float64(acceptAll):
			default:
				continue
			}
			checked++
			if ok != (c.Expect.HR == "S_OK") {
				t.Errorf("%s mode %v %q: %v, want %s", c.ID, c.Input.Mode, text, err, c.Expect.HR)
			}
		case strings.HasPrefix(c.ID, "path.gettext."):
			checked++
			got := p
			if p.Server == "" {
				got.Server = "."
			}
			switch c.Input.Flag {
			case "0":
				got.Server = ""
			case "WBEMPATH_GET_RELATIVE_ONLY":
				got.Server, got.Namespace = "", ""
			case "WBEMPATH_GET_SERVER_AND_NAMESPACE_ONLY":
				got.Class, got.Keys = "", nil
			case "WBEMPATH_GET_NAMESPACE_ONLY":
				got = cim.Path{Namespace: p.Namespace}
			}
			if err != nil || got.String() != c.Expect.Text {
				t.Errorf("%s %q: %q, %v, want %q", c.ID, text, got, err, c.Expect.Text)
			}
		case strings.HasPrefix(c.ID, "path.nscount.") && text != "":
			checked++
			if n := strings.Count(p.Namespace, `\`) + 1; n != *c.Expect.Count {
				t.Errorf("%s %q: %d elements, want %d", c.ID, text, n, *c.Expect.Count)
			}
		case strings.HasPrefix(c.ID, "path.info.") && text != "" && text[0] != '(':
			checked++
			const isClass, isInstance, shorthand = 0x4, 0x8, 0x80
			var flags int
			if _, err := fmt.Sscanf(c.Expect.Flags, "0x%x", &flags); err != nil {
				t.Fatal(err)
			}
			if p.IsClass() != (flags&isClass != 0) || p.IsInstance() != (flags&isInstance != 0) ||
				(p.IsInstance() && p.Keys[0].Name == "") != (flags&shorthand != 0) {
				t.Errorf("%s %q: %+v, want flags %s", c.ID, text, p, c.Expect.Flags)
			}
		}
	}
	if checked < 32 {
		t.Errorf("only %d checks", checked)
	}
}
