package main

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"openwmi/cim"
)

// A form is how objects are written: the value of --output.
type form string

const (
	asTable form = "table"
	asMOF   form = "mof"
	asJSON  form = "json"
	asCSV   form = "csv"
	asXML   form = "xml"
)

func formNames() []string {
	return []string{string(asTable), string(asMOF), string(asJSON), string(asCSV), string(asXML)}
}

// Set implements pflag.Value.
func (f *form) Set(s string) error {
	s = strings.ToLower(s)
	if !slices.Contains(formNames(), s) {
		return fmt.Errorf("it must be one of %s", strings.Join(formNames(), ", "))
	}
	*f = form(s)
	return nil
}

func (f *form) String() string { return string(*f) }

// Type implements pflag.Value.
func (f *form) Type() string { return "form" }

// listForm is the form of commands other than get: a table for people, JSON for
// programs, unless --output says otherwise.
func (c *cli) listForm() form {
	switch {
	case c.form != "":
		return c.form
	case c.out.terminal:
		return asTable
	}
	return asJSON
}

// A printer writes objects in one form.
type printer interface {
	Print(cim.Object) error
	// Release writes what is held back of the objects.
	Release() error
	// Close writes what comes after the last object. After an error it is not
	// called.
	Close() error
}

// printAll prints a sequence. What was found before an error is printed as well.
func printAll[O cim.Object](p printer, objects iter.Seq2[O, error]) error {
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

// A layout says what stands in the columns of tables and CSV.
type layout struct {
	table []column
	csv   []column
}

// printer returns the printer of a form.
func (c *cli) printer(f form, l func() (layout, error)) (printer, error) {
	switch f {
	case asMOF:
		return &mofPrinter{w: c.out, layOut: c.out.terminal}, nil
	case asJSON:
		return &jsonPrinter{w: c.out}, nil
	case asXML:
		return newXMLPrinter(c.out), nil
	}
	columns, err := l()
	if err != nil {
		return nil, err
	}
	if f == asCSV {
		return newCSVPrinter(c.out, columns.csv), nil
	}
	return newTablePrinter(c.out, columns.table), nil
}

// encode writes what is no object as a line of JSON.
func (c *cli) encode(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
