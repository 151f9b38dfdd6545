package plugin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// A program that ends by itself, or does not start, is started again after a
// time that doubles from the first to the second of these, and begins anew when
// it has run for longer than that.
const (
	minBackoff = time.Second
	maxBackoff = time.Minute
)

// queued is how many calls may wait for each that may run.
const queued = 16

// A program is one of those in the configuration, and its process if it has one.
type program struct {
	host  *Host
	name  string
	cfg   Program
	log   *slog.Logger
	slots chan struct{} // one for each call that runs

	mu       sync.Mutex // guards what follows
	proc     *process   // nil while it does not run
	starting chan struct{}
	refused  error     // why the last start was not even tried
	failures int       // in a row
	retry    time.Time // not started before
	reason   string    // of the last failure
	opened   int       // remotes that are not closed
	waiting  int       // calls without a slot
	idle     *time.Timer
	closed   bool
	ending   sync.WaitGroup // processes that are being started or ended
}

func newProgram(h *Host, key programKey, cfg Program) *program {
	name := cfg.name
	if key.group != "" {
		name += " in group " + key.group
	}
	return &program{host: h, name: name, cfg: cfg, log: h.log, slots: make(chan struct{}, cfg.MaxCalls)}
}

// slot waits until a call may run. QuotaViolation if too many wait, or nothing
// moves.
func (p *program) slot(ctx context.Context) (release func(), err error) {
	release = func() { <-p.slots }
	select {
	case p.slots <- struct{}{}:
		return release, nil
	default:
	}
	p.mu.Lock()
	full := p.waiting >= queued*p.cfg.MaxCalls
	if !full {
		p.waiting++
	}
	p.mu.Unlock()
	if full {
		return nil, cim.Errorf(wbem.QuotaViolation, "%d calls of provider %s wait already", queued*p.cfg.MaxCalls, p.name)
	}
	defer func() {
		p.mu.Lock()
		p.waiting--
		p.mu.Unlock()
	}()
	late := time.NewTimer(time.Duration(p.cfg.CallTimeout))
	defer late.Stop()
	select {
	case p.slots <- struct{}{}:
		return release, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, cim.Errorf(wbem.QuotaViolation, "%d calls of provider %s run already", p.cfg.MaxCalls, p.name)
	}
}

// acquire returns the process, started if it does not run, until leave is called.
// The error is ProviderLoadFailure if it cannot be started, or not yet again.
func (p *program) acquire(ctx context.Context) (*process, error) {
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, wbem.ShuttingDown
		}
		if proc := p.proc; proc != nil {
			proc.calls++
			p.mu.Unlock()
			return proc, nil
		}
		if p.starting == nil {
			if wait := time.Until(p.retry); wait > 0 {
				err := p.absent(wait)
				p.mu.Unlock()
				return nil, err
			}
			p.starting, p.refused = make(chan struct{}), nil
			p.ending.Add(1)
			go p.start()
		}
		starting := p.starting
		p.mu.Unlock()
		select {
		case <-starting:
			p.mu.Lock()
			refused := p.refused
			p.mu.Unlock()
			if refused != nil {
				return nil, refused
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// absent returns the error for a program that does not run, and will not for a
// while. Why it does not, which may speak of files and of what the program says, is
// for the log and not for callers. p.mu is held.
func (p *program) absent(wait time.Duration) error {
	return &wbem.Error{
		Status: wbem.ProviderLoadFailure,
		Detail: fmt.Sprintf("program %s does not run; it is started again in %v at the earliest", p.name, wait.Round(time.Millisecond)),
		Err:    errors.New(p.reason),
	}
}

// leave says that a call is over.
func (p *program) leave(proc *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if proc.calls--; proc.calls == 0 && p.proc == proc && !p.closed {
		if p.idle == nil {
			p.idle = time.AfterFunc(time.Duration(p.cfg.IdleTimeout), p.rest)
		}
		p.idle.Reset(time.Duration(p.cfg.IdleTimeout))
	}
}

// rest ends the process if nobody has used it since the timer was set.
func (p *program) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proc != nil && p.proc.calls == 0 && !p.closed {
		p.log.Debug("provider is idle and ended", "provider", p.name)
		p.stop()
	}
}

// stop ends the process, if there is one, in the background. p.mu is held.
func (p *program) stop() {
	proc := p.proc
	if proc == nil {
		return
	}
	p.proc = nil
	proc.stopping = true
	p.ending.Add(1)
	go func() {
		defer p.ending.Done()
		p.end(proc)
	}()
}

// end ends a process, and makes room for another one.
func (p *program) end(proc *process) {
	proc.end()
	if proc.run != nil {
		p.host.leave()
	}
}

// evict ends the process if it is idle, waits for that, and reports whether it
// was.
func (p *program) evict() bool {
	p.mu.Lock()
	proc := p.proc
	if proc == nil || proc.calls > 0 || p.closed || proc.run == nil {
		p.mu.Unlock()
		return false
	}
	p.log.Debug("provider is idle and ended: another one needs its place", "provider", p.name)
	p.proc = nil
	proc.stopping = true
	p.ending.Add(1)
	p.mu.Unlock()
	defer p.ending.Done()
	p.end(proc)
	return true
}

// current returns the process, nil if there is none.
func (p *program) current() *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proc
}

// exceeds ends a process that uses too much, which is a crash.
func (p *program) exceeds(proc *process, why string) {
	p.log.Error("provider is killed", "provider", p.name, "cause", why)
	proc.kill()
}

// start starts the process, for everybody who waits for it.
func (p *program) start() {
	defer p.ending.Done()
	var proc *process
	var err error
	var failed string
	switch {
	case p.cfg.Socket != "":
		if proc, err = attach(&p.cfg); err != nil {
			failed = "it does not run: " + err.Error()
		}
	default:
		if err = p.host.admit(); err != nil {
			break
		}
		if proc, err = launch(p.name, &p.cfg, p.host.limits(&p.cfg), p.log); err != nil {
			failed = "it could not be started: " + err.Error()
			p.host.leave()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.starting)
	p.starting = nil
	switch {
	case failed != "":
		p.failed(failed)
		return
	case err != nil:
		p.refused = err // those who wait learn it, and the next one tries again
		return
	}
	p.log.Debug("provider started", "provider", p.name, "at", proc.id())
	p.proc = proc
	if p.closed {
		p.stop()
		return
	}
	p.ending.Add(1)
	go p.watch(proc)
}

// watch waits for the end of a process.
func (p *program) watch(proc *process) {
	defer p.ending.Done()
	err := proc.wait()
	p.mu.Lock()
	crashed := !proc.stopping
	if crashed {
		p.proc = nil
		if time.Since(proc.started) > maxBackoff {
			p.failures = 0
		}
		reason := "it ended by itself"
		if err != nil {
			reason = "it ended: " + err.Error()
		}
		p.failed(reason)
	}
	p.mu.Unlock()
	if crashed {
		p.end(proc)
	}
}

// failed says that the process is gone, or did not start. p.mu is held.
func (p *program) failed(reason string) {
	wait := min(minBackoff<<min(p.failures, 10), maxBackoff)
	p.failures++
	p.reason, p.retry = reason, time.Now().Add(wait)
	p.log.Error("provider is gone", "provider", p.name, "cause", reason, "failures", p.failures, "again", wait)
}

// suspect ends a process that does not answer any more, which is a crash.
func (p *program) suspect(proc *process) {
	if proc.alive(&p.cfg) {
		return
	}
	p.log.Error("provider does not answer and is killed", "provider", p.name)
	proc.kill()
}

// open and release count those who may call.
func (p *program) open() {
	p.mu.Lock()
	p.opened++
	p.mu.Unlock()
}

func (p *program) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.opened--; p.opened == 0 {
		p.stop()
	}
}

// close ends the process and waits for that.
func (p *program) close() {
	p.mu.Lock()
	p.closed = true
	if p.idle != nil {
		p.idle.Stop()
	}
	p.stop()
	p.mu.Unlock()
	p.ending.Wait()
}
