package wql

import (
	"fmt"

	"openwmi/cim"
	"openwmi/internal/source"
)

// An Error says what is wrong in one place of a query. It unwraps to its
// diagnostic, whose method Render shows the line with a mark, and to its status,
// a cim.Status.
type Error struct {
	source.Diagnostic
}

// Unwrap returns the diagnostic and the status.
func (e *Error) Unwrap() []error { return []error{&e.Diagnostic, cim.Status(e.Code)} }

// Errorf returns an *Error with status s about a node of the query with the text
// src, which is the Source of the query. Without a text, it returns a plain error
// with that status.
func Errorf(src *source.File, at Node, s cim.Status, format string, args ...any) error {
	if src == nil {
		return cim.Errorf(s, format, args...)
	}
	return &Error{source.Diagnostic{File: src, Span: at.Range(), Code: uint32(s), Msg: fmt.Sprintf(format, args...)}}
}
