package vbscript

import "openwmi/internal/source"

// A compiler turns the tree of a script, a procedure or the text of Execute into
// closures. It resolves names to slots, fields, globals or built-in functions.
type compiler struct {
	in       *Interp
	file     *source.File
	scope    *scope
	class    *class
	explicit bool
	guarded  bool    // On Error Resume Next may be in force
	withs    []refFn // the objects of the With statements around
}

func (c *compiler) fail(pos source.Pos, code int) {
	panic(&Error{Number: int32(code), Source: compileSource, Description: errorText(code), Position: c.file.Position(pos), file: c.file, pos: pos})
}

// script declares what a script declares, and compiles its statements.
func (c *compiler) script(s *Script) stmtFn {
	// What may fail comes first, so that no name is left half declared.
	for i, n := range s.classes {
		if cl := c.in.cells[n.key]; cl != nil && cl.kind == cellClass {
			c.fail(n.pos, errRedefined)
		}
		for _, o := range s.classes[:i] {
			if o.key == n.key {
				c.fail(n.pos, errRedefined)
			}
		}
	}
	c.hoist(s.body)
	for _, p := range s.procs {
		cl := c.in.cell(p.text)
		cl.kind, cl.name, cl.val = cellProc, p.text, Empty
	}
	for _, n := range s.classes {
		cl := c.in.cell(n.text)
		cl.kind, cl.name, cl.class, cl.val = cellClass, n.text, &class{name: n.text}, Empty
	}
	for _, n := range s.classes {
		c.classDecl(n, c.in.cell(n.text).class)
	}
	for _, p := range s.procs {
		c.in.cell(p.text).proc = c.procedure(p, nil)
	}
	return c.block(s.body)
}

// hoist declares the variables of a scope before its code is compiled, since a
// declaration holds for the whole of it.
func (c *compiler) hoist(list []stmtAt) {
	for _, at := range list {
		switch s := at.s.(type) {
		case *dimNode:
			for _, v := range s.vars {
				c.declareVar(v.key, v.text)
			}
		case *constNode:
			for i, v := range s.names {
				c.declareVar(v.key, v.text)
				switch l, ok := s.vals[i].(*litNode); {
				case ok && c.scope.global:
					c.in.cell(v.text).val = l.val
				case !c.scope.global && c.scope.frame == nil:
					c.scope.consts[v.key] = true
				}
			}
		case *redimNode:
			for _, t := range s.targets {
				if n, ok := t.(*nameNode); ok {
					c.declareImplicit(n)
				}
			}
		case *ifNode:
			for _, b := range s.bodies {
				c.hoist(b)
			}
			c.hoist(s.other)
		case *selectNode:
			for _, b := range s.cases {
				c.hoist(b.body)
			}
			c.hoist(s.other)
		case *forNode:
			c.hoist(s.body)
		case *eachNode:
			c.hoist(s.body)
		case *doNode:
			c.hoist(s.body)
		case *withStmt:
			c.hoist(s.body)
		}
	}
}

// declareImplicit declares what ReDim names, unless the name is there already.
func (c *compiler) declareImplicit(n *nameNode) {
	sc := c.scope
	if _, ok := sc.names[n.key]; ok {
		return
	}
	if c.class != nil {
		if _, ok := c.class.fields[n.key]; ok || c.class.members[n.key] != nil {
			return
		}
	}
	cl := c.in.cell(n.text)
	switch {
	case cl.kind != cellUndefined:
	case sc.global:
		cl.kind = cellVar
	case sc.frame != nil:
		sc.frame.extraVar(n.key, true)
	default:
		sc.slot(n.key)
		sc.implicit[n.key] = true
	}
}

func (c *compiler) declareVar(key, text string) {
	if c.scope.global {
		cl := c.in.cell(text)
		if cl.kind != cellVar {
			cl.kind, cl.name, cl.val = cellVar, text, Empty
		}
		return
	}
	if c.scope.frame != nil {
		c.scope.frame.extraVar(key, true)
		return
	}
	if _, ok := c.scope.names[key]; !ok {
		c.scope.slot(key)
	} else {
		delete(c.scope.implicit, key)
	}
}

func (c *compiler) procedure(n *procNode, cls *class) *proc {
	p := &proc{name: n.text, key: n.key, kind: n.kind, file: c.file, params: n.params, ret: -1, class: cls}
	p.scope = &scope{names: make(map[string]int), implicit: make(map[string]bool), consts: make(map[string]bool), class: cls, fn: n.key}
	sub := &compiler{in: c.in, file: c.file, scope: p.scope, class: cls, explicit: c.explicit, guarded: n.resume}
	for _, a := range n.params {
		p.scope.slot(a.key)
	}
	if n.kind == kindFunction || n.kind == kindGet {
		if i, ok := p.scope.names[n.key]; ok {
			p.ret = i
		} else {
			p.ret = p.scope.slot(n.key)
		}
	}
	sub.hoist(n.body)
	p.body = sub.block(n.body)
	return p
}

func (c *compiler) classDecl(n *classNode, cls *class) {
	cls.fields = make(map[string]int)
	cls.members = make(map[string]*member)
	cls.inits, cls.private = n.vars, n.private
	for i, v := range n.vars {
		cls.fields[v.key] = i
	}
	// Members are known before their bodies are compiled.
	for _, p := range n.procs {
		m := cls.members[p.key]
		if m == nil {
			m = &member{name: p.text}
			cls.members[p.key] = m
		}
		if p.isDefault {
			cls.def = m
		}
	}
	for _, pn := range n.procs {
		p := c.procedure(pn, cls)
		m := cls.members[pn.key]
		switch pn.kind {
		case kindLet:
			m.let, m.letPriv = p, pn.private
		case kindSet:
			m.set, m.setPriv = p, pn.private
		default:
			m.get, m.getPriv = p, pn.private
		}
		switch {
		case pn.kind != kindSub:
		case pn.key == "class_initialize":
			cls.init = p
		case pn.key == "class_terminate":
			cls.term = p
			c.in.counting = true
		}
	}
}

type node struct {
	pos source.Pos
	run stmtFn
}

// block compiles statements that run one after the other.
func (c *compiler) block(list []stmtAt) stmtFn {
	nodes := make([]node, 0, len(list))
	for _, at := range list {
		if run := c.statement(at); run != nil {
			nodes = append(nodes, node{at.pos, run})
		}
	}
	switch {
	case len(nodes) == 0:
		return func(*frame) ctl { return ctlNext }
	case c.guarded:
		return guarded(nodes)
	case len(nodes) == 1:
		pos, run := nodes[0].pos, nodes[0].run
		return func(fr *frame) ctl {
			fr.pos = pos
			k := run(fr)
			if len(fr.in.dying) > 0 {
				fr.in.bury(fr.depth)
			}
			return k
		}
	}
	return func(fr *frame) ctl {
		for i := range nodes {
			fr.pos = nodes[i].pos
			k := nodes[i].run(fr)
			if len(fr.in.dying) > 0 {
				fr.in.bury(fr.depth)
			}
			if k != ctlNext {
				return k
			}
		}
		return ctlNext
	}
}

// guarded runs statements of which each may fail and be passed over.
func guarded(nodes []node) stmtFn {
	attempt := func(fr *frame, i *int) (k ctl, ended bool) {
		stack, sp := fr.in.stack, fr.in.sp
		defer func() {
			if fr.in.ended {
				return // without the cost of raising the error once more
			}
			if r := recover(); r != nil {
				if !fr.handle(r, stack, sp) {
					panic(r)
				}
				ended = false
			}
		}()
		for ; *i < len(nodes); *i++ {
			fr.pos = nodes[*i].pos
			k := nodes[*i].run(fr)
			if len(fr.in.dying) > 0 {
				fr.in.bury(fr.depth)
			}
			if k != ctlNext {
				return k, true
			}
		}
		return ctlNext, true
	}
	return func(fr *frame) ctl {
		i := 0
		for {
			k, ended := attempt(fr, &i)
			if ended {
				return k
			}
			i++
			fr.in.step()
			if len(fr.in.dying) > 0 {
				fr.in.bury(fr.depth)
			}
		}
	}
}

// try evaluates the head of a block. It reports false when that failed and the script
// goes on.
func (c *compiler) try(pos source.Pos, f func(*frame)) func(*frame) bool {
	if !c.guarded {
		return func(fr *frame) bool {
			fr.pos = pos
			f(fr)
			return true
		}
	}
	return func(fr *frame) (ok bool) {
		fr.pos = pos
		if !fr.resume {
			f(fr)
			return true
		}
		stack, sp := fr.in.stack, fr.in.sp
		defer func() {
			if fr.in.ended {
				return // without the cost of raising the error once more
			}
			if r := recover(); r != nil {
				if !fr.handle(r, stack, sp) {
					panic(r)
				}
				ok = false
			}
		}()
		f(fr)
		return true
	}
}

// cond compiles a condition, which counts as failed when it raises an error that the
// script passes over.
func (c *compiler) cond(pos source.Pos, x exprNode, failed bool) func(*frame) bool {
	f := c.expr(x)
	if !c.guarded {
		return func(fr *frame) bool {
			fr.pos = pos
			v := f(fr)
			if v.kind == TypeBoolean {
				return v.num != 0
			}
			return fr.in.condition(v)
		}
	}
	return func(fr *frame) (yes bool) {
		fr.pos = pos
		if !fr.resume {
			return fr.in.condition(f(fr))
		}
		stack, sp := fr.in.stack, fr.in.sp
		defer func() {
			if fr.in.ended {
				return // without the cost of raising the error once more
			}
			if r := recover(); r != nil {
				if !fr.handle(r, stack, sp) {
					panic(r)
				}
				yes = failed
			}
		}()
		return fr.in.condition(f(fr))
	}
}
