package query

import (
	"slices"
	"strings"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/wql"
)

// A term asks one thing of one operand.
type term struct {
	operand operand
	asks    asks
	// test is made for the type of the property or, for a property of an
	// embedded object, for the type of the value that was met last: there a
	// literal is converted for each object (wql.md 4.6).
	test    atomic.Pointer[test]
	expr    wql.Term
	pattern *pattern // of LIKE
	reader  *reader  // of the literal
	// any are the terms of which this one is made, which are equalities of one
	// operand with a literal each; nil for others.
	any []*term
}

type asks uint8

const (
	isNull asks = iota
	isNotNull
	isTrue // whether the test is true of the value
)

// match reports whether the term is true of a row. What is said here of NULL is
// said nowhere else (wql.md 4.5 and 4.6, decisions).
func (t *term) match(r Row) bool {
	v, there := t.operand.of(r)
	switch {
	case !there: // not even IS NULL is true
		return false
	case t.asks == isNull:
		return v.IsNull()
	case v.IsNull():
		return false
	}
	return t.asks == isNotNull || t.isTrueOf(v)
}

// isTrueOf reports whether the test is true of v, which is not NULL.
func (t *term) isTrueOf(v cim.Value) bool {
	if x := t.test.Load(); x != nil && x.typ == v.Type() {
		return x.match(v)
	}
	if t.any != nil { // the class has another type now
		return slices.ContainsFunc(t.any, func(t *term) bool { return t.isTrueOf(v) })
	}
	return t.newTestOf(v.Type()).match(v)
}

// newTestOf makes and keeps the test of values of a type. One that cannot be
// made is never true.
func (t *term) newTestOf(typ cim.Type) *test {
	var x *test
	ok := allows(typ, t.expr)
	if ok {
		x, ok = t.newTest(typ)
	}
	if !ok {
		x = &test{typ: typ, kind: never}
	}
	t.test.Store(x)
	return x
}

// join returns the terms of an OR in which those that ask whether one operand is
// equal to one or another literal have become one term.
func join(x []cond) []cond {
	equals := map[string][]*term{}
	for i := range x {
		if t := x[i].term; t != nil && t.isEqual() {
			equals[t.operand[0].name] = append(equals[t.operand[0].name], t)
		}
	}
	out := x[:0]
	for i := range x {
		t := x[i].term
		if t == nil || !t.isEqual() {
			out = append(out, x[i])
		} else if all := equals[t.operand[0].name]; len(all) == 1 {
			out = append(out, x[i])
		} else if all[0] == t {
			out = append(out, cond{op: condTerm, term: oneOf(all)})
		}
	}
	return out
}

// isEqual reports whether the term asks whether a property of the row is equal
// to an integer or string.
func (t *term) isEqual() bool {
	x := t.test.Load()
	if t.asks != isTrue || len(t.operand) > 1 || x == nil {
		return false
	}
	return x.kind == bits && !x.not && x.span == 0 || x.kind == text && x.rel == equality
}

// oneOf returns a term that is true if one of several is.
func oneOf(terms []*term) *term {
	first := terms[0]
	x := &test{typ: first.test.Load().typ, kind: listed}
	for _, t := range terms {
		x.list = append(x.list, t.test.Load().value())
	}
	x.list = unique(x.list)
	t := &term{operand: first.operand, asks: isTrue, any: terms}
	t.test.Store(x)
	return t
}

// newTest makes the test of values of a type that has the operator. ok is false
// if the literal cannot be converted.
func (t *term) newTest(typ cim.Type) (x *test, ok bool) {
	switch e := t.expr.(type) {
	case *wql.Isa:
		return &test{typ: typ, kind: isa, text: e.Class.Name}, true
	case *wql.Comparison:
		if t.isPath() && typ == cim.TypeString && (e.Op == wql.Equal || e.Op == wql.NotEqual) {
			x := &test{typ: typ, rel: relationOf(e.Op)}
			if t.reader.toPath(x, e.Value.Value.Text()) {
				return x, true
			}
		}
		return t.reader.newTest(typ, e.Op, e.Value)
	case *wql.Like:
		switch meta := hasMeta(e.Pattern.Value.Text()); {
		case !meta:
			return t.reader.newTest(typ, wql.Equal, e.Pattern)
		case typ == cim.TypeString:
			return &test{typ: typ, kind: like, like: t.pattern}, true
		}
	}
	return nil, false
}

// isPath reports whether the operand is one of the system properties that
// compare after normalisation (wql.md 4.7).
func (t *term) isPath() bool {
	s := t.operand[len(t.operand)-1]
	return s.system && (s.name == "__PATH" || s.name == "__RELPATH")
}

// String returns the term with its literal as it was converted.
func (t *term) String() string {
	switch t.asks {
	case isNull:
		return t.operand.String() + " IS NULL"
	case isNotNull:
		return t.operand.String() + " IS NOT NULL"
	}
	if t.any != nil {
		list := make([]string, len(t.any))
		for i, x := range t.any {
			list[i] = x.test.Load().literal
		}
		return t.operand.String() + " IN (" + strings.Join(list, ", ") + ")"
	}
	op, literal := "", ""
	switch e := t.expr.(type) {
	case *wql.Isa:
		op, literal = "ISA", quote(e.Class.Name)
	case *wql.Like:
		if op, literal = "LIKE", e.Pattern.Text; !hasMeta(e.Pattern.Value.Text()) {
			op = "="
		}
	case *wql.Comparison:
		op, literal = e.Op.String(), e.Value.Text
	}
	if x := t.test.Load(); x != nil && len(t.operand) == 1 && x.literal != "" {
		literal = x.literal
	}
	return t.operand.String() + " " + op + " " + literal
}

// cost says how long a test takes, compared with others.
func (t *term) cost() int {
	n := 10 * len(t.operand)
	if x := t.test.Load(); x != nil {
		n += int(x.kind)
	}
	return n
}
