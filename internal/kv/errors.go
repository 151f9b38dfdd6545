package kv

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
)

// errNoStore is that there is no store to be read.
var errNoStore = fmt.Errorf("no store: %w", fs.ErrNotExist)

// openError says what kept the store in dir from being opened. What the system
// doesn't explain is damage.
func openError(dir string, err error) error {
	var errno syscall.Errno
	var what error
	switch {
	case errors.Is(err, ErrLocked), errors.Is(err, ErrCorrupt), err == errNoStore:
	case isNoSpace(err):
		what = ErrNoSpace
	case isAny(err, syscall.EACCES, syscall.EPERM, syscall.EROFS):
		what = ErrReadOnly
	case isAny(err, syscall.ENOTDIR, syscall.EISDIR, syscall.ENOENT), !errors.As(err, &errno), pebble.IsCorruptionError(err):
		what = ErrCorrupt
	}
	if what != nil {
		err = fmt.Errorf("%w: %w", what, err)
	}
	return fmt.Errorf("open %s: %w", dir, err)
}

// readError says what is wrong when Pebble could not read.
func (s *store) readError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pebble.ErrClosed):
		return ErrClosed
	case pebble.IsCorruptionError(err), errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrCorrupt):
		return fmt.Errorf("%w: %s: %w", ErrCorrupt, s.fence.dir, brief{err})
	}
	return fmt.Errorf("read %s: %w", s.fence.dir, err)
}

// A brief error says what is damaged in one line; Pebble adds more of them, for its
// authors.
type brief struct{ error }

func (b brief) Error() string {
	text, _, _ := strings.Cut(b.error.Error(), "\n")
	return text
}

func (b brief) Unwrap() error { return b.error }

// failure returns ErrFailed with its cause when the store has failed.
func (s *store) failure() error {
	if err := s.fence.err(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFailed, s.fence.dir, err)
	}
	return nil
}

// A pebblePanic is a panic of Pebble, as an error.
type pebblePanic struct{ value any }

func (p pebblePanic) Error() string { return fmt.Sprintf("panic in the engine: %v", p.value) }

func (p pebblePanic) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// recovered stores a panic of Pebble into *err. It is deferred around calls of
// Pebble alone, never around functions of the caller.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = pebblePanic{p}
	}
}
