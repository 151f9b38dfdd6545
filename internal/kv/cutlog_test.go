package kv_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"openwmi/internal/kv"
)

// A store whose log is damaged in the middle is refused, be it as new as it may,
// since acknowledged writes stand behind. What stands before can be had.
func TestCutLog(t *testing.T) {
	dir := t.TempDir()
	store, err := kv.Open(dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 100 // kilobytes: less than the first table in memory
	for k := range uint32(n) {
		if err := store.Update(kv.Durable, func(tx kv.Tx) error { return tx.Put(numberKey(k), make([]byte, 1000)) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if cut, err := kv.CutLog(dir); cut != "" || err != nil {
		t.Fatalf("nothing is damaged: %q, %v", cut, err)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("logs %v, %v", logs, err)
	}
	f, err := os.OpenFile(logs[len(logs)-1], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("here was something"), 50_000); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := kv.Open(dir, kv.Options{ReadOnly: true}); !errors.Is(err, kv.ErrCorrupt) {
		t.Fatalf("Open = %v", err)
	}
	cut, err := kv.CutLog(dir)
	if cut == "" || err != nil {
		t.Fatalf("CutLog = %q, %v", cut, err)
	}
	t.Log(cut)
	store, err = kv.Open(dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	found := uint32(0)
	err = store.View(func(r kv.Reader) error {
		_, err := kv.Readable(r, []byte("k"), nil, func(key, _ []byte) error {
			if string(key) != string(numberKey(found)) {
				t.Errorf("key %x comes after %d others", key, found)
			}
			found++
			return nil
		})
		return err
	})
	if err != nil || found < 40 || found > 50 {
		t.Errorf("%d pairs, %v", found, err)
	}
}
