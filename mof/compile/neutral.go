package compile

import (
	"bytes"
	"strings"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
)

// A splitter writes the part of a text that has no language: its declarations in
// their order and as they stand, but without qualifiers that are texts, without
// comments around declarations, and with the flavors that global declarations
// give to qualifiers written out. Those declarations are left out then.
// localization.md 7.2
type splitter struct {
	rules *rules
	file  *source.File
	b     bytes.Buffer
}

func (n *splitter) tree(f *mof.File) error {
	outer := n.file
	n.file = f.Source
	defer func() { n.file = outer }()
	for _, d := range f.Decls {
		var err error
		switch d := d.(type) {
		case *mof.Pragma:
			err = n.pragma(d)
		case *mof.QualifierDecl:
			if err = declare(n.rules, d); err == nil && d.IsTyped() {
				n.write("\n", n.slice(d.Span), "\n")
			}
		case *mof.ClassDecl:
			n.write("\n")
			err = n.class(d, "")
			n.write(";\n")
		case *mof.InstanceDecl:
			n.write("\n")
			err = n.instance(d, "")
			n.write(";\n")
		}
		if err != nil {
			if e, ok := err.(*Error); ok {
				return e // of an included file
			}
			return storingError(&item{decl: d, file: f.Source}, err)
		}
	}
	return nil
}

func (n *splitter) pragma(d *mof.Pragma) error {
	switch {
	case d.File != nil:
		return n.tree(d.File)
	case d.Kind == mof.AmendmentPragma, d.Kind == mof.IncludePragma, d.Kind == mof.UnknownPragma:
		return nil
	}
	n.write(n.slice(d.Span), "\n")
	return nil
}

func (n *splitter) write(parts ...string) {
	for _, s := range parts {
		n.b.WriteString(s)
	}
}

// slice returns a part of the file with the line ends of this text.
func (n *splitter) slice(at source.Span) string {
	s := strings.ReplaceAll(n.file.Slice(at), "\r\n", "\n")
	return strings.ReplaceAll(s, "\r", "\n")
}

func (n *splitter) class(d *mof.ClassDecl, indent string) error {
	if err := n.qualifiers(d.Qualifiers, "\n"+indent); err != nil {
		return err
	}
	n.write("class ", d.Name.Name)
	n.alias(d.Alias)
	if d.Super.Name != "" {
		n.write(" : ", d.Super.Name)
	}
	n.write("\n", indent, "{\n")
	for _, f := range d.Features {
		n.write(indent, "\t")
		var err error
		switch f := f.(type) {
		case *mof.Property:
			err = n.property(f, indent)
		case *mof.Method:
			err = n.method(f, indent)
		}
		if err != nil {
			return err
		}
		n.write(";\n")
	}
	n.write(indent, "}")
	return nil
}

func (n *splitter) alias(a mof.Ident) {
	if a.Name != "" {
		n.write(" as $", a.Name)
	}
}

func (n *splitter) property(p *mof.Property, indent string) error {
	if err := n.qualifiers(p.Qualifiers, " "); err != nil {
		return err
	}
	n.write(n.slice(p.Type.Span), " ", p.Name.Name)
	if p.Dim != nil {
		n.write(n.slice(p.Dim.Span))
	}
	if p.Default == nil {
		return nil
	}
	n.write(" = ")
	return n.value(p.Default, indent+"\t")
}

func (n *splitter) method(m *mof.Method, indent string) error {
	if err := n.qualifiers(m.Qualifiers, " "); err != nil {
		return err
	}
	n.write(n.slice(m.Type.Span), " ", m.Name.Name, "(")
	for i := range m.Params {
		if i > 0 {
			n.write(", ")
		}
		if err := n.property(&m.Params[i], indent); err != nil {
			return err
		}
	}
	n.write(")")
	return nil
}

func (n *splitter) instance(d *mof.InstanceDecl, indent string) error {
	if err := n.qualifiers(d.Qualifiers, "\n"+indent); err != nil {
		return err
	}
	n.write("instance of ", d.Class.Name)
	n.alias(d.Alias)
	n.write("\n", indent, "{\n")
	for i := range d.Properties {
		a := &d.Properties[i]
		n.write(indent, "\t")
		if err := n.qualifiers(a.Qualifiers, " "); err != nil {
			return err
		}
		n.write(a.Name.Name)
		if a.Value != nil {
			n.write(" = ")
			if err := n.value(a.Value, indent+"\t"); err != nil {
				return err
			}
		}
		n.write(";\n")
	}
	n.write(indent, "}")
	return nil
}

func (n *splitter) value(v mof.Value, indent string) error {
	switch v := v.(type) {
	case *mof.InstanceDecl:
		n.write("\n", indent)
		return n.instance(v, indent)
	case *mof.ClassDecl:
		n.write("\n", indent)
		return n.class(v, indent)
	case *mof.ArrayLit:
		n.write("{")
		for i, e := range v.Elems {
			if i > 0 {
				n.write(", ")
			}
			if err := n.value(e, indent); err != nil {
				return err
			}
		}
		n.write("}")
	default:
		n.write(n.slice(v.Range()))
	}
	return nil
}

// qualifiers writes those that are no texts in brackets, and end; nothing if
// there are none.
func (n *splitter) qualifiers(quals []mof.Qualifier, end string) error {
	before := "["
	for i := range quals {
		q := &quals[i]
		text, err := n.isText(q)
		if err != nil {
			return at(q, err)
		}
		if text {
			continue
		}
		n.write(before, q.Name.Name)
		before = ", "
		switch v := q.Value.(type) {
		case nil:
		case *mof.ArrayLit:
			n.write("{")
			for i, e := range v.Elems {
				if i > 0 {
					n.write(", ")
				}
				n.literal(e)
			}
			n.write("}")
		default:
			n.write("(")
			n.literal(v)
			n.write(")")
		}
		n.flavors(q)
	}
	if before != "[" {
		n.write("]", end)
	}
	return nil
}

// literal writes a value of a qualifier, integers in decimal.
func (n *splitter) literal(v mof.Value) {
	if number, ok := v.(*mof.NumberLit); ok && !number.IsReal() {
		if text, err := mof.Literal(v, cim.TypeString); err == nil {
			n.write(text.Text())
			return
		}
	}
	n.write(n.slice(v.Range()))
}

// flavors writes those of a use: as they are written there; else what a
// declaration or default gives it that this text will not have.
func (n *splitter) flavors(q *mof.Qualifier) {
	var words []string
	for _, w := range q.Flavors {
		if w.Flavor != mof.Amended && w.Flavor != mof.Translatable {
			words = append(words, w.Flavor.String())
		}
	}
	if r := n.rules.of(q.Name.Name); len(q.Flavors) == 0 && r.typ == 0 {
		for _, f := range []struct {
			bit  cim.Flavor
			word mof.Flavor
		}{{cim.DisableOverride, mof.DisableOverride}, {cim.ToInstance, mof.ToInstance}, {cim.ToSubclass, mof.ToSubclass}} {
			if r.flavor&f.bit != 0 {
				words = append(words, f.word.String())
			}
		}
	}
	if len(words) > 0 {
		n.write(": ", strings.Join(words, " "))
	}
}

// isText reports whether a use of a qualifier is a localizable text, which the
// qualifiers that make up the structure of a class never are. localization.md 6
func (n *splitter) isText(q *mof.Qualifier) (bool, error) {
	l := lowerer{rules: n.rules, lenient: true}
	out, ok, err := l.qualifier(q, cim.ToSubclass)
	if err != nil || !ok || out.Flavor&cim.Amended == 0 {
		return false, err
	}
	_, amendment := cim.SplitAmendment(&cim.ClassDecl{Qualifiers: cim.Qualifiers{out}}, nil, 0)
	return amendment != nil, nil
}
