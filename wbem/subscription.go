package wbem

import (
	"context"
	"errors"
	"iter"

	"openwmi/cim"
)

// A Subscription is a notification query that runs: it has the events since
// Subscribe returned that nobody has read yet. It may be used by several
// goroutines; each event goes to one of them.
type Subscription interface {
	// Next returns the next event, which belongs to the caller. It waits for
	// one until ctx ends, which is CallCancelled or at the deadline Timeout and
	// leaves the subscription as it was. An event that is there is returned all
	// the same: a context that has ended asks without waiting.
	//
	// QueueOverflow says that events were lost, because nobody read them in
	// time, and that the subscription goes on. Any other error is its end, and
	// comes every time: CallCancelled or Timeout when the context of Subscribe
	// has ended.
	Next(ctx context.Context) (*cim.Instance, error)

	// Close ends the subscription, and whoever waits for an event of it: Next
	// is InvalidOperation then. Closing twice does nothing.
	Close() error
}

// Notify yields the events of a notification query. It subscribes when the loop
// begins, and the subscription ends with the loop; whoever must know when it has
// begun calls Subscribe. The loop ends by itself after an error, as when ctx
// ends. Only after QueueOverflow, which says that events were lost, more events
// follow for whoever goes on.
func Notify(ctx context.Context, s Services, language, query string, o Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		sub, err := s.Subscribe(ctx, language, query, o)
		if err != nil {
			yield(nil, err)
			return
		}
		defer sub.Close()
		for {
			event, err := sub.Next(ctx)
			if !yield(event, err) || err != nil && !errors.Is(err, QueueOverflow) {
				return
			}
		}
	}
}

// A Publisher is a Services through which events can be raised
// (IWbemServices::QueryObjectSink, whose sink gets them).
type Publisher interface {
	// Publish raises an event, an instance of a class derived from
	// __ExtrinsicEvent; it is not changed and still belongs to the caller.
	// Whoever subscribes to it durably is sure to get it when Publish has
	// returned. The error is InvalidClass for an instance of another class,
	// AccessDenied without the right to write everything in the namespace.
	// [MS-WMI] 3.1.4.3.3; events.md 3.5
	Publish(ctx context.Context, event *cim.Instance, o Options) error
}
