package webhook

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/consumertest"
	"openwmi/wbem"
)

// These tests look behind the public API: what names lead to is not for callers
// to say.

func TestCheckAddress(t *testing.T) {
	c, err := New(Options{Rules: consumers.WebhookRules{Networks: []string{"10.1.2.3/16", "fd00::/8"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		host, ip string
		ok       bool
	}{
		{"example.org", "93.184.216.34", true},
		{"example.org", "2606:2800:220:1::1", true},
		{"example.org", "127.0.0.1", false},
		{"example.org", "::1", false},
		{"example.org", "10.0.0.1", false},
		{"example.org", "10.1.255.255", true}, // in Networks
		{"example.org", "fd12::1", true},
		{"example.org", "fc00::1", false},
		{"example.org", "192.168.1.1", false},
		{"example.org", "172.31.255.255", false},
		{"example.org", "169.254.169.254", false},
		{"example.org", "fe80::1", false},
		{"example.org", "100.100.0.1", false},
		{"example.org", "0.0.0.0", false},
		{"example.org", "0.1.2.3", false},
		{"example.org", "::", false},
		{"example.org", "224.0.0.1", false},
		{"example.org", "ff02::1", false},
		{"example.org", "255.255.255.255", false},
		{"example.org", "64:ff9b::a00:1", false},
		{"example.org", "2002:a00:1::", false},
		{"10.0.0.1", "10.0.0.1", true}, // itself in the configuration
		{"10.0.0.1", "10.0.0.2", false},
		{"::ffff:10.0.0.1", "10.0.0.1", true},
		{"localhost", "127.0.0.1", true},
		{"LOCALHOST", "::1", true},
		{"localhost", "93.184.216.34", false},
		{"localhost", "192.168.1.1", false},
	} {
		err := c.checkAddress(tc.host, netip.MustParseAddr(tc.ip))
		if tc.ok != (err == nil) || err != nil && !errors.Is(err, wbem.AccessDenied) {
			t.Errorf("%s at %s: %v", tc.host, tc.ip, err)
		}
	}
}

// nameServer answers that every name has the address 127.0.0.1.
func nameServer(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(answer(b[:n]), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer returns the answer to a question. RFC 1035 4.1
func answer(query []byte) []byte {
	end := 12
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	end += 1 + 4 // the type and class of what is asked
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	if query[end-3] == 1 { // an address of IPv4
		reply[7] = 1
		reply = append(reply, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	return reply
}

// A name in the configuration leads to no private address, whatever those say
// who answer for it.
func TestName(t *testing.T) {
	posts := 0
	web := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts++ }))
	defer web.Close()
	host := strings.Replace(web.Listener.Addr().String(), "127.0.0.1", "example.com", 1)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	consumer := consumertest.Instance(t, Class, map[string]cim.Value{"Url": cim.StringValue("https://" + host)})
	for _, tc := range []struct {
		networks []string
		status   wbem.Status
		posts    int
	}{
		{nil, wbem.AccessDenied, 0},
		{[]string{"127.0.0.0/8"}, wbem.OK, 1},
	} {
		c, err := New(Options{Rules: consumers.WebhookRules{Hosts: []string{host}, Networks: tc.networks}, RootCAs: roots})
		if err != nil {
			t.Fatal(err)
		}
		c.resolver = nameServer(t)
		err = c.Consume(t.Context(), consumer, consumertest.Events(t, "x"))
		if wbem.StatusOf(err) != tc.status || posts != tc.posts {
			t.Errorf("%v: %d posts, %v", tc.networks, posts, err)
		}
		if err != nil && !strings.Contains(err.Error(), "example.com leads to 127.0.0.1") {
			t.Errorf("error = %v", err)
		}
		c.Close()
	}
}
