package automation

import (
	"context"
	"reflect"
	"time"

	"openwmi/script/vbscript"
)

// argument converts what a script passed to the type of a parameter.
func (l *Library) argument(ctx context.Context, v vbscript.Value, t reflect.Type) (reflect.Value, error) {
	if t == valueType {
		return reflect.ValueOf(v), nil
	}
	out := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		s, err := vbscript.ToText(ctx, v)
		out.SetString(s)
		return out, err
	case reflect.Bool:
		b, err := vbscript.ToBool(ctx, v)
		out.SetBool(b)
		return out, err
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := vbscript.ToLong(ctx, v)
		if err == nil && out.OverflowInt(int64(n)) {
			err = vbscript.NewError(6, "")
		}
		out.SetInt(int64(n))
		return out, err
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		n, err := vbscript.ToLong(ctx, v)
		u := uint64(uint32(n)) // flags are the bits of a Long
		if err == nil && out.OverflowUint(u) {
			err = vbscript.NewError(6, "")
		}
		out.SetUint(u)
		return out, err
	case reflect.Float32, reflect.Float64:
		f, err := vbscript.ToDouble(ctx, v)
		out.SetFloat(f)
		return out, err
	case reflect.Interface:
		if t.NumMethod() == 0 {
			x, err := l.Any(ctx, v)
			if x != nil {
				out.Set(reflect.ValueOf(x))
			}
			return out, err
		}
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			when, err := vbscript.ToTime(ctx, v, time.Local)
			return reflect.ValueOf(when), err
		}
	}
	switch v.Type() {
	case vbscript.TypeEmpty, vbscript.TypeNull:
		return out, nil
	case vbscript.TypeObject:
		if v.IsNothing() {
			return out, nil
		}
		if x, ok := as(reflect.ValueOf(Unwrap(v)), t); ok {
			return x, nil
		}
	}
	return out, vbscript.NewError(errTypeMismatch, "")
}

// Any returns v as a Go value: nil for Empty, Null, Nothing and a missing argument, the
// Go value behind an object of the library, else that of its default member, []any for
// an array, a local time.Time for a date, and numbers, bool and string for themselves.
// Error 13 says that v has no such value, as arrays of two dimensions and arrays in
// arrays have not.
func (l *Library) Any(ctx context.Context, v vbscript.Value) (any, error) {
	v, elems, err := l.resolve(ctx, v)
	if err != nil {
		return nil, err
	}
	if elems == nil {
		return l.scalar(ctx, v)
	}
	out := make([]any, len(elems))
	for i, e := range elems {
		e, inner, err := l.resolve(ctx, e)
		if err != nil {
			return nil, err
		}
		if inner != nil { // an array of JScript may even be in itself
			return nil, vbscript.NewError(errTypeMismatch, "")
		}
		if out[i], err = l.scalar(ctx, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// resolve returns v, or what takes the place of an object of others: its default member,
// or for an array, of whatever language, the elements, which are not nil then.
func (l *Library) resolve(ctx context.Context, v vbscript.Value) (scalar vbscript.Value, elems []vbscript.Value, err error) {
	if o := v.Object(); o != nil && !l.owns(o) {
		if list, ok := o.(vbscript.Elements); ok {
			if elems, ok := list.Elems(); ok {
				return vbscript.Empty, elems, nil
			}
		}
		if v, err = vbscript.Resolve(ctx, v); err != nil {
			return vbscript.Empty, nil, err
		}
	}
	a := v.Array()
	switch {
	case a == nil:
		return v, nil, nil
	case len(a.Dims()) > 1:
		return vbscript.Empty, nil, vbscript.NewError(errTypeMismatch, "")
	case a.Elems() == nil: // it was never dimensioned
		return vbscript.Empty, []vbscript.Value{}, nil
	}
	return vbscript.Empty, a.Elems(), nil
}

// owns reports whether an object is one of the library's types.
func (l *Library) owns(o vbscript.Object) bool {
	w, ok := o.(object)
	return ok && l.classes[reflect.TypeOf(w.x)] != nil
}

// scalar is Any for what resolve has returned.
func (l *Library) scalar(ctx context.Context, v vbscript.Value) (any, error) {
	switch v.Type() {
	case vbscript.TypeEmpty, vbscript.TypeNull, vbscript.TypeError:
		return nil, nil
	case vbscript.TypeObject:
		return Unwrap(v), nil
	case vbscript.TypeBoolean:
		return vbscript.ToBool(ctx, v)
	case vbscript.TypeString:
		return vbscript.ToText(ctx, v)
	case vbscript.TypeDate:
		return vbscript.ToTime(ctx, v, time.Local)
	}
	f, err := vbscript.ToDouble(ctx, v)
	if err != nil {
		return nil, err
	}
	switch v.Type() {
	case vbscript.TypeByte:
		return uint8(f), nil
	case vbscript.TypeInteger:
		return int16(f), nil
	case vbscript.TypeLong:
		return int32(f), nil
	case vbscript.TypeSingle:
		return float32(f), nil
	}
	return f, nil
}

// Value returns a Go value as scripts have it: nil as Null, a slice as an array, a
// value of the library's types as an object, and what Any tells the other way round.
// Other types panic.
func (l *Library) Value(x any) vbscript.Value { return l.result(reflect.ValueOf(x)) }

func (l *Library) result(v reflect.Value) vbscript.Value {
	if !v.IsValid() {
		return vbscript.Null
	}
	switch x := v.Interface().(type) {
	case nil:
		return vbscript.Null
	case vbscript.Value:
		return x
	case vbscript.Object:
		return vbscript.FromObject(x)
	case time.Time:
		return vbscript.Time(x)
	}
	switch v.Kind() {
	case reflect.Interface:
		return l.result(v.Elem())
	case reflect.String:
		return vbscript.String(v.String())
	case reflect.Bool:
		return vbscript.Bool(v.Bool())
	case reflect.Uint8:
		return vbscript.Byte(uint8(v.Uint()))
	case reflect.Int8, reflect.Int16:
		return vbscript.Integer(int16(v.Int()))
	case reflect.Int, reflect.Int32, reflect.Int64:
		return vbscript.Int(v.Int())
	case reflect.Uint16, reflect.Uint32:
		return vbscript.Long(int32(uint32(v.Uint())))
	case reflect.Float32:
		return vbscript.Single(float32(v.Float()))
	case reflect.Float64:
		return vbscript.Double(v.Float())
	case reflect.Slice:
		elems := make([]vbscript.Value, v.Len())
		for i := range elems {
			elems[i] = l.result(v.Index(i))
		}
		return vbscript.FromArray(vbscript.NewArray(elems...))
	}
	return vbscript.FromObject(l.Object(v.Interface()))
}
