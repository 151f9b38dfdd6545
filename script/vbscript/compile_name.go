package vbscript

// A place is what a name stands for.
type place struct {
	ref      refFn // a variable; nil for none
	implicit *cell // with ref: the global that goes first when it exists
	cell     *cell
	member   *member
	builtin  *builtin
	name     string
	key      string
	self     bool // the function that is being compiled
}

func (c *compiler) resolve(n *nameNode) place {
	pl := place{name: n.text, key: n.key}
	sc := c.scope
	if i, ok := sc.names[n.key]; ok {
		if sc.implicit[n.key] {
			pl.implicit = c.in.cell(n.text)
		}
		pl.ref = func(fr *frame) *Value { return &fr.locals[i] }
		pl.self = sc.fn == n.key
		return pl
	}
	if sc.frame != nil {
		if p := sc.frame.extraVar(n.key, false); p != nil {
			pl.ref = func(*frame) *Value { return p }
			return pl
		}
	}
	if c.class != nil {
		if i, ok := c.class.fields[n.key]; ok {
			pl.ref = func(fr *frame) *Value { return &fr.me.fields[i] }
			return pl
		}
		if m := c.class.members[n.key]; m != nil {
			pl.member = m
			return pl
		}
	}
	cl := c.in.cells[n.key]
	if cl == nil || cl.kind == cellUndefined {
		if b := builtins[n.key]; b != nil {
			pl.builtin = b
			return pl
		}
		cl = c.in.cell(n.text)
	}
	pl.cell = cl
	if known := c.in.known(cl); sc.global || c.explicit || known {
		return pl
	}
	// A name of a procedure that nothing declares is a variable of it, unless a global
	// of that name comes into being.
	if sc.frame != nil {
		p := sc.frame.extraVar(n.key, true)
		pl.ref = func(*frame) *Value { return p }
	} else {
		i := sc.slot(n.key)
		sc.implicit[n.key] = true
		pl.ref = func(fr *frame) *Value { return &fr.locals[i] }
	}
	pl.implicit = cl
	return pl
}

// nameValue compiles a name that is read without arguments.
func (c *compiler) nameValue(n *nameNode) exprFn {
	if i, ok := c.scope.names[n.key]; ok && !c.scope.implicit[n.key] {
		return func(fr *frame) Value {
			v := fr.locals[i]
			if v.kind == typeRef {
				return *v.ref.(*Value)
			}
			return v
		}
	}
	pl := c.resolve(n)
	switch {
	case pl.ref != nil && pl.implicit == nil:
		ref := pl.ref
		return func(fr *frame) Value { return ref(fr).deref() }
	case pl.ref != nil:
		ref, cl := pl.ref, pl.implicit
		return func(fr *frame) Value {
			if !fr.in.known(cl) {
				return ref(fr).deref()
			}
			return fr.in.cellValue(cl)
		}
	case pl.member != nil:
		m := pl.member
		return func(fr *frame) Value {
			if m.get == nil {
				raiseName(errNoMember, m.name)
			}
			return fr.in.callValues(m.get, fr.me, nil)
		}
	case pl.builtin != nil:
		return c.builtinValue(pl.builtin, nil)
	}
	cl := pl.cell
	if c.scope.global && !c.explicit && cl.kind == cellUndefined {
		cl.kind = cellVar
	}
	return func(fr *frame) Value {
		if cl.kind == cellVar {
			return cl.val
		}
		return fr.in.cellValue(cl)
	}
}

// cellValue reads a global without arguments.
func (in *Interp) cellValue(cl *cell) Value {
	switch cl.kind {
	case cellVar, cellConst:
		return cl.val
	case cellProc:
		return in.callValues(cl.proc, nil, nil)
	case cellClass:
		raiseName(errTypeMismatch, cl.name)
	}
	if in.known(cl) {
		return in.callOuter(cl, nil)
	}
	raiseName(errUndefined, cl.name)
	return Empty
}

// nameRef compiles a name to a reference to its variable; nil when it is none.
// The function returns nil when it turns out at run time that there is no variable.
func (c *compiler) nameRef(n *nameNode, create bool) refFn {
	if c.scope.consts[n.key] {
		return nil
	}
	if i, ok := c.scope.names[n.key]; ok && !c.scope.implicit[n.key] {
		return func(fr *frame) *Value {
			p := &fr.locals[i]
			if p.kind == typeRef {
				return p.ref.(*Value)
			}
			return p
		}
	}
	pl := c.resolve(n)
	switch {
	case pl.ref != nil && pl.implicit == nil:
		ref := pl.ref
		return func(fr *frame) *Value { return target(ref(fr)) }
	case pl.ref != nil:
		ref, cl := pl.ref, pl.implicit
		return func(fr *frame) *Value {
			if !fr.in.known(cl) {
				return target(ref(fr))
			}
			return cl.variable()
		}
	case pl.cell != nil:
		cl := pl.cell
		if c.scope.global && !c.explicit && cl.kind == cellUndefined {
			cl.kind = cellVar
		}
		return func(fr *frame) *Value {
			if cl.kind == cellVar {
				return &cl.val
			}
			if create && !fr.in.known(cl) {
				raiseName(errUndefined, cl.name)
			}
			return nil
		}
	}
	return nil
}

func (cl *cell) variable() *Value {
	if cl.kind == cellVar {
		return &cl.val
	}
	return nil
}

func target(p *Value) *Value {
	if p.kind == typeRef {
		return p.ref.(*Value)
	}
	return p
}
