package journal

// What a lookup costs at most.
const (
	// maxChain bounds the objects of one bucket of a hash table.
	maxChain = 1 << 16
	// maxValues bounds the values of a field that are looked at.
	maxValues = 1 << 14
	// maxLists bounds those of them that fit: beyond that, it takes no longer to
	// look at all entries.
	maxLists = 256
)

// bucket returns the first object of the bucket of a hash; ok is false if that
// cannot be read.
func (f *file) bucket(table, size, hash uint64) (off uint64, ok bool) {
	if size < 16 || table%8 != 0 {
		return 0, false
	}
	b, err := f.read(table+hash%(size/16)*16, 8)
	if err != nil {
		return 0, false
	}
	return le.Uint64(b), true
}

func (f *file) hash(b []byte) uint64 { return Hash(f.incompatible&keyedHash != 0, f.file, b) }

// lookup returns the entries that have just this FIELD=value; ok is false if they
// cannot be found.
func (f *file) lookup(text string) (l list, ok bool) {
	hash := f.hash([]byte(text))
	off, ok := f.bucket(f.dataTable, f.dataTableSize, hash)
	for n := 0; ok && off != 0; n++ {
		d, err := f.dataAt(off)
		if err != nil || n == maxChain {
			return list{}, false
		}
		if d.hash == hash {
			if b, err := f.payload(d, uint64(len(text))+1); err == nil && string(b) == text {
				return f.list(d)
			}
		}
		ok = d.nextHash == 0 || d.nextHash > off
		off = d.nextHash
	}
	return list{f: f}, ok
}

// values returns, for each value of a field that fits, the entries that have it. It
// looks at all values; ok is false if there are too many, or one cannot be read.
func (f *file) values(name string, fits func(value string) bool) (lists []list, ok bool) {
	hash := f.hash([]byte(name))
	off, ok := f.bucket(f.fieldTable, f.fieldTableSize, hash)
	for n := 0; ok && off != 0; n++ {
		b, size, _, err := f.object(off, objectField, 40)
		if err != nil || n == maxChain {
			return nil, false
		}
		next, first := le.Uint64(b[24:]), le.Uint64(b[32:])
		if le.Uint64(b[16:]) == hash && size == 40+uint64(len(name)) {
			if b, err := f.read(off+40, size-40); err == nil && string(b) == name {
				return f.valuesFrom(first, name, fits)
			}
		}
		ok = next == 0 || next > off
		off = next
	}
	return nil, ok
}

// valuesFrom goes through the data of a field, the newest first.
func (f *file) valuesFrom(off uint64, name string, fits func(value string) bool) (lists []list, ok bool) {
	for n := 0; off != 0; n++ {
		d, err := f.dataAt(off)
		if err != nil || n == maxValues || d.nextOne >= off {
			return nil, false
		}
		field := f.datum(off)
		if field.Name != name {
			return nil, false
		}
		if fits(field.Value) {
			l, ok := f.list(d)
			if !ok || len(lists) == maxLists {
				return nil, false
			}
			lists = append(lists, l)
		}
		off = d.nextOne
	}
	return lists, true
}
