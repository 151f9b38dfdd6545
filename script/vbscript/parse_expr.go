package vbscript

import "openwmi/internal/source"

// Levels of the binary operators, the weakest first. Unary Not stands between And and
// the comparisons. Unary - binds most: -2 ^ 2 is 4 in VBScript, unlike in Visual Basic.
var levels = map[string]int{
	"imp": 1, "eqv": 2, "xor": 3, "or": 4, "and": 5,
	"=": 7, "<>": 7, "<": 7, ">": 7, "<=": 7, ">=": 7, "is": 7,
	"&": 8, "+": 9, "-": 9, "mod": 10, `\`: 11, "*": 12, "/": 12, "^": 13,
}

const (
	levelNot = 6
	levelNeg = 14
)

func (p *parser) expr() exprNode { return p.binary(1) }

func (p *parser) binary(min int) exprNode {
	p.enter()
	defer p.leave()
	x := p.unary()
	for n := 0; ; n++ {
		t := p.peek()
		if t.quote || t.kind != tName && t.kind != tOp {
			return x
		}
		level := levels[t.key]
		if level == 0 || level < min {
			return x
		}
		if n >= maxNesting*16 {
			p.fail(errOutOfMemory)
		}
		op := t.key
		p.i++
		if op == "is" && p.is("not") && p.isAt(1, "nothing") {
			p.fail(errExpression)
		}
		x = &binaryNode{op, x, p.binary(level + 1)}
	}
}

func (p *parser) unary() exprNode {
	p.enter()
	defer p.leave()
	switch {
	case p.accept("not"):
		return &unaryNode{"not", p.binary(levelNot)}
	case p.accept("-"):
		return negate(p.binary(levelNeg))
	case p.accept("+"):
		return &unaryNode{"+", p.binary(levelNeg)}
	}
	return p.postfix(p.primary())
}

// negate folds -1 into a literal; -32768 stays a Long, as in VBScript.
func negate(x exprNode) exprNode {
	if l, ok := x.(*litNode); ok {
		switch l.val.kind {
		case TypeInteger, TypeLong, TypeDouble:
			return &litNode{negateValue(l.val)}
		}
	}
	return &unaryNode{"-", x}
}

func (p *parser) primary() exprNode {
	t := p.peek()
	switch t.kind {
	case tLiteral:
		p.i++
		if t.key != "" {
			return &dayNode{t.key}
		}
		return &litNode{t.val}
	case tOp:
		switch t.key {
		case "(":
			p.i++
			x := p.expr()
			p.expect(")", errCloseParen)
			return &parenNode{x}
		case ".":
			return &withNode{}
		}
	case tName:
		if t.quote || !reserved[t.key] {
			p.i++
			return &nameNode{t.pos, t.key, t.text}
		}
		p.i++
		switch t.key {
		case "true":
			return &litNode{True}
		case "false":
			return &litNode{False}
		case "empty":
			return &litNode{Empty}
		case "null":
			return &litNode{Null}
		case "nothing":
			return &litNode{Nothing}
		case "me":
			return &meNode{}
		case "new":
			n := p.ident()
			return &newNode{n.key, n.text}
		}
		p.i--
	}
	p.fail(errExpression)
	return nil
}

// point reports whether the next token is a point that belongs to what stands
// before it. After a blank it begins a member of the With object, when there is one.
func (p *parser) point() bool {
	return p.is(".") && (!p.peek().space || p.withs == 0)
}

func (p *parser) postfix(x exprNode) exprNode {
	if _, ok := x.(*withNode); ok {
		x = p.member(x)
	}
	for n := 0; ; n++ {
		if n > maxNesting {
			p.fail(errOutOfMemory)
		}
		switch {
		case p.point():
			x = p.member(x)
		case p.is("("):
			if _, ok := x.(*litNode); ok {
				return x
			}
			x = &callNode{unwrapped(x), p.arguments()}
		default:
			return x
		}
	}
}

// unwrapped returns the name in parentheses that is called in (f)(x).
func unwrapped(x exprNode) exprNode {
	inner := x
	for {
		switch y := inner.(type) {
		case *parenNode:
			inner = y.x
			continue
		case *nameNode:
			return y
		}
		return x
	}
}

func (p *parser) member(x exprNode) exprNode {
	p.expect(".", errExpression)
	t := p.peek()
	if t.kind != tName {
		p.fail(errIdentifier)
	}
	p.i++
	return &memberNode{x, t.key, t.text}
}

// arguments reads them with their parentheses.
func (p *parser) arguments() []exprNode {
	p.expect("(", errOpenParen)
	args := []exprNode{}
	if p.accept(")") {
		return args
	}
	for {
		if p.is(",") || p.is(")") {
			args = append(args, nil)
		} else if x := p.marked(); x != nil {
			args = append(args, x)
		} else {
			args = append(args, p.expr())
		}
		if len(args) > maxParams {
			p.fail(errOutOfMemory)
		}
		if p.accept(")") {
			return args
		}
		p.expect(",", errCloseParen)
	}
}

// list reads arguments without parentheses up to the end of the statement.
func (p *parser) list() []exprNode {
	var args []exprNode
	for {
		if p.is(",") || p.atEnd() {
			args = append(args, nil)
		} else {
			args = append(args, p.expr())
		}
		if len(args) > maxParams {
			p.fail(errOutOfMemory)
		}
		if !p.accept(",") {
			return args
		}
	}
}

// exprs reads one or more expressions with commas between them.
func (p *parser) exprs() []exprNode {
	out := []exprNode{p.expr()}
	for p.accept(",") {
		out = append(out, p.expr())
	}
	return out
}

func (p *parser) here() source.Pos { return p.peek().pos }
