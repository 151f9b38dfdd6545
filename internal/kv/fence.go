package kv

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A fence is the file system that Pebble sees. It decides what happens when
// the real one fails.
//
// The problem: to Pebble, an error from its logs (write-ahead log, manifest,
// markers) is the end of the process. It calls Logger.Fatalf, or panics while
// its locks are held, and in one place the panic unlocks a mutex that is not
// locked, which nothing can recover from. A server must go on instead: refuse
// writes, tell those who wait, keep answering reads, and close.
//
// So Pebble never gets such an error. When a log cannot be written, the fence
// goes down: it keeps the error, and from then on nothing changes on the disk
// any more. What Pebble still writes is dropped or kept in memory, and it is
// told that all went well. The disk looks as after a crash at that moment,
// which is what the next Open is made for, and Pebble works on normally over
// what it believes it has, until it is closed. The store alone knows better:
// it asks the fence before it acknowledges anything. Since no more is written
// to the store, little more than the memtables can come together in memory;
// compactions are held up.
//
// The invariants:
//   - A write or sync of a log returns success only if it succeeded, or after
//     the error has been stored. Who waits for a sync and then finds no error
//     stored has what he waited for on the disk.
//   - Once the error is stored, no operation changes anything below the
//     directory. An operation that runs at that moment may still finish.
//
// Tables (sstables, blob files) are different. Pebble starts a table again
// when it could not be written, and the data are still in the log. So a
// passing shortage, of space above all, is handed to Pebble, slowly, because
// it would try again at once and for ever. Other errors of tables bring the
// fence down as well, and the second try is then made in memory.
//
// A passing shortage that meets a log is waited out for a while, and the write
// continues where it stopped. No sync has been lost then, and nobody notices.
//
// Dropped: turning errors into panics and recovering at our boundary (the
// unlock above; and Pebble's own goroutines cannot be recovered from); ending
// Pebble's goroutines with runtime.Goexit (its Close waits for them).
type fence struct {
	vfs.FS        // the real one
	dir    string // the store's directory; nothing outside is fenced
	log    *slog.Logger
	down   atomic.Pointer[fallen]

	// impatient makes shortages final at once: while the store is opened,
	// when the caller would rather have the error, and while it is closed.
	impatient atomic.Bool
	closing   chan struct{}

	short atomic.Pointer[shortage] // the last one, nil if there was none

	// oldLogs are logs to be removed when the store is open. Pebble removes
	// those that it has read before it begins a new one, and checkFiles could
	// not tell a crash in between from a log that was lost.
	mu      sync.Mutex
	opening bool
	oldLogs []string
}

// fallen is the state of a fence that is down.
type fallen struct {
	err error
	mem *vfs.MemFS // takes what is still written
}

// A shortage is an error that may pass, and when it was met.
type shortage struct {
	err error
	at  time.Time
}

const (
	patience   = 5 * time.Second        // how long a log waits for a shortage to pass
	retryAfter = 100 * time.Millisecond // between two tries of the same operation
)

var errDown = errors.New("the store has failed")

func newFence(fs vfs.FS, dir string, log *slog.Logger) *fence {
	f := &fence{FS: fs, dir: dir, log: log, closing: make(chan struct{}), opening: true}
	f.impatient.Store(true)
	return f
}

// opened says that the store is in use now.
func (f *fence) opened() {
	f.impatient.Store(false)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opening = false
	for _, name := range f.oldLogs {
		_ = f.FS.Remove(name) // or by the next that opens the store
	}
	f.oldLogs = nil
}

// keepLog reports whether the log must not be removed yet.
func (f *fence) keepLog(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opening {
		f.oldLogs = append(f.oldLogs, name)
	}
	return f.opening
}

// close ends all waiting for shortages to pass. The fence stays in use.
func (f *fence) close() {
	f.impatient.Store(true)
	close(f.closing)
}

// err returns why the fence is down, or nil.
func (f *fence) err() error {
	if d := f.down.Load(); d != nil {
		return d.err
	}
	return nil
}

// fail takes the fence down. Only the first error counts. It is logged, since
// there may be nobody to return it to, unless the store is being opened or
// closed.
func (f *fence) fail(err error) {
	d := &fallen{err: err, mem: vfs.NewMem()}
	_ = d.mem.MkdirAll(f.dir, 0o700)
	if f.down.CompareAndSwap(nil, d) && !f.impatient.Load() {
		f.log.Error("store failed", "dir", f.dir, "err", err)
	}
}

// logOp runs an operation on a log until it succeeds. It returns errDown when
// the fence is down, before or because of it.
func (f *fence) logOp(op func() error) error {
	for start := time.Now(); f.down.Load() == nil; f.pause() {
		err := op()
		if err == nil {
			return nil
		}
		if !f.passing(err) || time.Since(start) > patience {
			f.fail(err)
			break
		}
	}
	return errDown
}

// syncOp syncs a log, in one try. After an error the system may have dropped
// the bytes that it could not write, and report success without them the
// second time.
func (f *fence) syncOp(op func() error) {
	if f.down.Load() == nil {
		if err := op(); err != nil {
			f.fail(err)
		}
	}
}

// tableErr digests the error of an operation on a table, and returns it.
func (f *fence) tableErr(err error) error {
	if err == nil {
		return nil
	}
	if f.passing(err) {
		f.pause()
	} else {
		f.fail(err)
	}
	return err
}

// passing reports whether err is a shortage that may pass, and takes note of it.
func (f *fence) passing(err error) bool {
	if !isNoSpace(err) && !isAny(err, syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.EINTR) {
		return false
	}
	f.short.Store(&shortage{err, time.Now()})
	return !f.impatient.Load()
}

func (f *fence) pause() {
	t := time.NewTimer(retryAfter)
	defer t.Stop()
	select {
	case <-t.C:
	case <-f.closing:
	}
}

// shortage returns the error of a shortage that was met a moment ago, or nil.
// Everything that meets one is tried again sooner than this forgets it.
func (f *fence) shortage() error {
	s := f.short.Load()
	if s == nil || time.Since(s.at) > 5*retryAfter {
		return nil
	}
	if isNoSpace(s.err) {
		return fmt.Errorf("%w: %s", ErrNoSpace, f.dir)
	}
	return fmt.Errorf("%s: %w", f.dir, s.err)
}

func isNoSpace(err error) bool {
	return vfs.IsNoSpaceError(err) || isAny(err, syscall.ENOSPC, syscall.EDQUOT)
}

func isAny(err error, targets ...syscall.Errno) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// pebbleLogger receives Pebble's reports. A fatal one takes the fence down.
type pebbleLogger struct{ fence *fence }

func (l pebbleLogger) Infof(string, ...any) {}

func (l pebbleLogger) Errorf(format string, args ...any) {
	l.fence.log.Error(fmt.Sprintf(format, args...), "dir", l.fence.dir)
}

func (l pebbleLogger) Fatalf(format string, args ...any) {
	l.fence.fail(fmt.Errorf(format, args...))
}
