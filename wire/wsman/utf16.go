package wsman

import (
	"golang.org/x/text/encoding/unicode"
)

// fromUTF16 returns a document in UTF-16, of which a byte order mark says the
// order, little-endian without one, in UTF-8.
func fromUTF16(b []byte) ([]byte, error) {
	return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(b)
}
