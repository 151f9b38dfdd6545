package kvtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"openwmi/internal/kv"
)

// add adds 1 to the number at key, and returns it.
func add(tx kv.Tx, key string) (uint64, error) {
	value, ok, err := tx.Get([]byte(key))
	if err != nil {
		return 0, err
	}
	var n uint64
	if ok {
		n = binary.BigEndian.Uint64(value)
	}
	n++
	return n, tx.Put([]byte(key), binary.BigEndian.AppendUint64(nil, n))
}

// parallel runs fn in n goroutines and waits for them.
func parallel(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}

func durability(i int) kv.Durability {
	if i%2 == 0 {
		return kv.Durable
	}
	return kv.Buffered
}

func testSerializable(t *testing.T, e Engine) {
	s := e.open(t)
	const writers, rounds = 8, 25
	parallel(writers, func(i int) {
		for range rounds {
			err := s.Update(durability(i), func(tx kv.Tx) error { _, err := add(tx, "n"); return err })
			if err != nil {
				t.Errorf("update: %v", err)
			}
		}
	})
	err := s.View(func(r kv.Reader) error {
		value, _, err := r.Get([]byte("n"))
		if n := binary.BigEndian.Uint64(value); n != writers*rounds {
			t.Errorf("counted %d, want %d", n, writers*rounds)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func testWholeTransactions(t *testing.T, e Engine) {
	s := e.open(t)
	put(t, s, "a", "0", "b", "0", "c", "0")
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for !stop.Load() {
				err := s.View(func(r kv.Reader) error {
					all := dump(t, r, nil, nil)
					if all[1] != all[3] || all[1] != all[5] {
						t.Errorf("read half of a transaction: %v", all)
					}
					wantGet(t, r, "b", all[1], true)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 200 {
		v := fmt.Sprint(i)
		err := s.Update(durability(i), func(tx kv.Tx) error { putAll(t, tx, "a", v, "b", v, "c", v); return nil })
		if err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	wg.Wait()
}

func testHooks(t *testing.T, e Engine) {
	s := e.open(t)
	var events []string
	note := func(format string, args ...any) { events = append(events, fmt.Sprintf(format, args...)) }
	want := func(want ...string) {
		t.Helper()
		if got := strings.Join(events, ", "); got != strings.Join(want, ", ") {
			t.Errorf("hooks: %s; want %s", got, strings.Join(want, ", "))
		}
		events = nil
	}
	hook := func(tx kv.Tx, name string) {
		tx.OnApply(func() { note("apply %s", name) })
		tx.OnDurable(func(seq uint64) { note("durable %s %d", name, seq) })
	}

	// Visible when applied, several in the order of their registration.
	update(t, s, func(tx kv.Tx) {
		putAll(t, tx, "a", "1")
		tx.OnApply(func() {
			_ = s.View(func(r kv.Reader) error { wantGet(t, r, "a", "1", true); return nil })
		})
		hook(tx, "1")
		hook(tx, "2")
	})
	want("apply 1", "apply 2", "durable 1 1", "durable 2 1")

	// A transaction that writes nothing has no number of its own.
	update(t, s, func(tx kv.Tx) { hook(tx, "nothing") })
	want("apply nothing", "durable nothing 1")

	// Buffered ones wait for the next durable one.
	for _, name := range []string{"b", "c"} {
		err := s.Update(kv.Buffered, func(tx kv.Tx) error { putAll(t, tx, name, ""); hook(tx, name); return nil })
		if err != nil {
			t.Error(err)
		}
	}
	want("apply b", "apply c")
	update(t, s, func(tx kv.Tx) { putAll(t, tx, "d", ""); hook(tx, "d") })
	want("apply d", "durable b 2", "durable c 3", "durable d 4")

	// Or for Sync, or for a durable one that writes nothing, or for Close.
	buffered := func(key string) {
		err := s.Update(kv.Buffered, func(tx kv.Tx) error { putAll(t, tx, key, ""); hook(tx, key); return nil })
		if err != nil {
			t.Error(err)
		}
	}
	buffered("e")
	if err := s.Sync(); err != nil {
		t.Error(err)
	}
	want("apply e", "durable e 5")
	buffered("f")
	update(t, s, func(tx kv.Tx) { hook(tx, "nothing") })
	want("apply f", "apply nothing", "durable f 6", "durable nothing 6")
	if err := s.Update(kv.Buffered, func(tx kv.Tx) error { hook(tx, "nothing"); return nil }); err != nil {
		t.Error(err)
	}
	want("apply nothing", "durable nothing 6")
	buffered("g")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	want("apply g", "durable g 7")
}

func testHooksInOrder(t *testing.T, e Engine) {
	s := e.open(t)
	const writers, rounds = 16, 20
	var (
		applied []uint64 // by OnApply, which needs no lock
		durable []uint64 // by OnDurable, likewise
		seqs    []uint64
		running atomic.Int32
	)
	parallel(writers, func(i int) {
		for range rounds {
			var n uint64
			var done bool
			err := s.Update(durability(i), func(tx kv.Tx) (err error) {
				n, err = add(tx, "n")
				tx.OnApply(func() { applied = append(applied, n) })
				tx.OnDurable(func(seq uint64) {
					if running.Add(1) != 1 {
						t.Error("two OnDurable functions at once")
					}
					durable, seqs = append(durable, n), append(seqs, seq)
					if durability(i) == kv.Durable {
						done = true
					}
					running.Add(-1)
				})
				return err
			})
			if err != nil {
				t.Error(err)
			}
			if durability(i) == kv.Durable && !done {
				t.Error("Update returned before OnDurable was called")
			}
		}
	})
	if err := s.Sync(); err != nil {
		t.Error(err)
	}
	var want []uint64
	for n := range uint64(writers * rounds) {
		want = append(want, n+1)
	}
	for name, got := range map[string][]uint64{"applied": applied, "durable": durable, "numbers": seqs} {
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func testBuffered(t *testing.T, e Engine) {
	s := e.open(t)
	for i := range 1000 {
		err := s.Update(kv.Buffered, func(tx kv.Tx) error { return tx.Put(fmt.Appendf(nil, "%04d", i), nil) })
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sync(); err != nil {
		t.Error(err)
	}
	if n := len(contents(t, s)) / 2; n != 1000 {
		t.Errorf("%d keys, want 1000", n)
	}
}

func testClose(t *testing.T, e Engine) {
	s := e.open(t)
	put(t, s, "a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	fail := func(kv.Tx) error { t.Error("transaction ran in a closed store"); return nil }
	_, snapErr := s.Snapshot()
	for name, err := range map[string]error{
		"View":       s.View(func(kv.Reader) error { t.Error("view of a closed store"); return nil }),
		"Snapshot":   snapErr,
		"Update":     s.Update(kv.Durable, fail),
		"Buffered":   s.Update(kv.Buffered, fail),
		"Sync":       s.Sync(),
		"Checkpoint": s.Checkpoint(e.CheckpointDir(t)),
		"Close":      s.Close(),
	} {
		if !errors.Is(err, kv.ErrClosed) {
			t.Errorf("%s returned %v, want %v", name, err, kv.ErrClosed)
		}
	}
}

// Close lets calls finish, and what they acknowledged is there afterwards.
func testCloseWaits(t *testing.T, e Engine) {
	s := e.open(t)
	var acked [8]int
	started := make(chan bool, len(acked))
	closed := make(chan error)
	go func() {
		for range acked {
			<-started
		}
		closed <- s.Close()
	}()
	parallel(len(acked), func(i int) {
		for {
			err := s.Update(kv.Durable, func(tx kv.Tx) error {
				return tx.Put(fmt.Appendf(nil, "%d/%06d", i, acked[i]), nil)
			})
			if errors.Is(err, kv.ErrClosed) {
				return
			}
			if err != nil {
				t.Errorf("update: %v", err)
				return
			}
			if acked[i]++; acked[i] == 3 {
				started <- true
			}
		}
	})
	if err := <-closed; err != nil {
		t.Fatalf("close: %v", err)
	}
	if e.Reopen == nil {
		return
	}
	s = e.Reopen(t, s)
	var want []string
	for i, n := range acked {
		for j := range n {
			want = append(want, fmt.Sprintf("%d/%06d", i, j), "")
		}
	}
	wantContents(t, s, want...)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func testReopen(t *testing.T, e Engine) {
	if e.Reopen == nil {
		t.Skip("the engine forgets")
	}
	s := e.open(t)
	var want []string
	for i := range 5 {
		key := fmt.Sprint(i)
		if err := s.Update(durability(i), func(tx kv.Tx) error { return tx.Put([]byte(key), []byte("x")) }); err != nil {
			t.Fatal(err)
		}
		want = append(want, key, "x")
		s = e.Reopen(t, s)
		wantContents(t, s, want...)
		// Numbers start anew.
		update(t, s, func(tx kv.Tx) {
			putAll(t, tx, "z", "")
			tx.OnDurable(func(seq uint64) {
				if seq != 1 {
					t.Errorf("first transaction has number %d", seq)
				}
			})
		})
		update(t, s, func(tx kv.Tx) { _ = tx.Delete([]byte("z")) })
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func testCheckpoint(t *testing.T, e Engine) {
	s := e.open(t)
	put(t, s, "a", "1")
	if err := s.Update(kv.Buffered, func(tx kv.Tx) error { return tx.Put([]byte("b"), []byte("2")) }); err != nil {
		t.Fatal(err)
	}
	dir := e.CheckpointDir(t)
	if err := s.Checkpoint(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Checkpoint(dir); err == nil {
		t.Error("checkpoint into a directory that exists")
	}
	put(t, s, "c", "3")

	c := e.OpenCheckpoint(t, dir)
	wantContents(t, c, "a", "1", "b", "2")
	put(t, c, "d", "4")
	wantContents(t, c, "a", "1", "b", "2", "d", "4")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	wantContents(t, s, "a", "1", "b", "2", "c", "3")
}

func testCheckpointWhileWriting(t *testing.T, e Engine) {
	s := e.open(t)
	var stop atomic.Bool
	var wg sync.WaitGroup
	var acked atomic.Int64
	wg.Go(func() {
		for i := int64(0); i < 3000 && !stop.Load(); i++ {
			err := s.Update(durability(int(i)), func(tx kv.Tx) error {
				return tx.Put(fmt.Appendf(nil, "%08d", i), make([]byte, 4<<10))
			})
			if err != nil {
				t.Error(err)
				return
			}
			if durability(int(i)) == kv.Durable {
				acked.Store(i + 1)
			}
		}
	})
	for range 3 {
		before := acked.Load()
		dir := e.CheckpointDir(t)
		if err := s.Checkpoint(dir); err != nil {
			t.Fatal(err)
		}
		c := e.OpenCheckpoint(t, dir)
		all := contents(t, c)
		if n := int64(len(all) / 2); n < before {
			t.Errorf("checkpoint has %d keys; %d were acknowledged before", n, before)
		}
		for i := 0; i < len(all); i += 2 {
			if want := fmt.Sprintf("%08d", i/2); all[i] != want {
				t.Fatalf("checkpoint has %s, but not %s before it", all[i], want)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	wg.Wait()
}
