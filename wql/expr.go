package wql

import (
	"fmt"
	"strings"

	"openwmi/cim"
	"openwmi/internal/source"
)

// or reads a condition whose terms are read by term.
//
//	Or = And { "OR" And }
func (p *parser) or(term func() Expr) Expr {
	start := p.Pos
	x := p.and(term)
	if !p.is("OR") {
		return x
	}
	or := &Or{}
	or.add(x)
	for p.got("OR") {
		or.add(p.and(term))
	}
	or.Span = p.from(start)
	return or
}

func (e *Or) add(x Expr) {
	if or, ok := x.(*Or); ok {
		e.X = append(e.X, or.X...)
		return
	}
	e.X = append(e.X, x)
}

// and reads an operand of OR.
//
//	And = Not { "AND" Not }
func (p *parser) and(term func() Expr) Expr {
	start := p.Pos
	x := p.not(term)
	if !p.is("AND") {
		return x
	}
	and := &And{}
	and.add(x)
	for p.got("AND") {
		and.add(p.not(term))
	}
	and.Span = p.from(start)
	return and
}

func (e *And) add(x Expr) {
	if and, ok := x.(*And); ok {
		e.X = append(e.X, and.X...)
		return
	}
	e.X = append(e.X, x)
}

// not reads an operand of AND.
//
//	Not = "NOT" Not | "(" Or ")" | Term
func (p *parser) not(term func() Expr) Expr {
	start := p.token
	if start.tok != open && !start.is("NOT") {
		if p.terms++; p.terms > MaxTerms {
			p.fail(p.Span, cim.QuotaViolation, "the query has more than %d conditions", MaxTerms)
		}
		return term()
	}
	if p.depth++; p.depth > MaxDepth {
		p.fail(p.Span, cim.QuotaViolation, "the conditions are nested more than %d deep", MaxDepth)
	}
	defer func() { p.depth-- }()
	p.next()
	if start.tok != open {
		x := p.not(term)
		return &Not{p.from(start.Pos), x}
	}
	x := p.or(term)
	if !p.accept(closing) {
		p.unexpected("AND, OR or the closing parenthesis")
	}
	return x
}

// term reads a condition on one property.
//
//	Term     = Path Op Constant | Constant Op Path
//	         | Path [ "NOT" ] "LIKE" String
//	         | Path "ISA" ( String | Name )
//	         | Path "IS" [ "NOT" ] "NULL"
//	Constant = Integer | Real | String | "TRUE" | "FALSE" | "NULL"
func (p *parser) term() Expr {
	start := p.Pos
	if p.isConstant() {
		value := p.constant()
		op, ok := p.comparison()
		if !ok {
			p.unexpected("an operator such as = after the constant")
			return nil
		}
		if p.isConstant() {
			p.fail(p.Span, p.syntax, "expected the name of a property, found %v: one side of a comparison is a property", p.token)
			return nil
		}
		path := p.path("the name of a property", false)
		return p.compare(start, path, op.Mirror(), value)
	}
	path := p.path("a condition", false)
	if op, ok := p.comparison(); ok {
		if !p.isConstant() {
			p.noConstant()
			return nil
		}
		return p.compare(start, path, op, p.constant())
	}
	switch {
	case p.got("LIKE"):
		return p.like(start, path)
	case p.got("NOT"):
		p.expect("LIKE", "LIKE after NOT")
		if like := p.like(start, path); like != nil {
			return &Not{like.Range(), like}
		}
	case p.got("ISA"):
		class := p.quotedName("the name of a class after ISA")
		return &Isa{p.from(start), path, class}
	case p.got("IS"):
		not := p.got("NOT")
		if not {
			p.expect("NULL", "NULL after IS NOT")
		} else {
			p.expect("NULL", "NULL or NOT NULL after IS")
		}
		return &IsNull{p.from(start), path, not}
	default:
		p.unexpected("an operator such as = after the property")
	}
	return nil
}

// comparison reads an operator.
func (p *parser) comparison() (Op, bool) {
	if p.tok < equal || p.tok > greaterEqual {
		return 0, false
	}
	op := Op(p.tok - equal)
	p.next()
	return op, true
}

// isConstant reports whether a constant begins here.
func (p *parser) isConstant() bool {
	return p.tok == number || p.tok == str || p.isAny("NULL", "TRUE", "FALSE")
}

// constant reads a constant. It returns nil for NULL, and after an error.
func (p *parser) constant() *Literal {
	l := &Literal{Span: p.Span, Text: p.text}
	switch {
	case p.tok == number:
		return p.number()
	case p.tok == str:
		return p.string(false)
	case p.is("NULL"):
		l = nil
	default:
		l.Value = cim.BoolValue(p.is("TRUE"))
	}
	p.next()
	return l
}

// compare returns the comparison which began at start and ends here. value is
// nil for NULL.
func (p *parser) compare(start source.Pos, path *Path, op Op, value *Literal) Expr {
	span := p.from(start)
	switch {
	case value != nil:
		return &Comparison{span, path, op, value}
	case op > NotEqual:
		p.fail(span, p.syntax, "NULL has no order: only = and <> compare with it")
	}
	return &IsNull{span, path, op == NotEqual}
}

// like reads the pattern of LIKE.
func (p *parser) like(start source.Pos, path *Path) Expr {
	if p.tok != str {
		p.unexpected("a pattern in quotes after LIKE")
		return nil
	}
	pattern := p.string(true)
	return &Like{p.from(start), path, pattern}
}

func (p *parser) number() *Literal {
	l := &Literal{Span: p.Span, Text: p.text}
	var err error
	switch l.Value, err = parseNumber(p.text); err {
	case nil:
		p.next()
	case errRange:
		what := "an integer"
		if strings.Contains(p.text, ".") {
			what = "a real"
		}
		p.fail(p.Span, cim.InvalidQuery, "%.40s does not fit %s of 64 bits", p.text, what)
	default:
		why := ""
		if digits, exponent, ok := strings.Cut(strings.ToLower(p.text), "e"); ok && strings.Trim(digits, "+-0123456789")+strings.Trim(exponent, "0123456789") == "" {
			why = ": before an exponent stands a point with digits, as in 1.0e5"
		}
		p.fail(p.Span, p.syntax, "%.40s is not a number%s", p.text, why)
	}
	return l
}

// string reads a string, which may be a pattern of LIKE.
func (p *parser) string(pattern bool) *Literal {
	value, stray := unquote(p.text, pattern)
	if stray >= 0 {
		at := p.Pos + source.Pos(stray)
		why := ""
		if c := p.text[stray+1]; pattern {
			why = fmt.Sprintf("; the pattern for %c is [%c]", c, c)
		}
		p.fail(source.Span{Pos: at, End: at + 1}, p.syntax, `a backslash is written \\%s`, why)
		return nil
	}
	l := &Literal{p.Span, p.text, cim.StringValue(value)}
	p.next()
	return l
}
