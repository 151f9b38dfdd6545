package kv_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"openwmi/internal/kv"
	"openwmi/internal/kv/kvfault"
)

// After a crash the store holds the first n transactions, in commit order, for
// some n that is not less than that of any transaction that was acknowledged.
func TestCrash(t *testing.T) {
	for _, f := range []kvfault.Fault{
		kvfault.PowerLoss, kvfault.TornPowerLoss, kvfault.Kill, kvfault.IOError, kvfault.NoSpace,
	} {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			step := 1
			if testing.Short() {
				step = 7
			}
			kvfault.Test(t, f, step, kv.Options{}, func() kvfault.Run {
				h := &history{}
				return kvfault.Run{Work: h.work, Check: h.check}
			})
		})
	}
}

// A history is a workload that knows its transactions in commit order.
type history struct {
	changes []change      // of transaction i+1, noted by OnApply
	acked   atomic.Uint64 // the greatest number that was acknowledged as durable
}

// A change is what a transaction did: delete from lo to hi, then put.
type change struct {
	lo, hi, key, value []byte
}

var counterKey = []byte("\x00n")

func (h *history) work(s kv.Store) error {
	const writers, rounds = 3, 8
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 0))
			for i := range rounds {
				if errs[w] = h.transaction(s, rng, i%3 != 0); errs[w] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	if err := s.Sync(); err != nil {
		return err
	}
	h.ack(uint64(len(h.changes)))
	return nil
}

func (h *history) ack(n uint64) {
	for {
		old := h.acked.Load()
		if n <= old || h.acked.CompareAndSwap(old, n) {
			return
		}
	}
}

func (h *history) transaction(s kv.Store, rng *rand.Rand, durable bool) error {
	c := change{
		key:   fmt.Appendf(nil, "%02d", rng.IntN(50)),
		value: bytes.Repeat([]byte{byte(rng.IntN(256))}, rng.IntN(12<<10)),
	}
	if rng.IntN(8) == 0 {
		c.lo, c.hi = fmt.Appendf(nil, "%02d", rng.IntN(50)), fmt.Appendf(nil, "%02d", rng.IntN(50))
	}
	var n uint64
	d := kv.Buffered
	if durable {
		d = kv.Durable
	}
	err := s.Update(d, func(tx kv.Tx) error {
		old, _, err := tx.Get(counterKey)
		if err != nil {
			return err
		}
		n = counter(old) + 1
		tx.OnApply(func() { h.changes = append(h.changes, c) })
		tx.OnDurable(func(uint64) { h.ack(n) })
		if err := tx.DeleteRange(c.lo, append(c.hi, 0)); err != nil {
			return err
		}
		if err := tx.Put(c.key, c.value); err != nil {
			return err
		}
		return tx.Put(counterKey, binary.BigEndian.AppendUint64(nil, n))
	})
	if err == nil && durable {
		h.ack(n)
	}
	return err
}

func counter(b []byte) uint64 {
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

func (h *history) check(s kv.Store) error {
	return s.View(func(r kv.Reader) error {
		value, _, err := r.Get(counterKey)
		if err != nil {
			return err
		}
		n := counter(value)
		if n < h.acked.Load() || n > uint64(len(h.changes)) {
			return fmt.Errorf("%d transactions are there; %d were acknowledged, %d applied", n, h.acked.Load(), len(h.changes))
		}
		want := map[string][]byte{}
		for _, c := range h.changes[:n] {
			for k := range want {
				if k >= string(c.lo) && k < string(append(c.hi, 0)) {
					delete(want, k)
				}
			}
			want[string(c.key)] = c.value
		}
		it, err := r.Scan([]byte{1}, nil)
		if err != nil {
			return err
		}
		defer it.Close()
		for it.Next() {
			if v, ok := want[string(it.Key())]; !ok || !bytes.Equal(v, it.Value()) {
				return fmt.Errorf("key %s differs from what %d transactions make", it.Key(), n)
			}
			delete(want, string(it.Key()))
		}
		if len(want) > 0 {
			return fmt.Errorf("%d keys of %d transactions are missing", len(want), n)
		}
		return it.Close()
	})
}
