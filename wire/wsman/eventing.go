package wsman

import (
	"context"
	"errors"
	"sync"
	"time"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/lease"
	"openwmi/wire/internal/xmltree"
)

// usualSubscription is how long a subscription lasts that names no time, and
// without which it has to be renewed.
const usualSubscription = 10 * time.Minute

// A subscription is open. The lease of one whose events are fetched is taken out
// of its table by a Pull, which may wait for long; so whoever renews or ends it
// finds it in a table of its own.
type subscription struct {
	resource resource
	owner    lease.Holder
	name     string // of the owner, for the log
	pushed   bool   // nobody pulls it
	events   wbem.Subscription
	cancel   context.CancelFunc // ends it; whoever has the lease drops that
	id       string             // guarded by Server.mu

	mu      sync.Mutex // guards expires
	expires time.Time

	next *notice // what there was no room for, of whoever has the lease
}

// A notice is an event, or nil if events were lost.
type notice struct{ event *cim.Instance }

// remaining is how long the subscription lasts yet.
func (s *subscription) remaining() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Until(s.expires)
}

func (s *subscription) renew(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expires = time.Now().Add(d)
}

// subscribe begins a subscription. DSP0226 10.2
func subscribe(x *exchange) error {
	body := x.request.body
	if body == nil || body.Space != nsEventing || body.Local != "Subscribe" {
		return newFault(faultSchemaValidation, "", wbem.InvalidParameter, "the body is no Subscribe")
	}
	if body.Child(nsWSMan, "Bookmark") != nil || body.Child(nsWSMan, "SendBookmarks") != nil {
		return newFault(faultUnsupportedFeature, "Bookmarks", wbem.NotSupported, "events have no bookmarks")
	}
	delivery := body.Child(nsEventing, "Delivery")
	var p *pusher
	mode := modePush // if it says nothing
	if delivery != nil && delivery.Attr("", "Mode") != "" {
		mode = delivery.Attr("", "Mode")
	}
	if mode != modePull {
		var err error
		if p, err = x.server.newPusher(mode, delivery); err != nil {
			return err
		}
		p.w3c = x.w3c
	}
	lasts, err := readEventExpires(body)
	if err != nil {
		return err
	}
	query, err := x.eventQuery(body)
	if err != nil {
		return err
	}
	l, sub, err := x.openEvents(query, lasts, p)
	if err != nil {
		return err
	}
	kept := make(chan struct{})
	if p != nil {
		p.start(x.server, l, sub, kept)
	}
	id := x.server.keep(l, sub)
	close(kept)
	if id == "" {
		return wbem.ShuttingDown
	}
	id = uuidPrefix + id
	b := append(x.body, "<e:SubscribeResponse><e:SubscriptionManager><a:Address>"...)
	b = xml.AppendText(b, x.to)
	b = append(b, "</a:Address><a:ReferenceParameters><w:ResourceURI>"...)
	b = xml.AppendText(b, x.resource.uri)
	b = append(b, "</w:ResourceURI><e:Identifier>"...)
	b = xml.AppendText(b, id)
	b = append(b, "</e:Identifier></a:ReferenceParameters></e:SubscriptionManager>"...)
	b = appendExpires(b, lasts)
	if p == nil {
		b = append(b, "<n:EnumerationContext>"...)
		b = xml.AppendText(b, id)
		b = append(b, "</n:EnumerationContext>"...)
	}
	x.body = append(b, "</e:SubscribeResponse>"...)
	return nil
}

func appendExpires(b []byte, d time.Duration) []byte {
	b = append(b, "<e:Expires>"...)
	b = append(b, formatInterval(d.Microseconds())...)
	return append(b, "</e:Expires>"...)
}

func readEventExpires(body *xmltree.Node) (time.Duration, error) {
	text := body.Child(nsEventing, "Expires").Value()
	if text == "" {
		return usualSubscription, nil
	}
	d, ok := readExpires(text)
	if !ok {
		return 0, newFault(faultEventExpiration, "", wbem.InvalidParameter, "Expires is %.40q", text)
	}
	return d, nil
}

// eventQuery returns the notification query that a Subscribe asks for.
func (x *exchange) eventQuery(body *xmltree.Node) (string, error) {
	f := body.Child(nsWSMan, "Filter")
	if f == nil {
		f = body.Child(nsEventing, "Filter")
	}
	switch {
	case f == nil && x.resource.class != "*":
		return "SELECT * FROM " + x.resource.class, nil
	case f == nil:
		return "", newFault(faultEventFilterUnavailable, "", wbem.InvalidQuery, "there is no filter")
	}
	switch d := f.Attr("", "Dialect"); d {
	case dialectWQLMicrosoft, dialectWQLDMTF:
		return f.Value(), nil
	default:
		return "", newFault(faultEventFilterUnavailable, "FilteringNotSupported", wbem.InvalidQueryType, "dialect %.100q is not supported", d)
	}
}

// openEvents subscribes with the session of the request, which lasts as long.
func (x *exchange) openEvents(query string, lasts time.Duration, p *pusher) (*lease.Lease, *subscription, error) {
	all := x.server.leases
	if err := all.Admit(x.holder()); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(x.ctx))
	stop := context.AfterFunc(x.ctx, cancel) // it is not waited for any longer
	events, err := x.svc.Subscribe(ctx, "WQL", query, x.options(0))
	if !stop() && err == nil {
		err = errors.Join(x.ctx.Err(), events.Close())
	}
	if err != nil {
		cancel()
		all.Release(x.holder())
		return nil, nil, err
	}
	sub := &subscription{resource: x.resource, owner: x.holder(), name: x.name(), pushed: p != nil, events: events, cancel: cancel}
	sub.renew(lasts)
	l := &lease.Lease{Holder: x.holder(), Timeout: lasts, Open: sub}
	own := &exchange{server: x.server, svc: x.svc}
	x.svc = nil
	l.End = func() {
		cancel()
		own.server.forget(sub)
		if p != nil {
			<-p.done
		}
		if err := events.Close(); err != nil {
			own.server.log.Debug("cannot close a subscription", "err", err)
		}
		own.close()
	}
	return l, sub, nil
}

// keep keeps the lease of a subscription for as long as that lasts, and returns
// its name, "" if the server ends.
func (s *Server) keep(l *lease.Lease, sub *subscription) string {
	l.Timeout = max(sub.remaining(), time.Millisecond)
	s.mu.Lock()
	sub.id = l.Name()
	s.subs[sub.id] = sub // before anything can end it
	s.mu.Unlock()
	return s.leases.Keep(l)
}

func (s *Server) forget(sub *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.subs, sub.id)
}

// subscribed returns the subscription that the header names.
func (x *exchange) subscribed() (*subscription, error) {
	x.server.mu.Lock()
	sub := x.server.subs[unprefixed(x.sub)]
	x.server.mu.Unlock()
	switch {
	case sub == nil || sub.owner.User != x.holder().User:
		return nil, &fault{kind: faultInvalidEventMessage, err: lease.ErrUnknown}
	case !sub.owner.Lets(x.holder()):
		return nil, wbem.AccessDenied
	}
	return sub, nil
}

// renew lengthens a subscription. DSP0226 10.3
func renew(x *exchange) error {
	sub, err := x.subscribed()
	if err != nil {
		return err
	}
	d, err := readEventExpires(x.request.body)
	if err != nil {
		return err
	}
	sub.renew(d)
	x.server.leases.Extend(unprefixed(x.sub), x.holder(), d) // or a Pull has it, which keeps it as long
	x.body = append(x.body, "<e:RenewResponse>"...)
	x.body = appendExpires(x.body, d)
	x.body = append(x.body, "</e:RenewResponse>"...)
	return nil
}

// getStatus says how long a subscription lasts.
func getStatus(x *exchange) error {
	sub, err := x.subscribed()
	if err != nil {
		return err
	}
	x.body = append(x.body, "<e:GetStatusResponse>"...)
	x.body = appendExpires(x.body, max(sub.remaining(), 0))
	x.body = append(x.body, "</e:GetStatusResponse>"...)
	return nil
}

// unsubscribe ends a subscription. DSP0226 10.4
func unsubscribe(x *exchange) error {
	sub, err := x.subscribed()
	if err != nil {
		return err
	}
	sub.cancel()
	sub.renew(0) // a Pull may have it and keep it
	x.server.forget(sub)
	if l, err := x.server.leases.Use(unprefixed(x.sub), x.holder(), ""); err == nil {
		x.server.leases.Drop(l)
	}
	return nil
}

// deliverEvents answers a Pull with the events that there are, at most max, or
// waits for one. DSP0226 10.2.9.5
func (x *exchange) deliverEvents(ctx context.Context, l *lease.Lease, sub *subscription, max int) error {
	ctx, cancel := x.server.leases.Waiting(ctx, maxOperationTime)
	defer cancel()
	var list []byte
	n, room := 0, x.room()
	for n < max {
		next, err := sub.read(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			max = n // no more are there
			continue
		case err != nil && n == 0:
			x.server.leases.Drop(l)
			return err
		case err != nil:
			max = n // the next Pull hears of it
			continue
		}
		before := len(list)
		if list = sub.append(list, next); len(list) > room {
			list = list[:before]
			if n > 0 {
				sub.next = next
				break
			}
			list = append(list, droppedEvents...) // there is never room for it. DSP0226 10.2.9
		}
		n++
		cancel() // no more waiting
	}
	id := ""
	if sub.remaining() > 0 {
		id = x.server.keep(l, sub)
	} else {
		x.server.leases.Drop(l)
	}
	switch {
	case n > 0:
	case id != "":
		return ended(ctx, &fault{kind: faultTimedOut, err: wbem.Timeout})
	case context.Cause(ctx) == wbem.ShuttingDown:
		return wbem.ShuttingDown
	default:
		return &fault{kind: faultInvalidContext, err: lease.ErrUnknown}
	}
	x.body = appendItems(x.body, "PullResponse", nsPrefixEnumeration, id, list, true, id == "")
	return nil
}

// append appends a notice as an element.
func (s *subscription) append(b []byte, n *notice) []byte {
	if n.event == nil {
		return append(b, droppedEvents...)
	}
	return appendInstance(b, s.resource, n.event, nil, nil)
}

// droppedEvents says that events were lost, not how many. DSP0226 10.7
const droppedEvents = `<w:DroppedEvents Action="` + actionEvent + `" xsi:nil="true"/>`

// read returns the next event, or that some were lost.
func (s *subscription) read(ctx context.Context) (*notice, error) {
	if n := s.next; n != nil {
		s.next = nil
		return n, nil
	}
	event, err := s.events.Next(ctx)
	if errors.Is(err, wbem.QueueOverflow) {
		return &notice{}, nil
	}
	return &notice{event}, err
}
