package jscript

import (
	"context"
	"strings"

	"github.com/dop251/goja"

	"openwmi/script/vbscript"
)

// namespace is the globals of an Interp as engines of other languages see them: those
// that scripts have made, not those of the language.
type namespace struct{ in *Interp }

var _ vbscript.Namespace = namespace{}

// Namespace returns the functions and variables that scripts have made, for engines of
// other languages.
func (in *Interp) Namespace() vbscript.Namespace { return namespace{in} }

// TypeName implements vbscript.Object.
func (namespace) TypeName() string { return "JScriptTypeInfo" }

// key returns the name of the global with exactly the name, or else with the name in
// another case.
func (n namespace) key(name string) (string, bool) {
	if n.in.own[name] || name == "" {
		return "", false
	}
	global := n.in.js.GlobalObject()
	if n.in.hasOwn(global, name) {
		return name, true
	}
	for _, key := range global.GetOwnPropertyNames() {
		if strings.EqualFold(key, name) && !n.in.own[key] {
			return key, true
		}
	}
	return "", false
}

// Defines implements vbscript.Namespace.
func (n namespace) Defines(name string) bool {
	_, ok := n.key(name)
	return ok
}

// Entries implements vbscript.Namespace.
func (n namespace) Entries() int { return n.in.entries }

// Method implements vbscript.Membered.
func (n namespace) Method(name string) bool {
	key, ok := n.key(name)
	return ok && object{n.in, n.in.js.GlobalObject()}.Method(key)
}

// Get implements vbscript.Object.
func (n namespace) Get(ctx context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
	key, ok := n.key(name)
	if !ok {
		return vbscript.Empty, vbscript.NewError(errMember, name)
	}
	return object{n.in, n.in.js.GlobalObject()}.Get(ctx, key, args)
}

// Put implements vbscript.Object.
func (n namespace) Put(ctx context.Context, name string, args vbscript.Args, v vbscript.Value, byRef bool) error {
	key, ok := n.key(name)
	if !ok {
		return vbscript.NewError(errMember, name)
	}
	return object{n.in, n.in.js.GlobalObject()}.Put(ctx, key, args, v, byRef)
}

// Import lets scripts use the globals of another engine by their names, wherever there is
// no global of their own. An earlier import goes first.
func (in *Interp) Import(ns vbscript.Namespace) {
	in.outer = append(in.outer, &automation{in: in, obj: ns})
	if len(in.outer) > 1 {
		return
	}
	// What the global object has not is asked from its prototype.
	global := in.js.GlobalObject()
	above := global.Prototype()
	target := in.js.CreateObject(above)
	_ = global.SetPrototype(in.js.ToValue(in.js.NewProxy(target, &goja.ProxyTrapConfig{
		Get: func(_ *goja.Object, name string, _ goja.Value) goja.Value {
			if a := in.imported(name); a != nil {
				return in.indexed(a, name)
			}
			return above.Get(name)
		},
		Has: func(_ *goja.Object, name string) bool { return in.imported(name) != nil || above.Get(name) != nil },
		Set: func(_ *goja.Object, name string, v, to goja.Value) bool {
			if a := in.imported(name); a != nil {
				a.put(name, nil, v)
				return true
			}
			o, ok := to.(*goja.Object)
			return ok && o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE) == nil
		},
		OwnKeys: func(*goja.Object) *goja.Object { return in.js.NewArray() },
	})).(*goja.Object))
}

// indexed reads a global of another engine. An array of automation can be called there, by
// which its elements are read and, see refer, written.
func (in *Interp) indexed(a *automation, name string) goja.Value {
	v := a.read(name)
	kept, ok := in.unbox(v)
	if !ok || kept.Array() == nil {
		return v
	}
	f := a.method(name).(*goja.Object)
	_ = f.SetPrototype(in.arrayProto)
	_ = f.SetSymbol(in.valueKey, &boxed{value: kept, of: a, name: name})
	return f
}

// imported returns the engine which has a global, nil when none has.
func (in *Interp) imported(name string) *automation {
	for _, a := range in.outer {
		if a.obj.(vbscript.Namespace).Defines(name) {
			return a
		}
	}
	return nil
}
