package permanent

import (
	"context"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/internal/event"
)

const (
	// maxWorkers is how many bindings are delivered for at a time. More wait
	// for their turn, which each has for one batch of events. It is more than
	// there are consumers that hang, as a rule.
	maxWorkers = 256

	// serveAgain is when a queue is looked at again after the store has failed.
	serveAgain = time.Minute

	// closeGrace is how long Close lets workers go on, and then once more how
	// long it waits for consumers that do not end when they should.
	closeGrace = time.Second
)

// delivery is the workers, and what waits for them.
type delivery struct {
	ctx    context.Context // of the consumers
	cancel context.CancelFunc

	mu      sync.Mutex // guards what follows, and all work
	ready   []*binding // that have something to be delivered
	open    bool       // workers may begin
	workers int
	reports []report      // of overflows
	telling bool          // somebody goes through the reports
	closing bool          // nothing is added to ready any more, but what is not done
	quiet   chan struct{} // closed when nobody works; nil if nobody waits for that
}

// A report is an overflow of a queue that was not told yet.
type report struct {
	b     *binding
	event *cim.Instance
	size  int64
}

func (d *delivery) init() { d.ctx, d.cancel = context.WithCancel(context.Background()) }

// work is whether a binding is delivered for.
type work struct {
	b        *binding
	delivery *delivery

	// These are guarded by delivery.mu.
	waiting  bool          // stands in ready
	running  bool          // is delivered for
	again    bool          // there may be something new since
	done     uint64        // the number of the last item that was taken
	progress chan struct{} // is closed when one of these changes
}

func (w *work) init(b *binding) {
	w.b, w.delivery, w.progress = b, &b.s.delivery, make(chan struct{})
}

// look returns how far delivery is: a channel that is closed when it is further,
// whether nothing is to be delivered, and the number of the last item that was.
func (w *work) look() (progress <-chan struct{}, idle bool, done uint64) {
	w.delivery.mu.Lock()
	defer w.delivery.mu.Unlock()
	return w.progress, !w.waiting && !w.running, w.done
}

// tell wakes those who look; delivery.mu is held.
func (w *work) tell() {
	close(w.progress)
	w.progress = make(chan struct{})
}

// wake has the queue of b looked at.
func (s *Subscriptions) wake(b *binding) {
	d := &s.delivery
	if s.opts.Consumer == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch w := &b.work; {
	case w.running:
		w.again = true
	case !w.waiting && !d.closing:
		w.waiting = true
		d.ready = append(d.ready, b)
		s.hire()
	}
}

// open has workers begin, when those who want to know what they cause are there.
func (s *Subscriptions) open() {
	d := &s.delivery
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = true
	for range d.ready {
		s.hire()
	}
}

// hire starts a worker, unless there are enough; delivery.mu is held.
func (s *Subscriptions) hire() {
	if d := &s.delivery; d.open && d.workers < maxWorkers {
		d.workers++
		go s.serve()
	}
}

// serve delivers until there is nothing more.
func (s *Subscriptions) serve() {
	d := &s.delivery
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.ready) > 0 && d.ctx.Err() == nil {
		b := d.ready[0]
		d.ready = d.ready[1:]
		s.turn(b)
	}
	d.workers--
	d.rest()
}

// rest tells whoever waits for it that nobody works any more; delivery.mu is
// held.
func (d *delivery) rest() {
	if d.workers == 0 && !d.telling && d.quiet != nil {
		close(d.quiet)
		d.quiet = nil
	}
}

// turn delivers one batch for b; delivery.mu is held, but not meanwhile.
func (s *Subscriptions) turn(b *binding) {
	d, w := &s.delivery, &b.work
	w.waiting, w.running, w.again = false, true, false
	d.mu.Unlock()
	done, more := s.deliver(b)
	d.mu.Lock()
	w.running = false
	w.done = max(w.done, done)
	if more || w.again {
		w.waiting = true
		d.ready = append(d.ready, b)
	}
	w.tell()
}

// report has an overflow told, for which no worker is needed: they may all wait
// for consumers.
func (s *Subscriptions) report(b *binding, e *cim.Instance, size int64) {
	d := &s.delivery
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reports = append(d.reports, report{b, e, size})
	if !d.telling {
		d.telling = true
		go s.tell()
	}
}

// tell goes through the reports.
func (s *Subscriptions) tell() {
	d := &s.delivery
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.reports) > 0 && d.ctx.Err() == nil {
		r := d.reports[0]
		d.reports = d.reports[1:]
		d.mu.Unlock()
		s.tellOverflow(r)
		d.mu.Lock()
	}
	d.telling = false
	d.rest()
}

// tellOverflow raises the event of an overflow.
func (s *Subscriptions) tellOverflow(r report) {
	l := r.b.link.Load()
	if l == nil {
		return
	}
	err := s.broker.QueueOverflow(s.delivery.ctx, event.Dropped{Namespace: l.consumer.ns.Path(), Event: r.event, Consumer: l.consumer.full}, r.size)
	if err != nil {
		s.log.Error("event of an overflow not raised", "consumer", l.consumer.full, "cause", err)
	}
}

// close ends delivery: what is ready goes on for a while.
func (d *delivery) close() {
	quiet := make(chan struct{})
	d.mu.Lock()
	d.closing = true
	d.quiet = quiet
	d.rest()
	d.mu.Unlock()
	for range 2 {
		late := time.NewTimer(closeGrace)
		select {
		case <-quiet:
			late.Stop()
		case <-late.C:
		}
		d.cancel()
	}
}
