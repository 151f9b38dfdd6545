package vbscript

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// compare orders x and y as the operators = < > do; null when one is Null. A number is
// less than a string unless just one of the two is a literal in the script, to whose
// type the other is converted where that can be done. VarCmp function (oleauto.h)
func (in *Interp) compare(x, y Value, xLit, yLit bool) (order int, null bool) {
	if isInt(x.kind) && isInt(y.kind) {
		return cmp.Compare(x.int(), y.int()), false
	}
	if x.kind == TypeString && y.kind == TypeString {
		return strings.Compare(x.ref.(*text).s, y.ref.(*text).s), false
	}
	x, y, null = in.pair(x, y)
	if null {
		return 0, true
	}
	if x.kind == TypeArray || y.kind == TypeArray || x.kind == TypeError || y.kind == TypeError {
		raise(errTypeMismatch)
	}
	switch {
	case x.kind == TypeString && y.kind == TypeString:
		return strings.Compare(x.ref.(*text).s, y.ref.(*text).s), false
	case x.kind == TypeString:
		return in.compareText(x, y, xLit, yLit), false
	case y.kind == TypeString:
		return -in.compareText(y, x, yLit, xLit), false
	case x.kind == TypeEmpty && y.kind == TypeEmpty:
		return 0, false
	}
	x, y = in.number(x), in.number(y)
	if x.kind == TypeCurrency && y.kind == TypeCurrency {
		return cmp.Compare(x.int(), y.int()), false
	}
	a, b := floatOf(x), floatOf(y)
	if x.kind == TypeSingle || y.kind == TypeSingle {
		a, b = float64(float32(a)), float64(float32(b))
	}
	return cmp.Compare(a, b), false
}

// compareText compares the string s with v, which is none.
func (in *Interp) compareText(s, v Value, sLit, vLit bool) int {
	text := s.ref.(*text).s
	switch {
	case v.kind == TypeEmpty:
		return strings.Compare(text, "")
	case sLit && vLit:
		if strings.HasPrefix(text, "-") { // as VarCmp has it
			return -1
		}
	case v.kind == TypeBoolean && (sLit || vLit):
		return in.compareBool(text, v)
	case vLit:
		if f, ok := parseNumber(text, in.loc()); ok {
			return cmp.Compare(f, floatOf(in.number(v)))
		}
	case sLit:
		other, _ := v.textIn(in.loc())
		return strings.Compare(text, other)
	}
	return 1
}

func (in *Interp) compareBool(s string, v Value) int {
	if f, ok := parseNumber(s, in.loc()); ok {
		return cmp.Compare(f, float64(v.int()))
	}
	other, _ := v.textIn(in.loc())
	return strings.Compare(strings.ToLower(s), strings.ToLower(other))
}

// is tells whether two references are the same object.
func (in *Interp) is(x, y Value) bool {
	if x.kind != TypeObject || y.kind != TypeObject {
		raise(errObjectRequired)
	}
	if x.ref == nil || y.ref == nil {
		return x.ref == nil && y.ref == nil
	}
	return same(x.ref.(Object), y.ref.(Object))
}

// same compares objects whose type may not be comparable.
func same(x, y Object) (equal bool) {
	defer func() {
		if recover() != nil {
			equal = false
		}
	}()
	return x == y
}

// compareFold orders strings without regard to case, as vbTextCompare does.
func compareFold(a, b string) int {
	for a != "" && b != "" {
		r, n := utf8.DecodeRuneInString(a)
		s, m := utf8.DecodeRuneInString(b)
		if r != s {
			if c := cmp.Compare(unicode.ToLower(r), unicode.ToLower(s)); c != 0 {
				return c
			}
		}
		a, b = a[n:], b[m:]
	}
	return cmp.Compare(len(a), len(b))
}
