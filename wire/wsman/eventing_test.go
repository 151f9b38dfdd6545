package wsman_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"openwmi/wire/wsman"
)

const (
	pullMode   = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull"
	eventsMode = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Events"
	pushMode   = "http://schemas.xmlsoap.org/ws/2004/08/eventing/DeliveryModes/Push"
	ackMode    = "http://schemas.dmtf.org/wbem/wsman/1/wsman/PushWithAck"
	creations  = `<w:Filter Dialect="` + wql + `">SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Animal'</w:Filter>`
)

func (l *lab) create(name string) {
	l.t.Helper()
	if got := l.ask(transfer+"Create", wmi+"Animal", "", "<Animal><Name>"+name+"</Name></Animal>"); !strings.Contains(got, "ResourceCreated") {
		l.t.Fatal(got)
	}
}

func (l *lab) subscribe(delivery, expires string) string {
	l.t.Helper()
	return l.ask(eventing+"Subscribe", wmi+"*", "", "<e:Subscribe>"+delivery+"<e:Expires>"+expires+"</e:Expires>"+creations+"</e:Subscribe>")
}

func TestPullEvents(t *testing.T) {
	l := newLab(t, wsman.Options{})
	answer := l.subscribe(`<e:Delivery Mode="`+pullMode+`"/>`, "PT10M")
	id := contextOf(answer)
	if id == "" || between(answer, "<e:Identifier>", "<") != id || between(answer, "<e:Expires>", "<") != "P0DT0H10M0S" {
		t.Fatal(answer)
	}
	pull := func() (int, string) {
		return l.post(message(enumeration+"Pull", wmi+"*", "<w:OperationTimeout>PT0.05S</w:OperationTimeout>", pullBody(id, 10)))
	}
	if got := failureOf(pull()); got.Subcode != "w:TimedOut" {
		t.Error(got)
	}
	l.create("cat")
	l.create("cow")
	names := ""
	for strings.Count(names, "<") < 2 {
		status, got := pull()
		if status != 200 {
			continue // it is still on its way
		}
		for _, part := range strings.Split(got, "<p:TargetInstance ")[1:] {
			names += between(part, "<o:Name>", "/o:Name>")
		}
		if !strings.Contains(got, `<p:__InstanceCreationEvent xmlns:p="`+wmi+`__InstanceCreationEvent"`) {
			t.Error(got)
		}
	}
	if names != "cat<cow<" {
		t.Error(names)
	}
	head := "<e:Identifier>" + id + "</e:Identifier>"
	if got := l.ask(eventing+"Renew", wmi+"*", head, "<e:Renew><e:Expires>PT20M</e:Expires></e:Renew>"); got != "<e:RenewResponse><e:Expires>P0DT0H20M0S</e:Expires></e:RenewResponse>" {
		t.Error(got)
	}
	if got := l.ask(eventing+"GetStatus", wmi+"*", head, "<e:GetStatus/>"); !strings.HasPrefix(got, "<e:GetStatusResponse><e:Expires>P0DT0H19M") {
		t.Error(got)
	}
	// Whoever waits is told that it has ended.
	waits := make(chan failure)
	go func() { waits <- failureOf(l.post(message(enumeration+"Pull", wmi+"*", "", pullBody(id, 10)))) }()
	if got := l.ask(eventing+"Unsubscribe", wmi+"*", head, "<e:Unsubscribe/>"); got != "" {
		t.Error(got)
	}
	if got := <-waits; got.Status != 500 {
		t.Error(got)
	}
	if got := failureOf(l.post(message(eventing+"Renew", wmi+"*", head, "<e:Renew/>"))); got.Subcode != "e:InvalidMessage" {
		t.Error(got)
	}
	if got := failureOf(pull()); got.Subcode != "n:InvalidEnumerationContext" {
		t.Error(got)
	}
	// One that nobody renews ends by itself.
	id = contextOf(l.subscribe(`<e:Delivery Mode="`+pullMode+`"/>`, "PT0.02S"))
	for got := failureOf(pull()); got.Subcode != "n:InvalidEnumerationContext"; got = failureOf(pull()) {
		if got.Subcode != "w:TimedOut" {
			t.Fatal(got)
		}
	}
}

// A destination takes messages, and acknowledges them if it is told to.
type destination struct {
	*httptest.Server
	got    chan string
	refuse chan bool // how the next is answered, if somebody says so
}

func newDestination(t *testing.T) *destination {
	d := &destination{got: make(chan string, 1000), refuse: make(chan bool, 10)}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if isWide := bytes.HasPrefix(body, []byte{0xFF, 0xFE}); isWide != strings.Contains(r.Header.Get("Content-Type"), "UTF-16") {
			t.Error(r.Header)
		} else if isWide {
			body = []byte(wide(t, body))
		}
		select {
		case <-d.refuse:
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		default:
		}
		d.got <- string(body)
		if strings.Contains(string(body), "AckRequested") {
			fmt.Fprint(w, envelope+"<s:Header><a:Action>http://schemas.dmtf.org/wbem/wsman/1/wsman/Ack</a:Action></s:Header><s:Body/></s:Envelope>")
		}
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *destination) wait(t *testing.T) string {
	t.Helper()
	select {
	case got := <-d.got:
		return got
	case <-time.After(time.Minute):
		t.Fatal("nothing came")
		return ""
	}
}

func TestPush(t *testing.T) {
	d := newDestination(t)
	l := newLab(t, wsman.Options{Destinations: []string{d.URL + "/events"}})
	delivery := func(mode, address, more string) string {
		return `<e:Delivery Mode="` + mode + `"><e:NotifyTo><a:Address>` + address + `</a:Address><a:ReferenceParameters><u:Mark xmlns:u="urn:u" u:kind="x">7</u:Mark></a:ReferenceParameters></e:NotifyTo>` + more + "</e:Delivery>"
	}
	for _, address := range []string{d.URL, d.URL + "/event", d.URL + "/eventsx", d.URL + "/events/../x", strings.Replace(d.URL, "http:", "https:", 1) + "/events",
		strings.Replace(d.URL, "//", "//user@", 1) + "/events", "file:///etc/passwd", ""} {
		if got := l.subscribe(delivery(pushMode, address, ""), "PT1M"); !strings.Contains(got, "DeliveryModeRequestedUnavailable") {
			t.Errorf("%s: %s", address, got)
		}
	}
	for i, mode := range []string{pushMode, ackMode, eventsMode} {
		answer := l.subscribe(delivery(mode, d.URL+"/events/1", "<w:MaxElements>10</w:MaxElements><w:MaxTime>PT0.02S</w:MaxTime>"), "PT1M")
		id := between(answer, "<e:Identifier>", "<")
		if id == "" || contextOf(answer) != "" {
			t.Fatal(answer)
		}
		if mode == ackMode {
			d.refuse <- true // it is sent again
		}
		name := fmt.Sprint("animal", i)
		l.create(name)
		got := d.wait(t)
		for _, part := range []string{"<o:Name>" + name + "</o:Name>", ">7</e:Mark>", "<a:To>" + d.URL + "/events/1</a:To>"} {
			if !strings.Contains(got, part) {
				t.Errorf("%s: no %s in %s", mode, part, got)
			}
		}
		if ack := strings.Contains(got, "<w:AckRequested/>"); ack != (mode != pushMode) {
			t.Errorf("%s: %s", mode, got)
		}
		if batch := strings.Contains(got, `<w:Events><w:Event Action="`); batch != (mode == eventsMode) {
			t.Errorf("%s: %s", mode, got)
		}
		l.ask(eventing+"Unsubscribe", wmi+"*", "<e:Identifier>"+id+"</e:Identifier>", "<e:Unsubscribe/>")
		l.create(name + "x")
	}
	if len(d.got) > 0 {
		t.Error("an event after the end:", <-d.got)
	}
	l.subscribe(delivery(pushMode, d.URL+"/events", "<w:Heartbeats>PT0.01S</w:Heartbeats>"), "PT1M")
	if got := d.wait(t); !strings.Contains(got, "/Heartbeat</a:Action>") || !strings.Contains(got, "AckRequested") {
		t.Error(got)
	}
}
