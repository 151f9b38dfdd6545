package cimxml

import (
	"math/bits"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// plain returns the number of leading bytes of s that stand for themselves in
// character data both ways: printable ASCII without & < >.
//
// It looks at eight bytes at once. For a byte c below 0x80, c-0x20 and (c^x)-1
// have their high bit set if c is below 0x20 or is x. A borrow can spoil only the
// bytes above one that was found, and the lowest is what counts.
func plain[T string | []byte](s T) int {
	i := 0
	for ; len(s)-i >= 8; i += 8 {
		x := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		found := x | (x - ' '*ones) | ((x ^ '&'*ones) - ones) | (((x | 2*ones) ^ '>'*ones) - ones) // '<'|2 is '>'
		if found &= highs; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '&' || c == '<' || c == '>' {
			break
		}
	}
	return i
}

// AppendText appends s as character data: what XML reads as s again, except for
// characters that XML cannot represent (see the package comment).
func AppendText(b []byte, s string) []byte {
	for {
		n := plain(s)
		b = append(b, s[:n]...)
		if n == len(s) {
			return b
		}
		s = s[n:]
		n = 1
		switch c := s[0]; c {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...) // because of ]]>
		case '\t', '\n':
			b = append(b, c)
		case '\r':
			b = append(b, "&#13;"...) // a raw one is read as LF
		default:
			b, n = appendOther(b, s)
		}
		s = s[n:]
	}
}

// appendOther appends the characters outside ASCII that s begins with, or
// U+FFFD for the one character or byte that is none of XML's. It returns their
// length in s.
func appendOther(b []byte, s string) ([]byte, int) {
	i := 0
	for i < len(s) && s[i] >= utf8.RuneSelf {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
			break
		}
		i += n
	}
	if i > 0 {
		return append(b, s[:i]...), i
	}
	return append(b, "\uFFFD"...), unitLen(s)
}

// unitLen returns the length of what s begins with, which is no character of
// XML: a noncharacter or unpaired surrogate has three bytes.
func unitLen(s string) int {
	if len(s) >= 3 && (s[0] == 0xED && s[1]&0xE0 == 0xA0 && s[2]&0xC0 == 0x80 || s[0] == 0xEF && s[1] == 0xBF && s[2]&0xFE == 0xBE) {
		return 3
	}
	return 1
}

// isPlainAttr has the bytes that stand for themselves in an attribute. Names are
// too short for plain to be faster.
var isPlainAttr = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '&' && c != '<' && c != '>'
	}
	return t
}()

// AppendAttr appends an attribute, with the space before it.
func AppendAttr(b []byte, name, value string) []byte {
	b = append(b, ' ')
	b = append(b, name...)
	b = append(b, '=', '"')
	for {
		n := 0
		for n < len(value) && isPlainAttr[value[n]] {
			n++
		}
		b = append(b, value[:n]...)
		if n == len(value) {
			return append(b, '"')
		}
		value = value[n:]
		n = 1
		switch c := value[0]; c {
		case '"':
			b = append(b, "&quot;"...)
		case '\t':
			b = append(b, "&#9;"...)
		case '\n':
			b = append(b, "&#10;"...) // a raw one is read as a space
		default:
			n = unit(value)
			b = AppendText(b, value[:n])
		}
		value = value[n:]
	}
}

// unit returns the length of the character or of the unpaired surrogate that s
// begins with, 1 for a byte that is no text.
func unit(s string) int {
	if _, n := utf8.DecodeRuneInString(s); n > 1 {
		return n
	}
	return unitLen(s)
}
