package host

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"openwmi/internal/source"
	"openwmi/script/vbscript"
	"openwmi/script/wmi"
)

// Report writes why a run failed, as cscript does: the place, the source of the error and
// what is wrong, with the number of an error that is not of the language.
func Report(w io.Writer, file string, err error) {
	var list *source.List
	var e *vbscript.Error
	switch {
	case errors.Is(err, errTimeout):
		fmt.Fprintf(w, "Script execution time was exceeded on script %q.\nScript execution was terminated.\n", file)
	case errors.As(err, &list):
		list.Render(w)
	case errors.As(err, &e):
		fmt.Fprintln(w, text(e))
	default:
		fmt.Fprintln(w, err)
	}
}

// text is an error in a line.
func text(e *vbscript.Error) string {
	c := *e
	c.Description = wmi.Text(e)
	if c.Source == "" {
		c.Source = "(null)"
	}
	s := c.Error()
	if e.Number < 0 && e.Description != "" { // else the text has it
		s += fmt.Sprintf(" (0x%08X)", uint32(e.Number))
	}
	return s
}

// Text returns the first line of what Report writes, where nobody reads more.
func Text(err error) string {
	var b strings.Builder
	Report(&b, "", err)
	line, _, _ := strings.Cut(b.String(), "\n")
	return line
}

// report writes the error of a handler of an event.
func (s *Session) report(err error) {
	if s.opts.Stderr != nil && !s.opts.Batch {
		Report(s.opts.Stderr, s.opts.File, err)
	}
}
