package repository

import (
	"slices"

	"openwmi/cim"
)

// classify says what kind of change leads from one class to the other. It looks
// at what takes effect, not at what was written: a qualifier that is repeated
// with the inherited value changes nothing that matters.
func classify(old, new *cim.Class) change {
	switch {
	case !sameStructure(old, new):
		return changeStructural
	case !identical(old, new):
		return changeUnimportant
	}
	return changeNone
}

func sameStructure(a, b *cim.Class) bool {
	return cim.EqualNames(a.SuperName(), b.SuperName()) &&
		sameImportant(a.Qualifiers(), b.Qualifiers(), cim.ScopeClass) &&
		slices.EqualFunc(a.Properties(), b.Properties(), func(p, q *cim.Property) bool {
			return cim.EqualNames(p.Name(), q.Name()) && p.Type() == q.Type() && cim.EqualNames(p.Class(), q.Class()) &&
				p.Default().Equal(q.Default()) && sameImportant(p.Qualifiers(), q.Qualifiers(), cim.ScopeProperty)
		}) &&
		slices.EqualFunc(a.Methods(), b.Methods(), sameCall)
}

func sameCall(m, n *cim.Method) bool {
	returned, class := m.Return()
	other, otherClass := n.Return()
	return cim.EqualNames(m.Name(), n.Name()) && returned == other && cim.EqualNames(class, otherClass) &&
		sameImportant(m.Qualifiers(), n.Qualifiers(), cim.ScopeMethod) &&
		slices.EqualFunc(m.Parameters(), n.Parameters(), func(p, q cim.Parameter) bool {
			return cim.EqualNames(p.Name(), q.Name()) && p.Type() == q.Type() && p.In() == q.In() && p.Out() == q.Out() &&
				cim.EqualNames(p.Class(), q.Class()) && p.Default().Equal(q.Default())
		})
}

// sameImportant compares the important qualifiers with their flavors, a change
// of which is structural (put.md 4.2); those of parameters are part of the
// signature. Where they were written does not matter.
func sameImportant(a, b cim.Qualifiers, on cim.Scope) bool {
	for _, name := range on.Important() {
		p, inA := a.Get(name)
		q, inB := b.Get(name)
		if inA != inB || !p.Value.Equal(q.Value) || (p.Flavor^q.Flavor)&cim.WritableFlavors != 0 {
			return false
		}
	}
	return true
}

// identical reports whether two classes of the same structure were written in
// the same way: spelling and order of the members, qualifiers and their
// flavors. What the object manager completes, such as the IDs of parameters,
// counts as written.
func identical(a, b *cim.Class) bool {
	return a.Name() == b.Name() && sameQualifiers(a.Qualifiers(), b.Qualifiers()) &&
		slices.EqualFunc(a.Decl().Properties, b.Decl().Properties, func(p, q cim.PropertyDecl) bool {
			return p.Name == q.Name && p.Class == q.Class && p.HasDefault == q.HasDefault &&
				sameQualifiers(a.Property(p.Name).Qualifiers(), b.Property(q.Name).Qualifiers())
		}) &&
		slices.EqualFunc(a.Decl().Methods, b.Decl().Methods, func(m, n cim.MethodDecl) bool {
			return m.Name == n.Name && m.ReturnClass == n.ReturnClass && identicalMethods(a.Method(m.Name), b.Method(n.Name))
		})
}

func identicalMethods(m, n *cim.Method) bool {
	return sameQualifiers(m.Qualifiers(), n.Qualifiers()) &&
		slices.EqualFunc(m.Parameters(), n.Parameters(), func(p, q cim.Parameter) bool {
			return p.Name() == q.Name() && p.Class() == q.Class() && sameQualifiers(p.Qualifiers(), q.Qualifiers())
		})
}

// sameQualifiers compares sets, whose order has no meaning.
func sameQualifiers(a, b cim.Qualifiers) bool {
	if len(a) != len(b) {
		return false
	}
	find := b.Finder()
	return !slices.ContainsFunc(a, func(q cim.Qualifier) bool {
		r, ok := find(q.Name)
		return !ok || q.Name != r.Name || q.Flavor != r.Flavor || !q.Value.Equal(r.Value)
	})
}

// A conflict is an element of the own definition of a class that cannot stand
// beside the new definition of its superclass, and that force mode deletes
// (put.md 4.3, Decision P-12). Of the names those are set that lead to the
// element.
type conflict struct {
	status                                 cim.Status // the error of safe mode
	qualifier, property, method, parameter string
}

// String names the element in the words of wbem.ClassEdit.
func (c conflict) String() string {
	s := ""
	for _, part := range []struct{ kind, name string }{
		{"qualifier ", c.qualifier}, {"parameter ", c.parameter}, {"property ", c.property}, {"method ", c.method},
	} {
		if part.name == "" {
			continue
		}
		if s != "" {
			s += " of "
		}
		s += part.kind + part.name
	}
	return s
}

// remove deletes the element from the definition.
func (c conflict) remove(d *cim.ClassDecl) {
	set := &d.Qualifiers
	switch {
	case c.property != "" && c.qualifier == "":
		d.Properties = slices.DeleteFunc(d.Properties, func(p cim.PropertyDecl) bool { return p.Name == c.property })
		return
	case c.method != "" && c.qualifier == "":
		d.Methods = slices.DeleteFunc(d.Methods, func(m cim.MethodDecl) bool { return m.Name == c.method })
		return
	case c.property != "":
		set = &d.Property(c.property).Qualifiers
	case c.parameter != "":
		set = &d.Method(c.method).Parameter(c.parameter).Qualifiers
	case c.method != "":
		set = &d.Method(c.method).Qualifiers
	}
	set.Delete(c.qualifier)
}

// conflicts returns the elements of a definition that stood beside the
// superclass as it was and cannot stand beside it as it is.
func conflicts(d *cim.ClassDecl, was, is *cim.Class) []conflict {
	var out []conflict
	add := func(at conflict, own, above cim.Qualifiers) {
		find := above.Finder()
		for _, q := range own {
			if p, ok := find(q.Name); ok && p.Flavor&cim.ToSubclass != 0 && !q.CanOverride(p) {
				at.status, at.qualifier = cim.UpdateOverrideNotAllowed, q.Name
				out = append(out, at)
			}
		}
	}
	add(conflict{}, d.Qualifiers, is.Qualifiers())
	for i := range d.Properties {
		p := &d.Properties[i]
		above := is.Property(p.Name)
		switch {
		case above == nil && was.Property(p.Name) != nil:
			// An override of what is no longer there.
			out = append(out, conflict{status: cim.ClassHasChildren, property: p.Name})
		case above == nil:
		case above.Type() != p.Type:
			out = append(out, conflict{status: cim.UpdateTypeMismatch, property: p.Name})
		default:
			add(conflict{property: p.Name}, p.Qualifiers, above.Qualifiers())
		}
	}
	for i := range d.Methods {
		m := &d.Methods[i]
		above := is.Method(m.Name)
		if above == nil {
			continue // a method says all about itself and can stand alone
		}
		if !m.CanOverride(above) {
			out = append(out, conflict{status: cim.UpdatePropagatedMethod, method: m.Name})
			continue
		}
		add(conflict{method: m.Name}, m.Qualifiers, above.Qualifiers())
		for j, p := range m.Parameters {
			add(conflict{method: m.Name, parameter: p.Name}, p.Qualifiers, above.Parameters()[j].Qualifiers())
		}
	}
	return out
}
