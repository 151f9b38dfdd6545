package repository

import (
	"errors"
	"iter"
	"sync"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/kv"
)

// A Namespace is a handle on one namespace. It may be used by several
// goroutines. Once the namespace has been deleted every operation returns
// InvalidNamespace, also when another one of the same name exists.
type Namespace struct {
	r       *Repository
	id      uint32
	parent  *Namespace // nil for root
	name    string
	shipped bool // created with the store (system-classes.md 7)
	locale  bool // its name is that of one with texts of a language
	origin  *cim.Origin
	named   names       // of the computer
	live    atomic.Bool // between the commits that create and delete it

	security atomic.Pointer[access.Security] // as it was committed last
	guard    atomic.Pointer[guarded]         // that was made of it; nil if nobody asked yet

	mu      sync.Mutex // held while the schema is read
	current atomic.Pointer[schema]

	changes uint64 // number of the last change; used by OnDurable functions only
}

func (r *Repository) newNamespace(id uint32, parent *Namespace, name string, shipped bool) *Namespace {
	path := name
	if parent != nil {
		path = parent.Path() + `\` + name
	}
	ns := &Namespace{r: r, id: id, parent: parent, name: name, shipped: shipped, locale: cim.IsLocaleNamespace(path),
		origin: &cim.Origin{Server: r.server, Namespace: path}, named: r.named}
	ns.security.Store(unsecured)
	return ns
}

// Path returns the path with backslashes, such as root\cimv2.
func (ns *Namespace) Path() string { return ns.origin.Namespace }

// Origin returns what objects of the namespace have as their origin.
func (ns *Namespace) Origin() *cim.Origin { return ns.origin }

// Parent returns the namespace above, nil for root.
func (ns *Namespace) Parent() *Namespace { return ns.parent }

// Shipped reports whether the namespace was created with the store.
func (ns *Namespace) Shipped() bool { return ns.shipped }

func (ns *Namespace) gone() error {
	return cim.Errorf(cim.InvalidNamespace, "namespace %s does not exist", ns.Path())
}

// check returns InvalidNamespace if the namespace is not in the store, which
// may be known before it is published.
func (ns *Namespace) check(from getter) error {
	_, ok, err := from.Get(namespaceKey(ns.id))
	if err == nil && !ok {
		err = ns.gone()
	}
	return err
}

// readError makes InvalidNamespace of whatever a reader met because the
// namespace was deleted meanwhile. It must not be called in a transaction.
func (ns *Namespace) readError(err error) error {
	if errors.Is(err, kv.ErrCorrupt) && ns.live.Load() {
		// What is missing may be gone with the namespace, by a transaction
		// that is visible but not published yet. The next one comes after.
		if err := ns.r.wait(); err != nil {
			return err
		}
	}
	if err != nil && !ns.live.Load() {
		return ns.gone()
	}
	return err
}

// schema returns the current schema, reading it when it is used first.
func (ns *Namespace) schema() (*schema, error) {
	if !ns.live.Load() {
		return nil, ns.gone()
	}
	if s := ns.current.Load(); s != nil {
		return s, nil
	}
	var s *schema
	err := ns.r.store.View(func(r kv.Reader) (err error) {
		s, err = ns.read(r)
		return err
	})
	return s, ns.readError(err)
}

// read reads the schema. A transaction does that before it changes the first
// class, so that the one read is never older than one published.
func (ns *Namespace) read(r kv.Reader) (*schema, error) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if s := ns.current.Load(); s != nil {
		return s, nil
	}
	s, err := readSchema(r, ns)
	if err == nil {
		ns.current.Store(s)
	}
	return s, err
}

// Generation changes whenever a class of the namespace does, so that what was
// computed from classes can be kept as long as it stays the same.
func (ns *Namespace) Generation() (uint64, error) {
	s, err := ns.schema()
	if err != nil {
		return 0, err
	}
	return s.generation, nil
}

// Class returns the named class: NotFound if there is none.
func (ns *Namespace) Class(name string) (*cim.Class, error) {
	s, err := ns.schema()
	if err != nil {
		return nil, err
	}
	c, err := s.class(name, ns.r.now)
	return c, ns.readError(err)
}

func (s *schema) class(name string, from getter) (*cim.Class, error) {
	d, err := s.deriveNamed(name, from)
	if err != nil {
		return nil, err
	}
	return d.class, nil
}

// deriveNamed derives the named class: NotFound if there is none.
func (s *schema) deriveNamed(name string, from getter) (*derived, error) {
	e := s.find(name)
	if e == nil {
		return nil, cim.Errorf(cim.NotFound, "class %s does not exist in %s", name, s.ns.Path())
	}
	return s.derive(e, from)
}

// Subclasses yields the classes derived from the named one, without itself, by
// name, a superclass before its subclasses: all of them if deep, else the
// immediate ones. Of "" it yields all or the top-level classes. They are those
// of one moment. The error is InvalidClass for an unknown class; one about
// classes whose definitions are damaged comes when all others were yielded.
func (ns *Namespace) Subclasses(name string, deep bool) iter.Seq2[*cim.Class, error] {
	return func(yield func(*cim.Class, error) bool) {
		s, err := ns.schema()
		if err != nil {
			yield(nil, err)
			return
		}
		for c, err := range s.subclasses(name, deep, ns.r.now) {
			if !yield(c, ns.readError(err)) {
				return
			}
		}
	}
}

func (s *schema) subclasses(name string, deep bool, from getter) iter.Seq2[*cim.Class, error] {
	return func(yield func(*cim.Class, error) bool) {
		var e *entry
		if name != "" {
			if e = s.find(name); e == nil {
				yield(nil, s.unknown(name))
				return
			}
		}
		seq := s.children(e)
		if deep {
			seq = s.descendants(e)
		}
		s.yield(seq, from, yield)
	}
}

// yield yields the classes of entries, and last the error about those that are
// damaged.
func (s *schema) yield(seq iter.Seq[*entry], from getter, yield func(*cim.Class, error) bool) {
	var damaged error
	for e := range seq {
		d, err := s.derive(e, from)
		switch {
		case err == nil:
			if !yield(d.class, nil) {
				return
			}
		case !errors.Is(err, kv.ErrCorrupt):
			yield(nil, err)
			return
		case damaged == nil:
			damaged = err
		}
	}
	if damaged != nil {
		yield(nil, damaged)
	}
}

// References yields the classes that have or inherit reference properties, so
// that their instances can associate others, a superclass before its
// subclasses. Only these are derived for it. Damaged ones are as with
// Subclasses.
func (ns *Namespace) References() iter.Seq2[*cim.Class, error] {
	return func(yield func(*cim.Class, error) bool) {
		s, err := ns.schema()
		if err != nil {
			yield(nil, err)
			return
		}
		for c, err := range s.references(ns.r.now) {
			if !yield(c, ns.readError(err)) {
				return
			}
		}
	}
}

func (s *schema) references(from getter) iter.Seq2[*cim.Class, error] {
	return func(yield func(*cim.Class, error) bool) {
		s.yield(s.referring, from, yield)
	}
}

// referring yields the entries that References yields the classes of.
func (s *schema) referring(yield func(*entry) bool) {
	for e := range s.descendants(nil) {
		if e.refs && !yield(e) {
			return
		}
	}
}

func (s *schema) unknown(name string) error {
	return cim.Errorf(cim.InvalidClass, "class %s does not exist in %s", name, s.ns.Path())
}
