package kv_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"

	"openwmi/internal/kv"
)

// fill writes enough for some tables and a log.
func fill(t testing.TB, s kv.Store, keys int) {
	t.Helper()
	for i := 0; i < keys; i += 100 {
		err := s.Update(kv.Buffered, func(tx kv.Tx) error {
			for j := i; j < min(i+100, keys); j++ {
				if err := tx.Put(fmt.Appendf(nil, "%08d", j), bytes.Repeat([]byte{byte(j)}, 1000)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
}

// count reads all and checks that it is what fill wrote.
func count(s kv.Store) (n int, err error) {
	err = s.View(func(r kv.Reader) error {
		it, err := r.Scan(nil, nil)
		if err != nil {
			return err
		}
		for ; it.Next(); n++ {
			key := string(it.Key())
			if key != fmt.Sprintf("%08d", n) || !bytes.Equal(it.Value(), bytes.Repeat([]byte{byte(n)}, 1000)) {
				return errors.Join(fmt.Errorf("key %q at %d", key, n), it.Close())
			}
		}
		return it.Close()
	})
	return n, err
}

func wantError(t *testing.T, err error, target error, parts ...string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("error %v; want %v", err, target)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q doesn't say %q", err, part)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	_, err := kv.Open(missing, kv.Options{ReadOnly: true})
	wantError(t, err, fs.ErrNotExist, missing)
	if _, err := os.Stat(missing); err == nil {
		t.Error("opening to read created the directory")
	}
	empty := t.TempDir()
	_, err = kv.Open(empty, kv.Options{ReadOnly: true})
	wantError(t, err, fs.ErrNotExist, empty)

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, opts := range []kv.Options{{}, {ReadOnly: true}} {
		for _, dir := range []string{file, filepath.Join(file, "below")} {
			_, err := kv.Open(dir, opts)
			wantError(t, err, kv.ErrCorrupt, dir, "not a directory")
		}
	}

	if os.Getuid() == 0 {
		t.Log("root writes everywhere; read-only directories are not tested")
		return
	}
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o500); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{closed, filepath.Join(closed, "below")} {
		_, err = kv.Open(dir, kv.Options{})
		wantError(t, err, kv.ErrReadOnly, dir)
	}
}

// Files may be missing or damaged in any way. The store then says so, or it
// reads everything as it was; it never panics, and never holds half.
func TestDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s, err := kv.OpenFS(vfs.Default, dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const keys = 400
	fill(t, s, keys)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	read := func(t *testing.T, dir string, lossy bool) {
		t.Helper()
		s, err := kv.Open(dir, kv.Options{})
		if err != nil {
			wantError(t, err, kv.ErrCorrupt, dir)
			return
		}
		n, err := count(s)
		switch {
		case err != nil && !lossy:
			wantError(t, err, kv.ErrCorrupt, dir)
		case n != keys && !lossy:
			t.Errorf("%d keys are left", n)
		}
		if err := s.Close(); err != nil && !errors.Is(err, kv.ErrFailed) {
			t.Errorf("close: %v", err)
		}
	}
	seen := map[string]bool{} // one file of a kind is enough
	for _, file := range files {
		name := file.Name()
		if name == "LOCK" {
			continue
		}
		if kind := strings.TrimLeft(name, "0123456789"); seen[kind] {
			continue
		} else {
			seen[kind] = true
		}
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		damaged := func(name2 string, damage func(path string) error) {
			t.Run(name+"/"+name2, func(t *testing.T) {
				copied := filepath.Join(t.TempDir(), "copy")
				if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				if err := damage(filepath.Join(copied, name)); err != nil {
					t.Fatal(err)
				}
				// What a log lost at its end, or a log that is gone, cannot be
				// told from what was never written; nor the end of a manifest.
				log, manifest := strings.HasSuffix(name, ".log"), strings.HasPrefix(name, "MANIFEST")
				read(t, copied, log || manifest && name2 == "half")
			})
		}
		damaged("missing", os.Remove)
		damaged("empty", func(path string) error { return os.Truncate(path, 0) })
		damaged("half", func(path string) error { return os.Truncate(path, int64(len(content)/2)) })
		for i := 0; i < 8 && len(content) > 0; i++ {
			at := len(content) * i / 8
			damaged(fmt.Sprintf("bit at %d", at), func(path string) error {
				b := bytes.Clone(content)
				b[at] ^= 0x10
				return os.WriteFile(path, b, 0o600)
			})
		}
		damaged("directory", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) })
	}
}

func TestReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s := mustOpen(t, dir, kv.Options{})
	fill(t, s, 500)
	_, err := kv.Open(dir, kv.Options{ReadOnly: true})
	wantError(t, err, kv.ErrLocked, dir)
	backup := filepath.Join(t.TempDir(), "backup")
	if err := s.Checkpoint(backup); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	for _, dir := range []string{dir, backup} {
		before := listing(t, dir)
		var open []kv.Store
		for range 2 { // readers share
			s := mustOpen(t, dir, kv.Options{ReadOnly: true})
			open = append(open, s)
			if n, err := count(s); n != 500 || err != nil {
				t.Errorf("read %d keys, %v", n, err)
			}
			for _, d := range []kv.Durability{kv.Durable, kv.Buffered} {
				err := s.Update(d, func(tx kv.Tx) error { return tx.Put([]byte("a"), nil) })
				wantError(t, err, kv.ErrReadOnly, dir)
			}
			if err := s.Sync(); err != nil {
				t.Errorf("sync of nothing: %v", err)
			}
		}
		copied := filepath.Join(t.TempDir(), "copy")
		if err := open[0].Checkpoint(copied); err != nil {
			t.Error(err)
		}
		for _, s := range open {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(before, listing(t, dir)); diff != "" {
			t.Errorf("reading changed the directory (-before +after):\n%s", diff)
		}
		s := mustOpen(t, copied, kv.Options{})
		if n, err := count(s); n != 500 || err != nil {
			t.Errorf("copy of a store opened to read has %d keys, %v", n, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// listing returns the files in dir with their sizes and times.
func listing(t *testing.T, dir string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, fmt.Sprint(e.Name(), info.Size(), info.ModTime()))
	}
	return files
}

func TestLocked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s := mustOpen(t, dir, kv.Options{})
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, link} {
		_, err := kv.Open(d, kv.Options{})
		wantError(t, err, kv.ErrLocked, d, fmt.Sprintf("process %d", os.Getpid()))
	}
	// A failed attempt doesn't disturb the owner.
	if err := s.Update(kv.Durable, func(tx kv.Tx) error { return tx.Put([]byte("a"), nil) }); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A stale text of a process that is gone, or of anything, does no harm.
	for _, text := range []string{"999999999 host\n", "", "nonsense"} {
		if err := os.WriteFile(filepath.Join(dir, "LOCK"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s := mustOpen(t, dir, kv.Options{})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// A reader keeps writers away.
	s = mustOpen(t, dir, kv.Options{ReadOnly: true})
	_, err := kv.Open(dir, kv.Options{})
	wantError(t, err, kv.ErrLocked, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// Another process has the store, is named, and is killed: the next one opens
// the store and finds what was acknowledged.
func TestLockedByProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	owner := exec.Command(os.Args[0], "-test.run=^TestLockOwner$")
	owner.Env = append(os.Environ(), "KV_TEST_DIR="+dir)
	in, err := owner.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, len("ready"))
	if _, err := out.Read(ready); err != nil || string(ready) != "ready" {
		t.Fatalf("owner says %q, %v", ready, err)
	}
	_, err = kv.Open(dir, kv.Options{})
	wantError(t, err, kv.ErrLocked, dir, fmt.Sprintf("process %d", owner.Process.Pid))

	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait()
	s := mustOpen(t, dir, kv.Options{})
	if n, err := count(s); n != 100 || err != nil {
		t.Errorf("%d keys, %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestLockOwner is the other process.
func TestLockOwner(t *testing.T) {
	dir := os.Getenv("KV_TEST_DIR")
	if dir == "" {
		t.Skip("run by TestLockedByProcess")
	}
	fill(t, mustOpen(t, dir, kv.Options{}), 100)
	fmt.Print("ready")
	_, _ = os.Stdin.Read(make([]byte, 1)) // until we are killed, or our parent is gone
}
