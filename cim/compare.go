package cim

import "slices"

// Comparison says what CompareObjects leaves out (WbemComparisonFlagEnum).
type Comparison uint32

const (
	IgnoreQualifiers    Comparison = 0x01 // all qualifiers
	IgnoreObjectSource  Comparison = 0x02 // server and namespace
	IgnoreDefaultValues Comparison = 0x04 // defaults of properties; classes only
	IgnoreClass         Comparison = 0x08 // the class part: two instances are assumed to be of one class
	IgnoreCase          Comparison = 0x10 // the case of strings and qualifier values; names never have one
	IgnoreFlavor        Comparison = 0x20 // flavors of qualifiers

	// AllComparisons are the defined bits; another one is InvalidParameter.
	AllComparisons Comparison = 0x3F
)

// CompareObjects reports whether two objects are equal but for what flags leave
// out. Objects of different genus are not, and what is embedded in them beyond
// MaxNesting or MaxEmbedded is not equal to anything else.
func CompareObjects(a, b Object, flags Comparison) bool {
	c := comparer{nest: outerNest(), flags: flags}
	return c.objects(a, b)
}

// A comparer compares two objects and what is embedded in them.
type comparer struct {
	nest
	flags Comparison
}

func (c *comparer) objects(a, b Object) bool {
	if a == b {
		return true
	}
	if definition(a) == nil || definition(b) == nil || c.flags&IgnoreObjectSource == 0 && !sameOrigin(a.Origin(), b.Origin()) {
		return false
	}
	switch a := a.(type) {
	case *Class:
		b, ok := b.(*Class)
		if !ok || c.enter(len(a.props)) != nil {
			return false
		}
		defer c.leave()
		return c.classes(a, b)
	case *Instance:
		b, ok := b.(*Instance)
		if !ok || c.enter(len(a.slots)) != nil {
			return false
		}
		defer c.leave()
		return c.instances(a, b)
	}
	return false
}

func sameOrigin(a, b *Origin) bool {
	if a == b {
		return true
	}
	return a != nil && b != nil && EqualNames(a.Server, b.Server) && EqualNames(a.Namespace, b.Namespace)
}

func (c *comparer) classes(a, b *Class) bool {
	if a == b {
		return true
	}
	if !EqualNames(a.Name(), b.Name()) ||
		!slices.EqualFunc(a.Derivation(), b.Derivation(), EqualNames) || !c.qualifiers(a.quals, b.quals) {
		return false
	}
	return slices.EqualFunc(a.props, b.props, c.properties) && slices.EqualFunc(a.methods, b.methods, c.methods)
}

func (c *comparer) properties(p, q *Property) bool {
	return p == q || EqualNames(p.Name(), q.Name()) && p.Type() == q.Type() && EqualNames(p.refClass, q.refClass) &&
		EqualNames(p.origin, q.origin) &&
		(c.flags&IgnoreDefaultValues != 0 || p.def.equal(q.def, c)) && c.qualifiers(p.quals, q.quals)
}

func (c *comparer) methods(m, n *Method) bool {
	return m == n || EqualNames(m.Name(), n.Name()) && EqualNames(m.origin, n.origin) &&
		signatureDifference(m.decl, n.decl) == "" && c.qualifiers(m.quals, n.quals) &&
		slices.EqualFunc(m.params, n.params, func(p, q Parameter) bool {
			return c.qualifiers(p.quals, q.quals) && EqualNames(p.Class(), q.Class()) && p.Default().equal(q.Default(), c)
		})
}

func (c *comparer) qualifiers(a, b Qualifiers) bool {
	if c.flags&IgnoreQualifiers != 0 {
		return true
	}
	if len(a) != len(b) {
		return false
	}
	if len(a) == 0 {
		return true
	}
	find := b.finder()
	for _, q := range a {
		i := find.index(q.Name)
		if i < 0 {
			return false
		}
		if r := &b[i]; !q.Value.equal(r.Value, c) || c.flags&IgnoreFlavor == 0 && q.Flavor != r.Flavor {
			return false
		}
	}
	return true
}

func (c *comparer) instances(a, b *Instance) bool {
	if c.flags&IgnoreClass == 0 && !c.classes(a.class, b.class) {
		return false
	}
	if len(a.slots) != len(b.slots) {
		return false
	}
	// Defaults of both were compared with the classes. To compare them again for
	// each instance would take twice as long with every object in an object.
	compared := c.flags&(IgnoreClass|IgnoreDefaultValues) == 0
	for k := range a.slots {
		sameValue := compared && !a.slots[k].set && !b.slots[k].set
		if !EqualNames(a.class.props[k].Name(), b.class.props[k].Name()) || !sameValue && !a.at(k).equal(b.at(k), c) ||
			!c.qualifiers(a.LocalPropertyQualifiers(k), b.LocalPropertyQualifiers(k)) {
			return false
		}
	}
	return c.qualifiers(a.LocalQualifiers(), b.LocalQualifiers())
}

// EqualDecls reports whether two definitions are the same: the same members in
// the same order with the same qualifiers, names without regard to case.
func EqualDecls(a, b *ClassDecl) bool {
	c := comparer{nest: newNest()}
	return EqualNames(a.Name, b.Name) && EqualNames(a.Super, b.Super) &&
		c.qualifiers(a.Qualifiers, b.Qualifiers) &&
		slices.EqualFunc(a.Properties, b.Properties, func(p, q PropertyDecl) bool {
			return equalTyped(p.Name, q.Name, p.Type, q.Type, p.Class, q.Class) && p.HasDefault == q.HasDefault &&
				p.Default.equal(q.Default, &c) && c.qualifiers(p.Qualifiers, q.Qualifiers)
		}) &&
		slices.EqualFunc(a.Methods, b.Methods, func(m, n MethodDecl) bool {
			return equalTyped(m.Name, n.Name, m.Return, n.Return, m.ReturnClass, n.ReturnClass) &&
				c.qualifiers(m.Qualifiers, n.Qualifiers) &&
				slices.EqualFunc(m.Parameters, n.Parameters, func(p, q ParameterDecl) bool {
					return equalTyped(p.Name, q.Name, p.Type, q.Type, p.Class, q.Class) && p.HasDefault == q.HasDefault &&
						p.Default.equal(q.Default, &c) && c.qualifiers(p.Qualifiers, q.Qualifiers)
				})
		})
}

func equalTyped(a, b string, s, t Type, c, d string) bool {
	return EqualNames(a, b) && s == t && EqualNames(c, d)
}
