package cimxml

import (
	"context"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// ahead is how many events are read before anybody asks for them. The server
// keeps the rest, and says when it has lost some.
const ahead = 64

// A subscription reads the events that the server sends. One goroutine reads, of
// which the answer is.
type subscription struct {
	op, query string
	cancel    context.CancelFunc
	events    chan received
	done      chan struct{} // closed when no more are read; err says why
	err       error
	close     sync.Once
	closed    chan struct{}
}

type received struct {
	event *cim.Instance
	err   error // QueueOverflow
}

// Subscribe implements wbem.Services.
func (s *session) Subscribe(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error) {
	r := s.request(opSubscribe, query, "__Subscribe", "", o).text("Language", language).text("Query", query)
	reading, cancel := context.WithCancel(ctx)
	sub := &subscription{
		op: opSubscribe, query: query, cancel: cancel, events: make(chan received, ahead),
		done: make(chan struct{}), closed: make(chan struct{}),
	}
	began := make(chan struct{})
	go func() {
		defer close(sub.done)
		defer cancel()
		sub.err = r.subscribe(reading, sub, func() { close(began) })
	}()
	select {
	case <-began:
		return sub, nil
	case <-sub.done:
		return nil, sub.err
	}
}

// subscribe reads events until the subscription ends, and says why it did.
func (r *nativeRequest) subscribe(ctx context.Context, sub *subscription, begin func()) error {
	first := true
	deliver := func(got received) bool {
		select {
		case sub.events <- got:
			return true
		case <-ctx.Done():
			return false
		}
	}
	r.lost = func(err error) bool { return deliver(received{err: wbem.NewError(r.op, r.path, err)}) }
	err := r.do(ctx, func(o cim.Object) bool {
		event, ok := o.(*cim.Instance)
		return !ok || deliver(received{event: event})
	}, func(string) bool {
		if first {
			first = false
			begin()
		}
		return true
	})
	switch {
	case ctx.Err() != nil:
		return wbem.NewError(r.op, r.path, ctx.Err())
	case err == nil:
		return wbem.NewError(r.op, r.path, cim.Errorf(wbem.TransportFailure, "the server has ended the subscription"))
	}
	return err
}

// Next implements wbem.Subscription.
func (s *subscription) Next(ctx context.Context) (*cim.Instance, error) {
	select { // what is there is returned first
	case got := <-s.events:
		return got.event, got.err
	default:
	}
	select {
	case <-s.closed:
		return nil, wbem.NewError(s.op, s.query, cim.Errorf(wbem.InvalidOperation, "the subscription is closed"))
	default:
	}
	select {
	case got := <-s.events:
		return got.event, got.err
	case <-s.closed:
		return nil, wbem.NewError(s.op, s.query, cim.Errorf(wbem.InvalidOperation, "the subscription is closed"))
	case <-s.done:
		select {
		case got := <-s.events:
			return got.event, got.err
		default:
		}
		return nil, s.err
	case <-ctx.Done():
		return nil, wbem.NewError(s.op, s.query, ctx.Err())
	}
}

// Close implements wbem.Subscription.
func (s *subscription) Close() error {
	s.close.Do(func() {
		close(s.closed)
		s.cancel()
		<-s.done
	})
	return nil
}
