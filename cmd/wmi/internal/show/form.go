// Package show writes objects for people and for programs: as tables, MOF, JSON,
// CSV, XML, and events as what has happened.
//
// A Layout says what stands in which column; it is made before the first object is
// read, from the classes that the objects can have. A Printer belongs to one
// goroutine.
package show

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"openwmi/cim"
)

// A Form is how objects are written.
type Form string

// The forms.
const (
	Table Form = "table"
	MOF   Form = "mof"
	JSON  Form = "json"
	CSV   Form = "csv"
	XML   Form = "xml"
)

// Forms returns the names of the forms.
func Forms() []string {
	return []string{string(Table), string(MOF), string(JSON), string(CSV), string(XML)}
}

// Set implements pflag.Value: the form with a name, in any case.
func (f *Form) Set(s string) error {
	s = strings.ToLower(s)
	if !slices.Contains(Forms(), s) {
		return fmt.Errorf("it must be one of %s", strings.Join(Forms(), ", "))
	}
	*f = Form(s)
	return nil
}

// String returns the name of the form.
func (f *Form) String() string { return string(*f) }

// Type implements pflag.Value.
func (f *Form) Type() string { return "form" }

// A Screen is where objects are shown.
type Screen struct {
	W io.Writer
	// Terminal says that people look on: rows appear soon, and are laid out for them.
	Terminal bool
	// Width is how wide lines may be. Zero means that they are not cut.
	Width int
	// Colour says that headings and changes may be coloured.
	Colour bool
}

// A Printer writes objects in one form.
type Printer interface {
	// Print writes an object, or holds it back to be written with others.
	Print(cim.Object) error
	// Release writes what is held back of the objects.
	Release() error
	// Close writes what comes after the last object. After an error it is not
	// called.
	Close() error
}

// All prints a sequence. What was found before an error is printed as well.
func All[O cim.Object](p Printer, objects iter.Seq2[O, error]) error {
	for o, err := range objects {
		if err == nil {
			err = p.Print(o)
		} else if e := p.Release(); e != nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
	return p.Close()
}

// New returns the printer of a form. The layout is asked for only if the form has
// columns.
func New(out Screen, f Form, l func() (Layout, error)) (Printer, error) {
	switch f {
	case MOF:
		return &mofPrinter{w: out.W, layOut: out.Terminal}, nil
	case JSON:
		return &jsonPrinter{w: out.W}, nil
	case XML:
		return newXMLPrinter(out.W), nil
	}
	columns, err := l()
	if err != nil {
		return nil, err
	}
	if f == CSV {
		return newCSVPrinter(out.W, columns.CSV), nil
	}
	return newTablePrinter(out, columns.Table), nil
}

// Bold is how headings look on a terminal.
func Bold(s string) string { return "\x1b[1m" + s + "\x1b[0m" }
