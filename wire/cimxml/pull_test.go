package cimxml_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

var (
	contextOf = regexp.MustCompile(`NAME="EnumerationContext" PARAMTYPE="string"><VALUE>([^<]*)<`)
	endOf     = regexp.MustCompile(`NAME="EndOfSequence" PARAMTYPE="boolean"><VALUE>([^<]*)<`)
)

// opened returns the context that an answer has, and whether it is the last one.
func opened(t testing.TB, body string) (id string, end bool) {
	t.Helper()
	m, e := contextOf.FindStringSubmatch(body), endOf.FindStringSubmatch(body)
	if m == nil || e == nil || (m[1] == "") != (e[1] == "true") {
		t.Fatalf("the answer opens nothing: %s", body)
	}
	return m[1], e[1] == "true"
}

func atMost(n string) string { return text("MaxObjectCount", n) }

func with(id string) string { return text("EnumerationContext", id) }

// Each opening operation delivers, with the pull that belongs to it, what the
// classic one does.
func TestPull(t *testing.T) {
	p, s := listen(t, newWorld(t), cimxml.Options{})
	disk := named("InstanceName", key("Disk", "Id", "c"))
	for _, c := range []struct {
		open   string
		params []string
		pull   string
		tag    string // of an object
		count  int
	}{
		{"OpenEnumerateInstances", []string{class("Disk")}, "PullInstancesWithPath", "<VALUE.INSTANCEWITHPATH>", 3},
		{"OpenEnumerateInstances", []string{class("Disk"), text("FilterQueryLanguage", "DMTF:FQL"), text("FilterQuery", "Id = 'c' OR Id = 'f'")}, "PullInstancesWithPath", "<VALUE.INSTANCEWITHPATH>", 2},
		{"OpenEnumerateInstances", []string{class("Empty")}, "PullInstancesWithPath", "<VALUE.INSTANCEWITHPATH>", 0},
		{"OpenEnumerateInstancePaths", []string{class("Disk")}, "PullInstancePaths", "<INSTANCEPATH>", 3},
		{"OpenAssociatorInstances", []string{disk}, "PullInstancesWithPath", "<VALUE.INSTANCEWITHPATH>", 1},
		{"OpenAssociatorInstancePaths", []string{disk}, "PullInstancePaths", "<INSTANCEPATH>", 1},
		{"OpenReferenceInstances", []string{disk}, "PullInstancesWithPath", "<VALUE.INSTANCEWITHPATH>", 1},
		{"OpenReferenceInstancePaths", []string{disk}, "PullInstancePaths", "<INSTANCEPATH>", 1},
		{"OpenQueryInstances", []string{text("FilterQueryLanguage", "WQL"), text("FilterQuery", "SELECT * FROM Disk")}, "PullInstances", "<INSTANCE ", 3},
	} {
		for _, n := range []string{"0", "1", "100"} {
			body := p.must(c.open, append(c.params, atMost(n))...)
			id, end := opened(t, body)
			if end != (c.count == 0 || n == "100" || n == "1" && c.count == 1) {
				t.Errorf("%s of %s: the end is %v", c.open, n, end)
			}
			for !end {
				more := p.must(c.pull, with(id), atMost("1"))
				body += more
				id, end = opened(t, more)
			}
			tag := c.tag
			if tag == "<INSTANCEPATH>" { // not those inside of references
				tag = "<INSTANCEPATH><NAMESPACEPATH><HOST>HERE<"
			}
			if got := strings.Count(body, tag); got != c.count {
				t.Errorf("%s of %s: %d objects, want %d: %s", c.open, n, got, c.count, body)
			}
		}
	}
	if n := s.Open(); n != 0 {
		t.Errorf("%d enumerations are still open", n)
	}
}

// DSP0200 5.3.2.24
func TestPullStatuses(t *testing.T) {
	m := newWorld(t)
	p, _ := listen(t, m, cimxml.Options{MaxEnumerations: 3})
	start := func() string {
		t.Helper()
		id, _ := opened(t, p.must("OpenEnumerateInstances", class("Disk"), atMost("1")))
		return id
	}
	id := start()
	for _, c := range []struct {
		name   string
		method string
		params []string
		code   cimxml.Code
	}{
		{"unknown class", "OpenEnumerateInstances", []string{class("Nope")}, cimxml.InvalidClass},
		{"no class", "OpenEnumerateInstances", nil, cimxml.InvalidParameter},
		{"unknown instance", "OpenAssociatorInstances", []string{named("InstanceName", key("Disk", "Id", "x"))}, cimxml.NotFound},
		{"for ever", "OpenEnumerateInstances", []string{class("Disk"), text("OperationTimeout", "0")}, cimxml.InvalidOperationTimeout},
		{"too long", "OpenEnumerateInstances", []string{class("Disk"), text("OperationTimeout", "4000")}, cimxml.InvalidOperationTimeout},
		{"go on", "OpenEnumerateInstances", []string{class("Disk"), text("ContinueOnError", "TRUE")}, cimxml.ContinuationOnErrorNot},
		{"no number", "OpenEnumerateInstances", []string{class("Disk"), atMost("many")}, cimxml.InvalidParameter},
		{"negative", "OpenEnumerateInstances", []string{class("Disk"), atMost("-1")}, cimxml.InvalidParameter},
		{"language alone", "OpenEnumerateInstances", []string{class("Disk"), text("FilterQueryLanguage", "DMTF:FQL")}, cimxml.InvalidParameter},
		{"another language", "OpenEnumerateInstances", []string{class("Disk"), text("FilterQueryLanguage", "SQL"), text("FilterQuery", "x")}, cimxml.QueryLanguageNotSupported},
		{"no filter", "OpenEnumerateInstances", []string{class("Disk"), text("FilterQueryLanguage", "DMTF:FQL"), text("FilterQuery", "Id =")}, cimxml.InvalidQuery},
		{"expression", "OpenEnumerateInstances", []string{class("Disk"), text("FilterQueryLanguage", "DMTF:FQL"), text("FilterQuery", "Id LIKE 'c.*'")}, cimxml.FilteredEnumerationNot},
		{"more than a filter", "OpenEnumerateInstances", []string{class("Disk"), text("FilterQueryLanguage", "DMTF:FQL"), text("FilterQuery", "Id = 'c' GROUP WITHIN 5")}, cimxml.InvalidQuery},
		{"classes", "OpenQueryInstances", []string{text("FilterQueryLanguage", "WQL"), text("FilterQuery", "SELECT * FROM meta_class"), atMost("1")}, cimxml.InvalidQuery},
		{"unknown context", "PullInstancesWithPath", []string{with("nothing"), atMost("1")}, cimxml.InvalidEnumerationContext},
		{"no context", "PullInstancesWithPath", []string{atMost("1")}, cimxml.InvalidParameter},
		{"no count", "PullInstancesWithPath", []string{with(id)}, cimxml.InvalidParameter},
		{"another pull", "PullInstancePaths", []string{with(id), atMost("1")}, cimxml.InvalidEnumerationContext},
		{"count", "EnumerationCount", []string{with(id)}, cimxml.NotSupported},
		{"none", "PullInstancesWithPath", []string{with(id), atMost("0")}, 0},
		{"close", "CloseEnumeration", []string{with(id)}, 0},
		{"close again", "CloseEnumeration", []string{with(id)}, cimxml.InvalidEnumerationContext},
		{"closed", "PullInstancesWithPath", []string{with(id), atMost("1")}, cimxml.InvalidEnumerationContext},
	} {
		if got, body := p.ask(c.method, c.params...); got != c.code {
			t.Errorf("%s, %s: status %d, want %d: %s", c.method, c.name, got, c.code, body)
		}
	}
	// Another namespace does not see it, and another user must not
	// (async-and-security.md#28).
	id = start()
	if got, _ := p.in("root/default", "PullInstancesWithPath", with(id), atMost("1")); got != cimxml.InvalidEnumerationContext {
		t.Errorf("in another namespace: %d", got)
	}
	other := *p
	other.user = "eve"
	if got, _ := other.ask("PullInstancesWithPath", with(id), atMost("1")); got != cimxml.AccessDenied {
		t.Errorf("another user: %d", got)
	}
	if got, _ := p.ask("PullInstancesWithPath", with(id), atMost("1")); got != 0 {
		t.Errorf("then its owner: %d", got)
	}
	start()
	start()
	if got, _ := p.ask("OpenEnumerateInstances", class("Disk"), atMost("1")); got != cimxml.ServerLimitsExceeded {
		t.Errorf("too many: %d", got)
	}
}

// everybody lets all in as the owner of a locator, whoever they say they are.
type everybody struct{ wbem.Locator }

func (e everybody) Connect(ctx context.Context, path string, o wbem.ConnectOptions) (wbem.Services, error) {
	o.Identity = nil
	return e.Locator.Connect(ctx, path, o)
}

// What was opened on a protected connection is neither sent nor ended on one that
// is less so, and nobody else gets it.
func TestPullLevels(t *testing.T) {
	p, s := listen(t, everybody{newWorld(t)}, cimxml.Options{})
	p.user, p.level = "kim", 6
	id, _ := opened(t, p.must("OpenEnumerateInstances", class("Disk"), atMost("1")))
	events := textOf(t, p.must("__Subscribe", text("Language", "WQL"), text("Query", "SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA 'Disk'")))
	weak, eve := *p, *p
	weak.level, eve.user = 2, "eve"
	for _, other := range []peer{weak, eve} {
		for _, c := range []struct {
			method string
			params []string
		}{
			{"PullInstancesWithPath", []string{with(id), atMost("1")}},
			{"PullInstancePaths", []string{with(id), atMost("1")}},
			{"CloseEnumeration", []string{with(id)}},
		} {
			if got, body := other.ask(c.method, c.params...); got != cimxml.AccessDenied {
				t.Errorf("%s by %s on level %d: status %d: %s", c.method, other.user, other.level, got, body)
			}
		}
		for _, method := range []string{"__Events", "__Unsubscribe"} {
			if body := other.must(method, text("Subscription", events)); !strings.Contains(body, fmt.Sprintf(`STATUS="%d"`, uint32(wbem.AccessDenied))) {
				t.Errorf("%s by %s on level %d: %s", method, other.user, other.level, body)
			}
		}
	}
	if s.Open() != 2 {
		t.Errorf("%d are open then", s.Open())
	}
	p.must("PullInstancesWithPath", with(id), atMost("1"))
	p.must("CloseEnumeration", with(id))
	p.must("__Unsubscribe", text("Subscription", events))
	if s.Open() != 0 {
		t.Errorf("%d are open at the end", s.Open())
	}
	// What was opened in clear may be had in any way.
	id, _ = opened(t, weak.must("OpenEnumerateInstances", class("Disk"), atMost("1")))
	p.must("CloseEnumeration", with(id))
}

// textOf returns the text that a native operation returns.
func textOf(t *testing.T, body string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, "<IRETURNVALUE><VALUE>")
	value, _, found := strings.Cut(rest, "<")
	if !ok || !found {
		t.Fatalf("the answer has no value: %s", body)
	}
	return value
}

// A failure midway ends the enumeration.
func TestPullFails(t *testing.T) {
	f := &failing{Locator: newWorld(t), after: 5, with: &wbem.Error{Status: wbem.AccessDenied}}
	p, s := listen(t, f, cimxml.Options{})
	id, _ := opened(t, p.must("OpenEnumerateInstances", class("Disk"), atMost("3")))
	if got, body := p.ask("PullInstancesWithPath", with(id), atMost("10")); got != cimxml.AccessDenied || strings.Contains(body, "INSTANCE>") {
		t.Errorf("status %d: %s", got, body)
	}
	if got, _ := p.ask("PullInstancesWithPath", with(id), atMost("10")); got != cimxml.InvalidEnumerationContext || s.Open() != 0 {
		t.Errorf("then status %d, and %d are open", got, s.Open())
	}
}

// An enumeration that nobody pulls ends after its time, one that is pulled does
// not.
func TestPullTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newWorld(t)
		s := cimxml.NewServer(m, cimxml.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return nil, nil }})
		defer s.Close()
		ask := func(method string, params ...string) string {
			w := recorder{header: http.Header{}}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/cimom", strings.NewReader(message(call("root/cimv2", method, params...))))
			if err != nil {
				t.Fatal(err)
			}
			s.ServeHTTP(&w, r)
			return w.body.String()
		}
		id, _ := opened(t, ask("OpenEnumerateInstances", class("Disk"), atMost("0"), text("OperationTimeout", "10")))
		for range 3 {
			time.Sleep(9 * time.Second)
			if body := ask("PullInstancesWithPath", with(id), atMost("0")); code(body) != 0 {
				t.Fatal(body)
			}
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if s.Open() != 0 {
			t.Error("the enumeration is still open")
		}
		if body := ask("PullInstancesWithPath", with(id), atMost("0")); code(body) != cimxml.InvalidEnumerationContext {
			t.Error(body)
		}
	})
}
