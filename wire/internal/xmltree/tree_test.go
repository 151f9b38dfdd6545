package xmltree_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/wire/internal/xmltree"
)

func TestParse(t *testing.T) {
	type name = xmltree.Name
	got, err := xmltree.Parse([]byte("\xEF\xBB\xBF<?xml version='1.0'?><!-- c -->" +
		`<a:r xmlns:a="A" xmlns="D" x="1 &lt;&#x41;" a:x='2'><b xmlns=''>t<![CDATA[<&]]>u</b><!-- c --><a:c/> &amp; <c xmlns:a="B"><a:d/></c></a:r>` + " \n<?pi?>"))
	if err != nil {
		t.Fatal(err)
	}
	want := &xmltree.Node{
		Name:  name{"A", "r"},
		Attrs: []xmltree.Attr{{Name: name{"", "x"}, Value: "1 <A"}, {Name: name{"A", "x"}, Value: "2"}},
		Children: []*xmltree.Node{
			{Name: name{"", "b"}, Text: "t<&u"},
			{Name: name{"A", "c"}},
			{Name: name{"D", "c"}, Children: []*xmltree.Node{{Name: name{"B", "d"}}}},
		},
		Text: " & ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if v := got.Value(); v != "&" {
		t.Errorf("value %q", v)
	}
	if got.Attr("A", "x") != "2" || got.Attr("A", "y") != "" || got.Child("D", "c") == nil || got.Child("D", "x").Child("", "y").Value() != "" {
		t.Error("a part is not found")
	}
}

func TestParseErrors(t *testing.T) {
	for _, text := range []string{
		"", "x", "<a>", "<a></b>", "<a/><b/>", "<a/>x", "<a b/>", "<a b=c/>", "<a b='<'/>", "<a b='1'c='2'/>", "<a b='1' b='2'/>",
		"<a xmlns:p='N' xmlns:q='N' p:b='1' q:b='2'/>", "<p:a/>", "<a p:b=''/>", "<a:b:c/>", "<:a/>", "<1a/>", "<a xmlns:p=''/>",
		"<!DOCTYPE a><a/>", "<a><!ENTITY b 'c'></a>", "<a>&b;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&amp</a>",
		"<a>\xff</a>", "<a><![CDATA[</a>", "<a><!--</a>", "<?xml <a/>", strings.Repeat("<a>", 300), "<a" + strings.Repeat(" b='1'", 2) + "/>",
		"<a>\x01</a>", "<a b='\x00'/>", "<a>\uFFFE</a>", "<a xmlns:p='A' xmlns:p='B'/>", "<a xmlns='A' xmlns='B'/>", "<a xmlns:xml='A'/>",
	} {
		_, err := xmltree.Parse([]byte(text))
		var e *xmltree.Error
		if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

// Lines end in one way, however they were written; what was written as a reference
// stays.
func TestLines(t *testing.T) {
	got, err := xmltree.Parse([]byte("<a b='1\r\n2\t3\r4&#13;&#10;'>1\r\n2\r3\n&#13;4<![CDATA[\r5\r\n]]>\r</a>"))
	want := &xmltree.Node{
		Name: xmltree.Name{Local: "a"}, Text: "1\n2\n3\n\r4\n5\n\n",
		Attrs: []xmltree.Attr{{Name: xmltree.Name{Local: "b"}, Value: "1 2 3 4\r\n"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// numbered returns text n times, with a number in place of #.
func numbered(n int, text string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "#", strconv.Itoa(i)))
	}
	return b.String()
}

// Documents that would take far more time or memory than their length lets expect.
func TestLimits(t *testing.T) {
	for name, text := range map[string]string{
		"many prefixes":               "<a" + numbered(1000, " xmlns:p#='N'") + ">" + strings.Repeat("<b/>", 1000) + "</a>",
		"prefixes of many elements":   numbered(200, "<a xmlns:p#a='N' xmlns:p#b='N'>") + strings.Repeat("</a>", 200),
		"many attributes":             "<a" + numbered(300, " b#=''") + "/>",
		"many elements":               "<a>" + strings.Repeat("<b/>", 300_000) + "</a>",
		"many elements' attributes":   "<a>" + strings.Repeat("<b"+numbered(200, " c#=''")+"/>", 2000) + "</a>",
		"many elements deep":          strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300),
		"many elements with bindings": "<a>" + strings.Repeat("<b"+numbered(200, " xmlns:c#='N'")+"/>", 2000) + "</a>",
	} {
		if _, err := xmltree.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAppend(t *testing.T) {
	const text = `<x:a xmlns:x="A&amp;" y="&lt;" x:z="2" xml:lang="en"><b>t&gt;</b></x:a>`
	n, err := xmltree.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	b, ok := xmltree.Append(nil, n, 1000)
	again, err := xmltree.Parse(b)
	if diff := cmp.Diff(n, again); diff != "" || !ok || err != nil {
		t.Errorf("%s: %v, %v, %s", b, ok, err, diff)
	}
	if _, ok := xmltree.Append(nil, n, len(b)-1); ok {
		t.Error("it has one byte too many")
	}
	// Each element and attribute repeats the name of its namespace.
	long := "<a xmlns='" + strings.Repeat("n", 1<<20) + "'>" + strings.Repeat("<b/>", 100_000) + "</a>"
	if n, err = xmltree.Parse([]byte(long)); err != nil {
		t.Fatal(err)
	}
	if b, ok := xmltree.Append(nil, n, 4<<20); ok || len(b) > 8<<20 {
		t.Errorf("%d bytes, %v", len(b), ok)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`<a:r xmlns:a="A" xmlns="D" x="1 &lt;&#x41;" a:x='2'><b xmlns=''>t<![CDATA[<&]]>u</b></a:r>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		n, err := xmltree.Parse(document)
		if (n == nil) == (err == nil) {
			t.Errorf("%v and %v", n, err)
		}
		if err != nil {
			return
		}
		b, ok := xmltree.Append(nil, n, 1<<20)
		if !ok {
			return
		}
		again, err := xmltree.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if diff := cmp.Diff(n.Text, again.Text); diff != "" || n.Name != again.Name || len(n.Children) != len(again.Children) {
			t.Errorf("%s: %s", b, diff)
		}
	})
}
