package event

import (
	"sync"

	"openwmi/cim"
	"openwmi/wql"
)

// columns are the properties of events that a query names. An embedded object
// is delivered complete, however little of it is named (wql.md 7, Decision).
type columns struct {
	names      map[string]bool // folded
	derivation bool            // __SUPERCLASS, __DYNASTY and __DERIVATION are wanted
	shapes     sync.Map        // of the classes that were met, *cim.Class to *shape
}

// A shape is what columns leave of a class.
type shape struct {
	class *cim.Class
	from  []int // where its properties stand in the class
}

// newColumns returns nil for *. The names have been checked.
func newColumns(q *wql.Select) *columns {
	if q.Columns == nil {
		return nil
	}
	c := &columns{names: map[string]bool{}}
	for _, path := range q.Columns {
		switch name := cim.Fold(path.Names[0].Name); name {
		case "__SUPERCLASS", "__DYNASTY", "__DERIVATION":
			c.derivation = true
		default:
			c.names[name] = true
		}
	}
	return c
}

func (c *columns) shape(class *cim.Class) *shape {
	if s, ok := c.shapes.Load(class); ok {
		return s.(*shape)
	}
	s := &shape{}
	for k, p := range class.Properties() {
		if c.names[cim.Fold(p.Name())] {
			s.from = append(s.from, k)
		}
	}
	s.class = cim.Project(class, cim.Projection{Keep: s.from, Derivation: c.derivation})
	c.shapes.Store(class, s)
	return s
}

// of returns what the query shows of an event, whose values it takes.
func (c *columns) of(inst *cim.Instance) *cim.Instance {
	s := c.shape(inst.Class())
	out := cim.NewInstance(s.class)
	for i, k := range s.from {
		if inst.IsSet(k) {
			out.Put(i, inst.At(k))
		}
	}
	return out
}
