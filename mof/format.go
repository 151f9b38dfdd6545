package mof

import (
	"strings"

	"openwmi/internal/source"
)

// Format returns the text of a file in its canonical layout. The tree must come
// from [Parse] without errors. Comments are kept, and one blank line where there
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
