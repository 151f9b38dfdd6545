package wmi

import (
	"context"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
	"openwmi/scripting"
)

// late is the late binding of objects: the properties and methods of their class are
// members under their own names (scripting-api.md 1.6).
type late struct{ r *Runtime }

// Find implements automation.Dynamic: properties come before methods.
func (l late) Find(x any, name string) (automation.Accessor, bool) {
	o := objectOf(x)
	if _, err := o.Properties().Item(name, 0); err == nil {
		return property{l.r, o, name}, false
	}
	if _, err := o.Methods().Item(name, 0); err == nil {
		return method{l.r, o, name}, true
	}
	if _, err := o.SystemProperties().Item(name, 0); err == nil {
		return property{l.r, o, name}, false
	}
	return nil, false
}

// objectOf returns the object that x is: an error object is one too.
func objectOf(x any) *scripting.Object {
	if e, ok := x.(*scripting.LastError); ok {
		return e.Object
	}
	return x.(*scripting.Object)
}

// Names implements automation.Dynamic.
func (late) Names(x any) []string {
	o := objectOf(x)
	var names []string
	for p := range o.Properties().All() {
		names = append(names, p.Name())
	}
	for m := range o.Methods().All() {
		names = append(names, m.Name())
	}
	return names
}

// property is object.Name.
type property struct {
	r    *Runtime
	o    *scripting.Object
	name string
}

// Get returns the value, or an element of it: object.Name(2).
func (p property) Get(ctx context.Context, args vbscript.Args) (vbscript.Value, error) {
	x, err := p.o.Get(p.name)
	if err != nil {
		return vbscript.Empty, err
	}
	v := p.r.library.Value(x)
	if args.Len() == 0 {
		return v, nil
	}
	return automation.Index(ctx, v, args)
}

// Put sets the value.
func (p property) Put(ctx context.Context, args vbscript.Args, v vbscript.Value) error {
	if args.Len() > 0 {
		return vbscript.NewError(450, p.name)
	}
	x, err := p.r.library.Any(ctx, v)
	if err != nil {
		return err
	}
	return p.o.Set(p.name, x)
}

// method is object.Name(a, b, out).
type method struct {
	r    *Runtime
	o    *scripting.Object
	name string
}

// passed is an argument on its way in: a place whose content is still passed after the
// call is no out-parameter.
type passed struct {
	x   any
	err error // why it can't be an in-parameter
}

// Value gives the argument to what assigns it to a parameter.
func (p passed) Value() (any, error) { return p.x, p.err }

// Get calls the method: the arguments stand for its parameters in the order of their
// IDs, and variables for out-parameters get their values.
func (m method) Get(ctx context.Context, args vbscript.Args) (vbscript.Value, error) {
	places := make([]any, args.Len())
	in := make([]any, args.Len())
	for i := range places {
		x, err := m.r.library.Any(ctx, args.At(i))
		places[i] = passed{x, err}
		in[i] = &places[i]
	}
	result, err := m.o.Call(m.name, in...)
	if err != nil {
		return vbscript.Empty, err
	}
	for i, x := range places {
		if _, unchanged := x.(passed); !unchanged {
			args.Set(i, m.r.library.Value(x))
		}
	}
	return m.r.library.Value(result), nil
}

// Put refuses: a method cannot be set.
func (m method) Put(context.Context, vbscript.Args, vbscript.Value) error {
	return vbscript.NewError(450, m.name)
}
