package jscript

import (
	"context"
	"iter"
	"strings"

	"github.com/dop251/goja"

	"openwmi/script/vbscript"
)

// An object is an object of a script as a host sees it. It is a value: two references
// to the same object are equal.
type object struct {
	in *Interp
	js *goja.Object
}

var (
	_ vbscript.Collection = object{}
	_ vbscript.Membered   = object{}
	_ vbscript.Elements   = object{}
)

// TypeName implements vbscript.Object.
func (object) TypeName() string { return "JScriptTypeInfo" }

// find returns the member with exactly the name, or else with the name in another case.
func (o object) find(name string) (string, goja.Value) {
	if v := o.js.Get(name); v != nil {
		return name, v
	}
	for _, key := range o.js.Keys() {
		if strings.EqualFold(key, name) {
			return key, o.js.Get(key)
		}
	}
	return name, nil
}

// Method implements vbscript.Membered.
func (o object) Method(name string) bool {
	ok := false
	_ = o.in.guard(func() {
		_, v := o.find(name)
		_, ok = o.in.function(v)
	})
	return ok
}

// function returns what a member that is a function of scripts does. An automation object
// is none, though it can be called.
func (in *Interp) function(v goja.Value) (goja.Callable, bool) {
	f, ok := goja.AssertFunction(v)
	return f, ok && in.automation(v) == nil
}

// Get implements vbscript.Object: it calls a function, and reads what is none. The
// default member of a function calls it; that of another object is its primitive value.
func (o object) Get(ctx context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
	v, err := o.in.enter(ctx, func() (v goja.Value, err error) {
		list := make([]goja.Value, args.Len())
		for i := range list {
			list[i] = o.in.toJS(args.At(i))
		}
		var f goja.Callable
		failed := o.in.guard(func() {
			if name == "" {
				v = o.js
			} else if _, v = o.find(name); v == nil {
				o.in.throw(errMember)
			}
			ok := false
			if f, ok = goja.AssertFunction(v); ok && len(list) > 0 {
				return
			}
			if f, ok = o.in.function(v); ok {
				return
			}
			f = nil
			if len(list) > 0 {
				o.in.throw(450)
			}
			if name == "" {
				v = o.in.text(o.js)
			}
		})
		switch {
		case failed != nil:
			return nil, failed
		case f == nil:
			return v, nil
		case name == "":
			return f(goja.Undefined(), list...)
		}
		return f(o.js, list...)
	})
	return o.in.fromJS(v), err
}

// Put implements vbscript.Object.
func (o object) Put(ctx context.Context, name string, args vbscript.Args, v vbscript.Value, _ bool) error {
	_, err := o.in.enter(ctx, func() (goja.Value, error) {
		return nil, o.in.guard(func() {
			if name == "" || args.Len() > 0 {
				o.in.throw(errMember)
			}
			key, _ := o.find(name)
			if err := o.js.Set(key, o.in.toJS(v)); err != nil {
				panic(err)
			}
		})
	})
	return err
}

// Elems implements vbscript.Elements. An array with more than a million elements is
// none.
func (o object) Elems() (elems []vbscript.Value, ok bool) {
	if o.js.ClassName() != "Array" {
		return nil, false
	}
	err := o.in.guard(func() {
		n := o.js.Get("length").ToInteger()
		if ok = n <= maxElems; !ok {
			return
		}
		elems = make([]vbscript.Value, n)
		for i := range elems {
			elems[i] = o.in.fromJS(o.js.Get(o.in.js.ToValue(i).String()))
		}
	})
	return elems, ok && err == nil
}

const maxElems = 1 << 20

// Each implements vbscript.Collection, for arrays; error 451 for others.
func (o object) Each(context.Context) iter.Seq2[vbscript.Value, error] {
	return func(yield func(vbscript.Value, error) bool) {
		elems, ok := o.Elems()
		if !ok {
			yield(vbscript.Empty, vbscript.NewError(errCollection, ""))
			return
		}
		for _, v := range elems {
			if !yield(v, nil) {
				return
			}
		}
	}
}
