package permanent_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/event/permanent"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
)

const (
	creations = `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Item"`
	published = `SELECT * FROM T_Event`
)

// wants fails if other events came than these, when nothing goes on any more.
func wants(f *fixture, want ...string) {
	f.Helper()
	synctest.Wait()
	if d := cmp.Diff(want, f.box.take()); d != "" {
		f.Errorf("events (-want +got):\n%s", d)
	}
}

func wantStates(f *fixture, want ...string) {
	f.Helper()
	if d := cmp.Diff(strings.Join(want, "\n"), f.states()); d != "" {
		f.Errorf("states (-want +got):\n%s", d)
	}
}

// Events come from changes, from clients, from timers and from groups, in their
// order.
func TestDelivery(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("a", creations)
		f.subscribe("p", published)
		f.subscribe("t", `SELECT * FROM __TimerEvent`)
		f.subscribe("g", `SELECT * FROM T_Event GROUP WITHIN 5`)
		f.subscribe("c", `SELECT * FROM __ClassModificationEvent`)
		f.put("T_Item", "Id", "1", "N", 5)
		f.put("T_Item", "Id", "2", "S", "x")
		wants(f, "a: InstanceCreationEvent TargetInstance={T_Item Id=1 N=5}", "a: InstanceCreationEvent TargetInstance={T_Item Id=2 S=x}")
		f.publish(1)
		wants(f, "p: T_Event N=1")
		f.publish(2)
		wants(f, "p: T_Event N=2")
		time.Sleep(5 * time.Second)
		wants(f, "g: AggregateEvent NumberOfEvents=2 Representative={T_Event N=1}")
		if err := f.broker.Start(context.Background()); err != nil {
			f.Fatal(err)
		}
		f.put("__IntervalTimerInstruction", "TimerId", "i", "IntervalBetweenEvents", 1000)
		time.Sleep(time.Second)
		wants(f, "t: TimerEvent NumFirings=1 TimerId=i")
		f.delete(`__IntervalTimerInstruction="i"`)
		f.putClass("T_Item", "Id", "N", "S", "More")
		wants(f, "c: ClassModificationEvent PreviousClass={class T_Item} TargetClass={class T_Item}")
	})
}

// putClass replaces a class by one with these properties, all of type string but
// N; the first one is the key.
func (f *fixture) putClass(name string, properties ...string) {
	f.Helper()
	d := &cim.ClassDecl{Name: name}
	for i, p := range properties {
		decl := cim.PropertyDecl{Name: p, Type: cim.TypeString}
		if p == "N" {
			decl.Type = cim.TypeSint32
		}
		if i == 0 {
			decl.Qualifiers = cim.Qualifiers{{Name: "Key", Value: cim.BoolValue(true)}}
		}
		d.Properties = append(d.Properties, decl)
	}
	f.update(func(tx *repository.Tx) error {
		_, err := tx.PutClass(f.ns, d, wbem.UpdateForceMode)
		return err
	})
	f.Settle(context.Background())
}

func (f *fixture) deleteClass(name string) {
	f.Helper()
	f.update(func(tx *repository.Tx) error { return tx.DeleteClass(f.ns, name) })
	f.Settle(context.Background())
}

// A consumer is a function.
type consumer func(consumer *cim.Instance, events []provider.Event) error

func (c consumer) Consume(_ context.Context, inst *cim.Instance, events []provider.Event) error {
	return c(inst, events)
}

// The filter, the consumer, their binding and the events may be in four
// namespaces. With the namespace of the binding its queue goes.
func TestNamespaces(t *testing.T) {
	bubble(t, func(f *fixture) {
		spaces := map[string]*repository.Namespace{}
		for _, name := range []string{"filters", "consumers", "bindings"} {
			f.update(func(tx *repository.Tx) (err error) {
				spaces[name], err = tx.CreateNamespace(namespace + `\` + name)
				return err
			})
		}
		f.update(func(tx *repository.Tx) error {
			_, err := tx.PutClass(spaces["consumers"], &cim.ClassDecl{Name: "C", Super: "__EventConsumer", Properties: []cim.PropertyDecl{
				{Name: "Name", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "Key", Value: cim.BoolValue(true)}}}}}, 0)
			return err
		})
		bind := func() {
			f.putIn(spaces["bindings"], "__FilterToConsumerBinding", "Filter", `\\server\ROOT\test\filters:__EventFilter="f"`,
				"Consumer", `root\test\consumers:C.Name="c"`)
		}
		bind() // dangling
		f.putIn(spaces["filters"], "__EventFilter", "Name", "f", "Query", published, "QueryLanguage", "wql", "EventNamespace", `\\.\root\test`)
		f.putIn(spaces["consumers"], "C", "Name", "c")
		f.publish(1)
		wants(f, "c: T_Event N=1")

		f.box.set(func() { f.box.block = make(chan struct{}) })
		f.publish(2)
		synctest.Wait()
		if n := len(f.queues()); n != 1 {
			f.Errorf("%d queues", n)
		}
		f.delete(`__Namespace="bindings"`)
		f.publish(3)
		if n := len(f.queues()); n != 0 {
			f.Errorf("%d queues", n)
		}
		close(f.box.block)
		wants(f, "c: T_Event N=2") // was under way
	})
}

func (f *fixture) queues() [][]byte {
	f.Helper()
	q, err := f.repo.Queues(context.Background())
	if err != nil {
		f.Fatal(err)
	}
	return q
}

// A consumer that goes leaves its events in the queue, and takes them when it is
// back, but nobody else does.
func TestConsumerGoes(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("a", published)
		f.stop()
		f.start(nil)
		f.publish(1)
		f.delete(`T_Consumer="a"`)
		f.stop()
		f.start(f.box)
		f.publish(2) // to nobody
		wants(f)
		wantStates(f, `Consumer="T_Consumer.Name=\"a\"",Filter="__EventFilter.Name=\"a\""`+`\\SERVER\root\test:__EventFilter.Name="a": dangling 1`)
		f.put("T_Consumer", "Name", "a", "CreatorSID", []byte{1, 1, 0, 0, 0, 0, 0, 22, 7, 0, 0, 0})
		wants(f)
		f.put("T_Consumer", "Name", "a")
		wants(f, "a: T_Event N=1")

		// A binding of another creator at the same place begins with nothing.
		f.box.set(func() { f.box.block = make(chan struct{}) })
		f.publish(3)
		synctest.Wait()
		f.publish(4)
		alien := []byte{1, 1, 0, 0, 0, 0, 0, 22, 7, 0, 0, 0}
		f.put("__EventFilter", "Name", "a", "Query", published, "QueryLanguage", "WQL", "CreatorSID", alien)
		f.put("T_Consumer", "Name", "a", "CreatorSID", alien)
		f.bind("a", "a", "CreatorSID", alien)
		close(f.box.block)
		wants(f, "a: T_Event N=3") // was under way
		f.publish(5)
		wants(f, "a: T_Event N=5")
	})
}

// Only what a consumer has not delivered counts as failed.
func TestUndelivered(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("a", published)
		f.subscribe("watch", "SELECT * FROM __ConsumerFailureEvent")
		f.stop()
		f.start(nil)
		for n := range 5 {
			f.publish(n)
		}
		f.box.fail = func(_, event string) error {
			if event == "T_Event N=1" || event == "T_Event N=3" {
				return cim.Errorf(wbem.AccessDenied, "no")
			}
			return nil
		}
		f.stop()
		f.start(f.box)
		const told = `watch: ConsumerFailureEvent ErrorCode=2147749891 ErrorDescription=AccessDenied (0x80041003): no Event={T_Event N=%d} ` +
			`IntendedConsumer=\\SERVER\root\test:T_Consumer.Name="a"`
		synctest.Wait()
		got := f.box.take()
		want := []string{"a: T_Event N=0", "a: T_Event N=2", "a: T_Event N=4", fmt.Sprintf(told, 1), fmt.Sprintf(told, 3)}
		if d := cmp.Diff(want, got); d != "" {
			f.Errorf("events (-want +got):\n%s", d)
		}
		p := f.list()[0]
		if p.Delivered != 3 || p.Failed != 2 || p.State != wbem.SubscriptionFailing || !strings.Contains(p.Reason, "2 of 5 events") || p.LastFailed.IsZero() {
			f.Errorf("%+v", p)
		}
	})
}

func (f *fixture) list() []*wbem.PermanentSubscription {
	f.Helper()
	all, err := f.List(context.Background(), func(string) bool { return true })
	if err != nil {
		f.Fatal(err)
	}
	return all
}

// The queue of a binding that has gone while nobody looked is dropped.
func TestForgottenQueue(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("a", published)
		f.stop()
		f.start(nil)
		f.publish(1)
		f.stop()
		f.delete(`__FilterToConsumerBinding.Consumer="T_Consumer.Name=\"a\"",Filter="__EventFilter.Name=\"a\""`)
		if n := len(f.queues()); n != 1 {
			f.Errorf("%d queues", n)
		}
		f.start(nil)
		if n := len(f.queues()); n != 0 {
			f.Errorf("%d queues", n)
		}
	})
}

// What cannot work says why.
func TestReasons(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.put("__EventFilter", "Name", "good", "Query", published, "QueryLanguage", "WQL")
		f.put("__EventFilter", "Name", "language", "Query", published, "QueryLanguage", "SQL")
		f.put("__EventFilter", "Name", "elsewhere", "Query", published, "QueryLanguage", "WQL", "EventNamespace", `\\far\root`)
		f.put("__EventFilter", "Name", "class", "Query", "SELECT * FROM Nothing", "QueryLanguage", "WQL")
		f.put("__EventFilter", "Name", "no SID", "Query", published, "QueryLanguage", "WQL", "CreatorSID", []byte{1})
		f.put("T_Consumer", "Name", "c")
		f.put("T_Consumer", "Name", "far", "MachineName", "far")
		want := map[string]string{
			"language c":  "inactive: QueryLanguage is \"SQL\"",
			"elsewhere c": "inactive: EventNamespace",
			"class c":     "inactive: query:1:15: class Nothing does not exist",
			"no SID c":    "refused: CreatorSID of the filter is not a SID",
			"good far":    "refused: the consumer is on the computer far",
			"good nobody": "dangling: Consumer \\\\SERVER\\root\\test:T_Consumer.Name=\"nobody\" cannot be found",
			"gone c":      "dangling: Filter",
		}
		for pair := range want {
			i := strings.LastIndex(pair, " ")
			f.bind(pair[:i], pair[i+1:])
		}
		f.bind("good", "c", "DeliveryQoS", 7)
		f.put("__FilterToConsumerBinding", "Filter", "no path", "Consumer", `\\far\root:T_Consumer="c"`)
		want["good c"] = "refused: DeliveryQoS is 7"
		want["no path far"] = "dangling: Filter no path cannot be found"
		name := func(path string) string {
			if p, err := cim.ParsePath(path); err == nil && len(p.Keys) == 1 && !strings.EqualFold(p.Server, "far") {
				return p.Keys[0].Text
			} else if err == nil {
				return p.Server
			}
			return path
		}
		for _, p := range f.list() {
			pair := name(p.Filter) + " " + name(p.Consumer)
			if got := string(p.State) + ": " + p.Reason; want[pair] == "" || !strings.HasPrefix(got, want[pair]) {
				f.Errorf("%s: %s", pair, got)
			}
			delete(want, pair)
		}
		if len(want) > 0 {
			f.Errorf("not listed: %v", want)
		}
	})
}

// MaintainSecurityContext needs a consumer that can do it, and there is none.
func TestMaintainSecurityContext(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("a", published, "MaintainSecurityContext", true)
		f.publish(1)
		wants(f)
		if p := f.list()[0]; p.Failed != 1 || !strings.Contains(p.Reason, "MaintainSecurityContext") {
			f.Errorf("%+v", p)
		}
	})
}

// A filter that cannot run is tried again after one minute, two, four, up to
// thirty.
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		defer f.close()
		f.stop()
		var tries []time.Duration
		began := time.Now()
		var mu sync.Mutex
		ready := false
		f.openWith(permanent.Options{Consumer: f.box, Enter: func(*wbem.Identity, string) error {
			mu.Lock()
			defer mu.Unlock()
			if ready {
				return nil
			}
			tries = append(tries, time.Since(began).Truncate(time.Minute))
			return cim.Errorf(wbem.Failed, "not now")
		}})
		f.subscribe("a", published)
		wantStates(f, `Consumer="T_Consumer.Name=\"a\"",Filter="__EventFilter.Name=\"a\""`+`\\SERVER\root\test:__EventFilter.Name="a": inactive 0`)
		time.Sleep(2 * time.Hour)
		mu.Lock()
		ready = true
		mu.Unlock()
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		var want []time.Duration
		for _, m := range []int{0, 1, 3, 7, 15, 31, 61, 91} {
			want = append(want, time.Duration(m)*time.Minute)
		}
		if d := cmp.Diff(want, tries); d != "" {
			t.Errorf("tries (-want +got):\n%s", d)
		}
		f.publish(1)
		wants(f, "a: T_Event N=1")
	})
}

// Whoever raises events for a consumer with SlowDownProviders waits when its queue
// is half full, so that nothing is lost as long as it is not too slow.
func TestSlowDown(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.put("__EventFilter", "Name", "a", "Query", creations, "QueryLanguage", "WQL")
		f.put("T_Consumer", "Name", "a", "MaximumQueueSize", 4000)
		f.bind("a", "a", "SlowDownProviders", true)
		f.stop()
		n := 0
		f.start(consumer(func(_ *cim.Instance, events []provider.Event) error {
			time.Sleep(time.Second)
			n += len(events)
			return nil
		}))
		d := &desk{repo: f.repo, broker: f.broker, subs: f.Subscriptions}
		began := time.Now()
		for i := range 100 {
			if err := d.put(fmt.Sprint(i)); err != nil {
				f.Fatal(err)
			}
		}
		if waited := time.Since(began); waited < 5*time.Second {
			f.Errorf("raised in %v", waited)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if p := f.list()[0]; p.Delivered != 100 || p.Dropped != 0 || n != 100 {
			f.Errorf("%+v", p)
		}
	})
}

// However many consumers hang, the others are served as long as there are workers,
// and there is no goroutine when nothing is to be delivered.
func TestWorkers(t *testing.T) {
	bubble(t, func(f *fixture) {
		const bindings = 300
		for i := range bindings {
			f.subscribe(fmt.Sprintf("c%03d", i), published)
		}
		f.stop()
		var mu sync.Mutex
		running, most, total := 0, 0, 0
		f.start(consumer(func(_ *cim.Instance, events []provider.Event) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			running--
			total += len(events)
			return nil
		}))
		f.publish(1)
		f.publish(2)
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if most != 256 || total != 2*bindings {
			f.Errorf("%d at once, %d events", most, total)
		}
	})
}

// A consumer that hangs leaves room for others of its class, however many bindings
// it has.
func TestHangingConsumer(t *testing.T) {
	bubble(t, func(f *fixture) {
		const bindings = 300
		f.subscribe("hangs", published)
		for i := range bindings - 1 {
			name := fmt.Sprintf("f%03d", i)
			f.put("__EventFilter", "Name", name, "Query", published, "QueryLanguage", "WQL")
			f.bind(name, "hangs")
		}
		f.subscribe("works", published)
		f.stop()
		free := make(chan struct{})
		var mu sync.Mutex
		hanging, served := 0, map[string]int{}
		f.start(consumer(func(c *cim.Instance, events []provider.Event) error {
			v, _ := c.Get("Name")
			if v.Text() == "hangs" {
				mu.Lock()
				hanging++
				mu.Unlock()
				<-free
			}
			mu.Lock()
			defer mu.Unlock()
			served[v.Text()] += len(events)
			return nil
		}))
		for n := range 3 {
			f.publish(n)
			synctest.Wait()
			mu.Lock()
			if hanging != 32 || served["works"] != n+1 || served["hangs"] != 0 {
				f.Errorf("%d hang, %v are served after %d events", hanging, served, n+1)
			}
			mu.Unlock()
		}
		close(free)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if served["hangs"] != 3*bindings {
			f.Errorf("%v are served in the end", served)
		}
	})
}

// However many consumers of a class hang, another one of that class is served
// after some seconds.
func TestHangingConsumers(t *testing.T) {
	bubble(t, func(f *fixture) {
		const hang = 400
		for i := range hang {
			f.subscribe(fmt.Sprintf("a%03d", i), published)
		}
		f.subscribe("works", published)
		f.stop()
		free := make(chan struct{})
		var mu sync.Mutex
		hanging, served := 0, 0
		f.start(consumer(func(c *cim.Instance, events []provider.Event) error {
			mu.Lock()
			v, _ := c.Get("Name")
			if v.Text() == "works" {
				served += len(events)
				mu.Unlock()
				return nil
			}
			hanging++
			mu.Unlock()
			<-free
			return nil
		}))
		f.publish(1)
		time.Sleep(30 * time.Second)
		mu.Lock()
		if hanging != hang || served != 1 {
			f.Errorf("%d hang, %d events are served", hanging, served)
		}
		mu.Unlock()
		f.publish(2)
		synctest.Wait()
		mu.Lock()
		if served != 2 {
			f.Errorf("%d events are served in the end", served)
		}
		mu.Unlock()
		close(free)
	})
}

// Close waits for consumers, but not long; what they do not take stays.
func TestClose(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("a", published)
		f.stop()
		var ended error
		f.start(waiter(func(ctx context.Context) error {
			<-ctx.Done()
			ended = ctx.Err()
			return ended
		}))
		f.publish(1)
		synctest.Wait()
		began := time.Now()
		f.stop()
		if d := time.Since(began); d != time.Second || ended == nil {
			f.Errorf("closed after %v, %v", d, ended)
		}
		f.start(f.box)
		wants(f, "a: T_Event N=1")
	})
}

type waiter func(ctx context.Context) error

func (w waiter) Consume(ctx context.Context, _ *cim.Instance, _ []provider.Event) error {
	return w(ctx)
}

// Queues without an own limit share one; one that is empty always takes an event.
func TestSharedLimit(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("a", creations)
		f.stop()
		f.start(nil)
		for i := range 12 {
			f.put("T_Item", "Id", fmt.Sprint(i), "S", strings.Repeat("x", 1<<20))
		}
		f.subscribe("b", creations)
		f.put("T_Item", "Id", "more", "S", strings.Repeat("x", 17<<20)) // more than an item may have
		f.put("T_Item", "Id", "last", "S", strings.Repeat("x", 700<<10))
		f.put("T_Item", "Id", "too much", "S", strings.Repeat("x", 700<<10))
		for i, want := range []*wbem.PermanentSubscription{{Queued: 9, Dropped: 6}, {Queued: 1, Dropped: 2}} {
			if p := f.list()[i]; p.Queued != want.Queued || p.Dropped != want.Dropped {
				f.Errorf("%+v", p)
			}
		}
	})
}

// Of slow and failing consumers with small queues every event is accounted for:
// it was delivered, the consumer failed, or there was no room.
func TestAccounts(t *testing.T) {
	bubble(t, func(f *fixture) {
		const bindings, events = 20, 500
		f.put("__EventFilter", "Name", "f", "Query", published, "QueryLanguage", "WQL")
		for i := range bindings {
			name := fmt.Sprintf("c%02d", i)
			f.put("T_Consumer", "Name", name, "MaximumQueueSize", 500*(i%5))
			f.bind("f", name)
		}
		f.stop()
		var mu sync.Mutex
		rng := rand.New(rand.NewPCG(1, 2))
		got := map[string]int{}
		f.start(consumer(func(inst *cim.Instance, events []provider.Event) error {
			mu.Lock()
			wait := time.Duration(rng.IntN(20)) * time.Millisecond
			errs := make([]error, len(events))
			name, _ := inst.Get("Name")
			for i := range events {
				if rng.IntN(10) == 0 {
					errs[i] = cim.Errorf(wbem.Failed, "bad luck")
				} else {
					got[name.Text()]++
				}
			}
			mu.Unlock()
			time.Sleep(wait)
			return &provider.Undelivered{Errs: errs}
		}))
		for n := range events {
			f.publish(n)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		dropped := uint64(0)
		for i, p := range f.list() {
			delivered := got[fmt.Sprintf("c%02d", i)]
			if p.Delivered+p.Failed+p.Dropped != events || int(p.Delivered) != delivered || p.Queued != 0 {
				f.Errorf("%d came: %+v", delivered, p)
			}
			dropped += p.Dropped
		}
		if dropped == 0 {
			f.Error("no queue was full")
		}
	})
}

// However many write at once, a consumer gets all events in the order of commits.
func TestOrder(t *testing.T) {
	f := newFixture(t)
	f.subscribe("a", creations)
	var want []string
	cancel := f.repo.Subscribe(func(c repository.Change) {
		id, _ := c.After().(*cim.Instance).Get("Id")
		want = append(want, "a: InstanceCreationEvent TargetInstance={T_Item Id="+id.Text()+"}")
	})
	d := &desk{repo: f.repo, broker: f.broker, subs: f.Subscriptions}
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := range 100 {
				if err := d.put(fmt.Sprintf("%d.%d", w, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	cancel()
	f.stop()
	got := f.box.take()
	if _, err := drain(unclosed{f.store}, f.box); err != nil { // if it took longer
		t.Fatal(err)
	}
	got = append(got, f.box.take()...)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
	if err := f.repo.Close(); err != nil {
		t.Error(err)
	}
}
