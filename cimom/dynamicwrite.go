package cimom

import (
	"context"
	"slices"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// parts returns the suppliers that have a part of the instances of a dynamic
// class: those of the class and of its superclasses, the topmost first. Where
// one provider has a class and the superclass next above, it has one part
// (put.md 7.2, step 3).
func (s *session) parts(ctx context.Context, c *cim.Class) []*supplier {
	var parts []*supplier
	for ; c != nil && c.IsDynamic(); c = c.Super() {
		if n := len(parts); n > 0 && cim.EqualNames(parts[n-1].class.Provider(), c.Provider()) {
			continue
		}
		if sup := s.supplier(ctx, c); sup != nil {
			parts = append(parts, sup)
		}
	}
	slices.Reverse(parts)
	return parts
}

// capable checks that all parts can do something before the first is asked.
func capable(parts []*supplier, c *wbem.Context, supports func(*abilities) bool) error {
	for _, sup := range parts {
		if err := sup.able(supports); err != nil {
			return err
		}
	}
	return checkArchitecture(c)
}

// putProvided has providers write an instance of a dynamic class (put.md 7.2).
func (s *session) putProvided(ctx context.Context, c *cim.Class, inst *cim.Instance, o wbem.Options) (path cim.Path, err error) {
	parts := s.parts(ctx, c)
	if err := capable(parts, o.Context, func(a *abilities) bool { return a.put }); err != nil {
		return path, err
	}
	part, err := partial(o.Context)
	if err != nil {
		return path, err
	}
	if err := part.Check(c, o.Flags); err != nil {
		return path, err
	}
	if c.IsAbstract() {
		return path, cim.Errorf(wbem.InvalidOperation, "class %s is abstract: it has no instances", c.Name())
	}
	if inst, err = inst.As(c); err != nil {
		return path, err
	}
	for _, sup := range parts {
		given := inst.Clone() // which the provider may keep
		given.SetOrigin(s.ns.Origin())
		if part == nil {
			path, err = call(ctx, s, sup.reg, sup.class, o, func(ctx context.Context, p provider.InstancePutter, r *provider.Request) (cim.Path, error) {
				return p.PutInstance(ctx, r, given)
			})
		} else {
			atomic, _ := truth(o.Context, putAtomic) // partial has checked it
			changes := provider.Partial{Properties: slices.Clone(part.Properties), StrictNulls: part.StrictNulls, Atomic: atomic}
			path, err = call(ctx, s, sup.reg, sup.class, o, func(ctx context.Context, p provider.PartialPutter, r *provider.Request) (cim.Path, error) {
				return p.PutProperties(ctx, r, given, changes)
			})
		}
		if err == nil {
			inst, err = s.keyed(sup, inst, path)
		}
		if err != nil {
			return cim.Path{}, err
		}
	}
	path, ok := cim.RelPath(inst)
	if !ok {
		return path, s.m.providers.lies(parts[len(parts)-1].reg, "the instance of %s is stored, but its key was not returned", c.Name())
	}
	path.Server, path.Namespace = s.Server(), s.Namespace()
	return path, nil
}

// keyed returns an instance that was put with the keys that a provider says it
// has, so that the providers after it get those.
func (s *session) keyed(sup *supplier, inst *cim.Instance, path cim.Path) (*cim.Instance, error) {
	if path.Class == "" {
		return inst, nil
	}
	c := inst.Class()
	err := wbem.CheckPlace(s, path)
	if err == nil && !c.IsA(path.Class) {
		err = cim.Errorf(wbem.InvalidObjectPath, "it is not that of an instance of %s", c.Name())
	}
	var key *cim.Instance
	if err == nil {
		key, err = keyInstance(c, path)
	}
	if err != nil {
		return nil, s.m.providers.lies(sup.reg, "the instance is stored, but its path %.200s is not valid: %v", path, err)
	}
	inst = inst.Clone()
	for _, k := range c.Keys() {
		inst.Put(k, key.At(k))
	}
	return inst, nil
}

// deleteProvided has providers delete the instance at a path below class c, and
// reports whether one of them has it.
//
// The sources are silent on hierarchies. What is put from the topmost provider
// down is deleted from the lowest up, and a provider that has no part of
// the instance left is content.
func (s *session) deleteProvided(ctx context.Context, c *cim.Class, path cim.Path, o wbem.Options) (found bool, err error) {
	suppliers, err := s.suppliers(ctx, c, true)
	if err != nil || len(suppliers) == 0 {
		return false, err
	}
	owner := suppliers[0]
	if len(suppliers) > 1 || owner.class != c {
		if owner, _, err = s.findProvided(ctx, suppliers, path, o); owner == nil {
			return false, err
		}
	}
	if err := s.allowInstance(owner.class); err != nil {
		return true, err
	}
	parts := s.parts(ctx, owner.class)
	if err := capable(parts, o.Context, func(a *abilities) bool { return a.delete }); err != nil {
		return true, err
	}
	for i := len(parts) - 1; i >= 0; i-- {
		class := parts[i].class
		if i == len(parts)-1 {
			class = owner.class
		}
		key, err := keyInstance(class, path)
		if err != nil {
			return true, err
		}
		_, err = call(ctx, s, parts[i].reg, parts[i].class, o, func(ctx context.Context, p provider.InstanceDeleter, r *provider.Request) (struct{}, error) {
			return struct{}{}, p.DeleteInstance(ctx, r, key)
		})
		if err != nil && (i == len(parts)-1 || cim.StatusOf(err) != wbem.NotFound) {
			return true, err
		}
	}
	return true, nil
}
