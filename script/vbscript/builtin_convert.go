package vbscript

import "math"

var convertFunctions = []builtin{
	{name: "CStr", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		return Value{kind: TypeString, ref: fr.in.toText(a[0])}
	}},
	{name: "CInt", min: 1, max: 1, noCall: true, fn: func(fr *frame, a []Value) Value {
		return Integer(int16(fr.in.toInteger(a[0])))
	}},
	{name: "CLng", min: 1, max: 1, noCall: true, fn: func(fr *frame, a []Value) Value { return Long(fr.in.toLong(a[0])) }},
	{name: "CByte", min: 1, max: 1, noCall: true, fn: func(fr *frame, a []Value) Value {
		v := fr.in.scalar(a[0])
		n := fr.in.toLong(v)
		if v.kind == TypeBoolean {
			n &= 255 // CByte(True) is 255
		}
		if n < 0 || n > 255 {
			raise(errOverflow)
		}
		return Byte(uint8(n))
	}},
	{name: "CDbl", min: 1, max: 1, noCall: true, fn: func(fr *frame, a []Value) Value { return Double(fr.in.toFloat(a[0])) }},
	{name: "CSng", min: 1, max: 1, noCall: true, fn: func(fr *frame, a []Value) Value {
		f := fr.in.toFloat(a[0])
		if math.Abs(f) > math.MaxFloat32 {
			raise(errOverflow)
		}
		return Single(float32(f))
	}},
	{name: "CCur", min: 1, max: 1, noCall: true, fn: func(fr *frame, a []Value) Value { return Currency(fr.in.toCurrency(a[0])) }},
	{name: "CBool", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return Bool(fr.in.toBool(a[0])) }},
	{name: "CDate", min: 1, max: 1, noCall: true, fn: func(fr *frame, a []Value) Value { return Date(fr.in.toDate(a[0])) }},
	{name: "TypeName", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return String(a[0].typeName()) }},
	{name: "VarType", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		v := a[0]
		if v.kind == TypeObject && v.ref != nil {
			// An object counts as its default member, when it has one.
			if d, ok := fr.in.tryScalar(v); ok {
				v = d
			}
		}
		return Integer(int16(v.kind))
	}},
	{name: "IsArray", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return Bool(a[0].kind == TypeArray) }},
	{name: "IsDate", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		v, ok := fr.in.tryScalar(a[0])
		if !ok {
			return False
		}
		if v.kind == TypeString {
			_, ok := parseDate(v.ref.(*text).s, fr.in)
			return Bool(ok)
		}
		return Bool(v.kind == TypeDate)
	}},
	{name: "IsEmpty", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return Bool(a[0].kind == TypeEmpty) }},
	{name: "IsNull", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		v, ok := fr.in.tryScalar(a[0])
		return Bool(ok && v.kind == TypeNull)
	}},
	{name: "IsNumeric", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		v, ok := fr.in.tryScalar(a[0])
		if !ok {
			return False
		}
		switch v.kind {
		case TypeString:
			f, ok := parseNumber(v.ref.(*text).s, fr.in.loc())
			return Bool(ok && !math.IsInf(f, 0))
		case TypeEmpty, TypeInteger, TypeLong, TypeByte, TypeSingle, TypeDouble, TypeCurrency, TypeBoolean, TypeDecimal:
			return True
		}
		return False
	}},
	{name: "IsObject", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return Bool(a[0].kind == TypeObject) }},
}

// tryScalar is scalar without an error.
func (in *Interp) tryScalar(v Value) (out Value, ok bool) {
	if v.kind != TypeObject {
		return v, true
	}
	if v.ref == nil {
		return v, false
	}
	in.quietly(func() { out, ok = in.scalar(v), true })
	return out, ok
}
