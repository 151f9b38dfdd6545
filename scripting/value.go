package scripting

import (
	"math"
	"reflect"
	"time"

	"openwmi/cim"
)

// Values of properties, qualifiers and named values are those that Automation
// has (model.md 1.1):
//
//	sint8, sint16, char16   int16        real32     float32
//	uint8                   uint8        real64     float64
//	uint16, sint32          int32        boolean    bool
//	uint32                  int32, the bits of the uint32
//	sint64, uint64          string in decimal
//	string, datetime, ref   string       object     *Object
//	arrays                  []any        NULL       nil
//
// Assigning takes these and every other Go number, slices and arrays of all of
// them, time.Time for a datetime, and the objects of this package that have a
// value: *Property, *Qualifier, *NamedValue, *ObjectPath and *DateTime.

// toVariant returns a value as Automation shows it. Objects in it are copies
// that belong to the session.
func toVariant(v cim.Value, s *Services, sec Security) any {
	switch t := v.Type(); {
	case v.IsNull():
		return nil
	case t.IsArray():
		out := make([]any, v.Len())
		for i := range out {
			out[i] = toVariant(v.Index(i), s, sec)
		}
		return out
	case t.IsText():
		return v.Text()
	default:
		return toScalar(v, s, sec)
	}
}

func toScalar(v cim.Value, s *Services, sec Security) any {
	switch v.Type() {
	case cim.TypeSint8, cim.TypeSint16, cim.TypeChar16:
		return int16(v.Int())
	case cim.TypeUint8:
		return uint8(v.Uint())
	case cim.TypeUint16, cim.TypeSint32, cim.TypeUint32:
		return int32(v.Int())
	case cim.TypeReal32:
		return float32(v.Float())
	case cim.TypeReal64:
		return v.Float()
	case cim.TypeBoolean:
		return v.Bool()
	case cim.TypeObject:
		return newObject(s, sec, v.Clone().Object())
	}
	return string(v.AppendNumber(nil))
}

// fromVariant returns a value to be assigned to a property of type t: without
// loss, or ErrTypeMismatch, ErrValueOutOfRange, or ErrIllegalNull for an array
// that has a NULL (scripting-api.md 18).
func fromVariant(v any, t cim.Type) (cim.Value, error) {
	n, elems, err := natural(v, t.Elem())
	switch {
	case err != nil:
		return cim.Value{}, err
	case elems == nil:
		return cim.Convert(n, t)
	case !t.IsArray():
		return cim.Value{}, cim.Errorf(ErrTypeMismatch, "an array is not a %v", t)
	}
	for i, e := range elems {
		if e.Type().IsReal() && t.Elem().IsInteger() {
			return cim.Value{}, cim.Errorf(ErrTypeMismatch, "an array of reals is not a %v", t)
		}
		if elems[i], err = cim.Convert(e, t.Elem()); err != nil {
			return cim.Value{}, err
		}
	}
	return cim.ArrayValue(t.Elem(), elems...)
}

// fromUntyped returns a value where no type is declared: one of the type that
// its Go type has, or an array of that if all elements have the same.
func fromUntyped(v any) (cim.Value, error) {
	n, elems, err := natural(v, 0)
	if err != nil || elems == nil {
		return n, err
	}
	t := cim.TypeString // of an empty array
	for i, e := range elems {
		if i == 0 {
			t = e.Type()
		}
		if e.Type() != t {
			return cim.Value{}, cim.Errorf(ErrTypeMismatch, "the array has a %v and a %v", t, e.Type())
		}
	}
	return cim.ArrayValue(t, elems...)
}

// natural returns a Go value in a type of its own, as a scalar, or as the
// elements of an array, which are not nil then. It is meant for type t or
// arrays of it, zero if that is not known.
func natural(v any, t cim.Type) (scalar cim.Value, elems []cim.Value, err error) {
	if v, ok := v.(cim.Value); ok && v.Type().IsArray() {
		return cim.Value{}, append([]cim.Value{}, v.Elems()...), nil
	}
	if v, ok := v.(interface{ Value() (any, error) }); ok {
		inner, err := v.Value()
		if err != nil {
			return cim.Value{}, nil, err
		}
		return natural(inner, t)
	}
	rv := reflect.ValueOf(v)
	if k := rv.Kind(); k != reflect.Slice && k != reflect.Array {
		scalar, err = naturalScalar(v, t)
		return scalar, nil, err
	}
	elems = make([]cim.Value, rv.Len())
	for i := range elems {
		if elems[i], err = naturalScalar(rv.Index(i).Interface(), t); err != nil {
			return cim.Value{}, nil, err
		}
		if elems[i].IsNull() {
			return cim.Value{}, nil, cim.Errorf(ErrIllegalNull, "element %d of an array is NULL", i)
		}
	}
	return cim.Value{}, elems, nil
}

func naturalScalar(v any, t cim.Type) (cim.Value, error) {
	switch v := v.(type) {
	case nil:
		return cim.Value{}, nil
	case cim.Value:
		return v, nil
	case int32:
		if t == cim.TypeUint32 { // which Automation has as the int32 of the same bits
			return cim.Uint32Value(uint32(v)), nil
		}
	case int16:
		switch t {
		case cim.TypeChar16: // likewise
			return cim.Char16Value(uint16(v)), nil
		case cim.TypeUint32: // -1 is one in scripts
			return cim.Uint32Value(uint32(int32(v))), nil
		}
	case time.Time:
		d, err := cim.NewDatetime(v)
		return cim.DatetimeValue(d), err
	case *Object:
		return objectValue(v)
	case *LastError:
		return objectValue(v.Object)
	case *ObjectPath:
		return cim.StringValue(v.Path()), nil
	case *DateTime:
		return cim.StringValue(v.Value()), nil
	}
	return naturalKind(reflect.ValueOf(v))
}

// naturalKind makes integers whose size is the machine's sint32 if they fit.
func naturalKind(v reflect.Value) (cim.Value, error) {
	switch k := v.Kind(); k {
	case reflect.String:
		return cim.StringValue(v.String()), nil
	case reflect.Bool:
		return cim.BoolValue(v.Bool()), nil
	case reflect.Int8:
		return cim.Sint8Value(int8(v.Int())), nil
	case reflect.Int16:
		return cim.Sint16Value(int16(v.Int())), nil
	case reflect.Int, reflect.Int32, reflect.Int64:
		if i := v.Int(); i != int64(int32(i)) {
			return cim.Sint64Value(i), nil
		}
		return cim.Sint32Value(int32(v.Int())), nil
	case reflect.Uint8:
		return cim.Uint8Value(uint8(v.Uint())), nil
	case reflect.Uint16:
		return cim.Uint16Value(uint16(v.Uint())), nil
	case reflect.Uint32:
		return cim.Uint32Value(uint32(v.Uint())), nil
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
		if v.Uint() <= math.MaxInt32 {
			return cim.Sint32Value(int32(v.Uint())), nil
		}
		return cim.Uint64Value(v.Uint()), nil
	case reflect.Float32:
		return cim.Real32Value(float32(v.Float())), nil
	case reflect.Float64:
		return cim.Real64Value(v.Float()), nil
	}
	return cim.Value{}, cim.Errorf(ErrTypeMismatch, "a %T cannot be a value", v.Interface())
}

// objectValue embeds a copy of an object. No object is NULL.
func objectValue(o *Object) (cim.Value, error) {
	if o == nil {
		return cim.Value{}, nil
	}
	c, err := o.snapshot()
	if err != nil {
		return cim.Value{}, err
	}
	return cim.ObjectValue(c), nil
}
