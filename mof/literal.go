package mof

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/internal/source"
)

// Numbers, mof.md 2.3:
//
//	Dec  = [ sign ] Digit { Digit } ;            no leading zero
//	Hex  = [ sign ] "0" ("x"|"X") HexDigit { HexDigit } ;
//	Oct  = [ sign ] "0" OctDigit { OctDigit } ;
//	Bin  = [ sign ] BinDigit { BinDigit } ("b"|"B") ;
//	Real = [ sign ] { Digit } "." Digit { Digit } [ exponent ] ;
//
// and a real without a point if it has an exponent.

// split returns the parts of a number: its sign, its digits without prefix or
// suffix, and their base, which is 0 for a real. The digits may be malformed.
func split(raw string) (negative bool, digits string, base int) {
	switch {
	case raw[0] == '-':
		negative, raw = true, raw[1:]
	case raw[0] == '+':
		raw = raw[1:]
	}
	last := len(raw) - 1
	switch {
	case last > 0 && raw[0] == '0' && raw[1]|0x20 == 'x':
		return negative, raw[2:], 16
	case raw[last]|0x20 == 'b':
		return negative, raw[:last], 2
	case strings.ContainsAny(raw, ".eE"):
		return negative, raw, 0
	case last > 0 && raw[0] == '0':
		return negative, raw[1:], 8
	}
	return negative, raw, 10
}

// numberFault says what is wrong with a number, or "".
func numberFault(raw string) string {
	_, digits, base := split(raw)
	if base == 0 {
		return realFault(raw, digits)
	}
	_, err := strconv.ParseUint(digits, base, 64)
	switch {
	case err == nil:
		return ""
	case err.(*strconv.NumError).Err == strconv.ErrRange:
		return raw + " has more than 64 bits"
	}
	switch {
	case base == 8 && digits[0]|0x20 == 'b':
		return raw + " is not a number: binary digits come before the b"
	case base == 8:
		return raw + " is not a number: after a leading 0 come octal digits"
	case base == 16:
		return raw + " is not a number: after 0x come hexadecimal digits"
	case base == 2:
		return raw + " is not a number: before b come binary digits"
	}
	return raw + " is not a number"
}

func realFault(raw, digits string) string {
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(digits), "e")
	whole, fraction, hasPoint := strings.Cut(mantissa, ".")
	if hasExponent && exponent != "" && (exponent[0] == '+' || exponent[0] == '-') {
		exponent = exponent[1:]
	}
	if !isDigits(whole) || !isDigits(fraction) || !isDigits(exponent) ||
		hasPoint && fraction == "" || !hasPoint && whole == "" || hasExponent && exponent == "" {
		return raw + " is not a number"
	}
	if _, err := strconv.ParseFloat(digits, 64); err != nil {
		return raw + " is too large"
	}
	return ""
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// IsReal reports whether n has a point or an exponent.
func (n *NumberLit) IsReal() bool {
	_, _, base := split(n.Raw)
	return base == 0
}

// Int returns sign and magnitude of n; a real is rounded, half away from zero.
// It reports false if the magnitude exceeds 64 bits.
func (n *NumberLit) Int() (negative bool, magnitude uint64, ok bool) {
	return parseInt(n.Raw)
}

// Float returns the value of n as the nearest float64.
func (n *NumberLit) Float() float64 {
	negative, digits, base := split(n.Raw)
	var f float64
	if base == 0 {
		f, _ = strconv.ParseFloat(digits, 64)
	} else {
		u, _ := strconv.ParseUint(digits, base, 64)
		f = float64(u)
	}
	if negative {
		return -f
	}
	return f
}

func parseInt(raw string) (negative bool, magnitude uint64, ok bool) {
	negative, digits, base := split(raw)
	if base != 0 {
		u, err := strconv.ParseUint(digits, base, 64)
		return negative && u != 0, u, err == nil
	}
	f, err := strconv.ParseFloat(digits, 64)
	f = math.Round(f)
	if err != nil || f >= 1<<64 {
		return negative, 0, false
	}
	return negative && f != 0, uint64(f), true
}

// unquote appends the value of a string or character literal, whose content
// begins at off in the text and is raw, to dst. mof.md 2.4
func (l *lexer) unquote(dst []byte, raw string, off int) []byte {
	for {
		i := strings.IndexByte(raw, '\\')
		if i < 0 {
			return appendText(dst, raw)
		}
		dst = appendText(dst, raw[:i])
		off += i
		raw = raw[i+1:]
		unit, n := escape(raw)
		if n > 0 {
			dst = appendUnit(dst, unit)
		} else {
			_, n = utf8.DecodeRuneInString(raw)
			dst = appendText(dst, raw[:n])
			l.unknownEscape(source.Span{Pos: pos(off), End: pos(off + 1 + n)})
		}
		off += 1 + n
		raw = raw[n:]
	}
}

// escape returns the meaning and the length of the escape sequence whose
// backslash is before s. The length is 0 if it has no meaning.
func escape(s string) (unit uint16, n int) {
	if s == "" {
		return 0, 0
	}
	switch c := s[0]; c {
	case 'b':
		return '\b', 1
	case 't':
		return '\t', 1
	case 'n':
		return '\n', 1
	case 'f':
		return '\f', 1
	case 'r':
		return '\r', 1
	case '"', '\'', '\\':
		return uint16(c), 1
	case 'x', 'X':
		for n = 1; n < 5 && n < len(s); n++ {
			d, ok := hexDigit(s[n])
			if !ok {
				break
			}
			unit = unit<<4 | d
		}
		if n > 1 {
			return unit, n
		}
	}
	return 0, 0
}

// unknownEscape reports an escape sequence without a meaning. Its backslash is
// dropped: mof.md 2.4, for older files.
func (l *lexer) unknownEscape(at source.Span) {
	if l.opt.Dialect == DMTF {
		l.errorf(at, cim.MOFIllegalConstantValue, "unknown escape sequence %s", l.file.Slice(at))
	} else {
		l.warnf(at, cim.MOFIllegalConstantValue, "unknown escape sequence %s: its backslash is dropped", l.file.Slice(at))
	}
}

func hexDigit(c byte) (uint16, bool) {
	switch {
	case '0' <= c && c <= '9':
		return uint16(c - '0'), true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return uint16(c|0x20-'a') + 10, true
	}
	return 0, false
}

// appendUnit appends one UTF-16 unit in WTF-8: the second half of a surrogate
// pair replaces the first by their character.
func appendUnit(dst []byte, unit uint16) []byte {
	if !utf16.IsSurrogate(rune(unit)) {
		return utf8.AppendRune(dst, rune(unit))
	}
	return appendText(dst, string([]byte{0xE0 | byte(unit>>12), 0x80 | byte(unit>>6)&0x3F, 0x80 | byte(unit)&0x3F}))
}

// appendText appends s, and joins a surrogate pair of which one half is at the
// end of dst and the other begins s.
func appendText(dst []byte, s string) []byte {
	n := len(dst)
	if len(s) >= 3 && s[0] == 0xED && s[1] >= 0xB0 && n >= 3 && dst[n-3] == 0xED && 0xA0 <= dst[n-2] && dst[n-2] < 0xB0 {
		hi := 0xD000 | rune(dst[n-2]&0x3F)<<6 | rune(dst[n-1]&0x3F)
		lo := 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F)
		dst = utf8.AppendRune(dst[:n-3], utf16.DecodeRune(hi, lo))
		s = s[3:]
	}
	return append(dst, s...)
}
