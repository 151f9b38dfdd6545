package declared

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"

	"openwmi/cim"
)

// A parser yields the rows of a text. A row is good until the next. An error
// begins with its position and ends the sequence.
type parser func(d *declaration, r io.Reader) iter.Seq2[row, error]

var parsers = map[string]parser{
	"json": parseJSON, "jsonlines": parseJSONLines, "keyvalue": parseKeyValue, "csv": parseCSV, "regexp": parseRegexp,
}

// A row is where values are.
type row interface {
	// value returns what a field is: a string, or what package json makes of JSON
	// with numbers as json.Number; ok is false if it is not there.
	value(f *field) (v any, at position, ok bool)
	position() position
}

// A position is a line and a column in bytes, both from 1; column 0 is not known.
type position struct{ line, column int }

// fail returns an error with its position.
func (p position) fail(format string, args ...any) error {
	where := fmt.Sprintf("line %d", p.line)
	if p.column > 0 {
		where += fmt.Sprintf(", column %d", p.column)
	}
	return fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...))
}

// A textRow has texts by name.
type textRow struct {
	at    position
	names []string // in their order
	cells []cell
}

type cell struct {
	text string
	at   position
}

func (r *textRow) position() position { return r.at }

func (r *textRow) value(f *field) (any, position, bool) {
	for i, name := range r.names {
		if name == f.source || !f.exact && cim.EqualNames(name, f.source) {
			return r.cells[i].text, r.cells[i].at, true
		}
	}
	return nil, r.at, false
}

// maxLine bounds a line, in bytes.
const maxLine = 1 << 20

// lines yields lines without their ends. The numbers are from 1.
func lines(r io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		b := bufio.NewReader(r)
		for n := 1; ; n++ {
			var line []byte
			for {
				part, err := b.ReadSlice('\n')
				if len(line)+len(part) > maxLine {
					yield("", position{n, 0}.fail("the line has more than %d bytes", maxLine))
					return
				}
				line = append(line, part...)
				if err == nil {
					break
				}
				if err == bufio.ErrBufferFull {
					continue
				}
				if len(line) > 0 && err == io.EOF {
					break
				}
				if err != io.EOF {
					yield("", err)
				}
				return
			}
			if !yield(strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil) {
				return
			}
		}
	}
}

// parseKeyValue reads lines such as NAME=value. Blanks around both mean nothing,
// nor does a pair of quotes around the value. Lines that begin with # are
// comments; an empty line ends a row.
func parseKeyValue(d *declaration, r io.Reader) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		n := 0
		var current textRow
		flush := func() bool {
			full := current
			current = textRow{}
			return len(full.names) == 0 || yield(&full, nil)
		}
		for line, err := range lines(r) {
			if err != nil {
				yield(nil, err)
				return
			}
			n++
			text := strings.TrimSpace(line)
			switch {
			case text == "":
				if !flush() {
					return
				}
				continue
			case text[0] == '#':
				continue
			}
			name, value, ok := strings.Cut(line, d.separator)
			if !ok {
				yield(nil, position{n, len(line) + 1}.fail("there is no %q", d.separator))
				return
			}
			if len(current.names) == 0 {
				current.at = position{n, 1}
			}
			column := len(line) - len(strings.TrimLeft(value, " \t")) + 1
			current.names = append(current.names, strings.TrimSpace(name))
			current.cells = append(current.cells, cell{unquote(strings.TrimSpace(value)), position{n, column}})
		}
		flush()
	}
}

func unquote(s string) string {
	if n := len(s); n > 1 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') {
		return s[1 : n-1]
	}
	return s
}

// parseRegexp reads lines that a pattern matches; others mean nothing.
func parseRegexp(d *declaration, r io.Reader) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		n := 0
		for line, err := range lines(r) {
			if err != nil {
				yield(nil, err)
				return
			}
			n++
			if found := d.pattern.FindStringSubmatchIndex(line); found != nil && !yield(matched(d.pattern, line, n, found), nil) {
				return
			}
		}
	}
}

// matched returns the groups that have a name and took part in a match.
func matched(pattern *regexp.Regexp, line string, n int, found []int) *textRow {
	m := &textRow{at: position{n, found[0] + 1}}
	for i, name := range pattern.SubexpNames() {
		if from, to := found[2*i], found[2*i+1]; name != "" && from >= 0 {
			m.names = append(m.names, name)
			m.cells = append(m.cells, cell{line[from:to], position{n, from + 1}})
		}
	}
	return m
}

// parseCSV reads comma-separated values: RFC 4180. Every row has as many as the
// first.
func parseCSV(d *declaration, r io.Reader) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		c := csv.NewReader(r)
		c.Comma = []rune(d.separator)[0]
		c.ReuseRecord = true
		names := d.columns
		c.FieldsPerRecord = len(names)
		for {
			record, err := c.Read()
			var syntax *csv.ParseError
			switch {
			case err == io.EOF:
				return
			case errors.As(err, &syntax):
				yield(nil, position{syntax.Line, syntax.Column}.fail("%w", syntax.Err))
				return
			case err != nil:
				yield(nil, err)
				return
			case names == nil:
				names = append([]string{}, record...)
				continue
			}
			line, column := c.FieldPos(0)
			one := &textRow{at: position{line, column}, names: names}
			for i, text := range record {
				line, column := c.FieldPos(i)
				one.cells = append(one.cells, cell{text, position{line, column}})
			}
			if !yield(one, nil) {
				return
			}
		}
	}
}
