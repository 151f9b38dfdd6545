package cim

import "slices"

// A Projection says what the results of a query show of a class (wql.md 7).
type Projection struct {
	// Keep are the positions in Properties of those that are left, ascending.
	Keep []int
	// Qualifiers are further qualifiers of the properties in Keep, one set for
	// each; they replace others of the same name. Nil for none.
	Qualifiers []Qualifiers
	// Derivation keeps the superclasses. Without it __SUPERCLASS and __DYNASTY
	// are NULL and __DERIVATION is empty.
	Derivation bool
	// Complete is for a projection that leaves nothing out: it keeps the
	// methods.
	Complete bool
}

// projected is what distinguishes a projection from a class.
type projected struct {
	bare    bool // it does not show what it is derived from
	pruned  bool // something was left out
	keyless bool // a key was left out

	of   *Class // nil for what is no projection
	show Projection
}

// Project returns class c as a projection shows it. Its instances have a path
// only if all keys are left.
func Project(c *Class, p Projection) *Class {
	d := *c
	d.of, d.show = c, p
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
			more.quals = slices.Clone(prop.quals)
			for _, q := range p.Qualifiers[i] {
				more.quals.Set(q)
			}
			more.decl, decl.Qualifiers = decl, more.quals
			prop = &more
		}
		d.props[i] = prop
		if prop.key {
			d.keys = append(d.keys, i)
		}
	}
	if len(d.keys) != len(c.keys) {
		d.keys, d.keyless = nil, true
	}
	if p.Complete {
		d.decl.Methods = c.decl.Methods
	} else {
		d.methods, d.pruned = nil, true
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

// Projected returns the class of which c is a projection, and what it shows of
// it, neither of which may be changed; nil if it is none.
func (c *Class) Projected() (of *Class, p Projection) { return c.of, c.show }

// ObjectFlags returns the flags with which objects travel ([MS-WMIO] 2.2.6):
// 0x01 for a class, 0x02 for an instance, 0x04 for one that says where it is
// stored, and for a class that a query projects, its prototype, 0x10 if
// something was left out and 0x40 if a key was.
func ObjectFlags(o Object) uint8 {
	flags := uint8(o.Genus())
	if o.Origin() != nil {
		flags |= 0x04
	}
	if c, ok := o.(*Class); ok {
		if c.pruned {
			flags |= 0x10
		}
		if c.keyless {
			flags |= 0x40
		}
	}
	return flags
}
