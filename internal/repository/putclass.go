package repository

import (
	"math"

	"openwmi/cim"
	"openwmi/wbem"
)

const classFlags = instanceFlags | wbem.UpdateSafeMode | wbem.UpdateForceMode

// PutClass creates or changes a class and says what that did. The declaration
// now belongs to the repository. Flags: CreateOnly, UpdateOnly, UpdateSafeMode,
// UpdateForceMode; the others that a put knows are accepted. The rules are
// those of put.md 4, in the order of put.md 3, steps 7, 9, 14, 16 and 17.
func (tx *Tx) PutClass(ns *Namespace, decl *cim.ClassDecl, flags wbem.Flags) (*wbem.ClassPlan, error) {
	st, p, err := tx.checkClass(ns, decl, flags)
	if err != nil {
		return nil, err
	}
	if p.old == nil {
		tx.createClass(st, p)
	} else if err := tx.updateClass(st, p); err != nil {
		return nil, err
	}
	return p.plan(), nil
}

// PlanClass returns what PutClass would do, or its error, and writes nothing.
func (tx *Tx) PlanClass(ns *Namespace, decl *cim.ClassDecl, flags wbem.Flags) (*wbem.ClassPlan, error) {
	_, p, err := tx.checkClass(ns, decl, flags)
	if err != nil {
		return nil, err
	}
	return p.plan(), nil
}

// A classPut is a put of a class that has passed all checks.
type classPut struct {
	class  *cim.Class
	super  *entry
	old    *entry  // nil for a new class
	update *update // of an old class
}

func (p *classPut) plan() *wbem.ClassPlan {
	plan := &wbem.ClassPlan{Class: p.class.Name(), Exists: p.old != nil, Changed: true}
	if p.old == nil {
		return plan
	}
	u := p.update
	plan.Changed, plan.Structural = u.change != changeNone, u.change == changeStructural
	if u.deleteInstances {
		plan.Instances = u.instances
	}
	plan.Subclasses = u.edits()
	return plan
}

func (tx *Tx) checkClass(ns *Namespace, decl *cim.ClassDecl, flags wbem.Flags) (*stage, *classPut, error) {
	if err := checkFlags(flags, classFlags); err != nil {
		return nil, nil, err
	}
	st, err := tx.stage(ns)
	if err != nil {
		return nil, nil, err
	}
	if err := cim.CheckClassName(decl.Name); err != nil {
		return nil, nil, err
	}
	p := &classPut{old: st.schema.find(decl.Name)}
	super, err := tx.superclass(st.schema, decl, p)
	if err != nil {
		return nil, nil, err
	}
	if p.old == nil || flags&wbem.CreateOnly != 0 {
		// With CreateOnly nothing is updated, whatever mode there is (put.md
		// 2.2).
		p.class, err = cim.Derive(super, decl)
	} else {
		err = tx.planUpdate(st.schema, p, super, decl, flags)
	}
	switch {
	case err != nil:
		return nil, nil, err
	case p.old == nil && flags&wbem.UpdateOnly != 0:
		return nil, nil, cim.Errorf(wbem.NotFound, "class %s does not exist in %s", decl.Name, ns.Path())
	case p.old != nil && flags&wbem.CreateOnly != 0:
		return nil, nil, cim.Errorf(wbem.AlreadyExists, "class %s exists already in %s", decl.Name, ns.Path())
	}
	return st, p, nil
}

func (tx *Tx) planUpdate(s *schema, p *classPut, super *cim.Class, decl *cim.ClassDecl, flags wbem.Flags) error {
	old, err := s.derive(p.old, tx.kv)
	if err != nil {
		return err
	}
	t := &storedTree{tx: tx, schema: s, limit: countLimit}
	if flags&wbem.UpdateForceMode != 0 {
		t.limit = math.MaxInt // as many as are deleted
	}
	p.update, err = planUpdate(old.class, super, decl, flags, t)
	if t.err != nil {
		return t.err
	}
	if err == nil {
		p.class = p.update.class
	}
	return err
}

func (tx *Tx) superclass(s *schema, decl *cim.ClassDecl, p *classPut) (*cim.Class, error) {
	if decl.Super == "" {
		return nil, nil
	}
	if p.super = s.find(decl.Super); p.super == nil {
		if cim.EqualNames(decl.Super, decl.Name) {
			return nil, cim.Errorf(wbem.CircularReference, "class %s is its own superclass", decl.Name)
		}
		return nil, cim.Errorf(wbem.InvalidSuperclass, "class %s: superclass %s does not exist in %s", decl.Name, decl.Super, s.ns.Path())
	}
	if p.super.depth+2 > cim.MaxDerivation {
		return nil, cim.Errorf(wbem.QuotaViolation, "class %s has more than %d superclasses", decl.Name, cim.MaxDerivation-1)
	}
	d, err := s.derive(p.super, tx.kv)
	if err != nil {
		return nil, err
	}
	return d.class, nil
}

// storedTree is what planning an update sees of the stored classes.
type storedTree struct {
	tx     *Tx
	schema *schema
	limit  int   // of counting
	err    error // the first of Children
}

// countLimit is how many instances are counted that only stand in the way.
const countLimit = 10_000

func (t *storedTree) Children(name string) []*cim.Class {
	var out []*cim.Class
	for c, err := range t.schema.subclasses(name, false, t.tx.kv) {
		if err != nil {
			t.err = err
			return nil
		}
		out = append(out, c)
	}
	return out
}

func (t *storedTree) InstanceCount(name string) (int, error) {
	e := t.schema.find(name)
	if e == nil {
		return 0, nil
	}
	prefix := classPrefix(tableInstance, t.schema.ns.id, e.id)
	it, err := t.tx.kv.Scan(prefix, after(prefix))
	if err != nil {
		return 0, err
	}
	n := 0
	for n < t.limit && it.Next() {
		n++
	}
	return n, it.Close()
}

func (tx *Tx) createClass(st *stage, p *classPut) {
	s := st.change()
	e := s.newEntry(tx.newID(), p.class, p.super)
	s.put(e)
	tx.putDefinition(st.ns, e)
	if tx.watched {
		c := e.made.Load().class
		tx.note(Change{ns: st.ns, Kind: ClassCreated, class: c, after: state{class: c}})
	}
}

func (tx *Tx) putDefinition(ns *Namespace, e *entry) {
	decl := e.def.decl.Load()
	tx.put(classPrefix(tableClass, ns.id, e.id), appendIndexEntry(nil, decl))
	tx.put(classPrefix(tableDefinition, ns.id, e.id), appendDefinition(nil, decl))
}

// updateClass writes what planUpdate has found. The old definitions have been
// loaded by then, as entry.load demands.
func (tx *Tx) updateClass(st *stage, p *classPut) error {
	u := p.update
	if u.change == changeNone {
		return nil
	}
	s := st.change()
	id := p.old.id
	if u.change == changeStructural {
		// The records of the old structure cannot be read with the new one,
		// so they go even if the instances are a provider's.
		if err := tx.deleteInstances(s, p.old); err != nil {
			return tx.fail(err)
		}
		tx.delete(classPrefix(tableClass, st.ns.id, id))
		tx.delete(classPrefix(tableDefinition, st.ns.id, id))
		id = tx.newID()
	}
	s.remove(p.old)
	e := s.newEntry(id, u.class, p.super)
	s.put(e)
	tx.putDefinition(st.ns, e)
	tx.noteModified(st.ns, p.old, e)
	for _, edit := range u.children {
		tx.updateChild(st, edit)
	}
	return nil
}

func (tx *Tx) updateChild(st *stage, edit childEdit) {
	s := st.schema
	old := s.find(edit.old.Name())
	e := s.newEntry(old.id, edit.class, s.find(edit.class.SuperName()))
	s.put(e)
	if edit.decl != nil {
		tx.putDefinition(st.ns, e)
		tx.noteModified(st.ns, old, e)
	}
}

func (tx *Tx) noteModified(ns *Namespace, old, e *entry) {
	if tx.watched {
		c := e.made.Load().class
		tx.note(Change{ns: ns, Kind: ClassModified, class: c, before: state{class: old.made.Load().class}, after: state{class: c}})
	}
}
