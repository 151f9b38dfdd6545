package main

import (
	"encoding/json"

	"openwmi/cmd/wmi/internal/show"
)

// A form is how objects are written: the value of --output.
type form = show.Form

const (
	asTable = show.Table
	asMOF   = show.MOF
	asJSON  = show.JSON
	asCSV   = show.CSV
)

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

// screen is standard output as it is now.
func (c *cli) screen() show.Screen {
	return show.Screen{W: c.out, Terminal: c.out.terminal, Width: c.out.width(), Colour: c.out.colour()}
}

// printer returns the printer of a form on standard output.
func (c *cli) printer(f form, l func() (show.Layout, error)) (show.Printer, error) {
	return show.New(c.screen(), f, l)
}

// encode writes what is no object as a line of JSON.
func (c *cli) encode(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
