package jscript

import (
	"iter"

	"github.com/dop251/goja"

	"openwmi/script/vbscript"
)

// maxOpen bounds the enumerations that a script has begun and not ended.
const maxOpen = 10000

// An enumerator is the object Enumerator: a place in a collection. It lives as long as
// the context of the run that made it.
type enumerator struct {
	in      *Interp
	list    vbscript.Collection // nil for nothing
	next    func() (vbscript.Value, error, bool)
	stop    func()
	current goja.Value
	more    bool
}

func (e *enumerator) close() {
	if e.stop != nil {
		e.stop()
		e.stop, e.next = nil, nil
		delete(e.in.open, e)
	}
	e.current, e.more = goja.Undefined(), false
}

// first goes to the first element.
func (e *enumerator) first() {
	e.close()
	if e.list == nil {
		return
	}
	if len(e.in.open) >= maxOpen {
		e.in.throw(errMemory)
	}
	e.next, e.stop = iter.Pull2(e.list.Each(e.in.ctx))
	e.in.open[e] = struct{}{}
	e.advance()
}

func (e *enumerator) advance() {
	if e.next == nil {
		return
	}
	v, err, ok := e.next()
	e.in.hostEnded()
	if err != nil {
		e.close()
		e.in.throwErr(err)
	}
	if !ok {
		e.close()
		return
	}
	e.current, e.more = e.in.toJS(v), true
}

// installEnumerator makes Enumerator.
func (in *Interp) installEnumerator() {
	proto := in.js.NewObject()
	for name, f := range map[string]func(*enumerator) goja.Value{
		"atEnd": func(e *enumerator) goja.Value { return in.js.ToValue(!e.more) },
		"item":  func(e *enumerator) goja.Value { return e.current },
		"moveFirst": func(e *enumerator) goja.Value {
			e.first()
			return goja.Undefined()
		},
		"moveNext": func(e *enumerator) goja.Value {
			e.advance()
			return goja.Undefined()
		},
	} {
		in.hide(proto, name, func(c goja.FunctionCall) goja.Value { return f(in.enumeratorOf(c.This)) })
	}
	f := in.js.ToValue(func(c goja.ConstructorCall) *goja.Object {
		e := &enumerator{in: in, current: goja.Undefined()}
		if v := c.Argument(0); !goja.IsUndefined(v) {
			o, _ := in.fromJS(v).Object().(vbscript.Collection)
			if own, ok := o.(object); o == nil || ok && own.js.ClassName() != "Array" {
				in.throw(errCollection)
			}
			e.list = o
		}
		o := in.js.CreateObject(proto)
		_ = o.SetSymbol(in.valueKey, in.js.ToValue(e))
		e.first()
		return o
	}).(*goja.Object)
	_ = f.DefineDataProperty("prototype", proto, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	in.hide(proto, "constructor", f)
	in.hide(in.js.GlobalObject(), "Enumerator", f)
}

func (in *Interp) enumeratorOf(v goja.Value) *enumerator {
	if o, ok := v.(*goja.Object); ok && in.automation(o) == nil {
		if kept := o.GetSymbol(in.valueKey); kept != nil {
			if e, ok := kept.Export().(*enumerator); ok {
				return e
			}
		}
	}
	in.throw(errEnumerator)
	return nil
}
