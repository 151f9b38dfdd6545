// Package kvtest is the conformance test of byte stores: what the contract in
// package kv promises, as tests that every engine passes.
package kvtest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/kv"
)

// An Engine is what is tested.
type Engine struct {
	// Open returns a new, empty store. The test closes it.
	Open func(t *testing.T) kv.Store

	// Reopen closes s and opens what it left. Nil if the engine forgets.
	Reopen func(t *testing.T, s kv.Store) kv.Store

	// CheckpointDir returns a directory that does not exist, and
	// OpenCheckpoint opens the store that a checkpoint has put there.
	CheckpointDir  func(t *testing.T) string
	OpenCheckpoint func(t *testing.T, dir string) kv.Store
}

// Run runs all tests against e.
func Run(t *testing.T, e Engine) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Engine)
	}{
		{"ReadBack", testReadBack},
		{"CallerKeepsBytes", testCallerKeepsBytes},
		{"ReadOwnWrites", testReadOwnWrites},
		{"FailureWritesNothing", testFailure},
		{"PanicWritesNothing", testPanic},
		{"Limits", testLimits},
		{"UseAfterReturn", testUseAfterReturn},
		{"Iterator", testIterator},
		{"Snapshot", testSnapshot},
		{"Serializable", testSerializable},
		{"ReadersSeeWholeTransactions", testWholeTransactions},
		{"Hooks", testHooks},
		{"HooksInOrder", testHooksInOrder},
		{"Buffered", testBuffered},
		{"Close", testClose},
		{"CloseWaits", testCloseWaits},
		{"Reopen", testReopen},
		{"Checkpoint", testCheckpoint},
		{"CheckpointWhileWriting", testCheckpointWhileWriting},
		{"Model", testModel},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, e) })
	}
}

// open returns a store that is closed with the test.
func (e Engine) open(t *testing.T) kv.Store {
	t.Helper()
	s := e.Open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, kv.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func update(t *testing.T, s kv.Store, fn func(tx kv.Tx)) {
	t.Helper()
	if err := s.Update(kv.Durable, func(tx kv.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func put(t *testing.T, s kv.Store, pairs ...string) {
	t.Helper()
	update(t, s, func(tx kv.Tx) { putAll(t, tx, pairs...) })
}

func putAll(t *testing.T, tx kv.Tx, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if err := tx.Put([]byte(pairs[i]), []byte(pairs[i+1])); err != nil {
			t.Errorf("put %q: %v", pairs[i], err)
		}
	}
}

// dump returns all that r holds from lo to hi, as key, value, key, value.
func dump(t *testing.T, r kv.Reader, lo, hi []byte) []string {
	t.Helper()
	all := []string{}
	it, err := r.Scan(lo, hi)
	if err != nil {
		t.Fatalf("scan: %v", err)
	}
	for it.Next() {
		all = append(all, string(it.Key()), string(it.Value()))
	}
	if err := it.Close(); err != nil {
		t.Fatalf("scan: %v", err)
	}
	return all
}

func contents(t *testing.T, s kv.Store) []string {
	t.Helper()
	var all []string
	if err := s.View(func(r kv.Reader) error { all = dump(t, r, nil, nil); return nil }); err != nil {
		t.Fatalf("view: %v", err)
	}
	return all
}

func wantContents(t *testing.T, s kv.Store, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), contents(t, s)); diff != "" {
		t.Errorf("contents (-want +got):\n%s", diff)
	}
}

func wantGet(t *testing.T, r kv.Reader, key, want string, wantOK bool) {
	t.Helper()
	value, ok, err := r.Get([]byte(key))
	if err != nil || ok != wantOK || string(value) != want {
		t.Errorf("get %q = %q, %t, %v; want %q, %t", key, value, ok, err, want, wantOK)
	}
}

func testReadBack(t *testing.T, e Engine) {
	s := e.open(t)
	wantContents(t, s)
	put(t, s, "b", "2", "a", "1", "empty", "", "\x00", "nul", "\xff\xff", "high")
	wantContents(t, s, "\x00", "nul", "a", "1", "b", "2", "empty", "", "\xff\xff", "high")
	if err := s.View(func(r kv.Reader) error {
		wantGet(t, r, "a", "1", true)
		wantGet(t, r, "empty", "", true)
		wantGet(t, r, "aa", "", false)
		wantGet(t, r, "", "", false)
		return nil
	}); err != nil {
		t.Error(err)
	}
	put(t, s, "a", "one")
	update(t, s, func(tx kv.Tx) { _ = tx.Delete([]byte("b")); _ = tx.Delete([]byte("absent")) })
	wantContents(t, s, "\x00", "nul", "a", "one", "empty", "", "\xff\xff", "high")

	large := string(bytes.Repeat([]byte("0123456789abcdef"), 20<<16)) // 20 MiB
	put(t, s, "large", large)
	if err := s.View(func(r kv.Reader) error { wantGet(t, r, "large", large, true); return nil }); err != nil {
		t.Error(err)
	}

	// View returns what its function returns.
	if err := s.View(func(kv.Reader) error { return errTest }); err != errTest {
		t.Errorf("view returned %v, want %v", err, errTest)
	}
}

var errTest = errors.New("error of the test")

func testCallerKeepsBytes(t *testing.T, e Engine) {
	s := e.open(t)
	key, value := []byte("key"), []byte("value")
	var got []byte
	update(t, s, func(tx kv.Tx) {
		_ = tx.Put(key, value)
		key[0], value[0] = 'X', 'X'
		got, _, _ = tx.Get([]byte("key"))
	})
	put(t, s, "key", "other", "more", "bytes")
	if string(got) != "value" {
		t.Errorf("value changed to %q after it was read", got)
	}
	wantContents(t, s, "key", "other", "more", "bytes")
}

func testReadOwnWrites(t *testing.T, e Engine) {
	s := e.open(t)
	put(t, s, "a", "1", "b", "2", "c", "3", "d", "4", "e", "5")
	update(t, s, func(tx kv.Tx) {
		before, err := tx.Scan(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		putAll(t, tx, "b", "two", "bb", "new")
		if err := tx.Delete([]byte("c")); err != nil {
			t.Error(err)
		}
		wantGet(t, tx, "a", "1", true)
		wantGet(t, tx, "b", "two", true)
		wantGet(t, tx, "bb", "new", true)
		wantGet(t, tx, "c", "", false)
		got := dump(t, tx, []byte("b"), []byte("e"))
		if diff := cmp.Diff([]string{"b", "two", "bb", "new", "d", "4"}, got); diff != "" {
			t.Errorf("scan in the transaction (-want +got):\n%s", diff)
		}

		if err := tx.DeleteRange([]byte("b"), []byte("d")); err != nil {
			t.Error(err)
		}
		wantGet(t, tx, "bb", "", false)
		putAll(t, tx, "bb", "again")
		got = dump(t, tx, nil, nil)
		if diff := cmp.Diff([]string{"a", "1", "bb", "again", "d", "4", "e", "5"}, got); diff != "" {
			t.Errorf("scan after deleting a range (-want +got):\n%s", diff)
		}

		// An iterator shows what there was when it was made.
		var old []string
		for before.Next() {
			old = append(old, string(before.Key()), string(before.Value()))
		}
		if err := before.Close(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"a", "1", "b", "2", "c", "3", "d", "4", "e", "5"}, old); diff != "" {
			t.Errorf("iterator made before the writes (-want +got):\n%s", diff)
		}
	})
	wantContents(t, s, "a", "1", "bb", "again", "d", "4", "e", "5")

	for _, test := range []struct {
		lo, hi string
		nilHi  bool
		want   []string
	}{
		{lo: "d", hi: "d", want: []string{"a", "1", "bb", "again", "d", "4", "e", "5"}},
		{lo: "e", hi: "b", want: []string{"a", "1", "bb", "again", "d", "4", "e", "5"}},
		{lo: "", hi: "b", want: []string{"bb", "again", "d", "4", "e", "5"}},
		{lo: "d", nilHi: true, want: []string{"bb", "again"}},
		{lo: "x", nilHi: true, want: []string{"bb", "again"}},
		{lo: "", nilHi: true, want: nil},
	} {
		hi := []byte(test.hi)
		if test.nilHi {
			hi = nil
		}
		update(t, s, func(tx kv.Tx) {
			if err := tx.DeleteRange([]byte(test.lo), hi); err != nil {
				t.Error(err)
			}
		})
		t.Logf("deleted %q to %q", test.lo, hi)
		wantContents(t, s, test.want...)
	}
}

func testFailure(t *testing.T, e Engine) {
	s := e.open(t)
	put(t, s, "a", "1")
	for _, d := range []kv.Durability{kv.Durable, kv.Buffered} {
		err := s.Update(d, func(tx kv.Tx) error {
			putAll(t, tx, "a", "2", "b", "2")
			tx.OnApply(func() { t.Error("OnApply of a failed transaction") })
			tx.OnDurable(func(uint64) { t.Error("OnDurable of a failed transaction") })
			return fmt.Errorf("wrapped: %w", errTest)
		})
		if !errors.Is(err, errTest) {
			t.Errorf("update returned %v", err)
		}
	}
	wantContents(t, s, "a", "1")
	put(t, s, "c", "3")
	wantContents(t, s, "a", "1", "c", "3")
}

func testPanic(t *testing.T, e Engine) {
	s := e.open(t)
	put(t, s, "a", "1")
	func() {
		defer func() {
			if p := recover(); p != errTest {
				t.Errorf("recovered %v", p)
			}
		}()
		_ = s.Update(kv.Durable, func(tx kv.Tx) error {
			putAll(t, tx, "a", "2")
			tx.OnApply(func() { t.Error("OnApply of a transaction that panicked") })
			panic(errTest)
		})
	}()
	func() {
		defer func() { _ = recover() }()
		_ = s.View(func(kv.Reader) error { panic(errTest) })
	}()
	wantContents(t, s, "a", "1")

	// Hooks that panic don't take the locks with them either.
	func() {
		defer func() { _ = recover() }()
		_ = s.Update(kv.Durable, func(tx kv.Tx) error {
			putAll(t, tx, "b", "2")
			tx.OnApply(func() { panic(errTest) })
			return nil
		})
	}()
	func() {
		defer func() { _ = recover() }()
		_ = s.Update(kv.Durable, func(tx kv.Tx) error {
			putAll(t, tx, "c", "3")
			tx.OnDurable(func(uint64) { panic(errTest) })
			return nil
		})
	}()
	called := false
	update(t, s, func(tx kv.Tx) { putAll(t, tx, "d", "4"); tx.OnDurable(func(uint64) { called = true }) })
	if !called {
		t.Error("OnDurable was not called after a panic in another")
	}
	wantContents(t, s, "a", "1", "b", "2", "c", "3", "d", "4")
}

func testLimits(t *testing.T, e Engine) {
	s := e.open(t)
	for _, key := range [][]byte{nil, {}, make([]byte, 1<<17)} {
		err := s.Update(kv.Durable, func(tx kv.Tx) error {
			putAll(t, tx, "a", "1")
			if tx.Put(key, nil) == nil || tx.Delete(key) == nil {
				t.Errorf("key of %d bytes was accepted", len(key))
			}
			return nil // a write that failed cannot be ignored
		})
		if err == nil {
			t.Errorf("transaction with a key of %d bytes succeeded", len(key))
		}
	}
	wantContents(t, s)
	longest := string(make([]byte, 1<<16))
	put(t, s, longest, "x")
	wantContents(t, s, longest, "x")
}

func testUseAfterReturn(t *testing.T, e Engine) {
	s := e.open(t)
	put(t, s, "a", "1")
	var tx kv.Tx
	update(t, s, func(x kv.Tx) { tx = x })
	var r kv.Reader
	if err := s.View(func(x kv.Reader) error { r = x; return nil }); err != nil {
		t.Fatal(err)
	}
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := snap.Close(); err != nil {
		t.Error(err)
	}
	for name, r := range map[string]kv.Reader{"tx": tx, "reader": r, "snapshot": snap} {
		if _, _, err := r.Get([]byte("a")); !errors.Is(err, kv.ErrClosed) {
			t.Errorf("%s: get returned %v", name, err)
		}
		if _, err := r.Scan(nil, nil); !errors.Is(err, kv.ErrClosed) {
			t.Errorf("%s: scan returned %v", name, err)
		}
	}
	if err := tx.Put([]byte("b"), nil); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("put returned %v", err)
	}
	if err := tx.DeleteRange(nil, nil); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("delete range returned %v", err)
	}
	if err := snap.Close(); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("second close of the snapshot returned %v", err)
	}
}
