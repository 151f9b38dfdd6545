package mof

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/internal/source"
)

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
