package wmitest_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/ephemeral"
	"openwmi/mof/compile"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
	"openwmi/wire/transport"
	"openwmi/wmitest"
)

const disks = `class Disk { [key] string Id; uint64 Size; }; instance of Disk { Id = "c"; Size = 500; };`

func size(t *testing.T, l wbem.Locator, namespace string) string {
	t.Helper()
	svc, err := l.Connect(t.Context(), namespace, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	disk, err := svc.GetInstance(t.Context(), cim.MustParsePath(`Disk.Id="c"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := disk.Get("Size")
	return v.String()
}

func TestNewStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "disk.mof")
	if err := os.WriteFile(file, []byte(disks), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := size(t, wmitest.NewStore(t, wmitest.Options{Schema: []string{file}, Namespace: `root\x`}), `root\x`); got != "500" {
		t.Errorf("Size = %s", got)
	}
}

// A store that was prepared is copied, and stays as it is.
func TestPreparedStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	m, err := cimom.Open(dir, cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := compile.ParseText(t.Context(), compile.Options{Namespace: `root\cimv2`}, "disk.mof", []byte(disks))
	if err == nil {
		_, err = p.Store(t.Context(), m)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	o := wmitest.Options{Schema: []string{dir}, MOF: `instance of Disk { Id = "c"; Size = 700; };`}
	if got := size(t, wmitest.NewStore(t, o), ""); got != "700" {
		t.Errorf("Size = %s", got)
	}
	if m, err = cimom.Open(dir, cimom.Options{}); err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if got := size(t, m, ""); got != "500" {
		t.Errorf("Size = %s in the store that was copied", got)
	}
}

func TestNewServer(t *testing.T) {
	s := wmitest.NewServer(t, wmitest.Options{MOF: disks})
	for password, want := range map[string]wbem.Status{s.Password: wbem.OK, "wrong": wbem.AccessDenied} {
		c, err := cimxml.NewClient(s.CIMXML, cimxml.ClientOptions{HTTP: transport.New(transport.Options{User: s.User, Password: password})})
		if err != nil {
			t.Fatal(err)
		}
		if want == wbem.OK {
			if got := size(t, c, ""); got != "500" {
				t.Errorf("Size = %s", got)
			}
		}
		if _, err := c.Connect(t.Context(), "", wbem.ConnectOptions{}); wbem.StatusOf(err) != want {
			t.Errorf("password %q: %v", password, err)
		}
	}
}

// A client trusts the certificate of the server, and only that.
func TestTLS(t *testing.T) {
	s := wmitest.NewServer(t, wmitest.Options{MOF: disks, TLS: true})
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.Certificate) {
		t.Fatal("there is no certificate")
	}
	if text, err := os.ReadFile(s.CA); err != nil || string(text) != string(s.Certificate) {
		t.Errorf("CA: %v", err)
	}
	for _, trusted := range []*x509.CertPool{pool, x509.NewCertPool()} {
		c, err := cimxml.NewClient(s.CIMXML, cimxml.ClientOptions{HTTP: transport.New(transport.Options{
			User: s.User, Password: s.Password, RootCAs: trusted,
		})})
		if err != nil {
			t.Fatal(err)
		}
		if trusted == pool {
			if got := size(t, c, ""); got != "500" {
				t.Errorf("Size = %s", got)
			}
		} else if _, err := c.Connect(t.Context(), "", wbem.ConnectOptions{}); err == nil {
			t.Error("who does not know the certificate is let in")
		}
	}
}

// A store that somebody has open is not copied.
func TestStoreInUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	m, err := cimom.Open(dir, cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := ephemeral.Open(t.Context(), ephemeral.Options{Schema: []string{dir}}); wbem.StatusOf(err) != wbem.BackupRestoreWinmgmtRunning {
		t.Errorf("%v", err)
	}
}

// Clients of CIM-XML find out what there is.
func TestDiscovery(t *testing.T) {
	s := wmitest.NewServer(t, wmitest.Options{})
	svc, err := s.Locator.Connect(t.Context(), `root\interop`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range svc.Instances(t.Context(), "CIM_Namespace", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n < 7 {
		t.Errorf("%d namespaces", n)
	}
}

func BenchmarkNewServer(b *testing.B) {
	for b.Loop() {
		wmitest.NewServer(b, wmitest.Options{MOF: disks})
	}
}
