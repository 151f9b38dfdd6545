// Package kvbench measures a byte store, and what the disk below it can do at
// best, so that both can be compared in one run.
package kvbench

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"openwmi/internal/kv"
)

// A Load is a number of commits, shared by writers that each wait for one to
// be durable before they begin the next.
type Load struct {
	Writers int
	Commits int
	Size    int // bytes of a value
}

// A Rate is how many operations were done in what time.
type Rate struct {
	Count   int
	Elapsed time.Duration
}

// PerSecond returns operations a second.
func (r Rate) PerSecond() float64 { return float64(r.Count) / r.Elapsed.Seconds() }

// run shares the commits among the writers. Each gets a value of its own, of
// random bytes, which nothing can compress.
func (l Load) run(commit func(key, value []byte) error) (Rate, error) {
	var wg sync.WaitGroup
	errs := make([]error, l.Writers)
	// Garbage of what ran before is not part of the measurement.
	runtime.GC()
	start := time.Now()
	for w := range l.Writers {
		n := l.Commits / l.Writers
		if w < l.Commits%l.Writers {
			n++
		}
		wg.Go(func() {
			key, value := make([]byte, 16), randomBytes(uint64(w), l.Size)
			binary.BigEndian.PutUint64(key, uint64(w))
			for i := range n {
				binary.BigEndian.PutUint64(key[8:], uint64(i))
				if errs[w] = commit(key, value); errs[w] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return Rate{l.Commits, time.Since(start)}, errors.Join(errs...)
}

func randomBytes(seed uint64, n int) []byte {
	src := rand.NewChaCha8([32]byte(fmt.Appendf(nil, "%032d", seed)))
	b := make([]byte, n)
	_, _ = src.Read(b) // never fails
	return b
}

// Commits puts a new key in each of l's commits.
func Commits(s kv.Store, l Load) (Rate, error) {
	return l.run(func(key, value []byte) error {
		return s.Update(kv.Durable, func(tx kv.Tx) error { return tx.Put(key, value) })
	})
}

// Creates does the same, and looks first whether the key is there.
func Creates(s kv.Store, l Load) (Rate, error) {
	return l.run(func(key, value []byte) error {
		return s.Update(kv.Durable, func(tx kv.Tx) error {
			if _, ok, err := tx.Get(key); ok || err != nil {
				return errors.Join(err, os.ErrExist)
			}
			return tx.Put(key, value)
		})
	})
}

// Raw says over what space raw commits are written. Both kinds are called
// preallocated; the first needs no change of the file system's own data, so
// that no way of writing durably is faster.
type Raw int

const (
	Written  Raw = iota // blocks that have been written before
	Reserved            // blocks that were only reserved, with fallocate
)

// RawCommits writes the same bytes into a file in dir: whoever comes first
// appends what all have brought meanwhile, with one sync. There is no log
// format, no index, and nothing could be read back.
func RawCommits(dir string, kind Raw, l Load) (Rate, error) {
	f, err := os.Create(filepath.Join(dir, "raw"))
	if err != nil {
		return Rate{}, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	g := &rawGroup{file: f}
	g.done.L = &g.mu
	if err := g.prepare(kind, int64(l.Commits)*int64(l.Size+16)); err != nil {
		return Rate{}, err
	}
	return l.run(g.commit)
}

// maxRaw is the size of the file; longer runs begin again at its start.
const maxRaw = 256 << 20

type rawGroup struct {
	file *os.File
	size int64
	off  int64 // used by the leader only

	mu      sync.Mutex
	done    sync.Cond
	pending []byte // what waits to be written
	spare   []byte
	arrived int // commits that are in pending or earlier
	synced  int // commits that are durable
	leading bool
	err     error
}

func (g *rawGroup) prepare(kind Raw, size int64) error {
	g.size = min(size+1<<20, maxRaw)
	if kind == Reserved {
		if err := reserve(g.file, g.size); err != nil {
			return err
		}
		return g.file.Sync()
	}
	zeros := make([]byte, 1<<20)
	for off := int64(0); off < g.size; off += int64(len(zeros)) {
		if _, err := g.file.WriteAt(zeros, off); err != nil {
			return err
		}
	}
	return g.file.Sync()
}

func (g *rawGroup) commit(key, value []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pending = append(append(g.pending, key...), value...)
	g.arrived++
	for own := g.arrived; g.synced < own && g.err == nil; {
		if g.leading {
			g.done.Wait()
		} else {
			g.lead()
		}
	}
	return g.err
}

// lead writes what is pending. It is called with mu, and unlocks it meanwhile.
func (g *rawGroup) lead() {
	g.leading = true
	b, last := g.pending, g.arrived
	g.pending = g.spare[:0]
	g.mu.Unlock()

	if g.off+int64(len(b)) > g.size {
		g.off = 0
	}
	_, err := g.file.WriteAt(b, g.off)
	g.off += int64(len(b))
	if err == nil {
		err = syncData(g.file)
	}

	g.mu.Lock()
	g.spare, g.synced, g.leading = b, last, false
	if g.err == nil {
		g.err = err
	}
	g.done.Broadcast()
}

// Fill puts n keys with values of size bytes, half of which can be compressed.
func Fill(s kv.Store, n, size int) error {
	noise := randomBytes(0, 1<<20)
	value := make([]byte, size)
	for i := 0; i < n; {
		err := s.Update(kv.Buffered, func(tx kv.Tx) error {
			for end := min(i+1000, n); i < end; i++ {
				copy(value[size/2:], noise[rand.IntN(len(noise)-size):])
				if err := tx.Put(rowKey(i), value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return s.Sync()
}

func rowKey(i int) []byte { return fmt.Appendf(nil, "row/%010d", i) }

// Gets reads count random ones of the first n keys that Fill has put.
func Gets(s kv.Store, n, count int) (Rate, error) {
	start := time.Now()
	for range count {
		err := s.View(func(r kv.Reader) error {
			_, ok, err := r.Get(rowKey(rand.IntN(n)))
			if err == nil && !ok {
				err = errors.New("a row is missing")
			}
			return err
		})
		if err != nil {
			return Rate{}, err
		}
	}
	return Rate{count, time.Since(start)}, nil
}

// Misses looks for count keys that are not there, among the first n that are.
func Misses(s kv.Store, n, count int) (Rate, error) {
	start := time.Now()
	for range count {
		err := s.View(func(r kv.Reader) error {
			_, ok, err := r.Get(append(rowKey(rand.IntN(n)), 'x'))
			if err == nil && ok {
				err = errors.New("there is a row that was not put")
			}
			return err
		})
		if err != nil {
			return Rate{}, err
		}
	}
	return Rate{count, time.Since(start)}, nil
}

// Scan reads everything.
func Scan(s kv.Store) (Rate, error) {
	n := 0
	start := time.Now()
	err := s.View(func(r kv.Reader) error {
		it, err := r.Scan(nil, nil)
		if err != nil {
			return err
		}
		for it.Next() {
			n++
		}
		return it.Close()
	})
	return Rate{n, time.Since(start)}, err
}
