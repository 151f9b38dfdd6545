// Package child runs other programs under limits: each leads a process group of
// its own, so that what it has started can be ended with it, and so that what a
// terminal sends to this process is not for it.
//
// Start starts one, and from then on Done says when it has ended. Log is where
// its standard error goes. All may be used by several goroutines.
package child

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits are what a program may use, and each that it starts, where the system
// has such limits (Linux). Zero is no limit. A limit above that of this process
// is that of this process.
type Limits struct {
	Memory uint64 // bytes that it can write to (RLIMIT_DATA)
	Files  uint64 // open files, sockets and the like (RLIMIT_NOFILE)
}

// Usage is what a process uses.
type Usage struct {
	Memory  uint64 // bytes that are in memory
	Threads uint64
}

// Options say how a program is run.
type Options struct {
	Limits

	// Detached leaves what the program has started alone when it ends by
	// itself. Otherwise that is killed.
	Detached bool

	// Alone has Kill and End concern the program, and not what it has started.
	Alone bool
}

// A Process is a program that was started.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // set before done is closed

	mu    sync.Mutex // guards what follows
	group bool       // signals go to the group
	leave bool       // the group is left alone when its leader has ended
	over  bool       // its number may be that of another process
}

// Start starts a command that was not started. Its limits begin right after that:
// the error says which of them cannot be set, and nothing is left running then. x
// belongs to the Process. Whatever keeps the outputs of the command open that are
// no *os.File delays its end; x.WaitDelay bounds that.
func Start(x *exec.Cmd, o Options) (*Process, error) {
	lead(x)
	if err := x.Start(); err != nil {
		return nil, err
	}
	p := &Process{cmd: x, done: make(chan struct{}), group: !o.Alone, leave: o.Detached}
	err := o.Limits.apply(x.Process.Pid)
	if err != nil {
		p.Kill()
	}
	go p.wait()
	if err != nil {
		<-p.done
		return nil, fmt.Errorf("a limit cannot be set: %w", err)
	}
	return p, nil
}

// wait waits for the process to end. Where its end can be seen before its number
// is free again, the group is killed in between, so that it is no other one.
func (p *Process) wait() {
	seen := awaitEnd(p.cmd.Process.Pid)
	if !seen {
		p.err = p.cmd.Wait()
	}
	p.mu.Lock()
	if !p.leave {
		killGroup(p.cmd.Process)
	}
	p.over = true
	p.mu.Unlock()
	if seen {
		p.err = p.cmd.Wait()
	}
	if l, ok := p.cmd.Stderr.(*Log); ok {
		l.flush()
	}
	close(p.done)
}

// PID returns the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended, and its outputs have.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the end and returns what exec.Cmd.Wait says of it.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// State describes how the process has ended, after Done.
func (p *Process) State() string { return p.cmd.ProcessState.String() }

// Kill ends the process at once. It does nothing if it has ended.
func (p *Process) Kill() { p.signal(killOne, killGroup) }

// signal does one or the other, unless the number of the process is free.
func (p *Process) signal(one, group func(*os.Process)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.over:
	case p.group:
		group(p.cmd.Process)
	default:
		one(p.cmd.Process)
	}
}

// End asks the process to end, kills it after the grace, and waits for that.
func (p *Process) End(grace time.Duration) error {
	p.mu.Lock()
	p.leave = p.leave && !p.group // what is left of the group ends with its leader
	p.mu.Unlock()
	p.signal(endOne, endGroup)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		p.Kill()
	}
	return p.Wait()
}

// Path returns the directories in which programs usually are.
func Path() []string { return slices.Clone(systemPath()) }

// Env returns the environment of a program that inherits nothing: PATH, which is
// that of Path if path is nil, and variables, sorted by name.
func Env(path []string, variables map[string]string) []string {
	if path == nil {
		path = systemPath()
	}
	env := []string{"PATH=" + strings.Join(path, string(filepath.ListSeparator))}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		env = append(env, name+"="+variables[name])
	}
	return env
}

// CheckEnv returns which of the variables cannot be one, nil if all can.
func CheckEnv(variables map[string]string) error {
	var err error
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if name == "" || strings.ContainsAny(name+variables[name], "\x00") || strings.Contains(name, "=") {
			err = cmp.Or(err, fmt.Errorf("%.40q cannot be a variable", name))
		}
	}
	return err
}
