package journal

import (
	"context"
	"iter"
	"math"
)

// A Filter says which entries are wanted. The zero value is all.
type Filter struct {
	Since, Until uint64 // realtime of the first and the last, µs; Until 0 is no bound
	First, Last  uint64 // numbers; Last 0 is no bound

	// Any are ways to find the entries: with each, all that are wanted have one
	// of its values. The one that leads to the fewest entries is taken, so that
	// what Entries yields fits one of them and not all.
	Any []Values
}

// Values are values of fields: of each FIELD=value one has to be there.
type Values []Value

// A Value is one value of a field, or all that fit.
type Value struct {
	Field string
	Is    string
	Fits  func(value string) bool // nil for those that are Is
}

// Entries yields entries, the newest first: in the order of their Numbers, which
// are unique in the Set. In the oldest sequence these are its sequence numbers; those
// of each other sequence go on behind the last of the one before, so that a number
// means the same entry until the whole of an older sequence is deleted.
func (s *Set) Entries(ctx context.Context, f Filter) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		for i := len(s.seqs) - 1; i >= 0; i-- {
			m := s.merge(&s.seqs[i], f)
			for e := m.next(); e != nil; e = m.next() {
				if err := ctx.Err(); err != nil {
					yield(nil, err)
					return
				}
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// A merge goes through the entries of the files of a sequence, the newest first.
type merge struct {
	base    uint64
	cursors []*cursor
}

// merge returns the entries of a sequence that are wanted.
func (s *Set) merge(q *sequence, f Filter) *merge {
	m := &merge{base: q.base}
	first, last := uint64(0), uint64(math.MaxUint64)
	if f.First > q.base {
		first = f.First - q.base
	}
	if f.Last != 0 {
		if f.Last <= q.base {
			return m
		}
		last = f.Last - q.base
	}
	until := f.Until
	if until == 0 {
		until = math.MaxUint64
	}
	for _, file := range q.files {
		if file.tail < first || file.head > last || file.last < f.Since || file.first > until {
			continue
		}
		m.cursors = append(m.cursors, &cursor{
			file: file.file, filter: &f, top: file.tail,
			begun: func(e *Entry) bool { return e.Seqnum >= first && e.Realtime >= f.Since },
			ended: func(e *Entry) bool { return e.Seqnum > last || e.Realtime > until },
		})
	}
	return m
}

// next returns the entry with the greatest sequence number, nil if there are no
// more. One that is in two files, because it is just being moved, comes once.
func (m *merge) next() *Entry {
	for {
		var best *cursor
		for _, c := range m.cursors {
			if !c.done && (best == nil || c.top > best.top || c.top == best.top && c.entry == nil) {
				best = c
			}
		}
		switch {
		case best == nil:
			return nil
		case best.entry == nil:
			best.step() // top was only what the file says
			continue
		}
		e := best.entry
		for _, c := range m.cursors {
			if !c.done && c.entry != nil && c.top == e.Seqnum {
				c.step()
			}
		}
		e.Number = m.base + e.Seqnum
		return e
	}
}

// A cursor goes through entries of a file, the newest first.
type cursor struct {
	file         *file
	filter       *Filter
	begun, ended func(*Entry) bool // what is wanted has begun, has ended

	lists []span // nil until the first step
	entry *Entry // the present one, nil before the first step
	top   uint64 // its sequence number, before the first step what it is at most
	done  bool
}

// A span is a part of a list: the indexes from low up to high.
type span struct {
	list
	low, high uint64
	off       uint64 // of the entry at high-1, 0 if it has not been read
}

// step goes to the next entry.
func (c *cursor) step() {
	if c.lists == nil {
		c.lists = []span{}
		for _, l := range c.file.best(c.filter.Any) {
			low, high := l.search(c.begun), l.search(c.ended)
			if low < high {
				c.lists = append(c.lists, span{list: l, low: low, high: high})
			}
		}
	}
	c.entry = nil
	for {
		off := latest(c.lists)
		if off == 0 {
			c.done = true
			return
		}
		e := new(Entry)
		if c.file.stamp(off, e) == nil && e.Seqnum <= c.top && c.begun(e) && !c.ended(e) {
			c.entry, c.top = e, e.Seqnum
			return
		}
	}
}

// latest takes the greatest offset out of some lists, 0 if they are empty.
func latest(lists []span) uint64 {
	greatest := uint64(0)
	for i := range lists {
		l := &lists[i]
		for l.off == 0 && l.low < l.high {
			if l.off = l.at(l.high - 1); l.off == 0 {
				l.high--
			}
		}
		greatest = max(greatest, l.off)
	}
	if greatest == 0 {
		return 0
	}
	for i := range lists {
		if l := &lists[i]; l.off == greatest {
			l.off = 0
			l.high--
		}
	}
	return greatest
}

// best returns the lists that have all wanted entries, of several ways the one with
// the fewest.
func (f *file) best(any []Values) []list {
	best := []list{f.all()}
	least := best[0].n
	for _, values := range any {
		lists, ok := f.find(values)
		if !ok {
			continue
		}
		n := uint64(0)
		for _, l := range lists {
			n += l.n
		}
		if n < least {
			best, least = lists, n
		}
	}
	return best
}

// find returns the entries that have one of some values; ok is false if that cannot
// be found out.
func (f *file) find(values Values) (lists []list, ok bool) {
	for _, v := range values {
		if v.Fits == nil {
			l, ok := f.lookup(v.Field + "=" + v.Is)
			if !ok {
				return nil, false
			}
			lists = append(lists, l)
			continue
		}
		some, ok := f.values(v.Field, v.Fits)
		if !ok {
			return nil, false
		}
		lists = append(lists, some...)
	}
	return lists, true
}

// Count returns how many entries have one of some values; how many there are if
// values is nil. It reads indexes only, and fails where these do not tell.
func (s *Set) Count(ctx context.Context, values Values) (uint64, error) {
	n := uint64(0)
	for _, m := range s.files {
		if values == nil {
			n += m.all().n
			continue
		}
		lists, ok := m.find(values)
		if !ok {
			return 0, errDamaged
		}
		spans := make([]span, len(lists))
		for i, l := range lists {
			spans[i] = span{list: l, high: l.n}
		}
		for off := latest(spans); off != 0; off = latest(spans) {
			if n++; n%4096 == 0 && ctx.Err() != nil {
				return 0, ctx.Err()
			}
		}
	}
	return n, nil
}
