// Package providertest opens stores for the tests of providers.
package providertest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/wbem"
)

// Open returns root\cimv2 of a store that has some providers and MOF.
func Open(t testing.TB, providers map[string]any, mof ...[]byte) wbem.Services {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE", Providers: providers, MOF: bytes.Join(mof, []byte("\n"))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	svc, err := m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// Query returns what a query finds.
func Query(t testing.TB, svc wbem.Services, text string) []*cim.Instance {
	t.Helper()
	var found []*cim.Instance
	for obj, err := range svc.Query(t.Context(), "WQL", text, wbem.Options{}) {
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		found = append(found, obj.(*cim.Instance))
	}
	return found
}

// Values returns the properties of an instance that are not NULL, as text.
func Values(inst *cim.Instance) map[string]string {
	values := map[string]string{}
	for i, p := range inst.Class().Properties() {
		if v := inst.At(i); !v.IsNull() {
			values[p.Name()] = v.String()
		}
	}
	return values
}

// Tree writes files, by their paths below a new directory, and returns that. A
// content that begins with "->" is the target of a symbolic link.
func Tree(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if len(content) > 2 && content[:2] == "->" {
			err = os.Symlink(content[2:], path)
		} else {
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Run returns what a program prints, and skips the test where there is no such
// program.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("this system has no %s to compare with", name)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("%s %q: %v", name, args, err)
	}
	return string(out)
}
