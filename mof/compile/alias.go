package compile

import (
	"openwmi/cim"
	"openwmi/mof"
)

// aliases returns the paths for which the aliases of a unit stand. mof.md 4.4
//
// An alias may be used before its object is declared, so that the path is made of
// the keys as they are written, and those may be aliases themselves.
type aliases struct {
	unit   *unit
	rules  *rules
	world  world
	stored map[mof.Decl]cim.Path // of instances that are stored
	busy   map[mof.Decl]bool     // whose paths are being made
}

func newAliases(u *unit, r *rules, w world) *aliases {
	return &aliases{u, r, w, map[mof.Decl]cim.Path{}, map[mof.Decl]bool{}}
}

// path returns the path of the object with an alias, as it is written in an
// object of a namespace: without one if the two are in the same.
func (a *aliases) path(ref *mof.AliasRef, namespace string) (string, error) {
	d := a.unit.info.Alias(ref.Name)
	if d == nil {
		return "", cim.Errorf(cim.NotFound, "nothing has the alias $%s", ref.Name)
	}
	target := a.unit.items[a.unit.where[d]].namespace
	path, err := a.of(d, target)
	if err != nil {
		return "", err
	}
	path.Server, path.Namespace = "", ""
	if !cim.EqualNames(target, namespace) {
		path.Server, path.Namespace = ".", target
	}
	return path.String(), nil
}

func (a *aliases) of(d mof.Decl, namespace string) (cim.Path, error) {
	if path, ok := a.stored[d]; ok {
		return path, nil
	}
	inst, ok := d.(*mof.InstanceDecl)
	if !ok {
		return cim.Path{Class: d.(*mof.ClassDecl).Name.Name}, nil
	}
	if a.busy[d] {
		return cim.Path{}, cim.Errorf(cim.CircularReference, "the path of $%s depends on itself", inst.Alias.Name)
	}
	a.busy[d] = true
	defer delete(a.busy, d)
	return a.ofInstance(inst, namespace)
}

// ofInstance makes the path of an instance that is not stored yet.
func (a *aliases) ofInstance(d *mof.InstanceDecl, namespace string) (cim.Path, error) {
	c, err := a.world.class(namespace, d.Class.Name)
	if cim.StatusOf(err) == cim.NotFound || cim.StatusOf(err) == cim.InvalidNamespace {
		c, err = a.declared(namespace, d.Class.Name, nil)
	}
	if err != nil {
		return cim.Path{}, replace(err, cim.NotFound, cim.InvalidClass)
	}
	inst := cim.NewInstance(c)
	l := &lowerer{rules: a.rules, lenient: true, world: a.world, aliases: a, namespace: namespace}
	for i := range d.Properties {
		p := &d.Properties[i]
		k := c.PropertyIndex(p.Name.Name)
		if k < 0 || !c.Properties()[k].IsKey() || p.Value == nil {
			continue
		}
		v, err := l.value(p.Value, c.Properties()[k].Type())
		if err == nil {
			err = inst.SetIndex(k, v)
		}
		if err != nil {
			return cim.Path{}, cim.Errorf(cim.StatusOf(err), "key %s of $%s: %s", p.Name.Name, d.Alias.Name, detail(err))
		}
	}
	path, ok := cim.RelPath(inst)
	if !ok {
		return cim.Path{}, cim.Errorf(cim.IllegalNull, "$%s has no path: a key of %s has no value", d.Alias.Name, c.Name())
	}
	return path, nil
}

// declared returns a class that the unit declares anywhere, also behind where
// it is needed. below are its subclasses on the way.
func (a *aliases) declared(namespace, name string, below []string) (*cim.Class, error) {
	for _, b := range below {
		if cim.EqualNames(b, name) {
			return nil, cim.Errorf(cim.CircularReference, "class %s is its own ancestor", name)
		}
	}
	d := a.unit.class(namespace, name)
	if d == nil {
		return nil, cim.Errorf(cim.NotFound, "there is no class %s", name)
	}
	// Its keys are all that matters; they have no aliases as defaults, because
	// a property that has one of these has a path for it already.
	l := &lowerer{rules: a.rules, lenient: true, world: a.world, aliases: a, namespace: namespace}
	decl, err := l.classDecl(d)
	if err != nil {
		return nil, err
	}
	var super *cim.Class
	if decl.Super != "" {
		super, err = a.world.class(namespace, decl.Super)
		if cim.StatusOf(err) == cim.NotFound || cim.StatusOf(err) == cim.InvalidNamespace {
			super, err = a.declared(namespace, decl.Super, append(below, name))
		}
		if err != nil {
			return nil, err
		}
	}
	return cim.Derive(super, decl)
}

// class returns the declaration of a class in a namespace, nil if there is none.
func (u *unit) class(namespace, name string) *mof.ClassDecl {
	for i := range u.items {
		it := &u.items[i]
		if d, ok := it.decl.(*mof.ClassDecl); ok && cim.EqualNames(d.Name.Name, name) && cim.EqualNames(it.namespace, namespace) {
			return d
		}
	}
	return nil
}
