package cim

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// AppendNumber appends an integer, char16 or real in decimal. A real is the
// shortest text that reads back as the same number, and always has a point or
// an exponent (model.md 2.1).
func (v Value) AppendNumber(b []byte) []byte {
	switch v.typ.info().kind {
	case kindSigned:
		return strconv.AppendInt(b, v.Int(), 10)
	case kindReal:
		return appendReal(b, v.Float(), v.typ.Bits())
	}
	return strconv.AppendUint(b, v.num, 10)
}

func appendReal(b []byte, f float64, bits int) []byte {
	start := len(b)
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e15) {
		format = 'E'
	}
	b = strconv.AppendFloat(b, f, format, -1, bits)
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return b
	}
	for _, c := range b[start:] {
		if c == '.' {
			return b
		}
	}
	if format == 'f' {
		return append(b, ".0"...)
	}
	// 1E+15 needs a point: MOF has no real without one.
	for i := start; i < len(b); i++ {
		if b[i] == 'E' {
			return append(b[:i:i], append([]byte(".0"), b[i:]...)...)
		}
	}
	return b
}

// appendUnit appends one UTF-16 unit as UTF-8, a lone surrogate as WTF-8.
func appendUnit(b []byte, u uint16) []byte {
	if 0xD800 <= u && u <= 0xDFFF {
		return append(b, 0xED, 0x80|byte(u>>6&0x3F), 0x80|byte(u&0x3F))
	}
	return utf8.AppendRune(b, rune(u))
}

// inRange reports whether an integer of a signed or unsigned source fits t.
func inRange(t Type, bits uint64, signed bool) bool {
	size := t.Bits()
	if t.info().kind == kindSigned {
		if !signed && bits > math.MaxInt64 {
			return false
		}
		i := int64(bits)
		shift := 64 - size
		return i<<shift>>shift == i
	}
	if signed && int64(bits) < 0 {
		return false
	}
	return size == 64 || bits>>size == 0
}

// IntValue returns i as a value of integer or char16 type t: ValueOutOfRange if
// it does not fit.
func IntValue(t Type, i int64) (Value, error) {
	if !inRange(t, uint64(i), true) {
		return Value{}, Errorf(ValueOutOfRange, "%d does not fit %v", i, t)
	}
	return Value{typ: t, num: uint64(i)}, nil
}

// UintValue returns u as a value of integer or char16 type t: ValueOutOfRange
// if it does not fit.
func UintValue(t Type, u uint64) (Value, error) {
	if !inRange(t, u, false) {
		return Value{}, Errorf(ValueOutOfRange, "%d does not fit %v", u, t)
	}
	return Value{typ: t, num: u}, nil
}
