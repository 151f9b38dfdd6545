package jscript

import (
	"regexp/syntax"
	"time"
	"unicode/utf16"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// maxMatchTime bounds one search with a pattern that needs backtracking, besides the
// context: such a search can take very long, and goja would not interrupt it.
const maxMatchTime = 10 * time.Second

// maxPatterns bounds how many patterns are remembered.
const maxPatterns = 200

// maxWork bounds a search that can't be ended: characters times the weight of the
// pattern. It takes a second, about.
const maxWork = 1 << 27

// maxWeight bounds the weight of a pattern, see there.
const maxWeight = 4000

// weight returns how many instructions a pattern has for the matcher that goes through the
// text once, which is how long it takes for each character at most; 0 for patterns that
// need backtracking, as look-ahead does, or have too many.
func (in *Interp) weight(source string) int {
	if n, ok := in.weights[source]; ok {
		return n
	}
	n := weight(source)
	if len(in.weights) >= maxPatterns {
		clear(in.weights)
	}
	in.weights[source] = n
	return n
}

func weight(source string) int {
	text, err := parser.TransformRegExp(source, false, false)
	if err != nil {
		return 0
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil || len(prog.Inst) > maxWeight {
		return 0
	}
	return len(prog.Inst)
}

// A backtracking is such a pattern.
type backtracking struct {
	re      *regexp2.Regexp
	subject string // of the last search
	runes   []rune // its UTF-16 units
}

func (in *Interp) compiled(re *goja.Object) *backtracking {
	source, flags := textOf(re.Get("source")), ""
	opts := regexp2.ECMAScript
	if re.Get("ignoreCase").ToBoolean() {
		opts |= regexp2.IgnoreCase
		flags += "i"
	}
	if re.Get("multiline").ToBoolean() {
		opts |= regexp2.Multiline
		flags += "m"
	}
	key := flags + "/" + source
	if p := in.regexps[key]; p != nil {
		return p
	}
	compiled, err := regexp2.Compile(source, opts)
	if err != nil {
		in.throw(errRegExp)
	}
	if len(in.regexps) >= maxPatterns {
		clear(in.regexps)
	}
	p := &backtracking{re: compiled}
	in.regexps[key] = p
	return p
}

// backtrack is the method exec of a regular expression that needs backtracking.
func (in *Interp) backtrack(c goja.FunctionCall) goja.Value {
	re := isRegExp(c.This)
	if re == nil {
		in.throw(5016)
	}
	in.hostEnded() // goja may call this again and again
	p := in.compiled(re)
	s := in.text(c.Argument(0))
	if text := s.String(); p.runes == nil || p.subject != text {
		p.subject, p.runes = text, make([]rune, s.Length())
		for i := range p.runes {
			p.runes[i] = rune(s.CharAt(i))
		}
	}
	global := re.Get("global").ToBoolean()
	start := 0
	if global {
		start = int(max(re.Get("lastIndex").ToInteger(), 0))
	}
	m := in.search(p, start)
	if m == nil {
		_ = re.Set("lastIndex", 0)
		return goja.Null()
	}
	if global {
		_ = re.Set("lastIndex", m.RuneIndex+m.RuneLength)
	}
	groups := m.Groups()
	list := make([]any, len(groups))
	for i, g := range groups {
		list[i] = goja.Undefined()
		if len(g.Captures) > 0 {
			list[i] = fromUnits(g.Runes())
		}
	}
	result := in.js.NewArray(list...)
	_ = result.Set("index", m.RuneIndex)
	_ = result.Set("input", s)
	return result
}

// search finds the first match from start on.
func (in *Interp) search(p *backtracking, start int) *regexp2.Match {
	if start > len(p.runes) {
		return nil
	}
	p.re.MatchTimeout = maxMatchTime
	if end, ok := in.ctx.Deadline(); ok {
		p.re.MatchTimeout = max(min(maxMatchTime, time.Until(end)), 0) + time.Millisecond
	}
	m, err := p.re.FindRunesMatchStartingAt(p.runes, start)
	if err != nil {
		if _, ok := in.ctx.Deadline(); ok && p.re.MatchTimeout < maxMatchTime {
			<-in.ctx.Done() // the clock of the search may be ahead
		}
		in.hostEnded()
		in.throw(errException)
	}
	return m
}

// fromUnits makes a string of UTF-16 units, each a rune.
func fromUnits(runes []rune) goja.Value {
	units := make([]uint16, 0, len(runes))
	for _, r := range runes {
		if utf16.IsSurrogate(r) {
			units = append(units, uint16(r))
		} else {
			units = utf16.AppendRune(units, r)
		}
	}
	return goja.StringFromUTF16(units)
}
