package table_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cmd/wmi/internal/table"
)

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{
		"":                      0,
		"abc":                   3,
		"größe":                 5,
		"gro\u0308ße":           5, // combining diaeresis
		"温度":                    4,
		"한글":                    4,
		"\u1112\u1161\u11AB":    2, // one syllable from three letters
		"ﾊﾝｶｸ":                  4, // half width
		"ＡＢ":                    4, // full width
		"😀":                     2,
		"می\u200Cخواهم":         7, // zero-width non-joiner
		"\u00A0no break\u00A0":  10,
		"Ω≈ç√∫":                 5,
		"\u3000ideographic":     13,
		strings.Repeat("x", 99): 99,
	} {
		if got := table.Width(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for s, want := range map[string]string{
		"plain":            "plain",
		"two\nlines\r\n":   `two\nlines\r\n`,
		"\ttab":            `\ttab`,
		"\x1b[31mred":      `\x001B[31mred`,
		"\u202Eevil":       `\x202Eevil`, // right-to-left override
		"温度\u3000x":        "温度\u3000x",
		"می\u200Cخواهم":    "می\u200Cخواهم",
		"bad\xFFbyte":      "bad\uFFFDbyte",
		"\xED\xA0\x80lone": "\uFFFD\uFFFD\uFFFDlone",
		"\x7Fdel":          `\x007Fdel`,
	} {
		if got := table.Clean(s); got != want {
			t.Errorf("Clean(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		s       string
		columns int
		want    string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "abcd…"},
		{"温度計", 6, "温度計"},
		{"温度計", 5, "温度…"},
		{"温度計", 4, "温…"}, // half a character does not fit
		{"gro\u0308ße", 5, "gro\u0308ße"},
		{"a", 1, "a"},
		{"ab", 1, "…"},
	} {
		got := table.Cut(c.s, c.columns)
		if got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.s, c.columns, got, c.want)
		}
		if w := table.Width(got); w > c.columns {
			t.Errorf("Cut(%q, %d) takes %d columns", c.s, c.columns, w)
		}
	}
}

func render(columns []table.Column, o table.Options, rows ...[]string) string {
	var b strings.Builder
	w := table.New(&b, columns, o)
	for _, row := range rows {
		if err := w.Row(row); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func TestTable(t *testing.T) {
	columns := []table.Column{{Name: "Name"}, {Name: "Size", Right: true}, {Name: "Note"}}
	rows := func() [][]string {
		return [][]string{{"温度計", "5", ""}, {"c", "12345", ""}}
	}
	for _, c := range []struct {
		name string
		o    table.Options
		want string
	}{
		{"file", table.Options{}, "" +
			"Name     Size  Note\n" +
			"温度計      5\n" +
			"c       12345\n"},
		{"terminal", table.Options{Width: 9, OmitEmpty: true}, "" +
			"Name    …\n" +
			"温度計  …\n" +
			"c       …\n"},
		{"heading", table.Options{OmitEmpty: true, Heading: func(s string) string { return "<" + s + ">" }}, "" +
			"<Name     Size>\n" +
			"温度計      5\n" +
			"c       12345\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, render(columns, c.o, rows()...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if got := render(columns, table.Options{}); got != "" {
		t.Errorf("a table without rows is %q", got)
	}
}

// A result longer than what is held back comes out as it arrives, and a wide
// cell late in it pushes its own row only.
func TestLongTable(t *testing.T) {
	var b strings.Builder
	w := table.New(&b, []table.Column{{Name: "N"}, {Name: "V"}}, table.Options{OmitEmpty: true})
	const rows = 1500
	for i := range rows {
		if i == 1200 && b.Len() == 0 {
			t.Fatal("nothing was written after 1200 rows")
		}
		cell := fmt.Sprint(i)
		if i == 1400 {
			cell = "a much wider cell"
		}
		if err := w.Row([]string{cell, ""}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != rows+1 {
		t.Fatalf("%d lines, want %d", len(lines), rows+1)
	}
	if lines[0] != "N    V" || lines[1401] != "a much wider cell" || lines[1402] != "1401" {
		t.Errorf("lines are %q, %q, %q", lines[0], lines[1401], lines[1402])
	}
}
