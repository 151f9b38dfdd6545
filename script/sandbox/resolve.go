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
// links, and with names as they are on disk where they differ in case. The last name is
// kept if it is a link and follow is false. The end of a path may be missing.
func resolve(path string, follow bool) (string, error) {
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
		if errors.Is(err, fs.ErrNotExist) {
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

// fold returns the first name in a folder that equals name but for case.
func fold(dir, name string) (string, bool) {
	if runtime.GOOS == "windows" {
		return "", false // the system does it
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", false
	}
	for _, e := range entries {
		if strings.EqualFold(e.Name(), name) {
			return e.Name(), true
		}
	}
	return "", false
}
