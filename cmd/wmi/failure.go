package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"syscall"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/cmd/wmi/internal/table"
	"openwmi/internal/source"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1 // the operation failed
	exitUsage  = 2 // the command line is wrong
)

// A failure is what the error line says.
type failure struct {
	op     string // as in the contract: PutInstance
	object string // a path, a name, or file:line:column
	status wbem.Status
	detail string
}

// report writes what went wrong, the error line last, and returns the exit
// status.
func (c *cli) report(err error) int {
	var wrong *usageError
	var exit exitError
	switch {
	case err == nil, isClosedPipe(err):
		return exitDone
	case errors.As(err, &exit):
		return exit.status()
	case errors.As(err, &wrong):
		fmt.Fprintf(c.errs, "Run \"%s --help\" to see how it is used.\n", wrong.command)
		c.errorLine(describe(err))
		return exitUsage
	}
	c.excerpt(err)
	c.errorLine(describe(err))
	return exitFailed
}

// excerpt shows the lines of MOF that are wrong, with marks.
func (c *cli) excerpt(err error) {
	var list *source.List
	var at *source.Diagnostic
	var value *valueError
	switch {
	case errors.As(err, &value):
		io.WriteString(c.errs, value.excerpt)
	case errors.As(err, &list) && len(list.All()) > 1:
		list.Render(c.errs)
	case errors.As(err, &at):
		// The error line says what and where.
		io.WriteString(c.errs, excerptOf(at))
	}
}

// excerptOf returns the line of a diagnostic and the mark below it.
func excerptOf(at *source.Diagnostic) string {
	var b strings.Builder
	at.Render(&b) // a Builder takes everything
	_, excerpt, _ := strings.Cut(b.String(), "\n")
	return excerpt
}

// warn writes the error line of what does not end the run.
func (c *cli) warn(err error) {
	c.errorLine(describe(err))
}

// log returns a log on standard error of what nobody is told otherwise, such as
// an event that its consumer has refused. That of a server has everything, with the
// time.
func (c *cli) log() *slog.Logger {
	if c.serving {
		return slog.New(slog.NewTextHandler(c.errs, nil))
	}
	return slog.New(untold{slog.NewTextHandler(c.errs, &slog.HandlerOptions{
		Level: slog.LevelWarn,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})})
}

// untold leaves out of a log why operations have failed: the error line says it.
type untold struct{ slog.Handler }

// Handle implements slog.Handler.
func (h untold) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == cimom.OperationFailed {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (c *cli) errorLine(f failure) {
	head := f.op
	if f.object != "" {
		head += " " + shorten(f.object)
	}
	line := fmt.Sprintf("wmi: %s: %s: %s", head, f.status.String(), cmp.Or(f.detail, f.status.Text()))
	fmt.Fprintln(c.errs, table.Clean(line))
}

// maxObject is how many characters of an object an error line shows: a query can
// be long.
const maxObject = 200

func shorten(s string) string {
	if r := []rune(s); len(r) > maxObject {
		return string(r[:maxObject]) + "..."
	}
	return s
}

// describe says what the error line says of err.
func describe(err error) failure {
	var u *usageError
	if errors.As(err, &u) {
		return failure{"CommandLine", u.command, wbem.InvalidParameter, u.Error()}
	}
	var value *valueError
	var at *source.Diagnostic
	if errors.As(err, &at) && !errors.As(err, &value) {
		op := "CompileFile"
		var e *wbem.Error
		if errors.As(err, &e) && e.Op != "" {
			op = e.Op
		}
		return failure{op, at.File.Position(at.Pos).String(), wbem.Status(at.Code), at.Msg + others(err)}
	}
	var stopped *compile.Error
	if errors.As(err, &stopped) && stopped.File != "" {
		f := describe(stopped.Err)
		if f.op == noOperation {
			f.op = "CompileFile"
		}
		return failure{f.op, stopped.File, f.status, f.detail}
	}
	var out *outputError
	if errors.As(err, &out) {
		return failure{"Write", "standard output", statusOf(err), cause(err)}
	}
	var e *wbem.Error
	if errors.As(err, &e) {
		f := failure{cmp.Or(e.Op, noOperation), e.Path, e.Status, e.Detail}
		if e.Err == nil {
			return f
		}
		if f.status == wbem.Failed {
			f.status = statusOf(e.Err)
		}
		// What is not for peers is for whoever runs the program.
		if _, bare := e.Err.(wbem.Status); f.detail == "" && !bare {
			f.detail = cause(e.Err)
		}
		return f
	}
	return failure{noOperation, "", statusOf(err), cause(err)}
}

// others says how many errors of a text there are besides the first.
func others(err error) string {
	var list *source.List
	if !errors.As(err, &list) || list.Errors() < 2 {
		return ""
	}
	return " (and " + count(list.Errors()-1, "other error", "other errors") + ")"
}

// noOperation stands where no operation is known.
const noOperation = "Run"

// failed returns err as the failure of an operation that is not one of the
// contract, such as reading a file.
func failed(op, object string, err error) error {
	if err == nil {
		return nil
	}
	var e *wbem.Error
	if errors.As(err, &e) {
		return wbem.NewError(op, object, err)
	}
	return &wbem.Error{Op: op, Path: object, Status: statusOf(err), Detail: cause(err), Err: err}
}

// fileOf returns the file that an error is about, other if that is none.
func fileOf(err error, other string) string {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Path
	}
	return other
}

// statusOf returns the status of an error of the system, which carries none.
func statusOf(err error) wbem.Status {
	var s wbem.Status
	switch {
	case errors.As(err, &s):
		return s
	case errors.Is(err, context.Canceled):
		return wbem.CallCancelled
	case errors.Is(err, context.DeadlineExceeded):
		return wbem.Timeout
	case errors.Is(err, fs.ErrNotExist):
		return wbem.NotFound
	case errors.Is(err, fs.ErrExist):
		return wbem.AlreadyExists
	case errors.Is(err, fs.ErrPermission):
		return wbem.AccessDenied
	case errors.Is(err, syscall.ENOSPC):
		return wbem.OutOfDiskSpace
	}
	return wbem.Failed
}

// cause returns the message of err without what the error line says anyway: the
// path in errors of files, the status in those that carry one.
func cause(err error) string {
	var path *fs.PathError
	var detailed *cim.Error
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &detailed):
		return detailed.Msg
	}
	return err.Error()
}
