package query

import (
	"cmp"
	"maps"
	"slices"

	"openwmi/cim"
	"openwmi/wql"
)

// A Constraint is what is known of a property in every row that a filter
// matches. The property is not NULL in any of them.
type Constraint struct {
	Property *cim.Property
	Index    int // of the property in the properties of the class of the filter
	// In are the values one of which the property has, without duplicates and in
	// no order; nil if they are not known. Strings equal as filters and keys
	// compare them, references after normalisation.
	In []cim.Value
	// Low and High are the least and the greatest value that the property may
	// have, NULL if there is no such bound. They are not there when In is.
	Low, High cim.Value
}

// Constraints returns what is known of the properties, by their order in the
// class. Whoever looks only at rows that meet them has to match those, but need
// not look at others.
//
// Reals and datetimes have bounds and no list, even if both bounds are equal,
// because values that are not the same can be: 0.0 and -0.0, or one instant with
// two offsets. Datetimes with open fields, and strings among which code points
// are in another order than UTF-16 units, have no bounds.
func (f *Filter) Constraints() []Constraint {
	var out []Constraint
	for k, c := range f.root.facts(f.class) {
		if k != classFact {
			c.Index, c.Property = k, f.class.Properties()[k]
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Constraint) int { return cmp.Compare(a.Index, b.Index) })
	return out
}

// Classes returns the names of the classes one of which every row is of that the
// filter matches. ok is false if they are not known (wql.md 6, __CLASS).
func (f *Filter) Classes() (names []string, ok bool) {
	c, ok := f.root.facts(f.class)[classFact]
	for _, v := range c.In {
		names = append(names, v.Text())
	}
	return names, ok
}

// facts are constraints by the index of their property, or classFact for
// __CLASS.
type facts map[int]Constraint

const classFact = -1

func (c *cond) facts(class *cim.Class) facts {
	switch c.op {
	case condTerm:
		return c.term.facts(class)
	case condAnd:
		all := facts{}
		for i := range c.x {
			for k, x := range c.x[i].facts(class) {
				if y, ok := all[k]; ok {
					x = x.and(y)
				}
				all[k] = x
			}
		}
		return all
	case condOr:
		all := c.x[0].facts(class)
		for i := range c.x[1:] {
			other := c.x[1+i].facts(class)
			maps.DeleteFunc(all, func(k int, _ Constraint) bool { _, ok := other[k]; return !ok })
			for k, x := range all {
				all[k] = x.or(other[k])
			}
		}
		for k, x := range all {
			x.In = unique(x.In)
			if all[k] = x; x.isEmpty() {
				delete(all, k)
			}
		}
		return all
	}
	// NOT says nothing of NULL, and so nothing at all.
	return nil
}

// isEmpty reports whether nothing is known.
func (c Constraint) isEmpty() bool { return c.In == nil && c.Low.IsNull() && c.High.IsNull() }

// and returns what is known if both are.
func (c Constraint) and(d Constraint) Constraint {
	if c.In == nil {
		c, d = d, c
	}
	if c.In != nil {
		c.In = slices.DeleteFunc(slices.Clone(c.In), func(v cim.Value) bool { return !d.holds(v) })
		return c
	}
	c.Low, c.High = inner(c.Low, d.Low, 1), inner(c.High, d.High, -1)
	return c
}

// inner returns the greater of two bounds for sign 1 and the less for -1; NULL is
// no bound.
func inner(v, w cim.Value, sign int) cim.Value {
	if v.IsNull() || !w.IsNull() && compareValues(w, v) == sign {
		return w
	}
	return v
}

// or returns what is known if one of them is.
func (c Constraint) or(d Constraint) Constraint {
	if c.In != nil && d.In != nil {
		return Constraint{In: append(c.In, d.In...)} // with duplicates
	}
	c, d = c.bounds(), d.bounds()
	return Constraint{Low: outer(c.Low, d.Low, -1), High: outer(c.High, d.High, 1)}
}

// outer does the same, but NULL is farther out than any bound. Points in time
// and intervals have no bound in common.
func outer(v, w cim.Value, sign int) cim.Value {
	switch {
	case v.IsNull() || w.IsNull():
		return cim.Value{}
	case v.Type() == cim.TypeDatetime && parseInstant(v.Text()).kind != parseInstant(w.Text()).kind:
		return cim.Value{}
	case compareValues(w, v) == sign:
		return w
	}
	return v
}

// bounds returns a constraint without In.
func (c Constraint) bounds() Constraint {
	if len(c.In) == 0 || slices.ContainsFunc(c.In, func(v cim.Value) bool { return !hasOrder(v) }) {
		return Constraint{Low: c.Low, High: c.High}
	}
	return Constraint{Low: slices.MinFunc(c.In, compareValues), High: slices.MaxFunc(c.In, compareValues)}
}

// unique sorts values and drops those that are equal to another.
func unique(list []cim.Value) []cim.Value {
	slices.SortFunc(list, compareValues)
	return slices.CompactFunc(list, func(v, w cim.Value) bool { return compareValues(v, w) == 0 })
}

// holds reports whether a value meets the constraint.
func (c Constraint) holds(v cim.Value) bool {
	if c.In != nil {
		return slices.ContainsFunc(c.In, func(w cim.Value) bool { return compareValues(v, w) == 0 })
	}
	return (c.Low.IsNull() || compareValues(c.Low, v) <= 0) && (c.High.IsNull() || compareValues(v, c.High) <= 0)
}

// hasOrder reports whether a value can be a bound. A string can if it has the
// same order among others by code points as by UTF-16 units, because none of its
// folded units is beyond the surrogates.
func hasOrder(v cim.Value) bool {
	switch {
	case v.Type() == cim.TypeDatetime:
		return parseInstant(v.Text()).kind != instantOpen
	case !v.Type().IsText():
		return true
	}
	for u := (units{s: v.Text()}); ; {
		unit, ok := u.next()
		if !ok || unit >= 0xD800 {
			return !ok && v.Type() == cim.TypeString
		}
	}
}

func (t *term) facts(class *cim.Class) facts {
	x := t.test
	if t.asks != askTest || len(t.operand) > 1 || x == nil {
		return nil
	}
	if t.operand[0].system {
		return t.systemFacts(x, class)
	}
	k := class.PropertyIndex(t.operand[0].name)
	var c Constraint
	switch x.kind {
	case testBits:
		least, greatest := rangeOf(x.typ)
		switch low, high := x.low, x.low+x.span; {
		case x.not && x.typ == cim.TypeBoolean:
			c.In = []cim.Value{cim.BoolValue(low == 0)}
		case x.not:
		case low == high:
			c.In = []cim.Value{x.value()}
		case low != least:
			c.Low = cim.NumberValue(x.typ, low)
			fallthrough
		default:
			if high != greatest {
				c.High = cim.NumberValue(x.typ, high)
			}
		}
	case testText, testReal, testDatetime:
		v := x.value()
		switch {
		case x.kind == testText && x.rel == relEquality:
			c.In = []cim.Value{v}
		case x.rel&relOther != 0 || !hasOrder(v):
		default:
			if x.rel&relLess == 0 {
				c.Low = v
			}
			if x.rel&relGreater == 0 {
				c.High = v
			}
		}
	case testLike:
		c.Low, c.High = x.like.between()
	case testList:
		c.In = slices.Clone(x.list)
	case testPath:
		if x.rel == relEquality {
			c.In = []cim.Value{cim.ReferenceValue(x.text)}
		}
	}
	if c.isEmpty() {
		return nil
	}
	return facts{k: c}
}

// systemFacts returns what equality with a class name or a path says.
func (t *term) systemFacts(x *test, class *cim.Class) facts {
	switch {
	case t.operand[0].name == "__CLASS" && x.kind == testList:
		return facts{classFact: {In: slices.Clone(x.list)}}
	case x.rel != relEquality:
		return nil
	case t.operand[0].name == "__CLASS":
		return facts{classFact: {In: []cim.Value{x.value()}}}
	case x.kind != testPath:
		return nil
	}
	p, err := cim.ParsePath(t.expr.(*wql.Comparison).Value.Value.Text())
	if err != nil || p.Class == "" {
		return nil
	}
	known := facts{classFact: {In: []cim.Value{cim.StringValue(p.Class)}}}
	if values, err := cim.KeyValues(class, p); err == nil {
		for i, k := range class.Keys() {
			switch v := values[i]; v.Type() {
			case cim.TypeDatetime:
			case cim.TypeReference:
				known[k] = Constraint{In: []cim.Value{cim.ReferenceValue(normalPath(v.Text(), x.from))}}
			default:
				known[k] = Constraint{In: []cim.Value{v}}
			}
		}
	}
	return known
}
