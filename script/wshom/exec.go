package wshom

import (
	"context"
	"os"
	"os/exec"
	"runtime"

	"openwmi/internal/child"
	"openwmi/script/automation"
	"openwmi/script/scrrun"
	"openwmi/script/vbscript"
)

// A running is a WshScriptExec: a command whose streams the script has. "WshScriptExec
// Object"
type running struct {
	p   *child.Process
	cmd *exec.Cmd

	stdin, stdout, stderr *scrrun.TextStream
}

// States of a command. "Status Property (WshScriptExec)"
const (
	statusRunning  = 0
	statusFinished = 1
)

var execClass = &automation.Class{
	Name: "WshExec", Type: (*running)(nil),
	Members: []automation.Member{
		{Signature: "ExitCode", Get: (*running).exitCode},
		{Signature: "ProcessID", Get: (*running).pid},
		{Signature: "Status", Get: (*running).status},
		{Signature: "StdErr", Get: (*running).getStderr},
		{Signature: "StdIn", Get: (*running).getStdin},
		{Signature: "StdOut", Get: (*running).getStdout},
		{Signature: "Terminate()", Get: (*running).terminate},
	},
}

// exec starts a command. Its streams are pipes of the system, so that it waits when the
// script does not read, and its end does not wait for the script. "Exec Method (WshShell)"
func (s *shell) exec(ctx context.Context, line string) (*running, error) {
	x, err := s.r.prepare(ctx, "Exec", line)
	if err != nil {
		return nil, err
	}
	var ours, theirs [3]*os.File
	if s.r.execs++; s.r.execs%maxCommands == 0 {
		runtime.GC() // closes the streams that the script has dropped
	}
	for i := range ours {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(ours)
			closeAll(theirs)
			return nil, err
		}
		if theirs[i], ours[i] = w, r; i == 0 {
			theirs[i], ours[i] = r, w
		}
	}
	x.Stdin, x.Stdout, x.Stderr = theirs[0], theirs[1], theirs[2]
	p, err := s.r.start(ctx, "Exec", x, ours)
	closeAll(theirs)
	if err != nil {
		closeAll(ours)
		return nil, err
	}
	return &running{
		p: p, cmd: x,
		stdin:  scrrun.NewTextStream(nil, ours[0]).OnClose(ours[0].Close),
		stdout: scrrun.NewTextStream(ours[1], nil).OnClose(ours[1].Close),
		stderr: scrrun.NewTextStream(ours[2], nil).OnClose(ours[2].Close),
	}, nil
}

func closeAll(files [3]*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

func (x *running) ended() bool {
	select {
	case <-x.p.Done():
		return true
	default:
		return false
	}
}

func (x *running) status() int {
	if x.ended() {
		return statusFinished
	}
	return statusRunning
}

// exitCode returns 0 while the command runs, as documented.
func (x *running) exitCode() int {
	if !x.ended() {
		return 0
	}
	return exitCode(x.cmd)
}

func (x *running) pid() int                   { return x.p.PID() }
func (x *running) getStdin() vbscript.Object  { return x.stdin.Object() }
func (x *running) getStdout() vbscript.Object { return x.stdout.Object() }
func (x *running) getStderr() vbscript.Object { return x.stderr.Object() }

// terminate ends the command and what it has started.
func (x *running) terminate() { end(x.p) }
