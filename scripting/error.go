package scripting

import (
	"errors"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// An Error is why a member failed: what a script sees in Err. Every error of
// this package is one; errors.Is(err, ErrNotFound) works on it, and errors.As
// finds the *wbem.Error behind it, if the failure came from a namespace.
type Error struct {
	// Number is the status, Err.Number.
	Number wbem.Status

	// Description says what is wrong, Err.Description. It is empty if the
	// connection was made with a moniker ("Retrieving an Error Code").
	Description string

	// Source is the member that failed, such as SWbemServices.Get.
	Source string

	// LastError is the error object of the namespace, nil if it gave none.
	LastError *LastError

	err error
}

// Error returns the member, the status and what is wrong.
func (e *Error) Error() string {
	return e.Source + ": " + wbem.NewError("", "", e.err).Error()
}

// Unwrap returns the cause, which carries the status.
func (e *Error) Unwrap() error { return e.err }

// newError returns err as the error of a member that concerns local objects
// only, nil for nil.
func newError(source string, err error) error {
	if err == nil {
		return nil
	}
	return wrapError(source, err)
}

func wrapError(source string, err error) *Error {
	// Contexts that ended have no status of their own.
	err = wbem.NewError("", "", err)
	status := wbem.StatusOf(err)
	e := &Error{Number: status, Description: status.Text(), Source: source, err: err}
	var cause *wbem.Error
	if errors.As(err, &cause) && cause.Detail != "" {
		e.Description += ": " + cause.Detail
	}
	return e
}

// fail returns the error of a member with that status. The message is formatted
// like fmt.Sprintf's.
func fail(source string, status wbem.Status, format string, args ...any) error {
	return newError(source, cim.Errorf(status, format, args...))
}

// noFlags is the error of a reserved parameter that is not zero.
func noFlags(source string, flags Flags) error { return onlyFlags(source, flags, 0) }

// onlyFlags is the error of flags that a member does not know
// (scripting-api.md 1.2).
func onlyFlags(source string, flags, known Flags) error {
	if unknown := flags &^ known; unknown != 0 {
		return fail(source, ErrInvalidParameter, "flags 0x%X are not defined here", uint32(unknown))
	}
	return nil
}

// A pendingError holds the error of the last call of a session that failed,
// until somebody takes it (async-and-security.md 4.2, Decision A-7).
type pendingError struct {
	mu  sync.Mutex // guards err
	err error
}

func (p *pendingError) set(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *pendingError) take() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.err
	p.err = nil
	return err
}
