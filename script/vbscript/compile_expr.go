package vbscript

func (c *compiler) expr(x exprNode) exprFn {
	switch x := x.(type) {
	case *litNode:
		v := x.val
		if v.kind == TypeString { // of this interpreter, which notes things in it
			v = String(v.ref.(*text).s)
		}
		return func(*frame) Value { return v }
	case *dayNode:
		v, ok := literalDay(x.text, c.in.thisYear())
		return func(*frame) Value {
			if !ok { // February 29
				raise(errTypeMismatch)
			}
			return Date(v)
		}
	case *nameNode:
		return c.nameValue(x)
	case *parenNode:
		// Parentheses make a value of an object's default member only in arithmetic.
		return c.expr(x.x)
	case *meNode:
		if c.class == nil {
			return func(fr *frame) Value { return FromObject(&globals{fr.in}) }
		}
		return func(fr *frame) Value { return Value{kind: TypeObject, ref: fr.me} }
	case *withNode:
		if len(c.withs) == 0 {
			return func(fr *frame) Value {
				if fr.with.kind != TypeObject {
					raise(errUnqualified)
				}
				return fr.with
			}
		}
		ref := c.withs[len(c.withs)-1]
		return func(fr *frame) Value { return *ref(fr) }
	case *memberNode:
		return c.memberCall(x, nil)
	case *callNode:
		return c.call(x)
	case *unaryNode:
		return c.unary(x)
	case *binaryNode:
		return c.binary(x)
	case *newNode:
		return c.create(x)
	}
	panic("vbscript: unknown expression")
}

func (c *compiler) create(x *newNode) exprFn {
	if x.key == "regexp" { // even when the script has a class of that name
		return func(fr *frame) Value { return FromObject(newRegExp(fr.in)) }
	}
	cl := c.in.cell(x.text)
	name := x.text
	return func(fr *frame) Value {
		if cl.kind != cellClass {
			raiseName(errClassUnknown, name)
		}
		return fr.in.newInstance(cl.class)
	}
}

func (c *compiler) unary(x *unaryNode) exprFn {
	f := c.expr(x.x)
	switch x.op {
	case "-":
		return func(fr *frame) Value { return fr.in.negative(f(fr)) }
	case "not":
		return func(fr *frame) Value { return fr.in.not(f(fr)) }
	}
	return f // unary + changes nothing, not even the subtype
}

func isLiteral(x exprNode) bool {
	switch x := x.(type) {
	case *litNode:
		return true
	case *parenNode:
		return isLiteral(x.x)
	}
	return false
}

func (c *compiler) binary(n *binaryNode) exprFn {
	x, y := c.expr(n.x), c.expr(n.y)
	switch n.op {
	case "+":
		return func(fr *frame) Value {
			a, b := x(fr), y(fr)
			if a.kind == TypeLong && (b.kind == TypeLong || b.kind == TypeInteger) {
				if s := int64(a.num) + int64(b.num); s == int64(int32(s)) {
					return Value{kind: TypeLong, num: uint64(s)}
				}
			} else if a.kind == TypeDouble && (b.kind == TypeLong || b.kind == TypeInteger) {
				return finite(a.float() + float64(int64(b.num)))
			}
			return fr.in.add(a, b)
		}
	case "-":
		return func(fr *frame) Value {
			a, b := x(fr), y(fr)
			if a.kind == TypeLong && (b.kind == TypeLong || b.kind == TypeInteger) {
				if s := int64(a.num) - int64(b.num); s == int64(int32(s)) {
					return Value{kind: TypeLong, num: uint64(s)}
				}
			}
			return fr.in.subtract(a, b)
		}
	case "*":
		return func(fr *frame) Value { return fr.in.multiply(x(fr), y(fr)) }
	case "/":
		return func(fr *frame) Value { return fr.in.divide(x(fr), y(fr)) }
	case `\`:
		return func(fr *frame) Value { return fr.in.intDivide(x(fr), y(fr)) }
	case "mod":
		return func(fr *frame) Value {
			a, b := x(fr), y(fr)
			if a.kind == TypeLong && (b.kind == TypeLong || b.kind == TypeInteger) && b.num != 0 {
				return Value{kind: TypeLong, num: uint64(int64(a.num) % int64(b.num))}
			}
			return fr.in.mod(a, b)
		}
	case "^":
		return func(fr *frame) Value { return fr.in.power(x(fr), y(fr)) }
	case "&":
		return func(fr *frame) Value { return fr.in.join(x(fr), y(fr)) }
	case "is":
		return func(fr *frame) Value { return Bool(fr.in.is(x(fr), y(fr))) }
	case "and", "or", "xor", "eqv", "imp":
		return c.logic(n.op, x, y)
	}
	return c.comparison(n, x, y)
}

func (c *compiler) logic(op string, x, y exprFn) exprFn {
	switch op {
	case "and":
		return func(fr *frame) Value {
			a, b := x(fr), y(fr)
			if a.kind == TypeBoolean && b.kind == TypeBoolean {
				return Value{kind: TypeBoolean, num: a.num & b.num}
			}
			return fr.in.logic(op, a, b)
		}
	case "or":
		return func(fr *frame) Value {
			a, b := x(fr), y(fr)
			if a.kind == TypeBoolean && b.kind == TypeBoolean {
				return Value{kind: TypeBoolean, num: a.num | b.num}
			}
			return fr.in.logic(op, a, b)
		}
	}
	return func(fr *frame) Value { return fr.in.logic(op, x(fr), y(fr)) }
}

func (c *compiler) comparison(n *binaryNode, x, y exprFn) exprFn {
	xl, yl := isLiteral(n.x), isLiteral(n.y)
	var less, equal, greater bool
	switch n.op {
	case "=":
		equal = true
	case "<>":
		less, greater = true, true
	case "<":
		less = true
	case ">":
		greater = true
	case "<=":
		less, equal = true, true
	case ">=":
		greater, equal = true, true
	}
	return func(fr *frame) Value {
		a, b := x(fr), y(fr)
		if (a.kind == TypeLong || a.kind == TypeInteger) && (b.kind == TypeLong || b.kind == TypeInteger) {
			m, n := int64(a.num), int64(b.num)
			if m < n && less || m == n && equal || m > n && greater {
				return True
			}
			return False
		}
		order, null := fr.in.compare(a, b, xl, yl)
		if null {
			return Null
		}
		return Bool(order < 0 && less || order == 0 && equal || order > 0 && greater)
	}
}
