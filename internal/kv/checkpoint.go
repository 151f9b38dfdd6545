package kv

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Checkpoint implements Store. The copy is made beside dir and gets its name
// when it is complete and durable, so a crash leaves no half of a store there.
func (s *store) Checkpoint(dir string) (err error) {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	s.checkpointMu.Lock()
	defer s.checkpointMu.Unlock()
	defer func() {
		if err != nil {
			err = fmt.Errorf("checkpoint into %s: %w", dir, checkpointError(err))
		}
	}()

	fsys := s.fence.FS
	copyTo := s.copyFiles
	switch {
	case s.memory:
		fsys, copyTo = vfs.Default, s.copyKeys
	case s.opts.ReadOnly:
		// Pebble would leave out the logs that it has only read.
		copyTo = s.copyKeys
	}
	if fsys == vfs.Default {
		if dir, err = filepath.Abs(dir); err != nil {
			return err
		}
	}
	if _, err := fsys.Stat(dir); err == nil {
		return fs.ErrExist
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	part := dir + ".part"
	if err := fsys.RemoveAll(part); err != nil {
		return err
	}
	if err := copyTo(fsys, part); err != nil {
		return errors.Join(err, fsys.RemoveAll(part))
	}
	if err := fsys.Rename(part, dir); err != nil {
		return err
	}
	return syncDir(fsys, fsys.PathDir(dir))
}

func checkpointError(err error) error {
	switch {
	case isNoSpace(err):
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return err
}

// copyFiles writes the copy as files, most of them links. The directory is on
// the file system of the store.
func (s *store) copyFiles(_ vfs.FS, dir string) error {
	if err := s.failure(); err != nil {
		return err
	}
	err := func() (err error) {
		defer recovered(&err)
		return s.db.Checkpoint(dir, pebble.WithFlushedWAL())
	}()
	if err != nil {
		return err
	}
	return s.failure()
}

// copyKeys writes the copy as a new store.
func (s *store) copyKeys(fsys vfs.FS, dir string) error {
	if err := makeDir(fsys, dir); err != nil {
		return err
	}
	to, err := open(fsys, dir, Options{}, nil)
	if err != nil {
		return err
	}
	snap := s.shareSnapshot()
	err = copyAll(to, &reader{s, snap})
	return errors.Join(err, s.release(snap), to.Close())
}

func copyAll(to Store, r Reader) error {
	it, err := r.Scan(nil, nil)
	if err != nil {
		return err
	}
	for more := it.Next(); more; {
		var pairs [][2][]byte
		for size := 0; more && size < 1<<20; more = it.Next() {
			pairs = append(pairs, [2][]byte{bytes.Clone(it.Key()), bytes.Clone(it.Value())})
			size += len(it.Key()) + len(it.Value())
		}
		err := to.Update(Buffered, func(tx Tx) error {
			for _, p := range pairs {
				if err := tx.Put(p[0], p[1]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return errors.Join(err, it.Close())
		}
	}
	return it.Close()
}
