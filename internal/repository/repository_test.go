package repository

import (
	"context"
	"errors"
	"testing"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// A fixture is a repository in memory with the namespace root\t. It is verified
// when the test ends.
type fixture struct {
	testing.TB
	*Repository
	ns *Namespace
}

func newFixture(t testing.TB, decls ...*cim.ClassDecl) *fixture {
	t.Helper()
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return useStore(t, store, Options{Server: "SERVER"}, decls...)
}

func useStore(t testing.TB, store kv.Store, o Options, decls ...*cim.ClassDecl) *fixture {
	t.Helper()
	r, err := Open(store, o)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t, r, nil}
	t.Cleanup(func() {
		f.verify()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	f.ns = f.space("t")
	for _, d := range decls {
		f.putClass(d, 0, wbem.OK)
	}
	return f
}

// verify proves the invariants of the store, and that what is published is what
// is stored.
func (f *fixture) verify() {
	f.Helper()
	problems, err := f.Verify(context.Background(), nil)
	if err != nil {
		f.Error(err)
	}
	for _, p := range problems {
		f.Errorf("verify: %v", p)
	}
	f.verifyPublished()
}

func (f *fixture) verifyPublished() {
	f.Helper()
	var walk func(ns *Namespace)
	walk = func(ns *Namespace) {
		s, err := ns.schema()
		if err != nil {
			f.Error(err)
			return
		}
		err = f.store.View(func(r kv.Reader) error {
			stored, err := readSchema(r, ns)
			if err != nil {
				return err
			}
			if stored.byName.Len() != s.byName.Len() || s.bySuper.Len() != s.byName.Len() || s.byID.Len() != s.byName.Len() {
				f.Errorf("%s has %d classes, published are %d", ns.Path(), stored.byName.Len(), s.byName.Len())
			}
			for e := range stored.descendants(nil) {
				p := s.find(e.name)
				if p == nil || p.id != e.id || p.name != e.name || p.depth != e.depth || p.refs != e.refs || s.byIDOf(p.id) != p {
					f.Errorf("class %s of %s is published as %+v and stored as %+v", e.name, ns.Path(), p, e)
					continue
				}
				a, err := s.derive(p, r)
				if err != nil {
					return err
				}
				b, err := stored.derive(e, r)
				if err != nil {
					return err
				}
				if !cim.CompareObjects(a.class, b.class, 0) || a.domain.name != b.domain.name {
					f.Errorf("class %s of %s is not published as it is stored", e.name, ns.Path())
				}
				if a.class.Super() != nil && a.class.Super() != p.super.made.Load().class {
					f.Errorf("class %s of %s is not derived from the class that is published", e.name, ns.Path())
				}
			}
			return nil
		})
		if err != nil {
			f.Error(err)
		}
		children, err := ns.Children()
		if err != nil {
			f.Error(err)
		}
		for _, c := range children {
			walk(c)
		}
	}
	root, err := f.Namespace("ROOT")
	if err != nil {
		f.Error(err)
		return
	}
	walk(root)
}

func (s *schema) byIDOf(id uint32) *entry {
	e, _ := s.byID.Get(id)
	return e
}

// update runs a transaction and checks how it ends.
func (f *fixture) update(want cim.Status, fn func(tx *Tx) error) error {
	f.Helper()
	err := f.Update(context.Background(), kv.Durable, fn)
	f.status("update", err, want)
	return err
}

func (f *fixture) status(what string, err error, want cim.Status) {
	f.Helper()
	switch {
	case want == wbem.OK && err != nil:
		f.Fatalf("%s: %v (%v)", what, err, cim.StatusOf(err))
	case want != wbem.OK && !errors.Is(err, want):
		f.Fatalf("%s: %v (%v), want %v", what, err, cim.StatusOf(err), want)
	}
}

// space creates the namespace root\name.
func (f *fixture) space(name string) (ns *Namespace) {
	f.Helper()
	f.update(wbem.OK, func(tx *Tx) (err error) {
		ns, err = tx.CreateNamespace(`root\` + name)
		return err
	})
	return ns
}

func (f *fixture) putClass(d *cim.ClassDecl, flags wbem.Flags, want cim.Status) (plan *wbem.ClassPlan) {
	f.Helper()
	f.update(want, func(tx *Tx) (err error) {
		plan, err = tx.PutClass(f.ns, d, flags)
		return err
	})
	return plan
}

// inst makes an instance from names and values: string, int, bool, nil for
// NULL, or a cim.Value.
func (f *fixture) inst(class string, values ...any) *cim.Instance {
	f.Helper()
	c, err := f.ns.Class(class)
	if err != nil {
		f.Fatal(err)
	}
	inst := cim.NewInstance(c)
	for i := 0; i < len(values); i += 2 {
		if err := inst.Set(values[i].(string), value(values[i+1])); err != nil {
			f.Fatal(err)
		}
	}
	return inst
}

func value(v any) cim.Value {
	switch v := v.(type) {
	case string:
		return cim.StringValue(v)
	case int:
		return cim.Sint64Value(int64(v))
	case bool:
		return cim.BoolValue(v)
	case []string:
		return cim.StringsValue(v)
	case cim.Value:
		return v
	}
	return cim.Value{}
}

func (f *fixture) put(inst *cim.Instance, flags wbem.Flags, want cim.Status) (path cim.Path) {
	f.Helper()
	f.update(want, func(tx *Tx) (err error) {
		path, err = tx.PutInstance(f.ns, inst, flags, nil)
		return err
	})
	return path
}

// get returns the text of an instance, such as `B.Id="1" N=7 S=NULL`, or the
// name of the status.
func (f *fixture) get(path string) string {
	f.Helper()
	inst, err := f.ns.Instance(cim.MustParsePath(path), false)
	if err != nil {
		return cim.StatusOf(err).Name()
	}
	return show(inst)
}

func show(inst *cim.Instance) string {
	p, _ := cim.RelPath(inst)
	s := p.RelPath()
	for k, p := range inst.Class().Properties() {
		if !p.IsKey() {
			s += " " + p.Name() + "=" + inst.At(k).String()
		}
	}
	return s
}

// all returns the texts of the instances of a class.
func (f *fixture) all(class string, deep bool) []string {
	f.Helper()
	var out []string
	for inst, err := range f.ns.Instances(context.Background(), class, deep) {
		if err != nil {
			return append(out, cim.StatusOf(err).Name())
		}
		out = append(out, show(inst))
	}
	return out
}
