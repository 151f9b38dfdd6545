package wql

import (
	"openwmi/cim"
	"openwmi/internal/source"
)

// An item is what a query says behind WHERE: a flag, or a name and its value.
type item struct {
	name  string
	flag  *bool  // nil if value is not
	value *Ident // nil if flag is not
}

func (i item) isSet() bool { return i.flag != nil && *i.flag || i.value != nil && i.value.Name != "" }

// items returns all items that there are, in the order in which they are printed.
func (t *Traversal) items() []item {
	return []item{
		{name: "ResultClass", value: &t.ResultClass},
		{name: "Role", value: &t.Role},
		{name: "RequiredQualifier", value: &t.RequiredQualifier},
		{name: "ClassDefsOnly", flag: &t.ClassDefsOnly},
		{name: "KeysOnly", flag: &t.KeysOnly},
		{name: "SchemaOnly", flag: &t.SchemaOnly},
	}
}

func (a *Associators) items() []item {
	return append([]item{
		{name: "AssocClass", value: &a.AssocClass},
		{name: "ResultRole", value: &a.ResultRole},
		{name: "RequiredAssocQualifier", value: &a.RequiredAssocQualifier},
	}, a.Traversal.items()...)
}

// associators reads a whole query, see Associators.
func (p *parser) associators() *Associators {
	a := &Associators{}
	p.traversal(&a.Traversal, a.items())
	return a
}

// references reads a whole query, see References.
func (p *parser) references() *References {
	r := &References{}
	p.traversal(&r.Traversal, r.items())
	return r
}

func (p *parser) traversal(t *Traversal, items []item) {
	t.Span, t.Source = p.Span, p.file
	p.next()
	p.expect("OF", "OF")
	if p.tok != brace {
		p.unexpected("an object path in braces")
		return
	}
	path := p.braced()
	t.Object = ObjectPath{Span: path.Span, Text: path.text}
	next := "WHERE or the end of the query"
	if p.got("WHERE") {
		for p.item(items); p.err == nil && p.tok != eof && p.tok != semicolon; {
			p.item(items)
		}
		next = "another item or the end of the query"
	}
	t.Span = p.from(t.Pos)
	p.end(next)
	if p.err == nil {
		p.finishTraversal(t)
	}
}

// item reads one item, which must not have been there before.
//
//	Item = Flag | Name "=" ( Name | String )
func (p *parser) item(items []item) {
	find := func(items []item) (item, bool) {
		for _, i := range items {
			if p.is(i.name) {
				return i, true
			}
		}
		return item{}, false
	}
	i, ok := find(items)
	if !ok {
		_, elsewhere := find(new(Associators).items())
		switch {
		case elsewhere:
			p.fail(p.Span, p.syntax, "%s is for ASSOCIATORS OF, not for REFERENCES OF", p.text)
		case p.tok == comma || p.isAny("AND", "OR"):
			p.fail(p.Span, p.syntax, "expected another item, found %v: there is nothing but blanks between items, and all of them must hold", p.token)
		default:
			p.unexpected("an item such as ResultClass = Name or KeysOnly")
		}
		return
	}
	if i.isSet() {
		p.fail(p.Span, p.syntax, "%s stands there twice", i.name)
		return
	}
	p.next()
	if i.flag != nil {
		*i.flag = true
		return
	}
	if !p.accept(equal) {
		p.unexpected("= after " + i.name)
		return
	}
	*i.value = p.quotedName("a name after " + i.name + " =")
}

// finishTraversal reads the object path and checks what goes with what: wql.md
// 9.2.
func (p *parser) finishTraversal(t *Traversal) {
	wrong := func(format string, args ...any) { p.fail(t.Object.Span, cim.InvalidQuery, format, args...) }
	if blank := findBlank(t.Object.Text); blank >= 0 {
		at := t.Object.Pos + source.Pos(blank)
		p.fail(source.Span{Pos: at, End: at + 1}, cim.InvalidQuery, "an object path has blanks in quotes only")
		return
	}
	path, err := cim.ParsePath(t.Object.Text)
	t.Object.Path = path
	switch {
	case err != nil:
		wrong("%v", err)
	case path.Class == "":
		wrong("expected the path of an object, found that of a namespace")
	case t.SchemaOnly && path.IsInstance():
		wrong("SchemaOnly is about a class, not about an instance")
	case !t.SchemaOnly && path.IsClass():
		wrong("a class needs SchemaOnly; without it, the path is that of an instance")
	case t.ClassDefsOnly && t.ResultClass.Name != "":
		wrong("ClassDefsOnly and ResultClass do not go together")
	case t.ClassDefsOnly && t.KeysOnly:
		wrong("ClassDefsOnly and KeysOnly do not go together")
	case t.SchemaOnly && t.ClassDefsOnly:
		wrong("SchemaOnly and ClassDefsOnly do not go together")
	case t.SchemaOnly && t.KeysOnly:
		wrong("SchemaOnly and KeysOnly do not go together")
	}
}

// findBlank returns the offset in a path of the first blank outside quotes, -1 if
// there is none.
func findBlank(path string) int {
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case isBlank(c):
			return i
		case c == '"' || c == '\'':
			i += quotedLen(path[i:]) - 1 // braced has seen its end
		}
	}
	return -1
}
