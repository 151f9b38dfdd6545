package query

import (
	"slices"

	"openwmi/cim"
	"openwmi/internal/repository"
)

// A link is a class whose instances may refer to a source.
type link struct {
	class    *cim.Class
	roles    []int // positions of the references that may hold the source
	ends     []int // positions of the references to what is wanted
	provided bool  // a provider has the instances
}

// A linkFilter says which links a query wants. An empty name wants any.
type linkFilter struct {
	class     string // the class of the link is derived from it
	qualifier string // the class carries it
	role      string // the reference that holds the source
	end       string // the reference that holds the result
	schema    bool   // the source is the class itself, and not an instance of it
}

// links returns the classes that fit the filter and have a reference that may
// hold the source, an instance of a class (wql.md 9.3, step 2). In such a class
// every reference is looked at, whatever it is declared for.
func (f *linkFilter) links(v *repository.View, source *cim.Class) ([]*link, error) {
	var links []*link
	for c, err := range v.References() {
		if err != nil {
			return nil, err
		}
		if !f.fits(c) {
			continue
		}
		l := &link{class: c}
		holds := false
		for k, p := range c.Properties() {
			if p.Type() != cim.TypeReference {
				continue
			}
			this := f.holds(v, source, p.Class())
			holds = holds || this
			if named(p, f.role) && (this || !f.schema) {
				l.roles = append(l.roles, k)
			}
			if named(p, f.end) {
				l.ends = append(l.ends, k)
			}
		}
		if holds && len(l.roles) > 0 {
			links = append(links, l)
		}
	}
	return links, nil
}

func (f *linkFilter) fits(c *cim.Class) bool {
	return (f.class == "" || c.IsA(f.class)) && carries(c, f.qualifier)
}

// carries reports whether the class has the named qualifier; "" asks for none.
func carries(c *cim.Class, qualifier string) bool {
	return qualifier == "" || c.Qualifiers().Index(qualifier) >= 0
}

func named(p *cim.Property, name string) bool { return name == "" || cim.EqualNames(p.Name(), name) }

// holds reports whether a reference to the named class, "" for any, may hold the
// source: an instance of c or of what is derived from it, or c itself.
func (f *linkFilter) holds(v *repository.View, c *cim.Class, name string) bool {
	switch {
	case name != "" && c.IsA(name):
		return true
	case f.schema:
		return false // wql.md 9.4
	case name == "":
		return true
	}
	d, err := v.Class(name)
	return err == nil && d.IsA(c.Name())
}

// A target is an instance that references are compared with.
type target struct {
	view  *repository.View // of the namespace it is in
	class *cim.Class
	keys  []cim.Value // in the order of class.Keys
}

func newTarget(row Row, v *repository.View) *target {
	t := &target{view: v, class: row.class}
	for _, k := range t.class.Keys() {
		t.keys = append(t.keys, row.at(k))
	}
	return t
}

// paths returns those that designate the target: by its class, and by each
// superclass that has its keys.
func (t *target) paths() []cim.Path {
	var paths []cim.Path
	for c := t.class; ; c = c.Super() {
		p := cim.Path{Class: c.Name(), Singleton: c.IsSingleton()}
		for i, k := range c.Keys() {
			p.Keys = append(p.Keys, cim.NewKey(c.Properties()[k].Name(), t.keys[i]))
		}
		paths = append(paths, p)
		if c == t.class.KeyClass() {
			return paths
		}
	}
}

// is reports whether a reference designates the target (wql.md 9.3, step 3).
func (t *target) is(ref cim.Value) bool {
	p, err := cim.ParsePath(ref.Text())
	if err != nil || !p.IsInstance() || !t.view.Namespace().Holds(p) || !t.class.IsA(p.Class) {
		return false
	}
	c := t.class
	for !cim.EqualNames(c.Name(), p.Class) {
		if c == t.class.KeyClass() {
			return false // above it nothing has these keys
		}
		c = c.Super()
	}
	keys, err := cim.KeyValues(c, p)
	return err == nil && slices.EqualFunc(keys, t.keys, cim.Value.EqualFold)
}

// any reports whether one of some properties of a row designates the target.
func (t *target) any(row Row, properties []int) bool {
	return slices.ContainsFunc(properties, func(k int) bool { return t.is(row.at(k)) })
}
