package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/term"
)

// An output is standard output. What is written is held back until there is
// enough of it or somebody flushes, except on a terminal, where each line
// appears at once.
type output struct {
	f        *os.File
	w        *bufio.Writer
	terminal bool
	partial  bool  // the last line has no end yet
	err      error // the first failure; nothing is written after it
}

func newOutput(f *os.File) *output {
	return &output{f: f, w: bufio.NewWriterSize(f, 64<<10), terminal: isTerminal(f)}
}

// Write implements io.Writer. The error is an *outputError.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if n > 0 {
		o.partial = p[n-1] != '\n'
	}
	if err == nil && o.terminal && n > 0 && !o.partial {
		err = o.w.Flush()
	}
	return n, o.fail(err)
}

// WriteString implements io.StringWriter.
func (o *output) WriteString(s string) (int, error) { return o.Write([]byte(s)) }

// Flush writes what is held back.
func (o *output) Flush() error { return o.fail(o.w.Flush()) }

func (o *output) fail(err error) error {
	if err != nil && o.err == nil {
		o.err = &outputError{err}
	}
	return o.err
}

// An outputError says that standard output could not be written.
type outputError struct{ err error }

func (e *outputError) Error() string { return e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }

// isClosedPipe reports whether err says that nobody reads the output any more.
func isClosedPipe(err error) bool {
	var out *outputError
	if !errors.As(err, &out) {
		return false
	}
	var errno syscall.Errno
	if runtime.GOOS == "windows" && errors.As(err, &errno) {
		return errno == 109 || errno == 232 // ERROR_BROKEN_PIPE, ERROR_NO_DATA
	}
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// width returns how wide lines may be: the width of the terminal, or 0 for an
// output that is none.
func (o *output) width() int {
	if !o.terminal {
		return 0
	}
	if w, _, err := term.GetSize(int(o.f.Fd())); err == nil && w > 0 {
		return w
	}
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w > 0 {
		return w
	}
	return 80
}

// colour reports whether the output is a terminal that is to show colours
// (no-color.org).
func (o *output) colour() bool {
	return o.terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
