package wbem

import (
	"context"
	"iter"
	"time"
)

// A SubscriptionLister is a Services that can say how the permanent
// subscriptions of all namespaces are, not only of its own (events.md 8).
type SubscriptionLister interface {
	// PermanentSubscriptions yields every __FilterToConsumerBinding, then each
	// __EventFilter and __EventConsumer that no binding names, by path. Those
	// in namespaces that the caller must not enter are left out.
	PermanentSubscriptions(ctx context.Context) iter.Seq2[*PermanentSubscription, error]
}

// A PermanentSubscription is a binding of a filter and a consumer, or a filter
// or consumer without one, as it is at the moment.
type PermanentSubscription struct {
	// Binding, Filter and Consumer are full paths in normal form. Binding is
	// "" for what has none, and one of the others is then "" as well. What a
	// binding names that is no path stands here as it is written.
	Binding, Filter, Consumer string

	// Namespace is where the events are raised that Query, the query of the
	// filter, asks for. Both are "" without a filter.
	Namespace, Query string

	State  SubscriptionState
	Reason string // why State is not SubscriptionActive, "" if it is

	Queued      int64 // events that wait to be delivered
	QueuedBytes int64 // that they take in the store

	// What has become of events since the binding was put: the consumer took
	// them, the consumer failed, or there was no room. A crash of the service
	// may forget the last of those for which there was none.
	Delivered, Failed, Dropped uint64

	// LastError is why the consumer failed last, and LastFailed when; "" and
	// the zero time if it never has.
	LastError  string
	LastFailed time.Time
}

// A SubscriptionState says whether a permanent subscription works.
type SubscriptionState string

const (
	// SubscriptionActive: events are collected and delivered.
	SubscriptionActive SubscriptionState = "active"

	// SubscriptionFailing: the same, but the consumer failed last time.
	SubscriptionFailing SubscriptionState = "failing"

	// SubscriptionInactive: the filter cannot be run at the moment, since a
	// class or namespace does not exist, for one. It is tried again.
	SubscriptionInactive SubscriptionState = "inactive"

	// SubscriptionDangling: the binding names a filter or consumer that does
	// not exist.
	SubscriptionDangling SubscriptionState = "dangling"

	// SubscriptionRefused: it must not run: its parts have different creators,
	// or ask for what is not allowed or not supported.
	SubscriptionRefused SubscriptionState = "refused"

	// SubscriptionUnbound: a filter or consumer that no binding names.
	SubscriptionUnbound SubscriptionState = "unbound"
)
