package cim

import "strconv"

// ParseText returns the value of type t that somebody typed as text, such as on
// a command line: numbers in decimal, integers also in hexadecimal after 0x;
// TRUE and FALSE in any case, or 1 and 0; a char16 as its one character, or as
// its number in more than one digit; a datetime as its 25 characters; strings
// and references as they are. There is no text for NULL, arrays and objects.
//
// The error is TypeMismatch, also for a number that does not fit.
func ParseText(t Type, s string) (Value, error) {
	v, err := parseText(t, s)
	if err != nil && StatusOf(err) != TypeMismatch {
		err = Errorf(TypeMismatch, "%v", err)
	}
	return v, err
}

func parseText(t Type, s string) (Value, error) {
	switch {
	case t.IsArray() || t == TypeObject || !t.IsValid():
		return Value{}, Errorf(TypeMismatch, "a value of type %v cannot be given as text", t)
	case t.IsText() && t != TypeDatetime:
		return text(t, s), nil
	case t.IsInteger() && isHex(s):
		u, err := strconv.ParseUint(s[2:], 16, 64)
		if err != nil {
			return Value{}, Errorf(TypeMismatch, "%.60q is not a %v", s, t)
		}
		return UintValue(t, u)
	case t == TypeBoolean && (s == "1" || s == "0"):
		return BoolValue(s == "1"), nil
	}
	return Convert(StringValue(s), t)
}
