package mof_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
)

// derive returns the class that d defines below super.
func derive(t testing.TB, super *cim.Class, d *cim.ClassDecl) *cim.Class {
	t.Helper()
	c, err := cim.Derive(super, d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func set(t testing.TB, inst *cim.Instance, name string, v cim.Value) {
	t.Helper()
	if err := inst.Set(name, v); err != nil {
		t.Fatal(err)
	}
}

func array(t testing.TB, elem cim.Type, elems ...cim.Value) cim.Value {
	t.Helper()
	v, err := cim.ArrayValue(elem, elems...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// checkText compares a text with what is wanted, and has the parser read it.
func checkText(t *testing.T, got, want string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	checkParses(t, got, mof.WMI)
}

func checkParses(t testing.TB, text string, dialect mof.Dialect) {
	t.Helper()
	var list source.List
	tree := mof.Parse(source.NewFile("text.mof", text), mof.Options{Dialect: dialect}, &list)
	mof.Check(tree, dialect, &list)
	for _, d := range list.All() {
		t.Errorf("the text does not compile: %s", d.Error())
	}
	if len(tree.Decls) != 1 {
		t.Errorf("the text has %d productions:\n%s", len(tree.Decls), text)
	}
}

func prop(name string, typ cim.Type, quals ...cim.Qualifier) cim.PropertyDecl {
	return cim.PropertyDecl{Name: name, Type: typ, Qualifiers: quals}
}

func qual(name string, v cim.Value, f cim.Flavor) cim.Qualifier {
	return cim.Qualifier{Name: name, Value: v, Flavor: f}
}

var yes = cim.BoolValue(true)

// mof.md#53: 64-bit integers are quoted, booleans are words, NULL is left out.
func TestAppendInstance(t *testing.T) {
	c := derive(t, nil, &cim.ClassDecl{Name: "A", Properties: []cim.PropertyDecl{
		prop("U", cim.TypeUint64), prop("B", cim.TypeBoolean), prop("N", cim.TypeString),
	}})
	inst := cim.NewInstance(c)
	set(t, inst, "U", cim.Uint64Value(10000000000))
	set(t, inst, "B", yes)
	checkText(t, mof.Text(inst, mof.TextOptions{}), `
instance of A
{
	B = TRUE;
	U = "10000000000";
};
`)
}

func TestAppendValues(t *testing.T) {
	when, err := cim.ParseDatetime("20240229123456.000000+060")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		value cim.Value
		want  string
	}{
		{cim.Sint8Value(-128), `-128`},
		{cim.Uint8Value(255), `255`},
		{cim.Sint16Value(-1), `-1`},
		{cim.Uint16Value(65535), `65535`},
		{cim.Sint32Value(math.MinInt32), `-2147483648`},
		{cim.Uint32Value(math.MaxUint32), `4294967295`},
		{cim.Sint64Value(math.MinInt64), `"-9223372036854775808"`},
		{cim.Uint64Value(math.MaxUint64), `"18446744073709551615"`},
		{cim.Real32Value(0.1), `0.1`},
		{cim.Real32Value(-math.MaxFloat32), `-3.4028235E+38`},
		{cim.Real64Value(1), `1.0`},
		{cim.Real64Value(math.MaxFloat64), `1.7976931348623157E+308`},
		{cim.Real64Value(math.SmallestNonzeroFloat64), `5.0E-324`},
		{cim.Real64Value(math.Copysign(0, -1)), `-0.0`},
		{cim.Real64Value(math.NaN()), `NULL`},
		{cim.Real32Value(float32(math.Inf(-1))), `NULL`},
		{cim.BoolValue(false), `FALSE`},
		{cim.Char16Value('A'), `65`},
		{cim.DatetimeValue(when), `"20240229123456.000000+060"`},
		{cim.ReferenceValue(`A.k="\\"`), `"A.k=\"\\\\\""`},
		{cim.StringValue(""), `""`},
		{cim.StringValue("a\"b\\c\n\t\r\b\f\x00\x1F\x7F"), `"a\"b\\c\n\t\r\b\f\x0000\x001F\x007F"`},
		{cim.StringValue("Grüße 世界 😀"), `"Grüße 世界 😀"`},
		{cim.StringValue("\xED\xA0\x80a"), `"\xD800a"`}, // an unpaired surrogate
		{cim.StringValue("a\xFFb"), `"a\xFFFDb"`},
		{cim.StringsValue([]string{"a", "b"}), `{"a", "b"}`},
		{cim.StringsValue(nil), `{}`},
		{cim.BytesValue([]byte{0, 255}), `{0, 255}`},
		{array(t, cim.TypeUint64, cim.Uint64Value(1), cim.Uint64Value(2)), `{"1", "2"}`},
		{array(t, cim.TypeBoolean, yes, cim.BoolValue(false)), `{TRUE, FALSE}`},
		{array(t, cim.TypeReal64, cim.Real64Value(1), cim.Real64Value(math.Inf(1))), `NULL`},
	} {
		inst := cim.NewInstance(derive(t, nil, &cim.ClassDecl{Name: "A", Properties: []cim.PropertyDecl{
			prop("P", test.value.Type()),
		}}))
		set(t, inst, "P", test.value)
		checkText(t, mof.Text(inst, mof.TextOptions{}), "\ninstance of A\n{\n\tP = "+test.want+";\n};\n")
	}
}

// A NULL that hides a default, and qualifiers of a property that is NULL, are
// part of the object although other NULLs are not written.
func TestAppendInstanceNull(t *testing.T) {
	d := prop("D", cim.TypeString)
	d.Default, d.HasDefault = cim.StringValue("x"), true
	c := derive(t, nil, &cim.ClassDecl{Name: "A", Properties: []cim.PropertyDecl{
		d, prop("E", cim.TypeString), prop("F", cim.TypeString), prop("G", cim.TypeString),
	}})
	inst := cim.NewInstance(c)
	set(t, inst, "D", cim.Value{})
	set(t, inst, "E", cim.Value{})
	if err := inst.SetLocalQualifiers(cim.Qualifiers{qual("i", cim.Sint32Value(7), cim.ToInstance)}); err != nil {
		t.Fatal(err)
	}
	if err := inst.SetLocalPropertyQualifiers(2, cim.Qualifiers{qual("q", yes, 0)}); err != nil {
		t.Fatal(err)
	}
	checkText(t, mof.Text(inst, mof.TextOptions{}), `
[i(7): ToInstance]
instance of A
{
	D = NULL;
	[q] F = NULL;
};
`)
	inst = cim.NewInstance(c)
	checkText(t, mof.Text(inst, mof.TextOptions{}), "\ninstance of A\n{\n\tD = \"x\";\n};\n")
}

func TestAppendEmbedded(t *testing.T) {
	in := derive(t, nil, &cim.ClassDecl{Name: "In", Properties: []cim.PropertyDecl{
		prop("X", cim.TypeSint32), prop("E", cim.TypeObject),
	}})
	out := derive(t, nil, &cim.ClassDecl{Name: "Out", Properties: []cim.PropertyDecl{
		prop("A", cim.TypeObject.ArrayOf()), prop("C", cim.TypeObject), prop("E", cim.TypeObject), prop("Z", cim.TypeUint8),
	}})
	leaf := func(x int32) *cim.Instance {
		i := cim.NewInstance(in)
		set(t, i, "X", cim.Sint32Value(x))
		return i
	}
	middle := leaf(1)
	set(t, middle, "E", cim.ObjectValue(leaf(2)))
	inst := cim.NewInstance(out)
	set(t, inst, "A", cim.ObjectsValue([]cim.Object{leaf(3), leaf(4)}))
	set(t, inst, "C", cim.ObjectValue(derive(t, in, &cim.ClassDecl{
		Name: "Sub", Super: "In", Qualifiers: cim.Qualifiers{qual("q", yes, 0)},
		Properties: []cim.PropertyDecl{prop("Y", cim.TypeString)},
	})))
	set(t, inst, "E", cim.ObjectValue(middle))
	set(t, inst, "Z", cim.Uint8Value(0))
	checkText(t, mof.Text(inst, mof.TextOptions{}), `
instance of Out
{
	A = {
	instance of In
	{
		X = 3;
	},
	instance of In
	{
		X = 4;
	}};
	C =
	[q]
	class Sub : In
	{
		string Y;
	};
	E =
	instance of In
	{
		E =
		instance of In
		{
			X = 2;
		};
		X = 1;
	};
	Z = 0;
};
`)
}

// Objects that contain themselves cannot be printed for ever.
func TestAppendNesting(t *testing.T) {
	c := derive(t, nil, &cim.ClassDecl{Name: "A", Properties: []cim.PropertyDecl{prop("E", cim.TypeObject)}})
	inst := cim.NewInstance(c)
	inst.Put(0, cim.ObjectValue(inst))
	text := mof.Text(inst, mof.TextOptions{})
	if n := strings.Count(text, "instance of"); n != cim.MaxNesting+1 {
		t.Errorf("%d instances in the text, want %d", n, cim.MaxNesting+1)
	}
	if !strings.Contains(text, "E = NULL;") {
		t.Error("the innermost object is not NULL")
	}
}

func testClass(t testing.TB) *cim.Class {
	above := prop("Above", cim.TypeString)
	above.Default, above.HasDefault = cim.StringValue("x"), true
	hidden := prop("Hidden", cim.TypeString)
	hidden.Default, hidden.HasDefault = cim.StringValue("x"), true
	super := derive(t, nil, &cim.ClassDecl{
		Name: "Super",
		Qualifiers: cim.Qualifiers{
			qual("Description", cim.StringValue("d"), cim.ToSubclass),
			qual("Abstract", yes, cim.ToSubclass|cim.ToInstance|cim.DisableOverride),
		},
		Properties: []cim.PropertyDecl{prop("K", cim.TypeString, qual("key", yes, 0)), above, hidden},
	})
	p := prop("P", cim.TypeString, qual("read", yes, cim.ToSubclass))
	p.Default, p.HasDefault = cim.StringValue("x"), true
	ref := prop("R", cim.TypeReference)
	ref.Class = "Other"
	object := prop("O", cim.TypeObject.ArrayOf())
	object.Class = "Other"
	override := prop("Hidden", cim.TypeString)
	override.HasDefault = true
	none := prop("None", cim.TypeSint32.ArrayOf(), qual("MaxLen", cim.Sint32Value(8), 0))
	none.HasDefault = true
	return derive(t, super, &cim.ClassDecl{
		Name: "Name", Super: "Super",
		Qualifiers: cim.Qualifiers{
			qual("Description", cim.StringValue("e"), cim.Amended|cim.ToSubclass),
			qual("Version", cim.StringValue("1.0"), 0),
			qual("Locale", cim.Sint32Value(1033), cim.ToInstance),
			qual("Values", cim.StringsValue([]string{"a", "b"}), cim.Amended|cim.DisableOverride|cim.ToInstance|cim.ToSubclass),
			qual("Big", cim.Sint64Value(1<<40), 0),
			qual("Ratio", cim.Real64Value(2), 0),
			qual("Off", cim.BoolValue(false), 0),
		},
		Properties: []cim.PropertyDecl{
			p, ref, object, override, none,
			prop("W", cim.TypeReference), prop("V", cim.TypeObject), prop("Z", cim.TypeDatetime),
			prop("S", cim.TypeUint32, qual("ID", cim.Sint32Value(3), 0)),
		},
		Methods: []cim.MethodDecl{
			{
				Name: "M", Return: cim.TypeUint32,
				Qualifiers: cim.Qualifiers{qual("Implemented", yes, 0), qual("Static", yes, 0)},
				Parameters: []cim.ParameterDecl{
					{Name: "c", Type: cim.TypeSint32.ArrayOf(), HasDefault: true,
						Default:    array(t, cim.TypeSint32, cim.Sint32Value(1), cim.Sint32Value(2)),
						Qualifiers: cim.Qualifiers{qual("in", yes, 0), qual("out", yes, 0), qual("ID", cim.Sint32Value(2), 0)}},
					{Name: "a", Type: cim.TypeString,
						Qualifiers: cim.Qualifiers{qual("ID", cim.Sint32Value(0), 0), qual("in", yes, 0)}},
					{Name: "b", Type: cim.TypeReference, Class: "Other",
						Qualifiers: cim.Qualifiers{qual("out", yes, 0), qual("ID", cim.Sint32Value(1), 0)}},
				},
			},
			{Name: "Nothing"},
			{Name: "Obj", Return: cim.TypeObject, ReturnClass: "Other"},
		},
	})
}

// mof.md#54: what is inherited is absent, also the propagated qualifiers.
// mof.md#56: parameters stand in the order of their IDs, one that is in and out
// once, and without ID.
func TestAppendClass(t *testing.T) {
	checkText(t, mof.Text(testClass(t), mof.TextOptions{}), `
[Description("e"): Amended ToSubclass, Version("1.0"), Locale(1033): ToInstance, Values{"a", "b"}: Amended DisableOverride ToInstance ToSubclass, Big(1099511627776), Ratio(2.0), Off(FALSE)]
class Name : Super
{
	[read: ToSubclass] string P = "x";
	Other ref R;
	Other O[];
	string Hidden = NULL;
	[MaxLen(8)] sint32 None[];
	object ref W;
	object V;
	datetime Z;
	[ID(3)] uint32 S;
	[Implemented, Static] uint32 M([in] string a, [out] Other ref b, [in, out] sint32 c[] = {1, 2});
	void Nothing();
	Other Obj();
};
`)
}

// Key shows no flavors although it has all of them; Singleton shows them.
func TestAppendForcedFlavors(t *testing.T) {
	c := derive(t, nil, &cim.ClassDecl{Name: "A", Properties: []cim.PropertyDecl{
		prop("K", cim.TypeString, qual("key", yes, 0), qual("read", yes, cim.DisableOverride)),
	}})
	checkText(t, mof.Text(c, mof.TextOptions{}), "\nclass A\n{\n\t[key, read: DisableOverride] string K;\n};\n")
	c = derive(t, nil, &cim.ClassDecl{Name: "S", Qualifiers: cim.Qualifiers{qual("singleton", yes, 0)}})
	checkText(t, mof.Text(c, mof.TextOptions{}), "\n[singleton: DisableOverride ToInstance ToSubclass]\nclass S\n{\n};\n")
}

// mof.md#55: GetObjectText(1) writes no flavors.
func TestAppendNoFlavors(t *testing.T) {
	text := mof.Text(testClass(t), mof.TextOptions{NoFlavors: true})
	for _, flavor := range []string{"Amended", "DisableOverride", "ToInstance", "ToSubclass"} {
		if strings.Contains(text, flavor) {
			t.Errorf("%s stands in:\n%s", flavor, text)
		}
	}
	checkParses(t, text, mof.WMI)
}

func TestAppendLayout(t *testing.T) {
	c := derive(t, nil, &cim.ClassDecl{Name: "A", Properties: []cim.PropertyDecl{prop("P", cim.TypeString)}})
	got := mof.Append([]byte("before"), c, mof.TextOptions{CRLF: true, Indent: "  "})
	if diff := cmp.Diff("before\r\nclass A\r\n{\r\n  string P;\r\n};\r\n", string(got)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestAppendQualifierDecl(t *testing.T) {
	for _, test := range []struct {
		decl    cim.QualifierDecl
		dialect mof.Dialect
		want    string
	}{
		{
			cim.QualifierDecl{Name: "Abstract", Type: cim.TypeBoolean, Default: cim.BoolValue(false),
				Scope: cim.ScopeClass | cim.ScopeAssociation | cim.ScopeIndication},
			mof.DMTF,
			"Qualifier Abstract : boolean = FALSE,\n\tScope(class, association, indication),\n\tFlavor(EnableOverride, Restricted);\n",
		}, {
			cim.QualifierDecl{Name: "Description", Type: cim.TypeString, Scope: cim.ScopeAny, Flavor: cim.ToSubclass | cim.Amended},
			mof.DMTF,
			"Qualifier Description : string,\n\tScope(any),\n\tFlavor(EnableOverride, ToSubclass, Translatable);\n",
		}, {
			cim.QualifierDecl{Name: "Max", Type: cim.TypeSint64.ArrayOf(), Default: cim.NumbersValue(cim.TypeSint64, []uint64{1, 2}),
				Scope: cim.ScopeProperty, Flavor: cim.DisableOverride | cim.ToInstance},
			mof.DMTF,
			"Qualifier Max : sint64[] = {1, 2},\n\tScope(property),\n\tFlavor(DisableOverride, NotToSubclass, ToInstance);\n",
		}, {
			cim.QualifierDecl{Name: "Description", Flavor: cim.ToSubclass | cim.Amended},
			mof.WMI,
			"Qualifier Description : EnableOverride ToSubclass Amended;\n",
		},
	} {
		got := string(mof.AppendQualifierDecl(nil, &test.decl, mof.TextOptions{}))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
		checkParses(t, got, test.dialect)
	}
}
