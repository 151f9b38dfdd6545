package jscript

import (
	"strings"

	"github.com/dop251/goja"
)

// installString adds the methods that make HTML, and bounds those that could make much
// out of little.
func (in *Interp) installString() {
	proto := in.prototype("String")
	for name, tag := range map[string]string{
		"big": "BIG", "blink": "BLINK", "bold": "B", "fixed": "TT", "italics": "I", "small": "SMALL", "strike": "STRIKE",
		"sub": "SUB", "sup": "SUP", "anchor": "A NAME", "fontcolor": "FONT COLOR", "fontsize": "FONT SIZE", "link": "A HREF",
	} {
		in.hide(proto, name, func(c goja.FunctionCall) goja.Value {
			element, attribute, has := strings.Cut(tag, " ")
			open := element
			if has {
				open += " " + attribute + `="` + fromString(c.Argument(0).ToString()) + `"`
			}
			return in.toString("<" + open + ">" + fromString(c.This.ToString()) + "</" + element + ">")
		})
	}
	in.around(proto, "concat", func(c goja.FunctionCall, old native) goja.Value {
		n := 0.0
		for i, a := range c.Arguments {
			c.Arguments[i] = a.ToString()
			n += size(c.Arguments[i])
		}
		in.fits(n)
		return old(c)
	})
	in.around(proto, "split", func(c goja.FunctionCall, old native) goja.Value {
		// Asking for one more than may be shows whether there are more.
		most := in.memory/matchSize + 1
		if limit := c.Argument(1); goja.IsUndefined(limit) || limit.ToInteger() > most {
			c.Arguments = []goja.Value{c.Argument(0), in.js.ToValue(most)}
		}
		v := old(c)
		if o, ok := v.(*goja.Object); ok {
			in.fits(length(o) * matchSize)
		}
		return v
	})
	for _, name := range []string{"match", "search"} {
		in.around(proto, name, func(c goja.FunctionCall, old native) goja.Value {
			in.fits(size(c.This) * 8)
			return old(c)
		})
	}
	in.around(proto, "replace", in.replace)
}

// size returns the length of a string; 0 for everything else.
func size(v goja.Value) float64 {
	if s, ok := v.(goja.String); ok {
		return float64(s.Length())
	}
	return 0
}

// replace is the method, which could make a long text of the product of two. A text
// that may become too long is split first, which tells how often it is.
func (in *Interp) replace(c goja.FunctionCall, old native) goja.Value {
	subject := c.This.ToString()
	n := size(subject)
	in.fits(n * 8)
	with, ok := c.Argument(1).(goja.String)
	if !ok {
		return old(c)
	}
	// A $ in the replacement may stand for the whole text.
	one := float64(with.Length()) + n*float64(strings.Count(with.String(), "$"))
	pattern, global := c.Argument(0).(*goja.Object)
	times := 1.0
	if global && (n+1)*one > float64(in.memory) {
		split, _ := goja.AssertFunction(in.prototype("String").Get("split"))
		parts, err := split(subject, pattern)
		if err != nil {
			panic(err)
		}
		times = length(parts.(*goja.Object))
	}
	if !global || times > 1 {
		in.fits(n + times*one)
	}
	return old(c)
}
