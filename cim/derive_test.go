package cim_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
)

func long(n int) string { return strings.Repeat("x", n) }

func many(n int) []any {
	var out []any
	for i := range n {
		out = append(out, prop(fmt.Sprintf("string P%d", i)))
	}
	return out
}

// TestDeriveRules: each declaration stands below the classes of put.md 15.
func TestDeriveRules(t *testing.T) {
	s := newSchema(t,
		class("B", prop("string Id", key), prop("sint32 N = 7"), prop("string S")),
		class("D : B", prop("uint8 U")),
		class("AB", qual("abstract"), prop("string Id", key)),
		class("Keyless", qual("abstract"), prop("string V")),
		class("KeylessConcrete", prop("string V")),
		class("SG", qual("singleton"), prop("string V")),
		class("Dyn", qual("dynamic"), qual("provider", "P1"), prop("string Id", key)),
		class("Ref", prop("ref:B R"), prop("object O"), prop("object:B OB")),
		class("M", method("uint32 Do", param("string A", in), param("uint8[] B", in, out))),
		class("Q", qual("Fixed", "a", toSub|noOver), prop("string P", qual("Fixed", 1, toSub|noOver)), method("uint32 F", qual("Fixed", true, toSub|noOver))),
		class("Many", many(1000)...),
	)
	for _, tc := range []struct {
		name string // begins with the number of a case where there is one
		decl *cim.ClassDecl
		want cim.Status
	}{
		{"put.md#38 singleton with a key", class("X", qual("singleton"), prop("string K", key)), cim.CannotBeSingleton},
		{"put.md#38 singleton below B", class("X : B", qual("singleton")), cim.CannotBeSingleton},
		{"put.md#39 abstract below concrete", class("X : B", qual("abstract")), cim.CannotBeAbstract},
		{"put.md#40 another key", class("X : B", prop("string K", key)), cim.CannotChangeKeyInheritance},
		{"put.md#40 key on a real", class("X", prop("real32 K", key)), cim.CannotBeKey},
		{"put.md#41 N as a string", class("X : B", prop("string N")), cim.UpdateTypeMismatch},
		{"put.md#42 static below dynamic", class("X : Dyn"), cim.InvalidOperation},
		{"put.md#44 1025 properties", class("X", many(1025)...), cim.TooManyProperties},
		{"1025 with inherited ones", class("X : Many", append([]any{prop("string P0")}, renamed(25)...)...), cim.TooManyProperties},
		{"1024 with inherited ones", class("X : Many", append([]any{prop("string P0")}, renamed(24)...)...), cim.OK},
		{"1024 properties", class("X", many(1024)...), cim.OK},

		{"model.md#14 another key", class("X : B", prop("string J", key)), cim.CannotChangeKeyInheritance},
		{"model.md#15 key below a keyless abstract", class("X : Keyless", prop("string K", key)), cim.OK},
		{"key below a keyless concrete", class("X : KeylessConcrete", prop("string K", key)), cim.OK},
		{"model.md#16 abstract below concrete", class("X : D", qual("Abstract")), cim.CannotBeAbstract},
		{"abstract below abstract", class("X : AB", qual("Abstract")), cim.OK},
		{"concrete below abstract", class("X : AB"), cim.OK},
		{"model.md#17 singleton with key", class("X", qual("Singleton"), prop("uint8 K", key)), cim.CannotBeSingleton},
		{"singleton below a keyless abstract", class("X : Keyless", qual("singleton")), cim.OK},
		{"singleton below a keyless concrete", class("X : KeylessConcrete", qual("singleton")), cim.CannotBeSingleton},
		{"singleton below a keyed abstract", class("X : AB", qual("singleton")), cim.CannotBeSingleton},
		{"singleton below a singleton", class("X : SG"), cim.OK},
		{"key below a singleton", class("X : SG", prop("string K", key)), cim.CannotBeSingleton},
		{"a singleton no more", class("X : SG", qual("singleton", false)), cim.UpdateOverrideNotAllowed},
		{"dynamic below dynamic", class("X : Dyn", qual("dynamic"), qual("provider", "P2")), cim.OK},
		{"dynamic below static", class("X : B", qual("dynamic"), qual("provider", "P2")), cim.OK},
		{"model.md#22 override of a fixed qualifier", class("X : Q", qual("fixed", "b")), cim.UpdateOverrideNotAllowed},
		{"the same value", class("X : Q", qual("Fixed", "a")), cim.OK},
		{"another type of qualifier", class("X : Q", qual("Fixed", 5)), cim.UpdateOverrideNotAllowed},
		{"on a property", class("X : Q", prop("string P", qual("Fixed", 2))), cim.UpdateOverrideNotAllowed},
		{"on a method", class("X : Q", method("uint32 F", qual("Fixed", false))), cim.UpdateOverrideNotAllowed},
		{"model.md#27 interval without SubType", class("X", prop("datetime T = 00000001120032.000000:000")), cim.OK},

		{"key on a class", class("X", key), cim.InvalidQualifier},
		{"indexed on a class", class("X", qual("Indexed")), cim.InvalidQualifier},
		{"not_null on a method", class("X", method("uint32 F", qual("Not_Null"))), cim.InvalidQualifier},
		{"key on a parameter", class("X", method("uint32 F", param("string A", in, key))), cim.InvalidQualifier},
		{"key FALSE", class("X", prop("string K", qual("key", false))), cim.InvalidQualifier},
		{"key with a text", class("X", prop("string K", qual("key", "yes"))), cim.InvalidQualifier},
		{"key on an array", class("X", prop("string[] K", key)), cim.CannotBeKey},
		{"key on an object", class("X", prop("object K", key)), cim.CannotBeKey},
		{"key on a reference", class("X", prop("ref:B K", key)), cim.OK},
		{"key on a datetime and char16", class("X", prop("datetime K", key), prop("char16 C", key), prop("boolean L", key)), cim.OK},
		{"qualifier twice", class("X", qual("Q"), qual("q")), cim.InvalidQualifier},
		{"qualifier twice among many", class("X", manyQualifiers(40, "Q7")...), cim.InvalidQualifier},
		{"many qualifiers", class("X", manyQualifiers(40, "Z")...), cim.OK},
		{"qualifier name", class("X", qual("a*b")), cim.InvalidParameter},
		{"qualifier value", class("X", qual("Q", cim.Uint8Value(1))), cim.InvalidQualifierType},
		{"qualifier flavor", class("X", qual("Q", cim.Flavor(0x04))), cim.InvalidFlavor},
		{"reals and 64-bit integers as qualifiers", class("X", qual("Q", cim.Real64Value(1)), qual("R", cim.Sint64Value(1))), cim.OK},

		{"property twice", class("X", prop("string A"), prop("uint8 a")), cim.InvalidObject},
		{"method twice", class("X", method("uint32 A"), method("uint32 a")), cim.InvalidObject},
		{"property name", class("X", prop("string 1a")), cim.InvalidParameter},
		{"property name with underscores", class("X", prop("string _a")), cim.InvalidParameter},
		{"property name that ends with one", class("X", prop("string a_")), cim.InvalidParameter},
		{"property name of 4097", class("X", prop("string "+long(4097))), cim.QuotaViolation},
		{"property name of 4096", class("X", prop("string "+long(4096))), cim.OK},
		{"method name", class("X", method("uint32 a-b")), cim.InvalidParameter},
		{"no such type", class("X", cim.PropertyDecl{Name: "A", Type: 7}), cim.InvalidCIMType},
		{"IUnknown", class("X", cim.PropertyDecl{Name: "A", Type: 104}), cim.InvalidCIMType},
		{"no type", class("X", cim.PropertyDecl{Name: "A"}), cim.InvalidCIMType},
		{"class on a string", class("X", cim.PropertyDecl{Name: "A", Type: cim.TypeString, Class: "B"}), cim.InvalidCIMType},
		{"bad class of a reference", class("X", prop("ref:a-b A")), cim.InvalidCIMType},
		{"array where a scalar is inherited", class("X : B", prop("sint32[] N")), cim.UpdateTypeMismatch},
		{"stronger reference", class("X : Ref", prop("ref:D R")), cim.OK},
		{"stronger object", class("X : Ref", prop("object:B O")), cim.OK},
		{"default of another type", class("X", cim.PropertyDecl{Name: "A", Type: cim.TypeUint8, Default: cim.StringValue("1"), HasDefault: true}), cim.TypeMismatch},
		{"below itself", class("B : D"), cim.CircularReference},
		{"below itself in other case", class("b : D"), cim.CircularReference},

		{"array returned", class("X", method("uint8[] F")), cim.InvalidCIMType},
		{"reference returned", class("X", method("ref:B F")), cim.OK},
		{"class of nothing returned", class("X", cim.MethodDecl{Name: "F", ReturnClass: "B"}), cim.InvalidCIMType},
		{"long class of a returned reference", class("X", cim.MethodDecl{Name: "F", Return: cim.TypeReference, ReturnClass: long(cim.MaxIdentifier + 1)}), cim.QuotaViolation},
		{"long class of a reference", class("X", cim.PropertyDecl{Name: "A", Type: cim.TypeReference, Class: long(cim.MaxIdentifier + 1)}), cim.QuotaViolation},
		{"long class of an object", class("X", method("uint32 F", cim.ParameterDecl{Name: "A", Type: cim.TypeObject, Class: long(cim.MaxIdentifier + 1)})), cim.QuotaViolation},
		{"class of a returned number", class("X", cim.MethodDecl{Name: "F", Return: cim.TypeUint8, ReturnClass: "B"}), cim.InvalidCIMType},
		{"another return type", class("X : M", method("uint16 Do", param("string A", in), param("uint8[] B", in, out))), cim.UpdatePropagatedMethod},
		{"a parameter less", class("X : M", method("uint32 Do", param("string A", in))), cim.UpdatePropagatedMethod},
		{"another type of parameter", class("X : M", method("uint32 Do", param("string A", in), param("uint8 B", in, out))), cim.UpdatePropagatedMethod},
		{"another direction", class("X : M", method("uint32 Do", param("string A", out), param("uint8[] B", in, out))), cim.UpdatePropagatedMethod},
		{"another name of parameter", class("X : M", method("uint32 Do", param("string Z", in), param("uint8[] B", in, out))), cim.UpdatePropagatedMethod},
		{"another order", class("X : M", method("uint32 Do", param("uint8[] B", in, out), param("string A", in))), cim.UpdatePropagatedMethod},
		{"the same signature", class("X : M", method("uint32 do", param("string a", in), param("uint8[] b", in, out))), cim.OK},
		{"the same signature by IDs", class("X : M", method("uint32 do", param("uint8[] b", in, out, qual("ID", 1)), param("string a", in, qual("ID", 0)))), cim.OK},

		{"missing ID", class("X", method("uint32 F", param("string A", in, qual("ID", 0)), param("string B", in))), cim.MissingParameterID},
		{"negative ID", class("X", method("uint32 F", param("string A", in, qual("ID", -1)))), cim.InvalidParameterID},
		{"ID of another type", class("X", method("uint32 F", param("string A", in, qual("ID", "0")))), cim.InvalidParameterID},
		{"gap in IDs", class("X", method("uint32 F", param("string A", in, qual("ID", 0)), param("string B", in, qual("ID", 2)))), cim.NonconsecutiveParameterIDs},
		{"IDs from 1", class("X", method("uint32 F", param("string A", in, qual("ID", 1)))), cim.NonconsecutiveParameterIDs},
		{"huge ID", class("X", method("uint32 F", param("string A", in, qual("ID", cim.Sint64Value(1<<62))), param("string B", in, qual("ID", 0)))), cim.NonconsecutiveParameterIDs},
		{"same ID twice", class("X", method("uint32 F", param("string A", in, qual("ID", 0)), param("string B", in, qual("ID", 0)))), cim.InvalidDuplicateParameter},
		{"ID on ReturnValue", class("X", method("uint32 F", param("uint32 ReturnValue", out, qual("ID", 0)))), cim.ParameterIDOnRetval},
		{"parameter ReturnValue", class("X", method("uint32 F", param("uint32 returnvalue", out))), cim.InvalidMethodParameters},
		{"parameter twice", class("X", method("uint32 F", param("string A", in), param("string a", out))), cim.InvalidDuplicateParameter},
		{"parameter name", class("X", method("uint32 F", param("string 1", in))), cim.InvalidMethodParameters},
		{"parameter name with underscore", class("X", method("uint32 F", param("string _x", in))), cim.InvalidMethodParameters},
		{"parameter without type", class("X", method("uint32 F", cim.ParameterDecl{Name: "A"})), cim.InvalidCIMType},
		{"1024 parameters", class("X", manyParameters(1024)), cim.TooManyProperties},
		{"1023 parameters", class("X", manyParameters(1023)), cim.OK},
	} {
		_, err := s.try(tc.decl)
		wantStatus(t, tc.name, err, tc.want)
		delete(s.classes, "X")
	}
}

func renamed(n int) []any {
	var out []any
	for i := range n {
		out = append(out, prop(fmt.Sprintf("string R%d", i)))
	}
	return out
}

func manyQualifiers(n int, last string) []any {
	var out []any
	for i := range n {
		out = append(out, qual(fmt.Sprintf("Q%d", i)))
	}
	return append(out, qual(last))
}

func manyParameters(n int) cim.MethodDecl {
	m := method("uint32 F")
	for i := range n {
		m.Parameters = append(m.Parameters, param(fmt.Sprintf("string P%d", i), in, out))
	}
	return m
}

// TestClassNames proves put.md#36 and put.md#37 and model.md#18 for names of
// classes.
func TestClassNames(t *testing.T) {
	for name, want := range map[string]cim.Status{
		"X": cim.OK, "X1_y": cim.OK, "A__B": cim.OK, "Größe": cim.OK, "クラス": cim.OK, long(4096): cim.OK,
		"": cim.IncompleteClass, "_X": cim.InvalidOperation, "__X": cim.InvalidOperation, "X_": cim.InvalidObject,
		"1X": cim.InvalidParameter, "X-Y": cim.InvalidParameter, "X Y": cim.InvalidParameter, "X\x00": cim.InvalidParameter,
		"X\xff": cim.InvalidParameter, "X\uFFFD": cim.InvalidParameter, "\U0001F600": cim.InvalidParameter,
		long(4097): cim.QuotaViolation,
	} {
		wantStatus(t, fmt.Sprintf("%.20q", name), cim.CheckClassName(name), want)
	}
	// The limit counts UTF-16 units.
	wantStatus(t, "4096 umlauts", cim.CheckClassName(strings.Repeat("ä", 4096)), cim.OK)
	wantStatus(t, "4097 umlauts", cim.CheckClassName(strings.Repeat("ä", 4097)), cim.QuotaViolation)
}

// view is what a class shows of a property.
type view struct {
	Name, Origin, Declared string
	Local                  bool
	Default                string
}

func views(c *cim.Class) []view {
	var out []view
	for _, p := range c.Properties() {
		out = append(out, view{p.Name(), p.Origin(), p.DeclaringClass(), p.IsLocal(), p.Default().String()})
	}
	return out
}

func TestPropertyInheritance(t *testing.T) {
	s := newSchema(t,
		class("P", qual("abstract"), prop("uint8 b = 1"), prop("string A"), prop("string Zeta = z")),
		class("C : P", prop("uint8 B = 2"), prop("string New")),
		class("G : C", prop("string zeta = NULL"), prop("uint8 B", qual("Q"))),
		class("H : G"),
	)
	// model.md#32: by name over the whole hierarchy.
	for name, want := range map[string][]view{
		"P": {{"A", "P", "P", true, "NULL"}, {"b", "P", "P", true, "1"}, {"Zeta", "P", "P", true, "z"}},
		"C": {{"A", "P", "P", false, "NULL"}, {"B", "P", "C", true, "2"}, {"New", "C", "C", true, "NULL"}, {"Zeta", "P", "P", false, "z"}},
		"G": {{"A", "P", "P", false, "NULL"}, {"B", "P", "G", true, "2"}, {"New", "C", "C", false, "NULL"}, {"zeta", "P", "G", true, "NULL"}},
		"H": {{"A", "P", "P", false, "NULL"}, {"B", "P", "G", false, "2"}, {"New", "C", "C", false, "NULL"}, {"zeta", "P", "G", false, "NULL"}},
	} {
		if diff := cmp.Diff(want, views(s.class(name))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if h, g := s.class("H"), s.class("G"); h.Property("new") != g.Property("NEW") {
		t.Error("a property that is inherited untouched is not shared")
	}
	if s.class("H").Property("nope") != nil || s.class("H").PropertyIndex("") != -1 {
		t.Error("a property that is not there was found")
	}
	if diff := cmp.Diff([]string{"G", "C", "P"}, s.class("H").Derivation()); diff != "" {
		t.Error(diff)
	}
	if h := s.class("H"); !h.IsA("p") || !h.IsA("H") || h.IsA("X") || h.Dynasty() != "P" {
		t.Error("IsA or Dynasty is wrong")
	}
}

func TestReferenceIsRefined(t *testing.T) {
	s := newSchema(t,
		class("P", prop("ref R"), prop("object:B O")),
		class("C : P", prop("ref:B R"), prop("object O", qual("Q"))),
	)
	for _, tc := range []struct{ class, prop, want string }{
		{"P", "R", "ref:object"}, {"P", "O", "object:B"}, {"C", "R", "ref:B"}, {"C", "O", "object:B"},
	} {
		if got := s.class(tc.class).Property(tc.prop).CIMType(); got != tc.want {
			t.Errorf("%s.%s is %s, want %s", tc.class, tc.prop, got, tc.want)
		}
	}
}

func TestKeysAndTraits(t *testing.T) {
	s := newSchema(t,
		class("Root", qual("abstract"), prop("string V")),
		class("K : Root", prop("string B", key), prop("sint32 A", key), qual("Association", noOver)),
		class("L : K", prop("sint32 a", qual("Description", "d")), qual("provider", "P")),
		class("S", qual("Singleton")), class("T : S"),
		class("E", qual("abstract", toSub)), class("F : E"),
		class("D", qual("dynamic", toSub), qual("provider", "X", toSub)), class("DD : D"),
	)
	for name, want := range map[string][]string{"Root": nil, "K": {"A", "B"}, "L": {"a", "B"}, "S": nil} {
		var got []string
		c := s.class(name)
		for _, k := range c.Keys() {
			got = append(got, c.Properties()[k].Name())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("keys of %s: %s", name, diff)
		}
	}
	for name, want := range map[string]string{"Root": "Root", "K": "K", "L": "K", "S": "S", "T": "T"} {
		if got := s.class(name).KeyClass().Name(); got != want {
			t.Errorf("the key class of %s is %s, want %s", name, got, want)
		}
	}
	if p := s.class("L").Property("A"); !p.IsKey() || !p.NotNull() || !p.IsLocal() {
		t.Error("an override loses the key")
	}
	for _, tc := range []struct {
		name string
		got  bool
		want bool
	}{
		{"K association", s.class("K").IsAssociation(), true},
		{"L association, whatever the flavor", s.class("L").IsAssociation(), true},
		{"Root association", s.class("Root").IsAssociation(), false},
		{"T singleton", s.class("T").IsSingleton(), true},
		{"K abstract", s.class("K").IsAbstract(), false},
		{"F abstract", s.class("F").IsAbstract(), true},
		{"DD dynamic", s.class("DD").IsDynamic(), true},
		{"L dynamic", s.class("L").IsDynamic(), false},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %v", tc.name, tc.got)
		}
	}
	s.add(class("I", prop("string X", qual("Indexed")), prop("string N", qual("Not_Null"))))
	s.add(class("J : I"))
	s.add(class("JJ : J", prop("string X", qual("Q")), prop("string N", qual("Q"))))
	s.add(class("JN : J", prop("string X", qual("Indexed", false)), prop("string N", qual("Not_Null", false))))
	for name, want := range map[string]bool{"I": true, "J": true, "JJ": true, "JN": false} {
		x, n := s.class(name).Property("X"), s.class(name).Property("N")
		if x.IsIndexed() != want || n.IsIndexed() || n.NotNull() != want || x.NotNull() != want {
			t.Errorf("%s: X indexed %v, not null %v, N indexed %v, not null %v", name, x.IsIndexed(), x.NotNull(), n.IsIndexed(), n.NotNull())
		}
	}
	if s.class("DD").Provider() != "X" || s.class("L").Provider() != "P" || s.class("K").Provider() != "" {
		t.Error("Provider is wrong")
	}
}

// TestSharedDeclarations: a declaration that a published class has is derived
// again below another superclass while readers use it. The race detector sees
// any write.
func TestSharedDeclarations(t *testing.T) {
	s := newSchema(t,
		class("P", prop("string A", qual("Q", "x", toSub))),
		class("C : P", qual("singleton", false), prop("string K", key), method("uint32 M",
			param("string Y", out, qual("ID", 1)), param("string X", in, qual("ID", 0)))),
	)
	c := s.class("C")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				m := c.Method("M")
				if m.Signature(false) == nil || m.Signature(true) == nil || len(c.Qualifiers()) != 1 {
					t.Error("a reader sees something else")
				}
				i := cim.NewInstance(c)
				_ = i.Set("K", cim.StringValue("k"))
				_ = i.Qualifiers()
				_ = i.PropertyQualifiers(0)
				_ = cim.AppendJSON(nil, i)
				_ = cim.AppendJSON(nil, c)
				_ = cim.CompareObjects(c, s.class("P"), 0)
			}
		})
		wg.Go(func() {
			for range 50 {
				p, err := cim.Derive(nil, s.class("P").Decl())
				if err == nil {
					_, err = cim.Derive(p, c.Decl())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestClassAt(t *testing.T) {
	s := newSchema(t, class("B", prop("string K", key)))
	o := &cim.Origin{Server: "S", Namespace: `root\t`}
	at := s.class("B").At(o)
	if at.Origin() != o || at.KeyClass() != at || s.class("B").Origin() != nil {
		t.Error("At moved the wrong thing")
	}
	d, err := cim.Derive(at, class("D : B"))
	if err != nil || d.Origin() != o || d.KeyClass() != at {
		t.Errorf("a subclass is at %v, %v", d.Origin(), err)
	}
}

func TestCloneDecl(t *testing.T) {
	s := newSchema(t, class("E", prop("string A")))
	d := class("C", qual("Q", "q"), prop("object O", qual("Q")), method("uint32 M", qual("Q"), param("object P", in)))
	d.Properties[0].Default, d.Properties[0].HasDefault = cim.ObjectValue(s.instance("E", "A", "a")), true
	c := d.Clone()
	if !cim.EqualDecls(c, d) {
		t.Fatal("a clone is not equal")
	}
	c.Qualifiers[0].Value = cim.StringValue("x")
	c.Properties[0].Qualifiers[0].Name = "X"
	c.Methods[0].Qualifiers[0].Name = "X"
	c.Methods[0].Parameters[0].Qualifiers[0].Name = "X"
	_ = c.Properties[0].Default.Object().(*cim.Instance).Set("A", cim.StringValue("b"))
	want := class("C", qual("Q", "q"), prop("object O", qual("Q")), method("uint32 M", qual("Q"), param("object P", in)))
	want.Properties[0].Default, want.Properties[0].HasDefault = cim.ObjectValue(s.instance("E", "A", "a")), true
	if !cim.EqualDecls(d, want) {
		t.Error("changing a clone changes the original")
	}
}
