package scripting

import (
	"slices"

	"openwmi/cim"
)

// A draft is a local copy of a class definition. It need not be a good one:
// what only the namespace can judge is judged when the class is put. So it is
// read as the own definition over the superclass, and derived only where a whole
// class is needed.
type draft struct {
	super *cim.Class // nil for a top-level class
	decl  *cim.ClassDecl
	// class is what decl derives to, nil since the last change. While it is
	// set decl may be its own, which never changes.
	class  *cim.Class
	origin *cim.Origin
	// registered says that the class was read from a namespace, and can be
	// spawned from (scripting-api.md 7.5, 7.6).
	registered bool
	// base is the class that the draft began as, nil for a new one.
	base *cim.Class
}

func newDraft(c *cim.Class) *draft {
	return &draft{super: c.Super(), decl: c.Decl(), class: c, origin: c.Origin(), registered: c.Name() != "", base: c}
}

func deriveDraft(super *cim.Class, at *cim.Origin) *draft {
	return &draft{super: super, decl: &cim.ClassDecl{Super: super.Name()}, origin: at}
}

// clone returns a copy that is changed for itself.
func (d *draft) clone() *draft {
	c := *d
	if c.class == nil {
		c.decl = c.decl.Clone()
	}
	return &c
}

// edit returns the own definition to be changed.
func (d *draft) edit() *cim.ClassDecl {
	if d.class != nil {
		d.decl = d.decl.Clone()
		d.class = nil
	}
	return d.decl
}

// whole returns the class. The error says in what it is not a good one.
func (d *draft) whole() (*cim.Class, error) {
	if d.class == nil {
		c, err := cim.Derive(d.super, d.decl.Clone())
		if err != nil {
			return nil, err
		}
		if d.origin != nil {
			c = c.At(d.origin)
		}
		d.class = c
		d.decl = c.Decl()
	}
	return d.class, nil
}

func (d *draft) name() string { return d.decl.Name }

// rename gives the class another name, under which no namespace knows it yet.
func (d *draft) rename(name string) {
	if d.decl.Name != name {
		d.edit().Name = name
		d.registered = false
	}
}

// derivation returns the names of the superclasses, the immediate one first.
func (d *draft) derivation() []string {
	if d.super == nil {
		return []string{}
	}
	return append([]string{d.super.Name()}, d.super.Derivation()...)
}

// methods returns the methods, which nothing here changes: those of the class
// that the draft began as, or inherited ones.
func (d *draft) methods() (methods []*cim.Method, inherited bool) {
	switch {
	case d.base != nil:
		return d.base.Methods(), false
	case d.super != nil:
		return d.super.Methods(), true
	}
	return nil, false
}

// above returns the property as the superclass has it, nil if it has none.
func (d *draft) above(name string) *cim.Property {
	if d.super == nil {
		return nil
	}
	return d.super.Property(name)
}

// find returns the name of a property as the class spells it.
func (d *draft) find(name string) (string, bool) {
	if p := d.decl.Property(name); p != nil {
		return p.Name, true
	}
	if p := d.above(name); p != nil {
		return p.Name(), true
	}
	return "", false
}

// count returns the number of properties.
func (d *draft) count() int {
	n := len(d.decl.Properties)
	if d.super == nil {
		return n
	}
	for i := range d.decl.Properties {
		if d.above(d.decl.Properties[i].Name) != nil {
			n--
		}
	}
	return n + len(d.super.Properties())
}

// names returns the names of all properties in order, spelled as the class has
// them.
func (d *draft) names() []string {
	names := make([]string, 0, d.count())
	for i := range d.decl.Properties {
		names = append(names, d.decl.Properties[i].Name)
	}
	if d.super != nil {
		for _, p := range d.super.Properties() {
			if d.decl.Property(p.Name()) == nil {
				names = append(names, p.Name())
			}
		}
	}
	slices.SortFunc(names, cim.CompareNames)
	return names
}

// override returns the own declaration of a property, to be changed. A property
// that is inherited only becomes an override of nothing yet; one that does not
// exist is nil.
func (d *draft) override(name string) *cim.PropertyDecl {
	decl := d.edit()
	if p := decl.Property(name); p != nil {
		return p
	}
	p := d.above(name)
	if p == nil {
		return nil
	}
	decl.Properties = append(decl.Properties, cim.PropertyDecl{Name: p.Name(), Type: p.Type(), Class: p.Class()})
	return &decl.Properties[len(decl.Properties)-1]
}

// inherit returns the qualifiers that an element has from the class above:
// those with the flavor, marked as propagated (model.md 11.3).
func inherit(qs cim.Qualifiers, by cim.Flavor) cim.Qualifiers {
	var out cim.Qualifiers
	for _, q := range qs {
		if q.Flavor&by != 0 {
			q.Flavor |= cim.Propagated
			out = append(out, q)
		}
	}
	return out
}
