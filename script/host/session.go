package host

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"openwmi/internal/source"
	"openwmi/script/automation"
	"openwmi/script/sandbox"
	"openwmi/script/scrrun"
	"openwmi/script/vbscript"
	"openwmi/script/wmi"
	"openwmi/script/wshom"
	"openwmi/wbem"
)

// Options say what a session has. The zero Options have no WMI, no input and no output,
// and allow nothing.
type Options struct {
	// Locator connects to namespaces of this computer and of others; nil for none.
	Locator wbem.Locator
	// Policy is what scripts may do beside WMI.
	Policy sandbox.Policy

	// Stdin, Stdout and Stderr are the streams of WScript; nil for empty ones.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Output is where commands of WScript.Shell.Run write; nil drops it.
	Output *os.File
	// Ask shows a message and returns the number of a button, as MsgBox does, or asks
	// for a line. Nil answers with the default button, and cancels questions.
	Ask Dialog

	// File is the path of the script, as WScript.ScriptFullName tells it.
	File string
	// Args are the arguments of the script.
	Args []string
	// Batch asks nobody, see Ask.
	Batch bool
	// Bare leaves out WScript, for scripts that run without a script host.
	Bare bool

	// Timeout ends the session; zero for never. With WScript.Timeout scripts can make it
	// shorter, and not longer.
	Timeout time.Duration
	// Memory, Depth and Steps bound a run, see vbscript.Options. The heap of the process
	// may grow by four times Memory while there is a session: its objects are bounded by
	// that.
	Memory int64
	Depth  int
	Steps  int64
	// Now is the clock of scripts; nil means time.Now.
	Now func() time.Time
}

// A Session is one run of scripts, see the package comment. It belongs to the goroutine
// that made it.
type Session struct {
	opts   Options
	ctx    context.Context
	cancel context.CancelCauseFunc
	began  time.Time
	timer  *time.Timer // of the timeout, nil for none
	watch  *watch      // of the memory

	library  *automation.Library
	wscript  *wscript
	sandbox  *sandbox.Sandbox
	wmi      *wmi.Runtime
	files    *scrrun.Runtime
	shell    *wshom.Runtime
	engines  map[*Language]Engine
	order    []Engine
	streams  streams
	events   queue
	quit     bool
	code     int
	failed   bool     // a handler of an event
	program  *Program // that runs
	closeOne sync.Once
}

// Causes of the end of a session.
var (
	errQuit    = errors.New("the script has quit")
	errClosed  = errors.New("the session is closed")
	errTimeout = error(timeoutError{})
	errMemory  = errors.New("the objects of the script have used more memory than they may")
)

// timeoutError is a context.DeadlineExceeded with a text for people.
type timeoutError struct{}

func (timeoutError) Error() string { return "script execution time was exceeded" }
func (timeoutError) Unwrap() error { return context.DeadlineExceeded }

// NewSession returns a session that ends with ctx. It has to be closed. The error says
// what is wrong with the policy.
func NewSession(ctx context.Context, opts Options) (*Session, error) {
	box, err := sandbox.New(sandbox.Options{Policy: opts.Policy})
	if err != nil {
		return nil, err
	}
	s := &Session{opts: opts, sandbox: box, engines: map[*Language]Engine{}, began: time.Now()}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.wscript = &wscript{s: s}
	s.events = newQueue(s.ctx)
	s.library = automation.NewLibrary(classes()...)
	s.streams = s.newStreams()
	s.files = scrrun.New(scrrun.Options{Sandbox: box, Stdin: s.streams.in, Stdout: s.streams.out, Stderr: s.streams.err, Memory: opts.Memory})
	s.shell = wshom.New(wshom.Options{Sandbox: box, Popup: s.popup, Output: opts.Output})
	if opts.Locator != nil {
		s.wmi = wmi.New(s.ctx, opts.Locator)
	}
	s.setTimeout(0)
	s.watch = newWatch(opts.Memory, func() { s.cancel(errMemory) })
	return s, nil
}

// Engine returns the engine of a language, which it makes when it is first needed.
func (s *Session) Engine(l *Language) Engine {
	e := s.engines[l]
	if e == nil {
		e = l.engine(s)
		if !s.opts.Bare {
			e.Set("WScript", vbscript.FromObject(s.library.Object(s.wscript)))
		}
		for _, other := range s.order {
			e.share(other.namespace())
			other.share(e.namespace())
		}
		s.engines[l] = e
		s.order = append(s.order, e)
	}
	return e
}

// WMI returns the runtime of WMI objects, nil without a locator.
func (s *Session) WMI() *wmi.Runtime { return s.wmi }

// Context returns the context of the session, which ends when the script quits.
func (s *Session) Context() context.Context { return s.ctx }

// Run runs the scripts of a program one after the other. The error is that of the first
// script that failed, see Report; nil after Quit.
func (s *Session) Run(p *Program) error {
	s.program = p
	if p.usage.described && slices.Contains(s.opts.Args, "/?") {
		return s.showUsage()
	}
	for _, l := range p.libraries {
		s.refer(p, l)
	}
	if len(p.resources) > 0 {
		s.global(p, "getResource", vbscript.FromObject(s.library.Object(&resources{p.resources})))
	}
	for _, o := range p.objects {
		if err := s.declare(p, o); err != nil {
			return s.ended(err)
		}
	}
	for _, part := range p.parts {
		if err := s.Engine(part.language).run(s.ctx, part.script); err != nil {
			return s.ended(err)
		}
	}
	return nil
}

// RunText runs a text in a language, such as a line of a prompt.
func (s *Session) RunText(l *Language, f *source.File) error {
	return s.ended(s.Engine(l).Run(s.ctx, f))
}

// global makes a global of all languages of a program.
func (s *Session) global(p *Program, name string, v vbscript.Value) {
	for _, part := range p.parts {
		s.Engine(part.language).Set(name, v)
	}
}

// declare makes an object of a .wsf file.
func (s *Session) declare(p *Program, o object) error {
	obj, err := s.CreateObject(s.ctx, o.class, "")
	if err != nil {
		return err
	}
	s.global(p, o.id, vbscript.FromObject(obj))
	if o.events {
		return s.connect(obj, o.id+"_")
	}
	return nil
}

// ended returns why a run ended: nil for Quit.
func (s *Session) ended(err error) error {
	switch cause := context.Cause(s.ctx); {
	case err == nil:
		return nil
	case errors.Is(cause, errQuit):
		return nil
	case errors.Is(cause, errTimeout), errors.Is(cause, errMemory):
		return cause
	}
	return err
}

// Quit ends the run with an exit code.
func (s *Session) Quit(code int) error {
	if !s.quit {
		s.quit, s.code = true, code
	}
	s.shell.Detach() // what the script has started goes on
	s.cancel(errQuit)
	return errQuit
}

// Code returns the exit code that Quit was given, and whether it was called.
func (s *Session) Code() (code int, quit bool) { return s.code, s.quit }

// Failed reports whether a handler of an event has failed, which was reported.
func (s *Session) Failed() bool { return s.failed }

// setTimeout ends the session after a time, from now on, or when Options says if that is
// earlier; zero says nothing.
func (s *Session) setTimeout(d time.Duration) {
	s.stopTimer()
	if limit := s.opts.Timeout; limit > 0 {
		left := max(limit-time.Since(s.began), 1)
		if d == 0 || d > left {
			d = left
		}
	}
	if d > 0 {
		s.timer = time.AfterFunc(d, func() { s.cancel(errTimeout) })
	}
}

func (s *Session) stopTimer() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}

// closeTimeout bounds how long what scripts leave behind may take to terminate.
const closeTimeout = 5 * time.Second

// Close ends the session: instances of classes are terminated, calls that still run are
// cancelled, files closed, and events dropped.
func (s *Session) Close() error {
	var err error
	s.closeOne.Do(func() {
		s.stopTimer()
		s.watch.stop()
		// After Quit too, so not under the context of the session.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), closeTimeout)
		defer cancel()
		for _, e := range s.order {
			err = errors.Join(err, e.close(ctx))
		}
		err = errors.Join(err, s.shell.Close(), s.files.Close())
		s.cancel(errClosed)
	})
	return err
}
