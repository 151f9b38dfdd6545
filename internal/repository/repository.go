package repository

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// Options adjust a Repository. The zero value is right for most.
type Options struct {
	// Server is the name of this computer in __SERVER and __PATH. "" means
	// what the system says. References that name this computer, or one under
	// whose name the store was written before, point into the store.
	Server string

	// CacheBytes bounds the memory for decoded instances. Zero means 16 MiB,
	// a negative number no cache.
	CacheBytes int64

	// Unprotected allows the namespaces to be deleted that are created with
	// the store; otherwise that is AccessDenied (system-classes.md 8.1).
	Unprotected bool
}

const defaultCacheBytes = 16 << 20

// A Repository holds namespaces in a store.
type Repository struct {
	store  kv.Store
	now    current
	server string
	opts   Options
	cache  *cache

	spaces atomic.Pointer[spaces]

	// Written by transactions, which take turns.
	ids     idRange
	numbers numberRange
	unnamed bool // server is not yet among the stored names

	// publishing counts transactions between the moment in which they become
	// visible in the store and that in which their classes are published.
	publishing atomic.Int32

	// Set when the repository is opened.
	named     names // with server
	unindexed bool  // the store has no indexes, see upgrade

	hook        atomic.Pointer[CommitHook]
	subscribers subscribers
}

// server returns what this computer is called.
func (o Options) server() string {
	if o.Server != "" {
		return o.Server
	}
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

// Open opens the repository in a store and creates it in an empty one, with the
// namespaces of system-classes.md 7. The store then belongs to the repository,
// also if the error is not nil: Close closes it.
//
// A store that an older version has written is brought to the present format,
// for which all its instances may have to be read. The error is
// DatabaseVerMismatch for a store that a newer version has written.
func Open(store kv.Store, o Options) (*Repository, error) {
	r := &Repository{store: store, now: current{store}, server: o.server(), opts: o}
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCacheBytes
	}
	r.cache = newCache(o.CacheBytes)
	if err := r.open(); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return r, nil
}

func (r *Repository) open() error {
	fresh, old := false, false
	err := r.store.View(func(from kv.Reader) error {
		version, ok, err := readUint32(from, metaFormat)
		switch {
		case err != nil:
			return err
		case !ok:
			fresh = true
			return checkEmpty(from)
		case version == unindexedVersion:
			old = true
		case version != formatVersion:
			return cim.Errorf(wbem.DatabaseVerMismatch, "the store has format %d and this program knows formats up to %d", version, formatVersion)
		}
		limit, _, err := readUint32(from, metaIDs)
		if err != nil {
			return err
		}
		r.ids = idRange{limit, limit}
		next, err := readNumbers(from)
		if err != nil {
			return err
		}
		r.numbers = numberRange{next, next}
		stored, err := readNames(from)
		if err != nil {
			return err
		}
		r.named, r.unnamed = stored.with(r.server)
		s, err := readSpaces(from, r)
		r.spaces.Store(s)
		return err
	})
	switch {
	case err != nil:
		return err
	case old:
		return r.upgrade()
	case !fresh:
		return nil
	}
	r.named, r.unnamed = r.named.with(r.server)
	return r.create()
}

// checkEmpty returns an error if there is anything in a store that is no
// repository.
func checkEmpty(from kv.Reader) error {
	return scanRange(from, []byte{0}, nil, func([]byte, []byte) error {
		return fmt.Errorf("%w: the store holds something else than a repository", kv.ErrCorrupt)
	})
}

func readUint32(from kv.Reader, key []byte) (uint32, bool, error) {
	value, ok, err := from.Get(key)
	if err != nil || !ok {
		return 0, false, err
	}
	if len(value) != 4 {
		return 0, false, fmt.Errorf("%w: %s has %d bytes", kv.ErrCorrupt, key[1:], len(value))
	}
	return binary.BigEndian.Uint32(value), true, nil
}

// Close makes everything durable and closes the store. Sequences must have
// ended.
func (r *Repository) Close() error { return r.store.Close() }

// Sync makes everything durable that was written before.
func (r *Repository) Sync() error { return r.store.Sync() }

// Server returns the name of this computer as objects show it.
func (r *Repository) Server() string { return r.server }

// Namespace returns the namespace with that path: InvalidNamespace if there is
// none.
func (r *Repository) Namespace(path string) (*Namespace, error) {
	return r.spaces.Load().find(path)
}

// Update runs fn as one transaction. When fn returns an error nothing has been
// changed, and Update returns that error. fn may run again, so it must not
// touch anything else; and it must be short: it must not wait for anything, nor
// use the Repository or a Namespace other than through the Tx. When ctx ends,
// fn is not begun any more, and what takes long in it ends with the error of
// ctx.
//
// A method of Tx that returns an error has changed nothing, and fn may go on.
// If it was in the midst of a change, because of the store or ctx, Update fails
// whatever fn returns.
func (r *Repository) Update(ctx context.Context, d kv.Durability, fn func(*Tx) error) error {
	var tx *Tx
	defer func() {
		if tx != nil {
			tx.withdraw()
		}
	}()
	return r.store.Update(d, func(t kv.Tx) error {
		if tx != nil {
			tx.withdraw() // it ran in vain before
		}
		if err := ctx.Err(); err != nil {
			return err // it ended while we waited for our turn
		}
		tx = &Tx{ctx: ctx, r: r, kv: t, spaces: r.spaces.Load(), ids: r.ids, numbers: r.numbers, hook: r.hook.Load()}
		tx.watched = tx.hook != nil || r.subscribers.any()
		if err := fn(tx); err != nil {
			return err
		}
		if err := tx.commit(); err != nil {
			return err
		}
		tx.announce()
		return nil
	})
}

// An idRange is what is left of the ids that have been set aside: those from
// next on, below limit.
type idRange struct{ next, limit uint32 }

const (
	firstID = 1024           // those below are of system classes, and of root
	idBlock = 256            // set aside at a time
	lastID  = math.MaxUint32 // never given out
)

type subscribers struct {
	mu   sync.Mutex // guards list, which is replaced as a whole
	list atomic.Pointer[[]*subscriber]
}

type subscriber struct{ fn func(Change) }

func (s *subscribers) any() bool {
	l := s.list.Load()
	return l != nil && len(*l) > 0
}
