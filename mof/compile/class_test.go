package compile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// flat writes qualifiers as name(value)flavor, the value with its type unless it
// is a string or boolean.
func flat(qs cim.Qualifiers) string {
	var words []string
	for _, q := range qs {
		typ := ""
		if e := q.Value.Type().Elem(); e != cim.TypeString && e != cim.TypeBoolean {
			typ = q.Value.Type().String() + " "
		}
		words = append(words, fmt.Sprintf("%s(%s%v)%02X", q.Name, typ, q.Value, uint8(q.Flavor)))
	}
	return strings.Join(words, " ")
}

const dmtfDeclarations = `
Qualifier Association : boolean = false, Scope(association), Flavor(DisableOverride);
Qualifier Deprecated : string[], Scope(any), Flavor(Restricted);
Qualifier Description : string = null, Scope(any), Flavor(Translatable);
Qualifier In : boolean = true, Scope(parameter), Flavor(DisableOverride);
Qualifier Out : boolean = false, Scope(parameter), Flavor(DisableOverride);
Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride);
Qualifier MaxLen : uint32 = null, Scope(property, method, parameter);
Qualifier MaxValue : sint64 = null, Scope(property, method, parameter);
Qualifier ArrayType : string = "Bag", Scope(property, parameter), Flavor(DisableOverride);
Qualifier Factor : real32 = null, Scope(any);
Qualifier Bits : uint64[] = {1, 2}, Scope(any), Flavor(EnableOverride, ToInstance);
Qualifier Version : string = null, Scope(class), Flavor(EnableOverride, Restricted, Translatable);
`

// TestQualifiers checks value, type and flavor of qualifiers of a class as it is
// stored.
func TestQualifiers(t *testing.T) {
	for _, tt := range []struct {
		id      string
		dialect mof.Dialect
		before  string // declarations
		quals   string
		want    string
	}{
		{"nothing declared", mof.WMI, ``, `a, b(FALSE), c("x"), d(1), e(-2147483648), f(1.0)`,
			`a(TRUE)00 b(FALSE)00 c(x)00 d(sint32 1)00 e(sint32 -2147483648)00 f(real64 1.0)00`},
		{"64 bits", mof.WMI, ``, `a(2147483648), b(-2147483649), c(0xFFFFFFFFFFFF)`,
			`a(sint64 2147483648)00 b(sint64 -2147483649)00 c(sint64 281474976710655)00`},
		{"arrays", mof.WMI, ``, `a{"x"}, b{1, 2}, c{1, 3000000000}, d{1, 2.5}, e{TRUE}, f("0","1"), g{}`,
			`a({x})00 b(sint32[] {1, 2})00 c(sint64[] {1, 3000000000})00 d(real64[] {1.0, 2.5})00 e({TRUE})00 f({0, 1})00 g({})00`},
		{"lists of numbers", mof.WMI, ``, `ValueMap{0, 1, 0x10}, Values("a"), BitMap(5)`,
			`ValueMap({0, 1, 16})00 Values({a})00 BitMap({5})00`},
		{"NULL", mof.WMI, ``, `a(NULL), b`, `b(TRUE)00`},
		{"character", mof.WMI, ``, `a('A')`, `a(sint32 65)00`},
		{"flavors", mof.WMI, ``, `a: ToInstance ToSubclass, b: DisableOverride, c: Amended, d: Restricted, e("x"): ToSubclass Translatable EnableOverride`,
			`a(TRUE)03 b(TRUE)10 c(TRUE)80 d(TRUE)00 e(x)82`},
		{"mof.md#44", mof.WMI, `Qualifier Description : ToSubClass Amended;`, `Description("d")`, `Description(d)82`},
		{"a use replaces", mof.WMI, `Qualifier Description : ToSubClass Amended;`, `Description("d"): ToInstance`, `Description(d)01`},
		{"dialect", mof.DMTF, ``, `a, b: ToInstance, c: Restricted`, `a(TRUE)02 b(TRUE)03 c(TRUE)00`},
		{"declared", mof.Auto, dmtfDeclarations, `Description("d"), Version("1"), Deprecated{"x"}, MaxValue(5), other`,
			`Description(d)82 Version(1)80 Deprecated({x})00 MaxValue(sint32 5)02 other(TRUE)02`},
		{"declared, of WMI", mof.WMI, strings.ReplaceAll(dmtfDeclarations, "class)", "any)"), `Deprecated, Version("1")`, `Version(1)80`},
		{"values by declaration", mof.Auto, dmtfDeclarations, `ArrayType, Factor(1), Bits, MaxValue(3000000000), Description`,
			`ArrayType(Bag)12 Factor(real64 1.0)02 Bits(sint32[] {1, 2})03 MaxValue(sint64 3000000000)02`},
		{"a wide element", mof.Auto, dmtfDeclarations, `Bits{1, 3000000000}`, `Bits(sint64[] {1, 3000000000})03`},
	} {
		t.Run(tt.id, func(t *testing.T) {
			m := openMemory(t)
			before := strings.NewReplacer("Scope(property, parameter)", "Scope(any)", "Scope(property, method, parameter)", "Scope(any)").Replace(tt.before)
			mustStore(t, m, compile.Options{Dialect: tt.dialect}, before+"["+tt.quals+"]\nclass X {};")
			if diff := cmp.Diff(tt.want, flat(getClass(t, m, `root\default`, "X").Qualifiers())); diff != "" {
				t.Errorf("qualifiers (-want +got):\n%s", diff)
			}
		})
	}
}

// TestProperties checks properties and what the compiler does with them.
func TestProperties(t *testing.T) {
	for _, tt := range []struct{ id, text, typ, quals string }{
		{"mof.md#1", `[key] string p`, "string", "key(TRUE)13"},
		{"mof.md#13", `string p[32]`, "string[]", "MaxLen(sint32 32)00"},
		{"a bound and MaxLen", `[MaxLen(5)] string p[32]`, "string[]", "MaxLen(sint32 5)00"},
		{"Key(FALSE)", `[Key(FALSE), a] string p`, "string", "a(TRUE)00"},
		{"an object", `X p`, "object:X", ""},
		{"any object", `object p[]`, "object", ""},
		{"a reference", `[b] X ref p`, "ref:X", "b(TRUE)00"},
		{"any reference", `object ref p`, "ref:object", ""},
	} {
		t.Run(tt.id, func(t *testing.T) {
			m := openMemory(t)
			mustStore(t, m, compile.Options{}, "class X { "+tt.text+"; };")
			p := getClass(t, m, `root\default`, "X").Property("p")
			if got := p.CIMType(); got != tt.typ && p.Type().String() != tt.typ {
				t.Errorf("type %s (%v), want %s", got, p.Type(), tt.typ)
			}
			if got := flat(p.Qualifiers()); got != tt.quals {
				t.Errorf("qualifiers %s, want %s", got, tt.quals)
			}
		})
	}
}

// TestMethods checks the signatures of methods.
func TestMethods(t *testing.T) {
	for _, tt := range []struct {
		id     string
		before string
		method string
		in     string // names and IDs of the parameters
		out    string
	}{
		{"mof.md#20", ``, `uint32 M([in] string a, [out] string b);`, "a0", "b1 ReturnValue"},
		{"mof.md#21", ``, `uint32 M([in] string a, [out] string a);`, "a0", "a0 ReturnValue"},
		{"mof.md#21 with IDs and others", ``, `uint32 M([in, ID(1)] string a[4], [in, ID(0)] uint8 n, [out, ID(1), q] string a[4]);`, "a1 n0", "a1 ReturnValue"},
		{"mof.md#22", dmtfDeclarations, `uint32 M(string a);`, "a0", "ReturnValue"},
		{"mof.md#24", ``, `void M();`, "", ""},
		{"mof.md#46", dmtfDeclarations, `uint32 M([In(false), Out] string a, [In, Out] string b, [Out] string c);`, "b1", "a0 b1 c2 ReturnValue"},
		{"no direction", ``, `void M(string a);`, "a0", ""},
		{"direction as text", ``, `void M([in("true"), out(0)] string a);`, "a0", ""},
	} {
		t.Run(tt.id, func(t *testing.T) {
			m := openMemory(t)
			mustStore(t, m, compile.Options{}, tt.before+"class X { "+tt.method+" };")
			method := getClass(t, m, `root\default`, "X").Method("M")
			if got := signature(method, false); got != tt.in {
				t.Errorf("in %q, want %q", got, tt.in)
			}
			if got := signature(method, true); got != tt.out {
				t.Errorf("out %q, want %q", got, tt.out)
			}
		})
	}
}

func signature(m *cim.Method, out bool) string {
	c := m.Signature(out)
	if c == nil {
		return ""
	}
	var words []string
	for _, p := range c.Properties() {
		word := p.Name()
		if id := p.Qualifiers().Value("ID"); !id.IsNull() {
			word += id.String()
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// A namespace keeps what qualifiers were declared, for the files that follow.
func TestKeptQualifiers(t *testing.T) {
	m := openMemory(t)
	res := mustStore(t, m, compile.Options{}, dmtfDeclarations)
	if res.Qualifiers != 12 {
		t.Errorf("%v, want 12 qualifiers declared", res)
	}
	if res := mustStore(t, m, compile.Options{}, dmtfDeclarations); res.Qualifiers != 0 {
		t.Errorf("again: %v, want none declared", res)
	}
	mustStore(t, m, compile.Options{}, `[Description("d"), other] class X { [MaxValue(7)] uint8 n; [MaxLen("a")] string s; };`)
	c := getClass(t, m, `root\default`, "X")
	for _, tt := range []struct{ got, want string }{
		{flat(c.Qualifiers()), "Description(d)82 other(TRUE)00"},
		{flat(c.Property("n").Qualifiers()), "MaxValue(sint32 7)02"},
		{flat(c.Property("s").Qualifiers()), "MaxLen(a)02"}, // what is kept only helps
	} {
		if tt.got != tt.want {
			t.Errorf("qualifiers %s, want %s", tt.got, tt.want)
		}
	}
	// A declaration of the file goes before.
	mustStore(t, m, compile.Options{}, `Qualifier Description : ToInstance; [Description("d")] class Y {};`)
	if got := flat(getClass(t, m, `root\default`, "Y").Qualifiers()); got != "Description(d)01" {
		t.Errorf("qualifiers %s", got)
	}
	d, err := connect(t, m, `root\default`).(wbem.QualifierStore).GetQualifier(ctx, "arraytype")
	if err != nil || d.Default.String() != "Bag" || d.Type != cim.TypeString {
		t.Errorf("ArrayType: %+v, %v", d, err)
	}
}

// A class that is marked Amendment comes from a listing: what it says stays in the
// namespace, which keeps declarations that would make texts of it.
func TestListing(t *testing.T) {
	m := openMemory(t)
	mustStore(t, m, compile.Options{}, dmtfDeclarations)
	mustStore(t, m, compile.Options{}, `[AMENDMENT, Description("d")] class X { object o = class E { uint8 n; }; [Description("p")] string s; };
		[Description("e")] class Y {};`)
	c := getClass(t, m, `root\default`, "X")
	for _, tt := range []struct{ got, want string }{
		{flat(c.Qualifiers()), "AMENDMENT(TRUE)00 Description(d)02"},
		{flat(c.Property("s").Qualifiers()), "Description(p)02"},
		{flat(getClass(t, m, `root\default`, "Y").Qualifiers()), "Description(e)82"},
	} {
		if tt.got != tt.want {
			t.Errorf("qualifiers %s, want %s", tt.got, tt.want)
		}
	}
}

// Instances can have qualifiers of their own, which no subclass inherits.
func TestInstanceQualifiers(t *testing.T) {
	m := openMemory(t)
	mustStore(t, m, compile.Options{Dialect: mof.DMTF}, `class A { [key] string k; uint8 n; };
[a, b("x"): ToInstance] instance of A { k = "1"; [c] n; };`)
	inst := getInstance(t, m, `root\default`, `A.k="1"`)
	if got := flat(inst.LocalQualifiers()); got != "a(TRUE)00 b(x)01" {
		t.Errorf("instance: %s", got)
	}
	if got := flat(inst.LocalPropertyQualifiers(inst.Class().PropertyIndex("n"))); got != "c(TRUE)00" {
		t.Errorf("property: %s", got)
	}
	for text, want := range map[string]wbem.Status{
		`[a: ToSubclass] instance of A { k = "1"; };`: wbem.InvalidFlavor,
		`instance of A { [key] k = "1"; };`:           wbem.CannotBeKey,
	} {
		if _, err := store(m, compile.Options{}, text); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}
