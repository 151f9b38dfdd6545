package wsman_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"openwmi/wire/wsman"
)

// Clients that go away while they send, wait and read leave nothing behind.
func TestTorture(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("clients", func(t *testing.T) {
		l := newLab(t, wsman.Options{MaxEnumerations: 5000})
		address := strings.TrimPrefix(l.url, "http://")
		for i := range 300 {
			l.exchange(message(transfer+"Create", wmi+"Dog", "", fmt.Sprintf("<Dog><Name>dog%d</Name><Tags>%s</Tags></Dog>", i, strings.Repeat("x", 1000))))
		}
		open := message(enumeration+"Enumerate", wmi+"Dog", "", "<n:Enumerate><n:Expires>PT0.2S</n:Expires></n:Enumerate>")
		slow := message(enumeration+"Enumerate", wmi+"Slow", "<w:OperationTimeout>PT30S</w:OperationTimeout>", "<n:Enumerate/>")
		whole := message(enumeration+"Enumerate", wmi+"Dog", "<w:MaxEnvelopeSize>4000000</w:MaxEnvelopeSize>", "<n:Enumerate>"+optimized+"</n:Enumerate>")
		for i := range 400 {
			l.abuse(address, []string{open, slow, whole, whole}[i%4], i%4)
		}
		for range 1000 { // nobody pulls them
			l.exchange(open)
		}
		sub := message(eventing+"Subscribe", wmi+"*", "", `<e:Subscribe><e:Delivery Mode="`+pullMode+`"/><e:Expires>PT0.2S</e:Expires>`+creations+"</e:Subscribe>")
		for range 100 { // nor these
			l.exchange(sub)
		}
		if got := l.ask(transfer+"Get", wmi+"Animal", selectors("Name", "mouse"), ""); got != mouse {
			t.Error(got)
		}
		settle(t, before+60)
	})
	http.DefaultClient.CloseIdleConnections()
	settle(t, before+5)
}

// abuse sends a request in one of several bad ways.
func (l *lab) abuse(address, document string, how int) {
	l.t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		l.t.Fatal(err)
	}
	defer c.Close()
	length := len(document)
	if how == 0 {
		document = document[:length/2] // and no more
	}
	fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\nContent-Length: %d\r\n\r\n%s", length, document)
	switch how {
	case 2: // a part of the answer is read
		_, _ = io.ReadFull(c, make([]byte, 100))
	case 3: // all of it
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			l.t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if err != nil || n < 300_000 {
			l.t.Errorf("%d bytes, %v", n, err)
		}
	}
}

// settle waits until there are no more than so many goroutines.
func settle(t *testing.T, most int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for runtime.NumGoroutine() > most {
		if ctx.Err() != nil {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, not %d:\n%s", runtime.NumGoroutine(), most, buf[:runtime.Stack(buf, true)])
		}
		runtime.Gosched()
	}
}
