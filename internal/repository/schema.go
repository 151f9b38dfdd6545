package repository

import (
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/tidwall/btree"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// A schema is what classes a namespace has. Once published it never changes:
// a transaction works on a copy, which shares all but the parts of the trees
// that it changes, and replaces the schema of the namespace when it commits.
// Readers load one pointer.
//
// The names and the derivation of all classes are in memory. A definition is
// read and derived when it is first asked for, and then belongs to the entry,
// which snapshots share until the class or a superclass changes.
type schema struct {
	ns         *Namespace
	generation uint64                     // counts published changes
	byName     *btree.Map[string, *entry] // by folded name
	bySuper    *btree.Map[string, *entry] // by folded name of the superclass, 0, folded name
	byID       *btree.Map[uint32, *entry]
}

// degree keeps the nodes small that a change has to copy.
const degree = 12

func newSchema(ns *Namespace) *schema {
	return &schema{
		ns:      ns,
		byName:  btree.NewMap[string, *entry](degree),
		bySuper: btree.NewMap[string, *entry](degree),
		byID:    btree.NewMap[uint32, *entry](degree),
	}
}

// copy returns a schema that can be changed. Only the holder of the write
// transaction calls it.
func (s *schema) copy() *schema {
	return &schema{ns: s.ns, generation: s.generation + 1,
		byName: s.byName.Copy(), bySuper: s.bySuper.Copy(), byID: s.byID.Copy()}
}

// An entry is a class in one or more snapshots: as long as neither it nor a
// superclass changes.
type entry struct {
	id     uint32
	name   string
	fold   string
	super  *entry // nil for a top-level class
	depth  int    // number of superclasses
	system bool
	refs   bool // it or a superclass has reference properties
	def    *definition
	made   atomic.Pointer[derived]
}

// A derived is what an entry becomes when it is first used.
type derived struct {
	class  *cim.Class
	layout *layout
	domain *entry // that the identity of instances is relative to
	role   role

	indexes []index // by property
}

// A role is what a class means to the object manager.
type role int

const (
	ordinary     role = iota
	space             // __Namespace: instances are namespaces
	registration      // of a provider
	event             // never stored
	readOnly          // stored by the object manager alone
)

func roleOf(c *cim.Class) role {
	for ; c != nil; c = c.Super() {
		switch c.Name() {
		case "__Namespace":
			return space
		case "__ProviderRegistration":
			return registration
		case "__Event", "__AggregateEvent":
			return event
		case "__thisNAMESPACE", "__CIMOMIdentification":
			return readOnly
		}
	}
	return ordinary
}

// A definition is the own definition of a class, read when it is first used. It
// belongs to all entries that the class has while the definition stays.
//
// Whoever overwrites or deletes a stored definition has loaded it before, so
// that entries in older snapshots keep theirs: a reader that finds the new one,
// or none, finds the old one here.
type definition struct {
	decl atomic.Pointer[cim.ClassDecl]
}

// A getter reads single keys.
type getter interface {
	Get(key []byte) (value []byte, ok bool, err error)
}

// current is a getter on the current state of a store.
type current struct{ store kv.Store }

func (c current) Get(key []byte) (value []byte, ok bool, err error) {
	err = c.store.View(func(r kv.Reader) (err error) {
		value, ok, err = r.Get(key)
		return err
	})
	return value, ok, err
}

func (e *entry) load(from getter, ns uint32) (*cim.ClassDecl, error) {
	if d := e.def.decl.Load(); d != nil {
		return d, nil
	}
	value, ok, err := from.Get(classPrefix(tableDefinition, ns, e.id))
	if err != nil {
		return nil, err
	}
	if ok {
		d := decode(value)
		decl := d.definition()
		if err := d.end(); err == nil {
			e.def.decl.CompareAndSwap(nil, decl)
		} else if e.def.decl.Load() == nil {
			return nil, fmt.Errorf("definition of class %s: %w", e.name, err)
		}
	}
	if d := e.def.decl.Load(); d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("%w: class %s has no definition", kv.ErrCorrupt, e.name)
}

// derive returns the class of an entry, deriving it and its superclasses when
// that has not been done.
func (s *schema) derive(e *entry, from getter) (*derived, error) {
	if d := e.made.Load(); d != nil {
		return d, nil
	}
	var chain []*entry
	for x := e; x != nil && x.made.Load() == nil; x = x.super {
		chain = append(chain, x)
	}
	for i := len(chain) - 1; i >= 0; i-- {
		x := chain[i]
		decl, err := x.load(from, s.ns.id)
		if err != nil {
			return nil, err
		}
		var super *cim.Class
		if x.super != nil {
			super = x.super.made.Load().class
		}
		c, err := cim.Restore(super, decl)
		if err != nil {
			return nil, fmt.Errorf("%w: definition of class %s in %s: %v", kv.ErrCorrupt, x.name, s.ns.Path(), err)
		}
		x.set(c, s.ns.origin)
	}
	return e.made.Load(), nil
}

// set makes c the class of an entry, unless it has one already. Its superclass
// has been derived.
func (e *entry) set(c *cim.Class, origin *cim.Origin) {
	if c.Origin() != origin {
		c = c.At(origin)
	}
	r := roleOf(c)
	e.made.CompareAndSwap(nil, &derived{class: c, layout: newLayout(c, e.id), domain: e.domain(c, r), role: r, indexes: indexesOf(c, e)})
}

// domain returns the class that the identity of instances of c is relative to:
// its key class. Provider registrations are told apart by their class as well
// (system-classes.md 4, Decision keys).
func (e *entry) domain(c *cim.Class, r role) *entry {
	for top := c.KeyClass(); c != top; e, c = e.super, c.Super() {
		if r == registration && c.Super().IsAbstract() {
			break
		}
	}
	return e
}

// find returns the entry of the named class, nil if there is none.
func (s *schema) find(name string) *entry {
	e, _ := s.byName.Get(cim.Fold(name))
	return e
}

// children yields the immediate subclasses of e, or the top-level classes for
// nil, by name.
func (s *schema) children(e *entry) iter.Seq[*entry] {
	prefix := childPrefix(e)
	return func(yield func(*entry) bool) {
		s.bySuper.Ascend(prefix, func(key string, c *entry) bool {
			return len(key) > len(prefix) && key[:len(prefix)] == prefix && yield(c)
		})
	}
}

func (s *schema) hasChildren(e *entry) bool {
	for range s.children(e) {
		return true
	}
	return false
}

func childPrefix(e *entry) string {
	if e == nil {
		return "\x00"
	}
	return e.fold + "\x00"
}

// descendants yields every class below e, or all classes for nil, a superclass
// before its subclasses.
func (s *schema) descendants(e *entry) iter.Seq[*entry] {
	return func(yield func(*entry) bool) { s.walk(e, yield) }
}

func (s *schema) walk(e *entry, yield func(*entry) bool) bool {
	for c := range s.children(e) {
		if !yield(c) || !s.walk(c, yield) {
			return false
		}
	}
	return true
}

// put adds an entry or replaces the one of that name.
func (s *schema) put(e *entry) {
	if old, ok := s.byName.Set(e.fold, e); ok {
		s.byID.Delete(old.id)
		s.bySuper.Delete(childPrefix(old.super) + old.fold)
	}
	s.byID.Set(e.id, e)
	s.bySuper.Set(childPrefix(e.super)+e.fold, e)
}

// remove deletes an entry.
func (s *schema) remove(e *entry) {
	s.byName.Delete(e.fold)
	s.byID.Delete(e.id)
	s.bySuper.Delete(childPrefix(e.super) + e.fold)
}

// link sets what an entry has from its superclass.
func (e *entry) link(super *entry, refs bool) {
	e.super = super
	e.refs = refs
	if super != nil {
		e.depth = super.depth + 1
		e.refs = refs || super.refs
	}
}

func declaresReference(d *cim.ClassDecl) bool {
	for i := range d.Properties {
		if d.Properties[i].Type.Elem() == cim.TypeReference {
			return true
		}
	}
	return false
}

// newEntry returns the entry of a class that has been derived.
func (s *schema) newEntry(id uint32, c *cim.Class, super *entry) *entry {
	e := &entry{id: id, name: c.Name(), fold: cim.Fold(c.Name()), def: &definition{}}
	e.link(super, declaresReference(c.Decl()))
	e.def.decl.Store(c.Decl())
	e.set(c, s.ns.origin)
	return e
}

// The value in the class table:
//
//	flags name super     flags: 1 if it declares reference properties; texts

const declaresRefs = 1

func appendIndexEntry(b []byte, d *cim.ClassDecl) []byte {
	flags := byte(0)
	if declaresReference(d) {
		flags |= declaresRefs
	}
	return appendText(appendText(append(b, flags), d.Name), d.Super)
}

// readSchema reads the class table of a namespace.
func readSchema(r kv.Reader, ns *Namespace) (*schema, error) {
	s := newSchema(ns)
	s.addSystemClasses()
	type row struct {
		*entry
		super string
		refs  bool
	}
	var rows []row
	pending := map[string][]row{} // by folded name of the superclass
	err := scan(r, spacePrefix(tableClass, ns.id), func(key, value []byte) error {
		_, id, rest, ok := splitClassKey(key)
		d := decode(value)
		flags := d.byte()
		name, super := d.text(), d.text()
		if err := d.end(); err != nil || !ok || len(rest) > 0 {
			return fmt.Errorf("%w: key %x in the table of classes of %s", kv.ErrCorrupt, key, ns.Path())
		}
		e := row{&entry{id: id, name: name, fold: cim.Fold(name), def: &definition{}}, cim.Fold(super), flags&declaresRefs != 0}
		rows = append(rows, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	// A superclass may come after its subclasses, because a structural change
	// gave it a new id.
	add := func(first row) {
		for stack := []row{first}; len(stack) > 0; {
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			var super *entry
			if e.super != "" {
				super, _ = s.byName.Get(e.super)
			}
			e.link(super, e.refs)
			s.put(e.entry)
			stack = append(stack, pending[e.fold]...)
			delete(pending, e.fold)
		}
	}
	for _, e := range rows {
		if _, ok := s.byName.Get(e.super); ok || e.super == "" {
			add(e)
		} else {
			pending[e.super] = append(pending[e.super], e)
		}
	}
	for super, orphans := range pending {
		return nil, fmt.Errorf("%w: class %s in %s has no superclass %s", kv.ErrCorrupt, orphans[0].name, ns.Path(), super)
	}
	return s, nil
}
