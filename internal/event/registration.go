package event

import (
	"context"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

// A Spec says which events are wanted.
type Spec struct {
	// Namespace is where the events are raised.
	Namespace string

	// Query is an event query in WQL (wql.md 10).
	Query string

	// Identity is who subscribes: whose rights count for SECURITY_DESCRIPTOR,
	// for polling, and whose quotas. Nil is the service itself.
	Identity *wbem.Identity

	// EventAccess is a security descriptor in SDDL that says whose events are
	// wanted; "" means everybody's (events.md 12).
	EventAccess string

	// DayFirst reads 1/2/2024 in the query as a day in February (wql.md 4.4).
	DayFirst bool
}

// A Handler gets the events of a Registration. Each event goes either to Commit
// or to Deliver. Its methods are called by several goroutines.
type Handler interface {
	// Commit gets the event of a change in the transaction that makes the
	// change. What it does with tx happens together with the change or not at
	// all, and its error undoes the change. It must be short, may be called
	// again for the same change, and must use nothing but tx and what is in
	// memory (see repository.CommitHook). With GROUP it is never called. ctx is
	// the one given to Update, which carries values of whoever writes.
	Commit(ctx context.Context, tx *repository.Tx, e *Event) error

	// Deliver gets every other event, outside of transactions, of which it may
	// write one. Whatever has caused the event waits until it returns. Its
	// error is that of Publish or Raise, if the event comes from there, and
	// else logged.
	Deliver(ctx context.Context, e *Event) error

	// Lost says that so many events will not be delivered, because groups of
	// GROUP take too much memory.
	Lost(n uint64)

	// End says that the registration has ended by itself and why: ShuttingDown,
	// InvalidClass or InvalidNamespace if what it is about is gone,
	// RegistrationTooPrecise if a class became dynamic and there is no WITHIN,
	// QuotaViolation if its polls take too much memory. It may be registered
	// again.
	End(err error)
}

// A receiver is where the events of a registration end: a Handler, or the queue
// of a Subscription.
type receiver interface {
	Deliver(ctx context.Context, e *Event) error
	Lost(n uint64)
	End(err error)
}

// A Registration is a query that runs.
type Registration struct {
	b       *Broker
	spec    Spec
	space   *space
	out     receiver
	handler Handler // out, if it is one
	plan    atomic.Pointer[plan]
	groups  *groups // nil for a query without GROUP
	ended   atomic.Bool
	polls   map[*poll]struct{}   // guarded by Broker.pollers.mu
	heard   map[*Coverage]uint32 // what it listens to, by id; guarded by Broker.mu

	receives   func(descriptor []byte) bool  // what it may see
	publishers func(who *wbem.Identity) bool // whose events it wants; nil for everybody's
}

// Register starts a query whose events go to a Handler. When it returns, the
// query has been checked, and every event from then on is handed over. The
// caller ends it with Close. ctx bounds the registration alone.
//
// Errors are those of wql.md 12 for event queries, such as UnparsableQuery,
// InvalidQuery, NotEventClass, RegistrationTooPrecise and RegistrationTooBroad;
// InvalidClass and InvalidNamespace if what it is about does not exist;
// QuotaViolation beyond the quotas of events.md 14; and what the Poller says.
func (b *Broker) Register(ctx context.Context, spec Spec, h Handler) (*Registration, error) {
	r := &Registration{b: b, spec: spec, out: h, handler: h}
	if err := b.register(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// Close ends the registration. Events that are under way may still be
// delivered. Closing twice does nothing.
func (r *Registration) Close() { r.b.unregister(r) }

// register makes r known, if there is room for it, and begins to poll.
func (b *Broker) register(ctx context.Context, r *Registration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.resolve(r); err != nil {
		return err
	}
	q, err := wql.ParseEvent(r.spec.Query)
	if err != nil {
		return err
	}
	ns, err := b.repo.Namespace(r.spec.Namespace)
	if err != nil {
		return err
	}
	if q.Group != nil {
		r.groups = newGroups(r)
	}
	if err := b.enter(ctx, r, ns, q); err != nil {
		return err
	}
	if err = b.settle(ctx, r); err == nil {
		err = b.startPolls(ctx, r)
	}
	if err != nil {
		b.unregister(r)
	}
	return err
}

// resolve finds out what r may see and whose events it wants.
func (b *Broker) resolve(r *Registration) (err error) {
	if r.receives, err = b.opts.Access.Subscriber(r.spec.Identity); err != nil || r.spec.EventAccess == "" {
		return err
	}
	r.publishers, err = b.opts.Access.Publishers(r.spec.EventAccess)
	return err
}

// enter plans a registration and puts it into the index.
func (b *Broker) enter(ctx context.Context, r *Registration, ns *repository.Namespace, q *wql.Select) error {
	limits, err := b.limits()
	if err != nil {
		return err
	}
	// Changes that are visible but not durable yet were made before, and are
	// told of now (events.md 4).
	if err := b.repo.Sync(); err != nil {
		return err
	}
	for {
		generation := b.generation(ns)
		p, err := b.newPlan(ns, q, r.spec.DayFirst)
		if err != nil {
			return err
		}
		r.plan.Store(p)
		overlap := b.overlapping(p)
		if err := allow(ctx, r, overlap); err != nil {
			return err
		}
		if done, err := b.admit(r, generation, overlap, limits); done || err != nil {
			return err
		}
	}
}

// settle waits for the transaction that runs, if it may have called the commit
// hook before r was in the index.
func (b *Broker) settle(ctx context.Context, r *Registration) error {
	if !r.inTransaction() {
		return nil
	}
	return b.repo.Update(ctx, kv.Buffered, func(*repository.Tx) error { return nil })
}

// admit counts a registration and puts it into the index, unless classes have
// changed since its plan was made.
func (b *Broker) admit(r *Registration, generation uint64, overlap []*Coverage, limits limits) (done bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false, cim.Errorf(wbem.ShuttingDown, "the service ends")
	}
	s := b.space(r.plan.Load().ns)
	if s.generation != generation {
		return false, nil // of what comes later recheck tells r
	}
	if err := b.count(r, limits); err != nil {
		return false, err
	}
	r.space = s
	s.all[r] = struct{}{}
	s.insert(r)
	b.listen(r, overlap)
	return true, nil
}

// generation changes whenever the broker learns that a class has changed.
func (b *Broker) generation(ns *repository.Namespace) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.space(ns).generation
}

// unregister takes r out of everything, and reports whether it was in there.
func (b *Broker) unregister(r *Registration) bool {
	if r.ended.Swap(true) {
		return false
	}
	b.mu.Lock()
	if r.space != nil {
		delete(r.space.all, r)
		r.space.remove(r)
		b.listen(r, nil)
		b.discount(r)
	}
	b.mu.Unlock()
	b.stopPolls(r)
	if r.groups != nil {
		r.groups.stop()
	}
	return true
}

// end ends a registration for a reason that its receiver has to know.
func (r *Registration) end(err error) {
	if r.b.unregister(r) {
		r.out.End(err)
	}
}

// inTransaction reports whether events of changes go to Handler.Commit.
func (r *Registration) inTransaction() bool { return r.handler != nil && r.groups == nil }

// commit hands over the event of a change.
func (r *Registration) commit(ctx context.Context, tx *repository.Tx, e *Event) error {
	if r.ended.Load() || !r.wants(e) {
		return nil
	}
	return r.handler.Commit(ctx, tx, e)
}

// offer hands over an event that is wanted. The registration admits its class.
func (r *Registration) offer(ctx context.Context, e *Event) error {
	e = e.seenBy(r)
	if r.ended.Load() || !r.wants(e) {
		return nil
	}
	if r.groups != nil {
		r.groups.add(e)
		return nil
	}
	return r.out.Deliver(ctx, e)
}

// wants applies WHERE and what events.md 12 says.
func (r *Registration) wants(e *Event) bool {
	if !r.plan.Load().matches(e) {
		return false
	}
	if len(e.descriptor) > 0 && !r.receives(e.descriptor) {
		return false
	}
	return r.publishers == nil || r.publishers(e.Publisher)
}
