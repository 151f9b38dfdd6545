//go:build unix

package owner_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"openwmi/internal/owner"
)

// What is new belongs to the owner of its directory; what is there already, and
// what a link leads to, belongs to whom it did.
func TestFiles(t *testing.T) {
	const somebody = 65534
	dir := t.TempDir()
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, somebody, somebody); err != nil {
			t.Fatal(err)
		}
	}
	uid := func(name string) uint32 {
		t.Helper()
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info.Sys().(*syscall.Stat_t).Uid
	}
	open := func(name string) {
		t.Helper()
		f, err := owner.Open(name, os.O_APPEND)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	fresh, old, link := filepath.Join(dir, "fresh"), filepath.Join(dir, "old"), filepath.Join(dir, "link")
	open(fresh)
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o600 || uid(fresh) != uid(dir) {
		t.Errorf("a new file: %v of %d, %v", info, uid(fresh), err)
	}
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open(old)
	if err := os.Symlink(old, link); err != nil {
		t.Fatal(err)
	}
	open(link)
	if got := uid(old); int(got) != os.Geteuid() {
		t.Errorf("an old file is given to %d", got)
	}

	// What takes the place of a link is no link.
	for _, name := range []string{link, filepath.Join(dir, "other")} {
		if err := owner.Replace(name, []byte("text")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(name)
		if text, bad := os.ReadFile(name); err != nil || bad != nil || string(text) != "text" || info.Mode() != 0o600 || uid(name) != uid(dir) {
			t.Errorf("%s: %q, %v, %v", name, text, info, err)
		}
	}
	if err := owner.Replace(filepath.Join(dir, "none", "x"), nil); err == nil {
		t.Error("a file is in no directory")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("%v, %v", entries, err)
	}
}
