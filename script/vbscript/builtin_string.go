package vbscript

import (
	"strings"
	"unicode"
)

var stringFunctions = []builtin{
	{name: "Len", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		v := fr.in.scalar(a[0])
		if v.kind == TypeNull {
			return Null
		}
		return Long(int32(fr.in.toText(v).length()))
	}},
	{name: "Left", min: 2, max: 2, fn: func(fr *frame, a []Value) Value {
		n := fr.in.toInt(a[1])
		if n < 0 {
			raise(errCallOrArgument)
		}
		return nullOr(fr, a[0], func(t *text) Value { return fr.in.slice(t, 0, min(n, t.length())) })
	}},
	{name: "Right", min: 2, max: 2, fn: func(fr *frame, a []Value) Value {
		n := fr.in.toInt(a[1])
		if n < 0 {
			raise(errCallOrArgument)
		}
		return nullOr(fr, a[0], func(t *text) Value { l := t.length(); return fr.in.slice(t, max(0, l-n), l) })
	}},
	{name: "Mid", min: 2, max: 3, fn: mid},
	{name: "InStr", min: 2, max: 4, fn: inStr},
	{name: "InStrRev", min: 2, max: 4, fn: inStrRev},
	{name: "LCase", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return mapped(fr, a[0], strings.ToLower) }},
	{name: "UCase", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return mapped(fr, a[0], strings.ToUpper) }},
	{name: "Trim", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		return trimmed(fr, a[0], strings.Trim)
	}},
	{name: "LTrim", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		return trimmed(fr, a[0], strings.TrimLeft)
	}},
	{name: "RTrim", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		return trimmed(fr, a[0], strings.TrimRight)
	}},
	{name: "Space", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return repeated(fr.in, fr.in.toInt(a[0]), " ") }},
	{name: "String", min: 2, max: 2, fn: func(fr *frame, a []Value) Value {
		c := fr.in.scalar(a[1])
		if c.kind == TypeNull {
			return Null
		}
		if c.kind == TypeString {
			t := c.ref.(*text)
			if t.length() == 0 {
				raise(errCallOrArgument)
			}
			return repeated(fr.in, fr.in.toInt(a[0]), fr.in.slice(t, 0, 1).ref.(*text).s)
		}
		return repeated(fr.in, fr.in.toInt(a[0]), stringOf([]uint16{uint16(fr.in.toLong(c)) & 0xFF}))
	}},
	{name: "StrReverse", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		u := append([]uint16(nil), unitsOf(fr.in.toString(a[0]))...)
		for i, j := 0, len(u)-1; i < j; i, j = i+1, j-1 {
			u[i], u[j] = u[j], u[i]
		}
		return fr.in.newString(stringOf(u))
	}},
	{name: "StrComp", min: 2, max: 3, fn: func(fr *frame, a []Value) Value {
		fold := textCompare(fr, a, 2)
		x, y, null := fr.in.pair(a[0], a[1])
		if null {
			return Null
		}
		if fold {
			return Integer(int16(compareFold(fr.in.toString(x), fr.in.toString(y))))
		}
		return Integer(int16(strings.Compare(fr.in.toString(x), fr.in.toString(y))))
	}},
	{name: "Replace", min: 3, max: 6, fn: replace},
	{name: "Asc", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return Integer(int16(ansiOf(firstUnit(fr, a[0])))) }},
	{name: "AscW", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return Integer(int16(firstUnit(fr, a[0]))) }},
	{name: "Chr", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		n := fr.in.toLong(a[0])
		if n < 0 || n > 255 {
			raise(errCallOrArgument)
		}
		return String(string(unicodeOf(byte(n))))
	}},
	{name: "ChrW", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		n := fr.in.toLong(a[0])
		if n < -32768 || n > 65535 {
			raise(errCallOrArgument)
		}
		return String(stringOf([]uint16{uint16(n)}))
	}},
	{name: "Escape", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return fr.in.newString(escapeText(fr.in.toString(a[0]))) }},
	{name: "Unescape", min: 1, max: 1, fn: func(fr *frame, a []Value) Value { return fr.in.newString(unescapeText(fr.in.toString(a[0]))) }},
}

// nullOr applies f to a string; Null stays Null.
func nullOr(fr *frame, v Value, f func(*text) Value) Value {
	v = fr.in.scalar(v)
	if v.kind == TypeNull {
		return Null
	}
	return f(fr.in.toText(v))
}

func mapped(fr *frame, v Value, f func(string) string) Value {
	return nullOr(fr, v, func(t *text) Value {
		s := f(t.s)
		if s == t.s {
			return Value{kind: TypeString, ref: t}
		}
		return fr.in.newString(s)
	})
}

func trimmed(fr *frame, v Value, f func(s, cut string) string) Value {
	return nullOr(fr, v, func(t *text) Value { return fr.in.piece(t, f(t.s, " ")) })
}

func mid(fr *frame, a []Value) Value {
	n := 1 << 31
	if given(a, 2) {
		n = fr.in.toInt(a[2])
	}
	start := fr.in.toInt(a[1])
	if start < 1 || n < 0 {
		raise(errCallOrArgument)
	}
	return nullOr(fr, a[0], func(t *text) Value {
		l := t.length()
		if start > l {
			return String("")
		}
		return fr.in.slice(t, start-1, min(l, start-1+n))
	})
}

func firstUnit(fr *frame, v Value) uint16 {
	t := fr.in.toText(v)
	if t.s == "" {
		raise(errCallOrArgument)
	}
	if t.isASCII() {
		return uint16(t.s[0])
	}
	return t.utf16()[0]
}

// upperANSI are the characters of Windows-1252 from 0x80 to 0x9F.
var upperANSI = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8D, 'Ž', 0x8F,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9D, 'ž', 'Ÿ',
}

func unicodeOf(c byte) rune {
	if c >= 0x80 && c < 0xA0 {
		return upperANSI[c-0x80]
	}
	return rune(c)
}

func ansiOf(u uint16) uint16 {
	if u < 0x80 || u >= 0xA0 && u < 0x100 {
		return u
	}
	for i, r := range upperANSI {
		if r == rune(u) {
			return uint16(0x80 + i)
		}
	}
	return '?'
}

// search prepares strings for finding one in the other.
func search(s, what string, fold bool) (string, string) {
	if fold {
		return foldCase(s), foldCase(what)
	}
	return s, what
}

// foldCase lowers letters whose lower form has as many bytes, so that offsets stay.
func foldCase(s string) string {
	if (&text{s: s}).isASCII() {
		return strings.ToLower(s)
	}
	return strings.Map(func(r rune) rune {
		l := unicode.ToLower(r)
		if len(string(l)) != len(string(r)) {
			return r
		}
		return l
	}, s)
}

// byteOffset returns where unit i begins, and unitOffset is its inverse.
func (t *text) byteOffset(i int) int {
	if t.isASCII() {
		return i
	}
	return len(stringOf(t.utf16()[:i]))
}

func (t *text) unitOffset(off int) int {
	if t.isASCII() {
		return off
	}
	return len(unitsOf(t.s[:off]))
}

func inStr(fr *frame, a []Value) Value {
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
	t, what := fr.in.toText(x), fr.in.toText(y)
	if start > t.length() {
		return Long(0)
	}
	if len(what.s) == 0 {
		return Long(int32(start))
	}
	from := t.byteOffset(start - 1)
	s, w := search(t.s[from:], what.s, fold)
	i := strings.Index(s, w)
	if i < 0 {
		return Long(0)
	}
	return Long(int32(t.unitOffset(from+i) + 1))
}

func inStrRev(fr *frame, a []Value) Value {
	fold := textCompare(fr, a, 3)
	start := fr.in.toInt(opt(a, 2, Integer(-1)))
	t, what := fr.in.toText(a[0]), fr.in.toText(a[1]) // Null is an error, unlike with InStr
	if start == 0 || start < -1 {
		raise(errCallOrArgument)
	}
	l := t.length()
	if start == -1 {
		start = l
	}
	if l == 0 || start > l {
		return Long(0)
	}
	if len(what.s) == 0 {
		return Long(int32(start))
	}
	s, w := search(t.s[:t.byteOffset(start)], what.s, fold)
	i := strings.LastIndex(s, w)
	if i < 0 {
		return Long(0)
	}
	return Long(int32(t.unitOffset(i) + 1))
}

func replace(fr *frame, a []Value) Value {
	in := fr.in
	t, find, with := in.toText(a[0]), in.toString(a[1]), in.toString(a[2])
	start := in.toInt(opt(a, 3, Integer(1)))
	count := in.toInt(opt(a, 4, Integer(-1)))
	fold := textCompare(fr, a, 5)
	if start < 1 || count < -1 {
		raise(errCallOrArgument)
	}
	if start > t.length() {
		return String("")
	}
	s := t.s[t.byteOffset(start-1):]
	if find == "" || count == 0 {
		return in.piece(t, s)
	}
	hay, needle := s, find
	if fold {
		in.charge(int64(len(s)))
		hay, needle = search(s, find, fold)
	}
	n := strings.Count(hay, needle)
	if count >= 0 {
		n = min(n, count)
	}
	if n == 0 {
		return in.piece(t, s)
	}
	in.makeText(int64(len(s)) + int64(n)*int64(len(with)-len(find)))
	if !fold {
		return String(strings.Replace(s, find, with, n))
	}
	var b strings.Builder
	for ; n > 0; n-- {
		i := strings.Index(hay, needle)
		b.WriteString(s[:i])
		b.WriteString(with)
		s, hay = s[i+len(find):], hay[i+len(needle):]
	}
	b.WriteString(s)
	return String(b.String())
}

const unescaped = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@*_+-./"

func escapeText(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, u := range unitsOf(s) {
		switch {
		case u < 128 && strings.IndexByte(unescaped, byte(u)) >= 0:
			b.WriteByte(byte(u))
		case u < 256:
			b.WriteString(string([]byte{'%', hex[u>>4], hex[u&15]}))
		default:
			b.WriteString(string([]byte{'%', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15]}))
		}
	}
	return b.String()
}

func unescapeText(s string) string {
	u := unitsOf(s)
	out := u[:0]
	hex := func(from, n int) (uint16, bool) {
		if from+n > len(u) {
			return 0, false
		}
		v := uint16(0)
		for _, c := range u[from : from+n] {
			d := -1
			if c < 128 {
				d = digitValue(byte(c))
			}
			if d < 0 {
				return 0, false
			}
			v = v<<4 | uint16(d)
		}
		return v, true
	}
	for i := 0; i < len(u); i++ {
		if u[i] == '%' {
			if i+1 < len(u) && u[i+1] == 'u' {
				if v, ok := hex(i+2, 4); ok {
					out = append(out, v)
					i += 5
					continue
				}
			} else if v, ok := hex(i+1, 2); ok {
				out = append(out, v)
				i += 2
				continue
			}
		}
		out = append(out, u[i])
	}
	return stringOf(out)
}
