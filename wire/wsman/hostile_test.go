package wsman_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"openwmi/wbem"
	"openwmi/wire/wsman"
)

// Headers that say too much, or ask for what is not done.
func TestHeaders(t *testing.T) {
	l := newLab(t, wsman.Options{})
	named := selectors("Name", "mouse")
	long := strings.Repeat("x", 2049)
	get := message(transfer+"Get", wmi+"Animal", named, "")
	for _, tt := range []struct {
		name, document string
		subcode        string
		detail         string
	}{
		{"MessageID", strings.Replace(get, "uuid:1", long, 1), "w:EncodingLimit", "URILimitExceeded"},
		{"resource", strings.Replace(get, wmi, wmi+long+"/", 1), "w:EncodingLimit", "URILimitExceeded"},
		{"action", strings.Replace(get, "/Get<", "/"+long+"<", 1), "w:EncodingLimit", "URILimitExceeded"},
		{"To", strings.Replace(get, "http://host/wsman", "http://host/"+long, 1), "w:EncodingLimit", "URILimitExceeded"},
		{"options", strings.Replace(get, "<w:SelectorSet>", `<w:OptionSet><w:Option Name="x">`+strings.Repeat("x", 65<<10)+"</w:Option></w:OptionSet><w:SelectorSet>", 1), "w:InvalidOptions", "OptionLimit"},
		{"reply elsewhere", strings.Replace(get, "/role/anonymous", "/role/other", 1), "w:UnsupportedFeature", "AddressingMode"},
		{"faults elsewhere", strings.Replace(get, "</a:ReplyTo>", "</a:ReplyTo><a:FaultTo><a:Address>http://elsewhere/</a:Address></a:FaultTo>", 1), "w:UnsupportedFeature", "AddressingMode"},
		{"selector without name", strings.Replace(get, ` Name="Name"`, "", 1), "w:InvalidSelectors", "UnexpectedSelectors"},
	} {
		got := failureOf(l.post(tt.document))
		if got.Status != 500 || got.Subcode != tt.subcode || got.Detail != tt.detail {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	_, answer := l.post(strings.Replace(get, "http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/", 1))
	for _, part := range []string{`<s:Upgrade><s:SupportedEnvelope qname="s:Envelope"/></s:Upgrade></s:Header>`, "<s:Code><s:Value>s:VersionMismatch</s:Value></s:Code>"} {
		if !strings.Contains(answer, part) {
			t.Errorf("SOAP 1.1: no %s in %s", part, answer)
		}
	}
	// A namespace without a name is none.
	if got := l.ask(transfer+"Get", dmtf+"Animal", selectors("Name", "mouse", "__cimnamespace", " / "), ""); got != strings.Replace(mouse, wmi, dmtf, 1) {
		t.Error(got)
	}
}

// A body that is not whole is no request, and not answered as if all were well.
func TestBrokenBody(t *testing.T) {
	l := newLab(t, wsman.Options{})
	for _, body := range []string{"5\r\n<s:En\r\nXYZ\r\n", "5\r\n<s:Envelope\r\n0\r\n\r\n"} {
		c, err := net.Dial("tcp", strings.TrimPrefix(l.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\nTransfer-Encoding: chunked\r\n\r\n%s", body)
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %v, %v", body, resp, err)
		}
		c.Close()
	}
}

// An enumeration or subscription does not keep the message that has begun it.
func TestMessagesAreNotKept(t *testing.T) {
	l := newLab(t, wsman.Options{})
	junk := `<u:Junk xmlns:u="urn:u">` + strings.Repeat("<u:x/>", 20_000) + strings.Repeat("x", 1<<20) + "</u:Junk>"
	before := heap()
	for range 20 {
		if id := contextOf(l.ask(enumeration+"Enumerate", wmi+"Animal", "", "<n:Enumerate>"+junk+"</n:Enumerate>")); id == "" {
			t.Fatal("no enumeration")
		}
	}
	for range 10 {
		if id := contextOf(l.ask(eventing+"Subscribe", wmi+"*", "", `<e:Subscribe><e:Delivery Mode="`+pullMode+`"/>`+creations+junk+"</e:Subscribe>")); id == "" {
			t.Fatal("no subscription")
		}
	}
	if after := heap(); after > before+30<<20 {
		t.Errorf("%d MiB are kept", (after-before)>>20)
	}
}

// heap returns how many bytes are in use.
func heap() uint64 {
	http.DefaultClient.CloseIdleConnections()
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// What was asked for on a protected connection does not come on another one, and is
// not lost by that.
func TestProtection(t *testing.T) {
	who := &wbem.Identity{Name: "kim", Groups: []string{"wheel"}, Level: 6}
	l := newLab(t, wsman.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return who, nil }})
	strong, weak := who, &wbem.Identity{Name: "kim", Groups: []string{"wheel"}, Level: 2, Remote: true}
	for _, open := range []string{
		l.ask(enumeration+"Enumerate", wmi+"Animal", "", "<n:Enumerate/>"),
		l.subscribe(`<e:Delivery Mode="`+pullMode+`"/>`, "PT1M"),
	} {
		id := contextOf(open)
		if strings.Contains(open, "Subscribe") {
			l.create("cat")
		}
		who = weak
		for _, body := range []string{pullBody(id, 1), "<n:Release><n:EnumerationContext>" + id + "</n:EnumerationContext></n:Release>"} {
			action := enumeration + between(body, "<n:", ">")
			if got := failureOf(l.post(message(action, wmi+"*", "", body))); got.Subcode != "w:AccessDenied" {
				t.Errorf("%s: %+v", action, got)
			}
		}
		who = strong
		if got := l.ask(enumeration+"Pull", wmi+"*", "", pullBody(id, 1)); !strings.Contains(got, "<n:Items><p:") {
			t.Error(got)
		}
		if !strings.Contains(open, "Subscribe") {
			continue
		}
		who = weak
		for _, action := range []string{"Renew", "GetStatus", "Unsubscribe"} {
			if got := failureOf(l.post(message(eventing+action, wmi+"*", "<e:Identifier>"+id+"</e:Identifier>", ""))); got.Subcode != "w:AccessDenied" {
				t.Errorf("%s: %+v", action, got)
			}
		}
		who = strong
		l.ask(eventing+"Unsubscribe", wmi+"*", "<e:Identifier>"+id+"</e:Identifier>", "")
	}
}

// Whoever has the same name by another authority is somebody else.
func TestAuthorities(t *testing.T) {
	who := &wbem.Identity{Name: "kim", Groups: []string{"wheel"}, Level: 6}
	l := newLab(t, wsman.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return who, nil }})
	id := contextOf(l.ask(enumeration+"Enumerate", wmi+"Animal", "", "<n:Enumerate/>"))
	sub := contextOf(l.subscribe(`<e:Delivery Mode="`+pullMode+`"/>`, "PT1M"))
	other := *who
	other.Authority = wbem.StoreAuthority
	who = &other
	if got := failureOf(l.post(message(enumeration+"Pull", wmi+"Animal", "", pullBody(id, 1)))); got.Subcode != "w:AccessDenied" {
		t.Error(got)
	}
	if got := failureOf(l.post(message(eventing+"Unsubscribe", wmi+"*", "<e:Identifier>"+sub+"</e:Identifier>", ""))); got.Subcode != "e:InvalidMessage" {
		t.Error(got)
	}
}

// A Pull of one object does not wait for the next one.
func TestPullDoesNotWait(t *testing.T) {
	l := newLab(t, wsman.Options{})
	l.slow <- 1
	id := contextOf(l.ask(enumeration+"Enumerate", wmi+"Slow", "", "<n:Enumerate/>"))
	began := time.Now()
	if got := l.ask(enumeration+"Pull", wmi+"Slow", "", pullBody(id, 1)); !strings.Contains(got, "<p:Id>1<") || contextOf(got) != id {
		t.Error(got)
	}
	if waited := time.Since(began); waited > 10*time.Second {
		t.Errorf("it has waited for %v", waited)
	}
}

// An object for which there is no room is there for a Pull that has more.
func TestLargeObject(t *testing.T) {
	l := newLab(t, wsman.Options{})
	l.ask(transfer+"Create", wmi+"Dog", "", "<Dog><Name>big</Name><Tags>"+strings.Repeat("x", 9000)+"</Tags></Dog>")
	id := contextOf(l.ask(enumeration+"Enumerate", wmi+"Dog", "", "<n:Enumerate/>"))
	limit := "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>"
	if got := failureOf(l.post(message(enumeration+"Pull", wmi+"Dog", limit, pullBody(id, 9)))); got.Detail != "MaxEnvelopeSizeExceeded" {
		t.Error(got)
	}
	if got := l.ask(enumeration+"Pull", wmi+"Dog", "", pullBody(id, 9)); strings.Count(got, "<p:Dog ") != 2 {
		t.Error(got)
	}
}

// An association filter that alone says in which namespace it is: references that
// name none are in that one.
func TestAssociationElsewhere(t *testing.T) {
	l := newLab(t, wsman.Options{})
	l.ask(transfer+"Create", "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/__Namespace", "", "<__Namespace><Name>zoo</Name></__Namespace>")
	l.compile(`root\zoo`, `
		class Animal { [key] string Name; };
		[Association] class Hunts { [key] Animal ref Hunter; [key] Animal ref Prey; };
		instance of Animal { Name = "lion"; }; instance of Animal { Name = "zebra"; };
		instance of Hunts { Hunter = "Animal.Name=\"lion\""; Prey = "Animal.Name=\"zebra\""; };`)
	object := "<b:Object>" + epr(dmtf+"Animal", selectors("__cimnamespace", "root/zoo", "Name", "lion")) + "</b:Object>"
	got := l.ask(enumeration+"Enumerate", all, "", "<n:Enumerate>"+optimized+`<w:Filter Dialect="http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter"><b:AssociationInstances>`+
		object+"</b:AssociationInstances></w:Filter></n:Enumerate>")
	if want := `<p:Prey>` + epr(dmtf+"Animal", selectors("__cimnamespace", "root/zoo", "Name", "zebra")) + `</p:Prey>`; !strings.Contains(got, want) {
		t.Errorf("%s\nhas no\n%s", got, want)
	}
}

// A key can be written in another way, and not changed.
func TestPutKeys(t *testing.T) {
	l := newLab(t, wsman.Options{})
	hunts := `<w:SelectorSet><w:Selector Name="Hunter"><a:EndpointReference>` + epr(wmi+"Dog", selectors("Name", "rex")) +
		`</a:EndpointReference></w:Selector><w:Selector Name="Prey"><a:EndpointReference>` + epr(wmi+"Animal", selectors("Name", "mouse")) + `</a:EndpointReference></w:Selector></w:SelectorSet>`
	whole := l.ask(transfer+"Get", wmi+"Hunts", hunts, "")
	field := strings.Replace(whole, "barn", "field", 1)
	if got := l.ask(transfer+"Put", wmi+"Hunts", hunts, field); got != field {
		t.Error(got)
	}
	if got := failureOf(l.post(message(transfer+"Put", wmi+"Hunts", hunts, strings.Replace(whole, ">mouse<", ">rex<", 1)))); got.Subcode != "x:InvalidRepresentation" {
		t.Errorf("another reference: %+v", got)
	}
	named := selectors("Name", "mouse")
	if got := l.ask(transfer+"Put", wmi+"Animal", named, "<Animal><Name>MOUSE</Name><Weight>7</Weight></Animal>"); !strings.Contains(got, "<p:Weight>7<") {
		t.Error(got)
	}
	part := named + "<w:FragmentTransfer>%s</w:FragmentTransfer>"
	for _, tt := range []struct{ action, fragment, body, subcode string }{
		{"Put", "Name", "<w:XmlFragment><Name>rex</Name></w:XmlFragment>", "x:InvalidRepresentation"},
		{"Put", "Name/text()", "<w:XmlFragment>unicorn</w:XmlFragment>", "x:InvalidRepresentation"},
		{"Put", "Weight[2]", "<w:XmlFragment><Weight>4</Weight></w:XmlFragment>", "w:CannotProcessFilter"},
		{"Get", "Tags[0]", "", "w:CannotProcessFilter"},
		{"Get", "Name[2]", "", "w:CannotProcessFilter"},
	} {
		if got := failureOf(l.post(message(transfer+tt.action, wmi+"Animal", fmt.Sprintf(part, tt.fragment), tt.body))); got.Subcode != tt.subcode {
			t.Errorf("%s of %s: %+v", tt.action, tt.fragment, got)
		}
	}
	if got := l.ask(transfer+"Get", wmi+"Animal", fmt.Sprintf(part, "Weight[1]"), ""); !strings.Contains(got, "<p:Weight>7<") {
		t.Error(got)
	}
}
