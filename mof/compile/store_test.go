package compile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// TestValues stores literals of every kind, as defaults of a class and as values
// of an instance.
func TestValues(t *testing.T) {
	for _, tt := range []struct {
		id    string
		typ   string // with %s for the name
		value string
		want  string
	}{
		{"mof.md#5 hexadecimal", "uint32 %s", `0x41`, "65"},
		{"mof.md#5 octal", "uint32 %s", `0101`, "65"},
		{"mof.md#5 binary", "uint32 %s", `1000001B`, "65"},
		{"mof.md#7", "Uint16 %s", `1000.4`, "1000"},
		{"rounded", "sint32 %s", `-2.5`, "-3"},
		{"mof.md#8", "string %s", "\"a\" \"b\" // c\n\"d\"", "abd"},
		{"mof.md#9", "string %s", `"\x41\x4133"`, "A\u4133"},
		{"mof.md#10", "char16 %s", `'A'`, "A"},
		{"mof.md#10 hexadecimal", "char16 %s", `'\x16'`, "\x16"},
		{"character by number", "char16 %s", `65`, "A"},
		{"character for a number", "uint8 %s", `'A'`, "65"},
		{"mof.md#11", "string %s[]", `{"x","y"}`, "{x, y}"},
		{"scalar for an array", "string %s[]", `"x"`, "{x}"},
		{"empty array", "uint32 %s[]", `{}`, "{}"},
		{"number for a string", "string %s", `23`, "23"},
		{"hexadecimal for a string", "string %s", `0x10`, "16"},
		{"quoted 64 bits", "uint64 %s", `"18446744073709551615"`, "18446744073709551615"},
		{"quoted hexadecimal", "sint64 %s", `"0x10"`, "16"},
		{"quoted boolean", "boolean %s", `"True"`, "TRUE"},
		{"boolean by number", "boolean %s", `1`, "TRUE"},
		{"real", "real64 %s", `1.5E2`, "150.0"},
		{"integer for a real", "real32 %s", `2`, "2.0"},
		{"datetime", "datetime %s", `"20240101010203.000000+060"`, "20240101010203.000000+060"},
		{"interval", `[SubType("interval")] datetime %s`, `"00000001120032.000000:000"`, "00000001120032.000000:000"},
		{"reference", "A ref %s", `"A.k=\"1\""`, `A.k="1"`},
		{"references", "object ref %s[]", `{"A.k=1", "B.k=2"}`, `{A.k=1, B.k=2}`},
		{"NULL", "uint32 %s", `NULL`, "NULL"},
		{"NULL for an array", "uint32 %s[]", `NULL`, "NULL"},
	} {
		t.Run(tt.id, func(t *testing.T) {
			m := openMemory(t)
			mustStore(t, m, compile.Options{Dialect: mof.WMI},
				"class A { [key] string k; "+strings.Replace(tt.typ, "%s", "x", 1)+" = "+tt.value+"; "+
					strings.Replace(tt.typ, "%s", "y", 1)+"; };"+
					`instance of A { k = "1"; y = `+tt.value+`; };`)
			if got := getClass(t, m, `root\default`, "A").Property("x").Default().String(); got != tt.want {
				t.Errorf("default %q, want %q", got, tt.want)
			}
			if got := show(t, getInstance(t, m, `root\default`, `A.k="1"`), "y"); got != tt.want {
				t.Errorf("value %q, want %q", got, tt.want)
			}
		})
	}
}

func show(tb testing.TB, inst *cim.Instance, property string) string {
	tb.Helper()
	v, ok := inst.Get(property)
	if !ok {
		tb.Fatalf("%s has no property %s", inst.ClassName(), property)
	}
	return v.String()
}

// mof.md#28: objects in objects, of classes that are there.
func TestEmbedded(t *testing.T) {
	m := openMemory(t)
	mustStore(t, m, compile.Options{Dialect: mof.WMI}, `
class C { sint32 x = 7; C inner; };
class D : C { string s; };
class A { [key] string k; C E; object any[]; };
instance of A {
	k = "1";
	E = instance of C { x = 1; inner = instance of D { s = "t"; }; };
	any = { instance of D {}, [q] class N : C { uint8 n; } };
};`)
	inst := getInstance(t, m, `root\default`, `A.k="1"`)
	v, _ := inst.Get("E")
	outer, ok := v.Object().(*cim.Instance)
	if !ok || show(t, outer, "x") != "1" {
		t.Fatalf("E = %v", v)
	}
	v, _ = outer.Get("inner")
	inner, ok := v.Object().(*cim.Instance)
	if !ok || inner.ClassName() != "D" || show(t, inner, "s") != "t" || show(t, inner, "x") != "7" {
		t.Errorf("E.inner = %v", v)
	}
	v, _ = inst.Get("any")
	if got := v.String(); got != "{<D>, <N>}" {
		t.Errorf("any = %s", got)
	}
	class, ok := v.Index(1).Object().(*cim.Class)
	if !ok || class.SuperName() != "C" || !class.Qualifiers().True("q") || class.Property("x") == nil {
		t.Errorf("any[1] = %v", v.Index(1))
	}
	_, err := store(m, compile.Options{}, `instance of A { k = "2"; E = instance of A {}; };`)
	if !errors.Is(err, wbem.TypeMismatch) {
		t.Errorf("an object of another class: %v, want TypeMismatch", err)
	}
}

func TestAliases(t *testing.T) {
	const classes = `class A { [key] string k; [key] uint32 n; };
class L { [key] A ref a; [key] object ref b; };
class S {}; [singleton] class One { uint8 n; };
`
	for _, tt := range []struct {
		id, text string
		path     string // of what must be there
		property string
		want     string
	}{
		{"backward", `instance of A as $a {k="x"; n=1;}; instance of L {a=$a; b=$a;};`,
			`L.a="A.k=\"x\",n=1",b="A.k=\"x\",n=1"`, "a", `A.k="x",n=1`},
		{"mof.md#25", `instance of L {a=$A; b=$a;}; instance of A as $A {k="x"; n=0x10;};`,
			`L.a="A.k=\"x\",n=16",b="A.k=\"x\",n=16"`, "b", `A.k="x",n=16`},
		{"a key that is an alias", `instance of L {a=$a; b=$l;}; instance of L as $l {a=$a; b=$a;}; instance of A as $a {k="x"; n=1;};`,
			`L.a="A.k=\"x\",n=1",b="L.a=\"A.k=\\\"x\\\",n=1\",b=\"A.k=\\\"x\\\",n=1\""`, "a", `A.k="x",n=1`},
		{"a class", `class X as $x {}; instance of L {a=$x; b=$x;};`, `L.a="X",b="X"`, "a", "X"},
		{"a singleton", `instance of L {a=$o; b=$o;}; instance of One as $o {n=1;};`, `L.a="One=@",b="One=@"`, "a", "One=@"},
		{"a class that follows", `instance of L {a=$z; b=$z;}; class Y { [key] uint16 y; }; class Z : Y {}; instance of Z as $z {y=5;};`,
			`L.a="Z.y=5",b="Z.y=5"`, "a", "Z.y=5"},
		{"another namespace", `#pragma namespace("\\\\.\\root\\other")
			class A { [key] string k; };
			instance of A as $a {k="x";};
			#pragma namespace("\\\\.\\root\\default")
			instance of L {a=$a; b=$a;};`,
			`L.a="\\\\.\\root\\other:A.k=\"x\"",b="\\\\.\\root\\other:A.k=\"x\""`, "a", `\\.\root\other:A.k="x"`},
		{"an array", `class R { [key] uint8 n; A ref all[]; };
			instance of R {n=1; all={$a, $b};};
			instance of A as $a {k="x"; n=1;}; instance of A as $b {k="y"; n=2;};`, "R.n=1", "all", `{A.k="x",n=1, A.k="y",n=2}`},
	} {
		t.Run(tt.id, func(t *testing.T) {
			m := openMemory(t)
			mustStore(t, m, compile.Options{}, `#pragma namespace("root")
instance of __Namespace {Name="other";};
#pragma namespace("root\\default")
`+classes+tt.text)
			if got := show(t, getInstance(t, m, `root\default`, tt.path), tt.property); got != tt.want {
				t.Errorf("%s = %s, want %s", tt.property, got, tt.want)
			}
		})
	}
}

// mof.md#57: the default of a reference, with the instance before or after.
func TestAliasAsDefault(t *testing.T) {
	const (
		class    = `class A { [key] string k; };`
		instance = `instance of A as $P {k="x";};`
		link     = `[Association] class L { [key] A ref x = $P; [key] A ref y; };`
	)
	for _, text := range []string{class + instance + link, class + link + instance, link + class + instance} {
		m := openMemory(t)
		mustStore(t, m, compile.Options{}, text)
		if got := getClass(t, m, `root\default`, "L").Property("x").Default().String(); got != `A.k="x"` {
			t.Errorf("default %s\n%s", got, text)
		}
	}
}

// A key that the object manager makes up is known once its object is stored.
func TestAliasOfGeneratedKey(t *testing.T) {
	m := openMemory(t)
	mustStore(t, m, compile.Options{}, `class A { [key] string k; }; class R { [key] uint8 n; A ref r; };
instance of A as $a {}; instance of R {n=1; r=$a;};`)
	r := show(t, getInstance(t, m, `root\default`, "R.n=1"), "r")
	getInstance(t, m, `root\default`, r)
}

func TestNamespaces(t *testing.T) {
	m := openMemory(t)
	for _, tt := range []struct {
		id   string
		o    compile.Options
		text string
		want string // namespace that must have class X then
	}{
		{"mof.md#50", compile.Options{}, `class X {};`, `root\default`},
		{"mof.md#30", compile.Options{}, `instance of __Namespace{Name="n";};
			#pragma namespace("\\\\.\\root\\default\\n")
			class X{};`, `root\default\n`},
		{"mof.md#51", compile.Options{Namespace: `root\cimv2`}, `#pragma namespace("//HOST/root/default/n")
			[q] class X{};`, `root\default\n`},
		{"one that is created", compile.Options{Namespace: `root\a\b`, CreateNamespace: true}, `class X{};`, `root\a\b`},
		{"server", compile.Options{Namespace: `\\HOST\root\a`}, `class X{};`, `root\a`},
		{"one that is deleted and created again", compile.Options{Namespace: `root\default`}, `
			#pragma deleteinstance("__Namespace.Name=\"n\"", fail)
			instance of __Namespace{Name="n";};
			#pragma namespace("\\\\.\\root\\default\\n")
			#pragma deleteclass("X", nofail)
			class X{};`, `root\default\n`},
	} {
		t.Run(tt.id, func(t *testing.T) {
			res := mustStore(t, m, tt.o, tt.text)
			if res.ClassesCreated+res.ClassesUpdated != 1 {
				t.Errorf("%v, want one class", res)
			}
			if n := len(res.Namespaces); n == 0 || res.Namespaces[n-1] != tt.want {
				t.Errorf("namespaces %q, want %q last", res.Namespaces, tt.want)
			}
			getClass(t, m, tt.want, "X")
		})
	}
	if _, err := store(m, compile.Options{Namespace: `root\none`}, `class X{};`); !errors.Is(err, wbem.InvalidNamespace) {
		t.Errorf("a missing namespace: %v, want InvalidNamespace", err)
	}
	if _, err := store(m, compile.Options{Namespace: `root\\none`}, ``); !errors.Is(err, wbem.InvalidNamespace) || compile.ExitStatus(err) != 2 {
		t.Errorf("a bad namespace: %v, want InvalidNamespace", err)
	}
}

// TestDirectives compiles texts that must not fail.
func TestDirectives(t *testing.T) {
	for _, tt := range []struct{ id, text string }{
		{"mof.md#31", `#pragma deleteclass("None", NOFAIL)`},
		{"mof.md#33", `class A { [key] string k; };
			#pragma deleteinstance("A.k=\"1\"", nofail)`},
		{"instance of an unknown class", `#pragma deleteinstance("None.k=\"1\"", nofail)`},
		{"flags that end", `class A {};
			#pragma classflags("createonly")
			#pragma classflags("updateonly", "forceupdate")
			[q] class A {};`},
		{"ignored ones", `#pragma locale("en_US")
			#pragma autorecover
			class A {};`},
	} {
		t.Run(tt.id, func(t *testing.T) {
			mustStore(t, openMemory(t), compile.Options{Dialect: mof.WMI}, tt.text)
		})
	}
}

// TestEncodings compiles the same text in several encodings.
func TestEncodings(t *testing.T) {
	const text = "class Größe { [key] string k = \"ä\"; };"
	for _, e := range []source.Encoding{source.UTF8, source.UTF8BOM, source.UTF16LE, source.UTF16BE, source.Windows1252} {
		data, err := source.Encode(text, e) // mof.md#3
		if err != nil {
			t.Fatal(err)
		}
		m := openMemory(t)
		mustStore(t, m, compile.Options{}, string(data))
		if got := getClass(t, m, `root\default`, "größe").Property("K").Default().String(); got != "ä" {
			t.Errorf("%v: %q", e, got)
		}
	}
	for name, data := range map[string]string{
		"mof.md#4": "c\x00l\x00a\x00s\x00s\x00 \x00A\x00{\x00}\x00;\x00",
		"binary":   "FOMB\x01\x00\x00\x00",
	} {
		_, err := store(openMemory(t), compile.Options{}, data)
		var e *compile.Error
		if !errors.As(err, &e) || e.Status() != cim.MOFInvalidFile || compile.ExitStatus(err) != 3 {
			t.Errorf("%s: %v, want MOFInvalidFile", name, err)
		}
	}
}

func TestIncludes(t *testing.T) {
	fs := files{
		"dir/top.mof":      `#include ("sub\\a.mof")` + "\nclass Top : A {};\n" + `#pragma include ("b.mof")`,
		"dir/sub/a.mof":    `#pragma namespace("root\\cimv2")` + "\nclass A {};",
		"lib/b.mof":        `class B : A {};`,
		"missing.mof":      `#include ("nowhere.mof")`,
		"loop.mof":         `#include ("loop.mof")`,
		"dir/broken.mof":   "class X {};\n#include (\"sub/bad.mof\")",
		"dir/sub/bad.mof":  "class Y {\n  uint32 x\n};",
		"dir/two.mof":      `class Two : Top {};`,
		"dir/mismatch.mof": strings.Repeat("/* include */", 20) + `#pragma include ("sub/a.mof")` + `#pragma include ("b.mof")`,
	}
	o := compile.Options{ReadFile: fs.read, IncludeDirs: []string{"lib"}, Namespace: `root\cimv2`}
	m := openMemory(t)
	// mof.md#38: in the manner of DMTF; the namespace of an included file stays.
	p, err := compile.Parse(ctx, o, "dir/top.mof", "dir/two.mof", "dir/mismatch.mof")
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Store(ctx, m)
	if err != nil || res.ClassesCreated != 4 || res.ClassesUnchanged != 2 {
		t.Errorf("%v, %v, want 4 classes created and 2 unchanged", res, err)
	}
	getClass(t, m, `root\cimv2`, "Two")

	for _, tt := range []struct {
		file string
		code wbem.Status
		in   string
		line int
	}{
		{"missing.mof", cim.MOFErrorInvalidIncludeFile, "missing.mof", 1}, // mof.md#37
		{"loop.mof", cim.MOFErrorInvalidIncludeFile, "loop.mof", 1},
		{"dir/broken.mof", cim.MOFExpectedSemi, "dir/sub/bad.mof", 3},
		{"none.mof", wbem.Failed, "", 0},
	} {
		_, err := compile.Parse(ctx, o, tt.file)
		var e *compile.Error
		if !errors.As(err, &e) || e.Status() != tt.code || e.File != tt.in && e.At != nil {
			t.Errorf("%s: %v, want %v in %s", tt.file, err, tt.code, tt.in)
			continue
		}
		if e.At != nil && e.At.File.Line(e.At.Pos) != tt.line {
			t.Errorf("%s: %v, want line %d", tt.file, err, tt.line)
		}
	}
}

func TestProgress(t *testing.T) {
	var b strings.Builder
	b.WriteString("class A { [key] uint32 n; };")
	for range 199 {
		b.WriteString("instance of A { n = 1; };")
	}
	var got [][2]int
	mustStore(t, openMemory(t), compile.Options{Progress: func(done, total int) { got = append(got, [2]int{done, total}) }}, b.String())
	if diff := cmp.Diff([][2]int{{64, 200}, {128, 200}, {192, 200}, {200, 200}}, got); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}
