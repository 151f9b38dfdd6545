package cimxml

import (
	"context"
	"errors"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// A subscription asks the server for events when somebody waits for one. A
// request that was begun goes on when he stops waiting, and what it brings is
// kept, so that no event is lost in between.
type subscription struct {
	s         *session
	op, query string
	id        string
	ctx       context.Context // of Subscribe
	life      context.Context // ends with Close too
	end       context.CancelFunc

	mu     sync.Mutex // guards what follows
	kept   []received
	asking chan struct{} // closed when the request that runs has ended, nil if none does
	err    error         // why it has ended
	closed bool

	running sync.WaitGroup // requests
}

// received is an event, or that some were lost.
type received struct {
	event *cim.Instance
	err   error
}

// maxKept bounds the events that wait for Next. The queue of a server is smaller.
const maxKept = 1 << 16

// patience is how long a request may take that does not wait for events.
const patience = 10 * time.Second

// Subscribe implements wbem.Services.
func (s *session) Subscribe(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error) {
	sub := &subscription{s: s, op: opSubscribe, query: query, ctx: ctx}
	r := s.request(opSubscribe, query, "__Subscribe", "", o).text("Language", language).text("Query", query)
	if err := r.do(ctx, nil, func(text string) bool { sub.id = text; return true }); err != nil {
		return nil, err
	}
	sub.life, sub.end = context.WithCancel(ctx)
	sub.running.Add(1)
	context.AfterFunc(sub.life, sub.unsubscribe)
	return sub, nil
}

// unsubscribe tells the server that nobody wants events any more.
func (s *subscription) unsubscribe() {
	defer s.running.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), farewell)
	defer cancel()
	r := s.s.request(s.op, s.query, "__Unsubscribe", "", wbem.Options{}).text("Subscription", s.id)
	_ = r.goOn(ctx, nil, nil) // it ends by itself if that fails
}

// ask begins a request for events, unless one runs.
func (s *subscription) ask(wait bool) (done chan struct{}) {
	if s.asking == nil {
		done := make(chan struct{})
		s.asking = done
		s.running.Go(func() { s.run(wait, done) })
	}
	return s.asking
}

func (s *subscription) run(wait bool, done chan struct{}) {
	ctx, cancel := context.WithTimeout(s.life, maxEventWait+patience)
	defer cancel()
	r := s.s.request(s.op, s.query, "__Events", "__InstanceOperationEvent", wbem.Options{}).text("Subscription", s.id)
	if !wait {
		r.text("Wait", "FALSE")
	}
	r.collects = true
	err := r.goOn(ctx, func(o cim.Object) bool {
		event, ok := o.(*cim.Instance)
		if !ok {
			return true
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.kept) == maxKept {
			s.kept = append(s.kept, received{err: s.failure(cim.Errorf(wbem.QueueOverflow, "the server sends more than %d events at once", maxKept))})
			return false
		}
		s.kept = append(s.kept, received{event: event})
		return true
	}, nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case errors.Is(err, wbem.QueueOverflow):
		s.kept = append(s.kept, received{err: err})
	case err != nil:
		s.err = err
	}
	s.asking = nil
	close(done)
}

// Next implements wbem.Subscription.
func (s *subscription) Next(ctx context.Context) (*cim.Instance, error) {
	asked := false
	for {
		s.mu.Lock()
		switch {
		case s.closed:
			s.mu.Unlock()
			return nil, s.failure(cim.Errorf(wbem.InvalidOperation, "the subscription is closed"))
		case len(s.kept) > 0:
			got := s.kept[0]
			s.kept = s.kept[1:]
			s.mu.Unlock()
			return got.event, got.err
		case s.ctx.Err() != nil:
			s.mu.Unlock()
			return nil, s.failure(s.ctx.Err())
		case s.err != nil:
			s.mu.Unlock()
			return nil, s.err
		}
		over := ctx.Err() != nil
		if over && asked {
			s.mu.Unlock()
			return nil, s.failure(ctx.Err())
		}
		waits := s.asking != nil // for events, already
		done := s.ask(!over)
		s.mu.Unlock()
		asked = true
		if !over {
			select {
			case <-done:
			case <-ctx.Done():
			}
			continue
		}
		// Who does not wait gets what is there. A request that waits has
		// been answered when something is.
		if waits {
			select {
			case <-done:
			case <-time.After(settling):
			}
		} else {
			<-done
		}
	}
}

// settling is how long an answer may be on its way.
const settling = 50 * time.Millisecond

func (s *subscription) failure(err error) error { return wbem.NewError(s.op, s.query, err) }

// Close implements wbem.Subscription. It waits until the server knows, or for
// farewell.
func (s *subscription) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.running.Wait()
	return nil
}
