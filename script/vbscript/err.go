package vbscript

import "context"

// errObject is Err.
type errObject struct {
	in *Interp
	e  Error
}

func (o *errObject) clear() { o.e = Error{} }

func (o *errObject) set(e *Error) { o.e = *e }

// TypeName is Object, as in VBScript.
func (*errObject) TypeName() string { return "Object" }

// Get reads a property or calls Raise or Clear.
func (o *errObject) Get(_ context.Context, name string, args Args) (Value, error) {
	switch fold(name) {
	case "", "number":
		return Long(o.e.Number), nil
	case "description":
		return String(o.e.Description), nil
	case "source":
		return String(o.e.Source), nil
	case "helpfile":
		return String(o.e.HelpFile), nil
	case "helpcontext":
		return Long(o.e.HelpContext), nil
	case "clear":
		o.clear()
		return Empty, nil
	case "raise":
		return Empty, o.raise(args)
	}
	return Empty, NewError(errNoMember, name)
}

func (o *errObject) raise(args Args) error {
	if args.Len() < 1 || args.Len() > 5 {
		return NewError(errArguments, "Raise")
	}
	in := o.in
	n := ownNumber(in.toLong(args.At(0)))
	if n == 0 || n > 0xFFFF {
		return NewError(errCallOrArgument, "")
	}
	// What is left out stays as it is in Err, unless that is empty.
	e := &Error{Number: n, Source: o.e.Source, Description: o.e.Description, HelpFile: o.e.HelpFile, HelpContext: o.e.HelpContext}
	if e.Source == "" {
		e.Source = runtimeSource
	}
	if e.Description == "" {
		e.Description = errorText(int(n))
	}
	text := func(i int, p *string) {
		if v := args.At(i); !v.IsMissing() {
			*p = in.toString(v)
		}
	}
	text(1, &e.Source)
	text(2, &e.Description)
	text(3, &e.HelpFile)
	if v := args.At(4); !v.IsMissing() {
		e.HelpContext = in.toLong(v)
	}
	return e
}

// Put sets a property.
func (o *errObject) Put(_ context.Context, name string, _ Args, v Value, _ bool) error {
	in := o.in
	switch fold(name) {
	case "", "number":
		o.e.Number = in.toLong(v)
	case "description":
		o.e.Description = in.toString(v)
	case "source":
		o.e.Source = in.toString(v)
	case "helpfile":
		o.e.HelpFile = in.toString(v)
	case "helpcontext":
		o.e.HelpContext = in.toLong(v)
	default:
		return NewError(errNoMember, name)
	}
	return nil
}
