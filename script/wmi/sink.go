package wmi

import (
	"openwmi/script/automation"
	"openwmi/script/vbscript"
	"openwmi/scripting"
	"openwmi/wbem"
)

// newSink returns a sink whose events go to where Connect says.
func (r *Runtime) newSink() *scripting.Sink {
	s := &scripting.Sink{}
	s.OnObjectReady = func(o *scripting.Object, c *scripting.NamedValueSet) {
		r.fire(s, "OnObjectReady", o, c)
	}
	s.OnObjectPut = func(p *scripting.ObjectPath, c *scripting.NamedValueSet) {
		r.fire(s, "OnObjectPut", p, c)
	}
	s.OnProgress = func(upper, current int32, message string, c *scripting.NamedValueSet) {
		r.fire(s, "OnProgress", upper, current, message, c)
	}
	s.OnCompleted = func(result wbem.Status, e *scripting.LastError, c *scripting.NamedValueSet) {
		r.fire(s, "OnCompleted", number(result), e, c)
	}
	return s
}

// Connect sends the events of a sink to fire, nil for nowhere. It reports whether the
// object is a sink.
func (r *Runtime) Connect(o vbscript.Object, fire automation.Fire) bool {
	s, ok := automation.Unwrap(vbscript.FromObject(o)).(*scripting.Sink)
	if !ok {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if fire == nil {
		delete(r.sinks, s)
	} else {
		r.sinks[s] = fire
	}
	return true
}

// fire sends an event, from the goroutine of the sink.
func (r *Runtime) fire(s *scripting.Sink, event string, args ...any) {
	r.mu.Lock()
	fire := r.sinks[s]
	r.mu.Unlock()
	if fire == nil {
		return
	}
	values := make([]vbscript.Value, len(args))
	for i, x := range args {
		values[i] = r.library.Value(x)
	}
	fire(event, values...)
}
