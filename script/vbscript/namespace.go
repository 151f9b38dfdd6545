package vbscript

// A Namespace is the globals of an engine, as the other engines of the same program use
// them: by name, without regard to case in this language and in the exact case first in
// JScript. Get calls a procedure and reads a variable, Put sets a variable.
type Namespace interface {
	Membered
	// Defines reports whether scripts of the engine have made a global of the name.
	Defines(name string) bool
	// Entries counts how often the engine was entered or left: in between it makes no
	// globals, unless it is what called.
	Entries() int
}

var _ Namespace = (*globals)(nil)

// Namespace returns the variables, constants and procedures that scripts have declared,
// for engines of other languages. Classes are not in it; instances of them are values.
func (in *Interp) Namespace() Namespace { return &globals{in} }

// Import lets scripts use the globals of another engine by their names, wherever a name is
// neither declared here nor that of a built-in function. An earlier import goes first.
func (in *Interp) Import(ns Namespace) { in.outer = append(in.outer, ns) }

// Defines implements Namespace.
func (g *globals) Defines(name string) bool { return g.own(name) != nil }

// Method implements Membered.
func (g *globals) Method(name string) bool {
	c := g.own(name)
	return c != nil && c.kind == cellProc
}

// Entries implements Namespace.
func (g *globals) Entries() int { return g.in.entries }

// own returns a global that others may see, nil when there is none.
func (g *globals) own(name string) *cell {
	c := g.in.cells[fold(name)]
	if c == nil {
		return nil
	}
	switch c.kind {
	case cellVar, cellConst, cellProc:
		return c
	}
	return nil
}

// known reports whether a name stands for something: a name that nothing declares is
// looked up in the other engines, each time until one of them has it.
func (in *Interp) known(c *cell) bool {
	if c.kind != cellUndefined {
		return true
	}
	if len(in.outer) == 0 {
		return false
	}
	entries := in.entries
	for _, ns := range in.outer {
		entries += ns.Entries()
	}
	if c.asked == entries { // and nothing has run elsewhere since
		return false
	}
	c.asked = entries
	for _, ns := range in.outer {
		if ns.Defines(c.name) {
			c.kind, c.outer = cellOuter, ns
			return true
		}
	}
	return false
}

// callOuter reads a global of another engine, or calls it with arguments. What is no
// procedure there is indexed.
func (in *Interp) callOuter(c *cell, args []Value) Value {
	if len(args) == 0 || c.outer.Method(c.name) {
		return in.get(c.outer, c.name, args)
	}
	v := in.get(c.outer, c.name, nil)
	return in.indexed(&v, args, c.name)
}
