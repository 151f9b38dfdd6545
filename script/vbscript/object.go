package vbscript

import (
	"context"
	"errors"
	"iter"
)

// An Object is something outside of the language that a script can hold: an
// automation object. The names of members have the case in which the script wrote
// them; an object finds them without regard to it. The name "" is the default member.
//
// Errors that are an *Error (see [NewError]) reach Err with their number, all others
// with 440. A member that is not there is NewError(438, name).
type Object interface {
	// TypeName is what the function TypeName tells.
	TypeName() string
	// Get reads a property or calls a method: scripts do not tell them apart.
	Get(ctx context.Context, name string, args Args) (Value, error)
	// Put sets a property; byRef when the script said Set.
	Put(ctx context.Context, name string, args Args, v Value, byRef bool) error
}

// A Collection is an Object over which For Each runs.
type Collection interface {
	Object
	// Each yields the elements. The sequence ends at its first error.
	Each(ctx context.Context) iter.Seq2[Value, error]
}

// Args are the arguments of a call. They are valid during the call only.
type Args struct{ v []Value }

// MakeArgs returns arguments with values.
func MakeArgs(values ...Value) Args { return Args{values} }

// Len returns how many there are, missing ones included.
func (a Args) Len() int { return len(a.v) }

// At returns the argument i, or Missing when there are not so many.
func (a Args) At(i int) Value {
	if i >= len(a.v) {
		return Missing
	}
	return a.v[i].deref()
}

// Set gives the variable that was passed as argument i a new value. It reports false,
// and does nothing, when the argument is an expression.
func (a Args) Set(i int, v Value) bool {
	if i >= len(a.v) || a.v[i].kind != typeRef {
		return false
	}
	*a.v[i].ref.(*Value) = v
	return true
}

func (v Value) deref() Value {
	if v.kind == typeRef {
		return *v.ref.(*Value)
	}
	return v
}

// Resolve returns v, or for an object the value of its default member: what an
// expression would use. Error 91 says that v is Nothing.
func Resolve(ctx context.Context, v Value) (Value, error) {
	for range maxDefaults {
		if v.kind != TypeObject {
			return v, nil
		}
		if v.ref == nil {
			return Empty, NewError(errNotSet, "")
		}
		var err error
		if v, err = v.ref.(Object).Get(ctx, "", Args{}); err != nil {
			return Empty, err
		}
	}
	return Empty, NewError(errNoMember, "")
}

// A Host does what the language leaves to its surroundings.
type Host interface {
	// CreateObject makes an object of a class such as "Scripting.Dictionary" on a
	// server, "" for this machine.
	CreateObject(ctx context.Context, class, server string) (Object, error)
	// GetObject finds the object of a path or moniker; class is "" when left out.
	GetObject(ctx context.Context, path, class string) (Object, error)
	// MsgBox shows a message and returns the number of the button pressed.
	MsgBox(ctx context.Context, prompt string, buttons int, title string) (int, error)
	// InputBox asks for a line; false when the user cancelled.
	InputBox(ctx context.Context, prompt, title, preset string) (string, bool, error)
}

// noHost is the Host of an Interp without one.
type noHost struct{}

func (noHost) CreateObject(_ context.Context, class, _ string) (Object, error) {
	return nil, NewError(errCreateObject, class)
}

func (noHost) GetObject(_ context.Context, path, _ string) (Object, error) {
	return nil, NewError(432, path)
}

func (noHost) MsgBox(context.Context, string, int, string) (int, error) {
	return 0, errors.New("there is nobody to show a message to")
}

func (noHost) InputBox(context.Context, string, string, string) (string, bool, error) {
	return "", false, errors.New("there is nobody to ask")
}

// An ownObject is made by a script. Its members are used without leaving the script, so
// that an error in them keeps its place.
type ownObject interface {
	member(name string, args []Value) Value
	setMember(name string, args []Value, v Value, set bool)
}

// get reads a member of an object.
func (in *Interp) get(o Object, name string, args []Value) Value {
	if own, ok := o.(ownObject); ok {
		return own.member(name, args)
	}
	in.escape(args)
	v, err := o.Get(in.ctx, name, Args{args})
	if err != nil {
		raiseErr(err)
	}
	in.received(v)
	return v
}

// received accounts what an object has given, where it is large.
func (in *Interp) received(v Value) {
	switch r := v.ref.(type) {
	case *text:
		if len(r.s) > minReceived {
			in.charge(int64(len(r.s)))
		}
	case *Array:
		if len(r.elems) > minReceived/valueSize {
			in.charge(r.size())
		}
	}
}

const minReceived = 1 << 10

// put sets a member of an object.
func (in *Interp) put(o Object, name string, args []Value, v Value, set bool) {
	if own, ok := o.(ownObject); ok {
		own.setMember(name, args, in.kept(v, set), set)
		return
	}
	in.escape(args)
	in.escape([]Value{v})
	if err := o.Put(in.ctx, name, Args{args}, v, set); err != nil {
		raiseErr(err)
	}
}

// escape notes that instances of classes of the script are held elsewhere: they are
// terminated when the interpreter is closed.
func (in *Interp) escape(args []Value) {
	if !in.counting {
		return
	}
	for _, a := range args {
		if i, ok := a.deref().ref.(*instance); ok {
			i.escaped = true
		}
	}
}
