package repository

import (
	"context"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// DeleteInstance deletes the instance at a path, which may name a superclass of
// its class. An instance of __Namespace deletes the namespace with everything
// below it.
//
// The error is NotFound, InvalidClass for an unknown class, InvalidObjectPath
// for the path of a class or other keys than those of the class,
// InvalidOperation for a singleton of the system, AccessDenied for a namespace
// that was created with the store.
func (tx *Tx) DeleteInstance(ns *Namespace, path cim.Path) error {
	st, err := tx.stage(ns)
	if err != nil {
		return err
	}
	s := st.schema
	if s.find(path.Class) == nil {
		return s.unknown(path.Class)
	}
	at, record, err := tx.fetch(s, path, false)
	if err != nil {
		return err
	}
	if at.class.IsSingleton() && at.entry.system {
		return cim.Errorf(wbem.InvalidOperation, "%s cannot be deleted", path.RelPath())
	}
	kind := InstanceDeleted
	if at.role == space {
		kind = NamespaceDeleted
		inst, err := s.instance(at, record)
		if err != nil {
			return err
		}
		if err := tx.deleteSpace(ns, inst.At(at.class.Keys()[0]).Text()); err != nil {
			return err
		}
	}
	tx.delete(at.key)
	tx.stale = append(tx.stale, at.key)
	if at.domain != at.entry {
		tx.delete(append(classPrefix(tableIdentity, ns.id, at.domain.id), at.keys()...))
	}
	if tx.watched {
		tx.note(Change{ns: ns, Kind: kind, class: at.class, before: stateOf(at.layout, record)})
	}
	return nil
}

// DeleteClass deletes a class, its subclasses, and the instances of all of
// them: NotFound, InvalidOperation for a system class.
func (tx *Tx) DeleteClass(ns *Namespace, name string) error {
	st, err := tx.stage(ns)
	if err != nil {
		return err
	}
	e := st.schema.find(name)
	switch {
	case e == nil:
		return cim.Errorf(wbem.NotFound, "class %s does not exist in %s", name, ns.Path())
	case e.system:
		return cim.Errorf(wbem.InvalidOperation, "class %s is the system's", e.name)
	}
	doomed := []*entry{e}
	for c := range st.schema.descendants(e) {
		doomed = append(doomed, c)
	}
	for _, c := range doomed {
		// Older snapshots keep the definition; see entry.load.
		if _, err := st.schema.derive(c, tx.kv); err != nil {
			return err
		}
	}
	s := st.change()
	for i := len(doomed) - 1; i >= 0; i-- {
		c := doomed[i]
		if err := tx.deleteInstances(s, c); err != nil {
			return tx.fail(err)
		}
		tx.delete(classPrefix(tableClass, ns.id, c.id))
		tx.delete(classPrefix(tableDefinition, ns.id, c.id))
		s.remove(c)
		if tx.watched {
			class := c.made.Load().class
			tx.note(Change{ns: ns, Kind: ClassDeleted, class: class, before: state{class: class}})
		}
	}
	return nil
}

// deleteInstances deletes all instances of exactly one class, which has been
// derived.
func (tx *Tx) deleteInstances(s *schema, e *entry) error {
	d, err := s.derive(e, tx.kv)
	if err != nil {
		return err
	}
	prefix := classPrefix(tableInstance, s.ns.id, e.id)
	if d.domain != e {
		var identities [][]byte
		err := scan(tx.kv, prefix, func(key, _ []byte) error {
			identities = append(identities, append(classPrefix(tableIdentity, s.ns.id, d.domain.id), key[classKeySize:]...))
			return nil
		})
		if err != nil {
			return err
		}
		for _, key := range identities {
			tx.delete(key)
		}
	}
	if d.role == space {
		if err := tx.deleteSpaces(s, d.class.Name()); err != nil {
			return err
		}
	}
	tx.deletePrefix(prefix)
	return nil
}

// deleteSpaces deletes the namespaces that have an instance of exactly one
// class.
func (tx *Tx) deleteSpaces(s *schema, class string) error {
	var names []string
	err := s.records(context.Background(), tx.kv, class, false, tx.kv, func(r *Record) bool {
		names = append(names, strings.Clone(r.At(r.Class().Keys()[0]).Text()))
		return true
	})
	for _, name := range names {
		if err == nil {
			err = tx.deleteSpace(s.ns, name)
		}
	}
	return err
}
