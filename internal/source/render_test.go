package source_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/source"
)

func TestRender(t *testing.T) {
	long := strings.Repeat("0123456789", 40)
	for _, test := range []struct {
		name, text string
		span       source.Span
		want       string
	}{
		{"a token", "uint64 Size Free;", source.Span{Pos: 13, End: 17}, `
x:1:13: wrong
	uint64 Size Free;
	            ^~~~
`},
		{"the first character", "x", source.Span{Pos: 1, End: 2}, `
x:1:1: wrong
	x
	^
`},
		{"the end of the file", "class X {\n}", source.Span{Pos: 12, End: 12}, `
x:2:2: wrong
	}
	 ^
`},
		{"tabs", "a\tb\tc", source.Span{Pos: 5, End: 6}, `
x:1:5: wrong
	a       b       c
	                ^
`},
		{"wide and narrow characters", "日本é x", source.Span{Pos: 10, End: 11}, `
x:1:5: wrong
	日本é x
	      ^
`},
		{"a mark under wide characters", "日本x", source.Span{Pos: 1, End: 7}, `
x:1:1: wrong
	日本x
	^~~~
`},
		{"combining marks", "e\u0301x", source.Span{Pos: 4, End: 5}, `
x:1:3: wrong
	e` + "\u0301" + `x
	 ^
`},
		{"what a terminal would obey", "\x1b[2J\x00\u202Ex\xED\xA0\x80y", source.Span{Pos: 13, End: 14}, `
x:1:11: wrong
	�[2J��x�y
	        ^
`},
		{"over several lines", "ab\ncd", source.Span{Pos: 2, End: 6}, `
x:1:2: wrong
	ab
	 ^
`},
		{"a long line", long, source.Span{Pos: 200, End: 300}, `
x:1:200: wrong
	…` + long[199-80:199+40] + `…
	` + strings.Repeat(" ", 81) + "^" + strings.Repeat("~", 39) + `
`},
		{"no place", "x", source.Span{}, `
x: wrong
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := source.Diagnostic{File: source.NewFile("x", test.text), Span: test.span, Msg: "wrong"}
			var b strings.Builder
			if err := d.Render(&b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want[1:], b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRenderIsShort(t *testing.T) {
	text := strings.Repeat("\u0301", 100_000)
	d := source.Diagnostic{File: source.NewFile("x", text), Span: source.Span{Pos: 100_001, End: 200_001}, Msg: "wrong"}
	var b strings.Builder
	if err := d.Render(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 1000 {
		t.Errorf("%d bytes are shown", b.Len())
	}
}
