package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"openwmi/cim"
	"openwmi/consumers/internal/address"
	"openwmi/wbem"
)

// Limits of what a server may answer, of which the beginning is in errors.
const (
	maxAnswer       = 64 << 10
	maxAnswerHeader = 64 << 10
	shownAnswer     = 200
	maxRedirects    = 3
)

// target returns the URL that a consumer names, checked against the
// configuration.
func (c *Consumer) target(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, cim.Errorf(wbem.InvalidParameter, "Url is %.200q, which is no https URL", text)
	}
	if u.User != nil {
		return nil, cim.Errorf(wbem.InvalidParameter, "Url has a user in it; Headers can have an Authorization")
	}
	address, err := hostPort(u)
	switch {
	case err != nil:
		return nil, cim.Errorf(wbem.InvalidParameter, "Url: %v", err)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, cim.Errorf(wbem.InvalidParameter, "Url is %.200q: only this computer itself is reached without encryption", text)
	case !c.hosts[address]:
		return nil, cim.Errorf(wbem.AccessDenied, "nothing may be posted to %s: webhook.hosts in consumers.json, the configuration of consumers, would need the entry %q", u.Host, address)
	}
	u.Fragment = ""
	return u, nil
}

// hostPort returns the host and port of a URL as those of the configuration are.
func hostPort(u *url.URL) (string, error) {
	port := uint16(443)
	if u.Scheme == "http" {
		port = 80
	}
	return address.Of(u.Host, port)
}

// isLoopback reports whether a host is this computer by its name or address
// alone, without asking anyone.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

func (c *Consumer) newClient(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            c.dial,
			TLSClientConfig:        &tls.Config{RootCAs: roots},
			TLSHandshakeTimeout:    10 * time.Second,
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: maxAnswerHeader,
			MaxIdleConns:           16,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
		},
		CheckRedirect: checkRedirect,
	}
}

var errRedirect = errors.New("the server redirects to another one, or too often")

// checkRedirect follows a redirection of the post on the same server. What would
// turn it into another method is an answer like any other.
func checkRedirect(r *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case r.Method != http.MethodPost:
		return http.ErrUseLastResponse
	case r.URL.Scheme != first.URL.Scheme || !strings.EqualFold(r.URL.Host, first.URL.Host) || len(via) > maxRedirects:
		return errRedirect
	}
	return nil
}

// dial connects to a host, at none but the addresses that are allowed. It looks
// at the address that is used, so that a name cannot lead elsewhere between a
// check and the connection.
func (c *Consumer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := &net.Dialer{Timeout: 10 * time.Second, Resolver: c.resolver, Control: func(_, to string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(to)
		if err != nil {
			return err
		}
		return c.checkAddress(host, at.Addr().Unmap().WithZone(""))
	}}
	return d.DialContext(ctx, network, address)
}

// specialSpaces are prefixes that are not public and that netip does not know as
// such. RFC 6890
var specialSpaces = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // leads to addresses of IPv4, of any kind
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // as 64:ff9b::/96
	netip.MustParsePrefix("3fff::/20"),
	netip.MustParsePrefix("5f00::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

func isPublic(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range specialSpaces {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// checkAddress refuses an address to which the name or address of a host must
// not lead. That the host is in the configuration is known.
func (c *Consumer) checkAddress(host string, ip netip.Addr) error {
	named, err := netip.ParseAddr(host)
	switch {
	case strings.EqualFold(host, "localhost"):
		if ip.IsLoopback() {
			return nil
		}
	case isPublic(ip), err == nil && named.Unmap() == ip:
		return nil
	}
	for _, n := range c.networks {
		if n.Contains(ip) {
			return nil
		}
	}
	return cim.Errorf(wbem.AccessDenied, "%s leads to %v, which is not public: webhook.networks in consumers.json, the configuration of consumers, would need a prefix with it", host, ip)
}

// An outcome is what came of an attempt.
type outcome struct {
	err   error         // nil is success
	again bool          // another attempt may succeed
	after time.Duration // which the server wants to wait so long
}

// attempt posts once.
func (c *Consumer) attempt(ctx context.Context, p *post, id string, body []byte) outcome {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(c.rules.Timeout))
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url.String(), bytes.NewReader(body))
	if err != nil {
		return outcome{err: cim.Errorf(wbem.InvalidParameter, "Url: %v", err)}
	}
	r.Header = p.header.Clone()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "OpenWMI")
	r.Header.Set(EventField, id)
	if p.key != nil {
		r.Header.Set(SignatureField, Sign(p.key, time.Now(), body))
	}
	resp, err := c.client.Do(r)
	if err != nil {
		return noAnswer(ctx, p.url, err)
	}
	defer resp.Body.Close()
	// What is read to its end leaves a connection that can be used again.
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 == 2 {
		return outcome{}
	}
	return refusal(p.url, resp, answer)
}

// refusal returns what came of an attempt that was answered with a failure.
func refusal(u *url.URL, resp *http.Response, answer []byte) outcome {
	o := outcome{err: cim.Errorf(wbem.Failed, "%s answered %s: %.*q", u.Host, resp.Status, shownAnswer, answer)}
	switch code := resp.StatusCode; {
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		o.again, o.after = true, retryAfter(resp.Header.Get("Retry-After"))
	}
	return o
}

// noAnswer returns why there is no answer.
func noAnswer(ctx context.Context, u *url.URL, err error) outcome {
	var refused *cim.Error
	var network net.Error
	status := wbem.TransportFailure
	switch {
	case errors.As(err, &refused):
		return outcome{err: refused}
	case errors.Is(err, errRedirect):
		return outcome{err: cim.Errorf(wbem.Failed, "%s: %v", u.Host, errRedirect)}
	case errors.As(err, &network) && network.Timeout(), ctx.Err() != nil:
		status = wbem.Timeout
	}
	// The URL, which may have secrets in it, is not said.
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return outcome{err: cim.Errorf(status, "%s: %v", u.Host, err), again: true}
}

// retryAfter returns what the field of that name says: a number of seconds or a
// date. RFC 9110 10.2.3
func retryAfter(value string) time.Duration {
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return time.Until(at)
	}
	return 0
}
