package permanent

import (
	"context"
	"sync"
)

// A Raiser is a caller who raises events by one operation, and waits for those
// consumers that it is to wait for: a binding with DeliveryQoS 0, or one with
// SlowDownProviders whose queue is long (events.md 13).
type Raiser struct {
	s     *Subscriptions
	noted uint64 // of settling, before

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

// Begin waits until what Start has found is in force, and returns the context for
// one operation that changes objects or raises events. After the operation the
// caller calls End.
func (s *Subscriptions) Begin(ctx context.Context) (context.Context, *Raiser) {
	select {
	case <-s.ready:
	case <-ctx.Done(): // the operation says so
	}
	r := &Raiser{s: s, noted: s.settling.noted.Load()}
	return context.WithValue(ctx, raiserKey{}, r), r
}

func raiserOf(ctx context.Context) *Raiser {
	r, _ := ctx.Value(raiserKey{}).(*Raiser)
	return r
}

// note notes an item that was appended to a queue, of which long says that it is
// more than half full. A transaction that runs again notes it again.
func (r *Raiser) note(b *binding, l *link, number uint64, long bool) {
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

// End waits until the subscriptions are as the objects say that the operation has
// changed, and then for the consumers that it has to wait for: no longer than
// some seconds, or MaxWait, until ctx ends, or the Subscriptions are closed.
func (r *Raiser) End(ctx context.Context) {
	if r.s.settling.noted.Load() != r.noted {
		r.s.Settle(ctx)
	}
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
