package source_test

import (
	"testing"

	"openwmi/internal/source"
)

func TestPositions(t *testing.T) {
	const text = "ab\ncd\r\n\ré😀x\n"
	f := source.NewFile("x.mof", text)
	for offset, want := range map[int]string{
		0: "x.mof:1:1", 1: "x.mof:1:2", 2: "x.mof:1:3", // the end of a line belongs to it
		3: "x.mof:2:1", 5: "x.mof:2:3", 6: "x.mof:2:4",
		7: "x.mof:3:1", 8: "x.mof:4:1", // CR alone ends a line
		10: "x.mof:4:2", 14: "x.mof:4:3", len(text): "x.mof:5:1",
	} {
		p := source.Pos(offset + 1)
		if got := f.Position(p).String(); got != want {
			t.Errorf("offset %d is %s, want %s", offset, got, want)
		}
		if f.Offset(p) != offset || f.Line(p) != f.Position(p).Line {
			t.Errorf("offset %d: %d in line %d", offset, f.Offset(p), f.Line(p))
		}
	}
	if got := f.Position(source.NoPos).String(); got != "x.mof" || f.Line(source.NoPos) != 0 {
		t.Errorf("no position is %s", got)
	}
	for n, want := range []string{"", "ab", "cd", "", "é😀x", "", ""} {
		if got := f.LineText(n); got != want {
			t.Errorf("line %d is %q, want %q", n, got, want)
		}
	}
	if got := f.Slice(source.Span{Pos: 4, End: 6}); got != "cd" {
		t.Errorf("slice %q", got)
	}
}
