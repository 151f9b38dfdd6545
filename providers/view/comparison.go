package view

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/wql"
)

// A comparison is how the values of two properties are compared in a JoinOn: as
// WQL compares values of their types.
type comparison uint8

const (
	incomparable comparison = iota
	numbers                 // of any types, and booleans
	strs                    // without regard to case
	datetimes
	paths // references, and __PATH with one or a string
)

// comparison returns how the properties of a condition are compared.
func (m *match) comparison(left, right *cim.Class) comparison {
	t, u := typeOf(left, m.left.name), typeOf(right, m.right.name)
	isNumber := func(t cim.Type) bool { return t.IsInteger() || t.IsReal() }
	isPath := func(t cim.Type) bool { return t == cim.TypeReference || t == cim.TypeString }
	switch {
	case isNumber(t) && isNumber(u), t == u && (t == cim.TypeBoolean || t == cim.TypeChar16):
		return numbers
	case isPath(t) && isPath(u) && (t != u || t == cim.TypeReference || isPathName(m.left.name) || isPathName(m.right.name)):
		return paths
	case t == u && t == cim.TypeString:
		return strs
	case t == u && t == cim.TypeDatetime:
		return datetimes
	}
	return incomparable
}

// key returns a text that is the same for values that are equal. ok is false for
// what equals nothing.
func (c comparison) key(v cim.Value, at place) (_ string, ok bool) {
	if v.IsNull() {
		return "", false
	}
	switch c {
	case numbers:
		if v.Type().IsReal() {
			f := v.Float() + 0 // -0 is 0
			return strconv.FormatFloat(f, 'f', -1, 64), !math.IsNaN(f)
		}
		if v.Type().IsSigned() {
			return strconv.FormatInt(v.Int(), 10), true
		}
		return strconv.FormatUint(v.Uint(), 10), true
	case datetimes:
		d, ok := v.Datetime()
		if t, complete := d.Time(); complete {
			return strconv.FormatInt(t.UnixMicro(), 10), true
		}
		if us, isInterval := d.Micros(); isInterval {
			return "+" + strconv.FormatInt(us, 10), true
		}
		return d.String(), ok
	case paths:
		return at.normal(v.Text()), true
	}
	return cim.Fold(v.Text()), true
}

// meets compares two values, of which neither is NULL then.
func (c comparison) meets(v cim.Value, vAt place, op wql.Op, w cim.Value, wAt place) bool {
	a, ok := c.key(v, vAt)
	b, known := c.key(w, wAt)
	if !ok || !known {
		return false
	}
	switch op {
	case wql.Equal:
		return a == b
	case wql.NotEqual:
		return a != b
	}
	order, ok := c.order(v, w, a, b)
	if !ok {
		return false
	}
	switch op {
	case wql.Less:
		return order < 0
	case wql.Greater:
		return order > 0
	case wql.LessEqual:
		return order <= 0
	}
	return order >= 0
}

// order orders two values, of which a and b are the keys.
func (c comparison) order(v, w cim.Value, a, b string) (_ int, ok bool) {
	switch c {
	case datetimes:
		d, _ := v.Datetime()
		e, _ := w.Datetime()
		return d.Compare(e)
	case numbers:
		if !v.Type().IsReal() && !w.Type().IsReal() {
			return compareIntegers(v, w), true
		}
		return cmp.Compare(float(v), float(w)), true
	}
	return strings.Compare(a, b), true
}

func compareIntegers(v, w cim.Value) int {
	switch n, m := isNegative(v), isNegative(w); {
	case n && m:
		return cmp.Compare(v.Int(), w.Int())
	case n:
		return -1
	case m:
		return 1
	}
	return cmp.Compare(v.Uint(), w.Uint())
}

func float(v cim.Value) float64 {
	switch {
	case v.Type().IsReal():
		return v.Float()
	case v.Type().IsSigned():
		return float64(v.Int())
	}
	return float64(v.Uint())
}
