package jscript

import (
	"math"
	"strconv"
	"strings"
)

// Conditional compilation: @cc_on, @set, @if and @name, in the text or in comments that
// start with /*@ or //@. JScript Reference, "Conditional Compilation". What does not
// count is overwritten with blanks, and a @name gets a name that the rewriter replaces
// by its value.

// compilation is what the scanner knows of it.
type compilation struct {
	on   bool
	vars map[string]float64 // that @set has set
	ifs  int                // that are open
}

// The predefined variables that are true here; all others are NaN, which is false.
var compilationVars = map[string]float64{
	"_win32": 1, "_win64": math.NaN(), "_win16": math.NaN(), "_mac": math.NaN(), "_alpha": math.NaN(), "_x86": 1,
	"_jscript": 1, "_jscript_version": 5.8, "_jscript_build": 16384, "_debug": 0, "_fast": 0,
}

// blank overwrites a part of the text, but not the ends of its lines.
func (s *scanner) blank(from, to int) {
	for i := from; i < to; i++ {
		if c := s.src[i]; c != '\n' && c != '\r' {
			s.edit(i, " ")
		}
	}
}

// conditionalComment reports whether a comment opens text that counts, and skips the
// mark. It does when it holds @cc_on, @if or @set, or when one of these has been before.
func (s *scanner) conditionalComment() bool {
	rest := s.src[s.pos:]
	if len(rest) < 4 || rest[2] != '@' || rest[1] != '*' && rest[1] != '/' {
		return false
	}
	word := rest[3 : 3+wordLength(rest[3:])]
	starts := word == "cc_on" || word == "if" || word == "set"
	if !s.cc.on && !starts {
		return false
	}
	n := 2
	if !starts && word != "elif" && word != "else" && word != "end" && compilationVar(s.cc.vars, word) == nil {
		n = 3 // the @ is of the mark
	}
	s.blank(s.pos, s.pos+n)
	s.pos += n
	return true
}

func compilationVar(vars map[string]float64, name string) *float64 {
	if v, ok := vars[name]; ok {
		return &v
	}
	if v, ok := compilationVars[name]; ok {
		return &v
	}
	return nil
}

func wordLength(text string) int {
	n := 0
	for n < len(text) && isWordPart(text[n:]) && text[n] < 0x80 {
		n++
	}
	return n
}

// at reads what starts with @. It reports false when that is none of conditional
// compilation.
func (s *scanner) at() bool {
	start := s.pos
	rest := s.src[start:]
	if strings.HasPrefix(rest, "@*/") {
		if !s.cc.on {
			return false
		}
		s.blank(start, start+3)
		s.pos += 3
		return true
	}
	word := rest[1 : 1+wordLength(rest[1:])]
	s.pos += 1 + len(word)
	switch word {
	case "cc_on":
		s.cc.on = true
		s.blank(start, s.pos)
	case "set":
		s.cc.on = true
		if !s.set() {
			return false
		}
		s.blank(start, s.pos)
	case "if":
		s.cc.on = true
		s.cc.ifs++
		v, ok := s.condition()
		if !ok {
			return false
		}
		s.blank(start, s.pos)
		if !truth(v) {
			s.skipBranch(true)
		}
	case "elif", "else":
		if s.cc.ifs == 0 {
			return false
		}
		s.skipBranch(false) // the branch before was the one
		s.blank(start, s.pos)
	case "end":
		if s.cc.ifs == 0 {
			return false
		}
		s.cc.ifs--
		s.blank(start, s.pos)
	case "":
		return false
	default:
		if !s.cc.on {
			s.pos = start
			s.fail(start, start+1, 1030)
			s.pos += 1 + len(word)
			return true
		}
		v := math.NaN()
		if known := compilationVar(s.cc.vars, word); known != nil {
			v = *known
		}
		s.edit(start, "$")
		s.out.values[start] = v
		s.last = beforeOperand
	}
	return true
}

// skipBranch skips a branch that does not count, up to the @end of its @if; or with next
// up to the branch after it that does.
func (s *scanner) skipBranch(next bool) {
	start, depth := s.pos, 0
	for s.pos < len(s.src) {
		i := strings.IndexByte(s.src[s.pos:], '@')
		if i < 0 {
			break
		}
		at := s.pos + i
		word := s.src[at+1 : at+1+wordLength(s.src[at+1:])]
		s.pos = at + 1 + len(word)
		switch {
		case word == "if":
			depth++
		case word == "end" && depth > 0:
			depth--
		case word == "end":
			s.cc.ifs--
			s.blank(start, s.pos)
			return
		case depth > 0 || !next:
		case word == "else":
			s.blank(start, s.pos)
			return
		case word == "elif":
			if v, ok := s.condition(); ok && truth(v) {
				s.blank(start, s.pos)
				return
			}
		}
	}
	s.pos = len(s.src)
	s.blank(start, s.pos)
	s.fail(s.pos, s.pos, 1029)
	s.cc.ifs = 0
}

// set reads @set @name = expression.
func (s *scanner) set() bool {
	s.spaces()
	if s.pos >= len(s.src) || s.src[s.pos] != '@' {
		return false
	}
	n := wordLength(s.src[s.pos+1:])
	name := s.src[s.pos+1 : s.pos+1+n]
	s.pos += 1 + n
	if s.spaces(); n == 0 || s.pos >= len(s.src) || s.src[s.pos] != '=' {
		return false
	}
	s.pos++
	v, ok := s.arithmetic(0, 0)
	if ok {
		if s.cc.vars == nil {
			s.cc.vars = map[string]float64{}
		}
		s.cc.vars[name] = v
	}
	return ok
}

func (s *scanner) spaces() {
	for s.pos < len(s.src) && (s.src[s.pos] == ' ' || s.src[s.pos] == '\t') {
		s.pos++
	}
}

// condition reads an expression in parentheses.
func (s *scanner) condition() (float64, bool) {
	s.spaces()
	if s.pos >= len(s.src) || s.src[s.pos] != '(' {
		return 0, false
	}
	return s.operand(0)
}

func truth(v float64) bool { return v != 0 && !math.IsNaN(v) }

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// compilationOperators bind the stronger the higher, and come before those they start with.
var compilationOperators = []struct {
	text  string
	level int
	f     func(x, y float64) float64
}{
	{"||", 1, func(x, y float64) float64 { return number(truth(x) || truth(y)) }},
	{"&&", 2, func(x, y float64) float64 { return number(truth(x) && truth(y)) }},
	{"===", 6, func(x, y float64) float64 { return number(x == y) }},
	{"!==", 6, func(x, y float64) float64 { return number(x != y) }},
	{"==", 6, func(x, y float64) float64 { return number(x == y) }},
	{"!=", 6, func(x, y float64) float64 { return number(x != y) }},
	{"<<", 8, func(x, y float64) float64 { return float64(int32(x) << (uint32(y) & 31)) }},
	{">>>", 8, func(x, y float64) float64 { return float64(uint32(int32(x)) >> (uint32(y) & 31)) }},
	{">>", 8, func(x, y float64) float64 { return float64(int32(x) >> (uint32(y) & 31)) }},
	{"<=", 7, func(x, y float64) float64 { return number(x <= y) }},
	{">=", 7, func(x, y float64) float64 { return number(x >= y) }},
	{"<", 7, func(x, y float64) float64 { return number(x < y) }},
	{">", 7, func(x, y float64) float64 { return number(x > y) }},
	{"|", 3, func(x, y float64) float64 { return float64(int32(x) | int32(y)) }},
	{"^", 4, func(x, y float64) float64 { return float64(int32(x) ^ int32(y)) }},
	{"&", 5, func(x, y float64) float64 { return float64(int32(x) & int32(y)) }},
	{"+", 9, func(x, y float64) float64 { return x + y }},
	{"-", 9, func(x, y float64) float64 { return x - y }},
	{"*", 10, func(x, y float64) float64 { return x * y }},
	{"/", 10, func(x, y float64) float64 { return x / y }},
	{"%", 10, math.Mod},
}

// arithmetic reads an expression with operators of at least the level.
func (s *scanner) arithmetic(level, depth int) (float64, bool) {
	x, ok := s.operand(depth)
next:
	for ok {
		s.spaces()
		for _, op := range compilationOperators {
			if !strings.HasPrefix(s.src[s.pos:], op.text) {
				continue
			}
			if op.level <= level {
				break
			}
			s.pos += len(op.text)
			var y float64
			if y, ok = s.arithmetic(op.level, depth+1); ok {
				x = op.f(x, y)
			}
			continue next
		}
		break
	}
	return x, ok
}

func (s *scanner) operand(depth int) (float64, bool) {
	s.spaces()
	if s.pos >= len(s.src) || depth > maxNesting {
		return 0, false
	}
	c := s.src[s.pos]
	switch {
	case c == '(':
		s.pos++
		v, ok := s.arithmetic(0, depth+1)
		if s.spaces(); !ok || s.pos >= len(s.src) || s.src[s.pos] != ')' {
			return 0, false
		}
		s.pos++
		return v, true
	case c == '!' || c == '-' || c == '+' || c == '~':
		s.pos++
		v, ok := s.operand(depth + 1)
		switch c {
		case '!':
			v = number(!truth(v))
		case '-':
			v = -v
		case '~':
			v = float64(^int32(v))
		}
		return v, ok
	case c == '@':
		n := wordLength(s.src[s.pos+1:])
		name := s.src[s.pos+1 : s.pos+1+n]
		s.pos += 1 + n
		if v := compilationVar(s.cc.vars, name); v != nil {
			return *v, n > 0
		}
		return math.NaN(), n > 0
	}
	n := 0
	for s.pos+n < len(s.src) && (isWordPart(s.src[s.pos+n:]) || s.src[s.pos+n] == '.') {
		n++
	}
	word := s.src[s.pos : s.pos+n]
	s.pos += n
	switch word {
	case "true":
		return 1, true
	case "false":
		return 0, true
	}
	if i, err := strconv.ParseInt(word, 0, 64); err == nil {
		return float64(i), true
	}
	v, err := strconv.ParseFloat(word, 64)
	return v, err == nil
}
