package cim

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Convert returns v as a value of type t, as an assignment to a property of
// that type does (model.md 1.3): without loss, or not at all. NULL stays NULL.
// An empty array becomes an empty array of any type. Reals become integers one
// by one, but not in arrays.
//
// The error is ValueOutOfRange for a number that does not fit, else
// TypeMismatch.
func Convert(v Value, t Type) (Value, error) {
	switch {
	case v.IsNull() || v.typ == t:
		return v, nil
	case v.typ.IsArray() != t.IsArray():
		return Value{}, mismatch(v, t)
	case t.IsArray():
		return convertArray(v, t)
	}
	return convertScalar(v, t)
}

func convertArray(v Value, t Type) (Value, error) {
	elems := v.Elems()
	if v.typ.Elem().IsReal() && t.Elem().IsInteger() && len(elems) > 0 {
		return Value{}, mismatch(v, t)
	}
	for i := range elems {
		e, err := convertScalar(elems[i], t.Elem())
		if err != nil {
			return Value{}, err
		}
		elems[i] = e
	}
	return ArrayValue(t.Elem(), elems...)
}

func mismatch(v Value, t Type) error {
	return Errorf(TypeMismatch, "%.60q of type %v is not a %v", v.String(), v.typ, t)
}

func convertScalar(v Value, t Type) (Value, error) {
	if v.typ == t {
		return v, nil
	}
	from, to := v.typ.info().kind, t.info().kind
	switch to {
	case kindSigned, kindUnsigned:
		return toInteger(v, from, t)
	case kindReal:
		return toReal(v, from, t)
	case kindBool:
		return toBool(v, from)
	case kindText:
		return toText(v, from, t)
	}
	return Value{}, mismatch(v, t)
}

func toInteger(v Value, from kind, t Type) (Value, error) {
	switch from {
	case kindSigned:
		return IntValue(t, v.Int())
	case kindUnsigned:
		return UintValue(t, v.num)
	case kindBool:
		// Automation's TRUE is -1.
		if t.info().kind == kindSigned {
			return IntValue(t, -v.Int())
		}
		return UintValue(t, v.num)
	case kindReal:
		f := v.Float()
		if f != math.Trunc(f) {
			return Value{}, mismatch(v, t)
		}
		return realToInteger(f, t)
	case kindText:
		if t == TypeChar16 {
			if u, ok := singleUnit(v.Text()); ok && v.typ == TypeString {
				return Char16Value(u), nil
			}
		}
		if v.typ != TypeString {
			return Value{}, mismatch(v, t)
		}
		return ParseInteger(v.Text(), t)
	}
	return Value{}, mismatch(v, t)
}

func realToInteger(f float64, t Type) (Value, error) {
	switch {
	case f >= -math.MaxInt64-1 && f < math.MaxInt64:
		return IntValue(t, int64(f))
	case f >= 0 && f < math.MaxUint64:
		return UintValue(t, uint64(f))
	}
	return Value{}, Errorf(ValueOutOfRange, "%g does not fit %v", f, t)
}

// ParseInteger reads decimal digits with an optional sign as a value of integer
// or char16 type t. The error is TypeMismatch or ValueOutOfRange.
func ParseInteger(s string, t Type) (Value, error) {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return Value{}, Errorf(TypeMismatch, "%.60q is not a %v", s, t)
	}
	if s[0] == '-' {
		i, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return Value{}, Errorf(ValueOutOfRange, "%.60s does not fit %v", s, t)
		}
		return IntValue(t, i)
	}
	u, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return Value{}, Errorf(ValueOutOfRange, "%.60s does not fit %v", s, t)
	}
	return UintValue(t, u)
}

func toReal(v Value, from kind, t Type) (Value, error) {
	var f float64
	switch from {
	case kindSigned:
		f = float64(v.Int())
	case kindUnsigned:
		f = float64(v.num)
	case kindReal:
		f = v.Float()
	case kindText:
		var err error
		if v.typ != TypeString {
			return Value{}, mismatch(v, t)
		}
		if f, err = parseReal(v.Text()); err != nil {
			return Value{}, err
		}
	default:
		return Value{}, mismatch(v, t)
	}
	if t == TypeReal32 {
		r := float32(f)
		if math.IsInf(float64(r), 0) && !math.IsInf(f, 0) {
			return Value{}, Errorf(ValueOutOfRange, "%g does not fit %v", f, t)
		}
		return Real32Value(r), nil
	}
	return Real64Value(f), nil
}

func toBool(v Value, from kind) (Value, error) {
	switch from {
	case kindSigned, kindUnsigned:
		return BoolValue(v.num != 0), nil
	case kindReal:
		return BoolValue(v.Float() != 0), nil
	case kindText:
		switch s := v.Text(); {
		case strings.EqualFold(s, "true"):
			return BoolValue(true), nil
		case strings.EqualFold(s, "false"):
			return BoolValue(false), nil
		}
	}
	return Value{}, mismatch(v, TypeBoolean)
}

func toText(v Value, from kind, t Type) (Value, error) {
	if t == TypeDatetime {
		if v.typ != TypeString {
			return Value{}, mismatch(v, t)
		}
		d, err := ParseDatetime(v.Text())
		if err != nil {
			return Value{}, err
		}
		return DatetimeValue(d), nil
	}
	if from == kindText {
		return text(t, v.Text()), nil
	}
	if t == TypeReference || from == kindObject || from == kindNone {
		return Value{}, mismatch(v, t)
	}
	return text(t, v.String()), nil
}

// parseReal reads decimal text, or the name of what is no number.
func parseReal(s string) (float64, error) {
	if strings.ContainsAny(s, "xX_pP") { // Go's own forms
		return 0, Errorf(TypeMismatch, "%.60q is not a number", s)
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err == nil:
		return f, nil
	case math.IsInf(f, 0):
		return 0, Errorf(ValueOutOfRange, "%.60s does not fit real64", s)
	}
	return 0, Errorf(TypeMismatch, "%.60q is not a number", s)
}

// singleUnit returns the UTF-16 unit of a text that has exactly one.
func singleUnit(s string) (uint16, bool) {
	if len(s) > utf8.UTFMax {
		return 0, false
	}
	u := UTF16(s)
	if len(u) != 1 {
		return 0, false
	}
	return u[0], true
}

// UTF16 returns the UTF-16 units of a text, lone surrogates of WTF-8 included.
func UTF16(s string) []uint16 {
	out := make([]uint16, 0, len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			if u, ok := surrogateAt(s[i:]); ok {
				out = append(out, u)
				i += 3
				continue
			}
		}
		out = utf16.AppendRune(out, r)
		i += n
	}
	return out
}

func surrogateAt(s string) (uint16, bool) {
	if len(s) < 3 || s[0] != 0xED || s[1]&0xE0 != 0xA0 || s[2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | uint16(s[1]&0x3F)<<6 | uint16(s[2]&0x3F), true
}

// FromUTF16 returns UTF-16 units as text, lone surrogates as WTF-8.
func FromUTF16(units []uint16) string {
	b := make([]byte, 0, len(units))
	for i := 0; i < len(units); i++ {
		if i+1 < len(units) {
			if r := utf16.DecodeRune(rune(units[i]), rune(units[i+1])); r != utf8.RuneError {
				b = utf8.AppendRune(b, r)
				i++
				continue
			}
		}
		b = appendUnit(b, units[i])
	}
	return string(b)
}
