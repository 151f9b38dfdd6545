package vbscript

import (
	"math"
	"strconv"
	"strings"
)

var formatFunctions = []builtin{
	{name: "FormatNumber", min: 1, max: 5, fn: func(fr *frame, a []Value) Value {
		return formatted(fr, a, "", "", false)
	}},
	{name: "FormatCurrency", min: 1, max: 5, fn: func(fr *frame, a []Value) Value {
		l := fr.in.locale
		return formatted(fr, a, l.money[0], l.money[1], l.parens)
	}},
	{name: "FormatPercent", min: 1, max: 5, fn: func(fr *frame, a []Value) Value {
		return formatted(fr, a, "", "%", false)
	}},
	{name: "FormatDateTime", min: 1, max: 2, fn: func(fr *frame, a []Value) Value {
		format := fr.in.toInt(opt(a, 1, Integer(0)))
		return String(fr.in.locale.format(fr.in.toDate(fr.notNull(a[0])), format))
	}},
}

// tristate reads an argument that is -1 for yes, 0 for no and -2 for the preset.
func tristate(fr *frame, a []Value, i int, preset bool) bool {
	n := fr.in.toInt(opt(a, i, Integer(-2)))
	switch n {
	case -1:
		return true
	case 0:
		return false
	case -2:
		return preset
	}
	raise(errCallOrArgument)
	return false
}

// notNull returns the value of a Format function, to which Null is a type mismatch.
func (fr *frame) notNull(v Value) Value {
	if v = fr.in.scalar(v); v.kind == TypeNull {
		raise(errTypeMismatch)
	}
	return v
}

func formatted(fr *frame, a []Value, prefix, suffix string, parens bool) Value {
	places := fr.in.toInt(opt(a, 1, Integer(-1)))
	if places < -1 || places > 255 {
		raise(errCallOrArgument)
	}
	if places == -1 {
		places = 2
	}
	leading := tristate(fr, a, 2, true)
	parens = tristate(fr, a, 3, parens)
	group := tristate(fr, a, 4, true)
	f := fr.in.toFloat(fr.notNull(a[0]))
	if suffix == "%" {
		f *= 100
	}
	s := decimals(math.Abs(f), places)
	neg := f < 0 // and -0.00 when that is what it rounds to
	whole, frac, point := strings.Cut(s, ".")
	if group {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + fr.in.locale.group + whole[i:]
		}
	}
	if whole == "0" && point && !leading {
		whole = ""
	}
	s = whole
	if point {
		s += fr.in.locale.point + frac
	}
	s = prefix + s + suffix
	switch {
	case neg && parens:
		s = "(" + s + ")"
	case neg:
		s = "-" + s
	}
	return String(s)
}

// decimals writes f rounded half away from zero, by the digits that a double surely has.
func decimals(f float64, places int) string {
	s := strconv.FormatFloat(f, 'e', 14, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	e, _ := strconv.Atoi(exp)
	ds := strings.Replace(mantissa, ".", "", 1) // 15 digits, the point after the first
	switch {
	case e < 0:
		ds = strings.Repeat("0", min(-e, 300)) + ds
		e = 0
	case e >= len(ds):
		ds += strings.Repeat("0", e-len(ds)+1)
	}
	digits := []byte("0" + ds) // the whole part is digits[:e+2]
	keep := e + 2 + places
	if keep < len(digits) {
		up := digits[keep] >= '5'
		digits = digits[:keep]
		for i := keep - 1; up && i >= 0; i-- {
			if digits[i]++; digits[i] > '9' {
				digits[i] = '0'
			} else {
				up = false
			}
		}
	} else {
		digits = append(digits, strings.Repeat("0", keep-len(digits))...)
	}
	whole := strings.TrimLeft(string(digits[:e+2]), "0")
	if whole == "" {
		whole = "0"
	}
	if places == 0 {
		return whole
	}
	return whole + "." + string(digits[e+2:])
}

func (l *locale) format(d float64, format int) string {
	_, secs := splitDate(d)
	switch format {
	case 0:
		return l.dateTime(d)
	case 1:
		return l.date(l.long, timeOf(d))
	case 2:
		return l.date(l.short, timeOf(d))
	case 3:
		return l.clock(secs)
	case 4:
		return padded(secs/3600, 2) + ":" + padded(secs/60%60, 2)
	}
	raise(errCallOrArgument)
	return ""
}
