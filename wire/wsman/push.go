package wsman

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/lease"
	"openwmi/wire/internal/xmltree"
)

// Limits of events that are sent.
const (
	maxBatch      = 1000             // events of a message
	maxBatchWait  = time.Minute      // for more events
	minHeartbeat  = time.Second      // between two
	pushTimeout   = 30 * time.Second // of one attempt
	maxAnswer     = 64 << 10         // bytes of an acknowledgement
	maxParameters = 16 << 10         // bytes of reference parameters, which are in each message
)

// pushRetries are the times after which a message is sent again. Then the
// subscription ends. DSP0226 10.2.6
var pushRetries = []time.Duration{time.Second, 5 * time.Second, 20 * time.Second}

// A pusher sends the events of a subscription to a destination.
type pusher struct {
	http    *http.Client
	mode    string
	to      string
	headers []byte // reference parameters of the destination
	wide    bool   // in UTF-16
	w3c     bool   // in the addressing of W3C
	room    int    // bytes of events in a message, before that
	policy  string // of events for which there is no room
	batch   int
	wait    time.Duration // for more events of a batch
	beat    time.Duration // between messages at most, 0 for any time
	timeout time.Duration
	done    chan struct{} // is closed when it has ended
}

// newPusher reads what a Delivery asks for. The destination must be one that the
// administrator has allowed. EndTo is ignored: nothing is ever sent to it.
func (s *Server) newPusher(mode string, delivery *xmltree.Node) (*pusher, error) {
	switch mode {
	case modePush, modePushWithAck, modeEvents:
	default:
		return nil, newFault(faultEventingUnavailable, "", wbem.NotSupported, "mode %.100q is not supported", mode)
	}
	epr := delivery.Child(nsEventing, "NotifyTo")
	p := &pusher{http: s.pushes, mode: mode, to: epr.Child(nsAddressing, "Address").Value(), batch: 1, timeout: pushTimeout, done: make(chan struct{})}
	if !s.allows(p.to) {
		return nil, newFault(faultEventingUnavailable, "", wbem.AccessDenied, "nobody has allowed that events are sent to %.200q", p.to)
	}
	for _, part := range []string{"ReferenceParameters", "ReferenceProperties"} {
		if n := epr.Child(nsAddressing, part); n != nil {
			for _, c := range n.Children {
				var ok bool
				if p.headers, ok = xmltree.Append(p.headers, c, maxParameters); !ok {
					return nil, newFault(faultEncodingLimit, "", wbem.QuotaViolation, "reference parameters have more than %d bytes", maxParameters)
				}
			}
		}
	}
	var err error
	if mode == modeEvents {
		p.batch, p.wait = maxBatch, time.Second
		if n := delivery.Child(nsWSMan, "MaxElements"); n != nil {
			if p.batch, err = readMax(n); err != nil {
				return nil, err
			}
			p.batch = min(p.batch, maxBatch)
		}
	}
	for _, item := range []struct {
		name  string
		value *time.Duration
		least time.Duration
	}{{"MaxTime", &p.wait, 0}, {"Heartbeats", &p.beat, minHeartbeat}} {
		text := delivery.Child(nsWSMan, item.name).Value()
		if text == "" {
			continue
		}
		d, err := parseDuration(text)
		if err != nil || d <= 0 {
			return nil, newFault(faultInvalidParameter, "", wbem.InvalidParameter, "%s is %.40q", item.name, text)
		}
		*item.value = max(d, item.least)
	}
	p.wait = min(p.wait, maxBatchWait)
	return p, p.encoding(delivery)
}

// What becomes of events that are too large: by default those who get the others
// are told that some were lost. DSP0226 10.2.9
const (
	policyNotify = "Notify"
	policySkip   = "Skip"
	policyCancel = "CancelSubscription"
)

// encoding reads how messages are to be written, and how long they may be.
func (p *pusher) encoding(delivery *xmltree.Node) error {
	switch text := delivery.Child(nsWSMan, "ContentEncoding").Value(); {
	case text == "", strings.EqualFold(text, "utf-8"):
	case strings.EqualFold(text, "utf-16"):
		p.wide = true
	default:
		return newFault(faultEncodingLimit, "CharacterSet", wbem.NotSupported, "ContentEncoding is %.40q", text)
	}
	size := usualEnvelope
	p.policy = policyNotify
	if n := delivery.Child(nsWSMan, "MaxEnvelopeSize"); n != nil {
		var err error
		if size, err = readEnvelopeSize(n.Value()); err != nil {
			return err
		}
		switch policy := n.Attr("", "Policy"); policy {
		case "":
		case policyNotify, policySkip, policyCancel:
			p.policy = policy
		default:
			return newFault(faultInvalidParameter, "", wbem.InvalidParameter, "Policy is %.40q", policy)
		}
	}
	if p.wide {
		size /= 2
	}
	if p.room = size - envelopeEnd - len(p.headers) - len(p.to); p.room <= 0 {
		return newFault(faultEncodingLimit, "MaxEnvelopeSize", wbem.QuotaViolation, "there is no room for events in %d bytes", size)
	}
	return nil
}

// allows reports whether an administrator has allowed an address: what is not below
// the path, such as another query, is another address.
func (s *Server) allows(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Host == "" || strings.Contains(u.Path, "..") {
		return false
	}
	for _, d := range s.opts.Destinations {
		to, err := url.Parse(d)
		if err == nil && to.Host != "" && strings.EqualFold(to.Scheme, u.Scheme) && strings.EqualFold(to.Host, u.Host) && under(to.Path, u.Path) && u.RawQuery == to.RawQuery {
			return true
		}
	}
	return false
}

// under reports whether a path is another or below it.
func under(base, path string) bool {
	base = strings.TrimSuffix(base, "/")
	return path == base || strings.HasPrefix(path, base+"/")
}

// start sends events in a goroutine, until the subscription ends or the
// destination does not take them; that it can end once kept is closed.
func (p *pusher) start(s *Server, l *lease.Lease, sub *subscription, kept <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	end := l.End
	l.End = func() { cancel(); end() }
	go func() {
		err := p.run(ctx, sub)
		close(p.done)
		if ctx.Err() == nil {
			s.log.Warn("a subscription ends", "to", p.to, "user", sub.name, "err", err)
			<-kept
			s.drop(sub)
		}
	}()
}

// drop ends a subscription.
func (s *Server) drop(sub *subscription) {
	s.mu.Lock()
	id := sub.id
	s.mu.Unlock()
	if l, err := s.leases.Use(id, sub.owner, ""); err == nil {
		s.leases.Drop(l)
	}
}

// run sends events until it cannot, and returns why.
func (p *pusher) run(ctx context.Context, sub *subscription) error {
	for {
		list, n, failed := p.collect(ctx, sub)
		if failed != nil && n == 0 {
			return failed
		}
		action := actionEvent
		switch {
		case n == 0:
			action, list = actionHeartbeat, append(list, "<w:Heartbeat/>"...)
		case p.mode == modeEvents:
			action = actionEvents
			list = append(append([]byte("<w:Events>"), list...), "</w:Events>"...)
		}
		if err := p.send(ctx, action, list); err != nil || failed != nil {
			return errors.Join(err, failed)
		}
	}
}

// collect waits for events and returns them as elements: none if it is time to
// say that the subscription is still there. With the error there may be events, the
// last ones.
func (p *pusher) collect(ctx context.Context, sub *subscription) (list []byte, n int, err error) {
	wait := ctx
	if p.beat > 0 {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, p.beat)
		defer cancel()
	}
	for n < p.batch {
		next, err := sub.read(wait)
		switch {
		case err == nil:
		case ctx.Err() == nil && wait.Err() != nil:
			return list, n, nil
		default:
			return list, n, err
		}
		before := len(list)
		if list = p.append(list, sub, next); len(list) > p.room {
			list = list[:before]
			switch {
			case n > 0:
				sub.next = next
				return list, n, nil
			case p.policy == policySkip:
				continue
			case p.policy == policyCancel:
				return nil, 0, cim.Errorf(wbem.QuotaViolation, "an event has more than %d bytes", p.room)
			}
			list = p.append(list, sub, &notice{})
		}
		if n++; n == 1 { // more only if they come soon
			var cancel context.CancelFunc
			wait, cancel = context.WithTimeout(ctx, p.wait)
			defer cancel()
		}
	}
	return list, n, nil
}

// append appends a notice as the mode has it.
func (p *pusher) append(b []byte, sub *subscription, n *notice) []byte {
	if p.mode != modeEvents {
		return sub.append(b, n)
	}
	b = append(b, `<w:Event Action="`+actionEvent+`">`...)
	b = sub.append(b, n)
	return append(b, "</w:Event>"...)
}

// send sends a message until it is taken.
func (p *pusher) send(ctx context.Context, action string, body []byte) error {
	ack := p.mode != modePush || action == actionHeartbeat
	b := append([]byte{}, "<s:Envelope"+prefixesIn(p.w3c)+"><s:Header><a:To>"...)
	b = xml.AppendText(b, p.to)
	b = append(b, "</a:To><a:Action>"+action+"</a:Action><a:MessageID>uuid:"+newUUID()+"</a:MessageID><a:ReplyTo><a:Address>"+anonymousIn(p.w3c)+
		"</a:Address></a:ReplyTo>"...)
	if ack {
		b = append(b, "<w:AckRequested/>"...)
	}
	b = append(b, p.headers...)
	b = append(b, "</s:Header><s:Body>"...)
	b = append(b, body...)
	b = append(b, "</s:Body></s:Envelope>"...)
	if p.wide {
		b = toUTF16(b)
	}
	for i := 0; ; i++ {
		err := p.post(ctx, b, ack)
		if err == nil || i == len(pushRetries) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pushRetries[i]):
		}
	}
}

func (p *pusher) post(ctx context.Context, message []byte, ack bool) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.to, bytes.NewReader(message))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", typeOfContent(p.wide))
	resp, err := p.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("the destination answers %s", resp.Status)
	case !ack:
		return nil
	}
	if _, params, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); isWide(params["charset"], answer) {
		if answer, err = fromUTF16(params["charset"], answer); err != nil {
			return err
		}
	}
	root, err := xmltree.Parse(answer)
	if err != nil {
		return err
	}
	unify(root)
	if a := root.Child(nsSOAP, "Header").Child(nsAddressing, "Action").Value(); a != actionAck {
		return errors.New("the destination does not acknowledge")
	}
	return nil
}
