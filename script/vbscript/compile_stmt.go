package vbscript

func (c *compiler) statement(at stmtAt) stmtFn {
	switch s := at.s.(type) {
	case *assignNode:
		return c.assign(s)
	case *callStmt:
		return c.callStatement(s)
	case *dimNode:
		return c.dim(s)
	case *constNode:
		return c.constant(s)
	case *redimNode:
		return c.redim(s)
	case *ifNode:
		return c.ifStmt(s)
	case *selectNode:
		return c.selectStmt(at, s)
	case *forNode:
		return c.forStmt(at, s)
	case *eachNode:
		return c.each(at, s)
	case *doNode:
		return c.do(s)
	case *withStmt:
		return c.with(at, s)
	case *exitNode:
		return c.exit(s)
	case *onError:
		on := s.resume
		return func(fr *frame) ctl {
			fr.resume = on
			fr.in.err.clear()
			return ctlNext
		}
	case *eraseNode:
		return c.erase(s)
	case *stopNode:
		return nil
	}
	// The expression of Eval.
	f := c.expr(at.s)
	return func(fr *frame) ctl { f(fr); return ctlNext }
}

func (c *compiler) callStatement(s *callStmt) stmtFn {
	var f exprFn
	if b := c.statementBuiltin(s.x); b != nil {
		f = c.callBuiltin(b, s.args)
		if b.noCall {
			return func(fr *frame) ctl { f(fr); raise(errNoVariant); return ctlNext }
		}
	} else if s.has {
		f = c.call(&callNode{s.x, s.args})
	} else if n, ok := s.x.(*nameNode); ok {
		f = c.bareCall(n)
	} else {
		f = c.expr(s.x)
	}
	return func(fr *frame) ctl { f(fr); return ctlNext }
}

// statementBuiltin returns the built-in function that a statement calls, or nil.
func (c *compiler) statementBuiltin(x exprNode) *builtin {
	n, ok := x.(*nameNode)
	if !ok || builtins[n.key] == nil || builtins[n.key].fn == nil {
		return nil
	}
	return c.resolve(n).builtin
}

// bareCall compiles a name that stands alone as a statement.
func (c *compiler) bareCall(n *nameNode) exprFn {
	pl := c.resolve(n)
	if pl.self {
		return c.nameCall(n, nil)
	}
	name := n.text
	if cl := pl.cell; cl != nil {
		return func(fr *frame) Value {
			switch cl.kind {
			case cellProc:
				return fr.in.callValues(cl.proc, nil, nil)
			case cellUndefined, cellOuter:
				if fr.in.known(cl) {
					return fr.in.callOuter(cl, nil)
				}
				raiseName(errTypeMismatch, name)
			}
			if cl.val.kind != TypeObject {
				raiseName(errTypeMismatch, name)
			}
			return fr.in.scalar(cl.val)
		}
	}
	return c.nameValue(n)
}

func (c *compiler) dim(s *dimNode) stmtFn {
	// An array is there from when its declaration is first passed; in a loop it stays.
	var run []stmtFn
	for _, v := range s.vars {
		if !v.array {
			continue
		}
		ref := c.nameRef(&nameNode{v.pos, v.key, v.text}, true)
		run = append(run, func(fr *frame) ctl {
			if p := ref(fr); p.kind != TypeArray {
				fr.in.store(p, FromArray(fr.in.declared(v)))
			}
			return ctlNext
		})
	}
	switch len(run) {
	case 0:
		return nil
	case 1:
		return run[0]
	}
	return func(fr *frame) ctl {
		for _, f := range run {
			f(fr)
		}
		return ctlNext
	}
}

func (c *compiler) constant(s *constNode) stmtFn {
	var fs []func(*frame)
	for i, v := range s.names {
		val := c.expr(s.vals[i])
		if c.scope.global {
			cl := c.in.cell(v.text)
			cl.kind = cellConst
			fs = append(fs, func(fr *frame) { cl.val = val(fr) })
			continue
		}
		ref := c.resolve(&nameNode{v.pos, v.key, v.text}).ref
		fs = append(fs, func(fr *frame) { *ref(fr) = val(fr) })
	}
	return func(fr *frame) ctl {
		for _, f := range fs {
			f(fr)
		}
		return ctlNext
	}
}

func (c *compiler) redim(s *redimNode) stmtFn {
	refs := make([]refFn, len(s.targets))
	dims := make([][]exprFn, len(s.targets))
	for i, t := range s.targets {
		refs[i] = c.reference(t)
		dims[i] = c.values(s.dims[i])
	}
	preserve := s.preserve
	return func(fr *frame) ctl {
		for i, ref := range refs {
			vals := make([]Value, len(dims[i]))
			for j, d := range dims[i] {
				vals[j] = d(fr)
			}
			p := ref(fr)
			if a := p.Array(); a != nil && a.fixed && !preserve {
				raise(errFixedArray) // before what the bounds are
			}
			uppers := make([]int64, len(vals))
			for j, v := range vals {
				uppers[j] = int64(fr.in.toLong(v))
			}
			fr.in.redim(p, uppers, preserve)
		}
		return ctlNext
	}
}

func (c *compiler) erase(s *eraseNode) stmtFn {
	refs := make([]refFn, len(s.targets))
	for i, t := range s.targets {
		refs[i] = c.reference(t)
	}
	return func(fr *frame) ctl {
		for _, ref := range refs {
			p := ref(fr)
			a := p.Array()
			if a == nil {
				raise(errTypeMismatch)
			}
			if fr.in.counting {
				fr.in.release(*p, fr.depth)
			}
			if a.fixed {
				clear(a.elems)
				continue
			}
			*p = FromArray(&Array{})
		}
		return ctlNext
	}
}

func (c *compiler) ifStmt(s *ifNode) stmtFn {
	conds := make([]func(*frame) bool, len(s.conds))
	bodies := make([]stmtFn, len(s.conds))
	for i, x := range s.conds {
		conds[i] = c.cond(s.poss[i], x, true)
		bodies[i] = c.block(s.bodies[i])
	}
	other := c.block(s.other)
	if len(conds) == 1 {
		cond, body := conds[0], bodies[0]
		return func(fr *frame) ctl {
			if cond(fr) {
				return body(fr)
			}
			return other(fr)
		}
	}
	return func(fr *frame) ctl {
		for i, cond := range conds {
			if cond(fr) {
				return bodies[i](fr)
			}
		}
		return other(fr)
	}
}

func (c *compiler) selectStmt(at stmtAt, s *selectNode) stmtFn {
	x := c.expr(s.x)
	lit := isLiteral(s.x)
	type alternative struct {
		tests []func(*frame, Value) bool
		body  stmtFn
	}
	alts := make([]alternative, len(s.cases))
	for i, cs := range s.cases {
		for _, val := range cs.vals {
			f, yl := c.expr(val), isLiteral(val)
			alts[i].tests = append(alts[i].tests, func(fr *frame, v Value) bool {
				order, null := fr.in.compare(v, f(fr), lit, yl)
				return !null && order == 0
			})
		}
		alts[i].body = c.block(cs.body)
	}
	other := c.block(s.other)
	guarded := c.guarded
	return func(fr *frame) ctl {
		v := fr.in.kept(x(fr), false)
		for _, a := range alts {
			for _, test := range a.tests {
				if guarded && fr.resume {
					if fr.testCase(test, v) {
						return a.body(fr)
					}
				} else if test(fr, v) {
					return a.body(fr)
				}
			}
		}
		return other(fr)
	}
}

// testCase is a comparison that may fail under On Error Resume Next: the script goes on
// in the block of the case.
func (fr *frame) testCase(test func(*frame, Value) bool, v Value) (yes bool) {
	stack, sp := fr.in.stack, fr.in.sp
	defer func() {
		if fr.in.ended {
			return
		}
		if r := recover(); r != nil {
			if !fr.handle(r, stack, sp) {
				panic(r)
			}
			yes = true
		}
	}()
	return test(fr, v)
}

func (c *compiler) with(at stmtAt, s *withStmt) stmtFn {
	x := c.expr(s.x)
	ref := c.scope.hidden()
	start := c.try(at.pos, func(fr *frame) {
		v := x(fr)
		if v.kind != TypeObject { // Nothing is one
			raiseName(errObjectRequired, nodeName(s.x))
		}
		fr.in.store(ref(fr), v)
	})
	c.withs = append(c.withs, ref)
	body := c.block(s.body)
	c.withs = c.withs[:len(c.withs)-1]
	return func(fr *frame) ctl {
		outer := fr.with
		start(fr)
		fr.with = *ref(fr)
		k := body(fr)
		fr.in.store(ref(fr), Empty)
		fr.with = outer
		return k
	}
}

func (c *compiler) exit(s *exitNode) stmtFn {
	switch s.what {
	case "do":
		return func(*frame) ctl { return ctlExitDo }
	case "for":
		return func(*frame) ctl { return ctlExitFor }
	}
	return func(*frame) ctl { return ctlExitProc }
}
