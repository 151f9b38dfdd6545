package vbscript

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"openwmi/internal/source"
)

// A lexer cuts a text into tokens. All of them are made before parsing, since
// the parser has to look back when a call statement begins with a parenthesis.
type lexer struct {
	file   *source.File
	text   string
	off    int
	errs   *source.List
	tokens []token
}

func lex(file *source.File, errs *source.List) []token {
	l := &lexer{file: file, text: file.Text(), errs: errs}
	l.tokens = make([]token, 0, 16+len(l.text)/4)
	for l.next() {
	}
	return l.tokens
}

func (l *lexer) fail(start, end int, code int) {
	if l.errs.Full() {
		return
	}
	l.errs.Add(source.Diagnostic{File: l.file, Span: source.Span{Pos: source.Pos(start + 1), End: source.Pos(end + 1)},
		Code: uint32(code), Msg: errorText(code)})
}

func (l *lexer) add(t token, start int, space bool) {
	t.pos, t.end, t.space = source.Pos(start+1), source.Pos(l.off+1), space
	l.tokens = append(l.tokens, t)
}

// lineStart reports whether a statement can begin here, where Rem is a comment.
func (l *lexer) lineStart() bool {
	if n := len(l.tokens); n > 0 {
		switch t := l.tokens[n-1]; {
		case t.kind == tNewline, t.kind == tColon, t.kind == tName && !t.quote && (t.key == "then" || t.key == "else"):
			return true
		default:
			return false
		}
	}
	return true
}

func (l *lexer) next() bool {
	space := l.blanks()
	start := l.off
	if l.off >= len(l.text) {
		l.add(token{kind: tEOF}, start, space)
		return false
	}
	c := l.text[l.off]
	switch {
	case c == '\r' || c == '\n':
		l.off++
		if c == '\r' && l.off < len(l.text) && l.text[l.off] == '\n' {
			l.off++
		}
		l.add(token{kind: tNewline}, start, space)
	case c == '\'':
		l.comment()
	case c == ':':
		l.off++
		l.add(token{kind: tColon}, start, space)
	case c == '"':
		l.str(start, space)
	case c == '#':
		l.date(start, space)
	case c == '[':
		l.bracket(start, space)
	case c >= '0' && c <= '9', c == '.' && l.off+1 < len(l.text) && isDigit(l.text[l.off+1]):
		l.number(start, space)
	case c == '&' && l.radix(start, space):
	case isLetter(c):
		l.name(start, space)
	case c >= utf8.RuneSelf:
		r, n := utf8.DecodeRuneInString(l.text[l.off:])
		if unicode.IsLetter(r) {
			l.name(start, space)
			break
		}
		l.off += n
		l.fail(start, l.off, errInvalidChar)
	case strings.HasPrefix(l.text[l.off:], "<!--"), strings.HasPrefix(l.text[l.off:], "-->") && l.lineStart():
		l.comment()
	default:
		l.operator(start, space)
	}
	return true
}

// blanks skips blanks and line continuations.
func (l *lexer) blanks() bool {
	start := l.off
	for l.off < len(l.text) {
		switch c := l.text[l.off]; {
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			l.off++
		case strings.HasPrefix(l.text[l.off:], "\u00A0"):
			l.off += 2
		case c == '_' && (l.off == 0 || !isWord(l.text[l.off-1])):
			i := l.off + 1
			for i < len(l.text) && (l.text[i] == ' ' || l.text[i] == '\t') {
				i++
			}
			at := l.off
			switch {
			case strings.HasPrefix(l.text[i:], "\r\n"):
				l.off = i + 2
			case i < len(l.text) && (l.text[i] == '\n' || l.text[i] == '\r'):
				l.off = i + 1
			default:
				return l.off > start
			}
			if l.off == len(l.text) { // and what continues the line is missing
				l.fail(at, at+1, errSyntax)
			}
		default:
			return l.off > start
		}
	}
	return l.off > start
}

func (l *lexer) comment() {
	for l.off < len(l.text) && l.text[l.off] != '\n' && l.text[l.off] != '\r' {
		l.off++
	}
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) || c == '_' || c >= utf8.RuneSelf }

func (l *lexer) name(start int, space bool) {
	for l.off < len(l.text) {
		if c := l.text[l.off]; c < utf8.RuneSelf {
			if !isWord(c) {
				break
			}
			l.off++
			continue
		}
		r, n := utf8.DecodeRuneInString(l.text[l.off:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		l.off += n
	}
	text := l.text[start:l.off]
	if len(text) > maxIdentifier && utf8.RuneCountInString(text) > maxIdentifier {
		l.fail(start, l.off, errLongName)
		text = text[:maxIdentifier]
	}
	key := fold(text)
	if key == "rem" && l.lineStart() {
		l.comment()
		return
	}
	if start > 0 && l.text[start-1] == '.' && key != "rem" {
		// A member may be called like a keyword.
		l.add(token{kind: tName, key: key, text: text, quote: true}, start, space)
		return
	}
	l.add(token{kind: tName, key: key, text: text}, start, space)
}

// fold returns the form of a name under which it is found.
func fold(name string) string { return strings.ToLower(name) }

func (l *lexer) bracket(start int, space bool) {
	n := strings.IndexAny(l.text[l.off:], "]\r\n")
	if n < 0 || l.text[l.off+n] != ']' {
		l.comment()
		l.fail(start, l.off, errBracket)
		return
	}
	text := l.text[start+1 : start+n]
	l.off += n + 1
	l.add(token{kind: tName, key: fold(text), text: text, quote: true}, start, space)
}

func (l *lexer) str(start int, space bool) {
	l.off++
	from := l.off
	doubled := false
	for l.off < len(l.text) {
		switch l.text[l.off] {
		case '"':
			if l.off+1 < len(l.text) && l.text[l.off+1] == '"' {
				doubled = true
				l.off += 2
				continue
			}
			s := l.text[from:l.off]
			if doubled {
				s = strings.ReplaceAll(s, `""`, `"`)
			}
			l.off++
			l.add(token{kind: tLiteral, text: s, val: String(s)}, start, space)
			return
		case '\r', '\n':
			l.fail(start, l.off, errString)
			l.add(token{kind: tLiteral, val: String("")}, start, space)
			return
		}
		l.off++
	}
	l.fail(start, l.off, errString)
	l.add(token{kind: tLiteral, val: String("")}, start, space)
}

func (l *lexer) date(start int, space bool) {
	n := strings.IndexAny(l.text[l.off+1:], "#\r\n")
	if n < 0 || l.text[l.off+1+n] != '#' {
		l.off++
		l.fail(start, l.off, errSyntax)
		return
	}
	text := l.text[l.off+1 : l.off+1+n]
	l.off += n + 2
	d, yearless, ok := literalDate(text)
	if !ok {
		l.fail(start, l.off, errSyntax)
	}
	t := token{kind: tLiteral, val: Date(d)}
	if yearless {
		t.key = text
	}
	l.add(t, start, space)
}

// radix reads &H and &O numbers. &HFFFF is the Integer -1, &HFFFF& the Long 65535. What
// stands behind the digits begins another word, as in &H1Or 2.
func (l *lexer) radix(start int, space bool) bool {
	i := l.off + 1
	if i >= len(l.text) {
		return false
	}
	bits := 0
	switch c := l.text[i] | 0x20; {
	case c == 'h':
		bits = 4
	case c == 'o':
		bits = 3
	default:
		return false
	}
	i++
	from := i
	var n uint64
	for i < len(l.text) {
		d := digitValue(l.text[i])
		if d < 0 || d >= 1<<bits {
			break
		}
		if n>>60 != 0 {
			n = math.MaxUint64 >> 4 // stays too great
		}
		n = n<<bits | uint64(d)
		i++
	}
	if i == from {
		return false
	}
	long := i < len(l.text) && l.text[i] == '&'
	if long {
		i++
	}
	l.off = i
	v, ok := radixValue(n, long)
	if !ok {
		l.fail(start, i, errNumber)
	}
	l.add(token{kind: tLiteral, val: v}, start, space)
	return true
}

func radixValue(n uint64, long bool) (Value, bool) {
	switch {
	case n > math.MaxUint32:
		return Value{}, false
	case n <= math.MaxUint16 && !long:
		return Integer(int16(n)), true
	default:
		return wholeNumber(int64(int32(n))), true
	}
}

func digitValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

func (l *lexer) number(start int, space bool) {
	i := l.off
	digits := func() {
		for i < len(l.text) && isDigit(l.text[i]) {
			i++
		}
	}
	digits()
	float := false
	if i < len(l.text) && l.text[i] == '.' {
		float = true
		i++
		digits()
	}
	if i < len(l.text) && l.text[i]|0x20 == 'e' {
		j := i + 1
		if j < len(l.text) && (l.text[j] == '+' || l.text[j] == '-') {
			j++
		}
		if j < len(l.text) && isDigit(l.text[j]) {
			i = j
			digits()
			float = true
		}
	}
	text := l.text[start:i]
	l.off = i
	if i < len(l.text) && (isLetter(l.text[i]) || l.text[i] == '_') && !wordFollows(l.text[i:]) {
		for l.off < len(l.text) && isWord(l.text[l.off]) {
			l.off++
		}
		l.fail(start, l.off, errNumber)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		l.fail(start, l.off, errNumber)
	}
	v := Double(f)
	if !float && f <= math.MaxInt32 {
		v = wholeNumber(int64(f))
	}
	l.add(token{kind: tLiteral, val: v}, start, space)
}

// wordFollows reports whether a keyword stands right behind a number, as in 1To 3.
func wordFollows(rest string) bool {
	n := 0
	for n < len(rest) && isWord(rest[n]) {
		n++
	}
	return reserved[fold(rest[:n])] || fold(rest[:n]) == "step"
}

// wholeNumber returns the narrowest Integer or Long with n.
func wholeNumber(n int64) Value {
	if n >= math.MinInt16 && n <= math.MaxInt16 {
		return Integer(int16(n))
	}
	return Long(int32(n))
}

func (l *lexer) operator(start int, space bool) {
	two := ""
	if l.off+1 < len(l.text) {
		// Blanks may stand inside of an operator of two characters.
		switch l.text[l.off : l.off+2] {
		case "<>", "><":
			two = "<>"
		case "<=", "=<":
			two = "<="
		case ">=", "=>":
			two = ">="
		}
	}
	if two != "" {
		l.off += 2
		l.add(token{kind: tOp, key: two}, start, space)
		return
	}
	l.off++
	switch c := l.text[start]; c {
	case '+', '-', '*', '/', '\\', '^', '&', '=', '<', '>', '(', ')', ',', '.':
		l.add(token{kind: tOp, key: l.text[start : start+1]}, start, space)
	default:
		l.fail(start, l.off, errInvalidChar)
	}
}
