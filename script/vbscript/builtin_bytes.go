package vbscript

import "bytes"

// The functions that count bytes see a string as its UTF-16 units, the low byte first. A
// piece with half a unit at its end keeps that as a character below 256, so that
// AscB(MidB(s, i, 1)) reads a byte; its LenB is one too many.
var byteFunctions = []builtin{
	{name: "LenB", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		return nullOr(fr, a[0], func(t *text) Value { return Long(int32(2 * t.length())) })
	}},
	{name: "LeftB", min: 2, max: 2, fn: func(fr *frame, a []Value) Value {
		n := count(fr, a[1])
		return nullOr(fr, a[0], func(t *text) Value { b := bytesOf(t); return fr.in.textOf(b[:min(n, len(b))]) })
	}},
	{name: "RightB", min: 2, max: 2, fn: func(fr *frame, a []Value) Value {
		n := count(fr, a[1])
		return nullOr(fr, a[0], func(t *text) Value { b := bytesOf(t); return fr.in.textOf(b[max(0, len(b)-n):]) })
	}},
	{name: "MidB", min: 2, max: 3, fn: func(fr *frame, a []Value) Value {
		n := 1 << 31
		if given(a, 2) {
			n = count(fr, a[2])
		}
		start := fr.in.toInt(a[1])
		if start < 1 {
			raise(errCallOrArgument)
		}
		return nullOr(fr, a[0], func(t *text) Value {
			b := bytesOf(t)
			from := min(start-1, len(b))
			return fr.in.textOf(b[from:min(len(b), from+n)])
		})
	}},
	{name: "InStrB", min: 2, max: 4, fn: inStrB},
	{name: "AscB", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return Byte(uint8(firstUnit(fr, a[0]))) }},
	{name: "ChrB", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		n := fr.in.toLong(a[0])
		if n < 0 || n > 255 {
			raise(errCallOrArgument)
		}
		return fr.in.textOf([]byte{byte(n)})
	}},
}

// count reads a number of characters or bytes.
func count(fr *frame, v Value) int {
	n := fr.in.toInt(v)
	if n < 0 {
		raise(errCallOrArgument)
	}
	return n
}

func bytesOf(t *text) []byte {
	units := unitsOf(t.s)
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func (in *Interp) textOf(b []byte) Value {
	in.makeText(2 * int64(len(b)))
	units := make([]uint16, 0, len(b)/2+1)
	for ; len(b) > 1; b = b[2:] {
		units = append(units, uint16(b[0])|uint16(b[1])<<8)
	}
	if len(b) == 1 {
		units = append(units, uint16(b[0]))
	}
	return String(stringOf(units))
}

func inStrB(fr *frame, a []Value) Value {
	start := 1
	if len(a) > 2 {
		start = fr.in.toInt(a[0])
		a = a[1:]
	}
	if start < 1 {
		raise(errCallOrArgument)
	}
	fold := textCompare(fr, a, 2)
	x, y, null := fr.in.pair(a[0], a[1])
	if null {
		return Null
	}
	s, what := bytesOf(fr.in.toText(x)), bytesOf(fr.in.toText(y))
	if fold {
		s, what = bytes.ToLower(s), bytes.ToLower(what)
	}
	if start > len(s) {
		return Long(0)
	}
	i := bytes.Index(s[start-1:], what)
	if i < 0 {
		return Long(0)
	}
	return Long(int32(start + i))
}
