package event_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

func (f *fixture) dynamic(k string, v int) *cim.Instance {
	f.Helper()
	return f.inst("T_Dyn", "K", k, "V", v)
}

const pollDyn = `SELECT * FROM __InstanceOperationEvent WITHIN 1 WHERE TargetInstance ISA "T_Dyn"`

// TestPolling proves events.md#6, events.md#7 and events.md#8.
func TestPolling(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.dyn.set(f.dynamic("old", 1))
		s := f.subscribe(pollDyn)
		creations := f.subscribe(`SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA "T_Dyn" AND TargetInstance.V > 5`)
		time.Sleep(500 * time.Millisecond)
		f.dyn.set(f.dynamic("old", 1), f.dynamic("new", 7))
		start := time.Now()
		wants(f, s, "InstanceCreationEvent{TargetInstance=T_Dyn{K=new V=7}}")
		if d := time.Since(start); d > time.Second {
			t.Errorf("after %v", d)
		}
		wants(f, creations, "InstanceCreationEvent{TargetInstance=T_Dyn{K=new V=7}}")

		// What comes and goes between polls is not seen.
		f.dyn.set(f.dynamic("old", 1), f.dynamic("new", 7), f.dynamic("short", 1))
		time.Sleep(100 * time.Millisecond)
		f.dyn.set(f.dynamic("old", 1), f.dynamic("new", 7))
		time.Sleep(3 * time.Second)
		wants(f, s, "nothing")

		// Several changes are one.
		f.dyn.set(f.dynamic("old", 2), f.dynamic("new", 7))
		time.Sleep(100 * time.Millisecond)
		f.dyn.set(f.dynamic("old", 3), f.dynamic("new", 7))
		time.Sleep(2 * time.Second)
		wants(f, s, "InstanceModificationEvent{PreviousInstance=T_Dyn{K=old V=1} TargetInstance=T_Dyn{K=old V=3}}", "nothing")

		f.dyn.set(f.dynamic("new", 8), f.dynamic("z", 1), f.dynamic("b", 1))
		time.Sleep(2 * time.Second)
		wants(f, s,
			"InstanceCreationEvent{TargetInstance=T_Dyn{K=b V=1}}",
			"InstanceCreationEvent{TargetInstance=T_Dyn{K=z V=1}}",
			"InstanceDeletionEvent{TargetInstance=T_Dyn{K=old V=3}}",
			"InstanceModificationEvent{PreviousInstance=T_Dyn{K=new V=7} TargetInstance=T_Dyn{K=new V=8}}", "nothing")
		wants(f, creations, "nothing")
	})
}

// TestCoverage proves events.md#9: what a provider raises is not polled.
func TestCoverage(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		cover, err := f.Cover(namespace, `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Dyn"`, nil)
		if err != nil {
			t.Fatal(err)
		}
		// All that this one can see is covered, so it needs no WITHIN.
		creations := f.subscribe(`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Dyn"`)
		if f.dyn.count() > 0 {
			t.Error("what is covered was polled")
		}
		s := f.subscribe(pollDyn)
		raise := func(inst *cim.Instance) {
			if err := f.Raise(context.Background(), namespace, nil, f.inst("__InstanceCreationEvent", "TargetInstance", inst)); err != nil {
				t.Fatal(err)
			}
		}
		f.dyn.set(f.dynamic("a", 1))
		start := time.Now()
		raise(f.dynamic("a", 1))
		wants(f, s, "InstanceCreationEvent{TargetInstance=T_Dyn{K=a V=1}}")
		wants(f, creations, "InstanceCreationEvent{TargetInstance=T_Dyn{K=a V=1}}")
		if time.Since(start) != 0 {
			t.Error("what a provider raises has to wait")
		}
		time.Sleep(3 * time.Second)
		wants(f, s, "nothing") // it came once
		f.dyn.set()
		time.Sleep(2 * time.Second)
		wants(f, s, "InstanceDeletionEvent{TargetInstance=T_Dyn{K=a V=1}}", "nothing")

		// Without the provider everything is polled, and what has no WITHIN ends.
		cover.Close()
		cover.Close()
		synctest.Wait()
		wants(f, creations, "RegistrationTooPrecise")
		f.dyn.set(f.dynamic("b", 1))
		time.Sleep(2 * time.Second)
		wants(f, s, "InstanceCreationEvent{TargetInstance=T_Dyn{K=b V=1}}", "nothing")

		// With full coverage nothing is.
		if _, err := f.Cover(namespace, `SELECT * FROM __InstanceOperationEvent WHERE TargetInstance ISA "T_Dyn"`, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		reads := f.dyn.count()
		time.Sleep(time.Minute)
		if f.dyn.count() != reads {
			t.Error("what is covered is polled")
		}
		raise(f.dynamic("c", 1))
		wants(f, s, "InstanceCreationEvent{TargetInstance=T_Dyn{K=c V=1}}", "nothing")
	})
}

// TestCoverageErrors proves which queries a provider may register (events.md 9).
func TestCoverageErrors(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		for query, want := range map[string]wbem.Status{
			`SELECT * FROM T_Event`: wbem.OK,
			`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Dyn" OR TargetInstance ISA "T_Dyn"`: wbem.OK,
			`SELECT`:                                wbem.UnparsableQuery,
			`SELECT * FROM __InstanceCreationEvent`: wbem.UninterpretableProviderQuery,
			`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Dyn" AND TargetInstance.V = 1`: wbem.UninterpretableProviderQuery,
			`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Base"`:                         wbem.RegistrationTooBroad,
			`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "NoSuch"`:                         wbem.InvalidClass,
			`SELECT * FROM __Event`:              wbem.RegistrationTooBroad,
			`SELECT * FROM __TimerEvent`:         wbem.RegistrationTooBroad,
			`SELECT * FROM __ClassCreationEvent`: wbem.RegistrationTooBroad,
			`SELECT * FROM NoSuch`:               wbem.InvalidClass,
			`SELECT * FROM T_Base`:               wbem.NotEventClass,
		} {
			if _, err := f.Cover(namespace, query, nil); wbem.StatusOf(err) != want {
				t.Errorf("%s: %v, want %s", query, err, want.Name())
			}
		}
		if _, err := f.Cover(`root\none`, `SELECT * FROM T_Event`, nil); wbem.StatusOf(err) != wbem.InvalidNamespace {
			t.Error(err)
		}
	})
}

// TestSharedPolls proves that equal polls are one, that the interval is
// between the end of one and the beginning of the next, and that the first read
// is the baseline of whoever comes.
func TestSharedPolls(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.dyn.slow = 500 * time.Millisecond
		a := f.subscribe(pollDyn)
		time.Sleep(100 * time.Millisecond)
		f.dyn.set(f.dynamic("a", 1))
		start, reads := time.Now(), f.dyn.count()
		b := f.subscribe(pollDyn) // reads at once
		wants(f, a, "InstanceCreationEvent{TargetInstance=T_Dyn{K=a V=1}}")
		wants(f, b, "nothing")
		time.Sleep(time.Until(start.Add(15400 * time.Millisecond)))
		if got := f.dyn.count() - reads; got != 10 {
			t.Errorf("%d reads in 15 s of two subscriptions that poll every second for half a second", got)
		}
		who := named("other")
		other, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: pollDyn, Identity: who})
		if err != nil {
			t.Fatal(err)
		}
		if !f.dyn.hasRead(who) {
			t.Error("it is not read as who subscribes")
		}
		// Whoever is only called so, or is in other groups, is somebody else.
		for _, who := range []*wbem.Identity{
			{Name: "Other"}, {Name: "other", Groups: []string{"g"}}, {Name: "other", Authority: wbem.StoreAuthority}, {Name: "other", Remote: true},
		} {
			s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: pollDyn, Identity: who})
			if err != nil {
				t.Fatal(err)
			}
			if !f.dyn.hasRead(who) {
				t.Errorf("for %+v it is not read", who)
			}
			s.Close()
		}
		other.Close()
		a.Close()
		b.Close()
		synctest.Wait()
		reads = f.dyn.count()
		time.Sleep(time.Minute)
		if got := f.dyn.count() - reads; got != 0 {
			t.Errorf("%d reads for nobody", got)
		}
	})
}

// TestPollFailures proves events.md 5, rule 6: what there was last stays.
func TestPollFailures(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.dyn.fail(wbem.ProviderFailure)
		if _, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: pollDyn}); wbem.StatusOf(err) != wbem.ProviderFailure {
			t.Errorf("without a baseline: %v", err)
		}
		f.dyn.fail(nil)
		f.dyn.set(f.dynamic("a", 1))
		s := f.subscribe(pollDyn)
		// The quotas of a provider are not those of the broker.
		for _, err := range []error{errors.New("no answer"), wbem.QuotaViolation} {
			f.dyn.fail(err)
			f.dyn.set()
			time.Sleep(5 * time.Second)
			wants(f, s, "nothing")
			f.dyn.fail(nil)
			time.Sleep(2 * time.Second)
			wants(f, s, "InstanceDeletionEvent{TargetInstance=T_Dyn{K=a V=1}}")
			f.dyn.set(f.dynamic("a", 1))
			time.Sleep(2 * time.Second)
			wants(f, s, "InstanceCreationEvent{TargetInstance=T_Dyn{K=a V=1}}")
		}
		f.deleteClass("T_Dyn")
		wants(f, s, "InvalidClass")
		synctest.Wait()
		reads := f.dyn.count()
		time.Sleep(time.Minute)
		if f.dyn.count() > reads {
			t.Error("what has ended is polled")
		}
	})
}

// TestPollDerived proves that a static class with a dynamic subclass needs
// WITHIN, that only what is dynamic is polled, and that each event comes once.
func TestPollDerived(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		s := f.subscribe(`SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA "T_Base"`)
		time.Sleep(10 * time.Second)
		if f.dyn.count() > 0 {
			t.Error("a static class was polled")
		}
		f.putClass(&cim.ClassDecl{Name: "T_DynSub", Super: "T_Base", Qualifiers: marks("dynamic", "provider=P")})
		both := f.subscribe(`SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA "T_Base" OR TargetInstance.__CLASS = "T_DynSub"`)
		time.Sleep(2300 * time.Millisecond)
		// The poller also has what the repository tells of.
		f.dyn.set(f.inst("T_DynSub", "Id", "d"), f.inst("T_Base", "Id", "s"))
		f.put("T_Base", "Id", "s")
		time.Sleep(2 * time.Second)
		for _, s := range []*event.Subscription{s, both} {
			wants(f, s, "InstanceCreationEvent{TargetInstance=T_Base{Id=s}}", "InstanceCreationEvent{TargetInstance=T_DynSub{Id=d}}", "nothing")
		}
		_, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Base"`})
		if wbem.StatusOf(err) != wbem.RegistrationTooPrecise {
			t.Errorf("without WITHIN: %v", err)
		}
	})
}

// TestQuotas proves events.md#34 and the other quotas of events.md 14.
func TestQuotas(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		user := named("User")
		subscribe := func(who *wbem.Identity, query string) (*event.Subscription, wbem.Status) {
			s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: query, Identity: who})
			return s, wbem.StatusOf(err)
		}
		const query = `SELECT * FROM T_Event`
		var subs []*event.Subscription
		for range 1000 {
			s, status := subscribe(user, query)
			if status != wbem.OK {
				t.Fatal(status)
			}
			subs = append(subs, s)
		}
		if _, got := subscribe(named("USER"), query); got != wbem.QuotaViolation {
			t.Errorf("one subscription too many: %v", got)
		}
		if s, got := subscribe(named("other"), query); got != wbem.OK {
			t.Errorf("another user: %v", got)
		} else {
			s.Close()
		}
		subs[0].Close()
		if s, got := subscribe(user, query); got != wbem.OK {
			t.Errorf("after one is closed: %v", got)
		} else {
			subs = append(subs, s)
		}
		for _, s := range subs {
			s.Close()
		}

		quota := func(pairs ...any) {
			f.update(func(tx *repository.Tx) error {
				root, err := tx.Namespace("root")
				if err != nil {
					return err
				}
				c, err := tx.Class(root, "__ArbitratorConfiguration")
				if err != nil {
					return err
				}
				inst := cim.NewInstance(c)
				for i := 0; i < len(pairs); i += 2 {
					inst.Put(c.PropertyIndex(pairs[i].(string)), cim.Uint32Value(uint32(pairs[i+1].(int))))
				}
				_, err = tx.PutInstance(root, inst, 0, nil)
				return err
			})
		}
		quota("TemporarySubscriptionsTotal", 1)
		s, _ := subscribe(user, query)
		if _, got := subscribe(named("other"), query); got != wbem.QuotaViolation {
			t.Errorf("one subscription too many in total: %v", got)
		}
		s.Close()

		quota("PollingInstructionsPerUser", 2)
		poll := func(within int) (*event.Subscription, wbem.Status) {
			return subscribe(user, strings.Replace(pollDyn, "WITHIN 1", fmt.Sprintf("WITHIN %d", within), 1))
		}
		a, _ := poll(1)
		b, _ := poll(2)
		if c, got := poll(2); got != wbem.OK { // the same poll
			t.Error(got)
		} else {
			c.Close()
		}
		if _, got := poll(3); got != wbem.QuotaViolation {
			t.Errorf("one poll too many: %v", got)
		}
		a.Close()
		synctest.Wait()
		c, got := poll(3)
		if got != wbem.OK {
			t.Errorf("after one is closed: %v", got)
		}

		quota("PollingMemoryPerUser", 10000)
		var insts []*cim.Instance
		for i := range 100 {
			insts = append(insts, f.dynamic(fmt.Sprint(i), i))
		}
		f.dyn.set(insts...)
		if got := nextWithin(b, time.Minute); got != "QuotaViolation" {
			t.Errorf("what is polled is too much: %s", got)
		}
		if got := nextWithin(c, time.Minute); got != "QuotaViolation" {
			t.Errorf("what is polled is too much: %s", got)
		}
		f.dyn.set(insts[:5]...)
		if s, got := poll(4); got != wbem.OK {
			t.Errorf("after the polls have ended: %v", got)
		} else {
			s.Close()
		}
	})
}

// TestNoPoller: a broker that cannot poll says so.
func TestNoPoller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, event.Options{})
		f.Broker.Close()
		f.open(event.Options{})
		if _, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: pollDyn}); wbem.StatusOf(err) != wbem.ProviderNotCapable {
			t.Error(err)
		}
		f.close()
	})
}

// A watcher writes down what it is told, and refuses whom it does not like.
type watcher struct {
	journal
	refused string
}

func (w *watcher) Allow(_ context.Context, who *wbem.Identity, q *wql.Select) error {
	if who != nil && who.Name == w.refused {
		return wbem.AccessDenied
	}
	return nil
}

func (w *watcher) Listen(id uint32, q *wql.Select) { w.note("%d %s", id, q.Class.Name) }
func (w *watcher) Unlisten(id uint32)              { w.note("%d ends", id) }

// TestWatcher proves that a provider learns who listens, and may refuse.
func TestWatcher(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		extrinsic, instances := &watcher{refused: "v"}, &watcher{}
		before := f.subscribe(`SELECT * FROM __ExtrinsicEvent`)
		cover, err := f.Cover(namespace, `SELECT * FROM T_Event`, extrinsic)
		if err != nil {
			t.Fatal(err)
		}
		c, err := f.Cover(namespace, `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Dyn"`, instances)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		a := f.subscribe(`SELECT * FROM T_Event WHERE Level = 5`)
		b := f.subscribe(pollDyn)
		f.subscribe(`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Base"`)
		f.subscribe(`SELECT * FROM __InstanceDeletionEvent`)
		f.subscribe(`SELECT * FROM __ClassCreationEvent`)
		if _, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: `SELECT * FROM T_Event`, Identity: named("v")}); wbem.StatusOf(err) != wbem.AccessDenied {
			t.Errorf("refused: %v", err)
		}
		a.Close()
		synctest.Wait()
		if d := cmp.Diff([]string{"1 __ExtrinsicEvent", "2 T_Event", "2 ends"}, extrinsic.take()); d != "" {
			t.Errorf("extrinsic (-want +got):\n%s", d)
		}
		if d := cmp.Diff([]string{"3 __InstanceOperationEvent"}, instances.take()); d != "" {
			t.Errorf("instances (-want +got):\n%s", d)
		}
		if !c.Covers(f.inst("__InstanceCreationEvent", "TargetInstance", f.dynamic("a", 1))) ||
			c.Covers(f.inst("__InstanceCreationEvent", "TargetInstance", f.inst("T_Base"))) ||
			c.Covers(f.inst("__InstanceDeletionEvent", "TargetInstance", f.dynamic("a", 1))) || c.Covers(f.inst("T_Event")) {
			t.Error("Covers is wrong")
		}
		cover.Close()
		synctest.Wait()
		b.Close()
		before.Close()
		synctest.Wait()
		if d := cmp.Diff([]string{"1 ends"}, extrinsic.take()); d != "" {
			t.Errorf("extrinsic (-want +got):\n%s", d)
		}
		if d := cmp.Diff([]string{"3 ends"}, instances.take()); d != "" {
			t.Errorf("instances (-want +got):\n%s", d)
		}
	})
}

// TestPollBytesReturn proves that a poll gives back what it has counted, also if
// nobody wants it any more when a read ends.
func TestPollBytesReturn(t *testing.T) {
	f := newFixture(t, event.Options{MinInterval: 10 * time.Microsecond})
	f.dyn.set(f.dynamic("a", 1), f.dynamic("b", 2))
	reads := make(chan struct{}, 1)
	f.dyn.onRead = func() {
		select {
		case reads <- struct{}{}:
		default:
		}
	}
	for range 100 {
		s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: strings.Replace(pollDyn, "WITHIN 1", "WITHIN 0.001", 1)})
		if err != nil {
			t.Fatal(err)
		}
		<-reads // of Subscribe
		<-reads // the poll is at it
		s.Close()
		select {
		case <-reads:
		default:
		}
	}
	f.close()
	if n := f.PollBytes(); n != 0 {
		t.Errorf("%d bytes are still counted", n)
	}
}
