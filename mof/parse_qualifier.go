package mof

import (
	"openwmi/cim"
	"openwmi/internal/source"
)

// QualList = "[" Qual { "," Qual } "]"
//
// It returns nil, true if there is no list.
func (p *parser) qualList() ([]Qualifier, bool) {
	if !p.got('[') {
		return nil, true
	}
	start := p.qualifiers.len()
	ok := p.qual()
	for ok && p.got(',') {
		ok = p.qual()
	}
	quals := p.qualifiers.pop(start)
	return quals, ok && p.expect(']', cim.MOFExpectedCloseBracket, "',' or ']' after a qualifier")
}

// Qual      = Identifier [ QualValue ] [ ":" Flavor { Flavor } ]
// QualValue = "(" Literal { "," Literal } ")" | "{" [ Literal { "," Literal } ] "}"
func (p *parser) qual() bool {
	name, ok := p.ident(cim.MOFExpectedQualifierName, "the name of a qualifier")
	if !ok {
		return false
	}
	q := Qualifier{Name: name}
	switch p.tok {
	case '(':
		q.Value, ok = p.parens()
	case '{':
		q.Value, ok = p.array(false)
	}
	if ok && p.got(':') {
		q.Flavors, ok = p.flavorList()
	}
	if !ok {
		return false
	}
	q.Span = source.Span{Pos: name.Pos, End: p.last}
	p.qualifiers.push(q)
	return true
}

// parens returns the value in parentheses, or an array of several.
func (p *parser) parens() (Value, bool) {
	from := p.Pos
	p.next()
	start := p.values.len()
	ok := p.element(cim.MOFIllegalConstantValue, false)
	for ok && p.got(',') {
		ok = p.element(cim.MOFIllegalConstantValue, false)
	}
	elems := p.values.pop(start)
	if !ok || !p.expect(')', cim.MOFExpectedCloseParen, "',' or ')' after a value") {
		return nil, false
	}
	if len(elems) == 1 {
		return elems[0], true
	}
	return p.arrays.new(ArrayLit{source.Span{Pos: from, End: p.last}, elems}), true
}

// flavorList = Flavor { Flavor }
func (p *parser) flavorList() ([]FlavorWord, bool) {
	start := p.flavors.len()
	ok := p.flavor()
	for ok && p.tok == ident {
		ok = p.flavor()
	}
	return p.flavors.pop(start), ok
}

func (p *parser) flavor() bool {
	if p.tok != ident || p.sym.flavor == 0 {
		return p.fail(cim.MOFExpectedFlavorType, "expected a flavor such as ToSubclass, found %s", p.found())
	}
	p.flavors.push(FlavorWord{p.Span, p.sym.flavor})
	p.next()
	return true
}

// QualifierDecl = "qualifier" Identifier ":" ( Flavor { Flavor } | Typed ) ";"
func (p *parser) qualifierDecl() (Decl, bool) {
	d := &QualifierDecl{Span: p.Span}
	p.next()
	var ok bool
	if d.Name, ok = p.ident(cim.MOFInvalidQualifierSyntax, "the name of a qualifier"); !ok {
		return nil, false
	}
	if !p.expect(':', cim.MOFInvalidQualifierSyntax, "':' after the name of the qualifier") {
		return nil, false
	}
	switch {
	case p.tok != ident || p.sym.keyword == kwScope:
		return nil, p.fail(cim.MOFInvalidQualifierSyntax, "expected a type or a flavor, found %s", p.found())
	case p.sym.flavor != 0:
		d.Flavors, ok = p.flavorList()
	case p.sym.typ == 0:
		return nil, p.fail(cim.MOFExpectedFlavorType, "expected a type or a flavor, found %s", p.found())
	default:
		ok = p.typedQualifier(d)
	}
	if !ok {
		return nil, false
	}
	ok = p.expect(';', cim.MOFExpectedSemi, "';' after the declaration of the qualifier")
	d.End = p.last
	return d, ok
}

// Typed = Type [ ArrayDim ] [ "=" Initializer ] "," "scope" "(" Scope { "," Scope } ")"
//
//	[ "," "flavor" "(" Flavor { "," Flavor } ")" ]
func (p *parser) typedQualifier(d *QualifierDecl) (ok bool) {
	if d.Type, ok = p.typeName(); !ok {
		return false
	}
	if d.Dim, ok = p.dim(); !ok {
		return false
	}
	if p.got('=') {
		if d.Default, ok = p.initializer(); !ok {
			return false
		}
	}
	if !p.expect(',', cim.MOFInvalidQualifierSyntax, "',' and a scope") {
		return false
	}
	if p.keyword() != kwScope {
		return p.fail(cim.MOFInvalidQualifierSyntax, "expected scope, found %s", p.found())
	}
	p.next()
	start := p.scopes.len()
	ok = p.wordList(func() bool {
		if p.tok != ident || p.sym.scope == 0 {
			return p.fail(cim.MOFInvalidQualifierSyntax, "expected a scope such as class or property, found %s", p.found())
		}
		p.scopes.push(ScopeWord{p.Span, p.sym.scope})
		p.next()
		return true
	})
	d.Scopes = p.scopes.pop(start)
	if !ok || !p.got(',') {
		return ok
	}
	if p.keyword() != kwFlavor {
		return p.fail(cim.MOFInvalidQualifierSyntax, "expected flavor, found %s", p.found())
	}
	p.next()
	start = p.flavors.len()
	ok = p.wordList(p.flavor)
	d.Flavors = p.flavors.pop(start)
	return ok
}

// wordList = "(" word { "," word } ")"
func (p *parser) wordList(word func() bool) bool {
	ok := p.expect('(', cim.MOFInvalidQualifierSyntax, "'('") && word()
	for ok && p.got(',') {
		ok = word()
	}
	return ok && p.expect(')', cim.MOFInvalidQualifierSyntax, "',' or ')'")
}
