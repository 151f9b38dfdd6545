// Package owner writes files that only the owner of their directory can read. The
// superuser may work on a store that a server keeps as somebody else: what he writes
// there the server has to be able to read.
package owner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Open opens a file to read and write it, with more flags of os.OpenFile. One that
// does not exist is created, which only the owner of its directory can read then.
func Open(name string, flags int) (*os.File, error) {
	flags |= os.O_RDWR | os.O_CREATE
	f, err := os.OpenFile(name, flags|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return os.OpenFile(name, flags, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if err := give(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Lock waits until nobody else has the lock that a file stands for, which is created
// if need be, and takes it. Closing the file gives it back, and so does the end of
// the process.
func Lock(name string) (*os.File, error) {
	f, err := Open(name, 0)
	if err != nil {
		return nil, err
	}
	if err := flock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Replace replaces a file durably: it has the old content or the new one.
func Replace(name string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.tmp") // 0600
	if err != nil {
		return err
	}
	moved := false
	defer func() {
		if !moved {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err = give(f); err == nil {
		_, err = f.Write(text)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return err
	}
	moved = true
	return syncDir(filepath.Dir(name))
}

// syncDir makes the names in a directory durable, where the system can.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
