package vbscript

import (
	"context"

	"openwmi/internal/source"
)

var systemFunctions = []builtin{
	{name: "Err", fn: func(fr *frame, _ []Value) Value { return FromObject(fr.in.err) }},
	{name: "Eval", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		v := fr.in.scalar(a[0])
		if v.kind != TypeString {
			return v
		}
		return fr.execute(v, modeExpr, false)
	}},
	{name: "Execute", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return fr.execute(a[0], modeScript, false) }},
	{name: "ExecuteGlobal", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return fr.execute(a[0], modeScript, true) }},
	{name: "GetRef", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		c := fr.in.cells[fold(fr.in.toString(a[0]))]
		if c == nil || c.kind != cellProc {
			raise(errCallOrArgument)
		}
		return FromObject(&procRef{fr.in, c.proc})
	}},
	{name: "CreateObject", min: 1, max: 2, fn: func(fr *frame, a []Value) Value {
		class := fr.in.toString(a[0])
		if fold(class) == "vbscript.regexp" {
			return FromObject(newRegExp(fr.in))
		}
		server := ""
		if given(a, 1) {
			server = fr.in.toString(a[1])
		}
		return fr.in.hosted(fr.in.host.CreateObject(fr.in.ctx, class, server))
	}},
	{name: "GetObject", min: 0, max: 2, fn: func(fr *frame, a []Value) Value {
		path, class := "", ""
		if given(a, 0) {
			path = fr.in.toString(a[0])
		}
		if given(a, 1) {
			class = fr.in.toString(a[1])
		}
		return fr.in.hosted(fr.in.host.GetObject(fr.in.ctx, path, class))
	}},
	{name: "MsgBox", min: 1, max: 5, fn: func(fr *frame, a []Value) Value {
		in := fr.in
		n, err := in.host.MsgBox(in.ctx, in.toString(a[0]), in.toInt(opt(a, 1, Integer(0))), in.toString(opt(a, 2, String("VBScript"))))
		if err != nil {
			raiseErr(err)
		}
		return Integer(int16(n))
	}},
	{name: "InputBox", min: 1, max: 7, fn: func(fr *frame, a []Value) Value {
		in := fr.in
		s, ok, err := in.host.InputBox(in.ctx, in.toString(a[0]), in.toString(opt(a, 1, String(""))), in.toString(opt(a, 2, String(""))))
		if err != nil {
			raiseErr(err)
		}
		if !ok {
			return Empty
		}
		return in.newString(s)
	}},
	{name: "ScriptEngine", fn: func(*frame, []Value) Value { return String("VBScript") }},
	{name: "ScriptEngineMajorVersion", fn: func(*frame, []Value) Value { return Long(5) }},
	{name: "ScriptEngineMinorVersion", fn: func(*frame, []Value) Value { return Long(8) }},
	{name: "ScriptEngineBuildVersion", fn: func(*frame, []Value) Value { return Long(16384) }},
	{name: "GetLocale", fn: func(fr *frame, _ []Value) Value { return Long(fr.in.locale.id) }},
	{name: "SetLocale", min: 0, max: 1, fn: func(fr *frame, a []Value) Value {
		old := fr.in.locale.id
		l := findLocale(fr.in.scalar(opt(a, 0, Long(0))))
		if l == nil {
			raise(447)
		}
		fr.in.locale = l
		return Long(old)
	}},
}

func (in *Interp) hosted(o Object, err error) Value {
	if err != nil {
		raiseErr(err)
	}
	return FromObject(o)
}

// execute compiles and runs a text: in the scope of the running procedure, or as a part
// of the script.
func (fr *frame) execute(v Value, mode parseMode, global bool) Value {
	in := fr.in
	in.calling = ""
	code := in.toString(v)
	if len(code) > maxExecute {
		raise(errMemory)
	}
	in.charge(int64(len(code)) * treeFactor)
	if in.nesting >= in.maxNest {
		raise(errStack)
	}
	s, err := parse(source.NewFile(fr.file.Name()+" ("+mode.String()+")", code), mode, !global && fr.with.kind == TypeObject)
	if err != nil {
		panic(syntaxError(err))
	}
	if len(s.procs)+len(s.classes) > 0 { // which stay
		in.code += int64(len(code)) * treeFactor
	}
	in.nesting++
	var sc *scope
	run := fr
	if fr.proc == nil || global {
		run = &frame{in: in, file: s.File, up: in.top, depth: in.depth}
		if !global {
			run.resume, run.with = fr.resume, fr.with
		}
		in.top = run
	} else {
		sc = fr.scope
	}
	file, pos := fr.file, fr.pos
	fr.file = s.File
	if run != fr {
		fr.file = file
	}
	result := Empty
	if mode == modeExpr {
		result = in.evaluate(run, s, sc)
	} else {
		in.runCode(run, s, sc)
	}
	if run != fr {
		in.top = run.up
		if !global {
			fr.resume = run.resume
		}
	}
	fr.file, fr.pos = file, pos
	in.nesting--
	return result
}

const (
	maxExecute = 1 << 20 // bytes of a text for Execute
	treeFactor = 128     // about how many bytes a byte of text takes when compiled
)

func (m parseMode) String() string {
	if m == modeExpr {
		return "Eval"
	}
	return "Execute"
}

func (in *Interp) evaluate(fr *frame, s *Script, sc *scope) Value {
	c := &compiler{in: in, file: s.File}
	if sc == nil {
		c.scope = &scope{global: true}
	} else {
		c.scope = sc.within(fr)
		c.class = sc.class
	}
	f := c.expr(s.body[0].s)
	if sc == nil {
		fr.locals = make([]Value, c.scope.slots)
	}
	fr.pos = 1
	return f(fr)
}

// A procRef is what GetRef returns: calling it calls the procedure.
type procRef struct {
	in   *Interp
	proc *proc
}

// TypeName is Object.
func (*procRef) TypeName() string { return "Object" }

// Get calls the procedure; it has no members.
func (r *procRef) Get(ctx context.Context, name string, args Args) (v Value, err error) {
	err = r.in.enter(ctx, func() { v = r.member(name, args.v) })
	return v, err
}

func (r *procRef) member(name string, args []Value) Value {
	if name != "" {
		raiseName(errNoMember, name)
	}
	return r.in.callValues(r.proc, nil, args)
}

func (*procRef) setMember(name string, _ []Value, _ Value, _ bool) { raiseName(errNoMember, name) }

// Put is an error.
func (*procRef) Put(_ context.Context, name string, _ Args, _ Value, _ bool) error {
	return NewError(errNoMember, name)
}
