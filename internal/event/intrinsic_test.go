package event_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// TestInstanceEvents proves events.md#1, events.md#4 and events.md#5.
func TestInstanceEvents(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.put("T_Base", "Id", "old")
		all := f.subscribe(`SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "T_Base"`)
		sub := f.subscribe(`SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "T_Sub"`)
		exact := f.subscribe(`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance.__CLASS = "T_Base"`)
		changes := f.subscribe(`SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA "t_base" AND PreviousInstance.N = 1 AND TargetInstance.N = 2`)
		any := f.subscribe(`SELECT * FROM __InstanceDeletionEvent`)
		everything := f.subscribe(`SELECT * FROM __Event`)

		start := time.Now()
		f.put("T_Base", "Id", "a", "N", 1)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		inst, err := all.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(inst); got != "InstanceCreationEvent{TargetInstance=T_Base{Id=a N=1}}" {
			t.Errorf("event %s", got)
		}
		for _, name := range []string{"__PATH", "__RELPATH", "__SERVER", "__NAMESPACE"} {
			if v, _ := inst.Get(name); !v.IsNull() {
				t.Errorf("%s of an event is %v", name, v)
			}
		}
		target, _ := inst.Get("TargetInstance")
		if path, _ := cim.System(target.Object(), "__PATH"); path.Text() != `\\SERVER\root\test:T_Base.Id="a"` {
			t.Errorf("path of the target %v", path)
		}
		// 100 ns since 1601
		stamp, _ := inst.Get("TIME_CREATED")
		if got := time.Unix(0, int64(stamp.Uint()-116444736000000000)*100); got.Sub(start).Abs() > time.Second {
			t.Errorf("TIME_CREATED is %v", got)
		}

		f.put("T_Base", "Id", "a", "N", 2)
		f.put("T_Sub", "Id", "b", "N", 1)
		f.delete(`T_Base="a"`)
		f.delete(`T_Base="b"`)
		wants(f, all, "InstanceModificationEvent{PreviousInstance=T_Base{Id=a N=1} TargetInstance=T_Base{Id=a N=2}}",
			"InstanceCreationEvent{TargetInstance=T_Sub{Id=b N=1}}",
			"InstanceDeletionEvent{TargetInstance=T_Base{Id=a N=2}}",
			"InstanceDeletionEvent{TargetInstance=T_Sub{Id=b N=1}}", "nothing")
		wants(f, sub, "InstanceCreationEvent{TargetInstance=T_Sub{Id=b N=1}}",
			"InstanceDeletionEvent{TargetInstance=T_Sub{Id=b N=1}}", "nothing")
		wants(f, exact, "InstanceCreationEvent{TargetInstance=T_Base{Id=a N=1}}", "nothing")
		wants(f, changes, "InstanceModificationEvent{PreviousInstance=T_Base{Id=a N=1} TargetInstance=T_Base{Id=a N=2}}", "nothing")
		wants(f, any, "InstanceDeletionEvent{TargetInstance=T_Base{Id=a N=2}}",
			"InstanceDeletionEvent{TargetInstance=T_Sub{Id=b N=1}}", "nothing")
		for range 5 {
			if got := next(everything); got == "nothing" {
				t.Error("__Event misses an event")
			}
		}
		wants(f, everything, "nothing")
	})
}

// TestSharedEvents proves that a subscriber owns what it gets.
func TestSharedEvents(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		a := f.subscribe(`SELECT * FROM __InstanceCreationEvent`)
		b := f.subscribe(`SELECT * FROM __InstanceCreationEvent`)
		f.put("T_Base", "Id", "a", "E", f.inst("T_Emb", "X", 1))
		inst, err := a.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		target, _ := inst.Get("TargetInstance")
		if err := target.Object().(*cim.Instance).Set("N", cim.Sint32Value(7)); err != nil {
			t.Fatal(err)
		}
		wants(f, b, "InstanceCreationEvent{TargetInstance=T_Base{E=T_Emb{X=1} Id=a}}")
	})
}

// TestClassEvents proves events.md#11.
func TestClassEvents(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		all := f.subscribe(`SELECT * FROM __ClassOperationEvent`)
		created := f.subscribe(`SELECT * FROM __ClassCreationEvent WHERE TargetClass ISA "T_New"`)
		f.putClass(&cim.ClassDecl{Name: "T_New", Properties: []cim.PropertyDecl{prop("K", cim.TypeString, "key")}})
		f.putClass(&cim.ClassDecl{Name: "T_New2", Super: "T_New"})
		f.putClass(&cim.ClassDecl{Name: "T_Other"})
		f.putClass(&cim.ClassDecl{Name: "T_Other", Properties: []cim.PropertyDecl{prop("P", cim.TypeString)}})
		f.deleteClass("T_New")
		wants(f, all,
			"ClassCreationEvent{TargetClass=class T_New}",
			"ClassCreationEvent{TargetClass=class T_New2}",
			"ClassCreationEvent{TargetClass=class T_Other}",
			"ClassModificationEvent{PreviousClass=class T_Other TargetClass=class T_Other}",
			"ClassDeletionEvent{TargetClass=class T_New2}",
			"ClassDeletionEvent{TargetClass=class T_New}", "nothing")
		wants(f, created, "ClassCreationEvent{TargetClass=class T_New}", "ClassCreationEvent{TargetClass=class T_New2}", "nothing")
	})
}

// TestNamespaceEvents proves events.md#12, and that namespaces make no events
// about instances.
func TestNamespaceEvents(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		all := f.subscribe(`SELECT * FROM __NamespaceOperationEvent`)
		instances := f.subscribe(`SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "__Namespace"`)
		f.put("__Namespace", "Name", "child")
		f.put("__Namespace", "Name", "child")
		f.delete(`__Namespace="child"`)
		wants(f, all, "NamespaceCreationEvent{TargetNamespace=Namespace{Name=child}}",
			"NamespaceModificationEvent{PreviousNamespace=Namespace{Name=child} TargetNamespace=Namespace{Name=child}}",
			"NamespaceDeletionEvent{TargetNamespace=Namespace{Name=child}}", "nothing")
		wants(f, instances, "nothing")
	})
}

// TestEnds proves why subscriptions end, and events.md#39.
func TestEnds(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		ctx, cancel := context.WithCancel(context.Background())
		s, err := f.Subscribe(ctx, event.Spec{Namespace: namespace, Query: `SELECT * FROM T_Event`})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		synctest.Wait()
		wants(f, s, "CallCancelled", "CallCancelled")

		s = f.subscribe(`SELECT * FROM T_Event`)
		s.Close()
		s.Close()
		wants(f, s, "InvalidOperation", "InvalidOperation")

		// What the query asks for goes away; what came before is still read.
		extrinsic := f.subscribe(`SELECT * FROM T_Event`)
		other := f.subscribe(`SELECT * FROM __ExtrinsicEvent`)
		f.publish("T_Event", "Level", 1)
		f.deleteClass("T_Event")
		wants(f, extrinsic, "T_Event{Level=1}", "InvalidClass", "InvalidClass")
		wants(f, other, "T_Event{Level=1}", "nothing")

		static := f.subscribe(`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Sub"`)
		f.deleteClass("T_Sub")
		wants(f, static, "InvalidClass")

		// A class becomes one that has to be polled.
		f.putClass(dynClass("T_Later"))
		f.deleteClass("T_Later")
		f.putClass(&cim.ClassDecl{Name: "T_Later", Properties: []cim.PropertyDecl{prop("K", cim.TypeString, "key")}})
		synctest.Wait()
		static = f.subscribe(`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Later"`)
		f.putClass(dynClass("T_Later"))
		wants(f, static, "RegistrationTooPrecise")

		f.put("__Namespace", "Name", "child")
		child, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace + `\child`, Query: `SELECT * FROM __ClassOperationEvent`})
		if err != nil {
			t.Fatal(err)
		}
		f.delete(`__Namespace="child"`)
		wants(f, child, "InvalidNamespace")

		s = f.subscribe(`SELECT * FROM __ExtrinsicEvent`)
		f.Broker.Close()
		wants(f, s, "ShuttingDown")
		if _, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: `SELECT * FROM __ExtrinsicEvent`}); wbem.StatusOf(err) != wbem.ShuttingDown {
			t.Errorf("a closed broker: %v", err)
		}
	})
}

// TestReplan proves that a query goes on when the class that it selects from
// changes.
func TestReplan(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM T_Event WHERE Who = "a"`)
		f.putClass(&cim.ClassDecl{Name: "T_Event", Super: "__ExtrinsicEvent", Properties: []cim.PropertyDecl{
			prop("Another", cim.TypeString), prop("Who", cim.TypeString)}})
		synctest.Wait()
		f.publish("T_Event", "Who", "a", "Another", "x")
		f.publish("T_Event", "Who", "b")
		wants(f, s, "T_Event{Another=x Who=a}", "nothing")
		f.putClass(&cim.ClassDecl{Name: "T_Event", Super: "__ExtrinsicEvent", Properties: []cim.PropertyDecl{prop("Level", cim.TypeSint32)}})
		wants(f, s, "InvalidQuery")
	})
}

// TestCommitOrder proves that events come in the order of commits.
func TestCommitOrder(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM __InstanceCreationEvent`)
		f.update(func(tx *repository.Tx) error {
			for _, id := range []string{"c", "a", "b"} {
				if _, err := tx.PutInstance(f.ns, f.inst("T_Base", "Id", id), 0, nil); err != nil {
					return err
				}
			}
			return nil
		})
		f.put("T_Base", "Id", "0")
		for _, id := range []string{"c", "a", "b", "0"} {
			wants(f, s, "InstanceCreationEvent{TargetInstance=T_Base{Id="+id+"}}")
		}
	})
}

// TestBaseline proves that what was committed before a subscription is not
// delivered, also if it was not durable yet.
func TestBaseline(t *testing.T) {
	store, err := kv.Open(t.TempDir(), kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := fixtureOver(t, store, event.Options{})
	defer f.close()
	lazily := func(id string) {
		inst := f.inst("T_Base", "Id", id)
		err := f.repo.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error {
			_, err := tx.PutInstance(f.ns, inst, 0, nil)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	lazily("before")
	s := f.subscribe(`SELECT * FROM __InstanceCreationEvent`)
	lazily("after")
	if err := f.repo.Sync(); err != nil {
		t.Fatal(err)
	}
	wants(f, s, "InstanceCreationEvent{TargetInstance=T_Base{Id=after}}")
}
