package view

import (
	"slices"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/wbem"
	"openwmi/wql"
)

// A kind is how a view is made of its sources.
type kind string

// The kinds, by the qualifiers that stand for them.
const (
	union       kind = "Union"
	join        kind = "JoinOn"
	association kind = "Association"
)

// A plan is the declaration of a view class. It never changes but for what it
// remembers of checks.
type plan struct {
	class   *cim.Class
	kind    kind
	sources []*source
	props   []*property // of each property of the class
	on      []*match    // of a join
	// after is PostJoinFilter, and afterNeeds are the properties of the view that
	// it looks at; nil if there is none.
	after      *query.Filter
	afterNeeds []string

	mu     sync.Mutex // guards fitted
	fitted map[fitting]error
}

// A source is an entry of ViewSources, with that of ViewSpaces.
type source struct {
	index  int
	query  *wql.Select
	spaces []space
}

// A space is a namespace with sources. The zero value is that of the view.
type space struct{ server, namespace string }

// A property is how a property of a view is made.
type property struct {
	*cim.Property
	from   []string // the property of each source, "" for none; nil if hidden
	hidden bool     // HiddenDefault: it shows its default
	direct bool     // a reference that is passed on as it is
}

// rewritten reports whether the property is a reference to objects of views
// where that of the source is one to objects of sources.
func (pl *plan) rewritten(p *property) bool {
	return pl.kind == association && p.Type() == cim.TypeReference && !p.direct && !p.hidden
}

// maxSources bounds the namespaces that a view asks, each counted for every
// source in it.
const maxSources = 256

// compile reads the qualifiers of a view class.
func compile(c *cim.Class) (*plan, error) {
	pl := &plan{class: c, fitted: map[fitting]error{}}
	if err := pl.readKind(); err != nil {
		return nil, err
	}
	if err := pl.readSources(); err != nil {
		return nil, err
	}
	if err := pl.readProperties(); err != nil {
		return nil, err
	}
	return pl, pl.readJoin()
}

// wrong is the error of a declaration; entry counts from 0, -1 is none.
func (pl *plan) wrong(qualifier string, entry int, format string, args ...any) error {
	return wrong(wbem.InvalidClass, pl.class.Name(), qualifier, entry, format, args...)
}

func (pl *plan) readKind() error {
	qs := pl.class.Qualifiers()
	var kinds []string
	for _, k := range []kind{union, join, association} {
		if qs.True(string(k)) || k == join && !qs.Value(string(k)).IsNull() {
			kinds = append(kinds, string(k))
			pl.kind = k
		}
	}
	switch len(kinds) {
	case 0:
		return cim.Errorf(wbem.InvalidClass, "class %s is no view: it needs one of the qualifiers Union, JoinOn and Association", pl.class.Name())
	case 1:
		return nil
	}
	return cim.Errorf(wbem.InvalidClass, "class %s: the qualifiers %s exclude each other", pl.class.Name(), strings.Join(kinds, " and "))
}

// texts returns the entries of a qualifier, nil if it is not there.
func texts(qs cim.Qualifiers, name string) ([]string, bool) {
	v := qs.Value(name)
	if v.IsNull() {
		return nil, true
	}
	if v.Type() != cim.TypeString.ArrayOf() {
		return nil, false
	}
	return v.Texts(), true
}

func (pl *plan) readSources() error {
	qs := pl.class.Qualifiers()
	sources, ok := texts(qs, "ViewSources")
	if !ok || len(sources) == 0 {
		return pl.wrong("ViewSources", -1, "it has to be a list of queries")
	}
	spaces, ok := texts(qs, "ViewSpaces")
	if !ok || spaces != nil && len(spaces) != len(sources) {
		return pl.wrong("ViewSpaces", -1, "it has to be a list of %d namespaces, one for each query in ViewSources", len(sources))
	}
	total := 0
	for i, text := range sources {
		q, err := wql.Parse(text)
		if err != nil {
			return pl.wrong("ViewSources", i, "%v", err)
		}
		sel, ok := q.(*wql.Select)
		if !ok || sel.IsSchema() {
			return pl.wrong("ViewSources", i, "%.100q is no SELECT of instances", text)
		}
		s := &source{index: i, query: sel, spaces: []space{{}}}
		if spaces != nil {
			s.spaces = nil
			for part := range strings.SplitSeq(spaces[i], "::") {
				server, namespace, err := cim.ParseNamespace(strings.TrimSpace(part))
				if err != nil {
					return pl.wrong("ViewSpaces", i, "%v", err)
				}
				if namespace == "" {
					return pl.wrong("ViewSpaces", i, "%.100q names no namespace", part)
				}
				s.spaces = append(s.spaces, space{server, namespace})
			}
		}
		if total += len(s.spaces); total > maxSources {
			return pl.wrong("ViewSpaces", i, "there are more than %d namespaces with sources", maxSources)
		}
		pl.sources = append(pl.sources, s)
	}
	return nil
}

func (pl *plan) readProperties() error {
	for _, p := range pl.class.Properties() {
		at := "PropertySources of " + p.Name()
		prop := &property{Property: p, hidden: p.Qualifiers().True("HiddenDefault"), direct: p.Qualifiers().True("Direct")}
		from, ok := texts(p.Qualifiers(), "PropertySources")
		switch {
		case prop.hidden && p.IsKey() && p.Default().IsNull():
			return pl.wrong("HiddenDefault of "+p.Name(), -1, "a key needs a default to show")
		case prop.hidden:
		case !ok || from == nil:
			return pl.wrong(at, -1, "it is missing, or no list of names")
		case len(from) != len(pl.sources):
			return pl.wrong(at, -1, "it has %d entries for %d queries in ViewSources", len(from), len(pl.sources))
		default:
			prop.from = from
		}
		for i, name := range prop.from {
			switch {
			case name == "" && p.IsKey() && pl.kind != join:
				return pl.wrong(at, i, "a key comes from every source")
			case cim.IsSystemName(name) && (cim.SystemType(name) == 0 || cim.SystemType(name).IsArray()):
				return pl.wrong(at, i, "there is no system property %.100s with one value", name)
			case name != "" && !cim.IsIdentifier(name):
				return pl.wrong(at, i, "%.100q is no name", name)
			}
		}
		if p.IsKey() && !prop.hidden && pl.owner(prop) < 0 {
			return pl.wrong(at, -1, "a key comes from a source")
		}
		pl.props = append(pl.props, prop)
	}
	return nil
}

// owner returns which source of a join a property comes from: the first one that
// has it. It is -1 if none does.
func (pl *plan) owner(p *property) int {
	return slices.IndexFunc(p.from, func(name string) bool { return name != "" })
}

// maps reports whether property k of the view comes from that source.
func (pl *plan) maps(k int, s *source) bool {
	p := pl.props[k]
	return !p.hidden && p.from[s.index] != "" && (pl.kind != join || pl.owner(p) == s.index)
}

func (pl *plan) readJoin() error {
	qs := pl.class.Qualifiers()
	filter := qs.Value("PostJoinFilter")
	if pl.kind != join {
		if !filter.IsNull() {
			return pl.wrong("PostJoinFilter", -1, "only joins have one")
		}
		return nil
	}
	if len(pl.sources) < 2 {
		return pl.wrong("ViewSources", -1, "a join needs two queries at least")
	}
	var err error
	if pl.on, err = pl.readJoinOn(qs.Value("JoinOn").Text()); err != nil {
		return err
	}
	if filter.IsNull() {
		return nil
	}
	q, err := wql.Parse(filter.Text())
	if err != nil {
		return pl.wrong("PostJoinFilter", -1, "%v", err)
	}
	sel, ok := q.(*wql.Select)
	if !ok || !cim.EqualNames(sel.Class.Name, pl.class.Name()) {
		return pl.wrong("PostJoinFilter", -1, "it has to be a query for %s", pl.class.Name())
	}
	if pl.after, err = query.CompileFilter(pl.class, sel.Where, query.FilterOptions{Source: sel.Source}); err != nil {
		return pl.wrong("PostJoinFilter", -1, "%v", err)
	}
	for e := range wql.Preorder(sel.Where) {
		if t, ok := e.(wql.Term); ok {
			pl.afterNeeds = append(pl.afterNeeds, t.Operand().Names[0].Name)
		}
	}
	return nil
}

// need returns which properties of the view have to be made if those with the
// given names are looked at: of each whether it is. Nil stands for all.
func (pl *plan) need(names []string) []bool {
	if names == nil {
		return nil
	}
	need := make([]bool, len(pl.props))
	for k, p := range pl.props {
		named := func(name string) bool { return cim.EqualNames(name, p.Name()) }
		need[k] = p.IsKey() || slices.ContainsFunc(names, named) || slices.ContainsFunc(pl.afterNeeds, named)
	}
	return need
}
