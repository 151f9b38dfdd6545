package kv

import (
	"bytes"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Limits of a transaction. Those of the engine are far higher; these bound the
// memory that one caller can take, and leave room for other engines.
const (
	maxKey = 64 << 10 // bytes of a key
	maxTx  = 1 << 30  // bytes of all that a transaction writes
)

// A tx collects its writes in an indexed batch, which its reads see.
type tx struct {
	reader
	batch     *pebble.Batch // nil once applied
	err       error         // the first of a write; the transaction cannot succeed then
	done      bool
	onApply   []func()
	onDurable []func(seq uint64)
}

func (t *tx) Get(key []byte) ([]byte, bool, error) {
	if t.done {
		return nil, false, ErrClosed
	}
	return t.reader.Get(key)
}

func (t *tx) Scan(lo, hi []byte) (Iterator, error) {
	if t.done {
		return nil, ErrClosed
	}
	return t.reader.Scan(lo, hi)
}

func (t *tx) Put(key, value []byte) error {
	return t.write(key, value, func() error { return t.batch.Set(key, value, nil) })
}

func (t *tx) Delete(key []byte) error {
	return t.write(key, nil, func() error { return t.batch.Delete(key, nil) })
}

func (t *tx) DeleteRange(lo, hi []byte) error {
	if hi == nil {
		last, err := t.last(lo)
		if err != nil || last == nil {
			return err
		}
		hi = append(last, 0)
	}
	if bytes.Compare(lo, hi) >= 0 {
		return nil
	}
	if len(lo) == 0 {
		lo = []byte{0} // no key is less
	}
	return t.write(lo, hi, func() error { return t.batch.DeleteRange(lo, hi, nil) })
}

// last returns a copy of the last key from lo on, nil when there is none.
func (t *tx) last(lo []byte) (key []byte, err error) {
	if t.done {
		return nil, ErrClosed
	}
	it, err := t.iter(lo, nil)
	if err != nil {
		return nil, t.store.readError(err)
	}
	i := iterator{store: t.store, it: it}
	if i.move(it.Last) {
		key = bytes.Clone(i.key)
	}
	return key, i.Close()
}

// write does one write, after checking the limits.
func (t *tx) write(key, value []byte, do func() error) error {
	if t.done {
		return ErrClosed
	}
	if t.err == nil {
		t.err = t.tryWrite(key, value, do)
	}
	return t.err
}

func (t *tx) tryWrite(key, value []byte, do func() error) (err error) {
	if len(key) == 0 || len(key) > maxKey {
		return fmt.Errorf("key has %d bytes; there must be 1 to %d", len(key), maxKey)
	}
	if size := t.batch.Len() + len(key) + len(value); size > maxTx {
		return fmt.Errorf("transaction writes %d bytes; the limit is %d", size, maxTx)
	}
	defer recovered(&err)
	return do()
}

// finish ends the transaction, and frees the batch unless it was applied.
func (t *tx) finish() {
	t.done = true
	if t.batch != nil {
		_ = t.batch.Close()
	}
}

func (t *tx) OnApply(fn func())             { t.onApply = append(t.onApply, fn) }
func (t *tx) OnDurable(fn func(seq uint64)) { t.onDurable = append(t.onDurable, fn) }
