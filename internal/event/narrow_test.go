package event_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/query"
	"openwmi/wql"
)

// aThing has a key, a property that is fixed, and one that changes.
func aThing() *cim.ClassDecl {
	d := dynClass("T_Thing")
	d.Properties = append(d.Properties, prop("F", cim.TypeString, "Fixed"), prop("When", cim.TypeDatetime, "Fixed"))
	return d
}

func thingQuery(event, where string) string {
	return fmt.Sprintf(`SELECT * FROM %s WITHIN 1 WHERE TargetInstance ISA "T_Thing"%s`, event, where)
}

// A poll asks for no more than lasting conditions allow.
func TestNarrowPolls(t *testing.T) {
	for _, test := range []struct{ where, query string }{
		{``, `SELECT * FROM T_Thing`},
		{` AND targetinstance.k = "a"`, `SELECT * FROM T_Thing WHERE K = "a"`},
		{` AND "a" = TargetInstance.K AND TargetInstance.V > 5`, `SELECT * FROM T_Thing WHERE K = "a"`},
		{` AND TargetInstance.K LIKE "a%" AND TargetInstance.F <> "x"`, `SELECT * FROM T_Thing WHERE K LIKE "a%" AND F <> "x"`},
		{` AND (TargetInstance.K = "a" OR NOT TargetInstance.F IS NULL)`, `SELECT * FROM T_Thing WHERE K = "a" OR NOT F IS NULL`},
		{` AND (TargetInstance.K = "a" OR TargetInstance.V = 1)`, `SELECT * FROM T_Thing`},
		{` AND TargetInstance.V = 1`, `SELECT * FROM T_Thing`},
		{` AND PreviousInstance.K = "a"`, `SELECT * FROM T_Thing`},
		{` AND TargetInstance.__CLASS = "T_Thing"`, `SELECT * FROM T_Thing`},
		{` AND TargetInstance.When > "20240101"`, `SELECT * FROM T_Thing`},
		{` AND TargetInstance.V = "no number"`, `SELECT * FROM T_Thing`},
		{` OR TargetInstance ISA "T_Thing" AND TargetInstance.K = "a"`, `SELECT * FROM T_Thing`},
	} {
		bubble(t, event.Options{}, func(f *fixture) {
			f.putClass(aThing())
			f.subscribe(thingQuery("__InstanceModificationEvent", test.where))
			if d := cmp.Diff([]string{test.query}, f.dyn.asked()); d != "" {
				t.Errorf("%s (-want +got):\n%s", test.where, d)
			}
		})
	}
}

// Registrations that read the same share a poll, and those that do not have one
// each; each gets its own events.
func TestNarrowPollsShared(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.putClass(aThing())
		thing := func(k string, v int) *cim.Instance { return f.inst("T_Thing", "K", k, "V", v) }
		f.dyn.set(thing("a", 1), thing("b", 1))
		a := f.subscribe(thingQuery("__InstanceOperationEvent", ` AND TargetInstance.K = "a"`))
		big := f.subscribe(thingQuery("__InstanceOperationEvent", ` AND TargetInstance.V > 5 AND TargetInstance.k = "a"`))
		b := f.subscribe(thingQuery("__InstanceOperationEvent", ` AND TargetInstance.K = "b"`))
		f.dyn.set(thing("a", 7), thing("c", 1))
		reads := f.dyn.count()
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if n := f.dyn.count() - reads; n != 2 {
			t.Errorf("%d reads an interval, want 2", n)
		}
		const modified = `InstanceModificationEvent{PreviousInstance=T_Thing{K=a V=1} TargetInstance=T_Thing{K=a V=7}}`
		wants(f, a, modified, "nothing")
		wants(f, big, modified, "nothing")
		wants(f, b, `InstanceDeletionEvent{TargetInstance=T_Thing{K=b V=1}}`, "nothing")
		a.Close()
		f.dyn.set()
		time.Sleep(time.Second)
		wants(f, big, `InstanceDeletionEvent{TargetInstance=T_Thing{K=a V=7}}`, "nothing")
	})
}

// A class in which a property is not fixed any more is read wholly from then on.
func TestNarrowPollClassChanges(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.putClass(aThing())
		f.dyn.set()
		s := f.subscribe(thingQuery("__InstanceOperationEvent", ` AND TargetInstance.F = "x"`))
		d := aThing()
		d.Properties[2].Qualifiers = nil
		f.putClass(d)
		time.Sleep(1500 * time.Millisecond)
		f.dyn.set(f.inst("T_Thing", "K", "a", "F", "x"))
		time.Sleep(1500 * time.Millisecond)
		wants(f, s, `InstanceCreationEvent{TargetInstance=T_Thing{F=x K=a}}`, "nothing")
		asked := f.dyn.asked()
		if got, want := asked[len(asked)-1], "SELECT * FROM T_Thing"; got != want {
			t.Errorf("polls %s, want %s", got, want)
		}
	})
}

// What is fixed in a class and changes in a subclass is no reason to read less of the
// class: neither if the subclass is there before the query, nor if it comes later.
func TestNarrowPollSubclass(t *testing.T) {
	moving := &cim.ClassDecl{Name: "T_Moving", Super: "T_Thing", Qualifiers: marks("dynamic", "provider=P"),
		Properties: []cim.PropertyDecl{prop("F", cim.TypeString)}}
	for _, late := range []bool{false, true} {
		bubble(t, event.Options{}, func(f *fixture) {
			f.putClass(aThing())
			if !late {
				f.putClass(moving)
			}
			s := f.subscribe(thingQuery("__InstanceOperationEvent", ` AND TargetInstance.F = "x" AND TargetInstance.K < "n"`))
			if late {
				f.putClass(moving)
			}
			f.dyn.set(f.inst("T_Moving", "K", "a", "F", "y"), f.inst("T_Moving", "K", "z", "F", "x"))
			time.Sleep(2500 * time.Millisecond)
			f.dyn.set(f.inst("T_Moving", "K", "a", "F", "x"), f.inst("T_Moving", "K", "z", "F", "y"))
			wants(f, s, `InstanceModificationEvent{PreviousInstance=T_Moving{F=y K=a} TargetInstance=T_Moving{F=x K=a}}`, "nothing")
			asked := f.dyn.asked()
			if got, want := asked[len(asked)-1], `SELECT * FROM T_Thing WHERE K < "n"`; got != want {
				t.Errorf("polls %s, want %s", got, want)
			}
		})
	}
}

// Whatever happens, a query sees the events that a poll of the whole class makes
// and that meet its condition.
func TestNarrowPollRandom(t *testing.T) {
	const seed = 20
	rnd := rand.New(rand.NewPCG(seed, seed))
	pick := func(list ...string) string { return list[rnd.IntN(len(list))] }
	var cond func(depth int) string
	cond = func(depth int) string {
		switch n := rnd.IntN(8); {
		case n == 0 && depth > 0:
			return "NOT (" + cond(depth-1) + ")"
		case n <= 2 && depth > 0:
			return "(" + cond(depth-1) + pick(" AND ", " OR ") + cond(depth-1) + ")"
		}
		return pick(
			`TargetInstance.K `+pick("=", "<>", "<", ">=")+` "`+pick("a", "B", "c", "d")+`"`,
			`TargetInstance.F `+pick("=", "<>", "LIKE")+` "`+pick("x", "Y", "%")+`"`,
			`TargetInstance.F IS `+pick("", "NOT ")+`NULL`,
			`TargetInstance.V `+pick("=", "<", ">")+` `+pick("0", "1", "2"))
	}
	bubble(t, event.Options{}, func(f *fixture) {
		f.putClass(aThing())
		fixed := map[string]string{"a": "x", "b": "y", "c": "x", "e": "z"} // d has none
		change := func() {
			var insts []*cim.Instance
			for _, k := range []string{"a", "b", "c", "d", "e"} {
				if rnd.IntN(3) == 0 {
					continue
				}
				inst := f.inst("T_Thing", "K", k, "V", rnd.IntN(3))
				if v := fixed[k]; v != "" {
					inst.Put(inst.Class().PropertyIndex("F"), cim.StringValue(v))
				}
				insts = append(insts, inst)
			}
			f.dyn.set(insts...)
		}
		change()
		time.Sleep(time.Second / 2) // polls and changes are half a second apart
		wide := f.subscribe(thingQuery("__InstanceOperationEvent", ""))
		type narrow struct {
			text   string
			sub    *event.Subscription
			filter *query.Filter
		}
		var all []narrow
		for range 60 {
			class := pick("__InstanceOperationEvent", "__InstanceCreationEvent", "__InstanceDeletionEvent", "__InstanceModificationEvent")
			text := thingQuery(class, " AND "+cond(2)+" AND "+cond(2))
			q, err := wql.ParseEvent(text)
			if err != nil {
				t.Fatal(text, err)
			}
			c, err := f.ns.Class("__InstanceOperationEvent")
			if err != nil {
				t.Fatal(err)
			}
			filter, err := query.CompileFilter(c, q.Where, query.FilterOptions{Event: true})
			if err != nil {
				t.Fatal(text, err)
			}
			all = append(all, narrow{text, f.subscribe(text), filter})
		}
		drain := func(s *event.Subscription) (events []*cim.Instance) {
			for {
				ctx, cancel := context.WithTimeout(context.Background(), 1)
				e, err := s.Next(ctx)
				cancel()
				if err != nil {
					return events
				}
				events = append(events, e)
			}
		}
		for range 40 {
			change()
			time.Sleep(time.Second)
			synctest.Wait()
			events := drain(wide)
			for _, n := range all {
				var want, got []string
				from := strings.Fields(n.text)[3]
				for _, e := range events {
					if e.Class().IsA(from) && n.filter.Match(query.ObjectRow(e)) {
						want = append(want, describe(e))
					}
				}
				for _, e := range drain(n.sub) {
					got = append(got, describe(e))
				}
				if !slices.Equal(want, got) {
					t.Fatalf("%s (-want +got):\n%s", n.text, cmp.Diff(want, got))
				}
			}
		}
		asked := f.dyn.asked()
		slices.Sort(asked)
		if n := len(slices.Compact(asked)); n < 10 {
			t.Errorf("only %d different polls", n)
		}
	})
}

// asked returns the queries of all reads.
func (d *dynamic) asked() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.queries)
}
