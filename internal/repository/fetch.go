package repository

import (
	"bytes"

	"openwmi/internal/kv"
)

// A fetcher reads the records that entries of an index lead to. Those of one
// class mostly come in the order of their keys, so after the first few it goes
// along an iterator, which takes a third less than looking up each. A record is
// valid until the next one is fetched.
type fetcher struct {
	view   *View
	entry  *entry // the class of the record
	record *Record
	count  int // of records of this class
	it     kv.Iterator
	key    []byte
}

// iterateFrom is how many records of a class are looked up one by one.
const iterateFrom = 3

// fetch returns the record of a class with some keys, nil if there is none.
func (f *fetcher) fetch(e *entry, keys []byte) (*Record, error) {
	if e != f.entry {
		if err := f.close(); err != nil {
			return nil, err
		}
		r, err := f.view.schema.newRecord(e, f.view.snap)
		if err != nil {
			return nil, err
		}
		f.entry, f.record, f.count = e, r, 0
		f.key = appendClassPrefix(f.key[:0], tableInstance, f.view.ns.id, e.id)
	}
	f.key = append(f.key[:classKeySize], keys...)
	value, ok, err := f.read()
	if err != nil || !ok {
		return nil, err
	}
	if err := f.record.reset(view(value)); err != nil {
		return nil, f.view.schema.damaged(e, err)
	}
	return f.record, nil
}

func (f *fetcher) read() (value []byte, ok bool, err error) {
	if f.count++; f.count <= iterateFrom {
		return f.view.snap.Get(f.key)
	}
	if f.it == nil {
		prefix := f.key[:classKeySize:classKeySize]
		if f.it, err = f.view.snap.Scan(prefix, after(prefix)); err != nil {
			return nil, false, err
		}
	}
	if !f.it.Seek(f.key) {
		return nil, false, f.close()
	}
	return f.it.Value(), bytes.Equal(f.it.Key(), f.key), nil
}

// close releases what the fetcher holds, and returns the error of reading.
func (f *fetcher) close() error {
	if f.it == nil {
		return nil
	}
	it := f.it
	f.it = nil
	return it.Close()
}
