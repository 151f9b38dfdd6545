package commandline

import (
	"context"
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
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		release()
		return closedError()
	}
	c.running.Add(1)
	c.mu.Unlock()

	out := &output{}
	x := &exec.Cmd{
		Path: cmd.path, Args: cmd.args, Env: cmd.env, Dir: cmd.dir, Stdout: out, Stderr: out,
		SysProcAttr: attributes(cmd),
		// What a program has started may keep its output open.
		WaitDelay: c.grace,
	}
	err := x.Start()
	if err == nil {
		if err = c.limit(x, cmd); err != nil {
			kill(x, cmd.group)
			_ = x.Wait() // it was killed
		}
	}
	if err != nil {
		c.running.Done()
		release()
		return startError(cmd.path, err)
	}
	go func() {
		defer c.running.Done()
		defer release()
		c.watch(x, cmd, out)
	}()
	return nil
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

// watch waits for a program to end, ends it when it must, and logs how it ended.
func (c *Consumer) watch(x *exec.Cmd, cmd *command, out *output) {
	ended := make(chan error, 1)
	go func() { ended <- x.Wait() }()
	timer := time.NewTimer(cmd.limit)
	defer timer.Stop()
	log := c.log.With("consumer", cmd.name, "event", cmd.event, "program", cmd.path, "pid", x.Process.Pid)
	var err error
	select {
	case err = <-ended:
	case <-timer.C:
		log.Warn("program is ended: its time is over", "limit", cmd.limit)
		err = c.end(x, cmd.group, ended)
	case <-c.stop:
		log.Warn("program is ended: the service stops")
		err = c.end(x, cmd.group, ended)
	}
	log.Info("program has ended", "status", x.ProcessState.String(), "err", err, "output", string(out.kept), "outputBytes", out.total)
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
