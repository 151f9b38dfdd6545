package vbscript

// moved reports whether the value of x is one that nothing else holds, so that an
// array in it need not be copied.
func moved(x exprNode) bool {
	switch x := x.(type) {
	case *callNode:
		// A function's result, or an element: an array in an element is shared.
		return false
	case *parenNode:
		return moved(x.x)
	case *nameNode, *memberNode:
		return false
	}
	return true
}

// value compiles the right side of an assignment. Without Set an object is still one: what
// keeps the value takes that of its default member, what passes it to an object does not.
func (c *compiler) value(x exprNode, set bool) exprFn {
	f := c.expr(x)
	if set {
		return func(fr *frame) Value {
			v := f(fr)
			if v.kind != TypeObject {
				raiseName(errObjectRequired, nodeName(x))
			}
			return v
		}
	}
	if call, ok := x.(*callNode); ok {
		if n, ok := call.x.(*nameNode); ok {
			if b := builtins[n.key]; b != nil {
				pl := c.resolve(n)
				if pl.builtin != nil {
					return f // makes its array anew
				}
			}
		}
	}
	if moved(x) {
		return f
	}
	return func(fr *frame) Value {
		v := f(fr)
		if v.kind == TypeArray {
			cp := fr.in.copyArray(v.ref.(*Array))
			if fr.in.counting {
				for _, e := range cp.elems {
					fr.in.retain(e)
				}
			}
			return FromArray(cp)
		}
		return v
	}
}

// kept returns what an assignment of v keeps.
func (in *Interp) kept(v Value, set bool) Value {
	if v.kind == TypeObject && !set {
		return in.scalar(v)
	}
	return v
}

// assign compiles x = value and Set x = value.
func (c *compiler) assign(n *assignNode) stmtFn {
	v := c.value(n.val, n.set)
	put := c.putter(n.target, n.set)
	return func(fr *frame) ctl {
		put(fr, v(fr))
		return ctlNext
	}
}

// putter compiles the left side of an assignment.
func (c *compiler) putter(x exprNode, set bool) func(*frame, Value) {
	switch x := x.(type) {
	case *nameNode:
		return c.nameputter(x, set)
	case *memberNode:
		return c.memberPutter(x, nil, set)
	case *callNode:
		switch y := x.x.(type) {
		case *nameNode:
			return c.elementPutter(y, x.args, set)
		case *memberNode:
			return c.memberPutter(y, x.args, set)
		}
		f := c.expr(x.x)
		args := c.values(x.args)
		return func(fr *frame, v Value) {
			got := f(fr)
			fr.putIndexed(&got, args, v, set)
		}
	}
	return func(*frame, Value) { raise(errIllegalAssign) }
}

func (c *compiler) nameputter(x *nameNode, set bool) func(*frame, Value) {
	if i, ok := c.scope.names[x.key]; ok && !c.scope.implicit[x.key] && !c.scope.consts[x.key] {
		return func(fr *frame, v Value) {
			v = fr.in.kept(v, set)
			p := &fr.locals[i]
			if p.kind == typeRef {
				p = p.ref.(*Value)
			}
			if fr.in.counting {
				fr.in.store(p, v)
				return
			}
			*p = v
		}
	}
	name := x.text
	pl := c.resolve(x)
	if m := pl.member; m != nil {
		return func(fr *frame, v Value) { fr.in.putMember(m, fr.me, nil, fr.in.kept(v, set), set, true) }
	}
	ref := c.nameRef(x, true)
	if ref == nil {
		return func(*frame, Value) { raiseName(errIllegalAssign, name) }
	}
	return func(fr *frame, v Value) {
		p := ref(fr)
		if p == nil {
			if cl := fr.in.cells[x.key]; cl != nil && cl.kind == cellOuter {
				fr.in.put(cl.outer, name, nil, v, set)
				return
			}
			raiseName(errIllegalAssign, name)
		}
		fr.in.store(p, fr.in.kept(v, set))
	}
}

func (c *compiler) elementPutter(x *nameNode, list []exprNode, set bool) func(*frame, Value) {
	args := c.values(list)
	name := x.text
	pl := c.resolve(x)
	if m := pl.member; m != nil {
		return func(fr *frame, v Value) {
			in := fr.in
			stack, sp := in.stack, in.sp
			in.putMember(m, fr.me, fr.evalArgs(args), in.kept(v, set), set, true)
			in.stack, in.sp = stack, sp
		}
	}
	ref := c.nameRef(x, true)
	if ref == nil {
		// Err(...) and the like: the result of a function takes the value.
		f := c.nameValue(x)
		return func(fr *frame, v Value) {
			got := f(fr)
			fr.putIndexed(&got, args, v, set)
		}
	}
	return func(fr *frame, v Value) {
		p := ref(fr)
		if p == nil {
			switch cl := fr.in.cells[x.key]; {
			case cl != nil && cl.kind == cellConst:
				fr.putIndexed(&cl.val, args, v, set)
				return
			case cl != nil && cl.kind == cellOuter:
				got := fr.in.get(cl.outer, name, nil)
				fr.putIndexed(&got, args, v, set)
				return
			}
			raiseName(errTypeMismatch, name)
		}
		if p.kind == TypeArray && len(args) > 0 {
			e := fr.element(p.ref.(*Array), args)
			fr.in.store(e, fr.in.kept(v, set))
			return
		}
		if p.kind != TypeObject {
			raiseName(errTypeMismatch, name)
		}
		fr.putIndexed(p, args, v, set)
	}
}

// putIndexed gives an element, or a default member with arguments, a value.
func (fr *frame) putIndexed(p *Value, args []exprFn, v Value, set bool) {
	in := fr.in
	stack, sp := in.stack, in.sp
	in.assignTo(p, fr.evalArgs(args), v, set)
	in.stack, in.sp = stack, sp
}

// assignTo gives a variable, its element or its object's default member a value.
func (in *Interp) assignTo(p *Value, args []Value, v Value, set bool) {
	p = target(p)
	if len(args) == 0 {
		in.store(p, in.kept(v, set))
		return
	}
	switch p.kind {
	case TypeArray:
		vals := make([]Value, len(args))
		for i, a := range args {
			vals[i] = a.deref()
		}
		in.store(p.ref.(*Array).at(vals, in), in.kept(v, set))
	case TypeObject:
		if p.ref == nil {
			raise(errNotSet)
		}
		in.put(p.ref.(Object), "", args, v, set)
	default:
		raise(errTypeMismatch)
	}
}

func (c *compiler) memberPutter(x *memberNode, list []exprNode, set bool) func(*frame, Value) {
	args := c.values(list)
	name := x.text
	if _, me := x.x.(*meNode); me && c.class != nil {
		if i, ok := c.class.fields[x.key]; ok {
			return func(fr *frame, v Value) { fr.putIndexed(&fr.me.fields[i], args, v, set) }
		}
		if m := c.class.members[x.key]; m != nil {
			return func(fr *frame, v Value) {
				in := fr.in
				stack, sp := in.stack, in.sp
				in.putMember(m, fr.me, fr.evalArgs(args), in.kept(v, set), set, true)
				in.stack, in.sp = stack, sp
			}
		}
	}
	f := c.expr(x.x)
	what := nodeName(x.x)
	full := memberName(x)
	return func(fr *frame, v Value) {
		o := fr.object(f(fr), what)
		in := fr.in
		stack, sp := in.stack, in.sp
		vals := fr.evalArgs(args)
		in.calling = full
		in.put(o, name, vals, v, set)
		in.calling = ""
		in.stack, in.sp = stack, sp
	}
}

// reference compiles what ReDim, Erase and For take.
func (c *compiler) reference(x exprNode) refFn {
	switch x := x.(type) {
	case *nameNode:
		ref := c.nameRef(x, true)
		name := x.text
		return func(fr *frame) *Value {
			var p *Value
			if ref != nil {
				p = ref(fr)
			}
			if p == nil {
				raiseName(errIllegalAssign, name)
			}
			return p
		}
	case *callNode:
		if n, ok := x.x.(*nameNode); ok {
			ref := c.reference(n)
			args := c.values(x.args)
			return func(fr *frame) *Value {
				p := ref(fr)
				if p.kind != TypeArray {
					raiseName(errTypeMismatch, n.text)
				}
				return fr.element(p.ref.(*Array), args)
			}
		}
	case *memberNode:
		get := c.expr(x.x)
		key := x.key
		return func(fr *frame) *Value {
			o := fr.object(get(fr), nodeName(x.x))
			if i, ok := o.(*instance); ok {
				if n, ok := i.class.fields[key]; ok && (!i.class.private[n] || i == fr.me) {
					return &i.fields[n]
				}
			}
			raiseName(errIllegalAssign, x.text)
			return nil
		}
	}
	return func(*frame) *Value { raise(errIllegalAssign); return nil }
}
