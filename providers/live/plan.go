package live

import (
	"slices"

	"openwmi/cim"
	"openwmi/provider"
)

// A plan says which properties of objects are read. It never changes.
type plan[T any] struct {
	class *Class[T]
	bound *binding
	only  []bool // which fields are wanted, nil for all
	tests []test // in the order in which they are made
}

// A test is a property that has one of some values.
type test struct {
	field int
	in    []cim.Value
}

func (c *Class[T]) plan(class *cim.Class, q *provider.Query) *plan[T] {
	p := &plan[T]{class: c, bound: c.bind(class)}
	if q == nil {
		return p
	}
	for _, cond := range q.Conditions {
		i := c.field(cond.Property)
		if i >= 0 && decidable(cond.In) {
			p.tests = append(p.tests, test{i, cond.In})
		}
	}
	if q.Properties != nil {
		p.only = make([]bool, len(c.Fields))
		for i, f := range c.Fields {
			wanted := func(name string) bool { return cim.EqualNames(name, f.Name) }
			at := p.bound.at[i]
			p.only[i] = at >= 0 && class.Properties()[at].IsKey() || slices.ContainsFunc(q.Properties, wanted)
		}
	}
	return p
}

// field returns the index of the named field, -1 for a property that has none.
func (c *Class[T]) field(name string) int {
	return slices.IndexFunc(c.Fields, func(f Field[T]) bool { return cim.EqualNames(f.Name, name) })
}

// decidable reports whether equal says of values what a query says: points in
// time and reals can be written in several ways.
func decidable(values []cim.Value) bool {
	return values != nil && !slices.ContainsFunc(values, func(v cim.Value) bool {
		t := v.Type()
		return t == cim.TypeDatetime || t.IsReal()
	})
}

// equal reports whether two values are the same to a query. References are if
// they name the same object, wherever it is.
func equal(v, w cim.Value) bool {
	if v.Type() != cim.TypeReference || w.Type() != cim.TypeReference {
		return v.EqualFold(w)
	}
	p, err := cim.ParsePath(v.Text())
	if err != nil {
		return false
	}
	q, err := cim.ParsePath(w.Text())
	return err == nil && cim.EqualNames(p.Class, q.Class) && len(p.Keys) == len(q.Keys) &&
		!slices.ContainsFunc(p.Keys, func(k cim.Key) bool { return !hasKey(q, k, len(p.Keys) == 1) })
}

// hasKey reports whether a path has a key, by whatever name if alone.
func hasKey(p cim.Path, k cim.Key, alone bool) bool {
	n := k.Normal().Text
	return slices.ContainsFunc(p.Keys, func(l cim.Key) bool {
		return (alone && (k.Name == "" || l.Name == "") || cim.EqualNames(k.Name, l.Name)) && cim.EqualNames(l.Normal().Text, n)
	})
}

func contains(values []cim.Value, v cim.Value) bool {
	return slices.ContainsFunc(values, func(w cim.Value) bool { return equal(v, w) })
}

// fits reports whether an object passes all tests.
func (p *plan[T]) fits(obj *T) bool {
	for _, t := range p.tests {
		if !contains(t.in, p.class.Fields[t.field].Get(obj)) {
			return false
		}
	}
	return true
}

// instance returns what is wanted of an object, nil if it does not fit or is
// gone.
func (p *plan[T]) instance(obj *T) *cim.Instance {
	if !p.fits(obj) {
		return nil
	}
	inst := cim.NewInstance(p.bound.class)
	for i := range p.class.Fields {
		at := p.bound.at[i]
		if at < 0 || p.only != nil && !p.only[i] {
			continue
		}
		if v := p.class.Fields[i].Get(obj); !v.IsNull() {
			inst.Put(at, v)
		}
	}
	if p.class.Gone != nil && p.class.Gone(obj) {
		return nil
	}
	return inst
}
