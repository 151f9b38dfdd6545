package source

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Rendering shows a diagnostic with its line and a mark below it:
//
//	disk.mof:3:14: expected ';' or '=' after Size, found "Free" (0x80044002)
//		uint64 Size Free;
//		            ^~~~
//
// What cannot be shown in one column or two is replaced, so that the mark is
// right and a hostile text cannot speak to the terminal. Of a long line only
// the neighbourhood of the mark is shown.

// maxColumns bounds the part of a line that is shown.
const maxColumns = 120

const tabWidth = 8

// Render writes the diagnostic and its code with its line and a mark.
func (d *Diagnostic) Render(w io.Writer) error {
	var b strings.Builder
	b.WriteString(d.Error())
	if d.Code != 0 {
		fmt.Fprintf(&b, " (0x%08X)", d.Code)
	}
	b.WriteByte('\n')
	if d.IsValid() {
		d.excerpt(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Render writes all diagnostics, and says when some were dropped.
func (l *List) Render(w io.Writer) error {
	for _, d := range l.All() {
		if err := d.Render(w); err != nil {
			return err
		}
	}
	for _, kind := range []struct {
		n    int
		name string
	}{{l.errors, "errors"}, {l.warnings, "warnings"}} {
		if kind.n > l.max() {
			if _, err := fmt.Fprintf(w, "too many %s: only the first %d are shown\n", kind.name, l.max()); err != nil {
				return err
			}
		}
	}
	return nil
}

// A cell is one character of a line as it is shown.
type cell struct {
	text  string
	width int
}

// excerpt writes the line of d and the mark, each after a tab.
func (d *Diagnostic) excerpt(b *strings.Builder) {
	p := d.File.Position(d.Pos)
	line := d.File.LineText(p.Line)
	start := d.File.Offset(d.Pos) - int(d.File.lines[p.Line-1])
	end := start + max(int(d.End)-int(d.Pos), 1)
	// The mark may stand behind the last character: at the end of the line.
	start, end = min(start, len(line)), min(end, len(line))

	before, behind := window(line, start)
	b.WriteByte('\t')
	col := 0
	if before > 0 {
		b.WriteString("…")
		col++
	}
	from, to := -1, -1
	for i := before; i < behind; {
		if i == start {
			from = col
		}
		c, n := show(line[i:], col)
		b.WriteString(c.text)
		col += c.width
		i += n
		if i <= end {
			to = col
		}
	}
	if behind < len(line) {
		b.WriteString("…")
	}
	if from < 0 {
		from = col
	}
	b.WriteString("\n\t")
	b.WriteString(strings.Repeat(" ", from))
	b.WriteByte('^')
	if to > from+1 {
		b.WriteString(strings.Repeat("~", to-from-1))
	}
	b.WriteByte('\n')
}

// window returns which bytes of line are shown when the mark is at mark: all
// of them, or two thirds of maxColumns before the mark and the rest behind it.
func window(line string, mark int) (from, to int) {
	columns := 0
	fits := func(at, limit int) bool {
		w := advance(line[at:])
		if columns+w > limit {
			return false
		}
		columns += w
		return true
	}
	for from = mark; from > 0; {
		_, n := utf8.DecodeLastRuneInString(line[:from])
		if !fits(from-n, maxColumns*2/3) {
			break
		}
		from -= n
	}
	for to = mark; to < len(line) && fits(to, maxColumns); {
		_, n := utf8.DecodeRuneInString(line[to:])
		to += n
	}
	return from, to
}

// advance returns the columns that the first character of s takes at most. A
// combining mark counts too, so that a line of nothing else is cut as well.
func advance(s string) int {
	c, _ := show(s, 0)
	return max(c.width, 1)
}

// show returns how the first character of s is shown in column col, and its
// bytes. Tabs become blanks, because the line itself begins behind one.
func show(s string, col int) (cell, int) {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == '\t':
		w := tabWidth - col%tabWidth
		return cell{strings.Repeat(" ", w), w}, n
	case r == utf8.RuneError && n == 1:
		_, n = surrogate(s)
		return cell{"�", 1}, n
	case unicode.In(r, unicode.Mn, unicode.Me):
		return cell{s[:n], 0}, n
	case !unicode.IsPrint(r):
		return cell{"�", 1}, n
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return cell{s[:n], 2}, n
	}
	return cell{s[:n], 1}, n
}
