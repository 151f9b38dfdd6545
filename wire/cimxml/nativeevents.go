package cimxml

import (
	"context"
	"errors"
	"time"

	"openwmi/wbem"
	"openwmi/wire/internal/lease"
)

// Subscriptions of native clients are open between requests. A client asks for
// events with __Events, which waits for the first for a while: so the queue
// stays at the server, where it is bounded, and a client that is gone is noticed.
const (
	maxEventWait     = 20 * time.Second
	maxEventBatch    = 100
	subscriptionIdle = 90 * time.Second // without a request it ends
)

// nativeSubscribe begins a subscription and returns its name.
func nativeSubscribe(n *nativeCall) error {
	language, query := n.textArgument("Language"), n.textArgument("Query")
	if err := n.finish(); err != nil {
		return err
	}
	all := n.server.leases
	if err := all.Admit(n.holder()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(n.ctx))
	sub, err := n.svc.Subscribe(ctx, language, query, n.opts)
	if err != nil {
		cancel()
		all.Release(n.holder())
		return err
	}
	l := &lease.Lease{Holder: n.holder(), Place: n.svc.Namespace(), Timeout: subscriptionIdle, Open: sub}
	l.End = func() {
		cancel()
		if err := sub.Close(); err != nil {
			n.server.log.Debug("cannot close a subscription", "err", err)
		}
	}
	id := all.Keep(l)
	if id == "" {
		return wbem.ShuttingDown
	}
	return n.value(id)
}

// subscription takes the subscription that the parameters name.
func (n *nativeCall) subscription() (*lease.Lease, wbem.Subscription, error) {
	id := n.textArgument("Subscription")
	if err := n.finish(); err != nil {
		return nil, nil, err
	}
	l, err := n.server.leases.Use(id, n.holder(), n.svc.Namespace())
	if err != nil {
		return nil, nil, err
	}
	sub, ok := l.Open.(wbem.Subscription)
	if !ok {
		n.server.leases.Keep(l)
		return nil, nil, lease.ErrUnknown
	}
	return l, sub, nil
}

// nativeEvents returns the events that there are, or waits for one. That some
// were lost is a result too.
func nativeEvents(n *nativeCall) error {
	wait := n.boolean("Wait", true)
	l, sub, err := n.subscription()
	if err != nil {
		return err
	}
	ctx, cancel := n.server.leases.Waiting(n.ctx, maxEventWait)
	defer cancel()
	for got := 0; got < maxEventBatch; got++ {
		if got > 0 || !wait {
			cancel() // no more waiting
		}
		event, err := sub.Next(ctx)
		switch {
		case err == nil:
			err = n.object(event)
		case ctx.Err() != nil && (errors.Is(err, wbem.Timeout) || errors.Is(err, wbem.CallCancelled)):
			return n.keep(l)
		case errors.Is(err, wbem.QueueOverflow):
			n.server.leases.Keep(l)
			return err
		}
		if err != nil {
			n.server.leases.Drop(l)
			return err
		}
	}
	return n.keep(l)
}

// keep keeps a subscription for the next request, unless the server is ending.
func (n *nativeCall) keep(l *lease.Lease) error {
	if n.server.leases.Keep(l) == "" {
		return wbem.ShuttingDown
	}
	return nil
}

func nativeUnsubscribe(n *nativeCall) error {
	l, _, err := n.subscription()
	if err != nil {
		return err
	}
	n.server.leases.Drop(l)
	return nil
}
