package cimom

import (
	"context"
	"slices"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// A supplier is a dynamic class, as far as its provider can be asked.
type supplier struct {
	class *cim.Class
	reg   *registration
	err   error // why the provider cannot be asked, nil as a rule
}

// able returns why the provider cannot be asked for something.
func (p *supplier) able(supports func(*abilities) bool) error {
	switch {
	case p.err != nil:
		return p.err
	case !supports(p.reg.instances):
		return p.reg.incapable(p.class)
	}
	return nil
}

// supplier returns that of a dynamic class, nil for a push provider: its
// instances are in the repository (put.md 7.3).
func (s *session) supplier(ctx context.Context, c *cim.Class) *supplier {
	sup := &supplier{class: c}
	switch r, err := s.m.providers.registration(ctx, s.ns, c.Provider()); {
	case cim.StatusOf(err) == wbem.ProviderNotFound:
		sup.err = cim.Errorf(wbem.ProviderNotFound, "class %s is dynamic and its provider %q is not registered", c.Name(), c.Provider())
	case err != nil:
		sup.err = err
	case r.err != nil:
		sup.err = r.err
	case r.instances == nil:
		sup.err = cim.Errorf(wbem.InvalidProviderRegistration, "provider %s is not registered as an instance provider", r.name)
	case r.instances.err != nil:
		sup.err = r.instances.err
	case r.instances.push:
		return nil
	default:
		sup.reg = r
	}
	return sup
}

// isProvided reports whether a provider has the instances of a class.
func (s *session) isProvided(ctx context.Context, c *cim.Class) bool {
	return c.IsDynamic() && s.supplier(ctx, c) != nil
}

// suppliers returns those of a class and, if deep, of its subclasses, a
// superclass before its subclasses. Abstract classes have no instances and no
// supplier.
func (s *session) suppliers(ctx context.Context, c *cim.Class, deep bool) ([]*supplier, error) {
	if !deep && !c.IsDynamic() {
		return nil, nil
	}
	classes := []*cim.Class{c}
	if deep {
		var err error
		if classes, err = s.dynamicClasses(c); err != nil {
			return nil, err
		}
	}
	var out []*supplier
	for _, c := range classes {
		if c.IsAbstract() {
			continue
		}
		if sup := s.supplier(ctx, c); sup != nil {
			out = append(out, sup)
		}
	}
	return out, nil
}

// dynamicClasses are those of a namespace, as far as somebody has asked.
type dynamicClasses struct {
	generation uint64
	below      sync.Map // []*cim.Class by the name of a class: it and its subclasses
}

// dynamicClasses returns which of a class and its subclasses are dynamic, a
// superclass before its subclasses.
func (s *session) dynamicClasses(c *cim.Class) ([]*cim.Class, error) {
	generation, err := s.ns.Generation()
	if err != nil {
		return nil, err
	}
	sp := s.m.providers.space(s.ns)
	known := sp.classes.Load()
	if known == nil || known.generation != generation {
		known = &dynamicClasses{generation: generation}
		sp.classes.Store(known)
	}
	if list, ok := known.below.Load(c.Name()); ok {
		return list.([]*cim.Class), nil
	}
	var list []*cim.Class
	if c.IsDynamic() {
		list = append(list, c)
	}
	for sub, err := range s.ns.Subclasses(c.Name(), true) {
		if err != nil {
			return nil, err
		}
		if sub.IsDynamic() {
			list = append(list, sub)
		}
	}
	// The list is of this generation or, if a class changes just now, of a newer
	// one, which whoever sees that one does not look for here.
	known.below.Store(c.Name(), list)
	return list, nil
}

// keyInstance returns an instance of a class with the keys of a path and no
// more: InvalidObjectPath for other keys than those of the class.
func keyInstance(c *cim.Class, path cim.Path) (*cim.Instance, error) {
	values, err := cim.KeyValues(c, path)
	if err != nil {
		return nil, err
	}
	inst := cim.NewInstance(c)
	for i, k := range c.Keys() {
		inst.Put(k, values[i])
	}
	return inst, nil
}

// identity returns what the instance has in common with those of other classes
// that are the same object (put.md 5.1): its keys, in the form in which they
// compare. It is "" for an instance without keys.
func identity(inst *cim.Instance) string {
	c := inst.Class()
	if len(c.Keys()) == 0 {
		return ""
	}
	b := append([]byte(cim.Fold(c.KeyClass().Name())), 0)
	for _, k := range c.Keys() {
		key := cim.NewKey(c.Properties()[k].Name(), inst.At(k)).Normal()
		b = append(append(b, cim.Fold(key.Text)...), 0)
	}
	return string(b)
}

// checkResult returns what a provider has delivered for a class as an instance
// that callers can rely on. It is nil for one of another class.
func (s *session) checkResult(sup *supplier, inst *cim.Instance) (*cim.Instance, error) {
	c, p := sup.class, s.m.providers
	switch {
	case inst == nil || inst.Class() == nil:
		return nil, p.lies(sup.reg, "it delivered nothing as an instance of %s", c.Name())
	case !cim.EqualNames(inst.ClassName(), c.Name()):
		return nil, nil
	}
	inst, err := inst.As(c)
	if err != nil {
		return nil, p.lies(sup.reg, "an instance of %s is not valid: %v", c.Name(), err)
	}
	for _, k := range c.Keys() {
		if inst.At(k).IsNull() {
			return nil, p.lies(sup.reg, "key %s of an instance of %s is NULL", c.Properties()[k].Name(), c.Name())
		}
	}
	inst.SetOrigin(s.ns.Origin())
	return inst, nil
}

// fill gives an instance the values of that of a superclass, which is the same
// object, where it has none of its own (wql.md 14.4).
func fill(inst, from *cim.Instance) {
	c := inst.Class()
	for k, p := range from.Class().Properties() {
		if at := c.PropertyIndex(p.Name()); at >= 0 && !inst.IsSet(at) && from.IsSet(k) {
			inst.Put(at, from.At(k))
		}
	}
}

// isFilled reports whether an instance has a value of its own for all that its
// superclass c has.
func isFilled(inst *cim.Instance, c *cim.Class) bool {
	return !slices.ContainsFunc(c.Properties(), func(p *cim.Property) bool {
		return !inst.IsSet(inst.Class().PropertyIndex(p.Name()))
	})
}
