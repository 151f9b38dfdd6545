package permanent_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/event/permanent"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
)

const allEvents = `SELECT * FROM T_Event`

// listed returns the binding of the filter with that name as List says it is.
func (f *fixture) listed(filter string) *wbem.PermanentSubscription {
	f.Helper()
	all, err := f.List(context.Background(), func(string) bool { return true })
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range all {
		if p.Binding != "" && strings.HasSuffix(p.Filter, `="`+filter+`"`) {
			return p
		}
	}
	f.Fatalf("no binding of %s", filter)
	return nil
}

// What has become of events is known to the next process, and forgotten with the
// binding.
func TestCountsSurvive(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("F", allEvents)
		f.publish(1)
		synctest.Wait()
		f.box.set(func() { f.box.fail = func(_, _ string) error { return cim.Errorf(wbem.AccessDenied, "not listed") } })
		f.publish(2)
		synctest.Wait()
		before := f.listed("F")
		f.stop()
		f.start(f.box)
		p := f.listed("F")
		if p.State != wbem.SubscriptionFailing || p.Reason != "not listed" || p.LastError != p.Reason || p.Delivered != 1 || p.Failed != 1 {
			t.Errorf("listed = %+v", p)
		}
		if d := before.LastFailed.Sub(p.LastFailed).Abs(); d >= time.Millisecond {
			t.Errorf("LastFailed = %v, and was %v", p.LastFailed, before.LastFailed)
		}
		f.delete(`__FilterToConsumerBinding.Filter="__EventFilter.Name=\"F\"",Consumer="T_Consumer.Name=\"F\""`)
		f.bind("F", "F")
		if p := f.listed("F"); p.State != wbem.SubscriptionActive || p.Delivered != 0 || p.Failed != 0 || p.LastError != "" {
			t.Errorf("listed after another put = %+v", p)
		}
	})
}

// What was dropped is known to the next process, though nothing was delivered.
func TestDroppedSurvive(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.stop()
		f.start(nil)
		f.put("__EventFilter", "Name", "F", "Query", allEvents, "QueryLanguage", "WQL")
		f.put("T_Consumer", "Name", "F", "MaximumQueueSize", 1)
		f.bind("F", "F")
		for n := range 3 {
			f.publish(n)
		}
		f.stop()
		f.start(nil)
		if p := f.listed("F"); p.Queued != 1 || p.Dropped != 2 {
			t.Errorf("listed = %+v", p)
		}
	})
}

// A consumer that hangs fills the common limit, and costs others nothing.
func TestGuaranteedShare(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.stop()
		f.start(nil)
		f.subscribe("Dead", `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Item"`)
		f.subscribe("Good", allEvents)
		text := strings.Repeat("x", 200_000)
		for n := range 60 {
			f.put("T_Item", "Id", fmt.Sprint(n), "S", text)
		}
		for n := range 100 {
			f.publish(n)
		}
		if p := f.listed("Dead"); p.Dropped == 0 || p.QueuedBytes < permanent.MaxQueuedBytes*9/10 {
			t.Errorf("the queue is not full: %+v", p)
		}
		if p := f.listed("Good"); p.Queued != 100 || p.Dropped != 0 {
			t.Errorf("listed = %+v", p)
		}
	})
}

// Consumers of one class that hang leave workers for those of another.
func TestWorkersForOtherClasses(t *testing.T) {
	bubble(t, func(f *fixture) {
		key := cim.Qualifiers{{Name: "Key", Value: cim.BoolValue(true)}}
		f.update(func(tx *repository.Tx) error {
			_, err := tx.PutClass(f.ns, &cim.ClassDecl{Name: "T_Other", Super: "__EventConsumer",
				Properties: []cim.PropertyDecl{{Name: "Name", Type: cim.TypeString, Qualifiers: key}}}, 0)
			return err
		})
		f.put("__EventFilter", "Name", "F", "Query", allEvents, "QueryLanguage", "WQL")
		const dead = 1100
		f.update(func(tx *repository.Tx) error {
			for n := range dead {
				consumer, err := spawn(f.ns, "T_Consumer", "Name", fmt.Sprint(n))
				if err == nil {
					_, err = tx.PutInstance(f.ns, consumer, 0, nil)
				}
				if err != nil {
					return err
				}
				binding, err := spawn(f.ns, "__FilterToConsumerBinding",
					"Filter", `__EventFilter.Name="F"`, "Consumer", fmt.Sprintf(`T_Consumer.Name="%d"`, n))
				if err == nil {
					_, err = tx.PutInstance(f.ns, binding, 0, nil)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		f.Settle(context.Background())
		block := make(chan struct{})
		f.box.set(func() { f.box.block = block })
		f.publish(1)
		synctest.Wait()
		f.box.set(func() { f.box.block = nil })
		f.put("T_Other", "Name", "good")
		f.put("__EventFilter", "Name", "G", "Query", allEvents, "QueryLanguage", "WQL")
		f.put("__FilterToConsumerBinding", "Filter", `__EventFilter.Name="G"`, "Consumer", `T_Other.Name="good"`)
		f.publish(2)
		synctest.Wait()
		if diff := cmp.Diff([]string{"good: T_Event N=2"}, f.box.take()); diff != "" {
			t.Errorf("delivered while others hang:\n%s", diff)
		}
		close(block)
		synctest.Wait()
		if got := f.box.take(); len(got) != 2*dead {
			t.Errorf("%d events were delivered afterwards, and not %d", len(got), 2*dead)
		}
	})
}

// A taker is a consumer that is a function.
type taker func(ctx context.Context, events []provider.Event) error

func (c taker) Consume(ctx context.Context, _ *cim.Instance, events []provider.Event) error {
	return c(ctx, events)
}

// What a consumer did not come to is delivered again, and in order.
func TestNotAttempted(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.stop()
		f.start(nil)
		f.subscribe("F", allEvents)
		for n := range 5 {
			f.publish(n)
		}
		f.stop()
		var calls []string
		f.start(taker(func(_ context.Context, events []provider.Event) error {
			var texts []string
			errs := make([]error, len(events))
			for i, e := range events {
				texts = append(texts, strings.TrimPrefix(describe(e.Instance), "T_Event N="))
				if i >= 2 {
					errs[i] = provider.ErrNotAttempted
				}
			}
			errs[0] = errors.New("no")
			calls = append(calls, strings.Join(texts, " "))
			if len(calls) == 1 {
				for i := range errs {
					errs[i] = provider.ErrNotAttempted
				}
			}
			return &provider.Undelivered{Errs: errs}
		}))
		time.Sleep(2 * time.Minute) // in which a queue is looked at again
		synctest.Wait()
		if diff := cmp.Diff([]string{"0 1 2 3 4", "0 1 2 3 4", "2 3 4", "4"}, calls); diff != "" {
			t.Errorf("calls differ:\n%s", diff)
		}
		if p := f.listed("F"); p.Failed != 3 || p.Delivered != 2 || p.Queued != 0 {
			t.Errorf("listed = %+v", p)
		}
	})
}

// ShuttingDown is a failure like any other while the service runs.
func TestConsumerSaysShuttingDown(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.box.set(func() { f.box.fail = func(_, _ string) error { return wbem.ShuttingDown } })
		f.subscribe("F", allEvents)
		f.publish(1)
		synctest.Wait()
		if p := f.listed("F"); p.State != wbem.SubscriptionFailing || p.Failed != 1 || p.Queued != 0 {
			t.Errorf("listed = %+v", p)
		}
	})
}

// Who has queued nothing does not wait for a consumer that hangs.
func TestCloseOfReader(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.stop()
		f.start(nil)
		f.subscribe("F", allEvents)
		f.publish(1)
		f.stop()
		f.box.set(func() { f.box.block = make(chan struct{}) })
		f.start(f.box)
		begin := time.Now()
		f.stop()
		if d := time.Since(begin); d > 100*time.Millisecond {
			t.Errorf("closed after %v", d)
		}
		f.start(nil)
		if p := f.listed("F"); p.Queued != 1 || p.Failed != 0 {
			t.Errorf("listed = %+v", p)
		}
	})
}

// Too many groups are an overflow, of which the event is not known: events.md 6
func TestGroupOverflow(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("G", `SELECT * FROM T_Event GROUP WITHIN 10 BY N`)
		f.subscribe("Overflow", `SELECT * FROM __EventQueueOverflowEvent`)
		for n := range event.MaxGroups + 2 {
			f.publish(n)
		}
		synctest.Wait()
		// Two were lost, while the queue was empty: it depends on the worker
		// whether that was one overflow or two.
		got := f.box.take()
		if len(got) != 1 && len(got) != 2 {
			t.Errorf("got %q", got)
		}
		for _, e := range got {
			if !strings.HasPrefix(e, "Overflow: EventQueueOverflowEvent ") || !strings.Contains(e, `T_Consumer.Name="G"`) || strings.Contains(e, " Event=") {
				t.Errorf("got %q", e)
			}
		}
		if p := f.listed("G"); p.Dropped != 2 {
			t.Errorf("listed = %+v", p)
		}
	})
}

// counting counts the transactions of a store.
type counting struct {
	kv.Store
	updates atomic.Int64
}

func (c *counting) Update(d kv.Durability, fn func(kv.Tx) error) error {
	c.updates.Add(1)
	return c.Store.Update(d, fn)
}

// An event that many filters want takes one transaction.
func TestOneTransaction(t *testing.T) {
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	count := &counting{Store: store}
	repo, err := repository.Open(count, repository.Options{Server: "SERVER"})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{TB: t, store: store, repo: repo, box: &box{}}
	f.update(createClasses)
	if f.ns, err = repo.Namespace(namespace); err != nil {
		t.Fatal(err)
	}
	f.start(nil)
	defer f.close()
	for n := range 20 {
		f.subscribe(fmt.Sprint(n), allEvents)
	}
	inst, err := spawn(f.ns, "T_Event", "N", 1)
	if err != nil {
		t.Fatal(err)
	}
	before := count.updates.Load()
	err = f.During(t.Context(), func(ctx context.Context) error { return f.broker.Publish(ctx, namespace, nil, inst) })
	if n := count.updates.Load() - before; err != nil || n != 1 {
		t.Errorf("%d transactions, %v", n, err)
	}
	if p := f.listed("7"); p.Queued != 1 {
		t.Errorf("listed = %+v", p)
	}
}

// A filter that changes gets each event once, and all of them.
func TestFilterChanges(t *testing.T) {
	f := newFixture(t)
	defer f.close()
	f.subscribe("F", `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Item"`)
	done := make(chan struct{})
	put := make(chan struct{}, 1) // has an element when an instance was put
	go func() {
		defer close(done)
		for n := range 60 {
			f.put("__EventFilter", "Name", "F", "QueryLanguage", "WQL",
				"Query", fmt.Sprintf(`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Item" AND TargetInstance.N <> %d`, -n-1))
			select {
			case <-put: // before that
			default:
			}
			<-put
		}
	}()
	n := 0
	for over := false; !over; n++ {
		f.update(func(tx *repository.Tx) error {
			inst, err := spawn(f.ns, "T_Item", "Id", fmt.Sprint(n), "N", n)
			if err == nil {
				_, err = tx.PutInstance(f.ns, inst, 0, nil)
			}
			return err
		})
		for n%1000 == 0 && f.listed("F").Queued > 10_000 { // what does not fit into the queue is dropped
			time.Sleep(time.Millisecond)
		}
		select {
		case put <- struct{}{}:
		default:
		}
		select {
		case <-done:
			over = true
		default:
		}
	}
	dropped := f.listed("F").Dropped
	f.stop()
	f.start(f.box)
	for f.listed("F").Queued > 0 {
		time.Sleep(time.Millisecond)
	}
	got := map[string]int{}
	for _, text := range f.box.take() {
		got[text]++
	}
	for text, times := range got {
		if times > 1 {
			t.Errorf("%d times %s", times, text)
		}
	}
	if len(got) != n {
		t.Errorf("%d events of %d, %d dropped", len(got), n, dropped)
	}
}
