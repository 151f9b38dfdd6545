package vbscript

import (
	"context"
	"errors"
	"strings"
	"time"

	"openwmi/internal/source"
)

// An Interp runs scripts. It keeps their globals, procedures and classes, so that
// scripts run one after the other see each other. It is not safe for use by several
// goroutines, and a Host or Object must not call Run on it; it may call Call.
type Interp struct {
	host    Host
	clock   func() time.Time
	ctx     context.Context
	cells   map[string]*cell // globals by folded name
	outer   []Namespace      // of other engines
	entries int              // from outside
	err     *errObject
	top     *frame // the running procedure
	spare   *frame // frames to use again
	calling string // the function or member that is in use, for messages
	locale  *locale
	rnd     uint32
	seed    uint32
	depth   int
	nesting int
	maxDeep int
	maxNest int

	memory, used     int64
	steps, nextCheck int64
	maxSteps         int64
	code             int64 // bytes that procedures and classes of Execute take
	ended            bool  // by an error that nothing catches

	stack []Value // slots of procedures, in chunks that never move
	sp    int

	counting bool // a class has Class_Terminate: references are counted
	dying    []dying
	live     map[*instance]bool // of classes with Class_Terminate
	made     int64              // instances
	closed   bool
}

// A cell is a global name.
type cell struct {
	kind  cellKind
	order int // in which names appeared
	name  string
	val   Value
	proc  *proc
	class *class
	outer Namespace
	asked int // entries of all engines when the others did not have it
}

type cellKind uint8

const (
	cellUndefined cellKind = iota
	cellVar
	cellConst
	cellProc
	cellClass
	cellOuter // a global of another engine
)

// A ctl says how a statement ended.
type ctl uint8

const (
	ctlNext ctl = iota
	ctlExitDo
	ctlExitFor
	ctlExitProc
)

type (
	exprFn func(*frame) Value
	stmtFn func(*frame) ctl
	refFn  func(*frame) *Value
)

// A frame is a running procedure, or the script itself.
type frame struct {
	in     *Interp
	locals []Value
	extra  map[string]*Value // variables that Execute made
	proc   *proc             // nil for the script
	scope  *scope
	me     *instance
	file   *source.File
	pos    source.Pos // of the running statement
	resume bool       // On Error Resume Next is in force
	with   Value      // the object of the innermost With that runs, for Execute
	depth  int
	up     *frame
}

// A proc is a compiled procedure.
type proc struct {
	name   string
	key    string
	kind   procKind
	file   *source.File
	params []paramNode
	ret    int // slot of the result, -1 for none
	scope  *scope
	class  *class
	body   stmtFn
}

// New returns an interpreter.
func New(opts Options) *Interp {
	in := &Interp{
		host: opts.Host, clock: opts.Now, ctx: context.Background(), cells: make(map[string]*cell),
		memory: opts.Memory, maxDeep: min(opts.Depth, maxDepth), maxNest: opts.Nesting, maxSteps: opts.Steps,
		locale: american, rnd: firstSeed, seed: firstSeed, live: make(map[*instance]bool),
		// One that a call at the top begins would be gone after it.
		stack: make([]Value, stackChunk),
	}
	if in.host == nil {
		in.host = noHost{}
	}
	if in.clock == nil {
		in.clock = time.Now
	}
	if in.memory <= 0 {
		in.memory = defaultMemory
	}
	if in.maxDeep <= 0 {
		in.maxDeep = defaultDepth
	}
	if in.maxNest <= 0 {
		in.maxNest = defaultNesting
	}
	in.err = &errObject{in: in}
	return in
}

// Set makes a global constant for scripts, such as WScript, or changes it.
func (in *Interp) Set(name string, v Value) {
	c := in.cell(name)
	c.kind, c.val = cellConst, v
}

// Global returns the value of a global variable or constant; Empty when there is none.
func (in *Interp) Global(name string) Value {
	if c := in.cells[fold(name)]; c != nil && (c.kind == cellVar || c.kind == cellConst) {
		return c.val
	}
	return Empty
}

// Defined reports whether a script has a procedure with the name.
func (in *Interp) Defined(name string) bool {
	c := in.cells[fold(name)]
	return c != nil && c.kind == cellProc
}

func (in *Interp) cell(name string) *cell {
	key := fold(name)
	c := in.cells[key]
	if c == nil {
		c = &cell{name: name, order: len(in.cells)}
		in.cells[key] = c
	}
	return c
}

// Run runs a script. The error is an *Error, whose cause is that of ctx when the
// context ended the run.
func (in *Interp) Run(ctx context.Context, s *Script) error {
	return in.enter(ctx, func() {
		fr := in.globalFrame(s.File)
		in.runCode(fr, s, nil)
	})
}

// Call calls a procedure of the scripts that were run; error 35 when there is none.
// The arguments are passed by value. It may be called while a script waits in a Host
// or an Object, which is how events arrive.
func (in *Interp) Call(ctx context.Context, name string, args ...Value) (v Value, err error) {
	err = in.enter(ctx, func() {
		c := in.cells[fold(name)]
		if c == nil || c.kind != cellProc {
			raiseName(errNotDefined, name)
		}
		v = in.callValues(c.proc, nil, args)
	})
	return v, err
}

// CallBack calls what GetRef returned, or the default member of another object.
func (in *Interp) CallBack(ctx context.Context, f Value, args ...Value) (v Value, err error) {
	err = in.enter(ctx, func() {
		o := f.Object()
		if o == nil {
			raise(errObjectRequired)
		}
		v = in.get(o, "", args)
	})
	return v, err
}

// Close terminates what instances of classes are left: those of global variables in the
// order of their declarations, then the others in the order in which they were made. Only
// the first call does something.
func (in *Interp) Close(ctx context.Context) error {
	if in.closed {
		return nil
	}
	in.closed = true
	return in.enter(ctx, in.terminateAll)
}

// enter runs f as an entry from outside and returns what it raises.
func (in *Interp) enter(ctx context.Context, f func()) (err error) {
	in.entries++
	top, stack, sp, depth, nesting, outer, ended := in.top, in.stack, in.sp, in.depth, in.nesting, in.ctx, in.ended
	if top == nil {
		in.steps, in.nextCheck = 0, 0
	}
	in.ctx, in.ended = ctx, false
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			in.place(e)
			err = e
		}
		in.top, in.stack, in.sp, in.depth, in.nesting, in.ctx, in.ended = top, stack, sp, depth, nesting, outer, ended
	}()
	in.check()
	f()
	return nil
}

// place tells an error where it happened, and in which function.
func (in *Interp) place(e *Error) {
	name := in.calling
	in.calling = ""
	if e.file != nil || e.Position.Line != 0 {
		return
	}
	own := e.Source == runtimeSource && e.Description == errorText(int(e.Number)) // not told by a host
	if name != "" && own && (e.Detail == "" || e.Detail[0] == '[' || e.Number == errNoMember && !strings.Contains(e.Detail, ".")) {
		e.Detail = name
	}
	if in.top != nil && in.top.file != nil && in.top.pos != source.NoPos {
		e.file, e.pos = in.top.file, in.top.pos
		e.Position = e.file.Position(e.pos)
	}
}

func (in *Interp) globalFrame(file *source.File) *frame {
	fr := &frame{in: in, file: file, up: in.top, depth: in.depth}
	in.top = fr
	return fr
}

// runCode compiles a script and runs it in a frame: that of the script itself, or
// that of the procedure which calls Execute, whose scope is sc.
func (in *Interp) runCode(fr *frame, s *Script, sc *scope) ctl {
	c := &compiler{in: in, file: s.File, explicit: s.explicit, guarded: s.resume || sc != nil || fr.resume}
	if sc == nil {
		c.scope = &scope{global: true}
	} else {
		c.scope = sc.within(fr)
		c.class = sc.class
	}
	body := c.script(s)
	if sc == nil {
		fr.locals = make([]Value, c.scope.slots)
		fr.scope = c.scope
	}
	return body(fr)
}

// slots takes n slots from the stack. The caller puts back stack and sp.
func (in *Interp) slots(n int) []Value {
	if len(in.stack)-in.sp < n {
		in.stack = make([]Value, max(stackChunk, n))
		in.sp = 0
	}
	s := in.stack[in.sp : in.sp+n : in.sp+n]
	in.sp += n
	clear(s)
	return s
}

const stackChunk = 4096

// enterProc makes the frame of a procedure whose slots hold its arguments.
func (in *Interp) enterProc(p *proc, me *instance, locals []Value) *frame {
	in.depth++
	if in.depth > in.maxDeep {
		in.depth--
		raise(errStack)
	}
	in.step()
	fr := in.spare
	if fr != nil {
		in.spare = fr.up
	} else {
		fr = &frame{in: in}
	}
	fr.locals, fr.proc, fr.scope, fr.me, fr.file, fr.depth, fr.up = locals, p, p.scope, me, p.file, in.depth, in.top
	in.calling = ""
	fr.resume, fr.pos, fr.extra, fr.with = false, 0, nil, Empty
	in.top = fr
	if in.counting {
		for _, v := range locals {
			in.retain(v)
		}
		if me != nil {
			me.refs++
		}
	}
	return fr
}

func (in *Interp) leaveProc(fr *frame) Value {
	v := Empty
	if fr.proc.ret >= 0 {
		v = fr.locals[fr.proc.ret]
	}
	in.top = fr.up
	in.depth = fr.depth - 1
	if in.counting {
		in.releaseFrame(fr)
	}
	if fr.extra == nil {
		fr.up = in.spare
		in.spare = fr
	}
	return v
}

// invoke runs a procedure whose slots are filled.
func (in *Interp) invoke(p *proc, me *instance, locals []Value) Value {
	fr := in.enterProc(p, me, locals)
	p.body(fr)
	return in.leaveProc(fr)
}

// callValues calls a procedure with values, which may be references.
func (in *Interp) callValues(p *proc, me *instance, args []Value) Value {
	if len(args) != len(p.params) {
		raiseName(errArguments, p.name)
	}
	stack, sp := in.stack, in.sp
	locals := in.slots(p.scope.slots)
	for i, v := range args {
		if p.params[i].byVal {
			v = in.copied(v.deref())
		}
		locals[i] = v
	}
	v := in.invoke(p, me, locals)
	in.stack, in.sp = stack, sp
	return v
}

// handle is the end of a panic under On Error Resume Next: it fills Err and makes fr
// the running frame again. It reports false when the error is not for this frame.
func (fr *frame) handle(r any, stack []Value, sp int) bool {
	e, ok := r.(*Error)
	in := fr.in
	// Whatever fails when the run has ended, as by Quit, ends the script.
	if !ok || !fr.resume {
		return false
	}
	if e.final || in.ctx.Err() != nil {
		in.ended = true
		return false
	}
	in.place(e)
	for f := in.top; f != nil && f != fr; f = f.up {
		if in.counting && f.proc != nil {
			in.releaseFrame(f)
		}
	}
	in.top, in.depth, in.stack, in.sp = fr, fr.depth, stack, sp
	in.err.set(e)
	return true
}

// syntaxError makes the error of Execute and its like from those of the parser.
func syntaxError(err error) *Error {
	if list, ok := errors.AsType[*source.List](err); ok {
		for _, d := range list.All() {
			return &Error{Number: int32(d.Code), Source: compileSource, Description: d.Msg, Position: d.File.Position(d.Pos), Err: err, file: d.File, pos: d.Pos}
		}
	}
	return &Error{Number: errSyntax, Source: compileSource, Description: errorText(errSyntax), Err: err}
}
