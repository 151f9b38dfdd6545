package wbem

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"openwmi/cim"
)

const (
	// queueSize bounds the objects, paths and reports of progress that wait
	// in one sink for its handlers. Operations that produce more wait.
	queueSize = 64

	// MaxCalls bounds the asynchronous calls of one sink that are not
	// completed. One more is QuotaViolation (put.md 3).
	MaxCalls = 1 << 12
)

// A Sink receives what asynchronous calls deliver (IWbemObjectSink,
// SWbemSink). Set the handlers before the first call and leave them alone
// afterwards; one that is nil is skipped. A sink serves any number of calls, at
// once and one after the other, through any session. It must not be copied
// after its first call.
//
// Its handlers run one at a time, on one goroutine that exists while there is
// something to deliver. Each call that started delivers objects or one path,
// progress in between if it was asked for, and then OnCompleted, exactly once
// and last. The events of several calls come in any order; the value that was
// given with the call tells them apart (async-and-security.md 2.2).
//
// A handler may start calls, also with its own sink, and cancel. It must not
// wait for another event of its sink. While it works at most 64 further events
// wait; then the operations do, so that nothing is dropped and nothing grows.
//
// A handler that returns an error or panics cancels its call, and no other.
// OnCompleted of that call then gets CallCancelled with the error as its cause.
//
// Calls keep the sink alive: to drop the last reference to it cancels nothing.
type Sink struct {
	// OnObject gets an object, which now belongs to the handler.
	OnObject func(o cim.Object, asyncContext any) error

	// OnObjectPut gets the path at which a put has stored its object.
	OnObjectPut func(path cim.Path, asyncContext any) error

	// OnProgress gets what a provider reports about a call with SendStatus,
	// and that events of a subscription were lost.
	OnProgress func(p Progress, asyncContext any) error

	// OnCompleted gets nil or the *Error with which the call ended.
	OnCompleted func(err error, asyncContext any)

	mu    sync.Mutex // guards what follows
	used  bool       // a call has started
	busy  bool       // a goroutine delivers
	calls map[*Call]struct{}
	queue []*event
	// slots holds an element for each event of the queue but completions,
	// which are bounded by the number of calls.
	slots chan struct{}
}

// A Call is one asynchronous operation, as the function sees it that runs it.
type Call struct {
	sink         *Sink
	op, path     string
	asyncContext any
	ctx          context.Context // of the operation; belongs to its goroutine
	cancel       context.CancelFunc

	// These are guarded by sink.mu.
	started bool
	final   *event // the completion, once it is on its way: nothing may follow
	lossy   bool   // an object or a path was dropped from the queue
}

type eventKind uint8

const (
	eventObject eventKind = iota
	eventPut
	eventProgress
	eventCompleted
)

// An event is a callback that waits.
type event struct {
	call     *Call
	kind     eventKind
	object   cim.Object
	path     cim.Path
	progress Progress
	err      error
}

// Start runs a synchronous operation as an asynchronous call: in a goroutine of
// its own, with what it hands to c going to the sink together with
// asyncContext. op and path name it in errors.
//
// Start returns as soon as the operation has passed the checks before its start
// (see Started) or ended. If it failed before, that is the error, and the sink
// is never used (async-and-security.md 1.3); InvalidParameter if there is no
// sink, QuotaViolation beyond MaxCalls. Otherwise Start returns nil, and what
// run returns goes to OnCompleted.
//
// The context is that of the whole operation, not only of its start.
func Start(ctx context.Context, s *Sink, op, path string, asyncContext any, run func(ctx context.Context, c *Call) error) error {
	if s == nil {
		return NewError(op, path, cim.Errorf(InvalidParameter, "there is no sink"))
	}
	c := &Call{sink: s, op: op, path: path, asyncContext: asyncContext}
	ctx, c.cancel = context.WithCancel(ctx)
	err := s.add(c)
	if err == nil {
		err = begin(ctx, c.start, func(ctx context.Context) error {
			c.ctx = ctx
			return run(ctx, c)
		}, c.finish)
	}
	if err != nil {
		s.remove(c)
	}
	return NewError(op, path, err)
}

// add counts a call in before it starts, remove one that failed to.
func (s *Sink) add(c *Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) >= MaxCalls {
		return cim.Errorf(QuotaViolation, "the sink has %d calls that are not completed", MaxCalls)
	}
	if s.calls == nil {
		s.calls = map[*Call]struct{}{}
		s.slots = make(chan struct{}, queueSize)
	}
	s.calls[c] = struct{}{}
	return nil
}

func (s *Sink) remove(c *Call) {
	s.mu.Lock()
	delete(s.calls, c)
	s.mu.Unlock()
	c.cancel()
}

func (c *Call) start() {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	c.started = true
	c.sink.used = true
}

// finish ends the call with what the operation returned, unless it was
// cancelled before.
func (c *Call) finish(err error) {
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	if c.final == nil {
		c.complete(err)
	}
	c.cancel()
}

// complete puts the last event of the call into the queue. The sink is locked.
func (c *Call) complete(err error) {
	c.final = &event{call: c, kind: eventCompleted, err: NewError(c.op, c.path, err)}
	c.sink.push(c.final)
}

// push appends an event to the queue and sees to it that somebody delivers it.
// The sink is locked.
func (s *Sink) push(e *event) {
	s.queue = append(s.queue, e)
	if !s.busy {
		s.busy = true
		go s.deliver()
	}
}

// Object delivers an object, which now belongs to the sink. It waits while the
// queue is full. An error, CallCancelled as a rule, means that the operation
// may end: nothing is delivered any more.
func (c *Call) Object(o cim.Object) error {
	return c.send(&event{call: c, kind: eventObject, object: o})
}

// ObjectPut delivers the path of an object that was put, like Object.
func (c *Call) ObjectPut(path cim.Path) error {
	return c.send(&event{call: c, kind: eventPut, path: path})
}

// Progress delivers a report of progress, like Object.
func (c *Call) Progress(p Progress) error {
	return c.send(&event{call: c, kind: eventProgress, progress: p})
}

func (c *Call) send(e *event) error {
	Started(c.ctx) // whoever delivers has started
	select {
	case c.sink.slots <- struct{}{}:
	case <-c.ctx.Done():
		return NewError(c.op, c.path, c.ctx.Err())
	}
	c.sink.mu.Lock()
	defer c.sink.mu.Unlock()
	if c.final != nil {
		<-c.sink.slots
		return &Error{Op: c.op, Path: c.path, Status: CallCancelled}
	}
	c.sink.push(e)
	return nil
}

// Cancel ends every call of the sink that has started, through whatever session
// (async-and-security.md 3.1). It does not wait: a handler that runs goes on,
// and Cancel may be called in one. No other handler of these calls but
// OnCompleted is called afterwards. It gets CallCancelled, unless the call had
// ended before and nothing that it delivered was still waiting. The operations
// end through their contexts, as soon as they can; a put is done entirely or
// not at all.
//
// A sink without calls is left as it is; it can be used again after Cancel.
func (s *Sink) Cancel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(func(*Call) bool { return true })
	for c := range s.calls {
		s.abort(c, nil, false)
	}
}

// CancelAsyncCall cancels like Cancel, with the errors of
// IWbemServices::CancelAsyncCall (async-and-security.md 3.2): InvalidParameter
// without a sink, NotFound for a sink with which no call has started yet.
func CancelAsyncCall(s *Sink) error {
	const op = "CancelAsyncCall"
	if s == nil {
		return NewError(op, "", cim.Errorf(InvalidParameter, "there is no sink"))
	}
	s.mu.Lock()
	used := s.used
	s.mu.Unlock()
	if !used {
		return NewError(op, "", cim.Errorf(NotFound, "no call has used this sink"))
	}
	s.Cancel()
	return nil
}

// drop removes what waits from the queue, completions excepted. The sink is
// locked.
func (s *Sink) drop(of func(*Call) bool) {
	kept := s.queue[:0]
	for _, e := range s.queue {
		if e.kind == eventCompleted || !of(e.call) {
			kept = append(kept, e)
			continue
		}
		<-s.slots
		e.call.lossy = e.call.lossy || e.kind != eventProgress
	}
	clear(s.queue[len(kept):])
	s.queue = kept
}

// abort ends a call whose events were dropped from the queue. A success that is
// already on its way stands, unless something before it was dropped or a
// handler failed. The sink is locked.
func (s *Sink) abort(c *Call, cause error, failed bool) {
	cancelled := &Error{Op: c.op, Path: c.path, Status: CallCancelled, Err: cause}
	switch {
	case !c.started:
		return
	case c.final == nil:
		c.complete(cancelled)
	case c.final.err == nil && (c.lossy || failed):
		c.final.err = cancelled
	}
	c.cancel()
}

// deliver calls the handlers for everything in the queue.
func (s *Sink) deliver() {
	for {
		e := s.next()
		if e == nil {
			return
		}
		if err := s.handle(e); err != nil {
			s.reject(e, err)
		}
	}
}

// next takes the first event out of the queue, nil if there is none: the
// goroutine that delivers then ends.
func (s *Sink) next() *event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		s.queue = nil
		s.busy = false
		return nil
	}
	e := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	if e.kind == eventCompleted {
		delete(s.calls, e.call)
	} else {
		<-s.slots
	}
	return e
}

var errGoexit = errors.New("the handler ended its goroutine")

// handle calls the handler for an event and returns its error or panic.
func (s *Sink) handle(e *event) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			err = fmt.Errorf("the handler panicked: %v\n%s", v, debug.Stack())
			return
		}
		// The handler called runtime.Goexit, as testing.T.FailNow does, and
		// nothing can stop that: another goroutine goes on.
		s.reject(e, errGoexit)
		go s.deliver()
	}()
	err = s.call(e)
	returned = true
	return err
}

func (s *Sink) call(e *event) error {
	switch tag := e.call.asyncContext; {
	case e.kind == eventObject && s.OnObject != nil:
		return s.OnObject(e.object, tag)
	case e.kind == eventPut && s.OnObjectPut != nil:
		return s.OnObjectPut(e.path, tag)
	case e.kind == eventProgress && s.OnProgress != nil:
		return s.OnProgress(e.progress, tag)
	case e.kind == eventCompleted && s.OnCompleted != nil:
		s.OnCompleted(e.err, tag)
	}
	return nil
}

// reject cancels the call of an event whose handler failed (Decision A-3).
func (s *Sink) reject(e *event, err error) {
	if e.kind == eventCompleted {
		// The call has ended and nobody is left who could be told.
		slog.Error("wbem: OnCompleted of a sink failed", "operation", e.call.op, "path", e.call.path, "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(func(c *Call) bool { return c == e.call })
	s.abort(e.call, err, true)
}
