package mof

import (
	"openwmi/cim"
	"strings"
)

// Preprocessor = "#" "pragma" Name [ Args ] | "#" "include" Args
//
// A directive ends with its parenthesis, not with its line; but one that is
// unknown or broken, and may be anything, ends with its line.
func (p *parser) pragma() (Decl, bool) {
	d := &Pragma{Span: p.Span}
	p.next()
	if p.tok == ident && strings.EqualFold(p.sym.name, "pragma") {
		p.next()
	} else if p.tok != ident || !strings.EqualFold(p.sym.name, "include") {
		p.fail(cim.MOFInvalidPragma, "expected #pragma or #include; what is meant for the C preprocessor must go through it first")
		return p.brokenPragma()
	}
	if p.tok != ident || !p.sameLine() {
		p.fail(cim.MOFInvalidPragma, "expected the name of a pragma, found %s", p.found())
		return p.brokenPragma()
	}
	d.Name = Ident{Pos: p.Pos, Name: p.sym.name}
	d.Kind = pragmaKinds[strings.ToLower(d.Name.Name)]
	// What is not understood need not consist of tokens.
	c := p.ahead()
	paren := c == '(' || c == '/' // or a comment before it
	needed := d.Kind != AutorecoverPragma && d.Kind != IgnoredPragma
	switch {
	case d.Kind == UnknownPragma && p.opt.Dialect == WMI:
		p.fail(cim.MOFInvalidPragma, "unknown pragma %s", d.Name.Name)
		p.skipLine()
		return nil, true
	case d.Kind == UnknownPragma:
		p.warnf(p.Span, cim.MOFInvalidPragma, "unknown pragma %s is ignored", d.Name.Name)
		if c != '(' {
			d.End = p.skipLine()
			return d, true
		}
	case needed && !paren:
		p.fail(d.Kind.fault(cim.MOFExpectedOpenParen), "expected '(' after %s", d.Name.Name)
		p.skipLine()
		return nil, true
	}
	p.next()
	if p.tok == '(' || needed {
		if !p.pragmaArgs(d) {
			return p.brokenPragma()
		}
	}
	d.End = p.last
	if d.Kind == IncludePragma {
		file, ok := d.Args[0].(*StringLit)
		if !ok || len(d.Args) > 1 {
			p.errorf(d.Span, cim.MOFErrorInvalidIncludeFile, "expected one file name in quotes")
			return nil, true
		}
		d.File = p.include(file.Span, file.Value)
	}
	return d, true
}

// brokenPragma passes over the rest of the line, unless the error is that
// nothing more is in it.
func (p *parser) brokenPragma() (Decl, bool) {
	if p.sameLine() {
		p.skipLine()
	}
	return nil, true
}

// fault returns the code of malformed arguments: that of the directive or, if
// it has none, the one for the syntax error.
func (k PragmaKind) fault(syntax cim.Status) cim.Status {
	switch k {
	case NamespacePragma:
		return cim.MOFInvalidNamespaceSyntax
	case AmendmentPragma:
		return cim.MOFInvalidAmendmentSyntax
	case ClassFlagsPragma, InstanceFlagsPragma:
		return cim.MOFInvalidFlagsSyntax
	case DeleteClassPragma:
		return cim.MOFInvalidDeleteclassSyntax
	case DeleteInstancePragma:
		return cim.MOFInvalidDeleteinstanceSyntax
	}
	return syntax
}

// Args = "(" Arg { "," Arg } ")"
func (p *parser) pragmaArgs(d *Pragma) bool {
	if !p.expect('(', d.Kind.fault(cim.MOFExpectedOpenParen), "'('") {
		return false
	}
	start := p.values.len()
	ok := p.pragmaArg(d.Kind)
	for ok && p.got(',') {
		ok = p.pragmaArg(d.Kind)
	}
	d.Args = p.values.pop(start)
	return ok && p.expect(')', d.Kind.fault(cim.MOFExpectedCloseParen), "',' or ')' after an argument")
}

// Arg = StringLit { StringLit } | Number | Word
func (p *parser) pragmaArg(kind PragmaKind) bool {
	switch p.tok {
	case str:
		p.values.push(p.string())
	case ident:
		p.values.push(&Word{p.Span, p.sym.name})
		p.next()
	case number:
		n, ok := p.number()
		if !ok {
			return false
		}
		p.values.push(n)
	default:
		return p.fail(kind.fault(cim.MOFInvalidPragma), "expected a string, found %s", p.found())
	}
	return true
}
