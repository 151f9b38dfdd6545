package view

import (
	"context"
	"slices"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// An association view is a union of associations whose references lead from
// objects of sources to the objects of views which are made of these. So paths
// are translated: of sources into those of views for what is delivered, and
// of views into those of sources for what is asked.

// maxSeen is how many translations of paths a call remembers.
const maxSeen = 1 << 14

// views returns the plan of the views that a reference of an association view is
// declared for.
func (c *call) views(ctx context.Context, p *property) (*plan, error) {
	at := "PropertySources of " + p.Name()
	class, err := c.r.Services.GetClass(ctx, p.Class(), wbem.Options{})
	if cim.StatusOf(err) == wbem.NotFound {
		return nil, wrong(wbem.InvalidClass, c.r.Class.Name(), at, -1, "class %q of the reference does not exist", p.Class())
	}
	if err != nil {
		return nil, err
	}
	pl, err := c.p.plan(class)
	if err != nil {
		return nil, wrong(wbem.InvalidClass, c.r.Class.Name(), at, -1, "without the qualifier Direct it has to refer to a view: %v", err)
	}
	return pl, nil
}

// viewPaths returns the paths of the objects of views that a reference in a source
// stands for: those which are made of the object it leads to.
func (c *call) viewPaths(ctx context.Context, from *leaf, p *property, ref string) ([]string, error) {
	ref = from.at.normal(ref)
	memo := p.Name() + "\x00" + ref
	if known, ok := c.seen[memo]; ok {
		return known, nil
	}
	path, err := cim.ParsePath(ref)
	if err != nil || !path.IsInstance() {
		return nil, nil // it leads nowhere
	}
	pl, err := c.views(ctx, p)
	if err != nil {
		return nil, err
	}
	leaves, err := c.bind(ctx, pl)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, l := range slices.Concat(leaves...) {
		if !l.at.isHere(path.Server) || !cim.EqualNames(path.Namespace, l.at.namespace) {
			continue
		}
		class, err := l.services.GetClass(ctx, path.Class, wbem.Options{})
		switch {
		case cim.StatusOf(err) == wbem.NotFound:
			continue
		case err != nil:
			return nil, err
		case !class.IsA(l.class.Name()) && !l.class.IsA(class.Name()):
			continue
		}
		keys, err := keysOf(class, path)
		if err != nil {
			continue
		}
		w := wanted{properties: pl.need([]string{}), only: l, onlyConds: keys}
		for inst, err := range c.instances(ctx, pl, w) {
			if err != nil {
				return nil, err
			}
			if p, ok := cim.RelPath(inst); ok {
				found = append(found, c.home.path(p).String())
			}
		}
	}
	if len(c.seen) >= maxSeen {
		clear(c.seen)
	}
	c.seen[memo] = found
	return found, nil
}

// sourcePaths returns the references in sources that stand for objects of views:
// the paths of all objects of which these are made, each with the name of every
// class that may stand in it.
func (c *call) sourcePaths(ctx context.Context, p *property, views []cim.Value) ([]cim.Value, error) {
	declared, err := c.views(ctx, p)
	if err != nil {
		return nil, err
	}
	found := []cim.Value{}
	for _, v := range views {
		path, err := cim.ParsePath(c.home.qualify(v.Text()))
		if err != nil || !path.IsInstance() || !cim.EqualNames(path.Namespace, c.home.namespace) {
			continue
		}
		pl := declared
		if !cim.EqualNames(path.Class, pl.class.Name()) {
			class, err := c.r.Services.GetClass(ctx, path.Class, wbem.Options{})
			if err != nil || !class.IsA(pl.class.Name()) {
				continue // no object of those views
			}
			if pl, err = c.p.plan(class); err != nil {
				return nil, err
			}
		}
		var keys []provider.Condition
		if keys, err = keysOf(pl.class, path); err != nil {
			continue
		}
		inner, err := within(ctx, c.home, pl.class)
		if err != nil {
			return nil, err
		}
		for rows, err := range c.rows(inner, pl, wanted{conditions: keys, properties: pl.need([]string{}), paths: true}) {
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				refs, err := r.references(ctx)
				if err != nil {
					return nil, err
				}
				found = append(found, refs...)
			}
		}
	}
	return found, nil
}

// references returns the paths by which an instance may be referred to: by its
// class, and each superclass that has its keys.
func (r row) references(ctx context.Context) ([]cim.Value, error) {
	path, ok := r.path()
	if !ok {
		return nil, nil
	}
	class, err := r.services.GetClass(ctx, r.inst.ClassName(), wbem.Options{})
	if err != nil {
		return nil, err
	}
	refs := []cim.Value{cim.ReferenceValue(path.String())}
	for top := class.KeyClass(); class != top && class.Super() != nil; {
		class = class.Super()
		path.Class = class.Name()
		refs = append(refs, cim.ReferenceValue(path.String()))
	}
	return refs, nil
}
