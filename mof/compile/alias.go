package compile

import (
	"errors"

	"openwmi/cim"
	"openwmi/mof"
)

// aliases returns the paths for which the aliases of a unit stand. mof.md 4.4
//
// An alias may be used before its object is declared, so that the path is made of
// the keys as they are written, and those may be aliases themselves.
type aliases struct {
	unit    *unit
	rules   *rules
	world   world
	paths   map[mof.Decl]cim.Path     // of instances that are stored, or were asked for
	busy    map[mof.Decl]bool         // whose paths are being made
	classes map[string]*mof.ClassDecl // of the unit, by folded namespace and name; see declared
}

// maxAliases bounds the paths in paths, and maxAncestors the superclasses which
// are looked at behind the place where they are needed. A path in a path takes
// twice its length, so that cim.MaxPath allows far fewer than maxAliases.
const (
	maxAliases   = 64
	maxAncestors = 256
)

func newAliases(u *unit, r *rules, w world) *aliases {
	return &aliases{unit: u, rules: r, world: w, paths: map[mof.Decl]cim.Path{}, busy: map[mof.Decl]bool{}}
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
	var f *fault
	if errors.As(err, &f) {
		err = f.err // it is somewhere else than ref
	}
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
	if path, ok := a.paths[d]; ok {
		return path, nil
	}
	inst, ok := d.(*mof.InstanceDecl)
	if !ok {
		return cim.Path{Class: d.(*mof.ClassDecl).Name.Name}, nil
	}
	if a.busy[d] {
		return cim.Path{}, cim.Errorf(cim.CircularReference, "the path of $%s depends on itself", inst.Alias.Name)
	}
	if len(a.busy) == maxAliases {
		return cim.Path{}, cim.Errorf(cim.QuotaViolation, "there are more than %d paths in the path of $%s", maxAliases, inst.Alias.Name)
	}
	a.busy[d] = true
	defer delete(a.busy, d)
	path, err := a.ofInstance(inst, namespace)
	if err == nil && cim.TooLong(path.RelPath(), cim.MaxPath) {
		err = cim.Errorf(cim.QuotaViolation, "the path of $%s has more than %d characters", inst.Alias.Name, cim.MaxPath)
	}
	if err == nil {
		a.paths[d] = path
	}
	return path, err
}

// ofInstance makes the path of an instance that is not stored yet.
func (a *aliases) ofInstance(d *mof.InstanceDecl, namespace string) (cim.Path, error) {
	c, err := a.class(namespace, d.Class.Name, 0)
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
		switch {
		case errors.Is(err, errUnseen):
			return cim.Path{}, err
		case err != nil:
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
// it is needed. depth is how many subclasses of it were looked at.
func (a *aliases) declared(namespace, name string, depth int) (*cim.Class, error) {
	d := a.classDecl(namespace, name)
	switch {
	case d == nil:
		return nil, cim.Errorf(cim.NotFound, "there is no class %s", name)
	case depth == maxAncestors:
		return nil, cim.Errorf(cim.QuotaViolation, "class %s has more than %d subclasses below each other", name, maxAncestors)
	}
	// The keys are all that matters.
	l := &lowerer{rules: a.rules, lenient: true, bare: true}
	decl, err := l.classDecl(d)
	if err != nil {
		return nil, err
	}
	var super *cim.Class
	if decl.Super != "" {
		super, err = a.class(namespace, decl.Super, depth+1)
		if err != nil {
			return nil, err
		}
	}
	return cim.Derive(super, decl)
}

// class returns a class that is there, or else one that the unit declares.
func (a *aliases) class(namespace, name string, depth int) (*cim.Class, error) {
	c, err := a.world.class(namespace, name)
	if s := cim.StatusOf(err); s == cim.NotFound || s == cim.InvalidNamespace {
		return a.declared(namespace, name, depth)
	}
	return c, err
}

// classDecl returns the declaration of a class, nil if there is none.
func (a *aliases) classDecl(namespace, name string) *mof.ClassDecl {
	if a.classes == nil {
		a.classes = make(map[string]*mof.ClassDecl)
		for i := range a.unit.items {
			it := &a.unit.items[i]
			if d, ok := it.decl.(*mof.ClassDecl); ok {
				a.classes[classKey(it.namespace, d.Name.Name)] = d
			}
		}
	}
	return a.classes[classKey(namespace, name)]
}
