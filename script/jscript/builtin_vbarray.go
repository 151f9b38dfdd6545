package jscript

import (
	"github.com/dop251/goja"

	"openwmi/script/vbscript"
)

// installVBArray makes VBArray, whose methods arrays of automation have as well.
func (in *Interp) installVBArray() {
	in.arrayProto = in.js.NewObject()
	for name, f := range map[string]func(*vbscript.Array, []goja.Value) goja.Value{
		"dimensions": func(a *vbscript.Array, _ []goja.Value) goja.Value { return in.js.ToValue(len(a.Dims())) },
		"lbound": func(a *vbscript.Array, args []goja.Value) goja.Value {
			return in.js.ToValue(in.dimension(a, args).Lower)
		},
		"ubound": func(a *vbscript.Array, args []goja.Value) goja.Value {
			d := in.dimension(a, args)
			return in.js.ToValue(d.Lower + d.Len - 1)
		},
		"getItem": in.element,
		"toArray": func(a *vbscript.Array, _ []goja.Value) goja.Value {
			elems := a.Elems()
			in.fits(float64(len(elems)) * elementSize)
			list := make([]any, len(elems))
			for i, v := range elems {
				list[i] = in.toJS(v)
			}
			return in.js.NewArray(list...)
		},
	} {
		in.hide(in.arrayProto, name, func(c goja.FunctionCall) goja.Value {
			kept, _ := in.unbox(c.This)
			if kept.Array() == nil {
				in.throw(errVBArray)
			}
			return f(kept.Array(), c.Arguments)
		})
	}
	f := in.js.ToValue(func(c goja.ConstructorCall) *goja.Object {
		kept, ok := in.unbox(c.Argument(0))
		if !ok || kept.Array() == nil {
			in.throw(errVBArray)
		}
		return c.Argument(0).(*goja.Object)
	}).(*goja.Object)
	_ = f.DefineDataProperty("prototype", in.arrayProto, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	in.hide(in.arrayProto, "constructor", f)
	in.hide(in.js.GlobalObject(), "VBArray", f)
}

// dimension returns the dimension that an argument names, the first when there is none.
func (in *Interp) dimension(a *vbscript.Array, args []goja.Value) vbscript.Bound {
	n := int64(1)
	if len(args) > 0 {
		n = args[0].ToInteger()
	}
	if n < 1 || n > int64(len(a.Dims())) {
		in.throw(errSubscript)
	}
	return a.Dims()[n-1]
}

// element returns the element with the indexes, the first of which runs fastest.
func (in *Interp) element(a *vbscript.Array, args []goja.Value) goja.Value {
	dims := a.Dims()
	if len(dims) == 0 || len(args) != len(dims) {
		in.throw(errSubscript)
	}
	at, step := 0, 1
	for i, d := range dims {
		n := args[i].ToInteger() - int64(d.Lower)
		if n < 0 || n >= int64(d.Len) {
			in.throw(errSubscript)
		}
		at += int(n) * step
		step *= d.Len
	}
	return in.toJS(a.Elems()[at])
}
