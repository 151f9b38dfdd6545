package event_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// TestConcurrency has everything happen at once: what subscriptions ask for
// comes and goes, they do, providers do, and events come from everywhere. What
// remains in the end is nothing.
func TestConcurrency(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.start()
		f.put("__IntervalTimerInstruction", "TimerId", "t", "IntervalBetweenEvents", 50)
		queries := []string{
			`SELECT * FROM T_Event WHERE Level > 1`,
			`SELECT * FROM __Event`,
			`SELECT * FROM __InstanceOperationEvent WITHIN 0.1 WHERE TargetInstance ISA "T_Dyn"`,
			`SELECT * FROM __InstanceOperationEvent WITHIN 0.1 WHERE TargetInstance ISA "T_Gone"`,
			`SELECT * FROM T_Gone`,
			`SELECT * FROM __InstanceCreationEvent GROUP WITHIN 0.05 BY TargetInstance.__CLASS`,
			`SELECT * FROM __ClassOperationEvent`,
			`SELECT * FROM __TimerEvent`,
		}
		expected := func(err error) bool {
			for _, s := range []wbem.Status{wbem.OK, wbem.InvalidClass, wbem.NotFound, wbem.NotEventClass, wbem.InvalidQuery,
				wbem.CallCancelled, wbem.Timeout, wbem.InvalidOperation, wbem.RegistrationTooPrecise, wbem.QueueOverflow} {
				if wbem.StatusOf(err) == s || err == nil {
					return true
				}
			}
			return errors.Is(err, context.DeadlineExceeded)
		}
		update := func(fn func(tx *repository.Tx) error) {
			if err := f.repo.Update(context.Background(), kv.Buffered, fn); !expected(err) {
				t.Error(err)
			}
		}
		work := []func(i int){
			func(i int) { // somebody subscribes, reads a little, and leaves
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(300))*time.Millisecond)
				defer cancel()
				s, err := f.Subscribe(ctx, event.Spec{Namespace: namespace, Query: queries[i%len(queries)], Identity: named(fmt.Sprint(i % 3))})
				if !expected(err) {
					t.Errorf("%s: %v", queries[i%len(queries)], err)
				}
				if err != nil {
					return
				}
				for range s.Events(ctx) {
					if rand.IntN(20) == 0 {
						break
					}
				}
				if rand.IntN(2) == 0 {
					s.Close()
				}
			},
			func(i int) { // a handler comes and goes
				r, err := f.Register(context.Background(), event.Spec{Namespace: namespace, Query: queries[i%len(queries)]}, &journal{queue: []byte("q")})
				if !expected(err) {
					t.Errorf("%s: %v", queries[i%len(queries)], err)
				}
				if err == nil {
					time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
					r.Close()
				}
			},
			func(i int) { // a class comes as one thing or another, and goes
				update(func(tx *repository.Tx) error {
					switch i % 4 {
					case 0:
						_, err := tx.PutClass(f.ns, &cim.ClassDecl{Name: "T_Gone", Super: "__ExtrinsicEvent"}, 0)
						return err
					case 2:
						_, err := tx.PutClass(f.ns, dynClass("T_Gone"), 0)
						return err
					}
					return tx.DeleteClass(f.ns, "T_Gone")
				})
				time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
			},
			func(i int) {
				update(func(tx *repository.Tx) error {
					_, err := tx.PutInstance(f.ns, f.inst("T_Base", "Id", fmt.Sprint(i%10), "N", i), 0, nil)
					return err
				})
				if err := f.Publish(context.Background(), namespace, nil, f.inst("T_Event", "Level", i)); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Millisecond)
			},
			func(i int) {
				f.dyn.set(f.dynamic(fmt.Sprint(i%3), i))
				time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
			},
			func(i int) {
				w := &watcher{refused: "nobody"}
				c, err := f.Cover(namespace, `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Dyn"`, w)
				if err != nil {
					t.Error(err)
					return
				}
				time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
				c.Close()
			},
		}
		rounds := 300
		if testing.Short() || raceEnabled {
			rounds = 60
		}
		var wg sync.WaitGroup
		for _, do := range work {
			for range 3 {
				wg.Go(func() {
					for i := range rounds {
						do(i)
					}
				})
			}
		}
		wg.Wait()
		time.Sleep(time.Second)
		reads := f.dyn.count()
		time.Sleep(time.Minute)
		if got := f.dyn.count() - reads; got > 0 {
			t.Errorf("%d reads for nobody", got)
		}
	})
}
