package permanent_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/event/permanent"
	"openwmi/internal/repository"
	"openwmi/provider"
)

// What waits in a queue is delivered as of its class as it is then, if its values
// fit, and else as it was.
func TestClassesChange(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(f *fixture)
		is     bool // of the class as it is now
		want   string
	}{
		{"same", func(*fixture) {}, true, "T_Item Id=1 N=5 S=x"},
		{"more", func(f *fixture) { f.putClass("T_Item", "Id", "More", "N", "S") }, true, "T_Item Id=1 N=5 S=x"},
		{"less", func(f *fixture) {
			f.delete(`T_Item="1"`)
			f.deleteClass("T_Item")
			f.putClass("T_Item", "Id", "N")
		}, false, "T_Item Id=1 N=5 S=x"},
		{"gone", func(f *fixture) { f.deleteClass("T_Item") }, false, "T_Item Id=1 N=5 S=x"},
		{"another key", func(f *fixture) {
			f.deleteClass("T_Item")
			f.putClass("T_Item", "S", "Id", "N")
		}, false, "T_Item Id=1 N=5 S=x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.subscribe("a", creations)
				f.stop()
				f.start(nil)
				f.put("T_Item", "Id", "1", "N", 5, "S", "x")
				c.change(f)
				wants(f)
				f.stop()
				var got *cim.Instance
				f.start(consumer(func(_ *cim.Instance, events []provider.Event) error {
					target, _ := events[0].Instance.Get("TargetInstance")
					got, _ = target.Object().(*cim.Instance)
					return nil
				}))
				synctest.Wait()
				if got == nil {
					f.Fatal("nothing came")
				}
				if d := cmp.Diff(c.want, describe(got)); d != "" {
					f.Errorf("target (-want +got):\n%s", d)
				}
				if path, _ := cim.System(got, "__PATH"); path.Text() != `\\SERVER\root\test:T_Item.Id="1"` {
					f.Errorf("path %s", path.Text())
				}
				if now, err := f.ns.Class("T_Item"); (err == nil && now == got.Class()) != c.is {
					f.Errorf("of the class as it is now: %v", !c.is)
				}
			})
		})
	}
}

// Objects in objects, and in arrays, come back as they were.
func TestEmbedded(t *testing.T) {
	bubble(t, func(f *fixture) {
		d := &cim.ClassDecl{Name: "T_Nest", Super: "__ExtrinsicEvent", Properties: []cim.PropertyDecl{
			{Name: "One", Type: cim.TypeObject}, {Name: "Many", Type: cim.TypeObject | cim.TypeArray}, {Name: "Class", Type: cim.TypeObject},
			{Name: "Usual", Type: cim.TypeString, Default: cim.StringValue("d"), HasDefault: true}}}
		f.update(func(tx *repository.Tx) error {
			_, err := tx.PutClass(f.ns, d, 0)
			return err
		})
		f.subscribe("a", "SELECT * FROM T_Nest")
		item := func(id string) *cim.Instance {
			inst, err := spawn(f.ns, "T_Item", "Id", id)
			if err != nil {
				f.Fatal(err)
			}
			return inst
		}
		e, err := spawn(f.ns, "T_Nest")
		if err != nil {
			f.Fatal(err)
		}
		inner := e.Clone()
		set := func(inst *cim.Instance, name string, v cim.Value) {
			if err := inst.Set(name, v); err != nil {
				f.Fatal(err)
			}
		}
		set(inner, "Many", cim.ObjectsValue([]cim.Object{item("2"), item("3")}))
		set(e, "One", cim.ObjectValue(inner))
		set(e, "Many", cim.ObjectsValue([]cim.Object{item("1")}))
		set(e, "Class", cim.ObjectValue(item("").Class()))
		if err := f.broker.Publish(context.Background(), namespace, nil, e); err != nil {
			f.Fatal(err)
		}
		var got *cim.Instance
		f.stop()
		f.start(consumer(func(_ *cim.Instance, events []provider.Event) error {
			got = events[0].Instance
			return nil
		}))
		if err := f.broker.Publish(context.Background(), namespace, nil, e); err != nil {
			f.Fatal(err)
		}
		synctest.Wait()
		want := e.Clone()
		time, _ := got.Get("TIME_CREATED")
		set(want, "TIME_CREATED", time)
		if !cim.CompareObjects(want, got, 0) {
			f.Errorf("got %s, want %s", cim.AppendJSON(nil, got), cim.AppendJSON(nil, want))
		}
	})
}

// An item that is damaged is given up, and nothing else.
func TestDamagedItem(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("a", published)
		f.stop()
		f.start(nil)
		f.publish(1)
		q := f.queues()[0]
		for _, item := range []string{"", "\x02", "\x01 sixteen bytes id\x00\x04root", "\x01sixteen bytes id.\xFF\xFFx"} {
			f.update(func(tx *repository.Tx) error {
				_, err := tx.Append(q, []byte(item))
				return err
			})
		}
		f.publish(2)
		f.stop()
		f.start(f.box)
		wants(f, "a: T_Event N=1", "a: T_Event N=2")
		if p := f.list()[0]; p.Failed != 4 || p.Queued != 0 {
			f.Errorf("%+v", p)
		}
	})
}

// FuzzItem reads whatever is in a queue.
func FuzzItem(f *testing.F) {
	fix := newFixture(f)
	fix.subscribe("a", creations)
	fix.subscribe("b", `SELECT * FROM __ClassOperationEvent`)
	fix.stop()
	fix.start(nil)
	fix.put("T_Item", "Id", "1", "N", 5, "S", "x")
	fix.putClass("T_Other", "Id", "N")
	for _, q := range fix.queues() {
		for it, err := range fix.repo.Queue(q, 0) {
			if err != nil {
				f.Fatal(err)
			}
			f.Add(it.Data)
		}
	}
	fix.stop()
	f.Cleanup(func() { fix.repo.Close() })
	broker, err := event.New(fix.repo, event.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(broker.Close)
	s := permanent.New(fix.repo, broker, permanent.Options{})
	f.Fuzz(func(t *testing.T, item []byte) {
		if e, err := permanent.Decode(s, item); err == nil && (e.Instance == nil || e.ID == "") {
			t.Errorf("%+v", e)
		}
	})
}
