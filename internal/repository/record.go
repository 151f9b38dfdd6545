package repository

import (
	"encoding/binary"
	"fmt"

	"openwmi/cim"
)

// The record of an instance. n is the number of properties of its class, which
// stand in the order of cim.Class.Properties:
//
//	offset  size
//	0       1         recordVersion
//	1       1         flags: 1 if the instance has qualifiers of its own
//	2       4         id of the class it was written with
//	6       (n+3)/4   two bits a property, the first in the lowest bits:
//	                  0 it shows the default of the class, 1 NULL, 2 a value
//	...     slots     of numbers and booleans: 1, 2, 4 or 8 bytes, the value;
//	                  of all else: 4 bytes, where in the record its content
//	                  begins (codec.go)
//	...     heap      the contents
//	[...    ...       qualifiers of the instance, then a varint count and for
//	                  each property that has some its position and qualifiers
//	end-4   4]        where they begin
//
// Numbers are little-endian. Where a slot stands follows from the class alone,
// so one property is read without looking at the others.
const (
	recordVersion  = 1
	recordHeader   = 6
	withQualifiers = 1
)

const (
	stateDefault = 0
	stateNull    = 1
	stateValue   = 2
)

// A layout says where the properties of a class stand in records.
type layout struct {
	class *cim.Class
	id    uint32
	slots []slot
	heap  int // where the heap begins
}

type slot struct {
	at   int // offset in the record
	size int // of a number; 0 if the content is in the heap
	typ  cim.Type
}

func newLayout(c *cim.Class, id uint32) *layout {
	props := c.Properties()
	l := &layout{class: c, id: id, slots: make([]slot, len(props))}
	at := recordHeader + (len(props)+3)/4
	for i, p := range props {
		s := slot{at: at, size: numberSize(p.Type()), typ: p.Type()}
		if s.size == 0 {
			at += 4
		}
		at += s.size
		l.slots[i] = s
	}
	l.heap = at
	return l
}

// room returns about how many bytes the record of inst takes.
func (l *layout) room(inst *cim.Instance) int {
	n := l.heap
	for k := range l.slots {
		if l.slots[k].size == 0 && inst.IsSet(k) {
			n += 4 + len(inst.At(k).Text())
		}
	}
	return n
}

// append appends the record of inst, whose class has the same properties as
// that of the layout.
func (l *layout) append(b []byte, inst *cim.Instance) []byte {
	start := len(b)
	b = append(b, recordVersion, 0)
	b = binary.LittleEndian.AppendUint32(b, l.id)
	b = append(b, make([]byte, l.heap-recordHeader)...)
	for k := range l.slots {
		if !inst.IsSet(k) {
			continue
		}
		v := inst.At(k)
		state := byte(stateValue)
		if v.IsNull() {
			state = stateNull
		}
		b[start+recordHeader+k/4] |= state << (k % 4 * 2)
		if v.IsNull() {
			continue
		}
		s := &l.slots[k]
		if s.size == 0 {
			binary.LittleEndian.PutUint32(b[start+s.at:], uint32(len(b)-start))
			b = appendContent(b, v)
		} else {
			appendNumber(b[:start+s.at], v)
		}
	}
	return l.appendQualifiers(b, start, inst)
}

func (l *layout) appendQualifiers(b []byte, start int, inst *cim.Instance) []byte {
	count := 0
	for k := range l.slots {
		if len(inst.LocalPropertyQualifiers(k)) > 0 {
			count++
		}
	}
	if count == 0 && len(inst.LocalQualifiers()) == 0 {
		return b
	}
	b[start+1] |= withQualifiers
	at := len(b) - start
	b = appendQualifiers(b, inst.LocalQualifiers())
	b = binary.AppendUvarint(b, uint64(count))
	for k := range l.slots {
		if qs := inst.LocalPropertyQualifiers(k); len(qs) > 0 {
			b = appendQualifiers(binary.AppendUvarint(b, uint64(k)), qs)
		}
	}
	return binary.LittleEndian.AppendUint32(b, uint32(at))
}

// check reads the header.
func (l *layout) check(d *decoder) {
	switch {
	case len(d.in) < l.heap:
		d.fail("the record is too short")
	case d.in[0] != recordVersion:
		d.fail(fmt.Sprintf("the record has version %d", d.in[0]))
	default:
		d.at = 2
		if id := d.uint32(); id != l.id {
			d.fail(fmt.Sprintf("the record belongs to class %d, not %d", id, l.id))
		}
	}
}

// state returns what there is of the property at position k.
func (l *layout) state(d *decoder, k int) byte { return d.in[recordHeader+k/4] >> (k % 4 * 2) & 3 }

// content returns where the content of the property at position k begins, which
// is in the heap.
func (l *layout) content(d *decoder, k int) int {
	d.at = l.slots[k].at
	at := d.uint32()
	if at < uint32(l.heap) || at > uint32(len(d.in)) {
		d.fail("a property is outside of the record")
		return len(d.in)
	}
	return int(at)
}

// at reads the property at position k; set is false if it shows the default of
// the class. The header has been checked.
func (l *layout) at(d *decoder, k int) (v cim.Value, set bool) {
	s := &l.slots[k]
	switch l.state(d, k) {
	case stateDefault:
		return cim.Value{}, false
	case stateNull:
		return cim.Value{}, true
	case stateValue:
	default:
		d.fail("the state of a property is not valid")
		return cim.Value{}, false
	}
	if s.size > 0 {
		return cim.NumberValue(s.typ, widen(s.typ, d.in[s.at:s.at+s.size])), true
	}
	d.at = l.content(d, k)
	return d.content(s.typ), true
}

// decode reads a whole record. Its texts share the input. The instance is of no
// use when d has an error.
func (l *layout) decode(d *decoder) *cim.Instance {
	inst := cim.NewInstance(l.class)
	if l.check(d); d.err != nil {
		return inst
	}
	end := l.heap
	for k := range l.slots {
		inHeap := l.slots[k].size == 0 && l.state(d, k) == stateValue
		if inHeap && l.content(d, k) != end {
			// The contents stand one behind the other. If two properties
			// could share one, a few bytes with objects in objects might
			// take for ever.
			d.fail("a property is not where it belongs")
		}
		v, set := l.at(d, k)
		if d.err != nil {
			return inst
		}
		if set {
			inst.Put(k, v)
		}
		if inHeap {
			end = d.at
		}
	}
	if d.in[1]&withQualifiers != 0 {
		l.decodeQualifiers(d, inst)
	}
	return inst
}

func (l *layout) decodeQualifiers(d *decoder, inst *cim.Instance) {
	if d.at = len(d.in) - 4; d.at < l.heap {
		d.fail("the qualifiers are missing")
		return
	}
	at := int(d.uint32())
	if at < l.heap || at > len(d.in)-4 {
		d.fail("the qualifiers are outside of the record")
		return
	}
	d.at = at
	keepAllowed(d.qualifiers(), inst.SetLocalQualifiers)
	for range d.count(2) {
		k := d.uvarint()
		if k >= uint64(len(l.slots)) {
			d.fail("a qualifier belongs to no property")
			return
		}
		keepAllowed(d.qualifiers(), func(qs cim.Qualifiers) error { return inst.SetLocalPropertyQualifiers(int(k), qs) })
	}
}

// keepAllowed sets stored qualifiers. The class may have gained a qualifier
// since that forbids one of them; such a one has no effect any more.
func keepAllowed(qs cim.Qualifiers, set func(cim.Qualifiers) error) {
	if len(qs) == 0 || set(qs) == nil {
		return
	}
	var kept cim.Qualifiers
	for _, q := range qs {
		if set(append(kept[:len(kept):len(kept)], q)) == nil {
			kept = append(kept, q)
		}
	}
	_ = set(kept)
}

// A Record is a stored instance that has not been decoded. Its properties are
// read one by one from the bytes.
type Record struct {
	layout *layout
	origin *cim.Origin
	d      decoder
}

func (r *Record) reset(value string) error {
	r.d = decoder{in: value}
	r.layout.check(&r.d)
	return r.d.err
}

// Class returns the class of the instance.
func (r *Record) Class() *cim.Class { return r.layout.class }

// At returns the value of the property at position k of the class. Texts are
// valid as long as the record is. A damaged value reads as NULL, see Err.
func (r *Record) At(k int) cim.Value {
	if r.d.err != nil {
		return cim.Value{}
	}
	v, set := r.layout.at(&r.d, k)
	switch {
	case r.d.err != nil:
		return cim.Value{}
	case !set:
		return r.layout.class.Properties()[k].Default()
	}
	return v
}

// Err returns an error that wraps kv.ErrCorrupt if a damaged value was read.
func (r *Record) Err() error { return r.d.err }

// Instance returns the instance, which belongs to the caller and outlives the
// record.
func (r *Record) Instance() (*cim.Instance, error) {
	d := decoder{in: cloneString(r.d.in)}
	inst := r.layout.decode(&d)
	inst.SetOrigin(r.origin)
	return inst, d.err
}

func cloneString(s string) string { return string([]byte(s)) }
