package kv

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

var _ vfs.FS = (*fence)(nil)

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
	return f.create(name, c, func() (vfs.File, error) { return f.FS.Create(name, c) })
}

// ReuseForWrite implements vfs.FS. Pebble calls it for write-ahead logs.
func (f *fence) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.create(name, c, func() (vfs.File, error) { return f.FS.ReuseForWrite(old, name, c) })
}

func (f *fence) create(name string, c vfs.DiskWriteCategory, open func() (vfs.File, error)) (file vfs.File, err error) {
	switch f.kind(name) {
	case outside:
		return open()
	case logKind:
		if f.logOp(func() error { file, err = open(); return err }) == nil {
			return newLogFile(f, file, strings.HasSuffix(name, ".log")), nil
		}
	case table:
		if f.down.Load() == nil {
			if file, err = open(); err != nil {
				return nil, f.tableErr(err)
			}
			return &tableFile{File: file, fence: f}, nil
		}
		// A flush may succeed, and gives its memory back. Compactions could
		// fill the memory, so they are kept trying, until Close waits for them.
		if c != "pebble-memtable-flush" && !f.impatient.Load() {
			f.pause()
			return nil, errDown
		}
	}
	return f.down.Load().mem.Create(name, c)
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
	k := f.kind(name)
	if k != outside && f.down.Load() != nil {
		return nil
	}
	if k == logKind && strings.HasSuffix(name, ".log") && f.keepLog(name) {
		return nil
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
