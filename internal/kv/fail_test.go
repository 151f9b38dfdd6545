package kv_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"openwmi/internal/kv"
)

// A faultyFS is a file system in memory in which operations fail on demand.
type faultyFS struct {
	*errorfs.FS
	mem  *vfs.MemFS
	rule atomic.Pointer[func(errorfs.Op) error]
}

func newFaultyFS() *faultyFS {
	f := &faultyFS{mem: vfs.NewMem()}
	f.FS = errorfs.Wrap(f.mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if rule := f.rule.Load(); rule != nil {
			return (*rule)(op)
		}
		return nil
	}))
	return f
}

func (f *faultyFS) fail(rule func(errorfs.Op) error) { f.rule.Store(&rule) }
func (f *faultyFS) heal()                            { f.rule.Store(nil) }

// failing returns a rule that fails writes of the kind, or syncs when sync is
// set, of files whose name ends with suffix.
func failing(suffix string, sync bool, err error) func(errorfs.Op) error {
	return func(op errorfs.Op) error {
		syncing := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
		writing := op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite
		if strings.HasSuffix(op.Path, suffix) && (sync && syncing || !sync && writing) {
			return err
		}
		return nil
	}
}

func openFS(t *testing.T, fs vfs.FS, opts kv.Options) kv.Store {
	t.Helper()
	s, err := kv.OpenFS(fs, "store", opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(s kv.Store, d kv.Durability, key string, size int) error {
	return s.Update(d, func(tx kv.Tx) error { return tx.Put([]byte(key), make([]byte, size)) })
}

func keys(t *testing.T, s kv.Store) (all []string) {
	t.Helper()
	err := s.View(func(r kv.Reader) error {
		it, err := r.Scan(nil, nil)
		if err != nil {
			return err
		}
		for it.Next() {
			all = append(all, string(it.Key()))
		}
		return it.Close()
	})
	if err != nil {
		t.Errorf("read: %v", err)
	}
	return all
}

// When the log fails, whoever waits for it gets an error, and so does every
// later write. Reads go on, the store can be closed, and it can be opened
// again by the same process.
func TestLogFails(t *testing.T) {
	for _, test := range []struct {
		name string
		rule func(errorfs.Op) error
	}{
		{"write", failing(".log", false, syscall.EIO)},
		{"sync", failing(".log", true, syscall.EIO)},
		{"no space to sync", failing(".log", true, syscall.ENOSPC)},
	} {
		t.Run(test.name, func(t *testing.T) {
			fs := newFaultyFS()
			s := openFS(t, fs, kv.Options{})
			if err := put(s, kv.Durable, "acknowledged", 1); err != nil {
				t.Fatal(err)
			}
			fs.fail(test.rule)
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					for range 20 { // enough for a new log
						err := s.Update(kv.Durable, func(tx kv.Tx) error {
							tx.OnDurable(func(uint64) { t.Error("OnDurable of a transaction that was lost") })
							return tx.Put(fmt.Appendf(nil, "lost %d", i), make([]byte, 20<<10))
						})
						wantError(t, err, kv.ErrFailed, "store")
					}
				})
			}
			wg.Wait()

			fs.heal() // too late
			for name, err := range map[string]error{
				"durable":    put(s, kv.Durable, "late", 1),
				"buffered":   put(s, kv.Buffered, "late", 1),
				"sync":       s.Sync(),
				"checkpoint": s.Checkpoint("checkpoint"),
			} {
				if !errors.Is(err, kv.ErrFailed) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if got := keys(t, s); len(got) == 0 || got[0] != "acknowledged" {
				t.Errorf("the failed store reads %q", got)
			}
			wantError(t, s.Close(), kv.ErrFailed)

			s = openFS(t, fs, kv.Options{})
			if got := keys(t, s); len(got) == 0 || got[0] != "acknowledged" {
				t.Errorf("the store has %q afterwards", got)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A failed store changes nothing on the disk any more, although Pebble goes on:
// here it finishes a flush, which makes logs obsolete.
func TestFailedStoreWritesNothing(t *testing.T) {
	fs := newFaultyFS()
	s := openFS(t, fs, kv.Options{})
	if err := put(s, kv.Durable, "a table", 5<<10); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openFS(t, fs, kv.Options{})
	if err := put(s, kv.Durable, "a log", 1); err != nil {
		t.Fatal(err)
	}
	// Old options may still be removed at the moment of the failure.
	disk := func() string {
		lines := strings.Split(fs.mem.String(), "\n")
		return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, "OPTIONS") }), "\n")
	}
	var before string
	var once sync.Once
	fs.fail(func(op errorfs.Op) error {
		err := failing(".log", true, syscall.EIO)(op)
		if err != nil {
			once.Do(func() { before = disk() })
		}
		return err
	})
	// Too large for a memtable, so the log is closed and a flush begins.
	wantError(t, put(s, kv.Durable, "large", 200<<10), kv.ErrFailed)
	if got := strings.Join(keys(t, s), ", "); got != "a log, a table, large" {
		t.Errorf("the failed store reads %q", got)
	}
	wantError(t, s.Close(), kv.ErrFailed)
	if after := disk(); after != before {
		t.Errorf("the disk changed after the failure:\nbefore\n%s\nafter\n%s", before, after)
	}
	fs.heal()
	s = openFS(t, fs, kv.Options{})
	if got := strings.Join(keys(t, s), ", "); !strings.HasPrefix(got, "a log, a table") {
		t.Errorf("the store has %q afterwards", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// The reserve is kept: a transaction that would use it up is refused before it
// is applied, and the next one that fits succeeds.
func TestMinFree(t *testing.T) {
	fs := vfs.NewMem()
	free := func(n uint64) { fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: n, TotalBytes: 1 << 40}) }
	free(1 << 30)
	s := openFS(t, fs, kv.Options{MinFree: 1 << 10})
	if err := put(s, kv.Durable, "a", 1<<10); err != nil {
		t.Fatal(err)
	}
	free(1<<10 + 500)
	for _, d := range []kv.Durability{kv.Durable, kv.Buffered} {
		err := s.Update(d, func(tx kv.Tx) error {
			tx.OnApply(func() { t.Error("OnApply of a transaction that was refused") })
			tx.OnDurable(func(uint64) { t.Error("OnDurable of a transaction that was refused") })
			return tx.Put([]byte("b"), make([]byte, 1<<10))
		})
		wantError(t, err, kv.ErrNoSpace, "store")
	}
	if err := put(s, kv.Durable, "c", 100); err != nil {
		t.Errorf("small transaction: %v", err)
	}
	if err := s.Sync(); err != nil {
		t.Errorf("sync: %v", err)
	}
	free(1 << 30)
	if err := put(s, kv.Durable, "d", 1<<10); err != nil {
		t.Error(err)
	}
	if got := strings.Join(keys(t, s), " "); got != "a c d" {
		t.Errorf("keys %s", got)
	}
	free(0)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A log that finds no space waits for it, and so does who waits for the log.
// Others are told meanwhile. Nothing is lost, and the store goes on.
func TestNoSpaceForLog(t *testing.T) {
	fs := newFaultyFS()
	s := openFS(t, fs, kv.Options{})
	full := make(chan bool)
	var tries atomic.Int64
	fs.fail(func(op errorfs.Op) error {
		err := failing(".log", false, syscall.ENOSPC)(op)
		if err != nil && tries.Add(1) == 2 {
			close(full)
		}
		return err
	})
	done := make(chan error)
	go func() { done <- put(s, kv.Durable, "waits", 100) }()
	<-full
	err := put(s, kv.Durable, "refused", 100)
	wantError(t, err, kv.ErrNoSpace, "store")
	fs.heal()
	if err := <-done; err != nil {
		t.Errorf("the one that waited: %v", err)
	}
	for err = kv.ErrNoSpace; errors.Is(err, kv.ErrNoSpace); {
		err = put(s, kv.Durable, "later", 100)
	}
	if err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = openFS(t, fs, kv.Options{})
	if got := strings.Join(keys(t, s), " "); got != "later waits" {
		t.Errorf("keys %s", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// While tables find no space, transactions are refused, also one that waits
// because all memtables are full; then the store goes on, with all that was
// acknowledged. Closing doesn't wait for space.
func TestNoSpaceForTables(t *testing.T) {
	for _, test := range []struct {
		name  string
		delay time.Duration // of the first failure
	}{
		{"refused", 0},
		{"waiting", 50 * time.Millisecond}, // the memtables are full long before
	} {
		t.Run(test.name, func(t *testing.T) {
			fs := newFaultyFS()
			s := openFS(t, fs, kv.Options{})
			var acked []string
			write := func() (err error) {
				for err == nil {
					key := fmt.Sprintf("%06d", len(acked))
					if err = put(s, kv.Durable, key, 1<<10); err == nil {
						acked = append(acked, key)
					}
				}
				return err
			}
			fill := func() {
				t.Helper()
				late := time.After(test.delay)
				var once sync.Once
				fs.fail(func(op errorfs.Op) error {
					err := failing(".sst", false, syscall.ENOSPC)(op)
					if err != nil {
						once.Do(func() { <-late })
					}
					return err
				})
				wantError(t, write(), kv.ErrNoSpace, "store")
			}
			fill()
			fs.heal()
			for err := kv.ErrNoSpace; err != nil; {
				if err = put(s, kv.Durable, "later", 1<<10); err != nil {
					wantError(t, err, kv.ErrNoSpace)
				}
			}
			fill()
			if err := s.Close(); err != nil {
				wantError(t, err, kv.ErrFailed)
			}
			fs.heal()
			s = openFS(t, fs, kv.Options{})
			if got, want := keys(t, s), append(acked, "later"); !slices.Equal(got, want) {
				t.Errorf("%d keys, %d acknowledged", len(got), len(want))
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// What cannot be read is an error of the reader alone.
func TestReadFails(t *testing.T) {
	fs := newFaultyFS()
	s := openFS(t, fs, kv.Options{CacheSize: 1})
	for i := range 300 {
		if err := put(s, kv.Buffered, fmt.Sprintf("%03d", i), 5<<10); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openFS(t, fs, kv.Options{CacheSize: 1})
	fs.fail(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".sst") && op.Kind == errorfs.OpFileReadAt {
			return syscall.EIO
		}
		return nil
	})
	err := s.View(func(r kv.Reader) error {
		if _, ok, err := r.Get([]byte("000")); ok || !errors.Is(err, syscall.EIO) {
			t.Errorf("get: %t, %v", ok, err)
		}
		it, err := r.Scan(nil, nil)
		if err != nil {
			return err
		}
		for it.Next() {
		}
		return it.Close()
	})
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("scan: %v", err)
	}
	err = s.Update(kv.Durable, func(tx kv.Tx) error {
		_, _, err := tx.Get([]byte("000"))
		return err
	})
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("transaction: %v", err)
	}
	fs.heal()
	if err := put(s, kv.Durable, "000", 1); err != nil {
		t.Errorf("write afterwards: %v", err)
	}
	if n := len(keys(t, s)); n != 300 {
		t.Errorf("%d keys", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A store whose first operations fail is not opened, whatever fails.
func TestOpenFails(t *testing.T) {
	for _, test := range []struct {
		err  syscall.Errno
		want error
	}{{syscall.EIO, syscall.EIO}, {syscall.ENOSPC, kv.ErrNoSpace}, {syscall.EROFS, kv.ErrReadOnly}, {syscall.EACCES, kv.ErrReadOnly}} {
		for n := 1; ; n++ {
			fs := newFaultyFS()
			s := openFS(t, fs, kv.Options{})
			for i := range 100 { // some tables, and a log to be read
				if err := put(s, kv.Durable, fmt.Sprintf("%03d", i), 2<<10); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			var count atomic.Int64
			fs.fail(func(op errorfs.Op) error {
				if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpRemove && count.Add(1) == int64(n) {
					return test.err
				}
				return nil
			})
			s, err := kv.OpenFS(fs, "store", kv.Options{})
			hit := count.Load() >= int64(n)
			fs.heal()
			if err == nil {
				// It may have been a compaction that began after opening.
				if err := s.Close(); err != nil {
					wantError(t, err, kv.ErrFailed)
				}
				if !hit {
					break
				}
			} else if !errors.Is(err, test.want) || !strings.Contains(err.Error(), "store") {
				t.Errorf("operation %d fails with %v: %v", n, test.err, err)
			}
			s = openFS(t, fs, kv.Options{})
			if n := len(keys(t, s)); n != 100 {
				t.Errorf("%d keys afterwards", n)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
