package automation

import (
	"context"
	"iter"
	"reflect"
	"strings"

	"openwmi/script/vbscript"
)

// Numbers of errors that every object has.
const (
	errTypeMismatch = 13
	errNotSet       = 91
	errNoMember     = 438
	errNotOptional  = 449
	errArguments    = 450
	errNoCollection = 451
)

// object is a Go value with its class. It is a value: two references to the same thing
// are equal.
type object struct {
	class *Class
	x     any
}

var _ vbscript.Collection = object{}

// TypeName implements vbscript.Object.
func (o object) TypeName() string { return o.class.Name }

// Method reports whether the member name is a method: what a script calls rather than
// reads. A property with parameters is one for this purpose.
func (o object) Method(name string) bool {
	if m := o.find(name); m != nil {
		return m.method
	}
	if o.class.Dynamic == nil {
		return false
	}
	_, method := o.class.Dynamic.Find(o.x, name)
	return method
}

func (o object) find(name string) *member {
	if name == "" {
		return o.class.def
	}
	return o.class.members[strings.ToLower(name)]
}

// Get implements vbscript.Object.
func (o object) Get(ctx context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
	m := o.find(name)
	if m == nil {
		if a := o.dynamic(name); a != nil {
			v, err := a.Get(ctx, args)
			return v, o.class.library.fail(err)
		}
		return vbscript.Empty, noMember(name)
	}
	switch {
	case m.get == nil:
		return vbscript.Empty, noMember(name)
	case !m.method && args.Len() > 0:
		// What the property has is indexed: obj.Properties_("Name").
		v, err := o.class.call(ctx, m.get, o.x, m, vbscript.Args{}, nil)
		if err != nil {
			return v, err
		}
		return Index(ctx, v, args)
	}
	return o.class.call(ctx, m.get, o.x, m, args, nil)
}

// Put implements vbscript.Object.
func (o object) Put(ctx context.Context, name string, args vbscript.Args, v vbscript.Value, byRef bool) error {
	m := o.find(name)
	if m == nil {
		if a := o.dynamic(name); a != nil {
			return o.class.library.fail(a.Put(ctx, args, v))
		}
		return noMember(name)
	}
	if m.put != nil {
		_, err := o.class.call(ctx, m.put, o.x, m, args, &v)
		return err
	}
	if m.get == nil || m.method && m != o.class.def {
		return noMember(name) // no method is called because something is assigned to it
	}
	// The property is read only, but what it has may have a value:
	// obj.Properties_.Item("Name") = "x".
	target, err := o.Get(ctx, name, args)
	if err != nil {
		return err
	}
	inner := target.Object()
	if inner == nil || ClassOf(target) != nil && ClassOf(target).def == nil {
		return vbscript.NewError(errArguments, name)
	}
	return inner.Put(ctx, "", vbscript.Args{}, v, false)
}

func (o object) dynamic(name string) Accessor {
	if o.class.Dynamic == nil || name == "" {
		return nil
	}
	a, _ := o.class.Dynamic.Find(o.x, name)
	return a
}

// noMember is the error of a member that is not there; the language names the object as
// the script does.
func noMember(name string) error { return vbscript.NewError(errNoMember, name) }

// Index returns an element of what v has: of an array, or of a collection by its
// default member.
func Index(ctx context.Context, v vbscript.Value, args vbscript.Args) (vbscript.Value, error) {
	if o := v.Object(); o != nil {
		return o.Get(ctx, "", args)
	}
	a := v.Array()
	if a == nil || len(a.Dims()) != args.Len() {
		return vbscript.Empty, vbscript.NewError(errTypeMismatch, "")
	}
	place, step := 0, 1
	for i, d := range a.Dims() {
		n, err := vbscript.ToLong(ctx, args.At(i))
		if err != nil {
			return vbscript.Empty, err
		}
		if int(n) < d.Lower || int(n) >= d.Lower+d.Len {
			return vbscript.Empty, vbscript.NewError(9, "")
		}
		place += (int(n) - d.Lower) * step
		step *= d.Len
	}
	return a.Elems()[place], nil
}

// Each implements vbscript.Collection.
func (o object) Each(ctx context.Context) iter.Seq2[vbscript.Value, error] {
	return func(yield func(vbscript.Value, error) bool) {
		l := o.class.library
		if o.class.each == nil {
			yield(vbscript.Empty, vbscript.NewError(errNoCollection, o.class.Name))
			return
		}
		out := o.class.each.call(ctx, o.x, nil)
		if e, _ := out[len(out)-1].Interface().(error); e != nil {
			yield(vbscript.Empty, l.fail(e))
			return
		}
		if out[0].Type().CanSeq2() {
			for v, e := range out[0].Seq2() {
				if err, _ := e.Interface().(error); err != nil {
					yield(vbscript.Empty, l.fail(err))
					return
				}
				if !yield(l.result(v), nil) {
					return
				}
			}
			return
		}
		for v := range out[0].Seq() {
			if !yield(l.result(v), nil) {
				return
			}
		}
	}
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	valueType   = reflect.TypeFor[vbscript.Value]()
)
