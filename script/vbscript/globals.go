package vbscript

import "context"

// globals is Me outside of classes: an object whose members are the globals.
type globals struct{ in *Interp }

// TypeName is Object.
func (*globals) TypeName() string { return "Object" }

// Get reads a variable or calls a procedure.
func (g *globals) Get(ctx context.Context, name string, args Args) (v Value, err error) {
	err = g.in.enter(ctx, func() { v = g.member(name, args.v) })
	return v, err
}

// Put sets a variable; error 501 for a constant.
func (g *globals) Put(ctx context.Context, name string, args Args, v Value, byRef bool) error {
	return g.in.enter(ctx, func() { g.setMember(name, args.v, v, byRef) })
}

func (g *globals) cell(name string) *cell {
	c := g.own(name)
	if c == nil {
		raiseName(errNoMember, name)
	}
	return c
}

func (g *globals) member(name string, args []Value) Value {
	c := g.cell(name)
	if c.kind == cellProc {
		return g.in.callValues(c.proc, nil, args)
	}
	return g.in.indexed(&c.val, args, name)
}

func (g *globals) setMember(name string, args []Value, v Value, set bool) {
	c := g.cell(name)
	if c.kind != cellVar && len(args) == 0 {
		raiseName(errIllegalAssign, name)
	}
	g.in.assignTo(&c.val, args, v, set)
}
