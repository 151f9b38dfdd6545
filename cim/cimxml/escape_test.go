package cimxml_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"openwmi/cim/cimxml"
)

var texts = []struct{ in, text, attr string }{
	{"", "", ""},
	{"plain", "plain", "plain"},
	{"a<b>c&d\"e'", "a&lt;b&gt;c&amp;d\"e'", "a&lt;b&gt;c&amp;d&quot;e'"},
	{"long enough to be looked at in blocks of eight < and so on", "long enough to be looked at in blocks of eight &lt; and so on",
		"long enough to be looked at in blocks of eight &lt; and so on"},
	{"]]>", "]]&gt;", "]]&gt;"},
	{"\t\n\r", "\t\n&#13;", "&#9;&#10;&#13;"},
	{"Grüße 世界 😀\x7F\u0085", "Grüße 世界 😀\x7F\u0085", "Grüße 世界 😀\x7F\u0085"},
	{"ü\"ü", "ü\"ü", "ü&quot;ü"},
	{"\x00\x01\x1F", "\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD"},
	{"a\xED\xA0\x80b", "a\uFFFDb", "a\uFFFDb"}, // an unpaired surrogate
	{"\uFFFE\uFFFF\uFFFD", "\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD"},
	{"\xFF\xFEa\xC3", "\uFFFD\uFFFDa\uFFFD", "\uFFFD\uFFFDa\uFFFD"},
	{"\xEF\"x", "\uFFFD\"x", "\uFFFD&quot;x"},
}

func TestAppendText(t *testing.T) {
	for _, test := range texts {
		if got := string(cimxml.AppendText(nil, test.in)); got != test.text {
			t.Errorf("%q as text: got %q, want %q", test.in, got, test.text)
		}
		if got, want := string(cimxml.AppendAttr(nil, "n", test.in)), ` n="`+test.attr+`"`; got != want {
			t.Errorf("%q as attribute: got %q, want %q", test.in, got, want)
		}
	}
}

// An attribute takes time in proportion to its length.
func TestAppendAttrLong(t *testing.T) {
	const n = 1 << 21
	if got := cimxml.AppendAttr(nil, "n", strings.Repeat(`"`, n)); len(got) != n*len("&quot;")+len(` n=""`) {
		t.Errorf("%d bytes", len(got))
	}
}

// What is written is read as the same text by this decoder and by another one.
func FuzzAppendText(f *testing.F) {
	for _, test := range texts {
		f.Add(test.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := append([]byte("<HOST"), cimxml.AppendAttr(nil, "n", s)...)
		b = append(cimxml.AppendText(append(b, '>'), s), "</HOST>"...)
		var other struct {
			Attr string `xml:"n,attr"`
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal(b, &other); err != nil {
			t.Fatalf("%v in %q", err, b)
		}
		d := cimxml.NewDecoderBytes(b)
		d.Next()
		attr, _ := d.Attr("n")
		text, err := d.Text()
		if err != nil {
			t.Fatalf("%v in %q", err, b)
		}
		if text != other.Text || attr != other.Attr || attr != text {
			t.Errorf("%q is read as %q and attribute %q, elsewhere as %q and %q", b, text, attr, other.Text, other.Attr)
		}
		if !strings.ContainsRune(text, '\uFFFD') && text != s {
			t.Errorf("%q comes back as %q", s, text)
		}
	})
}
