package query

import (
	"sync"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

// A Projection is the list of columns of a query, checked against the class it
// selects from (wql.md 7). It may be used by several goroutines.
type Projection struct {
	whole    bool    // * was asked for: objects are shown as they are
	columns  []*pick // one for each property, in the order in which they were named first
	keys     bool    // the key properties are shown as well
	derived  bool    // __SUPERCLASS, __DYNASTY and __DERIVATION are shown
	origin   bool    // __SERVER and __NAMESPACE are shown
	unpruned bool    // embedded objects are shown whole, whatever was named in them

	shapes sync.Map // *cim.Class to *shape, of Instance
}

// A pick is a property that a query names.
type pick struct {
	name   string
	orders []uint64 // positions in the query
	within []*pick  // what was named of an embedded object; nil if all of it
	all    bool     // it was also named as a whole
}

// NewProjection checks the columns of a query against the class it selects
// from. In an event query an embedded object is shown whole when anything of it
// is named (wql.md 7, Decision). locatable makes results carry their path and
// keys whether the query names them or not (WBEM_FLAG_ENSURE_LOCATABLE).
//
// The error is InvalidQuery for a property that the class does not have, and
// for a part of one that is no object; in an event query the latter is
// PropertyNotAnObject.
func NewProjection(class *cim.Class, q *wql.Select, locatable, event bool) (*Projection, error) {
	p := &Projection{whole: q.Columns == nil, unpruned: event}
	if locatable {
		p.keys, p.origin = true, true
	}
	for i, path := range q.Columns {
		if err := p.add(class, q, path, i, event); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Projection) add(class *cim.Class, q *wql.Select, path *wql.Path, order int, event bool) error {
	first := path.Names[0]
	if cim.SystemType(first.Name) != 0 {
		if len(path.Names) > 1 || path.All {
			return notAnObject(q, path, first.Name, event)
		}
		p.addSystem(first.Name)
		return nil
	}
	prop := class.Property(first.Name)
	if prop == nil {
		return wql.Errorf(q.Source, first, cim.InvalidQuery, "class %s has no property %s", class.Name(), first.Name)
	}
	if prop.Type() != cim.TypeObject && (len(path.Names) > 1 || path.All) {
		return notAnObject(q, path, first.Name, event)
	}
	c := pickFor(&p.columns, first.Name)
	c.orders = append(c.orders, uint64(order))
	for _, name := range path.Names[1:] {
		c = pickFor(&c.within, name.Name)
	}
	c.all = true
	return nil
}

// pickOf returns the named one of a list, nil if it is not there.
func pickOf(list []*pick, name string) *pick {
	for _, c := range list {
		if cim.EqualNames(c.name, name) {
			return c
		}
	}
	return nil
}

// pickFor returns the named one of a list, to which it is added if need be.
func pickFor(list *[]*pick, name string) *pick {
	c := pickOf(*list, name)
	if c == nil {
		c = &pick{name: name}
		*list = append(*list, c)
	}
	return c
}

func (p *Projection) addSystem(name string) {
	switch cim.Fold(name) {
	case "__DERIVATION", "__SUPERCLASS", "__DYNASTY":
		p.derived = true
	case "__RELPATH":
		p.keys = true
	case "__SERVER", "__NAMESPACE":
		p.origin = true
	case "__PATH":
		p.keys, p.origin = true, true
	}
}

func notAnObject(q *wql.Select, at wql.Node, name string, event bool) error {
	status := cim.InvalidQuery
	if event {
		status = cim.PropertyNotAnObject
	}
	return wql.Errorf(q.Source, at, status, "%s is no embedded object, so nothing in it can be named", name)
}

// String returns the names of the properties, without parts of objects.
func (p *Projection) String() string {
	names := list(p.columns, "properties", func(c *pick) string { return c.name })
	switch {
	case p.whole:
		return "*"
	case p.keys && names != "":
		return names + ", the keys"
	case p.keys:
		return "the keys"
	case names == "":
		return "no properties"
	}
	return names
}

// A shape is what a Projection makes of the instances of one class.
type shape struct {
	class  *cim.Class // as results show it
	whole  bool       // it has all properties of the class
	from   []int      // position in the class of each property of the shape
	within [][]*pick  // what is left of each; nil for all of it
	origin bool
}

// shape returns what p makes of instances of a class, which is the one it was
// checked against or a class derived from it. shown is how results show that
// class; it has the same properties.
func (p *Projection) shape(c, shown *cim.Class) *shape {
	if p.whole {
		return &shape{class: shown, whole: true}
	}
	s := &shape{origin: p.origin}
	for k, prop := range c.Properties() {
		col := pickOf(p.columns, prop.Name())
		if col == nil && !(p.keys && prop.IsKey()) {
			continue
		}
		var within []*pick
		if col != nil && !col.all && !p.unpruned {
			within = col.within
		}
		s.from = append(s.from, k)
		s.within = append(s.within, within)
	}
	s.class = cim.Project(shown, cim.Projection{Keep: s.from, Derivation: p.derived})
	return s
}

// row returns what the shape shows of a row, which is of its class. An instance
// in the row belongs to the shape from now on.
func (s *shape) row(r Row) (*cim.Instance, error) {
	inst := r.inst
	switch {
	case inst != nil:
	case !s.whole && !r.record.HasQualifiers():
		return s.record(r.record)
	default:
		var err error
		if inst, err = r.record.Instance(); err != nil {
			return nil, err
		}
	}
	if s.whole {
		if s.class != inst.Class() {
			inst.SetClass(s.class)
		}
		return inst, nil
	}
	return s.instance(inst), nil
}

// record is instance for a record, of which it decodes no more than is shown.
func (s *shape) record(r *repository.Record) (*cim.Instance, error) {
	out, err := r.Project(s.class, s.from)
	for i, within := range s.within {
		if within != nil {
			out.Put(i, prune(out.At(i), within))
		}
	}
	if !s.origin {
		out.SetOrigin(nil)
	}
	return out, err
}

func (s *shape) instance(inst *cim.Instance) *cim.Instance {
	out := cim.NewInstance(s.class)
	for i, k := range s.from {
		if inst.IsSet(k) || s.within[i] != nil {
			out.Put(i, prune(inst.At(k), s.within[i]))
		}
		if qs := inst.LocalPropertyQualifiers(k); len(qs) > 0 {
			// They were allowed on the same property of the whole class.
			_ = out.SetLocalPropertyQualifiers(i, qs)
		}
	}
	if qs := inst.LocalQualifiers(); len(qs) > 0 {
		_ = out.SetLocalQualifiers(qs)
	}
	if s.origin {
		out.SetOrigin(inst.Origin())
	}
	return out
}

// Instance returns what the query shows of inst, which is of the class of the
// Projection or of one derived from it, and belongs to the result from now on.
func (p *Projection) Instance(inst *cim.Instance) *cim.Instance {
	if p.whole {
		return inst
	}
	c := inst.Class()
	s, ok := p.shapes.Load(c)
	if !ok {
		s, _ = p.shapes.LoadOrStore(c, p.shape(c, c))
	}
	return s.(*shape).instance(inst)
}

// prune returns an embedded object with only the named properties. What is no
// object, or has none of them, is none the less shown.
func prune(v cim.Value, within []*pick) cim.Value {
	if within == nil {
		return v
	}
	switch o := v.Object().(type) {
	case *cim.Class:
		keep, _ := picked(o, within)
		return cim.ObjectValue(cim.Project(o, cim.Projection{Keep: keep, Derivation: true}))
	case *cim.Instance:
		keep, cols := picked(o.Class(), within)
		out := cim.NewInstance(cim.Project(o.Class(), cim.Projection{Keep: keep, Derivation: true}))
		for i, k := range keep {
			if cols[i].all {
				if o.IsSet(k) {
					out.Put(i, o.At(k))
				}
			} else {
				out.Put(i, prune(o.At(k), cols[i].within))
			}
		}
		out.SetOrigin(o.Origin())
		return cim.ObjectValue(out)
	}
	return v
}

// picked returns the positions of the properties of c that columns name, and the
// column of each.
func picked(c *cim.Class, columns []*pick) (keep []int, of []*pick) {
	for k, prop := range c.Properties() {
		if col := pickOf(columns, prop.Name()); col != nil {
			keep, of = append(keep, k), append(of, col)
		}
	}
	return keep, of
}

// Prototype returns the class that describes the results: WBEM_FLAG_PROTOTYPE
// (wql.md 7). The qualifier Order tells where in the query each property was
// named.
func (p *Projection) Prototype(c *cim.Class) *cim.Class {
	proj := cim.Projection{Derivation: p.whole || p.derived, Complete: p.whole}
	if p.whole {
		for k := range c.Properties() {
			proj.Keep = append(proj.Keep, k)
			proj.Qualifiers = append(proj.Qualifiers, orderQualifier([]uint64{uint64(k)}))
		}
		return cim.Project(c, proj)
	}
	for k, prop := range c.Properties() {
		col := pickOf(p.columns, prop.Name())
		switch {
		case col != nil:
			proj.Keep = append(proj.Keep, k)
			proj.Qualifiers = append(proj.Qualifiers, orderQualifier(col.orders))
		case p.keys && prop.IsKey():
			proj.Keep = append(proj.Keep, k)
			proj.Qualifiers = append(proj.Qualifiers, nil)
		}
	}
	out := cim.Project(c, proj)
	if !p.origin {
		out = out.At(nil)
	}
	return out
}

func orderQualifier(positions []uint64) cim.Qualifiers {
	return cim.Qualifiers{{Name: "Order", Value: cim.NumbersValue(cim.TypeSint32, positions)}}
}

// A prototypePlan returns a prototype without looking for anything.
type prototypePlan struct {
	class   *cim.Class
	columns *Projection
}

func (p *prototypePlan) run(x *run) error {
	c, err := x.shown(p.class)
	if err != nil {
		return err
	}
	return x.emit(p.columns.Prototype(c))
}

func (p *prototypePlan) explain([]wbem.StepCount) *wbem.QueryStep {
	return &wbem.QueryStep{Step: "prototype", Detail: p.columns.String() + " from " + p.class.Name(), Estimate: -1}
}
