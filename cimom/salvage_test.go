package cimom_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/kv/kvfault"
	"openwmi/wbem"
)

// writeStore makes a store with n instances of T_Item in root\cimv2, and
// something beside it. Few are synced one by one.
func writeStore(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "store")
	m, err := cimom.Open(dir, cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	svc, err := m.Connect(ctx, `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	key := cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}
	err = svc.PutClass(ctx, &cim.ClassDecl{Name: "T_Item", Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeUint32, Qualifiers: key}, {Name: "Text", Type: cim.TypeString}}}, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := svc.GetClass(ctx, "T_Item", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for id := range uint32(n) {
		inst := cim.NewInstance(c)
		src := rand.NewChaCha8([32]byte{byte(id), byte(id >> 8)})
		text := make([]byte, 0, 500)
		for range 60 {
			text = fmt.Appendf(text, "%x", src.Uint64())
		}
		_ = inst.Set("Id", cim.Uint32Value(id))
		_ = inst.Set("Text", cim.StringValue(string(text)))
		if _, err := svc.PutInstance(ctx, inst, wbem.Options{Lazy: n > 100}); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "server.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// items counts the instances in a store, and checks that it is sound.
func items(t *testing.T, dir string) int {
	t.Helper()
	m, err := cimom.Open(dir, cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx := context.Background()
	if problems, err := m.Verify(ctx, nil); err != nil || len(problems) > 0 {
		t.Errorf("not sound: %v, %v", problems, err)
	}
	svc, err := m.Connect(ctx, `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range svc.Instances(ctx, "T_Item", wbem.Options{}) {
		if cim.StatusOf(err) == wbem.InvalidClass {
			return 0
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// system-classes.md#20, but for the files that rebuild a store, which the command
// compiles: what can be read of a damaged store becomes one.
func TestSalvage(t *testing.T) {
	const n = 5000
	largest := func(t *testing.T, dir, pattern string) string {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		return slices.MaxFunc(names, func(a, b string) int {
			x, _ := os.Stat(a)
			y, _ := os.Stat(b)
			return int(x.Size() - y.Size())
		})
	}
	tests := []struct {
		name        string
		n           int
		damage      func(t *testing.T, dir string)
		least, most int    // of the instances
		left        string // what is lost
	}{
		{"sound", n, func(*testing.T, string) {}, n, n, ""},
		{"table", n, func(t *testing.T, dir string) {
			if err := kvfault.Overwrite(largest(t, dir, "*.sst"), 0.5); err != nil {
				t.Fatal(err)
			}
		}, n * 9 / 10, n - 1, "damaged in 1 places"},
		{"log", 100, func(t *testing.T, dir string) {
			names, err := filepath.Glob(filepath.Join(dir, "*.log"))
			if err != nil {
				t.Fatal(err)
			}
			name := slices.Max(names)
			// Logs have zeros at their end.
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			copy(data[len(strings.TrimRight(string(data), "\x00"))/2:], "here was something")
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}, 0, 99, "the last writes are lost"},
		{"manifest", n, func(t *testing.T, dir string) {
			name := largest(t, dir, "MANIFEST-*")
			if err := os.WriteFile(name, []byte("here was something"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, 0, 0, "nothing can be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := writeStore(t, tt.n)
			tt.damage(t, dir)
			old, left, err := cimom.Salvage(t.Context(), dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%q: %v", old, left)
			if (old == "") != (tt.left == "") || !strings.Contains(fmt.Sprint(left), tt.left) {
				t.Errorf("old store %q, left out: %v", old, left)
			}
			if got := items(t, dir); got < tt.least || got > tt.most {
				t.Errorf("%d instances, want %d to %d", got, tt.least, tt.most)
			}
			if _, err := os.Stat(filepath.Join(dir, "server.json")); err != nil {
				t.Error(err)
			}
			if old != "" {
				if _, err := os.Stat(filepath.Join(old, "server.json")); err != nil {
					t.Error(err)
				}
			}
			if rest, err := filepath.Glob(dir + ".[ds]*"); len(rest) > 0 || err != nil {
				t.Errorf("left behind: %v, %v", rest, err)
			}
			if old, _, err := cimom.Salvage(t.Context(), dir, nil); old != "" || err != nil {
				t.Errorf("again: %q, %v", old, err)
			}
		})
	}
}

func TestSalvageRefuses(t *testing.T) {
	dir := writeStore(t, 1)
	m, err := cimom.Open(dir, cimom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, _, err := cimom.Salvage(t.Context(), dir, nil); cim.StatusOf(err) != wbem.BackupRestoreWinmgmtRunning {
		t.Errorf("in use: %v", err)
	}
	if _, _, err := cimom.Salvage(t.Context(), dir+"x", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	file := filepath.Join(dir, "server.json")
	if _, _, err := cimom.Salvage(t.Context(), file, nil); cim.StatusOf(err) != wbem.InvalidParameter {
		t.Errorf("a file: %v", err)
	}
	if _, _, err := cimom.Salvage(t.Context(), t.TempDir(), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty: %v", err)
	}
}
