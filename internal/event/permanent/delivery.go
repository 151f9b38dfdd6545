package permanent

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/internal/event"
)

const (
	// maxWorkers is how many bindings are delivered for at a time, and
	// maxPerClass how many of them for consumers of one class, so that those of
	// another class get on while they hang. One consumer has maxPerConsumer of
	// those, however many bindings it has. More wait for their turn, which each
	// has for one batch of events.
	maxWorkers     = 1024
	maxPerClass    = maxWorkers / 4
	maxPerConsumer = maxPerClass / 8

	// A delivery that runs for slowAfter does not count for its class any more,
	// so that many consumers that hang leave room for others, but no more than
	// maxSlow do so.
	slowAfter = 10 * time.Second
	maxSlow   = maxWorkers / 2

	// serveAgain is when a queue is looked at again after the store has failed.
	serveAgain = time.Minute

	// closeGrace is how long Close lets workers go on with what this process
	// has queued, and then once more how long it waits for consumers that do
	// not end when they should.
	closeGrace = time.Second

	// oldGrace is how long Close lets workers go on with what was in queues
	// before: quick consumers get on, and slow ones hold up nobody who has
	// nothing to do with them.
	oldGrace = 100 * time.Millisecond
)

// delivery is the workers, and what waits for them.
type delivery struct {
	ctx    context.Context // of the consumers
	cancel context.CancelFunc

	mu      sync.Mutex // guards what follows, and all work
	ready   []*binding // that have something to be delivered
	pools   map[poolKey]*pool
	open    bool // workers may begin
	workers int
	slow    int           // of those that run, how many no longer count for their class
	reports []report      // of overflows
	telling bool          // somebody goes through the reports
	closing bool          // nothing is added to ready any more, but what is not done
	quiet   chan struct{} // closed when nobody works; nil if nobody waits for that
}

// A pool is the deliveries to consumers of one class, or to one consumer. It
// exists while there are any.
type pool struct {
	key     poolKey
	running int
	parked  []*binding // which wait for one of those that run
}

// A poolKey says whose deliveries a pool is.
type poolKey struct {
	class    string // folded
	consumer string // the path, "" for the whole class
}

// limit is how many run at a time.
func (k poolKey) limit() int {
	if k.consumer == "" {
		return maxPerClass
	}
	return maxPerConsumer
}

// A seat is what a delivery that runs counts in.
type seat struct {
	consumer, class *pool
	slow, over      bool
}

// next returns the binding whose turn it is, nil if there is none, and its seat,
// which leave is told when the turn is over; d.mu is held. A binding waits in the
// pool of its consumer first, so that those in the pool of the class are ready to
// go when that has room.
func (d *delivery) next() (*binding, *seat) {
	for len(d.ready) > 0 {
		b := d.ready[0]
		d.ready = d.ready[1:]
		class, consumer := b.consumer()
		one, all := d.pool(poolKey{class, consumer}), d.pool(poolKey{class: class})
		switch {
		case one.running >= one.key.limit():
			one.parked = append(one.parked, b)
			d.unpark(all) // which had made room for b
		case all.running >= all.key.limit():
			all.parked = append(all.parked, b)
			d.clear(one)
		default:
			one.running++
			all.running++
			return b, &seat{consumer: one, class: all}
		}
	}
	return nil, nil
}

// pool returns that with a key.
func (d *delivery) pool(k poolKey) *pool {
	p := d.pools[k]
	if p == nil {
		p = &pool{key: k}
		d.pools[k] = p
	}
	return p
}

// unpark has a binding that waits in a pool looked at again if there is room.
func (d *delivery) unpark(p *pool) {
	if len(p.parked) > 0 && p.running < p.key.limit() {
		d.ready = append(d.ready, p.parked[0])
		p.parked = p.parked[1:]
	}
}

// clear removes a pool in which nothing runs.
func (d *delivery) clear(p *pool) {
	if p.running == 0 {
		d.ready = append(d.ready, p.parked...)
		delete(d.pools, p.key)
	}
}

// quit says that a delivery no longer counts in a pool.
func (d *delivery) quit(p *pool) {
	p.running--
	d.unpark(p)
	d.clear(p)
}

func (d *delivery) leave(at *seat) {
	at.over = true
	d.quit(at.consumer)
	if at.slow {
		d.slow--
	} else {
		d.quit(at.class)
	}
}

// slow is called when a delivery takes long: others of its class get its place.
func (s *Subscriptions) slow(at *seat) {
	d := &s.delivery
	d.mu.Lock()
	defer d.mu.Unlock()
	if at.over || d.slow >= maxSlow {
		return
	}
	at.slow = true
	d.slow++
	d.quit(at.class)
	if len(d.ready) > 0 {
		s.hire()
	}
}

// consumer returns the folded name of the class of the consumer, and its path.
func (b *binding) consumer() (class, path string) {
	if l := b.link.Load(); l != nil {
		return cim.Fold(l.consumer.path.Class), l.consumer.full
	}
	return "", "none"
}

// A report is an overflow of a queue that was not told yet.
type report struct {
	b     *binding
	event *cim.Instance // nil if it is not known
	size  int64
}

func (d *delivery) init() {
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.pools = map[poolKey]*pool{}
}

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
	retry    *time.Timer   // wakes b; nil if it never had to
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

// wakeLater has the queue of b looked at after a while.
func (s *Subscriptions) wakeLater(b *binding) {
	d := &s.delivery
	d.mu.Lock()
	defer d.mu.Unlock()
	switch w := &b.work; {
	case d.closing:
	case w.retry == nil:
		w.retry = time.AfterFunc(serveAgain, func() { s.wake(b) })
	default:
		w.retry.Reset(serveAgain)
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
	for d.ctx.Err() == nil {
		b, at := d.next()
		if b == nil {
			break
		}
		late := time.AfterFunc(slowAfter, func() { s.slow(at) })
		s.turn(b)
		late.Stop()
		d.leave(at)
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

// finish waits until what this process has queued is delivered, but not for long,
// and not for what was there before, for which close has less time.
// It returns how long that is: nothing if somebody was too slow already.
func (s *Subscriptions) finish() (grace time.Duration) {
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.bindings))
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	for again := true; again && ctx.Err() == nil; {
		again = false
		// A failure may be an event for somebody else.
		for _, b := range all {
			number := b.durable.Load()
			if _, idle, done := b.work.look(); !idle && done < number {
				b.await(ctx, wait{number: number})
				again = true
			}
		}
	}
	d := &s.delivery
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closing = true
	for _, b := range all {
		if b.work.retry != nil {
			b.work.retry.Stop()
		}
	}
	if ctx.Err() != nil {
		return 0
	}
	return oldGrace
}

// close ends the workers after the grace, and does not wait long for those that do
// not end when they should.
func (d *delivery) close(grace time.Duration) {
	quiet := make(chan struct{})
	d.mu.Lock()
	d.quiet = quiet
	d.rest()
	d.mu.Unlock()
	for _, grace := range []time.Duration{grace, closeGrace} {
		late := time.NewTimer(grace)
		select {
		case <-quiet:
		case <-late.C:
		}
		late.Stop()
		d.cancel()
	}
}
