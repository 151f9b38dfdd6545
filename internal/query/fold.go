package query

import (
	"cmp"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Strings compare by their UTF-16 units after folding, without regard to any
// locale (wql.md 4.3). Folding is that of cim.Fold, code point by code point, so
// that a filter and the keys of the store agree about what is equal.

// compareFold orders two texts. Texts of ASCII characters, and what comes before
// the first other character, are compared byte by byte.
func compareFold(a, b string) int {
	if a == b {
		return 0
	}
	n := min(len(a), len(b))
	for i := range n {
		x, y := a[i], b[i]
		if x == y && x < utf8.RuneSelf {
			continue
		}
		if x >= utf8.RuneSelf || y >= utf8.RuneSelf {
			return compareUnits(units{s: a[i:]}, units{s: b[i:]})
		}
		if x, y = upper[x], upper[y]; x != y {
			return cmp.Compare(x, y)
		}
	}
	// One is the beginning of the other, so the other has more units.
	return cmp.Compare(len(a), len(b))
}

func compareUnits(a, b units) int {
	for {
		x, more := a.next()
		y, moreB := b.next()
		switch {
		case !more || !moreB:
			return cmp.Compare(btoi(more), btoi(moreB))
		case x != y:
			return cmp.Compare(x, y)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// upper folds ASCII.
var upper = func() (t [128]byte) {
	for c := range t {
		t[c] = byte(c)
		if 'a' <= c && c <= 'z' {
			t[c] -= 'a' - 'A'
		}
	}
	return t
}()

// foldRune returns the least code point that differs from r in case alone.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(upper[r])
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// units reads the folded UTF-16 units of a text one by one.
type units struct {
	s   string
	low uint16 // of a pair whose first unit has been read
}

func (u *units) next() (unit uint16, ok bool) {
	if u.low != 0 {
		unit, u.low = u.low, 0
		return unit, true
	}
	if u.s == "" {
		return 0, false
	}
	r, n := decodeRune(u.s)
	u.s = u.s[n:]
	if r = foldRune(r); r < 0x10000 {
		return uint16(r), true
	}
	high, low := utf16.EncodeRune(r)
	u.low = uint16(low)
	return uint16(high), true
}

// appendUnits appends the folded units of a text.
func appendUnits(b []uint16, s string) []uint16 {
	for u := (units{s: s}); ; {
		unit, ok := u.next()
		if !ok {
			return b
		}
		b = append(b, unit)
	}
}

// decodeRune returns the first code point of a text and its length. It reads
// unpaired surrogates as cim.Value keeps them, and anything else that is no
// UTF-8 as U+FFFD.
func decodeRune(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 && len(s) >= 3 && s[0] == 0xED && s[1]&0xE0 == 0xA0 && s[2]&0xC0 == 0x80 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return r, n
}

// isASCII reports whether all bytes of s are ASCII characters.
func isASCII(s string) bool {
	for ; len(s) >= 8; s = s[8:] {
		// The compiler makes one load of this.
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if x&0x8080808080808080 != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
