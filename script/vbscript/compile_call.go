package vbscript

// args compiles arguments of a procedure or an object: variables become references,
// which is what ByRef needs; all else values.
func (c *compiler) args(list []exprNode) []exprFn {
	out := make([]exprFn, len(list))
	for i, x := range list {
		out[i] = c.arg(x)
	}
	return out
}

func (c *compiler) arg(x exprNode) exprFn {
	switch x := x.(type) {
	case nil:
		return func(*frame) Value { return Missing }
	case *nameNode:
		value := c.nameValue(x)
		ref := c.nameRef(x, false)
		if ref == nil {
			return value
		}
		return func(fr *frame) Value {
			if p := ref(fr); p != nil {
				return Value{kind: typeRef, ref: p}
			}
			return value(fr)
		}
	case *callNode:
		if n, ok := x.x.(*nameNode); ok {
			return c.elementArg(n, x)
		}
	case *parenNode:
		f := c.expr(x.x)
		return func(fr *frame) Value { return fr.in.copied(f(fr)) }
	}
	return c.expr(x)
}

// elementArg passes an element of an array by reference.
func (c *compiler) elementArg(n *nameNode, x *callNode) exprFn {
	value := c.call(x)
	if c.scope.fn == n.key {
		return value
	}
	ref := c.nameRef(n, false)
	if ref == nil {
		return value
	}
	index := c.values(x.args)
	return func(fr *frame) Value {
		p := ref(fr)
		if p == nil || p.kind != TypeArray || len(index) == 0 {
			return value(fr)
		}
		a := p.ref.(*Array)
		e := fr.element(a, index)
		return Value{kind: typeRef, ref: e}
	}
}

// values compiles arguments that are not passed by reference.
func (c *compiler) values(list []exprNode) []exprFn {
	out := make([]exprFn, len(list))
	for i, x := range list {
		if x == nil {
			out[i] = func(*frame) Value { return Missing }
		} else {
			out[i] = c.expr(x)
		}
	}
	return out
}

// element evaluates indexes and returns the element of an array.
func (fr *frame) element(a *Array, index []exprFn) *Value {
	in := fr.in
	if len(index) == 1 && len(a.dims) == 1 {
		v := index[0](fr)
		n := 0
		if v.kind == TypeInteger || v.kind == TypeLong {
			n = int(v.int())
		} else {
			n = in.toInt(v)
		}
		if n -= a.dims[0].Lower; uint(n) >= uint(len(a.elems)) {
			raiseSubscript(n + a.dims[0].Lower)
		}
		return &a.elems[n]
	}
	stack, sp := in.stack, in.sp
	vals := in.slots(len(index))
	for i, f := range index {
		vals[i] = f(fr)
	}
	p := a.at(vals, in)
	in.stack, in.sp = stack, sp
	return p
}

// indexed reads an element of an array, or the default member of an object.
func (in *Interp) indexed(p *Value, args []Value, name string) Value {
	v := p.deref()
	if len(args) == 0 {
		return v
	}
	switch v.kind {
	case TypeArray:
		vals := make([]Value, len(args))
		for i, a := range args {
			vals[i] = a.deref()
		}
		return *v.ref.(*Array).at(vals, in)
	case TypeObject:
		if v.ref == nil {
			raiseName(errNotSet, name)
		}
		return in.get(v.ref.(Object), "", args)
	}
	raiseName(errTypeMismatch, name)
	return Empty
}

// evalArgs evaluates arguments onto the stack. The caller puts back stack and sp.
func (fr *frame) evalArgs(args []exprFn) []Value {
	if len(args) == 0 {
		return nil
	}
	vals := fr.in.slots(len(args))
	for i, f := range args {
		vals[i] = f(fr)
	}
	return vals
}

// callProc evaluates arguments right into the slots of a procedure and runs it.
func (fr *frame) callProc(p *proc, me *instance, args []exprFn) Value {
	in := fr.in
	if len(args) != len(p.params) {
		raiseName(errArguments, p.name)
	}
	stack, sp := in.stack, in.sp
	locals := in.slots(p.scope.slots)
	for i, f := range args {
		v := f(fr)
		if p.params[i].byVal {
			v = in.copied(v.deref())
		}
		locals[i] = v
	}
	v := in.invoke(p, me, locals)
	in.stack, in.sp = stack, sp
	return v
}

// call compiles x(args).
func (c *compiler) call(n *callNode) exprFn {
	switch x := n.x.(type) {
	case *nameNode:
		return c.nameCall(x, n.args)
	case *memberNode:
		return c.memberCall(x, n.args)
	}
	f := c.expr(n.x)
	index := c.args(n.args)
	return func(fr *frame) Value {
		v := f(fr)
		return fr.index(&v, index, "")
	}
}

// index evaluates arguments and applies them to a value.
func (fr *frame) index(p *Value, args []exprFn, name string) Value {
	in := fr.in
	stack, sp := in.stack, in.sp
	v := in.indexed(p, fr.evalArgs(args), name)
	in.stack, in.sp = stack, sp
	return v
}

func (c *compiler) nameCall(n *nameNode, list []exprNode) exprFn {
	pl := c.resolve(n)
	if pl.self {
		// Within a function its name with arguments is a call of itself.
		if c.class != nil {
			if m := c.class.members[n.key]; m != nil {
				return c.memberProc(m, list)
			}
		}
		if cl := c.in.cells[n.key]; cl != nil && cl.kind == cellProc {
			return c.cellCall(cl, list)
		}
	}
	switch {
	case pl.builtin != nil:
		return c.builtinValue(pl.builtin, list)
	case pl.member != nil:
		return c.memberProc(pl.member, list)
	case pl.ref != nil:
		return c.variableCall(pl, list)
	}
	return c.cellCall(pl.cell, list)
}

// variableCall indexes a variable.
func (c *compiler) variableCall(pl place, list []exprNode) exprFn {
	ref, cl, name := pl.ref, pl.implicit, pl.name
	args := c.args(list)
	index := c.values(list)
	var global exprFn
	if cl != nil {
		global = c.cellCall(cl, list)
	}
	return func(fr *frame) Value {
		if cl != nil && fr.in.known(cl) {
			return global(fr)
		}
		p := target(ref(fr))
		if p.kind == TypeArray && len(index) > 0 {
			return *fr.element(p.ref.(*Array), index)
		}
		if len(args) == 0 && p.kind != TypeObject {
			if p.kind == TypeArray {
				return *p
			}
			raiseName(errTypeMismatch, name)
		}
		return fr.index(p, args, name)
	}
}

// cellCall calls or indexes a global.
func (c *compiler) cellCall(cl *cell, list []exprNode) exprFn {
	args := c.args(list)
	index := c.values(list)
	return func(fr *frame) Value {
		switch cl.kind {
		case cellProc:
			return fr.callProc(cl.proc, nil, args)
		case cellVar, cellConst:
			if cl.val.kind == TypeArray && len(index) > 0 {
				return *fr.element(cl.val.ref.(*Array), index)
			}
			if len(args) == 0 && cl.val.kind == TypeArray {
				return cl.val
			}
			if cl.val.kind != TypeObject {
				raiseName(errTypeMismatch, cl.name)
			}
			if len(args) == 0 {
				return fr.in.scalar(cl.val)
			}
			return fr.index(&cl.val, args, cl.name)
		}
		if in := fr.in; in.known(cl) && cl.kind == cellOuter {
			stack, sp := in.stack, in.sp
			v := in.callOuter(cl, fr.evalArgs(args))
			in.stack, in.sp = stack, sp
			return v
		}
		raiseName(errTypeMismatch, cl.name)
		return Empty
	}
}

// memberProc calls a procedure of the class that is being compiled.
func (c *compiler) memberProc(m *member, list []exprNode) exprFn {
	args := c.args(list)
	return func(fr *frame) Value {
		p := m.get
		if p == nil {
			raiseName(errNoMember, m.name)
		}
		if len(args) > 0 && len(p.params) == 0 && p.kind == kindGet {
			v := fr.in.callValues(p, fr.me, nil)
			return fr.index(&v, args, m.name)
		}
		return fr.callProc(p, fr.me, args)
	}
}

// memberCall compiles x.name(args).
func (c *compiler) memberCall(n *memberNode, list []exprNode) exprFn {
	args := c.args(list)
	name, key := n.text, n.key
	if _, me := n.x.(*meNode); me && c.class != nil {
		return c.meMember(n, list)
	}
	x := c.expr(n.x)
	what := nodeName(n.x)
	full := memberName(n)
	return func(fr *frame) Value {
		v := x(fr)
		o := fr.object(v, what)
		in := fr.in
		if i, ok := o.(*instance); ok {
			if m := i.class.members[key]; m != nil && m.get != nil && !m.getPriv && len(m.get.params) == len(args) {
				return fr.callProc(m.get, i, args)
			}
		}
		stack, sp := in.stack, in.sp
		vals := fr.evalArgs(args)
		in.calling = full
		v = in.get(o, name, vals)
		in.calling = ""
		in.stack, in.sp = stack, sp
		return v
	}
}

// meMember reads a member of Me, private ones included.
func (c *compiler) meMember(n *memberNode, list []exprNode) exprFn {
	if m := c.class.members[n.key]; m != nil {
		return c.memberProc(m, list)
	}
	name := n.text
	i, ok := c.class.fields[n.key]
	if !ok {
		return func(*frame) Value { raiseName(errNoMember, name); return Empty }
	}
	args := c.args(list)
	return func(fr *frame) Value {
		return fr.index(&fr.me.fields[i], args, name)
	}
}

// object returns the object in v, whose members are wanted.
func (fr *frame) object(v Value, what string) Object {
	if v.kind != TypeObject {
		raiseName(errObjectRequired, what)
	}
	if v.ref == nil {
		raiseName(errNotSet, what)
	}
	return v.ref.(Object)
}

// nodeName is what an error calls an expression.
func nodeName(x exprNode) string {
	switch x := x.(type) {
	case *nameNode:
		return x.text
	case *memberNode:
		return x.text
	case *callNode:
		return nodeName(x.x)
	}
	return ""
}

// memberName is what an error calls a member, with what it is a member of.
func memberName(n *memberNode) string {
	if what := nodeName(n.x); what != "" {
		return what + "." + n.text
	}
	return n.text
}

// builtinValue compiles a call of a built-in function in an expression.
func (c *compiler) builtinValue(b *builtin, list []exprNode) exprFn {
	f := c.callBuiltin(b, list)
	if !b.noValue {
		return f
	}
	return func(fr *frame) Value { f(fr); raiseName(errTypeMismatch, b.name); return Empty }
}

// callBuiltin compiles a call of a built-in function.
func (c *compiler) callBuiltin(b *builtin, list []exprNode) exprFn {
	if b.constant != nil && len(list) == 0 {
		v := *b.constant
		return func(*frame) Value { return v }
	}
	if b.fn == nil || len(list) < b.min || len(list) > b.max {
		name := b.name
		code := errArguments
		if b.fn == nil {
			code = errTypeMismatch
		}
		return func(*frame) Value { raiseName(code, name); return Empty }
	}
	fn := b.fn
	args := c.values(list)
	if len(args) == 1 {
		f := args[0]
		return func(fr *frame) Value {
			stack, sp := fr.in.stack, fr.in.sp
			vals := fr.in.slots(1)
			vals[0] = f(fr)
			fr.in.calling = b.name
			v := fn(fr, vals)
			fr.in.calling = ""
			fr.in.stack, fr.in.sp = stack, sp
			return v
		}
	}
	return func(fr *frame) Value {
		in := fr.in
		stack, sp := in.stack, in.sp
		vals := fr.evalArgs(args)
		in.calling = b.name
		v := fn(fr, vals)
		in.calling = ""
		in.stack, in.sp = stack, sp
		return v
	}
}
