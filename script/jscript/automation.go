package jscript

import (
	"errors"
	"maps"
	"reflect"
	"weak"

	"github.com/dop251/goja"

	"openwmi/script/vbscript"
)

// An automation is an object of a host in a script: a function that can be called, since
// obj("x") asks for the default member, with members that are asked from the host each
// time.
type automation struct {
	in   *Interp
	obj  vbscript.Object
	js   *goja.Object
	view *goja.Object // on which members are called; nil before the first call
}

// minWrapped is from how many on the list of wrapped objects is looked through for those
// that no script has any more.
const minWrapped = 200

// wrap makes an object of scripts from an object of a host: the same one for the same, as
// long as scripts have it.
func (in *Interp) wrap(obj vbscript.Object) *goja.Object {
	if !reflect.ValueOf(obj).Comparable() {
		return in.wrapNew(obj)
	}
	if p, ok := in.wrapped[obj]; ok {
		if js := p.Value(); js != nil {
			return js
		}
	}
	if len(in.wrapped) >= in.mostWrapped {
		maps.DeleteFunc(in.wrapped, func(_ vbscript.Object, p weak.Pointer[goja.Object]) bool { return p.Value() == nil })
		in.mostWrapped = max(minWrapped, 2*len(in.wrapped))
	}
	js := in.wrapNew(obj)
	in.wrapped[obj] = weak.Make(js)
	return js
}

func (in *Interp) wrapNew(obj vbscript.Object) *goja.Object {
	a := &automation{in: in, obj: obj}
	target := in.js.ToValue(func(goja.FunctionCall) goja.Value { return goja.Undefined() }).(*goja.Object)
	_ = target.SetSymbol(in.valueKey, in.js.ToValue(a))
	a.js = in.js.ToValue(in.js.NewProxy(target, &goja.ProxyTrapConfig{
		Get:    func(_ *goja.Object, name string, _ goja.Value) goja.Value { return a.read(name) },
		GetSym: func(_ *goja.Object, sym *goja.Symbol, _ goja.Value) goja.Value { return a.symbol(sym) },
		Set: func(_ *goja.Object, name string, v goja.Value, _ goja.Value) bool {
			a.put(name, nil, v)
			return true
		},
		Apply: func(_ *goja.Object, _ goja.Value, args []goja.Value) goja.Value { return a.call("", args) },
		Has:   func(_ *goja.Object, name string) bool { return a.has(name) },
		GetOwnPropertyDescriptor: func(_ *goja.Object, name string) goja.PropertyDescriptor {
			return goja.PropertyDescriptor{}
		},
		GetPrototypeOf: func(*goja.Object) *goja.Object { return nil },
		DeleteProperty: func(*goja.Object, string) bool { in.throw(445); return false },
		DefineProperty: func(*goja.Object, string, goja.PropertyDescriptor) bool { in.throw(445); return false },
		OwnKeys:        func(*goja.Object) *goja.Object { return in.js.NewArray() },
	})).(*goja.Object)
	return a.js
}

// get asks the host for a member.
func (a *automation) get(name string, args []goja.Value) (vbscript.Value, error) {
	ctx := a.in.ctx
	v, err := a.obj.Get(ctx, name, vbscript.MakeArgs(a.in.fromAll(args)...))
	a.in.hostEnded()
	return v, err
}

// call calls a member, or reads one with arguments.
func (a *automation) call(name string, args []goja.Value) goja.Value {
	v, err := a.get(name, args)
	if err != nil {
		if builtIn(name, err) {
			return a.value()
		}
		a.in.throwErr(err)
	}
	return a.in.toJS(v)
}

// read reads a member that is not called there: a method is a function, any other
// member its value.
func (a *automation) read(name string) goja.Value {
	if m, ok := a.obj.(vbscript.Membered); ok && name != "" && m.Method(name) {
		f := a.method(name)
		_ = f.(*goja.Object).SetSymbol(a.in.valueKey, true) // typeof knows it by this
		return f
	}
	v, err := a.get(name, nil)
	if err != nil {
		if builtIn(name, err) || natives[name] { // which are not asked for when they are called
			return a.method(name)
		}
		if e, ok := errors.AsType[*vbscript.Error](err); ok && e.Number == errMember {
			return goja.Undefined() // only a call of what is not there is an error
		}
		a.in.throwErr(err)
	}
	return a.in.toJS(v)
}

func (a *automation) method(name string) goja.Value {
	return a.in.js.ToValue(func(c goja.FunctionCall) goja.Value { return a.call(name, c.Arguments) })
}

// builtIn reports whether the host has no method that every object has in JScript.
func builtIn(name string, err error) bool {
	e, ok := errors.AsType[*vbscript.Error](err)
	return ok && e.Number == errMember && (name == "toString" || name == "toLocaleString" || name == "valueOf")
}

// value is the default member, which takes the place of the object in expressions.
func (a *automation) value() goja.Value {
	v, err := vbscript.Resolve(a.in.ctx, vbscript.FromObject(a.obj))
	a.in.hostEnded()
	if err != nil {
		if e, ok := errors.AsType[*vbscript.Error](err); ok && e.Number == errMember {
			return a.in.js.ToValue("[object Object]")
		}
		a.in.throwErr(err)
	}
	js := a.in.toJS(v)
	if o, ok := js.(*goja.Object); ok {
		return a.in.text(o)
	}
	return js
}

// symbol answers goja when it wants a primitive value.
func (a *automation) symbol(sym *goja.Symbol) goja.Value {
	if sym == goja.SymToPrimitive {
		return a.in.js.ToValue(func(goja.FunctionCall) goja.Value { return a.value() })
	}
	return goja.Undefined()
}

func (a *automation) put(name string, args []goja.Value, v goja.Value) {
	ctx := a.in.ctx
	value := a.in.fromJS(v)
	err := a.obj.Put(ctx, name, vbscript.MakeArgs(a.in.fromAll(args)...), value, byReference(value))
	a.in.hostEnded()
	if err != nil {
		a.in.throwErr(err)
	}
}

// byReference reports whether a value is assigned as VBScript's Set does: an object that
// is not an array.
func byReference(v vbscript.Value) bool {
	o := v.Object()
	if list, ok := o.(vbscript.Elements); ok {
		_, array := list.Elems()
		return !array
	}
	return o != nil || v.IsNothing()
}

// has reports whether there is a member, for in and with: a method, or a property that
// can be read.
func (a *automation) has(name string) bool {
	m, ok := a.obj.(vbscript.Membered)
	if !ok {
		return false
	}
	if m.Method(name) {
		return true
	}
	_, err := a.get(name, nil)
	e, ok := errors.AsType[*vbscript.Error](err)
	return err == nil || ok && e.Number != errMember
}

// onCall returns the view of the object in which all members are methods.
func (a *automation) onCall() *goja.Object {
	if a.view == nil {
		a.view = a.in.js.NewDynamicObject(callView{a})
	}
	return a.view
}

// callView is the object of onCall.
type callView struct{ a *automation }

func (v callView) Get(name string) goja.Value  { return v.a.method(name) }
func (v callView) Set(string, goja.Value) bool { return false }
func (v callView) Has(string) bool             { return true }
func (v callView) Delete(string) bool          { return false }
func (v callView) Keys() []string              { return nil }

// reference is the object of %ref: its property v is a member with arguments.
type reference struct {
	a    *automation
	name string
	args []goja.Value
}

func (r reference) Get(string) goja.Value { return r.a.call(r.name, r.args) }
func (r reference) Set(_ string, v goja.Value) bool {
	r.a.put(r.name, r.args, v)
	return true
}
func (r reference) Has(string) bool    { return true }
func (r reference) Delete(string) bool { return false }
func (r reference) Keys() []string     { return nil }

// refer makes the object of %ref(base, name, args...).
func (in *Interp) refer(c goja.FunctionCall) goja.Value {
	base, name := c.Argument(0), c.Argument(1).String()
	args := append([]goja.Value(nil), c.Arguments[min(2, len(c.Arguments)):]...)
	a := in.automation(base)
	if b := in.boxed(base); b != nil && b.of != nil && name == "" {
		a, name = b.of, b.name
	}
	if a == nil {
		o, ok := base.(*goja.Object)
		if !ok {
			in.throw(errObject)
		}
		if name == "" {
			in.throw(errResult)
		}
		if a = in.automation(o.Get(name)); a == nil {
			in.throw(errResult)
		}
		name = ""
	}
	return in.js.NewDynamicObject(reference{a, name, args})
}
