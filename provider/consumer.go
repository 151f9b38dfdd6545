package provider

import (
	"context"

	"openwmi/cim"
)

// An EventConsumer is a provider that does something with the events of
// permanent subscriptions: a sink of logical consumers, of which the repository
// keeps the descriptions (events.md 8).
type EventConsumer interface {
	// Consume hands events, in their order, to the logical consumer that an
	// instance of a subclass of __EventConsumer describes. The instance is
	// shared and must not be changed. When Consume returns nil the events are
	// delivered; an error raises a __ConsumerFailureEvent. Consume is called
	// by several goroutines for different consumers, and must end when ctx
	// does.
	Consume(ctx context.Context, consumer *cim.Instance, events []Event) error
}

// An Event is an event on its way to a logical consumer.
type Event struct {
	// ID is the same whenever this event is delivered again, so that a
	// consumer can drop repeats.
	ID string

	Namespace string        // in which it was raised
	Instance  *cim.Instance // shared: must not be changed
}
