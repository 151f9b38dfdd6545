package wql

import (
	"strings"

	"openwmi/cim"
)

// A printer writes a query. It knows the class, because a path that begins with
// the name of the class needs it twice: once to be dropped.
type printer struct {
	strings.Builder
	class string
}

// String returns the query in its usual form. Blanks may make it longer than
// MaxText.
func (s *Select) String() string {
	p := printer{class: s.Class.Name}
	p.WriteString("SELECT ")
	if s.Columns == nil {
		p.WriteByte('*')
	}
	p.paths(s.Columns)
	p.WriteString(" FROM ")
	p.WriteString(s.Class.Name)
	if s.Within != nil {
		p.WriteString(" WITHIN ")
		p.WriteString(s.Within.Text)
	}
	if s.Where != nil {
		p.WriteString(" WHERE ")
		p.expr(s.Where)
	}
	if s.Group != nil {
		p.group(s.Group)
	}
	return p.Builder.String()
}

func (p *printer) group(g *Group) {
	p.WriteString(" GROUP WITHIN ")
	p.WriteString(g.Within.Text)
	if g.By != nil {
		p.WriteString(" BY ")
		p.paths(g.By)
	}
	if g.Having != nil {
		p.WriteString(" HAVING ")
		p.expr(g.Having)
	}
}

// String returns the query in its usual form. Blanks may make it longer than
// MaxText.
func (a *Associators) String() string { return a.print("ASSOCIATORS", a.items()) }

// String returns the query in its usual form. Blanks may make it longer than
// MaxText.
func (r *References) String() string { return r.print("REFERENCES", r.items()) }

func (t *Traversal) print(verb string, items []item) string {
	var b strings.Builder
	b.WriteString(verb + " OF {" + t.Object.Text + "}")
	before := " WHERE "
	for _, i := range items {
		if !i.isSet() {
			continue
		}
		b.WriteString(before + i.name)
		switch {
		case i.value == nil:
		case isReserved(i.value.Name):
			b.WriteString(" = " + quote(i.value.Name))
		default:
			b.WriteString(" = " + i.value.Name)
		}
		before = " "
	}
	return b.String()
}

func (p *printer) paths(paths []*Path) {
	for i, path := range paths {
		p.between(i, ", ")
		p.path(path)
	}
}

func (p *printer) path(path *Path) {
	if hasPrefix(path, p.class) {
		p.WriteString(p.class)
		p.WriteByte('.')
	}
	for i, name := range path.Names {
		p.between(i, ".")
		p.WriteString(name.Name)
	}
	if path.All {
		p.WriteString(".*")
	}
}

func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *Or:
		for i, x := range e.X {
			p.between(i, " OR ")
			p.expr(x)
		}
	case *And:
		for i, x := range e.X {
			p.between(i, " AND ")
			p.operand(x)
		}
	case *Not:
		p.WriteString("NOT ")
		p.operand(e.X)
	case *Comparison:
		p.path(e.Path)
		p.WriteString(" " + e.Op.String() + " ")
		p.WriteString(e.Value.Text)
	case *Like:
		p.path(e.Path)
		p.WriteString(" LIKE ")
		p.WriteString(e.Pattern.Text)
	case *Isa:
		p.path(e.Path)
		p.WriteString(` ISA "` + e.Class.Name + `"`)
	case *IsNull:
		p.path(e.Path)
		if e.Not {
			p.WriteString(" IS NOT NULL")
		} else {
			p.WriteString(" IS NULL")
		}
	}
}

// operand writes an operand of AND or NOT. There are no more parentheses than
// the query had that was parsed, so what is printed is not nested too deep.
func (p *printer) operand(e Expr) {
	switch e.(type) {
	case *And, *Or:
		p.WriteByte('(')
		p.expr(e)
		p.WriteByte(')')
	default:
		p.expr(e)
	}
}

// between writes sep unless i is 0.
func (p *printer) between(i int, sep string) {
	if i > 0 {
		p.WriteString(sep)
	}
}

func printExpr(e Expr) string {
	var p printer
	p.expr(e)
	return p.Builder.String()
}

func (e *And) String() string        { return printExpr(e) }
func (e *Or) String() string         { return printExpr(e) }
func (e *Not) String() string        { return printExpr(e) }
func (e *Comparison) String() string { return printExpr(e) }
func (e *Like) String() string       { return printExpr(e) }
func (e *Isa) String() string        { return printExpr(e) }
func (e *IsNull) String() string     { return printExpr(e) }

// String returns the names with points between them.
func (path *Path) String() string {
	var p printer
	p.path(path)
	return p.Builder.String()
}

// String returns the literal as written.
func (l *Literal) String() string { return l.Text }

// hasPrefix reports whether path begins with the name of class and goes on.
func hasPrefix(path *Path, class string) bool {
	return class != "" && (len(path.Names) > 1 || path.All) && cim.EqualNames(path.Names[0].Name, class)
}
