package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"openwmi/internal/auth/binding"
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

	// MaxConnections is how many connections there are at once; more wait to
	// be accepted. Zero is 1000.
	MaxConnections int `json:"maxConnections"`
	// MaxRequest is how many bytes a request has at most. Zero is 64 MiB, of
	// which DMTF's schema as one message would be half.
	MaxRequest int64 `json:"maxRequest"`
	// MaxOpen is how many enumerations and subscriptions a user may have open
	// over each protocol. Zero is 256.
	MaxOpen int `json:"maxOpen"`
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
	// Metrics is the address at which /metrics and /healthz are answered
	// without authentication; "" is nowhere. It has to be one of this computer
	// alone.
	Metrics string `json:"metrics"`
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

	// Certificate and Key are files in PEM, both or none. They are read again
	// when they change.
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	// ClientCA is a file in PEM with the authorities whose certificates
	// clients may present: the common name in one is the user of the store.
	ClientCA string `json:"clientCA"`

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

// Check returns what is wrong with the configuration, as far as it shows by
// itself.
func (c *Config) Check() error {
	if min(int64(c.MaxConnections), c.MaxRequest, int64(c.MaxOpen), int64(c.HeaderTimeout), int64(c.IdleTimeout),
		int64(c.StallTimeout), int64(c.DrainTimeout)) < 0 {
		return errors.New("a limit is negative")
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

func (l Listener) secure() bool { return l.Certificate != "" }

func (l Listener) check() error {
	local, err := isLocal(l.Address)
	switch {
	case err != nil:
		return err
	case (l.Certificate == "") != (l.Key == ""):
		return fmt.Errorf("%s: certificate and key go together", l.Address)
	case l.ClientCA != "" && !l.secure():
		return fmt.Errorf("%s: clientCA needs a certificate", l.Address)
	case !local && !l.secure() && !l.Encrypted:
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
	if c.MaxConnections == 0 {
		c.MaxConnections = 1000
	}
	return c
}
