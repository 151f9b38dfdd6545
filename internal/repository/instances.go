package repository

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// Instance returns the instance at a path, which may name a superclass of its
// class unless direct. It belongs to the caller. Server and namespace of the
// path are not looked at.
//
// The error is NotFound if there is no such instance or class, and
// InvalidObjectPath for the path of a class or other keys than those of the
// class.
func (ns *Namespace) Instance(path cim.Path, direct bool) (*cim.Instance, error) {
	s, err := ns.schema()
	if err != nil {
		return nil, err
	}
	inst, err := s.read(path, direct)
	return inst, ns.readError(err)
}

// read answers from the cache without touching the heap, but for what it
// returns.
func (s *schema) read(path cim.Path, direct bool) (*cim.Instance, error) {
	var buf [128]byte
	at, err := s.place(path, buf[:], s.ns.r.now)
	if err != nil {
		return nil, err
	}
	inst, ticket := s.ns.r.cache.get(at.key, at.class)
	if inst != nil {
		return inst, nil
	}
	return s.readStored(place{at.derived, at.entry, bytes.Clone(at.key)}, path, direct, ticket)
}

func (s *schema) readStored(at place, path cim.Path, direct bool, t ticket) (*cim.Instance, error) {
	var value []byte
	err := s.ns.r.store.View(func(r kv.Reader) (err error) {
		at, value, err = s.fetch(at, direct, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, s.noInstance(path)
	}
	inst, err := s.instance(at, value)
	if err != nil {
		return nil, err
	}
	return s.ns.r.cache.add(at.key, inst, len(value), t), nil
}

// Instances yields the instances of the named class and, if deep, of its
// subclasses, class by class, by their keys. They are those of one moment, and
// each belongs to the caller. What the sequence holds is released when it ends
// or the loop is left.
//
// The error is InvalidClass for an unknown class, InvalidParameter for "".
func (ns *Namespace) Instances(ctx context.Context, class string, deep bool) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for r, err := range ns.Records(ctx, class, deep) {
			var inst *cim.Instance
			if err == nil {
				inst, err = r.Instance()
			}
			if err != nil {
				yield(nil, ns.readError(err))
				return
			}
			if !yield(inst, nil) {
				return
			}
		}
	}
}

// Records is Instances without decoding them. A record and the texts in it are
// valid until the next one is asked for.
func (ns *Namespace) Records(ctx context.Context, class string, deep bool) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		if err := ns.records(ctx, class, deep, func(r *Record) bool { return yield(r, nil) }); err != nil {
			yield(nil, ns.readError(err))
		}
	}
}

func (ns *Namespace) records(ctx context.Context, class string, deep bool, yield func(*Record) bool) error {
	s, snap, err := ns.snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	return s.records(ctx, snap, class, deep, ns.r.now, yield)
}

// snapshot returns a schema and a snapshot of the store that belong together.
func (ns *Namespace) snapshot() (*schema, kv.Snapshot, error) {
	for {
		s, err := ns.schema()
		if err != nil {
			return nil, nil, err
		}
		snap, err := ns.r.store.Snapshot()
		if err != nil {
			return nil, nil, err
		}
		// If a transaction was published in between, the instances may be
		// newer than the classes.
		if ns.current.Load() == s {
			// Nor is it known yet that one has deleted the namespace.
			if err := ns.check(snap); err != nil {
				snap.Close()
				return nil, nil, err
			}
			return s, snap, nil
		}
		snap.Close()
	}
}

func (s *schema) records(ctx context.Context, from kv.Reader, class string, deep bool, defs getter, yield func(*Record) bool) error {
	if class == "" {
		return cim.Errorf(cim.InvalidParameter, "instances of no class were asked for")
	}
	e := s.find(class)
	if e == nil {
		return s.unknown(class)
	}
	more, err := s.classRecords(ctx, from, e, defs, yield)
	if !more || err != nil || !deep {
		return err
	}
	for c := range s.descendants(e) {
		if more, err := s.classRecords(ctx, from, c, defs, yield); !more || err != nil {
			return err
		}
	}
	return nil
}

// checkEvery is how many records are read between two looks at the context.
const checkEvery = 64

func (s *schema) classRecords(ctx context.Context, from kv.Reader, e *entry, defs getter, yield func(*Record) bool) (more bool, err error) {
	prefix := classPrefix(tableInstance, s.ns.id, e.id)
	it, err := from.Scan(prefix, after(prefix))
	if err != nil {
		return false, err
	}
	defer func() {
		if closed := it.Close(); err == nil {
			err = closed
		}
	}()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	var r *Record
	for n := 1; it.Next(); n++ {
		if n%checkEvery == 0 {
			if err := ctx.Err(); err != nil {
				return false, err
			}
		}
		if r == nil {
			d, err := s.derive(e, defs)
			if err != nil {
				return false, err
			}
			r = &Record{layout: d.layout, origin: s.ns.origin}
		}
		if err := r.reset(view(it.Value())); err != nil {
			return false, s.damaged(e, err)
		}
		if !yield(r) {
			return false, nil
		}
	}
	return true, nil
}

func (s *schema) damaged(e *entry, err error) error {
	return fmt.Errorf("instance of %s in %s: %w", e.name, s.ns.Path(), err)
}
