package cimxml_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"openwmi/wire/cimxml"
)

// A usage is what a process has open and in memory.
type usage struct {
	files, goroutines int
	heap              uint64
}

func usageNow(t *testing.T) usage {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{files: len(entries), goroutines: runtime.NumGoroutine(), heap: m.HeapAlloc}
}

// After clients that break every rule files, goroutines and memory are back where
// they were after the first of them, who have filled pools and caches.
func TestTortureLeavesNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("open files are counted in /proc, which only Linux has")
	}
	p, s := listen(t, newWorld(t), cimxml.Options{MaxEnumerations: 3000, MaxRequest: 1 << 20})
	address := strings.TrimPrefix(p.url, "http://")
	open := message(call("root/cimv2", "OpenEnumerateInstances", class("Disk"), atMost("1"), text("OperationTimeout", "1")))
	get := message(call("root/cimv2", "GetClass", class("Disk")))
	const head = "POST /cimom HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\n"
	chunked := head + "Transfer-Encoding: chunked\r\n\r\n"
	var split strings.Builder
	for i := range len(get) {
		fmt.Fprintf(&split, "1\r\n%c\r\n", get[i])
	}
	entities := `<!DOCTYPE a [<!ENTITY b "` + strings.Repeat("x", 1000) + `"><!ENTITY c "` + strings.Repeat("&b;", 1000) + `">]><a>&c;</a>`
	requests := []struct{ text, want string }{
		{head[:30], ""}, // no header
		{head + "Content-Length: 1000\r\n\r\n<CIM", ""},    // shorter than it says
		{head + "Content-Length: 10\r\n\r\n" + get, "400"}, // longer
		{head + "Content-Length: -1\r\n\r\n" + get, "400"}, // impossible
		{chunked + split.String() + "0\r\n\r\n", "200"},    // a byte at a time
		{chunked + "FFFFFFFFF\r\n" + get[:100], ""},        // a chunk that is not whole
		{chunked + "5\r\n<CIM>XX\r\n", "4"},                // one that is longer
		{chunked + "-5\r\n", "4"},                          // one that cannot be
		{fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(entities), entities), "400"},
		{fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(get), get), "200"},
	}
	say := func(text, want string) {
		t.Helper()
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, text)
		if want == "" {
			return
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("%.200q: %v", text, err)
			return
		}
		io.Copy(io.Discard, resp.Body)
		if !strings.HasPrefix(resp.Status, want) {
			t.Errorf("%.200q: %s, want %s", text, resp.Status, want)
		}
	}
	endless := func(begin string) {
		t.Helper()
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = io.WriteString(c, begin)
		for sent, part := 0, strings.Repeat("x", 1<<16); err == nil; sent += len(part) {
			if sent >= 1<<30 {
				t.Errorf("%.60q and a gigabyte were taken", begin)
				return
			}
			_, err = io.WriteString(c, part)
		}
	}
	abandoned := 500
	if testing.Short() {
		abandoned = 50
	}
	round := func() {
		for range abandoned {
			if _, body := p.post(open); code(body) != 0 {
				t.Fatal(body)
			}
		}
		for _, r := range requests {
			for range 5 {
				say(r.text, r.want)
			}
		}
		endless(head + "X: ")
		endless(head + "Content-Length: 99999999999\r\n\r\n")
		settle(t, "enumerations are still open", func() bool { return s.Users() == 0 })
	}
	round()
	before := usageNow(t)
	for range 2 {
		round()
	}
	for end := time.Now().Add(time.Minute); ; runtime.Gosched() {
		after := usageNow(t)
		if after.files <= before.files && after.goroutines <= before.goroutines && after.heap <= before.heap+4<<20 {
			break
		}
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%+v, then %+v:\n%s", before, after, buf[:runtime.Stack(buf, true)])
		}
	}
	if resp, body := p.post(get); resp.StatusCode != http.StatusOK || code(body) != 0 {
		t.Error(resp.Status, body)
	}
}
