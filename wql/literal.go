package wql

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"openwmi/cim"
)

// Literals, wql.md 2.2:
//
//	Integer = [ "+" | "-" ] Digit { Digit } | "0x" HexDigit { HexDigit }
//	Real    = [ "+" | "-" ] { Digit } "." Digit { Digit } [ ( "e" | "E" ) [ "+" | "-" ] Digit { Digit } ]
//
// A string ends at the first quote of its own kind that has no backslash before
// it. \\, \" and \' stand for the second character. A backslash before any other
// character is an error. In a pattern of LIKE it stands for itself, except before
// a character that has a meaning in patterns, where it looks as if it took that
// away: Windows refuses "PCI\%" too.

var (
	errNumber = errors.New("is not a number")
	errRange  = errors.New("is out of range")
)

// parseNumber returns the value of a number, of type sint64, uint64 if it is too
// large for that, or real64. The error is errNumber or errRange.
func parseNumber(s string) (cim.Value, error) {
	digits := strings.TrimLeft(s, "+-")
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		return integer(u), numberError(err)
	}
	if !strings.Contains(s, ".") {
		if s[0] == '-' {
			i, err := strconv.ParseInt(s, 10, 64)
			return cim.Sint64Value(i), numberError(err)
		}
		u, err := strconv.ParseUint(digits, 10, 64)
		return integer(u), numberError(err)
	}
	// strconv takes more than the grammar does: infinities, hexadecimal, "1.".
	mantissa, _, _ := strings.Cut(strings.ToLower(digits), "e")
	if strings.Trim(mantissa, "0123456789.") != "" || strings.HasSuffix(mantissa, ".") {
		return cim.Value{}, errNumber
	}
	f, err := strconv.ParseFloat(s, 64)
	return cim.Real64Value(f), numberError(err)
}

func integer(u uint64) cim.Value {
	if u > math.MaxInt64 {
		return cim.Uint64Value(u)
	}
	return cim.Sint64Value(int64(u))
}

func numberError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, strconv.ErrRange):
		return errRange
	}
	return errNumber
}

// unquote returns the value of a string in quotes, which may be a pattern of
// LIKE, and the offset of the first backslash that is an error, -1 if there is
// none.
func unquote(s string, pattern bool) (value string, stray int) {
	s = s[1 : len(s)-1]
	stray = -1
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s, stray
	}
	b := make([]byte, 0, len(s))
	b = append(b, s[:i]...)
	for ; i < len(s); i++ {
		if s[i] == '\\' {
			// Something follows: a backslash takes the closing quote with it.
			if c := s[i+1]; c == '\\' || c == '"' || c == '\'' {
				i++
			} else if stray < 0 && (!pattern || strings.IndexByte("%_[", c) >= 0) {
				stray = 1 + i
			}
		}
		b = append(b, s[i])
	}
	return string(b), stray
}

// quote returns a string literal that stands for s.
func quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for i := range len(s) {
		if s[i] == '\\' || s[i] == '"' {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	b.WriteByte('"')
	return b.String()
}
