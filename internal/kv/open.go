package kv

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Open opens the store in dir, and creates it when there is none, unless it
// is opened only to read.
//
// The error wraps ErrLocked when another process, or this one, has the store
// open already, and names it; ErrReadOnly when dir cannot be written;
// ErrNoSpace when the disk is full; ErrCorrupt when files are damaged or
// missing, or dir is not a directory; and fs.ErrNotExist when there is no
// store to read.
func Open(dir string, opts Options) (Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if !opts.ReadOnly {
		if err := makeDir(vfs.Default, dir); err != nil {
			return nil, openError(dir, err)
		}
	}
	lock, err := lockDir(dir, opts.ReadOnly)
	if err != nil {
		return nil, openError(dir, err)
	}
	s, err := open(vfs.Default, dir, opts, nil)
	if err != nil {
		_ = lock.unlock()
		return nil, err
	}
	s.lock = lock
	return s, nil
}

// OpenMemory opens an empty store in memory. What is written is gone when it
// is closed; a checkpoint is written to the disk nevertheless.
func OpenMemory(opts Options) (Store, error) {
	opts.MinFree = -1
	s, err := openWith(vfs.NewMem(), "memory", opts, func(o *pebble.Options) { o.DisableWAL = true })
	if err != nil {
		return nil, err
	}
	s.memory = true
	return s, nil
}

// OpenFS is Open on a file system of the caller, without the lock, and with so
// little kept in memory that a short test makes the engine write tables and
// merge them. It is for tests that make the file system fail; see kvfault.
func OpenFS(fsys vfs.FS, dir string, opts Options) (Store, error) {
	if !opts.ReadOnly {
		if err := makeDir(fsys, dir); err != nil {
			return nil, openError(dir, err)
		}
	}
	s, err := open(fsys, dir, opts, func(o *pebble.Options) {
		o.MemTableSize = 64 << 10
		o.L0CompactionThreshold = 2
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// open opens the store after a look at its files. adjust, if not nil, has the
// last word on Pebble's options.
func open(fsys vfs.FS, dir string, opts Options, adjust func(*pebble.Options)) (*store, error) {
	exists, err := checkFiles(fsys, dir, opts.ReadOnly)
	if err != nil {
		return nil, openError(dir, err)
	}
	s, err := openWith(fsys, dir, opts, adjust)
	if err == nil && !exists {
		if err = s.beginLog(); err != nil {
			err = openError(dir, errors.Join(err, s.Close()))
			s = nil
		}
	}
	return s, err
}

// beginLog begins another log in a new store. Pebble has begun the first before it
// set the format, so its records do not say up to where the ones before were
// synced, and what stands behind a damaged one would be taken for what a crash
// has left, and dropped, when the store is opened again.
func (s *store) beginLog() (err error) {
	defer recovered(&err)
	_, err = s.db.AsyncFlush() // begins it before it returns
	return err
}

func openWith(fsys vfs.FS, dir string, opts Options, adjust func(*pebble.Options)) (*store, error) {
	opts = opts.withDefaults()
	fence := newFence(fsys, fsys.PathDir(fsys.PathJoin(dir, "x")), opts.Logger)
	o := pebbleOptions(opts)
	o.FS = fence
	o.Logger = pebbleLogger{fence}
	o.EventListener = &pebble.EventListener{DataCorruption: func(i pebble.DataCorruptionInfo) {
		fence.fail(fmt.Errorf("%w: %s: %w", ErrCorrupt, i.Path, brief{i.Details}))
	}}
	if adjust != nil {
		adjust(o)
	}

	db, err := openPebble(dir, o)
	if failed := fence.err(); failed != nil {
		// Whatever Pebble says, this came first.
		if err == nil {
			_ = db.Close()
		}
		err = failed
	}
	if err != nil {
		// Pebble may have begun a compaction, and does not wait for it.
		fence.fail(err)
		return nil, openError(dir, err)
	}
	fence.opened()
	return &store{
		db: db, fence: fence, opts: opts, wal: !o.DisableWAL,
		memTableSize: o.MemTableSize, idle: make(chan struct{}),
	}, nil
}

// openPebble turns a panic into an error. Pebble panics on some damaged logs.
func openPebble(dir string, o *pebble.Options) (db *pebble.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrCorrupt, p)
		}
	}()
	return pebble.Open(dir, o)
}

// memTableSize is how much is written between two flushes. Tables in memory
// begin at 256 kB and double, so a small store doesn't pay for it.
const memTableSize = 32 << 20

func pebbleOptions(opts Options) *pebble.Options {
	o := &pebble.Options{
		// The format is fixed, so that a newer Pebble doesn't change files
		// behind our back.
		FormatMajorVersion: pebble.FormatValueSeparation,
		ReadOnly:           opts.ReadOnly,

		// Pebble takes the memory of its memtables out of the cache. With a
		// cache of their size, writing empties it, and each read of a filter
		// goes to the file.
		CacheSize:                   opts.CacheSize + 2*memTableSize,
		MemTableSize:                memTableSize,
		MaxManifestFileSize:         4 << 20,     // it is read when the store is opened
		MemTableStopWritesThreshold: beyondReach, // see waitForRoom
		L0StopWritesThreshold:       beyondReach,
	}
	for i := range o.Levels {
		o.Levels[i].BlockSize = 8 << 10
		o.Levels[i].IndexBlockSize = 256 << 10 // one level of index
		// Tables of level 0 are written while others wait, and are merged
		// into the next level soon: to compress them is not worth the time.
		o.Levels[i].Compression = func() *sstable.CompressionProfile {
			if i == 0 {
				return sstable.NoCompression
			}
			return sstable.FastestCompression
		}
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return o
}

// makeDir creates dir and its missing parents durably.
func makeDir(fsys vfs.FS, dir string) error {
	var parents []string
	for d := dir; ; d = fsys.PathDir(d) {
		info, err := fsys.Stat(d)
		if err == nil && !info.IsDir() {
			return &fs.PathError{Op: "open", Path: d, Err: syscall.ENOTDIR}
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		parents = append(parents, fsys.PathDir(d))
	}
	if parents == nil {
		return nil
	}
	if err := fsys.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, p := range parents {
		if err := syncDir(fsys, p); err != nil {
			return err
		}
	}
	return nil
}

func syncDir(fsys vfs.FS, dir string) error {
	d, err := fsys.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// checkFiles refuses a directory in which files of a store are missing that
// Pebble would not miss. Without the manifest it would begin anew and delete
// the tables; without a log it would open the store as it was before.
//
// A crash doesn't leave such a directory: when a store is created, the marker
// of the manifest comes first, then a log, then the marker of the format, each
// durable before the next; and later there is always a log, see fence.oldLogs.
func checkFiles(fsys vfs.FS, dir string, mustExist bool) (exists bool, err error) {
	names, err := fsys.List(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, errNoStore
		}
		return false, err
	}
	var logs, tables int
	for _, name := range names {
		number, ext, _ := strings.Cut(name, ".")
		switch {
		case strings.Trim(number, "0123456789") != "":
		case ext == "log":
			logs++
		case ext == "sst", ext == "blob":
			tables++
		}
	}
	d, err := pebble.Peek(dir, fsys)
	switch {
	case err != nil:
		return false, err
	case !d.Exists && logs+tables > 0:
		return false, fmt.Errorf("%w: there are %d tables and %d logs, but no manifest", ErrCorrupt, tables, logs)
	case d.Exists && logs == 0 && d.FormatMajorVersion != pebble.FormatDefault:
		return true, fmt.Errorf("%w: there is no log", ErrCorrupt)
	case !d.Exists && mustExist:
		return false, errNoStore
	case !d.Exists:
		return false, nil
	}
	return true, checkManifest(fsys, d.ManifestFilename)
}
