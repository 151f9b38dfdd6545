package cim

import "slices"

// A Projection says what the results of a query show of a class (wql.md 7).
type Projection struct {
	// Keep are the positions in Properties of those that are left, ascending.
	Keep []int
	// Qualifiers are further qualifiers of the properties in Keep, one set for
	// each; nil for none.
	Qualifiers []Qualifiers
	// Derivation keeps the superclasses. Without it __SUPERCLASS and __DYNASTY
	// are NULL and __DERIVATION is empty.
	Derivation bool
	// Methods keeps the methods.
	Methods bool
}

// Project returns class c as a projection shows it. Its instances have a path
// only if all keys are left.
func Project(c *Class, p Projection) *Class {
	d := *c
	d.keys, d.neutral = nil, nil
	d.props = make([]*Property, len(p.Keep))
	d.decl = &ClassDecl{Name: c.Name(), Qualifiers: c.quals, Properties: make([]PropertyDecl, len(p.Keep))}
	for i, k := range p.Keep {
		prop := c.props[k]
		decl := &d.decl.Properties[i]
		*decl = PropertyDecl{Name: prop.Name(), Type: prop.Type(), Class: prop.refClass, Qualifiers: prop.quals,
			Default: prop.def, HasDefault: !prop.def.IsNull()}
		if p.Qualifiers != nil {
			more := *prop
			more.quals = slices.Concat(prop.quals, p.Qualifiers[i])
			more.decl, decl.Qualifiers = decl, more.quals
			prop = &more
		}
		d.props[i] = prop
		if prop.key {
			d.keys = append(d.keys, i)
		}
	}
	if len(d.keys) != len(c.keys) {
		d.keys = nil
	}
	if p.Methods {
		d.decl.Methods = c.decl.Methods
	} else {
		d.methods = nil
	}
	if p.Derivation {
		d.decl.Super = c.SuperName()
	} else {
		d.super, d.bare = nil, true
	}
	if d.bare || c.keyClass == c {
		d.keyClass = &d
	}
	return &d
}
