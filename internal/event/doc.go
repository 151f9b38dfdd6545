// Package event is the broker of events: it learns what happened, finds out who
// wants to know, and tells them (events.md; "Monitoring Events" in the WMI
// documentation; [MS-WMI] 3.1.1, 3.1.5 and 3.1.6).
//
//	b, err := event.New(repo, event.Options{})
//	s, err := b.Subscribe(ctx, event.Spec{Namespace: ns, Query: "SELECT * FROM __InstanceCreationEvent"})
//	for inst, err := range s.Events(ctx) { ... }
//
// # Where events come from
//
// The repository tells the broker of every change after it has become durable,
// in the order of commits. Publish and Raise take events from clients and
// providers, timer instructions in the repository make timer events, and dynamic
// classes for which no provider raises events are polled (WITHIN).
//
// # Who gets them
//
// A Registration is a query that runs. It stands in an index: by namespace, by
// the class that it selects from, and, for events about instances, by the classes
// to which TargetInstance must belong. So what a change costs depends on the
// registrations that it may concern, not on how many there are: the classes that
// a change can match are looked up once for each class and kept. The event is
// built for the first registration that may want it, and shared by all.
//
// Subscribe makes a temporary subscription. Its queue is bounded; when it is full
// the oldest events go and the subscriber is told how many. Register gives the
// events to a Handler instead, and those that stem from changes in the very
// transaction that makes them, so that the Handler can note them durably.
//
// # Waiting
//
// Matching runs in the goroutine that commits, so that the order of events is
// that of commits and every event is accounted for. No subscriber is waited for:
// a queue that is full loses its oldest event. What a change event carries is
// immutable, and a subscriber copies it when it reads it.
//
// The broker has no goroutine of its own while nothing happens. Its alarms share
// one timer, and at most maxWorkers goroutines poll, and as many raise the
// events of timers and groups.
//
// A Broker, its Subscriptions and its Registrations may be used by any number of
// goroutines.
package event
