package repository

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// A Lookup says where to look for instances of a class. The zero Lookup but for
// Class means all of exactly that class.
//
// What is found has every instance that was asked for and may have others of
// these classes, in particular when a text, a reference or a datetime is looked
// for; whoever reads it tests each again. It has none twice.
type Lookup struct {
	Class string
	Deep  bool // with instances of subclasses

	// Keys are the values of the first key properties of the class, in the
	// order of cim.Class.Keys and of their types: records stand in this order,
	// so those with the same first keys are one range of each class. From the
	// first datetime or reference on they are not used, because such keys are
	// equal in more ways than one.
	Keys []cim.Value

	// Range bounds one property, at position Property of the class: the key
	// behind Keys or, if there are none, one of View.Indexed. Nil means none.
	Property int
	Range    *Range
}

// A Range has the values from Low to High, both included; a NULL means that
// there is no such bound. The bounds are of the type of the property. NULL is in
// no range. A reference can only be looked for with Low and High the same, and
// datetimes in a range of points or of intervals.
type Range struct {
	Low, High cim.Value
}

// Equal returns the range of one value.
func Equal(v cim.Value) *Range { return &Range{v, v} }

// An Index says that instances can be found by a property.
type Index struct {
	Property int  // position in the class
	Ordered  bool // by ranges, not only by one value
}

// Indexed returns the indexes of a class, by property: of those that have the
// qualifier Indexed, and of references and arrays of them. The keys are not
// among them, although a Range can bound the first. The error is that of Class.
func (v *View) Indexed(class string) ([]Index, error) {
	d, err := v.schema.deriveNamed(class, v.snap)
	if err != nil || v.ns.r.unindexed {
		return nil, err
	}
	var out []Index
	for i := range d.indexes {
		out = append(out, Index{d.indexes[i].property, !d.indexes[i].isLink()})
	}
	return out, nil
}

// Seek yields the records that a lookup finds: class by class in the order of
// their keys or, with an index, in that of the index. A record and the texts in
// it are valid until the next one is asked for.
//
// The error is InvalidClass for an unknown class, InvalidParameter for a
// property that is not indexed or a bound of another type.
func (v *View) Seek(ctx context.Context, l Lookup) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		s, err := v.search(l)
		if err != nil {
			yield(nil, err)
			return
		}
		if s.index == nil {
			for e := range s.classes {
				lo, hi := v.bounds(s, e)
				if !v.schema.classRecords(ctx, v.snap, e, lo, hi, yield) {
					return
				}
			}
			return
		}
		f := fetcher{view: v}
		left := false
		err = v.eachEntry(ctx, s, func(e *entry, x indexEntry) (bool, error) {
			r, err := f.fetch(e, x.keys)
			if err != nil || r == nil {
				return true, err // Verify reports an entry that leads nowhere
			}
			if !s.holds(r, e, x) {
				if err := r.Err(); err != nil {
					return false, v.schema.damaged(e, err)
				}
				return true, nil // there is another entry with the value
			}
			left = !yield(r, nil)
			return !left, nil
		})
		if closed := f.close(); err == nil {
			err = closed
		}
		if err != nil && !left {
			yield(nil, err)
		}
	}
}

// Count returns how many records a lookup finds, but no more than limit. It does
// not read them, so it takes about a microsecond for each at most, and is meant
// as an estimate with a small limit.
func (v *View) Count(ctx context.Context, l Lookup, limit int) (n int, err error) {
	s, err := v.search(l)
	if err != nil || limit <= 0 {
		return 0, err
	}
	if s.index != nil {
		err = v.eachEntry(ctx, s, func(*entry, indexEntry) (bool, error) {
			n++
			return n < limit, nil
		})
		return n, err
	}
	for e := range s.classes {
		lo, hi := v.bounds(s, e)
		err := scanRange(v.snap, lo, hi, func(_, _ []byte) error {
			if n++; n == limit {
				return errEnough
			}
			if n%checkEvery == 0 {
				return ctx.Err()
			}
			return nil
		})
		if err == errEnough {
			break
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// A search is a lookup made ready: a range of keys of each of some classes or,
// with an index, one range of its table.
type search struct {
	top     *entry // the class
	deep    bool
	classes iter.Seq[*entry]

	// Of the keys of instances: the first, and what the last begins with.
	from, to []byte

	index  *index // nil for none
	lo, hi []byte // in its table
}

// bounds returns the range of a search among the records of a class.
func (v *View) bounds(s *search, e *entry) (lo, hi []byte) {
	prefix := classPrefix(tableInstance, v.ns.id, e.id)
	prefix = prefix[:len(prefix):len(prefix)]
	return append(prefix, s.from...), after(append(prefix, s.to...))
}

func (v *View) search(l Lookup) (*search, error) {
	classes, err := v.schema.extent(l.Class, l.Deep)
	if err != nil {
		return nil, err
	}
	s := &search{top: v.schema.find(l.Class), deep: l.Deep, classes: classes}
	if l.Range == nil && len(l.Keys) == 0 {
		return s, nil
	}
	d, err := v.schema.derive(s.top, v.snap)
	if err != nil {
		return nil, err
	}
	if err := l.check(d.class); err != nil {
		return nil, err
	}
	switch keys := d.class.Keys(); {
	case l.Range != nil && len(l.Keys) == 0 && d.index(l.Property) != nil:
		return s, v.searchIndex(s, d, l)
	case l.Range != nil && (len(l.Keys) == len(keys) || keys[len(l.Keys)] != l.Property):
		return s, v.searchIndex(s, d, l)
	case len(l.Keys) == len(keys):
		return s, v.searchOne(s, d, l.Keys)
	default:
		v.searchKeys(s, l)
		return s, nil
	}
}

// check returns InvalidParameter for values that are not of the types of their
// properties.
func (l *Lookup) check(c *cim.Class) error {
	keys, props := c.Keys(), c.Properties()
	if len(l.Keys) > len(keys) {
		return cim.Errorf(cim.InvalidParameter, "class %s has %d keys, not %d", c.Name(), len(keys), len(l.Keys))
	}
	typed := func(k int, v cim.Value) error {
		if t := props[k].Type().Elem(); v.Type() != t {
			return cim.Errorf(cim.InvalidParameter, "property %s.%s is %v, and is looked for with %v", c.Name(), props[k].Name(), t, v.Type())
		}
		return nil
	}
	for i, v := range l.Keys {
		if err := typed(keys[i], v); err != nil {
			return err
		}
	}
	if l.Range == nil {
		return nil
	}
	if l.Property < 0 || l.Property >= len(props) {
		return cim.Errorf(cim.InvalidParameter, "class %s has no property at position %d", c.Name(), l.Property)
	}
	for _, v := range []cim.Value{l.Range.Low, l.Range.High} {
		if v.IsNull() {
			continue
		}
		if err := typed(l.Property, v); err != nil {
			return err
		}
	}
	return nil
}

// narrows reports whether keys of a type are in the order of their records, and
// equal only if their bytes are.
func narrows(t cim.Type) bool { return t != cim.TypeDatetime && t != cim.TypeReference }

// searchKeys searches by the first keys, and a range of the next.
func (v *View) searchKeys(s *search, l Lookup) {
	for _, k := range l.Keys {
		if !narrows(k.Type()) {
			return
		}
		s.from = appendKeyValue(s.from, k, v.ns)
		s.to = s.from
	}
	if l.Range == nil {
		return
	}
	low, high := l.Range.Low, l.Range.High
	s.from = s.from[:len(s.from):len(s.from)]
	if !low.IsNull() && narrows(low.Type()) {
		s.from = appendKeyBound(s.from, low)
	}
	if !high.IsNull() && narrows(high.Type()) {
		s.to = appendKeyBound(s.to[:len(s.to):len(s.to)], high)
	}
}

// appendKeyBound appends a bound of a key. Texts are ordered by code points in
// keys and by UTF-16 units in queries, so a text ends before the first character
// from U+D800 on, where the orders part.
func appendKeyBound(b []byte, v cim.Value) []byte {
	if !v.Type().IsText() {
		return appendKeyValue(b, v, nil)
	}
	text := cim.Fold(v.Text())
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r >= 0xD800 { // also utf8.RuneError, of an unpaired surrogate
			ended := appendEnded(b, text[:i])
			return ended[:len(ended)-2]
		}
		i += n
	}
	return appendEnded(b, text)
}

// searchOne searches by all keys, which lead to one class at most.
func (v *View) searchOne(s *search, d *derived, keys []cim.Value) error {
	at := place{d, s.top, classPrefix(tableInstance, v.ns.id, s.top.id)}
	for _, k := range keys {
		if !narrows(k.Type()) {
			v.searchKeys(s, Lookup{Keys: keys})
			return nil
		}
		at.key = appendKeyValue(at.key, k, v.ns)
	}
	s.from, s.to = at.keys(), at.keys()
	if !s.deep || !v.schema.hasChildren(s.top) || d.role == registration {
		return nil
	}
	_, ok, err := v.snap.Get(at.key)
	if err != nil {
		return err
	}
	e := s.top
	if !ok {
		if e, err = v.schema.below(at, v.snap); err != nil {
			return err
		}
	}
	s.classes = func(yield func(*entry) bool) {
		if e != nil {
			yield(e)
		}
	}
	return nil
}

// searchIndex searches by a property that has an index.
func (v *View) searchIndex(s *search, d *derived, l Lookup) error {
	x := d.index(l.Property)
	r := l.Range
	switch {
	case x == nil || len(l.Keys) > 0:
		return cim.Errorf(cim.InvalidParameter, "property %s.%s has no index", l.Class, d.class.Properties()[l.Property].Name())
	case x.isLink() && (r.Low.IsNull() || !r.Low.Equal(r.High)):
		return cim.Errorf(cim.InvalidParameter, "the reference %s.%s can only be looked for by one value", l.Class, d.class.Properties()[l.Property].Name())
	case v.ns.r.unindexed:
		return nil // all that there is
	}
	s.index = x
	if x.isLink() {
		s.lo = linkPrefix(v.ns, linkTarget(r.Low.Text(), v.ns))
		if !s.deep {
			s.lo = id32(s.lo, s.top.id)
		}
		s.hi = after(s.lo)
		return nil
	}
	s.lo, s.hi = indexRange(indexPrefix(v.ns.id, x), r)
	return nil
}

// indexRange returns the keys of the entries of an index, which begin with
// prefix, that are in a range.
func indexRange(prefix []byte, r *Range) (lo, hi []byte) {
	lo, last := prefix, prefix
	for _, v := range []cim.Value{r.Low, r.High} {
		if v.Type() == cim.TypeDatetime {
			// Points and intervals have no order among each other.
			lo = appendIndexValue(prefix[:len(prefix):len(prefix)], v)[:len(prefix)+1]
			last = lo
		}
	}
	if !r.Low.IsNull() {
		lo = appendIndexValue(prefix[:len(prefix):len(prefix)], r.Low)
	}
	if !r.High.IsNull() {
		last = appendIndexValue(prefix[:len(prefix):len(prefix)], r.High)
	}
	return lo, after(last)
}

// eachEntry calls fn with the entries that a search finds in an index, and the
// class of each, until fn says that there is enough.
func (v *View) eachEntry(ctx context.Context, s *search, fn func(*entry, indexEntry) (more bool, err error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	name := ""
	if s.index.isLink() {
		name = s.top.made.Load().class.Properties()[s.index.property].Name()
	}
	n := 0
	err := scanRange(v.snap, s.lo, s.hi, func(key, _ []byte) error {
		if n++; n%checkEvery == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		x, ok := splitIndexKey(key)
		if !ok {
			return fmt.Errorf("%w: key %x in an index", kv.ErrCorrupt, key)
		}
		e, ok := v.schema.byID.Get(x.class)
		if !ok || e != s.top && !(s.deep && e.isA(s.top)) {
			return nil
		}
		if name != "" {
			d, err := v.schema.derive(e, v.snap)
			if err != nil {
				return err
			}
			if d.class.PropertyIndex(name) != int(x.at) {
				return nil // another reference to the same
			}
		}
		more, err := fn(e, x)
		if err == nil && !more {
			err = errEnough
		}
		return err
	})
	if err == errEnough {
		err = nil
	}
	return err
}

// holds reports whether a record of class e has the value that an entry says.
func (s *search) holds(r *Record, e *entry, x indexEntry) bool {
	if s.index.isLink() {
		return true
	}
	for _, i := range e.made.Load().indexes {
		if i.root == s.index.root && i.at == s.index.at && !i.isLink() {
			v := r.At(i.property)
			return !v.IsNull() && bytes.Equal(appendIndexValue(nil, v), x.value)
		}
	}
	return false
}
