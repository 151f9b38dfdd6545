package repository

import (
	"crypto/rand"
	"fmt"

	"openwmi/cim"
	"openwmi/wbem"
)

// PutInstance stores inst, which is not changed and stays the caller's, or with
// partial some of its properties, and returns the path at which it is stored.
// An instance of __Namespace creates a namespace. Of flags CreateOnly and
// UpdateOnly count, which exclude each other; the caller has checked that,
// before everything else (put.md 2.2). The order of checks is
// that of put.md 3, steps 9 and 12 to 17; dynamic classes are treated as static
// ones.
func (tx *Tx) PutInstance(ns *Namespace, inst *cim.Instance, flags wbem.Flags, partial *Partial) (cim.Path, error) {
	st, err := tx.stage(ns)
	if err != nil {
		return cim.Path{}, err
	}
	p, err := tx.checkInstance(st, inst, flags, partial)
	if err != nil {
		return cim.Path{}, err
	}
	if p.role == space && !p.exists {
		tx.addSpace(tx.r.newNamespace(tx.newID(), ns, p.inst.At(p.class.Keys()[0]).Text(), tx.shipping))
	}
	tx.store(st, p)
	return p.path, nil
}

// An instancePut is a put of an instance that has passed all checks.
type instancePut struct {
	place
	inst   *cim.Instance // of the stored class
	path   cim.Path
	exists bool
	old    []byte // the record that is there already; nil if nobody asked for it
}

func (tx *Tx) checkInstance(st *stage, inst *cim.Instance, flags wbem.Flags, partial *Partial) (*instancePut, error) {
	s := st.schema
	e := s.find(inst.ClassName())
	if e == nil {
		return nil, s.unknown(inst.ClassName())
	}
	d, err := s.derive(e, tx.kv)
	if err != nil {
		return nil, err
	}
	if err := partial.Check(d.class, flags); err != nil {
		return nil, err
	}
	if err := checkInstantiable(st.ns, d); err != nil {
		return nil, err
	}
	p := &instancePut{place: place{derived: d, entry: e}}
	if p.inst, err = inst.As(d.class); err != nil {
		return nil, err
	}
	if err := tx.identify(s, p, flags); err != nil {
		return nil, err
	}
	if partial == nil {
		if err := checkNulls(p.inst); err != nil {
			return nil, err
		}
	}
	other, err := tx.occupant(s, p, partial != nil || tx.watched || len(d.indexes) > 0)
	if err != nil {
		return nil, err
	}
	switch {
	case other != nil && flags&wbem.UpdateOnly == 0:
		return nil, cim.Errorf(wbem.AlreadyExists, "%s: the keys are those of an instance of %s", p.path.RelPath(), other.name)
	case !p.exists && flags&wbem.UpdateOnly != 0:
		return nil, s.noInstance(p.path)
	case p.exists && flags&wbem.CreateOnly != 0:
		return nil, cim.Errorf(wbem.AlreadyExists, "%s exists already in %s", p.path.RelPath(), st.ns.Path())
	}
	if partial != nil {
		if p.inst, err = partial.apply(s, p); err != nil {
			return nil, err
		}
		if err := checkNulls(p.inst); err != nil {
			return nil, err
		}
	}
	p.path.Server, p.path.Namespace = st.ns.origin.Server, st.ns.origin.Namespace
	return p, nil
}

// checkInstantiable applies put.md 5.5.
func checkInstantiable(ns *Namespace, d *derived) error {
	c, why := d.class, ""
	switch {
	case c.IsAbstract():
		why = "is abstract"
	case ns.locale && isAmendment(c):
		why = "amends another class"
	case d.role == event:
		why = "is an event"
	case d.role == readOnly:
		why = "can only be read"
	default:
		return nil
	}
	return cim.Errorf(wbem.InvalidOperation, "class %s %s: its instances cannot be stored", c.Name(), why)
}

// isAmendment reports whether a class in a locale namespace holds texts of
// another (localization.md 2, rule 4).
func isAmendment(c *cim.Class) bool {
	if c.IsAmendment() {
		return true
	}
	for ; c != nil; c = c.Super() {
		if c.Decl().HasAmended() {
			return true
		}
	}
	return false
}

// identify applies the rules of put.md 5.2 to the keys, generates one where a
// rule says so, and fills in path and place.
func (tx *Tx) identify(s *schema, p *instancePut, flags wbem.Flags) error {
	c := p.class
	keys, props := c.Keys(), c.Properties()
	switch {
	case c.IsSingleton():
	case len(keys) == 0:
		return cim.Errorf(wbem.NoKey, "class %s has no key", c.Name())
	case len(keys) > cim.MaxKeys:
		return cim.Errorf(wbem.InvalidObject, "class %s has more than %d keys", c.Name(), cim.MaxKeys)
	}
	for _, k := range keys {
		v := p.inst.At(k)
		where := func() string { return "key " + c.Name() + "." + props[k].Name() }
		switch {
		case !v.IsNull():
			if err := checkKey(v); err != nil {
				return cim.Errorf(cim.StatusOf(err), "%s: %v", where(), err)
			}
			// A binding of a subscription may be wrong (put.md 2.2, Decision P-3).
			if v.Type() == cim.TypeReference && c.IsAssociation() && !cim.IsSystemName(c.Dynasty()) {
				if err := s.checkReference(v.Text(), tx.kv); err != nil {
					return cim.Errorf(cim.StatusOf(err), "%s: %v", where(), err)
				}
			}
		case len(keys) > 1 || props[k].Type() != cim.TypeString || p.role == space:
			return cim.Errorf(wbem.IllegalNull, "%s is NULL", where())
		case flags&wbem.UpdateOnly != 0:
			return cim.Errorf(wbem.NotFound, "%s is NULL, so the instance cannot exist", where())
		default:
			p.inst = p.inst.Clone()
			p.inst.Put(k, cim.StringValue(newGUID()))
		}
	}
	if p.role == space {
		if err := checkSpaceName(s.ns, p.inst.At(keys[0]).Text()); err != nil {
			return err
		}
	}
	p.path, _ = cim.RelPath(p.inst)
	if err := checkLength(p.path); err != nil {
		return err
	}
	p.key = classPrefix(tableInstance, s.ns.id, p.entry.id)
	for _, k := range keys {
		p.key = appendKeyValue(p.key, p.inst.At(k), s.ns)
	}
	return nil
}

// checkKey refuses keys that no path can carry (put.md 5.2, Decision P-15).
func checkKey(v cim.Value) error {
	if v.Type() == cim.TypeChar16 && v.Uint() < 0x21 {
		return cim.Errorf(wbem.InvalidObject, "character U+%04X is not greater than U+0020", v.Uint())
	}
	text := v.Text()
	for i := 0; i < len(text); i++ {
		if text[i] < 0x20 {
			return cim.Errorf(wbem.InvalidObject, "a control character cannot stand in a path")
		}
	}
	return nil
}

// newGUID returns a random GUID in the form of put.md 5.2, Decision P-16.
func newGUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("{%08X-%04X-%04X-%04X-%012X}", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func checkNulls(inst *cim.Instance) error {
	for k, p := range inst.Class().Properties() {
		if p.NotNull() && inst.At(k).IsNull() {
			return cim.Errorf(wbem.IllegalNull, "property %s.%s must not be NULL", inst.ClassName(), p.Name())
		}
	}
	return nil
}

// occupant finds what is stored with the keys of p: exists and, if somebody
// will ask for it, old say whether an instance of the same class is; other is
// the class of one that is not.
func (tx *Tx) occupant(s *schema, p *instancePut, need bool) (other *entry, err error) {
	if p.domain == p.entry {
		if p.old, p.exists, err = tx.kv.Get(p.key); err != nil || p.exists || !s.hasChildren(p.entry) {
			return nil, err
		}
		id, err := s.identity(p.domain, p.keys(), tx.kv)
		if err != nil || id == 0 {
			return nil, err
		}
		return s.byClassID(id)
	}
	id, err := s.identity(p.domain, p.keys(), tx.kv)
	switch {
	case err != nil:
		return nil, err
	case id == p.entry.id:
		p.exists = true
		if need {
			p.old, _, err = tx.kv.Get(p.key)
		}
		return nil, err
	case id != 0:
		return s.byClassID(id)
	}
	_, ok, err := tx.kv.Get(append(classPrefix(tableInstance, s.ns.id, p.domain.id), p.keys()...))
	if err != nil || !ok {
		return nil, err
	}
	return p.domain, nil
}

// store writes an instance that has passed all checks.
func (tx *Tx) store(st *stage, p *instancePut) {
	record := p.layout.append(make([]byte, 0, p.layout.room(p.inst)), p.inst)
	tx.put(p.key, record)
	tx.reindex(st.schema, p.place, p.old, record)
	if p.exists {
		tx.stale = append(tx.stale, p.key)
	} else if p.domain != p.entry {
		tx.put(append(classPrefix(tableIdentity, st.ns.id, p.domain.id), p.keys()...), id32(nil, p.entry.id))
	}
	if !tx.watched {
		return
	}
	kind := InstanceCreated
	if p.exists {
		kind = InstanceModified
	}
	if p.role == space {
		kind += NamespaceCreated - InstanceCreated
	}
	tx.note(Change{ns: st.ns, Kind: kind, class: p.class,
		before: stateOf(p.layout, p.old), after: stateOf(p.layout, record)})
}
