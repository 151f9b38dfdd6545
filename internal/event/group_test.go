package event_test

import (
	"context"
	"fmt"
	"testing"
	"time"

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
