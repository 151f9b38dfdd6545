package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"openwmi/internal/auth/binding"
	"openwmi/internal/auth/kerberos"
	"openwmi/internal/config"
)

// Config says where a server listens and what peers may use up. The zero value
// listens nowhere.
//
//	{
//	  "listen": [
//	    {"address": "127.0.0.1:5988"},
//	    {"address": "0.0.0.0:5986", "certificate": "/etc/openwmi/tls.crt", "key": "/etc/openwmi/tls.key"}
//	  ],
//	  "maxConnections": 500
//	}
type Config struct {
	Listen []Listener `json:"listen"`

	// MaxConnections is how many connections there are at once from networks,
	// and MaxConnectionsEach from one address (IPv6: one network of 64 bits) other
	// than those of this computer; one more is closed at once. Zero are 1000
	// and 200.
	MaxConnections     int `json:"maxConnections"`
	MaxConnectionsEach int `json:"maxConnectionsEach"`
	// MaxRequests is how many requests may be under way at once, and
	// MaxRequestsEach of one user; one more is answered with 503. Zero are 2000
	// and 500. Requests that wait for events count.
	MaxRequests     int `json:"maxRequests"`
	MaxRequestsEach int `json:"maxRequestsEach"`
	// MaxRequest is how many bytes a request has at most. Zero is 64 MiB, of
	// which DMTF's schema as one message would be half. Requests under way have
	// four times that at most, those of one user twice.
	MaxRequest int64 `json:"maxRequest"`
	// MaxOpen is how many enumerations and subscriptions a user may have open
	// over each protocol. Zero is 256.
	MaxOpen int `json:"maxOpen"`
	// Destinations are the URLs (http or https) to which WS-Management
	// subscriptions may have events sent; one allows what is below its path too.
	// Without any, events are only fetched.
	Destinations []string `json:"destinations"`
	// HeaderTimeout is how long a peer may take to send the header of a
	// request, and to begin the next one is IdleTimeout. Zero are 10 seconds and
	// 2 minutes.
	HeaderTimeout config.Duration `json:"headerTimeout"`
	IdleTimeout   config.Duration `json:"idleTimeout"`
	// StallTimeout is how long a peer may neither send the rest of a request
	// nor take a part of an answer. Zero is 1 minute.
	StallTimeout config.Duration `json:"stallTimeout"`
	// DrainTimeout is how long requests under way may take when the server is
	// told to end. Zero is 15 seconds.
	DrainTimeout config.Duration `json:"drainTimeout"`
	// Kerberos lets users in who have a ticket.
	Kerberos Kerberos `json:"kerberos"`
	// Metrics is the address at which /metrics and /healthz are answered
	// without authentication; "" is nowhere. It has to be one of this computer
	// alone.
	Metrics string `json:"metrics"`
}

// Kerberos says which tickets count.
type Kerberos struct {
	// Keytab is a file with the keys of services such as
	// HTTP/server.example.org; "" is no Kerberos.
	Keytab string `json:"keytab"`
	// Realms are those whose users are the users of the store of the same name.
	// None are the realms of the keys.
	Realms []string `json:"realms"`
}

// A Listener is an address at which both protocols are served: CIM-XML at
// /cimom, WS-Management at /wsman.
type Listener struct {
	// Address is a host, which has to be an IP address or localhost, and a
	// port, 0 for any that is free. Without TLS it must be one of this computer
	// alone (127.0.0.1, ::1), or Encrypted.
	Address string `json:"address"`

	// Encrypted says that only messages are taken which the session of NTLM or
	// Kerberos encrypts, as clients of WS-Management do where there is no TLS.
	// CIM-XML cannot.
	Encrypted bool `json:"encrypted"`

	// Certificate and Key are files in PEM, both or none. Like the other files of
	// a listener they are read again when they change; what is bad then changes
	// nothing.
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	// ClientCA is a file in PEM with the authorities whose certificates
	// clients may present: the common name in one is the user of the store.
	ClientCA string `json:"clientCA"`
	// ClientCRL is a file in PEM with lists of revoked certificates, each signed
	// by an authority in ClientCA; a single one may be in DER. With it a
	// certificate counts as long as its authority has a list that has not expired,
	// and it is not in that; so do those between it and the authority. Delta lists
	// and indirect ones are refused. "" revokes nothing.
	ClientCRL string `json:"clientCRL"`

	// ChannelBinding says whether handshakes over TLS have to be bound to the
	// certificate: "strict" refuses those that are not, "relaxed", which is
	// what "" means, those that are bound to another one, "none" looks at
	// nothing, which is for servers behind a proxy that ends TLS.
	ChannelBinding binding.Mode `json:"channelBinding"`
}

// ReadConfig reads a file with a configuration.
func ReadConfig(name string) (*Config, error) {
	var c Config
	if err := config.Read(name, &c); err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &c, nil
}

// CheckFiles returns what is wrong with the files that a configuration names.
func (c *Config) CheckFiles() error {
	nowhere := slog.New(slog.DiscardHandler)
	for _, l := range c.Listen {
		if !l.isSecure() {
			continue
		}
		_, files, err := l.secure(nowhere)
		if err == nil && files.trust != nil {
			err = files.trust.Get().current(time.Now())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.Address, err)
		}
	}
	if c.Kerberos.Keytab != "" {
		if _, err := kerberos.NewService(c.Kerberos.Keytab, nowhere); err != nil {
			return fmt.Errorf("kerberos: %w", err)
		}
	}
	return nil
}

// Check returns what is wrong with the configuration, as far as it shows by
// itself.
func (c *Config) Check() error {
	if min(int64(c.MaxConnections), int64(c.MaxConnectionsEach), int64(c.MaxRequests), int64(c.MaxRequestsEach), c.MaxRequest, int64(c.MaxOpen), int64(c.HeaderTimeout), int64(c.IdleTimeout),
		int64(c.StallTimeout), int64(c.DrainTimeout)) < 0 {
		return errors.New("a limit is negative")
	}
	if len(c.Kerberos.Realms) > 0 && c.Kerberos.Keytab == "" {
		return errors.New("kerberos: realms need a keytab")
	}
	for _, d := range c.Destinations {
		if u, err := url.Parse(d); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
			return fmt.Errorf("destinations: %q is no URL such as https://host:port/path", d)
		}
	}
	for i, l := range c.Listen {
		if err := l.check(); err != nil {
			return err
		}
		if slices.ContainsFunc(c.Listen[:i], func(m Listener) bool { return m.Address == l.Address && !anyPort(l.Address) }) {
			return fmt.Errorf("address %s stands there twice", l.Address)
		}
	}
	if c.Metrics != "" {
		if local, err := isLocal(c.Metrics); err != nil || !local {
			return fmt.Errorf("metrics: %q is no address of this computer alone", c.Metrics)
		}
	}
	return nil
}

func anyPort(address string) bool {
	_, port, _ := net.SplitHostPort(address)
	return port == "0"
}

func (l Listener) isSecure() bool { return l.Certificate != "" }

func (l Listener) check() error {
	local, err := isLocal(l.Address)
	switch {
	case err != nil:
		return err
	case (l.Certificate == "") != (l.Key == ""):
		return fmt.Errorf("%s: certificate and key go together", l.Address)
	case l.ClientCA != "" && !l.isSecure():
		return fmt.Errorf("%s: clientCA needs a certificate", l.Address)
	case l.ClientCRL != "" && l.ClientCA == "":
		return fmt.Errorf("%s: clientCRL needs clientCA", l.Address)
	case !local && !l.isSecure() && !l.Encrypted:
		return fmt.Errorf("%s can be reached from other computers: that needs a certificate, or encrypted messages", l.Address)
	}
	return nil
}

// isLocal reports whether an address can be reached from this computer alone.
func isLocal(address string) (bool, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return false, fmt.Errorf("%q is no address such as 127.0.0.1:5988", address)
	}
	if host == "localhost" {
		return true, nil
	}
	if host == "" {
		return false, nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false, fmt.Errorf("%q is no address such as 127.0.0.1:5988: %s is not an IP address", address, host)
	}
	return ip.IsLoopback(), nil
}

// usual returns c with the usual values for what is zero.
func (c Config) usual() Config {
	set := func(d *config.Duration, v time.Duration) {
		if *d == 0 {
			*d = config.Duration(v)
		}
	}
	set(&c.HeaderTimeout, 10*time.Second)
	set(&c.IdleTimeout, 2*time.Minute)
	set(&c.StallTimeout, time.Minute)
	set(&c.DrainTimeout, 15*time.Second)
	number := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	number(&c.MaxConnections, 1000)
	number(&c.MaxConnectionsEach, 200)
	number(&c.MaxRequests, 2000)
	number(&c.MaxRequestsEach, 500)
	if c.MaxRequest == 0 {
		c.MaxRequest = 64 << 20
	}
	return c
}
