package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"openwmi/cim"
)

// An EventConsumer is a provider that does something with the events of
// permanent subscriptions: a sink of logical consumers, of which the repository
// keeps the descriptions (events.md 8).
//
// It is registered for its class of logical consumers, of which an instance is
// bound to a filter, in the namespace of the class:
//
//	class MyConsumer : __EventConsumer { [key] string Name; };
//	instance of __Win32Provider as $P { Name = "My"; };
//	instance of __EventConsumerProviderRegistration { provider = $P; ConsumerClassNames = {"MyConsumer"}; };
//	instance of MyConsumer as $C { Name = "c"; };
//	instance of __EventFilter as $F { Name = "f"; QueryLanguage = "WQL"; Query = "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Disk'"; };
//	instance of __FilterToConsumerBinding { Filter = $F; Consumer = $C; };
type EventConsumer interface {
	// Consume hands events, in their order, to the logical consumer that an
	// instance of a subclass of __EventConsumer describes. The instance is
	// shared and must not be changed. When Consume returns nil the events are
	// delivered; an error raises a __ConsumerFailureEvent for each of them or,
	// if it is an *Undelivered, for those that it says. Consume is called by
	// several goroutines, and must end when ctx does.
	Consume(ctx context.Context, consumer *cim.Instance, events []Event) error
}

// A ConsumerValidator is an EventConsumer that can say beforehand whether it can
// do what a logical consumer describes.
type ConsumerValidator interface {
	// Validate returns why a logical consumer must not be put, nil if it may.
	// It is asked before the instance is stored, which is not changed.
	Validate(consumer *cim.Instance) error
}

// An Event is an event on its way to a logical consumer.
type Event struct {
	// ID is the same whenever this event is delivered again, so that a
	// consumer can drop repeats.
	ID string

	Namespace string        // in which it was raised
	Instance  *cim.Instance // shared: must not be changed
}

// An Undelivered is the error of Consume when it has delivered some of the
// events.
type Undelivered struct {
	// Errs are why events were not delivered, in the order of the events; nil
	// for one that was. An event with ErrNotAttempted, and all after it, are
	// delivered again.
	Errs []error
}

// ErrNotAttempted says in Undelivered that Consume had to end before it came to an
// event.
var ErrNotAttempted = errors.New("delivery was not attempted")

// maxTexts bounds the different errors that the text of an Undelivered has.
const maxTexts = 4

// Error returns what went wrong, and how often.
func (u *Undelivered) Error() string {
	failed := u.Unwrap()
	if len(failed) == 1 {
		return failed[0].Error()
	}
	var texts []string
	for _, err := range failed {
		text := err.Error()
		switch {
		case slices.Contains(texts, text):
		case len(texts) == maxTexts:
			return fmt.Sprintf("%d of %d events: %s\nand others", len(failed), len(u.Errs), strings.Join(texts, "\n"))
		default:
			texts = append(texts, text)
		}
	}
	return fmt.Sprintf("%d of %d events: %s", len(failed), len(u.Errs), strings.Join(texts, "\n"))
}

// Unwrap returns the errors that there are.
func (u *Undelivered) Unwrap() []error {
	var failed []error
	for _, err := range u.Errs {
		if err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}
