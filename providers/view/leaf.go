package view

import (
	"context"
	"iter"
	"slices"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// A leaf is a source in one namespace.
type leaf struct {
	plan     *plan
	source   *source
	services wbem.Services
	class    *cim.Class
	at       place

	// The class of the last instance, and where the properties of the view are
	// in it: results of a query have few classes.
	last      *cim.Class
	positions []int
}

// value returns what an instance of the source has for property k of the view.
func (r row) value(k int) cim.Value {
	name := r.plan.props[k].from[r.source.index]
	if cim.IsSystemName(name) {
		return r.system(name)
	}
	if c := r.inst.Class(); c != r.last {
		r.last = c
		r.positions = r.positions[:0]
		for _, p := range r.plan.props {
			at := -1
			if !p.hidden && p.from[r.source.index] != "" {
				at = c.PropertyIndex(p.from[r.source.index])
			}
			r.positions = append(r.positions, at)
		}
	}
	if at := r.positions[k]; at >= 0 {
		return r.inst.At(at)
	}
	return cim.Value{}
}

// named returns a property of the instance by its name.
func (r row) named(name string) cim.Value {
	if cim.IsSystemName(name) {
		return r.system(name)
	}
	v, _ := r.inst.Get(name)
	return v
}

// system returns a system property of the instance, which a result of a query
// does not always have.
func (r row) system(name string) cim.Value {
	switch cim.Fold(name) {
	case "__SERVER":
		return cim.StringValue(r.at.server)
	case "__NAMESPACE":
		return cim.StringValue(r.at.namespace)
	case "__CLASS":
		return cim.StringValue(r.inst.ClassName())
	case "__RELPATH":
		if p, ok := cim.RelPath(r.inst); ok {
			return cim.StringValue(p.RelPath())
		}
		return cim.Value{}
	case "__PATH":
		if p, ok := r.path(); ok {
			return cim.StringValue(p.String())
		}
		return cim.Value{}
	}
	v, _ := cim.System(r.inst, name)
	return v
}

// path returns where the instance is stored.
func (r row) path() (cim.Path, bool) {
	p, ok := cim.RelPath(r.inst)
	p.Server, p.Namespace = r.at.server, r.at.namespace
	return p, ok
}

// An ask is what a leaf is asked for.
type ask struct {
	leaf  *leaf
	conds []provider.Condition // on properties of the source
	names []string             // of the properties that are needed
	whole bool                 // all are
}

// ask returns what a leaf is asked for so that all rows are found of which the
// wanted objects are made, nil if there can be none.
func (c *call) ask(ctx context.Context, l *leaf, w *wanted) (*ask, error) {
	a := &ask{leaf: l}
	if w.only != nil {
		switch same := w.only.source == l.source; {
		case same && w.only != l, !same && l.plan.kind != join:
			return nil, nil
		case same:
			a.conds = slices.Clone(w.onlyConds)
		}
	}
	for _, cond := range w.conditions {
		none, err := c.translate(ctx, a, cond)
		if none || err != nil {
			return nil, err
		}
	}
	for k, p := range l.plan.props {
		if w.needs(k) && l.plan.maps(k, l.source) {
			a.need(p.from[l.source.index])
		}
	}
	for _, m := range l.plan.on {
		for _, side := range []operand{m.left, m.right} {
			if side.source == l.source.index {
				a.need(side.name)
			}
		}
	}
	if w.paths {
		a.need("__PATH")
	}
	return a, nil
}

// need makes a property part of what is asked for.
func (a *ask) need(name string) {
	c := a.leaf.class
	switch cim.Fold(name) {
	case "__SERVER", "__NAMESPACE", "__CLASS":
	case "__PATH", "__RELPATH":
		// Subclasses of a class without keys may have some.
		a.whole = a.whole || len(c.Keys()) == 0
		for _, k := range c.Keys() {
			a.need(c.Properties()[k].Name())
		}
	default:
		p := c.Property(name)
		switch {
		case p == nil && cim.IsSystemName(name), p != nil && isReserved(p.Name()):
			a.whole = true
		case p != nil && !slices.Contains(a.names, p.Name()):
			a.names = append(a.names, p.Name())
		}
	}
}

// isReserved reports whether WQL has no way to write a property of that name.
func isReserved(name string) bool {
	return slices.ContainsFunc([]string{"NULL", "TRUE", "FALSE", "AND", "OR", "NOT", "FROM", "WHERE"},
		func(word string) bool { return cim.EqualNames(word, name) })
}

// query returns the query for what is asked, nil if it cannot have an answer.
func (a *ask) query() *wql.Select {
	own := a.leaf.source.query
	q := &wql.Select{Class: own.Class, Where: own.Where}
	if names := a.columns(); !a.whole && len(names) > 0 {
		for _, name := range names {
			q.Columns = append(q.Columns, wqlPath(name))
		}
	}
	terms, none := a.terms()
	if none {
		return nil
	}
	narrow := *q
	narrow.Where = conjunction(append([]wql.Expr{own.Where}, terms...))
	if fits(&narrow) {
		return &narrow
	}
	return q // more rows than needed
}

// columns returns the names of what is needed, and if that is nothing, of
// something small.
func (a *ask) columns() []string {
	if len(a.names) > 0 {
		return a.names
	}
	for _, k := range a.leaf.class.Keys() {
		if name := a.leaf.class.Properties()[k].Name(); !isReserved(name) {
			return []string{name}
		}
	}
	return nil
}

func (a *ask) rows(ctx context.Context, c *call) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		q := a.query()
		if q == nil {
			return
		}
		for obj, err := range a.leaf.services.Query(ctx, "WQL", q.String(), c.options()) {
			if err != nil {
				yield(row{}, a.leaf.plan.elsewhere("ViewSources", a.leaf.source, err))
				return
			}
			if inst, ok := obj.(*cim.Instance); ok && !yield(row{a.leaf, inst}, nil) {
				return
			}
		}
	}
}
