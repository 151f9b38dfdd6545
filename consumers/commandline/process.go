package commandline

import (
	"context"
	"log/slog"
	"os/exec"
	"time"

	"openwmi/cim"
	"openwmi/internal/child"
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
	process *child.Process
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

// run starts the process of a program, under its limits. What it has started goes
// on when it ends by itself.
func (c *Consumer) run(p *program) error {
	process, err := child.Start(&exec.Cmd{
		Path: p.path, Args: p.args, Env: p.env, Dir: p.dir, Stdout: &p.out, Stderr: &p.out,
		SysProcAttr: attributes(p.command),
		// What a program has started may keep its output open.
		WaitDelay: c.grace,
	}, child.Options{Limits: child.Limits{Memory: uint64(c.rules.MemoryLimit)}, Detached: true, Alone: !p.group})
	if err != nil {
		return err
	}
	p.process = process
	c.mu.Lock()
	p.log = p.log.With("pid", process.PID())
	c.mu.Unlock()
	if err := setPriority(process.PID(), p.priority); err != nil {
		p.log.Warn("program runs at normal priority", "err", err)
	}
	return nil
}

func closedError() error { return cim.Errorf(wbem.ShuttingDown, "no more programs are started") }

// watch waits for a program to end, ends it when its time is over, and logs how
// it ended.
func (c *Consumer) watch(p *program) {
	timer := time.NewTimer(p.limit)
	defer timer.Stop()
	var err error
	select {
	case <-p.process.Done():
		err = p.process.Wait()
	case <-timer.C:
		p.log.Warn("program is ended: its time is over", "limit", p.limit)
		err = p.process.End(c.grace)
	}
	level := slog.LevelInfo
	if err == nil && p.out.total == 0 {
		level = slog.LevelDebug // as it should
	}
	p.log.Log(context.Background(), level, "program has ended",
		"status", p.process.State(), "err", err, "output", string(p.out.kept), "outputBytes", p.out.total)
}
