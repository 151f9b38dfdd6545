package vbscript

import (
	"context"
	"math"
	"time"
)

// ToText returns v as CStr does, for an Object that wants a string: error 94 for Null,
// 13 for an array, and those of the default member of an object.
func ToText(ctx context.Context, v Value) (string, error) {
	v, err := Resolve(ctx, v)
	if err != nil {
		return "", err
	}
	s, ok := v.text()
	switch {
	case ok:
		return s, nil
	case v.kind == TypeNull:
		return "", NewError(errNull, "")
	}
	return "", NewError(errTypeMismatch, "")
}

// ToLong returns v as CLng does: error 6 when it does not fit, and those of ToDouble.
func ToLong(ctx context.Context, v Value) (int32, error) {
	f, err := ToDouble(ctx, v)
	if err != nil {
		return 0, err
	}
	if f = round(f); !(f >= math.MinInt32 && f <= math.MaxInt32) {
		return 0, NewError(errOverflow, "")
	}
	return int32(f), nil
}

// ToDouble returns v as CDbl does: error 13 for what is no number, 94 for Null, and
// those of the default member of an object.
func ToDouble(ctx context.Context, v Value) (f float64, err error) {
	if v, err = Resolve(ctx, v); err != nil {
		return 0, err
	}
	defer catch(&err)
	return floatOf(number(v)), nil
}

// ToBool returns v as CBool does, with the errors of ToDouble.
func ToBool(ctx context.Context, v Value) (b bool, err error) {
	if v, err = Resolve(ctx, v); err != nil {
		return false, err
	}
	defer catch(&err)
	return (*Interp)(nil).toBool(v), nil
}

// ToTime returns v as CDate does, as a wall clock time of loc, with the errors of
// ToDouble, and 5 for a number that is no date.
func ToTime(ctx context.Context, v Value, loc *time.Location) (t time.Time, err error) {
	if v, err = Resolve(ctx, v); err != nil {
		return t, err
	}
	defer catch(&err)
	t, _ = Date((*Interp)(nil).toDate(v)).GoTime(loc)
	return t, nil
}

// catch turns the panic of a coercion into its error.
func catch(err *error) {
	switch e := recover().(type) {
	case nil:
	case *Error:
		*err = e
	default:
		panic(e)
	}
}
