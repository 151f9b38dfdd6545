package repository

import (
	"bytes"
	"encoding/binary"
	"errors"

	"openwmi/internal/kv"
)

// unindexedVersion is the format without indexes.
const unindexedVersion = 1

// upgrade brings a store of format 1 to the format of this program: it writes
// the indexes of all records, some at a time, and last the new version. If it is
// interrupted the store still has format 1, in which an older program may write
// to it; so the next time all begins anew. A store that cannot be written stays
// as it is, and does without indexes.
func (r *Repository) upgrade() error {
	err := r.store.Update(kv.Buffered, func(tx kv.Tx) error {
		for _, table := range indexTables {
			if err := tx.DeleteRange([]byte{table}, []byte{table + 1}); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, kv.ErrReadOnly) {
		r.unindexed = true
		return nil
	}
	if err == nil {
		err = r.eachSpace(r.spaces.Load().root, r.indexSpace)
	}
	if err != nil {
		return err
	}
	return r.store.Update(kv.Durable, func(tx kv.Tx) error {
		return tx.Put(metaFormat, binary.BigEndian.AppendUint32(nil, formatVersion))
	})
}

// eachSpace calls fn with a namespace and all below it.
func (r *Repository) eachSpace(ns *Namespace, fn func(*Namespace) error) error {
	if err := fn(ns); err != nil {
		return err
	}
	for c := range r.spaces.Load().children(ns) {
		if err := r.eachSpace(c, fn); err != nil {
			return err
		}
	}
	return nil
}

func (r *Repository) indexSpace(ns *Namespace) error {
	s, err := ns.schema()
	if err != nil {
		return err
	}
	for e := range s.descendants(nil) {
		d, err := s.derive(e, r.now)
		if errors.Is(err, kv.ErrCorrupt) {
			continue // whoever replaces or deletes the class deletes its instances
		}
		if err != nil {
			return err
		}
		if len(d.indexes) == 0 {
			continue
		}
		prefix := classPrefix(tableInstance, ns.id, e.id)
		for from := prefix; from != nil && err == nil; {
			from, err = r.indexRecords(ns, d, from, after(prefix))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// upgradeBytes is about how much is written to indexes at a time.
const upgradeBytes = 4 << 20

// indexRecords writes the entries of records of one class, the first of which
// has the key from or a later one, and returns where to go on, nil for the end.
func (r *Repository) indexRecords(ns *Namespace, d *derived, from, to []byte) (next []byte, err error) {
	err = r.store.Update(kv.Buffered, func(tx kv.Tx) error {
		next = nil
		size := 0
		var list [][]byte
		err := scanRange(tx, from, to, func(key, value []byte) error {
			if size > upgradeBytes {
				next = bytes.Clone(key)
				return errEnough
			}
			// A damaged record stays as it is, with what can be read of it in
			// the indexes.
			list, _ = d.entries(list[:0], ns, key[classKeySize:], view(value))
			for _, k := range list {
				size += len(k)
				if err := tx.Put(k, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err == errEnough {
			err = nil
		}
		return err
	})
	return next, err
}
