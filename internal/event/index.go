package event

import (
	"iter"

	"openwmi/cim"
	"openwmi/internal/repository"
)

// A space is what the broker knows of a namespace: the registrations that want
// its events, indexed by what they want.
type space struct {
	ns  *repository.Namespace
	all set
	// from are the registrations by the folded name of their FROM class.
	from map[string]set
	// below are those that admit events about instances, by the folded names
	// of the classes to which, with their subclasses, TargetInstance must
	// belong; those that name none stand under "". exactly are those that
	// name a class without its subclasses.
	below, exactly map[string]set

	generation uint64 // counts changes of classes

	// routes are kept until a registration or class changes.
	routes map[routeKey]*route

	coverages map[*Coverage]struct{}
}

type set map[*Registration]struct{}

func (s set) has(r *Registration) bool {
	_, ok := s[r]
	return ok
}

// add adds a registration to the set with that key.
func add(m map[string]set, key string, r *Registration) {
	if m[key] == nil {
		m[key] = set{}
	}
	m[key][r] = struct{}{}
}

func remove(m map[string]set, key string, r *Registration) {
	delete(m[key], r)
	if len(m[key]) == 0 {
		delete(m, key)
	}
}

// A routeKey is a class and, if the event is about one of its instances, what
// has happened to it; otherwise kind is 0 and it is the class of the event.
type routeKey struct {
	class *cim.Class
	kind  kinds
}

// A route is who may want the events with one key. It never changes.
type route struct {
	commit audience // those in transactions
	later  audience // all others
	timer  bool     // the instance is a timer instruction
}

// add adds a registration, which may want an equality to hold.
func (rt *route) add(r *Registration, e *equality) {
	if r.inTransaction() {
		rt.commit.add(r, e)
	} else {
		rt.later.add(r, e)
	}
}

// of returns all who may want that event.
func (rt *route) of(event *cim.Instance) iter.Seq[*Registration] {
	return func(yield func(*Registration) bool) {
		for _, a := range [...]*audience{&rt.commit, &rt.later} {
			for r := range a.of(event) {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// maxRoutes bounds the routes of a namespace, since a provider may come with a
// new class each time.
const maxRoutes = 1 << 14

// route returns who may want an event of class or, with a kind, about an
// instance of it.
func (b *Broker) route(ns *repository.Namespace, kind kinds, class *cim.Class) *route {
	key := routeKey{class, kind}
	b.mu.RLock()
	if s := b.spaces[ns]; s != nil {
		if rt := s.routes[key]; rt != nil {
			b.mu.RUnlock()
			return rt
		}
	}
	b.mu.RUnlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.space(ns)
	rt := s.find(key)
	if len(s.routes) >= maxRoutes {
		clear(s.routes)
	}
	s.routes[key] = rt
	return rt
}

// space returns the space of a namespace; b.mu is held.
func (b *Broker) space(ns *repository.Namespace) *space {
	s := b.spaces[ns]
	if s == nil {
		s = &space{ns: ns, all: set{}, from: map[string]set{}, below: map[string]set{}, exactly: map[string]set{},
			routes: map[routeKey]*route{}, coverages: map[*Coverage]struct{}{}}
		b.spaces[ns] = s
	}
	return s
}

func (s *space) find(key routeKey) *route {
	rt := &route{}
	if key.kind == 0 {
		for c := key.class; c != nil; c = c.Super() {
			for r := range s.from[cim.Fold(c.Name())] {
				rt.add(r, nil)
			}
		}
		return rt
	}
	found := set{}
	collect := func(from set) {
		for r := range from {
			if p := r.plan.Load(); p.kinds&key.kind != 0 && !found.has(r) {
				found[r] = struct{}{}
				rt.add(r, p.equality)
			}
		}
	}
	collect(s.below[""])
	if key.class != nil {
		collect(s.exactly[cim.Fold(key.class.Name())])
	}
	for c := key.class; c != nil; c = c.Super() {
		collect(s.below[cim.Fold(c.Name())])
		rt.timer = rt.timer || c.Name() == "__TimerInstruction"
	}
	return rt
}

// insert adds a registration to the index as its plan says; b.mu is held.
func (s *space) insert(r *Registration) { s.edit(r, add) }

// remove takes it out again.
func (s *space) remove(r *Registration) { s.edit(r, remove) }

func (s *space) edit(r *Registration, do func(m map[string]set, key string, r *Registration)) {
	p := r.plan.Load()
	do(s.from, cim.Fold(p.class.Name()), r)
	if p.kinds != 0 {
		for _, t := range p.targets {
			if t.Exact {
				do(s.exactly, cim.Fold(t.Class), r)
			} else {
				do(s.below, cim.Fold(t.Class), r)
			}
		}
		if len(p.targets) == 0 {
			do(s.below, "", r)
		}
	}
	clear(s.routes)
}
