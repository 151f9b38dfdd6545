package kvtest

import (
	"fmt"
	"strings"
	"testing"

	"openwmi/internal/kv"
)

func testIterator(t *testing.T, e Engine) {
	s := e.open(t)
	large := strings.Repeat("v", 1<<20)
	put(t, s, "b", "1", "d", "2", "f", large, "h", "4")
	// A step is n for Next or a key to Seek; the result is a key or "-".
	for _, test := range []struct {
		lo, hi string // hi "-" is nil
		steps  string
		want   string
	}{
		{"", "-", "n n n n n n", "b d f h - -"},
		{"b", "h", "n n n n", "b d f -"},
		{"c", "g", "n n n", "d f -"},
		{"c", "d", "n n", "- -"},
		{"d", "d", "n d", "- -"},
		{"z", "a", "n d", "- -"},
		{"z", "-", "n", "-"},
		{"", "", "n", "-"},
		{"", "-", "d n n n", "d f h -"},
		{"", "-", "c n b n", "d f b d"},
		{"", "-", "n n n n n b n", "b d f h - b d"},
		{"", "-", "z n a n", "- - b d"},
		{"c", "g", "a n", "d f"},
		{"c", "g", "g n", "- -"},
		{"c", "g", "h d", "- d"},
		{"c", "g", "e", "f"},
	} {
		var got []string
		err := s.View(func(r kv.Reader) error {
			hi := []byte(test.hi)
			if test.hi == "-" {
				hi = nil
			}
			it, err := r.Scan([]byte(test.lo), hi)
			if err != nil {
				return err
			}
			for _, step := range strings.Fields(test.steps) {
				ok := false
				if step == "n" {
					ok = it.Next()
				} else {
					ok = it.Seek([]byte(step))
				}
				if !ok {
					got = append(got, "-")
					continue
				}
				got = append(got, string(it.Key()))
				if string(it.Key()) == "f" && string(it.Value()) != large {
					t.Error("large value differs")
				}
			}
			return it.Close()
		})
		if err != nil {
			t.Error(err)
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("scan %q to %q, %s = %s; want %s", test.lo, test.hi, test.steps, got, test.want)
		}
	}
}

func testSnapshot(t *testing.T, e Engine) {
	s := e.open(t)
	put(t, s, "a", "1", "b", "2")
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "one", "c", "3")
	update(t, s, func(tx kv.Tx) { _ = tx.DeleteRange([]byte("b"), []byte("c")) })
	// Enough to move everything out of memory.
	for i := range 64 {
		put(t, s, fmt.Sprintf("x%02d", i), strings.Repeat("x", 1<<16))
	}
	update(t, s, func(tx kv.Tx) { _ = tx.DeleteRange([]byte("x"), nil) })

	wantGet(t, snap, "a", "1", true)
	wantGet(t, snap, "b", "2", true)
	wantGet(t, snap, "c", "", false)
	if got := strings.Join(dump(t, snap, nil, nil), " "); got != "a 1 b 2" {
		t.Errorf("snapshot holds %s", got)
	}
	if err := snap.Close(); err != nil {
		t.Error(err)
	}
	wantContents(t, s, "a", "one", "c", "3")

	// View inside of View, and a snapshot inside of it.
	if err := s.View(func(kv.Reader) error {
		return s.View(func(r kv.Reader) error { wantGet(t, r, "c", "3", true); return nil })
	}); err != nil {
		t.Error(err)
	}
}
