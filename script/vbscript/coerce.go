package vbscript

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// scalar returns the value that an expression uses for v: for an object, that of its
// default member.
func (in *Interp) scalar(v Value) Value {
	for range maxDefaults {
		if v.kind != TypeObject {
			return v
		}
		if v.ref == nil {
			raise(errNotSet)
		}
		v = in.get(v.ref.(Object), "", nil)
	}
	raise(errNoMember)
	return v
}

// maxDefaults bounds default members of default members.
const maxDefaults = 16

// toText returns the string of v, as CStr does.
func (in *Interp) toText(v Value) *text {
	if v.kind == TypeString {
		return v.ref.(*text)
	}
	v = in.scalar(v)
	if v.kind == TypeString {
		return v.ref.(*text)
	}
	s, ok := v.textIn(in.loc())
	if !ok {
		if v.kind == TypeNull {
			raise(errNull)
		}
		raise(errTypeMismatch)
	}
	return &text{s: s}
}

func (in *Interp) toString(v Value) string { return in.toText(v).s }

// Text returns the string that CStr gives for v. It reports false for Null, objects,
// arrays and errors.
func (v Value) Text() (string, bool) { return v.text() }

// String returns v for people.
func (v Value) String() string {
	if s, ok := v.text(); ok {
		return s
	}
	return v.typeName()
}

func (v Value) text() (string, bool) { return v.textIn(american) }

func (v Value) textIn(l *locale) (string, bool) {
	switch v.kind {
	case TypeString:
		return v.ref.(*text).s, true
	case TypeEmpty:
		return "", true
	case TypeInteger, TypeLong, TypeByte:
		return strconv.FormatInt(v.int(), 10), true
	case TypeBoolean:
		if v.num != 0 {
			return l.yes, true
		}
		return l.no, true
	case TypeDouble, TypeDecimal:
		return l.number(formatFloat(v.float(), 15)), true
	case TypeSingle:
		return l.number(formatFloat(v.float(), 7)), true
	case TypeCurrency:
		return l.number(formatCurrency(v.int())), true
	case TypeDate:
		return l.dateTime(v.float()), true
	}
	return "", false
}

// formatFloat writes as many digits as a float surely has, without an exponent where
// that needs no more decimal places than digits.
func formatFloat(f float64, digits int) string {
	switch {
	case math.IsInf(f, 1):
		return "1.#INF"
	case math.IsInf(f, -1):
		return "-1.#INF"
	case math.IsNaN(f):
		return "-1.#IND"
	case f == 0:
		return "0"
	}
	s := strconv.FormatFloat(f, 'e', digits-1, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	n, _ := strconv.Atoi(exp)
	sign := ""
	if mantissa[0] == '-' {
		sign, mantissa = "-", mantissa[1:]
	}
	ds := strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0")
	switch {
	case n >= digits || n < 0 && len(ds)-1-n > digits:
		out := sign + ds[:1]
		if len(ds) > 1 {
			out += "." + ds[1:]
		}
		return out + "E" + exp[:1] + strings.Repeat("0", max(0, 2-len(strings.TrimLeft(exp[1:], "0")))) + strings.TrimLeft(exp[1:], "0")
	case n < 0:
		return sign + "0." + strings.Repeat("0", -n-1) + ds
	case len(ds) <= n+1:
		return sign + ds + strings.Repeat("0", n+1-len(ds))
	default:
		return sign + ds[:n+1] + "." + ds[n+1:]
	}
}

func formatCurrency(n int64) string {
	sign := ""
	u := uint64(n)
	if n < 0 {
		sign, u = "-", -u
	}
	s := sign + strconv.FormatUint(u/10000, 10)
	if r := u % 10000; r != 0 {
		frac := strconv.FormatUint(10000+r, 10)[1:]
		s += "." + strings.TrimRight(frac, "0")
	}
	return s
}

// parseNumber reads a number as people of the locale write it: with blanks around it,
// thousands separators, a currency sign, a sign on either side, an exponent, &H or &O.
func parseNumber(s string, l *locale) (float64, bool) {
	s = strings.Trim(s, " \t\r\n\u00A0")
	if s == "" {
		return 0, false
	}
	if s[0] == '&' && len(s) > 2 {
		base, digits := 16, s[2:]
		switch s[1] | 0x20 {
		case 'h':
		case 'o':
			base = 8
		default:
			return 0, false
		}
		digits, long := strings.CutSuffix(digits, "&")
		n, err := strconv.ParseUint(digits, base, 32)
		if errors.Is(err, strconv.ErrRange) {
			return math.Inf(1), true
		}
		if err != nil {
			return 0, false
		}
		v, _ := radixValue(n, long)
		return float64(v.int()), true
	}
	neg := false
	if s[0] == '(' && s[len(s)-1] == ')' {
		neg, s = true, strings.TrimSpace(s[1:len(s)-1])
	}
	var b strings.Builder
	seen := false // digits
	point, exp, signed, money := false, false, neg, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isDigit(c):
			seen = true
			b.WriteByte(c)
		case c == l.point[0] && !point && !exp:
			point = true
			b.WriteByte('.')
		case strings.HasPrefix(s[i:], l.group) && seen && !point && !exp:
			i += len(l.group) - 1
		case strings.HasPrefix(s[i:], l.sign()) && !money && (!seen || l.money[0] == ""):
			i += len(l.sign()) - 1
			money = true
		case (c == '-' || c == '+') && !signed && (!seen || i == len(s)-1):
			signed, neg = true, c == '-'
		case c == ' ' && (!seen || strings.TrimSpace(s[i:]) == l.sign()):
		case (c|0x20 == 'e' || c|0x20 == 'd') && seen && !exp:
			exp = true
			b.WriteByte('e')
			if i+1 < len(s) && (s[i+1] == '-' || s[i+1] == '+') {
				i++
				b.WriteByte(s[i])
			}
		default:
			return 0, false
		}
	}
	if !seen {
		return 0, false
	}
	f, err := strconv.ParseFloat(b.String(), 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	if neg {
		f = -f
	}
	return f, true
}

// number returns v as a number of its own subtype: strings become Doubles, Empty and
// Booleans Integers. Objects were resolved before.
func number(v Value) Value { return (*Interp)(nil).number(v) }

func (in *Interp) number(v Value) Value {
	switch v.kind {
	case TypeInteger, TypeLong, TypeDouble, TypeSingle, TypeByte, TypeCurrency, TypeDate, TypeDecimal:
		return v
	case TypeEmpty:
		return Integer(0)
	case TypeBoolean:
		return Integer(int16(v.int()))
	case TypeString:
		s := v.ref.(*text).s
		f, ok := parseNumber(s, in.loc())
		if !ok {
			raiseValue(errTypeMismatch, v)
		}
		if math.IsInf(f, 0) {
			raise(errOverflow)
		}
		return Double(f)
	case TypeNull:
		raise(errNull)
	}
	raise(errTypeMismatch)
	return v
}

// raiseValue raises an error about the value, which the message shows.
func raiseValue(code int, v Value) {
	s, _ := v.text()
	if r := []rune(s); len(r) > maxShown {
		s = string(r[:maxShown]) + "..."
	}
	panic(NewError(code, `[string: "`+s+`"]`))
}

// maxShown is how many characters of a string a message shows.
const maxShown = 32

// floatOf returns the number in a result of number.
func floatOf(v Value) float64 {
	switch v.kind {
	case TypeInteger, TypeLong, TypeByte, TypeBoolean:
		return float64(v.int())
	case TypeCurrency:
		return float64(v.int()) / 10000
	}
	return v.float()
}

func (in *Interp) toFloat(v Value) float64 {
	if v.kind == TypeDouble {
		return v.float()
	}
	return floatOf(in.number(in.scalar(v)))
}

// round rounds half to even, as CInt and CLng do.
func round(f float64) float64 { return math.RoundToEven(f) }

// toLong returns v as CLng does.
func (in *Interp) toLong(v Value) int32 {
	switch v.kind {
	case TypeInteger, TypeLong, TypeByte, TypeBoolean:
		return int32(v.int())
	}
	f := round(in.toFloat(v))
	if !(f >= math.MinInt32 && f <= math.MaxInt32) {
		raise(errOverflow)
	}
	return int32(f)
}

// toInteger returns v as CInt does.
func (in *Interp) toInteger(v Value) int {
	n := in.toLong(v)
	if n != int32(int16(n)) {
		raise(errOverflow)
	}
	return int(n)
}

func (in *Interp) toInt(v Value) int { return int(in.toLong(v)) }

// toBool returns v as CBool does.
func (in *Interp) toBool(v Value) bool {
	switch v.kind {
	case TypeBoolean, TypeInteger, TypeLong, TypeByte:
		return v.num != 0
	}
	v = in.scalar(v)
	if v.kind == TypeString {
		if b, ok := parseBool(v.ref.(*text).s); ok {
			return b
		}
	}
	return floatOf(in.number(v)) != 0
}

// parseBool reads what CBool and the logical operators take for a Boolean; to all else
// such a string is no number.
func parseBool(s string) (b, ok bool) {
	switch strings.ToLower(s) {
	case "true", "#true#":
		return true, true
	case "false", "#false#":
		return false, true
	}
	return false, false
}

// condition is toBool for If and loops, where Null is false.
func (in *Interp) condition(v Value) bool {
	if v.kind == TypeBoolean {
		return v.num != 0
	}
	if v.kind == TypeNull {
		return false
	}
	return in.toBool(v)
}

// toDate returns v as CDate does.
func (in *Interp) toDate(v Value) float64 {
	v = in.scalar(v)
	if v.kind == TypeDate {
		return v.float()
	}
	if v.kind == TypeString {
		d, ok := parseDate(v.ref.(*text).s, in)
		if !ok {
			if f, isNum := parseNumber(v.ref.(*text).s, in.loc()); isNum {
				return checkDate(f)
			}
			raiseValue(errTypeMismatch, v)
		}
		return d
	}
	return checkDate(floatOf(in.number(v)))
}

// toCurrency returns ten-thousandths.
func (in *Interp) toCurrency(v Value) int64 {
	v = in.number(in.scalar(v))
	switch v.kind {
	case TypeCurrency:
		return v.int()
	case TypeInteger, TypeLong, TypeByte:
		return v.int() * 10000
	}
	return currencyOf(v.float())
}

func currencyOf(f float64) int64 {
	f = round(f * 10000)
	if !(f >= -math.MaxInt64 && f < math.MaxInt64) {
		raise(errOverflow)
	}
	return int64(f)
}
