package wbemtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// patience is how long an event may take.
const patience = time.Minute

func (f *fixture) subscribe(query string) wbem.Subscription {
	f.Helper()
	s, err := f.Subscribe(f.ctx, "WQL", query, wbem.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	return s
}

// event waits for the next event.
func (f *fixture) event(s wbem.Subscription) *cim.Instance {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.ctx, patience)
	defer cancel()
	event, err := s.Next(ctx)
	if err != nil {
		f.Fatal(err)
	}
	return event
}

// tell describes an event: its class and the paths of the objects in it, the
// older one first.
func tell(event *cim.Instance) string {
	out := []string{event.ClassName()}
	for _, name := range []string{"PreviousInstance", "TargetInstance", "PreviousClass", "TargetClass", "TargetNamespace"} {
		if v, ok := event.Get(name); ok && !v.IsNull() {
			p, _ := cim.RelPath(v.Object())
			out = append(out, p.RelPath())
		}
	}
	return strings.Join(out, " ")
}

func (f *fixture) wantNext(s wbem.Subscription, want ...string) {
	f.Helper()
	for _, w := range want {
		if got := tell(f.event(s)); got != w {
			f.Errorf("event %s, want %s", got, w)
		}
	}
}

// nothing demands that no event is there.
func (f *fixture) nothing(s wbem.Subscription) {
	f.Helper()
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	_, err := s.Next(ctx)
	f.status(err, wbem.CallCancelled)
}

const ofB = ` WHERE TargetInstance ISA "B"`

var subscribeCases = []testCase{
	{"events.md#1 an instance is created", func(f *fixture) {
		f.put(0, "B", "Id", "before")
		s := f.subscribe("SELECT * FROM __InstanceCreationEvent" + ofB)
		f.put(0, "D", "Id", "1", "S", "x")
		f.put(0, "KI", "Num", 1)
		f.put(0, "B", "Id", "2")
		event := f.event(s)
		if got := tell(event); got != `__InstanceCreationEvent D.Id="1"` {
			f.Error(got)
		}
		target, _ := event.Get("TargetInstance")
		if v, _ := target.Object().(*cim.Instance).Get("S"); v.Text() != "x" {
			f.Errorf("S of TargetInstance is %s", v)
		}
		for _, name := range []string{"__PATH", "__RELPATH", "__NAMESPACE", "__SERVER"} {
			if got := f.system(event, name); got != "NULL" {
				f.Errorf("%s is %s", name, got)
			}
		}
		if v, ok := event.Get("TIME_CREATED"); !ok || v.IsNull() {
			f.Error("no TIME_CREATED")
		}
		f.wantNext(s, `__InstanceCreationEvent B.Id="2"`)
		f.nothing(s)
	}},
	{"events.md#4 events.md#5 changes of instances", func(f *fixture) {
		all := f.subscribe("SELECT * FROM __InstanceOperationEvent" + ofB)
		changed := f.subscribe("SELECT * FROM __InstanceModificationEvent" + ofB + " AND PreviousInstance.N < 10 AND TargetInstance.N >= 10")
		f.put(0, "B", "Id", "1", "N", 1)
		f.put(0, "B", "Id", "1", "N", 2)
		f.put(0, "B", "Id", "1", "N", 10)
		f.put(0, "B", "Id", "1", "N", 11)
		f.status(wbem.Delete(f.ctx, f, `B.Id="1"`, wbem.Options{}), wbem.OK)
		modified := `__InstanceModificationEvent B.Id="1" B.Id="1"`
		f.wantNext(all, `__InstanceCreationEvent B.Id="1"`, modified, modified, modified, `__InstanceDeletionEvent B.Id="1"`)
		event := f.event(changed)
		for name, want := range map[string]string{"PreviousInstance": "2", "TargetInstance": "10"} {
			v, _ := event.Get(name)
			if n, _ := v.Object().(*cim.Instance).Get("N"); n.String() != want {
				f.Errorf("N of %s is %s, want %s", name, n, want)
			}
		}
		f.nothing(changed)
	}},
	{"events.md#11 events.md#12 classes and namespaces", func(f *fixture) {
		root := f.connect("root")
		spaces, err := root.Subscribe(f.ctx, "WQL", "SELECT * FROM __NamespaceOperationEvent", wbem.Options{})
		f.status(err, wbem.OK)
		defer spaces.Close()
		classes := f.subscribe("SELECT * FROM __ClassOperationEvent")
		f.putClass(0, "class New { [key] string Id; };")
		f.putClass(0, "class New { [key] string Id; string S; };")
		f.putClass(0, "class Newer : New { };")
		f.status(f.DeleteClass(f.ctx, "New", wbem.Options{}), wbem.OK)
		f.wantNext(classes, "__ClassCreationEvent New", "__ClassModificationEvent New New", "__ClassCreationEvent Newer",
			"__ClassDeletionEvent Newer", "__ClassDeletionEvent New")
		if _, err := root.PutInstance(f.ctx, f.spawn(root, "__Namespace", "Name", "new"), wbem.Options{}); err != nil {
			f.Fatal(err)
		}
		f.status(wbem.Delete(f.ctx, root, `__Namespace.Name="new"`, wbem.Options{}), wbem.OK)
		f.wantNext(spaces, `__NamespaceCreationEvent __Namespace.Name="new"`, `__NamespaceDeletionEvent __Namespace.Name="new"`)
	}},
	{"what Subscribe refuses", func(f *fixture) {
		f.mof(queryFixture)
		for _, test := range []struct {
			name, query string
			want        wbem.Status
		}{
			{"wql.md#74", "SELECT * FROM T_Base", wbem.NotEventClass},
			{"wql.md#75", "SELECT * FROM T_Event WHERE Level > 3", wbem.OK},
			{"wql.md#76", `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Base"`, wbem.OK},
			{"wql.md#77", `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Dyn"`, wbem.RegistrationTooPrecise},
			{"wql.md#78", "SELECT * FROM __InstanceCreationEvent WITHIN 2", wbem.RegistrationTooBroad},
			{"wql.md#79", "SELECT * FROM T_Event GROUP BY Who", wbem.MissingGroupWithin},
			{"wql.md#80", "SELECT * FROM T_Event GROUP WITHIN 10 BY *", wbem.MissingAggregationList},
			{"wql.md#81", "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'T_Base' GROUP WITHIN 5 BY TargetInstance", wbem.AggregatingByObject},
			{"wql.md#82", "SELECT * FROM T_Event GROUP WITHIN 5 BY Who.X", wbem.PropertyNotAnObject},
			{"wql.md#83", "SELECT * FROM T_Event GROUP WITHIN 5 BY Who HAVING NumberOfEvents > 2", wbem.OK},
			{"wql.md#84", "SELECT * FROM T_Event HAVING NumberOfEvents > 2", wbem.UnparsableQuery},
			{"wql.md#85", "SELEC * FROM T_Event", wbem.UnparsableQuery},
			{"wql.md#86", "SELECT * FROM T_Event WITHIN -1", wbem.UnparsableQuery},
			{"wql.md#86", "SELECT * FROM T_Event WITHIN 5000000", wbem.InvalidQuery},
			{"no class", "SELECT * FROM NoSuch", wbem.InvalidClass},
			{"no property", "SELECT * FROM T_Event WHERE Nope = 1", wbem.InvalidQuery},
			{"too long", "SELECT * FROM T_Event" + strings.Repeat(" ", 16384), wbem.QuotaViolation},
		} {
			s, err := f.Subscribe(f.ctx, "WQL", test.query, wbem.Options{})
			if got := wbem.StatusOf(err); got != test.want {
				f.Errorf("%s: %.200s: %v, want %v", test.name, test.query, err, test.want)
			}
			if err == nil {
				f.status(s.Close(), wbem.OK)
			} else if e, ok := err.(*wbem.Error); !ok || e.Op != "ExecNotificationQuery" || e.Path != test.query {
				f.Errorf("%#v is no *wbem.Error of ExecNotificationQuery on the query", err)
			}
			_, sink := newRecorder()
			err = wbem.SubscribeAsync(f.ctx, f, sink, "WQL", test.query, wbem.Options{}, nil)
			if got := wbem.StatusOf(err); got != test.want {
				f.Errorf("%s: asynchronous: %v, want %v", test.name, err, test.want)
			}
			sink.Cancel()
		}
		for _, flags := range []wbem.Flags{0x10, 0x20, 0x1, 0x100} { // wql.md#87
			_, err := f.Subscribe(f.ctx, "WQL", "SELECT * FROM T_Event", wbem.Options{Flags: flags})
			f.status(err, wbem.InvalidParameter)
		}
	}},
	{"the life of a subscription", func(f *fixture) {
		s := f.subscribe("SELECT * FROM __InstanceCreationEvent" + ofB)
		ended, cancel := context.WithCancel(f.ctx)
		cancel()
		other, err := f.Subscribe(ended, "WQL", "SELECT * FROM __InstanceCreationEvent", wbem.Options{})
		if err == nil {
			_, err = other.Next(f.ctx)
		}
		f.status(err, wbem.CallCancelled)

		// A context that has ended takes an event that is there.
		f.nothing(s)
		f.put(0, "B", "Id", "1")
		f.put(0, "B", "Id", "2")
		f.wantNext(s, `__InstanceCreationEvent B.Id="1"`)
		deadline := time.Now().Add(patience)
		event, err := s.Next(ended)
		for errors.Is(err, wbem.CallCancelled) && time.Now().Before(deadline) {
			event, err = s.Next(ended) // it may still be on its way
		}
		f.status(err, wbem.OK)
		if got := tell(event); got != `__InstanceCreationEvent B.Id="2"` {
			f.Error(got)
		}

		done := make(chan error)
		go func() {
			_, err := s.Next(f.ctx)
			done <- err
		}()
		f.status(s.Close(), wbem.OK)
		f.status(<-done, wbem.InvalidOperation)
		f.status(s.Close(), wbem.OK)
		_, err = s.Next(f.ctx)
		f.status(err, wbem.InvalidOperation)

		ctx, cancel := context.WithCancel(f.ctx)
		s, err = f.Subscribe(ctx, "WQL", "SELECT * FROM __InstanceCreationEvent", wbem.Options{})
		f.status(err, wbem.OK)
		cancel()
		for range 2 {
			_, err = s.Next(f.ctx)
			f.status(err, wbem.CallCancelled)
		}
		f.status(s.Close(), wbem.OK)
	}},
	{"events.md#31 nobody reads", func(f *fixture) {
		s := f.subscribe("SELECT * FROM __InstanceCreationEvent" + ofB)
		last := f.subscribe(`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance.Id = "last"`)
		const n = 1100
		for i := range n {
			inst := f.spawn(f, "B", "Id", fmt.Sprint(i))
			if _, err := f.PutInstance(f.ctx, inst, wbem.Options{Lazy: true}); err != nil {
				f.Fatal(err)
			}
		}
		f.put(0, "B", "Id", "last")
		f.wantNext(last, `__InstanceCreationEvent B.Id="last"`)
		_, err := s.Next(f.ctx)
		f.status(err, wbem.QueueOverflow)
		got := 0
		for text := ""; text != `__InstanceCreationEvent B.Id="last"`; got++ {
			event, err := s.Next(f.ctx)
			if errors.Is(err, wbem.QueueOverflow) {
				continue
			}
			f.status(err, wbem.OK)
			text = tell(event)
		}
		if got == 0 || got > n {
			f.Errorf("%d events were left", got)
		}
		f.put(0, "B", "Id", "more")
		f.wantNext(s, `__InstanceCreationEvent B.Id="more"`)
	}},
	{"events.md#39 async-and-security.md#17 asynchronous", func(f *fixture) {
		r, sink := newRecorder()
		ready := make(chan string)
		sink.OnObject = func(o cim.Object, _ any) error {
			ready <- tell(o.(*cim.Instance))
			return nil
		}
		f.status(wbem.SubscribeAsync(f.ctx, f, sink, "WQL", "SELECT * FROM __InstanceCreationEvent"+ofB, wbem.Options{}, "ctx"), wbem.OK)
		for i := range 3 {
			f.put(0, "B", "Id", fmt.Sprint(i))
			if got, want := <-ready, fmt.Sprintf(`__InstanceCreationEvent B.Id="%d"`, i); got != want {
				f.Errorf("event %s, want %s", got, want)
			}
		}
		sink.Cancel()
		f.status(<-r.done, wbem.CallCancelled)
		f.wantEvents(r, "completed CallCancelled ctx")
		f.put(0, "B", "Id", "more")
	}},
	{"events.md#36 published events", func(f *fixture) {
		p, ok := f.Services.(wbem.Publisher)
		if !ok {
			f.Skip("no Publisher")
		}
		f.mof(queryFixture + "class T_SubEvent : T_Event { };")
		s := f.subscribe("SELECT * FROM T_Event WHERE Level > 3")
		for level := 3; level < 6; level++ {
			event := f.spawn(f, "T_SubEvent", "Level", level, "Who", "me")
			f.status(p.Publish(f.ctx, event, wbem.Options{}), wbem.OK)
			if v, _ := event.Get("TIME_CREATED"); !v.IsNull() {
				f.Error("Publish has changed the event")
			}
		}
		for _, want := range []string{"4", "5"} {
			event := f.event(s)
			v, _ := event.Get("Level")
			created, _ := event.Get("TIME_CREATED")
			if event.ClassName() != "T_SubEvent" || v.String() != want || created.IsNull() {
				f.Errorf("%s of level %s, created %s", event.ClassName(), v, created)
			}
		}
		f.nothing(s)
		f.status(p.Publish(f.ctx, f.spawn(f, "B", "Id", "1"), wbem.Options{}), wbem.InvalidClass)
	}},
}
