package server_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"openwmi/cimom"
	"openwmi/internal/server"
)

// BenchmarkGet is GetInstance over one connection, and the share that this is of what
// net/http alone does with bodies of the same sizes: it is measured by turns, since
// two processors that wake each other are quick at one time and slow at another.
func BenchmarkGet(b *testing.B) {
	s := start(b, server.Config{}, cimom.Options{})
	compileText(b, s.store, `class Drive { [key] string Id; uint64 Size; string Caption; string Description; uint32 A; uint32 B; boolean C; datetime D; real64 E; string Tags[]; };
		instance of Drive { Id = "c"; Size = 500; Caption = "a disk"; Description = "some text as long as most of them"; A = 1; B = 2; C = TRUE; E = 1.5; Tags = {"a", "b"}; };`)
	const message = `<?xml version="1.0" encoding="utf-8"?><CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0"><SIMPLEREQ>` +
		`<IMETHODCALL NAME="GetInstance"><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="cimv2"/></LOCALNAMESPACEPATH>` +
		`<IPARAMVALUE NAME="InstanceName"><INSTANCENAME CLASSNAME="Drive"><KEYBINDING NAME="Id"><KEYVALUE VALUETYPE="string">c</KEYVALUE></KEYBINDING></INSTANCENAME></IPARAMVALUE>` +
		`<IPARAMVALUE NAME="LocalOnly"><VALUE>FALSE</VALUE></IPARAMVALUE></IMETHODCALL></SIMPLEREQ></MESSAGE></CIM>`
	request := []byte(post + "CIMOperation: MethodCall\r\nCIMMethod: GetInstance\r\nCIMObject: root/cimv2\r\nContent-Length: " + strconv.Itoa(len(message)) + "\r\n\r\n" + message)

	get := dialRaw(b, s.address())
	answer := string(get.ask(request))
	if !strings.Contains(answer, `NAME="Caption"`) {
		b.Fatal(answer)
	}
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(err)
		}
		w.Header().Set("Content-Type", "application/xml")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = io.WriteString(w, answer)
	}))
	defer bare.Close()
	other := dialRaw(b, strings.TrimPrefix(bare.URL, "http://"))

	const turn = 200
	var own, alone time.Duration
	n := 0
	b.ReportAllocs()
	b.ResetTimer()
	for n < b.N {
		began := time.Now()
		for range turn {
			get.ask(request)
		}
		own += time.Since(began)
		b.StopTimer()
		began = time.Now()
		for range turn {
			other.ask(request)
		}
		alone += time.Since(began)
		b.StartTimer()
		n += turn
	}
	b.ReportMetric(float64(n)/own.Seconds(), "op/s")
	b.ReportMetric(float64(n)/alone.Seconds(), "bare-op/s")
	b.ReportMetric(alone.Seconds()/own.Seconds(), "ratio")
}

// A raw client sends requests as they are and keeps answers in the same memory.
type raw struct {
	b    testing.TB
	c    net.Conn
	r    *bufio.Reader
	body []byte
}

func dialRaw(b testing.TB, address string) *raw {
	b.Helper()
	c := dial(b, address)
	b.Cleanup(func() { c.Close() })
	return &raw{b: b, c: c, r: bufio.NewReader(c)}
}

// ask returns the body of an answer, whose length the header has to say, until it is
// called again.
func (c *raw) ask(request []byte) []byte {
	if _, err := c.c.Write(request); err != nil {
		c.b.Fatal(err)
	}
	length := -1
	for n := 0; ; n++ {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			c.b.Fatal(err)
		}
		if n == 0 && !bytes.Contains(line, []byte(" 200 ")) {
			c.b.Fatalf("%s", line)
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length = 0
			for _, digit := range value {
				length = 10*length + int(digit-'0')
			}
		}
	}
	if length < 0 {
		c.b.Fatal("the answer has no length")
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	if _, err := io.ReadFull(c.r, c.body); err != nil {
		c.b.Fatal(err)
	}
	return c.body
}
