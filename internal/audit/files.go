package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"openwmi/internal/owner"
)

// The file that is written is audit.jsonl; those before it are audit.1.jsonl,
// audit.2.jsonl and so on, the greatest number being the latest.
const (
	currentName = "audit.jsonl"
	namePrefix  = "audit."
	nameSuffix  = ".jsonl"
	lockName    = "audit.lock" // of who begins another file
)

// maxLine is how many bytes a line may have; a Record has less.
const maxLine = 64 << 10

// finished returns the numbers of the files that are full, in their order.
func finished(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []uint64
	for _, e := range entries {
		digits := strings.TrimSuffix(strings.TrimPrefix(e.Name(), namePrefix), nameSuffix)
		if n, err := strconv.ParseUint(digits, 10, 63); err == nil && finishedName(n) == e.Name() {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, nil
}

func finishedName(n uint64) string { return namePrefix + strconv.FormatUint(n, 10) + nameSuffix }

// rotate makes the current file the last of the full ones, if it is still f, and
// removes what is too many. Of several programs that find it full one does so.
func (l *Log) rotate(f os.FileInfo) (err error) {
	lock, err := owner.Lock(filepath.Join(l.dir, lockName))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if !l.current(f) {
		return nil
	}
	full, err := finished(l.dir)
	if err != nil {
		return err
	}
	next := uint64(1)
	if len(full) > 0 {
		next = full[len(full)-1] + 1
	}
	if err := os.Rename(filepath.Join(l.dir, currentName), filepath.Join(l.dir, finishedName(next))); err != nil {
		return err
	}
	full = append(full, next)
	for len(full) > 0 && len(full) >= l.opts.Files {
		if err := os.Remove(filepath.Join(l.dir, finishedName(full[0]))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		full = full[1:]
	}
	return nil
}

// Read yields the records in a directory, the oldest first. A line that is no
// record, such as one that a crash has cut, is an error with its place; who goes
// on gets what follows it. A directory that does not exist is fs.ErrNotExist.
func Read(dir string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		// The file that is written comes last, and may be a full one by then.
		last, err := os.Open(filepath.Join(dir, currentName))
		var is os.FileInfo
		if err == nil {
			defer last.Close()
			is, err = last.Stat()
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield(Record{}, err)
			return
		}
		full, err := finished(dir)
		if err != nil {
			yield(Record{}, err)
			return
		}
		for _, n := range full {
			if !readFile(filepath.Join(dir, finishedName(n)), is, yield) {
				return
			}
		}
		if last != nil {
			readLines(last, yield)
		}
	}
}

// readFile yields the records of a file, if there is one and it is not that other
// one, and reports whether to go on.
func readFile(name string, other os.FileInfo, yield func(Record, error) bool) bool {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true // removed since
	}
	if err != nil {
		return yield(Record{}, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && other != nil && os.SameFile(info, other) {
		return true
	}
	return readLines(f, yield)
}

func readLines(f *os.File, yield func(Record, error) bool) bool {
	in := bufio.NewReaderSize(f, maxLine)
	for number := 1; ; number++ {
		text, err := in.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			for err == bufio.ErrBufferFull {
				_, err = in.ReadSlice('\n')
			}
			text = nil
		}
		if err == io.EOF && len(text) == 0 {
			return true
		}
		if err != nil && err != io.EOF {
			return yield(Record{}, err)
		}
		if string(text) == "\n" {
			continue // two programs have ended one line
		}
		var r Record
		if bad := json.Unmarshal(text, &r); bad != nil {
			if !yield(Record{}, fmt.Errorf("%s:%d: no record: %v", f.Name(), number, bad)) {
				return false
			}
		} else if !yield(r, nil) {
			return false
		}
		if err == io.EOF {
			return true
		}
	}
}
