package server_test

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"openwmi/cimom"
	"openwmi/internal/auth"
	"openwmi/internal/auth/binding"
	"openwmi/internal/auth/ntlm"
	"openwmi/internal/auth/spnego"
	"openwmi/internal/server"
	"openwmi/wbem"
	"openwmi/wire/sealed"
	"openwmi/wire/transport"
	"openwmi/wire/wsman"
)

// secure returns a listener with TLS, and who trusts it.
func secure(t *testing.T, mode binding.Mode) (server.Listener, *x509.CertPool) {
	t.Helper()
	made, err := server.AutoCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(made.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return server.Listener{Address: loopback, Certificate: made.Certificate, Key: made.Key, ChannelBinding: mode}, pool
}

func overWSMan(t testing.TB, s *site, scheme string, o transport.Options) wbem.Locator {
	t.Helper()
	c, err := wsman.NewClient(scheme+"://"+s.address()+server.WSManPath, wsman.ClientOptions{HTTP: transport.New(o)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestNegotiate logs on with the client of this project.
func TestNegotiate(t *testing.T) {
	encrypted, trusted := secure(t, binding.Strict)
	tests := []struct {
		name   string
		listen server.Listener
		client transport.Negotiate
		want   error // of CIM-XML
		sealed error // of WS-Management
	}{
		{name: "clear", listen: server.Listener{Address: loopback}, client: transport.Negotiate{User: alice, Password: password}},
		{name: "with a domain", listen: server.Listener{Address: loopback}, client: transport.Negotiate{User: alice, Domain: "OPENWMI", Password: password}},
		{name: "TLS", listen: encrypted, client: transport.Negotiate{User: alice, Password: password}},
		{
			name: "sealed", listen: server.Listener{Address: loopback, Encrypted: true},
			client: transport.Negotiate{User: alice, Password: password, Seal: true}, want: wbem.TransportFailure,
		},
		{
			name: "not sealed", listen: server.Listener{Address: loopback, Encrypted: true},
			client: transport.Negotiate{User: alice, Password: password}, want: wbem.AccessDenied, sealed: wbem.AccessDenied,
		},
		{
			name: "wrong password", listen: server.Listener{Address: loopback},
			client: transport.Negotiate{User: alice, Password: "guess"}, want: wbem.AccessDenied, sealed: wbem.AccessDenied,
		},
		{
			name: "nobody", listen: server.Listener{Address: loopback},
			client: transport.Negotiate{User: "bob", Password: password}, want: wbem.AccessDenied, sealed: wbem.AccessDenied,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, server.Config{Listen: []server.Listener{test.listen}}, cimom.Options{})
			o := transport.Options{Negotiate: &test.client, RootCAs: trusted}
			scheme := "http"
			if test.listen.Certificate != "" {
				scheme = "https"
			}
			if test.name == "sealed" {
				o.Negotiate = &transport.Negotiate{User: alice, Password: password}
			}
			if err := use(t, s.client(t, o)); !errors.Is(err, test.want) && !(test.want == wbem.TransportFailure && err != nil) {
				t.Errorf("CIM-XML: %v, want %v", err, test.want)
			}
			o.Negotiate = &test.client
			if err := use(t, overWSMan(t, s, scheme, o)); !errors.Is(err, test.sealed) {
				t.Errorf("WS-Management: %v, want %v", err, test.sealed)
			}
			for _, r := range s.audit.logons() {
				if (r.Status == wbem.OK) != (test.name != "wrong password" && test.name != "nobody") {
					t.Errorf("the audit log has %+v", r)
				}
			}
			if len(s.audit.logons()) == 0 {
				t.Error("the audit log has nothing")
			}
		})
	}
}

// use works with a server, several things at once.
func use(t testing.TB, l wbem.Locator) error {
	svc, err := l.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	defer svc.Close()
	var group sync.WaitGroup
	failed := make(chan error, 8)
	for i := range cap(failed) {
		group.Go(func() {
			for range 3 {
				if _, err := svc.GetClass(t.Context(), "Disk", wbem.Options{}); err != nil {
					failed <- err
					return
				}
			}
			_ = i
		})
	}
	group.Wait()
	close(failed)
	return <-failed
}

// A talker is one connection, as a client that does everything by hand has it.
type talker struct {
	t *testing.T
	net.Conn
	r       *bufio.Reader
	session spnego.Session
}

func (s *site) talk(t *testing.T) *talker {
	t.Helper()
	c := dial(t, s.address())
	return &talker{t: t, Conn: c, r: bufio.NewReader(c)}
}

// post sends a request and returns the answer.
func (c *talker) post(authorization, contentType string, body []byte) (*http.Response, []byte) {
	c.t.Helper()
	head := "POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Type: " + contentType + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
	if authorization != "" {
		head += "Authorization: " + authorization + "\r\n"
	}
	if _, err := io.WriteString(c, head+"\r\n"+string(body)); err != nil {
		c.t.Fatal(err)
	}
	r, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return r, text
}

const soap = "application/soap+xml;charset=UTF-8"

const identify = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>` +
	`<w:Identify xmlns:w="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>`

// asks sends Identify, and returns the status of the answer.
func (c *talker) asks() int {
	c.t.Helper()
	r, _ := c.post("", soap, []byte(identify))
	return r.StatusCode
}

func client(password string) ntlm.Client {
	return ntlm.Client{User: alice, Hash: ntlm.HashOf(password)}
}

// negotiates makes a handshake and returns the last status.
func (c *talker) negotiates(scheme string, end spnego.Mechanism) int {
	c.t.Helper()
	var reply []byte
	for {
		token, done, err := end.Step(c.t.Context(), reply)
		if err != nil {
			c.t.Fatal(err)
		}
		if done {
			c.session = end.Session()
		}
		if token == nil {
			return http.StatusOK
		}
		r, _ := c.post(scheme+" "+base64.StdEncoding.EncodeToString(token), soap, nil)
		got, text, _ := strings.Cut(r.Header.Get("WWW-Authenticate"), " ")
		if text == "" || got == "Basic" {
			return r.StatusCode
		}
		if got != scheme {
			c.t.Fatalf("the server answers %s with %s", scheme, got)
		}
		if reply, err = base64.StdEncoding.DecodeString(text); err != nil {
			c.t.Fatal(err)
		}
	}
}

// TestConnection follows what a connection is good for.
func TestConnection(t *testing.T) {
	s := start(t, server.Config{}, cimom.Options{})
	c := s.talk(t)
	if got := c.asks(); got != http.StatusUnauthorized {
		t.Errorf("without a logon: %d", got)
	}
	r, _ := c.post("", soap, []byte(identify))
	if got := r.Header.Values("WWW-Authenticate"); len(got) != 2 || got[1] != "Negotiate" {
		t.Errorf("the server offers %q", got)
	}
	if got := c.negotiates("NTLM", spnego.Adapt(client(password).Initiate())); got != http.StatusOK {
		t.Fatalf("NTLM: %d", got)
	}
	for range 2 {
		if got := c.asks(); got != http.StatusOK {
			t.Errorf("after a logon: %d", got)
		}
	}
	if got := s.talk(t).asks(); got != http.StatusUnauthorized {
		t.Errorf("another connection: %d", got)
	}

	// Another logon takes the place of this one, wrong or right.
	wrong := "Basic " + base64.StdEncoding.EncodeToString([]byte(alice+":wrong"))
	if r, _ := c.post(wrong, soap, []byte(identify)); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("Basic: %d", r.StatusCode)
	}
	if got := c.asks(); got != http.StatusUnauthorized {
		t.Errorf("after another one: %d", got)
	}
	list := []spnego.Offer{{OIDs: []asn1.ObjectIdentifier{spnego.OIDNTLM}, New: func() spnego.Mechanism { return spnego.Adapt(client(password).Initiate()) }}}
	if got := c.negotiates("Negotiate", spnego.Initiate(list)); got != http.StatusOK {
		t.Fatalf("Negotiate: %d", got)
	}
	if got := c.asks(); got != http.StatusOK {
		t.Errorf("after it: %d", got)
	}

	// What changes about a user counts at once.
	if err := s.store.Users().Set(alice, auth.Change{Disable: true}); err != nil {
		t.Fatal(err)
	}
	if got := c.asks(); got != http.StatusUnauthorized {
		t.Errorf("a disabled user: %d", got)
	}
	if err := s.store.Users().Set(alice, auth.Change{Enable: true}); err != nil {
		t.Fatal(err)
	}
	if got := c.asks(); got != http.StatusUnauthorized {
		t.Errorf("enabled again, without another logon: %d", got)
	}
}

// TestProxied sends requests as a proxy does, which may be those of several clients
// on one connection: a handshake is good for the request that ends it.
func TestProxied(t *testing.T) {
	s := start(t, server.Config{}, cimom.Options{})
	for _, header := range []string{"Via: 1.1 proxy", "X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.7"} {
		c := s.talk(t)
		if got := c.negotiates("NTLM", spnego.Adapt(client(password).Initiate())); got != http.StatusOK {
			t.Fatalf("NTLM: %d", got)
		}
		if r, _ := c.post("", soap+"\r\n"+header, []byte(identify)); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d", header, r.StatusCode)
		}
		if got := c.asks(); got != http.StatusUnauthorized {
			t.Errorf("after %s: %d", header, got)
		}
	}
}

// TestFailures closes connections of those who fail and fail.
func TestFailures(t *testing.T) {
	s := start(t, server.Config{}, cimom.Options{})
	goroutines, files := runtime.NumGoroutine(), descriptors()
	for _, authorization := range []string{
		"Negotiate", "Negotiate ", "Negotiate !", "Negotiate AAAA", "NTLM TlRMTVNTUAADAAAA", "Kerberos YAA=",
		"NTLM TlRMTVNTUAABAAAAAAAAAA==", // offers nothing
		"Negotiate " + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x60}, 40<<10)),
	} {
		c := s.talk(t)
		var closed bool
		for range 5 {
			r, _ := c.post(authorization, soap, nil)
			if r.StatusCode != http.StatusUnauthorized {
				t.Errorf("%.30s: %d", authorization, r.StatusCode)
			}
			closed = r.Close
		}
		if !closed {
			t.Errorf("%.30s: the connection goes on", authorization)
		}
		c.Close()
	}
	// Some of them are in the audit log, without a name.
	if got := s.audit.logons(); len(got) != 32 || got[0].Who != "" || got[0].Status != wbem.AccessDenied || got[0].Peer == "" ||
		got[0].Detail != "Negotiate: the token is no base64" {
		t.Errorf("the audit log has %d records, the first %+v", len(got), got[:1])
	}
	settles(t, "failures", goroutines, files)
}

// TestSealedTorture sends messages that are sealed in wrong ways.
func TestSealedTorture(t *testing.T) {
	s := start(t, server.Config{Listen: []server.Listener{{Address: loopback, Encrypted: true}}}, cimom.Options{})
	first := s.talk(t)
	first.negotiates("Negotiate", spnego.Adapt(client(password).Initiate()))
	first.Close()
	goroutines, files := runtime.NumGoroutine(), descriptors()
	seal := func(c *talker) (contentType string, body []byte) {
		contentType, body, err := sealed.Message{Protocol: sealed.Negotiate, Type: soap, Body: []byte(identify)}.Seal(c.session)
		if err != nil {
			t.Fatal(err)
		}
		return contentType, body
	}
	send := func(c *talker, contentType string, body []byte) int {
		r, text := c.post("", contentType, body)
		if r.StatusCode != http.StatusOK {
			return r.StatusCode
		}
		m, err := sealed.Open(c.session, r.Header.Get("Content-Type"), text)
		if err != nil || !bytes.Contains(m.Body, []byte("IdentifyResponse")) {
			t.Errorf("%q, %v", m.Body, err)
		}
		return r.StatusCode
	}
	length := func(body []byte) []byte { // the length of the signature
		i := bytes.Index(body, []byte("octet-stream\r\n")) + len("octet-stream\r\n")
		return body[i : i+4]
	}
	tests := []struct {
		name   string
		attack func(c *talker) int
		want   int
	}{
		{"right", func(c *talker) int { return send2(c, seal, send) }, http.StatusOK},
		{"typed as what is in it", func(c *talker) int {
			return send2(c, func(c *talker) (string, []byte) { _, body := seal(c); return soap, body }, send)
		}, http.StatusOK},
		{"in clear", func(c *talker) int { return c.asks() }, http.StatusForbidden},
		{"replayed", func(c *talker) int {
			kind, body := seal(c)
			send(c, kind, body)
			return send(c, kind, body)
		}, http.StatusBadRequest},
		{"reordered", func(c *talker) int {
			seal(c)
			kind, body := seal(c)
			return send(c, kind, body)
		}, http.StatusBadRequest},
		{"of another connection", func(c *talker) int {
			other := s.talk(c.t)
			other.negotiates("Negotiate", spnego.Adapt(client(password).Initiate()))
			kind, body := seal(other)
			return send(c, kind, body)
		}, http.StatusBadRequest},
		{"changed", func(c *talker) int {
			kind, body := seal(c)
			body[len(body)-40] ^= 1
			return send(c, kind, body)
		}, http.StatusBadRequest},
		{"huge signature", func(c *talker) int {
			kind, body := seal(c)
			binary.LittleEndian.PutUint32(length(body), 0xFFFFFFFF)
			return send(c, kind, body)
		}, http.StatusBadRequest},
		{"wrong length", func(c *talker) int {
			kind, body := seal(c)
			return send(c, kind, bytes.Replace(body, []byte("Length="), []byte("Length=9"), 1))
		}, http.StatusBadRequest},
		{"wrong boundary", func(c *talker) int {
			kind, body := seal(c)
			return send(c, strings.Replace(kind, "boundary=\"E", "boundary=\"F", 1), body)
		}, http.StatusBadRequest},
		{"cut", func(c *talker) int {
			kind, body := seal(c)
			return send(c, kind, body[:len(body)/2])
		}, http.StatusBadRequest},
		{"too long", func(c *talker) int {
			kind, body := seal(c)
			return send(c, kind, append(body, make([]byte, 16<<20)...))
		}, http.StatusRequestEntityTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := s.talk(t)
			c.t = t
			if got := c.negotiates("Negotiate", spnego.Adapt(client(password).Initiate())); got != http.StatusOK {
				t.Fatalf("%d", got)
			}
			if got := test.attack(c); got != test.want {
				t.Errorf("%d, want %d", got, test.want)
			}
		})
	}
	t.Run("before the handshake", func(t *testing.T) {
		c := s.talk(t)
		if r, _ := c.post("", `multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="b"`, []byte("--b--\r\n")); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("%d", r.StatusCode)
		}
	})
	settles(t, "sealed messages", goroutines, files)
}

// send2 sends two messages.
func send2(c *talker, seal func(*talker) (string, []byte), send func(*talker, string, []byte) int) int {
	for range 2 {
		kind, body := seal(c)
		if got := send(c, kind, body); got != http.StatusOK {
			return got
		}
	}
	return http.StatusOK
}

// TestEncryptedConfig has listeners that others can reach.
func TestEncryptedConfig(t *testing.T) {
	for _, test := range []struct {
		l    server.Listener
		want string
	}{
		{server.Listener{Address: "0.0.0.0:5985"}, "certificate, or encrypted"},
		{server.Listener{Address: "0.0.0.0:5985", Encrypted: true}, ""},
		{server.Listener{Address: "127.0.0.1:5985", Encrypted: true}, ""},
	} {
		err := (&server.Config{Listen: []server.Listener{test.l}}).Check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%+v: %v", test.l, err)
		}
	}
	if err := (&server.Config{Kerberos: server.Kerberos{Realms: []string{"R"}}}).Check(); err == nil {
		t.Error("realms without keys will do")
	}
}
