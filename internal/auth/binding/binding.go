// Package binding ties a handshake to the TLS connection below it, so that nobody
// in between can pass it on to another server: channel bindings of GSS-API with
// the certificate of the server, tls-server-end-point of RFC 5929.
package binding

import (
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	_ "crypto/sha256" // for the hashes of certificates
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
)

// Of returns the MD5 sum of the channel bindings of a connection to a server with
// a certificate, as NTLM and Kerberos send it. RFC 5929 4.1, RFC 4121 4.1.1.2
func Of(server *x509.Certificate) []byte {
	hash := crypto.SHA256 // also where the signature has MD5 or SHA-1, or no hash of its own
	switch server.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		hash = crypto.SHA384
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write(server.Raw)
	data := h.Sum([]byte("tls-server-end-point:"))
	b := make([]byte, 16, 20+len(data)) // addresses of both ends, which nobody uses
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	sum := md5.Sum(append(b, data...))
	return sum[:]
}

// A Mode says what is expected of clients.
type Mode uint8

const (
	// Relaxed lets clients in that send no bindings, and refuses wrong ones.
	Relaxed Mode = iota
	// None looks at no bindings, for servers behind a proxy that ends TLS.
	None
	// Strict refuses clients that send none over TLS.
	Strict
)

// UnmarshalText reads none, relaxed or strict; "" is relaxed.
func (m *Mode) UnmarshalText(text []byte) error {
	switch string(text) {
	case "", "relaxed":
		*m = Relaxed
	case "none":
		*m = None
	case "strict":
		*m = Strict
	default:
		return fmt.Errorf("channel bindings are none, relaxed or strict, not %.20q", text)
	}
	return nil
}

// A Policy is a mode, for one connection.
type Policy struct {
	Mode    Mode
	Channel []byte // the bindings of the connection, nil if it has no TLS
}

// Check says what is wrong with the bindings of a client, nil or zeros if it has
// none.
func (p Policy) Check(sent []byte) error {
	var none byte
	for _, b := range sent {
		none |= b
	}
	switch {
	case p.Mode == None, none == 0 && (p.Mode == Relaxed || p.Channel == nil):
		return nil
	case none == 0:
		return errors.New("the client has sent no channel bindings")
	case !hmac.Equal(sent, p.Channel):
		return errors.New("the channel bindings are those of another connection")
	}
	return nil
}
