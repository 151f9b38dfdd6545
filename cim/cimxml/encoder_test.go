package cimxml_test

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cim/cimxml"
)

var (
	between = regexp.MustCompile(`>\n\t*<`)
	yes     = cim.BoolValue(true)
)

// check compares XML with what is wanted, which may have line ends and tabs
// between its tags.
func check(t *testing.T, got []byte, want string) {
	t.Helper()
	want = between.ReplaceAllString(strings.TrimSpace(want), "><")
	if want != string(got) {
		t.Errorf("XML (-want +got):\n%s", cmp.Diff(strings.SplitAfter(want, ">"), strings.SplitAfter(string(got), ">")))
	}
}

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

func TestAppendValue(t *testing.T) {
	for _, test := range []struct {
		value cim.Value
		want  string
	}{
		{cim.Value{}, ``},
		{cim.StringValue(""), `<VALUE></VALUE>`},
		{cim.StringValue("a<b"), `<VALUE>a&lt;b</VALUE>`},
		{cim.Sint64Value(math.MinInt64), `<VALUE>-9223372036854775808</VALUE>`},
		{cim.Uint64Value(math.MaxUint64), `<VALUE>18446744073709551615</VALUE>`},
		{cim.BoolValue(false), `<VALUE>FALSE</VALUE>`},
		{cim.Char16Value('<'), `<VALUE>&lt;</VALUE>`},
		{cim.Char16Value('\r'), `<VALUE>&#13;</VALUE>`},
		{cim.Char16Value(0), "<VALUE>\uFFFD</VALUE>"},
		{cim.Char16Value(0xD800), "<VALUE>\uFFFD</VALUE>"},
		{cim.Real32Value(0.1), `<VALUE>0.1</VALUE>`},
		{cim.Real64Value(1e300), `<VALUE>1.0E+300</VALUE>`},
		{cim.Real64Value(math.Inf(1)), `<VALUE>INF</VALUE>`},
		{cim.Real64Value(math.Inf(-1)), `<VALUE>-INF</VALUE>`},
		{cim.Real64Value(math.NaN()), `<VALUE>NaN</VALUE>`},
		{cim.BytesValue([]byte{1, 255}), `<VALUE.ARRAY><VALUE>1</VALUE><VALUE>255</VALUE></VALUE.ARRAY>`},
		{cim.StringsValue(nil), `<VALUE.ARRAY></VALUE.ARRAY>`},
		{cim.ReferenceValue(`C`), `<VALUE.REFERENCE><CLASSNAME NAME="C"/></VALUE.REFERENCE>`},
		{cim.ReferenceValue(`C=@`), `<VALUE.REFERENCE><INSTANCENAME CLASSNAME="C"/></VALUE.REFERENCE>`},
		{cim.ReferenceValue(`no path`), `<VALUE.REFERENCE><CLASSNAME NAME="no path"/></VALUE.REFERENCE>`},
		{cim.ReferenceValue(`root\cimv2`), `<VALUE.REFERENCE><CLASSNAME NAME="root\cimv2"/></VALUE.REFERENCE>`},
		{cim.TextsValue(cim.TypeReference, []string{"C"}),
			`<VALUE.REFARRAY><VALUE.REFERENCE><CLASSNAME NAME="C"/></VALUE.REFERENCE></VALUE.REFARRAY>`},
	} {
		var enc cimxml.Encoder
		check(t, enc.AppendValue(nil, test.value), test.want)
	}
}

func TestAppendPath(t *testing.T) {
	c := derive(t, nil, &cim.ClassDecl{Name: "C", Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeUint64, Qualifiers: cim.Qualifiers{{Name: "key", Value: yes}}},
	}})
	classes := func(name string) (*cim.Class, error) {
		if name == "C" {
			return c, nil
		}
		return nil, cim.Errorf(cim.NotFound, "no %s", name)
	}
	for _, test := range []struct {
		path    string
		classes cimxml.ClassFunc
		want    string
	}{
		{`root\cimv2`, nil, `<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="cimv2"/></LOCALNAMESPACEPATH>`},
		{`\\host\root\a`, nil, `
			<NAMESPACEPATH><HOST>host</HOST>
				<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="a"/></LOCALNAMESPACEPATH>
			</NAMESPACEPATH>`},
		{`root\a:C`, nil, `
			<LOCALCLASSPATH>
				<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="a"/></LOCALNAMESPACEPATH>
				<CLASSNAME NAME="C"/>
			</LOCALCLASSPATH>`},
		{`\\host\root\a:C`, nil, `
			<CLASSPATH>
				<NAMESPACEPATH><HOST>host</HOST>
					<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="a"/></LOCALNAMESPACEPATH>
				</NAMESPACEPATH>
				<CLASSNAME NAME="C"/>
			</CLASSPATH>`},
		{`\\.\root:C=@`, nil, `
			<LOCALINSTANCEPATH>
				<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/></LOCALNAMESPACEPATH>
				<INSTANCENAME CLASSNAME="C"/>
			</LOCALINSTANCEPATH>`},
		{`\\host\root:C.b=TRUE,n=-5,s="x<"`, nil, `
			<INSTANCEPATH>
				<NAMESPACEPATH><HOST>host</HOST><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/></LOCALNAMESPACEPATH></NAMESPACEPATH>
				<INSTANCENAME CLASSNAME="C">
					<KEYBINDING NAME="b"><KEYVALUE VALUETYPE="boolean">TRUE</KEYVALUE></KEYBINDING>
					<KEYBINDING NAME="n"><KEYVALUE VALUETYPE="numeric">-5</KEYVALUE></KEYBINDING>
					<KEYBINDING NAME="s"><KEYVALUE VALUETYPE="string">x&lt;</KEYVALUE></KEYBINDING>
				</INSTANCENAME>
			</INSTANCEPATH>`},
		{`C="5"`, nil, `<INSTANCENAME CLASSNAME="C"><KEYVALUE VALUETYPE="string">5</KEYVALUE></INSTANCENAME>`},
		// A class gives the key its name and type.
		{`C="5"`, classes, `
			<INSTANCENAME CLASSNAME="C">
				<KEYBINDING NAME="Id"><KEYVALUE VALUETYPE="numeric" TYPE="uint64">5</KEYVALUE></KEYBINDING>
			</INSTANCENAME>`},
		{`C.id="x"`, classes, `
			<INSTANCENAME CLASSNAME="C">
				<KEYBINDING NAME="id"><KEYVALUE VALUETYPE="string">x</KEYVALUE></KEYBINDING>
			</INSTANCENAME>`},
		{`D="5"`, classes, `<INSTANCENAME CLASSNAME="D"><KEYVALUE VALUETYPE="string">5</KEYVALUE></INSTANCENAME>`},
	} {
		enc := cimxml.Encoder{Classes: test.classes}
		check(t, enc.AppendPath(nil, cim.MustParsePath(test.path)), test.want)
	}
}

// testObjects returns a class with a bit of everything and an instance of it.
func testObjects(t testing.TB) (*cim.Class, *cim.Instance) {
	in := derive(t, nil, &cim.ClassDecl{Name: "In", Properties: []cim.PropertyDecl{{Name: "X", Type: cim.TypeSint32}}})
	super := derive(t, nil, &cim.ClassDecl{
		Name:       "Super",
		Qualifiers: cim.Qualifiers{{Name: "Description", Value: cim.StringValue("d"), Flavor: cim.ToSubclass | cim.Amended}},
		Properties: []cim.PropertyDecl{
			{Name: "Key", Type: cim.TypeUint16, Qualifiers: cim.Qualifiers{{Name: "key", Value: yes}}},
			{Name: "State", Type: cim.TypeString, Default: cim.StringValue("on"), HasDefault: true},
		},
		Methods: []cim.MethodDecl{{Name: "Go"}},
	})
	c := derive(t, super, &cim.ClassDecl{
		Name: "C", Super: "Super",
		Properties: []cim.PropertyDecl{
			{Name: "Array", Type: cim.TypeUint8.ArrayOf()},
			{Name: "Object", Type: cim.TypeObject, Class: "In"},
			{Name: "Ref", Type: cim.TypeReference, Class: "Other"},
			{Name: "Refs", Type: cim.TypeReference.ArrayOf()},
		},
		Methods: []cim.MethodDecl{{
			Name: "M", Return: cim.TypeUint32,
			Qualifiers: cim.Qualifiers{{Name: "Static", Value: yes, Flavor: cim.DisableOverride}},
			Parameters: []cim.ParameterDecl{
				{Name: "a", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "in", Value: yes}}},
				{Name: "b", Type: cim.TypeReference.ArrayOf(), Class: "Other", Qualifiers: cim.Qualifiers{{Name: "out", Value: yes}}},
				{Name: "c", Type: cim.TypeObject, Class: "In", Qualifiers: cim.Qualifiers{{Name: "in", Value: yes}, {Name: "out", Value: yes}}},
			},
		}},
	})
	embedded := cim.NewInstance(in)
	set(t, embedded, "X", cim.Sint32Value(7))
	inst := cim.NewInstance(c)
	set(t, inst, "Key", cim.Uint16Value(1))
	set(t, inst, "Array", cim.BytesValue([]byte{1}))
	set(t, inst, "Object", cim.ObjectValue(embedded))
	set(t, inst, "Ref", cim.ReferenceValue("Other"))
	set(t, inst, "Refs", cim.TextsValue(cim.TypeReference, []string{"Other"}))
	inst.SetOrigin(&cim.Origin{Server: "host", Namespace: `root\a`})
	return c, inst
}

const embeddedText = `&lt;INSTANCE CLASSNAME="In"&gt;&lt;PROPERTY NAME="X" TYPE="sint32"&gt;` +
	`&lt;VALUE&gt;7&lt;/VALUE&gt;&lt;/PROPERTY&gt;&lt;/INSTANCE&gt;`

func TestAppendInstance(t *testing.T) {
	_, inst := testObjects(t)
	var enc cimxml.Encoder
	check(t, enc.AppendInstance(nil, inst), `
		<INSTANCE CLASSNAME="C">
			<PROPERTY.ARRAY NAME="Array" TYPE="uint8"><VALUE.ARRAY><VALUE>1</VALUE></VALUE.ARRAY></PROPERTY.ARRAY>
			<PROPERTY NAME="Key" TYPE="uint16"><VALUE>1</VALUE></PROPERTY>
			<PROPERTY NAME="Object" TYPE="string" EmbeddedObject="instance"><VALUE>`+embeddedText+`</VALUE></PROPERTY>
			<PROPERTY.REFERENCE NAME="Ref" REFERENCECLASS="Other">
				<VALUE.REFERENCE><CLASSNAME NAME="Other"/></VALUE.REFERENCE>
			</PROPERTY.REFERENCE>
			<PROPERTY.ARRAY NAME="Refs" TYPE="string"><VALUE.ARRAY><VALUE>Other</VALUE></VALUE.ARRAY></PROPERTY.ARRAY>
			<PROPERTY NAME="State" TYPE="string" PROPAGATED="true"><VALUE>on</VALUE></PROPERTY>
		</INSTANCE>`)
	enc = cimxml.Encoder{DTD: cimxml.WMI, LocalOnly: true, Properties: []string{"object", "REFS", "State", "None"}, ClassOrigin: true}
	check(t, enc.AppendInstance(nil, inst), `
		<INSTANCE CLASSNAME="C">
			<PROPERTY.OBJECT NAME="Object" REFERENCECLASS="In" CLASSORIGIN="C">
				<VALUE.OBJECT>
					<INSTANCE CLASSNAME="In">
						<PROPERTY NAME="X" TYPE="sint32" CLASSORIGIN="In"><VALUE>7</VALUE></PROPERTY>
					</INSTANCE>
				</VALUE.OBJECT>
			</PROPERTY.OBJECT>
			<PROPERTY.REFARRAY NAME="Refs" CLASSORIGIN="C">
				<VALUE.REFARRAY><VALUE.REFERENCE><CLASSNAME NAME="Other"/></VALUE.REFERENCE></VALUE.REFARRAY>
			</PROPERTY.REFARRAY>
		</INSTANCE>`)
	enc = cimxml.Encoder{Properties: []string{}}
	check(t, enc.AppendInstance(nil, inst), `<INSTANCE CLASSNAME="C"></INSTANCE>`)
}

func TestAppendSystemProperties(t *testing.T) {
	_, inst := testObjects(t)
	enc := cimxml.Encoder{DTD: cimxml.WMI, SystemProperties: true, Properties: []string{"Key"}, ClassOrigin: true}
	check(t, enc.AppendInstance(nil, inst), `
		<INSTANCE CLASSNAME="C">
			<PROPERTY NAME="__GENUS" TYPE="sint32" CLASSORIGIN="___SYSTEM"><VALUE>2</VALUE></PROPERTY>
			<PROPERTY NAME="__CLASS" TYPE="string" CLASSORIGIN="___SYSTEM"><VALUE>C</VALUE></PROPERTY>
			<PROPERTY NAME="__SUPERCLASS" TYPE="string" CLASSORIGIN="___SYSTEM"><VALUE>Super</VALUE></PROPERTY>
			<PROPERTY NAME="__DYNASTY" TYPE="string" CLASSORIGIN="___SYSTEM"><VALUE>Super</VALUE></PROPERTY>
			<PROPERTY NAME="__RELPATH" TYPE="string" CLASSORIGIN="___SYSTEM"><VALUE>C.Key=1</VALUE></PROPERTY>
			<PROPERTY NAME="__PROPERTY_COUNT" TYPE="sint32" CLASSORIGIN="___SYSTEM"><VALUE>6</VALUE></PROPERTY>
			<PROPERTY.ARRAY NAME="__DERIVATION" TYPE="string" CLASSORIGIN="___SYSTEM">
				<VALUE.ARRAY><VALUE>Super</VALUE></VALUE.ARRAY>
			</PROPERTY.ARRAY>
			<PROPERTY NAME="__SERVER" TYPE="string" CLASSORIGIN="___SYSTEM"><VALUE>host</VALUE></PROPERTY>
			<PROPERTY NAME="__NAMESPACE" TYPE="string" CLASSORIGIN="___SYSTEM"><VALUE>root\a</VALUE></PROPERTY>
			<PROPERTY NAME="__PATH" TYPE="string" CLASSORIGIN="___SYSTEM"><VALUE>\\host\root\a:C.Key=1</VALUE></PROPERTY>
			<PROPERTY NAME="Key" TYPE="uint16" CLASSORIGIN="Super"><VALUE>1</VALUE></PROPERTY>
		</INSTANCE>`)
	enc = cimxml.Encoder{SystemProperties: true}
	if got := enc.AppendInstance(nil, inst); strings.Contains(string(got), "__") {
		t.Errorf("system properties in the CIM DTD: %s", got)
	}
	// They are no properties when they are read.
	enc = cimxml.Encoder{DTD: cimxml.WMI, SystemProperties: true}
	d := read(t, cimxml.WMI, enc.AppendInstance(nil, inst))
	got, err := d.Instance()
	if err != nil || len(got.Class().Properties()) != 6 {
		t.Errorf("read as %v, %v", got, err)
	}
}

func TestAppendClass(t *testing.T) {
	c, _ := testObjects(t)
	enc := cimxml.Encoder{Qualifiers: true}
	check(t, enc.AppendClass(nil, c), `
		<CLASS NAME="C" SUPERCLASS="Super">
			<QUALIFIER NAME="Description" TYPE="string" PROPAGATED="true" TRANSLATABLE="true"><VALUE>d</VALUE></QUALIFIER>
			<PROPERTY.ARRAY NAME="Array" TYPE="uint8"></PROPERTY.ARRAY>
			<PROPERTY NAME="Key" TYPE="uint16" PROPAGATED="true">
				<QUALIFIER NAME="key" TYPE="boolean" PROPAGATED="true" OVERRIDABLE="false" TOINSTANCE="true"><VALUE>TRUE</VALUE></QUALIFIER>
			</PROPERTY>
			<PROPERTY NAME="Object" TYPE="string" EmbeddedObject="instance">
				<QUALIFIER NAME="EmbeddedInstance" TYPE="string" OVERRIDABLE="false"><VALUE>In</VALUE></QUALIFIER>
				<QUALIFIER NAME="CIMTYPE" TYPE="string" TOINSTANCE="true"><VALUE>object:In</VALUE></QUALIFIER>
			</PROPERTY>
			<PROPERTY.REFERENCE NAME="Ref" REFERENCECLASS="Other"></PROPERTY.REFERENCE>
			<PROPERTY.ARRAY NAME="Refs" TYPE="string">
				<QUALIFIER NAME="CIMTYPE" TYPE="string" TOINSTANCE="true"><VALUE>ref:object</VALUE></QUALIFIER>
			</PROPERTY.ARRAY>
			<PROPERTY NAME="State" TYPE="string" PROPAGATED="true"><VALUE>on</VALUE></PROPERTY>
			<METHOD NAME="Go" PROPAGATED="true"></METHOD>
			<METHOD NAME="M" TYPE="uint32">
				<QUALIFIER NAME="Static" TYPE="boolean" OVERRIDABLE="false" TOSUBCLASS="false"><VALUE>TRUE</VALUE></QUALIFIER>
				<PARAMETER NAME="a" TYPE="string">
					<QUALIFIER NAME="in" TYPE="boolean" TOSUBCLASS="false"><VALUE>TRUE</VALUE></QUALIFIER>
				</PARAMETER>
				<PARAMETER.REFARRAY NAME="b" REFERENCECLASS="Other">
					<QUALIFIER NAME="In" TYPE="boolean" OVERRIDABLE="false"><VALUE>FALSE</VALUE></QUALIFIER>
					<QUALIFIER NAME="out" TYPE="boolean" TOSUBCLASS="false"><VALUE>TRUE</VALUE></QUALIFIER>
				</PARAMETER.REFARRAY>
				<PARAMETER NAME="c" TYPE="string">
					<QUALIFIER NAME="in" TYPE="boolean" TOSUBCLASS="false"><VALUE>TRUE</VALUE></QUALIFIER>
					<QUALIFIER NAME="out" TYPE="boolean" TOSUBCLASS="false"><VALUE>TRUE</VALUE></QUALIFIER>
					<QUALIFIER NAME="EmbeddedInstance" TYPE="string" OVERRIDABLE="false"><VALUE>In</VALUE></QUALIFIER>
					<QUALIFIER NAME="CIMTYPE" TYPE="string" TOINSTANCE="true"><VALUE>object:In</VALUE></QUALIFIER>
				</PARAMETER>
			</METHOD>
		</CLASS>`)
	enc = cimxml.Encoder{DTD: cimxml.WMI, LocalOnly: true, Qualifiers: true, Properties: []string{"Array", "Key"}}
	check(t, enc.AppendClass(nil, c), `
		<CLASS NAME="C" SUPERCLASS="Super">
			<PROPERTY.ARRAY NAME="Array" TYPE="uint8">
				<QUALIFIER NAME="CIMTYPE" TYPE="string" TOINSTANCE="true"><VALUE>uint8</VALUE></QUALIFIER>
			</PROPERTY.ARRAY>
			<METHOD NAME="M" TYPE="uint32">
				<QUALIFIER NAME="Static" TYPE="boolean" OVERRIDABLE="false" TOSUBCLASS="false"><VALUE>TRUE</VALUE></QUALIFIER>
				<PARAMETER NAME="a" TYPE="string">
					<QUALIFIER NAME="in" TYPE="boolean" TOSUBCLASS="false"><VALUE>TRUE</VALUE></QUALIFIER>
					<QUALIFIER NAME="ID" TYPE="sint32" OVERRIDABLE="false" TOSUBCLASS="false" TOINSTANCE="true"><VALUE>0</VALUE></QUALIFIER>
					<QUALIFIER NAME="CIMTYPE" TYPE="string" TOINSTANCE="true"><VALUE>string</VALUE></QUALIFIER>
				</PARAMETER>
				<PARAMETER.REFARRAY NAME="b" REFERENCECLASS="Other">
					<QUALIFIER NAME="out" TYPE="boolean" TOSUBCLASS="false"><VALUE>TRUE</VALUE></QUALIFIER>
					<QUALIFIER NAME="ID" TYPE="sint32" OVERRIDABLE="false" TOSUBCLASS="false" TOINSTANCE="true"><VALUE>1</VALUE></QUALIFIER>
					<QUALIFIER NAME="CIMTYPE" TYPE="string" TOINSTANCE="true"><VALUE>ref:Other</VALUE></QUALIFIER>
				</PARAMETER.REFARRAY>
				<PARAMETER.OBJECT NAME="c" REFERENCECLASS="In">
					<QUALIFIER NAME="in" TYPE="boolean" TOSUBCLASS="false"><VALUE>TRUE</VALUE></QUALIFIER>
					<QUALIFIER NAME="out" TYPE="boolean" TOSUBCLASS="false"><VALUE>TRUE</VALUE></QUALIFIER>
					<QUALIFIER NAME="ID" TYPE="sint32" OVERRIDABLE="false" TOSUBCLASS="false" TOINSTANCE="true"><VALUE>2</VALUE></QUALIFIER>
					<QUALIFIER NAME="CIMTYPE" TYPE="string" TOINSTANCE="true"><VALUE>object:In</VALUE></QUALIFIER>
				</PARAMETER.OBJECT>
			</METHOD>
		</CLASS>`)
	enc = cimxml.Encoder{ClassOrigin: true}
	check(t, enc.AppendClassDecl(nil, c.Decl()), `
		<CLASS NAME="C" SUPERCLASS="Super">
			<PROPERTY.ARRAY NAME="Array" TYPE="uint8" CLASSORIGIN="C"></PROPERTY.ARRAY>
			<PROPERTY NAME="Object" TYPE="string" CLASSORIGIN="C" EmbeddedObject="instance"></PROPERTY>
			<PROPERTY.REFERENCE NAME="Ref" REFERENCECLASS="Other" CLASSORIGIN="C"></PROPERTY.REFERENCE>
			<PROPERTY.ARRAY NAME="Refs" TYPE="string" CLASSORIGIN="C"></PROPERTY.ARRAY>
			<METHOD NAME="M" TYPE="uint32" CLASSORIGIN="C">
				<PARAMETER NAME="a" TYPE="string"></PARAMETER>
				<PARAMETER.REFARRAY NAME="b" REFERENCECLASS="Other"></PARAMETER.REFARRAY>
				<PARAMETER NAME="c" TYPE="string"></PARAMETER>
			</METHOD>
		</CLASS>`)
}

// A property that DMTF declares as a string with EmbeddedInstance says so only of
// values that are XML.
func TestAppendStringEmbedding(t *testing.T) {
	c := derive(t, nil, &cim.ClassDecl{Name: "C", Properties: []cim.PropertyDecl{
		{Name: "I", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "EmbeddedInstance", Value: cim.StringValue("In")}}},
		{Name: "O", Type: cim.TypeString.ArrayOf(), Qualifiers: cim.Qualifiers{{Name: "EmbeddedObject", Value: yes}}},
	}})
	inst := cim.NewInstance(c)
	set(t, inst, "I", cim.StringValue("instance of In {};"))
	set(t, inst, "O", cim.StringsValue([]string{" <INSTANCE CLASSNAME='In'/>"}))
	var enc cimxml.Encoder
	check(t, enc.AppendInstance(nil, inst), `
		<INSTANCE CLASSNAME="C">
			<PROPERTY NAME="I" TYPE="string"><VALUE>instance of In {};</VALUE></PROPERTY>
			<PROPERTY.ARRAY NAME="O" TYPE="string" EmbeddedObject="object">
				<VALUE.ARRAY><VALUE> &lt;INSTANCE CLASSNAME='In'/&gt;</VALUE></VALUE.ARRAY>
			</PROPERTY.ARRAY>
		</INSTANCE>`)
	check(t, enc.AppendInstance(nil, cim.NewInstance(c)), `
		<INSTANCE CLASSNAME="C">
			<PROPERTY NAME="I" TYPE="string" EmbeddedObject="instance" PROPAGATED="true"></PROPERTY>
			<PROPERTY.ARRAY NAME="O" TYPE="string" EmbeddedObject="object" PROPAGATED="true"></PROPERTY.ARRAY>
		</INSTANCE>`)
	// Where the class is known, the text stays what it is.
	d := read(t, cimxml.CIM, enc.AppendInstance(nil, inst))
	d.Classes = func(string) (*cim.Class, error) { return c, nil }
	got, err := d.Instance()
	if err != nil || !cim.CompareObjects(got, inst, 0) {
		t.Errorf("read as %v, %v", got, err)
	}
}

func TestAppendForms(t *testing.T) {
	c, inst := testObjects(t)
	class := c.At(inst.Origin())
	const (
		namespace = `<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="a"/></LOCALNAMESPACEPATH>`
		place     = `<NAMESPACEPATH><HOST>host</HOST>` + namespace + `</NAMESPACEPATH>`
		name      = `<INSTANCENAME CLASSNAME="C"><KEYBINDING NAME="Key"><KEYVALUE VALUETYPE="numeric" TYPE="uint16">1</KEYVALUE></KEYBINDING></INSTANCENAME>`
	)
	enc := cimxml.Encoder{Properties: []string{}}
	instXML := string(enc.AppendInstance(nil, inst))
	classXML := string(enc.AppendClass(nil, class))
	for _, test := range []struct {
		form cimxml.Form
		o    cim.Object
		want string
	}{
		{cimxml.Bare, inst, instXML},
		{cimxml.Bare, class, classXML},
		{cimxml.Named, inst, `<VALUE.NAMEDOBJECT>` + name + instXML + `</VALUE.NAMEDOBJECT>`},
		{cimxml.Named, class, `<VALUE.NAMEDOBJECT>` + classXML + `</VALUE.NAMEDOBJECT>`},
		{cimxml.WithLocalPath, inst, `<VALUE.OBJECTWITHLOCALPATH><LOCALINSTANCEPATH>` + namespace + name +
			`</LOCALINSTANCEPATH>` + instXML + `</VALUE.OBJECTWITHLOCALPATH>`},
		{cimxml.WithLocalPath, class, `<VALUE.OBJECTWITHLOCALPATH><LOCALCLASSPATH>` + namespace +
			`<CLASSNAME NAME="C"/></LOCALCLASSPATH>` + classXML + `</VALUE.OBJECTWITHLOCALPATH>`},
		{cimxml.WithPath, inst, `<VALUE.OBJECTWITHPATH><INSTANCEPATH>` + place + name + `</INSTANCEPATH>` + instXML +
			`</VALUE.OBJECTWITHPATH>`},
		{cimxml.WithPath, class, `<VALUE.OBJECTWITHPATH><CLASSPATH>` + place + `<CLASSNAME NAME="C"/></CLASSPATH>` + classXML +
			`</VALUE.OBJECTWITHPATH>`},
		{cimxml.Object, inst, `<VALUE.OBJECT>` + instXML + `</VALUE.OBJECT>`},
		{cimxml.NamedInstance, inst, `<VALUE.NAMEDINSTANCE>` + name + instXML + `</VALUE.NAMEDINSTANCE>`},
		{cimxml.InstanceWithPath, inst, `<VALUE.INSTANCEWITHPATH><INSTANCEPATH>` + place + name + `</INSTANCEPATH>` + instXML +
			`</VALUE.INSTANCEWITHPATH>`},
	} {
		got, err := enc.Append(nil, test.o, test.form)
		if err != nil {
			t.Errorf("form %d: %v", test.form, err)
		}
		check(t, got, test.want)
	}
	keyless := cim.NewInstance(derive(t, nil, &cim.ClassDecl{Name: "K"}))
	keyless.SetOrigin(inst.Origin())
	for _, test := range []struct {
		form cimxml.Form
		o    cim.Object
		want cim.Status
	}{
		{cimxml.Named, cim.NewInstance(c), cim.InvalidObjectPath},    // its key is NULL
		{cimxml.NamedInstance, keyless, cim.InvalidObjectPath},       // it has no key
		{cimxml.WithPath, keyless, cim.InvalidObjectPath},            // the same
		{cimxml.WithLocalPath, c, cim.InvalidObjectPath},             // it is stored nowhere
		{cimxml.InstanceWithPath, class, cim.InvalidParameter},       // it is no instance
		{cimxml.InstanceWithPath + 1, keyless, cim.InvalidParameter}, // there is no such form
		{cimxml.WithPath, cim.NewInstance(c), cim.InvalidObjectPath}, // it is stored nowhere
		{cimxml.NamedInstance, cim.NewInstance(c), cim.InvalidObjectPath},
	} {
		got, err := enc.Append([]byte("before"), test.o, test.form)
		if cim.StatusOf(err) != test.want || string(got) != "before" {
			t.Errorf("form %d of %s: got %v and %s, want %v", test.form, test.o.ClassName(), err, got, test.want)
		}
	}
}

// The integer types that qualifiers were declared with come from outside.
func TestAppendQualifierType(t *testing.T) {
	c := derive(t, nil, &cim.ClassDecl{Name: "C", Qualifiers: cim.Qualifiers{
		{Name: "Max", Value: cim.Sint32Value(5)}, {Name: "None"}, {Name: "Text", Value: cim.StringValue("")}, {Name: "Other", Value: cim.Sint32Value(1)},
		{Name: "Big", Value: cim.NumbersValue(cim.TypeSint32, []uint64{1, 256})},
	}})
	enc := cimxml.Encoder{Qualifiers: true, QualifierType: func(name string) cim.Type {
		switch name {
		case "Max":
			return cim.TypeUint32
		case "None":
			return cim.TypeBoolean
		case "Text", "Big":
			return cim.TypeUint8
		}
		return 0
	}}
	check(t, enc.AppendClass(nil, c), `
		<CLASS NAME="C">
			<QUALIFIER NAME="Max" TYPE="uint32" TOSUBCLASS="false"><VALUE>5</VALUE></QUALIFIER>
			<QUALIFIER NAME="None" TYPE="boolean" TOSUBCLASS="false"/>
			<QUALIFIER NAME="Text" TYPE="string" TOSUBCLASS="false"><VALUE></VALUE></QUALIFIER>
			<QUALIFIER NAME="Other" TYPE="sint32" TOSUBCLASS="false"><VALUE>1</VALUE></QUALIFIER>
			<QUALIFIER NAME="Big" TYPE="sint32" TOSUBCLASS="false">
				<VALUE.ARRAY><VALUE>1</VALUE><VALUE>256</VALUE></VALUE.ARRAY>
			</QUALIFIER>
		</CLASS>`)
}

func TestAppendQualifierDecl(t *testing.T) {
	var enc cimxml.Encoder
	check(t, enc.AppendQualifierDecl(nil, &cim.QualifierDecl{
		Name: "Q", Type: cim.TypeString.ArrayOf(), Default: cim.StringsValue([]string{"a"}),
		Scope: cim.ScopeClass | cim.ScopeMethod, Flavor: cim.ToSubclass | cim.Amended,
	}), `
		<QUALIFIER.DECLARATION NAME="Q" TYPE="string" ISARRAY="true" TRANSLATABLE="true">
			<SCOPE CLASS="true" METHOD="true"/>
			<VALUE.ARRAY><VALUE>a</VALUE></VALUE.ARRAY>
		</QUALIFIER.DECLARATION>`)
	check(t, enc.AppendQualifierDecl(nil, &cim.QualifierDecl{Name: "Q", Type: cim.TypeBoolean, Scope: cim.ScopeAny}), `
		<QUALIFIER.DECLARATION NAME="Q" TYPE="boolean" TOSUBCLASS="false">
			<SCOPE CLASS="true" ASSOCIATION="true" REFERENCE="true" PROPERTY="true" METHOD="true" PARAMETER="true" INDICATION="true"/>
		</QUALIFIER.DECLARATION>`)
}

// An object that contains itself is written down to the limit of nesting.
func TestAppendNesting(t *testing.T) {
	c := derive(t, nil, &cim.ClassDecl{Name: "A", Properties: []cim.PropertyDecl{{Name: "E", Type: cim.TypeObject}}})
	inst := cim.NewInstance(c)
	inst.Put(0, cim.ObjectValue(inst))
	for _, dtd := range dtds {
		enc := cimxml.Encoder{DTD: dtd}
		text := enc.AppendInstance(nil, inst)
		if n := strings.Count(string(text), "INSTANCE CLASSNAME"); n != cim.MaxNesting+1 {
			t.Errorf("%d instances, want %d", n, cim.MaxNesting+1)
		}
		if _, err := read(t, dtd, text).Instance(); err != nil {
			t.Errorf("read: %v", err)
		}
	}
}
