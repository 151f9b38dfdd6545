package compile

import (
	"math"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
	"openwmi/wbem"
)

// A fault is why an object cannot be made, and where in it.
type fault struct {
	at  source.Span
	err error
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// at says where in an object err is, unless that is known already.
func at(n mof.Node, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := err.(*fault); ok {
		return err
	}
	return &fault{n.Range(), err}
}

func faultf(n mof.Node, status wbem.Status, format string, args ...any) error {
	return &fault{n.Range(), cim.Errorf(status, format, args...)}
}

// literals returns a value without objects and aliases as one of type t, which
// may be an array. mof.md 4.1
func literals(v mof.Value, t cim.Type) (cim.Value, error) {
	if !t.IsArray() {
		if _, ok := v.(*mof.ArrayLit); ok {
			return cim.Value{}, faultf(v, cim.MOFUnexpectedArrayInit, "braces around the value of what is not an array")
		}
		value, err := mof.Literal(v, t)
		return value, at(v, err)
	}
	if _, ok := v.(*mof.NullLit); ok {
		return cim.Value{}, nil
	}
	return array(v, t.Elem(), func(e mof.Value) (cim.Value, error) { return mof.Literal(e, t.Elem()) })
}

// elements returns the elements of an array, of which a single value is one.
func elements(v mof.Value) []mof.Value {
	if list, ok := v.(*mof.ArrayLit); ok {
		return list.Elems
	}
	return []mof.Value{v}
}

// array makes an array of the elements of v.
func array(v mof.Value, elem cim.Type, convert func(mof.Value) (cim.Value, error)) (cim.Value, error) {
	elems := elements(v)
	if elem == cim.TypeString {
		return stringArray(elems, convert)
	}
	values := make([]cim.Value, len(elems))
	for i, e := range elems {
		var err error
		if values[i], err = convert(e); err != nil {
			return cim.Value{}, at(e, err)
		}
		if values[i].IsNull() {
			return cim.Value{}, faultf(e, cim.MOFNullArrayElem, "an element of an array cannot be NULL")
		}
	}
	value, err := cim.ArrayValue(elem, values...)
	return value, at(v, err)
}

// stringArray is array for the most frequent type.
func stringArray(elems []mof.Value, convert func(mof.Value) (cim.Value, error)) (cim.Value, error) {
	texts := make([]string, len(elems))
	for i, e := range elems {
		if s, ok := e.(*mof.StringLit); ok {
			texts[i] = s.Value
			continue
		}
		value, err := convert(e)
		if err == nil && value.IsNull() {
			err = cim.Errorf(cim.MOFNullArrayElem, "an element of an array cannot be NULL")
		}
		if err != nil {
			return cim.Value{}, at(e, err)
		}
		texts[i] = value.Text()
	}
	return cim.StringsValue(texts), nil
}

// stored returns the value of a qualifier as one of the few types that are
// stored: sint32, or sint64 where that is too small, real64, string and boolean.
// mof.md 8, Decision
func stored(v cim.Value) cim.Value {
	t := v.Type()
	switch elem := t.Elem(); {
	case v.IsNull() || elem == cim.TypeString || elem == cim.TypeBoolean || elem == cim.TypeReal64:
		return v
	case !t.IsArray():
		return storedScalar(v, fits(v))
	}
	elems := v.Elems()
	integer := cim.TypeSint32
	for _, e := range elems {
		if fits(e) != cim.TypeSint32 {
			integer = cim.TypeSint64
		}
	}
	for i, e := range elems {
		elems[i] = storedScalar(e, integer)
	}
	elem := storedScalar(cim.NumberValue(t.Elem(), 0), integer).Type()
	out, err := cim.ArrayValue(elem, elems...)
	if err != nil {
		panic("compile: " + err.Error()) // all are of one type now
	}
	return out
}

// fits returns the type of an integer in a qualifier.
func fits(v cim.Value) cim.Type {
	if i := v.Int(); i < math.MinInt32 || i > math.MaxInt32 || i < 0 && !v.Type().IsSigned() {
		return cim.TypeSint64
	}
	return cim.TypeSint32
}

func storedScalar(v cim.Value, integer cim.Type) cim.Value {
	switch t := v.Type(); {
	case t == cim.TypeReal32:
		return cim.Real64Value(v.Float())
	case t.IsInteger():
		// What sint64 cannot hold either wraps, as in Automation.
		return cim.NumberValue(integer, v.Bits())
	}
	return cim.StringValue(v.String())
}
