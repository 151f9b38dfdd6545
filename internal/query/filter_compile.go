package query

import (
	"openwmi/cim"
	"openwmi/wql"
)

// A compiler makes a filter.
type compiler struct {
	FilterOptions
	class *cim.Class // nil for a schema query
	reader
}

func (c *compiler) cond(e wql.Expr) (cond, error) {
	switch e := e.(type) {
	case *wql.And:
		return c.list(condAnd, e.X)
	case *wql.Or:
		return c.list(condOr, e.X)
	case *wql.Not:
		x, err := c.cond(e.X)
		return negate(x), err
	}
	return c.term(e.(wql.Term))
}

func (c *compiler) list(op condOp, operands []wql.Expr) (cond, error) {
	x := make([]cond, len(operands))
	for i, e := range operands {
		var err error
		if x[i], err = c.cond(e); err != nil {
			return cond{}, err
		}
	}
	return simplify(op, x), nil
}

func (c *compiler) term(e wql.Term) (cond, error) {
	o, typ, err := c.operand(e)
	if err != nil {
		return cond{}, err
	}
	t := &term{operand: o, asks: askTest, expr: e, reader: &c.reader}
	switch e := e.(type) {
	case *wql.IsNull:
		t.asks = askNull
		if e.Not {
			t.asks = askNotNull
		}
		return cond{op: condTerm, term: t}, nil
	case *wql.Like:
		// What is wrong with a pattern is wrong whatever it is matched with.
		if t.pattern, err = compilePattern(e.Pattern.Value.Text()); err != nil {
			return cond{}, c.errorf(e.Pattern, cim.StatusOf(err), "pattern %s: %v", e.Pattern.Text, err)
		}
	}
	if typ == 0 {
		return cond{op: condTerm, term: t}, nil // a matter of each object
	}
	if !allows(typ, e) {
		return cond{}, c.badOperator(e, typ)
	}
	var ok bool
	if t.test, ok = t.newTest(typ); !ok {
		return cond{}, c.badLiteral(e, typ)
	}
	switch t.test.kind {
	case testNever:
		return cond{op: condFalse}, nil
	case testAlways:
		t.asks = askNotNull
	}
	return cond{op: condTerm, term: t}, nil
}

// operand checks the path of a term. The type is zero if only a row can tell.
func (c *compiler) operand(e wql.Term) (operand, cim.Type, error) {
	names := e.Operand().Names
	first := names[0].Name
	if c.class == nil {
		return c.schemaOperand(e)
	}
	typ := cim.SystemType(first)
	if typ == 0 {
		p := c.class.Property(first)
		if p == nil {
			return nil, 0, c.errorf(names[0], cim.InvalidQuery, "class %s has no property %s", c.class.Name(), first)
		}
		typ = p.Type()
	}
	o := operand{newStep(first)}
	for _, n := range names[1:] {
		if typ != 0 && typ != cim.TypeObject {
			return nil, 0, c.errorf(n, c.status(cim.PropertyNotAnObject), "%s is %s and no object, so it has no property %s", o, a(typ), n.Name)
		}
		o = append(o, newStep(n.Name))
		typ = cim.SystemType(n.Name)
	}
	return o, typ, nil
}

func (c *compiler) schemaOperand(e wql.Term) (operand, cim.Type, error) {
	names := e.Operand().Names
	s := newStep(names[0].Name)
	_, isa := e.(*wql.Isa)
	switch {
	case len(names) > 1:
	case cim.EqualNames(s.name, "__THIS") && isa:
		return operand{&step{name: "__THIS", system: true}}, cim.TypeObject, nil
	case s.name == "__CLASS", s.name == "__SUPERCLASS", s.name == "__DYNASTY":
		return operand{s}, cim.TypeString, nil
	}
	return nil, 0, c.errorf(e.Operand(), cim.InvalidQuery,
		"%s: a query on meta_class knows __CLASS, __SUPERCLASS, __DYNASTY, and __THIS with ISA", e.Operand())
}

// allows reports whether a type has the operator of a term: wql.md 4.1.
func allows(typ cim.Type, e wql.Term) bool {
	if typ.IsArray() {
		return false
	}
	switch e := e.(type) {
	case *wql.Isa:
		return typ == cim.TypeObject
	case *wql.Like:
		return typ != cim.TypeObject && typ != cim.TypeBoolean && typ != cim.TypeReference
	case *wql.Comparison:
		switch typ {
		case cim.TypeObject:
			return false
		case cim.TypeBoolean, cim.TypeReference:
			return e.Op == wql.Equal || e.Op == wql.NotEqual
		}
	}
	return true
}

// status returns that of an error which event queries tell apart.
func (c *compiler) status(ofEvent cim.Status) cim.Status {
	if c.Event {
		return ofEvent
	}
	return cim.InvalidQuery
}

func (c *compiler) errorf(at wql.Node, s cim.Status, format string, args ...any) error {
	return wql.Errorf(c.Source, at, s, format, args...)
}

func (c *compiler) badOperator(e wql.Term, typ cim.Type) error {
	op := "ISA"
	switch e := e.(type) {
	case *wql.Like:
		op = "LIKE"
	case *wql.Comparison:
		op = e.Op.String()
	}
	can := "IS NULL and IS NOT NULL"
	switch {
	case typ == cim.TypeObject:
		can = "ISA, IS NULL and IS NOT NULL, and its properties"
	case typ == cim.TypeBoolean, typ == cim.TypeReference:
		can = "=, <>, IS NULL and IS NOT NULL"
	case !typ.IsArray():
		can = "comparisons"
	}
	return c.errorf(e, c.status(cim.InvalidOperator), "%s is %s, which has no %s but %s", e.Operand(), a(typ), op, can)
}

func (c *compiler) badLiteral(e wql.Term, typ cim.Type) error {
	var lit *wql.Literal
	switch e := e.(type) {
	case *wql.Like:
		if lit = e.Pattern; hasMeta(lit.Value.Text()) {
			return c.errorf(lit, cim.InvalidQuery, "%s is %s, and only strings have a pattern", e.Path, a(typ))
		}
	case *wql.Comparison:
		lit = e.Value
	}
	hint := ""
	if typ == cim.TypeDatetime {
		hint = ", such as '2024-12-31', '31 Dec 2024 11:59 PM' or '20241231235900.000000+000'"
	}
	return c.errorf(lit, cim.InvalidQuery, "%s is %s, and %.60s is none%s", e.Operand(), a(typ), lit.Text, hint)
}

// a returns a type with its article.
func a(t cim.Type) string {
	if t.Elem() == cim.TypeObject {
		return "an " + t.String()
	}
	return "a " + t.String()
}
