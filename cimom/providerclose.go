package cimom

import (
	"context"
	"math"
	"time"

	"openwmi/cim"
)

// closeWait is how long Close waits for providers that do not end when they
// should.
const closeWait = 5 * time.Second

// close closes what an Opener has opened and no call uses any more.
func (p *providers) close(o *opened) {
	if o.own == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	_, err := detach(ctx, nil, func(context.Context) (any, error) { return nil, o.own.Close() })
	if err != nil {
		p.m.log.Error("closing a provider failed", "error", err)
	}
}

// sweepLater has idle providers closed, between once and twice the time after
// their last use that __ObjectProviderCacheControl says (system-classes.md 6).
func (p *providers) sweepLater() {
	if p.stopping.Err() != nil {
		return // the store may be closed already
	}
	after := p.clearAfter("__ObjectProviderCacheControl")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sweeper == nil && p.stopping.Err() == nil {
		p.sweeper = time.AfterFunc(after, p.sweep)
	}
}

// clearAfter returns how long a provider may be idle, as an instance of that
// class says: five minutes unless it is there.
func (p *providers) clearAfter(control string) time.Duration {
	const usual = 5 * time.Minute
	root, err := p.m.repo.Namespace("root")
	if err != nil {
		return usual
	}
	inst, err := root.Instance(cim.Path{Class: control, Singleton: true}, true)
	if err != nil {
		return usual
	}
	v, _ := inst.Get("ClearAfter")
	d, _ := v.Datetime()
	if us, ok := d.Micros(); ok && us > 0 {
		return min(time.Duration(us), math.MaxInt64/time.Microsecond) * time.Microsecond
	}
	return usual
}

// sweep closes the providers that nobody has used since the last sweep.
func (p *providers) sweep() {
	p.mu.Lock()
	p.sweeper = nil
	if p.stopping.Err() != nil {
		p.mu.Unlock()
		return
	}
	p.running++ // so that Close waits for what is closed here
	p.mu.Unlock()
	defer p.leave()
	more := false
	p.drop(func(_ openedKey, o *opened) bool {
		if o.own == nil {
			return false
		}
		if o.stays {
			return false // Pure is FALSE: it may ask while nobody asks it
		}
		idle := o.running == 0 && !o.used
		more = more || !idle
		o.used = false
		return idle
	})
	if more {
		p.sweepLater()
	}
}

// drop has those providers closed that match, and opened again by the next
// call. match is called while p.mu is held.
func (p *providers) drop(match func(openedKey, *opened) bool) {
	var idle []*opened
	p.mu.Lock()
	for key, o := range p.opened {
		if !match(key, o) {
			continue
		}
		delete(p.opened, key)
		if o.dropped = true; o.running == 0 {
			idle = append(idle, o)
		}
	}
	p.mu.Unlock()
	for _, o := range idle {
		p.close(o)
	}
}

// finish waits for the calls to return, which stop has ended, but not forever
// for those that ignore their context, and closes what was opened.
func (p *providers) finish() {
	p.events.close()
	quiet := make(chan struct{})
	p.mu.Lock()
	if p.sweeper != nil {
		p.sweeper.Stop()
	}
	if p.running == 0 {
		close(quiet)
	} else {
		p.quiet = quiet
	}
	p.mu.Unlock()
	late := time.NewTimer(closeWait)
	defer late.Stop()
	select {
	case <-quiet:
	case <-late.C:
		p.mu.Lock()
		p.m.log.Error("providers do not end their calls", "running", p.running)
		p.mu.Unlock()
	}
	p.drop(func(openedKey, *opened) bool { return true })
}
