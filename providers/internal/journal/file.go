package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// errDamaged is what makes no sense in a file.
var errDamaged = errors.New("the journal file is damaged")

// A Source is where a file is read from. Size is asked for again when the file may
// have grown.
type Source interface {
	io.ReaderAt
	Size() int64
}

// osFile is a Source.
type osFile struct{ *os.File }

func (f osFile) Size() int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// A file is an open journal file.
type file struct {
	header
	src   Source
	close func() error
	cache *cache
	page  uint32 // its number in the cache
	end   uint64 // of what can be read
	far   []byte // what is in several pages

	compact bool
	data    map[uint64]*Field // small data that several entries have, by offset
	names   map[string]*Field // without values
}

func newFile(src Source, c *cache) (*file, error) {
	f := &file{src: src, cache: c, close: func() error { return nil }, names: map[string]*Field{}, data: map[uint64]*Field{}}
	return f, f.refresh()
}

// refresh reads the header again. What was found before may be stale; it is good
// all the same, because a file only grows.
func (f *file) refresh() error {
	b := make([]byte, minHeader)
	if _, err := f.src.ReadAt(b, 0); err != nil {
		return fmt.Errorf("the header: %w", err)
	}
	h, err := parseHeader(b)
	if err != nil {
		return err
	}
	if f.page != 0 && h.file != f.file {
		return fmt.Errorf("%w: it has become another file", errDamaged)
	}
	f.header = h
	f.compact = h.incompatible&compact != 0
	f.page = f.cache.newFile()
	f.end = min(h.size+h.arena, uint64(max(f.src.Size(), 0)))
	return nil
}

// read returns n bytes at an offset. They are good until the next read of any file.
func (f *file) read(off, n uint64) ([]byte, error) {
	if off > f.end || n > f.end-off {
		return nil, errDamaged
	}
	at := off &^ (pageSize - 1)
	p, err := f.cache.page(f.page, f.src, at)
	if err != nil {
		return nil, err
	}
	in := off - at
	if in+n <= uint64(len(p)) {
		return p[in : in+n], nil
	}
	f.far = f.far[:0]
	for {
		if in >= uint64(len(p)) {
			return nil, errDamaged // it was cut off meanwhile
		}
		f.far = append(f.far, p[in:min(uint64(len(p)), in+n-uint64(len(f.far)))]...)
		if uint64(len(f.far)) == n {
			return f.far, nil
		}
		at, in = at+pageSize, 0
		if p, err = f.cache.page(f.page, f.src, at); err != nil {
			return nil, err
		}
	}
}

// Types of objects.
const (
	objectData       = 1
	objectField      = 2
	objectEntry      = 3
	objectEntryArray = 6
)

// object returns the size and the flags of an object of a type, and its first n
// bytes, which are 16 or more.
func (f *file) object(off uint64, typ byte, n uint64) (b []byte, size uint64, flags byte, err error) {
	if off < f.size || off%8 != 0 {
		return nil, 0, 0, errDamaged
	}
	b, err = f.read(off, n)
	if err != nil {
		return nil, 0, 0, err
	}
	size = le.Uint64(b[8:])
	if b[0] != typ || size < n || size > f.end-off {
		return nil, 0, 0, errDamaged
	}
	return b, size, b[1], nil
}
