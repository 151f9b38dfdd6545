package event

import (
	"errors"
	"slices"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

// A plan is an event query that was checked against the classes of a namespace
// as they were. It never changes; when a class does that it depends on, another
// plan takes its place.
type plan struct {
	ns      *repository.Namespace
	query   *wql.Select
	class   *cim.Class    // FROM
	where   *query.Filter // nil if all events are wanted
	having  *query.Filter // nil if all groups are
	columns *columns      // nil for *

	kinds   kinds          // operations on instances whose events FROM admits
	targets []query.Target // to which TargetInstance must belong; none for any
	polls   []*wql.Select  // what is to be polled

	equality *equality // of TargetInstance; nil if there is none to look up
}

// newPlan checks a query, in whose dates the day may come first.
func (b *Broker) newPlan(ns *repository.Namespace, q *wql.Select, dayFirst bool) (*plan, error) {
	p := &plan{ns: ns, query: q}
	var err error
	if p.class, err = p.find(q.Class); err != nil {
		return nil, err
	}
	if !p.class.IsA("__Event") {
		return nil, wql.Errorf(q.Source, q.Class, wbem.NotEventClass, "class %s is not derived from __Event", p.class.Name())
	}
	o := query.FilterOptions{Source: q.Source, Event: true, Origin: ns.Origin(), DayFirst: dayFirst}
	if q.Where != nil {
		if p.where, err = query.CompileFilter(p.class, q.Where, o); err != nil {
			return nil, err
		}
	}
	if _, err := query.NewProjection(p.class, q, false, true); err != nil {
		return nil, err
	}
	p.columns = newColumns(q)
	if err := p.checkGroup(b.sources.aggregate, o); err != nil {
		return nil, err
	}
	if p.kinds = kindsOf(p.class.Name()); p.kinds != 0 {
		p.targets, _ = query.Targets(q.Where)
	}
	if err := b.planPolls(p); err != nil {
		return nil, err
	}
	if len(p.targets) == 1 {
		if c, err := ns.Class(p.targets[0].Class); err == nil {
			p.equality = newEquality(c, q.Where, o)
		}
	}
	return p, nil
}

// find returns the class of that name.
func (p *plan) find(name wql.Ident) (*cim.Class, error) {
	c, err := p.ns.Class(name.Name)
	if errors.Is(err, wbem.NotFound) {
		err = wql.Errorf(p.query.Source, name, wbem.InvalidClass, "class %s does not exist in %s", name.Name, p.ns.Path())
	}
	return c, err
}

// noTarget returns the error for a class that the condition asks for and that
// does not exist.
func (p *plan) noTarget(t query.Target) error {
	at := wql.Node(p.query.Class)
	for x := range wql.Preorder(p.query.Where) {
		switch x := x.(type) {
		case *wql.Isa:
			if !t.Exact && cim.EqualNames(x.Class.Name, t.Class) {
				at = x.Class
			}
		case *wql.Comparison:
			if t.Exact && cim.EqualNames(x.Value.Value.String(), t.Class) {
				at = x.Value
			}
		}
	}
	return wql.Errorf(p.query.Source, at, wbem.InvalidClass, "class %s, which the condition asks for, does not exist in %s", t.Class, p.ns.Path())
}

// checkGroup checks what follows GROUP (wql.md 10.4).
func (p *plan) checkGroup(aggregate *cim.Class, o query.FilterOptions) (err error) {
	g := p.query.Group
	if g == nil {
		return nil
	}
	for _, path := range g.By {
		if err := p.checkBy(path); err != nil {
			return err
		}
	}
	if g.Having != nil {
		p.having, err = query.CompileFilter(aggregate, g.Having, o)
	}
	return err
}

func (p *plan) checkBy(path *wql.Path) error {
	fail := func(s cim.Status, format string, args ...any) error {
		return wql.Errorf(p.query.Source, path, s, format, args...)
	}
	if len(path.Names) == 0 {
		return fail(wbem.MissingAggregationList, "BY names no property")
	}
	name := path.Names[0].Name
	t := cim.SystemType(name)
	if prop := p.class.Property(name); prop != nil {
		t = prop.Type()
	}
	switch {
	case t == 0:
		return fail(wbem.InvalidQuery, "class %s has no property %s", p.class.Name(), name)
	case len(path.Names) > 1 && t != cim.TypeObject:
		return fail(wbem.PropertyNotAnObject, "%s is no embedded object, so nothing in it can be named", name)
	case len(path.Names) == 1 && t.Elem() == cim.TypeObject:
		return fail(wbem.AggregatingByObject, "%s is an embedded object: BY takes properties of it", name)
	}
	return nil
}

// planPolls finds out what has to be polled, and whether the query allows for
// it (wql.md 10.1 to 10.3).
func (b *Broker) planPolls(p *plan) error {
	q := p.query
	if p.kinds == 0 {
		return nil
	}
	if len(p.targets) == 0 {
		if q.Within != nil {
			return wql.Errorf(q.Source, q.Class, wbem.RegistrationTooBroad,
				"the condition does not say whose instances are to be polled: it needs TargetInstance ISA \"class\" in all its branches")
		}
		return nil
	}
	var found []*cim.Class
	for _, t := range p.targets {
		c, err := p.ns.Class(t.Class)
		if errors.Is(err, wbem.NotFound) {
			return p.noTarget(t)
		}
		if err != nil {
			return err
		}
		switch needed, err := b.needsPoll(p, c, t.Exact); {
		case err != nil:
			return err
		case needed && q.Within == nil:
			return wql.Errorf(q.Source, q.Class, wbem.RegistrationTooPrecise,
				"instances of %s have to be polled, for which WITHIN has to say how often", c.Name())
		case needed:
			found = append(found, c)
		}
	}
	// A class is read with its subclasses, so none is read on its own whose
	// superclass is.
	for i, c := range found {
		if !slices.ContainsFunc(found[:i], func(d *cim.Class) bool { return c.IsA(d.Name()) }) &&
			!slices.ContainsFunc(found[i+1:], func(d *cim.Class) bool { return c != d && c.IsA(d.Name()) }) {
			poll, err := p.pollQuery(c)
			if err != nil {
				return err
			}
			p.polls = append(p.polls, poll)
		}
	}
	return nil
}

// needsPoll reports whether a class or, unless exact, a subclass is dynamic and
// no provider raises all the events about it that the query admits.
func (b *Broker) needsPoll(p *plan, c *cim.Class, exact bool) (bool, error) {
	uncovered := func(c *cim.Class) bool { return c.IsDynamic() && !b.covered(p.ns, c, p.kinds) }
	if uncovered(c) {
		return true, nil
	}
	if exact {
		return false, nil
	}
	for sub, err := range p.ns.Subclasses(c.Name(), true) {
		if err != nil {
			return false, err
		}
		if uncovered(sub) {
			return true, nil
		}
	}
	return false, nil
}

// dependsOn reports whether the plan may be another one when classes with those
// folded names, or subclasses of them, change.
func (p *plan) dependsOn(names map[string]bool) bool {
	return names[cim.Fold(p.class.Name())] ||
		slices.ContainsFunc(p.targets, func(t query.Target) bool { return names[cim.Fold(t.Class)] })
}

// matches applies WHERE to an event of the FROM class.
func (p *plan) matches(e *Event) bool {
	return p.where == nil || p.where.Match(query.ObjectRow(e.Instance))
}

// deliver returns what a subscriber gets of an event: a copy, of which the query
// may leave out properties.
func (p *plan) deliver(it item) *cim.Instance {
	inst := it.event.Instance.Clone()
	if it.more > 0 {
		k := inst.Class().PropertyIndex("NumFirings")
		inst.Put(k, cim.Uint32Value(it.event.firings+it.more))
	}
	if p.query.Group != nil || p.columns == nil {
		return inst
	}
	return p.columns.of(inst)
}

// valueAt returns the value at a path in an event, NULL if the path leads
// nowhere.
func valueAt(o cim.Object, path *wql.Path) (v cim.Value) {
	for i, name := range path.Names {
		if i > 0 {
			if o = v.Object(); o == nil {
				return cim.Value{}
			}
		}
		v = property(o, name.Name)
	}
	return v
}

func property(o cim.Object, name string) cim.Value {
	switch o := o.(type) {
	case *cim.Instance:
		v, _ := o.Get(name)
		return v
	case *cim.Class:
		if p := o.Property(name); p != nil {
			return p.Default()
		}
	}
	v, _ := cim.System(o, name)
	return v
}
