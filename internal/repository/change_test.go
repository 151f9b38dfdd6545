package repository

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

var kindNames = map[Kind]string{
	ClassCreated: "class created", ClassModified: "class modified", ClassDeleted: "class deleted",
	InstanceCreated: "instance created", InstanceModified: "instance modified", InstanceDeleted: "instance deleted",
	NamespaceCreated: "namespace created", NamespaceModified: "namespace modified", NamespaceDeleted: "namespace deleted",
}

func (f *fixture) watch() (take func() []string) {
	var mu sync.Mutex
	var got []string
	last := map[*Namespace]uint64{}
	cancel := f.Subscribe(func(c Change) {
		mu.Lock()
		defer mu.Unlock()
		if n := last[c.Namespace()]; n != 0 && c.Number != n+1 {
			f.Errorf("change %d of %s comes after %d", c.Number, c.Namespace().Path(), n)
		}
		last[c.Namespace()] = c.Number
		got = append(got, fmt.Sprintf("%s: %s -> %s", kindNames[c.Kind], showObject(c.Before()), showObject(c.After())))
		if !cim.EqualNames(c.Class().Name(), either(c.Before(), c.After()).ClassName()) {
			f.Errorf("the class of a change is %s", c.Class().Name())
		}
	})
	f.Cleanup(cancel)
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		defer func() { got = nil }()
		return got
	}
}

func either(a, b cim.Object) cim.Object {
	if a != nil {
		return a
	}
	return b
}

func showObject(o cim.Object) string {
	switch o := o.(type) {
	case *cim.Class:
		return o.Name() + " " + o.Qualifiers().Value("Description").String()
	case *cim.Instance:
		if o.Origin() == nil {
			return "an instance without a place"
		}
		return show(o)
	}
	return "nothing"
}

// put.md#87 put.md#88
func TestChanges(t *testing.T) {
	f := newFixture(t)
	f.put(f.inst("__EventFilter", "Name", "unseen"), 0, wbem.OK)
	take := f.watch()
	check := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, take()); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	}
	f.putClass(classB(), 0, wbem.OK)
	check("class created: nothing -> B NULL")
	f.putClass(classB(), 0, wbem.OK) // unchanged, P-30
	f.putClass(class("X : None"), 0, wbem.InvalidSuperclass)
	check()
	f.putClass(classD(), 0, wbem.OK)
	f.putClass(class("DD : D"), 0, wbem.OK)
	take()
	f.putClass(with(classB(), qual("Description", "new")), 0, wbem.OK)
	check("class modified: B NULL -> B new")
	f.putClass(with(classB(), prop("string U")), wbem.UpdateForceMode, wbem.OK)
	check("class modified: B new -> B NULL", "class modified: D NULL -> D NULL")

	f.put(f.inst("B", "Id", "1"), 0, wbem.OK)
	check(`instance created: nothing -> B.Id="1" N=7 S=NULL U=NULL`)
	f.put(f.inst("B", "Id", "1", "S", "y"), 0, wbem.OK)
	f.put(f.inst("B", "Id", "1", "S", "y"), 0, wbem.OK) // nothing changes, P-30
	f.put(f.inst("B", "Id", "1", "S", "y"), wbem.CreateOnly, wbem.AlreadyExists)
	check(`instance modified: B.Id="1" N=7 S=NULL U=NULL -> B.Id="1" N=7 S=y U=NULL`,
		`instance modified: B.Id="1" N=7 S=y U=NULL -> B.Id="1" N=7 S=y U=NULL`)
	f.put(f.inst("D", "Id", "2"), 0, wbem.OK)
	f.put(f.inst("D", "Id", "2", "N", 1), 0, wbem.OK)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteInstance(f.ns, cim.MustParsePath(`B="2"`)) })
	check(`instance created: nothing -> D.Id="2" N=7 S=NULL U=NULL`,
		`instance modified: D.Id="2" N=7 S=NULL U=NULL -> D.Id="2" N=1 S=NULL U=NULL`,
		`instance deleted: D.Id="2" N=1 S=NULL U=NULL -> nothing`)

	f.put(f.inst("__Namespace", "Name", "sub"), 0, wbem.OK)
	f.put(f.inst("__Namespace", "Name", "sub"), 0, wbem.OK)
	f.space(`t\sub\deep`)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteInstance(f.ns, cim.MustParsePath(`__Namespace="sub"`)) })
	check(`namespace created: nothing -> __Namespace.Name="sub"`,
		`namespace modified: __Namespace.Name="sub" -> __Namespace.Name="sub"`,
		`namespace created: nothing -> __Namespace.Name="deep"`,
		`namespace deleted: __Namespace.Name="sub" -> nothing`)

	// Classes go children first, and their instances silently (P-31).
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "B") })
	check("class deleted: DD NULL -> nothing", "class deleted: D NULL -> nothing", "class deleted: B NULL -> nothing")
	// What fails in the end did not happen.
	f.update(wbem.Timeout, func(tx *Tx) error {
		if _, err := tx.PutClass(f.ns, classB(), 0); err != nil {
			return err
		}
		return wbem.Timeout
	})
	check()
}

// TestChangeOrder has writers and subscribers at work together.
func TestChangeOrder(t *testing.T) {
	f := newFixture(t, classKI())
	var seen []uint32
	cancel := f.Subscribe(func(c Change) {
		inst := c.After().(*cim.Instance)
		v, _ := inst.Get("Num")
		seen = append(seen, uint32(v.Uint())) // one call at a time
	})
	defer cancel()
	var order []uint32
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				inst := f.inst("KI", "Num", w*1000+i)
				err := f.Update(context.Background(), kv.Durability(i%2), func(tx *Tx) error {
					_, err := tx.PutInstance(f.ns, inst, 0, nil)
					order = append(order, uint32(w*1000+i)) // transactions take turns
					return err
				})
				if err != nil {
					t.Error(err)
				}
				if i == 25 && w == 0 {
					f.Subscribe(func(Change) {})()
				}
			}
		})
	}
	wg.Wait()
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, order) {
		t.Errorf("%d commits and %d changes, or in another order", len(order), len(seen))
	}
}

// TestSubscribeDuringUpdate: what is committed after Subscribe has returned is
// delivered, also by a transaction that began before.
func TestSubscribeDuringUpdate(t *testing.T) {
	f := newFixture(t, classB())
	started, subscribed, committed := make(chan bool), make(chan bool), make(chan error)
	go func() {
		committed <- f.Update(context.Background(), kv.Durable, func(tx *Tx) error {
			close(started)
			for range 1000 { // Subscribe is given time to return too early
				select {
				case <-subscribed:
				default:
					runtime.Gosched()
				}
			}
			_, err := tx.PutClass(f.ns, class("C"), 0)
			return err
		})
	}()
	<-started
	n := 0
	cancel := f.Subscribe(func(Change) { n++ })
	defer cancel()
	close(subscribed)
	_, err := f.ns.Class("C")
	visible := err == nil
	if err := <-committed; err != nil {
		t.Fatal(err)
	}
	if !visible && n == 0 {
		t.Error("a change was committed after Subscribe and not delivered")
	}
	f.put(f.inst("B", "Id", "1"), 0, wbem.OK)
	if n == 0 {
		t.Error("a change was not delivered")
	}
}
