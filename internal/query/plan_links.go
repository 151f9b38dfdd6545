package query

import (
	"context"
	"slices"

	"openwmi/cim"
	"openwmi/internal/repository"
)

// A link is a class whose instances may refer to a source.
type link struct {
	class    *cim.Class
	roles    []int // positions of the references that may hold the source
	declared []int // those of roles which are declared for it
	ends     []int // positions of the references to what is wanted
	provided bool  // a provider has the instances
	queried  bool  // and takes queries
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
				if this {
					l.declared = append(l.declared, k)
				}
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

// provide finds out which links come from providers.
func (p *Plan) provide(ctx context.Context, links []*link) error {
	for _, l := range links {
		classes, err := p.provided(ctx, []*cim.Class{l.class}, l.class, false)
		if err != nil {
			return err
		}
		if l.provided = len(classes) > 0; l.provided {
			l.queried = p.source().Queried(ctx, l.class)
		}
	}
	return nil
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
	space *repository.Namespace // it is in
	class *cim.Class
	keys  []cim.Value // in the order of class.Keys
	// classes are those by which a path may name it: its class, and each
	// superclass that has its keys.
	classes []*cim.Class
}

func newTarget(row Row, space *repository.Namespace) *target {
	c := row.class
	t := &target{space: space, class: c, classes: []*cim.Class{c}}
	for _, k := range c.Keys() {
		t.keys = append(t.keys, row.at(k))
	}
	for key := c.KeyClass(); c != key && c.Super() != nil; {
		c = c.Super()
		t.classes = append(t.classes, c)
	}
	return t
}

// path returns the relative path of the target.
func (t *target) path() cim.Path { return t.pathAs(t.class) }

// pathAs returns the relative path of the target that names it by one of its
// classes.
func (t *target) pathAs(c *cim.Class) cim.Path {
	p := cim.Path{Class: c.Name(), Singleton: c.IsSingleton()}
	for i, k := range c.Keys() {
		p.Keys = append(p.Keys, cim.NewKey(c.Properties()[k].Name(), t.keys[i]))
	}
	return p
}

// references returns the ways to write a reference to the target, in full.
func (t *target) references() []cim.Value {
	at := t.space.Origin()
	refs := make([]cim.Value, len(t.classes))
	for i, c := range t.classes {
		p := t.pathAs(c)
		p.Server, p.Namespace = at.Server, at.Namespace
		refs[i] = cim.ReferenceValue(p.String())
	}
	return refs
}

// is reports whether a reference designates the target (wql.md 9.3, step 3).
func (t *target) is(ref cim.Value) bool {
	p, err := cim.ParsePath(ref.Text())
	if err != nil || !p.IsInstance() || !t.space.Holds(p) {
		return false
	}
	for _, c := range t.classes {
		if cim.EqualNames(c.Name(), p.Class) {
			keys, err := cim.KeyValues(c, p)
			return err == nil && slices.EqualFunc(keys, t.keys, t.sameKey)
		}
	}
	return false
}

func (t *target) sameKey(v, w cim.Value) bool {
	if v.Type() == cim.TypeReference {
		at := t.space.Origin()
		return compareFold(normalPath(v.Text(), at), normalPath(w.Text(), at)) == 0
	}
	return v.EqualFold(w)
}

// isAny reports whether one of some properties of a row designates the target.
func (t *target) isAny(row Row, properties []int) bool {
	return slices.ContainsFunc(properties, func(k int) bool { return t.is(row.at(k)) })
}
