package vbscript

import (
	"math"
	"strings"
	"time"
)

// A Type is the subtype of a Value, with VarType's numbers.
type Type uint16

// The subtypes.
const (
	TypeEmpty    Type = 0
	TypeNull     Type = 1
	TypeInteger  Type = 2
	TypeLong     Type = 3
	TypeSingle   Type = 4
	TypeDouble   Type = 5
	TypeCurrency Type = 6
	TypeDate     Type = 7
	TypeString   Type = 8
	TypeObject   Type = 9
	TypeError    Type = 10
	TypeBoolean  Type = 11
	TypeDecimal  Type = 14 // from hosts only; held as a double
	TypeByte     Type = 17
	TypeArray    Type = 8192 + 12

	typeRef Type = 0xFFFF // in slots: ref is the *Value of another variable
)

var typeNames = map[Type]string{
	TypeEmpty: "Empty", TypeNull: "Null", TypeInteger: "Integer", TypeLong: "Long", TypeSingle: "Single", TypeDouble: "Double",
	TypeCurrency: "Currency", TypeDate: "Date", TypeString: "String", TypeObject: "Object", TypeError: "Error", TypeBoolean: "Boolean",
	TypeDecimal: "Decimal", TypeByte: "Byte", TypeArray: "Variant()",
}

func (t Type) String() string { return typeNames[t] }

// A Value is a Variant. The zero Value is Empty. Values may be copied; arrays
// and objects in them are shared by the copies.
type Value struct {
	kind Type
	num  uint64 // an integer sign-extended, Currency times 10000, or the bits of a double
	ref  any    // *text, *Array or Object
}

// Values without content. Missing stands for an argument left out.
var (
	Empty   = Value{}
	Null    = Value{kind: TypeNull}
	Nothing = Value{kind: TypeObject}
	True    = Value{kind: TypeBoolean, num: math.MaxUint64}
	False   = Value{kind: TypeBoolean}
	Missing = Value{kind: TypeError, num: paramNotFound}
)

const paramNotFound = 0x80020004 // DISP_E_PARAMNOTFOUND

// Integer, Long and the others return values of their subtypes.
func Integer(n int16) Value { return Value{kind: TypeInteger, num: uint64(int64(n))} }

// Long returns a 32-bit integer.
func Long(n int32) Value { return Value{kind: TypeLong, num: uint64(int64(n))} }

// Byte returns an unsigned 8-bit integer.
func Byte(n uint8) Value { return Value{kind: TypeByte, num: uint64(n)} }

// Int returns n as a Long, or as a Double when it does not fit.
func Int(n int64) Value {
	if n == int64(int32(n)) {
		return Long(int32(n))
	}
	return Double(float64(n))
}

// Single returns a float of 32 bits.
func Single(f float32) Value {
	return Value{kind: TypeSingle, num: math.Float64bits(float64(f))}
}

// Double returns a float of 64 bits.
func Double(f float64) Value { return Value{kind: TypeDouble, num: math.Float64bits(f)} }

// Currency returns n ten-thousandths.
func Currency(n int64) Value { return Value{kind: TypeCurrency, num: uint64(n)} }

// Date returns a date: days since 1899-12-30, the time of day as a fraction that counts
// away from zero. [MS-OAUT] 2.2.25
func Date(days float64) Value { return Value{kind: TypeDate, num: math.Float64bits(days)} }

// Time returns the date and time that t shows on its wall clock.
func Time(t time.Time) Value { return Date(dateOf(t)) }

// Bool returns True or False.
func Bool(b bool) Value {
	if b {
		return True
	}
	return False
}

// ErrorValue returns a value of subtype Error.
func ErrorValue(scode uint32) Value { return Value{kind: TypeError, num: uint64(scode)} }

// FromObject returns a value that refers to o; Nothing for nil.
func FromObject(o Object) Value {
	if o == nil {
		return Nothing
	}
	return Value{kind: TypeObject, ref: o}
}

// FromArray returns a value with the array itself, not a copy.
func FromArray(a *Array) Value { return Value{kind: TypeArray, ref: a} }

// Type returns the subtype.
func (v Value) Type() Type { return v.kind }

// IsNothing reports whether v is an object that is not there.
func (v Value) IsNothing() bool { return v.kind == TypeObject && v.ref == nil }

// IsMissing reports whether v is an argument that was left out.
func (v Value) IsMissing() bool { return v.kind == TypeError && v.num == paramNotFound }

// Object returns the object in v, or nil.
func (v Value) Object() Object {
	if v.kind == TypeObject && v.ref != nil {
		return v.ref.(Object)
	}
	return nil
}

// Array returns the array in v, or nil.
func (v Value) Array() *Array {
	if v.kind == TypeArray {
		return v.ref.(*Array)
	}
	return nil
}

func (v Value) int() int64     { return int64(v.num) }
func (v Value) float() float64 { return math.Float64frombits(v.num) }

// typeName is TypeName of the language.
func (v Value) typeName() string {
	if v.kind == TypeObject {
		if v.ref == nil {
			return "Nothing"
		}
		return v.ref.(Object).TypeName()
	}
	return v.kind.String()
}

// A text is a string. Strings made by & share a growing buffer, so that appending
// in a loop is linear: the longest text owns what lies behind it in the buffer.
type text struct {
	s     string
	b     *strings.Builder // nil, or the buffer in which s is a prefix
	from  *text            // nil, or the text that s is a piece of, which stays in memory
	units []uint16         // the UTF-16 units, made when an index asks for them
	ascii uint8            // asciiYes, asciiNo, or not known yet
	half  bool             // the last unit is only its low byte
	mark  uint32           // see measurer
}

const (
	asciiUnknown = iota
	asciiYes
	asciiNo
)

var letters = func() (out [128]*text) {
	for i := range out {
		out[i] = &text{s: string(rune(i)), ascii: asciiYes}
	}
	return out
}()

var noText = &text{ascii: asciiYes}

// String returns a string. Its text is WTF-8: lone surrogates are encoded like other
// code points.
func String(s string) Value {
	switch {
	case s == "":
		return Value{kind: TypeString, ref: noText}
	case len(s) == 1 && s[0] < 128:
		return Value{kind: TypeString, ref: letters[s[0]]}
	}
	return Value{kind: TypeString, ref: &text{s: s}}
}

func (t *text) isASCII() bool {
	if t.ascii == asciiUnknown {
		t.ascii = asciiYes
		for i := 0; i < len(t.s); i++ {
			if t.s[i] >= 128 {
				t.ascii = asciiNo
				break
			}
		}
	}
	return t.ascii == asciiYes
}

// utf16 returns the units of a text that is not ASCII.
func (t *text) utf16() []uint16 {
	if t.units == nil {
		t.units = unitsOf(t.s)
	}
	return t.units
}

// length is the number of whole UTF-16 units.
func (t *text) length() int {
	n := len(t.s)
	if !t.isASCII() {
		n = len(t.utf16())
	}
	if t.half {
		n--
	}
	return n
}

// slice returns the units from i up to j, which are in range.
func (in *Interp) slice(t *text, i, j int) Value {
	if t.isASCII() {
		return in.piece(t, t.s[i:j])
	}
	return in.newString(stringOf(t.utf16()[i:j]))
}

// piece returns a piece s of the text t. It is a copy if it would else keep much more in
// memory than itself.
func (in *Interp) piece(t *text, s string) Value {
	switch {
	case len(s) == len(t.s):
		return Value{kind: TypeString, ref: t}
	case len(s) < 2:
		return String(s)
	}
	whole := t
	if t.from != nil {
		whole = t.from
	}
	p := &text{s: s, from: whole}
	if t.ascii == asciiYes {
		p.ascii = asciiYes
	}
	size := int64(textSize)
	if len(whole.s)-len(s) > minHeld && len(s) < len(whole.s)/4 {
		p.s, p.from = strings.Clone(s), nil
		size += int64(len(s))
	}
	in.charge(size)
	return Value{kind: TypeString, ref: p}
}

// minHeld is how much of a text a small piece of it may keep in memory.
const minHeld = 1 << 10

// minShared is the length from which texts get a buffer.
const minShared = 128

// concat returns x & y.
func concat(x, y *text) Value {
	switch {
	case len(y.s) == 0:
		return Value{kind: TypeString, ref: x}
	case len(x.s) == 0:
		return Value{kind: TypeString, ref: y}
	case x.half:
		return joinBytes(x, y)
	}
	if splitPair(x.s, y.s) {
		return String(stringOf(append(unitsOf(x.s), unitsOf(y.s)...)))
	}
	t := &text{half: y.half}
	if x.ascii == asciiYes && y.ascii == asciiYes {
		t.ascii = asciiYes
	}
	switch {
	case x.b != nil && x.b.Len() == len(x.s):
		t.b = x.b
		t.b.WriteString(y.s)
		t.s = t.b.String()
	case len(x.s)+len(y.s) >= minShared && len(y.s) < len(x.s):
		t.b = &strings.Builder{}
		t.b.Grow(2 * (len(x.s) + len(y.s)))
		t.b.WriteString(x.s)
		t.b.WriteString(y.s)
		t.s = t.b.String()
	default:
		t.s = x.s + y.s
	}
	return Value{kind: TypeString, ref: t}
}
