package mof_test

import (
	"fmt"
	"strings"

	"openwmi/internal/source"
	"openwmi/mof"
)

// dump returns what the declarations of a tree mean, without their places:
// equal dumps are equal trees.
func dump(f *mof.File) string {
	var b strings.Builder
	for _, d := range f.Decls {
		dumpNode(&b, d)
		b.WriteByte('\n')
	}
	return b.String()
}

func dumpNode(b *strings.Builder, n mof.Node) {
	switch n := n.(type) {
	case nil:
		b.WriteString("-")
	case *mof.Pragma:
		fmt.Fprintf(b, "(pragma %d %s", n.Kind, strings.ToLower(n.Name.Name))
		for _, a := range n.Args {
			b.WriteByte(' ')
			dumpNode(b, a)
		}
		b.WriteByte(')')
	case *mof.QualifierDecl:
		fmt.Fprintf(b, "(qualifier %s%s%s", n.Name.Name, dumpType(n.Type), dumpDim(n.Dim))
		dumpValue(b, n.Default)
		for _, w := range n.Scopes {
			fmt.Fprintf(b, " %s", strings.Join(w.Scope.Names(), "|"))
		}
		dumpFlavors(b, n.Flavors)
		b.WriteByte(')')
	case *mof.ClassDecl:
		fmt.Fprintf(b, "(class %s", n.Name.Name)
		if n.Alias.Name != "" {
			fmt.Fprintf(b, " as %s", n.Alias.Name)
		}
		if n.Super.Name != "" {
			fmt.Fprintf(b, " : %s", n.Super.Name)
		}
		dumpQualifiers(b, n.Qualifiers)
		for _, f := range n.Features {
			b.WriteByte(' ')
			dumpNode(b, f)
		}
		b.WriteByte(')')
	case *mof.Property:
		fmt.Fprintf(b, "(%s%s%s", n.Name.Name, dumpType(n.Type), dumpDim(n.Dim))
		dumpQualifiers(b, n.Qualifiers)
		dumpValue(b, n.Default)
		b.WriteByte(')')
	case *mof.Method:
		fmt.Fprintf(b, "(method %s%s%s", n.Name.Name, dumpType(n.Type), dumpDim(n.Dim))
		dumpQualifiers(b, n.Qualifiers)
		for i := range n.Params {
			b.WriteByte(' ')
			dumpNode(b, &n.Params[i])
		}
		b.WriteByte(')')
	case *mof.InstanceDecl:
		fmt.Fprintf(b, "(instance %s", n.Class.Name)
		if n.Alias.Name != "" {
			fmt.Fprintf(b, " as %s", n.Alias.Name)
		}
		dumpQualifiers(b, n.Qualifiers)
		for _, a := range n.Properties {
			fmt.Fprintf(b, " (%s", a.Name.Name)
			dumpQualifiers(b, a.Qualifiers)
			dumpValue(b, a.Value)
			b.WriteByte(')')
		}
		b.WriteByte(')')
	case *mof.NumberLit:
		b.WriteString(n.Raw)
	case *mof.StringLit:
		fmt.Fprintf(b, "%q", n.Value)
	case *mof.CharLit:
		fmt.Fprintf(b, "'%04X'", n.Value)
	case *mof.BoolLit:
		fmt.Fprint(b, n.Value)
	case *mof.NullLit:
		b.WriteString("null")
	case *mof.AliasRef:
		b.WriteString("$" + n.Name)
	case *mof.Word:
		b.WriteString(n.Text)
	case *mof.ArrayLit:
		b.WriteByte('{')
		for i, e := range n.Elems {
			if i > 0 {
				b.WriteByte(' ')
			}
			dumpNode(b, e)
		}
		b.WriteByte('}')
	default:
		panic(fmt.Sprintf("dump of %T", n))
	}
}

func dumpType(t mof.Type) string {
	switch {
	case t.Type == 0:
		return ""
	case t.Class != "":
		return fmt.Sprintf(" %v:%s", t.Type, t.Class)
	}
	return " " + t.Type.String()
}

func dumpDim(d *mof.Dim) string {
	switch {
	case d == nil:
		return ""
	case d.Bound == nil:
		return "[]"
	}
	return "[" + d.Bound.Raw + "]"
}

func dumpValue(b *strings.Builder, v mof.Value) {
	if v != nil {
		b.WriteString(" = ")
		dumpNode(b, v)
	}
}

func dumpQualifiers(b *strings.Builder, quals []mof.Qualifier) {
	for _, q := range quals {
		fmt.Fprintf(b, " [%s", q.Name.Name)
		dumpValue(b, q.Value)
		dumpFlavors(b, q.Flavors)
		b.WriteByte(']')
	}
}

func dumpFlavors(b *strings.Builder, words []mof.FlavorWord) {
	for _, w := range words {
		fmt.Fprintf(b, " :%s", w.Flavor)
	}
}

// walk calls visit for every node of a tree, and for the names and words in it,
// with the node around it.
func walk(f *mof.File, visit func(n, parent mof.Node)) {
	for _, d := range f.Decls {
		walkNode(d, nil, visit)
	}
}

func walkNode(n, parent mof.Node, visit func(n, parent mof.Node)) {
	visit(n, parent)
	child := func(c mof.Node) { walkNode(c, n, visit) }
	name := func(id mof.Ident) {
		if id.Name != "" {
			visit(id, n)
		}
	}
	quals := func(quals []mof.Qualifier) {
		for _, q := range quals {
			visit(q, n)
			visit(q.Name, q)
			if q.Value != nil {
				walkNode(q.Value, q, visit)
			}
			for _, w := range q.Flavors {
				visit(w, q)
			}
		}
	}
	switch n := n.(type) {
	case *mof.Pragma:
		name(n.Name)
		for _, a := range n.Args {
			child(a)
		}
	case *mof.QualifierDecl:
		name(n.Name)
		if n.IsTyped() {
			visit(n.Type, n)
		}
		if n.Default != nil {
			child(n.Default)
		}
	case *mof.ClassDecl:
		quals(n.Qualifiers)
		name(n.Name)
		name(n.Alias)
		name(n.Super)
		for _, f := range n.Features {
			child(f)
		}
	case *mof.Property:
		quals(n.Qualifiers)
		visit(n.Type, n)
		name(n.Name)
		if n.Dim != nil {
			visit(n.Dim, n)
		}
		if n.Default != nil {
			child(n.Default)
		}
	case *mof.Method:
		quals(n.Qualifiers)
		visit(n.Type, n)
		name(n.Name)
		for i := range n.Params {
			child(&n.Params[i])
		}
	case *mof.InstanceDecl:
		quals(n.Qualifiers)
		name(n.Class)
		name(n.Alias)
		for _, a := range n.Properties {
			visit(a, n)
			quals(a.Qualifiers)
			name(a.Name)
			if a.Value != nil {
				child(a.Value)
			}
		}
	case *mof.ArrayLit:
		for _, e := range n.Elems {
			child(e)
		}
	}
}

// comments returns the comments of a file without the white space in them.
func comments(f *mof.File) []string {
	var texts []string
	for _, c := range f.Comments {
		texts = append(texts, strings.Join(strings.Fields(f.Source.Slice(c)), " "))
	}
	return texts
}

// parse parses a text with includes switched off.
func parse(text string, dialect mof.Dialect) (*mof.File, *source.List) {
	list := new(source.List)
	return mof.Parse(source.NewFile("test.mof", text), mof.Options{Dialect: dialect}, list), list
}
