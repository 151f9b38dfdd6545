package event_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/internal/event"
	"openwmi/wbem"
)

// TestOverflow proves events.md#31.
func TestOverflow(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM T_Event`)
		for i := range event.MaxQueue + 1 {
			f.publish("T_Event", "Level", i)
		}
		ctx := context.Background()
		_, err := s.Next(ctx)
		if wbem.StatusOf(err) != wbem.QueueOverflow {
			t.Fatalf("after an overflow: %v", err)
		}
		wants(f, s, "T_Event{Level=1}", "T_Event{Level=2}")

		// More is lost in the same episode: it is told at its end.
		for i := range 5 {
			f.publish("T_Event", "Level", 2000+i)
		}
		for i := range event.MaxQueue - 3 {
			if got, want := next(s), fmt.Sprintf("T_Event{Level=%d}", i+6); i+6 <= event.MaxQueue && got != want {
				t.Fatalf("%s, want %s", got, want)
			}
		}
		wants(f, s, "T_Event{Level=2002}", "T_Event{Level=2003}", "T_Event{Level=2004}", "lost 3", "nothing")

		// The next episode is told of at once.
		for i := range event.MaxQueue + 7 {
			f.publish("T_Event", "Level", i)
		}
		wants(f, s, "lost 7", "T_Event{Level=7}")
	})
}

// TestByteBounds proves that few large events overflow a queue, and that all
// queues together are bounded.
func TestByteBounds(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM T_Event`)
		who := strings.Repeat("x", 1<<20)
		for i := range 10 {
			f.publish("T_Event", "Level", i, "Who", who)
		}
		if got := next(s); got != "lost 3" {
			t.Errorf("%.100s", got)
		}
		s.Close()

		// Twenty subscribers that share events are far from the bound; those
		// that have their own reach it.
		var shared, own []*event.Subscription
		for range 20 {
			shared = append(shared, f.subscribe(`SELECT * FROM T_Event WHERE Level = 1`))
		}
		f.publish("T_Event", "Level", 1, "Who", who)
		for i := range 10 {
			own = append(own, f.subscribe(fmt.Sprintf(`SELECT * FROM T_Event WHERE Level = %d`, 100+i)))
		}
		for range 3 {
			for i := range own {
				f.publish("T_Event", "Level", 100+i, "Who", who)
			}
		}
		for _, s := range shared {
			if got := next(s); !strings.HasPrefix(got, "T_Event{Level=1 ") {
				t.Errorf("%.100s", got)
			}
			s.Close()
		}
		lost := 0
		for _, s := range own {
			if strings.HasPrefix(next(s), "lost") {
				lost++
			}
			s.Close()
		}
		if lost == 0 {
			t.Error("thirty megabytes wait to be read")
		}
	})
}

// TestReaders proves that several readers of a subscription share its events.
func TestReaders(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM T_Event`)
		var mu sync.Mutex
		seen := map[string]int{}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for inst, err := range s.Events(context.Background()) {
					if err != nil {
						if wbem.StatusOf(err) != wbem.InvalidOperation {
							t.Error(err)
						}
						return
					}
					mu.Lock()
					seen[describe(inst)]++
					mu.Unlock()
				}
			})
		}
		for i := range 100 {
			f.publish("T_Event", "Level", i)
		}
		synctest.Wait()
		s.Close()
		wg.Wait()
		if len(seen) != 100 {
			t.Errorf("%d events of 100", len(seen))
		}
		for what, n := range seen {
			if n != 1 {
				t.Errorf("%s came %d times", what, n)
			}
		}
	})
}

// TestWaiting proves events.md#2 at this level: waiting ends with its context,
// and the subscription goes on.
func TestWaiting(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM T_Event`)
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		if _, err := s.Next(ctx); wbem.StatusOf(err) != wbem.Timeout || time.Since(start) != 100*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, stop := context.WithCancel(context.Background())
		stop()
		if _, err := s.Next(ctx); wbem.StatusOf(err) != wbem.CallCancelled {
			t.Error(err)
		}
		f.publish("T_Event", "Level", 1)
		// What is there comes although nobody would wait for it.
		if inst, err := s.Next(ctx); err != nil || describe(inst) != "T_Event{Level=1}" {
			t.Error(err)
		}
		go func() {
			time.Sleep(time.Minute)
			f.publish("T_Event", "Level", 2)
		}()
		if got := nextWithin(s, time.Hour); got != "T_Event{Level=2}" {
			t.Error(got)
		}
	})
}

// keeper is an Access by names: an event whose descriptor begins with the name
// of the subscriber is for it, and an EventAccess is the name of the publisher.
type keeper struct{}

func (keeper) Subscriber(who *wbem.Identity) (func(descriptor []byte) bool, error) {
	return func(descriptor []byte) bool { return who != nil && bytes.Equal(descriptor, []byte(who.Name)) }, nil
}

func (keeper) Publishers(sddl string) (func(who *wbem.Identity) bool, error) {
	if sddl == "?" {
		return nil, wbem.InvalidParameter
	}
	return func(who *wbem.Identity) bool { return who != nil && who.Name == sddl }, nil
}

// TestAccess proves that the descriptor of an event and the EventAccess of a
// filter are asked (events.md 12).
func TestAccess(t *testing.T) {
	bubble(t, event.Options{Access: keeper{}}, func(f *fixture) {
		as := func(name, access string) *event.Subscription {
			s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: `SELECT * FROM T_Event`,
				Identity: named(name), EventAccess: access})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		u, v, picky := as("u", ""), as("v", ""), as("u", "admin")
		send := func(publisher string, pairs ...any) {
			t.Helper()
			err := f.Publish(context.Background(), namespace, named(publisher), f.inst("T_Event", pairs...))
			if err != nil {
				t.Fatal(err)
			}
		}
		send("x", "Level", 1, "SECURITY_DESCRIPTOR", []byte("u"))
		send("admin", "Level", 2)
		for _, tt := range []struct {
			s    *event.Subscription
			want string
		}{{u, "1 2 "}, {v, "2 "}, {picky, "2 "}} {
			got := ""
			for {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				inst, err := tt.s.Next(ctx)
				cancel()
				if err != nil {
					break
				}
				level, _ := inst.Get("Level")
				got += level.String() + " "
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			tt.s.Close()
		}
		_, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: `SELECT * FROM T_Event`, EventAccess: "?"})
		if wbem.StatusOf(err) != wbem.InvalidParameter {
			t.Errorf("an EventAccess that is none: %v", err)
		}
	})
}
