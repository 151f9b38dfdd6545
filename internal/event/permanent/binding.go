package permanent

import (
	"cmp"
	"context"
	"crypto/sha256"
	"strings"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// MaxQueuedBytes is about how many bytes the queues of all bindings together may
// take in the store, as far as consumers have no MaximumQueueSize of their own
// (events.md 13).
const MaxQueuedBytes = 10_000_000

// guaranteedBytes is what each queue may take however long the others are, so
// that a consumer that is never there costs no other one its events.
const guaranteedBytes = 256 << 10

// queuePrefix begins the names of the queues.
const queuePrefix = "event/binding/"

// A binding is a __FilterToConsumerBinding, with its queue.
type binding struct {
	s       *Subscriptions
	place   place
	creator access.SID
	queue   []byte

	// What the object says, and whether it can work; guarded by
	// Subscriptions.mu.
	filterAt, consumerAt place
	spec                 event.Spec // without a filter its zero value
	state                wbem.SubscriptionState
	err                  error   // why state is not active
	filter               *filter // nil if there is none

	link atomic.Pointer[link] // nil if events must not be queued nor delivered

	durable     atomic.Uint64 // the number of the last item known to be durable
	overflowing atomic.Bool   // something was dropped since the queue was empty
	work        work
	tally
}

// A link is what delivery has to know of a binding.
type link struct {
	Settings
	consumer place
	limit    int64 // of the queue, in bytes; 0 for the common one
}

// queueName returns the name of a queue. It depends on the creator, so that
// nobody gets events that were meant for a binding of somebody else at the same
// place.
func queueName(key objectKey, creator access.SID) []byte {
	sum := sha256.Sum256(append(append([]byte(key), 0), creator.Bytes()...))
	return append([]byte(queuePrefix), sum[:]...)
}

// readBinding brings the model up to date with the binding at a place.
func (s *Subscriptions) readBinding(at place) {
	b := s.bindings[at.key]
	inst, err := at.read()
	if err == nil {
		sid, _ := creator(inst) // resolve says what is wrong with it
		if b != nil && (b.creator != sid || b.place.ns != at.ns) {
			s.remove(b) // it is another one at the same place
			b = nil
		}
		if b == nil {
			b, err = s.newBinding(at, sid)
		}
	}
	switch {
	case err == nil:
		s.resolve(b, inst)
	case !isGone(err):
		s.log.Error("binding not read", "binding", at.full, "cause", err)
	case b != nil:
		s.remove(b)
	}
}

func (s *Subscriptions) newBinding(at place, sid access.SID) (*binding, error) {
	b := &binding{s: s, place: at, creator: sid, queue: queueName(at.key, sid)}
	size, err := s.repo.QueueSize(b.queue)
	if err != nil {
		return nil, err
	}
	if err := s.loadTally(b); err != nil {
		return nil, err
	}
	s.bytes.Add(size.Bytes)
	b.work.init(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bindings[at.key] = b
	return b, nil
}

// resolve finds the filter and the consumer of a binding, and connects them if it
// may.
func (s *Subscriptions) resolve(b *binding, inst *cim.Instance) {
	filterAt, filter, filterErr := s.named(b.place.ns, inst, "Filter")
	consumerAt, consumer, consumerErr := s.named(b.place.ns, inst, "Consumer")
	var spec event.Spec
	var l *link
	state, err := wbem.SubscriptionDangling, cmp.Or(filterErr, consumerErr)
	if filterErr == nil {
		var wrong error
		if spec, wrong = s.specOf(b.creator, filter, filterAt.ns.Path()); err == nil {
			state, err = wbem.SubscriptionInactive, wrong
		}
	}
	if err == nil {
		state = wbem.SubscriptionActive
		if l, err = s.newLink(inst, filter, consumer, consumerAt); err != nil {
			state = wbem.SubscriptionRefused
		}
	}
	s.mu.Lock()
	s.unbind(b)
	b.filterAt, b.consumerAt, b.spec, b.state, b.err = filterAt, consumerAt, spec, state, err
	s.bind(b)
	s.mu.Unlock()
	if filterAt.key == "" || consumerAt.key == "" {
		s.unresolved[b] = struct{}{}
	} else {
		delete(s.unresolved, b)
	}
	b.link.Store(l)
	if l == nil {
		s.disconnect(b)
		return
	}
	s.connect(b, filterAt.key, spec)
	s.wake(b) // there may be something from before
}

// named returns the object that a reference in a binding names, and its place as
// far as there is one. The error says what cannot be found.
func (s *Subscriptions) named(from *repository.Namespace, binding *cim.Instance, name string) (place, *cim.Instance, error) {
	at, err := s.refer(from, get(binding, name).Text())
	var inst *cim.Instance
	if err == nil {
		inst, err = at.read()
	}
	if err != nil {
		err = cim.Errorf(wbem.StatusOf(err), "%s %.500s cannot be found: %v", name, at.full, err)
	}
	return at, inst, err
}

// newLink returns how a binding is delivered for, or why that must not be.
func (s *Subscriptions) newLink(binding, filter, consumer *cim.Instance, consumerAt place) (*link, error) {
	if err := sameCreator(binding, filter, consumer); err != nil {
		return nil, err
	}
	set, err := ReadSettings(binding)
	if err != nil {
		return nil, err
	}
	if machine := get(consumer, "MachineName").Text(); !s.isLocal(machine) {
		return nil, cim.Errorf(wbem.NotSupported, "the consumer is on the computer %.100s", machine)
	}
	return &link{set, consumerAt, int64(get(consumer, "MaximumQueueSize").Uint())}, nil
}

// bind has changes of what b names noticed; s.mu is held.
func (s *Subscriptions) bind(b *binding) {
	for _, key := range []objectKey{b.filterAt.key, b.consumerAt.key} {
		if key == "" {
			continue // a change of its class brings it back
		}
		if s.bound[key] == nil {
			s.bound[key] = map[*binding]struct{}{}
		}
		s.bound[key][b] = struct{}{}
	}
}

func (s *Subscriptions) unbind(b *binding) {
	for _, key := range []objectKey{b.filterAt.key, b.consumerAt.key} {
		delete(s.bound[key], b)
		if len(s.bound[key]) == 0 {
			delete(s.bound, key)
		}
	}
}

// specOf returns what a filter of a creator asks for.
func (s *Subscriptions) specOf(sid access.SID, filter *cim.Instance, own string) (spec event.Spec, err error) {
	spec = event.Spec{Query: get(filter, "Query").Text(), EventAccess: get(filter, "EventAccess").Text()}
	if !isAdministrator(sid) {
		spec.Identity = s.opts.Creator(sid)
	}
	if spec.Namespace, err = s.eventNamespace(filter, own); err != nil {
		return spec, err
	}
	if language := get(filter, "QueryLanguage").Text(); !strings.EqualFold(language, "WQL") {
		return spec, cim.Errorf(wbem.InvalidQueryType, "QueryLanguage is %.100q and not WQL", language)
	}
	return spec, nil
}

// sameCreator returns AccessDenied unless the parts of a subscription were put by
// the same creator (events.md 8.3).
func sameCreator(binding, filter, consumer *cim.Instance) error {
	b, wrongB := creator(binding)
	f, wrongF := creator(filter)
	c, wrongC := creator(consumer)
	err := cmp.Or(wrongB, wrongF, wrongC)
	if err == nil && (b != f || b != c) {
		err = cim.Errorf(wbem.AccessDenied, "the binding was put by %v, the filter by %v, the consumer by %v", b, f, c)
	}
	return err
}

// remove forgets a binding that does not exist any more, and its queue.
func (s *Subscriptions) remove(b *binding) {
	b.link.Store(nil)
	s.disconnect(b)
	delete(s.unresolved, b)
	s.mu.Lock()
	s.unbind(b)
	delete(s.bindings, b.place.key)
	s.mu.Unlock()
	// Transactions take turns, so what was appended by one that had still
	// seen the link goes as well.
	s.dropQueue(b.queue)
}

func (s *Subscriptions) dropQueue(queue []byte) {
	var size repository.QueueSize
	err := s.repo.Update(s.ctx, kv.Buffered, func(tx *repository.Tx) (err error) {
		if size, err = tx.QueueSize(queue); err != nil {
			return err
		}
		if err := tx.SetState(queue, nil); err != nil { // the tally
			return err
		}
		return tx.DropQueue(queue)
	})
	if err != nil {
		if s.ctx.Err() == nil { // else the next start does it
			s.log.Error("queue not dropped", "cause", err)
		}
		return
	}
	s.bytes.Add(-size.Bytes)
}

// dropQueues drops the queues of bindings that do not exist any more: a process
// may have ended before it could.
func (s *Subscriptions) dropQueues() error {
	queues, err := s.repo.Queues(s.ctx)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, b := range s.bindings {
		used[string(b.queue)] = true
	}
	for _, q := range queues {
		if strings.HasPrefix(string(q), queuePrefix) && !used[string(q)] {
			size, err := s.repo.QueueSize(q)
			if err != nil {
				return err
			}
			s.bytes.Add(size.Bytes) // which dropQueue takes back
			s.dropQueue(q)
		}
	}
	return nil
}

// fits reports whether more bytes fit into the queue, which has that size: into
// the n-th part of it.
func (b *binding) fits(l *link, size, more, n int64) bool {
	if l.limit > 0 {
		return size+more <= l.limit/n
	}
	return size+more <= guaranteedBytes/n || max(size, b.s.bytes.Load())+more <= MaxQueuedBytes/n
}

// append puts an event into the queue, if there is room.
func (b *binding) append(ctx context.Context, tx *repository.Tx, l *link, e *event.Event, item *item) error {
	size, err := tx.QueueSize(b.queue)
	if err != nil {
		return err
	}
	bytes := int64(len(item.data))
	// An empty queue takes whatever comes, so that every consumer gets on.
	if size.Items > 0 && !b.fits(l, size.Bytes, bytes, 1) || bytes > repository.MaxItem {
		tx.OnDurable(func() { b.lost(1, e.Instance, size.Bytes) })
		return nil
	}
	number, err := tx.Append(b.queue, item.of(b.queue))
	if err != nil {
		return err
	}
	tx.OnDurable(func() {
		b.durable.Store(number)
		b.s.bytes.Add(bytes)
		b.s.wake(b)
	})
	if r := raiserOf(ctx); r != nil {
		r.note(b, l, number, !b.fits(l, size.Bytes, bytes, 2))
	}
	return nil
}

// lost notes that n events were dropped, and reports that once until the queue is
// empty again, with one of them if it is known.
func (b *binding) lost(n uint64, e *cim.Instance, size int64) {
	b.drop(n)
	if !b.overflowing.Swap(true) {
		b.s.report(b, e, size)
	}
}
