package wsman

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// Subscribe implements wbem.Services: a goroutine fetches the events, as many as
// there are, when those before are read.
func (s *session) Subscribe(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error) {
	fail := func(err error) (wbem.Subscription, error) {
		return nil, wbem.NewError("ExecNotificationQuery", query, err)
	}
	if !strings.EqualFold(language, "WQL") {
		return fail(cim.Errorf(wbem.InvalidQueryType, "language %.40q is not supported", language))
	}
	answer, err := s.call(ctx, actionSubscribe, "*", nil,
		[]byte(`<e:Subscribe><e:Delivery Mode="`+modePull+`"/>`+s.filter(query)+"</e:Subscribe>"), o)
	if err != nil {
		return fail(err)
	}
	answer = answer.Child(nsEventing, "SubscribeResponse")
	id := answer.Child(nsEnumeration, "EnumerationContext").Value()
	if id == "" {
		return fail(cim.Errorf(wbem.TransportFailure, "the answer is none to a Subscribe"))
	}
	e := &events{query: query, outer: ctx, list: make(chan fetched), done: make(chan struct{}), wait: pullTime}
	e.manager = answer.Child(nsEventing, "SubscriptionManager").Child(nsAddressing, "ReferenceParameters")
	e.lasts(answer)
	var own context.Context
	own, e.cancel = context.WithCancel(ctx)
	go func() {
		defer close(e.done)
		err := e.fetch(own, s, id)
		s.release(ctx, "*", id)
		if own.Err() == nil {
			e.err = err
		}
	}()
	return e, nil
}

// events is a subscription at a server.
type events struct {
	query   string
	outer   context.Context // of Subscribe
	cancel  context.CancelFunc
	list    chan fetched
	manager *xmltree.Node    // what names the subscription to who renews it
	renewal <-chan time.Time // when it has to be renewed, nil for never
	wait    time.Duration    // of a Pull at most
	done    chan struct{}    // is closed at the end
	err     error            // why, if the server or the connection is the reason; to be read after done

	mu     sync.Mutex // guards closed
	closed bool
}

type fetched struct {
	event *cim.Instance
	lost  bool
}

// pullTime is how long a Pull waits for events.
const pullTime = 20 * time.Second

// lasts reads how long a subscription lasts, and sets when to renew it: before half
// of that is over. Nobody notices the end of one during a Pull.
func (e *events) lasts(answer *xmltree.Node) {
	e.renewal = nil
	if d, ok := readExpires(answer.Child(nsEventing, "Expires").Value()); ok {
		e.renewal = time.After(d / 2)
		e.wait = min(pullTime, d/4)
	}
}

// renew renews the subscription. A server that cannot do that says so when the
// subscription has ended.
func (e *events) renew(ctx context.Context, s *session) {
	e.renewal = nil
	m, err := s.message(actionRenew, "*", nil)
	if err != nil || e.manager == nil {
		return
	}
	var b []byte
	for _, c := range e.manager.Children {
		if c.Space == nsWSMan && c.Local == "ResourceURI" {
			m.uri = c.Value()
			continue
		}
		if c.Space == nsWSMan && c.Local == "SelectorSet" {
			m.path = cim.Path{}
		}
		var ok bool
		if b, ok = xmltree.Append(b, c, maxParameters); !ok {
			return
		}
	}
	m.head += string(b)
	m.body = []byte("<e:Renew/>")
	if answer, err := s.client.call(ctx, m); err == nil {
		e.lasts(answer.Child(nsEventing, "RenewResponse"))
	}
}

// fetch asks for events until the context ends, or something is wrong.
func (e *events) fetch(ctx context.Context, s *session, id string) error {
	for {
		select {
		case <-e.renewal:
			e.renew(ctx, s)
		default:
		}
		m, err := s.message(actionPull, "*", nil)
		if err != nil {
			return err
		}
		m.head += "<w:OperationTimeout>" + formatInterval(e.wait.Microseconds()) + "</w:OperationTimeout>"
		m.body = []byte("<n:Pull>" + contextElement(id) + "<n:MaxElements>100</n:MaxElements></n:Pull>")
		answer, err := s.client.call(ctx, m)
		var f *faultError
		if errors.As(err, &f) && f.subcode == "TimedOut" {
			continue
		}
		if err != nil {
			return err
		}
		answer = answer.Child(nsEnumeration, "PullResponse")
		if next := answer.Child(nsEnumeration, "EnumerationContext").Value(); next != "" {
			id = next
		}
		items := answer.Child(nsEnumeration, "Items")
		if items == nil {
			return cim.Errorf(wbem.TransportFailure, "the answer is none to a Pull")
		}
		for _, n := range items.Children {
			var f fetched
			if f.lost = n.Space == nsWSMan && n.Local == "DroppedEvents"; !f.lost {
				if f.event, err = s.item(n); err != nil {
					return err
				}
			}
			if err := e.hand(ctx, s, f); err != nil {
				return err
			}
		}
	}
}

// hand gives an event to whoever reads it, however long that takes.
func (e *events) hand(ctx context.Context, s *session, f fetched) error {
	for {
		select {
		case e.list <- f:
			return nil
		case <-e.renewal:
			e.renew(ctx, s)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Next implements wbem.Subscription.
func (e *events) Next(ctx context.Context) (*cim.Instance, error) {
	event, err := e.next(ctx)
	return event, wbem.NewError("NextEvent", e.query, err)
}

func (e *events) next(ctx context.Context) (*cim.Instance, error) {
	select {
	case f := <-e.list:
		return f.result()
	default:
	}
	select {
	case f := <-e.list:
		return f.result()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.done:
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return nil, cim.Errorf(wbem.InvalidOperation, "the subscription is closed")
	case e.err != nil:
		return nil, e.err
	}
	return nil, e.outer.Err()
}

func (f fetched) result() (*cim.Instance, error) {
	if f.lost {
		return nil, wbem.QueueOverflow
	}
	return f.event, nil
}

// Close implements wbem.Subscription.
func (e *events) Close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.cancel()
	<-e.done
	return nil
}
