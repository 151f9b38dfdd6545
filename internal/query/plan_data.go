package query

import (
	"context"
	"slices"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// A dataPlan looks for instances: SELECT ... FROM a class (wql.md 14).
type dataPlan struct {
	query   *wql.Select
	class   *cim.Class
	where   *Filter
	known   []Constraint // by where
	columns *Projection
	none    string // why there can be no result; "" if there can
	stored  []*access
	// provided are the classes whose instances providers have, all below
	// class. None are asked if it is empty.
	provided []*cim.Class
	supplied classSet // the same
	ask      *provider.Query
	paths    []cim.Path // of the only objects that are wanted, if the query binds all keys
	deep     bool
	mixed    bool // the same object may be stored and provided
	step     struct{ filter, provider int }
}

func (p *Plan) data(ctx context.Context, v *repository.View, q *wql.Select) (body, error) {
	c, err := v.Class(q.Class.Name)
	if cim.StatusOf(err) == cim.NotFound {
		return nil, wql.Errorf(q.Source, q.Class, cim.InvalidClass, "class %s does not exist in %s", q.Class.Name, v.Namespace().Path())
	}
	if err != nil {
		return nil, err
	}
	d := &dataPlan{query: q, class: c, deep: !p.opts.DirectRead}
	if d.columns, err = NewProjection(c, q, p.opts.EnsureLocatable, false); err != nil {
		return nil, err
	}
	if d.where, err = CompileFilter(c, q.Where, FilterOptions{Source: q.Source, Now: p.opts.Now, DayFirst: p.opts.DayFirst}); err != nil {
		return nil, err
	}
	d.known = d.where.Constraints()
	if p.opts.Prototype {
		return &prototypePlan{c, d.columns}, nil
	}
	d.step.filter = p.newStep()
	if d.none = d.empty(); d.none != "" {
		return d, nil
	}
	return d, d.choose(ctx, p, v)
}

// empty returns why a query cannot have a result, "" if it can.
func (d *dataPlan) empty() string {
	switch {
	case d.class.IsA("__Event") || d.class.IsA("__AggregateEvent"):
		return "events are never stored" // wql.md 1
	case d.where.IsFalse() || slices.ContainsFunc(d.known, func(c Constraint) bool { return c.In != nil && len(c.In) == 0 }):
		return "the condition is never true"
	}
	return ""
}

// choose decides where to look.
func (d *dataPlan) choose(ctx context.Context, p *Plan, v *repository.View) error {
	classes, err := d.classes(v)
	if err != nil {
		return err
	}
	if len(classes) == 0 {
		d.none = "the condition names no class derived from " + d.class.Name()
		return nil
	}
	provided, err := p.provided(ctx, classes, d.class, d.deep)
	if err != nil {
		return err
	}
	d.supplied = newClassSet(provided)
	stored := slices.DeleteFunc(classes, d.supplied.has)
	if d.stored, err = p.accesses(ctx, v, d, stored); err != nil {
		return err
	}
	if len(provided) > 0 {
		d.provided = provided
		d.mixed = mayBeSame(stored, provided)
		d.paths = d.keyPaths(d.class)
		d.ask = d.push()
		d.step.provider = p.newStep()
	}
	return nil
}

// classes returns those whose instances may be results: the class of the query
// and what is derived from it, as far as the condition does not exclude it.
func (d *dataPlan) classes(v *repository.View) ([]*cim.Class, error) {
	names, some := d.where.Classes()
	wanted := func(c *cim.Class) bool {
		return !some || slices.ContainsFunc(names, func(n string) bool { return cim.EqualNames(n, c.Name()) })
	}
	var list []*cim.Class
	if wanted(d.class) {
		list = append(list, d.class)
	}
	if !d.deep {
		return list, nil
	}
	for c, err := range v.Subclasses(d.class.Name(), true) {
		if err != nil {
			return nil, err
		}
		if wanted(c) {
			list = append(list, c)
		}
	}
	return list, nil
}

// provided returns those of some classes whose instances providers have. All of
// them are class or, if deep, derived from it.
func (p *Plan) provided(ctx context.Context, classes []*cim.Class, class *cim.Class, deep bool) ([]*cim.Class, error) {
	dynamic := slices.DeleteFunc(slices.Clone(classes), func(c *cim.Class) bool { return !c.IsDynamic() })
	if len(dynamic) == 0 || p.opts.Source == nil {
		return dynamic, nil
	}
	all, err := p.opts.Source.Provided(ctx, class, deep)
	if err != nil {
		return nil, err
	}
	known := newClassSet(all)
	return slices.DeleteFunc(dynamic, func(c *cim.Class) bool { return !known.has(c) }), nil
}

// A classSet has classes, in any of their versions, by their folded names.
type classSet map[string]struct{}

func newClassSet(list []*cim.Class) classSet {
	s := make(classSet, len(list))
	for _, c := range list {
		s[cim.Fold(c.Name())] = struct{}{}
	}
	return s
}

func (s classSet) has(c *cim.Class) bool {
	_, ok := s[cim.Fold(c.Name())]
	return ok
}

// mayBeSame reports whether a stored instance can be the same object as one of a
// provider: one of their classes is derived from the other.
func mayBeSame(stored, provided []*cim.Class) bool {
	for _, s := range stored {
		for _, p := range provided {
			if !s.IsAbstract() && (s.IsA(p.Name()) || p.IsA(s.Name())) {
				return true
			}
		}
	}
	return false
}

// push returns the part of the query that a provider can take over.
func (d *dataPlan) push() *provider.Query {
	q := &provider.Query{Select: d.query}
	for _, c := range d.known {
		q.Conditions = append(q.Conditions, pushed(c))
	}
	return q
}

func pushed(c Constraint) provider.Condition {
	return provider.Condition{Property: c.Property.Name(), In: c.In, Low: c.Low, High: c.High}
}

func (d *dataPlan) explain(counts []wbem.StepCount) *wbem.QueryStep {
	detail := d.columns.String() + " from " + d.class.Name()
	e := newExplanation("select", detail, d.step.filter, counts)
	if d.none != "" {
		e.Inputs = []*wbem.QueryStep{{Step: "nothing", Detail: d.none, Estimate: 0}}
		return e
	}
	if !d.where.IsTrue() {
		e.Detail += " where " + d.where.String()
	}
	if len(d.provided) > 0 {
		e.Inputs = append(e.Inputs, d.explainProviders(counts))
	}
	for _, a := range d.stored {
		e.Inputs = append(e.Inputs, a.explain(counts))
	}
	return e
}

func (d *dataPlan) explainProviders(counts []wbem.StepCount) *wbem.QueryStep {
	e := newExplanation("provider", classNames(d.provided), d.step.provider, counts)
	if d.paths != nil {
		e.Step, e.Estimate = "provider get", int64(len(d.paths))
		e.Detail += ", " + pathNames(d.paths)
		return e
	}
	for i, c := range d.ask.Conditions {
		word := " and "
		if i == 0 {
			word = ", at least where "
		}
		e.Detail += word + condition(c)
	}
	return e
}
