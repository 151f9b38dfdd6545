package cimxml

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"openwmi/cim"
)

// An Error says what is wrong with a document and where. Its status is
// InvalidSyntax if the document is not well-formed XML, InvalidParameter if the
// elements are not where a DTD has them, QuotaViolation if a limit is exceeded,
// otherwise what package cim says of a value or class, or what the reader
// returned.
type Error struct {
	// Line and Column are of the element that was begun last, from 1. Columns
	// count characters. In an embedded object they count from the start of its
	// text.
	Line, Column int
	// Malformed reports that the document is not well-formed (CIM-XML:
	// request-not-well-formed) or that it is not in UTF-8.
	Malformed bool
	Err       error
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %v", e.Line, e.Column, e.Err)
}

// Unwrap returns the cause, which has the status.
func (e *Error) Unwrap() error { return e.Err }

// A position in the document.
type position struct{ line, column int }

// plus returns the position after text that begins at p.
func (p position) plus(text []byte) position {
	if n := bytes.Count(text, newline); n > 0 {
		p.line += n
		p.column = 1
		text = text[bytes.LastIndexByte(text, '\n')+1:]
	}
	p.column += utf8.RuneCount(text)
	return p
}

var newline = []byte{'\n'}

// fail records the first error, at the element that is being read.
func (d *Decoder) fail(err error) {
	if d.err != nil {
		return
	}
	at := d.markAt
	if d.mark >= 0 {
		at = d.base.plus(d.buf[:d.mark])
	}
	d.err = &Error{Line: at.line, Column: at.column, Err: err}
}

func (d *Decoder) failf(s cim.Status, format string, args ...any) {
	d.fail(cim.Errorf(s, format, args...))
}

// malformed records that the document is not well-formed, at what is read next.
func (d *Decoder) malformed(format string, args ...any) {
	if d.err == nil {
		d.mark = d.pos
		d.failf(cim.InvalidSyntax, format, args...)
		d.err.(*Error).Malformed = true
	}
}

// invalid records that an element is not where or what it should be.
func (d *Decoder) invalid(format string, args ...any) {
	d.failf(cim.InvalidParameter, format, args...)
}
