package kv

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/record"
)

// CutLog takes from the store in dir what stands in its logs behind a damaged
// place, so that the rest can be opened: it shortens the newest log that is
// damaged, removes those that come after it, and says in words what it did. It
// returns "" if no log is damaged. The writes that are lost are the last ones;
// which they were nobody can tell. It is meant for a copy of a store that Open
// refuses as ErrCorrupt, and nobody may have it open.
func CutLog(dir string) (cut string, err error) {
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		return "", err
	}
	numbers := map[string]uint64{}
	logs = slices.DeleteFunc(logs, func(name string) bool {
		n, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(name), ".log"), 10, 64)
		numbers[name] = n
		return err != nil
	})
	slices.SortFunc(logs, func(a, b string) int { return int(numbers[b]) - int(numbers[a]) })
	for i, name := range logs {
		at, whole, err := readLog(name, numbers[name], i == 0)
		if err != nil {
			return "", err
		}
		if whole {
			continue
		}
		for _, later := range logs[:i] {
			if err := os.Remove(later); err != nil {
				return "", err
			}
		}
		if err := os.Truncate(name, at); err != nil {
			return "", err
		}
		cut = fmt.Sprintf("log %s is damaged at byte %d", filepath.Base(name), at)
		if i > 0 {
			cut += fmt.Sprintf(", and %d came after it", i)
		}
		return cut, nil
	}
	return "", nil
}

// readLog reads a log and returns whether it is whole, and otherwise where the last
// good record ends. The last log of all may end in the midst of a record, which was
// being written when the system went down.
func readLog(name string, number uint64, last bool) (at int64, whole bool, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	r := numbered(record.NewReader, f, number)
	for {
		at = r.Offset()
		rec, err := r.Next()
		if err == nil {
			_, err = io.Copy(io.Discard, rec)
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), last && errors.Is(err, record.ErrUnexpectedEOF):
			return at, true, nil
		case record.IsInvalidRecord(err):
			return at, false, nil
		default:
			return at, false, err
		}
	}
}

// numbered calls new with a number of a type that only Pebble can name.
func numbered[N ~uint64](new func(io.Reader, N) *record.Reader, f io.Reader, number uint64) *record.Reader {
	return new(f, N(number))
}
