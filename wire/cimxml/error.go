package cimxml

import (
	"errors"
	"fmt"
	"strconv"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// A codedError is a failure that has a CIM status of its own.
type codedError struct {
	code Code
	err  error
}

func coded(c Code, format string, args ...any) error {
	return &codedError{c, cim.Errorf(StatusOf(c), format, args...)}
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// asError returns err as the contract has it.
func asError(err error) *wbem.Error {
	var e *wbem.Error
	errors.As(wbem.NewError("", "", err), &e)
	return e
}

// describe returns the status of a failed operation, and in words only what a
// peer may know.
func describe(err error) (Code, string) {
	known := asError(err)
	code := CodeOf(known.Status)
	var own *codedError
	if errors.As(err, &own) {
		code = own.code
	}
	if code == 0 { // a success is no error; who says it is has failed
		code = Failed
	}
	detail := known.Detail
	if detail == "" {
		detail = known.Status.Text()
	}
	return code, fmt.Sprintf("%v: %s", known.Status, detail)
}

// appendError appends ERROR for a failed operation.
func appendError(b []byte, err error) []byte {
	code, text := describe(err)
	b = append(b, "<ERROR"...)
	b = xml.AppendAttr(b, "CODE", strconv.Itoa(int(code)))
	b = xml.AppendAttr(b, "DESCRIPTION", text)
	known := asError(err)
	if known.Object == nil {
		return append(b, "/>"...)
	}
	b = append(b, '>')
	b = new(xml.Encoder).AppendInstance(b, known.Object)
	return append(b, "</ERROR>"...)
}
