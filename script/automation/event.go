package automation

import "openwmi/script/vbscript"

// An Event is one of an object that a script has connected.
type Event struct {
	Name string
	Args []vbscript.Value
	// Stale reports that the event must not reach the script any more, since the script
	// has disconnected the object or cancelled what the event is about while the event
	// waited. It is called on the goroutine of the script; nil is never.
	Stale func() bool
}

// A Fire sends an event to the script that has connected an object. It may be called on
// any goroutine, waits while the script is behind, and does nothing when the script has
// ended.
type Fire func(Event)
