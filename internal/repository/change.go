package repository

import (
	"context"
	"errors"
	"slices"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// A Kind says what happened to an object.
type Kind int

const (
	ClassCreated Kind = iota
	ClassModified
	ClassDeleted
	InstanceCreated
	InstanceModified
	InstanceDeleted
	NamespaceCreated // of a child namespace, as an instance of __Namespace
	NamespaceModified
	NamespaceDeleted
)

// A Change is one object that a transaction has changed (put.md 11). It never
// changes itself.
type Change struct {
	Kind Kind
	// Number ascends by one in each namespace, and begins anew when the
	// repository is opened. It is 0 in a CommitHook, since the transaction may
	// still fail.
	Number uint64

	ctx           context.Context
	ns            *Namespace
	class         *cim.Class
	before, after state
}

// Context returns the context that was given to Update, for the values in it; it
// may have ended.
func (c *Change) Context() context.Context { return c.ctx }

// Namespace returns the namespace in which the object is or was.
func (c *Change) Namespace() *Namespace { return c.ns }

// Class returns the class, or the class of the instance, as it is after the
// change or, if it was deleted, was before.
func (c *Change) Class() *cim.Class { return c.class }

// Before returns the object as it was, nil if it was created or damaged. An instance
// belongs to the caller; every call returns another one.
func (c *Change) Before() cim.Object { return c.object(c.before) }

// After returns the object as it is stored now, nil if it was deleted.
func (c *Change) After() cim.Object { return c.object(c.after) }

// A state is an object at one time: a class, or a record with its layout. It
// is decoded when somebody asks for it.
type state struct {
	class  *cim.Class
	layout *layout
	record []byte
}

func stateOf(l *layout, record []byte) state { return state{layout: l, record: record} }

func (c *Change) object(s state) cim.Object {
	switch {
	case s.class != nil:
		return s.class
	case s.record == nil:
		return nil
	}
	d := decode(s.record)
	inst := s.layout.decode(d)
	if d.err != nil {
		return nil // what was overwritten was damaged
	}
	inst.SetOrigin(c.ns.origin)
	return inst
}

// note collects a change for the hook and subscribers.
func (tx *Tx) note(c Change) {
	c.ctx = tx.ctx
	tx.changes = append(tx.changes, c)
}

// A CommitHook is called at the end of every transaction that has changed
// objects, inside it, with all changes in the order in which they were made,
// and with the context that was given to Update. What it does with tx becomes
// visible and durable together with the changes, or not at all: it may append
// to queues and set states. What objects it changes it is not called for again;
// subscribers learn of them. Under its error the transaction fails, and Update
// returns it.
//
// All that Update demands of its function holds for a hook: it may run again,
// must be short since all writers wait for it, and must not use the Repository
// or a Namespace other than through tx. It must not keep changes.
type CommitHook func(ctx context.Context, tx *Tx, changes []Change) error

// OnCommit makes fn the hook of the repository instead of the one before; nil
// means none. When it returns, every transaction that runs from then on calls
// fn and none any longer the one before, and there is no transaction under way
// that does not. It must not be called in a transaction.
func (r *Repository) OnCommit(fn CommitHook) {
	if fn == nil {
		r.hook.Store(nil)
	} else {
		r.hook.Store(&fn)
	}
	_ = r.wait() // as Subscribe does
}

func (tx *Tx) callHook() error {
	if tx.hook == nil || len(tx.changes) == 0 || tx.err != nil {
		return nil
	}
	return (*tx.hook)(tx.ctx, tx, tx.changes)
}

// Subscribe has fn called with every change that is committed from now on: one
// at a time, in commit order, after it has become durable, and before the
// Update that made it returns. fn must return soon, and must not use the
// Repository except to read; writers wait for it. cancel ends that; one call
// may still be under way then. Subscribe waits for the transaction that runs,
// and must not be called in one.
func (r *Repository) Subscribe(fn func(Change)) (cancel func()) {
	s := &r.subscribers
	sub := &subscriber{fn}
	s.replace(func(l []*subscriber) []*subscriber { return append(l, sub) })
	// One that began before does not collect its changes, so it has to end. If
	// the store cannot be written any more there is none.
	_ = r.wait()
	return func() {
		s.replace(func(l []*subscriber) []*subscriber {
			return slices.DeleteFunc(l, func(x *subscriber) bool { return x == sub })
		})
	}
}

// wait returns when every transaction that runs is published or has failed.
func (r *Repository) wait() error {
	err := r.store.Update(kv.Buffered, func(kv.Tx) error { return nil })
	if errors.Is(err, kv.ErrReadOnly) {
		return nil
	}
	return err
}

func (s *subscribers) replace(edit func([]*subscriber) []*subscriber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*subscriber
	if l := s.list.Load(); l != nil {
		list = slices.Clone(*l)
	}
	list = edit(list)
	s.list.Store(&list)
}

// deliver is called by one transaction at a time.
func (s *subscribers) deliver(changes []Change) {
	l := s.list.Load()
	for i := range changes {
		c := &changes[i]
		c.ns.changes++
		c.Number = c.ns.changes
		for _, sub := range *l {
			sub.fn(*c)
		}
	}
}
