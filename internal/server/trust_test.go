package server_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"openwmi/cimom"
	"openwmi/internal/server"
	"openwmi/wbem"
	"openwmi/wire/transport"
)

// list returns a list of revoked certificates in PEM, after edit has changed it.
func (a *authority) list(t testing.TB, edit func(*x509.RevocationList), revoked ...tls.Certificate) []byte {
	t.Helper()
	l := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour)}
	for _, c := range revoked {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.Leaf.SerialNumber, RevocationTime: time.Now()})
	}
	if edit != nil {
		edit(l)
	}
	der, err := x509.CreateRevocationList(rand.Reader, l, a.certificate, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
}

func write(t testing.TB, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A certificate that is revoked counts no more, on connections that are open either.
// A bad list changes nothing, and one that has expired lets nobody in.
func TestRevocation(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	dir := t.TempDir()
	a.server(t, dir)
	writePEM(t, filepath.Join(dir, "ca.crt"), "CERTIFICATE", a.certificate.Raw)
	lists := filepath.Join(dir, "clients.crl")
	write(t, lists, a.list(t, nil))
	s := start(t, server.Config{Listen: []server.Listener{{
		Address: loopback, Certificate: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key"),
		ClientCA: filepath.Join(dir, "ca.crt"), ClientCRL: lists,
	}}}, cimom.Options{})
	lost, kept := a.sign(t, a.client(t, alice)), a.sign(t, a.client(t, alice))
	connect := func(c tls.Certificate) (wbem.Services, wbem.Status) {
		t.Helper()
		svc, err := s.client(t, transport.Options{RootCAs: a.pool(), Certificates: []tls.Certificate{c}}).Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
		return svc, wbem.StatusOf(err)
	}
	ask := func(what string, svc wbem.Services, want wbem.Status) {
		t.Helper()
		if _, err := svc.GetClass(t.Context(), "Disk", wbem.Options{}); wbem.StatusOf(err) != want {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	losing, status := connect(lost)
	keeping, status2 := connect(kept)
	if status != wbem.OK || status2 != wbem.OK {
		t.Fatal(status, status2)
	}
	ask("before", losing, wbem.OK)

	write(t, lists, a.list(t, nil, lost))
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	ask("revoked", losing, wbem.AccessDenied)
	ask("not revoked", keeping, wbem.OK)
	if _, status := connect(lost); status != wbem.TransportFailure {
		t.Errorf("revoked, on another connection: %v", status)
	}
	if log := s.log.String(); !strings.Contains(log, "1 revoked by CN=authority") || !strings.Contains(log, "is revoked") {
		t.Errorf("the log has only\n%s", log)
	}
	if all := s.audit.logons(); !strings.Contains(all[len(all)-2].Detail+all[len(all)-1].Detail, "is revoked") {
		t.Errorf("audited: %+v", all)
	}

	critical := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 0}}
	for what, bad := range map[string][]byte{
		"nothing":       nil,
		"no list":       []byte("no list"),
		"damaged":       pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: []byte{0x30, 0x03, 0x02, 0x01, 0x01}}),
		"another key":   other.list(t, nil),
		"part of a one": a.list(t, func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{critical} }),
		"indirect": a.list(t, func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{0x30, 0}}}
		}, kept),
	} {
		write(t, lists, bad)
		if err := s.Reload(); err == nil || !strings.Contains(err.Error(), lists) {
			t.Errorf("%s: %v", what, err)
		}
		if _, status := connect(lost); status != wbem.TransportFailure {
			t.Errorf("%s, revoked: %v", what, status)
		}
		ask(what+", not revoked", keeping, wbem.OK)
	}

	write(t, lists, a.list(t, func(l *x509.RevocationList) { l.NextUpdate = time.Now().Add(-time.Minute) }))
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	ask("expired", keeping, wbem.AccessDenied)
	if _, status := connect(kept); status != wbem.TransportFailure {
		t.Errorf("expired, on another connection: %v", status)
	}
	if !strings.Contains(s.log.String(), "certificates of clients are refused") {
		t.Errorf("the log has only\n%s", s.log)
	}
	write(t, lists, a.list(t, nil, lost))
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	ask("a new one", keeping, wbem.OK)
}

// Another authority takes the place of one, and who has a certificate of that is
// refused.
func TestOtherAuthority(t *testing.T) {
	a, b := newAuthority(t), newAuthority(t)
	s, dir := certified(t, a)
	connect := func(by *authority) (wbem.Services, wbem.Status) {
		t.Helper()
		o := transport.Options{RootCAs: a.pool(), Certificates: []tls.Certificate{by.sign(t, by.client(t, alice))}}
		svc, err := s.client(t, o).Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
		return svc, wbem.StatusOf(err)
	}
	old, status := connect(a)
	if status != wbem.OK {
		t.Fatal(status)
	}
	authorities := filepath.Join(dir, "ca.crt")
	for _, c := range []struct {
		text  []byte
		right bool
		a, b  wbem.Status // of new connections
	}{
		{[]byte("nobody"), false, wbem.OK, wbem.TransportFailure},
		{append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.certificate.Raw})...), false, wbem.OK, wbem.TransportFailure},
		{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.certificate.Raw}), true, wbem.TransportFailure, wbem.OK},
	} {
		write(t, authorities, c.text)
		if err := s.Reload(); (err == nil) != c.right {
			t.Errorf("%q: %v", c.text, err)
		}
		_, fromA := connect(a)
		_, fromB := connect(b)
		if fromA != c.a || fromB != c.b {
			t.Errorf("with %q: %v and %v, want %v and %v", c.text, fromA, fromB, c.a, c.b)
		}
	}
	if _, err := old.GetClass(t.Context(), "Disk", wbem.Options{}); wbem.StatusOf(err) != wbem.AccessDenied {
		t.Errorf("on a connection that was open: %v", err)
	}
}

// Each authority of a chain has to have a list, and one that counts at that time.
func TestTrust(t *testing.T) {
	root := newAuthority(t)
	pair := root.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "between"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	})
	between := newAuthorityOf(pair)
	stranger := newAuthority(t)
	leaf := between.sign(t, between.client(t, alice))
	certificates := func(all ...*authority) []byte {
		var b []byte
		for _, a := range all {
			b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})...)
		}
		return b
	}
	join := func(all ...[]byte) []byte {
		var b []byte
		for _, text := range all {
			b = append(b, text...)
		}
		return b
	}
	at := func(minutes time.Duration) func(*x509.RevocationList) {
		return func(l *x509.RevocationList) {
			l.ThisUpdate = time.Now().Add((minutes - 10) * time.Minute)
			l.NextUpdate = time.Now().Add((minutes + 10) * time.Minute)
		}
	}
	now := time.Now()
	for _, c := range []struct {
		name  string
		ca    []byte
		lists []byte
		now   time.Time
		want  string        // "" if the certificate holds
		until time.Duration // then, from now
	}{
		{"no lists", certificates(root), nil, now, "", time.Hour},
		{"both", certificates(root, between), join(root.list(t, nil), between.list(t, at(0))), now, "", 10 * time.Minute},
		{"the last moment", certificates(root, between), join(root.list(t, nil), between.list(t, at(0))), now.Add(9 * time.Minute), "", 10 * time.Minute},
		{"too late", certificates(root, between), join(root.list(t, nil), between.list(t, at(0))), now.Add(11 * time.Minute), "CN=between is good from", 0},
		{"too early", certificates(root, between), join(root.list(t, nil), between.list(t, at(20))), now, "CN=between is good from", 0},
		{"another authority", certificates(stranger), nil, now, "unknown authority", 0},
		{"of the upper one only", certificates(root, between), root.list(t, nil), now, "no list of revoked certificates of CN=between", 0},
		{"of the lower one only", certificates(root, between), between.list(t, nil), now, "no list of revoked certificates of CN=authority", 0},
		{"the lower one is trusted by itself", certificates(between), between.list(t, nil), now, "", time.Hour},
		{"the upper one is gone", certificates(between), join(root.list(t, nil), between.list(t, nil)), now, "not signed by an authority", 0},
		{"revoked", certificates(root, between), join(root.list(t, nil), between.list(t, nil, leaf)), now, "is revoked", 0},
		{"its authority is revoked", certificates(root, between), join(root.list(t, nil, pair), between.list(t, nil)), now, "is revoked", 0},
		{"an older list", certificates(between), join(between.list(t, at(1), leaf), between.list(t, at(0))), now, "is revoked", 0},
		{"a newer list", certificates(between), join(between.list(t, at(0)), between.list(t, at(1), leaf)), now, "is revoked", 0},
	} {
		texts := [][]byte{c.ca}
		if c.lists != nil {
			texts = append(texts, c.lists)
		}
		until, err := server.Trusts(texts, []*x509.Certificate{leaf.Leaf, pair.Leaf}, c.now)
		switch {
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		case c.want == "" && (err != nil || until.Sub(now.Add(c.until)).Abs() > time.Minute):
			t.Errorf("%s: until %v, %v", c.name, until, err)
		}
	}
	// A single list may be in DER.
	b, _ := pem.Decode(between.list(t, nil, leaf))
	if _, err := server.Trusts([][]byte{between.certificate.Raw, b.Bytes}, []*x509.Certificate{leaf.Leaf}, now); err == nil || !strings.Contains(err.Error(), "is revoked") {
		t.Errorf("in DER: %v", err)
	}
}

func FuzzTrust(f *testing.F) {
	a := newAuthority(f)
	leaf := a.sign(f, a.client(f, alice))
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
	f.Add(ca, a.list(f, nil, leaf))
	f.Add(a.certificate.Raw, []byte("-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n"))
	f.Fuzz(func(t *testing.T, authorities, lists []byte) {
		until, err := server.Trusts([][]byte{authorities, lists}, []*x509.Certificate{leaf.Leaf}, time.Now())
		if (err == nil) == until.IsZero() {
			t.Errorf("until %v, %v", until, err)
		}
	})
}
