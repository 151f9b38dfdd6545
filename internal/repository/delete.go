package repository

import (
	"bytes"
	"errors"

	"openwmi/cim"
	"openwmi/internal/kv"
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
	at, record, err := s.fetchPath(path, false, tx.kv)
	if err != nil {
		return err
	}
	if at.class.IsSingleton() && at.entry.system {
		return cim.Errorf(wbem.InvalidOperation, "%s cannot be deleted", path.RelPath())
	}
	kind := InstanceDeleted
	if at.role == space {
		kind = NamespaceDeleted
		if err := tx.deleteSpace(ns, spaceOf(at.keys())); err != nil {
			return err
		}
	}
	tx.delete(at.key)
	tx.reindex(s, at, record, nil)
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
		// Older snapshots keep the definition; see entry.load. A damaged one is
		// of no use to them.
		if _, err := st.schema.derive(c, tx.kv); err != nil && !errors.Is(err, kv.ErrCorrupt) {
			return err
		}
	}
	s := st.change()
	for i := len(doomed) - 1; i >= 0; i-- {
		c := doomed[i]
		if err := tx.deleteInstances(s, c, e); err != nil {
			return tx.fail(err)
		}
		tx.deletePrefix(classPrefix(tableIdentity, ns.id, c.id))
		tx.delete(classPrefix(tableClass, ns.id, c.id))
		tx.delete(classPrefix(tableDefinition, ns.id, c.id))
		s.remove(c)
		if d := c.made.Load(); d != nil && tx.watched {
			tx.note(Change{ns: ns, Kind: ClassDeleted, class: d.class, before: state{class: d.class}})
		}
	}
	return nil
}

// DeleteUnusedClass is DeleteClass, but ClassHasChildren for a class that has
// subclasses and ClassHasInstances for one that has instances.
func (tx *Tx) DeleteUnusedClass(ns *Namespace, name string) error {
	st, err := tx.stage(ns)
	if err != nil {
		return err
	}
	if e := st.schema.find(name); e != nil && !e.system {
		for c := range st.schema.children(e) {
			return cim.Errorf(wbem.ClassHasChildren, "class %s derives from %s", c.name, e.name)
		}
		switch n, err := (&storedTree{tx: tx, schema: st.schema}).InstanceCount(name, 1); {
		case err != nil:
			return err
		case n > 0:
			return cim.Errorf(wbem.ClassHasInstances, "class %s has instances", e.name)
		}
	}
	return tx.DeleteClass(ns, name)
}

// deleteInstances deletes all instances of exactly one class, which has been
// derived unless it is damaged. The identities in doomed and the classes below
// it are not touched, because they go as a whole; nil dooms none.
func (tx *Tx) deleteInstances(s *schema, e, doomed *entry) error {
	if err := tx.unindexAll(s, e); err != nil {
		return err
	}
	spared := func(domain *entry) bool { return doomed != nil && domain.isA(doomed) }
	d := e.made.Load()
	switch {
	case d == nil:
		// Nobody knows which superclass is the domain.
		for a := e.super; a != nil; a = a.super {
			if spared(a) {
				continue
			}
			if err := tx.deleteIdentitiesOf(s, e, a); err != nil {
				return err
			}
		}
	case d.domain != e && !spared(d.domain):
		if err := tx.deleteIdentities(s, e, d.domain); err != nil {
			return err
		}
	}
	if e.isSpace() {
		if err := tx.deleteSpaces(s, e); err != nil {
			return err
		}
	}
	tx.deletePrefix(classPrefix(tableInstance, s.ns.id, e.id))
	return nil
}

// each is scan for what may take long. fn may write to other tables.
func (tx *Tx) each(prefix []byte, fn func(key, value []byte) error) error {
	n := 0
	return scan(tx.kv, prefix, func(key, value []byte) error {
		if n++; n%checkEvery == 0 {
			if err := tx.ctx.Err(); err != nil {
				return err
			}
		}
		return fn(key, value)
	})
}

// deleteIdentities deletes the identities of the instances of a class.
func (tx *Tx) deleteIdentities(s *schema, e, domain *entry) error {
	return tx.each(classPrefix(tableInstance, s.ns.id, e.id), func(key, _ []byte) error {
		tx.delete(append(classPrefix(tableIdentity, s.ns.id, domain.id), key[classKeySize:]...))
		return nil
	})
}

// deleteIdentitiesOf deletes the identities that a domain has of a class.
func (tx *Tx) deleteIdentitiesOf(s *schema, e, domain *entry) error {
	var keys [][]byte
	err := tx.each(classPrefix(tableIdentity, s.ns.id, domain.id), func(key, value []byte) error {
		if bytes.Equal(value, id32(nil, e.id)) {
			keys = append(keys, bytes.Clone(key))
		}
		return nil
	})
	for _, key := range keys {
		tx.delete(key)
	}
	return err
}

// isSpace reports whether the instances of the class are namespaces.
func (e *entry) isSpace() bool {
	for ; e != nil; e = e.super {
		if e.name == "__Namespace" {
			return true
		}
	}
	return false
}

// deleteSpaces deletes the namespaces that have an instance of exactly one
// class.
func (tx *Tx) deleteSpaces(s *schema, e *entry) error {
	var names []string
	err := tx.each(classPrefix(tableInstance, s.ns.id, e.id), func(key, _ []byte) error {
		names = append(names, spaceOf(key[classKeySize:]))
		return nil
	})
	for _, name := range names {
		if err == nil {
			err = tx.deleteSpace(s.ns, name)
		}
	}
	return err
}

// spaceOf returns the name of the namespace whose instance has those keys, as
// they fold it.
func spaceOf(keys []byte) string { return string(bytes.TrimSuffix(keys, []byte{0, 1})) }
