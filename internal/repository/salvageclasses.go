package repository

import (
	"fmt"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// A class is kept if its definition can be read and its superclass is kept. The
// entry in the table of classes says nothing that is not in the definition.

// A salvagedClass is a definition that could be read.
type salvagedClass struct {
	id    uint32
	decl  *cim.ClassDecl
	value []byte
}

func (s *salvager) classes() error {
	owner := map[uint32]*salvagedSpace{} // of ids
	found := map[*salvagedSpace][]salvagedClass{}
	lost := map[uint32]string{} // names of classes whose definition was not found yet
	err := s.each([]byte{tableClass}, "table of classes", func(_ kv.Tx, p pair) error {
		if ns, id, _, ok := splitClassKey(p.key); ok && s.spaces[ns] != nil && s.seen(id) {
			d := decode(p.value)
			_, name := d.byte(), d.text()
			lost[id] = fmt.Sprintf("%s:%s", s.spaces[ns].Path(), name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = s.each([]byte{tableDefinition}, "definitions", func(_ kv.Tx, p pair) error {
		_, id, rest, ok := splitClassKey(p.key)
		ns := s.space(p.key)
		if !ok || ns == nil || len(rest) > 0 || id < firstID || !s.seen(id) {
			s.reportKey(p.key, "a definition of no class")
			return nil
		}
		if other := owner[id]; other != nil {
			s.reportKey(p.key, "a class in %s has its id", other.Path())
			return nil
		}
		d := decode(p.value)
		decl := d.definition()
		if err := d.end(); err != nil {
			s.report(ns.Path()+":"+decl.Name, "its definition is damaged, so that the class is lost with its subclasses and instances: %v", err)
			delete(lost, id)
			return nil
		}
		owner[id] = ns
		delete(lost, id)
		found[ns] = append(found[ns], salvagedClass{id, decl, p.value})
		return nil
	})
	if err != nil {
		return err
	}
	for _, where := range lost {
		s.report(where, "its definition is lost, and with it the class with its subclasses and instances")
	}
	for _, ns := range s.order {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		if err := s.keepClasses(ns, found[ns]); err != nil {
			return err
		}
	}
	return nil
}

// keepClasses stores those of the classes of a namespace that can be derived.
func (s *salvager) keepClasses(ns *salvagedSpace, found []salvagedClass) error {
	ns.schema = newSchema(ns.Namespace)
	ns.schema.addSystemClasses()
	for e := range ns.schema.descendants(nil) {
		if _, err := ns.schema.derive(e, s.r.now); err != nil {
			return err // system classes are derived from our own tables
		}
	}
	below := map[string][]salvagedClass{} // by folded name of the superclass
	for _, c := range found {
		below[cim.Fold(c.decl.Super)] = append(below[cim.Fold(c.decl.Super)], c)
	}
	var kept []salvagedClass
	var keep func(super *entry, name string)
	keep = func(super *entry, name string) {
		classes := below[name]
		delete(below, name)
		for _, c := range classes {
			where := ns.Path() + ":" + c.decl.Name
			if ns.schema.find(c.decl.Name) != nil {
				s.report(where, "it is there twice")
				continue
			}
			var class *cim.Class
			if super != nil {
				class = super.made.Load().class
			}
			derived, err := cim.Restore(class, c.decl)
			if err != nil {
				s.report(where, "it is lost with its subclasses and instances: %v", err)
				continue
			}
			e := ns.schema.newEntry(c.id, derived, super)
			ns.schema.put(e)
			kept = append(kept, c)
			keep(e, e.fold)
		}
	}
	keep(nil, "")
	for e := range ns.schema.copy().descendants(nil) { // those of the system
		keep(e, e.fold)
	}
	for _, classes := range below {
		for _, c := range classes {
			s.report(ns.Path()+":"+c.decl.Name, "it is lost with its instances: its superclass %s is not there", c.decl.Super)
		}
	}
	return s.r.store.Update(kv.Buffered, func(tx kv.Tx) error {
		for _, c := range kept {
			if err := tx.Put(classPrefix(tableDefinition, ns.id, c.id), c.value); err != nil {
				return err
			}
			if err := tx.Put(classPrefix(tableClass, ns.id, c.id), appendIndexEntry(nil, c.decl)); err != nil {
				return err
			}
		}
		return nil
	})
}
