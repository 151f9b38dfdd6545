package repository

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/kv/kvfault"
	"openwmi/wbem"
)

// indexedClasses are classes with every kind of index.
func indexedClasses() []*cim.ClassDecl {
	return []*cim.ClassDecl{
		class("X", prop("string Id", key), prop("sint32 N = 1", indexed), prop("ref To"), prop("ref[] All")),
		class("Y : X", prop("string T = t", indexed)),
	}
}

// fillIndexed puts some instances of them.
func fillIndexed(f *fixture, n int) {
	f.Helper()
	f.update(wbem.OK, func(tx *Tx) error {
		for i := range n {
			inst := f.inst([]string{"X", "Y"}[i%2], "Id", fmt.Sprint(i), "N", fmt.Sprint(i%3), "To", fmt.Sprintf(`X="%d"`, i/2), "All", []string{`Y="1"`, `Y="01"`, `Y="2"`})
			if _, err := tx.PutInstance(f.ns, inst, 0, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// entries returns how many entries there are in a table.
func entries(t testing.TB, store kv.Store, table byte) (n int) {
	t.Helper()
	err := store.View(func(r kv.Reader) error {
		return scan(r, []byte{table}, func(_, _ []byte) error {
			n++
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestIndexEntries counts the entries after every kind of change; what they are
// is Verify's to say.
func TestIndexEntries(t *testing.T) {
	f := newFixture(t, indexedClasses()...)
	check := func(what string, index, link int) {
		t.Helper()
		if i, l := entries(t, f.store, tableIndex), entries(t, f.store, tableLink); i != index || l != link {
			t.Errorf("%s: %d and %d entries, want %d and %d", what, i, l, index, link)
		}
		f.verify()
	}
	check("classes", 0, 0)
	fillIndexed(f, 4) // two each, of Y with T; each with To and two objects in All
	check("instances", 6, 12)
	fillIndexed(f, 4)
	check("the same again", 6, 12)
	f.put(f.inst("X", "Id", "0"), 0, wbem.OK)
	check("without references", 6, 9)
	many := make([]string, 40)
	for i := range many {
		many[i] = fmt.Sprintf(`X="%d"`, i+10)
	}
	f.put(f.inst("X", "Id", "0", "All", many), 0, wbem.OK)
	check("many references", 6, 49)
	f.put(f.inst("X", "Id", "0", "All", many[1:]), 0, wbem.OK)
	check("one less", 6, 48)
	f.put(f.inst("X", "Id", "0"), wbem.CreateOnly, wbem.AlreadyExists)
	f.put(f.inst("X", "Id", "0", "N", cim.Value{}), 0, wbem.IllegalNull)
	check("refused", 6, 48)
	f.update(wbem.OK, func(tx *Tx) error {
		_, err := tx.PutInstance(f.ns, f.inst("X", "Id", "0", "To", `X="9"`), wbem.UpdateOnly, &Partial{Properties: []string{"To"}})
		return err
	})
	check("in part", 6, 49)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteInstance(f.ns, cim.MustParsePath(`X="0"`)) })
	check("deleted", 5, 9)
	f.update(wbem.Timeout, func(tx *Tx) error {
		if err := tx.DeleteClass(f.ns, "Y"); err != nil {
			return err
		}
		return errGiveUp
	})
	check("given up", 5, 9)
	f.putClass(with(indexedClasses()[1], prop("string More", indexed)), 0, wbem.ClassHasInstances)
	f.putClass(with(indexedClasses()[1], prop("string More = m", indexed)), wbem.UpdateForceMode, wbem.OK)
	check("forced", 1, 3)
	f.put(f.inst("Y", "Id", "1"), 0, wbem.OK)
	check("with one more index", 4, 3)
	f.putClass(with(indexedClasses()[0], qual("Description", "new")), 0, wbem.OK)
	check("described", 4, 3)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "Y") })
	check("without subclass", 1, 3)
	parent := f.namespace("root")
	fresh := f.space("u")
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteInstance(parent, cim.MustParsePath(`__Namespace="t"`)) })
	check("without namespace", 0, 0)
	f.ns = fresh
}

// TestIndexQualifier: the qualifier cannot come or go while there are instances
// or, below it, classes; so there is never an index to be built.
func TestIndexQualifier(t *testing.T) {
	plain := func() *cim.ClassDecl { return class("P", prop("string Id", key), prop("sint32 N = 1")) }
	marked := func() *cim.ClassDecl { return class("P", prop("string Id", key), prop("sint32 N = 1", indexed)) }
	for _, c := range []struct{ from, to func() *cim.ClassDecl }{{plain, marked}, {marked, plain}} {
		f := newFixture(t, c.from())
		f.put(f.inst("P", "Id", "1"), 0, wbem.OK)
		f.putClass(c.to(), 0, wbem.ClassHasInstances)
		f.putClass(c.to(), wbem.UpdateSafeMode, wbem.ClassHasInstances)
		f.putClass(class("Q : P"), 0, wbem.OK)
		f.putClass(c.to(), wbem.UpdateForceMode, wbem.CannotChangeIndexInheritance)
		f.put(f.inst("Q", "Id", "2"), 0, wbem.OK)
		f.putClass(c.to(), wbem.UpdateForceMode, wbem.ClassHasInstances)
		f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "Q") })
		f.putClass(c.to(), wbem.UpdateForceMode, wbem.OK)
		f.put(f.inst("P", "Id", "3"), 0, wbem.OK)
	}
}

// TestIndexOfDamagedRecord: a record that cannot be read loses its entries when
// it is overwritten or deleted, alone or with its class.
func TestIndexOfDamagedRecord(t *testing.T) {
	for _, mend := range []struct {
		name string
		fn   func(f *fixture, tx *Tx) error
	}{
		{"put", func(f *fixture, tx *Tx) error {
			_, err := tx.PutInstance(f.ns, f.inst("Y", "Id", "1"), 0, nil)
			return err
		}},
		{"delete", func(f *fixture, tx *Tx) error { return tx.DeleteInstance(f.ns, cim.MustParsePath(`Y="1"`)) }},
		{"delete class", func(f *fixture, tx *Tx) error { return tx.DeleteClass(f.ns, "Y") }},
		{"force", func(f *fixture, tx *Tx) error {
			_, err := tx.PutClass(f.ns, with(indexedClasses()[1], prop("string More")), wbem.UpdateForceMode)
			return err
		}},
	} {
		t.Run(mend.name, func(t *testing.T) {
			f := newFixture(t, indexedClasses()...)
			fillIndexed(f, 4)
			s, err := f.ns.schema()
			if err != nil {
				t.Fatal(err)
			}
			key := appendKeyText(classPrefix(tableInstance, f.ns.id, s.find("Y").id), "1")
			if err := f.store.Update(kv.Buffered, func(tx kv.Tx) error { return tx.Put(key, []byte{9}) }); err != nil {
				t.Fatal(err)
			}
			v := f.view()
			l := Lookup{Class: "X", Deep: true, Property: slices.IndexFunc(v.schema.find("X").made.Load().class.Properties(), func(p *cim.Property) bool { return p.Name() == "N" }), Range: &Range{}}
			var got error
			for _, err := range v.Seek(context.Background(), l) {
				got = err
			}
			if !errors.Is(got, kv.ErrCorrupt) {
				t.Errorf("seek: %v", got)
			}
			for _, got = range v.Links(context.Background(), cim.MustParsePath(`X="0"`)) {
			}
			if !errors.Is(got, kv.ErrCorrupt) {
				t.Errorf("links: %v", got)
			}
			f.update(wbem.OK, func(tx *Tx) error { return mend.fn(f, tx) })
		})
	}
}

// TestSeekDamagedValue: a record whose indexed value cannot be read is not left
// out without an error.
func TestSeekDamagedValue(t *testing.T) {
	f := newFixture(t, indexedClasses()...)
	fillIndexed(f, 1)
	d := mustDerived(t, f, "X")
	n := d.class.PropertyIndex("N")
	key := appendKeyText(classPrefix(tableInstance, f.ns.id, d.layout.id), "0")
	change := func(state byte) {
		err := f.store.Update(kv.Buffered, func(tx kv.Tx) error {
			record, _, err := tx.Get(key)
			if err != nil {
				return err
			}
			at := recordHeader + n/4
			record[at] = record[at]&^(3<<(n%4*2)) | state<<(n%4*2)
			return tx.Put(key, record)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	change(3)
	v := f.view()
	var got error
	for _, err := range v.Seek(context.Background(), Lookup{Class: "X", Property: n, Range: &Range{}}) {
		got = err
	}
	if !errors.Is(got, kv.ErrCorrupt) {
		t.Errorf("seek: %v", got)
	}
	change(stateValue)
}

func mustDerived(t testing.TB, f *fixture, class string) *derived {
	t.Helper()
	s, err := f.ns.schema()
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.deriveNamed(class, f.now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestIndexOfDamagedClass does the same with a class that cannot be read.
func TestIndexOfDamagedClass(t *testing.T) {
	for _, replace := range []bool{false, true} {
		store, err := kv.OpenMemory(kv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		r, err := Open(unclosed{store}, Options{Server: "S"})
		if err != nil {
			t.Fatal(err)
		}
		f := &fixture{TB: t, Repository: r}
		f.ns = f.space("t")
		for _, d := range indexedClasses() {
			f.putClass(d, 0, wbem.OK)
		}
		fillIndexed(f, 4)
		s, err := f.ns.schema()
		if err != nil {
			t.Fatal(err)
		}
		key := classPrefix(tableDefinition, f.ns.id, s.find("Y").id)
		if err := store.Update(kv.Buffered, func(tx kv.Tx) error { return tx.Put(key, []byte{9}) }); err != nil {
			t.Fatal(err)
		}
		if f.Repository, err = Open(unclosed{store}, Options{Server: "S"}); err != nil {
			t.Fatal(err)
		}
		f.ns = f.namespace(`root\t`)
		f.update(wbem.OK, func(tx *Tx) error {
			if !replace {
				return tx.DeleteClass(f.ns, "Y")
			}
			_, err := tx.PutClass(f.ns, indexedClasses()[1], wbem.UpdateForceMode)
			return err
		})
		f.verify()
		if n := entries(t, store, tableIndex); n != 2 {
			t.Errorf("replaced %v: %d entries", replace, n)
		}
	}
}

// A dangling entry does not make anything be found twice.
func TestDanglingEntry(t *testing.T) {
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	r, err := Open(unclosed{store}, Options{Server: "S"})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{TB: t, Repository: r}
	f.ns = f.space("t")
	for _, d := range indexedClasses() {
		f.putClass(d, 0, wbem.OK)
	}
	fillIndexed(f, 2)
	d := mustDerived(t, f, "X")
	x := d.indexes
	n := &x[slices.IndexFunc(x, func(x index) bool { return !x.isLink() })]
	err = store.Update(kv.Buffered, func(tx kv.Tx) error {
		for _, id := range []string{"0", "none"} {
			if err := tx.Put(indexKey(f.ns.id, n, cim.Sint32Value(77), d.layout.id, appendKeyText(nil, id)), nil); err != nil {
				return err
			}
		}
		return tx.Put(linkKey(f.ns, linkTarget(`X="0"`, f.ns), 99, nil, 0), nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	v := f.view()
	var got []string
	for r, err := range v.Seek(context.Background(), Lookup{Class: "X", Deep: true, Property: n.property, Range: &Range{}}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Clone(r.At(r.Class().PropertyIndex("Id")).Text()))
	}
	if diff := cmp.Diff([]string{"0", "1"}, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if got := links(t, v, `X="0"`); len(got) != 2 {
		t.Errorf("links: %q", got)
	}
	problems, err := f.Verify(context.Background(), nil)
	if err != nil || len(problems) != 3 {
		t.Errorf("problems: %v, %v", problems, err)
	}
}

// makeOld makes of a store one that a program of format 1 has written, with the
// entries that a newer one had begun to write.
func makeOld(store kv.Store) error {
	return store.Update(kv.Durable, func(tx kv.Tx) error {
		for _, table := range indexTables {
			if err := tx.DeleteRange([]byte{table}, []byte{table + 1}); err != nil {
				return err
			}
			if err := tx.Put([]byte{table, 1, 2, 3}, nil); err != nil {
				return err
			}
		}
		return tx.Put(metaFormat, id32(nil, unindexedVersion))
	})
}

// TestUpgradeCrash stops the disk in every operation while a store of format 1 is
// opened.
func TestUpgradeCrash(t *testing.T) {
	for _, fault := range []kvfault.Fault{kvfault.PowerLoss, kvfault.Kill} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			kvfault.Test(t, fault, 1, kv.Options{}, func() kvfault.Run {
				ready := false
				return kvfault.Run{
					Work: func(store kv.Store) error {
						r, err := Open(unclosed{store}, Options{Server: "S"})
						if err != nil {
							return err
						}
						ns, err := r.Namespace(`root\default`)
						if err != nil {
							return err
						}
						err = r.Update(context.Background(), kv.Durable, func(tx *Tx) error {
							for _, d := range indexedClasses() {
								if _, err := tx.PutClass(ns, d, 0); err != nil {
									return err
								}
							}
							c, err := tx.Class(ns, "Y")
							if err != nil {
								return err
							}
							for i := range 5 {
								inst := cim.NewInstance(c)
								inst.Put(c.PropertyIndex("Id"), cim.StringValue(fmt.Sprint(i)))
								if _, err := tx.PutInstance(ns, inst, 0, nil); err != nil {
									return err
								}
							}
							return nil
						})
						if err != nil {
							return err
						}
						if err := makeOld(store); err != nil {
							return err
						}
						ready = true
						_, err = Open(unclosed{store}, Options{Server: "S"})
						return err
					},
					Check: func(store kv.Store) error {
						r, err := Open(unclosed{store}, Options{Server: "S"})
						if err != nil {
							return err
						}
						if problems, err := r.Verify(context.Background(), nil); err != nil || len(problems) > 0 {
							return fmt.Errorf("verify: %v %v", problems, err)
						}
						if n := entriesOf(store); ready && n != 10 {
							return fmt.Errorf("%d entries", n)
						}
						return nil
					},
				}
			})
		})
	}
}

func entriesOf(store kv.Store) (n int) {
	_ = store.View(func(r kv.Reader) error {
		return scan(r, []byte{tableIndex}, func(_, _ []byte) error {
			n++
			return nil
		})
	})
	return n
}

// TestUpgrade opens a store of format 1: to be read, where all is found without
// indexes, and then to be written.
func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	open := func(o kv.Options) (*fixture, func()) {
		store, err := kv.Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Open(store, Options{Server: "S"})
		if err != nil {
			t.Fatal(err)
		}
		f := &fixture{TB: t, Repository: r}
		return f, func() {
			f.verify()
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	f, done := open(kv.Options{})
	f.ns = f.space("t")
	for _, d := range indexedClasses() {
		f.putClass(d, 0, wbem.OK)
	}
	// Instances that make more than one step of the upgrade.
	long := strings.Repeat("x", 7000)
	var paths []string
	for i := range 400 {
		paths = append(paths, fmt.Sprintf(`X="%d"`, i))
	}
	fillIndexed(f, 6)
	f.put(f.inst("Y", "Id", long, "All", paths, "N", "2"), 0, wbem.OK)
	f.put(f.inst("Y", "Id", long+"2", "All", paths, "N", "2"), 0, wbem.OK)
	index, link := entries(t, f.store, tableIndex), entries(t, f.store, tableLink)
	done()
	store, err := kv.Open(dir, kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(makeOld(store), store.Update(kv.Durable, func(tx kv.Tx) error {
		return errors.Join(tx.Delete([]byte{tableIndex, 1, 2, 3}), tx.Delete([]byte{tableLink, 1, 2, 3}))
	}), store.Close()); err != nil {
		t.Fatal(err)
	}
	found := func(f *fixture) []string {
		f.ns = f.namespace(`root\t`)
		v, err := f.ns.View()
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		c, err := v.Class("X")
		if err != nil {
			t.Fatal(err)
		}
		n := c.PropertyIndex("N")
		var out []string
		for r, err := range v.Seek(context.Background(), Lookup{Class: "X", Deep: true, Property: n, Range: Equal(cim.Sint32Value(2))}) {
			if err != nil {
				t.Fatal(err)
			}
			if r.At(r.Class().PropertyIndex("N")).Int() == 2 { // there may be others
				out = append(out, r.Class().Name()+" "+r.At(r.Class().PropertyIndex("Id")).String())
			}
		}
		for _, path := range []string{`X="1"`, `Y="2"`, `X="399"`} {
			out = append(out, links(t, v, path)...)
		}
		slices.Sort(out)
		return out
	}
	f, done = open(kv.Options{ReadOnly: true})
	before := found(f)
	done()
	f, done = open(kv.Options{})
	if diff := cmp.Diff(before, found(f)); diff != "" {
		t.Errorf("with indexes (-without +with):\n%s", diff)
	}
	if i, l := entries(t, f.store, tableIndex), entries(t, f.store, tableLink); i != index || l != link {
		t.Errorf("%d and %d entries, want %d and %d", i, l, index, link)
	}
	done()
}
