package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/internal/auth/binding"
	"openwmi/internal/auth/kerberos"
	"openwmi/internal/auth/ntlm"
	"openwmi/internal/auth/spnego"
	"openwmi/wbem"
)

// Negotiate says who a client is by a handshake, RFC 4559: Kerberos if there is a
// ticket, else NTLM. Handshakes are bound to the certificate of the server.
type Negotiate struct {
	// User with Password logs on by NTLM; "" does not. The domain may be left
	// out.
	User, Domain, Password string

	// Kerberos says where tickets are from; nil is no Kerberos. Service is the
	// principal of the server; "" is HTTP/ and the host in the URL.
	Kerberos *kerberos.ClientOptions
	Service  string

	// Seal encrypts messages that are not sent over TLS, as WS-Management has
	// it. Without it nothing is sent over a network in clear: AccessDenied.
	Seal bool
}

// Limits of a negotiator.
const (
	maxBody = 64 << 20 // of a request, or of an answer that is sealed
	maxIdle = 64       // connections to one server that wait for the next request
	maxLegs = 10       // requests of one handshake
)

var (
	errOpen = cim.Errorf(wbem.AccessDenied, "messages are sent over TLS, or encrypted by themselves")
	errNone = cim.Errorf(wbem.InvalidParameter, "there is neither a user nor Kerberos to log on with")
)

// A negotiator sends requests over connections that have a handshake behind them.
// What was authenticated is a connection, so it knows each of them: a request has
// one for itself, until its answer was read.
type negotiator struct {
	Negotiate
	dial func(context.Context, *url.URL) (*line, error)

	mu      sync.Mutex // guards what follows
	idle    map[string][]*line
	tickets *kerberos.Client // nil until somebody needs one
}

func newNegotiator(n Negotiate, dial func(context.Context, *url.URL) (*line, error)) *negotiator {
	return &negotiator{Negotiate: n, dial: dial, idle: map[string][]*line{}}
}

// RoundTrip implements http.RoundTripper.
func (n *negotiator) RoundTrip(r *http.Request) (*http.Response, error) {
	secure := r.URL.Scheme == "https"
	if !secure && !n.Seal && !isLoopback(r.URL.Hostname()) {
		closeBody(r)
		return nil, errOpen
	}
	var body []byte
	if r.Body != nil {
		b, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		r.Body.Close()
		if err == nil && len(b) > maxBody {
			err = fmt.Errorf("a request has more than %d bytes", maxBody)
		}
		if err != nil {
			return nil, err
		}
		body = b
	}
	place := r.URL.Scheme + "://" + r.URL.Host
	for {
		l, used := n.take(place), true
		if l == nil {
			var err error
			if l, err = n.dial(r.Context(), r.URL); err != nil {
				return nil, err
			}
			used = false
		}
		resp, err := n.send(l, r, body)
		// A connection that has waited may have ended meanwhile, or what was
		// agreed on it may hold no more. Nothing was done then.
		if used && (errors.Is(err, errEnded) || err == nil && resp.StatusCode == http.StatusUnauthorized) {
			if err == nil {
				resp.Body.Close()
			}
			l.close()
			continue
		}
		if err != nil {
			l.close()
			return nil, err
		}
		resp.Body = &lineBody{ReadCloser: resp.Body, done: sync.OnceFunc(func() { n.give(place, l) })}
		return resp, nil
	}
}

// CloseIdleConnections closes the connections that wait for a request, and forgets
// the tickets.
func (n *negotiator) CloseIdleConnections() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, lines := range n.idle {
		for _, l := range lines {
			l.close()
		}
	}
	clear(n.idle)
	if n.tickets != nil {
		n.tickets.Close()
		n.tickets = nil
	}
}

// client returns who gets the tickets.
func (n *negotiator) client() (c *kerberos.Client, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.tickets == nil {
		n.tickets, err = kerberos.NewClient(*n.Kerberos)
	}
	return n.tickets, err
}

// take returns a connection to a place that waits, nil if none does.
func (n *negotiator) take(place string) *line {
	n.mu.Lock()
	defer n.mu.Unlock()
	lines := n.idle[place]
	if len(lines) == 0 {
		return nil
	}
	l := lines[len(lines)-1]
	n.idle[place] = lines[:len(lines)-1]
	return l
}

// give lets a connection wait for the next request.
func (n *negotiator) give(place string, l *line) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.idle[place]) >= maxIdle {
		l.close()
		return
	}
	n.idle[place] = append(n.idle[place], l)
}

// A lineBody gives its connection back when it was read.
type lineBody struct {
	io.ReadCloser
	done func()
}

func (b *lineBody) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	return err
}

// send sends a request over a connection, after a handshake if there was none.
func (n *negotiator) send(l *line, r *http.Request, body []byte) (*http.Response, error) {
	seal := n.Seal && !l.secure()
	if !l.admitted {
		resp, err := n.handshake(l, r, body, seal)
		if err != nil || resp != nil {
			return resp, err
		}
	}
	if seal {
		return l.sendSealed(r, body)
	}
	return l.transport.RoundTrip(with(r, body))
}

// handshake says who the client is. The last request of it carries that of the
// caller, whose answer is returned, unless that has to be sealed.
func (n *negotiator) handshake(l *line, r *http.Request, body []byte, seal bool) (*http.Response, error) {
	offers, err := n.offers(l, r)
	if err != nil {
		return nil, err
	}
	end := spnego.Initiate(offers)
	token, _, err := end.Step(r.Context(), nil)
	// The first request of NTLM is never the last one.
	for leg, carries := 0, n.Kerberos != nil; leg < maxLegs; leg, carries = leg+1, true {
		if err != nil {
			return nil, err
		}
		carries = carries && !seal
		asked := with(r, nil)
		if carries {
			asked = with(r, body)
		}
		asked.Header.Set("Authorization", "Negotiate "+base64.StdEncoding.EncodeToString(token))
		resp, err := l.transport.RoundTrip(asked)
		if err != nil {
			return nil, err
		}
		reply, challenged, err := negotiateToken(resp)
		if err != nil {
			resp.Body.Close()
			return nil, err
		}
		if resp.StatusCode == http.StatusUnauthorized && !challenged {
			return resp, nil
		}
		if resp.StatusCode != http.StatusUnauthorized {
			var done bool
			if challenged {
				_, done, err = end.Step(r.Context(), reply)
			} else {
				err = end.Finish()
				done = err == nil
			}
			if !done && !challenged && resp.StatusCode >= 400 {
				return resp, nil
			}
			if !done {
				resp.Body.Close()
				return nil, errors.Join(cim.Errorf(wbem.AccessDenied, "the server has not proven who it is"), err)
			}
			l.admitted, l.session = true, end.Session()
			if carries {
				return resp, nil
			}
			return nil, drain(resp)
		}
		if err := drain(resp); err != nil {
			return nil, err
		}
		token, _, err = end.Step(r.Context(), reply)
		if err == nil && token == nil {
			err = cim.Errorf(wbem.AccessDenied, "the server wants more than there is to say")
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, cim.Errorf(wbem.AccessDenied, "the handshake does not end")
}

// offers returns what the client can do, the best first.
func (n *negotiator) offers(l *line, r *http.Request) ([]spnego.Offer, error) {
	var channel []byte
	if c, ok := l.conn.(*tls.Conn); ok {
		channel = binding.Of(c.ConnectionState().PeerCertificates[0])
	}
	service := n.Service
	if service == "" {
		service = "HTTP/" + r.URL.Hostname()
	}
	var offers []spnego.Offer
	if n.Kerberos != nil {
		c, err := n.client()
		if err != nil && n.User == "" {
			return nil, err
		}
		if err == nil {
			offers = append(offers, spnego.Offer{
				OIDs: []asn1.ObjectIdentifier{spnego.OIDKerberos, spnego.OIDMSKerberos},
				New:  func() spnego.Mechanism { return spnego.Adapt(c.Initiate(service, channel)) },
			})
		}
	}
	if n.User != "" {
		c := ntlm.Client{User: n.User, Domain: n.Domain, Hash: ntlm.HashOf(n.Password), Target: service, Channel: channel}
		offers = append(offers, spnego.Offer{
			OIDs: []asn1.ObjectIdentifier{spnego.OIDNTLM},
			New:  func() spnego.Mechanism { return spnego.Adapt(c.Initiate()) },
		})
	}
	if offers == nil {
		return nil, errNone
	}
	return offers, nil
}

// negotiateToken returns the token in an answer, if there is one.
func negotiateToken(r *http.Response) (token []byte, ok bool, err error) {
	for _, field := range r.Header.Values("WWW-Authenticate") {
		scheme, text, _ := strings.Cut(field, " ")
		if !strings.EqualFold(scheme, "Negotiate") || strings.TrimSpace(text) == "" {
			continue
		}
		token, err = base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		return token, true, err
	}
	return nil, false, nil
}

// with returns a request with another body.
func with(r *http.Request, body []byte) *http.Request {
	c := r.Clone(r.Context())
	c.ContentLength = int64(len(body))
	c.GetBody = func() (io.ReadCloser, error) {
		if len(body) == 0 {
			return http.NoBody, nil
		}
		return io.NopCloser(bytes.NewReader(body)), nil
	}
	c.Body, _ = c.GetBody()
	return c
}

// drain reads what is left of an answer that nobody wants, so that the next
// request can follow it.
func drain(r *http.Response) error {
	defer r.Body.Close()
	_, err := io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
	return err
}
