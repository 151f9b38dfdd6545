package jscript

import (
	"github.com/dop251/goja"
)

// maxPattern bounds patterns, in characters.
const maxPattern = 32 << 10

// installRegExp bounds patterns, gives those that need backtracking a limit of time, and
// notes matches for RegExp.$1 and its like.
func (in *Interp) installRegExp() {
	global := in.js.GlobalObject()
	old := global.Get("RegExp").(*goja.Object)
	proto := old.Get("prototype").(*goja.Object)
	in.exec = proto.Get("exec")
	in.rawExec = in.exec.Export().(native)
	in.timedExec = in.js.ToValue(in.backtrack).(*goja.Object)
	ctor := in.js.ToValue(func(c goja.ConstructorCall) *goja.Object {
		if o, ok := c.Argument(0).(*goja.Object); !ok || o.ClassName() != "RegExp" {
			in.checkPattern(c.Argument(0))
		}
		o, err := in.js.New(old, c.Arguments...)
		if err != nil {
			panic(err)
		}
		in.timed(o)
		return o
	}).(*goja.Object)
	_ = ctor.DefineDataProperty("prototype", proto, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	in.hide(proto, "constructor", ctor)
	in.hide(global, "RegExp", ctor)
	in.regExpType = ctor
	in.around(proto, "compile", func(c goja.FunctionCall, old native) goja.Value {
		in.checkPattern(c.Argument(0))
		v := old(c)
		in.timed(c.This.ToObject(in.js))
		return v
	})
	in.around(proto, "test", func(c goja.FunctionCall, old native) goja.Value {
		if re := isRegExp(c.This); re != nil {
			return in.js.ToValue(!goja.IsNull(in.execute(re, c.Argument(0))))
		}
		return old(c)
	})
	in.hide(global, nameExec, in.callExec)
	in.hide(global, nameRegExp, func(c goja.FunctionCall) goja.Value {
		if re := isRegExp(c.Argument(0)); re != nil {
			in.timed(re)
		}
		return c.Argument(0)
	})
	in.installLastMatch(ctor)
}

func isRegExp(v goja.Value) *goja.Object {
	if o, ok := v.(*goja.Object); ok && o.ClassName() == "RegExp" {
		return o
	}
	return nil
}

func (in *Interp) checkPattern(v goja.Value) {
	if size(in.text(v)) > maxPattern {
		in.throw(errRegExp)
	}
}

// timed gives a regular expression that needs backtracking an exec of its own, which the
// methods of strings call as well. No script can take it away.
func (in *Interp) timed(re *goja.Object) {
	if in.weight(textOf(re.Get("source"))) == 0 {
		in.setTimed(re)
	}
}

// timedFor is timed for a search that could take long without backtracking too, or that
// goja would make with an exec of the script, for ever if it always finds something.
func (in *Interp) timedFor(re *goja.Object, subject goja.Value) {
	if exec := re.Get("exec"); exec != in.exec && exec != goja.Value(in.timedExec) || in.heavy(re, subject) {
		in.setTimed(re)
	}
}

func (in *Interp) setTimed(re *goja.Object) {
	_ = re.DefineDataProperty("exec", in.timedExec, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
}

// heavy reports whether a search may take too long for one that can't be ended.
func (in *Interp) heavy(re *goja.Object, subject goja.Value) bool {
	n := size(subject)
	return n*maxWeight > maxWork && n*float64(in.weight(textOf(re.Get("source")))) > maxWork
}

// execute is the method exec. It notes the match.
func (in *Interp) execute(re *goja.Object, subject goja.Value) goja.Value {
	c := goja.FunctionCall{This: re, Arguments: []goja.Value{in.text(subject)}}
	var v goja.Value
	if in.hasOwn(re, "exec") || in.heavy(re, c.Arguments[0]) {
		v = in.backtrack(c)
	} else {
		v = in.rawExec(c)
	}
	if m, ok := v.(*goja.Object); ok {
		in.match = lastMatch{subject: c.Arguments[0], groups: m}
		in.finish(m)
	}
	return v
}

// finish gives a match what only JScript has: a member lastIndex, and texts for
// groups that took no part.
func (in *Interp) finish(m *goja.Object) {
	for i := range int(in.length(m)) {
		if key := in.js.ToValue(i).String(); goja.IsUndefined(m.Get(key)) {
			_ = m.Set(key, "")
		}
	}
	_ = m.Set("lastIndex", m.Get("index").ToInteger()+int64(size(m.Get("0"))))
}

// callExec is x.exec(arguments) of a script.
func (in *Interp) callExec(c goja.FunctionCall) goja.Value {
	base, args := c.Argument(0), c.Arguments[min(1, len(c.Arguments)):]
	if a := in.automation(base); a != nil {
		return a.call("exec", args)
	}
	if re := isRegExp(base); re != nil {
		if len(args) == 0 {
			args = []goja.Value{goja.Undefined()}
		}
		return in.execute(re, args[0])
	}
	o, ok := base.(*goja.Object)
	if !ok {
		in.throw(errObject)
	}
	f, ok := goja.AssertFunction(o.Get("exec"))
	if !ok {
		in.throw(errMember)
	}
	v, err := f(o, args...)
	if err != nil {
		panic(err)
	}
	return v
}

// A lastMatch is what RegExp.$1 and its like tell of.
type lastMatch struct {
	subject goja.Value   // nil before the first match
	groups  *goja.Object // as exec returns them; nil when they are yet to be found
	source  string       // of the regular expression that finds them
	flags   string
	all     bool // it is the last of all matches, not the first
}

// noted notes that a method of a string has found something.
func (in *Interp) noted(subject goja.Value, pattern goja.Value) {
	re := isRegExp(pattern)
	if re == nil {
		return
	}
	m := lastMatch{subject: subject, source: textOf(re.Get("source")), flags: "g", all: re.Get("global").ToBoolean()}
	if re.Get("ignoreCase").ToBoolean() {
		m.flags += "i"
	}
	if re.Get("multiline").ToBoolean() {
		m.flags += "m"
	}
	in.match = m
}

// groups returns the last match, nil when there is none.
func (in *Interp) groups() *goja.Object {
	m := &in.match
	if m.subject == nil || m.groups != nil {
		return m.groups
	}
	note := in.match
	re, err := in.js.New(in.regExpType, in.js.ToValue(m.source), in.js.ToValue(m.flags))
	if err != nil {
		panic(err)
	}
	for {
		before := re.Get("lastIndex").ToInteger()
		found, ok := in.execute(re, note.subject).(*goja.Object)
		if !ok {
			break
		}
		note.groups = found
		if !note.all {
			break
		}
		if re.Get("lastIndex").ToInteger() == before {
			_ = re.Set("lastIndex", before+1) // it has found nothing, and would again
		}
	}
	in.match = note
	if note.groups == nil {
		in.match = lastMatch{}
	}
	return note.groups
}

// installLastMatch makes the properties of RegExp.
func (in *Interp) installLastMatch(ctor *goja.Object) {
	type part = func(s goja.String, m *goja.Object, from, to int) goja.Value
	for _, p := range []struct {
		name, short string
		f           part
	}{
		{"input", "$_", func(s goja.String, _ *goja.Object, _, _ int) goja.Value { return s }},
		{"index", "", func(_ goja.String, _ *goja.Object, from, _ int) goja.Value { return in.js.ToValue(from) }},
		{"lastIndex", "", func(_ goja.String, _ *goja.Object, _, to int) goja.Value { return in.js.ToValue(to) }},
		{"lastMatch", "$&", func(s goja.String, _ *goja.Object, from, to int) goja.Value { return s.Substring(from, to) }},
		{"leftContext", "$`", func(s goja.String, _ *goja.Object, from, _ int) goja.Value { return s.Substring(0, from) }},
		{"rightContext", "$'", func(s goja.String, _ *goja.Object, _, to int) goja.Value { return s.Substring(to, s.Length()) }},
		{"lastParen", "$+", func(_ goja.String, m *goja.Object, _, _ int) goja.Value {
			if n := int(in.length(m)); n > 1 {
				return in.group(m, n-1)
			}
			return in.js.ToValue("")
		}},
	} {
		in.recall(ctor, p.name, p.f)
		if p.short != "" {
			in.recall(ctor, p.short, p.f)
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
		m := in.groups()
		if m == nil {
			if name == "index" || name == "lastIndex" {
				return in.js.ToValue(-1)
			}
			return in.js.ToValue("")
		}
		s := in.text(in.match.subject)
		from := int(m.Get("index").ToInteger())
		to := from + int(size(m.Get("0")))
		if from < 0 || to > s.Length() {
			return in.js.ToValue("") // the script has changed the match
		}
		return f(s, m, from, to)
	})
	_ = ctor.DefineAccessorProperty(name, get, nil, goja.FLAG_TRUE, goja.FLAG_FALSE)
}
