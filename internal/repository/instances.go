package repository

import (
	"bytes"
	"context"
	"errors"
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
	if err == nil || ns.isCurrent(s) && !errors.Is(err, kv.ErrCorrupt) {
		return inst, err
	}
	// A class of the instance may have changed between the two reads.
	v, err := ns.View()
	if err != nil {
		return nil, err
	}
	defer v.Close()
	return v.Instance(path, direct)
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
		at, value, err = s.fetch(at, path, direct, r)
		return err
	})
	if err != nil {
		return nil, err
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
	return decoded(ns.Records(ctx, class, deep))
}

// Records is Instances without decoding them. A record and the texts in it are
// valid until the next one is asked for.
func (ns *Namespace) Records(ctx context.Context, class string, deep bool) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		v, err := ns.View()
		if err != nil {
			yield(nil, err)
			return
		}
		defer v.Close()
		v.Records(ctx, class, deep)(yield)
	}
}

func (s *schema) records(ctx context.Context, from kv.Reader, class string, deep bool) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		entries, err := s.extent(class, deep)
		if err != nil {
			yield(nil, err)
			return
		}
		for e := range entries {
			prefix := classPrefix(tableInstance, s.ns.id, e.id)
			if !s.classRecords(ctx, from, e, prefix, after(prefix), yield) {
				return
			}
		}
	}
}

// extent yields the named class and, if deep, those below it.
func (s *schema) extent(class string, deep bool) (iter.Seq[*entry], error) {
	if class == "" {
		return nil, cim.Errorf(cim.InvalidParameter, "instances of no class were asked for")
	}
	e := s.find(class)
	if e == nil {
		return nil, s.unknown(class)
	}
	return func(yield func(*entry) bool) {
		if yield(e) && deep {
			s.walk(e, yield)
		}
	}, nil
}

// checkEvery is how many records are read between two looks at the context.
const checkEvery = 64

// classRecords yields the records of one class whose keys are in a range. It
// reports whether all is well and the loop goes on.
func (s *schema) classRecords(ctx context.Context, from kv.Reader, e *entry, lo, hi []byte, yield func(*Record, error) bool) bool {
	err := ctx.Err()
	var it kv.Iterator
	if err == nil {
		it, err = from.Scan(lo, hi)
	}
	if err != nil {
		yield(nil, err)
		return false
	}
	var r *Record
	for n := 1; err == nil && it.Next(); n++ {
		if n%checkEvery == 0 {
			if err = ctx.Err(); err != nil {
				break
			}
		}
		if r == nil {
			if r, err = s.newRecord(e, from); err != nil {
				break
			}
		}
		if err = r.reset(view(it.Value())); err != nil {
			err = s.damaged(e, err)
		} else if !yield(r, nil) {
			_ = it.Close() // nobody is there to hear of it
			return false
		}
	}
	if closed := it.Close(); err == nil {
		err = closed
	}
	if err != nil {
		yield(nil, err)
	}
	return err == nil
}

// newRecord returns a record of a class, to be reset.
func (s *schema) newRecord(e *entry, from getter) (*Record, error) {
	d, err := s.derive(e, from)
	if err != nil {
		return nil, err
	}
	return &Record{layout: d.layout, origin: s.ns.origin}, nil
}

func (s *schema) damaged(e *entry, err error) error {
	return fmt.Errorf("instance of %s in %s: %w", e.name, s.ns.Path(), err)
}
