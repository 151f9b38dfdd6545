package wmi

import (
	"sync"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
	"openwmi/scripting"
	"openwmi/wbem"
)

// A sink is a scripting.Sink whose events go to where connect says.
type sink struct {
	scripting.Sink
	library *automation.Library

	mu          sync.Mutex      // guards what follows
	fire        automation.Fire // nil for nowhere
	connections int             // how often fire was set
	cancels     int
}

func classSink() *automation.Class {
	return &automation.Class{
		Name: "SWbemSink", Type: (*sink)(nil),
		Members: []automation.Member{m("Cancel()", (*sink).cancel)},
	}
}

func (r *Runtime) newSink() *sink {
	s := &sink{library: r.library}
	s.OnObjectReady = func(o *scripting.Object, c *scripting.NamedValueSet) {
		s.send("OnObjectReady", o, c)
	}
	s.OnObjectPut = func(p *scripting.ObjectPath, c *scripting.NamedValueSet) {
		s.send("OnObjectPut", p, c)
	}
	s.OnProgress = func(upper, current int32, message string, c *scripting.NamedValueSet) {
		s.send("OnProgress", upper, current, message, c)
	}
	s.OnCompleted = func(result wbem.Status, e *scripting.LastError, c *scripting.NamedValueSet) {
		s.send(onCompleted, number(result), e, c)
	}
	return s
}

// onCompleted is the event that comes even after Cancel.
const onCompleted = "OnCompleted"

// cancel ends the calls of the sink. What they have delivered and the script has not seen
// is dropped, as the sink does itself with what waits there (async-and-security.md 3.1).
func (s *sink) cancel() error {
	err := s.Cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancels++
	return err
}

// Connect sends the events of a sink to fire, nil for nowhere. Those that were sent
// before are stale. It reports whether the object is a sink.
func (r *Runtime) Connect(o vbscript.Object, fire automation.Fire) bool {
	s, ok := automation.Unwrap(vbscript.FromObject(o)).(*sink)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fire = fire
	s.connections++
	return true
}

// send sends an event, on the goroutine of the sink.
func (s *sink) send(event string, args ...any) {
	s.mu.Lock()
	fire, connections, cancels := s.fire, s.connections, s.cancels
	s.mu.Unlock()
	if fire == nil {
		return
	}
	values := make([]vbscript.Value, len(args))
	for i, x := range args {
		values[i] = s.library.Value(x)
	}
	fire(automation.Event{Name: event, Args: values, Stale: func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.connections != connections || s.cancels != cancels && event != onCompleted
	}})
}
