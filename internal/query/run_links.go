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
func (x *run) resolve(end *cim.Property, ref cim.Value) (Row, error) {
	p, err := cim.ParsePath(ref.Text())
	if err != nil || !p.IsInstance() {
		return Row{}, nil
	}
	if p.Namespace == "" {
		p.Namespace = targetNamespace(end)
	}
	var row Row
	if x.view.Namespace().Holds(p) {
		var c *cim.Class
		if c, err = x.view.Class(p.Class); err == nil {
			row, err = x.find(c, p)
		}
	} else {
		row, err = x.findElsewhere(p)
	}
	switch cim.StatusOf(err) {
	case cim.OK:
		return x.complete(row)
	case cim.NotFound, cim.InvalidObjectPath, cim.InvalidNamespace, cim.AccessDenied:
		return Row{}, nil
	}
	return Row{}, x.tolerate(err)
}

// targetNamespace returns the namespace into which a reference leads that names
// none: that of the qualifier MSFT_TargetNamespace, "" for that of the query
// (wql.md 9.2).
func targetNamespace(p *cim.Property) string {
	_, ns, err := cim.ParseNamespace(p.Qualifiers().Value("MSFT_TargetNamespace").Text())
	if err != nil {
		return ""
	}
	return ns
}

// findElsewhere is find for an object that is stored in another namespace.
func (x *run) findElsewhere(p cim.Path) (Row, error) {
	name := p.Namespace
	p.Namespace = ""
	if x.plan.opts.Namespace == nil || !x.view.Namespace().Holds(p) {
		return Row{}, cim.NotFound // on another computer
	}
	v := x.elsewhere[cim.Fold(name)]
	if v == nil {
		var err error
		if v, err = x.plan.opts.Namespace(name); err != nil {
			return Row{}, err
		}
		if x.elsewhere == nil {
			x.elsewhere = map[string]*repository.View{}
		}
		x.elsewhere[cim.Fold(name)] = v
	}
	r, err := v.Record(p, false)
	if err != nil {
		return Row{}, err
	}
	return RecordRow(r), nil
}

// referring calls fn with each instance of the classes of some links, not of
// those derived from them, of which one of the roles refers to the target.
func (x *run) referring(links []*link, t *target, step int, fn func(*link, Row) error) error {
	defer x.begin(step)()
	take := func(l *link, row Row) error {
		x.counts[step].Returned++
		row, err := x.complete(row)
		if err != nil || row.class == nil {
			return err
		}
		if err := fn(l, row); err != nil || row.record == nil {
			return err
		}
		return row.record.Err()
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
	ref := repository.Equal(cim.ReferenceValue(t.path().String()))
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
				if !t.is(row.at(role)) || t.isAny(row, l.roles[:i]) {
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
	for r, err := range x.view.Links(x.ctx, t.path()) {
		if err == nil {
			err = x.look(step)
		}
		if err != nil {
			return err
		}
		row := RecordRow(r.Record)
		if l := byClass[row.class]; l != nil && t.isAny(row, l.roles) {
			if err := take(l, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// providedLinks asks the provider of a class of links. One that takes queries is
// told which object is wanted, once for each reference that the class declares for
// it (wql.md 9.3, step 3): of associations with all that there is on a computer
// only a part is looked at.
func (x *run) providedLinks(l *link, t *target, step int, take func(*link, Row) error) error {
	if !l.queried {
		return x.askLinks(l, t, step, &provider.Query{}, l.roles, nil, take)
	}
	refs := t.references()
	for i, role := range l.declared {
		q := &provider.Query{Conditions: []provider.Condition{{Property: l.class.Properties()[role].Name(), In: refs}}}
		if err := x.askLinks(l, t, step, q, l.declared[i:i+1], l.declared[:i], take); err != nil {
			return err
		}
	}
	return nil
}

// askLinks takes the links of which one of some references is to the target, and
// none of those that were asked for before.
func (x *run) askLinks(l *link, t *target, step int, q *provider.Query, roles, before []int, take func(*link, Row) error) error {
	for inst, err := range x.plan.source().Instances(x.ctx, l.class, false, q) {
		if err != nil {
			return x.tolerate(err)
		}
		if err := x.look(step); err != nil {
			return err
		}
		row := ObjectRow(inst)
		if cim.EqualNames(inst.ClassName(), l.class.Name()) && t.isAny(row, roles) && !t.isAny(row, before) {
			if err := take(l, row); err != nil {
				return err
			}
		}
	}
	return nil
}
