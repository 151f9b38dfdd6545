package source

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An Encoding says how a text is written in bytes. mof.md 2.1
type Encoding uint8

// The encodings of texts. ASCII is UTF8.
const (
	UTF8        Encoding = iota
	UTF8BOM              // UTF-8 after EF BB BF
	UTF16LE              // after FF FE
	UTF16BE              // after FE FF
	Windows1252          // what is not valid UTF-8 and has no mark
)

var encodingNames = [...]string{"UTF-8", "UTF-8 with BOM", "UTF-16LE", "UTF-16BE", "Windows-1252"}

func (e Encoding) String() string { return encodingNames[e] }

// A DecodeError says why bytes are not a text.
type DecodeError struct {
	Name string // of the file
	Msg  string
}

func (e *DecodeError) Error() string { return e.Name + ": " + e.Msg }

const (
	bomUTF8    = "\xEF\xBB\xBF"
	bomUTF16LE = "\xFF\xFE"
	bomUTF16BE = "\xFE\xFF"
)

// Decode makes a file from the bytes of a text whose encoding its first bytes
// tell: mof.md 2.1. Unpaired surrogates of UTF-16 are kept (WTF-8). The error,
// a *DecodeError, says that the text is too long, or not what its mark
// promises, or binary MOF, which is not text at all.
//
// U+0000 is decoded as well; who reads the text refuses it, with a position.
func Decode(name string, data []byte) (*File, Encoding, error) {
	fail := func(e Encoding, format string, args ...any) (*File, Encoding, error) {
		return nil, e, &DecodeError{name, fmt.Sprintf(format, args...)}
	}
	if len(data) > MaxFile {
		return fail(UTF8, "%d bytes are too many: the limit is %d", len(data), MaxFile)
	}
	var enc Encoding
	var text string
	switch {
	case hasPrefix(data, "FOMB"):
		return fail(UTF8, "this is binary MOF (it begins with FOMB), not text")
	case hasPrefix(data, bomUTF16LE), hasPrefix(data, bomUTF16BE):
		var order binary.ByteOrder = binary.LittleEndian
		enc = UTF16LE
		if data[0] == 0xFE {
			enc, order = UTF16BE, binary.BigEndian
		}
		if len(data)%2 != 0 {
			return fail(enc, "%s text with an odd number of bytes", enc)
		}
		text = decodeUTF16(data[2:], order)
	case hasPrefix(data, bomUTF8):
		enc, data = UTF8BOM, data[len(bomUTF8):]
		if !utf8.Valid(data) {
			return fail(enc, "not valid UTF-8 after its byte order mark")
		}
		text = string(data)
	case utf8.Valid(data):
		enc, text = UTF8, string(data)
	default:
		enc, text = Windows1252, decodeWindows1252(data)
	}
	if len(text) > MaxFile {
		return fail(enc, "%d bytes of text are too many: the limit is %d", len(text), MaxFile)
	}
	return NewFile(name, text), enc, nil
}

func hasPrefix(data []byte, prefix string) bool {
	return len(data) >= len(prefix) && string(data[:len(prefix)]) == prefix
}

func decodeUTF16(data []byte, order binary.ByteOrder) string {
	var b strings.Builder
	b.Grow(len(data) / 2)
	for i := 0; i < len(data); i += 2 {
		u := rune(order.Uint16(data[i:]))
		switch {
		case u < utf8.RuneSelf:
			b.WriteByte(byte(u))
			continue
		case utf16.IsSurrogate(u):
			if i+2 < len(data) {
				if r := utf16.DecodeRune(u, rune(order.Uint16(data[i+2:]))); r != utf8.RuneError {
					b.WriteRune(r)
					i += 2
					continue
				}
			}
			b.Write([]byte{0xE0 | byte(u>>12), 0x80 | byte(u>>6)&0x3F, 0x80 | byte(u)&0x3F})
		default:
			b.WriteRune(u)
		}
	}
	return b.String()
}

// windows1252 has the characters of the bytes 0x80 to 0x9F. The five bytes
// without a character stand for the control characters with their numbers, as
// Windows and the WHATWG encoding standard have it.
var windows1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8D, 'Ž', 0x8F,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9D, 'ž', 'Ÿ',
}

func decodeWindows1252(data []byte) string {
	var b strings.Builder
	b.Grow(len(data) + len(data)/8)
	for _, c := range data {
		switch {
		case c < utf8.RuneSelf:
			b.WriteByte(c)
		case c < 0xA0:
			b.WriteRune(windows1252[c-0x80])
		default:
			b.WriteRune(rune(c))
		}
	}
	return b.String()
}

// Encode is the inverse of Decode: it returns text in the encoding e, with its
// mark. It fails when a character of the text has no Windows-1252 byte, and
// when a text with unpaired surrogates is not to become UTF-16.
func Encode(text string, e Encoding) ([]byte, error) {
	switch e {
	case UTF16LE:
		return encodeUTF16(text, bomUTF16LE, binary.LittleEndian), nil
	case UTF16BE:
		return encodeUTF16(text, bomUTF16BE, binary.BigEndian), nil
	case Windows1252:
		return encodeWindows1252(text)
	}
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("a text with unpaired surrogates has no %s form", e)
	}
	if e == UTF8BOM {
		return []byte(bomUTF8 + text), nil
	}
	return []byte(text), nil
}

func encodeUTF16(text, bom string, order binary.AppendByteOrder) []byte {
	out := make([]byte, 0, len(bom)+2*len(text))
	out = append(out, bom...)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			r, n = surrogate(text[i:])
		}
		i += n
		if r > 0xFFFF {
			hi, lo := utf16.EncodeRune(r)
			out = order.AppendUint16(out, uint16(hi))
			r = lo
		}
		out = order.AppendUint16(out, uint16(r))
	}
	return out
}

// surrogate decodes the unpaired surrogate with which s begins; any other
// malformed byte becomes U+FFFD.
func surrogate(s string) (rune, int) {
	if len(s) >= 3 && s[0] == 0xED && s[1]&0xE0 == 0xA0 && s[2]&0xC0 == 0x80 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return utf8.RuneError, 1
}

func encodeWindows1252(text string) ([]byte, error) {
	out := make([]byte, 0, len(text))
next:
	for _, r := range text {
		if r < 0x80 || 0xA0 <= r && r <= 0xFF {
			out = append(out, byte(r))
			continue
		}
		for i, c := range windows1252 {
			if c == r {
				out = append(out, byte(0x80+i))
				continue next
			}
		}
		return nil, fmt.Errorf("the character %q has no %s form", r, Windows1252)
	}
	return out, nil
}
