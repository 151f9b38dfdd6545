package mof

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"openwmi/cim"
)

// Literal returns the value of a number, string, character, boolean or NULL as
// one of a scalar type. What converts to what is in the table of mof.md 4.1.
//
// The error has the status MOFIllegalConstantValue for a number out of range,
// MOFOutOfRange if that number is in quotes, else MOFTypeMismatch. It doesn't
// tell the place.
func Literal(v Value, t cim.Type) (cim.Value, error) {
	switch v := v.(type) {
	case *NullLit:
		return cim.Value{}, nil
	case *NumberLit:
		return convertNumber(v, t)
	case *StringLit:
		return convertString(v.Value, t)
	case *CharLit:
		if t == cim.TypeChar16 || t.IsInteger() {
			return inRange(cim.UintValue(t, uint64(v.Value)))
		}
	case *BoolLit:
		if t == cim.TypeBoolean {
			return cim.BoolValue(v.Value), nil
		}
	}
	return cim.Value{}, mismatch(v, t)
}

func mismatch(v Value, t cim.Type) error {
	name := t.String()
	switch t {
	case cim.TypeReference:
		name = "a reference"
	case cim.TypeObject:
		name = "an object"
	}
	return cim.Errorf(cim.MOFTypeMismatch, "%s cannot become %s", describe(v), name)
}

// describe returns what v is, for a message.
func describe(v Value) string {
	switch v.(type) {
	case *NumberLit:
		return "a number"
	case *StringLit:
		return "a string"
	case *CharLit:
		return "a character"
	case *BoolLit:
		return "a boolean"
	case *NullLit:
		return "NULL"
	case *AliasRef:
		return "an alias"
	case *ArrayLit:
		return "an array"
	}
	return "an object"
}

// inRange gives the error of a literal to that of a value.
func inRange(v cim.Value, err error) (cim.Value, error) {
	if err != nil {
		return v, cim.Errorf(cim.MOFIllegalConstantValue, "%v", err)
	}
	return v, nil
}

func convertNumber(n *NumberLit, t cim.Type) (cim.Value, error) {
	switch {
	case t == cim.TypeReal64:
		return cim.Real64Value(n.Float()), nil
	case t == cim.TypeReal32:
		f := float32(n.Float())
		if math.IsInf(float64(f), 0) {
			return cim.Value{}, cim.Errorf(cim.MOFIllegalConstantValue, "%s does not fit real32", n.Raw)
		}
		return cim.Real32Value(f), nil
	case t == cim.TypeString && n.IsReal():
		return cim.StringValue(string(cim.Real64Value(n.Float()).AppendNumber(nil))), nil
	}
	negative, magnitude, ok := n.Int()
	switch {
	case t == cim.TypeString:
		digits := strconv.FormatUint(magnitude, 10)
		if negative {
			digits = "-" + digits
		}
		return cim.StringValue(digits), nil
	case t == cim.TypeBoolean && !negative && magnitude <= 1 && !n.IsReal():
		return cim.BoolValue(magnitude == 1), nil
	case !t.IsInteger() && t != cim.TypeChar16:
		return cim.Value{}, mismatch(n, t)
	case !ok || negative && magnitude > 1<<63:
		return cim.Value{}, cim.Errorf(cim.MOFIllegalConstantValue, "%s does not fit %v", n.Raw, t)
	case negative:
		return inRange(cim.IntValue(t, -int64(magnitude)))
	}
	return inRange(cim.UintValue(t, magnitude))
}

func convertString(s string, t cim.Type) (cim.Value, error) {
	switch {
	case t == cim.TypeString:
		return cim.StringValue(s), nil
	case t == cim.TypeReference:
		return cim.ReferenceValue(s), nil
	case t == cim.TypeDatetime:
		d, err := cim.ParseDatetime(s)
		if err != nil {
			return cim.Value{}, cim.Errorf(cim.MOFTypeMismatch, "%v", err)
		}
		return cim.DatetimeValue(d), nil
	case t == cim.TypeBoolean && strings.EqualFold(s, "true"):
		return cim.BoolValue(true), nil
	case t == cim.TypeBoolean && strings.EqualFold(s, "false"):
		return cim.BoolValue(false), nil
	case t.IsInteger():
		return quotedInteger(s, t)
	}
	return cim.Value{}, mismatch(&StringLit{}, t)
}

// quotedInteger reads decimal digits, or hexadecimal ones after 0x.
func quotedInteger(s string, t cim.Type) (cim.Value, error) {
	v, err := cim.ParseInteger(s, t)
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		var u uint64
		u, err = strconv.ParseUint(hex, 16, 64)
		switch {
		case err == nil:
			v, err = cim.UintValue(t, u)
		case !errors.Is(err, strconv.ErrRange):
			err = cim.TypeMismatch
		}
	}
	switch {
	case err == nil:
		return v, nil
	case errors.Is(err, cim.TypeMismatch):
		return v, cim.Errorf(cim.MOFTypeMismatch, "%.40q is not a %v", s, t)
	}
	return v, cim.Errorf(cim.MOFOutOfRange, "%.40q does not fit %v", s, t)
}
