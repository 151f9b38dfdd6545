package query

import (
	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/provider"
)

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
	if err != nil || !p.IsInstance() || !x.view.Namespace().Holds(p) {
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

// referring calls fn with each instance of the classes of some links, not of
// those derived from them, of which one of the roles refers to the target.
func (x *run) referring(links []*link, t *target, step int, fn func(*link, Row) error) error {
	defer x.begin(step)()
	take := func(l *link, row Row) error {
		x.counts[step].Returned++
		return fn(l, row)
	}
	var stored []*link
	roles := 0
	for _, l := range links {
		if !l.provided {
			stored = append(stored, l)
			roles += len(l.roles)
			continue
		}
		if err := x.providedLinks(l, t, step, take); err != nil {
			return err
		}
	}
	if roles <= fewRoles {
		return x.seekLinks(stored, t, step, take)
	}
	return x.allLinks(stored, t, step, take)
}

// fewRoles is up to how many references are looked up one by one. All links to
// an object are found together, but then those which are not asked for are read
// as well.
const fewRoles = 8

func (x *run) seekLinks(links []*link, t *target, step int, take func(*link, Row) error) error {
	ref := repository.Equal(cim.ReferenceValue(t.paths()[0].String()))
	for _, l := range links {
		for i, role := range l.roles {
			lookup := repository.Lookup{Class: l.class.Name(), Property: role, Range: ref}
			for r, err := range x.view.Seek(x.ctx, lookup) {
				if err == nil {
					err = x.look(step)
				}
				if err != nil {
					return err
				}
				row := RecordRow(r)
				if !t.is(row.at(role)) || t.any(row, l.roles[:i]) {
					continue // no link to the target, or one that an earlier role has found
				}
				if err := take(l, row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (x *run) allLinks(links []*link, t *target, step int, take func(*link, Row) error) error {
	byClass := make(map[*cim.Class]*link, len(links))
	for _, l := range links {
		byClass[l.class] = l
	}
	for r, err := range x.view.Links(x.ctx, t.paths()[0]) {
		if err == nil {
			err = x.look(step)
		}
		if err != nil {
			return err
		}
		row := RecordRow(r.Record)
		if l := byClass[row.class]; l != nil && t.any(row, l.roles) {
			if err := take(l, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// providedLinks asks the provider of a class of links. A provider compares
// references as it likes, so it is told which one is wanted only if there is
// one role, and one way to write it (wql.md 9.3, step 3).
func (x *run) providedLinks(l *link, t *target, step int, take func(*link, Row) error) error {
	q := &provider.Query{}
	if paths := t.paths(); len(paths) == 1 && len(l.roles) == 1 {
		at := x.view.Namespace().Origin()
		paths[0].Server, paths[0].Namespace = at.Server, at.Namespace
		q.Conditions = []provider.Condition{{Property: l.class.Properties()[l.roles[0]].Name(), In: []cim.Value{cim.ReferenceValue(paths[0].String())}}}
	}
	for inst, err := range x.plan.source().Instances(x.ctx, l.class, false, q) {
		if err != nil {
			return x.tolerate(err)
		}
		if err := x.look(step); err != nil {
			return err
		}
		row := ObjectRow(inst)
		if cim.EqualNames(inst.ClassName(), l.class.Name()) && t.any(row, l.roles) {
			if err := take(l, row); err != nil {
				return err
			}
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
