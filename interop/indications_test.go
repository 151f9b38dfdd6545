//go:build interop

package interop

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A subscribed is what serves indications: a store with a class Disk and a user
// tester who may do everything, and which may send to a port of this computer.
type subscribed struct{ wmi, data, password, port string }

func newSubscribed(t *testing.T) *subscribed {
	t.Helper()
	s := &subscribed{
		wmi: filepath.Join(t.TempDir(), "wmi"), data: filepath.Join(t.TempDir(), "store"),
		password: "interoperates", port: freePort(t),
	}
	must(t, "go", "build", "-o", s.wmi, "openwmi/cmd/wmi")
	store := func(input string, args ...string) string {
		t.Helper()
		cmd := exec.Command(s.wmi, append([]string{"--data", s.data}, args...)...)
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("wmi %q: %s", args, out)
		}
		return strings.TrimSpace(string(out))
	}
	sid := store(s.password+"\n", "user", "add", "tester", "--password-stdin")
	store("", "security", "set", "root", "O:BAG:BAD:(A;CI;0x600FF;;;BA)(A;CI;0x600FF;;;"+sid+")")
	mof := filepath.Join(t.TempDir(), "disk.mof")
	write(t, mof, "class Disk { [key] string Id; uint64 Size; };")
	write(t, filepath.Join(s.data, "consumers.json"), fmt.Sprintf(`{"webhook": {"hosts": ["127.0.0.1:%s"]}}`, s.port))
	store("", "-n", "root/cimv2", "mof", "compile", mof)
	return s
}

// TestPywbemIndications lets pywbem subscribe and listen. What happens while
// nobody listens, and the server is killed after it, arrives later.
func TestPywbemIndications(t *testing.T) {
	bin := venv(t, "pywbem=="+pywbemVersion)
	s := newSubscribed(t)
	pywbem := func(url, phase string) string {
		t.Helper()
		return must(t, filepath.Join(bin, "python"), "testdata/indications.py", url, s.password, s.port, phase)
	}
	url, kill := serveStore(t, s.wmi, s.data)
	want := `root/interop ['Profile Registration', 'Indications']
root/x/y root/x/y
CIM_ERR_ACCESS_DENIED
CIM_InstCreation a 0
CIM_InstModification a 1
CIM_InstDeletion a 2
`
	if diff := cmp.Diff(want, pywbem(url, "subscribe")); diff != "" {
		t.Error(diff)
	}
	pywbem(url, "missed")
	kill()
	url, kill = serveStore(t, s.wmi, s.data)
	defer kill()
	out := pywbem(url, "again")
	if !strings.Contains(out, "CIM_InstCreation missed ") || !strings.Contains(out, "CIM_InstCreation new ") || !strings.HasSuffix(out, "[0, 0, 0, 0]\n") {
		t.Error(out)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// serveStore starts a server in a process of its own, and returns its URL and what
// kills it.
func serveStore(t *testing.T, wmi, data string) (url string, kill func()) {
	t.Helper()
	cmd := exec.Command(wmi, "--data", data, "serve", "--listen", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "cimxml://")
	if err != nil || !ok {
		kill()
		t.Fatalf("wmi serve says %q: %v", line, err)
	}
	return "http://" + address, kill
}
