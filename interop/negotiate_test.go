//go:build interop

package interop

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"openwmi/cimom"
	"openwmi/internal/auth"
	"openwmi/internal/auth/binding"
	"openwmi/internal/auth/kerberos"
	"openwmi/internal/server"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
	"openwmi/wire/transport"
	"openwmi/wire/wsman"
)

const (
	alice  = "alice"
	sesame = "open Sesame 1"
	realm  = "EXAMPLE.TEST"
)

// A site is a server with the user alice. Its listeners are a clear one, one for
// encrypted messages, and one with TLS that wants channel bindings.
type site struct {
	clear, sealed, secure string // URLs of WS-Management
	ca                    string
}

func newSite(t *testing.T, keytab string) *site {
	t.Helper()
	m, err := cimom.Open(filepath.Join(t.TempDir(), "store"), cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	if _, err := m.Users().Add(auth.NewUser{Name: alice, Password: sesame, NTLM: true, Groups: []string{"Administrators"}}); err != nil {
		t.Fatal(err)
	}
	made, err := server.AutoCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Config{
		Listen: []server.Listener{
			{Address: "127.0.0.1:0"},
			{Address: "127.0.0.1:0", Encrypted: true},
			{Address: "127.0.0.1:0", Certificate: made.Certificate, Key: made.Key, ChannelBinding: binding.Strict},
		},
		Kerberos: server.Kerberos{Keytab: keytab},
	}, server.Options{Locator: m, Users: m.Users(), Machine: "localhost"})
	if err == nil {
		err = s.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	at := func(i int, scheme string) string {
		_, port, _ := net.SplitHostPort(s.Addresses()[i].Address)
		return scheme + "://localhost:" + port + server.WSManPath
	}
	return &site{at(0, "http"), at(1, "http"), at(2, "https"), made.Certificate}
}

// identify is a request that anybody who is let in may send.
const identify = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>` +
	`<w:Identify xmlns:w="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>`

// curl sends the request and returns the status of the answer.
func curl(t *testing.T, env []string, args ...string) string {
	t.Helper()
	args = append([]string{"--silent", "--output", "/dev/null", "--write-out", "%{http_code}",
		"--header", "Content-Type: application/soap+xml;charset=UTF-8", "--data-binary", identify}, args...)
	out, _ := run(t, "", env, "curl", args...)
	return out
}

// lines checks what a client has printed.
func lines(t *testing.T, out string, ok bool, want string) {
	t.Helper()
	if got := strings.Join(strings.Fields(out), " "); !ok || got != want {
		t.Errorf("%s, want %s", tail(out), want)
	}
}

// TestNTLM lets clients in by NTLM: that of curl, pyspnego's, which requests_ntlm,
// pypsrp and pywinrm use, and gss-ntlmssp.
func TestNTLM(t *testing.T) {
	s := newSite(t, "")
	bin := venv(t, "pyspnego==0.12.4", "requests-ntlm==1.3.0", "pypsrp==0.9.1", "pywinrm==0.5.0")
	t.Run("curl", func(t *testing.T) {
		lines(t, curl(t, nil, "--ntlm", "--user", alice+":"+sesame, s.clear), true, "200")
		lines(t, curl(t, nil, "--ntlm", "--user", `CORP\`+alice+":"+sesame, s.clear), true, "200")
		lines(t, curl(t, nil, "--ntlm", "--user", alice+":wrong", s.clear), true, "401")
	})
	t.Run("gss-ntlmssp", func(t *testing.T) {
		if _, err := os.Stat("/etc/gss/mech.d/mech.ntlmssp.conf"); err != nil {
			t.Fatal("Debian's gss-ntlmssp is not installed")
		}
		file := filepath.Join(t.TempDir(), "user")
		if err := os.WriteFile(file, []byte("OPENWMI:"+alice+":"+sesame+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		lines(t, curl(t, []string{"NTLM_USER_FILE=" + file, "KRB5CCNAME=/nonexistent"}, "--negotiate", "--user", ":", s.clear), true, "200")
	})
	for _, test := range []struct{ client, url, want string }{
		{"pyspnego:ntlm", s.clear, "200 200"},
		{"pyspnego:negotiate", s.clear, "200 200"},
		{"requests_ntlm:bound", s.secure, "200 200"},
		{"requests_ntlm:", s.secure, "401 401"},
		{"pypsrp:ntlm", s.sealed, "1 1 1"},
		{"pypsrp:negotiate", s.sealed, "1 1 1"},
		{"pywinrm:ntlm", s.sealed, "1 1 1"},
	} {
		t.Run(test.client, func(t *testing.T) {
			out, ok := run(t, "", []string{"KRB5CCNAME=/nonexistent"}, filepath.Join(bin, "python"), "testdata/negotiate.py", test.client, test.url, alice, sesame, s.ca)
			lines(t, out, ok, test.want)
		})
	}
	t.Run("our client", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "user")
		if err := os.WriteFile(file, []byte("CORP:"+alice+":"+sesame+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		url := acceptor(t, bin, "NTLM_USER_FILE="+file)
		for _, seal := range []bool{false, true} {
			echo(t, transport.Negotiate{User: alice, Domain: "CORP", Password: sesame, Seal: seal}, url, `CORP\`+alice)
		}
	})
}

// acceptor starts a server that is not ours and returns its URL.
func acceptor(t *testing.T, bin string, env ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "python"), "testdata/acceptor.py")
	cmd.Env, cmd.Stderr = append(os.Environ(), env...), os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return "http://localhost:" + strings.TrimSpace(port) + "/"
}

// echo sends something to an acceptor, which returns it behind the name of the
// client.
func echo(t *testing.T, o transport.Negotiate, url, name string) {
	t.Helper()
	c := transport.New(transport.Options{Negotiate: &o})
	defer c.CloseIdleConnections()
	for _, text := range []string{"hello", strings.Repeat("long ", 30000)} {
		r, err := c.Post(url, "text/plain", strings.NewReader(text))
		if err != nil {
			t.Errorf("seal %v: %v", o.Seal, err)
			return
		}
		got, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK || string(got) != name+" "+text {
			t.Errorf("seal %v: %s, %.60q, %v", o.Seal, r.Status, got, err)
		}
	}
}

// A kdc gives tickets to alice for HTTP/localhost, which libmi writes in small letters.
type kdc struct{ config, keytab, own, cache string }

func startKDC(t *testing.T) *kdc {
	t.Helper()
	if _, err := exec.LookPath("krb5kdc"); err != nil {
		t.Fatal("Debian's krb5-kdc and krb5-admin-server are not installed")
	}
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		text = strings.NewReplacer("DIR", dir, "PORT", port, "REALM", realm).Replace(text)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	k := &kdc{
		config: write("krb5.conf", `[libdefaults]
	default_realm = REALM
	dns_lookup_kdc = false
	dns_canonicalize_hostname = false
	udp_preference_limit = 1
[realms]
	REALM = {
		kdc = 127.0.0.1:PORT
	}
[domain_realm]
	localhost = REALM
`),
		keytab: filepath.Join(dir, "keytab"), own: filepath.Join(dir, "alice.keytab"), cache: filepath.Join(dir, "cache"),
	}
	t.Setenv("KRB5_CONFIG", k.config)
	t.Setenv("KRB5CCNAME", k.cache)
	t.Setenv("KRB5_KDC_PROFILE", write("kdc.conf", `[kdcdefaults]
	kdc_listen = 127.0.0.1:PORT
	kdc_tcp_listen = 127.0.0.1:PORT
[realms]
	REALM = {
		database_name = DIR/principal
		key_stash_file = DIR/stash
		acl_file = DIR/acl
		supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
	}
[logging]
	kdc = FILE:DIR/kdc.log
`))
	must(t, "kdb5_util", "create", "-s", "-P", "master", "-r", realm)
	for _, command := range []string{
		`addprinc -pw "` + sesame + `" alice`, `addprinc -pw "` + sesame + `" nobody`, "addprinc -randkey HTTP/localhost", "addprinc -randkey http/localhost",
		"ktadd -k " + k.keytab + " HTTP/localhost http/localhost", "ktadd -norandkey -k " + k.own + " alice",
	} {
		must(t, "kadmin.local", "-r", realm, "-q", command)
	}
	cmd := exec.Command("krb5kdc", "-n")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for end := time.Now().Add(time.Minute); ; {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	must(t, "kinit", "-k", "-t", k.own, alice)
	return k
}

// TestKerberos lets clients in that have a ticket of MIT's key distribution centre.
func TestKerberos(t *testing.T) {
	k := startKDC(t)
	s := newSite(t, k.keytab)
	bin := venv(t, "pyspnego[kerberos]==0.12.4", "pypsrp[kerberos]==0.9.1", "pywinrm[kerberos]==0.5.0")
	principal := alice + "@" + realm
	t.Run("curl", func(t *testing.T) {
		lines(t, curl(t, nil, "--negotiate", "--user", ":", s.clear), true, "200")
		lines(t, curl(t, []string{"KRB5CCNAME=/nonexistent"}, "--negotiate", "--user", ":", s.clear), true, "401")
	})
	for _, test := range []struct{ client, url, user, want string }{
		{"pyspnego:kerberos", s.clear, principal, "200 200"},
		{"pyspnego:negotiate", s.clear, principal, "200 200"},
		{"pypsrp:kerberos", s.sealed, principal, "1 1 1"},
		{"pypsrp:negotiate", s.sealed, principal, "1 1 1"},
		{"pywinrm:kerberos", s.sealed, principal, "1 1 1"},
	} {
		t.Run(test.client, func(t *testing.T) {
			out, ok := run(t, "", nil, filepath.Join(bin, "python"), "testdata/negotiate.py", test.client, test.url, test.user, sesame)
			lines(t, out, ok, test.want)
		})
	}
	trusted := x509.NewCertPool()
	text, err := os.ReadFile(s.ca)
	if err != nil {
		t.Fatal(err)
	}
	trusted.AppendCertsFromPEM(text)
	for name, o := range map[string]kerberos.ClientOptions{
		"cache":    {},
		"password": {User: alice, Password: sesame},
		"keytab":   {User: principal, Keytab: k.own},
	} {
		t.Run("our client, "+name, func(t *testing.T) {
			for _, at := range []string{s.clear, s.sealed, s.secure} {
				n := &transport.Negotiate{Kerberos: &o, Seal: at == s.sealed}
				c := transport.New(transport.Options{Negotiate: n, RootCAs: trusted})
				defer c.CloseIdleConnections()
				w, err := wsman.NewClient(at, wsman.ClientOptions{HTTP: c})
				if err == nil {
					err = works(t, w)
				}
				if err != nil {
					t.Errorf("%s: %v", at, err)
				}
				if at == s.sealed {
					continue
				}
				x, err := cimxml.NewClient(strings.Replace(at, server.WSManPath, server.CIMXMLPath, 1), cimxml.ClientOptions{HTTP: c})
				if err == nil {
					err = works(t, x)
				}
				if err != nil {
					t.Errorf("%s: %v", at, err)
				}
			}
		})
	}
	t.Run("nobody", func(t *testing.T) {
		n := &transport.Negotiate{Kerberos: &kerberos.ClientOptions{User: "nobody", Password: sesame}}
		w, err := wsman.NewClient(s.clear, wsman.ClientOptions{HTTP: transport.New(transport.Options{Negotiate: n})})
		if err != nil {
			t.Fatal(err)
		}
		if err := works(t, w); err == nil {
			t.Error("a principal without a user is let in")
		}
	})
	t.Run("NTLM without Kerberos", func(t *testing.T) {
		n := &transport.Negotiate{User: alice, Password: sesame, Kerberos: &kerberos.ClientOptions{}, Seal: true}
		plain := newSite(t, "")
		w, err := wsman.NewClient(plain.sealed, wsman.ClientOptions{HTTP: transport.New(transport.Options{Negotiate: n})})
		if err == nil {
			err = works(t, w)
		}
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("another server", func(t *testing.T) {
		url := acceptor(t, bin, "KRB5_KTNAME="+k.keytab)
		for _, seal := range []bool{false, true} {
			echo(t, transport.Negotiate{Kerberos: &kerberos.ClientOptions{}, Seal: seal}, url, principal)
		}
	})
}

// works uses a server.
func works(t *testing.T, l wbem.Locator) error {
	svc, err := l.Connect(t.Context(), "root", wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	defer svc.Close()
	n := 0
	for _, err := range svc.Instances(t.Context(), "__Namespace", wbem.Options{}) {
		if err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return fmt.Errorf("there is nothing")
	}
	return nil
}
