package server_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"openwmi/cimom"
	"openwmi/internal/auth/spnego"
	"openwmi/internal/server"
	"openwmi/wbem"
	"openwmi/wire/sealed"
	"openwmi/wire/transport"
)

// padded returns a request of some bytes.
func padded(size int) string {
	const head = `<?xml version="1.0"?><CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0"><SIMPLEREQ>` +
		`<IMETHODCALL NAME="GetClass"><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="cimv2"/></LOCALNAMESPACEPATH>` +
		`<IPARAMVALUE NAME="ClassName"><CLASSNAME NAME="Disk"/></IPARAMVALUE></IMETHODCALL></SIMPLEREQ></MESSAGE></CIM>`
	return head + strings.Repeat("\n", size-len(head))
}

// fill takes the room that there is for the bodies of alice, in two requests of the
// largest size that lack their last byte.
func (s *site) fill(t *testing.T, size int) []net.Conn {
	t.Helper()
	var waiting []net.Conn
	for range 2 {
		c := dial(t, s.address())
		if _, err := fmt.Fprintf(c, post+"Content-Length: %d\r\n\r\n%s", size, padded(size)[:size-1]); err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, c)
	}
	for s.Held() < 2*int64(size-1) {
		runtime.Gosched()
	}
	return waiting
}

// The bodies of one user cannot take all memory, and those that were read are no
// longer counted. What there is no room for now may come later; what is too long
// need not.
func TestBodiesOfOneUser(t *testing.T) {
	const most = 1 << 20
	s := start(t, server.Config{MaxRequest: most}, cimom.Options{})
	client := transport.New(transport.Options{User: alice, Password: password})
	ask := func(path, contentType string, size, want int) {
		t.Helper()
		r, err := client.Post("http://"+s.address()+path, contentType, strings.NewReader(padded(size)))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if again := r.Header.Get("Retry-After"); r.StatusCode != want || (again != "") != (want == http.StatusServiceUnavailable) {
			t.Errorf("%d bytes to %s: %s, Retry-After %q", size, path, r.Status, again)
		}
		if err := transport.Refusal(r); want == http.StatusServiceUnavailable && !errors.Is(err, wbem.ServerTooBusy) {
			t.Errorf("%d bytes to %s: %v", size, path, err)
		}
	}
	ask("/cimom", "application/xml", most, http.StatusOK)
	waiting := s.fill(t, most)
	for path, contentType := range map[string]string{"/cimom": "application/xml", "/wsman": "application/soap+xml;charset=UTF-8"} {
		ask(path, contentType, 100<<10, http.StatusServiceUnavailable)
		ask(path, contentType, most, http.StatusServiceUnavailable)
		ask(path, contentType, most+1, http.StatusRequestEntityTooLarge)
	}
	if got := metric(t, s, `openwmi_refused_total{what="body"}`); got != 4 {
		t.Errorf("%v refusals are counted", got)
	}
	ask("/cimom", "application/xml", 1000, http.StatusOK)
	for _, c := range waiting {
		if _, err := c.Write([]byte("\n")); err != nil {
			t.Fatal(err)
		}
		if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != http.StatusOK {
			t.Errorf("the large ones: %v, %v", r, err)
		}
		c.Close()
	}
	for s.Held() > 0 {
		runtime.Gosched()
	}
	ask("/cimom", "application/xml", most, http.StatusOK)
}

// A message that is encrypted by itself may come later as well, over another
// connection: the one that it was meant for lacks a message.
func TestNoRoomForSealed(t *testing.T) {
	const most = 1 << 20
	s := start(t, server.Config{MaxRequest: most}, cimom.Options{})
	c := s.talk(t)
	if got := c.negotiates("Negotiate", spnego.Adapt(client(password).Initiate())); got != http.StatusOK {
		t.Fatalf("%d", got)
	}
	for _, c := range s.fill(t, most) {
		defer c.Close()
	}
	contentType, body, err := sealed.Message{Protocol: sealed.Negotiate, Type: soap, Body: bytes.Repeat([]byte(" "), 100<<10)}.Seal(c.session)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := c.post("", contentType, body)
	if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || !r.Close {
		t.Errorf("%s, %v", r.Status, r.Header)
	}
}
