package permanent

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// settling is what has changed and has to be looked at, by one goroutine that
// runs as long as there is something.
type settling struct {
	waiting atomic.Int64  // filters and bindings that hope for classes and namespaces
	noted   atomic.Uint64 // counts what was ever added to todo; written with mu

	mu       sync.Mutex // guards what follows
	todo     todo
	settled  uint64        // noted, as far as it is settled
	progress chan struct{} // is closed when settled rises
	running  bool
	closed   bool
	retry    *time.Timer
	group    sync.WaitGroup
}

// A todo is what has to be looked at.
type todo struct {
	all     bool // everything
	objects []change
	classes []class
	missing bool // all that hopes for a class or namespace
	retry   bool // filters whose time has come
	ended   []end
}

// A change is an object that was put or deleted.
type change struct {
	part string // PartOf its class
	ns   *repository.Namespace
	path cim.Path
}

// A class is one that was put.
type class struct {
	ns   *repository.Namespace
	name string // folded
}

// An end is a registration that has ended by itself.
type end struct {
	filter *filter
	err    error
}

func (st *settling) init() { st.progress = make(chan struct{}) }

// changed is told of every change in the repository when it is durable.
func (s *Subscriptions) changed(c repository.Change) {
	switch c.Kind {
	case repository.InstanceCreated, repository.InstanceModified, repository.InstanceDeleted:
		if part := PartOf(c.Class()); part != "" {
			s.partChanged(part, &c)
		}
	case repository.ClassCreated, repository.ClassModified:
		if s.settling.waiting.Load() > 0 {
			s.note(func(t *todo) { t.classes = append(t.classes, class{c.Namespace(), cim.Fold(c.Class().Name())}) })
		}
	case repository.ClassDeleted: // no word of its instances comes
		if PartOf(c.Class()) != "" {
			s.note(func(t *todo) { t.all = true })
		}
	case repository.NamespaceCreated:
		if s.settling.waiting.Load() > 0 {
			s.note(func(t *todo) { t.missing = true })
		}
	case repository.NamespaceDeleted:
		s.note(func(t *todo) { t.all = true })
	}
}

func (s *Subscriptions) partChanged(part string, c *repository.Change) {
	o := c.After()
	if o == nil {
		o = c.Before()
	}
	var path cim.Path
	ok := o != nil
	if ok {
		path, ok = cim.RelPath(o)
	}
	s.note(func(t *todo) {
		if ok {
			t.objects = append(t.objects, change{part, c.Namespace(), path})
		} else {
			t.all = true // it was damaged
		}
	})
}

// note adds something to what has to be looked at, and has it looked at.
func (s *Subscriptions) note(add func(*todo)) {
	st := &s.settling
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return
	}
	add(&st.todo)
	st.noted.Add(1)
	if !st.running {
		st.running = true
		st.group.Go(s.settle)
	}
}

// Settle waits until what was changed before is in force, for some seconds at
// most and until ctx ends.
func (s *Subscriptions) Settle(ctx context.Context) {
	st := &s.settling
	var late <-chan time.Time
	for target := uint64(0); ; {
		st.mu.Lock()
		if target == 0 {
			target = st.noted.Load()
		}
		over := st.settled >= target || st.closed
		progress := st.progress
		st.mu.Unlock()
		if over {
			return
		}
		if late == nil {
			t := time.NewTimer(settleWait)
			defer t.Stop()
			late = t.C
		}
		select {
		case <-progress:
		case <-late:
			return
		case <-ctx.Done():
			return
		}
	}
}

// settle looks at what has changed until there is nothing more.
func (s *Subscriptions) settle() {
	st := &s.settling
	for {
		st.mu.Lock()
		if st.settled == st.noted.Load() || st.closed {
			st.running = false
			st.mu.Unlock()
			return
		}
		t, upTo := st.todo, st.noted.Load()
		st.todo = todo{}
		st.mu.Unlock()

		s.apply(&t)
		s.scheduleRetry()
		s.setReady()

		st.mu.Lock()
		st.settled = upTo
		close(st.progress)
		st.progress = make(chan struct{})
		st.mu.Unlock()
	}
}

func (st *settling) close() {
	st.mu.Lock()
	st.closed = true
	if st.retry != nil {
		st.retry.Stop()
	}
	st.mu.Unlock()
	st.group.Wait()
}

// apply brings the model up to date.
func (s *Subscriptions) apply(t *todo) {
	if t.all {
		if err := s.readAll(); err != nil {
			if s.ctx.Err() == nil {
				s.log.Error("permanent subscriptions not read", "cause", err)
			}
			return
		}
	}
	for _, c := range t.objects {
		s.look(c)
	}
	if t.missing || len(t.classes) > 0 {
		for _, b := range slices.Collect(maps.Keys(s.unresolved)) {
			s.readBinding(b.place)
		}
	}
	for _, e := range t.ended {
		s.filterEnded(e.filter, e.err)
	}
	now := time.Now()
	for _, f := range slices.Collect(maps.Keys(s.inactive)) {
		if t.missing || t.all || t.retry && !f.retryAt.After(now) ||
			slices.ContainsFunc(t.classes, func(c class) bool { return slices.Contains(f.classes, c.name) && f.isIn(c.ns) }) {
			s.activate(f)
		}
	}
	s.settling.waiting.Store(int64(len(s.inactive) + len(s.unresolved)))
}

// look looks at an object that has changed.
func (s *Subscriptions) look(c change) {
	key, err := keyOf(c.ns, c.path)
	if err != nil {
		return // its class or namespace has gone, which another change tells
	}
	if c.part == bindingClass {
		s.readBinding(place{c.ns, c.path, fullPath(c.ns, c.path), key})
		return
	}
	for _, b := range slices.Collect(maps.Keys(s.bound[key])) {
		s.readBinding(b.place)
	}
}

// readAll reads the bindings of all namespaces, forgets those that have gone, and
// drops the queues of nobody.
func (s *Subscriptions) readAll() error {
	found := map[objectKey]bool{}
	err := s.eachNamespace(s.ctx, func(ns *repository.Namespace) error {
		all, err := parts(s.ctx, ns, bindingClass)
		if err != nil {
			return err
		}
		for _, inst := range all {
			at, err := placeOf(ns, inst)
			if err != nil {
				return err
			}
			found[at.key] = true
			s.readBinding(at)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for key, b := range s.bindings {
		if !found[key] {
			s.remove(b)
		}
	}
	return s.dropQueues()
}

// scheduleRetry has the filters tried again whose time comes first.
func (s *Subscriptions) scheduleRetry() {
	var first time.Time
	for f := range s.inactive {
		if first.IsZero() || f.retryAt.Before(first) {
			first = f.retryAt
		}
	}
	st := &s.settling
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.retry != nil {
		st.retry.Stop()
		st.retry = nil
	}
	if !first.IsZero() && !st.closed {
		st.retry = time.AfterFunc(time.Until(first), func() { s.note(func(t *todo) { t.retry = true }) })
	}
}

// isGone reports whether an object, its class or its namespace does not exist.
func isGone(err error) bool {
	return errors.Is(err, wbem.NotFound) || errors.Is(err, wbem.InvalidClass) || errors.Is(err, wbem.InvalidNamespace)
}
