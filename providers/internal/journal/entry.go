package journal

import (
	"fmt"
	"iter"
)

// What is read of an entry at most.
const (
	// MaxItems bounds the fields of an entry, as journald does.
	MaxItems = 1024
	// MaxEntry bounds the bytes of all values that Fields yields; those that
	// are behind are left out.
	MaxEntry = 4 << 20
)

// entryHeader is the bytes of an entry before its items.
const entryHeader = 64

// An Entry is what was logged at one moment. It can be read until its Set is
// closed or updated.
type Entry struct {
	Number    uint64 // in the Set: Set.Entries
	Seqnum    uint64 // in the sequence
	Sequence  ID
	Boot      ID
	Realtime  uint64 // when journald wrote it, µs since 1970
	Monotonic uint64 // µs since the system was started

	f   *file
	off uint64
	xor uint64
	// items are its data, nil as long as nobody asks.
	items []item
}

// An item is a data object of an entry.
type item struct {
	off   uint64
	field *Field // nil as long as nobody asks; shared, so never changed
	whole bool   // the value is there, and not the name alone
}

// stamp reads what an entry says of itself.
func (f *file) stamp(off uint64, e *Entry) error {
	b, _, _, err := f.object(off, objectEntry, entryHeader)
	if err != nil {
		return err
	}
	*e = Entry{
		Seqnum: le.Uint64(b[16:]), Realtime: le.Uint64(b[24:]), Monotonic: le.Uint64(b[32:]),
		Sequence: f.sequence, Boot: ID(b[40:56]), f: f, off: off, xor: le.Uint64(b[56:]),
	}
	return nil
}

// load reads the offsets of the data.
func (e *Entry) load() {
	if e.items != nil {
		return
	}
	e.items = []item{}
	_, size, _, err := e.f.object(e.off, objectEntry, entryHeader)
	if err != nil {
		return
	}
	each := uint64(16)
	if e.f.compact {
		each = 4
	}
	n := min((size-entryHeader)/each, MaxItems)
	b, err := e.f.read(e.off+entryHeader, n*each)
	if err != nil {
		return
	}
	e.items = make([]item, n)
	for i := range e.items {
		if e.f.compact {
			e.items[i].off = uint64(le.Uint32(b[4*i:]))
		} else {
			e.items[i].off = le.Uint64(b[16*i:])
		}
	}
}

// unreadable is the field of data that cannot be read. No field has its name.
var unreadable = &Field{}

// whole returns the field of an item, or unreadable.
func (e *Entry) whole(i *item) *Field {
	if !i.whole {
		i.field, i.whole = e.f.datum(i.off), true
	}
	return i.field
}

// Get returns the value of a field, the first if it is there several times; ok is
// false if it is not there.
func (e *Entry) Get(name string) (value string, ok bool) {
	e.load()
	for k := range e.items {
		i := &e.items[k]
		if i.field == nil {
			i.field, i.whole = e.f.name(i.off)
		}
		if i.field.Name == name {
			f := e.whole(i)
			return f.Value, f != unreadable
		}
	}
	return "", false
}

// Fields yields the fields in the order of the file. Fields that cannot be read are
// left out.
func (e *Entry) Fields() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		e.load()
		left := MaxEntry
		for k := range e.items {
			f := e.whole(&e.items[k])
			if f == unreadable {
				continue
			}
			if left -= len(f.Value); left < 0 || !yield(*f) {
				return
			}
		}
	}
}

// Cursor returns the text by which journalctl finds the entry.
func (e *Entry) Cursor() string {
	return fmt.Sprintf("s=%x;i=%x;b=%x;m=%x;t=%x;x=%x", e.Sequence, e.Seqnum, e.Boot, e.Monotonic, e.Realtime, e.xor)
}
