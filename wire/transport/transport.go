// Package transport makes the HTTP clients of both protocols: how they connect,
// and how they say who they are.
package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"
)

// Options of a client. The zero value connects to what URLs name, without
// credentials.
type Options struct {
	// Socket is the path of a local socket, to which all requests go then.
	Socket string

	// User and Password are sent with each request (Basic), over TLS or to this
	// computer only; "" for none.
	User, Password string

	// Negotiate logs on by a handshake instead; nil does not. Connections are
	// made directly then, not through a proxy.
	Negotiate *Negotiate

	// RootCAs are the authorities whose certificates servers may have; nil are
	// those of the system. Certificates are what the client has itself.
	RootCAs      *x509.CertPool
	Certificates []tls.Certificate

	// Fingerprint is that of the only certificate which the server may have,
	// whoever vouches for it; nil is any that is valid.
	Fingerprint *Fingerprint
}

// Times within which a server has to answer something.
const (
	dialTimeout = 10 * time.Second
	idleTimeout = 90 * time.Second
)

// New returns a client. It has no timeout of its own: contexts do.
func New(o Options) *http.Client {
	d := &net.Dialer{Timeout: dialTimeout}
	secure := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs, Certificates: o.Certificates}
	if o.Fingerprint != nil {
		o.Fingerprint.pin(secure)
	}
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         d.DialContext,
		TLSHandshakeTimeout: dialTimeout,
		TLSClientConfig:     secure,
		IdleConnTimeout:     idleTimeout,
		MaxIdleConnsPerHost: 64,
		DisableCompression:  true,
	}
	if o.Socket != "" {
		t.Proxy = nil
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", o.Socket) }
	}
	c := &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	switch {
	case o.Negotiate != nil && o.Socket == "":
		c.Transport = newNegotiator(*o.Negotiate, dialer(d, secure))
	case o.User != "":
		c.Transport = &basic{t, o.User, o.Password}
	}
	return c
}

// basic sends a name and a password with each request.
type basic struct {
	next           *http.Transport
	user, password string
}

// RoundTrip implements http.RoundTripper.
func (b *basic) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !isLoopback(r.URL.Hostname()) {
		closeBody(r)
		return nil, errPlain
	}
	r = r.Clone(r.Context())
	r.SetBasicAuth(b.user, b.password)
	return b.next.RoundTrip(r)
}

// CloseIdleConnections is what that of http.Client calls.
func (b *basic) CloseIdleConnections() { b.next.CloseIdleConnections() }

// closeBody closes the body of a request that is not sent, as a RoundTripper has to.
func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
