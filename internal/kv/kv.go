// Package kv is the byte store under the CIM repository: ordered keys,
// snapshots to read from, and serializable transactions that are durable when
// they return.
//
// The contract is small on purpose, so that a distributed engine can implement
// it as well as the embedded one. Two engines exist, both on Pebble: Open keeps
// its data in a directory, OpenMemory keeps them in memory.
//
// A Store may be used by any number of goroutines. A Reader, a Tx and an
// Iterator belong to the goroutine that uses them.
package kv

import "errors"

// A Store is an ordered, transactional byte store.
type Store interface {
	// View calls fn with a consistent snapshot, which is released when fn
	// returns. It returns what fn returns.
	View(fn func(Reader) error) error

	// Snapshot returns a consistent snapshot that lives until it is closed.
	// It is for results that are streamed; a short read uses View.
	Snapshot() (Snapshot, error)

	// Update runs fn as one serializable transaction. When fn returns an
	// error nothing is written and Update returns that error.
	//
	// With Durable, Update returns after the writes have reached stable
	// storage; transactions that wait at the same time share one sync. With
	// Buffered it returns when they are visible; they become durable with
	// the next durable transaction or Sync, in order, or are lost entirely.
	//
	// fn may be called again after a conflict, so it must not touch anything
	// outside the transaction; effects belong into OnApply and OnDurable. It
	// must be short and must not call a provider, the network, a channel, or
	// the Store.
	Update(d Durability, fn func(Tx) error) error

	// Sync makes everything durable that was written before the call.
	Sync() error

	// Checkpoint writes a consistent copy of the store into dir, which must
	// not exist. Writers go on meanwhile.
	Checkpoint(dir string) error

	// Close makes everything durable and releases the store. Snapshots must
	// have been closed before.
	Close() error
}

// Durability says when Update returns.
type Durability int

const (
	Durable  Durability = iota // after the writes have reached stable storage
	Buffered                   // as soon as they are visible
)

// A Reader reads from one consistent state of the store.
type Reader interface {
	// Get returns the value of key, and whether there is one. The caller may
	// keep the value and must not change it.
	Get(key []byte) (value []byte, ok bool, err error)

	// Scan returns an iterator over the keys k with lo <= k < hi, in
	// ascending order of their bytes. A nil hi means no upper bound. The
	// caller closes it.
	Scan(lo, hi []byte) (Iterator, error)
}

// A Snapshot is a Reader with a lifetime.
type Snapshot interface {
	Reader
	Close() error
}

// An Iterator steps through a range of keys. It starts before the first key.
//
//	for it.Next() {
//		use(it.Key(), it.Value())
//	}
//	err := it.Close()
type Iterator interface {
	// Next goes to the next key and reports whether there is one.
	Next() bool
	// Seek goes to the first key of the range that is not less than key, and
	// reports whether there is one. The following Next goes to the one after.
	Seek(key []byte) bool
	// Key and Value return the current pair. Their bytes are valid until the
	// iterator moves or is closed.
	Key() []byte
	Value() []byte
	// Close releases the iterator and returns the first error it met.
	Close() error
}

// A Tx is a running transaction. It reads its own writes.
type Tx interface {
	Reader
	Put(key, value []byte) error
	Delete(key []byte) error
	// DeleteRange deletes the keys k with lo <= k < hi.
	DeleteRange(lo, hi []byte) error

	// OnApply registers a function that is called once, as soon as the
	// writes are visible to readers and before any later transaction starts.
	// It is not called when the transaction fails.
	OnApply(fn func())
	// OnDurable registers a function that is called once, after the writes
	// have become durable, in commit order, one at a time. seq numbers the
	// transactions that wrote something, ascending; it starts anew when the
	// store is opened. A slow fn delays other writers.
	OnDurable(fn func(seq uint64))
}

// Errors that callers tell apart. Engines wrap them with the place.
var (
	ErrClosed   = errors.New("store is closed")
	ErrLocked   = errors.New("store is in use by another process")
	ErrNoSpace  = errors.New("no space left for the store")
	ErrReadOnly = errors.New("store cannot be written")
	ErrCorrupt  = errors.New("store is damaged")
	// ErrFailed is returned by every write after one that could not be made
	// durable: the store must be opened again.
	ErrFailed = errors.New("store failed and must be opened again")
)
