package query

import (
	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/provider"
)

// local reports whether a path leads into the namespace of a view.
func local(v *repository.View, p cim.Path) bool {
	at := v.Namespace().Origin()
	here := p.Server == "" || p.Server == "." || cim.EqualNames(p.Server, "localhost") || cim.EqualNames(p.Server, at.Server)
	return here && (p.Namespace == "" || cim.EqualNames(p.Namespace, at.Namespace))
}

// find returns the row of the instance with a path below class c, which the path
// names: NotFound if there is none.
func (x *run) find(c *cim.Class, path cim.Path) (Row, error) {
	dynamic, err := x.hasDynamic(c)
	if err != nil {
		return Row{}, err
	}
	var failed error // of a provider, unless the object is stored
	if dynamic {
		inst, err := x.plan.source().Instance(x.ctx, c, path, false)
		if err == nil {
			return ObjectRow(inst), nil
		}
		if cim.StatusOf(err) != cim.NotFound {
			failed = err
		}
	}
	r, err := x.view.Record(path, false)
	switch {
	case err == nil:
		return RecordRow(r), nil
	case failed != nil && cim.StatusOf(err) == cim.NotFound:
		return Row{}, failed
	}
	return Row{}, err
}

// hasDynamic reports whether a class or one derived from it is dynamic.
func (x *run) hasDynamic(c *cim.Class) (bool, error) {
	known, ok := x.dynamic[c]
	if ok {
		return known, nil
	}
	found := c.IsDynamic()
	for d, err := range x.view.Subclasses(c.Name(), true) {
		if err != nil {
			return false, err
		}
		if found = found || d.IsDynamic(); found {
			break
		}
	}
	if x.dynamic == nil {
		x.dynamic = map[*cim.Class]bool{}
	}
	x.dynamic[c] = found
	return found, nil
}

// resolve returns the object that a reference of a link leads to. The zero Row
// says that there is none, or none that the caller may see; neither is an error
// (wql.md 9.3, step 5 and Decision).
func (x *run) resolve(ref cim.Value) (Row, error) {
	p, err := cim.ParsePath(ref.Text())
	if err != nil || !p.IsInstance() || !local(x.view, p) {
		return Row{}, nil
	}
	var row Row
	c, err := x.view.Class(p.Class)
	if err == nil {
		row, err = x.find(c, p)
	}
	switch cim.StatusOf(err) {
	case cim.OK:
		return row, nil
	case cim.NotFound, cim.InvalidObjectPath, cim.AccessDenied:
		return Row{}, nil
	}
	return Row{}, x.tolerate(err)
}

// referring calls fn with each instance of exactly the class of l of which one
// of the roles refers to the target.
func (x *run) referring(l *link, t *target, step int, fn func(Row) error) error {
	defer x.begin(step)()
	for i, role := range l.roles {
		take := func(row Row) error {
			if err := x.look(step); err != nil {
				return err
			}
			// An earlier role may have found it already.
			if !t.is(row.at(role)) || t.any(row, l.roles[:i]) {
				return nil
			}
			x.counts[step].Returned++
			return fn(row)
		}
		var err error
		if l.provided {
			err = x.providedLinks(l, role, t, take)
		} else {
			err = x.storedLinks(l, role, t, take)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *run) storedLinks(l *link, role int, t *target, take func(Row) error) error {
	for r, err := range x.view.Records(x.ctx, l.class.Name(), false) {
		if err == nil {
			err = take(RecordRow(r))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// providedLinks asks the provider of a class of links. A provider compares
// references as it likes, so it is told which one is wanted only if that can be
// written in one way (wql.md 9.3, step 3).
func (x *run) providedLinks(l *link, role int, t *target, take func(Row) error) error {
	q := &provider.Query{}
	if paths := t.paths(); len(paths) == 1 {
		at := x.view.Namespace().Origin()
		paths[0].Server, paths[0].Namespace = at.Server, at.Namespace
		q.Conditions = []provider.Condition{{Property: l.class.Properties()[role].Name(), In: []cim.Value{cim.ReferenceValue(paths[0].String())}}}
	}
	for inst, err := range x.plan.source().Instances(x.ctx, l.class, false, q) {
		if err != nil {
			return x.tolerate(err)
		}
		if !cim.EqualNames(inst.ClassName(), l.class.Name()) {
			continue
		}
		if err := take(ObjectRow(inst)); err != nil {
			return err
		}
	}
	return nil
}

// provide finds out which links come from providers.
func (p *Plan) provide(links []*link, provided func(*cim.Class) ([]*cim.Class, error)) error {
	for _, l := range links {
		if !l.class.IsDynamic() {
			continue
		}
		classes, err := provided(l.class)
		if err != nil {
			return err
		}
		l.provided = hasClass(classes, l.class)
	}
	return nil
}
