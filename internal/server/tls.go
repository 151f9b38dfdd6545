package server

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"

	"openwmi/internal/auth/kept"
)

// A secured address has what was read from the files of its Listener.
type secured struct {
	pair  *kept.Value[*tls.Certificate] // nil without TLS
	trust *kept.Value[*trust]           // nil if clients log on without certificates
}

// secure reads the files of an address with TLS, and returns how its connections
// begin.
func (l Listener) secure(log *slog.Logger) (*tls.Config, secured, error) {
	var at secured
	var err error
	at.pair, err = kept.Read("certificate", log, parsePair, l.Certificate, l.Key)
	if err != nil {
		return nil, at, err
	}
	c := &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			pair := at.pair.Get()
			if b, ok := hello.Conn.(*boundConn); ok {
				b.certificate = pair.Leaf
			}
			return pair, nil
		},
		NextProtos: []string{"http/1.1"}, // NTLM and Kerberos are of a connection
		// TLS 1.3 shows no certificate on a session that is resumed, so that a
		// handshake could not be bound to it (RFC 5929 4.1).
		SessionTicketsDisabled: true,
	}
	if l.ClientCA == "" {
		return c, at, nil
	}
	at.trust, err = l.readTrust(log, c.Clone())
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return at.trust.Get().config, nil }
	return c, at, err
}

// parsePair reads a certificate and its key.
func parsePair(texts [][]byte) (*tls.Certificate, string, error) {
	pair, err := tls.X509KeyPair(texts[0], texts[1])
	if err != nil {
		return nil, "", err
	}
	return &pair, fmt.Sprintf("%s until %s", pair.Leaf.Subject, stamp(pair.Leaf.NotAfter)), nil
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
