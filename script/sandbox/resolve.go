package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// maxLinks bounds the symbolic links of one path, as Linux does.
const maxLinks = 40

// resolve returns the path to which an absolute, clean path leads: without symbolic
// links, and with the names that fold finds for those that are not there; fold may be
// nil. The last name is kept if it is a link and follow is false. The end of a path may
// be missing.
func resolve(path string, follow bool, fold func(dir, name string) (string, bool)) (string, error) {
	const sep = string(filepath.Separator)
	done := filepath.VolumeName(path) + sep
	rest := split(path[len(filepath.VolumeName(path)):])
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		if name == ".." { // of a link
			done = filepath.Dir(done)
			continue
		}
		next := filepath.Join(done, name)
		info, err := os.Lstat(next)
		if errors.Is(err, fs.ErrNotExist) && fold != nil {
			if actual, ok := fold(done, name); ok {
				next = filepath.Join(done, actual)
				info, err = os.Lstat(next)
			}
		}
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
			for _, r := range rest {
				if r == ".." {
					return "", &fs.PathError{Op: "lstat", Path: path, Err: fs.ErrNotExist}
				}
			}
			return filepath.Join(append([]string{next}, rest...)...), nil
		case err != nil:
			return "", err
		case info.Mode()&fs.ModeSymlink == 0 || len(rest) == 0 && !follow:
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", &fs.PathError{Op: "readlink", Path: path, Err: errors.New("too many links")}
		}
		target, err := os.Readlink(next)
		if err != nil {
			return "", err
		}
		if filepath.IsAbs(target) {
			done = filepath.VolumeName(target) + sep
			target = target[len(filepath.VolumeName(target)):]
		}
		rest = append(split(target), rest...)
	}
	return done, nil
}

func split(path string) []string {
	return strings.FieldsFunc(path, func(c rune) bool { return c < 0x80 && os.IsPathSeparator(uint8(c)) })
}

// foldLimit bounds the folders in which names are found without regard to case, since
// every file that is made is looked for first.
const foldLimit = 1000

// fold returns the first name in a folder that equals name but for case. It does not look
// again into a folder that had too many.
func (s *Sandbox) fold(dir, name string) (string, bool) {
	if runtime.GOOS == "windows" || s.large[dir] {
		return "", false // the system does it
	}
	f, err := os.OpenFile(dir, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return "", false
	}
	defer f.Close()
	names, err := f.Readdirnames(foldLimit + 1)
	if err != nil {
		return "", false
	}
	if len(names) > foldLimit {
		s.large[dir] = true
		return "", false
	}
	found := ""
	for _, n := range names {
		if strings.EqualFold(n, name) && (found == "" || n < found) {
			found = n
		}
	}
	return found, found != ""
}
