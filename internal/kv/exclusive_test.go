package kv_test

import (
	"os"
	"path/filepath"
	"testing"

	"openwmi/internal/kv"
)

// TestLock keeps a store from being opened, also while it is renamed, and finds
// one that is open.
func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s, err := kv.Open(dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = kv.Lock(dir)
	wantError(t, err, kv.ErrLocked, dir, "process")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	release, err := kv.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = kv.Open(dir, kv.Options{})
	wantError(t, err, kv.ErrLocked, dir, "process")
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Skipf("this system renames no directory that is in use: %v", err)
	}
	_, err = kv.Open(dir+".old", kv.Options{ReadOnly: true})
	wantError(t, err, kv.ErrLocked)
	if err := release(); err != nil {
		t.Fatal(err)
	}
	s, err = kv.Open(dir+".old", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestLockShared lets others copy at the same time, and nobody write.
func TestLockShared(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s, err := kv.Open(dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = kv.LockShared(dir)
	wantError(t, err, kv.ErrLocked, dir, "process")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		release, err := kv.LockShared(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
	}
	_, err = kv.Open(dir, kv.Options{})
	wantError(t, err, kv.ErrLocked, dir)
}
