package cimxml_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cim/cimxml"
)

func TestValue(t *testing.T) {
	for _, test := range []struct {
		typ  cim.Type
		xml  string
		want cim.Value
	}{
		{cim.TypeString, `<VALUE> a </VALUE>`, cim.StringValue(" a ")},
		{cim.TypeString, `<VALUE/>`, cim.StringValue("")},
		{cim.TypeString, `<VALUE.NULL/>`, cim.Value{}},
		{cim.TypeSint8, `<VALUE> -128 </VALUE>`, cim.Sint8Value(-128)},
		{cim.TypeUint8, `<VALUE>0xFF</VALUE>`, cim.Uint8Value(255)},
		{cim.TypeSint16, `<VALUE>-0X10</VALUE>`, cim.Sint16Value(-16)},
		{cim.TypeUint64, `<VALUE>+18446744073709551615</VALUE>`, cim.Uint64Value(math.MaxUint64)},
		{cim.TypeSint64, `<VALUE>-9223372036854775808</VALUE>`, cim.Sint64Value(math.MinInt64)},
		{cim.TypeUint32, `<VALUE>-0</VALUE>`, cim.Uint32Value(0)},
		{cim.TypeReal32, `<VALUE>1e3</VALUE>`, cim.Real32Value(1000)},
		{cim.TypeReal64, `<VALUE> -INF </VALUE>`, cim.Real64Value(math.Inf(-1))},
		{cim.TypeReal64, `<VALUE>5</VALUE>`, cim.Real64Value(5)},
		{cim.TypeBoolean, "<VALUE>\n True\n</VALUE>", cim.BoolValue(true)},
		{cim.TypeChar16, `<VALUE> </VALUE>`, cim.Char16Value(' ')},
		{cim.TypeDatetime, `<VALUE> 20240229123456.000001+060 </VALUE>`, cim.TextValue(cim.TypeDatetime, "20240229123456.000001+060")},
		{cim.TypeReference, `<VALUE>C.k=1</VALUE>`, cim.ReferenceValue("C.k=1")},
		{cim.TypeReference, `<VALUE.REFERENCE><CLASSNAME NAME="C"/></VALUE.REFERENCE>`, cim.ReferenceValue("C")},
		{cim.TypeString, `<VALUE.REFERENCE><CLASSNAME NAME="C"/></VALUE.REFERENCE>`, cim.StringValue("C")},
		{cim.TypeUint8.ArrayOf(), `<VALUE.ARRAY> <VALUE>1</VALUE> </VALUE.ARRAY>`, cim.BytesValue([]byte{1})},
		{cim.TypeUint8.ArrayOf(), `<VALUE.ARRAY/>`, cim.BytesValue(nil)},
		{cim.TypeReference.ArrayOf(), `<VALUE.REFARRAY><VALUE.REFERENCE><CLASSNAME NAME="C"/></VALUE.REFERENCE></VALUE.REFARRAY>`,
			cim.TextsValue(cim.TypeReference, []string{"C"})},
		{cim.TypeObject, `<VALUE> </VALUE>`, cim.Value{}},
	} {
		d := read(t, cimxml.CIM, []byte(test.xml))
		got, err := d.Value(test.typ)
		if err != nil || !got.Equal(test.want) {
			t.Errorf("%s: got %v and %v, want %v", test.xml, got, err, test.want)
		}
		atEnd(t, d)
	}
	for _, test := range []struct {
		typ  cim.Type
		xml  string
		want cim.Status
	}{
		{cim.TypeUint8, `<VALUE>256</VALUE>`, cim.ValueOutOfRange},
		{cim.TypeUint8, `<VALUE>-1</VALUE>`, cim.ValueOutOfRange},
		{cim.TypeSint64, `<VALUE>9223372036854775808</VALUE>`, cim.ValueOutOfRange},
		{cim.TypeSint64, `<VALUE>-9223372036854775809</VALUE>`, cim.ValueOutOfRange},
		{cim.TypeUint64, `<VALUE>18446744073709551616</VALUE>`, cim.ValueOutOfRange},
		{cim.TypeReal32, `<VALUE>1e39</VALUE>`, cim.ValueOutOfRange},
		{cim.TypeUint8, `<VALUE/>`, cim.TypeMismatch},
		{cim.TypeUint8, `<VALUE>-</VALUE>`, cim.TypeMismatch},
		{cim.TypeUint8, `<VALUE>1 2</VALUE>`, cim.TypeMismatch},
		{cim.TypeUint8, `<VALUE>0x</VALUE>`, cim.TypeMismatch},
		{cim.TypeReal64, `<VALUE>0x1p3</VALUE>`, cim.TypeMismatch},
		{cim.TypeReal64, `<VALUE>infinity</VALUE>`, cim.TypeMismatch},
		{cim.TypeBoolean, `<VALUE>1</VALUE>`, cim.TypeMismatch},
		{cim.TypeChar16, `<VALUE>ab</VALUE>`, cim.TypeMismatch},
		{cim.TypeChar16, `<VALUE/>`, cim.TypeMismatch},
		{cim.TypeChar16, `<VALUE>😀</VALUE>`, cim.TypeMismatch},
		{cim.TypeDatetime, `<VALUE>20240230123456.000001+060</VALUE>`, cim.TypeMismatch},
		{cim.TypeUint8.ArrayOf(), `<VALUE>1</VALUE>`, cim.TypeMismatch},
		{cim.TypeUint8, `<VALUE.ARRAY><VALUE>1</VALUE></VALUE.ARRAY>`, cim.TypeMismatch},
		{cim.TypeUint8, `<VALUE.REFERENCE><CLASSNAME NAME="C"/></VALUE.REFERENCE>`, cim.TypeMismatch},
		{cim.TypeUint8.ArrayOf(), `<VALUE.ARRAY><VALUE.NULL/></VALUE.ARRAY>`, cim.IllegalNull},
		{cim.TypeUint8.ArrayOf(), `<VALUE.ARRAY><VALUE.ARRAY/></VALUE.ARRAY>`, cim.InvalidParameter},
		{cim.TypeUint8, `<HOST/>`, cim.InvalidParameter},
		{cim.TypeObject, `<VALUE>text</VALUE>`, cim.InvalidSyntax},
		{cim.TypeObject, `<VALUE>&lt;INSTANCE CLASSNAME="a"/&gt;&lt;INSTANCE CLASSNAME="a"/&gt;</VALUE>`, cim.InvalidSyntax},
	} {
		d := read(t, cimxml.CIM, []byte(test.xml))
		if v, err := d.Value(test.typ); cim.StatusOf(err) != test.want {
			t.Errorf("%s: got %v and %v, want %v", test.xml, v, err, test.want)
		}
	}
}

func TestPath(t *testing.T) {
	name := func(keys string) string { return `<INSTANCENAME CLASSNAME="C">` + keys + `</INSTANCENAME>` }
	key := func(attrs, text string) string {
		return name(`<KEYBINDING NAME="k"><KEYVALUE` + attrs + `>` + text + `</KEYVALUE></KEYBINDING>`)
	}
	for _, test := range []struct{ xml, want string }{
		{`<CLASSNAME NAME="C"/>`, `C`},
		{name(``), `C=@`},
		{name(`<KEYVALUE>a</KEYVALUE>`), `C="a"`},
		{name(`<VALUE.REFERENCE><CLASSNAME NAME="D"/></VALUE.REFERENCE>`), `C="D"`},
		{key(``, ` a "`), `C.k=" a \""`},
		{key(` VALUETYPE="numeric"`, ` 5 `), `C.k=5`},
		{key(` VALUETYPE="numeric" TYPE="uint64"`, `5`), `C.k="5"`},
		{key(` VALUETYPE="numeric"`, `5000000000`), `C.k="5000000000"`},
		{key(` VALUETYPE="numeric"`, `0x1F`), `C.k=0x1F`},
		{key(` VALUETYPE="numeric"`, `007`), `C.k="007"`},
		{key(` VALUETYPE="numeric"`, `1.5`), `C.k="1.5"`},
		{key(` TYPE="uint8"`, `5`), `C.k=5`},
		{key(` VALUETYPE="boolean"`, `true`), `C.k=TRUE`},
		{key(` VALUETYPE="string" TYPE="boolean"`, `False`), `C.k=FALSE`},
		{`<OBJECTPATH><LOCALCLASSPATH><LOCALNAMESPACEPATH><NAMESPACE NAME="/root//a/"/></LOCALNAMESPACEPATH>` +
			`<CLASSNAME NAME="C"/><FUTURE/></LOCALCLASSPATH></OBJECTPATH>`, `root\a:C`},
		{`<NAMESPACEPATH><HOST> h:5989 </HOST><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="a"/>` +
			`</LOCALNAMESPACEPATH></NAMESPACEPATH>`, `\\h:5989\root\a`},
	} {
		d := read(t, cimxml.CIM, []byte(test.xml))
		got, err := d.Path()
		if err != nil || got.String() != test.want {
			t.Errorf("%s: got %s and %v, want %s", test.xml, got, err, test.want)
		}
		atEnd(t, d)
	}
	for _, test := range []struct {
		xml  string
		want cim.Status
	}{
		{`<CLASSNAME/>`, cim.InvalidParameter},
		{`<INSTANCENAME/>`, cim.InvalidParameter},
		{`<CLASSPATH/>`, cim.InvalidParameter},
		{`<LOCALNAMESPACEPATH/>`, cim.InvalidParameter},
		{`<LOCALCLASSPATH>` + name(``) + `</LOCALCLASSPATH>`, cim.InvalidParameter},
		{`<INSTANCEPATH><CLASSNAME NAME="C"/></INSTANCEPATH>`, cim.InvalidParameter},
		{`<HOST>a</HOST>`, cim.InvalidParameter},
		{`<NAMESPACEPATH><HOST>a/b</HOST></NAMESPACEPATH>`, cim.InvalidParameter},
		{`<NAMESPACEPATH><HOST>a</HOST><HOST>a</HOST></NAMESPACEPATH>`, cim.InvalidParameter},
		{`<LOCALNAMESPACEPATH><NAMESPACE NAME="root:C"/></LOCALNAMESPACEPATH>`, cim.InvalidParameter},
		{`<OBJECTPATH><CLASSNAME NAME="A"/><CLASSNAME NAME="B"/></OBJECTPATH>`, cim.InvalidParameter},
		{`<OBJECTPATH><INSTANCE CLASSNAME="A"/></OBJECTPATH>`, cim.InvalidParameter},
		{name(`<KEYVALUE/><KEYVALUE/>`), cim.InvalidParameter},
		{name(`<KEYBINDING NAME="a"/>`), cim.InvalidParameter},
		{name(`<KEYBINDING NAME="a"><KEYVALUE/><KEYVALUE/></KEYBINDING>`), cim.InvalidParameter},
		{name(strings.Repeat(`<KEYBINDING NAME="a"><KEYVALUE/></KEYBINDING>`, 2)), cim.InvalidParameter},
		{key(` VALUETYPE="x"`, `5`), cim.InvalidParameter},
		{key(` VALUETYPE="numeric"`, `x`), cim.TypeMismatch},
		{key(` VALUETYPE="boolean"`, `1`), cim.TypeMismatch},
	} {
		d := read(t, cimxml.CIM, []byte(test.xml))
		if p, err := d.Path(); cim.StatusOf(err) != test.want {
			t.Errorf("%s: got %v and %v, want %v", test.xml, p, err, test.want)
		}
	}
}

// A reference keeps the port of a server, on its way in and out.
func TestReferencePort(t *testing.T) {
	const xml = `<VALUE.REFERENCE><INSTANCEPATH><NAMESPACEPATH><HOST>h:5989</HOST><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/>` +
		`</LOCALNAMESPACEPATH></NAMESPACEPATH><INSTANCENAME CLASSNAME="C"><KEYBINDING NAME="k"><KEYVALUE VALUETYPE="numeric">1` +
		`</KEYVALUE></KEYBINDING></INSTANCENAME></INSTANCEPATH></VALUE.REFERENCE>`
	v, err := read(t, cimxml.CIM, []byte(xml)).Value(cim.TypeReference)
	if want := `\\h:5989\root:C.k=1`; err != nil || v.Text() != want {
		t.Fatalf("got %v and %v, want %s", v, err, want)
	}
	var enc cimxml.Encoder
	check(t, enc.AppendValue(nil, v), xml)
}

// testClass is what the instances below are read with.
func testClass(t testing.TB) cimxml.ClassFunc {
	c := derive(t, nil, &cim.ClassDecl{Name: "C", Properties: []cim.PropertyDecl{
		{Name: "A", Type: cim.TypeString, Default: cim.StringValue("d"), HasDefault: true},
		{Name: "B", Type: cim.TypeUint8},
		{Name: "K", Type: cim.TypeUint64, Qualifiers: cim.Qualifiers{{Name: "key", Value: yes}}},
		{Name: "L", Type: cim.TypeString.ArrayOf()},
		{Name: "O", Type: cim.TypeObject, Class: "D"},
		{Name: "R", Type: cim.TypeReference},
	}})
	return func(name string) (*cim.Class, error) {
		switch name {
		case "C":
			return c, nil
		case "Secret":
			return nil, cim.Errorf(cim.AccessDenied, "not yours")
		}
		return nil, nil
	}
}

// An instance of a known class is read with the types of the class, wherever it
// is harmless that the element says something else.
func TestTypedInstance(t *testing.T) {
	d := read(t, cimxml.CIM, []byte(`
		<VALUE.NAMEDINSTANCE>
			<INSTANCENAME CLASSNAME="C"><KEYBINDING NAME="k"><KEYVALUE VALUETYPE="numeric">7</KEYVALUE></KEYBINDING></INSTANCENAME>
			<INSTANCE CLASSNAME="C" xml:lang="en" FUTURE="x">
				<FUTURE>thing</FUTURE>
				<PROPERTY NAME="r" TYPE="string"><VALUE>D.x=1</VALUE></PROPERTY>
				<PROPERTY NAME="B" TYPE="string"><VALUE>5</VALUE></PROPERTY>
				<PROPERTY NAME="A" TYPE="string" PROPAGATED="true"><VALUE>other</VALUE></PROPERTY>
				<PROPERTY NAME="__PATH" TYPE="string"><VALUE>ignored</VALUE></PROPERTY>
				<PROPERTY NAME="L" TYPE="string"/>
			</INSTANCE>
		</VALUE.NAMEDINSTANCE>`))
	d.Classes = testClass(t)
	o, path, err := d.Object()
	if err != nil {
		t.Fatal(err)
	}
	atEnd(t, d)
	inst := o.(*cim.Instance)
	var got []string
	for k, p := range inst.Class().Properties() {
		s := p.Name() + "=" + inst.At(k).String()
		if inst.IsSet(k) {
			s += " set"
		}
		got = append(got, s)
	}
	want := []string{"A=other set", "B=5 set", "K=7 set", "L=NULL set", "O=NULL", "R=D.x=1 set"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	if path.String() != "C.k=7" {
		t.Errorf("path: got %s", path)
	}
}

func TestInstanceErrors(t *testing.T) {
	for _, test := range []struct {
		xml  string
		want cim.Status
	}{
		{`<INSTANCE/>`, cim.InvalidParameter},
		{`<INSTANCE CLASSNAME="Secret"/>`, cim.AccessDenied},
		{`<INSTANCE CLASSNAME="C"><PROPERTY NAME="None" TYPE="string"/></INSTANCE>`, cim.NotFound},
		{`<INSTANCE CLASSNAME="C"><PROPERTY TYPE="string"/></INSTANCE>`, cim.NotFound},
		{`<INSTANCE CLASSNAME="C"><PROPERTY NAME="A"/><PROPERTY NAME="a"/></INSTANCE>`, cim.InvalidParameter},
		{`<INSTANCE CLASSNAME="C"><PROPERTY NAME="A"><VALUE/><VALUE/></PROPERTY></INSTANCE>`, cim.InvalidParameter},
		{`<INSTANCE CLASSNAME="C"><PROPERTY NAME="B"><VALUE>300</VALUE></PROPERTY></INSTANCE>`, cim.ValueOutOfRange},
		{`<INSTANCE CLASSNAME="C"><PROPERTY NAME="L"><VALUE>a</VALUE></PROPERTY></INSTANCE>`, cim.TypeMismatch},
		{`<INSTANCE CLASSNAME="C"><METHOD NAME="A"/></INSTANCE>`, cim.InvalidParameter},
		{`<INSTANCE CLASSNAME="C"><PROPERTY NAME="O"><VALUE>&lt;INSTANCE CLASSNAME="E"/></VALUE></PROPERTY></INSTANCE>`, cim.TypeMismatch},
		{`<INSTANCE CLASSNAME="C"><QUALIFIER NAME="key" TYPE="boolean"/></INSTANCE>`, cim.CannotBeKey},
		{`<INSTANCE CLASSNAME="U"><PROPERTY NAME="a" TYPE="uint33"/></INSTANCE>`, cim.InvalidParameter},
		{`<INSTANCE CLASSNAME="U"><PROPERTY NAME="a"/></INSTANCE>`, cim.InvalidParameter},
		{`<INSTANCE CLASSNAME="U"><PROPERTY NAME="a-b" TYPE="string"/></INSTANCE>`, cim.InvalidParameter},
		{`<INSTANCE CLASSNAME="U"><PROPERTY NAME="a" TYPE="string"/><PROPERTY NAME="A" TYPE="string"/></INSTANCE>`, cim.InvalidObject},
		{`<INSTANCE CLASSNAME="U">` + strings.Repeat(`<PROPERTY NAME="a" TYPE="string"/>`, 1025) + `</INSTANCE>`, cim.TooManyProperties},
		{`<VALUE.OBJECT/>`, cim.InvalidParameter},
		{`<VALUE.OBJECT><INSTANCE CLASSNAME="C"/><INSTANCE CLASSNAME="C"/></VALUE.OBJECT>`, cim.InvalidParameter},
		{`<VALUE.NAMEDINSTANCE><INSTANCE CLASSNAME="C"/><INSTANCENAME CLASSNAME="C"/></VALUE.NAMEDINSTANCE>`, cim.InvalidParameter},
		{`<CLASS NAME="C"><INSTANCE CLASSNAME="C"/></CLASS>`, cim.InvalidParameter},
		{`<CLASS NAME="C"><QUALIFIER NAME="q" TYPE="uint64"><VALUE>18446744073709551615</VALUE></QUALIFIER></CLASS>`, cim.ValueOutOfRange},
		{`<CLASS NAME="C"><PROPERTY NAME="p" TYPE="string" ARRAYSIZE="x"/></CLASS>`, cim.InvalidParameter},
		{`<CLASS NAME="C" SUPERCLASS="Secret"/>`, cim.AccessDenied},
		{`<CLASS NAME="C" SUPERCLASS="C"/>`, cim.CircularReference},
	} {
		d := read(t, cimxml.CIM, []byte(test.xml))
		d.Classes = testClass(t)
		if o, _, err := d.Object(); cim.StatusOf(err) != test.want {
			t.Errorf("%s: got %v and %v, want %v", test.xml, o, err, test.want)
		}
	}
}

// The position of an error is that of the element that is wrong; in an embedded
// object it counts from the start of its text.
func TestErrorPosition(t *testing.T) {
	d := read(t, cimxml.CIM, []byte("<INSTANCE CLASSNAME=\"C\">\n  <PROPERTY NAME=\"B\" TYPE=\"uint8\">\n    <VALUE>x</VALUE>"))
	_, err := d.Instance()
	if want := `line 3, column 5: "x" is not a uint8`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	d = read(t, cimxml.CIM, []byte("<VALUE>&lt;INSTANCE CLASSNAME=\"C\">\n&lt;PROPERTY/></VALUE>"))
	_, err = d.Value(cim.TypeObject)
	if want := `line 1, column 1: embedded object, line 2, column 1: PROPERTY has no attribute NAME`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if again := d.Err(); !errors.Is(again, err) || d.Next() {
		t.Errorf("decoding goes on after an error: %v", again)
	}
}

// Objects may be nested cim.MaxNesting deep and no deeper.
func TestNesting(t *testing.T) {
	c := derive(t, nil, &cim.ClassDecl{Name: "A", Properties: []cim.PropertyDecl{{Name: "E", Type: cim.TypeObject}}})
	inst := cim.NewInstance(c)
	for range cim.MaxNesting {
		outer := cim.NewInstance(c)
		outer.Put(0, cim.ObjectValue(inst))
		inst = outer
	}
	for _, dtd := range dtds {
		enc := cimxml.Encoder{DTD: dtd}
		text := enc.AppendInstance(nil, inst)
		got, err := read(t, dtd, text).Instance()
		if err != nil || !cim.CompareObjects(got, inst, 0) {
			t.Errorf("%d levels: %v", cim.MaxNesting, err)
		}
		if dtd == cimxml.WMI {
			text = append([]byte("<VALUE.OBJECT>"), text...)
			text = append(text, "</VALUE.OBJECT>"...)
		} else {
			text = append(cimxml.AppendText([]byte("<VALUE>"), string(text)), "</VALUE>"...)
		}
		if _, err := read(t, dtd, text).Value(cim.TypeObject); cim.StatusOf(err) != cim.InvalidObject {
			t.Errorf("one level more: got %v, want InvalidObject", err)
		}
	}
}

// A class as another server sends it.
func TestClassDecl(t *testing.T) {
	d := read(t, cimxml.CIM, []byte(`
		<CLASS NAME="C" SUPERCLASS="S">
			<QUALIFIER NAME="Version" TYPE="string" TOSUBCLASS="false" TRANSLATABLE="true"><VALUE>1</VALUE></QUALIFIER>
			<QUALIFIER NAME="Description" TYPE="string" PROPAGATED="true"><VALUE>d</VALUE></QUALIFIER>
			<PROPERTY NAME="Id" TYPE="string" CLASSORIGIN="S" PROPAGATED="true">
				<QUALIFIER NAME="Key" TYPE="boolean" OVERRIDABLE="false"><VALUE>true</VALUE></QUALIFIER>
			</PROPERTY>
			<PROPERTY.ARRAY NAME="List" TYPE="uint16" CLASSORIGIN="S" ARRAYSIZE="8">
				<QUALIFIER NAME="Required" TYPE="boolean" PROPAGATED="true"><VALUE>TRUE</VALUE></QUALIFIER>
				<QUALIFIER NAME="ModelCorrespondence" TYPE="string"><VALUE.ARRAY><VALUE>a</VALUE></VALUE.ARRAY></QUALIFIER>
				<VALUE.ARRAY><VALUE>2</VALUE></VALUE.ARRAY>
			</PROPERTY.ARRAY>
			<PROPERTY NAME="Embedded" TYPE="string" EmbeddedObject="instance">
				<QUALIFIER NAME="EmbeddedInstance" TYPE="string"><VALUE>E</VALUE></QUALIFIER>
			</PROPERTY>
			<PROPERTY.REFERENCE NAME="Ref" REFERENCECLASS="Other"/>
			<METHOD NAME="M" TYPE="uint32" CLASSORIGIN="S">
				<QUALIFIER NAME="Static" TYPE="boolean" PROPAGATED="true"><VALUE>TRUE</VALUE></QUALIFIER>
				<PARAMETER NAME="none" TYPE="uint8"/>
				<PARAMETER.ARRAY NAME="out" TYPE="string">
					<QUALIFIER NAME="IN" TYPE="boolean"><VALUE>FALSE</VALUE></QUALIFIER>
					<QUALIFIER NAME="OUT" TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER>
					<QUALIFIER NAME="MaxLen" TYPE="uint32"><VALUE>64</VALUE></QUALIFIER>
				</PARAMETER.ARRAY>
			</METHOD>
		</CLASS>`))
	own, inherited, err := d.ClassDecl()
	if err != nil {
		t.Fatal(err)
	}
	q := func(name string, v cim.Value, f cim.Flavor) cim.Qualifier {
		return cim.Qualifier{Name: name, Value: v, Flavor: f}
	}
	in := q("In", yes, cim.ToSubclass|cim.DisableOverride)
	out := q("OUT", yes, cim.ToSubclass)
	maxLen := q("MaxLen", cim.Sint32Value(64), cim.ToSubclass)
	static := cim.Qualifiers{q("Static", yes, cim.ToSubclass)}
	wantOwn := &cim.ClassDecl{
		Name: "C", Super: "S", Qualifiers: cim.Qualifiers{q("Version", cim.StringValue("1"), cim.Amended)},
		Properties: []cim.PropertyDecl{
			{
				Name: "List", Type: cim.TypeUint16.ArrayOf(), Default: cim.NumbersValue(cim.TypeUint16, []uint64{2}), HasDefault: true,
				Qualifiers: cim.Qualifiers{
					q("MaxLen", cim.Sint32Value(8), cim.ToSubclass),
					q("ModelCorrespondence", cim.StringsValue([]string{"a"}), cim.ToSubclass),
				},
			},
			{Name: "Embedded", Type: cim.TypeString, Qualifiers: cim.Qualifiers{q("EmbeddedInstance", cim.StringValue("E"), cim.ToSubclass)}},
			{Name: "Ref", Type: cim.TypeReference, Class: "Other"},
		},
		Methods: []cim.MethodDecl{{Name: "M", Return: cim.TypeUint32, Parameters: []cim.ParameterDecl{
			{Name: "none", Type: cim.TypeUint8, Qualifiers: cim.Qualifiers{in}},
			{Name: "out", Type: cim.TypeString.ArrayOf(), Qualifiers: cim.Qualifiers{out, maxLen}},
		}}},
	}
	wantInherited := &cim.ClassDecl{
		Name: "S", Qualifiers: cim.Qualifiers{q("Description", cim.StringValue("d"), cim.ToSubclass)},
		Properties: []cim.PropertyDecl{
			{Name: "Id", Type: cim.TypeString, Qualifiers: cim.Qualifiers{q("Key", yes, cim.ToSubclass|cim.DisableOverride)}},
			{Name: "List", Type: cim.TypeUint16.ArrayOf(), Qualifiers: cim.Qualifiers{q("Required", yes, cim.ToSubclass)}},
		},
		Methods: []cim.MethodDecl{{Name: "M", Return: cim.TypeUint32, Qualifiers: static, Parameters: []cim.ParameterDecl{
			{Name: "none", Type: cim.TypeUint8, Qualifiers: cim.Qualifiers{in}},
			{Name: "out", Type: cim.TypeString.ArrayOf(), Qualifiers: cim.Qualifiers{out}},
		}}},
	}
	values := cmp.Comparer(cim.Value.Equal)
	if diff := cmp.Diff(wantOwn, own, values); diff != "" {
		t.Errorf("own definition (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantInherited, inherited, values); diff != "" {
		t.Errorf("inherited (-want +got):\n%s", diff)
	}
}

// PARAMVALUE of servers that say less about types than the DTD asks for.
func TestParamValue(t *testing.T) {
	for _, test := range []struct {
		xml  string
		want cim.Value
	}{
		{`<PARAMVALUE NAME="p"/>`, cim.Value{}},
		{`<PARAMVALUE NAME="p"><VALUE>5</VALUE></PARAMVALUE>`, cim.StringValue("5")},
		{`<PARAMVALUE NAME="p" PARAMTYPE="uint8"><VALUE>5</VALUE></PARAMVALUE>`, cim.Uint8Value(5)},
		{`<PARAMVALUE NAME="p" PARAMTYPE="uint8"><VALUE.ARRAY><VALUE>5</VALUE></VALUE.ARRAY></PARAMVALUE>`, cim.BytesValue([]byte{5})},
		{`<RETURNVALUE PARAMTYPE="sint32"><VALUE>0</VALUE></RETURNVALUE>`, cim.Sint32Value(0)},
		{`<PARAMVALUE NAME="p" PARAMTYPE="reference"><INSTANCENAME CLASSNAME="C"/></PARAMVALUE>`, cim.ReferenceValue("C=@")},
	} {
		d := read(t, cimxml.CIM, []byte(test.xml))
		if _, got, err := d.ParamValue(nil); err != nil || !got.Equal(test.want) {
			t.Errorf("%s: got %v and %v, want %v", test.xml, got, err, test.want)
		}
	}
	d := read(t, cimxml.CIM, []byte(`<PARAMVALUE NAME="p" PARAMTYPE="string"><VALUE>5</VALUE></PARAMVALUE>`))
	_, got, err := d.ParamValue(func(string) cim.Type { return cim.TypeUint16 })
	if want := cim.Uint16Value(5); err != nil || !got.Equal(want) {
		t.Errorf("with a declared type: got %v and %v, want %v", got, err, want)
	}
	for _, test := range []string{
		`<PARAMVALUE/>`, `<VALUE/>`, `<PARAMVALUE NAME="p" PARAMTYPE="x"/>`,
		`<PARAMVALUE NAME="p"><VALUE/><VALUE/></PARAMVALUE>`, `<PARAMVALUE NAME="p"><HOST/></PARAMVALUE>`,
	} {
		d := read(t, cimxml.CIM, []byte(test))
		if _, _, err := d.ParamValue(nil); cim.StatusOf(err) != cim.InvalidParameter {
			t.Errorf("%s: got %v, want InvalidParameter", test, err)
		}
	}
}

// Some servers send the qualifiers of the class along with its instances.
func TestSkipQualifiers(t *testing.T) {
	class, err := cim.Derive(nil, &cim.ClassDecl{Name: "A", Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	const text = `<INSTANCE CLASSNAME="A"><PROPERTY NAME="Id" TYPE="string"><QUALIFIER NAME="Key" TYPE="boolean"><VALUE>true</VALUE></QUALIFIER><VALUE>x</VALUE></PROPERTY></INSTANCE>`
	for _, skip := range []bool{false, true} {
		d := cimxml.NewDecoderBytes([]byte(text))
		d.Classes = func(string) (*cim.Class, error) { return class, nil }
		d.SkipQualifiers = skip
		d.Next()
		inst, err := d.Instance()
		if (err == nil) != skip {
			t.Errorf("SkipQualifiers %t: %v", skip, err)
		}
		if skip && (len(inst.LocalPropertyQualifiers(0)) != 0 || inst.At(0).Text() != "x") {
			t.Errorf("instance %v", inst)
		}
	}
}
