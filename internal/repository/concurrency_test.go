package repository

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// TestOldSnapshot goes on reading classes, none of which has been read before,
// while they are changed and deleted.
func TestOldSnapshot(t *testing.T) {
	for _, force := range []bool{false, true} {
		store, err := kv.OpenMemory(kv.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Open(store, Options{})
		if err != nil {
			t.Fatal(err)
		}
		f := &fixture{TB: t, Repository: r}
		f.ns = f.space("t")
		f.putClass(class("A", qual("Text", "old", cim.ToSubclass)), 0, wbem.OK)
		for i := range 20 {
			f.putClass(class(fmt.Sprintf("C%02d : A", i), qual("Own", i)), 0, wbem.OK)
		}
		if r, err = Open(store, Options{}); err != nil {
			t.Fatal(err)
		}
		f = &fixture{TB: t, Repository: r}
		f.ns = f.namespace(`root\t`)
		n := 0
		for c, err := range f.ns.Subclasses("A", true) {
			if err != nil {
				t.Fatal(err)
			}
			if text := c.Qualifiers().Value("Text").Text(); text != "old" || c.Qualifiers().Value("Own").Int() != int64(n) {
				t.Errorf("class %s is %v", c.Name(), c.Qualifiers())
			}
			if n++; n > 1 {
				continue
			}
			if force {
				f.putClass(class("C05 : A", qual("Own", 99)), 0, wbem.OK)
				f.putClass(class("A", qual("Text", "new", cim.ToSubclass), prop("string P")), wbem.UpdateForceMode, wbem.OK)
			} else {
				f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "A") })
			}
		}
		if n != 20 {
			t.Errorf("%d classes", n)
		}
		f.verify()
	}
}

// TestReadersAndWriters has everything happen at once. What is read must be
// whole: the class of an instance is the one that it was written with.
func TestReadersAndWriters(t *testing.T) {
	f := newFixture(t, classB(), classD(), classE())
	var readers, writers sync.WaitGroup
	done := make(chan struct{})
	failed := func(what string, err error, allowed ...cim.Status) {
		if err == nil {
			return
		}
		for _, s := range allowed {
			if cim.StatusOf(err) == s {
				return
			}
		}
		t.Errorf("%s: %v", what, err)
	}
	for r := range 3 {
		readers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				inst, err := f.ns.Instance(cim.Path{Class: "B", Keys: []cim.Key{{Text: fmt.Sprint(i % 10), Quoted: true}}}, false)
				failed("get", err, wbem.NotFound)
				if err == nil {
					if a, b := inst.At(inst.Class().PropertyIndex("N")), inst.At(inst.Class().PropertyIndex("S")); a.String() != b.String() {
						t.Errorf("half an instance: %v %v", a, b)
					}
					inst.Put(0, cim.StringValue("mine"))
				}
				_, err = f.ns.Class("D")
				failed("class", err, wbem.NotFound)
				if i%10 == r {
					for inst, err := range f.ns.Instances(context.Background(), "B", true) {
						failed("instances", err)
						if err == nil && inst.Class().PropertyIndex("Id") < 0 {
							t.Error("an instance without key")
						}
					}
					for c, err := range f.ns.Subclasses("", true) {
						failed("classes", err)
						if err == nil && c.IsA("B") && c.Property("Id") == nil {
							t.Errorf("class %s without key", c.Name())
						}
					}
				}
			}
		})
	}
	for w := range 2 {
		writers.Go(func() {
			for i := range 200 {
				err := f.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
					c, err := tx.Class(f.ns, []string{"B", "D"}[w])
					if err != nil {
						return err
					}
					inst := cim.NewInstance(c)
					inst.Put(c.PropertyIndex("Id"), cim.StringValue(fmt.Sprint(i%10)))
					inst.Put(c.PropertyIndex("N"), cim.Sint32Value(int32(i)))
					inst.Put(c.PropertyIndex("S"), cim.StringValue(fmt.Sprint(i)))
					_, err = tx.PutInstance(f.ns, inst, 0, nil)
					return err
				})
				failed("put", err, wbem.AlreadyExists, wbem.NotFound)
			}
		})
	}
	writers.Go(func() {
		for i := range 100 {
			err := f.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
				_, err := tx.PutClass(f.ns, with(classB(), qual("Description", fmt.Sprint(i))), 0)
				return err
			})
			failed("text", err)
			err = f.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
				if i%10 == 9 {
					return tx.DeleteClass(f.ns, "D")
				}
				_, err := tx.PutClass(f.ns, with(classD(), prop(fmt.Sprintf("string P%d", i))), wbem.UpdateForceMode)
				return err
			})
			failed("structure", err, wbem.NotFound)
		}
	})
	writers.Go(func() {
		for range 50 {
			err := f.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
				ns, err := tx.CreateNamespace(`root\t\x`)
				if err == nil {
					_, err = tx.PutClass(ns, classB(), 0)
				}
				return err
			})
			failed("namespace", err)
			if ns, err := f.Namespace(`root\t\x`); err == nil {
				_, err = ns.Class("B")
				failed("class of a namespace", err)
			}
			err = f.Update(context.Background(), kv.Buffered, func(tx *Tx) error {
				return tx.DeleteInstance(f.ns, cim.MustParsePath(`__Namespace="x"`))
			})
			failed("namespace", err)
		}
	})
	writers.Wait()
	close(done)
	readers.Wait()
}
