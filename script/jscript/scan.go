package jscript

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"openwmi/internal/source"
)

// Limits of a text.
const (
	maxTokens  = 300000 // what the parser recurses over, at most
	maxNesting = 250    // of brackets
	maxLabels  = 500    // of names before colons that contain each other
)

// A scanned is a text made ready for goja's parser, which does not know all of
// JScript's syntax. Every change keeps the length of the text, so that places in it are
// places in the file; what was changed is undone in the tree (see rewriter).
//
//	a.Item("x") = 1           a.Item["x"] = 1           puts[offset of the bracket] = 1 argument
//	a.Item( ) = 1             a.Item. x = 1             puts[offset of the x] = 0
//	function sink::OnReady()  function sink__OnReady()  events[offset of sink] = sink::OnReady
//	@_jscript_version         $_jscript_version          values[offset of the $] = 5.8
//	@if (0) a @else b @end                       b
//	<!-- comment              //-- comment
type scanned struct {
	text   string
	puts   map[int]int
	events map[int]string
	values map[int]float64 // of names of conditional compilation

	unclosed byte // 0, or the bracket that is still open at the end
	wants    bool // an operand in it
}

// A bracket is one that is open.
type bracket struct {
	pos, end int
	char     byte // that opens it
	call     bool // a parenthesis after a callee
	control  bool // a parenthesis after if, while, for or with: a statement follows
	commas   int
	labels   int // around it
}

// before is what the scanner remembers of the token before.
type before int

const (
	beforeStart   before = iota // an operator or the like: an operand follows
	beforeOperand               // an operator follows
	beforeName                  // an identifier
	beforeControl               // if, while, for, with
	beforeDeclare               // function, or the name after it
	beforeDot                   // a dot: the name of a member follows
)

// scanner walks over the tokens of a text. It knows as much of the grammar as telling
// a regular expression from a division takes.
type scanner struct {
	file *source.File
	list *source.List
	src  string
	pos  int

	out    scanned
	edited []byte // nil, or the text with changes

	open   []bracket
	last   before
	closed *bracket // the call whose parenthesis the token before closed
	line   bool     // a line has ended since the token before
	tokens int
	labels int // names before colons since the statement or element began
	cc     compilation
}

func scan(file *source.File, list *source.List) *scanned {
	s := &scanner{file: file, list: list, src: file.Text()}
	s.out.puts, s.out.events, s.out.values = map[int]int{}, map[int]string{}, map[int]float64{}
	s.run()
	if s.cc.ifs > 0 && list.Errors() == 0 {
		s.fail(len(s.src), len(s.src), 1029)
	}
	if len(s.open) > 0 && list.Errors() == 0 {
		s.out.unclosed = s.open[len(s.open)-1].char
		s.out.wants = s.out.unclosed != '{' && s.last == beforeStart
	}
	s.out.text = s.src
	if s.edited != nil {
		s.out.text = string(s.edited)
	}
	return &s.out
}

func (s *scanner) fail(pos, end, code int) {
	s.list.Add(diagnostic(s.file, pos, end, code, ""))
}

func (s *scanner) edit(pos int, text string) {
	if s.edited == nil {
		s.edited = []byte(s.src)
	}
	copy(s.edited[pos:], text)
}

func (s *scanner) run() {
	for s.space() {
		if s.tokens++; s.tokens > maxTokens {
			s.list.Add(diagnostic(s.file, s.pos, s.pos+1, 1001, "the script has too many tokens"))
			return
		}
		closed, last := s.closed, s.last
		s.closed = nil
		if !s.token(closed, last) {
			return
		}
		s.line = false
	}
}

// space skips what separates tokens. It reports false at the end.
func (s *scanner) space() bool {
	for s.pos < len(s.src) {
		rest := s.src[s.pos:]
		switch c := rest[0]; {
		case c == '\n' || c == '\r':
			s.line = true
			s.pos++
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			s.pos++
		case strings.HasPrefix(rest, "<!--"):
			s.edit(s.pos, "//")
			s.pos += lineLength(rest)
		case s.conditionalComment():
		case strings.HasPrefix(rest, "//"):
			s.pos += lineLength(rest)
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				s.fail(s.pos, len(s.src), 1016)
				s.pos = len(s.src)
				return false
			}
			s.line = s.line || strings.ContainsAny(rest[:n+2], "\r\n")
			s.pos += n + 4
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(rest)
			switch {
			case r == '\u2028' || r == '\u2029':
				s.line = true
			case r != '\uFEFF' && !unicode.Is(unicode.Zs, r):
				return true
			}
			s.pos += n
		default:
			return true
		}
	}
	return false
}

func lineLength(text string) int {
	for i, r := range text {
		if r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' {
			return i
		}
	}
	return len(text)
}

// token reads one token. It reports false when reading on makes no sense.
func (s *scanner) token(closed *bracket, last before) bool {
	rest := s.src[s.pos:]
	switch c := rest[0]; {
	case c == '"' || c == '\'':
		s.last = beforeOperand
		return s.literal(c)
	case c >= '0' && c <= '9' || c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		s.last = beforeOperand
		return s.number()
	case isWordStart(rest):
		s.word(last)
		return true
	case c == '@':
		start := s.pos
		ok := s.at()
		if !ok {
			s.fail(start, start+1, 1002)
		}
		return ok
	case c == '/' && last != beforeOperand && last != beforeName:
		s.last = beforeOperand
		return s.regexp()
	}
	return s.punctuator(closed, last)
}

// literal skips a string.
func (s *scanner) literal(quote byte) bool {
	for i := s.pos + 1; i < len(s.src); i++ {
		switch s.src[i] {
		case quote:
			s.pos = i + 1
			return true
		case '\\':
			if i++; strings.HasPrefix(s.src[i:], "\r\n") {
				i++
			}
		case '\n', '\r':
			s.fail(s.pos, i, 1015)
			s.pos = i
			return true
		}
	}
	s.fail(s.pos, len(s.src), 1015)
	return false
}

func (s *scanner) number() bool {
	start := s.pos
	dot, exponent := false, false
	digits := "0123456789"
	if rest := s.src[s.pos:]; len(rest) > 1 && rest[0] == '0' && rest[1]|0x20 == 'x' {
		s.pos += 2
		digits = "0123456789abcdefABCDEF"
	}
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		if !strings.ContainsRune(digits, rune(c)) {
			sign := (c == '+' || c == '-') && s.src[s.pos-1]|0x20 == 'e'
			if len(digits) > 10 || !sign && (c != '.' || dot || exponent) && (c|0x20 != 'e' || exponent) {
				break
			}
			dot, exponent = dot || c == '.', exponent || c|0x20 == 'e'
		}
		s.pos++
	}
	if n := s.src[start:s.pos]; n[0] == '0' && strings.Trim(n, digits) == "" && strings.ContainsAny(n, "89") {
		// It is no octal number, so it is a decimal one.
		zeros := len(n) - len(strings.TrimLeft(n, "0"))
		s.edit(start, strings.Repeat(" ", zeros))
	}
	if s.pos < len(s.src) && isWordStart(s.src[s.pos:]) {
		s.fail(start, s.pos, 1004)
		return false
	}
	return true
}

// regexp skips a regular expression and its flags.
func (s *scanner) regexp() bool {
	class := false
	for i := s.pos + 1; i < len(s.src); i++ {
		switch s.src[i] {
		case '\\':
			i++
		case '[':
			class = true
		case ']':
			class = false
		case '/':
			if class {
				continue
			}
			for i++; i < len(s.src) && isWordPart(s.src[i:]); i++ {
			}
			s.pos = i
			return true
		case '\n', '\r':
			s.fail(s.pos, i, 1012)
			return false
		}
	}
	s.fail(s.pos, len(s.src), 1012)
	return false
}

// operatorWords are the words after which an operand follows.
var operatorWords = map[string]bool{
	"case": true, "delete": true, "do": true, "else": true, "in": true, "instanceof": true, "new": true,
	"return": true, "throw": true, "typeof": true, "void": true, "switch": true, "catch": true,
}

func (s *scanner) word(last before) {
	start := s.pos
	for s.pos < len(s.src) && isWordPart(s.src[s.pos:]) {
		_, n := utf8.DecodeRuneInString(s.src[s.pos:])
		s.pos += n
	}
	switch w := s.src[start:s.pos]; {
	case last == beforeDot: // a member may have any name
		s.last = beforeName
	case w == "function":
		s.last = beforeDeclare
	case last == beforeDeclare:
		s.last = beforeDeclare
		s.event(start)
	case w == "if" || w == "while" || w == "for" || w == "with":
		s.last = beforeControl
	case operatorWords[w]:
		s.last = beforeStart
	default:
		s.last = beforeName
	}
}

// event reads the rest of the name of a function that handles an event: object::event.
func (s *scanner) event(start int) {
	rest := s.src[s.pos:]
	if !strings.HasPrefix(rest, "::") || !isWordStart(rest[2:]) {
		return
	}
	s.edit(s.pos, "__")
	for s.pos += 2; s.pos < len(s.src) && isWordPart(s.src[s.pos:]); {
		_, n := utf8.DecodeRuneInString(s.src[s.pos:])
		s.pos += n
	}
	s.out.events[start] = s.src[start:s.pos]
}

// punctuators are those of more than one character, the longer before the shorter.
var punctuators = []string{
	">>>=", "===", "!==", ">>>", "<<=", ">>=", "==", "!=", "<=", ">=", "=>", "&&", "||", "++", "--",
	"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>",
}

// assignments are those whose left side may be a call.
var assignments = []string{"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", ">>>=", "++", "--"}

func (s *scanner) punctuator(closed *bracket, last before) bool {
	start := s.pos
	p := s.src[s.pos : s.pos+1]
	for _, long := range punctuators {
		if strings.HasPrefix(s.src[s.pos:], long) {
			p = long
			break
		}
	}
	s.pos += len(p)
	s.last = beforeStart
	switch p {
	case "(", "[", "{":
		if len(s.open) >= maxNesting {
			s.list.Add(diagnostic(s.file, start, s.pos, 1001, "the brackets contain each other too deep"))
			return false
		}
		s.open = append(s.open, bracket{
			pos: start, char: p[0], control: last == beforeControl,
			call: p == "(" && (last == beforeName || last == beforeOperand), labels: s.labels,
		})
	case ")", "]", "}":
		return s.close(p[0])
	case ",":
		if len(s.open) > 0 {
			s.open[len(s.open)-1].commas++
		}
		s.unlabel()
	case ";":
		s.unlabel()
	case ":":
		// For each label the parser looks at all those around it.
		if s.labels++; s.labels > maxLabels {
			s.list.Add(diagnostic(s.file, start, s.pos, 1001, "there are too many labels"))
			return false
		}
	case "++", "--":
		if last == beforeOperand || last == beforeName {
			s.last = beforeOperand
		}
	case ".":
		s.last = beforeDot
	case "<", ">", "=", "!", "+", "-", "*", "/", "%", "&", "|", "^", "~", "?":
	default:
		if len(p) == 1 {
			_, n := utf8.DecodeRuneInString(s.src[start:])
			s.fail(start, start+n, 1014)
			return false
		}
	}
	if closed != nil && slices.Contains(assignments, p) && !(s.line && (p == "++" || p == "--")) {
		s.put(closed)
	}
	return true
}

// closers are the brackets that close others.
var closers = map[byte]byte{'(': ')', '[': ']', '{': '}'}

func (s *scanner) close(char byte) bool {
	if len(s.open) == 0 || closers[s.open[len(s.open)-1].char] != char {
		s.fail(s.pos-1, s.pos, 1002)
		return false
	}
	b := s.open[len(s.open)-1]
	s.open = s.open[:len(s.open)-1]
	if char != '}' && !b.control {
		s.last = beforeOperand
	}
	if s.labels = b.labels; char == '}' {
		s.unlabel()
	}
	if b.call {
		b.end = s.pos - 1
		s.closed = &b
	}
	return true
}

// unlabel forgets the labels of what has ended.
func (s *scanner) unlabel() {
	s.labels = 0
	if len(s.open) > 0 {
		s.labels = s.open[len(s.open)-1].labels
	}
}

// put makes the call that ended with the token before something that may stand left of
// an assignment.
func (s *scanner) put(call *bracket) {
	if strings.TrimSpace(s.src[call.pos+1:call.end]) == "" {
		s.edit(call.pos, ".")
		s.edit(call.end, "x")
		s.out.puts[call.end] = 0
		return
	}
	s.edit(call.pos, "[")
	s.edit(call.end, "]")
	s.out.puts[call.pos] = call.commas + 1
}

func isWordStart(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return r == '$' || r == '_' || r == '\\' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
		r >= utf8.RuneSelf && r != utf8.RuneError && unicode.IsLetter(r)
}

func isWordPart(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return isWordStart(text) || r >= '0' && r <= '9' ||
		r >= utf8.RuneSelf && r != utf8.RuneError && unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc)
}
