package event

import (
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
func pollQuery(c *cim.Class, where wql.Expr) *wql.Select {
	q := &wql.Select{Class: wql.Ident{Name: c.Name()}}
	conds := []wql.Expr{where}
	if and, ok := where.(*wql.And); ok {
		conds = and.X
	}
	var kept []wql.Expr
	for _, x := range conds {
		if x, ok := lasting(c, x); ok {
			kept = append(kept, x)
		}
	}
	switch len(kept) {
	case 0:
		return q
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
				return parsed
			}
		}
	}
	q.Where = nil
	return q
}

// lasting returns a condition on TargetInstance as one on instances of a class;
// ok is false if it is on anything else, or on what may change.
func lasting(c *cim.Class, e wql.Expr) (own wql.Expr, ok bool) {
	all := func(list []wql.Expr) ([]wql.Expr, bool) {
		out := make([]wql.Expr, len(list))
		for i, x := range list {
			if out[i], ok = lasting(c, x); !ok {
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
		x, ok := lasting(c, e.X)
		return &wql.Not{X: x}, ok
	case *wql.Comparison:
		path, ok := lastingPath(c, e.Path)
		return &wql.Comparison{Path: path, Op: e.Op, Value: e.Value}, ok
	case *wql.Like:
		path, ok := lastingPath(c, e.Path)
		return &wql.Like{Path: path, Pattern: e.Pattern}, ok
	case *wql.IsNull:
		path, ok := lastingPath(c, e.Path)
		return &wql.IsNull{Path: path, Not: e.Not}, ok
	}
	return nil, false
}

// lastingPath returns the path of a property of TargetInstance that is a key, or
// Fixed: one whose value an instance keeps. Dates are read as the session does
// that asks, so they are left alone.
func lastingPath(c *cim.Class, path *wql.Path) (own *wql.Path, ok bool) {
	if len(path.Names) != 2 || !cim.EqualNames(path.Names[0].Name, "TargetInstance") {
		return nil, false
	}
	p := c.Property(path.Names[1].Name)
	if p == nil || p.Type().Elem() == cim.TypeDatetime || !p.IsKey() && !p.Qualifiers().True("Fixed") {
		return nil, false
	}
	return &wql.Path{Names: []wql.Ident{{Name: p.Name()}}}, true
}
