package transport

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// A Fingerprint is the SHA-256 of a certificate.
type Fingerprint [sha256.Size]byte

// ParseFingerprint reads a fingerprint in hexadecimal digits, with colons between
// bytes or without: InvalidParameter.
func ParseFingerprint(text string) (*Fingerprint, error) {
	var f Fingerprint
	b, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(b) != len(f) {
		return nil, cim.Errorf(wbem.InvalidParameter, "a fingerprint has %d bytes in hexadecimal digits", len(f))
	}
	copy(f[:], b)
	return &f, nil
}

// pin makes a client trust one certificate, and nothing that vouches for others.
func (f *Fingerprint) pin(c *tls.Config) {
	c.InsecureSkipVerify = true // in place of that, for each connection:
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 || sha256.Sum256(s.PeerCertificates[0].Raw) != *f {
			return cim.Errorf(wbem.AccessDenied, "the certificate of the server has another fingerprint")
		}
		return nil
	}
}
