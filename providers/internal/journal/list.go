package journal

// maxArrays bounds the arrays of a list. As each is about twice as long as that
// before, a list of 2^64 entries has 64.
const maxArrays = 1024

// A list is entries of a file in the order in which they were written: all of
// them, or those that have some data. It is a chain of arrays, before which one
// entry may stand alone.
type list struct {
	f      *file
	alone  uint64 // an offset, 0 for none
	n      uint64 // entries
	arrays []array
	near   int // the array that was used last
}

// An array is a part of a list.
type array struct {
	off   uint64 // of the first item
	first uint64 // its index in the list
	n     uint64
}

// newList follows a chain until it has n entries. Where the chain is damaged the
// list ends.
func (f *file) newList(alone, chain, n uint64) list {
	l := list{f: f, alone: alone}
	if alone != 0 {
		l.n = 1
	}
	item := f.arrayItem()
	for last := uint64(0); chain > last && l.n < n && len(l.arrays) < maxArrays; {
		b, size, _, err := f.object(chain, objectEntryArray, 24)
		if err != nil {
			break
		}
		a := array{off: chain + 24, first: l.n, n: min((size-24)/item, n-l.n)}
		l.arrays = append(l.arrays, a)
		l.n += a.n
		last = chain + size - 1
		chain = le.Uint64(b[16:])
	}
	l.n = min(l.n, n)
	return l
}

func (f *file) arrayItem() uint64 {
	if f.compact {
		return 4
	}
	return 8
}

// all returns the entries of the file.
func (f *file) all() list { return f.newList(0, f.array, f.entries) }

// at returns the offset of an entry; 0 for one that was not there yet or cannot be
// read.
func (l *list) at(i uint64) uint64 {
	if l.alone != 0 && i == 0 {
		return l.alone
	}
	for l.near > 0 && i < l.arrays[l.near].first {
		l.near--
	}
	for l.near+1 < len(l.arrays) && i >= l.arrays[l.near+1].first {
		l.near++
	}
	if l.near >= len(l.arrays) {
		return 0
	}
	a := l.arrays[l.near]
	item := l.f.arrayItem()
	b, err := l.f.read(a.off+(i-a.first)*item, item)
	switch {
	case err != nil:
		return 0
	case item == 4:
		return uint64(le.Uint32(b))
	}
	return le.Uint64(b)
}

// maxBad bounds the entries in a row that a search passes over because they cannot
// be read.
const maxBad = 64

// search returns the index of the first entry of which after holds, as for all
// behind it. Where too much is damaged the index is that of an earlier entry.
func (l *list) search(after func(*Entry) bool) uint64 {
	low, high := uint64(0), l.n
	var e Entry
	for low < high {
		mid := low + (high-low)/2
		probe := mid
		for bad := 0; probe < high && bad < maxBad; bad++ {
			if l.f.stamp(l.at(probe), &e) == nil {
				break
			}
			probe++
		}
		switch {
		case probe == high:
			high = mid
		case e.f == nil:
			return low
		case after(&e):
			high = mid
		default:
			low = probe + 1
		}
		e = Entry{}
	}
	return low
}
