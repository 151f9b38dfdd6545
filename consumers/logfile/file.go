package logfile

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf16"

	"openwmi/cim"
	"openwmi/wbem"
)

// A file is a file that lines are appended to. It belongs to whoever has the
// turn, and is opened for the first line, so that a file which others have moved
// in the meantime is made anew.
type file struct {
	dir, name string // a directory of the configuration, and a path below it
	max       uint64 // bytes after which the file is renamed; 0 is never
	unicode   bool   // make new files UTF-16

	// root keeps all names within dir, whatever links there are.
	root   *os.Root
	f      *os.File // nil while it is not open
	encode func(line string) []byte
}

// lineEnd ends lines. events.md 10.3, Decision
var lineEnd = map[bool]string{true: "\r\n", false: "\n"}[runtime.GOOS == "windows"]

// The marks with which files of an encoding begin.
var (
	littleMark  = []byte{0xFF, 0xFE}
	bigMark     = []byte{0xFE, 0xFF}
	littleOrder = func(b []byte, u uint16) []byte { return append(b, byte(u), byte(u>>8)) }
	bigOrder    = func(b []byte, u uint16) []byte { return append(b, byte(u>>8), byte(u)) }
)

// append writes a line in one piece, after it has moved a file that is too large
// out of the way.
func (f *file) append(line string) error {
	if err := f.open(); err != nil {
		return err
	}
	info, err := f.f.Stat()
	if err != nil {
		return err
	}
	if f.max > 0 && uint64(info.Size()) > f.max {
		if err := f.rotate(); err != nil {
			return err
		}
		if err := f.open(); err != nil {
			return err
		}
	}
	_, err = f.f.Write(f.encode(line + lineEnd))
	return err
}

func (f *file) close() error {
	var err error
	if f.f != nil {
		err = f.f.Close()
		f.f = nil
	}
	if f.root != nil {
		f.root.Close()
		f.root = nil
	}
	return err
}

func (f *file) open() error {
	if f.f != nil {
		return nil
	}
	if f.root == nil {
		root, err := os.OpenRoot(f.dir)
		if err != nil {
			return err
		}
		f.root = root
	}
	// Before anything is opened that waits for another, such as a pipe.
	if info, err := f.root.Lstat(f.name); err == nil {
		if err := regular(info); err != nil {
			return err
		}
	}
	file, err := f.root.OpenFile(f.name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		err = regular(info)
	}
	if err == nil {
		err = f.detect(file, info.Size())
	}
	if err != nil {
		file.Close()
		return err
	}
	f.f = file
	return nil
}

func regular(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return cim.Errorf(wbem.AccessDenied, "%.200q is not a regular file but %v", info.Name(), info.Mode().Type())
	}
	return nil
}

// detect finds out in which encoding the file is: the first bytes of one that has
// any say so.
func (f *file) detect(file *os.File, size int64) error {
	if size == 0 {
		f.encode = encodeUTF8
		if f.unicode {
			f.encode = encodeUTF16(littleOrder)
			_, err := file.Write(littleMark)
			return err
		}
		return nil
	}
	var mark [2]byte
	n, err := file.ReadAt(mark[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(mark[:n], littleMark):
		f.encode = encodeUTF16(littleOrder)
	case bytes.HasPrefix(mark[:n], bigMark):
		f.encode = encodeUTF16(bigOrder)
	default:
		f.encode = encodeUTF8
	}
	return nil
}

func encodeUTF8(line string) []byte { return []byte(line) }

func encodeUTF16(order func([]byte, uint16) []byte) func(string) []byte {
	return func(line string) []byte {
		b := make([]byte, 0, 2*len(line))
		for _, u := range utf16.Encode([]rune(line)) {
			b = order(b, u)
		}
		return b
	}
}

// maxNumber is the greatest number of a file that was moved out of the way.
const maxNumber = 999

// rotate renames the file to name.001, or to the number above all that are in
// use; once 999 is, to the least that is free. The file is closed then.
func (f *file) rotate() error {
	if err := f.f.Close(); err != nil {
		return err
	}
	f.f = nil
	dir, err := f.root.Open(filepath.Dir(f.name))
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	number, err := nextNumber(filepath.Base(f.name), names)
	if err != nil {
		return err
	}
	return f.root.Rename(f.name, fmt.Sprintf("%s.%03d", f.name, number))
}

func nextNumber(base string, names []string) (int, error) {
	var used [maxNumber + 1]bool
	last := 0
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, base+".")
		if n, err := strconv.ParseUint(digits, 10, 16); ok && err == nil && len(digits) == 3 {
			used[n] = true
			last = max(last, int(n))
		}
	}
	if last < maxNumber {
		return last + 1, nil
	}
	for n := 1; n <= maxNumber; n++ {
		if !used[n] {
			return n, nil
		}
	}
	return 0, cim.Errorf(wbem.QuotaViolation, "%.200q is full, and there are %d old files of it already", base, maxNumber)
}
