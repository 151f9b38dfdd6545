package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// A Place is where a path leads that the policy allows. It may be missing. Whoever got
// it closes it. Its methods return what those of [os.Root] do, and nothing that they do
// leaves the allowed folder.
type Place struct {
	root *os.Root
	dir  string // that of root
	name string // below it, "." for itself
	// single is a file of the policy: what is beside it in root is not allowed.
	single bool
}

// Readable returns the place of a path of a script that an object wants to read, or
// error 70.
func (s *Sandbox) Readable(object, path string) (*Place, error) {
	return s.place(object, path, "read", s.read, true)
}

// Writable returns the place of a path of a script that an object wants to create or
// change, or error 70.
func (s *Sandbox) Writable(object, path string) (*Place, error) {
	return s.place(object, path, "write", s.write, true)
}

// Removable is Writable for what takes the path itself away, as deleting and renaming
// do: if it is a symbolic link, that is the place.
func (s *Sandbox) Removable(object, path string) (*Place, error) {
	return s.place(object, path, "write", s.write, false)
}

// Movable is Removable for what may also be read: what is moved to another place can be
// read there.
func (s *Sandbox) Movable(object, path string) (*Place, error) {
	p, err := s.place(object, path, "read", s.read, false)
	if err != nil {
		return nil, err
	}
	p.Close()
	return s.Removable(object, path)
}

func (s *Sandbox) place(object, path, verb string, allowed []string, follow bool) (*Place, error) {
	native, err := s.Native(path)
	if err != nil {
		return nil, err
	}
	real, err := resolve(native, follow, s.fold)
	if err != nil {
		real = "" // allowed nowhere but under "/", where it fails in the same way
	}
	for _, a := range allowed {
		if a == "/" && err != nil {
			return nil, err
		}
		if p, e := open(a, real); p != nil || e != nil {
			return p, e
		}
	}
	return nil, denied(object, verb, path, s.means+verb+" "+native)
}

// open returns the place of a resolved path if it is allowed by an entry of the policy,
// else nil.
func open(allowed, path string) (*Place, error) {
	if path == "" {
		return nil, nil
	}
	if allowed == "/" {
		allowed = filepath.VolumeName(path) + string(filepath.Separator)
	}
	rel, ok := below(allowed, path)
	if !ok {
		rel, ok = respelled(allowed, path)
	}
	if !ok {
		return nil, nil
	}
	p := &Place{dir: allowed, name: rel}
	if info, err := os.Lstat(allowed); rel == "." && (err != nil || !info.IsDir()) {
		p.dir, p.name, p.single = filepath.Dir(allowed), filepath.Base(allowed), true
	}
	info, err := os.Lstat(p.dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: p.dir, Err: syscall.ENOTDIR}
	}
	if p.root, err = os.OpenRoot(p.dir); err != nil {
		return nil, err
	}
	// It was no link when it was resolved, and must be none now.
	if got, err := p.root.Stat("."); err != nil || !os.SameFile(got, info) {
		p.Close()
		return nil, &fs.PathError{Op: "open", Path: p.dir, Err: fs.ErrPermission}
	}
	return p, nil
}

// respelled is below where the system finds names without regard to case: the path may
// spell an allowed folder that is there in another way.
func respelled(allowed, path string) (string, bool) {
	n := len(allowed)
	if foldingFS := runtime.GOOS == "windows" || runtime.GOOS == "darwin"; !foldingFS || len(path) < n || !strings.EqualFold(path[:n], allowed) {
		return "", false
	}
	a, err := os.Lstat(allowed)
	if err != nil {
		return "", false
	}
	b, err := os.Lstat(path[:n])
	if err != nil || !os.SameFile(a, b) {
		return "", false
	}
	return below(path[:n], path)
}

// Close ends the use of the place, but not of files that were opened there.
func (p *Place) Close() { _ = p.root.Close() }

// Native returns the path in the system.
func (p *Place) Native() string { return filepath.Join(p.dir, p.name) }

// Info tells about the place. A link, which only a Removable place can be, is told about
// as such.
func (p *Place) Info() (fs.FileInfo, error) { return p.root.Lstat(p.name) }

// Open opens a regular file with the flags of [os.OpenFile]; what is no regular file is
// refused. A file that is made has the permissions, less those of the umask.
func (p *Place) Open(flag int, perm fs.FileMode) (*os.File, error) {
	refused := func(err error) error { return &fs.PathError{Op: "open", Path: filepath.Base(p.name), Err: err} }
	// Opening a device does something already, so it is looked at before.
	named, err := p.Info()
	if err == nil && !named.Mode().IsRegular() {
		return nil, refused(irregular(named))
	}
	// Truncation waits until it is sure which file it is.
	f, err := p.root.OpenFile(p.name, flag&^os.O_TRUNC|nonblock, perm)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = refused(irregular(info))
	case p.single:
		// A link that appeared after the judgement leads to a neighbour.
		if named, err = p.Info(); err == nil && !os.SameFile(info, named) {
			err = refused(fs.ErrPermission)
		}
	}
	if err == nil && flag&os.O_TRUNC != 0 {
		err = f.Truncate(0)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// irregular is why what info tells of can't be opened.
func irregular(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return syscall.EISDIR
	case info.Mode()&fs.ModeSymlink != 0: // it was none when it was resolved
		return fs.ErrPermission
	}
	return errors.New("not a regular file")
}

// Entries returns what is in a folder, by name.
func (p *Place) Entries() ([]fs.DirEntry, error) {
	info, err := p.Info()
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: p.name, Err: syscall.ENOTDIR}
	}
	f, err := p.root.Open(p.name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// InFolder reports whether there is the folder that has the place.
func (p *Place) InFolder() bool {
	info, err := p.root.Stat(filepath.Dir(p.name))
	return err == nil && info.IsDir()
}

// Mkdir makes a folder with the permissions, less those of the umask.
func (p *Place) Mkdir(perm fs.FileMode) error { return p.root.Mkdir(p.name, perm) }

// Chmod sets the permissions.
func (p *Place) Chmod(mode fs.FileMode) error { return p.root.Chmod(p.name, mode) }

// Chtimes has a file the times that info tells.
func (p *Place) Chtimes(info fs.FileInfo) error {
	return p.root.Chtimes(p.name, info.ModTime(), info.ModTime())
}

// Remove removes a file, a link or an empty folder. An allowed folder itself stays.
func (p *Place) Remove() error {
	if p.name == "." {
		return &fs.PathError{Op: "remove", Path: p.dir, Err: fs.ErrPermission}
	}
	return p.root.Remove(p.name)
}

// RemoveAll removes a folder with all that is in it. An allowed folder itself stays.
func (p *Place) RemoveAll() error {
	if p.name == "." {
		return &fs.PathError{Op: "remove", Path: p.dir, Err: fs.ErrPermission}
	}
	return p.root.RemoveAll(p.name)
}

// Rename gives it the place to, which it replaces if that is a file. EXDEV says that it
// has to be copied: to another file system, or to below another entry of the policy.
func (p *Place) Rename(to *Place) error {
	if p.name == "." || to.name == "." {
		return &fs.PathError{Op: "rename", Path: p.dir, Err: fs.ErrPermission}
	}
	if p.dir != to.dir {
		return &fs.PathError{Op: "rename", Path: p.name, Err: syscall.EXDEV}
	}
	return p.root.Rename(p.name, to.name)
}

// Within reports whether the place is other, or in the folder other.
func (p *Place) Within(other *Place) bool {
	_, ok := below(other.Native(), p.Native())
	return ok
}

// Hidden reports whether the system hides the place in listings.
func (p *Place) Hidden() bool {
	return p.name != "." && strings.HasPrefix(filepath.Base(p.name), ".")
}

// Link reports whether a path that may be read is a symbolic link in a folder that may be
// read.
func (s *Sandbox) Link(path string) bool {
	p, err := s.place("", path, "read", s.read, false)
	if err != nil {
		return false
	}
	defer p.Close()
	info, err := p.Info()
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}
