package jscript

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"weak"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"openwmi/internal/source"
	"openwmi/script/internal/heapuse"
	"openwmi/script/vbscript"
)

// An Interp runs scripts. It keeps their globals, so that scripts run one after the
// other see each other. It is not safe for use by several goroutines, and a Host or
// Object must not call Run on it; it may call Call.
type Interp struct {
	js     *goja.Runtime
	host   vbscript.Host
	memory int64
	watch  *watch          // of the memory
	unused runtime.Cleanup // closes the account of an Interp that nobody has closed
	now    func() time.Time

	ctx     context.Context       // of the innermost Run or Call
	depth   int                   // of Run and Call in each other
	entries int                   // and ends of these
	nested  int                   // calls of native methods in each other
	joined  map[*goja.Object]bool // arrays that are being joined
	deep    *deep
	tooMuch atomic.Bool // the scripts hold too much
	closed  bool

	scripts map[string]*Script // those that were run, by Script.name
	own     map[string]bool    // globals of the language
	outer   []*automation      // the globals of other engines
	open    map[*enumerator]struct{}
	regexps map[string]*backtracking
	weights map[string]int // of patterns that need no backtracking, by their source
	match   lastMatch

	wrapped     map[vbscript.Object]weak.Pointer[goja.Object] // objects of hosts that scripts have
	mostWrapped int

	prototypes  map[string]*goja.Object
	regExpType  goja.Value
	matchOf     native            // String.prototype.match
	ownProperty native            // Object.prototype.hasOwnProperty
	valueOf     map[string]native // of prototypes, whatever scripts make of these
	exec        goja.Value        // RegExp.prototype.exec of goja
	rawExec     native            // RegExp.prototype.exec of goja
	timedExec   *goja.Object      // that of regular expressions that need backtracking

	valueKey, causeKey *goja.Symbol // where objects of ours keep what they are
	errorType          goja.Value
	dateProto          *goja.Object // of dates of automation
	arrayProto         *goja.Object // of arrays of automation: VBArray.prototype
	functionProto      *goja.Object
}

// New returns an interpreter.
func New(opts Options) *Interp {
	in := &Interp{
		js: goja.New(), host: opts.Host, memory: opts.Memory, now: opts.Now,
		scripts: map[string]*Script{}, own: map[string]bool{}, open: map[*enumerator]struct{}{},
		regexps: map[string]*backtracking{}, prototypes: map[string]*goja.Object{}, joined: map[*goja.Object]bool{}, weights: map[string]int{}, ctx: context.Background(),
		wrapped: map[vbscript.Object]weak.Pointer[goja.Object]{}, mostWrapped: minWrapped,
		valueKey: goja.NewSymbol("value"), causeKey: goja.NewSymbol("cause"),
	}
	if in.host == nil {
		in.host = noHost{}
	}
	if in.memory <= 0 {
		in.memory = defaultMemory
	}
	if in.now == nil {
		in.now = time.Now
	}
	depth := opts.Depth
	if depth <= 0 {
		depth = defaultDepth
	}
	depth = min(depth, maxDepthCalls)
	in.js.SetMaxCallStackSize(depth + spareDepth)
	in.deep = newDeep(in, depth)
	in.js.SetTimeSource(in.now)
	in.js.SetParserOptions(parser.WithDisableSourceMaps)
	in.install()
	in.watch = newWatch(in.memory, func() {
		in.tooMuch.Store(true)
		in.js.Interrupt(errTooMuch)
	})
	if a := in.watch.account; a != nil {
		in.unused = runtime.AddCleanup(in, (*heapuse.Account).Close, a)
	}
	return in
}

// Run runs a script. The error is a *vbscript.Error, whose cause is that of ctx when the
// context ended the run.
func (in *Interp) Run(ctx context.Context, s *Script) error {
	_, err := in.run(ctx, s)
	return err
}

func (in *Interp) run(ctx context.Context, s *Script) (goja.Value, error) {
	in.scripts[s.name()] = s
	return in.enter(ctx, func() (goja.Value, error) { return in.js.RunProgram(s.prog) })
}

// Eval runs a text, and returns the value of the last expression in it. The error is a
// *source.List when the text is no script, else a *vbscript.Error.
func (in *Interp) Eval(ctx context.Context, text string) (vbscript.Value, error) {
	s, err := Parse(source.NewFile("expression", text))
	if err != nil {
		return vbscript.Empty, err
	}
	v, err := in.run(ctx, s)
	return in.fromJS(v), err
}

// Call calls a function of the scripts that were run; error 5009 when there is none.
// It may be called while a script waits in a Host or an Object, which is how events
// arrive.
func (in *Interp) Call(ctx context.Context, name string, args ...vbscript.Value) (vbscript.Value, error) {
	f, ok := goja.AssertFunction(in.global(name))
	if !ok {
		return vbscript.Empty, &vbscript.Error{
			Number: scode(errUndefined), Source: runtimeSource, Description: "'" + name + "' is undefined",
		}
	}
	return in.call(ctx, f, args)
}

// CallBack calls a function of JScript that was passed to a host, or the default member
// of another object.
func (in *Interp) CallBack(ctx context.Context, f vbscript.Value, args ...vbscript.Value) (vbscript.Value, error) {
	switch o := f.Object().(type) {
	case object:
		if call, ok := goja.AssertFunction(o.js); ok && o.in == in {
			return in.call(ctx, call, args)
		}
	case nil:
	default:
		return o.Get(ctx, "", vbscript.MakeArgs(args...))
	}
	return vbscript.Empty, &vbscript.Error{Number: scode(errFunction), Source: runtimeSource, Description: runtimeText(errFunction)}
}

func (in *Interp) call(ctx context.Context, f goja.Callable, args []vbscript.Value) (vbscript.Value, error) {
	v, err := in.enter(ctx, func() (goja.Value, error) {
		list := make([]goja.Value, len(args))
		for i, a := range args {
			list[i] = in.toJS(a)
		}
		return f(goja.Undefined(), list...)
	})
	return in.fromJS(v), err
}

// enter lets f run scripts under the limits.
func (in *Interp) enter(ctx context.Context, f func() (goja.Value, error)) (goja.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, &vbscript.Error{Number: scode(errException), Source: runtimeSource, Description: runtimeText(errException) + ": " + err.Error(), Err: err}
	}
	if in.closed {
		return nil, &vbscript.Error{Number: scode(errException), Source: runtimeSource, Description: "the interpreter is closed", Err: errors.ErrUnsupported}
	}
	in.entries++
	defer func() { in.entries++ }()
	outer := in.ctx
	in.ctx = ctx
	in.depth++
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		in.js.Interrupt(ctx.Err())
		close(done)
	})
	outermost := in.depth == 1
	if outermost {
		in.tooMuch.Store(false)
		in.watch.start()
	}
	v, err := in.protect(f)
	if err != nil {
		// What was thrown may be asked for its text, which runs scripts.
		err = in.fail(ctx, err)
	}
	if outermost {
		in.watch.stop()
		if err == nil && in.tooMuch.Load() { // which was known too late to interrupt it
			err = &vbscript.Error{Number: scode(errMemory), Source: runtimeSource, Description: runtimeText(errMemory), Err: errTooMuch}
		}
	}
	if !stop() {
		<-done
	}
	in.ctx = outer
	in.depth--
	// An interruption for this context must not reach the script around, or the next; one
	// for the script around must not be lost.
	in.js.ClearInterrupt()
	switch {
	case in.depth == 0:
	case in.tooMuch.Load():
		in.js.Interrupt(errTooMuch)
	case outer.Err() != nil:
		in.js.Interrupt(outer.Err())
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// protect runs f. When goja, or a host, breaks over a script, the run ends with error 51, and the
// Interp with it: what is left of its state is not to be trusted.
func (in *Interp) protect(f func() (goja.Value, error)) (v goja.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			in.closed = true
			err = &vbscript.Error{
				Number: scode(errInternal), Source: runtimeSource, Description: runtimeText(errInternal), Err: fmt.Errorf("panic: %v", p),
			}
		}
	}()
	in.watch.run(func() { v, err = f() })
	return v, err
}

// global returns a global, nil when there is none or a getter fails.
func (in *Interp) global(name string) (v goja.Value) {
	if global := in.js.GlobalObject(); in.hasOwn(global, name) && in.guard(func() { v = global.Get(name) }) != nil {
		return nil
	}
	return v
}

// Set makes a global for scripts, such as WScript, or changes it.
func (in *Interp) Set(name string, v vbscript.Value) {
	in.entries++
	_ = in.js.GlobalObject().Set(name, in.toJS(v))
}

// Defined reports whether there is a function with the name. The function sink::OnReady
// of a script has the name "sink::OnReady".
func (in *Interp) Defined(name string) bool {
	_, ok := goja.AssertFunction(in.global(name))
	return ok
}

// Global returns the value of a global; Empty when there is none.
func (in *Interp) Global(name string) vbscript.Value { return in.fromJS(in.global(name)) }

// Names returns the globals that scripts and the host have made, in order.
func (in *Interp) Names() []string {
	var names []string
	for _, name := range in.js.GlobalObject().GetOwnPropertyNames() {
		if !in.own[name] {
			names = append(names, name)
		}
	}
	return sorted(names)
}

// Close ends the enumerations that scripts have left open. Only the first call does
// something; a closed Interp runs nothing any more.
func (in *Interp) Close(context.Context) error {
	if in.closed {
		return nil
	}
	in.closed = true
	for e := range in.open {
		e.close()
	}
	in.unused.Stop()
	in.watch.close()
	return nil
}

// noHost is the Host of an Interp without one.
type noHost struct{}

func (noHost) CreateObject(_ context.Context, class, _ string) (vbscript.Object, error) {
	return nil, vbscript.NewError(errCreate, class)
}

func (noHost) GetObject(_ context.Context, path, _ string) (vbscript.Object, error) {
	return nil, vbscript.NewError(432, path)
}

func (noHost) MsgBox(context.Context, string, int, string) (int, error) {
	return 0, errors.New("there is nobody to show a message to")
}

func (noHost) InputBox(context.Context, string, string, string) (string, bool, error) {
	return "", false, errors.New("there is nobody to ask")
}
