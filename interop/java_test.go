//go:build interop

package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wmitest"
)

// A mirror is the provider of J_Service, whose methods return what they get.
type mirror struct{}

var _ provider.MethodExecutor = mirror{}

// ExecMethod implements provider.MethodExecutor.
func (mirror) ExecMethod(_ context.Context, _ *provider.Request, _ *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	out := cim.NewInstance(m.Signature(true))
	if in == nil {
		return out, out.Set("ReturnValue", cim.Uint32Value(0))
	}
	for k, p := range out.Class().Properties() {
		if v, ok := in.Get(p.Name()); ok {
			if err := out.SetIndex(k, v); err != nil {
				return nil, err
			}
		}
	}
	return out, out.Set("ReturnValue", cim.Uint32Value(0))
}

// A java runs programs with the jars of a client.
type java struct{ classpath string }

// newJava fetches the jars that a file lists, by hash and path in Maven Central.
// They are kept in the cache of the user.
func newJava(t *testing.T, list string) *java {
	t.Helper()
	if _, err := exec.LookPath("javac"); err != nil {
		t.Skip("there is no JDK: apt-get install default-jdk-headless")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip("there is no place to keep the jars of the client: ", err)
	}
	cache = filepath.Join(cache, "openwmi", "jars")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var jars []string
	for line := range strings.Lines(string(text)) {
		hash, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		jars = append(jars, jar(t, cache, hash, path))
	}
	return &java{strings.Join(jars, string(filepath.ListSeparator))}
}

// jar returns a file of Maven Central that has a hash.
func jar(t *testing.T, cache, hash, path string) string {
	t.Helper()
	file := filepath.Join(cache, filepath.Base(path))
	right := func(b []byte) bool {
		sum := sha256.Sum256(b)
		return hex.EncodeToString(sum[:]) == hash
	}
	if b, err := os.ReadFile(file); err == nil && right(b) {
		return file
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://repo1.maven.org/maven2/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Skipf("Maven Central cannot be reached: %v", err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil || r.StatusCode != http.StatusOK || !right(b) {
		t.Fatalf("%s of Maven Central: %s, %d bytes, %v", path, r.Status, len(b), err)
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// run runs a program in one file, and returns what it prints.
func (j *java) run(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "java", append([]string{"-cp", j.classpath, program}, args...)...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", program, err, tail(out.String()), tail(log.String()))
	}
	return out.String()
}

// checks counts what passes, and reports what does not.
func checks(t *testing.T, out string, want int) {
	t.Helper()
	passed := 0
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "ok ") {
			passed++
		} else {
			t.Error(strings.TrimSpace(line))
		}
	}
	t.Logf("%d checks pass", passed)
	if passed != want {
		t.Errorf("%d checks pass, not %d", passed, want)
	}
}

// TestSBLIM runs the operations of SBLIM's client as wbem-java has it, with each of
// its parsers, M-POST and POST.
func TestSBLIM(t *testing.T) {
	j := newJava(t, "testdata/wbem-java.jars")
	t.Run("operations", func(t *testing.T) {
		srv := wmitest.NewServer(t, wmitest.Options{
			Seed: []string{"testdata/sblim.mof"}, Providers: map[string]any{"Echo": mirror{}},
			User: "test", Password: "interoperates",
		})
		checks(t, j.run(t, "testdata/Sblim.java", srv.CIMXML, srv.User, srv.Password), 392)
	})
	t.Run("indications", func(t *testing.T) {
		s := newSubscribed(t)
		url, kill := serveStore(t, s.wmi, s.data)
		defer kill()
		want := "CIM_InstCreation a 0\nCIM_InstModification a 1\nCIM_InstDeletion a 2\n0 left\n"
		if diff := cmp.Diff(want, j.run(t, "testdata/Indications.java", url, "tester", s.password, s.port)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestWinRMJava runs queries of winrm-java: NTLM under Negotiate, and encrypted
// messages. The schemas that it would load from the network are in its own jars.
func TestWinRMJava(t *testing.T) {
	j := newJava(t, "testdata/winrm-java.jars")
	var many strings.Builder
	many.WriteString(`class J_Letter { [Key] string Text; }; instance of J_Letter { Text = "a <b> & \"c\" \\"; };`)
	for i := range 250 {
		fmt.Fprintf(&many, "instance of J_Thing { Id = \"%03d\"; };\n", i)
	}
	srv := wmitest.NewServer(t, wmitest.Options{
		Seed: []string{"testdata/sblim.mof"}, MOF: many.String(), User: "test", Password: "interoperates",
	})
	u, err := url.Parse(srv.WSMan)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "META-INF"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "META-INF", "jax-ws-catalog.xml"), `<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
	<system systemId="http://schemas.dmtf.org/wbem/wsman/1/dsp8033_1.0.xsd" uri="classpath:xsd/dsp8033_1.0.xsd"/>
	<system systemId="http://schemas.dmtf.org/wbem/wsman/1/dsp8034_1.0.xsd" uri="classpath:schemas/wsdl/addressing.xsd"/>
	<system systemId="http://www.w3.org/2006/03/addressing/ws-addr.xsd" uri="classpath:schemas/wsdl/ws-addr.xsd"/>
	<system systemId="http://www.w3.org/2001/xml.xsd" uri="classpath:schemas/wsdl/xml.xsd"/>
</catalog>
`)
	j.classpath += string(filepath.ListSeparator) + dir
	checks(t, j.run(t, "testdata/WinRM.java", host, port, srv.User, srv.Password), 10)
}

// TestOpenNMS reads with the client of OpenNMS, in both versions of WS-Addressing.
func TestOpenNMS(t *testing.T) {
	j := newJava(t, "testdata/opennms.jars")
	t.Setenv("JDK_JAVA_OPTIONS", "--add-opens=java.base/java.net=ALL-UNNAMED") // of its CXF, which is from 2015
	srv, host, port := zooServer(t, false)
	checks(t, j.run(t, "testdata/OpenNMS.java", "http://"+net.JoinHostPort(host, port)+"/wsman", srv.User, srv.Password), 23)
}
