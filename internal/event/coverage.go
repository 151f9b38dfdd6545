package event

import (
	"context"
	"errors"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

// A Watcher is told who listens to the events that a provider covers.
type Watcher interface {
	// Allow is asked before a query that overlaps what is covered may run; its
	// error, such as AccessDenied, refuses the query. Nil is the service
	// itself.
	Allow(ctx context.Context, who *wbem.Identity, q *wql.Select) error

	// Listen says that such a query runs from now on, and Unlisten that it does
	// no longer; id stands for it. They are called one at a time, Listen
	// before Unlisten of the same id, a little after the fact, and must return
	// soon.
	Listen(id uint32, q *wql.Select)
	Unlisten(id uint32)
}

// A Coverage is what a provider has promised to raise: one query of an
// EventQueryList (events.md 9). What it covers is not polled.
type Coverage struct {
	b       *Broker
	ns      *repository.Namespace
	class   *cim.Class // FROM
	kinds   kinds
	targets []query.Target // to which TargetInstance must belong; nil for other events
	watcher Watcher        // nil if nobody wants to know
	closed  bool           // guarded by Broker.mu
}

// Cover says that a provider calls Raise for all events that a query asks for,
// until the Coverage is closed. Events about instances are covered by class:
// SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "C". The watcher
// learns of the queries that listen, also of those that run already; it may be
// nil.
//
// The error is UnparsableQuery and others of wql.ParseEvent; InvalidClass if a
// class does not exist; NotEventClass; UninterpretableProviderQuery for
// conditions on the events about instances other than whose instances they are;
// and RegistrationTooBroad for events that the service itself raises.
func (b *Broker) Cover(namespace, text string, w Watcher) (*Coverage, error) {
	q, err := wql.ParseEvent(text)
	if err != nil {
		return nil, err
	}
	ns, err := b.repo.Namespace(namespace)
	if err != nil {
		return nil, err
	}
	p := &plan{ns: ns, query: q}
	if p.class, err = p.find(q.Class); err != nil {
		return nil, err
	}
	c := &Coverage{b: b, ns: ns, class: p.class, kinds: kindsOf(p.class.Name()), watcher: w}
	switch {
	case !p.class.IsA("__Event"):
		return nil, wql.Errorf(q.Source, q.Class, wbem.NotEventClass, "class %s is not derived from __Event", p.class.Name())
	case cim.EqualNames(p.class.Name(), "__Event"), p.class.IsA("__ClassOperationEvent"),
		p.class.IsA("__NamespaceOperationEvent"), p.class.IsA("__TimerEvent"):
		return nil, wql.Errorf(q.Source, q.Class, wbem.RegistrationTooBroad, "the service itself raises events of class %s", p.class.Name())
	case p.class.IsA("__InstanceOperationEvent"):
		if c.targets, err = p.coveredClasses(); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.space(ns).coverages[c] = struct{}{}
	b.setStale(ns, nil)
	return c, nil
}

// coveredClasses returns the classes that the query of a provider covers.
func (p *plan) coveredClasses() ([]query.Target, error) {
	q := p.query
	targets, ok := query.Targets(q.Where)
	if !ok || !onlyIsa(q.Where) {
		return nil, wql.Errorf(q.Source, q.Class, wbem.UninterpretableProviderQuery,
			"a provider covers classes, and can say no more than TargetInstance ISA \"class\"")
	}
	for _, t := range targets {
		c, err := p.ns.Class(t.Class)
		switch {
		case errors.Is(err, wbem.NotFound):
			return nil, p.noTarget(t)
		case err != nil:
			return nil, err
		case !c.IsDynamic() && !c.IsAbstract():
			return nil, wql.Errorf(q.Source, q.Where, wbem.RegistrationTooBroad,
				"class %s is static, so the service itself raises events about its instances", c.Name())
		}
	}
	return targets, nil
}

// onlyIsa reports whether a condition is made of ISA and OR.
func onlyIsa(e wql.Expr) bool {
	for x := range wql.Preorder(e) {
		switch x.(type) {
		case *wql.Or, *wql.Isa:
		default:
			return false
		}
	}
	return true
}

// Close says that the provider raises nothing any more. Closing twice does
// nothing.
func (c *Coverage) Close() {
	c.b.mu.Lock()
	defer c.b.mu.Unlock()
	if s := c.b.spaces[c.ns]; s != nil && !c.closed {
		delete(s.coverages, c)
		c.b.setStale(c.ns, nil)
	}
	c.closed = true
}

// Covers reports whether the provider may raise an event, since the query asks
// for it.
func (c *Coverage) Covers(event *cim.Instance) bool {
	if !event.Class().IsA(c.class.Name()) {
		return false
	}
	if c.targets == nil {
		return true
	}
	target, _ := event.Get("TargetInstance")
	return target.Object() != nil && c.covers(target.Object().Definition())
}

// covered reports whether providers raise all the events of some kinds about
// instances of exactly that class.
func (b *Broker) covered(ns *repository.Namespace, class *cim.Class, k kinds) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.spaces[ns]
	if s == nil {
		return false
	}
	for c := range s.coverages {
		if c.kinds&k != 0 && c.covers(class) {
			k &^= c.kinds
		}
	}
	return k == 0
}

func (c *Coverage) covers(class *cim.Class) bool {
	for _, t := range c.targets {
		if class.IsA(t.Class) {
			return true
		}
	}
	return false
}
