package wql

import (
	"fmt"
	"unicode/utf8"

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
// with that status. Names and texts among the arguments are cut when they are long.
func Errorf(src *source.File, at Node, s cim.Status, format string, args ...any) error {
	for i, x := range args {
		switch x := x.(type) {
		case string:
			args[i] = cut(x, maxArg)
		case error: // which ends with what is wrong
			args[i] = cut(x.Error(), 3*maxArg)
		case fmt.Stringer:
			if text := x.String(); len(text) > maxArg {
				args[i] = cut(text, maxArg)
			}
		}
	}
	if src == nil {
		return cim.Errorf(s, format, args...)
	}
	return &Error{source.Diagnostic{File: src, Span: at.Range(), Code: uint32(s), Msg: fmt.Sprintf(format, args...)}}
}

// maxArg is how many bytes of a name or text a message shows, so that it can be
// read even if a query or schema is made to prevent that.
const maxArg = 100

func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "..."
}
