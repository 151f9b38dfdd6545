package xmltree_test

import (
	"errors"
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
	} {
		_, err := xmltree.Parse([]byte(text))
		var e *xmltree.Error
		if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`<a:r xmlns:a="A" xmlns="D" x="1 &lt;&#x41;" a:x='2'><b xmlns=''>t<![CDATA[<&]]>u</b></a:r>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		n, err := xmltree.Parse(document)
		if (n == nil) == (err == nil) {
			t.Errorf("%v and %v", n, err)
		}
	})
}
