package repository

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// maxRelPath is the length in bytes from which a path can be too long.
const maxRelPath = cim.MaxPath / utf8.UTFMax

// checkLength returns QuotaViolation for a path that is too long to be stored
// (put.md 5.2).
func checkLength(p cim.Path) error {
	n := len(p.Class)
	for i := range p.Keys {
		n += len(p.Keys[i].Name) + len(p.Keys[i].Text)
	}
	if n > maxRelPath && cim.TooLong(p.RelPath(), cim.MaxPath) {
		return cim.Errorf(cim.QuotaViolation, "the path of the instance of %s has more than %d characters", p.Class, cim.MaxPath)
	}
	return nil
}

// appendPathKey appends the key values that a path binds as the store orders
// instances by them. The error is InvalidObjectPath or QuotaViolation.
func appendPathKey(b []byte, c *cim.Class, p cim.Path, ns *Namespace) ([]byte, error) {
	switch {
	case p.Singleton && !c.IsSingleton():
		return nil, cim.Errorf(cim.InvalidObjectPath, "%s: class %s is no singleton", p.RelPath(), c.Name())
	case p.Singleton:
		return b, nil
	case !p.IsInstance():
		return nil, cim.Errorf(cim.InvalidObjectPath, "%s is not the path of an instance", p.RelPath())
	}
	values, err := cim.KeyValues(c, p)
	if err != nil {
		return nil, err
	}
	if err := checkLength(p); err != nil {
		return nil, err
	}
	for _, v := range values {
		b = appendKeyValue(b, v, ns)
	}
	return b, nil
}

// A place is where an instance of a class is or would be stored.
type place struct {
	*derived
	entry *entry
	key   []byte // in the instance table
}

func (p place) keys() []byte { return p.key[classKeySize:] }

// place returns where the instance with that path is stored if it is of exactly
// the class that the path names. buf is room for the key.
func (s *schema) place(path cim.Path, buf []byte, defs getter) (place, error) {
	e := s.find(path.Class)
	if e == nil {
		return place{}, s.noInstance(path)
	}
	d, err := s.derive(e, defs)
	if err != nil {
		return place{}, err
	}
	key, err := appendPathKey(appendClassPrefix(buf[:0], tableInstance, s.ns.id, e.id), d.class, path, s.ns)
	return place{d, e, key}, err
}

func (s *schema) noInstance(path cim.Path) error {
	return cim.Errorf(cim.NotFound, "%s does not exist in %s", path.RelPath(), s.ns.Path())
}

// fetchPath finds the record at a path: NotFound if there is none.
func (s *schema) fetchPath(path cim.Path, direct bool, from getter) (place, []byte, error) {
	at, err := s.place(path, nil, from)
	if err != nil {
		return at, nil, err
	}
	return s.fetch(at, path, direct, from)
}

// fetch reads the record at a place, which is that of a path, or, unless direct,
// that of the instance with the same keys of a derived class.
func (s *schema) fetch(at place, path cim.Path, direct bool, from getter) (place, []byte, error) {
	value, ok, err := from.Get(at.key)
	if err != nil || ok {
		return at, value, err
	}
	if direct || at.class.IsSingleton() || !s.hasChildren(at.entry) {
		return at, nil, s.noInstance(path)
	}
	e, err := s.below(at, from)
	if err == nil && e == nil {
		err = s.noInstance(path)
	}
	if err != nil {
		return at, nil, err
	}
	d, err := s.derive(e, from)
	if err != nil {
		return at, nil, err
	}
	at = place{d, e, append(classPrefix(tableInstance, s.ns.id, e.id), at.keys()...)}
	value, ok, err = from.Get(at.key)
	if err == nil && !ok {
		err = fmt.Errorf("%w: an instance of %s in %s is missing", kv.ErrCorrupt, e.name, s.ns.Path())
	}
	return at, value, err
}

// instance decodes the record at a place. The value must not be used otherwise.
func (s *schema) instance(at place, value []byte) (*cim.Instance, error) {
	d := decoder{in: view(value)}
	inst := at.layout.decode(&d)
	if d.err != nil {
		return nil, s.damaged(at.entry, d.err)
	}
	inst.SetOrigin(s.ns.origin)
	return inst, nil
}

// below returns the derived class that has an instance with the keys of a
// place, nil if there is none.
func (s *schema) below(at place, from getter) (*entry, error) {
	if at.role == registration && at.class.IsAbstract() {
		return s.registration(at, from)
	}
	id, err := s.identity(at.domain, at.keys(), from)
	if err != nil || id == 0 {
		return nil, err
	}
	e, err := s.byClassID(id)
	if err != nil || !e.isA(at.entry) {
		return nil, err
	}
	return e, nil
}

// byClassID returns the class that an entry in the identity table names.
func (s *schema) byClassID(id uint32) (*entry, error) {
	e, ok := s.byID.Get(id)
	if !ok {
		return nil, fmt.Errorf("%w: an instance in %s is of class %d, which does not exist", kv.ErrCorrupt, s.ns.Path(), id)
	}
	return e, nil
}

// registration does the same for an abstract class of registrations, whose
// concrete classes have keys of their own: the first by name counts.
func (s *schema) registration(at place, from getter) (*entry, error) {
	for e := range s.descendants(at.entry) {
		d, err := s.derive(e, from)
		if err != nil {
			return nil, err
		}
		if d.domain != e || d.class.IsAbstract() {
			continue
		}
		place := place{d, e, append(classPrefix(tableInstance, s.ns.id, e.id), at.keys()...)}
		if _, ok, err := from.Get(place.key); err != nil || ok {
			return e, err
		}
		if e, err := s.below(place, from); err != nil || e != nil {
			return e, err
		}
	}
	return nil, nil
}

// isA reports whether e is base or derived from it; both are of one snapshot.
func (e *entry) isA(base *entry) bool {
	for ; e != nil; e = e.super {
		if e == base {
			return true
		}
	}
	return false
}

// identity returns the id of the class below domain which has an instance with
// these keys, 0 if none has.
func (s *schema) identity(domain *entry, keys []byte, from getter) (uint32, error) {
	value, ok, err := from.Get(append(classPrefix(tableIdentity, s.ns.id, domain.id), keys...))
	if err != nil || !ok {
		return 0, err
	}
	if len(value) != 4 {
		return 0, fmt.Errorf("%w: identity of an instance of %s in %s", kv.ErrCorrupt, domain.name, s.ns.Path())
	}
	return binary.BigEndian.Uint32(value), nil
}
