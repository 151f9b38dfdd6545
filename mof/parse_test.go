package mof_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
)

func TestParse(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a class", `class A { [key] string k; };`,
			`(class A (k string [key]))`},
		{"keywords in any case, names as written", `CLASS a { [KEY] STRING K; };`,
			`(class a (K string [KEY]))`},
		{"qualifiers, superclass, alias", `[Abstract, Version ("2.8")] class A as $a : B { };`,
			`(class A as a : B [Abstract] [Version = "2.8"])`},
		{"alias behind the superclass", `class A : B as $a { };`,
			`(class A as a : B)`},
		{"types", `class A { uint8 a; Object b; object REF c; C d; C ref e; datetime f; Char16 g; };`,
			`(class A (a uint8) (b object) (c ref) (d object:C) (e ref:C) (f datetime) (g char16))`},
		{"arrays", `class A { uint8 a[]; string x[32] = {"a", "b"}; };`,
			`(class A (a uint8[]) (x string[32] = {"a" "b"}))`},
		{"void", `class A { void M(); };`,
			`(class A (method M))`},
		{"a method", `class A { [Static] uint32 M([in] string a, [out, Q{1}] B ref b[] = NULL); };`,
			`(class A (method M uint32 [Static] (a string [in]) (b ref:B[] [out] [Q = {1}] = null)))`},
		{"an instance", `[Q] instance of A as $a { x = 1; [R(2)] y = "z"; };`,
			`(instance A as a [Q] (x = 1) (y [R = 2] = "z"))`},
		{"a property with qualifiers only", `instance of A { [Dynamic] x; };`,
			`(instance A (x [Dynamic]))`},
		{"an embedded instance", `instance of A { E = instance of C {x=1;}; F = {instance of D {}, [Q] instance of D {}}; };`,
			`(instance A (E = (instance C (x = 1))) (F = {(instance D) (instance D [Q])}))`},
		{"an embedded class", `instance of A { E = class C : D { [key] string k; }; };`,
			`(instance A (E = (class C : D (k string [key]))))`},
		{"values", `instance of A { a = TRUE; b = false; c = Null; d = 'x'; e = -1.5E+2; f = $P; g = {}; h = {1, 'a'}; };`,
			`(instance A (a = true) (b = false) (c = null) (d = '0078') (e = -1.5E+2) (f = $P) (g = {}) (h = {1 '0061'}))`},
		{"qualifier values", `[A, B(1), C{}, D{1,2}, E("x","y")] class X {};`,
			`(class X [A] [B = 1] [C = {}] [D = {1 2}] [E = {"x" "y"}])`},
		{"flavors", `[A : ToInstance NotToSubclass, B("x") : Amended] class X {};`,
			`(class X [A :ToInstance :NotToSubclass] [B = "x" :Amended])`},
		{"flavors of a qualifier", `Qualifier Description : ToSubClass Amended;`,
			`(qualifier Description :ToSubclass :Amended)`},
		{"a typed qualifier", `Qualifier Q : string[] = null, Scope(any), Flavor(DisableOverride, Translatable);`,
			`(qualifier Q string[] = null any :DisableOverride :Translatable)`},
		{"a typed qualifier without flavors", `Qualifier Q : uint32 = 4, Scope(class, reference);`,
			`(qualifier Q uint32 = 4 class reference)`},
		{"contextual words are names", `class Any { string Association; uint32 Scope; boolean Flavor; sint8 Amended([in] string Property); };`,
			`(class Any (Association string) (Scope uint32) (Flavor boolean) (method Amended sint8 (Property string [in])))`},
		{"reserved words as names of properties", `instance of A { class = 1; instance = 2; qualifier = 3; };`,
			`(instance A (class = 1) (instance = 2) (qualifier = 3))`},
		{"names outside ASCII", "class Grüße { string \U00020000x; string é\uFEFF; };",
			"(class Grüße (\U00020000x string) (é string))"},
		{"pragmas", "#pragma namespace (\"\\\\\\\\.\\\\root\")\n#PRAGMA AutoRecover #pragma deleteclass(\"A\", NOFAIL) #pragma locale (\"en_US\")\n#include(\"x\")",
			"(pragma 3 namespace \"\\\\\\\\.\\\\root\")\n(pragma 4 autorecover)\n(pragma 8 deleteclass \"A\" NOFAIL)\n(pragma 1 locale \"en_US\")\n(pragma 2 include \"x\")"},
		{"an unknown pragma ends with its line", "#pragma hunchback of(Notre Dame\nclass A {};",
			"(pragma 0 hunchback)\n(class A)"},
		{"an unknown pragma ends with its parenthesis", `#pragma hunchback("x") class A {};`,
			"(pragma 0 hunchback \"x\")\n(class A)"},
		{"comments", "/**/class/*/ **/A// : B {\n{/* }; */};//", "(class A)"},
		{"white space", "\uFEFFclass\f\uFEFFA\r\n\t{};\uFEFF", "(class A)"},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree, list := parse(test.text, mof.Auto)
			if err := list.Err(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, strings.TrimSuffix(dump(tree), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// value returns the value that x has in an instance.
func value(t *testing.T, literal string) mof.Value {
	t.Helper()
	tree, list := parse("instance of A { x = "+literal+"; };", mof.Auto)
	if err := list.Err(); err != nil {
		t.Fatalf("%s: %v", literal, err)
	}
	return tree.Decls[0].(*mof.InstanceDecl).Properties[0].Value
}

func TestStrings(t *testing.T) {
	for _, test := range []struct{ name, literal, want string }{
		{"mof.md#8: adjacent strings", "\"a\" \"b\" // c\n\"d\"", "abd"},
		{"mof.md#9: units", `"\x41\x4133"`, "A䄳"},
		{"escapes", `"\b\t\n\f\r\"\'\\"`, "\b\t\n\f\r\"'\\"},
		{"four digits at most", `"\X00411"`, "A1"},
		{"fewer digits", `"\x9z"`, "\tz"},
		{"a pair of units is a character", `"\xD83D\xDE00"`, "😀"},
		{"also over two literals", `"\xD83D" "\xDE00"`, "😀"},
		{"an unpaired unit stays", `"\xD83Dx\xDE00"`, "\xED\xA0\xBDx\xED\xB8\x80"},
		{"U+0000", `"\x0"`, "\x00"},
		{"raw characters", "\"ä\t€😀\"", "ä\t€😀"},
		{"raw halves of a character", "\"\xED\xA0\xBD\" \"\xED\xB8\x80\"", "😀"},
		{"raw and escaped halves", "\"\xED\xA0\xBD\\xDE00\"", "😀"},
		{"unknown escape", `"a\.b\xyz"`, "a.bxyz"},
		{"over the end of the line", "\"a\r\n b\"", "a\r\n b"},
		{"a backslash at the end of the line", "\"a\\\nb\"", "a\nb"},
		{"empty", `""`, ""},
		{"comment marks", `"/* // */"`, "/* // */"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := value(t, test.literal).(*mof.StringLit).Value; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCharacters(t *testing.T) {
	for _, test := range []struct {
		literal string
		want    uint16
	}{
		{`'A'`, 'A'}, // mof.md#10
		{`'\x16'`, 0x16},
		{`'\x4133'`, 0x4133},
		{`'\n'`, '\n'},
		{`'\''`, '\''},
		{`'"'`, '"'},
		{`'€'`, '€'},
		{"'\xED\xA0\xBD'", 0xD83D},
	} {
		if got := value(t, test.literal).(*mof.CharLit).Value; got != test.want {
			t.Errorf("%s is %04X, want %04X", test.literal, got, test.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, test := range []struct {
		literal  string
		negative bool
		want     uint64
	}{
		{"0x41", false, 65},
		{"0101", false, 65},
		{"1000001B", false, 65},
		{"0", false, 0},
		{"+7", false, 7},
		{"-0x10", true, 16},
		{"-0", false, 0},
		{"11b", false, 3},
		{"0b", false, 0},
		{"01b", false, 1},
		{"0xB", false, 11},
		{"0X1b", false, 27},
		{"00", false, 0},
		{"18446744073709551615", false, 1<<64 - 1},
		{"-9223372036854775808", true, 1 << 63},
		{"1000.4", false, 1000},
		{"0.5", false, 1},
		{"-.5", true, 1},
		{"-0.4", false, 0},
		{"1E3", false, 1000},
		{"2.5e-1", false, 0},
	} {
		n := value(t, test.literal).(*mof.NumberLit)
		negative, magnitude, ok := n.Int()
		if negative != test.negative || magnitude != test.want || !ok || n.Raw != test.literal {
			t.Errorf("%s is %v %d %v", n.Raw, negative, magnitude, ok)
		}
	}
	for literal, want := range map[string]float64{
		"3.14": 3.14, "-1.2778E+02": -127.78, "2.3e-2": 0.023, "1E5": 1e5, ".5": 0.5, "0x10": 16, "-010": -8, "101b": 5,
	} {
		if got := value(t, literal).(*mof.NumberLit).Float(); got != want {
			t.Errorf("%s is %v, want %v", literal, got, want)
		}
	}
	if _, _, ok := value(t, "1e300").(*mof.NumberLit).Int(); ok {
		t.Error("1e300 is taken for an integer")
	}
}

// TestPlaces checks for every node of a file with everything in it that it
// stands inside the node around it, and that names stand where they are said to.
func TestPlaces(t *testing.T) {
	const text = `#pragma namespace("\\\\.\\root") // here
Qualifier Q : uint32[2] = {1, 2}, Scope(any), Flavor(Restricted);
qualifier R : ToInstance Amended;
[A, B(1) : ToInstance Amended, C{"x" /* joined */ "y"}]
class X as $x : Y
{
	[key] string k[4] = {"a", NULL};
	[static] Z ref M([in] string a, [out] object b = instance of X { k = 'c'; });
};
[D]
instance of X as $z { [E] k = $x; l = {instance of Z {}, class W { void N(); }}; m = -0x1F; };
`
	tree, list := parse(text, mof.Auto)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	nodes := 0
	walk(tree, func(n, parent mof.Node) {
		nodes++
		at := n.Range()
		if !at.IsValid() || at.End <= at.Pos || int(at.End) > len(text)+1 {
			t.Fatalf("%T has the range %v", n, at)
		}
		if parent != nil {
			if p := parent.Range(); at.Pos < p.Pos || p.End < at.End {
				t.Errorf("%T %q is not inside %T %q", n, tree.Source.Slice(at), parent, tree.Source.Slice(p))
			}
		}
		got, want := tree.Source.Slice(at), ""
		switch n := n.(type) {
		case mof.Ident:
			want = n.Name
		case *mof.NumberLit:
			want = n.Raw
		case *mof.AliasRef:
			want = "$" + n.Name
		case *mof.ClassDecl, *mof.InstanceDecl:
			if parent == nil && !strings.HasSuffix(got, "};") || parent != nil && !strings.HasSuffix(got, "}") {
				t.Errorf("%T ends with %q", n, got)
			}
			return
		case *mof.Property:
			if _, class := parent.(*mof.ClassDecl); class && !strings.HasSuffix(got, ";") {
				t.Errorf("a property ends with %q", got)
			}
			return
		case *mof.StringLit:
			if len(got) < 2 || got[0] != '"' || got[len(got)-1] != '"' {
				t.Errorf("a string at %q", got)
			}
			return
		default:
			return
		}
		if got != want {
			t.Errorf("%T %q at %q", n, want, got)
		}
	})
	if nodes < 60 {
		t.Errorf("only %d nodes", nodes)
	}
	if diff := cmp.Diff([]string{"// here", "/* joined */"}, comments(tree)); diff != "" {
		t.Error(diff)
	}
}

func TestEncodings(t *testing.T) {
	const text = "class Größe { [Q(\"€\")] string k; };"
	want := "(class Größe (k string [Q = \"€\"]))\n"
	for _, enc := range []source.Encoding{source.UTF8, source.UTF8BOM, source.UTF16LE, source.UTF16BE, source.Windows1252} { // mof.md#3
		data, err := source.Encode(text, enc)
		if err != nil {
			t.Fatal(err)
		}
		src, got, err := source.Decode("x.mof", data)
		if err != nil || got != enc {
			t.Fatalf("%v: decoded as %v: %v", enc, got, err)
		}
		var list source.List
		if diff := cmp.Diff(want, dump(mof.Parse(src, mof.Options{}, &list))); diff != "" || list.Err() != nil {
			t.Errorf("%v: %v %s", enc, list.Err(), diff)
		}
	}

	// mof.md#4: UTF-16 without a mark.
	data, _ := source.Encode("class A {};", source.UTF16LE)
	src, _, err := source.Decode("x.mof", data[2:])
	if err != nil {
		t.Fatal(err)
	}
	var list source.List
	mof.Parse(src, mof.Options{}, &list)
	if all := list.All(); len(all) != 1 || cim.Status(all[0].Code) != cim.MOFInvalidFile {
		t.Errorf("UTF-16 without a mark: %v", list.Err())
	}
}
