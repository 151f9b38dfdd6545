package event

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

// pollers are the polls of a broker. Registrations of one user that poll the
// same at the same interval share one (events.md 5, Decision).
type pollers struct {
	workers workers
	mu      sync.Mutex // guards what follows, and Registration.polls
	byKey   map[pollKey]*poll
}

type pollKey struct {
	ns       *repository.Namespace
	query    string // as pollQuery has it
	interval time.Duration
	caller   string // as callerOf has it
}

// callerOf tells those apart who may see different things: a poll reads for one of
// them, and all that share it get what it has read.
func callerOf(who *wbem.Identity) string {
	if who == nil {
		return ""
	}
	return fmt.Sprintf("%q %q %d %d %t", who.Name, who.Groups, who.Authority, who.Level, who.Remote)
}

// A poll is a query that is run again and again, and what it had last.
type poll struct {
	b     *Broker
	key   pollKey
	query *wql.Select
	who   *wbem.Identity
	alarm *alarm
	users int // registrations that use it; guarded by pollers.mu

	turn chan struct{}            // is full while somebody reads, to whom belong:
	last map[string]*cim.Instance // by folded relative path; nil before the first time
	size int64                    // of the instances in last, as counted

	logged bool // that it fails; belongs to the reader

	mu      sync.Mutex // guards what follows
	members set        // get what the next read finds
	waiting set        // get what the read after the next one finds
	gone    bool       // nobody uses it any more
}

// startPolls has polled what the plan of a new registration says. When it
// returns, each has been read once.
func (b *Broker) startPolls(ctx context.Context, r *Registration) error {
	p := r.plan.Load()
	if len(p.polls) == 0 {
		return nil
	}
	if b.opts.Poller == nil {
		return cim.Errorf(wbem.ProviderNotCapable, "class %s is dynamic and cannot be polled", p.polls[0].Class.Name)
	}
	l, err := b.limits()
	if err != nil {
		return err
	}
	for _, what := range p.polls {
		q, err := b.usePoll(r, p, what, l)
		if err == nil {
			err = q.join(ctx, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// changePolls has polled what a new plan says instead of what the plan before
// did. What happens before the first read is not seen.
func (b *Broker) changePolls(r *Registration, p *plan) error {
	l, err := b.limits()
	if err != nil {
		return err
	}
	var now []*poll
	for _, what := range p.polls {
		if b.opts.Poller == nil {
			return cim.Errorf(wbem.ProviderNotCapable, "class %s is dynamic and cannot be polled", what.Class.Name)
		}
		q, err := b.usePoll(r, p, what, l)
		if err != nil {
			return err
		}
		now = append(now, q)
		q.mu.Lock()
		_, member := q.members[r]
		if !member {
			q.waiting[r] = struct{}{}
		}
		q.mu.Unlock()
		if !member {
			q.start()
		}
	}
	b.pollers.mu.Lock()
	defer b.pollers.mu.Unlock()
	for q := range r.polls {
		if !slices.Contains(now, q) {
			b.leavePoll(r, q)
		}
	}
	return nil
}

// usePoll returns the poll of a query for a registration.
func (b *Broker) usePoll(r *Registration, p *plan, what *wql.Select, l limits) (*poll, error) {
	key := pollKey{p.ns, what.String(), max(p.query.Within.Duration, b.opts.MinInterval), callerOf(r.spec.Identity)}
	b.pollers.mu.Lock()
	defer b.pollers.mu.Unlock()
	if r.ended.Load() {
		return nil, cim.Errorf(wbem.CallCancelled, "the registration has ended")
	}
	q := b.pollers.byKey[key]
	if q == nil {
		if err := b.countPolls(r.spec.Identity, 1, l); err != nil {
			return nil, err
		}
		q = &poll{b: b, key: key, query: what, who: r.spec.Identity, turn: make(chan struct{}, 1), members: set{}, waiting: set{}}
		q.alarm = newAlarm(q.start)
		b.pollers.byKey[key] = q
	}
	if _, ok := r.polls[q]; !ok {
		if r.polls == nil {
			r.polls = map[*poll]struct{}{}
		}
		r.polls[q] = struct{}{}
		q.users++
	}
	return q, nil
}

// stopPolls ends what a registration polls.
func (b *Broker) stopPolls(r *Registration) {
	b.pollers.mu.Lock()
	defer b.pollers.mu.Unlock()
	for q := range r.polls {
		b.leavePoll(r, q)
	}
}

// leavePoll takes a registration off a poll; pollers.mu is held.
func (b *Broker) leavePoll(r *Registration, q *poll) {
	delete(r.polls, q)
	q.mu.Lock()
	delete(q.members, r)
	delete(q.waiting, r)
	q.mu.Unlock()
	if q.users--; q.users > 0 {
		return
	}
	delete(b.pollers.byKey, q.key)
	b.clock.stop(q.alarm)
	_ = b.countPolls(q.who, -1, limits{})
	q.mu.Lock()
	q.gone = true
	q.mu.Unlock()
	q.reap()
}

// reap gives back what a poll has counted that nobody uses any more.
func (q *poll) reap() {
	if !q.isGone() {
		return
	}
	select {
	case q.turn <- struct{}{}:
		_ = q.b.countPollBytes(q.who, -q.size, limits{})
		q.last, q.size = nil, 0
		<-q.turn
	default: // the reader does it when its turn has ended
	}
}

func (q *poll) isGone() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.gone
}

// join reads the class, so that r learns of what happens from now on, and gives
// r the events of the next reads.
func (q *poll) join(ctx context.Context, r *Registration) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(q.b.ctx, cancel)()
	select {
	case q.turn <- struct{}{}:
	case <-ctx.Done():
		return ended(ctx)
	}
	defer q.release()
	q.mu.Lock()
	q.waiting[r] = struct{}{}
	q.mu.Unlock()
	return q.read(ctx)
}

// release ends the turn of a reader, and lets the next read come an interval
// from now (events.md 5, Decision).
func (q *poll) release() {
	if !q.isGone() {
		q.b.clock.set(q.alarm, time.Now().Add(q.key.interval))
	}
	<-q.turn
	q.reap() // whoever has left meanwhile could not
}

// start has q read in a goroutine, as soon as one may run.
func (q *poll) start() { q.b.pollers.workers.start(q.run) }

// run reads, unless a registration that joins does so.
func (q *poll) run() {
	select {
	case q.turn <- struct{}{}:
		q.again()
		q.release()
	default:
	}
}

// again reads for the registrations that are there.
func (q *poll) again() {
	q.mu.Lock()
	nobody := len(q.members)+len(q.waiting) == 0
	q.mu.Unlock()
	if nobody {
		return
	}
	err := q.read(q.b.ctx)
	switch {
	case err == nil:
		q.logged = false
	case q.b.ctx.Err() != nil:
	case isOverQuota(err):
		q.admit()
		for r := range q.admit() { // those who waited, too
			r.end(err)
		}
	case !q.logged: // what there was last stays (events.md 5, rule 6)
		q.logged = true
		q.b.log.Warn("poll failed", "namespace", q.key.ns.Path(), "query", q.key.query, "cause", err)
	}
}

// read compares what the class has now with what it had last, and hands over
// the difference.
func (q *poll) read(ctx context.Context) error {
	now, err := q.snapshot(ctx)
	if err != nil {
		return err
	}
	last := q.last
	q.last = now
	members := q.admit()
	if last == nil || len(members) == 0 {
		return nil
	}
	for _, d := range differences(last, now) {
		q.emit(members, d)
	}
	return nil
}

// admit returns the members, and lets in those who wait to become some.
func (q *poll) admit() set {
	q.mu.Lock()
	defer q.mu.Unlock()
	members := maps.Clone(q.members)
	maps.Copy(q.members, q.waiting)
	clear(q.waiting)
	return members
}

// snapshot reads the dynamic instances of the class. What they take is counted
// instead of what was there last.
func (q *poll) snapshot(ctx context.Context) (map[string]*cim.Instance, error) {
	l, err := q.b.limits()
	if err != nil {
		return nil, err
	}
	now := map[string]*cim.Instance{}
	size := int64(0)
	for inst, err := range q.b.opts.Poller.Snapshot(ctx, q.key.ns.Path(), q.query, q.who) {
		if err != nil {
			return nil, err
		}
		path, ok := cim.RelPath(inst)
		if !ok || !inst.Class().IsDynamic() {
			continue
		}
		if size += sizeOf(inst, cim.MaxNesting); size > min(l.user.pollBytes, l.total.pollBytes) {
			return nil, overQuota("the instances of class %s take more than %d bytes", q.query.Class.Name, min(l.user.pollBytes, l.total.pollBytes))
		}
		now[cim.Fold(path.RelPath())] = inst
	}
	if err := q.b.countPollBytes(q.who, size-q.size, l); err != nil {
		return nil, err
	}
	q.size = size
	return now, nil
}

// emit hands the event of a difference to those that poll for it. One that a
// provider raises has reached them already.
func (q *poll) emit(members set, d difference) {
	kind := kindOf(d.kind)
	if q.b.covered(q.key.ns, d.target.Class(), kind) {
		return
	}
	var e *Event
	for r := range members {
		if r.plan.Load().kinds&kind == 0 {
			continue
		}
		if e == nil {
			// A snapshot is kept until the next one, and no event changes.
			inst := q.b.sources.changes[d.kind].event(d.target, orNil(d.previous))
			e = newEvent(q.key.ns, inst, nil)
		}
		if err := r.offer(q.b.ctx, e); err != nil {
			q.b.log.Error("event not delivered", "namespace", r.spec.Namespace, "query", r.spec.Query, "cause", err)
		}
	}
}
