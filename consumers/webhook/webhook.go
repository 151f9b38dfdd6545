// Package webhook posts each event to a web server: the consumer
// OpenWMI_WebhookEventConsumer, which is ours.
//
// The body is JSON, with the event as cim.AppendJSON writes it:
//
//	{"id": "...", "namespace": "root\\cimv2", "consumer": "...", "event": {...}}
//
// The id is the same when an event is posted again, also in the header as
// OpenWMI-Event-Id. A server that answers with a status from 200 to 299 has it;
// everything else but 408, 429 and 5xx is final, and these are tried again with
// growing pauses. A consumer that names a secret signs:
//
//	OpenWMI-Signature: t=1767225600,v1=5257a8...
//
// has the time of the attempt in seconds since 1970 and, in hexadecimal, the
// HMAC-SHA256 under that secret of the digits of t, a point, and the body. See
// Verify.
//
// Servers are those that the configuration lists, through https, or http to this
// computer itself. The names of servers must lead to public addresses, whatever
// those who answer for names say, unless the configuration lists others. Proxies
// are not used, and redirections not followed but on the same server.
package webhook

import (
	"context"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/address"
	"openwmi/consumers/internal/logical"
	"openwmi/provider"
	"openwmi/wbem"
)

// Class is the class of the logical consumers.
const Class = "OpenWMI_WebhookEventConsumer"

// MaxBody is how many bytes a post may have. The limit is ours: few servers take
// more.
const MaxBody = 1 << 20

// Options of a Consumer. The zero value allows no server.
type Options struct {
	Rules  consumers.WebhookRules
	Logger *slog.Logger // nil discards

	// RootCAs are who signs the certificates of servers; nil is whom the
	// system trusts.
	RootCAs *x509.CertPool

	// Pause is that after the first attempt; each is about twice the one
	// before, up to 30 seconds. Zero is a second.
	Pause time.Duration
}

// A Consumer posts. It may be used by several goroutines. Close ends it.
type Consumer struct {
	rules    consumers.WebhookRules
	hosts    map[string]bool // as address.Of returns them
	networks []netip.Prefix
	client   *http.Client
	resolver *net.Resolver // of names; nil is that of the system
	pause    time.Duration
	log      *slog.Logger
}

var _ provider.EventConsumer = (*Consumer)(nil)

// New returns a consumer; the error is that of the rules.
func New(o Options) (*Consumer, error) {
	if err := o.Rules.Check(); err != nil {
		return nil, err
	}
	c := &Consumer{rules: o.Rules, hosts: map[string]bool{}, pause: o.Pause, log: logical.Logger(o.Logger)}
	c.rules.Timeout = consumers.Duration(o.Rules.Timeout.Or(30 * time.Second))
	c.rules.RetryFor = consumers.Duration(o.Rules.RetryFor.Or(2 * time.Minute))
	if c.pause <= 0 {
		c.pause = time.Second
	}
	for _, h := range o.Rules.Hosts {
		address, err := address.Of(h, 443)
		if err != nil {
			return nil, err
		}
		c.hosts[address] = true
	}
	for _, n := range o.Rules.Networks {
		prefix, err := netip.ParsePrefix(n)
		if err != nil {
			return nil, err
		}
		c.networks = append(c.networks, prefix.Masked())
	}
	c.client = c.newClient(o.RootCAs)
	return c, nil
}

// Close gives connections back. Nothing may be posted afterwards.
func (c *Consumer) Close() error {
	c.client.CloseIdleConnections()
	return nil
}

// Consume implements provider.EventConsumer: a post for each event. The error is
// AccessDenied for a server or address that the configuration does not list and
// for a secret that it does not have, InvalidParameter for properties that make
// no post, QuotaViolation for an event of more than MaxBody, Failed with the
// answer of the server, and TransportFailure or Timeout for none.
func (c *Consumer) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	p, err := c.post(consumer)
	if err != nil {
		return err
	}
	// The events share the time, so that a server that is away holds up no more
	// of them for longer: when it is over each has one attempt.
	end := time.Now().Add(time.Duration(c.rules.RetryFor))
	return logical.Each(ctx, events, func(e *provider.Event) error {
		body, err := p.body(e)
		if err != nil {
			return err
		}
		return c.deliver(ctx, p.name, e.ID, end, func() outcome { return c.attempt(ctx, p, e.ID, body) })
	})
}

// A post is what is the same for all events.
type post struct {
	name   string // of the consumer
	url    *url.URL
	header http.Header
	key    []byte // nil does not sign
}

func (c *Consumer) post(consumer *cim.Instance) (*post, error) {
	get := func(name string) cim.Value { return logical.Property(consumer, name) }
	p := &post{name: get("Name").Text(), header: http.Header{}}
	var err error
	if p.url, err = c.target(get("Url").Text()); err != nil {
		return nil, err
	}
	for _, line := range get("Headers").Texts() {
		if err := addField(p.header, line); err != nil {
			return nil, err
		}
	}
	if secret := get("Secret"); !secret.IsNull() {
		if p.key, err = c.key(secret.Text()); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// body returns the JSON for an event.
func (p *post) body(e *provider.Event) ([]byte, error) {
	b := []byte("{")
	for _, m := range []struct{ name, value string }{{"id", e.ID}, {"namespace", e.Namespace}, {"consumer", p.name}} {
		b = append(append(append(b, '"'), m.name...), `":`...)
		b = append(cim.AppendJSONValue(b, cim.StringValue(m.value)), ',')
	}
	b = append(cim.AppendJSON(append(b, `"event":`...), e.Instance), '}')
	if len(b) > MaxBody {
		return nil, cim.Errorf(wbem.QuotaViolation, "the event has %d bytes, and a post up to %d", len(b), MaxBody)
	}
	return b, nil
}

// ownFields of the header are written by what posts. Others that begin with
// OpenWMI- are as well.
var ownFields = map[string]bool{
	"Host": true, "Content-Length": true, "Content-Type": true, "Content-Encoding": true, "Transfer-Encoding": true,
	"Connection": true, "Trailer": true, "Te": true, "Upgrade": true, "Expect": true, "User-Agent": true, "Proxy-Authorization": true,
}

// addField adds a line of Headers to a header.
func addField(h http.Header, line string) error {
	name, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	for _, c := range []byte(name) {
		ok = ok && (c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z')
	}
	for _, c := range []byte(value) {
		ok = ok && ' ' <= c && c < 0x7F
	}
	if !ok || name == "" {
		return cim.Errorf(wbem.InvalidParameter, "Headers has %.100q, which is no line of a header", line)
	}
	if name = http.CanonicalHeaderKey(name); ownFields[name] || strings.HasPrefix(name, "Openwmi-") {
		return cim.Errorf(wbem.InvalidParameter, "Headers has %s, which is written by what posts", name)
	}
	h.Add(name, value)
	return nil
}

// The least and greatest size of a key in bytes: shorter ones can be guessed,
// longer ones are no keys.
const (
	minKey = 16
	maxKey = 4 << 10
)

// key returns the key with a name, from its file, so that one can be replaced
// while the service runs. A line end after it is left out.
func (c *Consumer) key(name string) ([]byte, error) {
	file, ok := c.rules.Secrets[name]
	if !ok {
		return nil, cim.Errorf(wbem.AccessDenied, "there is no secret %.100q: webhook.secrets in consumers.json, the configuration of consumers, would need an entry for it", name)
	}
	info, err := os.Stat(file)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxKey) {
		return nil, cim.Errorf(wbem.Failed, "the file of the secret %.100q is none of up to %d bytes", name, maxKey)
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(file)
	}
	if err != nil {
		// The path is for the administrator, not for those who put consumers.
		c.log.Error("secret of a webhook cannot be read", "secret", name, "err", err)
		return nil, cim.Errorf(wbem.Failed, "the secret %.100q cannot be read", name)
	}
	key := []byte(strings.TrimRight(string(b), "\r\n"))
	if len(key) < minKey {
		return nil, cim.Errorf(wbem.Failed, "the secret %.100q has less than %d bytes", name, minKey)
	}
	return key, nil
}

// maxPause is the longest pause between attempts.
const maxPause = 30 * time.Second

// deliver makes attempts until the server has an event, refuses it, or the end has
// come.
func (c *Consumer) deliver(ctx context.Context, name, id string, end time.Time, try func() outcome) error {
	pause := c.pause
	for attempt := 1; ; attempt++ {
		o := try()
		switch {
		case ctx.Err() != nil && o.err != nil:
			return ctx.Err()
		case !o.again:
			return o.err
		}
		// Pauses differ, so that servers do not get everything at once that
		// waited for them.
		wait := max(o.after, pause/2+rand.N(pause))
		if time.Until(end) < wait {
			return o.err
		}
		c.log.Debug("post failed and is tried again", "consumer", name, "event", id, "attempt", attempt, "in", wait, "err", o.err)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		pause = min(2*pause, maxPause)
	}
}
