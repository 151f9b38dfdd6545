package show

import (
	"io"
	"strings"

	"openwmi/cim"
)

// A csvPrinter writes objects as comma-separated values with a line of names
// first (RFC 4180, lines end with LF). NULL is an empty field and the empty
// string is "", so that both come back as they were. Arrays and embedded
// objects are JSON.
type csvPrinter struct {
	w       io.Writer
	columns []Column
	started bool
	line    []byte
}

func newCSVPrinter(w io.Writer, columns []Column) *csvPrinter {
	return &csvPrinter{w: w, columns: columns}
}

// Print implements Printer.
func (p *csvPrinter) Print(o cim.Object) error {
	if err := p.head(); err != nil {
		return err
	}
	p.line = p.line[:0]
	for i, c := range p.columns {
		if i > 0 {
			p.line = append(p.line, ',')
		}
		p.line = appendCSV(p.line, c.Value(o))
	}
	p.line = append(p.line, '\n')
	_, err := p.w.Write(p.line)
	return err
}

// head writes the names of the columns, once.
func (p *csvPrinter) head() error {
	if p.started {
		return nil
	}
	p.started = true
	for i, c := range p.columns {
		if i > 0 {
			p.line = append(p.line, ',')
		}
		p.line = appendField(p.line, c.Name)
	}
	p.line = append(p.line, '\n')
	_, err := p.w.Write(p.line)
	return err
}

// Release implements Printer.
func (p *csvPrinter) Release() error { return nil }

// Close implements Printer. Without objects there is still the line of names.
func (p *csvPrinter) Close() error { return p.head() }

func appendCSV(b []byte, v cim.Value) []byte {
	switch {
	case v.IsNull():
		return b
	case v.Type().IsArray(), v.Type() == cim.TypeObject:
		return appendField(b, string(cim.AppendJSONValue(nil, v)))
	case v.Type().IsText() && v.Text() == "":
		return append(b, `""`...)
	}
	return appendField(b, v.String())
}

// appendField appends a field, quoted where a reader would misread it.
func appendField(b []byte, s string) []byte {
	if s != "" && !strings.ContainsAny(s, ",\"\r\n") && s[0] != ' ' && s[len(s)-1] != ' ' {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}
