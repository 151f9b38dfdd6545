package vbscript

import (
	"unicode/utf16"
	"unicode/utf8"
)

// unitsOf returns the UTF-16 units of WTF-8 text.
func unitsOf(s string) []uint16 {
	out := make([]uint16, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			out = append(out, uint16(s[i]))
			i++
			continue
		}
		if i+2 < len(s) && s[i] == 0xED && s[i+1]&0xE0 == 0xA0 && s[i+2]&0xC0 == 0x80 {
			out = append(out, 0xD000|uint16(s[i+1]&0x3F)<<6|uint16(s[i+2]&0x3F))
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		out = utf16.AppendRune(out, r)
		i += n
	}
	return out
}

// stringOf is the inverse of unitsOf.
func stringOf(u []uint16) string {
	out := make([]byte, 0, len(u)+len(u)/2)
	for i := 0; i < len(u); i++ {
		r := rune(u[i])
		if utf16.IsSurrogate(r) {
			if i+1 < len(u) {
				if pair := utf16.DecodeRune(r, rune(u[i+1])); pair != utf8.RuneError {
					out = utf8.AppendRune(out, pair)
					i++
					continue
				}
			}
			out = append(out, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// splitPair reports whether x ends with the first and y begins with the second half of
// a surrogate pair: together they are another character.
func splitPair(x, y string) bool {
	n := len(x) - 3
	return n >= 0 && len(y) >= 3 && x[n] == 0xED && x[n+1]&0xF0 == 0xA0 && y[0] == 0xED && y[1]&0xF0 == 0xB0
}
