package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/shell"
	"openwmi/internal/source"
	"openwmi/script/host"
	"openwmi/script/vbscript"
	"openwmi/wbem"
)

// A scriptShell is the script languages of a shell: engines of one session, which lasts
// until a script quits or somebody ends it.
type scriptShell struct {
	options host.Options
	ctx     context.Context // of all sessions
	session *host.Session   // nil until it is needed
	abort   atomic.Pointer[context.CancelFunc]
	code    int // of WScript.Quit
}

// languages returns the languages as the shell knows them.
func (s *scriptShell) languages() []shell.Language {
	return []shell.Language{
		scriptLanguage{s, "vbs", host.VBScript, "WScript.Sleep 0", func(text string) string { return text }},
		// A brace begins an object here, not a block.
		scriptLanguage{s, "js", host.JScript, "WScript.Sleep(0)", func(text string) string {
			if strings.HasPrefix(text, "{") {
				text = "(" + text + ")"
			}
			return text
		}},
	}
}

// interruptible returns a context for a statement, which ends with Ctrl-C. A second one
// ends the session: what a script waits for may not know of the first.
func (s *scriptShell) interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-signals:
			}
			if abort := s.abort.Load(); ctx.Err() != nil && abort != nil {
				(*abort)()
			}
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// open returns the session, a new one if there is none.
func (s *scriptShell) open() (*host.Session, error) {
	if s.session == nil {
		ctx, cancel := context.WithCancel(s.ctx)
		session, err := host.NewSession(ctx, s.options)
		if err != nil {
			cancel()
			return nil, err
		}
		s.session = session
		s.abort.Store(&cancel)
	}
	return s.session, nil
}

// close ends the session.
func (s *scriptShell) close() error {
	if s.session == nil {
		return nil
	}
	err := s.session.Close()
	(*s.abort.Swap(nil))()
	s.session = nil
	return err
}

// exit returns the exit status that a script has asked for, as an error.
func (s *scriptShell) exit() error {
	if s.code == 0 {
		return nil
	}
	return exitError(s.code)
}

// after returns what the error of a statement means for the shell.
func (s *scriptShell) after(err error) error {
	code, quit := s.session.Code()
	switch {
	case quit:
		s.code = code
		return shell.ErrQuit
	case s.session.Context().Err() != nil:
		why := ""
		if cause := context.Cause(s.session.Context()); cause != context.Canceled {
			why = cause.Error() + ": "
		}
		// What scripts leave behind is of less interest than that they are gone.
		_ = s.close()
		return cim.Errorf(wbem.ShuttingDown, "%sthe scripts have been ended, and their variables are gone", why)
	}
	return err
}

// within returns a context of a statement that ends with the session as well, as when a
// script has quit and caught the error that this is.
func within(ctx context.Context, session *host.Session) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(session.Context(), func() { cancel(context.Cause(session.Context())) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// scriptLanguage is a language of them.
type scriptLanguage struct {
	s        *scriptShell
	name     string
	language *host.Language
	deliver  string // a statement that delivers the events that wait
	// expression returns the text of an expression as the language wants it.
	expression func(text string) string
}

// Name implements shell.Language.
func (l scriptLanguage) Name() string { return l.name }

// Run implements shell.Language. Events that have come before the next line are delivered
// as well.
func (l scriptLanguage) Run(ctx context.Context, text string) error {
	session, err := l.s.open()
	if err != nil {
		return err
	}
	ctx, stop := within(ctx, session)
	defer stop()
	engine := session.Engine(l.language)
	for _, text := range []string{text, l.deliver} {
		if err = engine.Run(ctx, source.NewFile(shell.File, text)); err != nil {
			break
		}
	}
	return l.s.after(err)
}

// Eval implements shell.Language.
func (l scriptLanguage) Eval(ctx context.Context, text string) (vbscript.Value, error) {
	session, err := l.s.open()
	if err != nil {
		return vbscript.Empty, err
	}
	ctx, stop := within(ctx, session)
	defer stop()
	v, err := session.Engine(l.language).Eval(ctx, l.expression(text))
	return v, l.s.after(err)
}

// Incomplete implements shell.Language.
func (l scriptLanguage) Incomplete(text string) bool {
	session, err := l.s.open()
	return err == nil && session.Engine(l.language).Incomplete(text)
}

// Global implements shell.Language.
func (l scriptLanguage) Global(name string) vbscript.Value {
	session, err := l.s.open()
	if err != nil {
		return vbscript.Empty
	}
	return session.Engine(l.language).Global(name)
}

// Names implements shell.Language.
func (l scriptLanguage) Names() []string {
	session, err := l.s.open()
	if err != nil {
		return nil
	}
	return session.Engine(l.language).Names()
}
