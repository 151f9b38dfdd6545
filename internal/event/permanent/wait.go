package permanent

import (
	"context"
	"sync"
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
	if err := operation(context.WithValue(ctx, raiserKey{}, &r)); err != nil {
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
	mu    sync.Mutex // guards waits
	waits map[*binding]wait
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
		case <-b.s.ctx.Done():
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
	if l.limit == 0 {
		return b.s.bytes.Load() <= MaxQueuedBytes/2
	}
	size, err := b.s.repo.QueueSize(b.queue)
	return err != nil || size.Bytes <= l.limit/2
}
