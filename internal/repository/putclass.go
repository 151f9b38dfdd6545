package repository

import (
	"errors"
	"math"
	"slices"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// PutClass creates or changes a class and says what that did. The declaration
// now belongs to the repository. Of flags CreateOnly, UpdateOnly, UpdateSafeMode
// and UpdateForceMode count; the caller has checked that none exclude each
// other, before everything else (put.md 2.2). The rules are those of put.md 4,
// in the order of put.md 3, steps 7, 9, 14, 16 and 17.
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
	t := &storedTree{tx: tx, schema: s}
	old, err := s.derive(p.old, tx.kv)
	switch {
	case errors.Is(err, kv.ErrCorrupt):
		p.update, err = planReplacement(p.old, super, decl, flags, t)
	case err == nil:
		p.update, err = planUpdate(old.class, super, decl, flags, t)
	}
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
	d, err := s.derive(p.super, tx.kv)
	if err != nil {
		return nil, err
	}
	return d.class, nil
}

// planReplacement returns what a put does over a class whose definition is
// damaged. Nobody knows what its records and those of its subclasses mean, so
// that is a structural change; the subclasses stay as they are stored.
func planReplacement(old *entry, super *cim.Class, decl *cim.ClassDecl, flags wbem.Flags, t *storedTree) (*update, error) {
	class, err := cim.Derive(super, decl)
	if err != nil {
		return nil, err
	}
	u := &update{change: changeStructural, class: class}
	limit := 1
	if flags&wbem.UpdateForceMode != 0 {
		limit = math.MaxInt
	}
	if u.instances, err = t.InstanceCount(old.name, limit); err != nil {
		return nil, err
	}
	if u.deleteInstances = u.instances > 0; u.deleteInstances && limit == 1 {
		return nil, cim.Errorf(wbem.ClassHasInstances, "class %s is damaged and has instances", old.name)
	}
	for c := range t.schema.descendants(old) {
		n, err := t.InstanceCount(c.name, 1)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, cim.Errorf(wbem.ClassHasInstances, "class %s is damaged and its subclass %s has instances", old.name, c.name)
		}
	}
	return u, nil
}

// storedTree is what planning an update sees of the stored classes.
type storedTree struct {
	tx     *Tx
	schema *schema
	err    error // the first of Children
}

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

func (t *storedTree) InstanceCount(name string, limit int) (int, error) {
	e := t.schema.find(name)
	if e == nil {
		return 0, nil
	}
	n := 0
	err := t.tx.each(classPrefix(tableInstance, t.schema.ns.id, e.id), func(_, _ []byte) error {
		if n++; n == limit {
			return errEnough
		}
		return nil
	})
	if err == errEnough {
		err = nil
	}
	return n, err
}

// errEnough ends a scan.
var errEnough = errors.New("enough")

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
		if err := tx.deleteInstances(s, p.old, nil); err != nil {
			return tx.fail(err)
		}
		tx.delete(classPrefix(tableClass, st.ns.id, id))
		tx.delete(classPrefix(tableDefinition, st.ns.id, id))
		id = tx.newID()
	}
	var below []*entry
	if p.old.made.Load() == nil {
		below = slices.Collect(s.descendants(p.old))
	}
	s.remove(p.old)
	e := s.newEntry(id, u.class, p.super)
	s.put(e)
	tx.putDefinition(st.ns, e)
	tx.noteModified(st.ns, p.old, e)
	for _, c := range below {
		tx.relink(s, c)
	}
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

// relink gives a class below one that was damaged another entry, so that it is
// derived again when it is used.
func (tx *Tx) relink(s *schema, old *entry) {
	refs := old.refs
	if decl, err := old.load(tx.kv, s.ns.id); err == nil {
		refs = declaresReference(decl)
	}
	e := &entry{id: old.id, name: old.name, fold: old.fold, def: old.def}
	e.link(s.find(old.super.name), refs)
	s.put(e)
}

func (tx *Tx) noteModified(ns *Namespace, old, e *entry) {
	if !tx.watched {
		return
	}
	c := e.made.Load().class
	change := Change{ns: ns, Kind: ClassModified, class: c, after: state{class: c}}
	if d := old.made.Load(); d != nil {
		change.before = state{class: d.class}
	}
	tx.note(change)
}
