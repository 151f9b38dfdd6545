package server_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"openwmi/cimom"
	"openwmi/internal/auth/spnego"
	"openwmi/internal/server"
	"openwmi/wire/sealed"
)

// libmi fills its messages up with zeros, and reads answers only if they are not in
// chunks and have tabs where its requests have them, which is nowhere. pywinrm
// wants its tabs back.
func TestSealedAnswers(t *testing.T) {
	s := start(t, server.Config{}, cimom.Options{})
	c := s.talk(t)
	defer c.Close()
	if got := c.negotiates("Negotiate", spnego.Adapt(client(password).Initiate())); got != http.StatusOK {
		t.Fatalf("%d", got)
	}
	const addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	id := strings.Repeat("x", 2000) // is repeated, and longer than what net/http keeps for counting
	request := `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="` + addressing + `"><s:Header><a:MessageID>` + id +
		"</a:MessageID><a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action></s:Header><s:Body/></s:Envelope>"
	for _, flush := range []bool{false, true} {
		contentType, body, err := sealed.Message{Protocol: sealed.Negotiate, Type: soap, Flush: flush, Body: []byte(request + "\x00\x00\x00")}.Seal(c.session)
		if err != nil {
			t.Fatal(err)
		}
		r, text := c.post("", contentType, body)
		if r.ContentLength != int64(len(text)) {
			t.Errorf("the answer has %d bytes, and the header says %d", len(text), r.ContentLength)
		}
		m, err := sealed.Open(c.session, r.Header.Get("Content-Type"), text)
		if err != nil || m.Flush != flush || !bytes.Contains(m.Body, []byte("header ResourceURI is missing")) {
			t.Errorf("flush %v: %v, %v, %s", flush, m.Flush, err, m.Body)
		}
	}
}
