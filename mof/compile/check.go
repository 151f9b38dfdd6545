package compile

import (
	"errors"

	"openwmi/cim"
	"openwmi/mof"
)

// errUnseen is what is not in the files and may be in a namespace.
var errUnseen = errors.New("not in these files")

// Check reports what else a storing of the files would fail for, as far as the
// files alone can show it: the definitions of classes whose superclasses are
// all there, the values of their instances, aliases. What they do not declare
// counts as present in the namespace.
//
// The error is an *Error of the phase Parsing, with the list of everything.
func (p *Program) Check() error {
	for _, u := range p.units {
		newChecker(p, u).run()
	}
	if p.list.Err() != nil {
		return syntaxError(p.list)
	}
	return nil
}

// A checker goes through a unit as a storer does, in a world where nothing else
// is than what the unit has declared so far.
type checker struct {
	p       *Program
	unit    *unit
	rules   *rules
	lowerer lowerer
	seen    map[string]*cim.Class // by folded namespace and name; nil if only declared
}

func newChecker(p *Program, u *unit) *checker {
	c := &checker{p: p, unit: u, rules: newRules(u.isDMTF()), seen: map[string]*cim.Class{}}
	c.lowerer = lowerer{rules: c.rules, lenient: u.isLenient(), world: c, aliases: newAliases(u, c.rules, c)}
	return c
}

// class implements world.
func (c *checker) class(namespace, name string) (*cim.Class, error) {
	if found := c.seen[classKey(namespace, name)]; found != nil {
		return found, nil
	}
	return nil, errUnseen
}

func classKey(namespace, name string) string { return cim.Fold(namespace + ":" + name) }

func (c *checker) run() {
	for i := range c.unit.items {
		if c.p.list.Full() {
			return
		}
		it := &c.unit.items[i]
		c.lowerer.namespace = it.namespace
		err := c.check(it)
		if err == nil || errors.Is(err, errUnseen) {
			continue
		}
		c.p.list.Add(*storingError(it, err).At)
	}
}

func (c *checker) check(it *item) error {
	switch d := it.decl.(type) {
	case *mof.QualifierDecl:
		return declare(c.rules, d)
	case *mof.ClassDecl:
		return c.classDecl(it, d)
	case *mof.InstanceDecl:
		inst, err := c.lowerer.instance(d)
		if err != nil {
			return err
		}
		return at(d.Class, checkIdentity(inst))
	case *mof.Pragma:
		if target, _, _ := d.Target(); d.Kind == mof.DeleteInstancePragma {
			_, err := cim.ParsePath(target)
			return at(d.Args[0], err)
		}
	}
	return nil
}

// checkIdentity reports an instance that no namespace could store. put.md 5.2
// and 5.5
func checkIdentity(inst *cim.Instance) error {
	c := inst.Class()
	keys := c.Keys()
	switch {
	case c.IsAbstract():
		return cim.Errorf(cim.InvalidOperation, "class %s is abstract", c.Name())
	case c.IsSingleton() || c.IsDynamic():
		return nil
	case len(keys) == 0:
		return cim.Errorf(cim.NoKey, "class %s has no key", c.Name())
	case len(keys) == 1 && c.Properties()[keys[0]].Type() == cim.TypeString:
		return nil // the object manager makes up what is missing
	}
	for _, k := range keys {
		if inst.At(k).IsNull() {
			return cim.Errorf(cim.IllegalNull, "key %s has no value", c.Properties()[k].Name())
		}
	}
	return nil
}

func (c *checker) classDecl(it *item, d *mof.ClassDecl) error {
	// Whatever is wrong, nothing is known of it and its subclasses then.
	key := classKey(it.namespace, d.Name.Name)
	delete(c.seen, key)
	if err := cim.CheckClassName(d.Name.Name); err != nil {
		return at(d.Name, err)
	}
	decl, err := c.lowerer.classDecl(d)
	if err != nil {
		return err
	}
	var super *cim.Class
	complete := true
	if decl.Super != "" {
		super, err = c.class(it.namespace, decl.Super)
		complete = err == nil
	}
	if super != nil && super.Qualifiers().True("Terminal") {
		return faultf(d.Super, cim.InvalidSuperclass, "class %s is Terminal: it cannot have subclasses", decl.Super)
	}
	// Without its superclass a class breaks no rule that it keeps with it.
	class, err := cim.Derive(super, decl)
	if err == nil && complete {
		c.seen[key] = class
	}
	return err
}
