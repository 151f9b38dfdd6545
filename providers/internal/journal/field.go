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

// bucket returns the first object of the bucket of a hash.
func (f *file) bucket(table, size, hash uint64) uint64 {
	if size < 16 {
		return 0
	}
	b, err := f.read(table+hash%(size/16)*16, 8)
	if err != nil || table%8 != 0 {
		return 0
	}
	return le.Uint64(b)
}

func (f *file) hash(b []byte) uint64 { return Hash(f.incompatible&keyedHash != 0, f.file, b) }

// lookup returns the entries that have just this FIELD=value.
func (f *file) lookup(text string) list {
	hash := f.hash([]byte(text))
	for off, n := f.bucket(f.dataTable, f.dataTableSize, hash), 0; off != 0 && n < maxChain; n++ {
		d, err := f.dataAt(off)
		if err != nil {
			break
		}
		if d.hash == hash {
			if b, err := f.payload(d, uint64(len(text))+1); err == nil && string(b) == text {
				return f.list(d)
			}
		}
		if d.nextHash <= off {
			break
		}
		off = d.nextHash
	}
	return list{f: f}
}

// values returns, for each value of a field that fits, the entries that have it. It
// looks at all values; ok is false if there are too many, or one cannot be read.
func (f *file) values(name string, fits func(value string) bool) (lists []list, ok bool) {
	hash := f.hash([]byte(name))
	off := f.bucket(f.fieldTable, f.fieldTableSize, hash)
	for n := 0; off != 0; n++ {
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
		if next != 0 && next <= off {
			return nil, false
		}
		off = next
	}
	return nil, true
}

// valuesFrom goes through the data of a field, the newest first.
func (f *file) valuesFrom(off uint64, name string, fits func(value string) bool) (lists []list, ok bool) {
	for n := 0; off != 0; n++ {
		d, err := f.dataAt(off)
		if err != nil || n == maxValues || d.nextOne >= off {
			return nil, false
		}
		field, ok := f.datum(off)
		if !ok || field.Name != name {
			return nil, false
		}
		if fits(field.Value) {
			if len(lists) == maxLists {
				return nil, false
			}
			lists = append(lists, f.list(d))
		}
		off = d.nextOne
	}
	return lists, true
}
