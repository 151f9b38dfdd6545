package repository

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// A View is a namespace as it is at one moment: classes and instances stay what
// they were when it was made, whatever is written meanwhile, also if the
// namespace is deleted. Its methods are those of Namespace and have the same
// errors. It belongs to one goroutine.
//
// A view is cheap to make. It keeps the store from giving up what was
// overwritten since, so it should be closed soon.
type View struct {
	ns     *Namespace
	schema *schema
	snap   kv.Snapshot
}

// View returns a view of the current state, which the caller closes:
// InvalidNamespace if the namespace does not exist any more.
func (ns *Namespace) View() (*View, error) {
	for {
		s, err := ns.schema()
		if err != nil {
			return nil, err
		}
		snap, err := ns.r.store.Snapshot()
		if err != nil {
			return nil, err
		}
		if ns.isCurrent(s) {
			return &View{ns, s, snap}, nil
		}
		if err := snap.Close(); err != nil {
			return nil, err
		}
		if ns.r.publishing.Load() > 0 {
			// Should the store fail meanwhile, it can still be read.
			_ = ns.r.wait()
		}
	}
}

// isCurrent reports whether all that was read from the store since s was loaded
// belongs to these classes. A transaction that changes classes is visible in the
// store a little before it is published here. If none is in between, all that
// was visible is published, and the classes belong to it unless others have been
// published since.
func (ns *Namespace) isCurrent(s *schema) bool {
	return ns.r.publishing.Load() == 0 && ns.current.Load() == s && ns.live.Load()
}

// Close releases what the view holds. Sequences must have ended; methods return
// kv.ErrClosed from then on where they read from the store.
func (v *View) Close() { _ = v.snap.Close() } // the error is that it was closed before

// Namespace returns the namespace that is viewed.
func (v *View) Namespace() *Namespace { return v.ns }

// Generation is Namespace.Generation, of the classes that the view has.
func (v *View) Generation() uint64 { return v.schema.generation }

// Class is Namespace.Class.
func (v *View) Class(name string) (*cim.Class, error) { return v.schema.class(name, v.snap) }

// Subclasses is Namespace.Subclasses.
func (v *View) Subclasses(name string, deep bool) iter.Seq2[*cim.Class, error] {
	return v.schema.subclasses(name, deep, v.snap)
}

// References is Namespace.References.
func (v *View) References() iter.Seq2[*cim.Class, error] { return v.schema.references(v.snap) }

// Instance is Namespace.Instance.
func (v *View) Instance(path cim.Path, direct bool) (*cim.Instance, error) {
	at, value, err := v.schema.fetchPath(path, direct, v.snap)
	if err != nil {
		return nil, err
	}
	return v.schema.instance(at, value)
}

// Record is Instance without decoding it. The record is valid as long as the
// caller keeps it, also when the view is closed.
func (v *View) Record(path cim.Path, direct bool) (*Record, error) {
	at, value, err := v.schema.fetchPath(path, direct, v.snap)
	if err != nil {
		return nil, err
	}
	r := &Record{layout: at.layout, origin: v.ns.origin}
	if err := r.reset(view(value)); err != nil {
		return nil, v.schema.damaged(at.entry, err)
	}
	return r, nil
}

// Instances is Namespace.Instances.
func (v *View) Instances(ctx context.Context, class string, deep bool) iter.Seq2[*cim.Instance, error] {
	return decoded(v.Records(ctx, class, deep))
}

// Records is Namespace.Records.
func (v *View) Records(ctx context.Context, class string, deep bool) iter.Seq2[*Record, error] {
	return v.schema.records(ctx, v.snap, class, deep)
}

// decoded yields the instances of records.
func decoded(records iter.Seq2[*Record, error]) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for r, err := range records {
			var inst *cim.Instance
			if err == nil {
				inst, err = r.Instance()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(inst, nil) {
				return
			}
		}
	}
}
