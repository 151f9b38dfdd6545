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

func datetime(t testing.TB, at time.Time) string {
	t.Helper()
	d, err := cim.NewDatetime(at)
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

// restart closes the broker, lets time pass, and starts another one.
func (f *fixture) restart(down time.Duration) {
	f.Helper()
	f.Broker.Close()
	time.Sleep(down)
	f.open(event.Options{})
}

func (f *fixture) start() {
	f.Helper()
	if err := f.Start(context.Background()); err != nil {
		f.Fatal(err)
	}
}

// TestIntervalTimer proves events.md#16 and what changing an instruction does.
func TestIntervalTimer(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.start()
		s := f.subscribe(`SELECT * FROM __TimerEvent WHERE TimerId = "T"`)
		f.put("__IntervalTimerInstruction", "TimerId", "t", "IntervalBetweenEvents", 100)
		start := time.Now()
		wants(f, s, "TimerEvent{NumFirings=1 TimerId=t}")
		if got := time.Since(start); got != 100*time.Millisecond {
			t.Errorf("fired after %v", got)
		}
		wants(f, s, "TimerEvent{NumFirings=1 TimerId=t}")

		// Nobody reads for a second.
		time.Sleep(1050 * time.Millisecond)
		wants(f, s, "TimerEvent{NumFirings=10 TimerId=t}", "TimerEvent{NumFirings=1 TimerId=t}")

		f.put("__IntervalTimerInstruction", "TimerId", "t", "IntervalBetweenEvents", 300, "SkipIfPassed", true)
		start = time.Now()
		wants(f, s, "TimerEvent{NumFirings=1 TimerId=t}")
		if got := time.Since(start); got != 300*time.Millisecond {
			t.Errorf("fired after %v", got)
		}
		time.Sleep(1050 * time.Millisecond)
		wants(f, s, "TimerEvent{NumFirings=1 TimerId=t}", "TimerEvent{NumFirings=1 TimerId=t}")

		f.delete(`__IntervalTimerInstruction="t"`)
		wants(f, s, "nothing")
		f.put("__IntervalTimerInstruction", "TimerId", "t", "IntervalBetweenEvents", 1)
		start = time.Now()
		wants(f, s, "TimerEvent{NumFirings=1 TimerId=t}")
		if got := time.Since(start); got != 10*time.Millisecond {
			t.Errorf("fired after %v", got)
		}
	})
}

// TestTimerRestart proves that missed firings are merged when the service
// starts again.
func TestTimerRestart(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.put("__IntervalTimerInstruction", "TimerId", "all", "IntervalBetweenEvents", 100)
		f.put("__IntervalTimerInstruction", "TimerId", "skip", "IntervalBetweenEvents", 100, "SkipIfPassed", true)
		time.Sleep(1050 * time.Millisecond)
		f.restart(time.Second)
		all := f.subscribe(`SELECT * FROM __TimerEvent WHERE TimerId = "all"`)
		skip := f.subscribe(`SELECT * FROM __TimerEvent WHERE TimerId = "skip"`)
		wants(f, all, "nothing") // not before Start
		f.start()
		start := time.Now() // 3050 ms after the put: the firings of 1100 to 3000
		wants(f, all, "TimerEvent{NumFirings=20 TimerId=all}")
		wants(f, skip, "TimerEvent{NumFirings=1 TimerId=skip}")
		if got := time.Since(start); got != 0 {
			t.Errorf("fired after %v", got)
		}
		wants(f, all, "TimerEvent{NumFirings=1 TimerId=all}")
		if got := time.Since(start); got != 50*time.Millisecond {
			t.Errorf("fired after %v", got)
		}
	})
}

// TestAbsoluteTimer proves events.md#17.
func TestAbsoluteTimer(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.start()
		s := f.subscribe(`SELECT * FROM __TimerEvent`)
		put := func(id string, in time.Duration, skip bool) {
			f.put("__AbsoluteTimerInstruction", "TimerId", id, "EventDateTime", datetime(t, time.Now().Add(in)), "SkipIfPassed", skip)
		}
		put("soon", time.Second, false)
		start := time.Now()
		if got := nextWithin(s, time.Minute); got != "TimerEvent{NumFirings=1 TimerId=soon}" {
			t.Error(got)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("fired after %v", got)
		}
		put("passed", -time.Second, false)
		wants(f, s, "TimerEvent{NumFirings=1 TimerId=passed}")
		put("skipped", -time.Second, true)
		wants(f, s, "nothing")
		put("missed", time.Second, false)
		put("skipped too", time.Second, true)
		put("later", time.Hour, true)

		f.restart(time.Minute)
		s = f.subscribe(`SELECT * FROM __TimerEvent`)
		f.start()
		wants(f, s, "TimerEvent{NumFirings=1 TimerId=missed}", "nothing")
		if got := nextWithin(s, time.Hour); got != "TimerEvent{NumFirings=1 TimerId=later}" {
			t.Error(got)
		}
		// Each fires once.
		f.restart(0)
		s = f.subscribe(`SELECT * FROM __TimerEvent`)
		f.start()
		wants(f, s, "nothing")
		for inst, err := range f.ns.Instances(context.Background(), "__AbsoluteTimerInstruction", true) {
			if err != nil {
				t.Fatal(err)
			}
			if id, _ := inst.Get("TimerId"); id.Text() == "missed" {
				return // the instruction stays
			}
		}
		t.Error("an instruction has gone")
	})
}

// TestTimerErrors proves that an instruction that cannot be armed is not stored.
func TestTimerErrors(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		for _, inst := range []*cim.Instance{
			f.inst("__IntervalTimerInstruction", "TimerId", "t", "IntervalBetweenEvents", 0),
			f.inst("__AbsoluteTimerInstruction", "TimerId", "t", "EventDateTime", "20240101******.******+000"),
			f.inst("__AbsoluteTimerInstruction", "TimerId", "t", "EventDateTime", "00000001000000.000000:000"),
		} {
			err := f.repo.Update(context.Background(), kv.Durable, func(tx *repository.Tx) error {
				_, err := tx.PutInstance(f.ns, inst, 0, nil)
				return err
			})
			if wbem.StatusOf(err) != wbem.InvalidParameter {
				t.Errorf("%s: %v", describe(inst), err)
			}
			if _, err := f.ns.Instance(cim.MustParsePath(`__TimerInstruction="t"`), false); wbem.StatusOf(err) != wbem.NotFound {
				t.Errorf("%s is stored", describe(inst))
			}
		}
	})
}

// TestTimersGo proves that timers end with their class and namespace.
func TestTimersGo(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.start()
		f.put("__Namespace", "Name", "child")
		child, err := f.repo.Namespace(namespace + `\child`)
		if err != nil {
			t.Fatal(err)
		}
		f.putClass(&cim.ClassDecl{Name: "T_Timer", Super: "__IntervalTimerInstruction"})
		s := f.subscribe(`SELECT * FROM __TimerEvent`)
		f.put("T_Timer", "TimerId", "own", "IntervalBetweenEvents", 300)
		inst := f.inst("__IntervalTimerInstruction", "TimerId", "child", "IntervalBetweenEvents", 300)
		f.update(func(tx *repository.Tx) error {
			_, err := tx.PutInstance(child, inst, 0, nil)
			return err
		})
		wants(f, s, "TimerEvent{NumFirings=1 TimerId=own}", "TimerEvent{NumFirings=1 TimerId=own}")
		f.deleteClass("T_Timer")
		f.delete(`__Namespace="child"`)
		synctest.Wait()
		wants(f, s, "nothing")
		// The same names again are other timers.
		f.put("__Namespace", "Name", "child")
		f.restart(time.Hour)
		s = f.subscribe(`SELECT * FROM __TimerEvent`)
		f.start()
		wants(f, s, "nothing")
	})
}
