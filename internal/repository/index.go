package repository

import (
	"bytes"
	"errors"
	"slices"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// Indexes
//
// A property with the qualifier Indexed has an index (model.md 12.3): the
// instances in the order of its values. So has every reference property, by the
// object that is referred to, so that what associates an object is found
// without reading all associations. Entries are written in the transaction that
// writes the record, and follow from the record and its class alone.
//
// An index belongs to the topmost class in which the property is indexed, its
// root, and has the instances of all classes below: one range of keys answers
// for a class with its subclasses. The first key property needs none, because
// the records stand in its order.
//
// NULL has no entry. A text is cut, and of a reference there is a hash that does
// not know of classes (linkTarget), so a range of an index may have more
// instances than were asked for, and whoever reads it looks at each again.
//
// No class gains or loses an index while it has instances: Indexed and the type
// are structural (put.md 4.2), a structural change has no instances below it,
// and those of the class itself are deleted with their entries.

// An index is that of one property of a class.
type index struct {
	property int      // its position in the class
	typ      cim.Type // of an element; a reference has a link
	root     uint32   // id of the root; not used by links
	at       uint16   // position of the property in the root; of a link, in the class
}

func (x *index) isLink() bool { return x.typ == cim.TypeReference }

// indexesOf returns the indexes of a class whose superclass has been derived.
func indexesOf(c *cim.Class, e *entry) []index {
	var out []index
	for k, p := range c.Properties() {
		switch {
		case p.Type().Elem() == cim.TypeReference:
			out = append(out, index{property: k, typ: cim.TypeReference, at: uint16(k)})
		case !p.IsIndexed() || p.Type().IsArray() || p.Type() == cim.TypeObject:
		default:
			x := index{property: k, typ: p.Type(), root: e.id, at: uint16(k)}
			if above := inheritedIndex(p, e); above != nil {
				x.root, x.at = above.root, above.at
			} else if keys := c.Keys(); len(keys) > 0 && keys[0] == k {
				continue
			}
			out = append(out, x)
		}
	}
	return out
}

// inheritedIndex returns the index that the superclass of e has of a property,
// nil if it has none.
func inheritedIndex(p *cim.Property, e *entry) *index {
	if e.super == nil {
		return nil
	}
	d := e.super.made.Load()
	return d.index(d.class.PropertyIndex(p.Name()))
}

// index returns the index of the property at a position, nil if it has none.
func (d *derived) index(property int) *index {
	for i := range d.indexes {
		if d.indexes[i].property == property {
			return &d.indexes[i]
		}
	}
	return nil
}

// entries appends the keys of the entries of a record, of which each is there
// once.
func (d *derived) entries(out [][]byte, ns *Namespace, keys []byte, record string) ([][]byte, error) {
	r := Record{layout: d.layout}
	if err := r.reset(record); err != nil {
		return out, err
	}
	for i := range d.indexes {
		x := &d.indexes[i]
		v := r.At(x.property)
		switch {
		case v.IsNull():
		case !x.isLink():
			out = append(out, indexKey(ns.id, x, v, d.layout.id, keys))
		case !v.Type().IsArray():
			out = append(out, linkKey(ns, linkTarget(v.Text(), ns), d.layout.id, keys, x.at))
		default:
			from := len(out)
			for _, text := range v.Texts() {
				out = append(out, linkKey(ns, linkTarget(text, ns), d.layout.id, keys, x.at))
			}
			slices.SortFunc(out[from:], bytes.Compare)
			out = append(out[:from], slices.CompactFunc(out[from:], bytes.Equal)...)
		}
	}
	return out, r.Err()
}

// reindex replaces the entries of one record, nil for none, by those of another
// under the same keys.
func (tx *Tx) reindex(s *schema, at place, old, record []byte) {
	if len(at.indexes) == 0 || tx.err != nil {
		return
	}
	var was, is [][]byte
	var err error
	if old != nil {
		was, err = at.entries(nil, s.ns, at.keys(), view(old))
		if errors.Is(err, kv.ErrCorrupt) {
			err = tx.sweep(s, at.entry, at.keys())
		}
	}
	if record != nil && err == nil {
		is, err = at.entries(nil, s.ns, at.keys(), view(record))
	}
	if err != nil {
		tx.fail(err)
		return
	}
	has := func(list [][]byte, key []byte) bool {
		return slices.ContainsFunc(list, func(k []byte) bool { return bytes.Equal(k, key) })
	}
	if len(was) > 16 || len(is) > 16 {
		has = func([][]byte, []byte) bool { return false } // rather write too much than compare all with all
	}
	for _, key := range was {
		if !has(is, key) {
			tx.delete(key)
		}
	}
	for _, key := range is {
		if !has(was, key) {
			tx.put(key, nil)
		}
	}
}

// unindexAll deletes the entries of all instances of exactly one class.
func (tx *Tx) unindexAll(s *schema, e *entry) error {
	d := e.made.Load()
	if d == nil {
		return tx.sweep(s, e, nil)
	}
	if len(d.indexes) == 0 {
		return nil
	}
	damaged := false
	var list [][]byte
	err := tx.each(classPrefix(tableInstance, s.ns.id, e.id), func(key, value []byte) error {
		var err error
		if list, err = d.entries(list[:0], s.ns, key[classKeySize:], view(value)); err != nil {
			damaged = true
		}
		for _, key := range list {
			tx.delete(key)
		}
		return nil
	})
	if err == nil && damaged {
		err = tx.sweep(s, e, nil)
	}
	return err
}

// sweep deletes all entries of the instances of one class or, with keys, of one
// of them, looking at every entry of the namespace: for damaged records, from
// which they cannot be told.
func (tx *Tx) sweep(s *schema, e *entry, keys []byte) error {
	for _, table := range indexTables {
		var doomed [][]byte
		err := tx.each(spacePrefix(table, s.ns.id), func(key, _ []byte) error {
			if x, ok := splitIndexKey(key); ok && x.class == e.id && (keys == nil || bytes.Equal(x.keys, keys)) {
				doomed = append(doomed, bytes.Clone(key))
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, key := range doomed {
			tx.delete(key)
		}
	}
	return nil
}
