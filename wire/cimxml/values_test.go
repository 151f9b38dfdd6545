package cimxml_test

import (
	"strings"
	"testing"

	"openwmi/wire/cimxml"
)

func property(name, typ, value string) string {
	return `<PROPERTY NAME="` + name + `" TYPE="` + typ + `"><VALUE>` + value + `</VALUE></PROPERTY>`
}

func newInstance(class string, props ...string) string {
	return named("NewInstance", `<INSTANCE CLASSNAME="`+class+`">`+strings.Join(props, "")+`</INSTANCE>`)
}

// What a client sends of a value is what it reads again.
func TestValues(t *testing.T) {
	p, _ := listen(t, newWorld(t), cimxml.Options{})
	inner := `&lt;INSTANCE CLASSNAME="Inner"&gt;&lt;PROPERTY NAME="N" TYPE="uint32"&gt;&lt;VALUE&gt;5&lt;/VALUE&gt;&lt;/PROPERTY&gt;&lt;/INSTANCE&gt;`
	for n, c := range []struct {
		name string
		in   string // a property of Disk
		code cimxml.Code
		want string // the same, as it is answered
	}{
		{"text", property("Caption", "string", "a &lt;b&gt; &amp; &#x20AC; &#10;"), 0, ""},
		{"CDATA", property("Caption", "string", "<![CDATA[<b>]]>"), 0, `<VALUE>&lt;b&gt;</VALUE>`},
		{"empty text", property("Caption", "string", ""), 0, `<VALUE></VALUE>`},
		{"spaces", property("Caption", "string", "  two  "), 0, `<VALUE>  two  </VALUE>`},
		{"NULL", `<PROPERTY NAME="Size" TYPE="uint64"/>`, 0, `<PROPERTY NAME="Size" TYPE="uint64"></PROPERTY>`},
		{"uint64", property("Size", "uint64", "18446744073709551615"), 0, ""},
		{"hexadecimal", property("Size", "uint64", "0xFFFFFFFFFFFFFFFF"), 0, `<VALUE>18446744073709551615</VALUE>`},
		{"too large", property("Size", "uint64", "18446744073709551616"), cimxml.InvalidParameter, ""},
		{"negative", property("Size", "uint64", "-1"), cimxml.InvalidParameter, ""},
		{"sint64", property("Balance", "sint64", "-9223372036854775808"), 0, ""},
		{"char16", property("Letter", "char16", "&#x20AC;"), 0, `<VALUE>€</VALUE>`},
		{"two characters", property("Letter", "char16", "ab"), cimxml.TypeMismatch, ""},
		{"real64", property("Load", "real64", "1.5E-3"), 0, `<VALUE>0.0015</VALUE>`},
		{"NaN", property("Load", "real64", "NaN"), 0, ""},
		{"infinite", property("Load", "real64", "-INF"), 0, ""},
		{"boolean", property("Old", "boolean", "true"), 0, `<VALUE>TRUE</VALUE>`},
		{"no boolean", property("Old", "boolean", "yes"), cimxml.TypeMismatch, ""},
		{"datetime", property("Made", "datetime", "20261122203000.123456-300"), 0, ""},
		{"interval", property("Made", "datetime", "00000001120000.000000:000"), 0, ""},
		{"no datetime", property("Made", "datetime", "today"), cimxml.TypeMismatch, ""},
		{"array", `<PROPERTY.ARRAY NAME="Modes" TYPE="uint16"><VALUE.ARRAY><VALUE>1</VALUE><VALUE>65535</VALUE></VALUE.ARRAY></PROPERTY.ARRAY>`, 0, ""},
		{"empty array", `<PROPERTY.ARRAY NAME="Modes" TYPE="uint16"><VALUE.ARRAY></VALUE.ARRAY></PROPERTY.ARRAY>`, 0, `<VALUE.ARRAY></VALUE.ARRAY>`},
		{"NULL array", `<PROPERTY.ARRAY NAME="Modes" TYPE="uint16"/>`, 0, `<PROPERTY.ARRAY NAME="Modes" TYPE="uint16"></PROPERTY.ARRAY>`},
		{"array for a scalar", `<PROPERTY.ARRAY NAME="Size" TYPE="uint64"><VALUE.ARRAY><VALUE>1</VALUE></VALUE.ARRAY></PROPERTY.ARRAY>`, cimxml.TypeMismatch, ""},
		{"embedded instance", `<PROPERTY NAME="Inner" TYPE="string" EmbeddedObject="instance"><VALUE>` + inner + `</VALUE></PROPERTY>`, 0, `<PROPERTY NAME="N" TYPE="uint32"&gt;`},
		{"embedded instance in old capitals", `<PROPERTY NAME="Inner" TYPE="string" EMBEDDEDOBJECT="instance"><VALUE>` + inner + `</VALUE></PROPERTY>`, 0, `EmbeddedObject="instance"`},
		{"embedded object", `<PROPERTY NAME="Inner" TYPE="string" EmbeddedObject="object"><VALUE>` + inner + `</VALUE></PROPERTY>`, 0, `EmbeddedObject="instance"`},
		{"embedded instances", `<PROPERTY.ARRAY NAME="Inners" TYPE="string" EmbeddedObject="instance"><VALUE.ARRAY><VALUE>` + inner + `</VALUE><VALUE>` + inner + `</VALUE></VALUE.ARRAY></PROPERTY.ARRAY>`, 0, `EmbeddedObject="instance"`},
		{"embedded in a string", `<PROPERTY NAME="Wrapped" TYPE="string" EmbeddedObject="instance"><VALUE>` + inner + `</VALUE></PROPERTY>`, 0, `<PROPERTY NAME="Wrapped" TYPE="string" EmbeddedObject="instance">`},
		{"embedded NULL", `<PROPERTY NAME="Inner" TYPE="string" EmbeddedObject="instance"/>`, 0, `<PROPERTY NAME="Inner" TYPE="string" EmbeddedObject="instance"></PROPERTY>`},
		{"embedded of an unknown class", `<PROPERTY NAME="Inner" TYPE="string" EmbeddedObject="instance"><VALUE>&lt;INSTANCE CLASSNAME="Nope"/&gt;</VALUE></PROPERTY>`, cimxml.InvalidClass, ""},
		{"embedded nonsense", `<PROPERTY NAME="Inner" TYPE="string" EmbeddedObject="instance"><VALUE>nonsense</VALUE></PROPERTY>`, cimxml.InvalidParameter, ""},
		{"qualifiers", `<PROPERTY NAME="Size" TYPE="uint64"><QUALIFIER NAME="Description" TYPE="string"><VALUE>x</VALUE></QUALIFIER><QUALIFIER NAME="Values" TYPE="string" TRANSLATABLE="true"><VALUE>x</VALUE></QUALIFIER><VALUE>4</VALUE></PROPERTY>`, 0, `<VALUE>4</VALUE>`},
	} {
		id := strings.Repeat("v", n+1)
		got, body := p.ask("CreateInstance", newInstance("Disk", property("Id", "string", id), c.in))
		if got != c.code {
			t.Errorf("%s: status %d, want %d: %s", c.name, got, c.code, body)
		}
		if c.code != 0 {
			continue
		}
		want := c.want
		if want == "" {
			want = c.in
		}
		want = strings.NewReplacer("&#x20AC;", "€", "&#10;", "\n").Replace(want)
		got, body = p.ask("GetInstance", named("InstanceName", key("Disk", "Id", id)))
		read := strings.NewReplacer("&quot;", `"`, "&#xA;", "\n", "&#10;", "\n", ` PROPAGATED="true"`, "", "&lt;PROPERTY NAME", "<PROPERTY NAME").Replace(body)
		if got != 0 || !strings.Contains(read, want) {
			t.Errorf("%s: want %q in status %d, %s", c.name, want, got, body)
		}
	}
}

// Keys of every form name the instance.
func TestKeys(t *testing.T) {
	p, _ := listen(t, newWorld(t), cimxml.Options{})
	p.must("CreateInstance", newInstance("Box", property("A", "sint64", "-5"), property("B", "boolean", "TRUE"), property("C", "char16", "z")))
	bindings := func(a, b, c string) string {
		return named("InstanceName", `<INSTANCENAME CLASSNAME="Box">`+
			`<KEYBINDING NAME="A"><KEYVALUE `+a+`</KEYVALUE></KEYBINDING><KEYBINDING NAME="B"><KEYVALUE `+b+`</KEYVALUE></KEYBINDING>`+
			`<KEYBINDING NAME="C"><KEYVALUE `+c+`</KEYVALUE></KEYBINDING></INSTANCENAME>`)
	}
	for _, path := range []string{
		bindings(`VALUETYPE="numeric">-5`, `VALUETYPE="boolean">true`, `VALUETYPE="string">z`),
		bindings(`VALUETYPE="numeric" TYPE="sint64">-5`, `VALUETYPE="boolean" TYPE="boolean">TRUE`, `VALUETYPE="string" TYPE="char16">z`),
		bindings(`TYPE="sint64">-5`, `TYPE="boolean">TRUE`, `TYPE="char16">z`),
	} {
		if got, body := p.ask("GetInstance", path); got != 0 {
			t.Errorf("%s: %s", path, body)
		}
	}

	// A reference may say where it leads.
	local := key("Disk", "Id", "c")
	for n, ref := range []string{
		local,
		`<LOCALINSTANCEPATH><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="cimv2"/></LOCALNAMESPACEPATH>` + local + `</LOCALINSTANCEPATH>`,
		`<INSTANCEPATH><NAMESPACEPATH><HOST>here</HOST><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="cimv2"/></LOCALNAMESPACEPATH></NAMESPACEPATH>` + local + `</INSTANCEPATH>`,
	} {
		number := string(rune('1' + n))
		ref = `<VALUE.REFERENCE>` + ref + `</VALUE.REFERENCE>`
		p.must("CreateInstance", newInstance("Part", property("Number", "uint32", number), `<PROPERTY.REFERENCE NAME="Of" REFERENCECLASS="Disk">`+ref+`</PROPERTY.REFERENCE>`))
		body := p.must("GetInstance", named("InstanceName", `<INSTANCENAME CLASSNAME="Part"><KEYBINDING NAME="Number"><KEYVALUE VALUETYPE="numeric">`+number+
			`</KEYVALUE></KEYBINDING><KEYBINDING NAME="Of">`+ref+`</KEYBINDING></INSTANCENAME>`))
		if !strings.Contains(body, `<PROPERTY.REFERENCE NAME="Of" REFERENCECLASS="Disk"`) {
			t.Errorf("%s: %s", ref, body)
		}
	}
}

// What the options of the reading operations leave out. DSP0200 5.3.2
func TestOptions(t *testing.T) {
	p, _ := listen(t, newWorld(t), cimxml.Options{})
	fast := named("InstanceName", key("Fast", "Id", "f"))
	for _, c := range []struct {
		name   string
		method string
		params []string
		want   []string
		not    []string
	}{
		{"local by default", "GetClass", []string{class("Disk")}, []string{`NAME="Size"`, "<QUALIFIER "}, []string{`NAME="Caption"`, "CLASSORIGIN"}},
		{"whole", "GetClass", []string{class("Disk"), text("LocalOnly", "FALSE")}, []string{`NAME="Caption" TYPE="string" PROPAGATED="true"`}, nil},
		{"without qualifiers", "GetClass", []string{class("Disk"), text("IncludeQualifiers", "false")}, []string{`NAME="Size"`}, []string{"<QUALIFIER "}},
		{"with origins", "GetClass", []string{class("Disk"), text("LocalOnly", "FALSE"), text("IncludeClassOrigin", "TRUE")}, []string{`NAME="Caption" TYPE="string" CLASSORIGIN="Thing"`}, nil},
		{"listed", "GetClass", []string{class("Disk"), list("PropertyList", "size", "Nope")}, []string{`NAME="Size"`, "<METHOD "}, []string{`NAME="Modes"`}},
		{"none listed", "GetClass", []string{class("Disk"), list("PropertyList")}, []string{"<CLASS ", "<METHOD "}, []string{"<PROPERTY"}},
		{"no list", "GetClass", []string{class("Disk"), `<IPARAMVALUE NAME="PropertyList"/>`}, []string{`NAME="Modes"`}, nil},
		{"children", "EnumerateClassNames", []string{class("Thing")}, []string{"Disk"}, []string{"Fast", `"Thing"`}},
		{"descendants", "EnumerateClassNames", []string{class("Thing"), text("DeepInheritance", "TRUE")}, []string{"Disk", "Fast"}, []string{`"Thing"`}},
		{"no system classes", "EnumerateClassNames", []string{text("DeepInheritance", "TRUE")}, []string{"Fast"}, []string{`"__`}},
		{"system classes by name", "EnumerateClassNames", []string{class("__Event"), text("DeepInheritance", "TRUE")}, []string{"__InstanceCreationEvent"}, nil},

		{"inherited values too", "GetInstance", []string{fast, text("LocalOnly", "TRUE")}, []string{`NAME="Caption"`, `NAME="Speed"`}, nil},
		{"without qualifiers by default", "GetInstance", []string{fast}, nil, []string{"<QUALIFIER ", "CLASSORIGIN"}},
		{"with origins", "GetInstance", []string{fast, text("IncludeClassOrigin", "TRUE")}, []string{`CLASSORIGIN="Thing"`, `CLASSORIGIN="Fast"`}, nil},
		{"listed", "GetInstance", []string{fast, list("PropertyList", "SPEED", "Nope")}, []string{`NAME="Speed"`}, []string{`NAME="Size"`}},
		{"none listed", "GetInstance", []string{fast, list("PropertyList")}, []string{"<INSTANCE "}, []string{"<PROPERTY"}},
		{"deep by default", "EnumerateInstances", []string{class("Disk")}, []string{`NAME="Speed"`}, nil},
		{"not deep", "EnumerateInstances", []string{class("Disk"), text("DeepInheritance", "FALSE")}, []string{`<INSTANCE CLASSNAME="Fast">`, `NAME="Caption"`}, []string{`NAME="Speed"`}},
		{"not deep, listed", "EnumerateInstances", []string{class("Disk"), text("DeepInheritance", "FALSE"), list("PropertyList", "Speed", "Size")}, []string{`NAME="Size"`}, []string{`NAME="Speed"`, `NAME="Caption"`}},
		{"none listed", "EnumerateInstances", []string{class("Disk"), list("PropertyList")}, []string{"<INSTANCE ", "<INSTANCENAME "}, []string{"<PROPERTY"}},
		{"listed", "Associators", []string{named("ObjectName", key("Disk", "Id", "c")), list("PropertyList")}, []string{"<INSTANCE "}, []string{"<PROPERTY"}},
	} {
		body := p.must(c.method, c.params...)
		for _, want := range c.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s, %s: no %s in %s", c.method, c.name, want, body)
			}
		}
		for _, not := range c.not {
			if strings.Contains(body, not) {
				t.Errorf("%s, %s: %s in %s", c.method, c.name, not, body)
			}
		}
	}
}

// ModifyInstance changes what its list names, or what the message has. DSP0200
// 5.3.2.8
func TestModifyInstance(t *testing.T) {
	m := newWorld(t)
	p, _ := listen(t, m, cimxml.Options{})
	modify := func(inside string, params ...string) {
		t.Helper()
		p.must("ModifyInstance", append(params, named("ModifiedInstance", `<VALUE.NAMEDINSTANCE>`+key("Disk", "Id", "d")+
			`<INSTANCE CLASSNAME="Disk">`+property("Id", "string", "d")+inside+`</INSTANCE></VALUE.NAMEDINSTANCE>`))...)
	}
	want := func(name, value string) {
		t.Helper()
		if got := stored(t, m, "d", name).String(); got != value {
			t.Errorf("%s is %s, want %s", name, got, value)
		}
	}
	modify(property("Size", "uint64", "1") + property("Caption", "string", "one"))
	want("Size", "1")
	want("Caption", "one")
	want("Old", "TRUE")
	modify(property("Size", "uint64", "2")+property("Caption", "string", "two"), list("PropertyList", "SIZE"))
	want("Size", "2")
	want("Caption", "one")
	modify(property("Size", "uint64", "3"), list("PropertyList"))
	want("Size", "2")
	modify(`<PROPERTY NAME="Caption" TYPE="string"/>`)
	want("Caption", "NULL")
	// What the list names and the instance lacks gets its default.
	modify("", list("PropertyList", "Size", "Old"))
	want("Size", "7")
	want("Old", "NULL")
}
