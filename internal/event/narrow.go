package event

import (
	"slices"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/wql"
)

// What a poll reads is the class, or less: a condition that holds for all of the
// life of an instance or never, and that all events have to meet, can be met by the
// read already. The instances that it leaves out would have made no event that the
// query admits: they were created, are modified and will be deleted without meeting
// it. Of other conditions that is not so: an instance that begins to meet one is
// modified, and would look like one that is created.

// pollQuery returns the query of a poll: for the instances of a class that meet
// what is lasting among the conditions joined by AND.
func (p *plan) pollQuery(c *cim.Class) (*wql.Select, error) {
	f := family{c}
	for sub, err := range p.ns.Subclasses(c.Name(), true) {
		if err != nil {
			return nil, err
		}
		f = append(f, sub)
	}
	where := p.query.Where
	q := &wql.Select{Class: wql.Ident{Name: c.Name()}}
	conds := []wql.Expr{where}
	if and, ok := where.(*wql.And); ok {
		conds = and.X
	}
	var kept []wql.Expr
	for _, x := range conds {
		if x, ok := f.lasting(x); ok {
			kept = append(kept, x)
		}
	}
	switch len(kept) {
	case 0:
		return q, nil
	case 1:
		q.Where = kept[0]
	default:
		q.Where = &wql.And{X: kept}
	}
	// What a data query does not take, such as a constant of another type, is
	// left to the condition on events.
	if parsed, err := wql.Parse(q.String()); err == nil {
		if parsed, ok := parsed.(*wql.Select); ok {
			if _, err := query.CompileFilter(c, parsed.Where, query.FilterOptions{}); err == nil {
				return parsed, nil
			}
		}
	}
	q.Where = nil
	return q, nil
}

// A family is a class and all that are derived from it: those whose instances a
// poll reads.
type family []*cim.Class

// lasting returns a condition on TargetInstance as one on instances of a family;
// ok is false if it is on anything else, or on what may change.
func (f family) lasting(e wql.Expr) (own wql.Expr, ok bool) {
	all := func(list []wql.Expr) ([]wql.Expr, bool) {
		out := make([]wql.Expr, len(list))
		for i, x := range list {
			if out[i], ok = f.lasting(x); !ok {
				return nil, false
			}
		}
		return out, true
	}
	switch e := e.(type) {
	case *wql.And:
		x, ok := all(e.X)
		return &wql.And{X: x}, ok
	case *wql.Or:
		x, ok := all(e.X)
		return &wql.Or{X: x}, ok
	case *wql.Not:
		x, ok := f.lasting(e.X)
		return &wql.Not{X: x}, ok
	case *wql.Comparison:
		path, ok := f.lastingPath(e.Path)
		return &wql.Comparison{Path: path, Op: e.Op, Value: e.Value}, ok
	case *wql.Like:
		path, ok := f.lastingPath(e.Path)
		return &wql.Like{Path: path, Pattern: e.Pattern}, ok
	case *wql.IsNull:
		path, ok := f.lastingPath(e.Path)
		return &wql.IsNull{Path: path, Not: e.Not}, ok
	}
	return nil, false
}

// lastingPath returns the path of a property of TargetInstance whose value an
// instance keeps. Dates are read as the session does that asks, so they are left
// alone.
func (f family) lastingPath(path *wql.Path) (own *wql.Path, ok bool) {
	if len(path.Names) != 2 || !cim.EqualNames(path.Names[0].Name, "TargetInstance") {
		return nil, false
	}
	p := f[0].Property(path.Names[1].Name)
	if p == nil || p.Type().Elem() == cim.TypeDatetime {
		return nil, false
	}
	if slices.ContainsFunc(f, func(c *cim.Class) bool { return !isLasting(c, p.Name()) }) {
		return nil, false
	}
	return &wql.Path{Names: []wql.Ident{{Name: p.Name()}}}, true
}

// isLasting reports whether a property of a class is a key, or Fixed: qualifiers of
// a superclass need not reach it, and a subclass may say otherwise.
func isLasting(c *cim.Class, name string) bool {
	p := c.Property(name)
	return p != nil && (p.IsKey() || p.Qualifiers().True("Fixed"))
}
