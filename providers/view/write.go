package view

import (
	"context"
	"slices"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// locate returns the row of which the object of a union with some keys is made:
// NotFound if there is none.
func (c *call) locate(ctx context.Context, pl *plan, key *cim.Instance) (row, *cim.Instance, error) {
	w := wanted{conditions: keyConditions(key), paths: true}
	ctx, err := within(ctx, c.home, pl.class)
	if err != nil {
		return row{}, nil, err
	}
	for rows, err := range c.rows(ctx, pl, w) {
		if err != nil {
			return row{}, nil, err
		}
		made, err := c.objects(ctx, pl, rows, &w)
		if err != nil {
			return row{}, nil, err
		}
		if c.sameKeys(made[0], key) {
			return rows[0], made[0], nil
		}
	}
	return row{}, nil, wbem.NotFound
}

// PutInstance implements provider.InstancePutter: it changes the object of the
// source of which that of a union is made.
func (p *Provider) PutInstance(ctx context.Context, r *provider.Request, inst *cim.Instance) (cim.Path, error) {
	return cim.Path{}, p.put(ctx, r, inst, nil)
}

// PutProperties implements provider.PartialPutter.
func (p *Provider) PutProperties(ctx context.Context, r *provider.Request, inst *cim.Instance, part provider.Partial) (cim.Path, error) {
	return cim.Path{}, p.put(ctx, r, inst, &part)
}

func (p *Provider) put(ctx context.Context, r *provider.Request, inst *cim.Instance, part *provider.Partial) error {
	pl, err := p.plan(r.Class)
	if err != nil {
		return err
	}
	if pl.kind != union {
		return cim.Errorf(wbem.ProviderNotCapable, "class %s is a view that is no union: its instances cannot be written", pl.class.Name())
	}
	c := newCall(p, r)
	defer c.close()
	at, old, err := c.locate(ctx, pl, inst)
	switch {
	case cim.StatusOf(err) == wbem.NotFound && r.Flags&wbem.UpdateOnly == 0:
		return cim.Errorf(wbem.ProviderNotCapable, "a view has no such instance, and cannot create one")
	case err != nil:
		return err
	case r.Flags&wbem.CreateOnly != 0:
		return wbem.AlreadyExists
	}
	changes, err := at.changes(old, inst, part)
	if err != nil || len(changes) == 0 {
		return err
	}
	return c.write(ctx, at, changes, part)
}

// A change is a property of a source with the value that it is to have.
type change struct {
	name  string
	value cim.Value
}

// changes returns what differs between an object of a view as it is and as it is
// to be, as changes of the instance that it is made of.
func (r row) changes(old, inst *cim.Instance, part *provider.Partial) ([]change, error) {
	var out []change
	for k, p := range r.plan.props {
		v := inst.At(k)
		asked := part == nil || part.Properties == nil ||
			slices.ContainsFunc(part.Properties, func(name string) bool { return cim.EqualNames(name, p.Name()) })
		if p.IsKey() || !asked || v.Equal(old.At(k)) || part != nil && v.IsNull() && !part.StrictNulls {
			continue
		}
		t := cim.Type(0)
		if r.plan.maps(k, r.source) {
			if name := p.from[r.source.index]; !cim.IsSystemName(name) {
				t = typeOf(r.class, name)
			}
		}
		if t == 0 {
			return nil, cim.Errorf(wbem.ReadOnly, "property %s of %s is no property of %s", p.Name(), r.plan.class.Name(), r.class.Name())
		}
		v, err := cim.Convert(v, t)
		if err != nil {
			return nil, cim.Errorf(cim.StatusOf(err), "property %s of %s: %v", p.Name(), r.plan.class.Name(), err)
		}
		out = append(out, change{p.from[r.source.index], v})
	}
	return out, nil
}

// write changes an instance of a source, and nothing else of it. A provider
// that cannot leave other properties alone is given them as they are, if all
// that the caller wants is the change.
func (c *call) write(ctx context.Context, r row, changes []change, part *provider.Partial) error {
	class, err := r.services.GetClass(ctx, r.inst.ClassName(), wbem.Options{})
	if err != nil {
		return err
	}
	path, ok := r.path()
	if !ok {
		return cim.Errorf(wbem.InvalidObject, "an instance of %s without keys cannot be written", class.Name())
	}
	o := c.options()
	o.Flags = wbem.UpdateOnly
	if part == nil && class.IsDynamic() {
		inst, err := r.services.GetInstance(ctx, path, wbem.Options{Context: o.Context, Impersonation: o.Impersonation})
		if err == nil {
			err = apply(inst, changes)
		}
		if err == nil {
			_, err = r.services.PutInstance(ctx, inst, o)
		}
		return err
	}
	inst := cim.NewInstance(class)
	for _, k := range class.Keys() {
		v, _ := r.inst.Get(class.Properties()[k].Name())
		inst.Put(k, v)
	}
	if err := apply(inst, changes); err != nil {
		return err
	}
	o.Context = partial(o.Context, changes, part)
	_, err = r.services.PutInstance(ctx, inst, o)
	return err
}

func apply(inst *cim.Instance, changes []change) error {
	for _, ch := range changes {
		if err := inst.Set(ch.name, ch.value); err != nil {
			return err
		}
	}
	return nil
}

// partial returns the context of a put that changes nothing but some properties
// (put.md 8.1). NULL among them is meant, unless a caller says otherwise.
func partial(c *wbem.Context, changes []change, part *provider.Partial) *wbem.Context {
	var out wbem.Context
	for v := range c.All() {
		out.Set(v.Name, v.Value)
	}
	var names []string
	for _, ch := range changes {
		names = append(names, ch.name)
	}
	yes := cim.BoolValue(true)
	out.Set("__PUT_EXTENSIONS", yes)
	out.Set("__PUT_EXT_CLIENT_REQUEST", yes)
	out.Set("__PUT_EXT_PROPERTIES", cim.StringsValue(names))
	out.Set("__PUT_EXT_STRICT_NULLS", cim.BoolValue(part == nil || part.StrictNulls))
	out.Set("__PUT_EXT_ATOMIC", cim.BoolValue(part == nil || part.Atomic))
	return &out
}
