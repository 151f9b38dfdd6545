package event

import (
	"context"
	"slices"
	"time"

	"openwmi/cim"
	"openwmi/internal/query"
)

// notices are what watchers are to be told, in order. An alarm tells them, so
// that no lock is held. Guarded by Broker.mu.
type notices struct {
	alarm *alarm
	queue []func()
	id    uint32 // the last that was given to a query
}

// notify tells watchers what there is to tell.
func (b *Broker) notify() {
	b.mu.Lock()
	queue := b.notices.queue
	b.notices.queue = nil
	b.mu.Unlock()
	for _, tell := range queue {
		tell()
	}
}

// listen notes what a registration listens to now, instead of before; b.mu is
// held.
func (b *Broker) listen(r *Registration, now []*Coverage) {
	n := &b.notices
	q := r.plan.Load().query
	for c, id := range r.heard {
		if !slices.Contains(now, c) {
			delete(r.heard, c)
			n.queue = append(n.queue, func() { c.watcher.Unlisten(id) })
		}
	}
	for _, c := range now {
		if _, known := r.heard[c]; known || c.closed {
			continue
		}
		if r.heard == nil {
			r.heard = map[*Coverage]uint32{}
		}
		n.id++
		id := n.id
		r.heard[c] = id
		n.queue = append(n.queue, func() { c.watcher.Listen(id, q) })
	}
	if len(n.queue) > 0 {
		b.clock.set(n.alarm, time.Now())
	}
}

// allow asks those who watch what a registration would listen to.
func allow(ctx context.Context, r *Registration, overlap []*Coverage) error {
	for _, c := range overlap {
		if err := c.watcher.Allow(ctx, r.spec.Identity, r.plan.Load().query); err != nil {
			return err
		}
	}
	return nil
}

// overlapping returns the coverages with a watcher that have events in common
// with a query, by their classes.
func (b *Broker) overlapping(p *plan) (found []*Coverage) {
	for _, c := range b.coverages(p) {
		if c.watcher != nil && c.overlaps(p) {
			found = append(found, c)
		}
	}
	return found
}

func (b *Broker) coverages(p *plan) (all []*Coverage) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if s := b.spaces[p.ns]; s != nil {
		for c := range s.coverages {
			all = append(all, c)
		}
	}
	return all
}

// overlaps reports whether an event can be of both queries.
func (c *Coverage) overlaps(p *plan) bool {
	if c.kinds == 0 || p.kinds == 0 {
		return p.class.IsA(c.class.Name()) || c.class.IsA(p.class.Name())
	}
	if c.kinds&p.kinds == 0 {
		return false
	}
	return len(p.targets) == 0 || slices.ContainsFunc(p.targets, func(t query.Target) bool {
		class, err := p.ns.Class(t.Class)
		return err == nil && slices.ContainsFunc(c.targets, func(u query.Target) bool {
			return class.IsA(u.Class) || !t.Exact && c.isBelow(u.Class, class)
		})
	})
}

// isBelow reports whether the named class is derived from another.
func (c *Coverage) isBelow(name string, class *cim.Class) bool {
	below, err := c.ns.Class(name)
	return err == nil && below.IsA(class.Name())
}
