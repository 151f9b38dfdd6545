package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"openwmi/internal/owner"
)

// A MadeCertificate is a certificate that AutoCertificate has made.
type MadeCertificate struct {
	Certificate, Key string // files in PEM
	Fingerprint      string // SHA-256, in hexadecimal with colons
}

// Files of AutoCertificate.
const (
	certificateFile = "tls.crt"
	keyFile         = "tls.key"
)

// validity is how long a certificate lasts that is made, and renewal is how long
// before its end another one is.
const (
	validity = 397 * 24 * time.Hour
	renewal  = 30 * 24 * time.Hour
)

// AutoCertificate returns the certificate in a directory, which is made if there
// is none, or if it ends soon. It is for all names and addresses of this computer,
// and vouches for itself: clients need the file, or its fingerprint.
func AutoCertificate(dir string) (*MadeCertificate, error) {
	m := &MadeCertificate{Certificate: filepath.Join(dir, certificateFile), Key: filepath.Join(dir, keyFile)}
	pair, err := tls.LoadX509KeyPair(m.Certificate, m.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("%s and %s cannot be used: %w; where they are removed others are made", m.Certificate, m.Key, err)
	case time.Until(pair.Leaf.NotAfter) > renewal:
		m.Fingerprint = fingerprint(pair.Certificate[0])
		return m, nil
	}
	der, key, err := makeCertificate(time.Now())
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := writePEM(m.Key, "PRIVATE KEY", key); err != nil {
		return nil, err
	}
	m.Fingerprint = fingerprint(der)
	return m, writePEM(m.Certificate, "CERTIFICATE", der)
}

func makeCertificate(now time.Time) (der, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	t := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: host},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(validity),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
		DNSNames: []string{host, "localhost"},
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, nil, err
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok {
			t.IPAddresses = append(t.IPAddresses, n.IP)
		}
	}
	if der, err = x509.CreateCertificate(rand.Reader, t, t, &private.PublicKey, private); err != nil {
		return nil, nil, err
	}
	key, err = x509.MarshalPKCS8PrivateKey(private)
	return der, key, err
}

func writePEM(name, kind string, der []byte) error {
	return owner.Replace(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func fingerprint(der []byte) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i, c := range sha256.Sum256(der) {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}
