package cimom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// Restore puts a backup in the place of the store in a directory, which must
// not be in use. The backup is copied and verified first; only then is the old
// store moved aside. The name that it has then is returned, "" if there was
// none. Files beside the store that the backup does not have, such as
// configurations, are there afterwards as before.
func Restore(ctx context.Context, backup, dir string, progress func(done, total int)) (old string, err error) {
	r, err := PrepareRestore(ctx, backup, dir, progress)
	if err != nil {
		return "", err
	}
	return r.Finish()
}

// A Restoring is a backup that is about to take the place of a store.
type Restoring struct {
	dir, fresh string
}

// PrepareRestore copies and verifies a backup, which may take long and for which the
// store may be in use. Finish or Cancel has to follow.
func PrepareRestore(ctx context.Context, backup, dir string, progress func(done, total int)) (*Restoring, error) {
	r, err := prepareRestore(ctx, backup, filepath.Clean(dir), progress)
	if err != nil {
		return nil, operationError("Restore", backup, errors.Join(err, r.Cancel()))
	}
	return r, nil
}

func prepareRestore(ctx context.Context, backup, dir string, progress func(done, total int)) (*Restoring, error) {
	r := &Restoring{dir, dir + ".restoring"}
	if contains(backup, dir) {
		return r, cim.Errorf(wbem.InvalidParameter, "the backup %s contains the store %s", backup, dir)
	}
	if err := os.RemoveAll(r.fresh); err != nil {
		return r, err
	}
	if err := copyTree(ctx, backup, r.fresh, copyFile); err != nil {
		return r, fmt.Errorf("backup %s: %w", backup, err)
	}
	return r, verifyCopy(ctx, r.fresh, progress)
}

// Cancel leaves the store as it is.
func (r *Restoring) Cancel() error { return os.RemoveAll(r.fresh) }

// Finish is the rest of Restore. After an error the store is as it was.
func (r *Restoring) Finish() (old string, err error) {
	if err = r.keepOthers(); err == nil {
		old, err = swap(r.dir, r.fresh)
	}
	if err != nil {
		err = errors.Join(err, r.Cancel())
	}
	return old, operationError("Restore", r.dir, err)
}

// keepOthers copies the files beside the store that the backup does not have.
func (r *Restoring) keepOthers() error {
	if info, err := os.Stat(r.dir); err != nil || !info.IsDir() {
		return nil // there is none, or nothing that is a store
	}
	return copyTree(context.Background(), r.dir, r.fresh, func(from, to string) error {
		if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return leaveEngine(from, to)
	})
}

// Undo puts the old store, which Finish has named, back in its place, after the
// backup could not be opened.
func (r *Restoring) Undo(old string) error {
	if err := os.Rename(r.dir, r.fresh); err != nil {
		return err
	}
	return errors.Join(os.Rename(old, r.dir), r.Cancel(), syncDir(filepath.Dir(r.dir)))
}

// contains reports whether a path is a directory or below it.
func contains(dir, path string) bool {
	d, err1 := filepath.Abs(dir)
	p, err2 := filepath.Abs(path)
	rel, err3 := filepath.Rel(d, p)
	return errors.Join(err1, err2, err3) == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// verifyCopy proves that the store in a directory is sound. It writes nothing,
// so that the copy stays what the backup is.
func verifyCopy(ctx context.Context, dir string, progress func(done, total int)) error {
	store, err := kv.Open(dir, kv.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	repo, err := repository.Open(store, repository.Options{})
	if err != nil {
		return err
	}
	problems, err := repo.Verify(ctx, progress)
	if err == nil && len(problems) > 0 {
		err = cim.Errorf(wbem.CriticalError, "%s is damaged: %s: %s, and %d more", dir, problems[0].Object, problems[0].What, len(problems)-1)
	}
	return errors.Join(err, repo.Close())
}

// swap puts fresh in the place of dir and returns what dir is called then. The
// lock of the store keeps anybody from having it open meanwhile.
func swap(dir, fresh string) (old string, err error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.Rename(fresh, dir); err != nil {
			return "", err
		}
		return "", syncDir(filepath.Dir(dir))
	case err != nil:
		return "", err
	case info.IsDir():
		release, locked := kv.Lock(dir)
		if locked != nil {
			return "", locked
		}
		return exchange(dir, fresh, release)
	}
	return exchange(dir, fresh, func() error { return nil })
}

// exchange puts fresh in the place of dir, whose lock release releases.
func exchange(dir, fresh string, release func() error) (old string, err error) {
	if runtime.GOOS == "windows" {
		// A directory in which a file is open cannot be renamed there.
		if err := release(); err != nil {
			return "", err
		}
	} else {
		defer func() { err = errors.Join(err, release()) }()
	}
	old = dir + time.Now().Format(".old-20060102-150405.000")
	if err := os.Rename(dir, old); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, dir); err != nil {
		return "", errors.Join(err, os.Rename(old, dir))
	}
	return old, syncDir(filepath.Dir(dir))
}

// copyTree copies a directory, durably: put has each file copied.
func copyTree(ctx context.Context, from, to string, put func(from, to string) error) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", from)
	}
	var dirs []string
	err = filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			dirs = append(dirs, target)
			return os.MkdirAll(target, 0o700)
		}
		return put(path, target)
	})
	for _, dir := range dirs {
		if err == nil {
			err = syncDir(dir)
		}
	}
	return err
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// syncDir makes the names in a directory durable. Windows has no call for that
// and does it by itself.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
