package mof

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/internal/source"
)

// Format returns the text of a file in its canonical layout. The tree must come
// from [Parse] without errors. Comments are kept, and at most one blank line where there
// were some; what the text means is the same, and formatting it once more
// changes nothing. Files that are included are not part of it.
//
//	[Association, Version("2.8.0")]
//	class CIM_Component
//	{
//		[Key, Aggregate, Description("The parent.")]
//		CIM_ManagedElement ref GroupComponent;
//		...
//	};
func Format(f *File) string {
	p := &formatter{src: f.Source, comments: f.Comments}
	p.lexer = lexer{file: f.Source, text: f.Source.Text(), unit: &unit{list: new(source.List), syms: make(symbols)}}
	p.file(f)
	return p.String()
}

// A formatter lays out a tree. Each token whose place in the source is known is
// preceded by the comments between the one before it and itself. Tokens without
// a place of their own in the tree, such as commas, stay with the one before
// them.
type formatter struct {
	layout
	src      *source.File
	lexer    lexer         // reads strings again
	literals []source.Span // of the last string
	comments []source.Span // those not yet written
	last     source.Pos    // end of the last token or comment written
	first    bool          // nothing was written since an opening brace
	spaced   bool          // a blank is due, because of a comment within a line or otherwise
	apart    bool          // a blank line is due
}

// A separator is what stands before a token.
type separator uint8

const (
	nothing   separator = iota
	blank               // a blank
	softBlank           // a line end, or a blank
	softBreak           // a line end, or nothing
)

// token writes s, which is at the span in the source, with the comments before
// it.
func (p *formatter) token(at source.Span, sep separator, s string) {
	p.flush(at.Pos)
	p.separate(sep)
	p.text(s)
	p.last = at.End
	p.first = false
}

// text writes s without comments before it.
func (p *formatter) text(s string) {
	if p.spaced && s != "}" {
		p.space()
	}
	p.spaced = false
	p.layout.text(s)
}

func (p *formatter) separate(sep separator) {
	switch sep {
	case blank:
		p.spaced = true
	case softBlank:
		p.soft(" ")
		p.spaced = false
	case softBreak:
		p.soft("")
	}
}

// flush writes the comments before a place in the source. A comment behind a
// token in the same line stays there; others have lines of their own.
func (p *formatter) flush(before source.Pos) (some bool) {
	for len(p.comments) > 0 && p.comments[0].Pos < before {
		c := p.comments[0]
		p.comments = p.comments[1:]
		text := comment(p.src.Slice(c))
		own := p.atStart() || p.src.Line(p.last) != p.src.Line(c.Pos)
		p.spaced = !own
		if own {
			p.newline(c.Pos)
		}
		p.text(text)
		if own || strings.HasPrefix(text, "//") {
			p.hard(false)
		} else {
			p.spaced = true
		}
		p.last = c.End
		p.first = false
		some = true
	}
	return some
}

// comment returns a comment without blanks at its end and with one kind of line
// ends.
func comment(text string) string {
	if !strings.Contains(text, "\r") {
		return strings.TrimRight(text, " \t\f")
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.TrimRight(strings.ReplaceAll(text, "\r", "\n"), " \t\f")
}

// newline ends the line. A blank line follows if there is one in the source
// before next, but not after an opening brace, or if things are to be apart.
func (p *formatter) newline(next source.Pos) {
	gap := p.last != source.NoPos && p.src.Line(next)-p.src.Line(p.last) > 1
	p.hard(gap && !p.first || p.apart)
	p.apart = false
}

func (p *formatter) file(f *File) {
	for i, d := range f.Decls {
		at := d.Range()
		_, pragma := d.(*Pragma)
		_, qualifier := d.(*QualifierDecl)
		large := !pragma && !qualifier
		if !p.flush(at.Pos) && i > 0 {
			p.apart = p.apart || large
		}
		p.newline(at.Pos)
		switch d := d.(type) {
		case *Pragma:
			p.pragma(d)
		case *QualifierDecl:
			p.qualifierDecl(d)
		case *ClassDecl:
			p.class(d)
			p.text(";")
		case *InstanceDecl:
			p.instance(d)
			p.text(";")
		}
		p.last = at.End
		p.apart = large
	}
	p.flush(source.Pos(len(p.src.Text()) + 2))
}

func (p *formatter) pragma(d *Pragma) {
	if d.Kind == UnknownPragma && d.Args == nil {
		p.text(p.src.Slice(d.Span))
		return
	}
	p.token(source.Span{Pos: d.Pos, End: d.Name.Pos}, nothing, "#pragma")
	p.token(d.Name.Range(), blank, strings.ToLower(d.Name.Name))
	if d.Args == nil {
		return
	}
	p.begin(1)
	p.text("(")
	for i, arg := range d.Args {
		if i > 0 {
			p.text(",")
			p.value(arg, softBlank)
		} else {
			p.value(arg, softBreak)
		}
	}
	p.text(")")
	p.end()
}

func (p *formatter) qualifierDecl(d *QualifierDecl) {
	p.begin(1)
	p.flush(d.Name.Pos)
	p.text("qualifier")
	p.token(d.Name.Range(), blank, d.Name.Name)
	p.text(" :")
	if !d.IsTyped() {
		for _, w := range d.Flavors {
			p.token(w.Span, blank, w.Flavor.String())
		}
	} else {
		p.typeName(d.Type, blank)
		p.dim(d.Dim)
		p.initializer(d.Default)
		p.text(",")
		p.soft(" ")
		p.text("scope(")
		for i, w := range d.Scopes {
			p.listed(i, w.Span, w.Scope.Names()[0])
		}
		p.text(")")
		if d.Flavors != nil {
			p.text(",")
			p.soft(" ")
			p.text("flavor(")
			for i, w := range d.Flavors {
				p.listed(i, w.Span, w.Flavor.String())
			}
			p.text(")")
		}
	}
	p.text(";")
	p.end()
}

// listed writes the word with the index i of a list.
func (p *formatter) listed(i int, at source.Span, word string) {
	sep := nothing
	if i > 0 {
		p.text(",")
		sep = blank
	}
	p.token(at, sep, word)
}

func (p *formatter) class(d *ClassDecl) {
	if d.Qualifiers != nil {
		p.qualifiers(d.Qualifiers)
		p.flush(d.Name.Pos)
		p.hard(false)
	}
	p.flush(d.Name.Pos)
	p.text("class")
	p.token(d.Name.Range(), blank, d.Name.Name)
	alias := d.Alias
	if d.Alias.Name != "" && (d.Super.Name == "" || d.Alias.Pos < d.Super.Pos) {
		p.alias(d.Alias)
		alias.Name = ""
	}
	if d.Super.Name != "" {
		p.text(" :")
		p.token(d.Super.Range(), blank, d.Super.Name)
	}
	if alias.Name != "" {
		p.alias(alias)
	}
	p.openBody(d.Body)
	for _, f := range d.Features {
		at := f.Range()
		p.flush(at.Pos)
		p.newline(at.Pos)
		switch f := f.(type) {
		case *Property:
			p.property(f)
		case *Method:
			p.method(f)
		}
		p.last = at.End
	}
	p.closeBody(d.Body)
}

func (p *formatter) alias(id Ident) {
	if id.Name != "" {
		p.text(" as")
		p.token(source.Span{Pos: id.Pos - 1, End: id.Range().End}, blank, "$"+id.Name)
	}
}

func (p *formatter) openBody(at source.Span) {
	p.flush(at.Pos)
	p.hard(false)
	p.token(source.Span{Pos: at.Pos, End: at.Pos + 1}, nothing, "{")
	p.begin(1)
	p.first = true
}

func (p *formatter) closeBody(at source.Span) {
	p.flush(at.End - 1)
	p.end()
	p.hard(false)
	p.text("}")
	p.last = at.End
	p.first = false
}

func (p *formatter) property(d *Property) {
	p.begin(0)
	p.declaration(d)
	p.text(";")
	p.end()
}

// declaration writes a property or parameter. The group around it decides
// whether qualifiers and declaration are in one line.
func (p *formatter) declaration(d *Property) {
	sep := nothing
	if d.Qualifiers != nil {
		p.qualifiers(d.Qualifiers)
		sep = softBlank
	}
	p.typeName(d.Type, sep)
	p.token(d.Name.Range(), blank, d.Name.Name)
	p.dim(d.Dim)
	p.initializer(d.Default)
}

func (p *formatter) method(d *Method) {
	p.begin(0)
	sep := nothing
	if d.Qualifiers != nil {
		p.qualifiers(d.Qualifiers)
		sep = softBlank
	}
	p.typeName(d.Type, sep)
	p.token(d.Name.Range(), blank, d.Name.Name)
	p.dim(d.Dim)
	p.begin(1)
	p.text("(")
	for i := range d.Params {
		param := &d.Params[i]
		if i > 0 {
			p.text(",")
		}
		if p.flush(param.Pos) || i > 0 {
			p.soft(" ")
		} else {
			p.soft("")
		}
		p.begin(0)
		p.declaration(param)
		p.end()
	}
	p.text(")")
	p.end()
	p.text(";")
	p.end()
}

func (p *formatter) typeName(t Type, sep separator) {
	name := t.Class
	switch {
	case t.Type == 0:
		name = "void"
	case t.Class != "":
	case t.Type == cim.TypeReference:
		name = "object"
	default:
		name = t.Type.String()
	}
	if t.Type == cim.TypeReference {
		name += " ref"
	}
	p.token(t.Span, sep, name)
}

func (p *formatter) dim(d *Dim) {
	switch {
	case d == nil:
	case d.Bound == nil:
		p.token(d.Span, nothing, "[]")
	default:
		p.text("[")
		p.token(d.Bound.Span, nothing, d.Bound.Raw)
		p.text("]")
		p.last = d.End
	}
}

func (p *formatter) instance(d *InstanceDecl) {
	if d.Qualifiers != nil {
		p.qualifiers(d.Qualifiers)
		p.flush(d.Class.Pos)
		p.hard(false)
	}
	p.flush(d.Class.Pos)
	p.text("instance of")
	p.token(d.Class.Range(), blank, d.Class.Name)
	p.alias(d.Alias)
	p.openBody(d.Body)
	for i := range d.Properties {
		a := &d.Properties[i]
		p.flush(a.Pos)
		p.newline(a.Pos)
		p.begin(0)
		sep := nothing
		if a.Qualifiers != nil {
			p.qualifiers(a.Qualifiers)
			sep = softBlank
		}
		p.token(a.Name.Range(), sep, a.Name.Name)
		p.initializer(a.Value)
		p.text(";")
		p.end()
		p.last = a.End
	}
	p.closeBody(d.Body)
}

// qualifiers writes a list in a group.
func (p *formatter) qualifiers(quals []Qualifier) {
	p.flush(quals[0].Pos)
	p.beginAlign()
	p.text("[")
	for i := range quals {
		q := &quals[i]
		sep := nothing
		if i > 0 {
			p.text(",")
			sep = softBlank
		}
		p.token(q.Name.Range(), sep, q.Name.Name)
		switch v := q.Value.(type) {
		case nil:
		case *ArrayLit:
			p.array(v)
		default:
			p.begin(1)
			p.text("(")
			p.value(v, softBreak)
			p.text(")")
			p.end()
		}
		if q.Flavors != nil {
			p.text(":")
			for _, w := range q.Flavors {
				p.token(w.Span, blank, w.Flavor.String())
			}
		}
		p.last = q.End
	}
	p.text("]")
	p.end()
}

// initializer writes an equals sign and the value, if there is one.
func (p *formatter) initializer(v Value) {
	switch v := v.(type) {
	case nil:
	case *ArrayLit:
		p.text(" =")
		p.flush(v.Pos)
		p.spaced = true
		p.array(v)
	default:
		p.text(" =")
		p.begin(1)
		p.value(v, softBlank)
		p.end()
	}
}

// array writes a list of values. Small ones fill their lines; objects and
// long strings have lines of their own.
func (p *formatter) array(a *ArrayLit) {
	var objects, large bool
	for _, v := range a.Elems {
		switch v := v.(type) {
		case *InstanceDecl, *ClassDecl:
			objects = true
		case *StringLit:
			large = large || len(p.segments(v)) > 1
		}
	}
	if objects || large {
		p.begin(1)
	} else {
		p.beginFill()
	}
	p.text("{")
	for i, v := range a.Elems {
		if i > 0 {
			p.text(",")
			p.value(v, softBlank)
		} else {
			p.value(v, softBreak)
		}
	}
	p.flush(a.End - 1)
	p.end()
	if objects {
		p.hard(false)
	}
	p.text("}")
	p.last = a.End
}

func (p *formatter) value(v Value, sep separator) {
	switch v := v.(type) {
	case *StringLit:
		for i, at := range p.segments(v) {
			if i > 0 {
				p.flush(at.Pos)
				p.hard(false)
			}
			p.token(at, sep, quoted(p.src.Slice(at)))
			sep = nothing
		}
	case *InstanceDecl:
		p.flush(v.Pos)
		p.separate(sep)
		p.instance(v)
	case *ClassDecl:
		p.flush(v.Pos)
		p.separate(sep)
		p.class(v)
	case *BoolLit:
		p.token(v.Span, sep, strings.ToUpper(p.src.Slice(v.Span)))
	case *NullLit:
		p.token(v.Span, sep, "NULL")
	case *CharLit:
		p.token(v.Span, sep, quoted(p.src.Slice(v.Span)))
	case *ArrayLit:
		panic("mof: an array in an array")
	default:
		p.token(v.Range(), sep, p.src.Slice(v.Range()))
	}
}

// segments returns where the literals are which a string was written as.
func (p *formatter) segments(s *StringLit) []source.Span {
	l := &p.lexer
	l.off = p.src.Offset(s.Pos)
	l.budget = maxTokens
	l.comments = l.comments[:0]
	p.literals = p.literals[:0]
	for l.next(); l.tok == str; l.next() {
		p.literals = append(p.literals, l.Span)
		if l.End == s.End {
			break
		}
	}
	return p.literals
}

// quoted returns a literal as it is written, except for what should not have
// been written raw: line ends and unpaired surrogates.
func quoted(raw string) string {
	if strings.IndexByte(raw, '\n') < 0 && strings.IndexByte(raw, '\r') < 0 && utf8.ValidString(raw) {
		return raw
	}
	var b strings.Builder
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRuneInString(raw[i:])
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == utf8.RuneError && n == 1 && i+3 <= len(raw):
			if units := cim.UTF16(raw[i : i+3]); len(units) == 1 {
				fmt.Fprintf(&b, `\x%04X`, units[0])
				n = 3
			} else {
				b.WriteString(raw[i : i+n])
			}
		case r == '\\':
			next := raw[i+1]
			if next != '\n' && next != '\r' { // else the backslash means nothing
				b.WriteString(raw[i : i+2])
				n = 2
			}
		default:
			b.WriteString(raw[i : i+n])
		}
		i += n
	}
	return b.String()
}
