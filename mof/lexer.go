package mof

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/internal/source"
)

// A tok is the kind of a token. Punctuation is its own character.
type tok uint8

const (
	eof    tok = iota
	ident      // also every keyword
	number     // a number, which may still be malformed
	str        // a string literal: one, not a sequence
	char
	alias // a dollar sign and what follows it of a name, perhaps nothing
)

// A token is what the parser looks at.
type token struct {
	tok      tok
	verbatim bool // a string whose value is what stands between its quotes
	source.Span
	sym *symbol // of an ident
}

// Limits of one compilation. Those of a text as such are in package source.
const (
	maxTokens  = 8 << 20 // a tree takes up to 40 bytes a token, and as much while it grows
	maxNameLen = 4096    // UTF-16 units in an identifier: model.md 5.2
)

// A lexer cuts a text into tokens. It goes over bytes; characters outside
// ASCII occur in names, strings and comments only.
type lexer struct {
	token
	file     *source.File
	text     string
	off      int // of the next byte to read
	last     source.Pos
	wrapped  source.Span // the last string which runs over the end of a line
	unclosed source.Pos  // the end of the last string without a closing quote
	comments []source.Span
	*unit
}

// Classes of bytes.
const (
	space = 1 << iota
	nameStart
	nameByte // other than the first, or the first
	digit
	wordByte   // of a number, well formed or not: digits, letters, point
	inString   // means nothing in a string
	nonASCII   // first byte of a longer character
	punctuator // a token by itself
)

var classes = func() (t [256]uint8) {
	for c := range t {
		if c != '"' && c != '\\' && c != '\n' && c != '\r' {
			t[c] |= inString
		}
		switch {
		case strings.ContainsRune(" \t\r\n\f", rune(c)):
			t[c] |= space
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
			t[c] |= nameStart | nameByte
		case '0' <= c && c <= '9':
			t[c] |= nameByte | digit
		case strings.ContainsRune("{}[]();:,=#", rune(c)):
			t[c] |= punctuator
		case c >= utf8.RuneSelf:
			t[c] |= nonASCII
		}
		if t[c]&nameByte != 0 || c == '.' {
			t[c] |= wordByte
		}
	}
	return t
}()

func pos(off int) source.Pos { return source.Pos(off + 1) }

// next moves on to the next token.
func (l *lexer) next() {
	l.last = l.End
	if l.budget--; l.budget < 0 {
		l.exhausted()
		return
	}
	text := l.text
	off := l.off
	for {
		for off < len(text) && classes[text[off]]&space != 0 {
			off++
		}
		if off == len(text) {
			l.set(eof, off, off)
			return
		}
		c := text[off]
		switch class := classes[c]; {
		case class&nameStart != 0:
			l.scanName(off)
			return
		case class&punctuator != 0:
			l.set(tok(c), off, off+1)
			return
		case c == '"':
			l.scanString(off)
			return
		case class&digit != 0:
			l.scanNumber(off, off)
			return
		case c == '/' && off+1 < len(text) && text[off+1] == '/':
			off = l.lineComment(off)
			continue
		case c == '/' && off+1 < len(text) && text[off+1] == '*':
			off = l.blockComment(off)
			continue
		case c == '$':
			l.scanAlias(off)
			return
		case c == '\'':
			l.scanChar(off)
			return
		case c == '+' || c == '-' || c == '.':
			digits := off
			if c != '.' {
				digits++
			}
			first := digits
			if first < len(text) && text[first] == '.' {
				first++
			}
			if first < len(text) && classes[text[first]]&digit != 0 {
				l.scanNumber(off, digits)
				return
			}
		case strings.HasPrefix(text[off:], "\uFEFF"):
			off += len("\uFEFF")
			continue
		case class&nonASCII != 0:
			if l.nameEnd(off) > off {
				l.scanName(off)
				return
			}
		}
		off = l.illegal(off)
	}
}

func (l *lexer) set(t tok, off, end int) {
	l.tok = t
	l.Span = source.Span{Pos: pos(off), End: pos(end)}
	l.off = end
}

// exhausted ends the text after a limit was reached.
func (l *lexer) exhausted() {
	if l.budget == -1 { // the first time
		l.errorf(source.Span{Pos: pos(l.off), End: pos(l.off)}, cim.QuotaViolation,
			"too much to compile at once: the limit is %d tokens", maxTokens)
	}
	l.set(eof, len(l.text), len(l.text))
}

func (l *lexer) scanName(off int) {
	text := l.text
	end := off
	for end < len(text) && classes[text[end]]&nameByte != 0 {
		end++
	}
	if end < len(text) && text[end] >= utf8.RuneSelf {
		end = l.nameEnd(end)
	}
	l.set(ident, off, end)
	if end-off > maxNameLen && utf16Len(text[off:end]) > maxNameLen {
		l.errorf(l.Span, cim.QuotaViolation, "a name of more than %d characters", maxNameLen)
		end = off // the empty name
	}
	l.sym = l.syms.intern(text[off:end])
}

// nameEnd returns where the name ends that goes on at off with a character
// outside ASCII: U+0080 to U+FFEF, but not the byte order mark, and beyond
// U+FFFF, since each UTF-16 unit of such a character is in the range too.
func (l *lexer) nameEnd(off int) int {
	for off < len(l.text) {
		if classes[l.text[off]]&nameByte != 0 {
			off++
			continue
		}
		r, n := utf8.DecodeRuneInString(l.text[off:])
		if r < 0x80 || r == '\uFEFF' || 0xFFEF < r && r <= 0xFFFF {
			break
		}
		off += n
	}
	return off
}

// utf16Len returns the number of UTF-16 units of s.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// scanNumber takes every byte that may belong to a number, so that a malformed
// one is one token: see numberFault. Its digits begin at off.
func (l *lexer) scanNumber(start, off int) {
	text := l.text
	hex := off+1 < len(text) && text[off] == '0' && text[off+1]|0x20 == 'x'
	for off < len(text) {
		c := text[off]
		if classes[c]&wordByte == 0 {
			if c != '+' && c != '-' || hex || text[off-1]|0x20 != 'e' {
				break
			}
		}
		off++
	}
	l.set(number, start, off)
}

func (l *lexer) scanString(off int) {
	text := l.text
	l.verbatim = true
	wrapped := false
	for i := off + 1; i < len(text); i++ {
		if classes[text[i]]&inString != 0 {
			continue
		}
		switch text[i] {
		case '"':
			l.set(str, off, i+1)
			if wrapped {
				l.wrapped = l.Span
				l.warnf(source.Span{Pos: l.Pos, End: l.Pos + 1}, cim.MOFIllegalConstantValue,
					"this string runs over the end of its line; write one string a line, they are joined")
			}
			return
		case '\\':
			l.verbatim = false
			if i+1 < len(text) && text[i+1] != '\n' && text[i+1] != '\r' {
				i++
			}
		default:
			// mof.md 2.4 forbids it. OMI takes it, and the Windows documentation
			// has it in samples: it is accepted if the string has an end and no
			// dialect is demanded.
			if !wrapped && (l.opt.Dialect != Auto || strings.IndexByte(text[i:], '"') < 0) {
				l.unclosedString(off, i)
				return
			}
			wrapped = true
		}
	}
	l.unclosedString(off, len(text))
}

// unclosedString makes a token of a string without an end, up to the end of its
// line.
func (l *lexer) unclosedString(off, end int) {
	if i := strings.IndexAny(l.text[off:end], "\r\n"); i >= 0 {
		end = off + i
	}
	l.set(str, off, end)
	l.verbatim = true
	l.unclosed = l.End
	l.errorf(source.Span{Pos: l.Pos, End: l.Pos + 1}, cim.MOFIllegalConstantValue, "this string has no closing quote in its line")
}

func (l *lexer) scanChar(off int) {
	for i := off + 1; i < len(l.text) && l.text[i] != '\n' && l.text[i] != '\r'; i++ {
		switch l.text[i] {
		case '\\':
			i++
		case '\'':
			l.set(char, off, i+1)
			return
		}
	}
	l.set(char, off, off+1)
	l.errorf(l.Span, cim.MOFIllegalConstantValue, "this character has no closing quote")
}

func (l *lexer) scanAlias(off int) {
	end := off + 1
	if end < len(l.text) && classes[l.text[end]]&digit == 0 {
		end = l.nameEnd(end)
	}
	l.set(alias, off, end)
}

// lineComment returns the end of a comment which begins at off and ends with
// its line.
func (l *lexer) lineComment(off int) int {
	end := off
	for end < len(l.text) && l.text[end] != '\n' && l.text[end] != '\r' {
		end++
	}
	l.comments = append(l.comments, source.Span{Pos: pos(off), End: pos(end)})
	return end
}

func (l *lexer) blockComment(off int) int {
	i := strings.Index(l.text[off+2:], "*/")
	if i < 0 {
		l.errorf(source.Span{Pos: pos(off), End: pos(off + 2)}, cim.MOFUnrecognizedToken, "this comment has no end")
		return len(l.text)
	}
	end := off + 2 + i + 2
	l.comments = append(l.comments, source.Span{Pos: pos(off), End: pos(end)})
	return end
}

// illegal passes over characters that no token begins with.
func (l *lexer) illegal(off int) int {
	r, n := utf8.DecodeRuneInString(l.text[off:])
	end := off + n
	for strings.HasPrefix(l.text[end:], l.text[off:off+n]) {
		end += n
	}
	l.errorf(source.Span{Pos: pos(off), End: pos(end)}, cim.MOFUnrecognizedToken, "unexpected character %q", r)
	return end
}

// firstOnLine reports whether nothing but blanks is before the token in its
// line, and how many bytes these take.
func (l *lexer) firstOnLine(p source.Pos) (indent int, ok bool) {
	for i := l.file.Offset(p) - 1; i >= 0; i-- {
		switch c := l.text[i]; {
		case c == '\n' || c == '\r':
			return indent, true
		case classes[c]&space == 0:
			return 0, false
		}
		indent++
	}
	return indent, true
}

// ahead returns the first byte behind the token which is not blank, or 0.
func (l *lexer) ahead() byte {
	for i := l.off; i < len(l.text); i++ {
		if c := l.text[i]; classes[c]&space == 0 {
			return c
		}
	}
	return 0
}

// sameLine reports whether the token is in the line of the one before it.
func (l *lexer) sameLine() bool {
	return l.tok != eof && !strings.ContainsAny(l.text[l.last-1:l.Pos-1], "\r\n")
}

// skipLine passes over the rest of the line, and returns where the last thing in
// it ends.
func (l *lexer) skipLine() (end source.Pos) {
	rest := l.text[l.off:]
	if i := strings.IndexAny(rest, "\r\n"); i >= 0 {
		rest = rest[:i]
	}
	end = pos(l.off + len(strings.TrimRight(rest, " \t\f")))
	l.off += len(rest)
	l.next()
	return end
}

func (l *lexer) errorf(at source.Span, code cim.Status, format string, args ...any) {
	report(l.list, l.file, at, code, source.Error, format, args)
	if l.list.Full() {
		l.budget = min(l.budget, -2) // read no further, and don't complain about that
	}
}

func (l *lexer) warnf(at source.Span, code cim.Status, format string, args ...any) {
	report(l.list, l.file, at, code, source.Warning, format, args)
}

// report adds a diagnostic. Its message is made if the list has room for it.
func report(list *source.List, f *source.File, at source.Span, code cim.Status, severity source.Severity, format string, args []any) {
	d := source.Diagnostic{File: f, Span: at, Code: uint32(code), Severity: severity}
	if list.Room(severity) {
		d.Msg = fmt.Sprintf(format, args...)
	}
	list.Add(d)
}
