// Package wmi gives scripts the Scripting API of WMI: the objects of WbemScripting and
// the moniker winmgmts:, over package scripting.
package wmi

import (
	"context"
	"errors"
	"strings"

	"openwmi/cim"
	"openwmi/script/automation"
	"openwmi/script/vbscript"
	"openwmi/scripting"
	"openwmi/wbem"
)

// A Runtime makes the objects of one run of a script. Everything but the events of sinks
// belongs to the goroutine of the script.
type Runtime struct {
	ctx     context.Context
	locator wbem.Locator
	library *automation.Library
	last    *scripting.LastError // of the last call that failed, until a script takes it
}

// New returns a Runtime whose calls end with ctx. The locator connects to namespaces, of
// this computer and of others.
func New(ctx context.Context, locator wbem.Locator) *Runtime {
	r := &Runtime{ctx: ctx, locator: locator}
	list := classes()
	for _, c := range list {
		if c.Dynamic != nil {
			c.Dynamic = late{r}
		}
	}
	r.library = automation.NewLibrary(list...)
	r.library.Error = r.fail
	return r
}

// progID begins the names of classes that scripts can create.
const progID = "wbemscripting."

// Object makes an object of a class such as WbemScripting.SWbemLocator; nil for a class
// that is none of WbemScripting. The error of SWbemLastError is ErrFailed when no call
// has failed.
func (r *Runtime) Object(class string) (vbscript.Object, error) {
	name, ok := strings.CutPrefix(strings.ToLower(class), progID)
	if !ok {
		return nil, nil
	}
	switch name {
	case "swbemlocator":
		return r.library.Object(r.newLocator()), nil
	case "swbemsink":
		return r.library.Object(r.newSink()), nil
	case "swbemnamedvalueset":
		return r.library.Object(scripting.NewNamedValueSet()), nil
	case "swbemobjectpath":
		return r.library.Object(scripting.NewObjectPath()), nil
	case "swbemdatetime":
		return r.library.Object(scripting.NewDateTime()), nil
	case "swbemrefresher":
		return r.library.Object(scripting.NewRefresher()), nil
	case "swbemlasterror":
		return r.takeLast()
	}
	return nil, nil
}

func (r *Runtime) newLocator() *scripting.Locator {
	return scripting.NewLocator(r.locator).WithContext(r.ctx)
}

// takeLast returns the error object of the last call that failed, once
// (scripting-api.md, Decision S-26).
func (r *Runtime) takeLast() (vbscript.Object, error) {
	if r.last == nil {
		return nil, r.fail(&scripting.Error{Number: scripting.ErrFailed, Source: "SWbemLastError", Description: "no error object is pending"})
	}
	o := r.library.Object(r.last)
	r.last = nil
	return o, nil
}

// scheme begins monikers.
const scheme = "winmgmts:"

// IsMoniker reports whether a name is for GetObject.
func IsMoniker(s string) bool {
	return len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme)
}

// GetObject returns what a moniker names: a session with a namespace, a class or an
// instance. ("Constructing a Moniker String")
func (r *Runtime) GetObject(moniker string) (vbscript.Object, error) {
	x, err := r.newLocator().GetObject(moniker)
	if err == nil {
		return r.library.Object(x), nil
	}
	err = r.fail(err)
	var e *vbscript.Error
	if errors.As(err, &e) && e.Number == number(wbem.InvalidParameter) && e.Description != "" {
		// A script host reports a malformed moniker as MK_E_SYNTAX
		// (scripting-api.md, Decision S-5). What fails behind it has no description.
		e.Number, e.Description = number(0x800401E4), "Invalid syntax"
	}
	return nil, err
}

// number returns a status as Err.Number has it.
func number(s wbem.Status) int32 { return int32(uint32(s)) }

// Wrap returns an object that came from somewhere else, such as an event, as one of a
// namespace.
func (r *Runtime) Wrap(namespace string, o cim.Object) (vbscript.Value, error) {
	services, err := r.newLocator().ConnectServer("", namespace, "", "", "", "", 0, nil)
	if err != nil {
		return vbscript.Empty, r.fail(err)
	}
	return vbscript.FromObject(r.library.Object(services.Object(o))), nil
}

// fail turns an error of the Scripting API into that of the language, and keeps the
// error object for SWbemLastError.
func (r *Runtime) fail(err error) error {
	var e *scripting.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.LastError != nil {
		r.last = e.LastError
	}
	source, _, _ := strings.Cut(e.Source, ".")
	if source == "SWbemServices" || source == "SWbemObject" {
		source += "Ex"
	}
	out := &vbscript.Error{Number: number(e.Number), Source: source, Description: e.Description, Err: e}
	if e.Number>>16 != wbem.InvalidParameter>>16 {
		// What is no status of WMI has a number and a text of the language, which it
		// finds when there is no description.
		out.Source, out.Description = "", ""
	}
	return out
}

// Text returns what is wrong for people: also where scripts see no description, because
// the connection was made with a moniker.
func Text(err *vbscript.Error) string {
	var e *scripting.Error
	if err.Description == "" && errors.As(err.Err, &e) {
		return strings.TrimPrefix(e.Error(), e.Source+": ")
	}
	return err.Description
}
