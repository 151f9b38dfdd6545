package event

import (
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
)

// stale is what has to be checked again because classes or namespaces have
// changed. That happens a little later, by an alarm, for many changes at once.
// Guarded by Broker.mu.
type stale struct {
	alarm *alarm
	// classes are, by namespace, the folded names of classes that have changed
	// and of their superclasses; nil stands for all classes.
	classes map[*repository.Namespace]map[string]bool
	spaces  bool // a namespace has gone
	timers  bool // timer instructions may have gone with their class or namespace
}

// schemaChanged notes a change of a class or namespace.
func (b *Broker) schemaChanged(c *repository.Change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch c.Kind {
	case repository.NamespaceDeleted:
		b.stale.spaces, b.stale.timers = true, true
		b.clock.set(b.stale.alarm, time.Now())
	case repository.ClassDeleted:
		if c.Class().IsA("__TimerInstruction") {
			b.stale.timers = true
			b.clock.set(b.stale.alarm, time.Now())
		}
		b.classChanged(c)
	case repository.ClassCreated, repository.ClassModified:
		b.classChanged(c)
	}
}

// classChanged notes a change of a class; b.mu is held.
func (b *Broker) classChanged(c *repository.Change) {
	s := b.spaces[c.Namespace()]
	if s == nil {
		return
	}
	clear(s.routes)
	s.generation++
	if len(s.all) == 0 {
		return
	}
	names, known := b.stale.classes[s.ns]
	if known && names == nil {
		return
	}
	if names == nil {
		names = map[string]bool{}
		b.setStale(s.ns, names)
	}
	for x := c.Class(); x != nil; x = x.Super() {
		names[cim.Fold(x.Name())] = true
	}
}

// setStale has registrations of a namespace checked again that depend on classes
// with those names, or all of them if names is nil; b.mu is held.
func (b *Broker) setStale(ns *repository.Namespace, names map[string]bool) {
	if b.stale.classes == nil {
		b.stale.classes = map[*repository.Namespace]map[string]bool{}
	}
	b.stale.classes[ns] = names
	b.clock.set(b.stale.alarm, time.Now())
}

// recheck makes new plans for the registrations that depend on what has
// changed, and ends those for which there is none.
func (b *Broker) recheck() {
	b.mu.Lock()
	work := b.stale
	b.stale = stale{alarm: work.alarm}
	var regs []*Registration
	for ns, s := range b.spaces {
		names, known := work.classes[ns]
		for r := range s.all {
			if work.spaces || known && (names == nil || r.plan.Load().dependsOn(names)) {
				regs = append(regs, r)
			}
		}
	}
	b.mu.Unlock()
	for _, r := range regs {
		b.replan(r)
	}
	if work.spaces {
		b.dropSpaces()
	}
	if work.timers {
		b.dropTimers()
	}
}

// replan gives a registration a plan that fits the classes as they are now, or
// ends it.
func (b *Broker) replan(r *Registration) {
	old := r.plan.Load()
	p, err := b.newPlan(old.ns, old.query, r.spec.DayFirst)
	if err != nil {
		r.end(err)
		return
	}
	overlap := b.overlapping(p)
	b.mu.Lock()
	if _, live := r.space.all[r]; live {
		r.space.remove(r)
		r.plan.Store(p)
		r.space.insert(r)
		b.listen(r, overlap)
	}
	b.mu.Unlock()
	if err := b.changePolls(r, p); err != nil {
		r.end(err)
	}
}

// dropSpaces forgets the namespaces that do not exist any more.
func (b *Broker) dropSpaces() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ns, s := range b.spaces {
		if now, err := b.repo.Namespace(ns.Path()); (err != nil || now != ns) && len(s.all) == 0 {
			delete(b.spaces, ns)
		}
	}
}
