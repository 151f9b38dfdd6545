// Package table lays out rows in aligned columns, for people.
//
// Columns are as wide as the widest of the first rows needs; those rows are
// held back until that is known, so memory stays bounded and a long result
// still streams. A later cell that is wider pushes its own row only. Numbers
// stand right, everything else left. On a terminal lines are cut to its width.
//
// A Writer belongs to one goroutine.
package table

import (
	"io"
	"strings"
)

// gather is how many rows are held back to learn the widths from.
const gather = 1000

// gap separates two columns.
const gap = "  "

// A Column is a heading and the side its cells stand on.
type Column struct {
	Name  string
	Right bool
}

// Options say where the table goes. The zero value is for a file.
type Options struct {
	// Width is how wide lines may be. Zero means that they are not cut.
	Width int
	// OmitEmpty leaves out columns without any text, when all rows are known
	// before the first is written.
	OmitEmpty bool
	// Heading, if not nil, decorates the finished line of headings.
	Heading func(line string) string
}

// A Writer writes a table.
type Writer struct {
	w       io.Writer
	o       Options
	columns []Column
	held    [][]string
	widths  []int // nil while rows are held back; negative for a column left out
	line    strings.Builder
}

// New returns a Writer of a table with those columns.
func New(w io.Writer, columns []Column, o Options) *Writer {
	return &Writer{w: w, o: o, columns: columns}
}

// Row adds a row, which now belongs to the table: one cell for each column.
func (t *Writer) Row(cells []string) error {
	for i := range cells {
		cells[i] = Clean(cells[i])
	}
	if t.widths != nil {
		return t.write(cells)
	}
	t.held = append(t.held, cells)
	if len(t.held) < gather {
		return nil
	}
	return t.release(false)
}

// Release writes the rows held back and holds back no more: columns have the
// widths that these need.
func (t *Writer) Release() error {
	if t.widths != nil || len(t.held) == 0 {
		return nil
	}
	return t.release(false)
}

// Close writes the rows held back. A table without rows writes nothing.
func (t *Writer) Close() error {
	if t.widths != nil || len(t.held) == 0 {
		return nil
	}
	return t.release(true)
}

// release learns the widths from the rows held back and writes them; all says
// that no more will come.
func (t *Writer) release(all bool) error {
	t.widths = make([]int, len(t.columns))
	for _, row := range t.held {
		for i, cell := range row {
			t.widths[i] = max(t.widths[i], Width(cell))
		}
	}
	heading := make([]string, len(t.columns))
	for i, c := range t.columns {
		if t.widths[i] == 0 && all && t.o.OmitEmpty {
			t.widths[i] = -1
			continue
		}
		heading[i] = Clean(c.Name)
		t.widths[i] = max(t.widths[i], Width(heading[i]))
	}
	line := t.layOut(heading)
	if t.o.Heading != nil {
		line = t.o.Heading(line)
	}
	if _, err := io.WriteString(t.w, line+"\n"); err != nil {
		return err
	}
	for _, row := range t.held {
		if err := t.write(row); err != nil {
			return err
		}
	}
	t.held = nil
	return nil
}

func (t *Writer) write(cells []string) error {
	_, err := io.WriteString(t.w, t.layOut(cells)+"\n")
	return err
}

// layOut returns the line of a row, without blanks at its end.
func (t *Writer) layOut(cells []string) string {
	b := &t.line
	b.Reset()
	first := true
	for i, cell := range cells {
		if t.widths[i] < 0 {
			continue
		}
		if !first {
			b.WriteString(gap)
		}
		first = false
		b.WriteString(Pad(cell, t.widths[i], t.columns[i].Right))
	}
	line := strings.TrimRight(b.String(), " ")
	if t.o.Width > 0 {
		line = Cut(line, t.o.Width)
	}
	return line
}
