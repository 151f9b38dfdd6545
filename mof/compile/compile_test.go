package compile_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

var ctx = context.Background()

// files is a file system in memory.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	if text, ok := f[name]; ok {
		return []byte(text), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func openMemory(tb testing.TB) *cimom.Manager {
	tb.Helper()
	m, err := cimom.OpenMemory(cimom.Options{Server: "HOST"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { m.Close() })
	return m
}

// store compiles a text into m.
func store(m *cimom.Manager, o compile.Options, text string) (*compile.Result, error) {
	o.Server = "HOST"
	p, err := compile.ParseText(ctx, o, "x.mof", []byte(text))
	if err != nil {
		return nil, err
	}
	return p.Store(ctx, m)
}

func mustStore(tb testing.TB, m *cimom.Manager, o compile.Options, text string) *compile.Result {
	tb.Helper()
	res, err := store(m, o, text)
	if err != nil {
		tb.Fatal(err)
	}
	return res
}

func connect(tb testing.TB, m *cimom.Manager, namespace string) wbem.Services {
	tb.Helper()
	svc, err := m.Connect(ctx, namespace, wbem.ConnectOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { svc.Close() })
	return svc
}

func getClass(tb testing.TB, m *cimom.Manager, namespace, name string) *cim.Class {
	tb.Helper()
	c, err := connect(tb, m, namespace).GetClass(ctx, name, wbem.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func getInstance(tb testing.TB, m *cimom.Manager, namespace, path string) *cim.Instance {
	tb.Helper()
	p, err := cim.ParsePath(path)
	if err != nil {
		tb.Fatal(err)
	}
	inst, err := connect(tb, m, namespace).GetInstance(ctx, p, wbem.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return inst
}

// TestErrors compiles texts that must fail: in which phase, with which code, and
// at which object.
func TestErrors(t *testing.T) {
	const base = `class A { [key] string k; uint8 n; A ref r; object o; string s[]; boolean b; datetime d; };`
	for _, tt := range []struct {
		id      string
		dialect mof.Dialect
		text    string
		phase   compile.Phase
		code    wbem.Status
		object  int
	}{
		{"mof.md#6", mof.WMI, `class X { uint8 b = 256; };`, compile.Parsing, cim.MOFIllegalConstantValue, 0},
		{"mof.md#11", mof.WMI, `class X { string s = {"x"}; };`, compile.Parsing, cim.MOFUnexpectedArrayInit, 0},
		{"mof.md#12", mof.WMI, `class X { sint32 a[] = {1, NULL}; };`, compile.Parsing, cim.MOFNullArrayElem, 0},
		{"mof.md#22", mof.WMI, `class X { uint32 M(string a); };`, compile.Parsing, cim.MOFMustBeInOrOut, 0},
		{"mof.md#26", mof.WMI, base + `instance of A as $a {k="1";}; instance of A as $a {k="2";};`, compile.Parsing, cim.MOFMultipleAliases, 0},
		{"mof.md#27", mof.WMI, `class X { A E = $a; };` + base + `instance of A as $a {k="1";};`, compile.Parsing, cim.MOFAliasesInEmbedded, 0},
		{"mof.md#27 in an instance", mof.WMI, base + `instance of A as $a {k="1"; o=$a;};`, compile.Storing, cim.MOFAliasesInEmbedded, 2},
		{"mof.md#29", mof.WMI, `#pragma namespace("\\\\.\\root\\nowhere")
			class X {};`, compile.Storing, wbem.InvalidNamespace, 1},
		{"mof.md#31", mof.WMI, `#pragma deleteclass("None", FAIL)`, compile.Storing, wbem.NotFound, 1},
		{"mof.md#32", mof.WMI, `#pragma deleteclass("None")`, compile.Parsing, cim.MOFInvalidDeleteclassSyntax, 0},
		{"mof.md#34", mof.WMI, base + `
			#pragma classflags("createonly")
			class A { [key] string k; };`, compile.Storing, wbem.AlreadyExists, 2},
		{"mof.md#39", mof.WMI, `class D : NotThere {};`, compile.Storing, wbem.InvalidSuperclass, 1},
		{"mof.md#40", mof.WMI, `instance of NotThere {};`, compile.Storing, wbem.InvalidClass, 1},
		{"mof.md#41", mof.WMI, base + `class B : A {};` + "\n" + `class C :
			NotThere {}; class D {}; class E {};`, compile.Storing, wbem.InvalidSuperclass, 3},
		{"mof.md#42", mof.WMI, base + `class B {`, compile.Parsing, cim.MOFExpectedBraceOrBadType, 0},
		{"mof.md#43", mof.WMI, `class __X {};`, compile.Storing, wbem.InvalidOperation, 1},
		{"mof.md#45", mof.WMI, `Qualifier Foo : string = null, Scope(class), Flavor(DisableOverride);
			[Foo("x")] class X { [Foo("y")] string s; };`, compile.Parsing, cim.MOFQualifierUsedOutsideScope, 0},

		{"other server", mof.WMI, `#pragma namespace("\\\\other\\root\\default")`, compile.Parsing, cim.MOFInvalidNamespaceSpecification, 0},
		{"unknown property", mof.WMI, base + `instance of A {k="1"; nn=1;};`, compile.Storing, wbem.InvalidProperty, 2},
		{"number out of range", mof.WMI, base + `instance of A {k="1"; n=256;};`, compile.Storing, cim.MOFIllegalConstantValue, 2},
		{"negative number", mof.WMI, base + `instance of A {k="1"; n=-1;};`, compile.Storing, cim.MOFIllegalConstantValue, 2},
		{"quoted number out of range", mof.WMI, base + `instance of A {k="1"; n="256";};`, compile.Storing, cim.MOFOutOfRange, 2},
		{"no number", mof.WMI, base + `instance of A {k="1"; n="x";};`, compile.Storing, cim.MOFTypeMismatch, 2},
		{"no boolean", mof.WMI, base + `instance of A {k="1"; b=2;};`, compile.Storing, cim.MOFTypeMismatch, 2},
		{"no datetime", mof.WMI, base + `instance of A {k="1"; d="20240230000000.000000+000";};`, compile.Storing, cim.MOFTypeMismatch, 2},
		{"boolean for string", mof.WMI, base + `instance of A {k=TRUE;};`, compile.Storing, cim.MOFTypeMismatch, 2},
		{"array for scalar", mof.WMI, base + `instance of A {k={"1"};};`, compile.Storing, cim.MOFUnexpectedArrayInit, 2},
		{"alias for string", mof.WMI, base + `instance of A as $a {k=$a;};`, compile.Storing, cim.MOFUnexpectedAlias, 2},
		{"alias for array of string", mof.WMI, base + `instance of A as $a {k="1"; s={"x", $a};};`, compile.Storing, cim.MOFUnexpectedAlias, 2},
		{"object for reference", mof.WMI, base + `instance of A {k="1"; r=instance of A {k="2";};};`, compile.Storing, cim.MOFTypeMismatch, 2},
		{"number for reference", mof.WMI, base + `instance of A {k="1"; r=1;};`, compile.Storing, cim.MOFTypeMismatch, 2},
		{"undefined alias", mof.WMI, base + `instance of A {k="1"; r=$nothing;};`, compile.Storing, wbem.NotFound, 2},
		{"circular aliases", mof.WMI, `class L { [key] L ref k; };
			instance of L as $a {k=$b;}; instance of L as $b {k=$a;};`, compile.Storing, wbem.CircularReference, 2},
		{"paths in paths", mof.WMI, `class L { [key] object ref k; };` + nestedAliases(20), compile.Storing, wbem.QuotaViolation, 2},
		{"many paths in paths", mof.WMI, `class L { [key] object ref k; };` + nestedAliases(1000), compile.Storing, wbem.QuotaViolation, 2},
		{"class below itself", mof.WMI, `class L { object ref k = $x; }; instance of C as $x {k=1;}; class C : D {}; class D : C {};`, compile.Storing, wbem.QuotaViolation, 1},
		{"alias of an instance without key", mof.WMI, base + `instance of A {k="1"; r=$b;}; instance of A as $b {};`, compile.Storing, wbem.IllegalNull, 2},
		{"embedded instance of an unknown class", mof.WMI, base + `instance of A {k="1"; o=instance of None {};};`, compile.Storing, wbem.InvalidClass, 2},
		{"embedded class below an unknown one", mof.WMI, base + `instance of A {k="1"; o=class X : None {};};`, compile.Storing, wbem.InvalidSuperclass, 2},
		{"subclass of a terminal class", mof.WMI, `[Terminal] class T {}; class U : T {};`, compile.Storing, wbem.InvalidSuperclass, 2},
		{"terminal and abstract", mof.WMI, `[Terminal, Abstract] class T {};`, compile.Storing, wbem.InvalidQualifier, 1},
		{"Key(FALSE)", mof.WMI, `class X { [Key(FALSE)] string s; };`, compile.Storing, wbem.InvalidQualifier, 1},
		{"instance flags", mof.WMI, base + `instance of A {k="1";};
			#pragma instanceflags("createonly")
			instance of A {k="1";};`, compile.Storing, wbem.AlreadyExists, 3},
		{"update only", mof.WMI, base + `
			#pragma instanceflags("updateonly")
			instance of A {k="1";};`, compile.Storing, wbem.NotFound, 2},
		{"no path to delete", mof.WMI, `#pragma deleteinstance("A.k=", FAIL)`, compile.Storing, wbem.InvalidObjectPath, 1},
	} {
		t.Run(tt.id, func(t *testing.T) {
			m := openMemory(t)
			_, err := store(m, compile.Options{Dialect: tt.dialect}, tt.text)
			var e *compile.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want a *compile.Error", err)
			}
			if e.Phase != tt.phase || e.Status() != tt.code || e.Object != tt.object {
				t.Errorf("phase %d, %v, object %d, want phase %d, %v, object %d\n%v",
					e.Phase, e.Status(), e.Object, tt.phase, tt.code, tt.object, err)
			}
			if e.At == nil || !e.At.IsValid() {
				t.Errorf("the error has no place: %v", err)
			}
		})
	}
}

// nestedAliases returns instances of L each of which has the path of the next.
func nestedAliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "instance of L as $a%d { k = $a%d; };\n", i, i+1)
	}
	fmt.Fprintf(&b, "instance of L as $a%d { k = \"x\"; };\n", n)
	return b.String()
}

// mof.md#41 and mof.md#42: what comes before the error stays, unless the text
// itself is wrong; and the lines of the object.
func TestStopsAtFirstError(t *testing.T) {
	m := openMemory(t)
	res, err := store(m, compile.Options{}, `class A {};
class B {};

class C
  : NotThere
{
};
class D {};
class E {};`)
	var e *compile.Error
	if !errors.As(err, &e) || e.Object != 3 || e.First != 4 || e.Last != 7 || e.File != "x.mof" {
		t.Fatalf("error %#v, want object 3 in lines 4 to 7 of x.mof", err)
	}
	if res.ClassesCreated != 2 {
		t.Errorf("result %+v, want 2 classes created", res)
	}
	getClass(t, m, `root\default`, "B")
	if _, err := connect(t, m, `root\default`).GetClass(ctx, "D", wbem.Options{}); !errors.Is(err, wbem.NotFound) {
		t.Errorf("class D: %v, want NotFound", err)
	}

	m = openMemory(t)
	if _, err := store(m, compile.Options{}, "class A {}; class B {"); err == nil {
		t.Fatal("no error")
	}
	if _, err := connect(t, m, `root\default`).GetClass(ctx, "A", wbem.Options{}); !errors.Is(err, wbem.NotFound) {
		t.Errorf("class A: %v, want NotFound", err)
	}
}

// mof.md#2: what is there just so does not change.
func TestResult(t *testing.T) {
	m := openMemory(t)
	const text = `class A { [key] string k; uint32 n; }; class B : A { [q: ToInstance] string s; };
		instance of A {k = "1";};`
	for _, tt := range []struct {
		text string
		want compile.Result
	}{
		{text, compile.Result{ClassesCreated: 2, Instances: 1}},
		{text, compile.Result{ClassesUnchanged: 2, Instances: 1}},
		{`CLASS a { [KEY] STRING K; UINT32 N; };`, compile.Result{ClassesUnchanged: 1}},
		{`class B : A { [q: ToInstance] string s; string t; };`, compile.Result{ClassesUpdated: 1}},
		{`#pragma deleteinstance("A.k=\"1\"", fail)
		#pragma deleteclass("B", fail)`, compile.Result{Deleted: 2}},
		{``, compile.Result{}},
	} {
		res := mustStore(t, m, compile.Options{}, tt.text)
		if len(res.Namespaces) != 1 && tt.text != "" || len(res.Namespaces) == 1 && res.Namespaces[0] != `root\default` {
			t.Errorf("namespaces %q", res.Namespaces)
		}
		res.Namespaces = nil
		if res.String() != tt.want.String() {
			t.Errorf("%s\n%v, want %v", tt.text, res, tt.want)
		}
	}
}
