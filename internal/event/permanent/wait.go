package permanent

import (
	"context"
	"sync"

	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
)

// During runs an operation that changes objects or raises events. It begins when
// what Start has found is in force, and During returns when what the operation
// has changed is, and then when the consumers have the events for which it has
// to wait: those of bindings with DeliveryQoS 0, and with SlowDownProviders when
// their queues are long (events.md 13). It waits for no longer than some seconds,
// MaxWait for consumers, until ctx ends, or the Subscriptions are closed.
//
// The operation uses the context that it is given. The error is that of the
// operation.
func (s *Subscriptions) During(ctx context.Context, operation func(ctx context.Context) error) error {
	select {
	case <-s.ready:
	case <-ctx.Done(): // the operation says so
	}
	noted := s.settling.noted.Load()
	var r raiser
	err := operation(context.WithValue(ctx, raiserKey{}, &r))
	if late := r.flush(ctx, s); err == nil {
		err = late
	}
	if err != nil {
		return err
	}
	if s.settling.noted.Load() != noted {
		s.Settle(ctx)
	}
	r.wait(ctx)
	return nil
}

// A raiser is who raises events by one operation, and what it is to wait for.
type raiser struct {
	mu      sync.Mutex // guards what follows
	waits   map[*binding]wait
	pending []pending
	over    bool // nothing is pending any more
}

// A pending event is to be put into the queues of bindings.
type pending struct {
	event *event.Event
	to    []*binding
}

// postpone keeps an event until the operation ends, and reports whether it has
// not.
func (r *raiser) postpone(p pending) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over {
		r.pending = append(r.pending, p)
	}
	return !r.over
}

// flush queues what was postponed.
func (r *raiser) flush(ctx context.Context, s *Subscriptions) error {
	r.mu.Lock()
	todo := r.pending
	r.pending, r.over = nil, true
	r.mu.Unlock()
	if len(todo) == 0 {
		return nil
	}
	return s.queueAll(context.WithValue(ctx, raiserKey{}, r), todo)
}

// maxTogether is about how many bytes of events one transaction queues.
const maxTogether = 4 << 20

// queueAll queues events, in their order, with few transactions.
func (s *Subscriptions) queueAll(ctx context.Context, todo []pending) error {
	for len(todo) > 0 {
		n, size := 0, int64(0)
		for n < len(todo) && (n == 0 || size < maxTogether) {
			size += todo[n].event.Size() * int64(len(todo[n].to))
			n++
		}
		err := s.repo.Update(ctx, kv.Durable, func(tx *repository.Tx) error {
			for _, p := range todo[:n] {
				if err := s.queue(ctx, tx, p.event, p.to); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		todo = todo[n:]
	}
	return nil
}

// A wait is for a binding to have delivered an item or, if room, to have half its
// queue empty.
type wait struct {
	number uint64
	room   bool
}

type raiserKey struct{}

func raiserOf(ctx context.Context) *raiser {
	r, _ := ctx.Value(raiserKey{}).(*raiser)
	return r
}

// note notes an item that was appended to a queue, of which long says that it is
// more than half full. A transaction that runs again notes it again.
func (r *raiser) note(b *binding, l *link, number uint64, long bool) {
	if !l.Synchronous && !(l.SlowDown && long) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waits == nil {
		r.waits = map[*binding]wait{}
	}
	r.waits[b] = wait{number, !l.Synchronous}
}

// wait waits for the consumers. The operation has ended.
func (r *raiser) wait(ctx context.Context) {
	r.mu.Lock()
	waits := r.waits
	r.waits = nil
	r.mu.Unlock()
	if len(waits) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, MaxWait)
	defer cancel()
	for b, w := range waits {
		b.await(ctx, w)
	}
}

// await waits until w is fulfilled, or nothing is delivered any more.
func (b *binding) await(ctx context.Context, w wait) {
	for {
		progress, idle, done := b.work.look()
		over := idle || !w.room && done >= w.number
		if w.room && !over {
			over = b.hasRoom()
		}
		if over {
			return
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return
		case <-b.s.delivery.ctx.Done():
			return
		}
	}
}

// hasRoom reports whether the queue is not more than half full.
func (b *binding) hasRoom() bool {
	l := b.link.Load()
	if l == nil {
		return true
	}
	size, err := b.s.repo.QueueSize(b.queue)
	return err != nil || b.fits(l, size.Bytes, 0, 2)
}
