package event_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/internal/event"
)

// TestGroups proves events.md#13, events.md#14 and events.md#15.
func TestGroups(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM T_Event WHERE Level > 0 GROUP WITHIN 2`)
		start := time.Now()
		for level := range 6 {
			f.publish("T_Event", "Level", level)
			time.Sleep(100 * time.Millisecond)
		}
		inst, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != 2100*time.Millisecond {
			t.Errorf("the group was closed after %v", got)
		}
		if got := describe(inst); got != "AggregateEvent{NumberOfEvents=5 Representative=T_Event{Level=1}}" {
			t.Error(got)
		}
		if _, ok := inst.Get("TIME_CREATED"); ok {
			t.Error("an aggregate event has TIME_CREATED")
		}
		f.publish("T_Event", "Level", 9)
		if got := nextWithin(s, time.Minute); got != "AggregateEvent{NumberOfEvents=1 Representative=T_Event{Level=9}}" {
			t.Error(got)
		}
	})
}

func TestGroupBy(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM T_Event GROUP WITHIN 2 BY Who`)
		many := f.subscribe(`SELECT * FROM T_Event GROUP WITHIN 2 HAVING NumberOfEvents > 6`)
		few := f.subscribe(`SELECT Who FROM T_Event GROUP WITHIN 2 BY Who HAVING NumberOfEvents < 2 OR NumberOfEvents = 3`)
		for i, who := range []any{"A", "a", "B", nil, "b", "", nil} {
			f.publish("T_Event", "Who", who, "Level", i)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(3 * time.Second)
		wants(f, s,
			"AggregateEvent{NumberOfEvents=2 Representative=T_Event{Level=0 Who=A}}",
			"AggregateEvent{NumberOfEvents=2 Representative=T_Event{Level=2 Who=B}}",
			"AggregateEvent{NumberOfEvents=2 Representative=T_Event{Level=3}}",
			"AggregateEvent{NumberOfEvents=1 Representative=T_Event{Level=5 Who=}}", "nothing")
		wants(f, many, "AggregateEvent{NumberOfEvents=7 Representative=T_Event{Level=0 Who=A}}", "nothing")
		wants(f, few, "AggregateEvent{NumberOfEvents=1 Representative=T_Event{Level=5 Who=}}", "nothing")
	})
}

// TestGroupByObject proves that BY reaches into the objects of an event, and
// that an event which lacks the property counts as NULL.
func TestGroupByObject(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Base" GROUP WITHIN 1 BY TargetInstance.E.X, TargetInstance.__CLASS`)
		f.put("T_Base", "Id", "a", "E", f.inst("T_Emb", "X", 1))
		f.put("T_Base", "Id", "b", "E", f.inst("T_Emb", "X", 1))
		f.put("T_Sub", "Id", "c", "E", f.inst("T_Emb", "X", 1))
		f.put("T_Base", "Id", "d")
		time.Sleep(2 * time.Second)
		wants(f, s,
			"AggregateEvent{NumberOfEvents=2 Representative=InstanceCreationEvent{TargetInstance=T_Base{E=T_Emb{X=1} Id=a}}}",
			"AggregateEvent{NumberOfEvents=1 Representative=InstanceCreationEvent{TargetInstance=T_Sub{E=T_Emb{X=1} Id=c}}}",
			"AggregateEvent{NumberOfEvents=1 Representative=InstanceCreationEvent{TargetInstance=T_Base{Id=d}}}", "nothing")
	})
}

// TestGroupLimit proves that there are no more than MaxGroups groups, and that
// what has no place in one is counted.
func TestGroupLimit(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM T_Event GROUP WITHIN 5 BY Who`)
		for i := range event.MaxGroups + 3 {
			f.publish("T_Event", "Who", fmt.Sprint(i))
		}
		f.publish("T_Event", "Who", "0")
		wants(f, s, "lost 3")
		time.Sleep(5 * time.Second)
		n := uint64(0)
		for {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			inst, err := s.Next(ctx)
			cancel()
			if err != nil {
				break
			}
			v, _ := inst.Get("NumberOfEvents")
			n += v.Uint()
		}
		if n != event.MaxGroups+1 {
			t.Errorf("%d events in groups", n)
		}
		// There is room again.
		f.publish("T_Event", "Who", "1001")
		if got := nextWithin(s, time.Minute); got != "AggregateEvent{NumberOfEvents=1 Representative=T_Event{Who=1001}}" {
			t.Error(got)
		}
	})
}

// TestGroupKeys proves which values are the same group: those that are equal
// in a comparison (events.md 6).
func TestGroupKeys(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.putClass(&cim.ClassDecl{Name: "T_Keys", Super: "__ExtrinsicEvent", Properties: []cim.PropertyDecl{
			prop("Mark", cim.TypeString), prop("D", cim.TypeDatetime), prop("A", cim.TypeString|cim.TypeArray),
			prop("R", cim.TypeReal64), prop("B", cim.TypeBoolean), prop("O", cim.TypeObject)}})
		for _, tt := range []struct {
			by          string
			same, other [2]any // two values in one group, and two in others
		}{
			{"D", [2]any{"20240101000000.000000+000", "20240101010000.000000+060"}, [2]any{"20240101000000.000000+***", nil}},
			{"A", [2]any{[]string{"x", "Y"}, []string{"X", "y"}}, [2]any{[]string{"xy"}, []string{"x", "y", ""}}},
			{"R", [2]any{1.5, 1.5}, [2]any{1.25, nil}},
			{"B", [2]any{true, true}, [2]any{false, nil}},
			// What is an object cannot be told apart from another.
			{"O.E", [2]any{f.inst("T_Base", "E", f.inst("T_Emb", "X", 1)), f.inst("T_Base", "E", f.inst("T_Emb", "X", 2))},
				[2]any{f.inst("T_Base"), f.inst("T_Event")}},
			// A class has its own properties, too.
			{"O.__CLASS", [2]any{f.inst("T_Base"), f.inst("T_Base").Class()}, [2]any{f.inst("T_Emb"), nil}},
			{"O.Extra", [2]any{f.inst("T_Sub"), f.inst("T_Sub").Class()}, [2]any{f.inst("T_Sub", "Extra", "x"), f.inst("T_Sub", "Extra", "xx")}},
		} {
			s := f.subscribe("SELECT * FROM T_Keys GROUP WITHIN 1 BY " + tt.by)
			name, _, _ := strings.Cut(tt.by, ".")
			for i, v := range []any{tt.same[0], tt.same[1], tt.other[0], tt.other[1]} {
				f.publish("T_Keys", "Mark", fmt.Sprint(i), name, v)
			}
			time.Sleep(2 * time.Second)
			var counts []uint64
			for {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				inst, err := s.Next(ctx)
				cancel()
				if err != nil {
					break
				}
				n, _ := inst.Get("NumberOfEvents")
				counts = append(counts, n.Uint())
			}
			if len(counts) == 0 || counts[0] != 2 {
				t.Errorf("BY %s: groups of %v events", tt.by, counts)
			}
			s.Close()
		}
	})
}
