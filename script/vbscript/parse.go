package vbscript

import (
	"openwmi/internal/source"
)

// Limits of the parser, which keep its own stack and that of a running script small.
const (
	maxNesting = 256 // expressions in expressions and statements in statements
	maxParams  = 1024
)

// Parse reads a script. The error is a *source.List with every syntax error that
// was found; the codes of its diagnostics are VBScript's numbers.
func Parse(file *source.File) (*Script, error) { return parse(file, modeScript, false) }

type parseMode uint8

const (
	modeScript parseMode = iota
	modeExpr             // of Eval
)

type parser struct {
	file   *source.File
	toks   []token
	i      int
	errs   source.List
	script *Script
	depth  int
	withs  int
	marks  bool // the statement has arguments marked with ByVal, see marked
	class  *classNode
	proc   *procNode
	loops  []string        // do, for
	names  map[string]bool // declared in the procedure or the script
}

// bailout ends the parsing of a statement after its error was noted.
type bailout struct{}

// parse reads a script, or the text of Execute or Eval, which may be within a With.
func parse(file *source.File, mode parseMode, within bool) (*Script, error) {
	p := &parser{file: file, script: &Script{File: file}, names: make(map[string]bool)}
	p.toks = lex(file, &p.errs)
	if within {
		p.withs = 1
	}
	if mode == modeExpr {
		p.guard(func() {
			x := p.expr()
			p.script.body = []stmtAt{{1, x}}
			if p.peek().kind != tEOF {
				p.fail(errEndOfStatement)
			}
		})
	} else {
		p.script.body = p.block("")
	}
	if err := p.errs.Err(); err != nil {
		return nil, err
	}
	return p.script, nil
}

func (p *parser) guard(f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, mine := r.(bailout); !mine {
				panic(r)
			}
			ok = false
		}
	}()
	f()
	return true
}

func (p *parser) peek() *token { return &p.toks[p.i] }

func (p *parser) peekAt(n int) *token {
	if p.i+n < len(p.toks) {
		return &p.toks[p.i+n]
	}
	return &p.toks[len(p.toks)-1]
}

func (p *parser) advance() *token {
	t := &p.toks[p.i]
	if t.kind != tEOF {
		p.i++
	}
	return t
}

func (p *parser) noteAt(t *token, code int) {
	end := t.end
	if end <= t.pos && int(t.pos) <= len(p.file.Text()) {
		end = t.pos + 1
	}
	if !p.errs.Full() {
		p.errs.Add(source.Diagnostic{File: p.file, Span: source.Span{Pos: t.pos, End: end}, Code: uint32(code), Msg: errorText(code)})
	}
}

func (p *parser) fail(code int) { p.failAt(p.peek(), code) }

func (p *parser) failAt(t *token, code int) {
	p.noteAt(t, code)
	panic(bailout{})
}

// is reports whether the next token is the keyword or operator.
func (p *parser) is(key string) bool { return p.isAt(0, key) }

func (p *parser) isAt(n int, key string) bool {
	t := p.peekAt(n)
	return (t.kind == tName && !t.quote || t.kind == tOp) && t.key == key
}

func (p *parser) accept(key string) bool {
	if p.is(key) {
		p.i++
		return true
	}
	return false
}

func (p *parser) expect(key string, code int) {
	if !p.accept(key) {
		p.fail(code)
	}
}

func (p *parser) enter() {
	p.depth++
	if p.depth > maxNesting {
		p.fail(errOutOfMemory)
	}
}

func (p *parser) leave() { p.depth-- }

// ident reads a name that is declared or follows a point.
func (p *parser) ident() *token {
	t := p.peek()
	if t.kind != tName || !t.quote && reserved[t.key] {
		p.fail(errIdentifier)
	}
	p.i++
	return t
}

func (p *parser) atEnd() bool {
	k := p.peek().kind
	return k == tEOF || k == tNewline || k == tColon
}

// endOfStatement checks that nothing of the statement is left.
func (p *parser) endOfStatement() {
	if !p.atEnd() {
		p.fail(errEndOfStatement)
	}
}

func (p *parser) skipSeparators() {
	for p.peek().kind == tNewline || p.peek().kind == tColon {
		p.i++
	}
}

// declare notes a name of a variable or constant and refuses a second one.
func (p *parser) declare(t *token) {
	if p.class != nil && p.proc == nil {
		for _, v := range p.class.vars {
			if v.key == t.key {
				p.failAt(t, errRedefined)
			}
		}
		return
	}
	if p.names[t.key] {
		p.failAt(t, errRedefined)
	}
	p.names[t.key] = true
}

// block reads statements up to a word that ends the block, which it leaves:
// the words are told by closes. An empty name is the whole text.
func (p *parser) block(name string) []stmtAt {
	p.enter()
	defer p.leave()
	var out []stmtAt
	depth, withs, loops := p.depth, p.withs, len(p.loops)
	for {
		p.skipSeparators()
		t := p.peek()
		if t.kind == tEOF {
			return out
		}
		if name != "" && p.closes() {
			return out
		}
		ok := p.guard(func() {
			if s := p.statement(); s != nil {
				out = append(out, stmtAt{t.pos, s})
			}
			if !p.atEnd() && !p.closesProc(name) {
				p.fail(errEndOfStatement)
			}
		})
		if !ok {
			p.depth, p.withs, p.loops = depth, withs, p.loops[:loops]
			if p.errs.Full() {
				p.i = len(p.toks) - 1
			}
			p.skipLine()
		}
	}
}

// closes reports whether the next words end a block.
func (p *parser) closes() bool {
	t := p.peek()
	if t.kind != tName || t.quote {
		return false
	}
	switch t.key {
	case "end", "else", "elseif", "case", "next", "loop", "wend":
		return true
	}
	return false
}

// closesProc reports whether the end of the procedure follows, before which no separator
// is needed, unlike before that of other blocks.
func (p *parser) closesProc(word string) bool {
	switch word {
	case "sub", "function", "property":
		return p.is("end") && p.isAt(1, word)
	}
	return false
}

// skipLine goes on behind an error.
func (p *parser) skipLine() {
	for p.peek().kind != tEOF && p.peek().kind != tNewline {
		p.i++
	}
}

// expectEnd reads End and a word.
func (p *parser) expectEnd(word string, code int) {
	p.skipSeparators()
	p.expect("end", errEnd)
	p.expect(word, code)
}
