package event_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"openwmi/internal/event"
	"openwmi/wbem"
)

// hoard has subscribers that do not read, and gives them more events than all
// subscribers may hold together.
func hoard(f *fixture, group string) (hoarders []*event.Subscription) {
	f.Helper()
	who := strings.Repeat("x", 100_000)
	for h := range 5 {
		hoarders = append(hoarders, f.subscribe(fmt.Sprintf(`SELECT * FROM T_Event WHERE Level = %d%s`, h, group)))
		for i := range 80 {
			f.publish("T_Event", "Level", h, "Who", fmt.Sprint(i, who))
		}
	}
	return hoarders
}

// account reads what there is and returns how many events came and were lost.
func account(s *event.Subscription) (seen, lost int) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for {
		inst, err := s.Next(ctx)
		var overflow *event.Overflow
		switch {
		case errors.As(err, &overflow):
			lost += int(overflow.Lost)
		case err != nil:
			return seen, lost
		default:
			n := 1
			if v, ok := inst.Get("NumberOfEvents"); ok {
				n = int(v.Uint())
			}
			seen += n
		}
	}
}

// TestNobodyStarves proves that subscribers who do not read take no events
// from those who do: those that hold most lose them.
func TestNobodyStarves(t *testing.T) {
	for name, group := range map[string]string{"queues": "", "groups": " GROUP WITHIN 3600 BY Who"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, event.Options{}, func(f *fixture) {
				large, small := f.subscribe(`SELECT * FROM T_Event WHERE Level = 100`), f.subscribe(`SELECT * FROM T_Event WHERE Level = 101`)
				hoarders := hoard(f, group)
				who := strings.Repeat("x", 100_000)
				for range 10 {
					f.publish("T_Event", "Level", 100, "Who", who)
					f.publish("T_Event", "Level", 101)
				}
				for _, s := range []*event.Subscription{large, small} {
					if seen, lost := account(s); seen != 10 || lost != 0 {
						t.Errorf("%d events came and %d were lost", seen, lost)
					}
				}
				time.Sleep(2 * time.Hour) // groups are over
				all, least := 0, 80
				for i, s := range hoarders {
					seen, lost := account(s)
					if group == "" && seen+lost != 80 {
						t.Errorf("hoarder %d: %d events came and %d were lost", i, seen, lost)
					}
					all, least = all+seen, min(least, seen)
				}
				if all > event.MaxQueuedBytes/100_000 || least < 25 {
					t.Errorf("%d events of 100 kB were kept, %d of somebody", all, least)
				}
			})
		})
	}
}

// TestQueueShare proves that small queues keep what they have although all
// together hold too much.
func TestQueueShare(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		who := strings.Repeat("x", event.QueueShare-1000)
		var subs []*event.Subscription
		for i := range event.MaxQueuedBytes/event.QueueShare + 50 {
			s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Identity: named(fmt.Sprint(i % 10)),
				Query: fmt.Sprintf(`SELECT * FROM T_Event WHERE Level = %d`, i)})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			subs = append(subs, s)
			f.publish("T_Event", "Level", i, "Who", who)
		}
		f.publish("T_Event", "Level", 7, "Who", who) // more than its share
		for i, s := range subs {
			if seen, lost := account(s); i != 7 && (seen != 1 || lost != 0) || i == 7 && seen+lost != 2 {
				t.Fatalf("subscription %d: %d events came and %d were lost", i, seen, lost)
			}
		}
	})
}

// TestFailedSubscription proves that a subscription that fails gives back what
// it got before.
func TestFailedSubscription(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		who := strings.Repeat("x", 2_000_000)
		f.dyn.onRead = func() {
			for range 4 {
				f.put("T_Base", "Id", "a", "S", who)
				f.delete(`\\.\` + namespace + `:T_Base.Id="a"`)
			}
		}
		f.dyn.fail(wbem.Failed)
		for range 3 {
			_, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace,
				Query: `SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA "T_Base" OR TargetInstance ISA "T_Dyn"`})
			if wbem.StatusOf(err) != wbem.Failed {
				t.Fatal(err)
			}
		}
		f.dyn.onRead = nil
		s := f.subscribe(`SELECT * FROM T_Event`)
		for range 4 {
			f.publish("T_Event", "Who", who)
		}
		if seen, lost := account(s); seen != 4 || lost != 0 {
			t.Errorf("%d events came and %d were lost", seen, lost)
		}
	})
}
