// Package journaltest writes journal files for tests.
package journaltest

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"

	"openwmi/providers/internal/journal"
)

var le = binary.LittleEndian

// Options of a file.
type Options struct {
	File, Sequence, Machine journal.ID

	Keyed    bool   // hashes have a key
	Compact  bool   // offsets of 32 bits
	Compress string // "xz", "lz4" or "zstd"; values of Threshold bytes or more
	// Threshold is in bytes; zero means 64.
	Threshold int
	// Buckets of the hash table of data; zero means 233.
	Buckets int
	// Next is the first sequence number; zero means 1.
	Next uint64
}

// A Writer writes a file in memory; Flush brings it to where it is read. It is used
// by one goroutine.
type Writer struct {
	o      Options
	path   string
	buf    []byte
	data   map[string]*datum
	fields map[string]uint64
	all    chain
	next   uint64
}

type datum struct {
	off, hash, xor uint64
	n              uint64
	chain          chain
}

// A chain is the arrays of a list, and where its first is written down.
type chain struct {
	link      int // where the offset of the next array stands
	at        uint64
	used, cap uint64
	n         uint64
}

// Offsets of the header.
const (
	headerSize  = 272
	fieldBucket = 333
)

// New returns an empty file that is written to path.
func New(path string, o Options) *Writer {
	if o.Buckets == 0 {
		o.Buckets = 233
	}
	if o.Threshold == 0 {
		o.Threshold = 64
	}
	w := &Writer{o: o, path: path, data: map[string]*datum{}, fields: map[string]uint64{}, next: max(o.Next, 1)}
	w.buf = make([]byte, headerSize)
	copy(w.buf, "LPKSHHRH")
	flags := map[string]uint32{"": 0, "xz": 1, "lz4": 2, "zstd": 8}[o.Compress]
	if o.Keyed {
		flags |= 4
	}
	if o.Compact {
		flags |= 16
	}
	le.PutUint32(w.buf[12:], flags)
	w.buf[16] = 1 // online
	copy(w.buf[24:], o.File[:])
	copy(w.buf[40:], o.Machine[:])
	copy(w.buf[72:], o.Sequence[:])
	w.put(88, headerSize)
	fields := w.object(5, 0, 16*fieldBucket)
	w.put(120, fields+16)
	w.put(128, 16*fieldBucket)
	data := w.object(4, 0, 16*uint64(o.Buckets))
	w.put(104, data+16)
	w.put(112, 16*uint64(o.Buckets))
	w.all.link = 176
	return w
}

func (w *Writer) put(at int, v uint64) { le.PutUint64(w.buf[at:], v) }

func (w *Writer) get(at int) uint64 { return le.Uint64(w.buf[at:]) }

func (w *Writer) inc(at int) { w.put(at, w.get(at)+1) }

// object appends an object with n bytes behind its header.
func (w *Writer) object(typ, flags byte, n uint64) uint64 {
	off := uint64(len(w.buf))
	size := 16 + n
	w.buf = append(w.buf, make([]byte, (size+7)&^7)...)
	w.buf[off], w.buf[off+1] = typ, flags
	w.put(int(off)+8, size)
	w.put(136, off)
	w.inc(144)
	return off
}

// enter puts an object into a bucket of a hash table.
func (w *Writer) enter(table int, off, hash uint64) {
	base, n := w.get(104+16*table), w.get(112+16*table)/16
	slot := int(base + hash%n*16)
	if tail := w.get(slot + 8); tail != 0 {
		w.put(int(tail)+24, off)
	} else {
		w.put(slot, off)
	}
	w.put(slot+8, off)
}

func (w *Writer) hash(b []byte) uint64 { return journal.Hash(w.o.Keyed, w.o.File, b) }

func (w *Writer) field(name string) uint64 {
	if off := w.fields[name]; off != 0 {
		return off
	}
	off := w.object(2, 0, 24+uint64(len(name)))
	h := w.hash([]byte(name))
	w.put(int(off)+16, h)
	copy(w.buf[off+40:], name)
	w.enter(1, off, h)
	w.inc(216)
	w.fields[name] = off
	return off
}

func (w *Writer) datum(text string) *datum {
	if d := w.data[text]; d != nil {
		return d
	}
	payload, flags := w.compress([]byte(text))
	head := 64
	if w.o.Compact {
		head = 72
	}
	h := w.hash([]byte(text))
	off := w.object(1, flags, uint64(head-16+len(payload)))
	copy(w.buf[int(off)+head:], payload)
	w.put(int(off)+16, h)
	w.enter(0, off, h)
	w.inc(208)
	if name, _, ok := strings.Cut(text, "="); ok {
		f := int(w.field(name))
		w.put(int(off)+32, w.get(f+32))
		w.put(f+32, off)
	}
	d := &datum{off: off, hash: h, xor: journal.Hash(false, journal.ID{}, []byte(text))}
	d.chain.link = int(off) + 48
	w.data[text] = d
	return d
}

// encoder writes the size of what was compressed, which journald asks for.
var encoder, _ = zstd.NewWriter(nil, zstd.WithSingleSegment(true))

func (w *Writer) compress(b []byte) ([]byte, byte) {
	if w.o.Compress == "" || len(b) < w.o.Threshold {
		return b, 0
	}
	switch w.o.Compress {
	case "zstd":
		return encoder.EncodeAll(b, nil), 4
	case "lz4":
		out := make([]byte, 8+lz4.CompressBlockBound(len(b)))
		le.PutUint64(out, uint64(len(b)))
		n, err := lz4.CompressBlock(b, out[8:], nil)
		if err != nil || n == 0 {
			return b, 0
		}
		return out[:8+n], 2
	}
	var out bytes.Buffer
	x, err := xz.WriterConfig{NoCheckSum: true, DictCap: 1 << 16}.NewWriter(&out)
	if err == nil {
		x.Write(b)
		err = x.Close()
	}
	if err != nil {
		return b, 0
	}
	return out.Bytes(), 1
}

// add appends an entry to a list.
func (w *Writer) add(c *chain, off uint64) {
	item := uint64(8)
	if w.o.Compact {
		item = 4
	}
	if c.used == c.cap {
		n := max(4, 2*(c.n+1))
		a := w.object(6, 0, 8+n*item)
		w.inc(232)
		w.put(c.link, a)
		*c = chain{link: int(a) + 16, at: a, cap: n, n: c.n}
	}
	at := c.at + 24 + c.used*item
	if w.o.Compact {
		le.PutUint32(w.buf[at:], uint32(off))
	} else {
		w.put(int(at), off)
	}
	c.used++
	c.n++
}

// Append appends an entry with FIELD=value each, and returns its sequence number.
// The times are in µs.
func (w *Writer) Append(boot journal.ID, realtime, monotonic uint64, fields ...string) uint64 {
	var data []*datum
	for _, text := range fields {
		if d := w.datum(text); !slices.Contains(data, d) {
			data = append(data, d)
		}
	}
	slices.SortFunc(data, func(a, b *datum) int { return int(int64(a.off - b.off)) })
	item := uint64(16)
	if w.o.Compact {
		item = 4
	}
	e := w.object(3, 0, 48+item*uint64(len(data)))
	seq := w.next
	w.next++
	w.put(int(e)+16, seq)
	w.put(int(e)+24, realtime)
	w.put(int(e)+32, monotonic)
	copy(w.buf[e+40:], boot[:])
	xor := uint64(0)
	for i, d := range data {
		xor ^= d.xor
		at := e + 64 + uint64(i)*item
		if w.o.Compact {
			le.PutUint32(w.buf[at:], uint32(d.off))
		} else {
			w.put(int(at), d.off)
			w.put(int(at)+8, d.hash)
		}
	}
	w.put(int(e)+56, xor)

	w.add(&w.all, e)
	for _, d := range data {
		if d.n == 0 {
			w.put(int(d.off)+40, e)
		} else {
			w.add(&d.chain, e)
			if w.o.Compact {
				le.PutUint32(w.buf[d.off+64:], uint32(d.chain.at))
				le.PutUint32(w.buf[d.off+68:], uint32(d.chain.used))
			}
		}
		d.n++
		w.put(int(d.off)+56, d.n)
	}
	if w.get(152) == 0 {
		w.put(168, seq)
		w.put(184, realtime)
	}
	w.inc(152)
	w.put(160, seq)
	w.put(192, realtime)
	w.put(200, monotonic)
	copy(w.buf[56:72], boot[:])
	le.PutUint32(w.buf[256:], uint32(w.all.at))
	le.PutUint32(w.buf[260:], uint32(w.all.used))
	w.put(264, e)
	return seq
}

// Next returns the next sequence number.
func (w *Writer) Next() uint64 { return w.next }

// SetNext sets it, as other files of the sequence take numbers.
func (w *Writer) SetNext(n uint64) { w.next = n }

// Bytes returns the file.
func (w *Writer) Bytes() []byte {
	w.put(96, uint64(len(w.buf))-headerSize)
	return slices.Clone(w.buf)
}

// Flush writes the file, what is behind the header first, so that a reader finds
// nothing that is not there yet.
func (w *Writer) Flush() error {
	w.put(96, uint64(len(w.buf))-headerSize)
	f, err := os.OpenFile(w.path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt(w.buf[headerSize:], headerSize); err != nil {
		return err
	}
	if _, err := f.WriteAt(w.buf[:headerSize], 0); err != nil {
		return err
	}
	return f.Truncate(int64(len(w.buf)))
}

// SetState sets the state: 0 offline, 1 online, 2 archived.
func (w *Writer) SetState(state byte) { w.buf[16] = state }

// Rename moves the file, as a rotation does.
func (w *Writer) Rename(path string) error {
	if err := os.Rename(w.path, path); err != nil {
		return err
	}
	w.path = path
	return nil
}
