package vbscript

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// A class is a Class of a script.
type class struct {
	name    string
	fields  map[string]int
	private []bool
	inits   []varNode
	members map[string]*member
	def     *member
	init    *proc
	term    *proc
}

// A member is a procedure of a class, or the procedures of a property.
type member struct {
	name             string
	get, let, set    *proc
	getPriv, letPriv bool
	setPriv          bool
}

// An instance is an object of a class.
type instance struct {
	in      *Interp
	class   *class
	fields  []Value
	serial  int64 // in the order of making
	refs    int
	escaped bool
	dead    bool
	mark    uint32
}

// TypeName returns the name of the class.
func (i *instance) TypeName() string { return i.class.name }

// Get reads a public member from outside of the script.
func (i *instance) Get(ctx context.Context, name string, args Args) (v Value, err error) {
	err = i.in.enter(ctx, func() { v = i.in.instanceGet(i, name, args.v) })
	return v, err
}

// Put sets a public member from outside of the script.
func (i *instance) Put(ctx context.Context, name string, args Args, v Value, byRef bool) error {
	return i.in.enter(ctx, func() { i.in.instancePut(i, name, args.v, v, byRef) })
}

func (i *instance) member(name string, args []Value) Value { return i.in.instanceGet(i, name, args) }

func (i *instance) setMember(name string, args []Value, v Value, set bool) {
	i.in.instancePut(i, name, args, v, set)
}

func (in *Interp) newInstance(c *class) Value {
	in.charge(int64(len(c.inits))*valueSize + instanceSize)
	in.made++
	i := &instance{in: in, class: c, serial: in.made, fields: make([]Value, len(c.inits))}
	for n, v := range c.inits {
		if v.array {
			i.fields[n] = FromArray(in.declared(v))
		}
	}
	if in.counting {
		in.dying = append(in.dying, dying{i, in.depth})
		if c.term != nil {
			in.live[i] = true
		}
	}
	if c.init != nil {
		in.callValues(c.init, i, nil)
	}
	return Value{kind: TypeObject, ref: i}
}

// declared makes the array of a declaration.
func (in *Interp) declared(v varNode) *Array {
	if len(v.dims) == 0 {
		return &Array{}
	}
	uppers := make([]int64, len(v.dims))
	for i, d := range v.dims {
		uppers[i] = d.(*litNode).val.int()
	}
	a := in.makeArray(uppers)
	a.fixed = true
	return a
}

func (in *Interp) instanceGet(i *instance, name string, args []Value) Value {
	m := i.class.def
	if name != "" {
		key := fold(name)
		if n, ok := i.class.fields[key]; ok && !i.class.private[n] {
			return in.indexed(&i.fields[n], args, name)
		}
		m = i.class.members[key]
	}
	if m == nil || m.get == nil || m.getPriv {
		raiseName(errNoMember, name)
	}
	return in.callMember(m.get, i, args)
}

// callMember calls a function, or reads a property without arguments and indexes what it gives.
func (in *Interp) callMember(p *proc, i *instance, args []Value) Value {
	if p.kind == kindGet && len(args) > 0 && len(p.params) == 0 {
		v := in.callValues(p, i, nil)
		return in.indexed(&v, args, p.name)
	}
	return in.callValues(p, i, args)
}

func (in *Interp) instancePut(i *instance, name string, args []Value, v Value, set bool) {
	m := i.class.def
	if name != "" {
		key := fold(name)
		if n, ok := i.class.fields[key]; ok && !i.class.private[n] {
			in.assignTo(&i.fields[n], args, v, set)
			return
		}
		m = i.class.members[key]
	}
	if m == nil {
		raiseName(errNoMember, name)
	}
	in.putMember(m, i, args, v, set, false)
}

func (in *Interp) putMember(m *member, i *instance, args []Value, v Value, set, inside bool) {
	p, private := m.let, m.letPriv
	if set {
		p, private = m.set, m.setPriv
	}
	if p == nil || private && !inside {
		// A property that only gives an array or object lets its elements be set.
		if len(args) > 0 && m.get != nil && len(m.get.params) == 0 {
			got := in.callValues(m.get, i, nil)
			in.assignTo(&got, args, v, set)
			return
		}
		raiseName(errNoMember, m.name)
	}
	all := append(append(make([]Value, 0, len(args)+1), args...), v)
	in.callValues(p, i, all)
}

// A dying instance had no references when it was noted; the end of a statement of the
// same or an outer procedure terminates it if it still has none.
type dying struct {
	inst  *instance
	depth int
}

// store gives a variable a value.
func (in *Interp) store(p *Value, v Value) {
	if p.kind == typeRef {
		p = p.ref.(*Value)
	}
	if !in.counting {
		*p = v
		return
	}
	in.retain(v)
	old := *p
	*p = v
	in.release(old, in.depth)
}

func (in *Interp) retain(v Value) {
	if i, ok := v.ref.(*instance); ok {
		i.refs++
	}
}

func (in *Interp) release(v Value, depth int) {
	switch r := v.ref.(type) {
	case *instance:
		r.refs--
		if r.refs <= 0 && !r.escaped && !r.dead {
			in.dying = append(in.dying, dying{r, depth})
		}
	case *Array:
		for _, e := range r.elems {
			if e.ref != nil {
				in.release(e, depth)
			}
		}
	}
}

// releaseFrame releases what a procedure that ends holds.
func (in *Interp) releaseFrame(fr *frame) {
	for i, v := range fr.locals {
		if _, isArray := v.ref.(*Array); isArray && (i == fr.proc.ret || i < len(fr.proc.params)) {
			continue // which the caller has
		}
		in.release(v, fr.depth-1)
	}
	if fr.me != nil {
		fr.me.refs--
		if fr.me.refs <= 0 && !fr.me.escaped && !fr.me.dead {
			in.dying = append(in.dying, dying{fr.me, fr.depth - 1})
		}
	}
}

// bury terminates what has died by the end of a statement of a procedure so deep.
func (in *Interp) bury(depth int) {
	for n := 0; n < len(in.dying); {
		d := in.dying[n]
		if d.depth < depth {
			n++
			continue
		}
		in.dying = append(in.dying[:n], in.dying[n+1:]...)
		if d.inst.refs <= 0 && !d.inst.escaped && !d.inst.dead {
			in.terminate(d.inst)
			n = 0
		}
	}
}

// terminate calls Class_Terminate, whose errors go nowhere, and lets the fields go.
func (in *Interp) terminate(i *instance) {
	i.dead = true
	delete(in.live, i)
	if i.class.term != nil {
		in.quietly(func() { in.callValues(i.class.term, i, nil) })
	}
	for n, v := range i.fields {
		in.release(v, in.depth)
		i.fields[n] = Empty
	}
}

// quietly runs f and forgets its error, unless that ends the script.
func (in *Interp) quietly(f func()) {
	top, stack, sp, depth := in.top, in.stack, in.sp, in.depth
	defer func() {
		if in.ended {
			return
		}
		if r := recover(); r != nil {
			if e, ok := r.(*Error); !ok || e.final {
				panic(r)
			}
			in.top, in.stack, in.sp, in.depth = top, stack, sp, depth
		}
	}()
	f()
}

func (in *Interp) terminateAll() {
	for _, c := range slices.SortedFunc(maps.Values(in.cells), func(a, b *cell) int { return cmp.Compare(a.order, b.order) }) {
		if c.kind == cellVar {
			in.store(&c.val, Empty)
			in.bury(0)
		}
	}
	for len(in.live) > 0 {
		left := slices.SortedFunc(maps.Keys(in.live), func(a, b *instance) int { return cmp.Compare(a.serial, b.serial) })
		for _, i := range left {
			if !i.dead {
				in.terminate(i)
			}
		}
		in.bury(0)
	}
}
