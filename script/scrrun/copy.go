package scrrun

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"openwmi/script/sandbox"
	"openwmi/script/vbscript"
)

// sources returns the paths that the source of an operation names: itself, or if its
// last name is a pattern the files or folders that match. Read tells how the folder with
// the pattern is looked at.
func (f *fileSystem) sources(path string, folders, read bool) ([]string, error) {
	missing := errFileNotFound
	if folders {
		missing = errPathNotFound
	}
	abs, err := f.box.Abs(path)
	if err != nil {
		return nil, err
	}
	if !hasWildcard(abs) {
		return []string{abs}, nil
	}
	dir, pattern := parentName(abs), fileName(abs)
	look := f.box.Writable
	if read {
		look = f.box.Readable
	}
	p, err := look(self, dir)
	if err != nil {
		return nil, fail(err, path, errPathNotFound)
	}
	defer p.Close()
	entries, err := p.Entries()
	if err != nil {
		return nil, fail(err, path, errPathNotFound)
	}
	var found []string
	for _, e := range entries {
		if match(pattern, e.Name()) && e.IsDir() == folders && !cutsPath(e.Name()) {
			found = append(found, buildPath(dir, e.Name()))
		}
	}
	if found == nil {
		return nil, vbscript.NewError(missing, path)
	}
	return found, nil
}

// targets returns where each source goes: into the destination, which is a folder then,
// if there is a pattern or a separator at its end, else to the destination itself.
// "CopyFile Method"
func (f *fileSystem) targets(source, destination string, sources []string) ([]string, error) {
	if destination == "" {
		return nil, vbscript.NewError(errArgument, "")
	}
	abs, err := f.box.Abs(destination)
	if err != nil {
		return nil, err
	}
	if !hasWildcard(source) && !isSeparator(destination[len(destination)-1]) {
		return []string{abs}, nil
	}
	p, err := f.box.Writable(self, abs)
	if err != nil {
		return nil, fail(err, destination, errPathNotFound)
	}
	defer p.Close()
	if info, err := p.Info(); err != nil || !info.IsDir() {
		return nil, vbscript.NewError(errPathNotFound, destination)
	}
	out := make([]string, len(sources))
	for i, s := range sources {
		out[i] = buildPath(abs, fileName(s))
	}
	return out, nil
}

// each calls do with each source and its target. It ends at the first error, and undoes
// nothing, as documented.
func (f *fileSystem) each(source, destination string, folders bool, do func(from, to string) error) error {
	from, err := f.sources(source, folders, true)
	if err != nil {
		return err
	}
	to, err := f.targets(source, destination, from)
	if err != nil {
		return err
	}
	for i := range from {
		if err := do(from[i], to[i]); err != nil {
			return err
		}
	}
	return nil
}

func (f *fileSystem) copyFiles(ctx context.Context, source, destination string, overwrite bool) error {
	return f.each(source, destination, false, func(from, to string) error { return f.copyFile(ctx, from, to, overwrite) })
}

func (f *fileSystem) copyFolders(ctx context.Context, source, destination string, overwrite bool) error {
	return f.each(source, destination, true, func(from, to string) error { return f.copyFolder(ctx, from, to, overwrite) })
}

func (f *fileSystem) moveFiles(ctx context.Context, source, destination string) error {
	return f.each(source, destination, false, func(from, to string) error { return f.move(ctx, from, to, false) })
}

func (f *fileSystem) moveFolders(ctx context.Context, source, destination string) error {
	return f.each(source, destination, true, func(from, to string) error { return f.move(ctx, from, to, true) })
}

// target returns the absolute form of a path under which something is made, and its
// place, which the caller closes.
func (f *fileSystem) target(to string) (string, *sandbox.Place, error) {
	to, err := f.creatable(to)
	if err != nil {
		return "", nil, err
	}
	dst, err := f.box.Writable(self, to)
	return to, dst, fail(err, to, errPathNotFound)
}

// copyFile copies the contents, the permissions and the time of the last change.
func (f *fileSystem) copyFile(ctx context.Context, from, to string, overwrite bool) (err error) {
	src, err := f.box.Readable(self, from)
	if err != nil {
		return fail(err, from, errFileNotFound)
	}
	defer src.Close()
	r, err := src.Open(os.O_RDONLY, 0)
	if err != nil {
		return f.notOpened(err, from, src.InFolder())
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return fail(err, from, errFileNotFound)
	}
	to, dst, err := f.target(to)
	if err != nil {
		return err
	}
	defer dst.Close()
	flag := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	old, err := dst.Info()
	switch {
	case err != nil:
		flag |= os.O_EXCL
	case old.IsDir() || os.SameFile(old, info):
		return vbscript.NewError(errPermission, to)
	case !overwrite:
		return vbscript.NewError(errFileExists, to)
	case readOnly(old):
		return vbscript.NewError(errPermission, to)
	}
	// Nobody may read a copy who may not read the file, not even while it is made.
	w, err := dst.Open(flag, info.Mode().Perm()&0o700)
	if err != nil {
		return fail(err, to, errPathNotFound)
	}
	_, err = io.Copy(w, &stoppable{ctx, r})
	if e := w.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = errors.Join(dst.Chtimes(info), dst.Chmod(info.Mode().Perm()))
	}
	if err != nil && flag&os.O_EXCL != 0 {
		_ = dst.Remove() // half a file is none
	}
	return fail(err, to, errPathNotFound)
}

// stoppable reads until the context ends.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(b []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, interruption{context.Cause(s.ctx)}
	}
	return s.r.Read(b)
}

// copyFolder copies a folder with all that is in it, into one that exists as well.
func (f *fileSystem) copyFolder(ctx context.Context, from, to string, overwrite bool) error {
	src, err := f.box.Readable(self, from)
	if err != nil {
		return fail(err, from, errPathNotFound)
	}
	defer src.Close()
	var source fs.FileInfo
	entries, err := src.Entries()
	if err == nil {
		source, err = src.Info()
	}
	if err != nil {
		return fail(err, from, errPathNotFound)
	}
	to, dst, err := f.target(to)
	if err != nil {
		return err
	}
	defer dst.Close()
	if dst.Within(src) {
		return vbscript.NewError(errPermission, to) // it would contain itself
	}
	if info, err := dst.Info(); err != nil {
		if err := dst.Mkdir(source.Mode().Perm() | 0o700); err != nil {
			return fail(err, to, errPathNotFound)
		}
	} else if !info.IsDir() {
		return vbscript.NewError(errFileExists, to)
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if cutsPath(e.Name()) {
			return vbscript.NewError(errBadName, e.Name())
		}
		a, b := buildPath(from, e.Name()), buildPath(to, e.Name())
		switch folder, err := f.isFolder(a, e); {
		case err != nil:
			return err
		case folder && e.Type()&fs.ModeSymlink != 0:
			err := vbscript.NewError(errPathAccess, a)
			err.Description += ": a link to a folder is not copied"
			return err
		case folder:
			err = f.copyFolder(ctx, a, b, overwrite)
			if err != nil {
				return err
			}
		default:
			if err := f.copyFile(ctx, a, b, overwrite); err != nil {
				return err
			}
		}
	}
	return nil
}

// isFolder reports whether what is in a folder is one. What a link leads to is asked
// for; a link that leads nowhere, or where the script may not look, is a file.
func (f *fileSystem) isFolder(path string, e fs.DirEntry) (bool, error) {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir(), nil
	}
	info, err := f.info(path)
	if script, ok := errors.AsType[*vbscript.Error](err); ok && script.Number == errPermission {
		return false, nil
	}
	return info != nil && info.IsDir(), err
}

// move renames a file or folder, or copies it to another file system and deletes it.
func (f *fileSystem) move(ctx context.Context, from, to string, folder bool) error {
	missing := errFileNotFound
	if folder {
		missing = errPathNotFound
	}
	src, err := f.box.Movable(self, from)
	if err != nil {
		return fail(err, from, missing)
	}
	defer src.Close()
	info, err := src.Info()
	if err != nil || info.IsDir() != folder {
		return vbscript.NewError(missing, from)
	}
	if to, err = f.creatable(to); err != nil {
		return err
	}
	dst, err := f.box.Removable(self, to)
	if err != nil {
		return fail(err, to, errPathNotFound)
	}
	defer dst.Close()
	if _, err := dst.Info(); err == nil {
		return vbscript.NewError(errFileExists, to)
	}
	if folder && dst.Within(src) {
		return vbscript.NewError(errPermission, to)
	}
	err = src.Rename(dst)
	if !errors.Is(err, syscall.EXDEV) {
		return fail(err, to, errPathNotFound)
	}
	if folder {
		if err := f.copyFolder(ctx, from, to, false); err != nil {
			return err
		}
		return fail(src.RemoveAll(), from, missing)
	}
	if err := f.copyFile(ctx, from, to, false); err != nil {
		return err
	}
	return fail(src.Remove(), from, missing)
}

// deleteFiles deletes a file, or those that match. "DeleteFile Method"
func (f *fileSystem) deleteFiles(path string, force bool) error {
	return f.delete(path, force, false)
}

// deleteFolders deletes folders with all that is in them. "DeleteFolder Method"
func (f *fileSystem) deleteFolders(path string, force bool) error {
	return f.delete(path, force, true)
}

func (f *fileSystem) delete(path string, force, folders bool) error {
	list, err := f.sources(path, folders, false)
	if err != nil {
		return err
	}
	for _, s := range list {
		if err := f.deleteOne(s, force, folders); err != nil {
			return err
		}
	}
	return nil
}

func (f *fileSystem) deleteOne(path string, force, folder bool) error {
	missing := errFileNotFound
	if folder {
		missing = errPathNotFound
	}
	p, err := f.box.Removable(self, path)
	if err != nil {
		return fail(err, path, missing)
	}
	defer p.Close()
	info, err := p.Info()
	if err != nil {
		return fail(err, path, missing)
	}
	if info.IsDir() != folder {
		return vbscript.NewError(missing, path)
	}
	if !force && info.Mode()&fs.ModeSymlink == 0 && readOnly(info) {
		return vbscript.NewError(errPermission, path)
	}
	if folder {
		return fail(p.RemoveAll(), path, missing)
	}
	return fail(p.Remove(), path, missing)
}
