package query

import (
	"math"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/wql"
)

// An integer is a whole number of any size. What does not fit 64 bits is only
// known to be beyond them.
type integer struct {
	negative bool
	abs      uint64
	beyond   bool
}

// parseInteger reads a whole number as WQL writes it (wql.md 2.2).
func parseInteger(s string) (n integer, ok bool) {
	digits := strings.TrimLeft(s, "+-")
	if digits == "" || len(s)-len(digits) > 1 {
		return integer{}, false
	}
	base := 10
	if len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		base, digits = 16, digits[2:]
	}
	abs, err := strconv.ParseUint(digits, base, 64)
	if err != nil && err.(*strconv.NumError).Err == strconv.ErrSyntax {
		return integer{}, false
	}
	return integer{negative: s[0] == '-', abs: abs, beyond: err != nil}, true
}

// parseWhole reads a real that is a whole number.
func parseWhole(s string) (n integer, ok bool) {
	if !strings.ContainsAny(s, "eE") {
		whole, fraction, _ := strings.Cut(s, ".")
		if strings.Trim(fraction, "0") != "" {
			return integer{}, false
		}
		if strings.Trim(whole, "+-") == "" {
			whole += "0"
		}
		return parseInteger(whole)
	}
	f, ok := parseReal(s)
	switch {
	case !ok || f != math.Trunc(f):
		return integer{}, false
	case math.Abs(f) >= 1<<64:
		return integer{negative: f < 0, beyond: true}, true
	}
	return integer{negative: f < 0, abs: uint64(math.Abs(f))}, true
}

// parseReal reads a number in decimal: wql.md 2.2.
func parseReal(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false // also what only Go takes for a number
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// value returns n as a value of an integer type or char16, if it fits.
func (n integer) value(t cim.Type) (v cim.Value, fits bool) {
	var err error
	switch {
	case n.beyond:
		return cim.Value{}, false
	case !n.negative:
		v, err = cim.UintValue(t, n.abs)
	case n.abs > 1<<63:
		return cim.Value{}, false
	default:
		v, err = cim.IntValue(t, -int64(n.abs))
	}
	return v, err == nil
}

// compareTo makes a test of values of type t, an integer type, char16 or
// boolean, against n. A literal that the type cannot hold makes the comparison
// a constant (wql.md 4.2, Decision).
func compareTo(t cim.Type, op wql.Op, n integer) *test {
	low, high := rangeOf(t)
	v, fits := n.value(t)
	if !fits {
		above := !n.negative
		if op == wql.NotEqual || above && (op == wql.Less || op == wql.LessEqual) ||
			!above && (op == wql.Greater || op == wql.GreaterEqual) {
			return &test{typ: t, kind: testAlways}
		}
		return &test{typ: t, kind: testNever}
	}
	x := &test{typ: t, kind: testBits, not: op == wql.NotEqual, literal: string(v.AppendNumber(nil))}
	at := v.Bits()
	switch op {
	case wql.Equal, wql.NotEqual:
		low, high = at, at
	case wql.Less:
		if at == low {
			return &test{typ: t, kind: testNever}
		}
		high = at - 1
	case wql.LessEqual:
		high = at
	case wql.Greater:
		if at == high {
			return &test{typ: t, kind: testNever}
		}
		low = at + 1
	case wql.GreaterEqual:
		low = at
	}
	x.low, x.span = low, high-low
	return x
}

// rangeOf returns the least and the greatest value of a type, as bits.
func rangeOf(t cim.Type) (low, high uint64) {
	switch {
	case t == cim.TypeBoolean:
		return 0, 1
	case t.IsSigned():
		high = 1<<(t.Bits()-1) - 1
		return ^high, high
	}
	return 0, math.MaxUint64 >> (64 - t.Bits())
}

// A reader reads literals.
type reader struct {
	dateReader
	origin *cim.Origin // to which paths are relative
}

// newTest returns the test that a comparison makes of values of type t. ok is
// false if the literal cannot be converted to the type.
func (r *reader) newTest(t cim.Type, op wql.Op, lit *wql.Literal) (x *test, ok bool) {
	v := lit.Value
	switch {
	case t.IsInteger() || t == cim.TypeChar16:
		n, ok := toInteger(t, lit)
		if !ok {
			return nil, false
		}
		return compareTo(t, op, n), true
	case t == cim.TypeBoolean:
		b, ok := toBoolean(v)
		if !ok {
			return nil, false
		}
		x = compareTo(t, op, integer{abs: b})
		x.literal = cim.BoolValue(b != 0).String()
		return x, true
	}
	x = &test{typ: t, rel: relationOf(op)}
	switch {
	case t.IsReal():
		x.kind = testReal
		if x.num, ok = toReal(t, lit); !ok {
			return nil, false
		}
		x.literal = string(cim.Real64Value(x.num).AppendNumber(nil))
	case t == cim.TypeString:
		x.kind = testText
		x.text = v.String()
		if v.Type() == cim.TypeReal64 {
			x.text = lit.Text
		}
		x.literal = quote(x.text)
	case t == cim.TypeDatetime && v.Type() == cim.TypeString:
		d, ok := r.parse(v.Text())
		if !ok {
			return nil, false
		}
		x.kind = testDatetime
		if x.at = parseInstant(d.String()); x.at.kind == instantOpen && op != wql.Equal && op != wql.NotEqual {
			x.kind = testNever
		}
		x.literal = quote(d.String())
	case t == cim.TypeReference && v.Type() == cim.TypeString:
		if !r.toPath(x, v.Text()) {
			return nil, false
		}
	default:
		return nil, false
	}
	return x, true
}

func toInteger(t cim.Type, lit *wql.Literal) (integer, bool) {
	v := lit.Value
	switch v.Type() {
	case cim.TypeSint64:
		if i := v.Int(); i < 0 {
			return integer{negative: true, abs: -uint64(i)}, true
		}
		return integer{abs: v.Uint()}, true
	case cim.TypeUint64:
		return integer{abs: v.Uint()}, true
	case cim.TypeReal64:
		if t == cim.TypeChar16 {
			return integer{}, false
		}
		return parseWhole(lit.Text)
	case cim.TypeBoolean:
		return integer{abs: v.Uint()}, t != cim.TypeChar16
	case cim.TypeString:
		if t == cim.TypeChar16 {
			u := cim.UTF16(v.Text())
			if len(u) != 1 {
				return integer{}, false
			}
			return integer{abs: uint64(u[0])}, true
		}
		n, ok := parseInteger(v.Text())
		return n, ok && !n.beyond
	}
	return integer{}, false
}

func toBoolean(v cim.Value) (b uint64, ok bool) {
	switch v.Type() {
	case cim.TypeBoolean:
		return v.Uint(), true
	case cim.TypeSint64:
		switch v.Int() {
		case 0, 1:
			return v.Uint(), true
		case -1: // TRUE of Automation
			return 1, true
		}
	case cim.TypeString:
		switch s := v.Text(); {
		case s == "1" || cim.EqualNames(s, "TRUE"):
			return 1, true
		case s == "0" || cim.EqualNames(s, "FALSE"):
			return 0, true
		}
	}
	return 0, false
}

func toReal(t cim.Type, lit *wql.Literal) (f float64, ok bool) {
	v := lit.Value
	switch v.Type() {
	case cim.TypeSint64:
		f = float64(v.Int())
	case cim.TypeUint64:
		f = float64(v.Uint())
	case cim.TypeReal64:
		f = v.Float()
	case cim.TypeString:
		if f, ok = parseReal(v.Text()); !ok {
			return 0, false
		}
	default:
		return 0, false
	}
	// A real32 holds the nearest number to what was written, so that is what
	// it is compared with, unless there is none.
	if r := float64(float32(f)); t == cim.TypeReal32 && !math.IsInf(r, 0) {
		f = r
	}
	return f, true
}

// toPath makes x a test against a path. It is false for a text that is none.
func (r *reader) toPath(x *test, s string) bool {
	if _, err := cim.ParsePath(s); err != nil {
		return false
	}
	x.kind, x.from = testPath, r.origin
	x.text = normalPath(s, r.origin)
	x.literal = quote(x.text)
	return true
}

// normalPath returns the form in which paths are compared: what is left out is
// filled in, keys are by name, and what may be written in two ways is written in
// one (model.md 9.2, rule 12). A text that is no path stands for itself. The keys
// of references in the store are made in the same way.
func normalPath(s string, from *cim.Origin) string {
	p, err := cim.ParsePath(s)
	if err != nil {
		return s
	}
	if p.Server == "." || cim.EqualNames(p.Server, "localhost") || cim.EqualNames(p.Server, from.Server) {
		p.Server = ""
	}
	if p.Server == "" && p.Namespace == "" {
		p.Namespace = from.Namespace
	}
	for i := range p.Keys {
		p.Keys[i] = p.Keys[i].Normal()
	}
	if len(p.Keys) == 1 {
		p.Keys[0].Name = ""
	}
	return p.String()
}

// quote returns a string as a literal of WQL.
func quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	b.WriteByte('"')
	return b.String()
}
