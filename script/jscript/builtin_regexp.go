package jscript

import (
	"strings"
	"time"
	"unicode/utf16"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// maxMatchTime bounds one search with a pattern that needs backtracking, besides the
// context: such a search can take very long, and goja cannot interrupt it.
const maxMatchTime = 10 * time.Second

// maxPattern bounds patterns, in characters, and how many are kept.
const (
	maxPattern  = 32 << 10
	maxPatterns = 200
)

// A backtracking is a pattern with look-ahead or references back, which goja would run
// without a limit of time. Patterns without these it runs in linear time.
type backtracking struct {
	re *regexp2.Regexp // nil when goja does not need backtracking

	subject string // of the last search
	runes   []rune // its UTF-16 units
}

// A lastMatch is what RegExp.$1 and its like tell.
type lastMatch struct {
	subject goja.Value
	groups  *goja.Object
}

// installRegExp replaces exec, which all methods that search call then.
func (in *Interp) installRegExp() {
	proto := in.prototype("RegExp")
	in.around(proto, "exec", func(c goja.FunctionCall, old native) goja.Value {
		var v goja.Value
		if o, ok := c.This.(*goja.Object); ok && o.ClassName() == "RegExp" {
			subject := c.Argument(0).ToString()
			c.Arguments = []goja.Value{subject}
			if p := in.pattern(o); p.re != nil {
				v = in.search(o, p, subject)
			} else {
				v = old(c)
			}
			if m, ok := v.(*goja.Object); ok {
				in.match = lastMatch{subject, m}
				end := m.Get("index").ToInteger() + int64(size(m.Get("0")))
				_ = m.Set("lastIndex", end)
			}
			return v
		}
		return old(c)
	})
	ctor := in.boundPatterns(proto, in.js.GlobalObject().Get("RegExp").(*goja.Object))
	for name, f := range map[string]func(s goja.String, m *goja.Object, from, to int) goja.Value{
		"input":        func(s goja.String, _ *goja.Object, _, _ int) goja.Value { return s },
		"index":        func(_ goja.String, _ *goja.Object, from, _ int) goja.Value { return in.js.ToValue(from) },
		"lastIndex":    func(_ goja.String, _ *goja.Object, _, to int) goja.Value { return in.js.ToValue(to) },
		"lastMatch":    func(s goja.String, _ *goja.Object, from, to int) goja.Value { return s.Substring(from, to) },
		"leftContext":  func(s goja.String, _ *goja.Object, from, _ int) goja.Value { return s.Substring(0, from) },
		"rightContext": func(s goja.String, _ *goja.Object, _, to int) goja.Value { return s.Substring(to, s.Length()) },
		"lastParen": func(_ goja.String, m *goja.Object, _, _ int) goja.Value {
			if n := int(length(m)); n > 1 {
				return in.group(m, n-1)
			}
			return in.js.ToValue("")
		},
	} {
		in.recall(ctor, name, f)
		if short := map[string]string{"input": "$_", "lastMatch": "$&", "lastParen": "$+", "leftContext": "$`", "rightContext": "$'"}[name]; short != "" {
			in.recall(ctor, short, f)
		}
	}
	for n := 1; n <= 9; n++ {
		in.recall(ctor, "$"+string(rune('0'+n)), func(_ goja.String, m *goja.Object, _, _ int) goja.Value { return in.group(m, n) })
	}
}

// group returns a group of a match, "" when it took no part.
func (in *Interp) group(m *goja.Object, n int) goja.Value {
	if v := m.Get(in.js.ToValue(n).String()); v != nil && !goja.IsUndefined(v) {
		return v
	}
	return in.js.ToValue("")
}

// recall defines a property of RegExp that tells something of the last match.
func (in *Interp) recall(ctor *goja.Object, name string, f func(s goja.String, m *goja.Object, from, to int) goja.Value) {
	get := in.js.ToValue(func(goja.FunctionCall) goja.Value {
		s, ok := in.match.subject.(goja.String)
		if !ok {
			if name == "index" || name == "lastIndex" {
				return in.js.ToValue(-1)
			}
			return in.js.ToValue("")
		}
		from := int(in.match.groups.Get("index").ToInteger())
		to := from + int(size(in.match.groups.Get("0")))
		if from < 0 || to > s.Length() {
			return in.js.ToValue("") // the script has changed the match
		}
		return f(s, in.match.groups, from, to)
	})
	_ = ctor.DefineAccessorProperty(name, get, nil, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// boundPatterns makes RegExp refuse a pattern that is too long, and RegExp.prototype.compile.
func (in *Interp) boundPatterns(proto, old *goja.Object) *goja.Object {
	f := in.js.ToValue(func(c goja.ConstructorCall) *goja.Object {
		if o, ok := c.Argument(0).(*goja.Object); !ok || o.ClassName() != "RegExp" {
			in.checkPattern(c.Argument(0))
		}
		o, err := in.js.New(old, c.Arguments...)
		if err != nil {
			panic(err)
		}
		return o
	}).(*goja.Object)
	_ = f.DefineDataProperty("prototype", proto, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	in.hide(proto, "constructor", f)
	in.hide(in.js.GlobalObject(), "RegExp", f)
	in.around(proto, "compile", func(c goja.FunctionCall, old native) goja.Value {
		in.checkPattern(c.Argument(0))
		return old(c)
	})
	return f
}

func (in *Interp) checkPattern(v goja.Value) {
	if size(v.ToString()) > maxPattern {
		in.throw(errRegExp)
	}
}

// pattern tells how a regular expression is run.
func (in *Interp) pattern(re *goja.Object) *backtracking {
	source := textOf(re.Get("source"))
	flags := ""
	opts := regexp2.ECMAScript
	if re.Get("ignoreCase").ToBoolean() {
		opts |= regexp2.IgnoreCase
		flags += "i"
	}
	if re.Get("multiline").ToBoolean() {
		opts |= regexp2.Multiline
		flags += "m"
	}
	key := flags + "/" + source
	if p := in.regexps[key]; p != nil {
		return p
	}
	p := &backtracking{}
	if strings.Contains(source, "(?") || strings.Contains(source, `\`) {
		if _, err := parser.TransformRegExp(source, false, false); err != nil {
			compiled, err := regexp2.Compile(source, opts)
			if err != nil {
				in.throw(errRegExp)
			}
			p.re = compiled
		}
	}
	if len(in.regexps) >= maxPatterns {
		clear(in.regexps)
	}
	in.regexps[key] = p
	return p
}

// search is exec with a limit of time.
func (in *Interp) search(re *goja.Object, p *backtracking, subject goja.Value) goja.Value {
	s, ok := subject.(goja.String)
	if !ok {
		s = in.js.ToValue(subject.String()).(goja.String)
	}
	if text := s.String(); p.runes == nil || p.subject != text {
		p.subject = text
		p.runes = make([]rune, s.Length())
		for i := range p.runes {
			p.runes[i] = rune(s.CharAt(i))
		}
	}
	global := re.Get("global").ToBoolean()
	start := 0
	if global {
		start = int(max(re.Get("lastIndex").ToInteger(), 0))
	}
	var m *regexp2.Match
	if start <= len(p.runes) {
		p.re.MatchTimeout = maxMatchTime
		if end, ok := in.ctx.Deadline(); ok {
			p.re.MatchTimeout = max(min(maxMatchTime, time.Until(end)), time.Millisecond)
		}
		var err error
		if m, err = p.re.FindRunesMatchStartingAt(p.runes, start); err != nil {
			in.hostEnded(in.ctx)
			in.throw(errException)
		}
	}
	if m == nil {
		_ = re.Set("lastIndex", 0)
		return goja.Null()
	}
	if global {
		_ = re.Set("lastIndex", m.RuneIndex+m.RuneLength)
	}
	groups := m.Groups()
	list := make([]any, len(groups))
	for i, g := range groups {
		list[i] = goja.Undefined()
		if len(g.Captures) > 0 {
			list[i] = fromUnits(g.Runes())
		}
	}
	result := in.js.NewArray(list...)
	_ = result.Set("index", m.RuneIndex)
	_ = result.Set("input", s)
	return result
}

// fromUnits makes a string of UTF-16 units, each a rune.
func fromUnits(runes []rune) goja.Value {
	units := make([]uint16, 0, len(runes))
	for _, r := range runes {
		if utf16.IsSurrogate(r) {
			units = append(units, uint16(r))
		} else {
			units = utf16.AppendRune(units, r)
		}
	}
	return goja.StringFromUTF16(units)
}
