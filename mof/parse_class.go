package mof

import (
	"strings"

	"openwmi/cim"
	"openwmi/internal/source"
)

// ClassDecl = "class" ClassName [ Alias ] [ ":" ClassName ] [ Alias ] "{" { ClassFeature } "}"
//
// The qualifiers are behind us. It returns false with a class if this lacks its
// end, and nil if it has no body.
func (p *parser) class(start source.Pos, quals []Qualifier) (*ClassDecl, bool) {
	p.next()
	d := ClassDecl{Span: source.Span{Pos: start}, Qualifiers: quals}
	ok := p.classHeader(&d)
	if ok && p.tok == ';' {
		return nil, p.fail(cim.MOFInvalidClassDeclaration, "class %s has no body: write {}", d.Name.Name)
	}
	d.Body.Pos = p.Pos
	ok = ok && p.expect('{', cim.MOFExpectedOpenBrace, "'{' before the properties of the class")
	if !ok && !p.skipHeader() {
		return nil, false
	}
	first := p.features.len()
	ok = p.enter() && p.classBody()
	p.depth--
	d.Features = p.features.pop(first)
	d.End = p.last
	d.Body.End = p.last
	return p.classes.new(d), ok
}

func (p *parser) classHeader(d *ClassDecl) (ok bool) {
	if d.Name, ok = p.ident(cim.MOFExpectedClassName, "the name of a class"); !ok {
		return false
	}
	if d.Alias, ok = p.aliasDecl(); !ok {
		return false
	}
	if p.got(':') {
		if d.Super, ok = p.ident(cim.MOFExpectedClassName, "the name of the superclass"); !ok {
			return false
		}
		if d.Alias.Name == "" {
			d.Alias, ok = p.aliasDecl()
		}
	}
	return ok
}

// enter counts the objects around the one whose body begins.
func (p *parser) enter() bool {
	p.depth++
	return p.depth <= maxEmbedding ||
		p.fail(cim.InvalidObject, "objects are embedded in objects too deeply: the limit is %d", maxEmbedding)
}

// Alias = "as" "$" Identifier
func (p *parser) aliasDecl() (Ident, bool) {
	if p.keyword() != kwAs {
		return Ident{}, true
	}
	p.next()
	if p.tok != alias || p.End-p.Pos == 1 {
		return Ident{}, p.fail(cim.MOFExpectedDollar, "expected an alias such as $Disk, found %s", p.found())
	}
	id := Ident{Pos: p.Pos + 1, Name: p.text[p.Pos : p.End-1]}
	p.next()
	return id, true
}

// classBody = { ClassFeature } "}"
func (p *parser) classBody() bool {
	for p.tok != '}' {
		ok := false
		switch k := p.keyword(); {
		case p.tok == eof, p.tok == '#', k == kwClass, k == kwInstance, k == kwQualifier:
			return p.fail(cim.MOFExpectedBraceOrBadType, "expected '}' at the end of the class, found %s", p.found())
		default:
			ok = p.classFeature()
		}
		if !ok && p.skipFeature() {
			return false
		}
	}
	p.next()
	return true
}

// ClassFeature = [ QualList ] ( Property | Method )
// Property     = Type Identifier [ ArrayDim ] [ "=" Initializer ] ";"
// Method       = ( Type | "void" ) Identifier "(" [ Param { "," Param } ] ")" ";"
func (p *parser) classFeature() bool {
	d := Property{Span: source.Span{Pos: p.Pos}}
	var ok bool
	if d.Qualifiers, ok = p.qualList(); !ok {
		return false
	}
	if k := p.keyword(); k == kwClass || k == kwInstance {
		return p.fail(cim.MOFExpectedBraceOrBadType, "expected '}' at the end of the class before %s", p.found())
	}
	if d.Type, ok = p.typeName(); !ok {
		return false
	}
	misplaced, ok := p.dim()
	if !ok {
		return false
	}
	if d.Name, ok = p.ident(cim.MOFExpectedPropertyName, "the name of a property or method"); !ok {
		return false
	}
	if d.Dim, ok = p.dim(); !ok {
		return false
	}
	if d.Dim == nil {
		d.Dim = misplaced
	}
	if p.tok == '(' {
		return p.method(d)
	}
	if misplaced != nil {
		p.errorf(misplaced.Span, cim.MOFExpectedPropertyName, "the brackets of an array come after its name: %s[]", d.Name.Name)
		return false
	}
	if p.got('=') {
		if d.Default, ok = p.initializer(); !ok {
			return false
		}
	}
	if p.tok != ';' && words[strings.ToLower(d.Type.Class)].keyword == kwMOF3 {
		return p.fail(cim.MOFTypedefNotSupported, "type definitions are not supported: %s %s", d.Type.Class, d.Name.Name)
	}
	if !p.expect(';', cim.MOFExpectedSemi, "';' or '=' after the property") {
		return false
	}
	d.End = p.last
	p.features.push(p.properties.new(d))
	return true
}

// "(" [ Param { "," Param } ] ")" ";"
//
// What is before the parenthesis is in d.
func (p *parser) method(d Property) (ok bool) {
	m := Method{Span: d.Span, Qualifiers: d.Qualifiers, Type: d.Type, Name: d.Name, Dim: d.Dim}
	p.next()
	if !p.got(')') {
		start := p.params.len()
		ok = p.param()
		for ok && p.got(',') {
			ok = p.param()
		}
		m.Params = p.params.pop(start)
		if !ok || !p.expect(')', cim.MOFExpectedCloseParen, "',' or ')' after a parameter") {
			return false
		}
	}
	if !p.expect(';', cim.MOFExpectedSemi, "';' after the method") {
		return false
	}
	m.End = p.last
	p.features.push(p.methods.new(m))
	return true
}

// Param = [ QualList ] Type Identifier [ ArrayDim ] [ "=" Initializer ]
func (p *parser) param() (ok bool) {
	d := Property{Span: p.Span}
	if d.Qualifiers, ok = p.qualList(); !ok {
		return false
	}
	if d.Type, ok = p.typeName(); !ok {
		return false
	}
	if d.Name, ok = p.ident(cim.MOFExpectedPropertyName, "the name of a parameter"); !ok {
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
	d.End = p.last
	p.params.push(d)
	return true
}

// Type = SimpleType | ( ClassName | "object" ) [ "ref" ]
func (p *parser) typeName() (Type, bool) {
	if p.tok != ident {
		return Type{}, p.fail(cim.MOFExpectedTypeIdentifier, "expected a type, found %s", p.found())
	}
	if p.sym.keyword == kwTypedef {
		return Type{}, p.fail(cim.MOFTypedefNotSupported, "type definitions are not supported: %s", p.sym.name)
	}
	t := Type{Span: p.Span, Type: p.sym.typ}
	if t.Type == 0 && p.sym.keyword != kwVoid {
		t.Type, t.Class = cim.TypeObject, p.sym.name
	}
	p.next()
	if t.Type == cim.TypeObject && p.keyword() == kwRef {
		t.Type = cim.TypeReference
		t.End = p.End
		p.next()
	}
	return t, true
}

// ArrayDim = "[" [ Integer ] "]"
func (p *parser) dim() (*Dim, bool) {
	if p.tok != '[' {
		return nil, true
	}
	d := Dim{Span: p.Span}
	p.next()
	if p.tok == number {
		var ok bool
		if d.Bound, ok = p.number(); !ok {
			return nil, false
		}
	}
	if !p.expect(']', cim.MOFExpectedCloseBracket, "']'") {
		return nil, false
	}
	d.End = p.last
	return p.dims.new(d), true
}
