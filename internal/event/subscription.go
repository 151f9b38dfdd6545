package event

import (
	"context"
	"errors"
	"iter"
	"math"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// A Subscription is a temporary one: a query with a queue of events that nobody
// has read yet (events.md 4). It ends with its context, with Close, or with the
// Broker.
type Subscription struct {
	reg  *Registration
	stop func() bool // forgets the context

	mu    sync.Mutex // guards what follows
	queue queue
	err   error // why it has ended; nil while it runs

	wake chan struct{} // has an element when a reader should look again
}

var _ wbem.Subscription = (*Subscription)(nil)

// Subscribe starts a query. When it returns, the query has been checked and
// events are collected, until ctx ends or the Subscription is closed. Errors are
// those of Register.
func (b *Broker) Subscribe(ctx context.Context, spec Spec) (*Subscription, error) {
	s := &Subscription{wake: make(chan struct{}, 1)}
	s.queue.memory, s.queue.shed = &b.memory, s.shed
	s.reg = &Registration{b: b, spec: spec, out: s}
	if err := b.register(ctx, s.reg); err != nil {
		s.close(err) // events may have come already
		return nil, err
	}
	s.stop = context.AfterFunc(ctx, func() { s.close(ended(ctx)) })
	return s, nil
}

// ended returns why a context has ended as an error with a status.
func ended(ctx context.Context) error { return wbem.NewError("", "", ctx.Err()) }

// Next returns the next event, which belongs to the caller, and waits for it
// until ctx ends: CallCancelled, or Timeout at its deadline.
//
// An *Overflow, which is QueueOverflow, says that events were lost, and is not
// the end; it comes when events were lost since the queue was empty, and once
// more when it is empty again if more were lost. Any other error is the end of
// the subscription, and comes every time: CallCancelled or Timeout if its own
// context has ended, InvalidOperation if it was closed, or what Handler.End
// says. In the last case the events that waited come first, otherwise they are
// gone.
func (s *Subscription) Next(ctx context.Context) (*cim.Instance, error) {
	for {
		s.mu.Lock()
		it, err := s.queue.next()
		if err == nil && it.event == nil {
			err = s.err
		}
		if s.queue.count > 0 || s.err != nil {
			s.signal() // for another reader
		}
		s.mu.Unlock()
		switch {
		case err != nil:
			return nil, err
		case it.event != nil:
			return s.reg.plan.Load().deliver(it), nil
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil, ended(ctx)
		}
	}
}

// Events yields what Next returns, until ctx ends, the subscription does, or
// the loop is left. An error of QueueOverflow is followed by more events; any
// other is the last.
func (s *Subscription) Events(ctx context.Context) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for {
			inst, err := s.Next(ctx)
			if !yield(inst, err) || err != nil && !errors.Is(err, wbem.QueueOverflow) {
				return
			}
		}
	}
}

// Close ends the subscription; Next is InvalidOperation then. Closing twice does
// nothing.
func (s *Subscription) Close() error {
	s.stop()
	s.close(cim.Errorf(wbem.InvalidOperation, "the subscription is closed"))
	return nil
}

func (s *Subscription) close(err error) {
	s.reg.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	s.queue.clear()
	s.signal()
}

// Deliver implements receiver.
func (s *Subscription) Deliver(_ context.Context, e *Event) error {
	s.push(e)
	s.reg.b.memory.trim()
	return nil
}

func (s *Subscription) push(e *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	if !s.merge(e) {
		s.queue.push(e)
	}
	s.signal()
}

// shed gives up the oldest event.
func (s *Subscription) shed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue.count > 0 {
		s.queue.drop()
	}
	s.signal()
}

// merge adds the firing of a timer to the last one, if nobody has read that
// (events.md 7).
func (s *Subscription) merge(e *Event) bool {
	last := s.queue.last()
	if e.timer == nil || last == nil || last.event.timer != e.timer {
		return false
	}
	if e.timer.merges() && last.more < math.MaxUint32-e.firings {
		last.more += e.firings
	}
	return true
}

// Lost implements receiver.
func (s *Subscription) Lost(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue.lost += n
	s.signal()
}

// End implements receiver.
func (s *Subscription) End(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	s.signal()
}

func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
