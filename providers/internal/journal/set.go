package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// MaxFiles bounds the files of a Set. journald keeps a hundred, and some for each
// user.
const MaxFiles = 4096

// ErrNone is returned where there is no journal at all.
var ErrNone = errors.New("there is no journal")

// A Set is the files of a journal, as one.
type Set struct {
	dirs  []string
	cache *cache
	files []*member
	seqs  []sequence // the oldest first
}

// A member is a file of a Set.
type member struct {
	*file
	name string // its path when it was found
	info os.FileInfo
}

// open opens a file for reading.
func open(name string, c *cache) (*member, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	j, err := newFile(osFile{f}, c)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	j.close = f.Close
	return &member{j, name, info}, nil
}

// A sequence is the files whose sequence numbers are of one kind. Its entries have
// the numbers of their Seqnum and base.
type sequence struct {
	id         ID
	base       uint64
	head, tail uint64 // sequence numbers
	last       uint64 // realtime of the newest entry
	files      []*member
}

// OpenSet opens the files *.journal and *.journal~ of directories. Those that cannot
// be read are left out, unless these are all: then the error is that of one of them,
// first fs.ErrPermission. ErrNone if there are no files.
func OpenSet(dirs []string) (*Set, error) {
	s := &Set{dirs: dirs, cache: newCache()}
	if err := s.Update(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the files.
func (s *Set) Close() error {
	for _, m := range s.files {
		m.close()
	}
	s.files, s.seqs = nil, nil
	s.cache.close()
	return nil
}

// Update looks for entries and files that are new, and closes files that were
// deleted. Its errors are those of OpenSet.
func (s *Set) Update() error {
	found := map[*member]bool{}
	var denied, damaged error
	for _, name := range s.names() {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		m := s.known(info)
		if m == nil {
			if m, err = open(name, s.cache); err != nil {
				if errors.Is(err, fs.ErrPermission) {
					denied = err
				} else if !errors.Is(err, fs.ErrNotExist) {
					damaged = err
				}
				continue
			}
			if len(s.files) == MaxFiles {
				m.close()
				return fmt.Errorf("there are more than %d journal files in %s", MaxFiles, strings.Join(s.dirs, ", "))
			}
			s.files = append(s.files, m)
		} else if m.state != archived {
			m.refresh() // what is wrong with it now was not when it was opened
			m.info = info
		}
		found[m] = true
	}
	s.files = slices.DeleteFunc(s.files, func(m *member) bool {
		if !found[m] {
			m.close()
		}
		return !found[m]
	})
	s.arrange()
	if len(s.files) > 0 {
		return nil
	}
	return cmp.Or(denied, damaged, ErrNone)
}

// names returns the paths of the files.
func (s *Set) names() []string {
	var names []string
	for _, dir := range s.dirs {
		for _, pattern := range []string{"*.journal", "*.journal~"} {
			some, _ := filepath.Glob(filepath.Join(dir, pattern))
			names = append(names, some...)
		}
	}
	return names
}

func (s *Set) known(info os.FileInfo) *member {
	for _, m := range s.files {
		if os.SameFile(m.info, info) {
			return m
		}
	}
	return nil
}

// arrange finds out which sequences there are.
func (s *Set) arrange() {
	s.seqs = nil
	for _, m := range s.files {
		if m.entries == 0 || m.tail < m.head {
			continue
		}
		i := slices.IndexFunc(s.seqs, func(q sequence) bool { return q.id == m.sequence })
		if i < 0 {
			i = len(s.seqs)
			s.seqs = append(s.seqs, sequence{id: m.sequence, head: m.head})
		}
		q := &s.seqs[i]
		q.files = append(q.files, m)
		q.head, q.tail, q.last = min(q.head, m.head), max(q.tail, m.tail), max(q.last, m.last)
	}
	slices.SortFunc(s.seqs, func(a, b sequence) int {
		return cmp.Or(cmp.Compare(a.last, b.last), slices.Compare(a.id[:], b.id[:]))
	})
	base := uint64(0)
	for i := range s.seqs {
		s.seqs[i].base = base
		base += s.seqs[i].tail
	}
}

// Last returns the number of the newest entry, 0 if there is none.
func (s *Set) Last() uint64 {
	if len(s.seqs) == 0 {
		return 0
	}
	q := s.seqs[len(s.seqs)-1]
	return q.base + q.tail
}

// Dir returns the first of the directories that has files, "" if there are none.
func (s *Set) Dir() string {
	if len(s.files) == 0 {
		return ""
	}
	return filepath.Dir(s.files[0].name)
}

// Files returns what the system says of the files.
func (s *Set) Files() []os.FileInfo {
	var all []os.FileInfo
	for _, m := range s.files {
		all = append(all, m.info)
	}
	return all
}
