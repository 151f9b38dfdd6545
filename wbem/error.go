package wbem

import (
	"context"
	"errors"
	"strings"

	"openwmi/cim"
	"openwmi/internal/source"
)

// An Error is why an operation failed.
type Error struct {
	Op     string // the operation, such as PutInstance; "" if not known yet
	Path   string // path, class, namespace or query that it was about
	Status Status
	Detail string // what a peer may know besides the status
	Err    error  // the cause, for the log on this side; nil if there is none

	// Provider names the provider that failed, "" if the object manager
	// itself did.
	Provider string

	// Object is what the provider says about it, an instance of a class
	// derived from __ExtendedStatus; nil if it says nothing. See ErrorObject.
	Object *cim.Instance
}

// NewError returns err as an *Error of that operation on that path, nil for
// nil. Of an *Error it fills in what is missing; of any other error it takes
// the status; the message of a *cim.Error, or of a diagnostic with its place in
// a query, becomes the detail. A context that ended is CallCancelled or Timeout.
func NewError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		c := *e
		if c.Op == "" {
			c.Op = op
		}
		if c.Path == "" {
			c.Path = path
		}
		return &c
	}
	e = &Error{Op: op, Path: path, Status: StatusOf(err), Err: err}
	var detailed *cim.Error
	var placed *source.Diagnostic
	switch {
	case errors.As(err, &detailed):
		e.Detail = detailed.Msg
	case errors.As(err, &placed):
		e.Detail = placed.Error()
	case errors.Is(err, context.DeadlineExceeded):
		e.Status = Timeout
	case errors.Is(err, context.Canceled):
		e.Status = CallCancelled
	}
	return e
}

// Error returns the operation, the path, the status and the detail.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		if e.Path != "" {
			b.WriteString(" " + e.Path)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Status.String())
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

// Unwrap returns the status and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Status}
	}
	return []error{e.Status, e.Err}
}
