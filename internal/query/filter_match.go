package query

import (
	"cmp"
	"math"
	"slices"

	"openwmi/cim"
	"openwmi/wql"
)

// A test is what a term asks of values of one type that are not NULL. Its
// literal has been converted to the type (wql.md 4.2). It never changes.
type test struct {
	typ  cim.Type
	kind testKind
	not  bool   // of bits: the others
	low  uint64 // of bits: from low to low+span, which may pass zero for signed types
	span uint64

	rel  relation // of all that is ordered: the orders that are accepted
	num  float64
	text string // of a string; of a path in its normal form
	at   instant
	like *pattern
	from *cim.Origin // of a path: to which other paths are relative
	list []cim.Value // to one of which the value is equal; in order

	literal string // as it is printed
}

type testKind uint8

const (
	testNever  testKind = iota
	testAlways          // nothing that is not NULL is refused
	testBits            // integers, char16, boolean
	testReal
	testText
	testList // bits or text
	testDatetime
	testPath // __PATH, __RELPATH, references
	testLike
	testIsa // the class whose name is text, or one derived from it
)

// A relation is a set of orders in which a value can stand to a literal.
type relation uint8

const (
	relLess relation = 1 << iota
	relEqual
	relGreater
	relSame  // equal, and nothing is less or greater: a datetime with open fields
	relOther // none of these, such as a point in time and an interval

	relEquality = relEqual | relSame
)

func relationOf(op wql.Op) relation {
	switch op {
	case wql.Equal:
		return relEquality
	case wql.NotEqual:
		return relLess | relGreater | relOther
	case wql.Less:
		return relLess
	case wql.Greater:
		return relGreater
	case wql.LessEqual:
		return relLess | relEqual
	}
	return relGreater | relEqual
}

// relationFor returns the relation for a result of cmp.Compare.
func relationFor(c int) relation { return relLess << (c + 1) }

// match reports what the test says about v, which is of its type and not NULL.
func (t *test) match(v cim.Value) bool {
	switch t.kind {
	case testAlways:
		return true
	case testBits:
		return v.Bits()-t.low <= t.span != t.not
	case testReal:
		return t.rel&relationOfReals(v.Float(), t.num) != 0
	case testText:
		return t.rel&relationFor(compareFold(v.Text(), t.text)) != 0
	case testDatetime:
		return t.rel&parseInstant(v.Text()).relation(&t.at) != 0
	case testPath:
		return t.rel&relationFor(compareFold(normalPath(v.Text(), t.from), t.text)) != 0
	case testLike:
		return t.like.match(v.Text())
	case testIsa:
		return v.Object() != nil && v.Object().Definition().IsA(t.text)
	case testList:
		_, found := slices.BinarySearchFunc(t.list, v, compareValues)
		return found
	}
	return false
}

// value returns the literal of an equality of bits, or of a test of what is
// ordered.
func (t *test) value() cim.Value {
	switch t.kind {
	case testBits:
		return cim.NumberValue(t.typ, t.low)
	case testReal:
		return cim.NumberValue(t.typ, math.Float64bits(t.num))
	case testDatetime:
		return cim.TextValue(t.typ, t.at.text)
	}
	return cim.StringValue(t.text)
}

// compareValues orders two scalars of one type.
func compareValues(v, w cim.Value) int {
	switch t := v.Type(); {
	case t == cim.TypeDatetime:
		return parseInstant(v.Text()).compare(parseInstant(w.Text()))
	case t.IsText():
		return compareFold(v.Text(), w.Text())
	case t.IsReal():
		return cmp.Compare(v.Float(), w.Float())
	case t.IsSigned():
		return cmp.Compare(v.Int(), w.Int())
	}
	return cmp.Compare(v.Uint(), w.Uint())
}

func relationOfReals(f, g float64) relation {
	if f != f || g != g {
		return relOther
	}
	return relationFor(cmp.Compare(f, g))
}
