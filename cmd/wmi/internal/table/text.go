package table

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Width returns how many columns of a terminal s takes. It expects clean text
// (see Clean).
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth knows what terminals agree on: combining marks and joiners take
// nothing, East Asian wide characters and most emoji two columns.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case isJoiner(r), unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case 0x1160 <= r && r <= 0x11FF: // vowels and finals of a Hangul syllable
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// isJoiner reports whether r is ZWNJ or ZWJ, which several scripts and emoji
// need. They are the only format characters that Clean lets through.
func isJoiner(r rune) bool { return r == 0x200C || r == 0x200D }

// Clean returns s so that it stays on its line and cannot speak to the
// terminal: control and format characters become escapes of MOF.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			r = '\uFFFD'
		case keeps(r):
		case r == '\n':
			b.WriteString(`\n`)
			i += n
			continue
		case r == '\r':
			b.WriteString(`\r`)
			i += n
			continue
		case r == '\t':
			b.WriteString(`\t`)
			i += n
			continue
		default:
			fmt.Fprintf(&b, `\x%04X`, r)
			i += n
			continue
		}
		b.WriteRune(r)
		i += n
	}
	return b.String()
}

func keeps(r rune) bool {
	return unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) || isJoiner(r)
}

func isClean(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7F {
			return cleanUnicode(s)
		}
	}
	return true
}

func cleanUnicode(s string) bool {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !keeps(r) || r == utf8.RuneError && n == 1 {
			return false
		}
		i += n
	}
	return true
}

// Cut returns s if it fits into columns, else as much of it as fits before an
// ellipsis.
func Cut(s string, columns int) string {
	if len(s) <= columns || Width(s) <= columns {
		return s
	}
	n := 0
	for i, r := range s {
		w := runeWidth(r)
		if n+w > columns-1 {
			return s[:i] + "…"
		}
		n += w
	}
	return s
}

// Pad returns s with blanks up to columns, before it if right.
func Pad(s string, columns int, right bool) string {
	blanks := columns - Width(s)
	switch {
	case blanks <= 0:
		return s
	case right:
		return strings.Repeat(" ", blanks) + s
	}
	return s + strings.Repeat(" ", blanks)
}
