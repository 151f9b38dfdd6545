package vbscript

// dim reads the names after Dim, Public or Private.
func (p *parser) dim() stmtNode {
	n := &dimNode{}
	for {
		n.vars = append(n.vars, p.variable())
		if !p.accept(",") {
			return n
		}
	}
}

func (p *parser) variable() varNode {
	t := p.ident()
	p.declare(t)
	v := varNode{pos: t.pos, key: t.key, text: t.text}
	if p.is("(") {
		v.array = true
		v.dims = p.arguments()
		for _, d := range v.dims {
			l, ok := d.(*litNode)
			if !ok || l.val.kind != TypeInteger && l.val.kind != TypeLong || int64(l.val.num) < 0 {
				p.failAt(&p.toks[p.i-1], errIntegerConstant)
			}
		}
	}
	return v
}

func (p *parser) redim() stmtNode {
	n := &redimNode{}
	if p.is("preserve") && p.peekAt(1).kind == tName {
		p.i++
		n.preserve = true
	}
	for {
		x := p.postfix(p.primary())
		c, ok := x.(*callNode)
		if !ok {
			p.fail(errOpenParen)
		}
		for _, a := range c.args {
			if a == nil {
				p.fail(errExpression)
			}
		}
		if len(c.args) == 0 {
			p.failAt(&p.toks[p.i-1], errExpression)
		}
		n.targets = append(n.targets, p.assignable(c.x))
		n.dims = append(n.dims, c.args)
		if !p.accept(",") {
			return n
		}
	}
}

func (p *parser) constant() stmtNode {
	n := &constNode{}
	for {
		t := p.ident()
		p.declare(t)
		n.names = append(n.names, varNode{pos: t.pos, key: t.key, text: t.text})
		p.expect("=", errEqual)
		at := p.peek()
		x := p.expr()
		if !isConstant(x) {
			p.failAt(at, errLiteral)
		}
		n.vals = append(n.vals, x)
		if !p.accept(",") {
			return n
		}
	}
}

// isConstant accepts what Const takes, and operators and other names besides.
func isConstant(x exprNode) bool {
	switch x := x.(type) {
	case *litNode, *dayNode, *nameNode:
		return true
	case *parenNode:
		return isConstant(x.x)
	case *unaryNode:
		return isConstant(x.x)
	case *binaryNode:
		return isConstant(x.x) && isConstant(x.y)
	}
	return false
}

// visibility reads what begins with Public or Private.
func (p *parser) visibility() stmtNode {
	private := p.is("private")
	at := p.peek()
	p.i++
	def := false
	if p.is("default") && p.peekAt(1).kind == tName {
		if private {
			p.fail(errDefaultPublic)
		}
		p.i++
		def = true
		if !p.is("sub") && !p.is("function") && !p.is("property") {
			p.fail(errDefaultOnly)
		}
	}
	switch {
	case p.is("sub"), p.is("function"), p.is("property") && p.peekAt(1).kind == tName:
		p.procedure(private, def)
		return nil
	case p.accept("const"):
		return p.constant()
	}
	if p.class == nil && p.proc != nil {
		p.failAt(at, errStatement)
	}
	d := p.dim().(*dimNode)
	if p.class != nil && p.proc == nil {
		for _, v := range d.vars {
			p.class.vars = append(p.class.vars, v)
			p.class.private = append(p.class.private, private)
		}
		return nil
	}
	return d
}

var propertyKinds = map[string]procKind{"get": kindGet, "let": kindLet, "set": kindSet}

// procedure reads a Sub, Function or Property and adds it to its class or the script.
func (p *parser) procedure(private, def bool) {
	if p.proc != nil {
		p.fail(errStatement)
	}
	word := p.peek()
	p.i++
	n := &procNode{private: private, isDefault: def}
	code := errSub
	switch word.key {
	case "function":
		n.kind, code = kindFunction, errFunction
	case "property":
		n.kind, code = kindGet, errProperty
	}
	// After an error in the head the body is read all the same, so that its end is
	// not an error too.
	if !p.guard(func() { p.head(word, n) }) {
		p.skipLine()
	}
	loops, withs, names := p.loops, p.withs, p.names
	p.proc, p.loops, p.withs, p.names = n, nil, 0, make(map[string]bool)
	defer func() { p.proc, p.loops, p.withs, p.names = nil, loops, withs, names }()
	for _, a := range n.params {
		p.names[a.key] = true
	}
	n.body = p.block(word.key)
	p.expectEnd(word.key, code)
	if p.class != nil {
		p.class.procs = append(p.class.procs, n)
	} else {
		p.script.procs = append(p.script.procs, n)
	}
}

// head reads what stands between Sub, Function or Property and the body.
func (p *parser) head(word *token, n *procNode) {
	if word.key == "property" {
		if p.class == nil {
			p.failAt(word, errInsideClass)
		}
		kind, ok := propertyKinds[p.peek().key]
		if !ok {
			p.fail(errLetSetGet)
		}
		p.i++
		n.kind = kind
		if n.isDefault && kind != kindGet {
			p.fail(errDefaultGet)
		}
	}
	if n.isDefault && p.class == nil {
		p.fail(errInsideClass)
	}
	t := p.ident()
	n.pos, n.key, n.text = t.pos, t.key, t.text
	if p.is("(") {
		p.params(n)
	}
	if p.class != nil {
		p.checkMember(t, n)
	}
}

func (p *parser) params(n *procNode) {
	p.expect("(", errOpenParen)
	if p.accept(")") {
		return
	}
	for {
		var a paramNode
		switch {
		case p.accept("byval"):
			a.byVal = true
		case p.is("byref"):
			p.i++
		case p.is("optional") && p.peekAt(1).kind == tName:
			p.i++
		}
		t := p.ident()
		a.key, a.text = t.key, t.text
		for _, b := range n.params {
			if b.key == a.key {
				p.failAt(t, errRedefined)
			}
		}
		if p.is("(") {
			p.arguments()
		}
		n.params = append(n.params, a)
		if len(n.params) > maxParams {
			p.fail(errOutOfMemory)
		}
		if p.accept(")") {
			return
		}
		p.expect(",", errCloseParen)
	}
}

// checkMember checks a procedure against the others of its class.
func (p *parser) checkMember(t *token, n *procNode) {
	if (n.key == "class_initialize" || n.key == "class_terminate") && n.kind == kindSub && len(n.params) > 0 {
		p.failAt(t, errClassArgs)
	}
	if (n.kind == kindLet || n.kind == kindSet) && len(n.params) == 0 {
		p.failAt(t, errLetArgs)
	}
	for _, o := range p.class.procs {
		if o.isDefault && n.isDefault {
			p.failAt(t, errTwoDefaults)
		}
		if o.key != n.key {
			continue
		}
		if o.kind == n.kind || o.kind < kindGet || n.kind < kindGet {
			p.failAt(t, errRedefined)
		}
		if o.indexes() != n.indexes() {
			p.failAt(t, errPropertyArgs)
		}
	}
	for _, v := range p.class.vars {
		if v.key == n.key {
			p.failAt(t, errRedefined)
		}
	}
}

// indexes is the number of arguments without the value of Let and Set.
func (n *procNode) indexes() int {
	if n.kind == kindLet || n.kind == kindSet {
		return len(n.params) - 1
	}
	return len(n.params)
}

func (p *parser) classDecl() {
	if p.class != nil || p.proc != nil {
		p.fail(errStatement)
	}
	p.i++
	t := p.ident()
	c := &classNode{pos: t.pos, key: t.key, text: t.text}
	p.endOfStatement()
	p.class = c
	defer func() { p.class = nil }()
	for {
		p.skipSeparators()
		if p.is("end") || p.peek().kind == tEOF {
			break
		}
		ok := p.guard(func() {
			t := p.peek()
			switch {
			case p.is("dim"):
				p.i++
				for _, v := range p.dim().(*dimNode).vars {
					c.vars = append(c.vars, v)
					c.private = append(c.private, false)
				}
			case p.is("public"), p.is("private"):
				if s := p.visibility(); s != nil {
					p.failAt(t, errStatement)
				}
			case p.is("default"):
				p.fail(errDefaultPublic)
			case p.is("sub"), p.is("function"), p.is("property"):
				p.procedure(false, false)
			default:
				p.fail(errStatement)
			}
			if !p.closes() {
				p.endOfStatement()
			}
		})
		if !ok {
			p.skipLine()
		}
	}
	p.expectEnd("class", errClass)
	p.script.classes = append(p.script.classes, c)
}
