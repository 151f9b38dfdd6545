package wsman_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"openwmi/wire/wsman"
)

// encode returns a text in UTF-16.
func encode(order binary.AppendByteOrder, mark bool, text string) []byte {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xFEFF)
	}
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// send posts a body and returns the status, the type and the answer.
func (l *lab) send(contentType string, body []byte) (int, string, []byte) {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), answer
}

// wide returns a text in UTF-16 with a byte order mark as a string.
func wide(t *testing.T, b []byte) string {
	t.Helper()
	if len(b) < 2 || len(b)%2 != 0 || b[0] != 0xFF || b[1] != 0xFE {
		t.Fatalf("it is not in UTF-16: % x", b[:min(len(b), 20)])
	}
	var units []uint16
	for i := 2; i < len(b); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(b[i:]))
	}
	return string(utf16.Decode(units))
}

// Who asks in UTF-16 is answered in UTF-16, with faults as well. DSP0226 R13.1
func TestUTF16(t *testing.T) {
	const (
		kind = "application/soap+xml;charset=UTF-16"
		name = "Mäuse \U0001F401"
	)
	l := newLab(t, wsman.Options{})
	l.ask(transfer+"Create", wmi+"Animal", "", "<Animal><Name>"+name+"</Name></Animal>")
	get := message(transfer+"Get", wmi+"Animal", selectors("Name", name), "")
	identify := envelope + `<s:Header/><s:Body><i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>`
	for _, tt := range []struct {
		name, kind string
		body       []byte
		status     int
		part       string
	}{
		{"little-endian", kind, encode(binary.LittleEndian, true, get), 200, "<p:Name>" + name + "</p:Name>"},
		{"big-endian", kind, encode(binary.BigEndian, true, get), 200, "<p:Name>" + name + "</p:Name>"},
		{"without mark", kind, encode(binary.LittleEndian, false, get), 200, "<p:Name>" + name + "</p:Name>"},
		{"big-endian without mark", kind, encode(binary.BigEndian, false, get), 200, "<p:Name>" + name + "</p:Name>"},
		{"big-endian by its name", `application/soap+xml; charset="utf-16BE"`, encode(binary.BigEndian, false, "\n"+get), 200, name},
		{"without charset", "application/soap+xml", encode(binary.LittleEndian, true, get), 200, name},
		{"padded with zeros", kind, encode(binary.LittleEndian, true, get+"\x00\x00\x00"), 200, name},
		{"identify", kind, encode(binary.LittleEndian, true, identify), 200, "<wsmid:ProductVendor>OpenWMI<"},
		{"fault", kind, encode(binary.LittleEndian, true, strings.Replace(get, wmi, wmi+"X", 1)), 500, "a:DestinationUnreachable"},
		{"no XML", kind, encode(binary.LittleEndian, true, "x"), 500, "w:SchemaValidationError"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l.t = t
			status, contentType, answer := l.send(tt.kind, tt.body)
			if status != tt.status || contentType != kind {
				t.Fatalf("%d, %s", status, contentType)
			}
			if text := wide(t, answer); !strings.Contains(text, tt.part) {
				t.Error(text)
			}
		})
	}
	l.t = t
	for _, body := range [][]byte{{'<'}, {0xFF, 0xFE, '<'}, {0xFF, 0xFE, 0, 0xD8}, {0xFF, 0xFE, 0, 0xD8, 'a', 0}, {0xFF, 0xFE, 0, 0xDC, 'a', 0}} {
		if status, _, _ := l.send(kind, body); status != http.StatusBadRequest {
			t.Errorf("% x: %d", body, status)
		}
	}
	// What a client takes is said in bytes.
	l.ask(transfer+"Put", wmi+"Animal", selectors("Name", name), "<Animal><Tags>"+strings.Repeat("x", 4000)+"</Tags></Animal>")
	limited := message(transfer+"Get", wmi+"Animal", selectors("Name", name)+"<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>", "")
	if status, _, _ := l.send("application/soap+xml", []byte(limited)); status != 200 {
		t.Errorf("in UTF-8: %d", status)
	}
	if status, _, answer := l.send(kind, encode(binary.LittleEndian, true, limited)); status != 500 || len(answer) > 8192 {
		t.Errorf("in UTF-16: %d, %d bytes", status, len(answer))
	}
}
