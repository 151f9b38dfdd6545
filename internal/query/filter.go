package query

import (
	"slices"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/wql"
)

// FilterOptions say how a condition is to be read. The zero value is for data
// queries.
type FilterOptions struct {
	Source *source.File // the text of the query, so that errors say where; may be nil
	// Event makes errors those of event queries: InvalidOperator for an operator
	// that the type does not have, PropertyNotAnObject for a part of what is no
	// object (wql.md 12). In a data query both are InvalidQuery.
	Event bool
	// Origin is to what paths without server and namespace are relative; nil
	// means where the class is stored.
	Origin *cim.Origin
	// Now is the day of a time without a date, and its location the zone of
	// dates that have none. Zero means time.Now().
	Now time.Time
	// DayFirst reads 1/2/2024 as a day in February, for locales that do
	// (wql.md 4.4); otherwise it is one in January.
	DayFirst bool
}

// A Filter is a condition checked against a class, with literals converted to
// the types of the properties (wql.md 4). It never changes and may be used at
// once by several goroutines.
type Filter struct {
	class *cim.Class
	root  cond
}

// CompileFilter checks a condition on the objects of a class and its
// subclasses. A nil class means the classes themselves, in a schema query
// (wql.md 8). A nil condition is always true.
//
// The error is a *wql.Error: InvalidQuery for a property that the class does
// not have, an operator that its type does not have, or a literal that cannot be
// converted; see FilterOptions.Event. It is QuotaViolation for a pattern that
// takes too long to match.
func CompileFilter(class *cim.Class, e wql.Expr, o FilterOptions) (*Filter, error) {
	c := compiler{FilterOptions: o, class: class, reader: reader{dateReader{o.Now, o.DayFirst}, o.Origin}}
	if o.Now.IsZero() {
		c.now = time.Now()
	}
	if c.origin == nil && class != nil {
		c.origin = class.Origin()
	}
	if c.origin == nil {
		c.origin = &cim.Origin{}
	}
	root := cond{op: condTrue}
	if e != nil {
		var err error
		if root, err = c.cond(e); err != nil {
			return nil, err
		}
	}
	return &Filter{class: class, root: root}, nil
}

// Match reports whether the condition is true of a row, which is an object of
// the class of the filter or of a subclass, in any of its versions. It does not
// allocate, but for paths, for arrays and objects in a record, and for a pattern
// and a text of more than 256 characters that are not all ASCII.
func (f *Filter) Match(r Row) bool { return f.root.match(r) }

// IsTrue reports whether the filter is true of every row.
func (f *Filter) IsTrue() bool { return f.root.op == condTrue }

// IsFalse reports whether the filter is known to be true of no row.
func (f *Filter) IsFalse() bool { return f.root.op == condFalse }

// String returns the condition as it is evaluated: in order, with literals as
// they were converted.
func (f *Filter) String() string {
	var b strings.Builder
	f.root.print(&b, false)
	return b.String()
}

// A cond is a condition that has been compiled.
type cond struct {
	op   condOp
	x    []cond // operands
	term *term
}

type condOp uint8

const (
	condFalse condOp = iota
	condTrue
	condTerm
	condNot
	condAnd
	condOr
)

func (c *cond) match(r Row) bool {
	switch c.op {
	case condTerm:
		return c.term.match(r)
	case condAnd:
		for i := range c.x {
			if !c.x[i].match(r) {
				return false
			}
		}
		return true
	case condOr:
		for i := range c.x {
			if c.x[i].match(r) {
				return true
			}
		}
		return false
	case condNot:
		return !c.x[0].match(r)
	}
	return c.op == condTrue
}

func (c *cond) print(b *strings.Builder, inner bool) {
	switch c.op {
	case condFalse:
		b.WriteString("FALSE")
	case condTrue:
		b.WriteString("TRUE")
	case condTerm:
		b.WriteString(c.term.String())
	case condNot:
		b.WriteString("NOT ")
		c.x[0].print(b, true)
	default:
		word := " AND "
		if c.op == condOr {
			word = " OR "
		}
		if inner {
			b.WriteByte('(')
		}
		for i := range c.x {
			if i > 0 {
				b.WriteString(word)
			}
			c.x[i].print(b, true)
		}
		if inner {
			b.WriteByte(')')
		}
	}
}

// cost orders the operands of AND and OR: none has an effect, so the cheap ones
// come first.
func (c *cond) cost() int {
	if c.op == condTerm {
		return c.term.cost()
	}
	sum := 0
	for i := range c.x {
		sum += c.x[i].cost()
	}
	return sum
}

// simplify returns an AND or OR without what does not matter.
func simplify(op condOp, x []cond) cond {
	absorbing, neutral := condFalse, condTrue
	if op == condOr {
		absorbing, neutral = condTrue, condFalse
	}
	if slices.ContainsFunc(x, func(c cond) bool { return c.op == absorbing }) {
		return cond{op: absorbing}
	}
	x = slices.DeleteFunc(x, func(c cond) bool { return c.op == neutral })
	if op == condOr {
		x = join(x)
	}
	switch len(x) {
	case 0:
		return cond{op: neutral}
	case 1:
		return x[0]
	}
	slices.SortStableFunc(x, func(a, b cond) int { return a.cost() - b.cost() })
	return cond{op: op, x: x}
}

func negate(x cond) cond {
	switch x.op {
	case condFalse:
		return cond{op: condTrue}
	case condTrue:
		return cond{op: condFalse}
	case condNot:
		return x.x[0]
	}
	return cond{op: condNot, x: []cond{x}}
}
