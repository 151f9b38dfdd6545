package vbscript

import "math"

// A result of + - * has the wider subtype of both operands, and a wider one yet when
// it overflows: Byte, Integer, Long, Double. VarAdd function (oleauto.h); "Arithmetic operators".

// pair resolves objects and reports whether one operand is Null.
func (in *Interp) pair(x, y Value) (Value, Value, bool) {
	if x.kind == TypeObject {
		x = in.scalar(x)
	}
	if y.kind == TypeObject {
		y = in.scalar(y)
	}
	return x, y, x.kind == TypeNull || y.kind == TypeNull
}

func isInt(t Type) bool { return t == TypeInteger || t == TypeLong || t == TypeByte }

// intResult returns n in the narrowest subtype that is at least as wide as x and y.
func intResult(x, y Type, n int64) Value {
	if x == TypeByte && y == TypeByte && n >= 0 && n <= math.MaxUint8 {
		return Byte(uint8(n))
	}
	if x != TypeLong && y != TypeLong && n == int64(int16(n)) {
		return Integer(int16(n))
	}
	return Int(n)
}

// floatResult returns f with the subtype of a sum or product that is no integer.
func floatResult(x, y Type, f float64) Value {
	if (x == TypeSingle && precise(y) || y == TypeSingle && precise(x)) && math.Abs(f) <= math.MaxFloat32 {
		return Single(float32(f))
	}
	return finite(f)
}

// precise reports whether a Single has the precision of t.
func precise(t Type) bool { return t == TypeSingle || t == TypeInteger || t == TypeByte }

func finite(f float64) Value {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		raise(errOverflow)
	}
	return Double(f)
}

func (in *Interp) add(x, y Value) Value {
	x, y, null := in.pair(x, y)
	if null {
		return Null
	}
	if x.kind == TypeString && (y.kind == TypeString || y.kind == TypeEmpty) || x.kind == TypeEmpty && y.kind == TypeString {
		return in.join(x, y)
	}
	x, y = in.number(x), in.number(y)
	switch {
	case isInt(x.kind) && isInt(y.kind):
		return intResult(x.kind, y.kind, x.int()+y.int())
	case x.kind == TypeDate || y.kind == TypeDate:
		return Date(checkDate(floatOf(x) + floatOf(y)))
	case x.kind == TypeCurrency || y.kind == TypeCurrency:
		return Currency(addCurrency(currencyPart(x), currencyPart(y)))
	}
	return floatResult(x.kind, y.kind, floatOf(x)+floatOf(y))
}

func (in *Interp) subtract(x, y Value) Value {
	x, y, null := in.pair(x, y)
	if null {
		return Null
	}
	x, y = in.number(x), in.number(y)
	switch {
	case isInt(x.kind) && isInt(y.kind):
		return intResult(x.kind, y.kind, x.int()-y.int())
	case x.kind == TypeDate && y.kind == TypeDate:
		return finite(x.float() - y.float())
	case x.kind == TypeDate || y.kind == TypeDate:
		return Date(checkDate(floatOf(x) - floatOf(y)))
	case x.kind == TypeCurrency || y.kind == TypeCurrency:
		return Currency(addCurrency(currencyPart(x), -currencyPart(y)))
	}
	return floatResult(x.kind, y.kind, floatOf(x)-floatOf(y))
}

func (in *Interp) multiply(x, y Value) Value {
	x, y, null := in.pair(x, y)
	if null {
		return Null
	}
	x, y = in.number(x), in.number(y)
	switch {
	case isInt(x.kind) && isInt(y.kind):
		return intResult(x.kind, y.kind, x.int()*y.int())
	case money(x, y):
		return Currency(currencyOf(floatOf(x) * floatOf(y)))
	}
	return floatResult(x.kind, y.kind, floatOf(x)*floatOf(y))
}

// money reports whether a product is Currency: one operand is, the other no float.
func money(x, y Value) bool {
	return x.kind == TypeCurrency && (y.kind == TypeCurrency || isInt(y.kind)) || y.kind == TypeCurrency && isInt(x.kind)
}

func currencyPart(v Value) int64 {
	switch v.kind {
	case TypeCurrency:
		return v.int()
	case TypeInteger, TypeLong, TypeByte:
		return v.int() * 10000
	}
	return currencyOf(v.float())
}

func addCurrency(a, b int64) int64 {
	s := a + b
	if (a > 0) == (b > 0) && (s > 0) != (a > 0) && s != 0 {
		raise(errOverflow)
	}
	return s
}

func (in *Interp) divide(x, y Value) Value {
	x, y, null := in.pair(x, y)
	if null {
		return Null
	}
	x, y = in.number(x), in.number(y)
	d := floatOf(y)
	if d == 0 {
		if floatOf(x) == 0 {
			raise(errOverflow)
		}
		raise(errDivision)
	}
	return floatResult(x.kind, y.kind, floatOf(x)/d)
}

// whole returns an operand of \ and Mod.
func whole(v Value) int64 {
	if isInt(v.kind) {
		return v.int()
	}
	f := round(floatOf(v))
	if !(f >= math.MinInt32 && f <= math.MaxInt32) {
		raise(errOverflow)
	}
	return int64(f)
}

func wholeType(t Type) Type {
	if t == TypeByte || t == TypeInteger {
		return t
	}
	return TypeLong
}

func (in *Interp) intDivide(x, y Value) Value {
	x, y, null := in.pair(x, y)
	if null {
		return Null
	}
	x, y = in.number(x), in.number(y)
	a, b := whole(x), whole(y)
	if b == 0 {
		raise(errDivision)
	}
	q := a / b
	if q > math.MaxInt32 {
		raise(errOverflow)
	}
	return intResult(wholeType(x.kind), wholeType(y.kind), q)
}

func (in *Interp) mod(x, y Value) Value {
	x, y, null := in.pair(x, y)
	if null {
		return Null
	}
	x, y = in.number(x), in.number(y)
	a, b := whole(x), whole(y)
	if b == 0 {
		raise(errDivision)
	}
	return intResult(wholeType(x.kind), wholeType(y.kind), a%b)
}

func (in *Interp) power(x, y Value) Value {
	x, y, null := in.pair(x, y)
	if null {
		return Null
	}
	a, b := floatOf(in.number(x)), floatOf(in.number(y))
	if a == 0 && b < 0 || a < 0 && b != math.Trunc(b) {
		raise(errCallOrArgument)
	}
	return finite(math.Pow(a, b))
}

func negateValue(v Value) Value {
	switch v.kind {
	case TypeInteger:
		return intResult(TypeInteger, TypeInteger, -v.int())
	case TypeByte:
		return Integer(int16(-v.int()))
	case TypeLong:
		return Int(-v.int())
	case TypeCurrency:
		return Currency(-v.int())
	case TypeDate:
		return Date(-v.float())
	case TypeSingle:
		return Single(float32(-v.float()))
	}
	return Double(-v.float())
}

func (in *Interp) negative(x Value) Value {
	x = in.scalar(x)
	if x.kind == TypeNull {
		return Null
	}
	return negateValue(in.number(x))
}

// join is the operator &, where Null counts as an empty string unless both are Null.
func (in *Interp) join(x, y Value) Value {
	if x.kind == TypeString && y.kind == TypeString {
		return in.concat(x.ref.(*text), y.ref.(*text))
	}
	x, y, _ = in.pair(x, y)
	if x.kind == TypeNull && y.kind == TypeNull {
		return Null
	}
	if x.kind == TypeNull {
		x = String("")
	}
	if y.kind == TypeNull {
		y = String("")
	}
	return in.concat(in.toText(x), in.toText(y))
}

func (in *Interp) concat(x, y *text) Value {
	if len(y.s) == 0 {
		return Value{kind: TypeString, ref: x}
	}
	// A text that only grows an owned buffer costs what is added.
	if x.b != nil && x.b.Len() == len(x.s) {
		in.charge(int64(len(y.s)) + textSize)
	} else {
		in.charge(int64(len(x.s)+len(y.s)) + textSize)
	}
	return concat(x, y)
}

// bits returns an operand of a logical operator and whether it is Boolean, or wide.
func (in *Interp) bits(v Value) (n int64, t Type) {
	switch v.kind {
	case TypeBoolean:
		return v.int(), TypeBoolean
	case TypeInteger, TypeByte:
		return v.int(), v.kind
	case TypeLong:
		return v.int(), TypeLong
	case TypeEmpty:
		return 0, TypeInteger
	case TypeString:
		if b, ok := parseBool(v.ref.(*text).s); ok {
			return Bool(b).int(), TypeBoolean
		}
	}
	return whole(in.number(v)), TypeLong
}

func logical(n int64, x, y Type) Value {
	switch {
	case x == TypeBoolean && y == TypeBoolean:
		return Bool(n != 0)
	case x == TypeByte && y == TypeByte:
		return Byte(uint8(n))
	case x != TypeLong && y != TypeLong:
		return Integer(int16(n))
	}
	return Long(int32(n))
}

// logic does And, Or, Xor, Eqv and Imp. With one Null, the result is that which both
// values in its place would give, else Null.
func (in *Interp) logic(op string, x, y Value) Value {
	x, y, null := in.pair(x, y)
	if null {
		return in.nullLogic(op, x, y)
	}
	a, s := in.bits(x)
	b, t := in.bits(y)
	switch op {
	case "and":
		a &= b
	case "or":
		a |= b
	case "xor":
		a ^= b
	case "eqv":
		a = ^(a ^ b)
	case "imp":
		a = ^a | b
	}
	return logical(a, s, t)
}

func (in *Interp) nullLogic(op string, x, y Value) Value {
	other := y
	if y.kind == TypeNull {
		other = x
	}
	if other.kind == TypeNull {
		return Null
	}
	n, t := in.bits(other)
	switch {
	case op == "and" && n == 0, op == "or" && n != 0:
		return logical(n, t, t)
	case op == "imp" && x.kind == TypeNull && n != 0:
		return logical(n, t, t)
	case op == "imp" && y.kind == TypeNull && ^n != 0: // the bits that are known
		return logical(^n, t, t)
	}
	return Null
}

func (in *Interp) not(x Value) Value {
	if x.kind == TypeBoolean {
		return Value{kind: TypeBoolean, num: ^x.num}
	}
	x = in.scalar(x)
	if x.kind == TypeNull {
		return Null
	}
	n, t := in.bits(x)
	return logical(^n, t, t)
}
