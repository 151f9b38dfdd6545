package commandline

import (
	"context"
	"log/slog"
	"os/exec"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// maxOutput is how many bytes of the output of a program go to the log.
const maxOutput = 8 << 10

// An output keeps the beginning of what a program prints.
type output struct {
	kept  []byte
	total int64
}

// Write implements io.Writer; the program is never held up.
func (o *output) Write(b []byte) (int, error) {
	o.total += int64(len(b))
	o.kept = append(o.kept, b[:min(len(b), maxOutput-len(o.kept))]...)
	return len(b), nil
}

// A program is a command that runs.
type program struct {
	*command
	process *exec.Cmd
	out     output
	log     *slog.Logger // changed with Consumer.mu when it has started
}

// start starts a program as soon as fewer run than may, and has it watched.
func (c *Consumer) start(ctx context.Context, cmd *command) error {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.stop:
		return closedError()
	}
	release := func() { <-c.slots }
	p := &program{command: cmd, log: c.log.With("consumer", cmd.name, "event", cmd.event, "program", cmd.path)}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		release()
		return closedError()
	}
	c.running[p] = struct{}{}
	c.mu.Unlock()
	end := func() {
		release()
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.running, p)
		c.rest()
	}
	if err := c.run(p); err != nil {
		end()
		return startError(cmd.path, err)
	}
	go func() {
		defer end()
		c.watch(p)
	}()
	return nil
}

// run starts the process of a program, under its limits.
func (c *Consumer) run(p *program) error {
	p.process = &exec.Cmd{
		Path: p.path, Args: p.args, Env: p.env, Dir: p.dir, Stdout: &p.out, Stderr: &p.out,
		SysProcAttr: attributes(p.command),
		// What a program has started may keep its output open.
		WaitDelay: c.grace,
	}
	if err := p.process.Start(); err != nil {
		return err
	}
	c.mu.Lock()
	p.log = p.log.With("pid", p.process.Process.Pid)
	c.mu.Unlock()
	err := c.limit(p.process, p.command)
	if err != nil {
		kill(p.process, p.group)
		_ = p.process.Wait() // it was killed
	}
	return err
}

func closedError() error { return cim.Errorf(wbem.ShuttingDown, "no more programs are started") }

// limit puts the limits into effect that can only be set for a process that
// runs.
func (c *Consumer) limit(x *exec.Cmd, cmd *command) error {
	if err := limitMemory(x.Process.Pid, uint64(c.rules.MemoryLimit)); err != nil {
		return err
	}
	if err := setPriority(x.Process.Pid, cmd.priority); err != nil {
		c.log.Warn("program runs at normal priority", "consumer", cmd.name, "program", cmd.path, "err", err)
	}
	return nil
}

// watch waits for a program to end, ends it when its time is over, and logs how
// it ended.
func (c *Consumer) watch(p *program) {
	ended := make(chan error, 1)
	go func() { ended <- p.process.Wait() }()
	timer := time.NewTimer(p.limit)
	defer timer.Stop()
	var err error
	select {
	case err = <-ended:
	case <-timer.C:
		p.log.Warn("program is ended: its time is over", "limit", p.limit)
		err = c.end(p.process, p.group, ended)
	}
	level := slog.LevelInfo
	if err == nil && p.out.total == 0 {
		level = slog.LevelDebug // as it should
	}
	p.log.Log(context.Background(), level, "program has ended",
		"status", p.process.ProcessState.String(), "err", err, "output", string(p.out.kept), "outputBytes", p.out.total)
}

// end asks a program to end, with its process group if it has one, and kills what
// is left after the grace.
func (c *Consumer) end(x *exec.Cmd, group bool, ended <-chan error) error {
	terminate(x, group)
	timer := time.NewTimer(c.grace)
	defer timer.Stop()
	select {
	case err := <-ended:
		// Others of the group may still be there.
		kill(x, group)
		return err
	case <-timer.C:
		kill(x, group)
		return <-ended
	}
}
