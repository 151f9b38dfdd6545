package scrrun

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// repair makes valid UTF-8 of a file: a byte order mark is dropped, and bytes that are
// not UTF-8 become the characters that have their numbers.
type repair struct{ started bool }

var mark = []byte("\ufeff")

// Reset implements transform.Transformer.
func (r *repair) Reset() { r.started = false }

// Transform implements transform.Transformer.
func (r *repair) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	if !r.started {
		if len(src) < len(mark) && bytes.HasPrefix(mark, src) && !atEOF {
			return 0, 0, transform.ErrShortSrc
		}
		r.started = true
		if bytes.HasPrefix(src, mark) {
			nSrc = len(mark)
		}
	}
	for nSrc < len(src) {
		if src[nSrc] < utf8.RuneSelf && nDst < len(dst) { // most are
			dst[nDst] = src[nSrc]
			nDst++
			nSrc++
			continue
		}
		if !atEOF && !utf8.FullRune(src[nSrc:]) {
			return nDst, nSrc, transform.ErrShortSrc
		}
		c, n := utf8.DecodeRune(src[nSrc:])
		if c == utf8.RuneError && n == 1 {
			c = rune(src[nSrc])
		}
		if nDst+utf8.RuneLen(c) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], c)
		nSrc += n
	}
	return nDst, nSrc, nil
}

// widen makes UTF-8 of UTF-16LE. Halves of characters become U+FFFD.
type widen struct{ started bool }

// Reset implements transform.Transformer.
func (w *widen) Reset() { w.started = false }

// Transform implements transform.Transformer.
func (w *widen) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for len(src)-nSrc >= 2 {
		c, n := rune(binary.LittleEndian.Uint16(src[nSrc:])), 2
		if first := !w.started; first {
			w.started = true
			if c == 0xfeff {
				nSrc += 2
				continue
			}
		}
		if utf16.IsSurrogate(c) {
			if len(src)-nSrc < 4 && !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			pair := rune(utf8.RuneError)
			if len(src)-nSrc >= 4 {
				pair = utf16.DecodeRune(c, rune(binary.LittleEndian.Uint16(src[nSrc+2:])))
			}
			if c = pair; c != utf8.RuneError {
				n = 4
			}
		}
		if nDst+utf8.RuneLen(c) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], c)
		nSrc += n
	}
	if nSrc < len(src) && !atEOF {
		return nDst, nSrc, transform.ErrShortSrc
	}
	return nDst, len(src), nil // half a unit at the end is nothing
}

// narrow returns text, whose lone surrogates are encoded like other characters, as
// UTF-16LE.
func narrow(text string) []byte {
	out := make([]byte, 0, 2*len(text))
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRuneInString(text[i:])
		if s, ok := surrogate(text[i:]); ok {
			c, n = s, 3
		}
		i += n
		if c < 0x10000 {
			out = binary.LittleEndian.AppendUint16(out, uint16(c))
			continue
		}
		high, low := utf16.EncodeRune(c)
		out = binary.LittleEndian.AppendUint16(out, uint16(high))
		out = binary.LittleEndian.AppendUint16(out, uint16(low))
	}
	return out
}

// surrogate decodes half a character at the beginning of s.
func surrogate(s string) (rune, bool) {
	if len(s) < 3 || s[0] != 0xed || s[1] < 0xa0 || s[1] > 0xbf || s[2]&0xc0 != 0x80 {
		return 0, false
	}
	return 0xd000 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), true
}

// units returns how many UTF-16 units a text has, which is its length for scripts.
func units(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b >= 0xf0:
			n += 2
		case b&0xc0 != 0x80:
			n++
		}
	}
	return n
}
