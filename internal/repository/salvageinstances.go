package repository

import (
	"fmt"
	"maps"
	"slices"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// A record is kept if its class is, and if it could have been put as it is. Its
// identity, its links and its entries in indexes are made anew.

func (s *salvager) instances() error {
	lost := map[string]int{} // instances by the place of a class that is not there
	err := s.each([]byte{tableInstance}, "instances", func(tx kv.Tx, p pair) error {
		_, id, keys, ok := splitClassKey(p.key)
		ns := s.space(p.key)
		if !ok || ns == nil {
			lost["no namespace"]++
			return nil
		}
		e, ok := ns.schema.byID.Get(id)
		if !ok {
			lost[fmt.Sprintf("class %d of %s, which is not there", id, ns.Path())]++
			return nil
		}
		return s.instance(tx, ns, e, keys, p)
	})
	if err != nil {
		return err
	}
	for _, where := range slices.Sorted(maps.Keys(lost)) {
		s.report("instances", "%d of %s", lost[where], where)
	}
	for _, ns := range s.order {
		if err := s.r.store.Update(kv.Buffered, func(tx kv.Tx) error { return s.ownInstances(tx, ns) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *salvager) instance(tx kv.Tx, ns *salvagedSpace, e *entry, keys []byte, p pair) error {
	made := e.made.Load()
	d := decode(p.value)
	inst := made.layout.decode(d)
	where := fmt.Sprintf("%s:%s %x", ns.Path(), e.name, keys)
	if d.err != nil {
		s.report(where, "%v", d.err)
		return nil
	}
	path, ok := cim.RelPath(inst)
	if !ok {
		s.report(where, "a key is NULL")
		return nil
	}
	where = ns.Path() + ":" + path.RelPath()
	faults := made.faults(ns.Namespace, inst, keys)
	if made.role == space {
		if _, ok := ns.children[cim.Fold(inst.At(made.class.Keys()[0]).Text())]; !ok {
			faults = append(faults, "there is no such namespace")
		}
	}
	if len(faults) > 0 {
		s.report(where, "%s", faults[0])
		return nil
	}
	identity := append(classPrefix(tableIdentity, ns.id, made.domain.id), keys...)
	_, twin, err := tx.Get(identity)
	if err == nil && !twin && made.domain != e {
		_, twin, err = tx.Get(append(classPrefix(tableInstance, ns.id, made.domain.id), keys...))
	}
	if err != nil {
		return err
	}
	if twin {
		s.report(where, "another class has an instance with the same keys")
		return nil
	}
	return s.keepInstance(tx, ns, e, keys, p.value)
}

// keepInstance stores a record with what follows from it.
func (s *salvager) keepInstance(tx kv.Tx, ns *salvagedSpace, e *entry, keys, record []byte) error {
	made := e.made.Load()
	if made.role == space {
		inst := made.layout.decode(decode(record))
		ns.children[cim.Fold(inst.At(made.class.Keys()[0]).Text())] = true
	}
	entries, err := made.entries(nil, ns.Namespace, keys, view(record))
	if err != nil {
		return err // it has been decoded already
	}
	for _, key := range entries {
		if err := tx.Put(key, nil); err != nil {
			return err
		}
	}
	if made.domain != e {
		if err := tx.Put(append(classPrefix(tableIdentity, ns.id, made.domain.id), keys...), id32(nil, e.id)); err != nil {
			return err
		}
	}
	return tx.Put(append(classPrefix(tableInstance, ns.id, e.id), keys...), record)
}

// ownInstances stores what a namespace has of system classes and is missing.
func (s *salvager) ownInstances(tx kv.Tx, ns *salvagedSpace) error {
	for e, record := range ns.schema.systemInstances {
		key := classPrefix(tableInstance, ns.id, e.id)
		_, ok, err := tx.Get(key)
		if err == nil && !ok {
			err = tx.Put(key, record)
		}
		if err != nil {
			return err
		}
	}
	e := ns.schema.find("__Namespace")
	made := e.made.Load()
	for _, child := range s.order {
		if child.parent != ns.Namespace || ns.children[cim.Fold(child.name)] {
			continue
		}
		inst := cim.NewInstance(made.class)
		key := made.class.Keys()[0]
		inst.Put(key, cim.StringValue(child.name))
		err := s.keepInstance(tx, ns, e, appendKeyValue(nil, inst.At(key), ns.Namespace), made.layout.append(nil, inst))
		if err != nil {
			return err
		}
	}
	return nil
}
