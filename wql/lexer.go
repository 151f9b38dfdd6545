package wql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/internal/source"
)

// A tok is the kind of a token.
type tok uint8

const (
	eof    tok = iota
	word       // a name or keyword
	number     // may be malformed
	str        // with its quotes
	equal
	notEqual
	less
	greater
	lessEqual
	greaterEqual
	star
	comma
	point
	semicolon
	open
	closing
	brace     // an opening one; what follows is no tokens, see braced
	parameter // ? in a text for Bind
	operator  // of arithmetic, which WQL lacks
)

// A token is what the parser looks at.
type token struct {
	tok tok
	source.Span
	text string
}

// A lexer cuts a query into tokens. After an error there are no more: the first
// error of a query is the one that is reported, with the status that fits it.
type lexer struct {
	token
	prev   token // the one before
	file   *source.File
	src    string
	off    int        // of the next byte to read
	syntax cim.Status // of what breaks the grammar: InvalidQuery or UnparsableQuery
	err    error
}

func newLexer(text string, syntax cim.Status) lexer {
	l := lexer{file: source.NewFile("query", text), src: text, syntax: syntax}
	l.next()
	return l
}

// fail records the first error and ends the text.
func (l *lexer) fail(at source.Span, s cim.Status, format string, args ...any) {
	if l.err == nil {
		l.err = Errorf(l.file, at, s, format, args...)
	}
	l.off = len(l.src)
	l.token = token{Span: source.Span{Pos: pos(l.off), End: pos(l.off)}}
}

func pos(off int) source.Pos { return source.Pos(off + 1) }

// next moves on to the next token.
func (l *lexer) next() {
	l.prev = l.token
	off := l.off
	for off < len(l.src) && isBlank(l.src[off]) {
		off++
	}
	l.off = off
	if off == len(l.src) {
		l.set(eof, 0)
		return
	}
	rest := l.src[off:]
	c := rest[0]
	switch {
	case isDigit(c), c == '.' && startsNumber(rest), (c == '+' || c == '-') && startsNumber(rest[1:]):
		l.set(number, numberLen(rest))
		return
	case c == '"' || c == '\'':
		n := quotedLen(rest)
		if n < 0 {
			why := ""
			if strings.IndexByte(rest, '\\') >= 0 {
				why = `; a backslash before a quote takes the quote into the string, and is itself written \\`
			}
			l.fail(source.Span{Pos: pos(off), End: pos(off + 1)}, l.syntax, "the string that begins here has no closing quote%s", why)
			return
		}
		if k := damaged(rest[:n]); k >= 0 {
			l.fail(source.Span{Pos: pos(off + k), End: pos(off + k + 1)}, l.syntax, "byte %#02x in a string is not UTF-8", rest[k])
			return
		}
		l.set(str, n)
		return
	}
	if n := nameLen(rest); n > 0 {
		l.set(word, n)
		return
	}
	for _, p := range punctuation {
		if strings.HasPrefix(rest, p.text) {
			l.set(p.tok, len(p.text))
			return
		}
	}
	_, n := utf8.DecodeRuneInString(rest)
	why := ""
	if c == '\\' || c == ':' {
		why = "; a query cannot name a namespace"
	}
	l.fail(source.Span{Pos: pos(off), End: pos(off + n)}, l.syntax, "unexpected character %q%s", rest[:n], why)
}

func (l *lexer) set(t tok, n int) {
	l.token = token{t, source.Span{Pos: pos(l.off), End: pos(l.off + n)}, l.src[l.off : l.off+n]}
	l.off += n
}

// braced returns what stands from the current token, an opening brace, to the
// closing one outside quotes, and moves on to the token behind it. The blanks
// at both ends are cut off.
func (l *lexer) braced() token {
	start := l.off
	for end := start; end < len(l.src); end++ {
		switch c := l.src[end]; c {
		case '"', '\'':
			n := quotedLen(l.src[end:])
			if n < 0 {
				l.fail(source.Span{Pos: pos(end), End: pos(end + 1)}, l.syntax, "the value that begins here has no closing quote")
				return token{}
			}
			end += n - 1
		case '}':
			if k := damaged(l.src[start:end]); k >= 0 {
				k += start
				l.fail(source.Span{Pos: pos(k), End: pos(k + 1)}, l.syntax, "byte %#02x in an object path is not UTF-8", l.src[k])
				return token{}
			}
			for start < end && isBlank(l.src[start]) {
				start++
			}
			l.off = end + 1
			l.token.End = pos(l.off)
			for end > start && isBlank(l.src[end-1]) {
				end--
			}
			l.next()
			return token{tok: str, Span: source.Span{Pos: pos(start), End: pos(end)}, text: l.src[start:end]}
		}
	}
	l.fail(l.Span, l.syntax, "the brace that begins here is not closed")
	return token{}
}

var punctuation = []struct {
	text string
	tok  tok
}{
	{"=", equal}, {"<>", notEqual}, {"!=", notEqual}, {"<=", lessEqual}, {">=", greaterEqual}, {"<", less}, {">", greater},
	{"*", star}, {",", comma}, {".", point}, {";", semicolon}, {"(", open}, {")", closing}, {"{", brace}, {"?", parameter},
	{"+", operator}, {"-", operator}, {"/", operator}, {"%", operator}, {"|", operator}, {"&", operator}, {"^", operator},
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// nameLen returns the length of the name with which s begins, or 0.
func nameLen(s string) int {
	n := 0
	for n < len(s) {
		c := s[n]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', isDigit(c) && n > 0:
			n++
			continue
		case c < utf8.RuneSelf:
			return n
		}
		// All UTF-16 units from 0x80 to 0xFFFD are letters, and so are the pairs
		// of units of the characters beyond.
		r, size := utf8.DecodeRuneInString(s[n:])
		if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
			return n
		}
		n += size
	}
	return n
}

// isName reports whether s can be the name of a class, property or qualifier.
func isName(s string) bool { return s != "" && nameLen(s) == len(s) }

func startsNumber(s string) bool {
	return s != "" && isDigit(s[0]) || len(s) > 1 && s[0] == '.' && isDigit(s[1])
}

// numberLen returns the length of the number with which s begins, whether it is
// well formed or not.
func numberLen(s string) int {
	n := 1
	for ; n < len(s); n++ {
		c := s[n]
		isWord := isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '.'
		isExponentSign := (c == '+' || c == '-') && s[n-1]|0x20 == 'e' && strings.IndexByte(s[:n], '.') >= 0
		if !isWord && !isExponentSign {
			break
		}
	}
	return n
}

// quotedLen returns the length of the string in quotes with which s begins, -1
// if it has no end.
func quotedLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case s[0]:
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

// damaged returns the offset of the first byte of s that is not UTF-8, nor part of a
// lone surrogate in WTF-8 (model.md 1.2), -1 if there is none.
func damaged(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			if len(s)-i < 3 || s[i] != 0xED || s[i+1]&0xE0 != 0xA0 || s[i+2]&0xC0 != 0x80 {
				return i
			}
			n = 3
		}
		i += n
	}
	return -1
}

// is reports whether the token is that keyword.
func (t token) is(keyword string) bool {
	return t.tok == word && len(t.text) == len(keyword) && cim.EqualNames(t.text, keyword)
}

func (t token) isAny(keywords ...string) bool {
	for _, k := range keywords {
		if t.is(k) {
			return true
		}
	}
	return false
}

// String returns the token for a message.
func (t token) String() string {
	text := t.text
	switch {
	case t.tok == eof:
		return "the end of the query"
	case len(text) > 40:
		return fmt.Sprintf("%.40q...", text)
	case t.tok == str && strconv.CanBackquote(text): // nothing that speaks to a terminal
		return text
	}
	return fmt.Sprintf("%q", text)
}
