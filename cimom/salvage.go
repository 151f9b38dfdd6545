package cimom

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// Salvage makes a sound store of a damaged one, which must not be in use: what can
// be read of it, and holds together, goes into a new store that takes its place.
// The damaged one is moved aside; old is the name that it has then, and left says
// what was lost or had to be made up, up to a thousand things. Of a store that is
// sound nothing is changed, and old is "".
//
// The new store has what is beside the damaged one, such as configurations. Its
// author compiles the MOF files that rebuild it, for what is missing.
// system-classes.md 11.1
//
// progress, if not nil, is called with how far what is; total is 0 where nobody
// knows. Errors are those of Restore.
func Salvage(ctx context.Context, dir string, progress func(what string, done, total int)) (old string, left []Problem, err error) {
	old, left, err = salvage(ctx, filepath.Clean(dir), progress)
	return old, left, operationError("Salvage", dir, err)
}

func salvage(ctx context.Context, dir string, progress func(what string, done, total int)) (_ string, left []Problem, err error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	if info, err := os.Stat(dir); err != nil {
		return "", nil, err
	} else if !info.IsDir() {
		return "", nil, cim.Errorf(wbem.InvalidParameter, "%s is not a directory", dir)
	}
	release, err := kv.Lock(dir)
	if err != nil {
		return "", nil, err
	}
	locked := true
	defer func() {
		if locked {
			err = errors.Join(err, release())
		}
	}()
	// All is done to a copy, so that whatever happens the store is as it was. Tables
	// never change; they need not be copied.
	damaged, fresh := dir+".damaged", dir+".salvaging"
	for _, d := range []string{damaged, fresh} {
		if err := os.RemoveAll(d); err != nil {
			return "", nil, err
		}
		defer os.RemoveAll(d)
	}
	if err := copyTree(ctx, dir, damaged, linkTable); err != nil {
		return "", nil, err
	}
	err = verifyCopy(ctx, damaged, func(done, total int) { progress("classes verified", done, total) })
	if err == nil {
		return "", nil, nil
	}
	if !errors.Is(err, kv.ErrCorrupt) && cim.StatusOf(err) != wbem.CriticalError {
		return "", nil, err
	}
	if err := copyTree(ctx, dir, fresh, leaveEngine); err != nil {
		return "", nil, err
	}
	left, err = salvageInto(ctx, damaged, fresh, func(done int) { progress("records read", done, 0) })
	if err != nil {
		return "", left, err
	}
	if err := verifyCopy(ctx, fresh, func(done, total int) { progress("classes verified", done, total) }); err != nil {
		return "", left, fmt.Errorf("what was salvaged: %w", err)
	}
	locked = false
	old, err := exchange(dir, fresh, release)
	return old, left, err
}

// salvageInto makes a new store of what is left of another.
func salvageInto(ctx context.Context, damaged, fresh string, progress func(done int)) (left []Problem, err error) {
	to, err := kv.Open(fresh, kv.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	from, err := openDamaged(damaged, &left)
	if err != nil {
		return left, err
	}
	if from == nil {
		r, err := repository.Open(unowned{to}, repository.Options{}) // as every store begins
		if err == nil {
			err = r.Close()
		}
		return left, err
	}
	defer from.Close() // it was only read, and has failed where it is damaged
	err = from.View(func(r kv.Reader) error {
		found, err := repository.Salvage(ctx, r, to, repository.Options{}, progress)
		left = append(left, found...)
		return err
	})
	return left, err
}

// openDamaged opens a store to be read, without the end of its logs if that is
// damaged; nil if nothing can be read of it. What it leaves out is added to left.
func openDamaged(dir string, left *[]Problem) (kv.Store, error) {
	for {
		store, err := kv.Open(dir, kv.Options{ReadOnly: true})
		if !errors.Is(err, kv.ErrCorrupt) {
			return store, err
		}
		cut, cutErr := kv.CutLog(dir)
		if cutErr != nil {
			return nil, cutErr
		}
		if cut == "" {
			*left = append(*left, Problem{Object: "store", What: fmt.Sprintf("nothing can be read: %v", err)})
			return nil, nil
		}
		*left = append(*left, Problem{Object: "store", What: cut + "; the last writes are lost"})
	}
}

// unowned is a store that its repository does not close.
type unowned struct{ kv.Store }

func (unowned) Close() error { return nil }

// engineFile is what the store's engine calls its files.
var engineFile = regexp.MustCompile(`^(\d+\.(log|sst|blob|dbtmp)|(MANIFEST|OPTIONS)-\d+|marker\..*|LOCK)$`)

// linkTable copies a file of a store, tables as links where the system can.
func linkTable(from, to string) error {
	if info, err := os.Lstat(from); err != nil || !info.Mode().IsRegular() {
		return err // a socket that was left
	}
	if filepath.Ext(from) == ".sst" && os.Link(from, to) == nil {
		return nil
	}
	return copyFile(from, to)
}

// leaveEngine copies a file of a store that is not one of its engine's.
func leaveEngine(from, to string) error {
	if info, err := os.Lstat(from); err != nil || !info.Mode().IsRegular() || engineFile.MatchString(filepath.Base(from)) {
		return err
	}
	return copyFile(from, to)
}
