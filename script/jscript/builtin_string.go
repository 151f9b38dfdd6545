package jscript

import (
	"slices"
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
				open += " " + attribute + `="` + fromString(in.text(c.Argument(0))) + `"`
			}
			return in.toString("<" + open + ">" + fromString(in.text(c.This)) + "</" + element + ">")
		})
	}
	in.around(proto, "concat", func(c goja.FunctionCall, old native) goja.Value {
		n := 0.0
		for i, a := range c.Arguments {
			c.Arguments[i] = in.text(a)
			n += size(c.Arguments[i])
		}
		in.fits(n)
		return old(c)
	})
	in.around(proto, "split", func(c goja.FunctionCall, old native) goja.Value {
		// Asking for one more than may be shows whether there are more.
		most := in.memory/matchSize + 1
		if re := isRegExp(c.Argument(0)); re != nil {
			return in.splitBy(re, c, most)
		}
		if limit := c.Argument(1); goja.IsUndefined(limit) || limit.ToInteger() > most {
			c.Arguments = []goja.Value{c.Argument(0), in.js.ToValue(most)}
		}
		v := old(c)
		if o, ok := v.(*goja.Object); ok {
			in.fits(in.length(o) * matchSize)
		}
		return v
	})
	for _, name := range []string{"match", "search"} {
		in.around(proto, name, func(c goja.FunctionCall, old native) goja.Value {
			c.This = in.text(c.This)
			in.fits(size(c.This) * 8)
			re := isRegExp(c.Argument(0))
			if re == nil { // a text is a pattern
				o, err := in.js.New(in.regExpType, c.Arguments[:min(1, len(c.Arguments))]...)
				if err != nil {
					panic(err)
				}
				re, c.Arguments = o, []goja.Value{o}
			}
			in.timedFor(re, c.This)
			v := old(c)
			if o, ok := v.(*goja.Object); ok {
				in.noted(c.This, c.Argument(0))
				if !re.Get("global").ToBoolean() {
					in.match.groups = o
					in.finish(o)
				}
			} else if !goja.IsNull(v) && v.ToInteger() >= 0 {
				in.noted(c.This, c.Argument(0))
			}
			return v
		})
	}
	in.matchOf = proto.Get("match").Export().(native)
	in.around(proto, "replace", in.replace)
	in.around(proto, "substr", func(c goja.FunctionCall, old native) goja.Value {
		// JScript does not count from the end. [MS-ES3] B.2.3
		if len(c.Arguments) > 0 && c.Arguments[0].ToFloat() < 0 {
			c.Arguments = append([]goja.Value{in.js.ToValue(0)}, c.Arguments[1:]...)
		}
		return old(c)
	})
	in.around(in.js.GlobalObject(), "parseInt", func(c goja.FunctionCall, old native) goja.Value {
		text := in.text(c.Argument(0))
		if c.Argument(1).ToInteger() == 0 && octal(text.String()) {
			return old(goja.FunctionCall{Arguments: []goja.Value{text, in.js.ToValue(8)}})
		}
		return old(goja.FunctionCall{Arguments: []goja.Value{text, c.Argument(1)}})
	})
}

// octal reports whether a text is a number that JScript reads in base 8: it starts with 0.
func octal(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n\v\f\u00a0")
	text = strings.TrimLeft(text, "+-")
	return len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9'
}

// splitBy splits a string by a regular expression. JScript leaves out empty parts, and
// does not add groups. [MS-ES3], String.prototype.split
func (in *Interp) splitBy(re *goja.Object, c goja.FunctionCall, most int64) goja.Value {
	s := in.text(c.This)
	if limit := c.Argument(1); !goja.IsUndefined(limit) {
		most = min(most, int64(uint32(limit.ToInteger())))
	}
	in.noted(s, re)
	note := in.match
	all, err := in.js.New(in.regExpType, in.js.ToValue(note.source), in.js.ToValue(note.flags))
	if err != nil {
		panic(err)
	}
	var parts []any
	add := func(from, to int) {
		if from < to && int64(len(parts)) < most {
			parts = append(parts, s.Substring(from, to))
		}
	}
	pos, at := 0, 0
	for int64(len(parts)) < most {
		_ = all.Set("lastIndex", at)
		m, ok := in.execute(all, s).(*goja.Object)
		if !ok {
			break
		}
		from := int(m.Get("index").ToInteger())
		to := from + int(size(m.Get("0")))
		if at = to; from == to {
			at++
		}
		if from < to || from > pos && from < s.Length() {
			add(pos, from)
			pos = to
		}
	}
	add(pos, s.Length())
	if s.Length() == 0 && len(parts) == 0 && most > 0 {
		parts = append(parts, s)
	}
	in.fits(float64(len(parts)) * matchSize)
	return in.js.NewArray(parts...)
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
	subject := in.text(c.This)
	n := size(subject)
	in.fits(n * 8)
	if re := isRegExp(c.Argument(0)); re != nil {
		in.timedFor(re, subject)
	}
	if f, ok := goja.AssertFunction(c.Argument(1)); ok {
		total := n
		c.Arguments = []goja.Value{c.Argument(0), in.js.ToValue(func(c goja.FunctionCall) goja.Value {
			args := slices.Clone(c.Arguments)
			for i, a := range args {
				if goja.IsUndefined(a) { // a group that took no part is a text in JScript
					args[i] = in.js.ToValue("")
				}
			}
			v, err := f(goja.Undefined(), args...)
			if err != nil {
				panic(err)
			}
			text := in.text(v)
			total += size(text)
			in.fits(total)
			return text
		})}
		return in.replaced(c, old(c))
	}
	with := in.text(c.Argument(1))
	c.Arguments = []goja.Value{c.Argument(0), with}
	// A $ in the replacement may stand for the whole text.
	one := float64(with.Length()) + n*float64(strings.Count(with.String(), "$"))
	pattern, global := c.Argument(0).(*goja.Object)
	times := 1.0
	if global && (n+1)*one > float64(in.memory) {
		found := in.matchOf(goja.FunctionCall{This: subject, Arguments: []goja.Value{pattern}})
		if list, ok := found.(*goja.Object); ok && pattern.Get("global").ToBoolean() {
			times = in.length(list)
		}
	}
	if !global || times > 1 {
		in.fits(n + times*one)
	}
	return in.replaced(c, old(c))
}

// replaced notes a match when the text is another now.
func (in *Interp) replaced(c goja.FunctionCall, result goja.Value) goja.Value {
	if !result.StrictEquals(c.This) {
		in.noted(c.This, c.Argument(0))
	}
	return result
}
