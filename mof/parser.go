package mof

import (
	"fmt"
	"strings"

	"openwmi/cim"
	"openwmi/internal/source"
)

// A Dialect says where the parser and the checker are strict. mof.md 1
type Dialect uint8

// The dialects.
const (
	Auto Dialect = iota // what either dialect allows, with warnings
	WMI                 // what the Windows compiler takes
	DMTF                // what DSP0004 says
)

// Options say how a file is parsed.
type Options struct {
	Dialect Dialect

	// Include finds the file that from includes under the name path. It decodes
	// it, and gives the same name to the same file each time. If it is nil,
	// includes are not followed.
	Include func(from *source.File, path string) (*source.File, error)
}

// Limits of includes. mof.md 5
const (
	maxIncludeDepth = 64
	maxIncludes     = 16384     // files
	maxIncludeBytes = 256 << 20 // of all files together
)

// Objects may be embedded in objects so deeply. model.md 5.2
const maxEmbedding = 64

// Parse returns the syntax tree of src, and in it those of the files which it
// includes. What is wrong is added to list, up to its limit; the tree is what
// could be read around it.
//
// Parse reports what the grammar shows. See [Check] for the rest that needs no
// other knowledge than the text.
func Parse(src *source.File, opt Options, list *source.List) *File {
	u := &unit{opt: opt, list: list, syms: make(symbols), budget: maxTokens}
	return u.parse(src)
}

// A unit is what the files of one compilation share.
type unit struct {
	opt    Options
	list   *source.List
	syms   symbols
	budget int            // tokens that may still be read
	path   []*source.File // the file being parsed, after those that include it
	files  int
	bytes  int

	// Lists under construction, and the memory of nodes.
	decls       stack[Decl]
	features    stack[Feature]
	qualifiers  stack[Qualifier]
	params      stack[Property]
	assignments stack[Assignment]
	values      stack[Value]
	flavors     stack[FlavorWord]
	scopes      stack[ScopeWord]

	properties slab[Property]
	methods    slab[Method]
	classes    slab[ClassDecl]
	instances  slab[InstanceDecl]
	strings    slab[StringLit]
	numbers    slab[NumberLit]
	bools      slab[BoolLit]
	arrays     slab[ArrayLit]
	dims       slab[Dim]

	buf []byte // the value of a string under construction
}

func (u *unit) parse(src *source.File) *File {
	u.path = append(u.path, src)
	defer func() { u.path = u.path[:len(u.path)-1] }()
	u.files++
	u.bytes += len(src.Text())
	p := &parser{lexer: lexer{file: src, text: src.Text(), unit: u}}
	return p.mofFile()
}

// include parses the file that p's file includes with the pragma at the span.
func (p *parser) include(at source.Span, path string) *File {
	if p.opt.Include == nil {
		return nil
	}
	fail := func(format string, args ...any) *File {
		p.errorf(at, cim.MOFErrorInvalidIncludeFile, format, args...)
		return nil
	}
	src, err := p.opt.Include(p.file, path)
	if err != nil {
		return fail("%v", err)
	}
	for _, f := range p.path {
		if f.Name() == src.Name() {
			return fail("%s includes itself", path)
		}
	}
	switch {
	case len(p.path) > maxIncludeDepth:
		return fail("%s is included too deeply: the limit is %d", path, maxIncludeDepth)
	case p.files == maxIncludes:
		return fail("too many files are included: the limit is %d", maxIncludes)
	case p.bytes+len(src.Text()) > maxIncludeBytes:
		return fail("too much text is included: the limit is %d bytes", maxIncludeBytes)
	}
	return p.parse(src)
}

// A parser parses one file by recursive descent: each production has a method
// under its grammar. A method which finds an error reports it and returns
// false; the callers in between return too, up to one that holds a list of
// productions: it skips to the end of the broken one and goes on. So there is
// one report for each broken declaration or feature, and few that are wrong.
type parser struct {
	lexer
	start source.Pos // of the production
	depth int        // of objects in objects
}

// mofFile = { Production }
func (p *parser) mofFile() *File {
	if p.nul() {
		return &File{Source: p.file}
	}
	first := p.decls.len()
	for p.next(); p.tok != eof; {
		p.start = p.Pos
		decl, ok := p.production()
		if decl != nil {
			p.decls.push(decl)
		}
		if !ok {
			p.skipProduction()
		}
	}
	return &File{Source: p.file, Decls: p.decls.pop(first), Comments: p.comments}
}

// nul reports a text with U+0000, which is no text. mof.md 2.1
func (p *parser) nul() bool {
	i := strings.IndexByte(p.text, 0)
	if i < 0 {
		return false
	}
	p.errorf(source.Span{Pos: pos(i), End: pos(i + 1)}, cim.MOFInvalidFile,
		"this is no text: it has a character U+0000; UTF-16 wants a byte order mark")
	return true
}

// Production = Preprocessor | QualifierDecl | ClassDecl | InstanceDecl
func (p *parser) production() (Decl, bool) {
	switch {
	case p.tok == ';':
		p.warnf(p.Span, cim.MOFUnrecognizedToken, "this semicolon ends nothing")
		p.next()
		return nil, true
	case p.tok == '#':
		return p.pragma()
	case p.keyword() == kwQualifier:
		return p.qualifierDecl()
	}
	quals, ok := p.qualList()
	if !ok {
		return nil, false
	}
	switch k := p.keyword(); {
	case k == kwClass:
		d, ok := p.class(p.start, quals)
		if d == nil {
			return nil, false
		}
		ok = ok && p.expect(';', cim.MOFExpectedSemi, "';' after the class")
		d.End = p.last
		return d, ok
	case k == kwInstance:
		d, ok := p.instance(p.start, quals)
		if d == nil {
			return nil, false
		}
		ok = ok && p.expect(';', cim.MOFExpectedSemi, "';' after the instance")
		d.End = p.last
		return d, ok
	case k == kwTypedef || k == kwMOF3:
		return nil, p.fail(cim.MOFTypedefNotSupported, "type definitions are not supported: %s", p.sym.name)
	case quals != nil:
		return nil, p.fail(cim.MOFInvalidClassDeclaration, "expected class or instance after the qualifiers, found %s", p.found())
	}
	return nil, p.fail(cim.MOFUnrecognizedToken, "expected class, instance, qualifier or #pragma, found %s", p.found())
}

// keyword returns the keyword that the token is.
func (p *parser) keyword() keyword {
	if p.tok != ident {
		return notKeyword
	}
	return p.sym.keyword
}

// got moves past a token if it is t.
func (p *parser) got(t tok) bool {
	if p.tok != t {
		return false
	}
	p.next()
	return true
}

// expect moves past a token t, or reports that there is none.
func (p *parser) expect(t tok, code cim.Status, what string) bool {
	return p.got(t) || p.fail(code, "expected %s, found %s", what, p.found())
}

// ident returns the token as a name and moves past it, or reports that there
// is none.
func (p *parser) ident(code cim.Status, what string) (Ident, bool) {
	if p.tok != ident {
		return Ident{}, p.fail(code, "expected %s, found %s", what, p.found())
	}
	id := Ident{Pos: p.Pos, Name: p.sym.name}
	p.next()
	return id, true
}

// fail reports an error at the token and returns false. At the end of the file
// it points behind the last token. It says nothing if the file is not read to
// its end, nor behind a string whose end was missing: what follows is lost in
// it.
func (p *parser) fail(code cim.Status, format string, args ...any) bool {
	at := p.Span
	switch {
	case p.tok == eof && p.budget < 0, p.unclosed != source.NoPos && p.unclosed == p.last:
		return false
	case p.tok == eof && p.last != source.NoPos:
		at = source.Span{Pos: p.last, End: p.last}
	}
	if p.wrapped.IsValid() && p.wrapped.End == p.last {
		format += "; does the string that begins in line %d end where it should?"
		args = append(args, p.file.Line(p.wrapped.Pos))
	}
	p.errorf(at, code, format, args...)
	return false
}

// found describes the token.
func (p *parser) found() string {
	const most = 40
	switch p.tok {
	case eof:
		return "the end of the file"
	case str:
		return "a string"
	}
	s := p.file.Slice(p.Span)
	if len(s) > most {
		return fmt.Sprintf("%.*q...", most, s)
	}
	return fmt.Sprintf("%q", s)
}

// skipProduction passes over the rest of a broken production.
func (p *parser) skipProduction() {
	if p.Pos == p.start {
		p.next()
	}
	for depth := 0; p.tok != eof; p.next() {
		switch {
		case p.tok == '{':
			depth++
		case p.tok == '}' && depth > 1:
			depth--
		case p.tok == '}' && p.misplacedBrace():
			depth = 0
		case p.tok == '}':
			p.next()
			p.got(';')
			return
		case p.tok == ';' && depth == 0:
			p.next()
			return
		case p.atProduction():
			return
		}
	}
}

// skipHeader passes over the rest of what should stand between the name of a
// class or instance and its body. It returns false if there is no body. If
// properties come without an opening brace, the first of them is lost.
func (p *parser) skipHeader() bool {
	for p.tok != eof && !p.atProduction() {
		if p.got('{') || p.got(';') {
			return true
		}
		p.next()
	}
	return false
}

// skipFeature passes over the rest of a broken feature: behind its semicolon,
// or up to the brace that closes the body around it. It returns true if it
// stopped because the body seems to have no such brace: the next production
// follows.
func (p *parser) skipFeature() (outside bool) {
	for depth := 0; p.tok != eof; p.next() {
		switch {
		case p.tok == '{':
			depth++
		case p.tok == '}' && depth > 0:
			depth--
		case p.tok == '}' && !p.misplacedBrace():
			return false
		case p.tok == ';' && depth == 0:
			p.next()
			return false
		case p.atProduction():
			return true
		}
	}
	return true
}

// skipArray passes over the rest of a broken array: behind its brace, or up to
// the semicolon behind it.
func (p *parser) skipArray() {
	for depth := 0; p.tok != eof && !p.atProduction(); p.next() {
		switch {
		case p.tok == '{':
			depth++
		case p.tok == '}' && depth > 0:
			depth--
		case p.tok == '}':
			p.next()
			return
		case p.tok == ';' && depth == 0:
			return
		}
	}
}

// misplacedBrace reports whether the closing brace which the token is stands
// where another bracket should, inside the next one.
func (p *parser) misplacedBrace() bool {
	c := p.ahead()
	return c == ']' || c == ')'
}

// atProduction reports whether the next production seems to begin with the
// token: it is the first of its line, and not indented more than the last one.
func (p *parser) atProduction() bool {
	switch p.keyword() {
	case kwClass, kwInstance, kwQualifier:
		indent, first := p.firstOnLine(p.Pos)
		if !first {
			return false
		}
		most, _ := p.firstOnLine(p.start)
		return indent <= most
	}
	if p.tok == '#' {
		_, first := p.firstOnLine(p.Pos)
		return first
	}
	return false
}
