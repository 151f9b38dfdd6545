package repository

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// shown returns what a view shows of the classes below B and their instances.
func shown(t testing.TB, v *View) (out []string) {
	t.Helper()
	fail := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	_, err := v.Class("B")
	fail(err)
	for c, err := range v.Subclasses("B", true) {
		fail(err)
		out = append(out, c.Name())
	}
	for c, err := range v.References() {
		fail(err)
		if !cim.IsSystemName(c.Name()) {
			out = append(out, c.Name()+" refers")
		}
	}
	for inst, err := range v.Instances(context.Background(), "B", true) {
		fail(err)
		out = append(out, showObject(inst))
		path, _ := cim.RelPath(inst)
		path.Class = "B"
		again, err := v.Instance(path, false)
		fail(err)
		r, err := v.Record(path, false)
		fail(err)
		decoded, err := r.Instance()
		fail(err)
		if !cim.CompareObjects(inst, again, 0) || !cim.CompareObjects(inst, decoded, 0) {
			t.Errorf("%s is also %s and %s", showObject(inst), showObject(again), showObject(decoded))
		}
	}
	return out
}

func TestView(t *testing.T) {
	f := newFixture(t, classB(), classD())
	f.put(f.inst("B", "Id", "b"), 0, wbem.OK)
	f.put(f.inst("D", "Id", "d"), 0, wbem.OK)
	v, err := f.ns.View()
	if err != nil {
		t.Fatal(err)
	}
	if v.Namespace() != f.ns {
		t.Error("the view is of another namespace")
	}
	want := []string{"D", `B.Id="b" N=7 S=NULL`, `D.Id="d" N=7 S=NULL U=NULL`}
	if diff := cmp.Diff(want, shown(t, v)); diff != "" {
		t.Fatalf("before (-want +got):\n%s", diff)
	}
	f.put(f.inst("B", "Id", "b", "N", "1"), 0, wbem.OK)
	f.putClass(classE(), 0, wbem.OK)
	f.put(f.inst("E", "Id", "e"), 0, wbem.OK)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "D") })
	later, err := f.ns.View()
	if err != nil {
		t.Fatal(err)
	}
	now := []string{"E", `B.Id="b" N=1 S=NULL`, `E.Id="e" N=7 S=NULL X=NULL`}
	parent, err := f.Namespace("root")
	if err != nil {
		t.Fatal(err)
	}
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteInstance(parent, cim.MustParsePath(`__Namespace="t"`)) })
	if diff := cmp.Diff(want, shown(t, v)); diff != "" {
		t.Errorf("the first view, later (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(now, shown(t, later)); diff != "" {
		t.Errorf("the second view, later (-want +got):\n%s", diff)
	}
	_, err = f.ns.View()
	f.status("view of what is gone", err, wbem.InvalidNamespace)
	for _, c := range []struct {
		path string
		want cim.Status
	}{{`B="x"`, wbem.NotFound}, {`X="x"`, wbem.NotFound}, {`B`, wbem.InvalidObjectPath}} {
		_, err := v.Instance(cim.MustParsePath(c.path), false)
		f.status(c.path, err, c.want)
		_, err = v.Record(cim.MustParsePath(c.path), false)
		f.status(c.path, err, c.want)
	}
	v.Close()
	v.Close()
	later.Close()
	if _, err := v.Instance(cim.MustParsePath(`B="b"`), false); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// between calls a function when a transaction is visible in the store, before
// anything is published.
type between struct {
	kv.Store
	fn func()
}

type betweenTx struct {
	kv.Tx
	store *between
}

func (s *between) Update(d kv.Durability, fn func(kv.Tx) error) error {
	return s.Store.Update(d, func(tx kv.Tx) error { return fn(betweenTx{tx, s}) })
}

func (tx betweenTx) OnApply(fn func()) {
	tx.Tx.OnApply(func() {
		if tx.store.fn != nil {
			tx.store.fn()
		}
		fn()
	})
}

// A namespace may be gone from the store before anybody knows; then there is an
// error, and not nothing.
func TestViewBetweenVisibleAndPublished(t *testing.T) {
	memory, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	store := &between{Store: memory}
	f := useStore(t, store, Options{Server: "S"})
	parent := f.namespace("root")
	var wg sync.WaitGroup
	store.fn = func() {
		started := make(chan struct{})
		wg.Go(func() {
			close(started)
			if diff := cmp.Diff([]string{"InvalidNamespace"}, f.all("__Namespace", true)); diff != "" {
				t.Error(diff)
			}
		})
		wg.Go(func() {
			var err error
			for _, err = range f.ns.Qualifiers() {
			}
			if !errors.Is(err, wbem.InvalidNamespace) {
				t.Errorf("qualifiers: %v", err)
			}
		})
		<-started
		for range 100 {
			runtime.Gosched()
		}
		store.fn = nil
	}
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteInstance(parent, cim.MustParsePath(`__Namespace="t"`)) })
	wg.Wait()
}

// TestViewConcurrently has a class and its instance say the same in every
// transaction, and in every view.
func TestViewConcurrently(t *testing.T) {
	f := newFixture(t, with(classB(), qual("Description", "0")))
	f.put(f.inst("B", "Id", "b", "S", "0"), 0, wbem.OK)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v, err := f.ns.View()
				if err != nil {
					t.Error(err)
					return
				}
				c, err1 := v.Class("B")
				inst, err2 := v.Instance(cim.MustParsePath(`B="b"`), false)
				v.Close()
				if err := errors.Join(err1, err2); err != nil {
					t.Error(err)
					return
				}
				says, _ := inst.Get("S")
				if class := c.Qualifiers().Value("Description").Text(); class != says.Text() {
					t.Errorf("the class says %s, its instance %s", class, says.Text())
					return
				}
			}
		})
	}
	for i := range 300 {
		text := fmt.Sprint(i)
		f.update(wbem.OK, func(tx *Tx) error {
			if _, err := tx.PutClass(f.ns, with(classB(), qual("Description", text)), 0); err != nil {
				return err
			}
			_, err := tx.PutInstance(f.ns, f.inst("B", "Id", "b", "S", text), 0, nil)
			return err
		})
	}
	close(stop)
	wg.Wait()
}
