package wsman_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"openwmi/wire/wsman"
)

// exchange answers a request without a connection.
func (l *lab) exchange(document string) string {
	r := httptest.NewRequest(http.MethodPost, "/wsman", strings.NewReader(document))
	r.Header.Set("Content-Type", "application/soap+xml;charset=UTF-8")
	w := httptest.NewRecorder()
	l.server.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		l.t.Fatal(w.Body.String())
	}
	return w.Body.String()
}

func BenchmarkGet(b *testing.B) {
	l := newLab(b, wsman.Options{})
	request := message(transfer+"Get", wmi+"Animal", selectors("Name", "mouse"), "")
	b.ReportAllocs()
	for b.Loop() {
		l.exchange(request)
	}
}

func BenchmarkPull(b *testing.B) {
	l := newLab(b, wsman.Options{})
	for i := range 1000 {
		l.exchange(message(transfer+"Create", wmi+"Dog", "", fmt.Sprintf("<Dog><Name>dog%d</Name><Tags>a</Tags><Tags>b</Tags></Dog>", i)))
	}
	request := message(enumeration+"Enumerate", wmi+"Dog", "<w:MaxEnvelopeSize>4000000</w:MaxEnvelopeSize>", "<n:Enumerate>"+optimized+"</n:Enumerate>")
	b.ReportAllocs()
	for b.Loop() {
		l.exchange(request)
	}
}
