package wshom

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"openwmi/internal/child"
	"openwmi/script/vbscript"
)

// outputDelay bounds how long the end of a command waits for what it has started and
// left, which may have its outputs.
const outputDelay = time.Second

// killDelay bounds how long is waited for the end of a command that was killed, which
// this process may not be allowed to, as commands with set-user-ID.
const killDelay = 2 * time.Second

func statDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// prepare returns the command of a line: error 70 without permission, and that of Windows
// when there is no such program.
func (r *Runtime) prepare(ctx context.Context, member, line string) (*exec.Cmd, error) {
	if err := r.box.CheckRun(self, line); err != nil {
		return nil, err
	}
	expanded, err := r.env.expand(ctx, line, true)
	if err != nil {
		return nil, err
	}
	x := r.parseCommand(expanded)
	if x == nil {
		return nil, notFound("WshShell."+member, fmt.Sprintf("The system cannot find the file specified: \"%s\"", line))
	}
	if r.commands == nil {
		return nil, vbscript.NewError(errAction, member) // closed
	}
	r.forget()
	if len(r.commands) >= maxCommands {
		e := vbscript.NewError(67, "")
		e.Description = fmt.Sprintf("A script has at most %d commands at once", maxCommands)
		return nil, e
	}
	if x.Dir, err = r.box.Native(r.box.Dir()); err != nil {
		return nil, err
	}
	x.Env = r.env.all()
	x.WaitDelay = outputDelay
	return x, nil
}

// start starts a command, which ends with the context. Files are its streams if the
// script has them; without them the command goes on after the script.
func (r *Runtime) start(ctx context.Context, member string, x *exec.Cmd, files [3]*os.File) (*child.Process, error) {
	kept := files[0] == nil
	p, err := child.Start(x, child.Options{Detached: kept})
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, notFound("WshShell."+member, "The system cannot find the file specified: "+err.Error())
		}
		return nil, &vbscript.Error{Number: -2147024891, Source: "WshShell." + member, Description: "Access is denied: " + err.Error(), Err: err}
	}
	r.commands[p] = command{context.AfterFunc(ctx, p.Kill), kept, files}
	return p, nil
}

// forget drops the commands that have ended.
func (r *Runtime) forget() {
	for p, c := range r.commands {
		select {
		case <-p.Done():
			c.stop()
			delete(r.commands, p)
		default:
		}
	}
}

// run runs a command and returns its exit code if the script waits for its end, else 0.
// The style of its window means nothing here. "Run Method"
func (s *shell) run(ctx context.Context, line string, _ vbscript.Value, wait bool) (int, error) {
	x, err := s.r.prepare(ctx, "Run", line)
	if err != nil {
		return 0, err
	}
	if s.r.opts.Output != nil {
		x.Stdout, x.Stderr = s.r.opts.Output, s.r.opts.Output
	}
	p, err := s.r.start(ctx, "Run", x, [3]*os.File{})
	if err != nil || !wait {
		return 0, err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		end(p)
	}
	s.r.forget()
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return exitCode(x), nil
}

// end ends a command and what it has started.
func end(p *child.Process) {
	p.Kill()
	timer := time.NewTimer(killDelay)
	defer timer.Stop()
	select {
	case <-p.Done():
	case <-timer.C:
	}
}

// exitCode returns the exit code of a command that has ended; that of one which a signal
// has ended is -1.
func exitCode(x *exec.Cmd) int { return x.ProcessState.ExitCode() }
