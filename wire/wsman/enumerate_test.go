package wsman_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/wbem"
	"openwmi/wire/wsman"
)

const optimized = "<w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements>"

// enumerated returns an answer that has all objects.
func enumerated(items ...string) string {
	return "<n:EnumerateResponse><n:EnumerationContext/><w:Items>" + strings.Join(items, "") + "</w:Items><w:EndOfSequence/></n:EnumerateResponse>"
}

func TestEnumerate(t *testing.T) {
	eprOf := func(class, name string) string {
		return "<a:EndpointReference>" + epr(wmi+class, selectors("__cimnamespace", "root/cimv2", "Name", name)) + "</a:EndpointReference>"
	}
	filter := func(dialect, text string) string {
		return `<w:Filter Dialect="` + dialect + `">` + text + `</w:Filter>`
	}
	const (
		dmtfWQL      = "http://schemas.dmtf.org/wbem/wsman/1/WQL"
		selector     = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
		association  = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter"
		fragmentHead = `<w:XmlFragment xmlns:p="` + wmi
	)
	object := "<b:Object>" + epr(dmtf+"Dog", selectors("__cimnamespace", "root/cimv2", "Name", "rex")) + "</b:Object>"
	hunts := `<p:Hunts xmlns:p="` + wmi + `Hunts" xsi:type="p:Hunts_Type"><p:Hunter>` + epr(wmi+"Dog", selectors("__cimnamespace", "root/cimv2", "Name", "rex")) +
		`</p:Hunter><p:Prey>` + epr(wmi+"Animal", selectors("__cimnamespace", "root/cimv2", "Name", "mouse")) + `</p:Prey><p:Where>barn</p:Where></p:Hunts>`
	asAnimal := `<p:Animal xmlns:p="` + wmi + `Animal" xsi:type="p:Animal_Type"><p:Name>rex</p:Name><p:Tags xsi:nil="true"/><p:Tame xsi:nil="true"/>` +
		`<p:Weight>18446744073709551615</p:Weight></p:Animal>`
	tests := []struct{ name, uri, body, want string }{
		{"instances", wmi + "Animal", "", enumerated(quoted, mouse, rex)},
		{"instances of DMTF", dmtf + "Dog", "", enumerated(strings.Replace(rex, wmi, dmtf, 1))},
		{"of exactly the class", wmi + "Animal", "<b:PolymorphismMode>None</b:PolymorphismMode>", enumerated(quoted, mouse)},
		{"as instances of the class", wmi + "Animal", "<b:PolymorphismMode>ExcludeSubClassProperties</b:PolymorphismMode>", enumerated(quoted, mouse, asAnimal)},
		{"references", wmi + "Dog", "<w:EnumerationMode>EnumerateEPR</w:EnumerationMode>", enumerated(eprOf("Dog", "rex"))},
		{"objects and references", wmi + "Dog", "<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>", enumerated("<w:Item>" + rex + eprOf("Dog", "rex") + "</w:Item>")},
		{"query", wmi + "*", filter(wql, "SELECT * FROM Animal WHERE Weight = 1"), enumerated(mouse)},
		{"query of DMTF", all, filter(dmtfWQL, "SELECT * FROM Animal WHERE Weight = 1"), enumerated(strings.Replace(mouse, wmi, dmtf, 1))},
		{"query in the other element", wmi + "*", strings.ReplaceAll(filter(wql, "SELECT * FROM Animal WHERE Weight = 1"), "w:", "n:"), enumerated(mouse)},
		{"query for nothing", wmi + "*", filter(wql, "SELECT * FROM Animal WHERE Weight = 77"), enumerated()},
		{"query for properties", wmi + "*", filter(wql, "SELECT Weight, Name FROM Animal WHERE Name = 'mouse'"),
			enumerated(fragmentHead + `Animal"><p:Name>mouse</p:Name><p:Weight>1</p:Weight></w:XmlFragment>`)},
		{"selectors", wmi + "Animal", filter(selector, selectors("Weight", "1")), enumerated(mouse)},
		{"associated", all, filter(association, "<b:AssociatedInstances>"+object+"</b:AssociatedInstances>"), enumerated(strings.Replace(mouse, wmi, dmtf, 1))},
		{"associated with conditions", wmi + "*", filter(association, "<b:AssociatedInstances>"+object+
			"<b:AssociationClassName>Hunts</b:AssociationClassName><b:Role>Hunter</b:Role><b:ResultClassName>Animal</b:ResultClassName><b:ResultRole>Prey</b:ResultRole>"+
			"<b:IncludeResultProperty>weight</b:IncludeResultProperty><b:IncludeResultProperty>Name</b:IncludeResultProperty></b:AssociatedInstances>"),
			enumerated(`<p:Animal xmlns:p="` + wmi + `Animal" xsi:type="p:Animal_Type"><p:Name>mouse</p:Name><p:Weight>1</p:Weight></p:Animal>`)},
		{"associated in another role", wmi + "*", filter(association, "<b:AssociatedInstances>"+object+"<b:Role>Prey</b:Role></b:AssociatedInstances>"), enumerated()},
		{"associations", wmi + "*", filter(association, "<b:AssociationInstances>"+object+"<b:ResultClassName>Hunts</b:ResultClassName><b:Role>Hunter</b:Role></b:AssociationInstances>"), enumerated(hunts)},
	}
	l := newLab(t, wsman.Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.t = t
			if diff := cmp.Diff(tt.want, l.ask(enumeration+"Enumerate", tt.uri, "", "<n:Enumerate>"+optimized+tt.body+"</n:Enumerate>")); diff != "" {
				t.Error(diff)
			}
		})
	}
	// A query with what no XML or WQL may change the meaning of.
	l.t = t
	if got := l.ask(enumeration+"Enumerate", wmi+"Animal", "", "<n:Enumerate>"+optimized+filter(selector, selectors("Name", "' OR 1 = 1 --"))+"</n:Enumerate>"); got != enumerated() {
		t.Error(got)
	}
}

func pullBody(context string, max int) string {
	return fmt.Sprintf("<n:Pull><n:EnumerationContext>%s</n:EnumerationContext><n:MaxElements>%d</n:MaxElements></n:Pull>", context, max)
}

func contextOf(answer string) string {
	return between(answer, "<n:EnumerationContext>", "<")
}

func TestPull(t *testing.T) {
	l := newLab(t, wsman.Options{})
	pulled := func(id string, over bool, items ...string) string {
		b := "<n:PullResponse>"
		if id != "" {
			b += "<n:EnumerationContext>" + id + "</n:EnumerationContext>"
		}
		b += "<n:Items>" + strings.Join(items, "") + "</n:Items>"
		if over {
			b += "<n:EndOfSequence/>"
		}
		return b + "</n:PullResponse>"
	}
	head := "<w:RequestTotalItemsCountEstimate/>"
	_, answer := l.post(message(enumeration+"Enumerate", wmi+"Animal", head, "<n:Enumerate/>"))
	id := contextOf(answer)
	if !strings.Contains(answer, `<w:TotalItemsCountEstimate xsi:nil="true"/></s:Header>`) || id == "" || strings.Contains(answer, "Items>") {
		t.Error(answer)
	}
	// The namespace is that of the enumeration, whatever the resource is.
	pull := func(max int) string {
		return l.ask(enumeration+"Pull", dmtf+"Animal", selectors("__cimnamespace", "root"), pullBody(id, max))
	}
	if diff := cmp.Diff(pulled(id, false, quoted, mouse), pull(2)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(pulled("", true, rex), pull(2)); diff != "" {
		t.Error(diff)
	}
	if got := failureOf(l.post(message(enumeration+"Pull", wmi+"Animal", "", pullBody(id, 1)))); got.Subcode != "n:InvalidEnumerationContext" {
		t.Error(got)
	}
	// What is empty is not over before it is pulled.
	id = contextOf(l.ask(enumeration+"Enumerate", wmi+"Everything", "", "<n:Enumerate/>"))
	if diff := cmp.Diff(pulled("", true), pull(1)); diff != "" {
		t.Error(diff)
	}
	id = contextOf(l.ask(enumeration+"Enumerate", wmi+"Animal", "", "<n:Enumerate><w:OptimizeEnumeration/></n:Enumerate>"))
	if got := l.ask(enumeration+"Release", wmi+"Animal", "", "<n:Release><n:EnumerationContext>"+id+"</n:EnumerationContext></n:Release>"); got != "" {
		t.Error(got)
	}
	if got := failureOf(l.post(message(enumeration+"Pull", wmi+"Animal", "", pullBody(id, 1)))); got.Subcode != "n:InvalidEnumerationContext" {
		t.Error(got)
	}
}

// A Pull that finds nothing in time is a fault; the enumeration stays, and what
// comes later is not lost.
func TestPullTimesOut(t *testing.T) {
	l := newLab(t, wsman.Options{})
	l.slow <- 1
	id := contextOf(l.ask(enumeration+"Enumerate", wmi+"Slow", "", "<n:Enumerate/>"))
	soon := "<w:OperationTimeout>PT0.05S</w:OperationTimeout>"
	pull := func() (int, string) { return l.post(message(enumeration+"Pull", wmi+"Slow", soon, pullBody(id, 10))) }
	// On a slow computer nothing may be there yet.
	until := func(what string) (all string) {
		t.Helper()
		for !strings.Contains(all, what) {
			status, got := pull()
			if status != http.StatusOK && failureOf(status, got).Subcode != "w:TimedOut" {
				t.Fatal(got)
			}
			all += got
		}
		return all
	}
	if got := until("<p:Slow "); strings.Count(got, "<p:Slow ") != 1 || !strings.Contains(got, ">"+id+"<") {
		t.Errorf("what is there: %s", got)
	}
	got := failureOf(pull())
	if diff := cmp.Diff(failure{500, "w:TimedOut", "", fmt.Sprint(uint32(wbem.Timeout))}, got); diff != "" {
		t.Error(diff)
	}
	maxTime := strings.Replace(pullBody(id, 10), "<n:MaxElements>", "<n:MaxTime>PT0.05S</n:MaxTime><n:MaxElements>", 1)
	if got := failureOf(l.post(message(enumeration+"Pull", wmi+"Slow", "", maxTime))); got.Subcode != "w:TimedOut" {
		t.Error(got)
	}
	l.slow <- 2
	close(l.slow)
	if got := until("EndOfSequence"); !strings.Contains(got, "<p:Id>2</p:Id>") {
		t.Errorf("what came later: %s", got)
	}
	// Another operation that is not done in time.
	l = newLab(t, wsman.Options{})
	if got := failureOf(l.post(message(enumeration+"Enumerate", wmi+"Slow", soon, "<n:Enumerate/>"))); got.Subcode != "w:TimedOut" {
		t.Error(got)
	}
}

// As many objects are returned as there is room for, and all of them come.
func TestPullSize(t *testing.T) {
	l := newLab(t, wsman.Options{})
	tags := "<Tags>" + strings.Repeat("x", 2500) + "</Tags>"
	for i := range 9 {
		l.ask(transfer+"Create", wmi+"Dog", "", fmt.Sprintf("<Dog><Name>dog%d</Name>%s</Dog>", i, tags))
	}
	limit := "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>"
	answer := l.ask(enumeration+"Enumerate", wmi+"Dog", limit, "<n:Enumerate>"+optimized+"</n:Enumerate>")
	count, rounds := strings.Count(answer, "<p:Dog "), 1
	for id := contextOf(answer); id != ""; id = contextOf(answer) {
		status, whole := l.post(message(enumeration+"Pull", wmi+"Dog", limit, pullBody(id, 100)))
		if status != 200 || len(whole) > 8192 {
			t.Fatalf("status %d, %d bytes", status, len(whole))
		}
		answer = whole
		count += strings.Count(answer, "<p:Dog ")
		rounds++
	}
	if count != 10 || rounds < 5 {
		t.Errorf("%d objects in %d answers", count, rounds)
	}
	l.ask(transfer+"Put", wmi+"Dog", selectors("Name", "dog0"), "<Dog><Tags>"+strings.Repeat("x", 9000)+"</Tags></Dog>")
	if got := failureOf(l.post(message(enumeration+"Enumerate", wmi+"Dog", limit, "<n:Enumerate>"+optimized+"</n:Enumerate>"))); got.Detail != "MaxEnvelopeSizeExceeded" {
		t.Error(got)
	}
}

// Enumerations that nobody pulls are limited, and are gone with the server.
func TestAbandoned(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("enumerations", func(t *testing.T) {
		who := 0
		l := newLab(t, wsman.Options{MaxEnumerations: 20, Identity: func(*http.Request) (*wbem.Identity, error) {
			who++
			return &wbem.Identity{Name: fmt.Sprint("user", who/25), Groups: []string{"wheel"}, Level: 6}, nil
		}})
		open, refused := 0, 0
		for range 500 {
			status, answer := l.post(message(enumeration+"Enumerate", wmi+"Animal", "", "<n:Enumerate><n:Expires>PT10M</n:Expires></n:Enumerate>"))
			switch got := failureOf(status, answer); {
			case status == 200:
				open++
			case got.Subcode == "w:QuotaLimit":
				refused++
			default:
				t.Fatal(answer)
			}
		}
		if open != 401 || refused != 99 {
			t.Errorf("%d are open and %d refused", open, refused)
		}
		// Those of somebody else, async-and-security.md#28.
		who = 10000
		answer := l.ask(enumeration+"Enumerate", wmi+"Animal", "", "<n:Enumerate/>")
		who = 20000
		if got := failureOf(l.post(message(enumeration+"Pull", wmi+"Animal", "", pullBody(contextOf(answer), 1)))); got.Subcode != "w:AccessDenied" {
			t.Error(got)
		}
	})
	http.DefaultClient.CloseIdleConnections()
	settle(t, before+5)
}
