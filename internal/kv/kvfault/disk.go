package kvfault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A disk is a file system in memory on which the n-th operation that changes
// something meets a fault.
type disk struct {
	vfs.FS // also *vfs.MemFS
	mem    *vfs.MemFS
	fault  Fault
	at     int64
	count  atomic.Int64

	// mu is held for reading while an operation runs, so that the state in
	// which the power fails has each operation either done or not begun.
	mu    sync.RWMutex
	off   bool       // the power has failed
	crash *vfs.MemFS // what was left then
}

func newDisk(f Fault, at int) *disk {
	mem := vfs.NewCrashableMem()
	return &disk{FS: mem, mem: mem, fault: f, at: int64(at)}
}

var errPower = errors.New("power failure")

// struck reports whether there was a fault.
func (d *disk) struck() bool { return d.count.Load() >= d.at }

// left returns the file system that a new start finds.
func (d *disk) left() *vfs.MemFS {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.crash != nil {
		return d.crash
	}
	return d.mem.CrashClone(vfs.CrashCloneCfg{})
}

// do runs an operation, unless it is the one that fails.
func (d *disk) do(op func() error) error {
	d.mu.RLock()
	if d.off {
		d.mu.RUnlock()
		return errPower
	}
	if d.count.Add(1) != d.at {
		defer d.mu.RUnlock()
		return op()
	}
	d.mu.RUnlock()

	d.mu.Lock()
	defer d.mu.Unlock()
	switch d.fault {
	case IOError:
		return fmt.Errorf("operation %d: %w", d.at, syscall.EIO)
	case NoSpace:
		return fmt.Errorf("operation %d: %w", d.at, syscall.ENOSPC)
	}
	d.off = true
	d.crash = d.mem.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: d.fault.survives(),
		RNG:                 rand.New(rand.NewPCG(uint64(d.at), 0)),
	})
	return errPower
}

func (d *disk) open(op func() (vfs.File, error)) (f vfs.File, err error) {
	if err := d.do(func() error { f, err = op(); return err }); err != nil {
		return nil, err
	}
	return &file{f, d}, nil
}

func (d *disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.open(func() (vfs.File, error) { return d.mem.Create(name, c) })
}

func (d *disk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.open(func() (vfs.File, error) { return d.mem.ReuseForWrite(old, name, c) })
}

func (d *disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.mem.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &file{f, d}, nil
}

func (d *disk) Link(old, name string) error {
	return d.do(func() error { return d.mem.Link(old, name) })
}

func (d *disk) Remove(name string) error {
	return d.do(func() error { return d.mem.Remove(name) })
}

func (d *disk) RemoveAll(name string) error {
	return d.do(func() error { return d.mem.RemoveAll(name) })
}

func (d *disk) Rename(old, name string) error {
	return d.do(func() error { return d.mem.Rename(old, name) })
}

func (d *disk) MkdirAll(name string, perm os.FileMode) error {
	return d.do(func() error { return d.mem.MkdirAll(name, perm) })
}

func (d *disk) Unwrap() vfs.FS { return d.mem }

// A file is one that is written, or a directory.
type file struct {
	vfs.File
	disk *disk
}

func (f *file) Write(p []byte) (n int, err error) {
	err = f.disk.do(func() error { n, err = f.File.Write(p); return err })
	return n, err
}

func (f *file) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.disk.do(func() error { n, err = f.File.WriteAt(p, off); return err })
	return n, err
}

func (f *file) Sync() error     { return f.disk.do(f.File.Sync) }
func (f *file) SyncData() error { return f.disk.do(f.File.SyncData) }
