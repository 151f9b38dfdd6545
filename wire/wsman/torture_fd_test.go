package wsman_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"openwmi/internal/auth/ntlm"
	"openwmi/internal/auth/spnego"
	"openwmi/wire/sealed"
	"openwmi/wire/wsman"
	"openwmi/wmitest"
)

// A usage is what a process has open and in memory.
type usage struct {
	files, goroutines int
	heap              uint64
}

func use(t *testing.T) usage {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return usage{files: len(entries), goroutines: runtime.NumGoroutine(), heap: heap()}
}

// leavesNothing runs rounds of something, and fails if there is more after the last
// one than after the first, which fills pools and caches.
func leavesNothing(t *testing.T, rounds int, round func()) {
	t.Helper()
	first := runtime.NumGoroutine()
	round()
	settle(t, first+5)
	before := use(t)
	for range rounds {
		round()
	}
	for end := time.Now().Add(time.Minute); ; runtime.Gosched() {
		after := use(t)
		if after.files <= before.files && after.goroutines <= before.goroutines && after.heap <= before.heap+4<<20 {
			t.Logf("%+v, then %+v", before, after)
			return
		}
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%+v, then %+v:\n%s", before, after, buf[:runtime.Stack(buf, true)])
		}
	}
}

func onlyLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("open files are counted in /proc, which only Linux has")
	}
}

// After clients that break every rule files, goroutines and memory are back where
// they were.
func TestTortureLeavesNothing(t *testing.T) {
	onlyLinux(t)
	l := newLab(t, wsman.Options{MaxEnumerations: 3000, MaxRequest: 1 << 20})
	address := strings.TrimPrefix(l.url, "http://")
	open := message(enumeration+"Enumerate", wmi+"Animal", "", "<n:Enumerate><n:Expires>PT0.1S</n:Expires></n:Enumerate>")
	slow := message(enumeration+"Enumerate", wmi+"Slow", "<w:OperationTimeout>PT30S</w:OperationTimeout>", "<n:Enumerate/>")
	sub := message(eventing+"Subscribe", wmi+"*", "", `<e:Subscribe><e:Delivery Mode="`+pullMode+`"/><e:Expires>PT0.1S</e:Expires>`+creations+"</e:Subscribe>")
	get := message(transfer+"Get", wmi+"Animal", selectors("Name", "mouse"), "")
	const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n"
	chunked := head + "Transfer-Encoding: chunked\r\n\r\n"
	var split strings.Builder
	for i := range len(get) {
		fmt.Fprintf(&split, "1\r\n%c\r\n", get[i])
	}
	entities := `<!DOCTYPE a [<!ENTITY b "` + strings.Repeat("x", 1000) + `"><!ENTITY c "` + strings.Repeat("&b;", 1000) + `">]><a>&c;</a>`
	requests := []struct{ text, want string }{
		{head + "Content-Length: 1000\r\n\r\n<s:Env", ""},        // shorter than it says
		{head + "Content-Length: 10\r\n\r\n" + get, "500"},       // longer
		{head + "Content-Length: -1\r\n\r\n" + get, "400"},       // impossible
		{head + "Content-Length: 99999999\r\n\r\n" + get, "413"}, // too long
		{head[:30], ""}, // no header
		{chunked + split.String() + "0\r\n\r\n", "200"}, // a byte at a time
		{chunked + "FFFFFFFFF\r\n" + get[:100], ""},     // a chunk that is not whole
		{chunked + "5\r\n<s:EnvXX\r\n", "400"},          // one that is longer
		{chunked + "-5\r\n", "400"},                     // one that cannot be
		{chunked + "1000000\r\n" + entities, ""},        // a header of chunks that lies
		{fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(entities), entities), "500"},
		{fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(slow), slow), ""}, // its answer is not awaited
		{fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(get), get), "200"},
	}
	abandoned := 500
	if testing.Short() {
		abandoned = 50
	}
	leavesNothing(t, 2, func() {
		for range abandoned {
			l.exchange(open)
		}
		for range 50 {
			l.exchange(sub)
		}
		for _, r := range requests {
			for range 5 {
				l.say(address, r.text, r.want)
			}
		}
		l.endless(address, head+"X: ", 1<<30)
		l.endless(address, head+"Content-Length: 99999999999\r\n\r\n", 1<<30)
		for l.server.Users() > 0 { // those who nobody has pulled end by themselves
			runtime.Gosched()
		}
	})
	if got := l.ask(transfer+"Get", wmi+"Animal", selectors("Name", "mouse"), ""); got != mouse {
		t.Error(got)
	}
}

// say sends bytes as they are, and checks the status if one is wanted.
func (l *lab) say(address, text, want string) {
	l.t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		l.t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, text)
	if want == "" {
		return
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		l.t.Errorf("%.200q: %v", text, err)
		return
	}
	io.Copy(io.Discard, resp.Body)
	if !strings.HasPrefix(resp.Status, want) {
		l.t.Errorf("%.200q: %s, want %s", text, resp.Status, want)
	}
}

// endless sends more and more, and fails if all of it is taken.
func (l *lab) endless(address, begin string, most int) {
	l.t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		l.t.Fatal(err)
	}
	defer c.Close()
	_, err = io.WriteString(c, begin)
	for sent, part := 0, strings.Repeat("x", 1<<16); err == nil; sent += len(part) {
		if sent >= most {
			l.t.Errorf("%.60q and %d bytes were taken", begin, sent)
			return
		}
		_, err = io.WriteString(c, part)
	}
}

// A sealedPeer is a connection with a session of NTLM.
type sealedPeer struct {
	t       *testing.T
	conn    net.Conn
	r       *bufio.Reader
	session spnego.Session
}

// dialSealed connects, and logs on if there is a password.
func dialSealed(t *testing.T, s *wmitest.Server, password string) *sealedPeer {
	t.Helper()
	u, err := url.Parse(s.WSMan)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	p := &sealedPeer{t: t, conn: c, r: bufio.NewReader(c)}
	if password == "" {
		return p
	}
	end := spnego.Initiate([]spnego.Offer{{OIDs: []asn1.ObjectIdentifier{spnego.OIDNTLM}, New: func() spnego.Mechanism {
		return spnego.Adapt(ntlm.Client{User: s.User, Hash: ntlm.HashOf(password)}.Initiate())
	}}})
	var reply []byte
	for done := false; !done; {
		var token []byte
		if token, done, err = end.Step(context.Background(), reply); err != nil {
			t.Fatal(err)
		}
		if done {
			break
		}
		resp, _ := p.send("POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAuthorization: Negotiate " + base64.StdEncoding.EncodeToString(token) + "\r\n\r\n")
		_, text, _ := strings.Cut(resp.Header.Get("WWW-Authenticate"), " ")
		if reply, err = base64.StdEncoding.DecodeString(text); err != nil || len(reply) == 0 {
			t.Fatalf("%s: %v", resp.Status, err)
		}
	}
	p.session = end.Session()
	return p
}

// send sends a request and returns the response and its body.
func (p *sealedPeer) send(request string) (*http.Response, []byte) {
	p.t.Helper()
	io.WriteString(p.conn, request)
	resp, err := http.ReadResponse(p.r, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, body
}

// seal returns a request with a sealed document.
func (p *sealedPeer) seal(document string) string {
	p.t.Helper()
	contentType, body, err := sealed.Message{Protocol: sealed.Negotiate, Type: "application/soap+xml;charset=UTF-8", Body: []byte(document)}.Seal(p.session)
	if err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprintf("POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", contentType, len(body), body)
}

// open decrypts an answer.
func (p *sealedPeer) open(resp *http.Response, body []byte) string {
	m, err := sealed.Open(p.session, resp.Header.Get("Content-Type"), body)
	if err != nil {
		p.t.Errorf("%s: %v", resp.Status, err)
	}
	return string(m.Body)
}

// Sealed messages that are replayed, reordered, changed, cut, or of another
// connection are not carried out, end the session, and leave nothing behind.
func TestTortureSealed(t *testing.T) {
	onlyLinux(t)
	s := wmitest.NewServer(t, wmitest.Options{MOF: `class Animal { [key] string Name; uint32 Weight; }; instance of Animal { Name = "mouse"; Weight = 0; };`})
	put := func(weight int) string {
		return message(transfer+"Put", wmi+"Animal", selectors("Name", "mouse"), fmt.Sprintf("<Animal><Weight>%d</Weight></Animal>", weight))
	}
	weight := func(p *sealedPeer) string {
		resp, body := p.send(p.seal(message(transfer+"Get", wmi+"Animal", selectors("Name", "mouse"), "")))
		return between(p.open(resp, body), "<p:Weight>", "<")
	}
	bad := map[string]func(p, other *sealedPeer) string{
		"replayed": func(p, _ *sealedPeer) string {
			request := p.seal(put(1))
			if resp, body := p.send(request); resp.StatusCode != http.StatusOK || !strings.Contains(p.open(resp, body), "<p:Weight>1<") {
				t.Error(resp.Status)
			}
			if resp, body := p.send(p.seal(put(0))); resp.StatusCode != http.StatusOK || !strings.Contains(p.open(resp, body), "<p:Weight>0<") {
				t.Error(resp.Status)
			}
			return request
		},
		"reordered": func(p, _ *sealedPeer) string {
			p.seal(put(2))
			return p.seal(put(3))
		},
		"of another connection": func(_, other *sealedPeer) string { return other.seal(put(4)) },
		"changed": func(p, _ *sealedPeer) string {
			request := []byte(p.seal(put(5)))
			request[bytes.LastIndex(request, []byte("--Encrypted"))-10] ^= 1
			return string(request)
		},
		"of another length": func(p, _ *sealedPeer) string { return strings.Replace(p.seal(put(6)), ";Length=", ";Length=1", 1) },
		"shorter": func(p, _ *sealedPeer) string {
			request := p.seal(put(7))
			n := len(put(7))
			return strings.Replace(request, fmt.Sprintf(";Length=%d", n), fmt.Sprintf(";Length=%d", n-1), 1)
		},
	}
	leavesNothing(t, 2, func() {
		for name, make := range bad {
			p, other := dialSealed(t, s, s.Password), dialSealed(t, s, s.Password)
			if resp, _ := p.send(make(p, other)); resp.StatusCode != http.StatusBadRequest || !resp.Close {
				t.Errorf("%s: %s", name, resp.Status)
			}
			if _, err := p.r.ReadByte(); err != io.EOF {
				t.Errorf("%s: the connection is open: %v", name, err)
			}
			other.conn.Close()
			p.conn.Close()
		}
		for range 20 { // in the middle of a message
			p := dialSealed(t, s, s.Password)
			request := p.seal(put(8))
			io.WriteString(p.conn, request[:len(request)-20])
			p.conn.Close()
		}
		stranger := dialSealed(t, s, "")
		if resp, _ := stranger.send("POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/encrypted\r\nContent-Length: 3\r\n\r\n---"); resp.StatusCode != http.StatusUnauthorized {
			t.Error(resp.Status)
		}
		stranger.conn.Close()
		p := dialSealed(t, s, s.Password)
		if got := weight(p); got != "0" {
			t.Errorf("a message was carried out: the weight is %s", got)
		}
		p.conn.Close()
	})
}
