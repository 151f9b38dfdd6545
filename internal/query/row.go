package query

import (
	"math/rand/v2"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/internal/repository"
)

// A Row is what a filter looks at: a stored record, an instance or a class. It
// is a few words and shares what it was made of.
//
// The zero Row has no properties; no term is true of it.
type Row struct {
	class  *cim.Class
	record *repository.Record
	inst   *cim.Instance
}

// RecordRow returns the row of a stored instance, which is valid as long as the
// record is. A damaged value reads as NULL: see repository.Record.Err.
func RecordRow(r *repository.Record) Row { return Row{class: r.Class(), record: r} }

// ObjectRow returns the row of an instance or a class. The properties of a class
// are its defaults.
func ObjectRow(o cim.Object) Row {
	switch o := o.(type) {
	case *cim.Instance:
		if o != nil {
			return Row{class: o.Class(), inst: o}
		}
	case *cim.Class:
		return Row{class: o}
	}
	return Row{}
}

// at returns the value of the property at position k of the class.
func (r Row) at(k int) cim.Value {
	switch {
	case r.record != nil:
		return r.record.At(k)
	case r.inst != nil:
		return r.inst.At(k)
	}
	return r.class.Properties()[k].Default()
}

// origin returns where the object is stored, nil if nowhere.
func (r Row) origin() *cim.Origin {
	if r.inst != nil {
		return r.inst.Origin()
	}
	return r.class.Origin()
}

// system returns the value of a system property, as cim.System does. Only paths
// allocate.
func (r Row) system(name string) cim.Value {
	switch name {
	case "__THIS": // in a schema query
		return cim.ObjectValue(r.class)
	case "__CLASS":
		return textOrNull(r.class.Name())
	case "__SUPERCLASS":
		return textOrNull(r.class.SuperName())
	case "__DYNASTY":
		return textOrNull(r.class.Dynasty())
	case "__GENUS":
		if r.inst == nil && r.record == nil {
			return cim.Sint32Value(int32(r.class.Genus()))
		}
		return cim.Sint32Value(2)
	case "__PROPERTY_COUNT":
		return cim.Sint32Value(int32(len(r.class.Properties())))
	case "__DERIVATION":
		return cim.StringsValue(nil) // of which a filter can only ask whether it is NULL
	case "__SERVER":
		if at := r.origin(); at != nil {
			return cim.StringValue(at.Server)
		}
	case "__NAMESPACE":
		if at := r.origin(); at != nil {
			return cim.StringValue(at.Namespace)
		}
	case "__RELPATH":
		if p, ok := r.relPath(); ok {
			return cim.StringValue(p.RelPath())
		}
	case "__PATH":
		if at := r.origin(); at != nil {
			if p, ok := r.relPath(); ok {
				p.Server, p.Namespace = at.Server, at.Namespace
				return cim.StringValue(p.String())
			}
		}
	}
	return cim.Value{}
}

func textOrNull(s string) cim.Value {
	if s == "" {
		return cim.Value{}
	}
	return cim.StringValue(s)
}

// relPath is cim.RelPath, and reads of a record only the keys.
func (r Row) relPath() (cim.Path, bool) {
	switch {
	case r.inst != nil:
		return cim.RelPath(r.inst)
	case r.record == nil:
		return cim.RelPath(r.class)
	}
	inst := cim.NewInstance(r.class)
	for _, k := range r.class.Keys() {
		inst.Put(k, r.record.At(k))
	}
	return cim.RelPath(inst)
}

// An operand is the left side of a term: a property of the row, or of an object
// embedded in it, to any depth.
type operand []*step

// of returns the value of the operand in a row. It is not there if a step of
// the path is NULL or is no single object, or if an object lacks the property
// (wql.md 4.6).
func (o operand) of(r Row) (v cim.Value, there bool) {
	v, there = o[0].of(r)
	for _, s := range o[1:] {
		if !there {
			break
		}
		v, there = s.of(ObjectRow(v.Object()))
	}
	return v, there
}

// String returns the names with points between them.
func (o operand) String() string {
	s := o[0].name
	for _, next := range o[1:] {
		s += "." + next.name
	}
	return s
}

// A step is one name of an operand. It may be used at once by several
// goroutines.
type step struct {
	name   string
	system bool // a system property, whose name is in its usual case
	// seen are places in the classes that were met last. In a class properties
	// stand by name, so an inherited one need not be where the superclass has
	// it.
	seen [4]atomic.Pointer[spot]
}

// A spot is where a class has a property, -1 for nowhere.
type spot struct {
	class *cim.Class
	index int
}

func newStep(name string) *step {
	for _, s := range cim.SystemProperties {
		if cim.EqualNames(s, name) {
			return &step{name: s, system: true}
		}
	}
	return &step{name: name}
}

// of returns the value of the property in a row, and whether the row has it.
func (s *step) of(r Row) (cim.Value, bool) {
	if r.class == nil {
		return cim.Value{}, false
	}
	if s.system {
		return r.system(s.name), true
	}
	k := s.index(r.class)
	if k < 0 {
		return cim.Value{}, false
	}
	return r.at(k), true
}

func (s *step) index(class *cim.Class) int {
	for i := range s.seen {
		if p := s.seen[i].Load(); p != nil && p.class == class {
			return p.index
		}
	}
	p := &spot{class, class.PropertyIndex(s.name)}
	s.seen[rand.IntN(len(s.seen))].Store(p)
	return p.index
}
