package mof_test

import (
	"os"
	"strings"
	"testing"

	"openwmi/internal/source"
	"openwmi/mof"
)

// FuzzParse parses, checks and formats anything. Diagnostics must point into the
// text, an error must be reported if there is no tree, and what has no error is
// formatted without a change of meaning.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/format.mof", "testdata/format.golden"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, seed := range []string{
		"",
		"class A : B { [key] string k[3] = {\"a\" \"b\", 'c'}; void M([in] D ref x = $y, [out] object z); };",
		"[Q : Amended] instance of A as $a { x = instance of B { y = {1, -0x2F, 3.5e-2, 010, 11b}; }; };",
		"Qualifier Q : string[] = null, Scope(any), Flavor(Restricted); qualifier R : ToInstance;",
		"#pragma namespace(\"\\\\\\\\.\\\\root\") #include(\"x\")\n#pragma what\\\nis this\n#define",
		"\xFF\xFEc\x00l\x00a\x00s\x00s\x00 \x00A\x00{\x00}\x00;\x00",
		"\xEF\xBB\xBFclass \u00C4 { string s = \"\\xD83D\\xDE00\xF0\x9F\x98\x80\"; };",
		"/* a */ class /* b */ A /* c */ { /* d */ } /* e */ ; // f",
		"class A { uint32[] M(; string ; } \"open\nclass B {};",
		"instance of A { x = \"\\q\\\n\\x\"; y = '\\x41'; z; };",
		"FOMB", "\x00", "{{{{[[[[((((", "$ ' \" \\",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		src, _, err := source.Decode("fuzz.mof", data)
		if err != nil {
			return
		}
		for _, dialect := range []mof.Dialect{mof.Auto, mof.WMI, mof.DMTF} {
			var list source.List
			tree := mof.Parse(src, mof.Options{Dialect: dialect}, &list)
			failed := list.Err() != nil
			mof.Check(tree, dialect, &list)
			for _, d := range list.All() {
				if !d.IsValid() || d.End < d.Pos || int(d.End) > len(src.Text())+1 || d.Msg == "" || d.Code == 0 {
					t.Fatalf("diagnostic %+v", d)
				}
			}
			var b strings.Builder
			if err := list.Render(&b); err != nil {
				t.Fatal(err)
			}
			walk(tree, func(n, _ mof.Node) {
				if at := n.Range(); !failed && (!at.IsValid() || at.End < at.Pos || int(at.End) > len(src.Text())+1) {
					t.Fatalf("%T has the range %v", n, at)
				}
			})
			if !failed && dialect == mof.Auto {
				checkFormat(t, tree)
			}
		}
	})
}
