package host

import (
	"context"
	"strings"
	"time"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// A queue holds the events that wait for the script, in the order in which they came.
type queue struct {
	ctx    context.Context
	events chan event
	depth  int // of waits in handlers of events
}

// event is one, for the procedure of a script whose name begins with prefix.
type event struct {
	automation.Event
	prefix string
}

// maxEvents bounds how many events wait: who sends one more waits too. maxWaits bounds
// how deep handlers of events may wait for events; those below only sleep.
const (
	maxEvents = 256
	maxWaits  = 64
)

func newQueue(ctx context.Context) queue {
	return queue{ctx: ctx, events: make(chan event, maxEvents)}
}

// post adds an event, on any goroutine. It waits while the queue is full.
func (q *queue) post(e event) {
	select {
	case q.events <- e:
	case <-q.ctx.Done():
	}
}

// wait delivers events until done says that it is enough, or ctx or the session ends.
// Those that wait already are delivered even when it is enough.
func (s *Session) wait(ctx context.Context, done <-chan struct{}) error {
	events := s.events.events
	if s.events.depth >= maxWaits {
		events = nil
	}
	s.events.depth++
	defer func() { s.events.depth-- }()
	for n := len(events); n > 0 && s.ctx.Err() == nil && ctx.Err() == nil; n-- {
		select {
		case e := <-events:
			s.deliver(ctx, e)
		default: // a handler has waited too
		}
	}
	for {
		select {
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		case <-ctx.Done():
			return ctx.Err()
		case <-done:
			return nil
		default:
		}
		select {
		case <-s.ctx.Done():
		case <-ctx.Done():
		case <-done:
		case e := <-events:
			s.deliver(ctx, e)
		}
	}
}

// sleep waits for a time, and delivers events meanwhile.
func (s *Session) sleep(ctx context.Context, d time.Duration) error {
	done := make(chan struct{})
	timer := time.AfterFunc(d, func() { close(done) })
	defer timer.Stop()
	return s.wait(ctx, done)
}

// deliver calls the handler of an event, if a script has it. An error is reported, with
// its place in the handler, and the script goes on.
func (s *Session) deliver(ctx context.Context, e event) {
	if e.Stale != nil && e.Stale() {
		return
	}
	for _, engine := range s.order {
		for _, procedure := range e.procedures() {
			if !engine.defined(procedure) {
				continue
			}
			if err := engine.call(ctx, procedure, e.Args); err != nil && s.ctx.Err() == nil && ctx.Err() == nil {
				s.report(err)
				s.failed = true
			}
			return
		}
	}
}

// procedures returns the names of procedures that handle an event: JScript has sink::Event
// as well for what is sink_Event elsewhere.
func (e event) procedures() []string {
	names := []string{e.prefix + e.Name}
	if object, ok := strings.CutSuffix(e.prefix, "_"); ok {
		names = append(names, object+"::"+e.Name)
	}
	return names
}

// connect sends the events of an object to the procedures whose names begin with prefix.
func (s *Session) connect(o vbscript.Object, prefix string) error {
	fire := func(e automation.Event) { s.events.post(event{e, prefix}) }
	if s.wmi == nil || !s.wmi.Connect(o, fire) {
		return vbscript.NewError(445, o.TypeName()+" has no events")
	}
	return nil
}

// disconnect sends the events of an object nowhere.
func (s *Session) disconnect(o vbscript.Object) error {
	if s.wmi == nil || !s.wmi.Connect(o, nil) {
		return vbscript.NewError(445, o.TypeName()+" has no events")
	}
	return nil
}
