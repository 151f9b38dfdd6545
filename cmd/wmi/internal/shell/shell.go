// Package shell is a prompt for WQL and for script languages: it reads lines, from a
// terminal with editing, completion and a history or from a file, runs what they say,
// and shows the results.
//
// A line that begins as a query does is WQL and runs in the current namespace. A line
// that begins with a point is a command of the shell. "? expression" shows a value.
// All else is a statement of the current script language; one that is not complete goes
// on in the next line.
//
// A Shell belongs to one goroutine.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/script/vbscript"
	"openwmi/wbem"
)

// A Language is a script language. What one line defines is there for the next.
type Language interface {
	// Name is what .lang takes.
	Name() string
	// Run runs statements. An error that is ErrQuit ends the shell.
	Run(ctx context.Context, text string) error
	// Eval returns the value of an expression.
	Eval(ctx context.Context, text string) (vbscript.Value, error)
	// Incomplete reports whether more lines may make a text complete.
	Incomplete(text string) bool
	// Global returns the value of a global variable without running anything.
	Global(name string) vbscript.Value
	// Names returns the globals and what the language has itself.
	Names() []string
}

// ErrQuit is the error of a statement that ends the shell, such as WScript.Quit.
var ErrQuit = errors.New("the shell has been told to quit")

// File is the name of what is typed, in the places of errors.
const File = "shell"

// WQL is the name of the language in which all lines are queries.
const WQL = "wql"

// maxStatement bounds the lines of a statement together, in bytes.
const maxStatement = 1 << 20

// Options are what a shell works with. Connect, Lines and Screen must be there.
type Options struct {
	// Connect opens a session with a namespace, named by its whole path.
	Connect func(ctx context.Context, namespace string) (wbem.Services, error)
	// Namespace is the first one.
	Namespace string
	// Languages are the script languages; the first is the current one at first.
	// Without any all lines are queries.
	Languages []Language
	// Lines are where the lines come from.
	Lines Lines
	// Screen says where results are shown, and how now.
	Screen func() show.Screen
	// Form is how objects are shown; "" is as a table on a terminal, else as JSON.
	Form show.Form
	// Report tells what is wrong with a statement. Nil tells nobody.
	Report func(error)
	// Interruptible returns a context for a statement, which ends when somebody
	// interrupts it. Nil for no interruption but that of the whole shell.
	Interruptible func(context.Context) (context.Context, context.CancelFunc)
	// Flush makes appear what was written. It is called after each statement. Nil for
	// nothing.
	Flush func() error
}

// A Shell is a prompt.
type Shell struct {
	o         Options
	language  Language // nil for WQL
	namespace string
	services  wbem.Services // of the namespace, nil until it is needed
	schema    schema
	failed    int // statements
	done      bool
}

// New returns a shell.
func New(o Options) *Shell {
	s := &Shell{o: o, namespace: strings.ReplaceAll(o.Namespace, "/", `\`)}
	if len(o.Languages) > 0 {
		s.language = o.Languages[0]
	}
	if t, ok := o.Lines.(*Terminal); ok {
		t.complete = s.complete
	}
	return s
}

// Run reads and runs lines until they end or one of them ends the shell. It returns how
// many statements have failed; the error is that of reading or writing, or of ctx.
func (s *Shell) Run(ctx context.Context) (failed int, err error) {
	defer s.leave()
	for !s.done {
		text, err := s.read(ctx)
		switch {
		case errors.Is(err, errInterrupted):
			continue
		case errors.Is(err, io.EOF):
			return s.failed, nil
		case err != nil:
			return s.failed, err
		}
		if err := s.statement(ctx, text); err != nil {
			return s.failed, err
		}
	}
	return s.failed, nil
}

// read reads a statement.
func (s *Shell) read(ctx context.Context) (string, error) {
	text, err := s.o.Lines.Line(ctx, s.prompt(), false)
	if err != nil {
		return "", err
	}
	for s.incomplete(text) {
		line, err := s.o.Lines.Line(ctx, strings.Repeat(" ", len(s.prompt())-5)+"...> ", true)
		if errors.Is(err, io.EOF) {
			// What is missing is said when it runs.
			return text, nil
		}
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(line) == "" && s.kind(text) == isQuery {
			break
		}
		if len(text)+len(line) >= maxStatement {
			s.report(cim.Errorf(wbem.QuotaViolation, "a statement may have %d bytes", maxStatement))
			return "", nil
		}
		text += "\n" + line
	}
	return text, nil
}

// prompt returns what stands before a line, at least six characters.
func (s *Shell) prompt() string { return s.languageName() + " " + s.namespace + "> " }

func (s *Shell) languageName() string {
	if s.language == nil {
		return WQL
	}
	return s.language.Name()
}

// statement runs one, and reports what is wrong with it. The error is one after which
// the shell cannot go on.
func (s *Shell) statement(ctx context.Context, text string) error {
	within, stop := ctx, context.CancelFunc(func() {})
	if s.o.Interruptible != nil {
		within, stop = s.o.Interruptible(ctx)
	}
	err := s.execute(within, text)
	interrupted := within.Err() != nil
	stop()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrQuit):
		s.done = true
	case err == nil && !interrupted:
	default:
		if interrupted {
			// The terminal has shown ^C; what comes next begins a line.
			fmt.Fprintln(s.o.Screen().W)
		}
		if err != nil && !(interrupted && (errors.Is(err, context.Canceled) || errors.Is(err, wbem.CallCancelled))) {
			s.report(err)
		}
	}
	if s.o.Flush != nil {
		return s.o.Flush()
	}
	return nil
}

func (s *Shell) report(err error) {
	s.failed++
	if s.o.Flush != nil {
		// Results stand before the error. Writing fails again at the end.
		_ = s.o.Flush()
	}
	if s.o.Report != nil {
		s.o.Report(err)
	}
}

// A kind is what a statement is.
type kind int

const (
	isNothing kind = iota
	isCommand
	isExpression
	isQuery
	isScript
)

// kind says what a statement is by its beginning.
func (s *Shell) kind(text string) kind {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return isNothing
	case text[0] == '.':
		return isCommand
	case text[0] == '?':
		return isExpression
	case s.language == nil, beginsQuery(text):
		return isQuery
	}
	return isScript
}

// incomplete reports whether more lines may make a statement complete.
func (s *Shell) incomplete(text string) bool {
	switch s.kind(text) {
	case isQuery:
		return queryIncomplete(text)
	case isScript:
		return s.language.Incomplete(text)
	}
	return false
}

// execute runs a statement.
func (s *Shell) execute(ctx context.Context, text string) error {
	switch s.kind(text) {
	case isCommand:
		return s.command(ctx, strings.TrimSpace(text))
	case isExpression:
		return s.evaluate(ctx, strings.TrimSpace(strings.TrimSpace(text)[1:]))
	case isQuery:
		return s.query(ctx, strings.TrimSpace(text))
	case isScript:
		return s.language.Run(ctx, text)
	}
	return nil
}

// evaluate shows the value of an expression.
func (s *Shell) evaluate(ctx context.Context, text string) error {
	if s.language == nil {
		return cim.Errorf(wbem.InvalidSyntax, "? shows a value of a script language; .lang chooses one")
	}
	v, err := s.language.Eval(ctx, text)
	if err != nil {
		return err
	}
	return s.printValue(ctx, v)
}

// session returns a session with the current namespace.
func (s *Shell) session(ctx context.Context) (wbem.Services, error) {
	if s.services != nil {
		return s.services, nil
	}
	svc, err := s.o.Connect(ctx, s.namespace)
	if err != nil {
		return nil, err
	}
	s.services = svc
	return svc, nil
}

// leave closes the session with the current namespace.
func (s *Shell) leave() {
	if s.services != nil {
		// A session that cannot be closed in order is gone all the same.
		_ = s.services.Close()
	}
	s.services, s.schema = nil, schema{}
}

// form is how objects are shown.
func (s *Shell) form(out show.Screen) show.Form {
	switch {
	case s.o.Form != "":
		return s.o.Form
	case out.Terminal:
		return show.Table
	}
	return show.JSON
}
