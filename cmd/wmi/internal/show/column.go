package show

import (
	"slices"

	"openwmi/cim"
)

// A Column is a column of a table or CSV file.
type Column struct {
	Name  string
	Right bool // numbers
	Value func(cim.Object) cim.Value
}

// A Layout says what stands in the columns of tables and CSV.
type Layout struct {
	Table []Column
	CSV   []Column
}

// System shows a system property.
func System(name string) Column {
	return Column{Name: name, Value: func(o cim.Object) cim.Value {
		v, _ := cim.System(o, name)
		return v
	}}
}

// Property shows a property of instances, nothing for those whose class
// does not have it.
func Property(p *cim.Property) Column {
	name := p.Name()
	return Column{
		Name:  name,
		Right: p.Type().IsInteger() || p.Type().IsReal(),
		Value: func(o cim.Object) cim.Value {
			v, _ := o.(*cim.Instance).Get(name)
			return v
		},
	}
}

// Instances lays out instances of classes: a superclass first, then its
// subclasses. The keys stand first, then properties in the order of their
// declaration.
func Instances(classes []*cim.Class) Layout {
	var keys, rest []Column
	var seen []string // sorted by folded name
	for _, c := range classes {
		for _, p := range InOrder(c) {
			at, found := slices.BinarySearchFunc(seen, p.Name(), cim.CompareNames)
			if found {
				continue
			}
			seen = slices.Insert(seen, at, p.Name())
			if p.IsKey() {
				keys = append(keys, Property(p))
			} else {
				rest = append(rest, Property(p))
			}
		}
	}
	columns := slices.Concat(keys, rest)
	l := Layout{CSV: append([]Column{System("__PATH")}, columns...), Table: columns}
	if len(classes) > 1 {
		l.Table = append([]Column{System("__CLASS")}, columns...)
	}
	return l
}

// InOrder returns the properties of a class in the order of declaration, those
// of superclasses first.
func InOrder(c *cim.Class) []*cim.Property {
	var chain []*cim.Class
	for s := c; s != nil; s = s.Super() {
		chain = append(chain, s)
	}
	out := make([]*cim.Property, 0, len(c.Properties()))
	seen := make(map[*cim.Property]bool, len(c.Properties()))
	for _, s := range slices.Backward(chain) {
		for i := range s.Decl().Properties {
			if p := c.Property(s.Decl().Properties[i].Name); p != nil && !seen[p] {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	return out
}

// Classes lays out classes.
func Classes() Layout {
	columns := []Column{
		{Name: "Class", Value: func(o cim.Object) cim.Value { return textOrNull(o.ClassName()) }},
		{Name: "Superclass", Value: func(o cim.Object) cim.Value { return textOrNull(o.Definition().SuperName()) }},
		{Name: "Kind", Value: func(o cim.Object) cim.Value { return textOrNull(KindOf(o.Definition())) }},
		{Name: "Keys", Value: func(o cim.Object) cim.Value { return textOrNull(keysOf(o.Definition())) }},
		{Name: "Properties", Right: true, Value: func(o cim.Object) cim.Value {
			return cim.Uint32Value(uint32(len(o.Definition().Properties())))
		}},
		{Name: "Methods", Right: true, Value: func(o cim.Object) cim.Value {
			return cim.Uint32Value(uint32(len(o.Definition().Methods())))
		}},
	}
	return Layout{Table: columns, CSV: append([]Column{System("__PATH")}, columns...)}
}

// textOrNull returns a text as a value, NULL for none.
func textOrNull(s string) cim.Value {
	if s == "" {
		return cim.Value{}
	}
	return cim.StringValue(s)
}

// KindOf names what a class is besides a class.
func KindOf(c *cim.Class) string {
	var kind string
	for _, k := range []struct {
		is   bool
		name string
	}{
		{c.IsAbstract(), "abstract"},
		{c.IsAssociation(), "association"},
		{c.IsSingleton(), "singleton"},
		{c.IsDynamic(), "dynamic"},
	} {
		switch {
		case !k.is:
		case kind == "":
			kind = k.name
		default:
			kind += " " + k.name
		}
	}
	return kind
}

func keysOf(c *cim.Class) string {
	var names string
	for _, k := range c.Keys() {
		if names != "" {
			names += ", "
		}
		names += c.Properties()[k].Name()
	}
	return names
}
