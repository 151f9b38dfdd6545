package repository

import (
	"context"
	"encoding/binary"
	"iter"
	"slices"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/kv"
)

// A Tx is a running transaction.
type Tx struct {
	ctx     context.Context // ends what takes long
	r       *Repository
	kv      kv.Tx
	err     error // the first failure of a write; the transaction cannot succeed then
	spaces  *spaces
	stages  []*stage
	ids     idRange
	numbers numberRange
	queues  map[string]*QueueSize // of those that were used, by name
	hook    *CommitHook           // nil for none
	watched bool                  // changes are collected

	announced bool // it counts in Repository.publishing

	shipping bool // namespaces that are created belong to the system

	stale   [][]byte // keys of instances in the cache
	created []*Namespace
	deleted []*Namespace
	secured map[*Namespace]*access.Security // what SetSecurity has stored
	changes []Change
}

// A stage is a namespace of which the transaction has used the classes.
type stage struct {
	ns      *Namespace
	schema  *schema
	changed bool // schema is a copy of this transaction's own
}

// Namespace returns the namespace with that path: InvalidNamespace if there is
// none.
func (tx *Tx) Namespace(path string) (*Namespace, error) { return tx.spaces.find(path) }

// has reports whether a namespace exists in the transaction.
func (tx *Tx) has(ns *Namespace) bool {
	if len(tx.created)+len(tx.deleted) == 0 {
		return ns.live.Load()
	}
	return tx.spaces.has(ns)
}

// stage returns what the transaction knows of a namespace.
func (tx *Tx) stage(ns *Namespace) (*stage, error) {
	for _, st := range tx.stages {
		if st.ns == ns {
			return st, nil
		}
	}
	if !tx.has(ns) {
		return nil, ns.gone()
	}
	s := ns.current.Load()
	if s == nil {
		var err error
		if s, err = ns.read(tx.kv); err != nil {
			return nil, err
		}
	}
	st := &stage{ns: ns, schema: s}
	tx.stages = append(tx.stages, st)
	return st, nil
}

// change returns the schema of a stage to be changed.
func (st *stage) change() *schema {
	if !st.changed {
		st.schema, st.changed = st.schema.copy(), true
	}
	return st.schema
}

// fail makes the transaction fail in the end, because something was changed
// before the error.
func (tx *Tx) fail(err error) error {
	if tx.err == nil {
		tx.err = err
	}
	return err
}

// put, delete and deletePrefix write, and note a failure.
func (tx *Tx) put(key, value []byte) {
	if tx.err == nil {
		tx.err = tx.kv.Put(key, value)
	}
}

func (tx *Tx) delete(key []byte) {
	if tx.err == nil {
		tx.err = tx.kv.Delete(key)
	}
}

func (tx *Tx) deletePrefix(prefix []byte) {
	if tx.err == nil {
		tx.err = tx.kv.DeleteRange(prefix, after(prefix))
	}
}

// newID returns an id that was never used before. When there is none left the
// transaction fails with QuotaViolation.
func (tx *Tx) newID() uint32 {
	if tx.ids.next == tx.ids.limit {
		if tx.ids.limit > lastID-idBlock {
			tx.fail(cim.Errorf(cim.QuotaViolation, "the store has used up its %d ids of classes and namespaces", tx.ids.limit))
			return lastID
		}
		tx.ids.limit += idBlock
		tx.put(metaIDs, binary.BigEndian.AppendUint32(nil, tx.ids.limit))
	}
	tx.ids.next++
	return tx.ids.next - 1
}

// commit has everything published that is not in the store, when it is visible
// and when it is durable. The error is the first that was noted.
func (tx *Tx) commit() error {
	if err := tx.callHook(); err != nil {
		return err
	}
	tx.putQueueSizes()
	if tx.r.unnamed {
		tx.put(metaNames, tx.r.named.append(nil))
	}
	if tx.err != nil {
		return tx.err
	}
	tx.kv.OnApply(func() {
		r := tx.r
		r.ids, r.numbers, r.unnamed = tx.ids, tx.numbers, false
		r.spaces.Store(tx.spaces)
		for _, st := range tx.stages {
			if st.changed {
				st.ns.current.Store(st.schema)
			}
		}
		for ns, s := range tx.secured {
			ns.security.Store(s)
		}
		for _, ns := range tx.created {
			ns.live.Store(true)
		}
		for _, ns := range tx.deleted {
			ns.live.Store(false)
		}
		tx.withdraw()
		for _, key := range tx.stale {
			r.cache.invalidate(key)
		}
	})
	if len(tx.changes) > 0 && tx.r.subscribers.any() {
		tx.kv.OnDurable(func(uint64) { tx.r.subscribers.deliver(tx.changes) })
	}
	return nil
}

// OnDurable has fn called once, after the transaction has become durable and
// with kv.Durable before Update returns: in commit order, one at a time. It is
// never called if the transaction fails. fn must return soon, since writers wait
// for it, and must not write to the store.
func (tx *Tx) OnDurable(fn func()) { tx.kv.OnDurable(func(uint64) { fn() }) }

// announce says that classes or namespaces are about to be published, see
// Namespace.View; withdraw, that they have been or never will be.
func (tx *Tx) announce() {
	changed := func(st *stage) bool { return st.changed }
	if len(tx.created)+len(tx.deleted) > 0 || slices.ContainsFunc(tx.stages, changed) {
		tx.announced = true
		tx.r.publishing.Add(1)
	}
}

func (tx *Tx) withdraw() {
	if tx.announced {
		tx.announced = false
		tx.r.publishing.Add(-1)
	}
}

// Class returns the named class: NotFound if there is none.
func (tx *Tx) Class(ns *Namespace, name string) (*cim.Class, error) {
	st, err := tx.stage(ns)
	if err != nil {
		return nil, err
	}
	return st.schema.class(name, tx.kv)
}

// Subclasses is Namespace.Subclasses in the transaction. While the sequence
// runs, no class must be changed.
func (tx *Tx) Subclasses(ns *Namespace, name string, deep bool) iter.Seq2[*cim.Class, error] {
	return func(yield func(*cim.Class, error) bool) {
		st, err := tx.stage(ns)
		if err != nil {
			yield(nil, err)
			return
		}
		st.schema.subclasses(name, deep, tx.kv)(yield)
	}
}

// Instance is Namespace.Instance in the transaction.
func (tx *Tx) Instance(ns *Namespace, path cim.Path, direct bool) (*cim.Instance, error) {
	st, err := tx.stage(ns)
	if err != nil {
		return nil, err
	}
	at, value, err := st.schema.fetchPath(path, direct, tx.kv)
	if err != nil {
		return nil, err
	}
	return st.schema.instance(at, value)
}

// Instances is Namespace.Instances in the transaction. While the sequence runs,
// nothing must be written.
func (tx *Tx) Instances(ns *Namespace, class string, deep bool) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		st, err := tx.stage(ns)
		if err != nil {
			yield(nil, err)
			return
		}
		decoded(st.schema.records(tx.ctx, tx.kv, class, deep))(yield)
	}
}
