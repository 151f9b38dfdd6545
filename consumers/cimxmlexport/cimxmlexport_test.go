package cimxmlexport_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/cimxmlexport"
	"openwmi/consumers/internal/consumertest"
	"openwmi/consumers/webhook"
	"openwmi/provider"
	"openwmi/wbem"
)

const (
	head = `<?xml version="1.0"?><CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0"><SIMPLEEXPRSP><EXPMETHODRESPONSE NAME="ExportIndication">`
	tail = `</EXPMETHODRESPONSE></SIMPLEEXPRSP></MESSAGE></CIM>`
)

// newExport returns a consumer that may send to a listener, and the URL of that.
func newExport(t *testing.T, listener http.HandlerFunc) (*cimxmlexport.Consumer, string) {
	t.Helper()
	web := httptest.NewServer(listener)
	t.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cimxmlexport.New(webhook.Options{
		Rules: consumers.WebhookRules{Hosts: []string{u.Host}, RetryFor: consumers.Duration(time.Millisecond)}, Pause: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, web.URL
}

// destination describes a logical consumer.
func destination(t *testing.T, name, url string) *cim.Instance {
	t.Helper()
	property := func(name string) cim.PropertyDecl { return cim.PropertyDecl{Name: name, Type: cim.TypeString} }
	c, err := cim.Derive(nil, &cim.ClassDecl{Name: cimxmlexport.Class, Properties: []cim.PropertyDecl{property("Name"), property("Destination")}})
	if err != nil {
		t.Fatal(err)
	}
	inst := cim.NewInstance(c)
	if err := errors.Join(inst.Set("Name", cim.StringValue(name)), inst.Set("Destination", cim.StringValue(url))); err != nil {
		t.Fatal(err)
	}
	return inst
}

// An indication has arrived only if the listener says so in a whole answer.
func TestAnswers(t *testing.T) {
	var answer string
	c, url := newExport(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, answer) })
	for _, test := range []struct {
		name, answer string
		arrived      bool
	}{
		{"empty element", strings.Replace(head, `n">`, `n"/>`, 1) + strings.TrimPrefix(tail, `</EXPMETHODRESPONSE>`), true},
		{"return value", head + `<IRETURNVALUE/>` + tail, true},
		{"error", head + `<ERROR CODE="4" DESCRIPTION="no"/>` + tail, false},
		{"error without a code", head + `<ERROR/>` + tail, false},
		{"nothing", "", false},
		{"a page", "<html><body>Welcome</body></html>", false},
		{"another answer", strings.ReplaceAll(head+tail, "SIMPLEEXPRSP", "SIMPLERSP"), false},
		{"cut off", head, false},
		{"cut off before it says what is wrong", head + `<ERR`, false},
		{"not closed", strings.TrimSuffix(head+tail, "</CIM>"), false},
		{"garbage", head + "&" + tail, false},
	} {
		answer = test.answer
		err := c.Consume(t.Context(), destination(t, "d", url), consumertest.Events(t, "x"))
		if (err == nil) != test.arrived || err != nil && cim.StatusOf(err) != wbem.Failed {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

var identified = regexp.MustCompile(`NAME="IndicationIdentifier" TYPE="string"><VALUE>id</VALUE>.*NAME="IndicationTime" TYPE="datetime"><VALUE>2`)

var numbered = regexp.MustCompile(`NAME="SequenceNumber" TYPE="sint64"><VALUE>(\d+)</VALUE>`)

// The indications to each listener are numbered by themselves, in the order in
// which they are sent. What a listener refused has had its number.
// What an event does not say of itself is added.
func TestNumbers(t *testing.T) {
	var got []string
	c, url := newExport(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if m := numbered.FindSubmatch(b); err != nil || m == nil || r.Header.Get("CIMExportMethod") != "ExportIndication" || !identified.Match(b) {
			t.Errorf("%v: header %v, %s", err, r.Header, b)
		} else {
			got = append(got, r.URL.Path+" "+string(m[1]))
		}
		if len(got) == 2 {
			io.WriteString(w, head+`<ERROR CODE="1"/>`+tail)
			return
		}
		io.WriteString(w, head+tail)
	})
	class, err := cim.Derive(nil, &cim.ClassDecl{Name: "CIM_AlertIndication", Properties: []cim.PropertyDecl{
		{Name: "SequenceContext", Type: cim.TypeString}, {Name: "SequenceNumber", Type: cim.TypeSint64},
		{Name: "IndicationIdentifier", Type: cim.TypeString}, {Name: "IndicationTime", Type: cim.TypeDatetime},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a", "a", "b", "a"} {
		err := c.Consume(t.Context(), destination(t, name, url+"/"+name), []provider.Event{{ID: "id", Instance: cim.NewInstance(class)}})
		if (err == nil) != (i != 1) {
			t.Errorf("indication %d: %v", i, err)
		}
	}
	if diff := cmp.Diff([]string{"/a 0", "/a 1", "/b 0", "/a 2"}, got); diff != "" {
		t.Error(diff)
	}
}

// A class may have a property of such a name for something else.
func TestOtherNumbers(t *testing.T) {
	var body []byte
	c, url := newExport(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		io.WriteString(w, head+tail)
	})
	class, err := cim.Derive(nil, &cim.ClassDecl{Name: "Alarm", Properties: []cim.PropertyDecl{
		{Name: "SequenceContext", Type: cim.TypeUint8}, {Name: "SequenceNumber", Type: cim.TypeString}, {Name: "IndicationTime", Type: cim.TypeUint64},
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Consume(t.Context(), destination(t, "d", url), []provider.Event{{ID: "id", Instance: cim.NewInstance(class)}})
	if err != nil || !strings.Contains(string(body), `CLASSNAME="Alarm"`) || strings.Contains(string(body), "<VALUE>") {
		t.Errorf("%v: %s", err, body)
	}
}
