package journal

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz/lzma"
)

// What is read of a data object at most.
const (
	// MaxData bounds FIELD=value in bytes; what is behind is left out. A value
	// that LZ4 makes more of is left out altogether.
	MaxData = 1 << 20
	// maxWindow bounds the memory of the zstd decoder.
	maxWindow = 8 << 20
	// maxName is the longest name of a field that journald takes.
	maxName = 64
)

// Sizes of caches of a file: small values of data that several entries have.
const (
	maxCached      = 8192
	maxCachedValue = 256
)

// A Field is a name and a value, which may be any bytes.
type Field struct{ Name, Value string }

// How a payload is compressed: flags of the object.
const (
	flagXZ = 1 << iota
	flagLZ4
	flagZSTD
)

// dataHeader is the bytes before the payload.
func (f *file) dataHeader() uint64 {
	if f.compact {
		return 72
	}
	return 64
}

// A data is what a data object says of itself.
type data struct {
	off, size, hash   uint64
	nextHash, nextOne uint64 // of the bucket, of the field
	entry, array, n   uint64
	flags             byte
}

func (f *file) dataAt(off uint64) (data, error) {
	b, size, flags, err := f.object(off, objectData, f.dataHeader())
	if err != nil {
		return data{}, err
	}
	return data{
		off: off, size: size, flags: flags, hash: le.Uint64(b[16:]), nextHash: le.Uint64(b[24:]), nextOne: le.Uint64(b[32:]),
		entry: le.Uint64(b[40:]), array: le.Uint64(b[48:]), n: le.Uint64(b[56:]),
	}, nil
}

// list returns the entries that have the data; ok is false if some cannot be
// found.
func (f *file) list(d data) (l list, ok bool) {
	if d.n == 0 {
		return list{f: f}, true
	}
	l = f.newList(d.entry, d.array, d.n)
	return l, l.n == d.n
}

// payload returns up to n bytes of FIELD=value, good until the next read.
func (f *file) payload(d data, n uint64) ([]byte, error) {
	head := f.dataHeader()
	n = min(n, MaxData)
	if d.flags&(flagXZ|flagLZ4|flagZSTD) == 0 {
		return f.read(d.off+head, min(d.size-head, n))
	}
	b, err := f.read(d.off+head, min(d.size-head, 2*MaxData))
	if err != nil {
		return nil, err
	}
	var r io.Reader
	switch d.flags & (flagXZ | flagLZ4 | flagZSTD) {
	case flagXZ:
		r, err = xzReader(b, n)
	case flagLZ4:
		return unlz4(b, n)
	case flagZSTD:
		r, err = f.cache.zstdReader(b)
	default:
		return nil, errDamaged
	}
	if err != nil {
		return nil, errDamaged
	}
	var out bytes.Buffer
	if _, err := io.CopyN(&out, r, int64(n)); err != nil && err != io.EOF {
		return nil, errDamaged
	}
	return out.Bytes(), nil
}

func (c *cache) zstdReader(b []byte) (io.Reader, error) {
	if c.zstd == nil {
		var err error
		c.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
	}
	return c.zstd, c.zstd.Reset(bytes.NewReader(b))
}

// unlz4 reads a payload of 8 bytes size and an LZ4 block.
func unlz4(b []byte, n uint64) ([]byte, error) {
	if len(b) < 8 || le.Uint64(b) > MaxData {
		return nil, errDamaged
	}
	out := make([]byte, le.Uint64(b))
	k, err := lz4.UncompressBlock(b[8:], out)
	if err != nil {
		return nil, errDamaged
	}
	return out[:min(uint64(k), n)], nil
}

// xzReader reads n bytes of the first block of an xz file, which is all that
// journald writes. The block is read as what it is, LZMA2, because the dictionary of
// the decoder is then as big as what can be referred to, and not as the file says.
//
//	magic (6) flags (2) crc (4), block header: its length/4-1 (1) ... , LZMA2
func xzReader(b []byte, n uint64) (io.Reader, error) {
	const streamHeader = 12
	if len(b) <= streamHeader || !bytes.HasPrefix(b, []byte("\xfd7zXZ\x00")) || b[streamHeader] == 0 {
		return nil, errDamaged
	}
	begin := streamHeader + (int(b[streamHeader])+1)*4
	if begin > len(b) {
		return nil, errDamaged
	}
	b = b[begin:]
	return lzma.Reader2Config{DictCap: max(lzma.MinDictCap, int(min(n, lzma2Size(b))))}.NewReader2(bytes.NewReader(b))
}

// lzma2Size returns how long a sequence of LZMA2 chunks becomes.
//
//	control 0          the end
//	control 1 or 2     length-1 (2, high byte first), the bytes
//	control 0x80 | h   length-1 (2, behind 5 bits h), compressed length-1 (2),
//	                   with control 0xc0 properties (1), the compressed bytes
func lzma2Size(b []byte) (n uint64) {
	for len(b) > 5 {
		control, low := b[0], uint64(b[1])<<8|uint64(b[2])
		skip := 3 + int(low) + 1
		switch {
		case control == 0 || control > 2 && control < 0x80:
			return n
		case control >= 0x80:
			low |= uint64(control&0x1f) << 16
			skip = 5 + (int(b[3])<<8 | int(b[4])) + 1
			if control >= 0xc0 {
				skip++
			}
		}
		n += low + 1
		b = b[min(skip, len(b)):]
	}
	return n
}

// datum returns the field at an offset, or unreadable.
func (f *file) datum(off uint64) *Field {
	if field := f.data[off]; field != nil {
		return field
	}
	d, err := f.dataAt(off)
	if err != nil {
		return unreadable
	}
	b, err := f.payload(d, MaxData)
	if err != nil {
		return unreadable
	}
	name, value, ok := bytes.Cut(b, []byte("="))
	if !ok || len(name) == 0 || len(name) > maxName {
		return unreadable
	}
	field := &Field{f.named(name).Name, string(value)}
	if d.n > 1 && len(value) <= maxCachedValue {
		if len(f.data) == maxCached {
			clear(f.data)
		}
		f.data[off] = field
	}
	return field
}

// name returns the field at an offset, or unreadable. Where the value is likely to
// be long and wanted by nobody, it is not whole: the value is not there.
func (f *file) name(off uint64) (field *Field, whole bool) {
	if field := f.data[off]; field != nil {
		return field, true
	}
	d, err := f.dataAt(off)
	if err != nil {
		return unreadable, true
	}
	if d.n > 1 && d.size <= maxName+maxCachedValue {
		return f.datum(off), true
	}
	b, err := f.payload(d, maxName+1)
	name, _, ok := bytes.Cut(b, []byte("="))
	if err != nil || !ok || len(name) == 0 {
		return unreadable, true
	}
	return f.named(name), false
}

// named returns the field of a name without its value, as one for all entries.
func (f *file) named(name []byte) *Field {
	if field := f.names[string(name)]; field != nil {
		return field
	}
	field := &Field{Name: string(name)}
	if len(f.names) < maxCached {
		f.names[field.Name] = field
	}
	return field
}
