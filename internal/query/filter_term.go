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
	test    *test    // for the type of the property; nil for one of an embedded object
	expr    wql.Term // nil if any is not
	pattern *pattern // of LIKE
	reader  *reader  // of the literal
	// any are the terms of which this one is made: equalities of one property of
	// the row with a literal each.
	any []*term
	// late is the test for the type of value that was met last and is another
	// one: in an embedded object (wql.md 4.6), or because the class has changed.
	late atomic.Pointer[test]
}

type asks uint8

const (
	askNull asks = iota
	askNotNull
	askTest // whether the test is true of the value
)

// match reports whether the term is true of a row. What is said here of NULL is
// said nowhere else (wql.md 4.5 and 4.6, decisions).
func (t *term) match(r Row) bool {
	v, there := t.operand.of(r)
	switch {
	case !there: // not even IS NULL is true
		return false
	case t.asks == askNull:
		return v.IsNull()
	case v.IsNull():
		return false
	}
	return t.asks == askNotNull || t.isTrueOf(v)
}

// isTrueOf reports whether the test is true of v, which is not NULL. A test that
// cannot be made for its type is not.
func (t *term) isTrueOf(v cim.Value) bool {
	typ := v.Type()
	if t.test != nil && t.test.typ == typ {
		return t.test.match(v)
	}
	if t.any != nil {
		return slices.ContainsFunc(t.any, func(t *term) bool { return t.isTrueOf(v) })
	}
	x := t.late.Load()
	if x == nil || x.typ != typ {
		ok := allows(typ, t.expr)
		if ok {
			x, ok = t.newTest(typ)
		}
		if !ok {
			x = &test{typ: typ, kind: testNever}
		}
		t.late.Store(x)
	}
	return x.match(v)
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
	x := t.test
	if t.asks != askTest || x == nil || len(t.operand) > 1 {
		return false
	}
	return x.kind == testBits && !x.not && x.span == 0 || x.kind == testText && x.rel == relEquality
}

// oneOf returns a term that is true if one of several is.
func oneOf(terms []*term) *term {
	x := &test{typ: terms[0].test.typ, kind: testList}
	for _, t := range terms {
		x.list = append(x.list, t.test.value())
	}
	x.list = unique(x.list)
	return &term{operand: terms[0].operand, asks: askTest, test: x, any: terms}
}

// newTest makes the test of values of a type that has the operator. ok is false
// if the literal cannot be converted.
func (t *term) newTest(typ cim.Type) (x *test, ok bool) {
	switch e := t.expr.(type) {
	case *wql.Isa:
		return &test{typ: typ, kind: testIsa, text: e.Class.Name}, true
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
			return &test{typ: typ, kind: testLike, like: t.pattern}, true
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
	case askNull:
		return t.operand.String() + " IS NULL"
	case askNotNull:
		return t.operand.String() + " IS NOT NULL"
	}
	if t.any != nil {
		list := make([]string, len(t.any))
		for i, x := range t.any {
			list[i] = x.test.literal
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
	if t.test != nil && t.test.literal != "" {
		literal = t.test.literal
	}
	return t.operand.String() + " " + op + " " + literal
}

// cost says how long a test takes, compared with others.
func (t *term) cost() int {
	n := 10 * len(t.operand)
	if t.test != nil {
		n += int(t.test.kind)
	}
	return n
}
