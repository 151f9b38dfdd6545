package mof

import (
	"openwmi/cim"
	"openwmi/internal/source"
)

// InstanceDecl = "instance" "of" ClassName [ Alias ] "{" { InstProp } "}"
//
// The qualifiers are behind us. It returns false with an instance if this
// lacks its end, and nil if it has no body.
func (p *parser) instance(start source.Pos, quals []Qualifier) (*InstanceDecl, bool) {
	p.next()
	if p.keyword() != kwOf {
		return nil, p.fail(cim.MOFInvalidInstanceDeclaration, "expected of after instance, found %s", p.found())
	}
	p.next()
	d := InstanceDecl{Span: source.Span{Pos: start}, Qualifiers: quals}
	var ok bool
	if d.Class, ok = p.ident(cim.MOFExpectedClassName, "the name of a class"); ok {
		d.Alias, ok = p.aliasDecl()
	}
	d.Body.Pos = p.Pos
	ok = ok && p.expect('{', cim.MOFExpectedOpenBrace, "'{' before the properties of the instance")
	if !ok && !p.skipHeader() {
		return nil, false
	}
	first := p.assignments.len()
	ok = p.enter() && p.instanceBody()
	p.depth--
	d.Properties = p.assignments.pop(first)
	d.End = p.last
	d.Body.End = p.last
	return p.instances.new(d), ok
}

// instanceBody = { InstProp } "}"
func (p *parser) instanceBody() bool {
	for p.tok != '}' {
		if p.tok == eof || p.tok == '#' || p.atDecl() {
			return p.fail(cim.MOFExpectedCloseBrace, "expected '}' at the end of the instance, found %s", p.found())
		}
		if !p.assignment() && p.skipFeature() {
			return false
		}
	}
	p.next()
	return true
}

// atDecl reports whether a class, instance or qualifier declaration begins,
// rather than the assignment to a property with such a name.
func (p *parser) atDecl() bool {
	switch p.keyword() {
	case kwClass, kwInstance, kwQualifier:
		return classes[p.ahead()]&nameStart != 0
	}
	return false
}

// InstProp = [ QualList ] Identifier [ "=" Initializer ] ";"
//
// mof.md 3 wants a value. Files of Windows have properties without one, most
// of them for the sake of their qualifiers.
func (p *parser) assignment() (ok bool) {
	a := Assignment{Span: p.Span}
	if a.Qualifiers, ok = p.qualList(); !ok {
		return false
	}
	if a.Name, ok = p.ident(cim.MOFExpectedPropertyName, "the name of a property"); !ok {
		return false
	}
	what := "'=' or ';' after the name of the property"
	if p.got('=') {
		if a.Value, ok = p.initializer(); !ok {
			return false
		}
		what = "';' after the value"
	}
	if !p.expect(';', cim.MOFExpectedSemi, what) {
		return false
	}
	a.End = p.last
	p.assignments.push(a)
	return true
}

// Initializer = Value | "{" [ Value { "," Value } ] "}"
func (p *parser) initializer() (Value, bool) {
	if p.tok == '{' {
		return p.array(true)
	}
	return p.value(cim.MOFIllegalConstantValue)
}

// "{" [ Value { "," Value } ] "}"
func (p *parser) array(objects bool) (Value, bool) {
	from := p.Pos
	p.next()
	start := p.values.len()
	ok := true
	if p.tok != '}' {
		ok = p.element(cim.MOFExpectedCloseBrace, objects)
		for ok && p.got(',') {
			ok = p.element(cim.MOFExpectedCloseBrace, objects)
		}
	}
	elems := p.values.pop(start)
	if !ok || !p.expect('}', cim.MOFExpectedCloseBrace, "',' or '}' after an element") {
		p.skipArray()
		return nil, false
	}
	return p.arrays.new(ArrayLit{source.Span{Pos: from, End: p.last}, elems}), true
}

// element is a value in a list. Those of qualifiers cannot be objects, which
// also have qualifiers: without this limit there would be none to nesting.
func (p *parser) element(code cim.Status, objects bool) bool {
	var v Value
	ok := false
	switch {
	case p.tok == '{':
		return p.fail(code, "an array cannot be the element of an array")
	case objects:
		v, ok = p.value(code)
	default:
		v, ok = p.literal(code)
	}
	if ok {
		p.values.push(v)
	}
	return ok
}

// Value = Literal | EmbeddedObj
//
// EmbeddedObj = [ QualList ] ( "instance" ... | "class" ... )
//
// The code is that of something else than a value.
func (p *parser) value(code cim.Status) (Value, bool) {
	k := p.keyword()
	if p.tok != '[' && k != kwInstance && k != kwClass {
		return p.literal(code)
	}
	start := p.Pos
	quals, ok := p.qualList()
	if !ok {
		return nil, false
	}
	// Without its end, an object is of no use as a value.
	switch p.keyword() {
	case kwInstance:
		if d, ok := p.instance(start, quals); ok {
			return d, true
		}
		return nil, false
	case kwClass:
		if d, ok := p.class(start, quals); ok {
			return d, true
		}
		return nil, false
	}
	return nil, p.fail(code, "expected instance or class after the qualifiers, found %s", p.found())
}

// Literal = Integer | Real | StringLit { StringLit } | CharLit | "TRUE" | "FALSE" | "NULL"
//
//	| AliasName
func (p *parser) literal(code cim.Status) (Value, bool) {
	at := p.Span
	switch p.tok {
	case str:
		return p.string(), true
	case number:
		n, ok := p.number()
		return n, ok
	case char:
		return p.char()
	case alias:
		if at.End-at.Pos == 1 {
			return nil, p.fail(cim.MOFExpectedAliasName, "expected the name of an alias after the dollar sign")
		}
		ref := &AliasRef{at, p.text[at.Pos : at.End-1]}
		p.next()
		return ref, true
	case ident:
		switch k := p.sym.keyword; k {
		case kwTrue, kwFalse:
			p.next()
			return p.bools.new(BoolLit{at, k == kwTrue}), true
		case kwNull:
			p.next()
			return &NullLit{at}, true
		}
		return nil, p.fail(code, "expected a value, found %s (a string wants quotes)", p.found())
	}
	return nil, p.fail(code, "expected a value, found %s", p.found())
}

func (p *parser) number() (*NumberLit, bool) {
	raw := p.file.Slice(p.Span)
	if fault := numberFault(raw); fault != "" {
		return nil, p.fail(cim.MOFIllegalConstantValue, "%.100s", fault)
	}
	n := p.numbers.new(NumberLit{p.Span, raw})
	p.next()
	return n, true
}

// CharLit = "'" unit "'"
func (p *parser) char() (Value, bool) {
	raw := p.file.Slice(p.Span)
	if len(raw) == 1 { // without its closing quote, which is reported
		p.next()
		return nil, false
	}
	p.buf = p.unquote(p.buf[:0], raw[1:len(raw)-1], p.file.Offset(p.Pos)+1)
	units := cim.UTF16(string(p.buf))
	if len(units) != 1 {
		return nil, p.fail(cim.MOFIllegalConstantValue, "expected one UTF-16 unit between single quotes")
	}
	c := &CharLit{p.Span, units[0]}
	p.next()
	return c, true
}

// StringLit { StringLit }
func (p *parser) string() *StringLit {
	span := p.Span
	if p.verbatim {
		value := p.content()
		p.next()
		if p.tok != str {
			return p.strings.new(StringLit{span, value})
		}
		p.buf = append(p.buf[:0], value...)
	} else {
		p.buf = p.unquote(p.buf[:0], p.content(), p.file.Offset(p.Pos)+1)
		p.next()
	}
	for ; p.tok == str; p.next() {
		if p.verbatim {
			p.buf = appendText(p.buf, p.content())
		} else {
			p.buf = p.unquote(p.buf, p.content(), p.file.Offset(p.Pos)+1)
		}
	}
	span.End = p.last
	return p.strings.new(StringLit{span, string(p.buf)})
}

// content returns what stands between the quotes of a string. The closing one
// may be missing; that is reported then.
func (p *parser) content() string {
	raw := p.file.Slice(p.Span)
	if len(raw) > 1 && raw[len(raw)-1] == '"' {
		return raw[1 : len(raw)-1]
	}
	return raw[1:]
}
