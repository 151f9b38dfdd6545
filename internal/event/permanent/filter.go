package permanent

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/query"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

// How long after a failure a filter is activated again (events.md 8.2, Decision).
const (
	firstRetry = time.Minute
	lastRetry  = 30 * time.Minute
)

// cannotActivateFilter is the number of the log record (events.md 15).
const cannotActivateFilter = 10

// A filter is an __EventFilter that bindings connect to consumers, and the
// Handler of its Registration.
type filter struct {
	s    *Subscriptions
	key  objectKey
	spec event.Spec

	reg     *event.Registration // nil while it does not run
	err     error               // why it does not
	logged  string              // the text of the err that was logged
	classes []string            // folded names of the classes that the query needs
	retryAt time.Time
	delay   time.Duration

	members map[*binding]struct{}
	targets atomic.Pointer[[]*binding] // members, for Commit and Deliver
	retired atomic.Bool                // another filter has taken the members over
}

var _ event.Handler = (*filter)(nil)

// isIn reports whether the events are raised in a namespace.
func (f *filter) isIn(ns *repository.Namespace) bool {
	return cim.EqualNames(f.spec.Namespace, ns.Path())
}

// connect makes b a member of the filter with that key and spec, which begins to
// run if it does not yet.
func (s *Subscriptions) connect(b *binding, key objectKey, spec event.Spec) {
	f := s.filters[key]
	if f != nil && f.spec == spec {
		if b.filter != f {
			s.disconnect(b)
			s.join(b, f)
		}
		return
	}
	now := &filter{s: s, key: key, spec: spec, members: map[*binding]struct{}{}}
	now.targets.Store(new([]*binding))
	s.mu.Lock()
	s.filters[key] = now
	s.mu.Unlock()
	s.activate(now)
	if f != nil {
		s.replace(f, now)
	}
	if b.filter != now {
		s.disconnect(b)
		s.join(b, now)
	}
}

// replace moves all members of a filter whose object has changed to the new one,
// between two transactions: each sees the members of one of them. An event that
// comes from no transaction and falls in between may come from both, with one ID.
func (s *Subscriptions) replace(f, now *filter) {
	move := func() {
		for m := range f.members {
			s.join(m, now)
		}
		f.retired.Store(true)
	}
	err := s.repo.Update(s.ctx, kv.Buffered, func(*repository.Tx) error {
		move()
		return nil
	})
	if err != nil {
		move()
	}
	f.close()
}

// join makes b a member of f.
func (s *Subscriptions) join(b *binding, f *filter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.filter = f
	f.members[b] = struct{}{}
	f.publish()
}

// disconnect ends the membership of b, and the filter if that was the last one.
func (s *Subscriptions) disconnect(b *binding) {
	f := b.filter
	if f == nil {
		return
	}
	s.mu.Lock()
	b.filter = nil
	delete(f.members, b)
	f.publish()
	empty := len(f.members) == 0
	if empty && s.filters[f.key] == f {
		delete(s.filters, f.key)
	}
	s.mu.Unlock()
	if empty {
		f.close()
	}
}

func (f *filter) publish() {
	list := make([]*binding, 0, len(f.members))
	for b := range f.members {
		list = append(list, b)
	}
	f.targets.Store(&list)
}

func (f *filter) close() {
	delete(f.s.inactive, f)
	if f.reg != nil {
		f.reg.Close()
	}
}

// activate runs the query of a filter, or notes why that is not possible and when
// to try again.
func (s *Subscriptions) activate(f *filter) {
	ctx, cancel := context.WithTimeout(s.ctx, registerTimeout)
	defer cancel()
	err := s.opts.Enter(f.spec.Identity, f.spec.Namespace)
	var reg *event.Registration
	if err == nil {
		reg, err = s.broker.Register(ctx, f.spec, f)
	}
	if s.ctx.Err() != nil && err != nil {
		return
	}
	s.setActive(f, reg, err)
}

func (s *Subscriptions) setActive(f *filter, reg *event.Registration, err error) {
	s.mu.Lock()
	f.reg, f.err = reg, err
	if err == nil {
		f.delay, f.logged = 0, ""
		delete(s.inactive, f)
	} else {
		s.inactive[f] = struct{}{}
		f.classes = classesOf(f.spec.Query)
		f.delay = min(max(firstRetry, 2*f.delay), lastRetry)
		f.retryAt = time.Now().Add(f.delay)
	}
	s.mu.Unlock()
	if err != nil && f.logged != err.Error() {
		f.logged = err.Error()
		s.log.Error("event filter cannot be activated", "id", cannotActivateFilter,
			"namespace", f.spec.Namespace, "query", f.spec.Query, "error", err)
	}
}

// classesOf returns the folded names of the classes without which a query cannot
// run.
func classesOf(text string) []string {
	q, err := wql.ParseEvent(text)
	if err != nil {
		return nil
	}
	names := []string{cim.Fold(q.Class.Name)}
	targets, _ := query.Targets(q.Where)
	for _, t := range targets {
		names = append(names, cim.Fold(t.Class))
	}
	return names
}

// filterEnded runs a filter again whose registration has ended by itself: what it
// lacked may be there again.
func (s *Subscriptions) filterEnded(f *filter, err error) {
	if s.filters[f.key] == f && !errors.Is(err, wbem.ShuttingDown) {
		s.mu.Lock()
		f.reg, f.err = nil, err
		s.mu.Unlock()
		s.activate(f)
	}
}

// Commit implements event.Handler.
func (f *filter) Commit(ctx context.Context, tx *repository.Tx, e *event.Event) error {
	if f.retired.Load() {
		return nil
	}
	return f.s.queue(ctx, tx, e, f.recipients())
}

// recipients returns the bindings that get an event. Who may not enter the
// namespace any more gets no event of it.
func (f *filter) recipients() []*binding {
	if who := f.spec.Identity; who != nil && f.s.opts.Enter(who, f.spec.Namespace) != nil {
		return nil
	}
	return *f.targets.Load()
}

// queue puts an event into the queues of bindings.
func (s *Subscriptions) queue(ctx context.Context, tx *repository.Tx, e *event.Event, to []*binding) error {
	var item *item
	for _, b := range to {
		l := b.link.Load()
		if l == nil {
			continue
		}
		if item == nil {
			item = s.encode(e)
		}
		if err := b.append(ctx, tx, l, e, item); err != nil {
			return err
		}
	}
	return nil
}

// Deliver implements event.Handler. During an operation the event waits for
// others, so that all take one transaction.
func (f *filter) Deliver(ctx context.Context, e *event.Event) error {
	p := pending{e, f.recipients()}
	if r := raiserOf(ctx); r != nil && r.postpone(p) {
		return nil
	}
	return f.s.queueAll(ctx, []pending{p})
}

// Lost implements event.Handler.
func (f *filter) Lost(n uint64) {
	for _, b := range *f.targets.Load() {
		size, _ := f.s.repo.QueueSize(b.queue) // it is only told
		b.lost(n, nil, size.Bytes)
	}
}

// End implements event.Handler.
func (f *filter) End(err error) {
	f.s.note(func(t *todo) { t.ended = append(t.ended, end{f, err}) })
}
