package kv_test

import (
	"errors"
	"path/filepath"
	"testing"

	"openwmi/internal/kv"
	"openwmi/internal/kv/kvtest"
)

func mustOpen(t testing.TB, dir string, opts kv.Options) kv.Store {
	t.Helper()
	s, err := kv.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDisk(t *testing.T) {
	dirs := map[kv.Store]string{}
	open := func(t *testing.T, dir string) kv.Store {
		s := mustOpen(t, dir, kv.Options{})
		dirs[s] = dir
		return s
	}
	kvtest.Run(t, kvtest.Engine{
		Open: func(t *testing.T) kv.Store { return open(t, filepath.Join(t.TempDir(), "new", "store")) },
		Reopen: func(t *testing.T, s kv.Store) kv.Store {
			if err := s.Close(); err != nil && !errors.Is(err, kv.ErrClosed) {
				t.Fatal(err)
			}
			return open(t, dirs[s])
		},
		CheckpointDir:  func(t *testing.T) string { return filepath.Join(t.TempDir(), "checkpoint") },
		OpenCheckpoint: open,
	})
}

func TestMemory(t *testing.T) {
	kvtest.Run(t, kvtest.Engine{
		Open: func(t *testing.T) kv.Store {
			s, err := kv.OpenMemory(kv.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		CheckpointDir:  func(t *testing.T) string { return filepath.Join(t.TempDir(), "checkpoint") },
		OpenCheckpoint: func(t *testing.T, dir string) kv.Store { return mustOpen(t, dir, kv.Options{}) },
	})
}

// OnDurable functions of Buffered transactions are called after some time even
// if nobody asks for a sync, so that they don't pile up.
func TestManyBuffered(t *testing.T) {
	s, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	called := 0
	for range 20_000 {
		err := s.Update(kv.Buffered, func(tx kv.Tx) error {
			tx.OnDurable(func(uint64) { called++ })
			return tx.Put([]byte("a"), nil)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if called < 10_000 {
		t.Errorf("only %d of 20000 functions were called", called)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
