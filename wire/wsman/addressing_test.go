package wsman_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/wire/wsman"
)

// toW3C turns a message in the addressing of 2004 into one in that of W3C.
var toW3C = strings.NewReplacer(
	"http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous", "http://www.w3.org/2005/08/addressing/anonymous",
	"http://schemas.xmlsoap.org/ws/2004/08/addressing", "http://www.w3.org/2005/08/addressing",
	"a:InvalidMessageInformationHeader", "a:InvalidAddressingHeader",
	"a:MessageInformationHeaderRequired", "a:MessageAddressingHeaderRequired",
)

var messageID = regexp.MustCompile("<a:MessageID>[^<]*|uuid:[A-Z2-7]{26}")

// What is asked in one version of WS-Addressing is answered in the same. The default
// of OpenNMS is that of W3C.
func TestAddressing(t *testing.T) {
	l := newLab(t, wsman.Options{})
	hunts := selectors("Hunter", "", "Prey", "")
	hunts = strings.Replace(hunts, `"Hunter">`, `"Hunter"><a:EndpointReference>`+epr(wmi+"Dog", selectors("Name", "rex"))+"</a:EndpointReference>", 1)
	hunts = strings.Replace(hunts, `"Prey">`, `"Prey"><a:EndpointReference>`+epr(wmi+"Animal", selectors("Name", "mouse"))+"</a:EndpointReference>", 1)
	for _, tt := range []struct{ name, action, class, head, body string }{
		{"get", transfer + "Get", "Animal", selectors("Name", "mouse"), ""},
		{"get with references", transfer + "Get", "Hunts", hunts, ""},
		{"put", transfer + "Put", "Hunts", hunts, `<p:Hunts xmlns:p="` + wmi + `Hunts"><p:Where>shed</p:Where></p:Hunts>`},
		{"references", enumeration + "Enumerate", "Animal", "", `<n:Enumerate><w:EnumerationMode>EnumerateEPR</w:EnumerationMode><w:OptimizeEnumeration/><w:MaxElements>20</w:MaxElements></n:Enumerate>`},
		{"enumerate", enumeration + "Enumerate", "Animal", "", `<n:Enumerate/>`},
		{"associated", enumeration + "Enumerate", "*", "", `<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>20</w:MaxElements>` +
			`<w:Filter Dialect="http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter"><b:AssociationInstances xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd"><b:Object>` +
			epr(wmi+"Dog", selectors("Name", "rex")) + `</b:Object></b:AssociationInstances></w:Filter></n:Enumerate>`},
		{"class that is not there", transfer + "Get", "Nothing", "", ""},
		{"key that is not there", transfer + "Get", "Animal", selectors("Name", "nobody"), ""},
		{"header twice", transfer + "Get", "Animal", selectors("Name", "mouse") + selectors("Name", "mouse"), ""},
		{"answer elsewhere", transfer + "Get", "Animal", selectors("Name", "mouse") + "<a:FaultTo><a:Address>http://host/</a:Address></a:FaultTo>", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l.t = t
			request := message(tt.action, wmi+tt.class, tt.head, tt.body)
			wantStatus, want := l.post(request)
			status, got := l.post(toW3C.Replace(request))
			if status != wantStatus {
				t.Errorf("status %d, want %d", status, wantStatus)
			}
			want = messageID.ReplaceAllString(toW3C.Replace(want), "")
			if diff := cmp.Diff(want, messageID.ReplaceAllString(got, "")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Events are sent in the version in which they were asked for.
func TestAddressingOfEvents(t *testing.T) {
	d := newDestination(t)
	l, f := newFeed(t, wsman.Options{Destinations: []string{d.URL}})
	f.next <- 10
	status, answer := l.post(toW3C.Replace(message(eventing+"Subscribe", wmi+"*", "", `<e:Subscribe><e:Delivery Mode="`+ackMode+`"><e:NotifyTo><a:Address>`+d.URL+
		"/</a:Address><a:ReferenceParameters><u:Tag xmlns:u=\"urn:u\">7</u:Tag></a:ReferenceParameters></e:NotifyTo></e:Delivery>"+creations+"</e:Subscribe>")))
	if status != 200 {
		t.Fatal(answer)
	}
	text := d.wait(t)
	for _, want := range []string{`xmlns:a="http://www.w3.org/2005/08/addressing"`, "<a:Address>http://www.w3.org/2005/08/addressing/anonymous<", ">7</e:Tag>"} {
		if !strings.Contains(text, want) {
			t.Errorf("without %s: %s", want, text)
		}
	}
}
