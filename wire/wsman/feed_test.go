package wsman_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/wsman"
)

// A feed is a locator whose subscriptions yield what a test says: events of a
// length, that some were lost, or their end.
type feed struct {
	wbem.Locator
	class *cim.Class
	next  chan any // length of an event, or error
	hangs bool     // nobody can subscribe
}

type feedServices struct {
	wbem.Services
	feed *feed
}

type feedSubscription struct {
	feed *feed
	end  error
}

func (f *feed) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	svc, err := f.Locator.Connect(ctx, namespace, o)
	return &feedServices{svc, f}, err
}

func (s *feedServices) Subscribe(ctx context.Context, _, _ string, _ wbem.Options) (wbem.Subscription, error) {
	if s.feed.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &feedSubscription{feed: s.feed}, nil
}

func (s *feedSubscription) Close() error { return nil }

func (s *feedSubscription) Next(ctx context.Context) (*cim.Instance, error) {
	if s.end != nil {
		return nil, s.end
	}
	var next any
	select {
	case next = <-s.feed.next:
	default:
		select {
		case next = <-s.feed.next:
		case <-ctx.Done():
			return nil, wbem.NewError("", "", ctx.Err())
		}
	}
	if err, ok := next.(error); ok {
		if !errors.Is(err, wbem.QueueOverflow) {
			s.end = err
		}
		return nil, err
	}
	inst := cim.NewInstance(s.feed.class)
	return inst, inst.Set("Name", cim.StringValue(strings.Repeat("x", next.(int))))
}

// newFeed returns a lab over a feed.
func newFeed(t *testing.T, o wsman.Options) (*lab, *feed) {
	c, err := cim.Restore(nil, &cim.ClassDecl{Name: "Happening", Properties: []cim.PropertyDecl{{Name: "Name", Type: cim.TypeString}}})
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, wsman.Options{})
	f := &feed{Locator: l.manager, class: c, next: make(chan any, 5000)}
	l.server, l.url = serve(t, f, o)
	return l, f
}

// kinds says what notices are in an answer or message, in order.
func kinds(text string) (list []string) {
	for _, part := range strings.Split(text, "<")[1:] {
		switch {
		case strings.HasPrefix(part, "p:Happening "):
			list = append(list, "event")
		case strings.HasPrefix(part, "w:DroppedEvents "):
			list = append(list, "dropped")
		}
	}
	return list
}

// Notices for which there is no room come with the next answer; that an event is
// too large for any is a notice itself.
func TestNoticesDoNotGetLost(t *testing.T) {
	l, f := newFeed(t, wsman.Options{})
	limit := "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize><w:OperationTimeout>PT1M</w:OperationTimeout>" // which is more than there is to wait for
	id := contextOf(l.subscribe(`<e:Delivery Mode="`+pullMode+`"/>`, "PT10M"))
	pull := func() (int, string) { return l.post(message(enumeration+"Pull", wmi+"*", limit, pullBody(id, 10))) }
	for _, n := range []any{5900, wbem.QueueOverflow, 3000, 3000, 9000, 10, wbem.ServerTooBusy} {
		f.next <- n
	}
	for _, want := range [][]string{{"event"}, {"dropped", "event"}, {"event"}, {"dropped", "event"}} {
		status, got := pull()
		if diff := cmp.Diff(want, kinds(got)); diff != "" || status != http.StatusOK || contextOf(got) != id || len(got) > 8192 {
			t.Errorf("%d, %d bytes, %s", status, len(got), diff)
		}
	}
	if got := failureOf(pull()); got.Subcode != "w:QuotaLimit" {
		t.Error(got)
	}
	if got := failureOf(pull()); got.Subcode != "n:InvalidEnumerationContext" {
		t.Error(got)
	}
}

// Messages that are sent are not longer than answers, and the last events of a
// subscription are sent as well.
func TestPushBatches(t *testing.T) {
	d := newDestination(t)
	l, f := newFeed(t, wsman.Options{Destinations: []string{d.URL}})
	for range 40 {
		f.next <- 50_000
	}
	f.next <- wbem.QueueOverflow
	f.next <- wbem.Failed
	delivery := `<e:Delivery Mode="` + eventsMode + `"><e:NotifyTo><a:Address>` + d.URL + `/</a:Address></e:NotifyTo><w:MaxTime>PT1M</w:MaxTime></e:Delivery>`
	id := between(l.subscribe(delivery, "PT10M"), "<e:Identifier>", "<")
	var all []string
	for len(all) < 41 {
		got := d.wait(t)
		if len(got) > 512_000+4096 {
			t.Errorf("a message has %d bytes", len(got))
		}
		all = append(all, kinds(got)...)
	}
	if all[40] != "dropped" || len(all) != 41 {
		t.Error(all)
	}
	head := "<e:Identifier>" + id + "</e:Identifier>"
	for end := time.Now().Add(time.Minute); ; {
		if got := failureOf(l.post(message(eventing+"GetStatus", wmi+"*", head, ""))); got.Subcode == "e:InvalidMessage" {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the subscription is still there")
		}
	}
	// One that fails before anybody knows of it.
	f.next <- wbem.Failed
	id = between(l.subscribe(delivery, "PT10M"), "<e:Identifier>", "<")
	head = "<e:Identifier>" + id + "</e:Identifier>"
	for failureOf(l.post(message(eventing+"GetStatus", wmi+"*", head, ""))).Subcode != "e:InvalidMessage" {
	}
}

// Messages are written as who gets them wants: in UTF-16, and not too long.
func TestPushEncoding(t *testing.T) {
	d := newDestination(t)
	l, f := newFeed(t, wsman.Options{Destinations: []string{d.URL}})
	subscribe := func(mode, more string) (int, string) {
		return l.post(message(eventing+"Subscribe", wmi+"*", "", `<e:Subscribe><e:Delivery Mode="`+mode+`"><e:NotifyTo><a:Address>`+d.URL+
			"/</a:Address></e:NotifyTo><w:MaxTime>PT0.02S</w:MaxTime>"+more+"</e:Delivery>"+creations+"</e:Subscribe>"))
	}
	for _, tt := range []struct{ more, subcode, detail string }{
		{"<w:ContentEncoding>KOI8-R</w:ContentEncoding>", "w:EncodingLimit", "CharacterSet"},
		{"<w:MaxEnvelopeSize>8191</w:MaxEnvelopeSize>", "w:EncodingLimit", "MinimumEnvelopeLimit"},
		{`<w:MaxEnvelopeSize Policy="x">8192</w:MaxEnvelopeSize>`, "w:InvalidParameter", ""},
	} {
		if got := failureOf(subscribe(pushMode, tt.more)); got.Subcode != tt.subcode || got.Detail != tt.detail {
			t.Errorf("%s: %+v", tt.more, got)
		}
	}
	for _, tt := range []struct {
		mode, more string
		lengths    []int
		want       []string
		ends       bool
	}{
		{ackMode, "<w:ContentEncoding>UTF-16</w:ContentEncoding>", []int{10}, []string{"event"}, false},
		{pushMode, "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>", []int{9000, 10}, []string{"dropped", "event"}, false},
		{eventsMode, "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>", []int{4000, 4000, 9000}, []string{"event", "event", "dropped"}, false},
		{eventsMode, `<w:ContentEncoding>utf-16</w:ContentEncoding><w:MaxEnvelopeSize Policy="Skip">16384</w:MaxEnvelopeSize>`, []int{4000, 9000, 4000}, []string{"event", "event"}, false},
		{pushMode, `<w:MaxEnvelopeSize Policy="CancelSubscription">8192</w:MaxEnvelopeSize>`, []int{10, 9000}, []string{"event"}, true},
	} {
		for _, n := range tt.lengths {
			f.next <- n
		}
		_, answer := subscribe(tt.mode, tt.more)
		head := "<e:Identifier>" + between(answer, "<e:Identifier>", "<") + "</e:Identifier>"
		var got []string
		for len(got) < len(tt.want) {
			text := d.wait(t)
			if len(text) > 8192 {
				t.Errorf("%s: a message has %d characters", tt.more, len(text))
			}
			got = append(got, kinds(text)...)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.more, diff)
		}
		for ended := false; tt.ends && !ended; {
			ended = failureOf(l.post(message(eventing+"GetStatus", wmi+"*", head, ""))).Subcode == "e:InvalidMessage"
		}
		l.ask(eventing+"Unsubscribe", wmi+"*", head, "<e:Unsubscribe/>")
	}
}

// A subscription whose events are sent somewhere cannot be pulled, nor ended as an
// enumeration, and is renewed under its name.
func TestPushIsNotPulled(t *testing.T) {
	d := newDestination(t)
	l, f := newFeed(t, wsman.Options{Destinations: []string{d.URL}})
	for _, address := range []string{d.URL + "/?a=b", d.URL + "/x?", d.URL + "/%2e%2e/"} {
		delivery := `<e:Delivery Mode="` + pushMode + `"><e:NotifyTo><a:Address>` + address + `</a:Address></e:NotifyTo></e:Delivery>`
		got := l.subscribe(delivery, "PT10M")
		if want := strings.HasSuffix(address, "x?"); strings.Contains(got, "SubscribeResponse") != want {
			t.Errorf("%s: %s", address, got)
		}
	}
	delivery := `<e:Delivery Mode="` + pushMode + `"><e:NotifyTo><a:Address>` + d.URL + `/</a:Address></e:NotifyTo></e:Delivery>`
	id := between(l.subscribe(delivery, "PT10M"), "<e:Identifier>", "<")
	for _, body := range []string{pullBody(id, 1), "<n:Release><n:EnumerationContext>" + id + "</n:EnumerationContext></n:Release>"} {
		if got := failureOf(l.post(message(enumeration+between(body, "<n:", ">"), wmi+"*", "", body))); got.Subcode != "n:InvalidEnumerationContext" {
			t.Error(got)
		}
	}
	head := "<e:Identifier>" + id + "</e:Identifier>"
	l.ask(eventing+"Renew", wmi+"*", head, "<e:Renew><e:Expires>PT5M</e:Expires></e:Renew>")
	if got := l.ask(eventing+"GetStatus", wmi+"*", head, ""); !strings.Contains(got, "<e:Expires>P0DT0H4M59.") {
		t.Error(got)
	}
	f.next <- 10
	if got := kinds(d.wait(t)); len(got) != 1 {
		t.Error(got)
	}
}

// Nobody waits for a subscription for longer than he wants.
func TestSubscribeTimesOut(t *testing.T) {
	l, f := newFeed(t, wsman.Options{})
	f.hangs = true
	document := message(eventing+"Subscribe", wmi+"*", "<w:OperationTimeout>PT0.05S</w:OperationTimeout>", `<e:Subscribe><e:Delivery Mode="`+pullMode+`"/>`+creations+"</e:Subscribe>")
	if got := failureOf(l.post(document)); got.Subcode != "w:TimedOut" {
		t.Error(got)
	}
	if l.server.Users() != 0 {
		t.Error("something is left of it")
	}
}

// Whoever waits when the server ends is told why, and so is who comes then.
func TestShutdown(t *testing.T) {
	l, _ := newFeed(t, wsman.Options{})
	id := contextOf(l.subscribe(`<e:Delivery Mode="`+pullMode+`"/>`, "PT10M"))
	slow := contextOf(l.ask(enumeration+"Enumerate", wmi+"Animal", "", "<n:Enumerate/>"))
	waits := make(chan failure)
	go func() { waits <- failureOf(l.post(message(enumeration+"Pull", wmi+"*", "", pullBody(id, 10)))) }()
	for l.server.Open() > 1 { // the enumeration alone is in nobody's hands
		runtime.Gosched()
	}
	l.server.Close()
	want := failure{500, "a:EndpointUnavailable", "", "2147749939"}
	if diff := cmp.Diff(want, <-waits); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct{ action, body string }{
		{"Enumerate", "<n:Enumerate/>"}, {"Enumerate", "<n:Enumerate>" + optimized + "</n:Enumerate>"},
	} {
		if diff := cmp.Diff(want, failureOf(l.post(message(enumeration+tt.action, wmi+"Animal", "", tt.body)))); diff != "" {
			t.Error(diff)
		}
	}
	if got := failureOf(l.post(message(enumeration+"Pull", wmi+"Animal", "", pullBody(slow, 10)))); got.Subcode != "n:InvalidEnumerationContext" {
		t.Error(got)
	}
}

// A request that is under way when the server does not wait any longer is told so
// as well.
func TestAbort(t *testing.T) {
	base, abort := context.WithCancelCause(t.Context())
	defer abort(nil)
	l := newLab(t, wsman.Options{})
	h := httptest.NewUnstartedServer(l.server)
	h.Config.BaseContext = func(net.Listener) context.Context { return base }
	h.Start()
	defer h.Close()
	l.url = h.URL
	l.slow <- 1
	id := contextOf(l.ask(enumeration+"Enumerate", wmi+"Slow", "", "<n:Enumerate><w:OptimizeEnumeration/></n:Enumerate>"))
	waits := make(chan failure, 2)
	for _, m := range []string{message(enumeration+"Pull", wmi+"Slow", "", pullBody(id, 10)), message(enumeration+"Enumerate", wmi+"Slow", "", "<n:Enumerate/>")} {
		go func() { waits <- failureOf(l.post(m)) }()
	}
	for l.server.Open() > 0 {
		runtime.Gosched()
	}
	abort(wbem.ShuttingDown)
	for range 2 {
		if diff := cmp.Diff(failure{500, "a:EndpointUnavailable", "", "2147749939"}, <-waits); diff != "" {
			t.Error(diff)
		}
	}
}
