package wsman

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// isWide reports whether a document is in UTF-16, as its charset says or, without
// one, its byte order mark. DSP0226 R13.1
func isWide(charset string, b []byte) bool {
	if charset == "" {
		return hasMark(b)
	}
	return strings.HasPrefix(strings.ToLower(charset), "utf-16")
}

func hasMark(b []byte) bool {
	return len(b) >= 2 && (b[0] == 0xFE && b[1] == 0xFF || b[0] == 0xFF && b[1] == 0xFE)
}

var errUTF16 = errors.New("the document is not in UTF-16")

// fromUTF16 returns a document in UTF-16 in UTF-8. A byte order mark says the order;
// without one the charset or the < with which it begins does.
func fromUTF16(charset string, b []byte) ([]byte, error) {
	if len(b)%2 != 0 {
		return nil, errUTF16
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case hasMark(b):
		if b[0] == 0xFE {
			order = binary.BigEndian
		}
		b = b[2:]
	case strings.EqualFold(charset, "utf-16be"), len(b) > 0 && b[0] == 0:
		order = binary.BigEndian
	}
	text := make([]byte, 0, len(b)/2+len(b)/8)
	for i := 0; i < len(b); i += 2 {
		r := rune(order.Uint16(b[i:]))
		if utf16.IsSurrogate(r) {
			if i += 2; i == len(b) {
				return nil, errUTF16
			}
			if r = utf16.DecodeRune(r, rune(order.Uint16(b[i:]))); r == utf8.RuneError {
				return nil, errUTF16
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return text, nil
}

// toUTF16 returns a document of several parts in UTF-16, little-endian with a byte
// order mark, which is what Windows writes.
func toUTF16(parts ...[]byte) []byte {
	b := []byte{0xFF, 0xFE}
	for _, p := range parts {
		for len(p) > 0 {
			r, n := utf8.DecodeRune(p)
			p = p[n:]
			if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
				b = binary.LittleEndian.AppendUint16(b, uint16(high))
				r = low
			}
			b = binary.LittleEndian.AppendUint16(b, uint16(r))
		}
	}
	return b
}
