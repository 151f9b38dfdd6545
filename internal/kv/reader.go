package kv

import (
	"bytes"
	"errors"
	"io"

	"github.com/cockroachdb/pebble/v2"
)

// A reader reads from a snapshot or, in a transaction, from its batch.
type reader struct {
	store *store
	from  interface {
		Get(key []byte) ([]byte, io.Closer, error)
		NewIter(*pebble.IterOptions) (*pebble.Iterator, error)
	}
}

func (r *reader) Get(key []byte) ([]byte, bool, error) {
	value, err := r.get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	return value, err == nil, r.store.readError(err)
}

func (r *reader) get(key []byte) (value []byte, err error) {
	defer recovered(&err)
	value, closer, err := r.from.Get(key)
	if err != nil {
		return nil, err
	}
	value = bytes.Clone(value)
	return value, closer.Close()
}

func (r *reader) Scan(lo, hi []byte) (Iterator, error) {
	if hi != nil && bytes.Compare(lo, hi) >= 0 {
		return emptyIterator{}, nil
	}
	it, err := r.iter(lo, hi)
	if err != nil {
		return nil, r.store.readError(err)
	}
	return &iterator{store: r.store, it: it}, nil
}

func (r *reader) iter(lo, hi []byte) (it *pebble.Iterator, err error) {
	defer recovered(&err)
	if len(lo) == 0 {
		lo = nil // Pebble wants bounds to have a byte
	}
	return r.from.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
}

// An iterator wraps one of Pebble.
type iterator struct {
	store      *store
	it         *pebble.Iterator
	positioned bool
	key, value []byte
	err        error
}

func (i *iterator) Next() bool {
	if i.positioned {
		return i.move(i.it.Next)
	}
	return i.move(i.it.First)
}

func (i *iterator) Seek(key []byte) bool {
	return i.move(func() bool { return i.it.SeekGE(key) })
}

// move moves the iterator, and reads the value, so that a value that cannot
// be read ends the iteration instead of looking empty.
func (i *iterator) move(step func() bool) bool {
	i.key, i.value = nil, nil
	if i.it == nil || i.err != nil {
		return false
	}
	defer recovered(&i.err)
	i.positioned = true
	if !step() {
		return false
	}
	value, err := i.it.ValueAndErr()
	if err != nil {
		i.err = err
		return false
	}
	i.key, i.value = i.it.Key(), value
	return true
}

func (i *iterator) Key() []byte   { return i.key }
func (i *iterator) Value() []byte { return i.value }

func (i *iterator) Close() error {
	if i.it == nil {
		return nil
	}
	err := i.closeIter()
	i.it, i.key, i.value = nil, nil, nil
	if i.err != nil {
		err = i.err
	}
	return i.store.readError(err)
}

func (i *iterator) closeIter() (err error) {
	defer recovered(&err)
	return i.it.Close()
}

// An emptyIterator is over a range that holds no key.
type emptyIterator struct{}

func (emptyIterator) Next() bool       { return false }
func (emptyIterator) Seek([]byte) bool { return false }
func (emptyIterator) Key() []byte      { return nil }
func (emptyIterator) Value() []byte    { return nil }
func (emptyIterator) Close() error     { return nil }
