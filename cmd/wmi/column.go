package main

import (
	"slices"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/table"
)

// A column is a column of a table or CSV file.
type column struct {
	name  string
	right bool // numbers
	value func(cim.Object) cim.Value
}

// systemColumn shows a system property.
func systemColumn(name string) column {
	return column{name: name, value: func(o cim.Object) cim.Value {
		v, _ := cim.System(o, name)
		return v
	}}
}

// propertyColumn shows a property of instances, nothing for those whose class
// does not have it.
func propertyColumn(p *cim.Property) column {
	name := p.Name()
	return column{
		name:  name,
		right: p.Type().IsInteger() || p.Type().IsReal(),
		value: func(o cim.Object) cim.Value {
			v, _ := o.(*cim.Instance).Get(name)
			return v
		},
	}
}

// instanceLayout lays out instances of classes: a superclass first, then its
// subclasses. The keys stand first, then properties in the order of their
// declaration.
func instanceLayout(classes []*cim.Class) layout {
	var keys, rest []column
	var seen []string // sorted by folded name
	for _, c := range classes {
		for _, p := range inOrder(c) {
			at, found := slices.BinarySearchFunc(seen, p.Name(), cim.CompareNames)
			if found {
				continue
			}
			seen = slices.Insert(seen, at, p.Name())
			if p.IsKey() {
				keys = append(keys, propertyColumn(p))
			} else {
				rest = append(rest, propertyColumn(p))
			}
		}
	}
	columns := slices.Concat(keys, rest)
	l := layout{csv: append([]column{systemColumn("__PATH")}, columns...), table: columns}
	if len(classes) > 1 {
		l.table = append([]column{systemColumn("__CLASS")}, columns...)
	}
	return l
}

// inOrder returns the properties of a class in the order of declaration, those
// of superclasses first.
func inOrder(c *cim.Class) []*cim.Property {
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

// classLayout lays out classes.
func classLayout() layout {
	columns := []column{
		{name: "Class", value: func(o cim.Object) cim.Value { return textOrNull(o.ClassName()) }},
		{name: "Superclass", value: func(o cim.Object) cim.Value { return textOrNull(o.Definition().SuperName()) }},
		{name: "Kind", value: func(o cim.Object) cim.Value { return textOrNull(kindOf(o.Definition())) }},
		{name: "Keys", value: func(o cim.Object) cim.Value { return textOrNull(keysOf(o.Definition())) }},
		{name: "Properties", right: true, value: func(o cim.Object) cim.Value {
			return cim.Uint32Value(uint32(len(o.Definition().Properties())))
		}},
		{name: "Methods", right: true, value: func(o cim.Object) cim.Value {
			return cim.Uint32Value(uint32(len(o.Definition().Methods())))
		}},
	}
	return layout{table: columns, csv: append([]column{systemColumn("__PATH")}, columns...)}
}

// textOrNull returns a text as a value, NULL for none.
func textOrNull(s string) cim.Value {
	if s == "" {
		return cim.Value{}
	}
	return cim.StringValue(s)
}

// kindOf names what a class is besides a class.
func kindOf(c *cim.Class) string {
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

// A tablePrinter writes objects as rows of a table. People who wait for the next
// row soon see those that were found.
type tablePrinter struct {
	columns []column

	mu    sync.Mutex // guards what follows
	table *table.Writer
	soon  *time.Timer // nil if nobody looks on
}

// patience is how long rows may be held back before those who look on.
const patience = 250 * time.Millisecond

func newTablePrinter(out *output, columns []column) *tablePrinter {
	o := table.Options{Width: out.width(), OmitEmpty: out.terminal}
	if out.colour() {
		o.Heading = bold
	}
	head := make([]table.Column, len(columns))
	for i, c := range columns {
		head[i] = table.Column{Name: c.name, Right: c.right}
	}
	p := &tablePrinter{columns: columns, table: table.New(out, head, o)}
	if out.terminal {
		// An error comes back with the next row.
		p.soon = time.AfterFunc(patience, func() { _ = p.Release() })
	}
	return p
}

// Print implements printer.
func (p *tablePrinter) Print(o cim.Object) error {
	cells := make([]string, len(p.columns))
	for i, c := range p.columns {
		if v := c.value(o); !v.IsNull() {
			cells[i] = v.String()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.table.Row(cells)
}

// Release implements printer.
func (p *tablePrinter) Release() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.table.Release()
}

// Close implements printer.
func (p *tablePrinter) Close() error {
	if p.soon != nil {
		p.soon.Stop()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.table.Close()
}
