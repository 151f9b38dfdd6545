package server_test

import (
	"bufio"
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"openwmi/cimom"
	"openwmi/internal/auth/binding"
	"openwmi/internal/auth/ntlm"
	"openwmi/internal/auth/spnego"
	"openwmi/internal/server"
	"openwmi/wbem"
)

// TestBindingOfResumed asks for bindings on the second connection of a client as
// on the first one, whatever that has kept.
func TestBindingOfResumed(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			l, trusted := secure(t, binding.Strict)
			s := start(t, server.Config{Listen: []server.Listener{l}}, cimom.Options{})
			config := &tls.Config{RootCAs: trusted, MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(8)}
			var channel []byte
			connect := func(bound bool) int {
				conn, err := tls.Dial("tcp", s.address(), config)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				channel = binding.Of(conn.ConnectionState().PeerCertificates[0])
				c := &talker{t: t, Conn: conn, r: bufio.NewReader(conn)}
				n := ntlm.Client{User: alice, Hash: ntlm.HashOf(password)}
				if bound {
					n.Channel = channel
				}
				return c.negotiates("Negotiate", spnego.Adapt(n.Initiate()))
			}
			for _, which := range []string{"first", "second"} {
				if got := connect(true); got != http.StatusOK {
					t.Errorf("the %s connection, bound: %d", which, got)
				}
				if got := connect(false); got != http.StatusUnauthorized {
					t.Errorf("the %s connection, not bound: %d", which, got)
				}
			}
		})
	}
}

// TestTarget passes on what a client has meant for another service.
func TestTarget(t *testing.T) {
	for _, mode := range []binding.Mode{binding.Relaxed, binding.None} {
		s := start(t, server.Config{Listen: []server.Listener{{Address: loopback, ChannelBinding: mode}}}, cimom.Options{})
		for target, want := range map[string]int{
			"": http.StatusOK, "http/host": http.StatusOK, "WSMAN/host": http.StatusOK, "host/unspecified": http.StatusOK, "host": http.StatusOK,
			"cifs/host": http.StatusUnauthorized, "ldap/host/domain": http.StatusUnauthorized,
		} {
			n := ntlm.Client{User: alice, Hash: ntlm.HashOf(password), Target: target}
			if mode == binding.None {
				want = http.StatusOK
			}
			if got := s.talk(t).negotiates("Negotiate", spnego.Adapt(n.Initiate())); got != want {
				t.Errorf("mode %d, %q: %d, want %d", mode, target, got, want)
			}
		}
		for _, l := range s.audit.logons() {
			if l.Status != wbem.OK && !strings.Contains(l.Detail, "another service") {
				t.Errorf("the audit log has %+v", l)
			}
		}
	}
}

// TestVersionOfHTTP wants no version of which a connection carries several
// requests at once: who has logged on is known by connection.
func TestVersionOfHTTP(t *testing.T) {
	l, trusted := secure(t, binding.Relaxed)
	s := start(t, server.Config{Listen: []server.Listener{l}}, cimom.Options{})
	conn, err := tls.Dial("tcp", s.address(), &tls.Config{RootCAs: trusted, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		t.Errorf("over TLS it is %q", got)
	}

	s = start(t, server.Config{}, cimom.Options{})
	c := dial(t, s.address())
	if _, err := c.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || r.ProtoMajor != 1 || r.StatusCode < 400 {
		t.Errorf("without TLS: %v, %v", r, err)
	}
}
