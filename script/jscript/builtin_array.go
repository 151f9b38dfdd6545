package jscript

import (
	"math"
	"strconv"

	"github.com/dop251/goja"
)

// checkElements is how many elements of an array are looked at between looks at the
// context.
const checkElements = 1 << 12

// length returns the length of an array, or of what passes for one. A length that is an
// object could be another one each time, and is refused.
func (in *Interp) length(o *goja.Object) float64 {
	n := o.Get("length")
	if n == nil || goja.IsUndefined(n) {
		return 0
	}
	if _, ok := n.(*goja.Object); ok {
		in.throw(errCall)
	}
	if f := n.ToFloat(); f > 0 {
		return math.Trunc(f)
	}
	return 0
}

// installArray bounds the methods of arrays that work for as long as the array says
// that it is long, whatever it has.
func (in *Interp) installArray() {
	proto := in.prototype("Array")
	for _, name := range []string{"concat", "reverse", "shift", "slice", "sort", "splice", "unshift"} {
		in.around(proto, name, func(c goja.FunctionCall, old native) goja.Value {
			n := 0.0
			if o, ok := c.This.(*goja.Object); ok {
				n = in.length(o)
			}
			for _, a := range c.Arguments {
				if o, ok := a.(*goja.Object); ok && o.ClassName() == "Array" {
					n += in.length(o)
				}
			}
			in.fits(n * elementSize)
			return old(c)
		})
	}
	in.around(proto, "unshift", func(c goja.FunctionCall, old native) goja.Value {
		old(c)
		return goja.Undefined() // JScript returns nothing. [MS-ES3] 15.4.4.13
	})
	in.around(proto, "splice", func(c goja.FunctionCall, old native) goja.Value {
		if len(c.Arguments) == 1 {
			c.Arguments = append(c.Arguments, in.js.ToValue(0)) // JScript deletes what it is told to. [MS-ES3] 15.4.4.12
		}
		return old(c)
	})
	in.around(proto, "sort", func(c goja.FunctionCall, old native) goja.Value {
		if !goja.IsUndefined(c.Argument(0)) {
			return old(c)
		}
		compared := 0
		c.Arguments = []goja.Value{in.js.ToValue(func(c goja.FunctionCall) goja.Value {
			if compared++; compared%checkElements == 0 {
				in.hostEnded()
			}
			return in.js.ToValue(in.text(c.Argument(0)).CompareTo(in.text(c.Argument(1))))
		})}
		return old(c)
	})
	in.around(proto, "join", func(c goja.FunctionCall, _ native) goja.Value {
		separator := goja.Value(in.js.ToValue(","))
		if len(c.Arguments) > 0 { // undefined is a separator too
			separator = c.Arguments[0]
		}
		return in.join(c.This, in.text(separator), in.text)
	})
	in.around(proto, "toLocaleString", func(c goja.FunctionCall, _ native) goja.Value {
		return in.join(c.This, in.text(in.js.ToValue(", ")), func(v goja.Value) goja.String {
			o := v.ToObject(in.js)
			f, ok := goja.AssertFunction(o.Get("toLocaleString"))
			if !ok {
				in.throw(errMember)
			}
			text, err := f(v)
			if err != nil {
				panic(err)
			}
			return in.text(text)
		})
	})
}

// join makes a text of the elements of an array. One that is in itself is empty there.
func (in *Interp) join(this goja.Value, separator goja.String, text func(goja.Value) goja.String) goja.Value {
	o := this.ToObject(in.js)
	if in.joined[o] {
		return in.js.ToValue("")
	}
	in.joined[o] = true
	defer delete(in.joined, o)
	n, each := in.length(o), float64(separator.Length())
	in.fits(n * max(each, elementSize/2))
	var b goja.StringBuilder
	total := 0.0
	for i := range int64(n) {
		if i > 0 {
			b.WriteString(separator)
			total += each
		}
		if i%checkElements == 0 {
			in.hostEnded()
		}
		v := o.Get(strconv.FormatInt(i, 10))
		if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
			continue
		}
		s := text(v)
		total += float64(s.Length())
		in.fits(total)
		b.WriteString(s)
	}
	return b.String()
}
