package scripting

import (
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// A Sink receives the events of asynchronous calls (SWbemSink). Set the handlers
// before the first call and leave them alone afterwards; one that is nil is
// skipped. It must not be copied after its first call.
//
// Handlers run one at a time, on a goroutine of the sink, for each call in this
// order: OnObjectReady for each object, or one OnObjectPut, with OnProgress in
// between; then OnCompleted, exactly once and last. asyncContext is the set that
// was passed with the call, the same one in all its events, nil if none was: it
// tells the calls of one sink apart. A handler may start calls and cancel, but
// must not wait for another event of its sink. One that panics cancels its call,
// and no other. (async-and-security.md 2)
type Sink struct {
	// OnObjectReady gets an object that a call delivers.
	OnObjectReady func(object *Object, asyncContext *NamedValueSet)

	// OnCompleted gets the status with which a call ended, ErrCallCancelled
	// after Cancel, and its error object, nil if it succeeded.
	OnCompleted func(result wbem.Status, errorObject *LastError, asyncContext *NamedValueSet)

	// OnProgress gets how far a call with FlagSendStatus has come, in units
	// of its own. Only providers report that. Of a notification query it gets,
	// with any flags, a message that events were lost.
	OnProgress func(upperBound, current int32, message string, asyncContext *NamedValueSet)

	// OnObjectPut gets the path at which an object was stored.
	OnObjectPut func(path *ObjectPath, asyncContext *NamedValueSet)

	once sync.Once
	sink wbem.Sink
}

// Cancel ends all calls of this sink, through whatever session they were made.
// It does not wait; it may be called in a handler. After it only OnCompleted is
// called for them, once for each, with ErrCallCancelled unless the call had
// ended before. A put may have been done or not, but never in part. Without
// calls nothing happens. ("ISWbemSink::Cancel method"; async-and-security.md 3.1)
func (s *Sink) Cancel() error {
	s.sink.Cancel()
	return nil
}

// A call is what the handlers of a sink need to know about a call.
type call struct {
	services *Services
	security Security // at the time of the call
	context  *NamedValueSet
}

func (s *Services) call(asyncContext *NamedValueSet) *call {
	return &call{s, s.security, asyncContext}
}

// wbem returns the sink behind s, nil for nil.
func (s *Sink) wbem() *wbem.Sink {
	if s == nil {
		return nil
	}
	s.once.Do(func() {
		s.sink.OnObject = s.objectReady
		s.sink.OnObjectPut = s.objectPut
		s.sink.OnProgress = s.progress
		s.sink.OnCompleted = s.completed
	})
	return &s.sink
}

func (s *Sink) objectReady(o cim.Object, tag any) error {
	if c := tag.(*call); s.OnObjectReady != nil {
		s.OnObjectReady(newObject(c.services, c.security, o), c.context)
	}
	return nil
}

func (s *Sink) objectPut(p cim.Path, tag any) error {
	if c := tag.(*call); s.OnObjectPut != nil {
		path := freePath(p, c.services)
		path.security = c.security
		s.OnObjectPut(path, c.context)
	}
	return nil
}

func (s *Sink) progress(p wbem.Progress, tag any) error {
	if c := tag.(*call); s.OnProgress != nil {
		s.OnProgress(int32(p.Total), int32(p.Done), p.Message, c.context)
	}
	return nil
}

func (s *Sink) completed(err error, tag any) {
	if c := tag.(*call); s.OnCompleted != nil {
		s.OnCompleted(wbem.StatusOf(err), newLastError(err), c.context)
	}
}
