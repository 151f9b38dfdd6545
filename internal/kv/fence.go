package kv

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
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
// it asks the fence before it acknowledges anything.
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

	fullAt atomic.Int64 // when space was last found wanting, in Unix nanoseconds

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

// passing reports whether err is a shortage that may pass.
func (f *fence) passing(err error) bool {
	if isNoSpace(err) {
		f.fullAt.Store(time.Now().UnixNano())
	} else if !isAny(err, syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.EINTR) {
		return false
	}
	return !f.impatient.Load()
}

func (f *fence) pause() {
	if f.down.Load() != nil {
		return
	}
	t := time.NewTimer(retryAfter)
	defer t.Stop()
	select {
	case <-t.C:
	case <-f.closing:
	}
}

// full reports whether space was wanting a moment ago. Everything that meets
// the shortage is tried again sooner than this forgets it.
func (f *fence) full() bool {
	at := f.fullAt.Load()
	return at != 0 && time.Since(time.Unix(0, at)) < 5*retryAfter
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

// kind sorts files by what an error means.
type kind int

const (
	outside kind = iota // not ours, such as a checkpoint: errors are reported
	logKind             // write-ahead logs, manifests, markers, the directory
	table               // files that Pebble writes again
)

func (f *fence) kind(name string) kind {
	switch {
	case f.PathDir(name) != f.dir && name != f.dir:
		return outside
	case strings.HasSuffix(name, ".sst"), strings.HasSuffix(name, ".blob"):
		return table
	}
	return logKind
}

func (f *fence) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f.kind(name) == logKind && strings.HasPrefix(f.PathBase(name), "marker.manifest.") {
		// Pebble syncs the directory when it has created a manifest and the
		// marker that names it. A file system may bring the marker to the
		// disk first, and then nothing opens the store after a crash.
		f.syncOp(func() error { return syncDir(f.FS, f.dir) })
	}
	return f.create(name, func() (vfs.File, error) { return f.FS.Create(name, c) })
}

// ReuseForWrite implements vfs.FS. Pebble calls it for write-ahead logs.
func (f *fence) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.create(name, func() (vfs.File, error) { return f.FS.ReuseForWrite(old, name, c) })
}

func (f *fence) create(name string, open func() (vfs.File, error)) (file vfs.File, err error) {
	k := f.kind(name)
	switch {
	case k == outside:
		return open()
	case k == table && f.down.Load() == nil:
		if file, err = open(); err != nil {
			return nil, f.tableErr(err)
		}
		return &tableFile{File: file, fence: f}, nil
	case k == logKind && f.logOp(func() error { file, err = open(); return err }) == nil:
		return newLogFile(f, file, strings.HasSuffix(name, ".log")), nil
	}
	return f.down.Load().mem.Create(name, vfs.WriteCategoryUnspecified)
}

func (f *fence) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	if d := f.down.Load(); d != nil {
		if file, err := d.mem.Open(name, opts...); err == nil {
			return file, nil
		}
	}
	return f.FS.Open(name, opts...)
}

func (f *fence) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return nil, fmt.Errorf("open %s: not needed by a store", name)
}

func (f *fence) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	if err != nil || f.kind(name) == outside {
		return file, err
	}
	return newLogFile(f, file, false), nil
}

// MkdirAll implements vfs.FS. A store, and a copy of it, is its owner's alone.
func (f *fence) MkdirAll(name string, perm os.FileMode) error {
	return f.FS.MkdirAll(name, perm&0o700)
}

func (f *fence) Rename(old, name string) error {
	if f.kind(name) == outside {
		return f.FS.Rename(old, name)
	}
	_ = f.logOp(func() error { return f.FS.Rename(old, name) })
	return nil
}

func (f *fence) Remove(name string) error {
	if f.down.Load() != nil && f.kind(name) != outside {
		return nil
	}
	if f.kind(name) == logKind && strings.HasSuffix(name, ".log") {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.opening {
			f.oldLogs = append(f.oldLogs, name)
			return nil
		}
	}
	return f.FS.Remove(name)
}

func (f *fence) Stat(name string) (vfs.FileInfo, error) {
	if d := f.down.Load(); d != nil {
		if info, err := d.mem.Stat(name); err == nil {
			return info, nil
		}
	}
	return f.FS.Stat(name)
}

// Lock implements vfs.FS. The store locks the directory itself; see dirLock.
func (f *fence) Lock(string) (io.Closer, error) { return noLock{}, nil }

type noLock struct{}

func (noLock) Close() error { return nil }

func (f *fence) Unwrap() vfs.FS { return f.FS }

// A tableFile is a table that is being written.
type tableFile struct {
	vfs.File
	fence *fence
}

func (t *tableFile) do(op func() error) error {
	if t.fence.down.Load() != nil {
		return errDown
	}
	return t.fence.tableErr(op())
}

func (t *tableFile) Write(p []byte) (n int, err error) {
	err = t.do(func() error { n, err = t.File.Write(p); return err })
	return n, err
}

func (t *tableFile) Sync() error     { return t.do(t.File.Sync) }
func (t *tableFile) SyncData() error { return t.do(t.File.SyncData) }

func (t *tableFile) SyncTo(length int64) (full bool, err error) {
	err = t.do(func() error { full, err = t.File.SyncTo(length); return err })
	return full, err
}

func (t *tableFile) Close() error {
	err := t.File.Close()
	if t.fence.down.Load() == nil {
		err = t.fence.tableErr(err)
	}
	return err
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

var _ vfs.FS = (*fence)(nil)
