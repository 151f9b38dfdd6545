package cim

// Whoever holds an instance can change it after it was embedded, so that what
// looks like a tree may share branches, or end in itself. Everything that goes
// into embedded objects carries a nest, which ends the walk at the limits of
// what CheckValue accepts.

// A nest is how far into embedded objects a walk is, and how far it may go.
type nest struct {
	depth int // of the object that is visited; 0 outside of embedded objects
	left  int // of MaxEmbedded
}

// newNest returns the nest for a walk over a value.
func newNest() nest { return nest{left: MaxEmbedded} }

// outerNest returns the nest for a walk over an object that is not embedded.
func outerNest() nest { return nest{depth: -1, left: MaxEmbedded} }

// enter goes into an object with that many properties, or returns the error of
// the limit that forbids it. Without an error leave must follow.
func (n *nest) enter(properties int) error {
	n.left -= 1 + properties
	switch {
	case n.left < 0:
		return Errorf(QuotaViolation, "there are more than %d embedded objects and properties", MaxEmbedded)
	case n.depth == MaxNesting:
		return Errorf(InvalidObject, "objects are nested more than %d deep", MaxNesting)
	}
	n.depth++
	return nil
}

func (n *nest) leave() { n.depth-- }

// objectDefaults are the embedded objects in the own definition of a class, and
// in those of its superclasses. An embedded object carries them all, because it
// carries the definition of its class.
type objectDefaults struct {
	values []Value
	above  *objectDefaults
}

// objectDefaults returns those of a definition below ones from above.
func (d *ClassDecl) objectDefaults(above *objectDefaults) *objectDefaults {
	var values []Value
	add := func(has bool, v Value) {
		if has && v.typ.Elem() == TypeObject {
			values = append(values, v)
		}
	}
	for i := range d.Properties {
		add(d.Properties[i].HasDefault, d.Properties[i].Default)
	}
	for i := range d.Methods {
		for j := range d.Methods[i].Parameters {
			p := &d.Methods[i].Parameters[j]
			add(p.HasDefault, p.Default)
		}
	}
	if values == nil {
		return above
	}
	return &objectDefaults{values, above}
}

// definition returns the class of o, nil if o is nil or was not made by Derive
// or NewInstance.
func definition(o Object) *Class {
	var c *Class
	switch o := o.(type) {
	case *Class:
		c = o
	case *Instance:
		if o != nil {
			c = o.class
		}
	}
	if c == nil || c.decl == nil {
		return nil
	}
	return c
}
