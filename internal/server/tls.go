package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// tlsConfig returns how an address is secured, and with which certificate.
func (l Listener) tlsConfig(log *slog.Logger) (*tls.Config, *keyPair, error) {
	pair := &keyPair{certificate: l.Certificate, key: l.Key, log: log}
	if _, err := pair.current(); err != nil {
		return nil, nil, err
	}
	c := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: pair.get,
		NextProtos:     []string{"http/1.1"}, // NTLM and Kerberos are of a connection
		// TLS 1.3 shows no certificate on a session that is resumed, so that a
		// handshake could not be bound to it (RFC 5929 4.1).
		SessionTicketsDisabled: true,
	}
	if l.ClientCA != "" {
		text, err := os.ReadFile(l.ClientCA)
		if err != nil {
			return nil, nil, err
		}
		c.ClientCAs = x509.NewCertPool()
		if !c.ClientCAs.AppendCertsFromPEM(text) {
			return nil, nil, fmt.Errorf("%s has no certificate in PEM", l.ClientCA)
		}
		c.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return c, pair, nil
}

// A boundConn is below TLS and knows which certificate the server has shown on it:
// handshakes are bound to that.
type boundConn struct {
	net.Conn
	certificate *x509.Certificate
}

// A boundListener accepts such connections.
type boundListener struct{ net.Listener }

func (l boundListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &boundConn{Conn: c}, nil
}

// recheck is how often a file is looked at.
const recheck = time.Second

// A keyPair reads a certificate again when its file has changed, so that it can
// be renewed while the server runs.
type keyPair struct {
	certificate, key string
	log              *slog.Logger

	mu     sync.Mutex // guards what follows
	pair   *tls.Certificate
	stamp  time.Time // of the file when it was read
	looked time.Time // when the file was looked at last
	failed string    // why it could not be read again
}

// get returns the certificate for a connection, and lets that know.
func (k *keyPair) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c, err := k.current()
	if err != nil {
		return nil, err
	}
	if hello != nil {
		if b, ok := hello.Conn.(*boundConn); ok {
			b.certificate = c.Leaf
		}
	}
	return c, nil
}

func (k *keyPair) current() (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.pair != nil && time.Since(k.looked) < recheck {
		return k.pair, nil
	}
	k.looked = time.Now()
	info, err := os.Stat(k.certificate)
	if err == nil && k.pair != nil && info.ModTime().Equal(k.stamp) {
		return k.pair, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(k.certificate, k.key)
	}
	switch {
	case err == nil:
		k.pair, k.stamp, k.failed = &pair, info.ModTime(), ""
	case k.pair == nil:
		return nil, errors.Join(errors.New("cannot use the certificate"), err)
	case k.failed != err.Error(): // once, while the files are being replaced
		k.failed = err.Error()
		k.log.Warn("the certificate cannot be read again: the old one stays in use", "file", k.certificate, "cause", err, "until", k.pair.Leaf.NotAfter)
	}
	return k.pair, nil
}
