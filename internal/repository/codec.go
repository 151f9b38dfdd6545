package repository

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// Values in definitions, qualifiers and heaps of records:
//
//	value    = type [content]           type is a varint, 0 for NULL, without content
//	content  = the bits of a number, little-endian, in the size of its type;
//	           a boolean is one byte, a real32 the four bytes of IEEE 754
//	         | text                     string, datetime, reference
//	         | object                   object.go
//	         | count content...         array; of uint8 simply its bytes
//	text     = length bytes             length and count are varints
//
// A varint is that of encoding/binary.

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendValue(b []byte, v cim.Value) []byte {
	b = binary.AppendUvarint(b, uint64(v.Type()))
	if v.IsNull() {
		return b
	}
	return appendContent(b, v)
}

func appendContent(b []byte, v cim.Value) []byte {
	t := v.Type()
	switch {
	case !t.IsArray():
		return appendScalar(b, v)
	case t.Elem() == cim.TypeUint8:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		return append(b, v.Bytes()...)
	}
	n := v.Len()
	b = binary.AppendUvarint(b, uint64(n))
	for i := range n {
		b = appendScalar(b, v.Index(i))
	}
	return b
}

func appendScalar(b []byte, v cim.Value) []byte {
	t := v.Type()
	switch {
	case t.IsText():
		return appendText(b, v.Text())
	case t == cim.TypeObject:
		return appendObject(b, v.Object())
	}
	return appendNumber(b, v)
}

// appendNumber appends what a slot holds of a number.
func appendNumber(b []byte, v cim.Value) []byte {
	bits := v.Bits()
	if v.Type() == cim.TypeReal32 {
		bits = uint64(math.Float32bits(float32(v.Float())))
	}
	switch numberSize(v.Type()) {
	case 1:
		return append(b, byte(bits))
	case 2:
		return binary.LittleEndian.AppendUint16(b, uint16(bits))
	case 4:
		return binary.LittleEndian.AppendUint32(b, uint32(bits))
	}
	return binary.LittleEndian.AppendUint64(b, bits)
}

// numberSize returns how many bytes a number takes, 0 for types that are none.
func numberSize(t cim.Type) int {
	if t == cim.TypeBoolean {
		return 1
	}
	if t.IsArray() {
		return 0
	}
	return t.Bits() / 8
}

// A decoder reads what the functions above and their like append. Damage ends
// it: err is set, and what follows reads as zero. Texts share the input.
type decoder struct {
	in    string
	at    int
	depth int // of objects within objects
	err   error
}

// decode returns a decoder over a copy of b, which decoded texts share.
func decode(b []byte) *decoder { return &decoder{in: string(b)} }

// view returns b as a string that is valid as long as b is.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// fail notes damage.
func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s at byte %d of %d", kv.ErrCorrupt, what, d.at, len(d.in))
		d.at = len(d.in)
	}
}

// end returns the error, or one if something is left.
func (d *decoder) end() error {
	if d.err == nil && d.at != len(d.in) {
		d.fail("something follows the end")
	}
	return d.err
}

func (d *decoder) take(n int) string {
	if n < 0 || n > len(d.in)-d.at {
		d.fail("the end comes too early")
		return ""
	}
	s := d.in[d.at : d.at+n]
	d.at += n
	return s
}

func (d *decoder) byte() byte {
	if d.at >= len(d.in) {
		d.fail("the end comes too early")
		return 0
	}
	c := d.in[d.at]
	d.at++
	return c
}

func (d *decoder) uvarint() uint64 {
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		c := d.byte()
		v |= uint64(c&0x7F) << shift
		if c < 0x80 {
			return v
		}
	}
	d.fail("a number is too long")
	return 0
}

// count reads the number of elements that take at least size bytes each, so
// that damage cannot make us allocate more than the input justifies.
func (d *decoder) count(size int) int {
	n := d.uvarint()
	if n > uint64((len(d.in)-d.at)/size) {
		d.fail("a count is too large")
		return 0
	}
	return int(n)
}

func (d *decoder) text() string { return d.take(d.count(1)) }

func (d *decoder) uint32() uint32 {
	s := d.take(4)
	if s == "" {
		return 0
	}
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// typ reads a type; zero is allowed and means NULL or none.
func (d *decoder) typ() cim.Type {
	t := d.uvarint()
	if t > math.MaxUint16 || t != 0 && !cim.Type(t).IsValid() {
		d.fail("a type is not valid")
		return 0
	}
	return cim.Type(t)
}

func (d *decoder) value() cim.Value {
	t := d.typ()
	if t == 0 {
		return cim.Value{}
	}
	return d.content(t)
}

func (d *decoder) content(t cim.Type) cim.Value {
	if !t.IsArray() {
		return d.scalar(t)
	}
	elem := t.Elem()
	size := max(1, numberSize(elem))
	n := d.count(size)
	switch {
	case elem == cim.TypeUint8:
		return cim.BytesValue([]byte(d.take(n)))
	case elem.IsText():
		s := make([]string, n)
		for i := range s {
			s[i] = d.text()
		}
		return cim.TextsValue(elem, s)
	case elem == cim.TypeObject:
		o := make([]cim.Object, n)
		for i := range o {
			if o[i] = d.object(); o[i] == nil {
				return cim.Value{}
			}
		}
		return cim.ObjectsValue(o)
	}
	bits := make([]uint64, n)
	for i := range bits {
		bits[i] = d.number(elem)
	}
	return cim.NumbersValue(elem, bits)
}

func (d *decoder) scalar(t cim.Type) cim.Value {
	switch {
	case t.IsText():
		return cim.TextValue(t, d.text())
	case t == cim.TypeObject:
		if o := d.object(); o != nil {
			return cim.ObjectValue(o)
		}
		return cim.Value{}
	}
	return cim.NumberValue(t, d.number(t))
}

// number reads the bits of a number as cim.Value holds them.
func (d *decoder) number(t cim.Type) uint64 {
	s := d.take(numberSize(t))
	if s == "" {
		return 0
	}
	return widen(t, s)
}

// widen returns the bits of a number from its bytes: sign or zero extension, a
// real as float64.
func widen(t cim.Type, s string) uint64 {
	var bits uint64
	switch len(s) {
	case 1:
		bits = uint64(s[0])
	case 2:
		bits = uint64(s[0]) | uint64(s[1])<<8
	case 4:
		bits = uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
	case 8:
		bits = uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	}
	switch t {
	case cim.TypeSint8:
		return uint64(int64(int8(bits)))
	case cim.TypeSint16:
		return uint64(int64(int16(bits)))
	case cim.TypeSint32:
		return uint64(int64(int32(bits)))
	case cim.TypeReal32:
		return math.Float64bits(float64(math.Float32frombits(uint32(bits))))
	case cim.TypeBoolean:
		return bits & 1
	}
	return bits
}
