package event

import (
	"iter"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/wql"
)

// An equality is TargetInstance.P = constant, which holds in every event that a
// query admits. So an event need be matched with those queries alone whose
// constant it has.
type equality struct {
	path     *wql.Path
	property string // P, folded
	value    equalValue
}

// An equalValue is an integer or string, so that values are equal as in a
// comparison if these are the same.
type equalValue struct {
	typ  cim.Type
	bits uint64
	text string // folded
}

// newEqualValue returns the form in which a value compares; ok is false for values
// of types for which there is none.
func newEqualValue(v cim.Value) (e equalValue, ok bool) {
	switch t := v.Type(); {
	case v.IsNull() || t.IsArray():
		return e, false
	case t.IsInteger():
		return equalValue{typ: t, bits: v.Bits()}, true
	case t == cim.TypeString:
		return equalValue{typ: t, text: cim.Fold(v.Text())}, true
	}
	return e, false
}

// newEquality finds an equality among the conditions that are joined by AND, for
// instances of a class; nil if there is none.
func newEquality(class *cim.Class, where wql.Expr, o query.FilterOptions) *equality {
	conds := []wql.Expr{where}
	if and, ok := where.(*wql.And); ok {
		conds = and.X
	}
	for _, x := range conds {
		c, ok := x.(*wql.Comparison)
		if !ok || c.Op != wql.Equal || len(c.Path.Names) != 2 || !cim.EqualNames(c.Path.Names[0].Name, "TargetInstance") ||
			cim.IsSystemName(c.Path.Names[1].Name) {
			continue
		}
		// What the constant is depends on the type of the property.
		own := &wql.Comparison{Span: c.Span, Path: &wql.Path{Span: c.Path.Span, Names: c.Path.Names[1:]}, Op: c.Op, Value: c.Value}
		f, err := query.CompileFilter(class, own, o)
		if err != nil {
			continue
		}
		for _, known := range f.Constraints() {
			if len(known.In) != 1 {
				continue
			}
			if v, ok := newEqualValue(known.In[0]); ok && v.typ == known.Property.Type() {
				return &equality{path: c.Path, property: cim.Fold(c.Path.Names[1].Name), value: v}
			}
		}
	}
	return nil
}

// An audience is registrations that may want an event. It never changes.
type audience struct {
	plain []*Registration
	equal []*equals
}

// equals are the registrations that want one property to have one value or
// another.
type equals struct {
	path     *wql.Path
	property string
	typ      cim.Type
	regs     []*Registration // all of them
	byValue  map[equalValue][]*Registration
}

func (a *audience) isEmpty() bool { return len(a.plain)+len(a.equal) == 0 }

// add adds a registration that wants the event only if the equality, which may be
// nil, holds.
func (a *audience) add(r *Registration, e *equality) {
	if e == nil {
		a.plain = append(a.plain, r)
		return
	}
	for _, q := range a.equal {
		if q.property == e.property && q.typ == e.value.typ {
			q.add(r, e)
			return
		}
	}
	q := &equals{path: e.path, property: e.property, typ: e.value.typ, byValue: map[equalValue][]*Registration{}}
	q.add(r, e)
	a.equal = append(a.equal, q)
}

func (q *equals) add(r *Registration, e *equality) {
	q.regs = append(q.regs, r)
	q.byValue[e.value] = append(q.byValue[e.value], r)
}

// of returns the registrations that may want that event.
func (a *audience) of(event *cim.Instance) iter.Seq[*Registration] {
	return func(yield func(*Registration) bool) {
		for _, r := range a.plain {
			if !yield(r) {
				return
			}
		}
		for _, q := range a.equal {
			for _, r := range q.of(event) {
				if !yield(r) {
					return
				}
			}
		}
	}
}

func (q *equals) of(event *cim.Instance) []*Registration {
	switch v := valueAt(event, q.path); {
	case v.IsNull():
		return nil
	case v.Type() == q.typ:
		key, _ := newEqualValue(v)
		return q.byValue[key]
	}
	// The class has changed, and plans have not yet.
	return q.regs
}
