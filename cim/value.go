package cim

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"unsafe"
)

// A Value is NULL, a scalar or an array. The zero Value is NULL, which has no
// type of its own.
//
// Text is UTF-8; where a peer sent an unpaired UTF-16 surrogate, its three-byte
// encoding stands in the text (WTF-8), so that nothing is lost on the way
// through (model.md 1.2).
//
// Copying a Value shares what it holds. That matters only for embedded
// instances, which are mutable: Clone copies them.
type Value struct {
	typ Type
	// num holds an integer (sign-extended), a char16, a boolean (0 or 1), the
	// bits of a float64, or the length of the text behind ref.
	num uint64
	// ref holds a text as textptr, an Object, or the elements of an array:
	// []byte for uint8, []uint64 (as num) for other numbers, []string,
	// []Object.
	ref any
}

// textptr points to the bytes of a text. A string in an interface would cost
// an allocation for its header; log/slog does the same.
type textptr *byte

func text(t Type, s string) Value {
	return Value{typ: t, num: uint64(len(s)), ref: textptr(unsafe.StringData(s))}
}

// StringValue returns a string value.
func StringValue(s string) Value { return text(TypeString, s) }

// ReferenceValue returns a reference to the object with that path. The text is
// kept as it is.
func ReferenceValue(path string) Value { return text(TypeReference, path) }

// DatetimeValue returns a datetime value.
func DatetimeValue(d Datetime) Value { return text(TypeDatetime, d.text) }

// BoolValue returns a boolean value.
func BoolValue(b bool) Value {
	if b {
		return Value{typ: TypeBoolean, num: 1}
	}
	return Value{typ: TypeBoolean}
}

// Integer values of each type.
func Sint8Value(i int8) Value     { return Value{typ: TypeSint8, num: uint64(int64(i))} }
func Uint8Value(i uint8) Value    { return Value{typ: TypeUint8, num: uint64(i)} }
func Sint16Value(i int16) Value   { return Value{typ: TypeSint16, num: uint64(int64(i))} }
func Uint16Value(i uint16) Value  { return Value{typ: TypeUint16, num: uint64(i)} }
func Sint32Value(i int32) Value   { return Value{typ: TypeSint32, num: uint64(int64(i))} }
func Uint32Value(i uint32) Value  { return Value{typ: TypeUint32, num: uint64(i)} }
func Sint64Value(i int64) Value   { return Value{typ: TypeSint64, num: uint64(i)} }
func Uint64Value(i uint64) Value  { return Value{typ: TypeUint64, num: i} }
func Real32Value(f float32) Value { return Value{typ: TypeReal32, num: math.Float64bits(float64(f))} }
func Real64Value(f float64) Value { return Value{typ: TypeReal64, num: math.Float64bits(f)} }

// Char16Value returns a char16 value, one UTF-16 unit.
func Char16Value(unit uint16) Value { return Value{typ: TypeChar16, num: uint64(unit)} }

// ObjectValue returns a value that embeds an object, which now belongs to the
// value. A nil object is NULL.
func ObjectValue(o Object) Value {
	switch o := o.(type) {
	case nil:
		return Value{}
	case *Instance:
		if o == nil {
			return Value{}
		}
	case *Class:
		if o == nil {
			return Value{}
		}
	}
	return Value{typ: TypeObject, ref: o}
}

// StringsValue returns an array of strings. The slice now belongs to the value.
func StringsValue(s []string) Value { return Value{typ: TypeString | TypeArray, ref: s} }

// BytesValue returns an array of uint8. The slice now belongs to the value.
func BytesValue(b []byte) Value { return Value{typ: TypeUint8 | TypeArray, ref: b} }

// NumberValue returns the value of a numeric, char16 or boolean type from the
// 64 bits that Bits returns. Bits beyond the size of the type must be sign or
// zero extension.
func NumberValue(t Type, bits uint64) Value { return Value{typ: t, num: bits} }

// TextValue returns a value of type string, datetime or reference from its
// text, unchecked. Decoders that trust their input use it.
func TextValue(t Type, s string) Value { return text(t, s) }

// ArrayValue returns an array of the given element type. Every element must be
// of that type and none may be NULL: TypeMismatch or IllegalNull. An element
// type that there is not is InvalidCIMType.
func ArrayValue(elem Type, elems ...Value) (Value, error) {
	v := Value{typ: elem | TypeArray}
	if elem.IsArray() {
		return Value{}, Errorf(InvalidCIMType, "%v cannot be an element of an array", elem)
	}
	for i, e := range elems {
		if e.IsNull() {
			return Value{}, Errorf(IllegalNull, "element %d of an array is NULL", i)
		}
		if e.typ != elem {
			return Value{}, Errorf(TypeMismatch, "element %d is %v in an array of %v", i, e.typ, elem)
		}
	}
	switch elem.info().kind {
	case kindText:
		s := make([]string, len(elems))
		for i, e := range elems {
			s[i] = e.Text()
		}
		v.ref = s
	case kindObject:
		o := make([]Object, len(elems))
		for i, e := range elems {
			o[i] = e.Object()
		}
		v.ref = o
	case kindNone:
		return Value{}, Errorf(InvalidCIMType, "%v is not a CIM type", elem)
	default:
		if elem == TypeUint8 {
			b := make([]byte, len(elems))
			for i, e := range elems {
				if e.num > math.MaxUint8 {
					return Value{}, outOfRange(elem, e.num)
				}
				b[i] = byte(e.num)
			}
			v.ref = b
			break
		}
		n := make([]uint64, len(elems))
		for i, e := range elems {
			n[i] = e.num
		}
		v.ref = n
	}
	return v, nil
}

// TextsValue returns an array of string, datetime or reference from its texts,
// unchecked. The slice now belongs to the value.
func TextsValue(elem Type, s []string) Value { return Value{typ: elem | TypeArray, ref: s} }

// NumbersValue returns an array of a numeric, char16 or boolean type other than
// uint8 from the 64 bits of each element. The slice now belongs to the value.
func NumbersValue(elem Type, bits []uint64) Value { return Value{typ: elem | TypeArray, ref: bits} }

// ObjectsValue returns an array of embedded objects. The slice now belongs to
// the value.
func ObjectsValue(o []Object) Value { return Value{typ: TypeObject | TypeArray, ref: o} }

// IsNull reports whether v is NULL.
func (v Value) IsNull() bool { return v.typ == 0 }

// Type returns the type of v, zero for NULL.
func (v Value) Type() Type { return v.typ }

// Int returns an integer, char16 or boolean as an int64. A uint64 beyond its
// range wraps.
func (v Value) Int() int64 { return int64(v.num) }

// Uint returns an integer, char16 or boolean as a uint64. A negative number
// wraps.
func (v Value) Uint() uint64 { return v.num }

// Bits returns the 64 bits that hold a number, char16 or boolean.
func (v Value) Bits() uint64 { return v.num }

// Bool reports whether v is the boolean TRUE.
func (v Value) Bool() bool { return v.typ == TypeBoolean && v.num != 0 }

// Float returns a real as a float64.
func (v Value) Float() float64 { return math.Float64frombits(v.num) }

// Text returns the text of a string, datetime or reference, and "" for any
// other value.
func (v Value) Text() string {
	p, ok := v.ref.(textptr)
	if !ok {
		return ""
	}
	return unsafe.String((*byte)(p), int(v.num))
}

// Datetime returns the datetime that v holds, and whether it holds one.
func (v Value) Datetime() (Datetime, bool) {
	if v.typ != TypeDatetime {
		return Datetime{}, false
	}
	return Datetime{v.Text()}, true
}

// Object returns the embedded object, nil if v holds none.
func (v Value) Object() Object {
	o, _ := v.ref.(Object)
	return o
}

// Len returns the number of elements of an array, 0 for any other value.
func (v Value) Len() int {
	switch a := v.ref.(type) {
	case []byte:
		return len(a)
	case []uint64:
		return len(a)
	case []string:
		return len(a)
	case []Object:
		return len(a)
	}
	return 0
}

// Index returns element i of an array. It panics if i is out of range.
func (v Value) Index(i int) Value {
	switch a := v.ref.(type) {
	case []byte:
		return Value{typ: TypeUint8, num: uint64(a[i])}
	case []uint64:
		return Value{typ: v.typ.Elem(), num: a[i]}
	case []string:
		return text(v.typ.Elem(), a[i])
	case []Object:
		return Value{typ: TypeObject, ref: a[i]}
	}
	panic(fmt.Sprintf("cim: Index of a %v value", v.typ))
}

// Elems returns the elements of an array, or v alone for a scalar, or nothing
// for NULL.
func (v Value) Elems() []Value {
	if v.IsNull() {
		return nil
	}
	if !v.typ.IsArray() {
		return []Value{v}
	}
	out := make([]Value, v.Len())
	for i := range out {
		out[i] = v.Index(i)
	}
	return out
}

// Bytes returns the elements of a uint8 array. They must not be changed.
func (v Value) Bytes() []byte {
	b, _ := v.ref.([]byte)
	return b
}

// Texts returns the elements of an array of string, datetime or reference.
// They must not be changed.
func (v Value) Texts() []string {
	s, _ := v.ref.([]string)
	return s
}

// Clone returns a copy of v that shares no embedded instance with it. Objects
// beyond MaxNesting or MaxEmbedded, which CheckValue refuses, are not copied.
func (v Value) Clone() Value {
	n := newNest()
	return v.clone(&n)
}

func (v Value) clone(n *nest) Value {
	switch a := v.ref.(type) {
	case *Instance:
		v.ref = a.clone(n)
	case []Object:
		c := make([]Object, len(a))
		for i, o := range a {
			if inst, ok := o.(*Instance); ok {
				o = inst.clone(n)
			}
			c[i] = o
		}
		v.ref = c
	}
	return v
}

// Equal reports whether two values have the same type and content. Embedded
// objects are equal if CompareObjects finds no difference.
// Objects beyond MaxNesting or MaxEmbedded, which CheckValue refuses, are not
// equal to others.
func (v Value) Equal(w Value) bool { return v.equal(w, &comparer{nest: newNest()}) }

// EqualFold is Equal without regard to the case of strings.
func (v Value) EqualFold(w Value) bool {
	return v.equal(w, &comparer{nest: newNest(), flags: IgnoreCase})
}

func (v Value) equal(w Value, c *comparer) bool {
	if v.typ != w.typ {
		return false
	}
	switch a := v.ref.(type) {
	case nil:
		return w.ref == nil && v.num == w.num
	case textptr:
		return equalText(v.Text(), w.Text(), c.flags)
	case []byte:
		return bytes.Equal(a, w.Bytes())
	case []uint64:
		b, _ := w.ref.([]uint64)
		return slices.Equal(a, b)
	case []string:
		return slices.EqualFunc(a, w.Texts(), func(x, y string) bool { return equalText(x, y, c.flags) })
	case []Object:
		b, _ := w.ref.([]Object)
		return slices.EqualFunc(a, b, c.objects)
	case Object:
		return c.objects(a, w.Object())
	}
	return false
}

func equalText(a, b string, flags Comparison) bool {
	if flags&IgnoreCase != 0 {
		return EqualNames(a, b) // unlike strings.EqualFold it tells lone surrogates apart
	}
	return a == b
}

// AppendText appends v as people read it: numbers in decimal, TRUE and FALSE,
// text as it is, char16 as its character, arrays in braces, embedded objects by
// their class, NULL as NULL.
func (v Value) AppendText(b []byte) []byte {
	switch {
	case v.IsNull():
		return append(b, "NULL"...)
	case v.typ.IsArray():
		b = append(b, '{')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = v.Index(i).AppendText(b)
		}
		return append(b, '}')
	}
	switch v.typ.info().kind {
	case kindText:
		return append(b, v.Text()...)
	case kindObject:
		c := definition(v.Object())
		if c == nil {
			return append(b, "NULL"...)
		}
		return append(append(append(b, '<'), c.Name()...), '>')
	case kindBool:
		if v.Bool() {
			return append(b, "TRUE"...)
		}
		return append(b, "FALSE"...)
	}
	if v.typ == TypeChar16 {
		return appendUnit(b, uint16(v.num))
	}
	return v.AppendNumber(b)
}

// String returns what AppendText appends.
func (v Value) String() string {
	if v.typ.IsText() {
		return v.Text()
	}
	return string(v.AppendText(nil))
}
