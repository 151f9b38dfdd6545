package cimxml_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"openwmi/cim"
	"openwmi/cim/cimxml"
)

// dump returns the elements of a document, with what is in them.
func dump(d *cimxml.Decoder) string {
	var b strings.Builder
	var walk func()
	walk = func() {
		fmt.Fprintf(&b, "<%s", d.Name())
		if a, ok := d.Attr("a"); ok {
			fmt.Fprintf(&b, " %q", a)
		}
		switch {
		case d.Name()[0] == 't':
			s, _ := d.Text()
			fmt.Fprintf(&b, " %q", s)
		case d.Name()[0] == 's':
			d.Skip()
		default:
			for d.Next() {
				walk()
			}
		}
		b.WriteString(">")
	}
	for d.Next() {
		walk()
	}
	return b.String()
}

func TestDecoder(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{`<e/>`, `<e>`},
		{"\uFEFF<?xml version='1.0' encoding='UTF-8'?>\n<!-- c -->\n<e></e >\n<!-- d --> ", `<e>`},
		{`<?xml version="1.0"?><?xml-stylesheet encoding="x"?><e><?pi > ?></e>`, `<e>`},
		{`<e a="1"><f a = '&lt;"' b="2"/><f/></e>`, `<e "1"<f "<\""><f>>`},
		{"<e a='\r\n\t&#10;x'/>", `<e "   \nx">`},
		{`<t>a</t>`, `<t "a">`},
		{`<t/>`, `<t "">`},
		{`<t></t>`, `<t "">`},
		{"<t> a\r\nb\rc\n </t>", `<t " a\nb\nc\n ">`},
		{`<t>&amp;&lt;&gt;&quot;&apos;&#65;&#x1F600;&#x1;</t>`, `<t "&<>\"'A😀\x01">`},
		{`<t>a<!-- <b> --><![CDATA[<&amp;>]]]]><![CDATA[>]]><?p?>b</t>`, `<t "a<&amp;>]]>b">`},
		{`<t>a > b ]]> </t>`, `<t "a > b ]]> ">`},
		{`<e><s>text<s>more</s><![CDATA[</s>]]>&nonsense;</s><f/></e>`, `<e<s><f>>`},
		{`<e.f-g_h:i/>`, `<e.f-g_h:i>`},
		{`<ü a="ü"/>`, `<ü "ü">`},
	} {
		for name, r := range map[string]io.Reader{
			"whole":  strings.NewReader(test.in),
			"bytes":  iotest.OneByteReader(strings.NewReader(test.in)),
			"at end": iotest.DataErrReader(strings.NewReader(test.in)),
		} {
			d := cimxml.NewDecoder(r)
			if got := dump(d); got != test.want || d.Err() != nil {
				t.Errorf("%s, %s: got %s and %v, want %s", test.in, name, got, d.Err(), test.want)
			}
		}
		d := cimxml.NewDecoderBytes([]byte(test.in))
		if got := dump(d); got != test.want || d.Err() != nil {
			t.Errorf("%s: got %s and %v, want %s", test.in, got, d.Err(), test.want)
		}
	}
}

func TestDecoderErrors(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{``, `line 1, column 1: the document ends where an element is expected`},
		{` x`, `line 1, column 2: text stands outside the root element`},
		{`<e/>x`, `line 1, column 5: text stands outside the root element`},
		{`<e/><f/>`, `line 1, column 5: a second root element`},
		{`<e/></e>`, `line 1, column 5: </e> ends nothing that is open`},
		{`<e><f></e>`, `line 1, column 7: </e> ends nothing that is open`},
		{"<e>\n <üü/>\n <f", "line 3, column 2: the document ends inside e"},
		{`<e`, `line 1, column 1: the document ends where an element is expected`},
		{`<t>abc`, `line 1, column 7: the document ends inside t`},
		{`<t>abc</t`, `line 1, column 7: the document ends inside t`},
		{`<e><!-- `, `line 1, column 8: the document ends inside e`},
		{`<!DOCTYPE e [<!ENTITY x "y">]><e/>`, `line 1, column 1: a document type declaration is not allowed`},
		{`<e><!ELEMENT x></e>`, `line 1, column 4: <! begins neither a comment nor a CDATA section`},
		{`<t>&x;</t>`, `line 1, column 7: & begins no known entity or character reference before here, in t`},
		{`<t>&#0;</t>`, `line 1, column 8: & begins no known entity or character reference before here, in t`},
		{`<t>&#xD800;</t>`, `line 1, column 12: & begins no known entity or character reference before here, in t`},
		{"<t>a\x01</t>", `line 1, column 6: control character 0x1 before here, in t`},
		{"<t>a\xFF</t>", `line 1, column 6: bytes that are not UTF-8 before here, in t`},
		{"<e a='\xED\xA0\x80'/>", `line 1, column 13: bytes that are not UTF-8 before here, in e`},
		{`<e a=1/>`, `line 1, column 1: attribute a of e has no quotes`},
		{`<e a/>`, `line 1, column 1: an attribute of e is not of the form name="value"`},
		{`<e "a"/>`, `line 1, column 1: an attribute of e is not of the form name="value"`},
		{`<e / >`, `line 1, column 1: an attribute of e is not of the form name="value"`},
		{`<e a="1"b="2"/>`, `line 1, column 1: a space is missing in the tag of e`},
		{`<e a="1" a="2"/>`, `line 1, column 1: e has attribute a twice`},
		{`<e a="<"/>`, `line 1, column 11: < stands in attribute a of e`},
		{`<e <f/></e>`, `line 1, column 1: < stands inside a tag`},
		{`< e/>`, `line 1, column 1: < begins no element`},
		{`<e,/>`, `line 1, column 1: < begins no element`},
		{`<?xml version="1.0" encoding="ISO-8859-1"?><e/>`, `line 1, column 1: encoding "iso-8859-1" is not UTF-8`},
		{`<?xml version="1.0" `, `line 1, column 1: the document ends where an element is expected`},
		{`<?xml version="1.0" ` + strings.Repeat(" ", 1024) + `?>`, `line 1, column 1: the XML declaration has more than 1024 bytes`},
		{`<e>text</e>`, `line 1, column 4: text stands in e where only elements may`},
		{`<e><!-- x --><![CDATA[ ]]></e>`, `line 1, column 14: text stands in e where only elements may`},
		{`<t>a<u/></t>`, `line 1, column 5: an element stands in t where only text may`},
	} {
		for _, d := range []*cimxml.Decoder{
			cimxml.NewDecoderBytes([]byte(test.in)),
			cimxml.NewDecoder(iotest.OneByteReader(strings.NewReader(test.in))),
		} {
			dump(d)
			if err := d.Err(); err == nil || err.Error() != test.want {
				t.Errorf("%s: got %v, want %s", test.in, err, test.want)
			}
			malformed := !strings.HasSuffix(test.want, "may")
			if e := new(cimxml.Error); errors.As(d.Err(), &e) && e.Malformed != malformed {
				t.Errorf("%s: Malformed is %t", test.in, e.Malformed)
			}
		}
	}
}

// What is too deep, too large or too many is QuotaViolation.
func TestDecoderLimits(t *testing.T) {
	attrs := ""
	for i := range cimxml.MaxAttrs + 1 {
		attrs += fmt.Sprintf(" a%d=''", i)
	}
	quals := strings.Repeat(`<QUALIFIER NAME="q" TYPE="string"/>`, cimxml.MaxQualifiers+1)
	for i := range cimxml.MaxQualifiers + 1 {
		quals = strings.Replace(quals, `"q"`, fmt.Sprintf(`"q%d"`, i), 1)
	}
	keys := ""
	for i := range cim.MaxKeys + 1 {
		keys += fmt.Sprintf(`<KEYBINDING NAME="k%d"><KEYVALUE/></KEYBINDING>`, i)
	}
	for name, r := range map[string]io.Reader{
		"depth":      strings.NewReader(strings.Repeat("<e>", cimxml.MaxDepth+1)),
		"tag":        io.MultiReader(strings.NewReader(`<e a="`), strings.NewReader(strings.Repeat("x", cimxml.MaxTag))),
		"end tag":    io.MultiReader(strings.NewReader(`<e></`), strings.NewReader(strings.Repeat("x", cimxml.MaxTag+1))),
		"attributes": strings.NewReader("<e" + attrs + "/>"),
		"text":       io.MultiReader(strings.NewReader(`<t>`), io.LimitReader(zeros('x'), cimxml.MaxText+1<<20)),
		"qualifiers": strings.NewReader(`<CLASS NAME="C">` + quals + `</CLASS>`),
		"keys":       strings.NewReader(`<INSTANCENAME CLASSNAME="C">` + keys + `</INSTANCENAME>`),
		"embedded": io.MultiReader(strings.NewReader(`<VALUE>&lt;INSTANCE CLASSNAME="C">&lt;PROPERTY NAME="p" TYPE="string"`+
			` EmbeddedObject="object">&lt;VALUE>`), io.LimitReader(zeros('x'), cimxml.MaxText/2),
			strings.NewReader(`&lt;/VALUE>&lt;/PROPERTY>&lt;/INSTANCE></VALUE>`)),
		"namespace": strings.NewReader(`<LOCALNAMESPACEPATH>` + strings.Repeat(`<NAMESPACE NAME="n"/>`, cim.MaxPath) +
			`</LOCALNAMESPACEPATH>`),
		// Each level of a path in a path doubles its quotes and backslashes.
		"reference": strings.NewReader(strings.Repeat(`<VALUE.REFERENCE><INSTANCENAME CLASSNAME="C"><KEYBINDING NAME="k">`, 30) +
			`<KEYVALUE>"</KEYVALUE>` + strings.Repeat(`</KEYBINDING></INSTANCENAME></VALUE.REFERENCE>`, 30)),
	} {
		d := cimxml.NewDecoder(r)
		if d.Next() {
			switch string(d.Name()) {
			case "CLASS":
				d.ClassDecl()
			case "INSTANCENAME", "LOCALNAMESPACEPATH", "VALUE.REFERENCE":
				d.Path()
			case "t":
				d.Text()
			case "VALUE":
				d.Value(cim.TypeObject)
			default:
				for d.Next() {
				}
			}
		}
		if s := cim.StatusOf(d.Err()); s != cim.QuotaViolation {
			t.Errorf("%s: got %v, want QuotaViolation", name, d.Err())
		}
	}
}

// zeros is an endless reader of one byte.
type zeros byte

func (z zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(z)
	}
	return len(b), nil
}

// An error of the reader is not taken for the end of the document.
func TestDecoderReadError(t *testing.T) {
	broken := errors.New("connection reset")
	for _, in := range []string{``, `<e`, `<e>`, `<t>a`, `<e/>`, `<e><!-- `} {
		d := cimxml.NewDecoder(io.MultiReader(strings.NewReader(in), iotest.ErrReader(broken)))
		dump(d)
		if !errors.Is(d.Err(), broken) {
			t.Errorf("%s: got %v, want %v", in, d.Err(), broken)
		}
		if e := new(cimxml.Error); errors.As(d.Err(), &e) && e.Malformed {
			t.Errorf("%s: the document is called malformed", in)
		}
	}
}

// A position is right also when the buffer has moved on several times.
func TestDecoderPosition(t *testing.T) {
	in := "<e>" + strings.Repeat("<f>\n</f>", 50000) + "\n  <g/><e>x"
	for _, d := range []*cimxml.Decoder{cimxml.NewDecoderBytes([]byte(in)), cimxml.NewDecoder(strings.NewReader(in))} {
		dump(d)
		want := "line 50002, column 10: text stands in e where only elements may"
		if err := d.Err(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A class may have more members than the limits allow, as one who is trusted says,
// or as a document says: neither is read.
func TestManyMembers(t *testing.T) {
	decl := &cim.ClassDecl{Name: "Wide"}
	for i := range 2 * cim.MaxProperties {
		decl.Properties = append(decl.Properties, cim.PropertyDecl{Name: fmt.Sprintf("P%04d", i), Type: cim.TypeString})
	}
	wide, err := cim.Restore(nil, decl)
	if err != nil {
		t.Fatal(err)
	}
	d := cimxml.NewDecoder(strings.NewReader(`<INSTANCE CLASSNAME="Wide"><PROPERTY NAME="P2047" TYPE="string"/></INSTANCE>`))
	d.Classes = func(string) (*cim.Class, error) { return wide, nil }
	d.Next()
	if _, err := d.Instance(); cim.StatusOf(err) != cim.TooManyProperties {
		t.Errorf("an instance of a wide class: %v", err)
	}
	for _, c := range []struct {
		element string
		status  cim.Status
	}{
		{`<PROPERTY NAME="P%d" TYPE="string"/>`, cim.TooManyProperties},
		{`<PROPERTY NAME="P%d" TYPE="string" PROPAGATED="true"/>`, cim.TooManyProperties},
		{`<METHOD NAME="M%d"/>`, cim.QuotaViolation},
		{`<QUALIFIER NAME="Q%d" TYPE="string"/>`, cim.QuotaViolation},
	} {
		for _, n := range []int{cim.MaxProperties, cim.MaxProperties + 1} { // the others are as many
			var b strings.Builder
			b.WriteString(`<CLASS NAME="Wide" SUPERCLASS="Super">`)
			for i := range n {
				fmt.Fprintf(&b, c.element, i)
			}
			d := cimxml.NewDecoder(strings.NewReader(b.String() + "</CLASS>"))
			d.Next()
			want := cim.OK
			if n > cim.MaxProperties {
				want = c.status
			}
			if _, _, err := d.ClassDecl(); cim.StatusOf(err) != want {
				t.Errorf("%d of %s: %v", n, c.element, err)
			}
		}
	}
}
