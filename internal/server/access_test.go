package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"openwmi/cimom"
	"openwmi/internal/auth"
	"openwmi/internal/server"
	"openwmi/wbem"
	"openwmi/wire/transport"
)

// An authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	serial      int64
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{}
	pair := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	})
	return newAuthorityOf(pair)
}

// newAuthorityOf returns the one that has a certificate.
func newAuthorityOf(pair tls.Certificate) *authority {
	return &authority{certificate: pair.Leaf, key: pair.PrivateKey.(*ecdsa.PrivateKey)}
}

// sign completes a template and signs it, or has it sign itself.
func (a *authority) sign(t testing.TB, c *x509.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a.serial++
	c.SerialNumber = big.NewInt(a.serial)
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().Add(time.Hour)
	}
	c.NotBefore = c.NotAfter.Add(-2 * time.Hour)
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (a *authority) client(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	return &x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
}

// server writes a certificate for 127.0.0.1 and its key into files.
func (a *authority) server(t *testing.T, dir string) {
	t.Helper()
	pair := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(dir, "tls.key"), "PRIVATE KEY", key)
	writePEM(t, filepath.Join(dir, "tls.crt"), "CERTIFICATE", pair.Certificate[0])
}

func writePEM(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.certificate)
	return p
}

// certified starts a server with a certificate of the authority, which may be renewed
// in the directory, and trusts those that it gives to clients.
func certified(t *testing.T, a *authority) (*site, string) {
	t.Helper()
	dir := t.TempDir()
	a.server(t, dir)
	writePEM(t, filepath.Join(dir, "ca.crt"), "CERTIFICATE", a.certificate.Raw)
	return start(t, server.Config{Listen: []server.Listener{{
		Address: loopback, Certificate: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key"),
		ClientCA: filepath.Join(dir, "ca.crt"),
	}}}, cimom.Options{}), dir
}

// A certificate is a user of the store, if it is of the authority and in its time.
func TestClientCertificates(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	s, _ := certified(t, a)
	if _, err := s.store.Users().Add(auth.NewUser{Name: "gone", Password: password, Throwaway: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Users().Set("gone", auth.Change{Disable: true}); err != nil {
		t.Fatal(err)
	}
	expired := a.client(t, alice)
	expired.NotAfter = time.Now().Add(-time.Minute)
	forServers := a.client(t, alice)
	forServers.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, c := range []struct {
		name        string
		certificate tls.Certificate
		want        wbem.Status
		audited     string // what is in the log of audit
	}{
		{"a user", a.sign(t, a.client(t, alice)), wbem.OK, "certificate "},
		{"in other case", a.sign(t, a.client(t, "ALICE")), wbem.OK, "certificate "},
		{"nobody", a.sign(t, a.client(t, "mallory")), wbem.AccessDenied, "no such user"},
		{"disabled", a.sign(t, a.client(t, "gone")), wbem.AccessDenied, "is disabled"},
		{"of another domain", a.sign(t, a.client(t, `other\alice`)), wbem.AccessDenied, "no name of a user"},
		{"no name", a.sign(t, a.client(t, "")), wbem.AccessDenied, "no such user"},
		{"expired", a.sign(t, expired), wbem.TransportFailure, ""},
		{"another authority", other.sign(t, other.client(t, alice)), wbem.TransportFailure, ""},
		{"not for clients", a.sign(t, forServers), wbem.TransportFailure, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(s.audit.logons())
			client := s.client(t, transport.Options{RootCAs: a.pool(), Certificates: []tls.Certificate{c.certificate}})
			svc, err := client.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
			if wbem.StatusOf(err) != c.want {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if err == nil {
				for range 3 {
					if _, err := svc.GetClass(t.Context(), "Disk", wbem.Options{}); err != nil {
						t.Fatal(err)
					}
				}
			}
			logons := s.audit.logons()[before:]
			if c.audited == "" {
				if len(logons) > 0 {
					t.Errorf("audited: %+v", logons)
				}
				return
			}
			if len(logons) != 1 || !strings.Contains(logons[0].Detail, c.audited) || !strings.HasPrefix(logons[0].Peer, "127.0.0.1:") || logons[0].Status != c.want {
				t.Errorf("audited: %+v", logons)
			}
		})
	}
	if n := metric(t, s, `openwmi_logon_failures_total{scheme="Certificate"}`); n < 4 {
		t.Errorf("%v failures were counted", n)
	}
	if n := metric(t, s, `openwmi_tls_failures_total`); n < 3 {
		t.Errorf("%v failures of TLS were counted", n)
	}
}

// A user who is disabled while he is connected is so from the next request on.
func TestCertificateOfDisabled(t *testing.T) {
	a := newAuthority(t)
	s, _ := certified(t, a)
	client := s.client(t, transport.Options{RootCAs: a.pool(), Certificates: []tls.Certificate{a.sign(t, a.client(t, alice))}})
	svc, err := client.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.Users().Set(alice, auth.Change{Disable: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.GetClass(t.Context(), "Disk", wbem.Options{}); wbem.StatusOf(err) != wbem.AccessDenied {
		t.Errorf("disabled: %v", err)
	}
}

// A certificate is read again, and stays as it is while its file is wrong.
func TestRenewal(t *testing.T) {
	a, b := newAuthority(t), newAuthority(t)
	s, dir := certified(t, a)
	shown := func() *x509.Certificate {
		t.Helper()
		c, err := tls.Dial("tcp", s.address(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0]
	}
	first := shown()
	certificate := filepath.Join(dir, "tls.crt")
	for _, text := range []string{"", "no PEM"} {
		if err := os.WriteFile(certificate, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Reload(); err == nil || !strings.Contains(err.Error(), "tls.crt") {
			t.Errorf("with %q in the file: %v", text, err)
		}
		if !shown().Equal(first) {
			t.Errorf("with %q in the file there is another certificate", text)
		}
	}
	if !strings.Contains(s.log.String(), "certificate: cannot be read again") {
		t.Errorf("the log has only\n%s", s.log)
	}
	b.server(t, dir)
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.log.String(), "certificate: read again") || !strings.Contains(s.log.String(), "credentials were read again") {
		t.Errorf("the log has only\n%s", s.log)
	}
	if err := shown().CheckSignatureFrom(b.certificate); err != nil {
		t.Errorf("the new certificate is not shown: %v", err)
	}
}

// Old versions of TLS are refused, and so is talking without it.
func TestTLSVersions(t *testing.T) {
	a := newAuthority(t)
	s, _ := certified(t, a)
	for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		c, err := tls.Dial("tcp", s.address(), &tls.Config{RootCAs: a.pool(), MinVersion: version, MaxVersion: version})
		if (err == nil) != want {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			c.Close()
		}
	}
	r, err := http.Post("http://"+s.address()+"/cimom", "application/xml", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusBadRequest {
		t.Errorf("without TLS: %s", r.Status)
	}
}

// What is made by itself is trusted by whoever has its file, or knows its
// fingerprint, and made again before it expires.
func TestAutoCertificate(t *testing.T) {
	dir := t.TempDir()
	made, err := server.AutoCertificate(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := server.AutoCertificate(dir)
	if err != nil || *again != *made {
		t.Errorf("made again: %v, %v", again, err)
	}
	s := start(t, server.Config{Listen: []server.Listener{{Address: loopback, Certificate: made.Certificate, Key: made.Key}}}, cimom.Options{})
	text, err := os.ReadFile(made.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	if _, err := s.client(t, transport.Options{RootCAs: pool, User: alice, Password: password}).Connect(t.Context(), "", wbem.ConnectOptions{}); err != nil {
		t.Error(err)
	}
	_, err = s.client(t, transport.Options{User: alice, Password: password}).Connect(t.Context(), "", wbem.ConnectOptions{})
	if wbem.StatusOf(err) != wbem.TransportFailure || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("who does not trust it: %v", err)
	}
	for _, name := range []string{made.Key, made.Certificate} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// One that cannot be used is not replaced behind the back of its owner.
func TestDamagedAutoCertificate(t *testing.T) {
	dir := t.TempDir()
	made, err := server.AutoCertificate(dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := server.AutoCertificate(t.TempDir())
	if err == nil {
		err = os.Rename(other.Certificate, made.Certificate)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.AutoCertificate(dir); err == nil || !strings.Contains(err.Error(), made.Key) {
		t.Errorf("with the certificate of another key: %v", err)
	}
}

// Wrong passwords are counted, recorded with the address, and end a connection.
func TestWrongPasswords(t *testing.T) {
	s := start(t, server.Config{}, cimom.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := transport.New(transport.Options{User: alice, Password: "wrong"})
	for i := range 3 {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address()+"/cimom", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusUnauthorized || r.Header.Get("WWW-Authenticate") == "" || n != 0 {
			t.Errorf("attempt %d: %s, %d bytes", i, r.Status, n)
		}
	}
	if n := metric(t, s, `openwmi_logon_failures_total{scheme="Basic"}`); n != 3 {
		t.Errorf("%v failures were counted", n)
	}
	for _, r := range s.audit.logons() {
		if r.Status != wbem.AccessDenied || r.Who != `OpenWMI\alice` && !strings.EqualFold(r.Who, `openwmi\alice`) || !strings.HasPrefix(r.Peer, "127.0.0.1:") || r.Detail != "wrong password" {
			t.Errorf("audited: %+v", r)
		}
	}
	if n := len(s.audit.logons()); n != 3 {
		t.Errorf("%d logons were audited", n)
	}
}

// One user cannot take the room of all.
func TestRequestsOfOneUser(t *testing.T) {
	s := start(t, server.Config{MaxRequestsEach: 1}, cimom.Options{})
	sub, err := s.alice(t).Subscribe(t.Context(), "WQL", `SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA "Disk"`, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error)
	go func() {
		err := error(wbem.ServerTooBusy)
		for errors.Is(err, wbem.ServerTooBusy) { // while one below is served
			_, err = sub.Next(t.Context())
		}
		waited <- err
	}()
	other := s.client(t, transport.Options{User: alice, Password: password})
	for {
		for metric(t, s, `openwmi_requests_running{protocol="cimxml"}`) == 0 {
			runtime.Gosched()
		}
		_, err := other.Connect(t.Context(), "", wbem.ConnectOptions{})
		if errors.Is(err, wbem.ServerTooBusy) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	compileText(t, s.store, `instance of Disk { Id = "a"; };`)
	if err := <-waited; err != nil {
		t.Error(err)
	}
	if metric(t, s, `openwmi_refused_total{what="request"}`) == 0 {
		t.Error("refused requests are not counted")
	}
	s.alice(t)
}
