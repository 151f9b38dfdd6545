package compile

import (
	"errors"
	"fmt"
	"io"

	"openwmi/internal/source"
	"openwmi/wbem"
)

// A Phase is a part of a compile. WBEM_COMPILE_STATUS_INFO, lPhaseError
type Phase uint8

// The phases.
const (
	Done     Phase = iota
	Parsing        // a text is wrong
	Argument       // an option or a file name is wrong
	Storing        // an object could not be stored
)

// An Error says why and where a compile stopped.
type Error struct {
	Phase Phase
	File  string // "" if not about one

	// Object is the number of the object, from 1, that could not be stored;
	// First and Last are its lines. They are 0 if it is not about one.
	Object, First, Last int

	// At is the first place that is wrong, nil if it is not about one.
	At *source.Diagnostic

	// Err is the cause: the *source.List of all that is wrong with the texts,
	// or an error with a status.
	Err error
}

// Error returns the cause with the place.
func (e *Error) Error() string {
	switch {
	case e.Phase == Parsing && e.At != nil:
		return e.Err.Error()
	case e.At != nil:
		return e.At.Error()
	case e.File != "":
		return e.File + ": " + e.Err.Error()
	}
	return e.Err.Error()
}

// Unwrap returns the place and the cause.
func (e *Error) Unwrap() []error {
	if e.At == nil {
		return []error{e.Err}
	}
	return []error{e.At, e.Err}
}

// Status returns the code: one of the MOF compiler's own (WBEMMOF_E_...) or a
// WBEMSTATUS.
func (e *Error) Status() wbem.Status {
	if e.At != nil {
		return wbem.Status(e.At.Code)
	}
	return wbem.StatusOf(e.Err)
}

// ExitStatus returns what mofcomp ends with: 0 for nil, 3 for a syntax error, 2
// for wrong arguments, else 1. mof.md 7
func ExitStatus(err error) int {
	var e *Error
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &e):
		return 1
	case e.Phase == Parsing:
		return 3
	case e.Phase == Argument:
		return 2
	}
	return 1
}

// WriteConsole writes what mofcomp prints for an error. mof.md 7
func (e *Error) WriteConsole(w io.Writer) error {
	var err error
	print := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(w, format, args...)
		}
	}
	var list *source.List
	switch {
	case e.Object > 0:
		print("An error occurred while processing item %d defined on lines %d - %d in file %s:\n",
			e.Object, e.First, e.Last, e.File)
		print("  Error number: 0x%08X, facility: WMI\n  Description: %s\n", uint32(e.Status()), e.description())
	case errors.As(e.Err, &list):
		for _, d := range list.All() {
			if d.Severity == source.Error {
				print("%s (%d): error SYNTAX 0x%08X: %s\n", d.File.Name(), d.File.Line(d.Pos), d.Code, d.Msg)
			}
		}
	default:
		print("An error occurred: %s\n", e.Error())
	}
	print("Compiler returned error 0x%08X\n", uint32(e.Status()))
	return err
}

// description is the cause in words without the place.
func (e *Error) description() string {
	if e.At != nil {
		return e.At.Msg
	}
	return e.Status().Text()
}

// syntaxError returns the errors of a list.
func syntaxError(list *source.List) *Error {
	e := &Error{Phase: Parsing, Err: list}
	if errors.As(list, &e.At) {
		e.File = e.At.File.Name()
	}
	return e
}
