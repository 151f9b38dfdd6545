package event

import (
	"context"
	"fmt"
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
)

// kinds is a set of operations on instances.
type kinds uint8

const (
	created kinds = 1 << iota
	modified
	deleted

	anyKind = created | modified | deleted
)

// kindOf returns the operation on an instance that a change is, 0 for one on a
// class or namespace.
func kindOf(k repository.Kind) kinds {
	switch k {
	case repository.InstanceCreated:
		return created
	case repository.InstanceModified:
		return modified
	case repository.InstanceDeleted:
		return deleted
	}
	return 0
}

// kindsOf returns the operations on instances whose events a FROM class admits
// (events.md 5): all for the classes above them, none for other classes.
func kindsOf(class string) kinds {
	switch cim.Fold(class) {
	case "__EVENT", "__INSTANCEOPERATIONEVENT":
		return anyKind
	case "__INSTANCECREATIONEVENT":
		return created
	case "__INSTANCEMODIFICATIONEVENT":
		return modified
	case "__INSTANCEDELETIONEVENT":
		return deleted
	}
	return 0
}

// sources are the classes of the events that the broker makes. System classes
// are the same in every namespace, so those of root do for all.
type sources struct {
	changes   [repository.NamespaceDeleted + 1]intrinsic
	timer     *cim.Class
	aggregate *cim.Class
}

// An intrinsic is the class of the events of one kind of change, and where its
// properties stand.
type intrinsic struct {
	class                     *cim.Class
	target, previous, created int // previous is -1 if there is none
}

var intrinsicNames = [...]struct{ class, target, previous string }{
	repository.ClassCreated:      {"__ClassCreationEvent", "TargetClass", ""},
	repository.ClassModified:     {"__ClassModificationEvent", "TargetClass", "PreviousClass"},
	repository.ClassDeleted:      {"__ClassDeletionEvent", "TargetClass", ""},
	repository.InstanceCreated:   {"__InstanceCreationEvent", "TargetInstance", ""},
	repository.InstanceModified:  {"__InstanceModificationEvent", "TargetInstance", "PreviousInstance"},
	repository.InstanceDeleted:   {"__InstanceDeletionEvent", "TargetInstance", ""},
	repository.NamespaceCreated:  {"__NamespaceCreationEvent", "TargetNamespace", ""},
	repository.NamespaceModified: {"__NamespaceModificationEvent", "TargetNamespace", "PreviousNamespace"},
	repository.NamespaceDeleted:  {"__NamespaceDeletionEvent", "TargetNamespace", ""},
}

func newSources(repo *repository.Repository) (s sources, err error) {
	root, err := repo.Namespace("root")
	if err != nil {
		return s, err
	}
	class := func(name string) *cim.Class {
		c, e := root.Class(name)
		if e != nil && err == nil {
			err = fmt.Errorf("system class: %w", e)
		}
		return c
	}
	for kind, n := range intrinsicNames {
		c := class(n.class)
		if err != nil {
			return s, err
		}
		s.changes[kind] = intrinsic{c, c.PropertyIndex(n.target), c.PropertyIndex(n.previous), c.PropertyIndex("TIME_CREATED")}
	}
	s.timer, s.aggregate = class("__TimerEvent"), class("__AggregateEvent")
	return s, err
}

// event returns the event of a change, whose objects now belong to it.
func (i *intrinsic) event(target, previous cim.Object) *cim.Instance {
	inst := cim.NewInstance(i.class)
	inst.Put(i.target, cim.ObjectValue(target))
	if i.previous >= 0 {
		inst.Put(i.previous, cim.ObjectValue(previous))
	}
	inst.Put(i.created, cim.Uint64Value(fileTime(time.Now())))
	return inst
}

// ofChange returns the event of a change in the repository.
func (s *sources) ofChange(c *repository.Change) *cim.Instance {
	i := &s.changes[c.Kind]
	switch {
	case i.previous >= 0:
		return i.event(c.After(), c.Before())
	case c.Kind == repository.ClassDeleted || c.Kind == repository.InstanceDeleted || c.Kind == repository.NamespaceDeleted:
		return i.event(c.Before(), nil)
	}
	return i.event(c.After(), nil)
}

// changed is told of every change after it has become durable, one at a time.
func (b *Broker) changed(c repository.Change) {
	rt := b.routeOfChange(&c)
	if rt.timer {
		b.timerChanged(&c)
	}
	if kindOf(c.Kind) == 0 {
		b.schemaChanged(&c)
	}
	if rt.later.isEmpty() {
		return
	}
	e := newEvent(c.Namespace(), b.sources.ofChange(&c), publisherOf(c.Context()))
	for r := range rt.later.of(e.Instance) {
		// Whoever is not in the transaction has a queue, which takes it.
		_ = r.offer(b.ctx, e)
	}
}

// commit is the CommitHook: it is told of the changes of a transaction at its
// end, inside it. Its error undoes the transaction.
func (b *Broker) commit(ctx context.Context, tx *repository.Tx, changes []repository.Change) error {
	if b.opts.Commit != nil {
		if err := b.opts.Commit(ctx, tx, changes); err != nil {
			return err
		}
	}
	for i := range changes {
		c := &changes[i]
		rt := b.routeOfChange(c)
		if rt.timer {
			if err := b.commitTimer(tx, c); err != nil {
				return err
			}
		}
		if rt.commit.isEmpty() {
			continue
		}
		e := newEvent(c.Namespace(), b.sources.ofChange(c), publisherOf(ctx))
		for r := range rt.commit.of(e.Instance) {
			if err := r.commit(ctx, tx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// routeOfChange returns who may want the event of a change.
func (b *Broker) routeOfChange(c *repository.Change) *route {
	if k := kindOf(c.Kind); k != 0 {
		return b.route(c.Namespace(), k, c.Class())
	}
	return b.route(c.Namespace(), 0, b.sources.changes[c.Kind].class)
}
