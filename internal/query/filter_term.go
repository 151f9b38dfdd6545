package query

import (
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
	return t.asks == isNotNull || t.testOf(v.Type()).match(v)
}

// testOf returns the test of values of a type. One that cannot be made is never
// true.
func (t *term) testOf(typ cim.Type) *test {
	x := t.test.Load()
	if x != nil && x.typ == typ {
		return x
	}
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
