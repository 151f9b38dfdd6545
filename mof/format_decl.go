package mof

import (
	"strings"

	"openwmi/cim"
	"openwmi/internal/source"
)

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
