package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/internal/auth/spnego"
	"openwmi/wbem"
	"openwmi/wire/sealed"
)

// errEnded says that a connection is there no more.
var errEnded = errors.New("the connection has ended")

// A line is one connection, and an http.Transport that has no other.
type line struct {
	conn      net.Conn
	transport *http.Transport

	admitted bool           // a handshake has ended well
	session  spnego.Session // of it, nil if it has none
}

// newLine returns a line over a connection.
func newLine(c net.Conn) *line {
	var taken atomic.Bool
	dial := func(context.Context, string, string) (net.Conn, error) {
		if taken.Swap(true) {
			return nil, errEnded
		}
		return c, nil
	}
	return &line{conn: c, transport: &http.Transport{
		DialContext: dial, DialTLSContext: dial, MaxConnsPerHost: 1, IdleConnTimeout: idleTimeout, DisableCompression: true,
	}}
}

func (l *line) close() { l.conn.Close() }

func (l *line) secure() bool {
	_, ok := l.conn.(*tls.Conn)
	return ok
}

// dialer returns what connects to the host in a URL for a negotiator.
func dialer(d *net.Dialer, config *tls.Config) func(context.Context, *url.URL) (*line, error) {
	return func(ctx context.Context, u *url.URL) (*line, error) {
		port := u.Port()
		if port == "" {
			port = u.Scheme
		}
		c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
		if err != nil {
			return nil, err
		}
		if u.Scheme != "https" {
			return newLine(c), nil
		}
		config := config.Clone()
		config.ServerName = u.Hostname()
		t := tls.Client(c, config)
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		if err := t.HandshakeContext(ctx); err != nil {
			c.Close()
			return nil, err
		}
		return newLine(t), nil
	}
}

// refused returns what of an answer in clear can be believed: that the server
// refuses the request. Who stands in between could say that as well. Nothing else
// counts: a fault in clear may be anybody's.
func refused(r *http.Response) (*http.Response, error) {
	if r.StatusCode != http.StatusUnauthorized && Refusal(r) == nil {
		r.Body.Close()
		return nil, cim.Errorf(wbem.TransportFailure, "the server answers in clear: %s", r.Status)
	}
	return r, nil
}

// sendSealed encrypts a request and decrypts its answer. What is not encrypted
// cannot be a good answer.
func (l *line) sendSealed(r *http.Request, body []byte) (*http.Response, error) {
	if l.session == nil {
		return nil, cim.Errorf(wbem.AccessDenied, "the server has agreed to no encryption")
	}
	m := sealed.Message{Protocol: sealed.Negotiate, Type: r.Header.Get("Content-Type"), Body: body}
	contentType, data, err := m.Seal(l.session)
	if err != nil {
		return nil, err
	}
	asked := with(r, data)
	asked.Header.Set("Content-Type", contentType)
	resp, err := l.transport.RoundTrip(asked)
	if err != nil {
		return nil, err
	}
	contentType = resp.Header.Get("Content-Type")
	if !sealed.Is(contentType) {
		return refused(resp)
	}
	data, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	resp.Body.Close()
	if err == nil && len(data) > maxBody {
		err = fmt.Errorf("an answer has more than %d bytes", maxBody)
	}
	if err == nil {
		m, err = sealed.Open(l.session, contentType, data)
	}
	if err != nil {
		return nil, err
	}
	resp.Header.Set("Content-Type", m.Type)
	resp.Header.Del("Content-Length")
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(m.Body)), int64(len(m.Body))
	return resp, nil
}
