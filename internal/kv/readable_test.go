package kv_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/internal/kv"
	"openwmi/internal/kv/kvfault"
)

// stock fills a store in a new directory with n pairs, in tables, and returns it
// closed, with a function that says what the value of a key is.
func stock(t *testing.T, n int) (dir string, value func(k uint32) []byte) {
	t.Helper()
	dir = t.TempDir()
	value = func(k uint32) []byte {
		v := make([]byte, 500)
		src := rand.NewChaCha8([32]byte{byte(k), byte(k >> 8), byte(k >> 16)})
		_, _ = src.Read(v)
		return v
	}
	store, err := kv.Open(dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		if err := store.Update(kv.Buffered, func(tx kv.Tx) error { return tx.Put(numberKey(uint32(k)), value(uint32(k))) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, value
}

func numberKey(k uint32) []byte { return binary.BigEndian.AppendUint32([]byte("k"), k) }

func TestReadable(t *testing.T) {
	const n = 20_000
	for _, places := range []int{0, 3} {
		t.Run(fmt.Sprint(places), func(t *testing.T) {
			dir, value := stock(t, n)
			tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
			if err != nil || len(tables) == 0 {
				t.Fatalf("%d tables, %v", len(tables), err)
			}
			rnd := rand.New(rand.NewPCG(3, uint64(places)))
			for range places {
				if err := kvfault.Overwrite(tables[rnd.IntN(len(tables))], rnd.Float64()*0.9); err != nil {
					t.Fatal(err)
				}
			}
			store, err := kv.Open(dir, kv.Options{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			found, gaps := 0, 0
			var last []byte
			err = store.View(func(r kv.Reader) (err error) {
				gaps, err = kv.Readable(r, []byte("k"), nil, func(key, v []byte) error {
					if bytes.Compare(key, last) <= 0 {
						t.Errorf("%x comes after %x", key, last)
					}
					last = bytes.Clone(key)
					found++
					if want := value(binary.BigEndian.Uint32(key[1:])); !bytes.Equal(v, want) {
						t.Errorf("%x has another value", key)
					}
					return nil
				})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if places > 0 {
				err := store.View(func(r kv.Reader) error {
					it, err := r.Scan([]byte("k"), nil)
					if err != nil {
						return err
					}
					for it.Next() {
					}
					return it.Close()
				})
				if !errors.Is(err, kv.ErrCorrupt) || strings.ContainsAny(err.Error(), "\n\t") {
					t.Errorf("the error is %q", err)
				}
				if err := store.Close(); !errors.Is(err, kv.ErrCorrupt) || !errors.Is(err, kv.ErrFailed) || strings.ContainsAny(err.Error(), "\n\t") {
					t.Errorf("the error of Close is %q", err)
				}
			}
			t.Logf("%d places in %d tables: %d gaps, %d of %d pairs", places, len(tables), gaps, found, n)
			// The keys of a table are spread, so a block of one takes the place of
			// some hundred keys of the store at most.
			if lost := n - found; lost > places*n/20 || (lost == 0) != (places == 0) || (gaps == 0) != (places == 0) {
				t.Errorf("%d of %d pairs are lost in %d gaps", lost, n, gaps)
			}
		})
	}
}

// What the caller's function returns ends it, also if it speaks of damage.
func TestReadableStops(t *testing.T) {
	dir, _ := stock(t, 100)
	store, err := kv.Open(dir, kv.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	calls := 0
	err = store.View(func(r kv.Reader) error {
		gaps, err := kv.Readable(r, numberKey(10), numberKey(20), func(key, _ []byte) error {
			if calls++; calls == 5 {
				return fmt.Errorf("mine: %w", kv.ErrCorrupt)
			}
			return nil
		})
		if gaps != 0 {
			t.Errorf("%d gaps", gaps)
		}
		return err
	})
	if calls != 5 || err == nil || err.Error() != "mine: store is damaged" {
		t.Errorf("%d calls, %v", calls, err)
	}
}
