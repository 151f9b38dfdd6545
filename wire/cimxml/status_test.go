package cimxml_test

import (
	"strings"
	"testing"

	"openwmi/wire/cimxml"
)

// Each operation fails with the status that DSP0200 5.3 and 5.4 name for what is
// wrong, and succeeds with what is expected.
func TestStatuses(t *testing.T) {
	p, _ := listen(t, newWorld(t), cimxml.Options{})
	disk := func(id string) string { return named("InstanceName", key("Disk", "Id", id)) }
	object := func(id string) string { return named("ObjectName", key("Disk", "Id", id)) }
	decl := func(name, attrs, inside string) string {
		return `<CLASS NAME="` + name + `" ` + attrs + `>` + inside + `</CLASS>`
	}
	id := `<PROPERTY NAME="Id" TYPE="string"><QUALIFIER NAME="Key" TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER></PROPERTY>`
	inst := func(class string, props ...string) string {
		return `<INSTANCE CLASSNAME="` + class + `">` + strings.Join(props, "") + `</INSTANCE>`
	}
	prop := func(name, typ, value string) string {
		return `<PROPERTY NAME="` + name + `" TYPE="` + typ + `"><VALUE>` + value + `</VALUE></PROPERTY>`
	}
	modified := func(path, inst string) string {
		return named("ModifiedInstance", "<VALUE.NAMEDINSTANCE>"+path+inst+"</VALUE.NAMEDINSTANCE>")
	}
	for _, c := range []struct {
		name      string
		namespace string // root/cimv2 if ""
		method    string
		params    []string
		code      cimxml.Code
		want      string // in the answer
	}{
		{"", "", "GetClass", []string{class("Disk")}, 0, `<CLASS NAME="Disk" SUPERCLASS="Thing">`},
		{"unknown namespace", "root/none", "GetClass", []string{class("Disk")}, cimxml.InvalidNamespace, ""},
		{"not below root", "interop/none", "GetClass", []string{class("Disk")}, cimxml.InvalidNamespace, ""},
		{"no name", "", "GetClass", nil, cimxml.InvalidParameter, ""},
		{"unknown", "", "GetClass", []string{class("Nope")}, cimxml.NotFound, ""},
		{"unknown parameter", "", "GetClass", []string{class("Disk"), text("Depth", "1")}, cimxml.InvalidParameter, ""},
		{"parameter twice", "", "GetClass", []string{class("Disk"), class("Disk")}, cimxml.InvalidParameter, ""},
		{"no boolean", "", "GetClass", []string{class("Disk"), text("LocalOnly", "perhaps")}, cimxml.InvalidParameter, ""},
		{"another element", "", "GetClass", []string{text("ClassName", "Disk")}, cimxml.InvalidParameter, ""},
		{"", "", "EnumerateClasses", []string{class("Thing")}, 0, `<CLASS NAME="Part"`},
		{"unknown", "", "EnumerateClasses", []string{class("Nope")}, cimxml.InvalidClass, ""},
		{"all", "", "EnumerateClassNames", nil, 0, `<CLASSNAME NAME="Thing"/>`},
		{"NULL is all", "", "EnumerateClassNames", []string{`<IPARAMVALUE NAME="ClassName"/>`}, 0, `<CLASSNAME NAME="Thing"/>`},
		{"unknown", "", "EnumerateClassNames", []string{class("Nope")}, cimxml.InvalidClass, ""},

		{"", "", "CreateClass", []string{named("NewClass", decl("New", "", id))}, 0, ""},
		{"exists", "", "CreateClass", []string{named("NewClass", decl("New", "", id))}, cimxml.AlreadyExists, ""},
		{"no superclass", "", "CreateClass", []string{named("NewClass", decl("Sub", `SUPERCLASS="Nope"`, ""))}, cimxml.InvalidSuperclass, ""},
		{"no class", "", "CreateClass", nil, cimxml.InvalidParameter, ""},
		{"no name", "", "CreateClass", []string{named("NewClass", decl("", "", id))}, cimxml.InvalidParameter, ""},
		{"its own superclass", "", "CreateClass", []string{named("NewClass", decl("Self", `SUPERCLASS="Self"`, ""))}, cimxml.InvalidSuperclass, ""},
		{"an array as key", "", "CreateClass", []string{named("NewClass", decl("Bad", "", `<PROPERTY.ARRAY NAME="A" TYPE="uint8"><QUALIFIER NAME="Key" TYPE="boolean"><VALUE>TRUE</VALUE></QUALIFIER></PROPERTY.ARRAY>`))}, cimxml.InvalidParameter, ""},
		{"bad type", "", "CreateClass", []string{named("NewClass", decl("Bad", "", `<PROPERTY NAME="A" TYPE="uint8"><VALUE>300</VALUE></PROPERTY>`))}, cimxml.InvalidParameter, ""},
		{"", "", "ModifyClass", []string{named("ModifiedClass", decl("New", "", id+prop("More", "string", "x")))}, 0, ""},
		{"unknown", "", "ModifyClass", []string{named("ModifiedClass", decl("Nope", "", id))}, cimxml.NotFound, ""},
		{"children", "", "DeleteClass", []string{class("Disk")}, cimxml.ClassHasChildren, ""},
		{"instances", "", "DeleteClass", []string{class("Shelf")}, cimxml.ClassHasInstances, ""},
		{"unknown", "", "DeleteClass", []string{class("Nope")}, cimxml.NotFound, ""},
		{"", "", "DeleteClass", []string{class("New")}, 0, ""},

		{"", "", "GetInstance", []string{disk("c")}, 0, `<VALUE>first &lt;&amp;&gt;`},
		{"unknown namespace", "root/none", "GetInstance", []string{disk("c")}, cimxml.InvalidNamespace, ""},
		{"unknown class", "", "GetInstance", []string{named("InstanceName", key("Nope", "Id", "c"))}, cimxml.InvalidClass, ""},
		{"unknown", "", "GetInstance", []string{disk("x")}, cimxml.NotFound, ""},
		{"another key", "", "GetInstance", []string{named("InstanceName", key("Disk", "Size", "c"))}, cimxml.InvalidParameter, ""},
		{"one key without its name", "", "GetInstance", []string{named("InstanceName", `<INSTANCENAME CLASSNAME="Disk"><KEYVALUE>c</KEYVALUE></INSTANCENAME>`)}, 0, "first"},
		{"no keys", "", "GetInstance", []string{named("InstanceName", `<INSTANCENAME CLASSNAME="Disk"/>`)}, cimxml.InvalidParameter, ""},
		{"", "", "EnumerateInstances", []string{class("Thing")}, 0, `<INSTANCENAME CLASSNAME="Fast">`},
		{"unknown", "", "EnumerateInstances", []string{class("Nope")}, cimxml.InvalidClass, ""},
		{"none", "", "EnumerateInstances", []string{class("Empty")}, 0, `<IRETURNVALUE></IRETURNVALUE>`},
		{"", "", "EnumerateInstanceNames", []string{class("Disk")}, 0, `<INSTANCENAME CLASSNAME="Fast">`},
		{"unknown", "", "EnumerateInstanceNames", []string{class("Nope")}, cimxml.InvalidClass, ""},

		{"", "", "CreateInstance", []string{named("NewInstance", inst("Disk", prop("Id", "string", "n")))}, 0, `<KEYVALUE VALUETYPE="string" TYPE="string">n</KEYVALUE>`},
		{"qualifiers of the class", "", "CreateInstance", []string{named("NewInstance", `<INSTANCE CLASSNAME="Disk"><QUALIFIER NAME="Note" TYPE="string"><VALUE>x</VALUE></QUALIFIER>
			<PROPERTY NAME="Id" TYPE="string"><QUALIFIER NAME="Key" TYPE="boolean" OVERRIDABLE="false"><VALUE>true</VALUE></QUALIFIER><VALUE>q</VALUE></PROPERTY></INSTANCE>`)}, 0, `>q</KEYVALUE>`},
		{"qualifiers of the class", "", "ModifyInstance", []string{modified(key("Disk", "Id", "q"), `<INSTANCE CLASSNAME="Disk">
			<PROPERTY NAME="Id" TYPE="string"><QUALIFIER NAME="Key" TYPE="boolean"><VALUE>true</VALUE></QUALIFIER><VALUE>q</VALUE></PROPERTY>
			<PROPERTY NAME="Caption" TYPE="string"><QUALIFIER NAME="Note" TYPE="string"><VALUE>x</VALUE></QUALIFIER><VALUE>new</VALUE></PROPERTY></INSTANCE>`)}, 0, ""},
		{"qualifiers are ignored", "", "GetInstance", []string{disk("q"), text("IncludeQualifiers", "true")}, 0, `<PROPERTY NAME="Caption" TYPE="string"><VALUE>new</VALUE></PROPERTY>`},
		{"", "", "DeleteInstance", []string{disk("q")}, 0, ""},
		{"exists", "", "CreateInstance", []string{named("NewInstance", inst("Disk", prop("Id", "string", "n")))}, cimxml.AlreadyExists, ""},
		{"unknown class", "", "CreateInstance", []string{named("NewInstance", inst("Nope"))}, cimxml.InvalidClass, ""},
		{"abstract class", "", "CreateInstance", []string{named("NewInstance", inst("Thing"))}, cimxml.NotSupported, ""},
		{"a class without keys", "", "CreateInstance", []string{named("NewInstance", inst("Plain"))}, cimxml.InvalidParameter, ""},
		{"no numeric key", "", "CreateInstance", []string{named("NewInstance", inst("Box", prop("A", "sint64", "1")))}, cimxml.InvalidParameter, ""},
		{"unknown property", "", "CreateInstance", []string{named("NewInstance", inst("Disk", prop("Nope", "string", "n")))}, cimxml.NoSuchProperty, ""},
		{"another type", "", "CreateInstance", []string{named("NewInstance", inst("Disk", prop("Id", "string", "m"), prop("Size", "string", "many")))}, cimxml.TypeMismatch, ""},

		{"", "", "ModifyInstance", []string{modified(key("Disk", "Id", "n"), inst("Disk", prop("Caption", "string", "new"), prop("Id", "string", "n")))}, 0, ""},
		{"unknown", "", "ModifyInstance", []string{modified(key("Disk", "Id", "x"), inst("Disk", prop("Id", "string", "x"), prop("Caption", "string", "new")))}, cimxml.NotFound, ""},
		{"unknown class", "", "ModifyInstance", []string{modified(key("Nope", "Id", "x"), inst("Nope"))}, cimxml.InvalidClass, ""},
		{"another key", "", "ModifyInstance", []string{modified(key("Disk", "Id", "n"), inst("Disk", prop("Id", "string", "o")))}, cimxml.InvalidParameter, ""},
		{"another class", "", "ModifyInstance", []string{modified(key("Disk", "Id", "n"), inst("Shelf", prop("Name", "string", "n")))}, cimxml.InvalidParameter, ""},
		{"unknown property in the list", "", "ModifyInstance", []string{modified(key("Disk", "Id", "n"), inst("Disk", prop("Id", "string", "n"))), list("PropertyList", "Nope")}, cimxml.NoSuchProperty, ""},
		{"", "", "GetProperty", []string{disk("c"), text("PropertyName", "Size")}, 0, `<VALUE>18446744073709551615</VALUE>`},
		{"unknown property", "", "GetProperty", []string{disk("c"), text("PropertyName", "Nope")}, cimxml.NoSuchProperty, ""},
		{"unknown", "", "GetProperty", []string{disk("x"), text("PropertyName", "Size")}, cimxml.NotFound, ""},
		{"", "", "SetProperty", []string{disk("n"), text("PropertyName", "Size"), text("NewValue", "9")}, 0, ""},
		{"another type", "", "SetProperty", []string{disk("n"), text("PropertyName", "Size"), text("NewValue", "many")}, cimxml.TypeMismatch, ""},
		{"unknown property", "", "SetProperty", []string{disk("n"), text("PropertyName", "Nope"), text("NewValue", "9")}, cimxml.NoSuchProperty, ""},
		{"no object", "", "SetProperty", []string{disk("n"), text("PropertyName", "Inner"), text("NewValue", "zz")}, cimxml.InvalidParameter, ""},
		{"", "", "DeleteInstance", []string{disk("n")}, 0, ""},
		{"unknown", "", "DeleteInstance", []string{disk("n")}, cimxml.NotFound, ""},
		{"unknown class", "", "DeleteInstance", []string{named("InstanceName", key("Nope", "Id", "n"))}, cimxml.InvalidClass, ""},

		{"", "", "GetQualifier", []string{text("QualifierName", "Note")}, 0, `<QUALIFIER.DECLARATION NAME="Note" TYPE="string"`},
		{"unknown", "", "GetQualifier", []string{text("QualifierName", "Nope")}, cimxml.NotFound, ""},
		{"", "", "SetQualifier", []string{named("QualifierDeclaration", `<QUALIFIER.DECLARATION NAME="Own" TYPE="boolean"><SCOPE CLASS="true"/><VALUE>FALSE</VALUE></QUALIFIER.DECLARATION>`)}, 0, ""},
		{"", "", "EnumerateQualifiers", nil, 0, `NAME="Own"`},
		{"", "", "DeleteQualifier", []string{text("QualifierName", "Own")}, 0, ""},
		{"unknown", "", "DeleteQualifier", []string{text("QualifierName", "Own")}, cimxml.NotFound, ""},

		{"", "", "ExecQuery", []string{text("QueryLanguage", "WQL"), text("Query", "SELECT * FROM Disk WHERE Id = 'c'")}, 0, `<VALUE.OBJECTWITHPATH>`},
		{"CQL", "", "ExecQuery", []string{text("QueryLanguage", "DMTF:CQL"), text("Query", "SELECT Size FROM Disk WHERE Id = 'c'")}, 0, `18446744073709551615`},
		{"another language", "", "ExecQuery", []string{text("QueryLanguage", "SQL"), text("Query", "SELECT * FROM Disk")}, cimxml.QueryLanguageNotSupported, ""},
		{"no query", "", "ExecQuery", []string{text("QueryLanguage", "WQL"), text("Query", "SELEKT")}, cimxml.InvalidQuery, ""},
		{"unknown class", "", "ExecQuery", []string{text("QueryLanguage", "WQL"), text("Query", "SELECT * FROM Nope")}, cimxml.InvalidClass, ""},

		{"", "", "Associators", []string{object("c")}, 0, `<INSTANCEPATH>`},
		{"", "", "AssociatorNames", []string{object("c")}, 0, `<OBJECTPATH><INSTANCEPATH><NAMESPACEPATH><HOST>HERE</HOST>`},
		{"filtered", "", "AssociatorNames", []string{object("c"), named("AssocClass", `<CLASSNAME NAME="On"/>`), named("ResultClass", `<CLASSNAME NAME="Shelf"/>`), text("Role", "Disk"), text("ResultRole", "Shelf")}, 0, `CLASSNAME="Shelf"`},
		{"another role", "", "AssociatorNames", []string{object("c"), text("Role", "Shelf")}, 0, `<IRETURNVALUE></IRETURNVALUE>`},
		{"unknown association", "", "AssociatorNames", []string{object("c"), named("AssocClass", `<CLASSNAME NAME="Nope"/>`)}, cimxml.InvalidParameter, ""},
		{"unknown class", "", "Associators", []string{named("ObjectName", key("Nope", "Id", "c"))}, cimxml.InvalidParameter, ""},
		{"no name", "", "Associators", []string{object("c"), text("Role", "a b")}, cimxml.InvalidParameter, ""},
		{"", "", "References", []string{object("c")}, 0, `CLASSNAME="On"`},
		{"", "", "ReferenceNames", []string{object("c")}, 0, `CLASSNAME="On"`},
		{"class", "", "ReferenceNames", []string{named("ObjectName", `<CLASSNAME NAME="Disk"/>`)}, 0, `<CLASSPATH>`},
		{"class", "", "Associators", []string{named("ObjectName", `<CLASSNAME NAME="Disk"/>`)}, 0, `<CLASS NAME="Shelf"`},
		{"class without keys", "", "Associators", []string{named("ObjectName", `<INSTANCENAME CLASSNAME="Disk"/>`)}, 0, `<CLASS NAME="Shelf"`},
		{"unknown class without keys", "", "Associators", []string{named("ObjectName", `<INSTANCENAME CLASSNAME="Nope"/>`)}, cimxml.InvalidParameter, ""},
		{"no keys", "", "OpenAssociatorInstances", []string{named("InstanceName", `<INSTANCENAME CLASSNAME="Disk"/>`)}, cimxml.InvalidParameter, ""},

		{"unknown operation", "", "GetNothing", nil, cimxml.NotSupported, ""},
		{"unknown native operation", "", "__GetNothing", nil, 0, `STATUS="2147749900"`},
	} {
		if c.namespace == "" {
			c.namespace = "root/cimv2"
		}
		got, body := p.in(c.namespace, c.method, c.params...)
		if got != c.code || !strings.Contains(body, c.want) {
			t.Errorf("%s, %s: status %d, want %d and %q:\n%s", c.method, c.name, got, c.code, c.want, body)
		}
	}
}
