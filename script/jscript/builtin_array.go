package jscript

import (
	"github.com/dop251/goja"
)

// maxJoins bounds how deep arrays contain each other when they become a text. A join
// calls toString, which calls join.
const maxJoins = 2000

// length returns the length of an array, or of what passes for one.
func length(o *goja.Object) float64 {
	n := o.Get("length")
	if n == nil || goja.IsUndefined(n) {
		return 0
	}
	return n.ToFloat()
}

// installArray bounds the methods of arrays that work for as long as the array says
// that it is long, whatever it has.
func (in *Interp) installArray() {
	proto := in.prototype("Array")
	for _, name := range []string{"toLocaleString", "concat", "reverse", "shift", "slice", "sort", "splice", "unshift"} {
		in.around(proto, name, func(c goja.FunctionCall, old native) goja.Value {
			if o, ok := c.This.(*goja.Object); ok {
				in.fits(length(o) * elementSize)
			}
			for _, a := range c.Arguments {
				if o, ok := a.(*goja.Object); ok && o.ClassName() == "Array" {
					in.fits(length(o) * elementSize)
				}
			}
			return old(c)
		})
	}
	in.around(proto, "unshift", func(c goja.FunctionCall, old native) goja.Value {
		old(c)
		return goja.Undefined() // JScript returns nothing. [MS-ES3] 15.4.4.13
	})
	for _, name := range []string{"join", "toString"} {
		in.around(proto, name, func(c goja.FunctionCall, old native) goja.Value {
			// Arrays that contain each other are joined by goja, not by the script.
			if in.joins++; in.joins > maxJoins {
				in.joins = 0
				in.throw(errStack)
			}
			defer func() { in.joins = max(in.joins-1, 0) }()
			if o, ok := c.This.(*goja.Object); ok {
				separator := 1
				if s, ok := c.Argument(0).(goja.String); ok && name == "join" {
					separator = s.Length()
				}
				in.fits(length(o) * max(float64(separator), elementSize/2))
			}
			return old(c)
		})
	}
}
