package show

import (
	"openwmi/cim"
	"openwmi/cmd/wmi/internal/table"
)

// Members prints an object as a table with a row for each member.
func Members(out Screen, obj cim.Object) error {
	o := table.Options{Width: out.Width, OmitEmpty: out.Terminal}
	if out.Colour {
		o.Heading = Bold
	}
	value := "Value"
	if obj.Genus() == 1 {
		value = "Default"
	}
	t := table.New(out.W, []table.Column{{Name: "Name"}, {Name: "Type"}, {Name: value}, {Name: "Is"}, {Name: "Origin"}}, o)
	for _, p := range InOrder(obj.Definition()) {
		v := p.Default()
		if inst, ok := obj.(*cim.Instance); ok {
			v, _ = inst.Get(p.Name())
		}
		var shown string
		if !v.IsNull() {
			shown = v.String()
		}
		if err := t.Row([]string{p.Name(), TypeOf(p), shown, roleOf(p), p.Origin()}); err != nil {
			return err
		}
	}
	if obj.Genus() == 1 {
		for _, m := range obj.Definition().Methods() {
			if err := t.Row([]string{m.Name() + "()", ReturnOf(m), "", "method", m.Origin()}); err != nil {
				return err
			}
		}
	}
	return t.Close()
}

// TypeOf returns the type of a property as MOF declares it.
func TypeOf(p *cim.Property) string {
	name := p.Type().Elem().String()
	switch {
	case p.Type().Elem() == cim.TypeReference && p.Class() != "":
		name = p.Class() + " ref"
	case p.Type().Elem() == cim.TypeReference:
		name = "object ref"
	case p.Type().Elem() == cim.TypeObject && p.Class() != "":
		name = p.Class()
	}
	if p.Type().IsArray() {
		name += "[]"
	}
	return name
}

// ReturnOf returns the type of what a method returns.
func ReturnOf(m *cim.Method) string {
	if t, _ := m.Return(); t != 0 {
		return t.String()
	}
	return "void"
}

// roleOf says what a value of the property must be.
func roleOf(p *cim.Property) string {
	switch {
	case p.IsKey():
		return "key"
	case p.IsIndexed():
		return "indexed"
	case p.NotNull():
		return "not null"
	}
	return ""
}
