package wbem

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"openwmi/cim"
)

// A Subscription is a notification query that runs: it has the events since
// Subscribe returned that nobody has read yet. It may be used by several
// goroutines; each event goes to one of them.
type Subscription interface {
	// Next returns the next event, which belongs to the caller, and waits for
	// it until ctx ends: CallCancelled, or Timeout at its deadline.
	//
	// QueueOverflow says that events were lost, because nobody read them in
	// time; it comes once until the reader has caught up, and the subscription
	// goes on. Any other error is its end, and comes every time.
	Next(ctx context.Context) (*cim.Instance, error)

	// Close ends the subscription; Next is InvalidOperation then. Closing
	// twice does nothing.
	Close() error
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

// Notify yields the events of a notification query. It subscribes when the loop
// begins, and the subscription ends with the loop or ctx. The error QueueOverflow
// says that events were lost and is not the end; see Subscription.
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

// EnumerateQuery starts Services.Query. The named values are copied. Without
// ReturnImmediately every error is that of the call; with it, what is wrong with
// the query itself appears when its results are read (wql.md 12).
func EnumerateQuery(ctx context.Context, s Services, language, query string, o Options) (*Enumerator, error) {
	flags := o.enumeration()
	return Enumerate(ctx, flags, opQuery, query, func(ctx context.Context) iter.Seq2[cim.Object, error] {
		return s.Query(ctx, language, query, o)
	})
}

// QueryAsync runs a query like Services.Query: an OnObject for each result.
// [MS-WMI] 3.1.4.3.19
func QueryAsync(ctx context.Context, s Services, sink *Sink, language, query string, o Options, asyncContext any) error {
	o.Context = o.Context.Clone()
	return Start(ctx, sink, opQuery, query, asyncContext, func(ctx context.Context, c *Call) error {
		return deliver(c, s.Query(ctx, language, query, c.options(o)))
	})
}

// SubscribeAsync subscribes like Services.Subscribe, whose errors it returns: an
// OnObject for each event. When events were lost, OnProgress says so with a
// message, SendStatus or not. OnCompleted comes when the call is cancelled or
// the subscription fails. [MS-WMI] 3.1.4.3.21
func SubscribeAsync(ctx context.Context, s Services, sink *Sink, language, query string, o Options, asyncContext any) error {
	o.Context = o.Context.Clone()
	o.Flags &^= SendStatus
	return Start(ctx, sink, opSubscribe, query, asyncContext, func(ctx context.Context, c *Call) error {
		sub, err := s.Subscribe(ctx, language, query, c.options(o))
		if err != nil {
			return err
		}
		defer sub.Close()
		for {
			event, err := sub.Next(ctx)
			switch {
			case errors.Is(err, QueueOverflow):
				err = c.Progress(Progress{Message: fmt.Sprint(err)})
			case err == nil:
				err = c.Object(event)
			}
			if err != nil {
				return err
			}
		}
	})
}
