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
	// storage; transactions that wait at the same time share one sync. If fn
	// wrote nothing, it returns when all that fn can have read is durable.
	// With Buffered it returns when they are visible; they become durable
	// with the next durable transaction or Sync, in order, or are lost
	// entirely.
	//
	// It returns ErrNoSpace when the writes would use up the disk; nothing
	// is written then, and a later try may succeed. After ErrFailed the
	// writes are visible or not, and durable or not, as one.
	//
	// fn may be called again after a conflict, so it must not touch anything
	// outside the transaction; effects belong into OnApply and OnDurable. It
	// must be short and must not call a provider, the network, a channel, or
	// the Store.
	Update(d Durability, fn func(Tx) error) error

	// Sync makes everything durable that was written before the call.
	Sync() error

	// Checkpoint writes a consistent copy of the store into dir, which must
	// not exist. The copy has all that was acknowledged before the call, and
	// is durable when it returns; Open opens it. Writers go on meanwhile.
	Checkpoint(dir string) error

	// Close makes everything durable and releases the store. It waits for
	// running calls to return and for snapshots to be closed; calls that
	// come later return ErrClosed.
	Close() error
}

// Durability says when Update returns.
type Durability int

const (
	Durable  Durability = iota // after the writes have reached stable storage
	Buffered                   // as soon as they are visible
)

// A Reader reads from one consistent state of the store, until the function it
// was given to returns; it returns ErrClosed then.
type Reader interface {
	// Get returns the value of key, and whether there is one. The caller may
	// keep the value and must not change it.
	Get(key []byte) (value []byte, ok bool, err error)

	// Scan returns an iterator over the keys k with lo <= k < hi, in
	// ascending order of their bytes. A nil hi means no upper bound. In a
	// transaction it shows the writes made before the call. The caller
	// closes it before the Reader ends.
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
	// It may go back.
	Seek(key []byte) bool
	// Key and Value return the current pair. Their bytes are valid until the
	// iterator moves or is closed, and must not be changed.
	Key() []byte
	Value() []byte
	// Close releases the iterator and returns the first error it met.
	Close() error
}

// A Tx is a running transaction. It reads its own writes. It copies what it is
// given.
//
// A key has 1 to 65,536 bytes, and a transaction writes at most 1 GiB. After a
// write that failed for this or another reason the transaction fails, even if
// its function goes on.
type Tx interface {
	Reader
	Put(key, value []byte) error
	// Delete deletes key if it is there.
	Delete(key []byte) error
	// DeleteRange deletes the keys k with lo <= k < hi. A nil hi means no
	// upper bound.
	DeleteRange(lo, hi []byte) error

	// OnApply registers a function that is called once, as soon as the
	// writes are visible to readers and before any later transaction starts.
	// It is not called when the transaction fails.
	OnApply(fn func())
	// OnDurable registers a function that is called once, after the writes
	// have become durable, in commit order, one at a time, and with Durable
	// before Update returns. seq numbers the transactions that wrote
	// something, from 1, and anew when the store is opened; one that wrote
	// nothing is given the number of the last before it. It is never called
	// when the writes are lost. A slow fn delays other writers; it must not
	// write to the store.
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
	// durable, and by Close: the store must be opened again. Reads go on.
	ErrFailed = errors.New("store failed and must be opened again")
)
