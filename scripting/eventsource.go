package scripting

import (
	"context"
	"errors"
	"runtime"
	"time"

	"openwmi/wbem"
)

// An EventSource is a notification query that runs (SWbemEventSource). It ends
// when it is closed, when nobody refers to it any more, or with the context of
// its session. It may be used by several goroutines; each event goes to one of
// them.
type EventSource struct {
	services *Services
	security Security
	events   wbem.Subscription
	cleanup  runtime.Cleanup
}

// ExecNotificationQuery subscribes to events. When it returns the query has been
// checked, and what happens from then on is an event of the source. The language
// is "WQL". Flags are FlagReturnImmediately with FlagForwardOnly, which scripts
// pass if they say nothing.
//
// The error is ErrInvalidParameter for other flags and without a query or
// language, ErrInvalidQueryType for another language, ErrUnparsableQuery for a
// malformed query and ErrInvalidQuery for one that does not fit its class,
// ErrInvalidClass for an unknown class, ErrNotEventClass for one that has no
// events, ErrRegistrationTooPrecise for a query without WITHIN on objects that
// do not tell of their changes, ErrMissingGroupWithin,
// ErrMissingAggregationList and ErrAggregatingByObject for a wrong GROUP,
// ErrQuotaViolation beyond the limits.
// ("SWbemServices.ExecNotificationQuery method"; scripting-api.md 5.9)
func (s *Services) ExecNotificationQuery(query, language string, flags Flags, values *NamedValueSet) (*EventSource, error) {
	const source = "SWbemServices.ExecNotificationQuery"
	if flags != setFlags {
		return nil, fail(source, ErrInvalidParameter, "flags are 0x%X and not 0x%X", uint32(flags), uint32(setFlags))
	}
	o, err := s.options(source, 0, 0, values)
	if err != nil {
		return nil, err
	}
	events, err := s.svc.Subscribe(s.ctx, language, query, o)
	if err != nil {
		return nil, s.fail(source, err)
	}
	e := &EventSource{services: s, security: s.security, events: events}
	e.cleanup = runtime.AddCleanup(e, func(events wbem.Subscription) { go events.Close() }, events)
	return e, nil
}

// ExecNotificationQueryAsync subscribes like ExecNotificationQuery, with the same
// errors: OnObjectReady for each event. OnCompleted comes when the call is
// cancelled or the subscription fails. When the handlers are too slow and events
// are lost, OnProgress says so in its message. The flag is FlagSendStatus, which
// changes nothing. ("SWbemServices.ExecNotificationQueryAsync method")
func (s *Services) ExecNotificationQueryAsync(sink *Sink, query, language string, flags Flags, values, asyncContext *NamedValueSet) error {
	const source = "SWbemServices.ExecNotificationQueryAsync"
	o, err := s.options(source, flags, FlagSendStatus, values)
	if err != nil {
		return err
	}
	return s.fail(source, wbem.SubscribeAsync(s.ctx, s.svc, sink.wbem(), language, query, o, s.call(asyncContext)))
}

// Security returns the settings of the source (SWbemEventSource.Security_).
func (e *EventSource) Security() *Security { return &e.security }

// NextEvent returns the next event, in the order in which they arrived, and
// waits for it that many milliseconds: TimeoutInfinite for ever, 0 not at all.
// The error is ErrTimedout when the time is over, ErrInvalidParameter for
// another negative time (scripting-api.md, Decision S-22). ErrQueueOverflow says
// that events were lost, because they were not read in time, and the source goes
// on; every other failure is its end.
// ("SWbemEventSource.NextEvent method"; scripting-api.md 13)
func (e *EventSource) NextEvent(timeout int32) (*Object, error) {
	const source = "SWbemEventSource.NextEvent"
	defer runtime.KeepAlive(e)
	if timeout < TimeoutInfinite {
		return nil, fail(source, ErrInvalidParameter, "the timeout is negative")
	}
	session := e.services.ctx
	ctx := session
	if timeout != TimeoutInfinite {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(session, time.Duration(timeout)*time.Millisecond)
		defer cancel()
	}
	event, err := e.events.Next(ctx)
	switch {
	case err == nil:
		return newObject(e.services, e.security, event), nil
	case errors.Is(err, wbem.Timeout) && ctx.Err() != nil && session.Err() == nil:
		return nil, fail(source, ErrTimedout, "no event within %d ms", timeout)
	}
	return nil, e.services.fail(source, err)
}

// Close ends the source. Closing twice does nothing.
func (e *EventSource) Close() error {
	e.cleanup.Stop()
	return newError("SWbemEventSource", e.events.Close())
}
