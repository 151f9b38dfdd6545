package vbscript

// statement reads one statement without its end. It returns nil for declarations.
func (p *parser) statement() stmtNode {
	p.enter()
	defer p.leave()
	t := p.peek()
	if t.kind == tName && !t.quote {
		if s, ok := p.keyword(t); ok {
			return s
		}
	}
	if t.kind == tName || t.kind == tOp && t.key == "." {
		return p.assignOrCall()
	}
	p.fail(errStatement)
	return nil
}

func (p *parser) keyword(t *token) (stmtNode, bool) {
	switch t.key {
	case "dim":
		p.i++
		return p.dim(), true
	case "redim":
		p.i++
		return p.redim(), true
	case "const":
		p.i++
		return p.constant(), true
	case "public", "private":
		return p.visibility(), true
	case "sub", "function":
		p.procedure(false, false)
		return nil, true
	case "property":
		if !p.isAt(1, "get") && !p.isAt(1, "let") && !p.isAt(1, "set") {
			return nil, false
		}
		p.procedure(false, false)
		return nil, true
	case "class":
		p.classDecl()
		return nil, true
	case "option":
		p.i++
		p.expect("explicit", errSyntax)
		p.script.explicit = true
		return nil, true
	case "if":
		return p.ifStmt(), true
	case "select":
		return p.selectStmt(), true
	case "for":
		return p.forStmt(), true
	case "do":
		return p.doStmt(), true
	case "while":
		return p.whileStmt(), true
	case "with":
		return p.with(), true
	case "exit":
		return p.exit(), true
	case "on":
		return p.onErr(), true
	case "erase":
		p.i++
		return &eraseNode{p.exprs()}, true
	case "stop":
		p.i++
		return &stopNode{}, true
	case "set":
		p.i++
		target := p.postfix(p.primary())
		p.expect("=", errEqual)
		return &assignNode{true, p.assignable(target), p.expr()}, true
	case "call":
		p.i++
		x := p.postfix(p.primary())
		if c, ok := x.(*callNode); ok {
			return &callStmt{c.x, c.args, true}, true
		}
		return &callStmt{x, nil, false}, true
	case "loop":
		p.fail(errLoop)
	case "next":
		p.fail(errNext)
	case "me":
		return p.assignOrCall(), true
	}
	if reserved[t.key] {
		p.fail(errStatement)
	}
	return nil, false
}

func (p *parser) assignable(x exprNode) exprNode {
	switch x.(type) {
	case *nameNode, *memberNode, *callNode:
		return x
	}
	p.fail(errSyntax)
	return nil
}

// assignOrCall reads x = y, or a call without Call. A call whose first argument begins
// with a parenthesis looks like x(1) until what follows shows what it is, so the
// parser goes back.
func (p *parser) assignOrCall() stmtNode {
	start := p.i
	p.marks = false
	x := p.postfix(p.primary())
	if p.is("=") {
		p.i++
		return &assignNode{false, p.assignable(x), p.expr()}
	}
	call, isCall := x.(*callNode)
	if p.atEnd() || p.closes() {
		if !isCall {
			return &callStmt{x, nil, false}
		}
		if len(call.args) > 1 {
			if _, nested := call.x.(*callNode); !nested && !p.marks {
				p.fail(errParens)
			}
		}
		args := call.args
		if len(args) == 1 && args[0] != nil {
			args = []exprNode{&parenNode{args[0]}}
		}
		return &callStmt{call.x, args, true}
	}
	if isCall {
		// x (1) + 2, 3: the parentheses belong to the first argument.
		p.i = start
		x = p.callee(p.primary())
	}
	return &callStmt{x, p.list(), true}
}

// callee is postfix without the last arguments in parentheses.
func (p *parser) callee(x exprNode) exprNode {
	if _, ok := x.(*withNode); ok {
		x = p.member(x)
	}
	for {
		switch {
		case p.point():
			x = p.member(x)
		case p.is("("):
			at := p.i
			args := p.arguments()
			if !p.point() && !p.is("(") {
				p.i = at
				return x
			}
			x = &callNode{x, args}
		default:
			return x
		}
	}
}

func (p *parser) ifStmt() stmtNode {
	n := &ifNode{}
	n.poss = append(n.poss, p.here())
	p.i++
	n.conds = append(n.conds, p.expr())
	p.expect("then", errThen)
	if p.peek().kind != tNewline && p.peek().kind != tEOF {
		return p.inlineIf(n)
	}
	n.bodies = append(n.bodies, p.block("if"))
	for {
		switch {
		case p.is("elseif"):
			n.poss = append(n.poss, p.here())
			p.i++
			n.conds = append(n.conds, p.expr())
			p.expect("then", errThen)
			n.bodies = append(n.bodies, p.block("if"))
			continue
		case p.is("else"):
			p.i++
			n.other = p.block("if")
		}
		break
	}
	p.expectEnd("if", errIf)
	return n
}

// inlineIf reads the rest of an If of one line, which a colon behind Then makes it too.
func (p *parser) inlineIf(n *ifNode) stmtNode {
	n.bodies = append(n.bodies, p.line())
	for p.is("elseif") {
		n.poss = append(n.poss, p.here())
		p.i++
		n.conds = append(n.conds, p.expr())
		p.expect("then", errThen)
		n.bodies = append(n.bodies, p.line())
	}
	if p.accept("else") {
		n.other = p.line()
	}
	if p.is("end") && p.isAt(1, "if") {
		p.i += 2
	}
	return n
}

// line reads statements up to the end of the line, Else or End If.
func (p *parser) line() []stmtAt {
	var out []stmtAt
	for {
		for p.peek().kind == tColon {
			p.i++
		}
		t := p.peek()
		if t.kind == tEOF || t.kind == tNewline || p.is("else") || p.is("elseif") || p.is("end") && p.isAt(1, "if") {
			return out
		}
		if p.closes() {
			// The line belongs to a block that ends on it.
			return out
		}
		if s := p.statement(); s != nil {
			out = append(out, stmtAt{t.pos, s})
		}
		if !p.atEnd() && !p.closes() {
			p.fail(errEndOfStatement)
		}
	}
}

func (p *parser) selectStmt() stmtNode {
	p.i++
	p.expect("case", errCase)
	n := &selectNode{x: p.expr()}
	p.endOfStatement()
	p.skipSeparators()
	for p.is("case") {
		p.i++
		if p.accept("else") {
			n.other = p.block("select")
			break
		}
		vals := p.exprs()
		n.cases = append(n.cases, caseNode{vals, p.block("select")})
	}
	p.expectEnd("select", errSelect)
	return n
}

func (p *parser) forStmt() stmtNode {
	p.i++
	p.loops = append(p.loops, "for")
	defer func() { p.loops = p.loops[:len(p.loops)-1] }()
	if p.accept("each") {
		n := &eachNode{v: p.loopVar()}
		p.expect("in", errIn)
		n.in = p.expr()
		p.endOfStatement()
		n.body = p.block("for")
		p.next()
		return n
	}
	n := &forNode{v: p.loopVar()}
	p.expect("=", errEqual)
	n.from = p.expr()
	p.expect("to", errTo)
	n.to = p.expr()
	if p.accept("step") {
		n.step = p.expr()
	}
	p.endOfStatement()
	n.body = p.block("for")
	p.next()
	return n
}

func (p *parser) loopVar() exprNode {
	if t := p.peek(); t.kind == tOp && t.key == "." {
		return p.postfix(p.primary())
	}
	t := p.ident()
	x := exprNode(&nameNode{t.pos, t.key, t.text})
	for p.point() || p.is("(") {
		p.failAt(p.peek(), errLoopVar)
	}
	return x
}

func (p *parser) next() {
	p.expect("next", errExpectedNext)
	if !p.atEnd() && !p.closes() && p.peek().kind == tName {
		p.i++ // the name is allowed here
	}
}

func (p *parser) doStmt() stmtNode {
	p.i++
	p.loops = append(p.loops, "do")
	defer func() { p.loops = p.loops[:len(p.loops)-1] }()
	n := &doNode{condPos: p.here()}
	if p.is("while") || p.is("until") {
		n.pre, n.until = true, p.is("until")
		p.i++
		n.cond = p.expr()
	} else if !p.atEnd() {
		p.fail(errWhileUntilEnd)
	}
	p.endOfStatement()
	n.body = p.block("do")
	p.expect("loop", errExpectedLoop)
	if p.is("while") || p.is("until") {
		if n.cond != nil {
			p.fail(errEndOfStatement)
		}
		n.condPos = p.here()
		n.until = p.is("until")
		p.i++
		n.cond = p.expr()
	}
	return n
}

func (p *parser) whileStmt() stmtNode {
	pos := p.here()
	p.i++
	n := &doNode{pre: true, cond: p.expr(), condPos: pos}
	p.endOfStatement()
	n.body = p.block("while")
	p.expect("wend", errWend)
	return n
}

func (p *parser) with() stmtNode {
	p.i++
	n := &withStmt{x: p.expr()}
	p.endOfStatement()
	p.withs++
	n.body = p.block("with")
	p.withs--
	p.expectEnd("with", errWith)
	return n
}

func (p *parser) exit() stmtNode {
	p.i++
	t := p.peek()
	ok := false
	switch {
	case p.is("do"), p.is("for"):
		for _, l := range p.loops {
			ok = ok || l == t.key
		}
	case p.is("sub"):
		ok = p.proc != nil && p.proc.kind == kindSub
	case p.is("function"):
		ok = p.proc != nil && p.proc.kind == kindFunction
	case p.is("property"):
		ok = p.proc != nil && p.proc.kind >= kindGet
	}
	if !ok {
		p.fail(errExit)
	}
	p.i++
	return &exitNode{t.key}
}

func (p *parser) onErr() stmtNode {
	p.i++
	if t := p.peek(); t.key != "error" {
		p.fail(errSyntax)
	}
	p.i++
	if p.accept("resume") {
		p.expect("next", errExpectedNext)
		if p.proc != nil {
			p.proc.resume = true
		} else {
			p.script.resume = true
		}
		return &onError{true}
	}
	p.expect("goto", errSyntax)
	t := p.advance()
	if t.kind != tLiteral || t.val.kind != TypeInteger || t.val.num != 0 {
		p.failAt(t, errSyntax)
	}
	return &onError{false}
}
