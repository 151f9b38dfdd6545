package cimom_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/logfile"
	"openwmi/wbem"
)

// events.md#18: a filter on another namespace, a log file consumer and their
// binding write a line. The MOF of the standard consumers declares the class.
func TestLogFileSubscription(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "events.log")
	lines, err := logfile.New(logfile.Options{Rules: consumers.LogFileRules{Dirs: []string{dir}}})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, "", map[string]any{"LogFileEventConsumer": lines})
		s.compile(administrator, string(consumers.MOF)+filterMOF("f", newItems)+
			`instance of LogFileEventConsumer { Name = "l"; Filename = "`+strings.ReplaceAll(out, `\`, `\\`)+`"; Text = "new: %TargetInstance.Id%"; };`+
			bindMOF("f", `LogFileEventConsumer.Name="l"`))
		s.put(administrator, "a")
		s.put(administrator, "b")
		s.close()
	})
	text, err := os.ReadFile(out)
	if err != nil || string(text) != "new: a\nnew: b\n" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestSubscriptionLife(t *testing.T) {
	inStation(t, func(s *station) {
		s.compile(administrator, filterMOF("f", newItems)+postedMOF("p")+bindMOF("f", `Posted.Name="p"`))
		s.put(administrator, "a")
		s.wants(`p root\cimv2 __InstanceCreationEvent TargetInstance={Item Id=a}`)

		// events.md#20: without the binding there is no more delivery.
		s.delete(`__FilterToConsumerBinding.Consumer="Posted.Name=\"p\"",Filter="__EventFilter.Name=\"f\""`)
		s.put(administrator, "b")
		s.wants()
		equal(s.T, "states", s.states(), "-> Posted.Name=\"p\": unbound\n__EventFilter.Name=\"f\" -> : unbound")

		// Several bindings share a filter, and a consumer.
		s.compile(administrator, filterMOF("g", alarms)+postedMOF("q")+
			bindMOF("f", `Posted.Name="p"`)+bindMOF("f", `Posted.Name="q"`)+bindMOF("g", `\\.\root\subscription:Posted="q"`))
		s.put(administrator, "c")
		s.raise(administrator, 1)
		got := strings.Split(s.post.taken(), "\n")
		if len(got) != 3 || got[2] != `q root\cimv2 Alarm Level=1` {
			s.Errorf("got %q", got)
		}

		// Without the filter the binding dangles; with it, it works again.
		s.delete(`__EventFilter.Name="g"`)
		s.raise(administrator, 2)
		s.wants()
		equal(s.T, "states", strings.Split(s.states(), "\n")[2], `__EventFilter.Name="g" -> Posted.Name="q": dangling`)
		s.compile(administrator, filterMOF("g", alarms+" WHERE Level > 2"))
		s.raise(administrator, 2)
		s.raise(administrator, 3)
		s.wants(`q root\cimv2 Alarm Level=3`)

		// A filter that changes asks for something else.
		s.compile(administrator, filterMOF("g", alarms+" WHERE Level = 5"))
		s.raise(administrator, 4)
		s.raise(administrator, 5)
		s.wants(`q root\cimv2 Alarm Level=5`)
	})
}

// events.md#19: the parts of a subscription must have one creator.
func TestCreators(t *testing.T) {
	inStation(t, func(s *station) {
		s.compile(administrator, filterMOF("f", alarms)+postedMOF("p"))
		s.compile(alice, bindMOF("f", `Posted.Name="p"`))
		s.raise(administrator, 1)
		s.wants()
		equal(s.T, "states", s.states(), `__EventFilter.Name="f" -> Posted.Name="p": refused`)

		s.compile(alice, filterMOF("f", alarms)+postedMOF("p"))
		s.raise(administrator, 2)
		s.wants(`p root\cimv2 Alarm Level=2`)

		// Everybody can overwrite, but then it is theirs.
		s.compile(bob, filterMOF("f", alarms))
		s.raise(administrator, 3)
		s.wants()

		// A partial put counts as well.
		s.compile(alice, filterMOF("f", alarms))
		svc := s.connect(bob, `root\subscription`)
		inst, err := svc.GetInstance(s.Context(), cim.MustParsePath(`__EventFilter.Name="f"`), wbem.Options{})
		if err != nil {
			s.Fatal(err)
		}
		only := &wbem.Context{}
		only.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
		only.Set("__PUT_EXT_PROPERTIES", cim.StringsValue([]string{"Query"}))
		if _, err := svc.PutInstance(s.Context(), inst, wbem.Options{Flags: wbem.UpdateOnly, Context: only}); err != nil {
			s.Fatal(err)
		}
		equal(s.T, "states", s.states(), `__EventFilter.Name="f" -> Posted.Name="p": refused`)

		// Only administrators may say who the creator is.
		s.compile(administrator, filterMOF("g", alarms, "CreatorSID = {1,1,0,0,0,0,0,5,18,0,0,0};"))
		s.compile(alice, filterMOF("h", alarms, "CreatorSID = {1,1,0,0,0,0,0,5,18,0,0,0};"))
		for name, want := range map[string]bool{"g": true, "h": false} {
			inst, err := svc.GetInstance(s.Context(), cim.MustParsePath(`__EventFilter.Name="`+name+`"`), wbem.Options{})
			if err != nil {
				s.Fatal(err)
			}
			sid, _ := inst.Get("CreatorSID")
			equal(s.T, name+" is of the system", bytes.Equal(sid.Bytes(), []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}), want)
		}
	})
}

// events.md#21: a filter on a class that does not exist is stored, and runs when
// the class appears.
func TestClassAppears(t *testing.T) {
	inStation(t, func(s *station) {
		s.compile(administrator, filterMOF("f", `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "Later"`)+
			postedMOF("p")+bindMOF("f", `Posted.Name="p"`))
		equal(s.T, "states", s.states(), `__EventFilter.Name="f" -> Posted.Name="p": inactive`)
		if log := s.log.String(); strings.Count(log, "id=10") != 1 || !strings.Contains(log, `namespace=root\cimv2`) || !strings.Contains(log, "Later") {
			s.Errorf("log: %s", log)
		}
		s.compile(administrator, `#pragma namespace("\\\\.\\root\\cimv2")
			class Later { [key] string Id; };`)
		s.compile(administrator, `#pragma namespace("\\\\.\\root\\cimv2")
			instance of Later { Id = "1"; };`)
		s.wants(`p root\cimv2 __InstanceCreationEvent TargetInstance={Later Id=1}`)
		equal(s.T, "states", s.states(), `__EventFilter.Name="f" -> Posted.Name="p": active`)

		// It stops with the class, and goes on with another one.
		if err := s.connect(administrator, `root\cimv2`).DeleteClass(s.Context(), "Later", wbem.Options{}); err != nil {
			s.Fatal(err)
		}
		synctest.Wait()
		equal(s.T, "states", s.states(), `__EventFilter.Name="f" -> Posted.Name="p": inactive`)
		s.compile(administrator, `#pragma namespace("\\\\.\\root\\cimv2")
			class Later { [key] string Id; uint8 New; };`)
		s.compile(administrator, `#pragma namespace("\\\\.\\root\\cimv2")
			instance of Later { Id = "2"; };`)
		s.wants(`p root\cimv2 __InstanceCreationEvent TargetInstance={Later Id=2}`)
	})
}

func TestSubscriptionPuts(t *testing.T) {
	inStation(t, func(s *station) {
		svc := s.connect(administrator, `root\subscription`)
		put := func(flags wbem.Flags, class string, pairs ...any) (cim.Path, error) {
			c, err := svc.GetClass(s.Context(), class, wbem.Options{})
			if err != nil {
				s.Fatal(err)
			}
			return svc.PutInstance(s.Context(), fillIn(s.T, cim.NewInstance(c), pairs...), wbem.Options{Flags: flags})
		}
		const strong = wbem.StrongValidation
		filter := func(flags wbem.Flags, pairs ...any) error {
			_, err := put(flags, "__EventFilter", append([]any{"Name", "x", "QueryLanguage", "WQL", "EventNamespace", `root\cimv2`}, pairs...)...)
			return err
		}
		for what, c := range map[string]struct {
			err  error
			want wbem.Status
		}{
			// events.md#22
			"syntax":               {filter(0, "Query", "SELECT FROM"), wbem.UnparsableQuery},
			"language":             {filter(0, "Query", alarms, "QueryLanguage", "XQL"), wbem.InvalidQueryType},
			"another computer":     {filter(0, "Query", alarms, "EventNamespace", `\\elsewhere\root\cimv2`), wbem.InvalidParameter},
			"no descriptor":        {filter(0, "Query", alarms, "EventAccess", "all"), wbem.InvalidParameter},
			"unknown right":        {filter(0, "Query", alarms, "EventAccess", "O:BAG:BAD:(A;;0x1000000;;;BA)"), wbem.InvalidParameter},
			"unknown class":        {filter(0, "Query", "SELECT * FROM Nothing"), wbem.OK},
			"strong class":         {filter(strong, "Query", "SELECT * FROM Nothing"), wbem.InvalidClass},
			"strong no event":      {filter(strong, "Query", "SELECT * FROM Item"), wbem.NotEventClass},
			"strong namespace":     {filter(strong, "Query", alarms, "EventNamespace", `root\nothing`), wbem.InvalidNamespace},
			"strong and good":      {filter(strong, "Query", alarms), wbem.OK},
			"this computer":        {filter(strong, "Query", alarms, "EventNamespace", `\\.\root\cimv2`), wbem.OK},
			"a consumer's refusal": {second(put(0, "Posted", "Name", "refused")), wbem.InvalidParameter},
			"a consumer":           {second(put(0, "Posted", "Name", "p")), wbem.OK},
			"quality of service": {second(put(0, "__FilterToConsumerBinding", "Filter", `__EventFilter.Name="x"`, "Consumer", `Posted.Name="p"`,
				"DeliveryQoS", 2)), wbem.InvalidParameter},
			"dangling": {second(put(0, "__FilterToConsumerBinding", "Filter", `__EventFilter.Name="y"`, "Consumer", `Posted.Name="p"`)), wbem.OK},
			"strong dangling": {second(put(strong, "__FilterToConsumerBinding", "Filter", `__EventFilter.Name="y"`, "Consumer", `Posted.Name="p"`)),
				wbem.NotFound},
		} {
			if c.want != wbem.OK || c.err != nil {
				wantStatus(s.T, what, c.err, c.want)
			}
		}

		// events.md#38: a filter without a name gets a GUID.
		path, err := put(0, "__EventFilter", "Query", alarms, "QueryLanguage", "WQL")
		if err != nil || !regexp.MustCompile(`:__EventFilter\.Name="\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}"$`).MatchString(path.String()) {
			s.Errorf("path %v, %v", path, err)
		}
		another, err := put(0, "__EventFilter", "Query", alarms, "QueryLanguage", "WQL")
		if err != nil || another.String() == path.String() {
			s.Errorf("path %v, %v", another, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// events.md#23, of which one half is another here: after a restart the
// subscription is active again, and the events that were in its queue are not
// lost.
func TestSubscriptionRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	s := newStation(t, dir, map[string]any{})
	s.post.gate = make(chan struct{}) // nobody opens it
	s.compile(administrator, filterMOF("f", newItems)+postedMOF("p")+bindMOF("f", `Posted.Name="p"`))
	quietPut(s, "a")
	quietPut(s, "b")
	s.close()

	// One that has no consumers at all leaves events alone.
	m := open(t, dir)
	quietPut(&station{T: t, m: m}, "c")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}

	s = newStation(t, dir, map[string]any{})
	quietPut(s, "d")
	s.close() // which waits for consumers, unless they take long
	want := ""
	for _, id := range []string{"a", "b", "c", "d"} {
		want += `p root\cimv2 __InstanceCreationEvent TargetInstance={Item Id=` + id + "}\n"
	}
	equal(t, "events", s.post.taken()+"\n", want)
}

// quietPut puts an Item.
func quietPut(s *station, id string) {
	s.Helper()
	svc := s.connect(administrator, `root\cimv2`)
	c, err := svc.GetClass(s.Context(), "Item", wbem.Options{})
	if err == nil {
		_, err = svc.PutInstance(s.Context(), fillIn(s.T, cim.NewInstance(c), "Id", id), wbem.Options{})
	}
	if err != nil {
		s.Fatal(err)
	}
}

// events.md#29: EventAccess says whose events a filter gets.
func TestEventAccess(t *testing.T) {
	inStation(t, func(s *station) {
		const onlyAdministrators = `EventAccess = "O:BAG:BAD:(A;;0x80;;;BA)";`
		s.compile(administrator, filterMOF("f", alarms, onlyAdministrators)+filterMOF("g", newItems, onlyAdministrators)+
			postedMOF("p")+bindMOF("f", `Posted.Name="p"`)+bindMOF("g", `Posted.Name="p"`))
		s.raise(alice, 1)
		s.put(alice, "a")
		s.wants()
		s.raise(administrator, 2)
		s.put(administrator, "b")
		got := s.post.taken()
		if strings.Count(got, "\n") != 1 || !strings.Contains(got, "Alarm Level=2") || !strings.Contains(got, "Id=b") {
			s.Errorf("got %s", got)
		}
	})
}

// events.md#28, for permanent subscriptions: whose parts were put by somebody who
// may not see an event does not get it.
func TestEventDescriptor(t *testing.T) {
	inStation(t, func(s *station) {
		s.compile(alice, filterMOF("f", alarms)+postedMOF("alice")+bindMOF("f", `Posted.Name="alice"`))
		s.compile(administrator, filterMOF("g", alarms)+postedMOF("admin")+bindMOF("g", `Posted.Name="admin"`))
		c, err := s.connect(administrator, `root\cimv2`).GetClass(s.Context(), "Alarm", wbem.Options{})
		if err != nil {
			s.Fatal(err)
		}
		inst := cim.NewInstance(c)
		if err := inst.Set("SECURITY_DESCRIPTOR", cim.BytesValue(administratorsOnly)); err != nil {
			s.Fatal(err)
		}
		if err := s.connect(administrator, `root\cimv2`).(wbem.Publisher).Publish(s.Context(), inst, wbem.Options{}); err != nil {
			s.Fatal(err)
		}
		s.wants(`admin root\cimv2 Alarm`)

		// Nor does who may not see it learn of it when a consumer fails.
		s.post.set(func() { s.post.fail = cim.Errorf(wbem.Failed, "no") })
		s.compile(administrator, `instance of Failing { Name = "x"; };`+bindMOF("g", `Failing.Name="x"`))
		for who, id := range map[string]*wbem.Identity{"alice": alice, "admin": administrator} {
			s.compile(id, `instance of __EventFilter { Name = "failures of `+who+`"; QueryLanguage = "WQL"; Query = "SELECT * FROM __ConsumerFailureEvent"; };`+
				bindMOF("failures of "+who, `Posted.Name="`+who+`"`))
		}
		if err := s.connect(administrator, `root\cimv2`).(wbem.Publisher).Publish(s.Context(), inst, wbem.Options{}); err != nil {
			s.Fatal(err)
		}
		synctest.Wait()
		if got := s.post.taken(); strings.Count(got, "admin") != 2 || strings.Contains(got, "alice") {
			s.Errorf("got:\n%s", got)
		}
	})
}

// administratorsOnly is O:BAG:BAD:(A;;0x40;;;BA) in its self-relative form.
var administratorsOnly = []byte{
	1, 0, 4, 0x80, 20, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 52, 0, 0, 0,
	1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0,
	1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0,
	2, 0, 32, 0, 1, 0, 0, 0,
	0, 0, 24, 0, 0x40, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0,
}

// Only administrators may have a class polled for ever (events.md 5, rule 9).
func TestPolledSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := &shelf{}
		s := newStation(t, "", map[string]any{"P1": rows})
		defer s.close()
		const query = `SELECT * FROM __InstanceCreationEvent WITHIN 10 WHERE TargetInstance ISA "Dyn"`
		s.compile(administrator, "#pragma namespace(\"\\\\\\\\.\\\\root\\\\cimv2\")\n"+register("P1")+oneDyn)
		s.compile(alice, filterMOF("a", query)+postedMOF("alice")+bindMOF("a", `Posted.Name="alice"`))
		s.compile(administrator, filterMOF("b", query)+postedMOF("admin")+bindMOF("b", `Posted.Name="admin"`))
		c, err := s.connect(administrator, `root\cimv2`).GetClass(s.Context(), "Dyn", wbem.Options{})
		if err != nil {
			s.Fatal(err)
		}
		rows.mu.Lock()
		rows.rows = append(rows.rows, fillIn(s.T, cim.NewInstance(c), "Id", "1"))
		rows.mu.Unlock()
		time.Sleep(11 * time.Second)
		s.wants(`admin root\cimv2 __InstanceCreationEvent TargetInstance={Dyn Id=1}`)
		equal(s.T, "states", s.states(), "__EventFilter.Name=\"b\" -> Posted.Name=\"admin\": active\n__EventFilter.Name=\"a\" -> Posted.Name=\"alice\": refused")
	})
}

func TestConsumerFailure(t *testing.T) {
	inStation(t, func(s *station) {
		s.post.fail = cim.Errorf(wbem.OutOfDiskSpace, "no room")
		s.compile(administrator, filterMOF("f", alarms)+postedMOF("p")+`instance of Failing { Name = "x"; };`+
			bindMOF("f", `Posted.Name="p"`)+bindMOF("f", `Failing.Name="x"`))
		failures := func(name, consumer string) string {
			return `instance of __EventFilter { Name = "` + name + `"; QueryLanguage = "WQL"; Query = "SELECT * FROM __ConsumerFailureEvent"; };` +
				bindMOF(name, consumer)
		}
		s.compile(administrator, postedMOF("watch")+failures("watch", `Posted.Name="watch"`))

		// events.md#30: the others are served, and an event tells of the failure.
		s.raise(administrator, 1)
		got := s.post.taken()
		for _, want := range []string{`p root\cimv2 Alarm Level=1`, `watch root\subscription __ConsumerFailureEvent`,
			`Event={Alarm Level=1}`, `IntendedConsumer=\\HERE\root\subscription:Failing.Name="x"`, "ErrorCode=2147749947", "no room"} {
			if strings.Count(got, want) != 1 {
				s.Errorf("%q is not there once:\n%s", want, got)
			}
		}
		if !strings.Contains(s.states(), `Failing.Name="x": failing`) {
			s.Errorf("states:\n%s", s.states())
		}

		// events.md#33: a consumer that fails when it is told of a failure
		// makes no further one.
		s.compile(administrator, failures("loop", `Failing.Name="x"`))
		s.raise(administrator, 2)
		if got := s.post.taken(); strings.Count(got, "__ConsumerFailureEvent") != 1 {
			s.Errorf("got:\n%s", got)
		}

		// There is no second try, and the next event finds a consumer that works.
		s.post.set(func() { s.post.fail = nil })
		s.raise(administrator, 3)
		if got := s.post.taken(); !strings.Contains(got, `x root\cimv2 Alarm Level=3`) || strings.Contains(got, "Level=2") {
			s.Errorf("got:\n%s", got)
		}
		if !strings.Contains(s.states(), `Failing.Name="x": active`) {
			s.Errorf("states:\n%s", s.states())
		}
	})
}

// events.md#32: a queue that overflows is told to administrators.
func TestPermanentOverflow(t *testing.T) {
	inStation(t, func(s *station) {
		s.post.gate = make(chan struct{})
		s.compile(administrator, filterMOF("f", alarms)+postedMOF("p", "MaximumQueueSize = 2000;")+bindMOF("f", `Posted.Name="p"`))
		subscribe := func(who *wbem.Identity) wbem.Subscription {
			sub, err := s.connect(who, `root\subscription`).Subscribe(s.Context(), "WQL", "SELECT * FROM __EventQueueOverflowEvent", wbem.Options{})
			if err != nil {
				s.Fatal(err)
			}
			return sub
		}
		admin, other := subscribe(administrator), subscribe(alice)
		for i := range 100 {
			s.raise(administrator, i)
		}
		over, cancel := context.WithCancel(s.Context())
		cancel()
		event, err := admin.Next(over)
		if err != nil {
			s.Fatal(err)
		}
		if got := tell(event); !strings.Contains(got, "Event={Alarm Level=") || !strings.Contains(got, `IntendedConsumer=\\HERE\root\subscription:Posted.Name="p"`) ||
			!regexp.MustCompile("CurrentQueueSize=1[0-9]{3} ").MatchString(got) {
			s.Errorf("event: %s", got)
		}
		if event, err := admin.Next(over); err == nil {
			s.Errorf("one more: %s", tell(event))
		}
		if event, err := other.Next(over); err == nil {
			s.Errorf("not for others: %s", tell(event))
		}

		// Each event was delivered or is counted.
		close(s.post.gate)
		synctest.Wait()
		delivered := strings.Count(s.post.taken(), "Alarm")
		for p, err := range s.connect(administrator, "root").(wbem.SubscriptionLister).PermanentSubscriptions(s.Context()) {
			if err != nil || int(p.Delivered) != delivered || p.Delivered+p.Dropped != 100 || p.Queued != 0 {
				s.Errorf("%d came, %+v, %v", delivered, p, err)
			}
		}

		// When the queue was empty, the next overflow is told again.
		s.post.set(func() { s.post.gate = make(chan struct{}) })
		for i := range 100 {
			s.raise(administrator, i)
		}
		if _, err := admin.Next(over); err != nil {
			s.Error(err)
		}
		close(s.post.gate)
	})
}

// events.md#37: with DeliveryQoS 0 whoever raises an event waits for the
// consumer, but not for ever.
func TestSynchronousDelivery(t *testing.T) {
	inStation(t, func(s *station) {
		s.compile(administrator, filterMOF("f", alarms)+filterMOF("g", newItems)+postedMOF("p")+
			bindMOF("f", `Posted.Name="p"`, "DeliveryQoS = 0;")+bindMOF("g", `Posted.Name="p"`, "DeliverSynchronously = TRUE;"))
		for _, c := range []struct {
			slow, want time.Duration
			raise      func()
		}{
			{0, 0, func() { s.raise(administrator, 1) }},
			{time.Second, time.Second, func() { s.raise(administrator, 2) }},
			{time.Second, time.Second, func() { s.put(administrator, "a") }},
			{time.Minute, 2 * time.Second, func() { s.put(administrator, "b") }},
		} {
			gate := make(chan struct{})
			s.post.set(func() { s.post.gate = gate })
			time.AfterFunc(c.slow, func() { close(gate) })
			began := time.Now()
			c.raise()
			equal(s.T, "waited", time.Since(began), c.want)
			<-gate
			synctest.Wait()
			if s.post.taken() == "" {
				s.Error("it did not come")
			}
		}
		s.compile(administrator, bindMOF("f", `Posted.Name="p"`, "DeliveryQoS = 1;"))
		gate := make(chan struct{})
		s.post.set(func() { s.post.gate = gate })
		began := time.Now()
		s.raise(administrator, 3)
		equal(s.T, "waited", time.Since(began), 0)
		close(gate)
	})
}
