package vbscript

import (
	"bytes"
	"unicode/utf8"
)

// The functions that count bytes see a string as its UTF-16 units, the low byte first. A
// piece with half a unit at its end shows that as a character below 256, which Len does not
// count. What & adds begins with the other half: ChrB(65) & ChrB(66) is one character.
var byteFunctions = []builtin{
	{name: "LenB", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		return nullOr(fr, a[0], func(t *text) Value { return Long(int32(t.bytes())) })
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

// bytes is the number of bytes.
func (t *text) bytes() int {
	n := 2 * t.length()
	if t.half {
		n++
	}
	return n
}

func bytesOf(t *text) []byte {
	units := unitsOf(t.s)
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		out = append(out, byte(u), byte(u>>8))
	}
	return out[:t.bytes()]
}

// joinBytes returns x & y, where x ends with half a unit.
func joinBytes(x, y *text) Value {
	_, n := utf8.DecodeLastRuneInString(x.s) // below 256, so no half of a pair
	head := &text{s: x.s[:len(x.s)-n], ascii: x.ascii}
	tail := append([]byte{bytesOf(x)[x.bytes()-1]}, bytesOf(y)...)
	return concat(head, fromBytes(tail))
}

func (in *Interp) textOf(b []byte) Value {
	in.makeText(2 * int64(len(b)))
	return Value{kind: TypeString, ref: fromBytes(b)}
}

func fromBytes(b []byte) *text {
	if len(b) == 0 {
		return noText
	}
	units := make([]uint16, 0, len(b)/2+1)
	for ; len(b) > 1; b = b[2:] {
		units = append(units, uint16(b[0])|uint16(b[1])<<8)
	}
	if len(b) == 1 {
		units = append(units, uint16(b[0]))
	}
	return &text{s: stringOf(units), half: len(b) == 1}
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
