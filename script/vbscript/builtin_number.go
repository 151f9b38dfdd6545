package vbscript

import (
	"math"
	"strconv"
	"strings"
)

// The generator of Rnd: x = (x * 0x43FD43FD + 0xC39EC3) mod 2^24, from the seed
// 0x50000. Microsoft Knowledge Base 231847.
const (
	firstSeed  = 0x50000
	rndFactor  = 0x43FD43FD
	rndAddend  = 0xC39EC3
	rndModulus = 1 << 24
)

var numberFunctions = []builtin{
	{name: "Abs", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		return numeric(fr, a[0], func(v Value) Value {
			if floatOf(v) < 0 {
				return negateValue(v)
			}
			return v
		})
	}},
	{name: "Sgn", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		f := fr.in.toFloat(a[0])
		switch {
		case f > 0:
			return Integer(1)
		case f < 0:
			return Integer(-1)
		}
		return Integer(0)
	}},
	{name: "Int", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return rounded(fr, a[0], math.Floor) }},
	{name: "Fix", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return rounded(fr, a[0], math.Trunc) }},
	{name: "Round", min: 1, max: 2, fn: roundTo},
	{name: "Sqr", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		f := fr.in.toFloat(a[0])
		if f < 0 {
			raise(errCallOrArgument)
		}
		return Double(math.Sqrt(f))
	}},
	{name: "Sin", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return finite(math.Sin(fr.in.toFloat(a[0]))) }},
	{name: "Cos", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return finite(math.Cos(fr.in.toFloat(a[0]))) }},
	{name: "Tan", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return finite(math.Tan(fr.in.toFloat(a[0]))) }},
	{name: "Atn", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return finite(math.Atan(fr.in.toFloat(a[0]))) }},
	{name: "Exp", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return finite(math.Exp(fr.in.toFloat(a[0]))) }},
	{name: "Log", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		f := fr.in.toFloat(a[0])
		if f <= 0 {
			raise(errCallOrArgument)
		}
		return Double(math.Log(f))
	}},
	{name: "Rnd", min: 0, max: 1, fn: rnd},
	{name: "Randomize", min: 0, max: 1, noValue: true, fn: randomize},
	{name: "Hex", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return radix(fr, a[0], 16) }},
	{name: "Oct", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return radix(fr, a[0], 8) }},
	{name: "RGB", min: 3, max: 3, fn: func(fr *frame, a []Value) Value {
		n := int32(0)
		for i, v := range a {
			c := fr.in.toLong(v)
			if c < 0 {
				raise(errCallOrArgument)
			}
			n |= min(c, 255) << (8 * i)
		}
		return Long(n)
	}},
}

// numeric applies f to a number; Null stays Null.
func numeric(fr *frame, v Value, f func(Value) Value) Value {
	v = fr.in.scalar(v)
	if v.kind == TypeNull {
		return Null
	}
	return f(fr.in.number(v))
}

func rounded(fr *frame, v Value, f func(float64) float64) Value {
	return numeric(fr, v, func(v Value) Value {
		switch v.kind {
		case TypeInteger, TypeLong, TypeByte:
			return v
		case TypeCurrency:
			return Currency(int64(f(floatOf(v))) * 10000)
		case TypeDate:
			return Date(f(v.float()))
		case TypeSingle:
			return Single(float32(f(v.float())))
		}
		return Double(f(v.float()))
	})
}

func roundTo(fr *frame, a []Value) Value {
	places := fr.in.toInt(opt(a, 1, Integer(0)))
	if places < 0 || places > 22 {
		raise(errCallOrArgument)
	}
	if v := fr.in.scalar(a[0]); v.kind == TypeBoolean {
		return v
	}
	return numeric(fr, a[0], func(v Value) Value {
		if isInt(v.kind) {
			return v
		}
		f := roundHalfEven(floatOf(v), places)
		switch v.kind {
		case TypeCurrency:
			return Currency(currencyOf(f))
		case TypeSingle:
			return Single(float32(f))
		case TypeDate:
			return Date(f)
		}
		return Double(f)
	})
}

func roundHalfEven(f float64, places int) float64 {
	p := math.Pow10(places)
	if math.Abs(f) > 1e15/p*10 || math.IsInf(f*p, 0) {
		return f
	}
	scaled := f * p
	// 2.345 * 100 is a little off: the digits that people see decide.
	if s, err := strconv.ParseFloat(strconv.FormatFloat(scaled, 'g', 15, 64), 64); err == nil {
		scaled = s
	}
	return round(scaled) / p
}

func rnd(fr *frame, a []Value) Value {
	in := fr.in
	arg := 1.0
	if given(a, 0) {
		arg = in.toFloat(a[0])
	}
	if arg < 0 {
		bits := math.Float32bits(float32(arg))
		in.rnd = (bits&0xFFFFFF + bits>>24) % rndModulus
	}
	if arg != 0 {
		in.rnd = uint32((uint64(in.rnd)*rndFactor + rndAddend) % rndModulus)
	}
	return Single(float32(in.rnd) / rndModulus)
}

// randomize puts the middle bits of its number into the seed.
func randomize(fr *frame, a []Value) Value {
	in := fr.in
	f := timer(in)
	if given(a, 0) {
		f = in.toFloat(a[0])
	}
	high := uint32(math.Float64bits(f) >> 32)
	mixed := (high & 0xFFFF) ^ high>>16
	in.rnd = in.rnd&0xFF | mixed<<8&0xFFFF00
	return Empty
}

func radix(fr *frame, v Value, base int) Value {
	return numeric(fr, v, func(v Value) Value {
		n := uint64(fr.in.toLong(v))
		switch {
		case v.kind == TypeInteger || v.kind == TypeByte:
			n &= 0xFFFF
		default:
			n &= 0xFFFFFFFF
		}
		return String(strings.ToUpper(strconv.FormatUint(n, base)))
	})
}
