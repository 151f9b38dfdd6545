package scripting_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/scripting"
	"openwmi/wbem"
)

const someEvents = "SELECT * FROM SomeEvent"

// eventFlags are those of ExecNotificationQuery.
const eventFlags = scripting.FlagReturnImmediately | scripting.FlagForwardOnly

// A crier is a session with one event query, whose events a test cries.
type crier struct {
	wbem.Services
	ctx    context.Context // of the last subscription
	events chan any        // events and errors
	closed chan struct{}
	close  func()
}

func newCrier(events ...any) (*crier, *scripting.Services) {
	c := &crier{events: make(chan any, 10), closed: make(chan struct{})}
	c.close = sync.OnceFunc(func() { close(c.closed) })
	for _, e := range events {
		c.events <- e
	}
	return c, scripting.NewServices(c)
}

func (c *crier) Subscribe(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error) {
	wbem.Started(ctx)
	if query != someEvents || o.Flags != 0 || o.Context.Len() != 1 {
		return nil, cim.Errorf(wbem.UnparsableQuery, "flags 0x%X, %d values", uint32(o.Flags), o.Context.Len())
	}
	c.ctx = ctx
	return c, nil
}

func (c *crier) Close() error {
	c.close()
	return nil
}

func (c *crier) Next(ctx context.Context) (*cim.Instance, error) {
	select {
	case <-c.closed:
		return nil, wbem.NewError("ExecNotificationQuery", someEvents, wbem.InvalidOperation)
	case e := <-c.events:
		event, _ := e.(*cim.Instance)
		err, _ := e.(error)
		return event, wbem.NewError("ExecNotificationQuery", someEvents, err)
	default:
	}
	select {
	case e := <-c.events:
		c.events <- e
		return c.Next(ctx)
	case <-c.closed:
		return c.Next(ctx)
	case <-ctx.Done():
		return nil, wbem.NewError("ExecNotificationQuery", someEvents, ctx.Err())
	case <-c.ctx.Done():
		return nil, wbem.NewError("ExecNotificationQuery", someEvents, c.ctx.Err())
	}
}

var eventClass = func() *cim.Class {
	c, err := cim.Derive(nil, &cim.ClassDecl{Name: "SomeEvent", Properties: []cim.PropertyDecl{{Name: "Text", Type: cim.TypeString}}})
	if err != nil {
		panic(err)
	}
	return c
}()

func newEvent(text string) *cim.Instance {
	e := cim.NewInstance(eventClass)
	if err := e.Set("Text", cim.StringValue(text)); err != nil {
		panic(err)
	}
	return e
}

func listen(t *testing.T, s *scripting.Services) *scripting.EventSource {
	t.Helper()
	source, err := s.ExecNotificationQuery(someEvents, "WQL", eventFlags, named("x"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	return source
}

// wantEvent demands that an event comes within a time.
func wantEvent(t *testing.T, source *scripting.EventSource, timeout int32, text string) {
	t.Helper()
	event, err := source.NextEvent(timeout)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := event.Get("Text"); got != text || err != nil {
		t.Errorf("event %v, %v, want %s", got, err, text)
	}
}

// scripting-api.md#33, events.md#2: how long NextEvent waits.
func TestNextEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newCrier()
		source := listen(t, s)
		waits := func(timeout int32, want wbem.Status, long time.Duration) {
			t.Helper()
			start := time.Now()
			event, err := source.NextEvent(timeout)
			wantStatus(t, err, want)
			if waited := time.Since(start); waited != long || event != nil {
				t.Errorf("NextEvent(%d) = %v after %v", timeout, event, waited)
			}
		}
		waits(0, wbem.NextEventTimeout, 0) // scripting-api.md#33
		waits(1500, wbem.NextEventTimeout, 1500*time.Millisecond)
		waits(1<<31-1, wbem.NextEventTimeout, (1<<31-1)*time.Millisecond)
		waits(-2, wbem.InvalidParameter, 0)
		waits(-1<<31, wbem.InvalidParameter, 0)
		// A timeout is no failure of the namespace.
		wantStatus(t, second(s.LastError()), wbem.Failed)

		c.events <- newEvent("1")
		wantEvent(t, source, 0, "1")
		for _, text := range []string{"2", "3"} {
			time.AfterFunc(time.Hour, func() { c.events <- newEvent(text) })
			wantEvent(t, source, scripting.TimeoutInfinite, text)
		}
		time.AfterFunc(time.Second, func() { c.events <- newEvent("4") })
		wantEvent(t, source, 1001, "4")
	})
}

func TestEventSourceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := newCrier(newEvent("1"), error(wbem.QueueOverflow), newEvent("2"), error(wbem.ShuttingDown))
		source := listen(t, s)
		wantEvent(t, source, 0, "1")
		wantStatus(t, second(source.NextEvent(scripting.TimeoutInfinite)), wbem.QueueOverflow)
		wantEvent(t, source, 0, "2") // the source goes on
		wantStatus(t, second(source.NextEvent(0)), wbem.ShuttingDown)
		last, err := s.LastError()
		if err != nil {
			t.Fatal(err)
		}
		if what, err := last.Get("ParameterInfo"); what != someEvents || err != nil {
			t.Errorf("ParameterInfo %v, %v", what, err)
		}
	})
}

// A source ends when it is closed, and with the context of its session.
func TestEventSourceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newCrier()
		source := listen(t, s)
		done := make(chan error)
		go func() { done <- second(source.NextEvent(scripting.TimeoutInfinite)) }()
		synctest.Wait()
		for range 2 {
			if err := source.Close(); err != nil {
				t.Error(err)
			}
		}
		wantStatus(t, <-done, wbem.InvalidOperation)
		<-c.closed

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, s = newCrier()
		source = listen(t, s.WithContext(ctx))
		wantStatus(t, second(source.NextEvent(1000)), wbem.NextEventTimeout)
		wantStatus(t, second(source.NextEvent(2*60*1000)), wbem.Timeout)
		wantStatus(t, second(source.NextEvent(0)), wbem.Timeout)
	})
}

// A source that nobody refers to releases its subscription.
func TestEventSourceUnreachable(t *testing.T) {
	c, s := newCrier()
	if _, err := s.ExecNotificationQuery(someEvents, "WQL", eventFlags, named("x")); err != nil {
		t.Fatal(err)
	}
	for {
		runtime.GC()
		select {
		case <-c.closed:
			return
		default:
			runtime.Gosched()
		}
	}
}

// scripting-api.md#31, events.md#3: the flags, and what else is refused at once.
func TestExecNotificationQueryRefused(t *testing.T) {
	_, s := newCrier()
	for bit := range 32 {
		flags := scripting.Flags(1) << bit
		wantStatus(t, second(s.ExecNotificationQuery(someEvents, "WQL", flags, named("x"))), wbem.InvalidParameter)
		wantStatus(t, second(s.ExecNotificationQuery(someEvents, "WQL", flags^eventFlags, named("x"))), wbem.InvalidParameter)
		if flags != scripting.FlagSendStatus {
			err := s.ExecNotificationQueryAsync(&scripting.Sink{}, someEvents, "WQL", flags, named("x"), nil)
			wantStatus(t, err, wbem.InvalidParameter)
		}
	}
	wantStatus(t, second(s.ExecNotificationQuery(someEvents, "WQL", 0, named("x"))), wbem.InvalidParameter)
	_, err := s.ExecNotificationQuery("SELEC", "WQL", eventFlags, nil)
	wantStatus(t, err, wbem.UnparsableQuery)
	var e *scripting.Error
	if !errors.As(err, &e) || e.LastError == nil {
		t.Errorf("error %#v", err)
	}
	r := newRecorder()
	wantStatus(t, s.ExecNotificationQueryAsync(&r.Sink, "SELEC", "WQL", 0, nil, nil), wbem.UnparsableQuery)
	wantStatus(t, s.ExecNotificationQueryAsync(nil, someEvents, "WQL", 0, named("x"), nil), wbem.InvalidParameter)
	r.nothing(t)
}

// async-and-security.md#17: there is no completion before Cancel.
func TestExecNotificationQueryAsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newCrier()
		r := newRecorder()
		r.OnObjectReady = func(o *scripting.Object, c *scripting.NamedValueSet) {
			text, _ := o.Get("Text")
			r.add(c, "ready "+text.(string))
		}
		if err := s.ExecNotificationQueryAsync(&r.Sink, someEvents, "WQL", scripting.FlagSendStatus, named("x"), named("q")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		r.nothing(t)
		c.events <- newEvent("1")
		synctest.Wait()
		c.events <- error(cim.Errorf(wbem.QueueOverflow, "5 events were lost"))
		synctest.Wait()
		c.events <- newEvent("2")
		synctest.Wait()
		r.nothing(t, "ready 1 [q]",
			"progress 0 0 ExecNotificationQuery "+someEvents+": QueueOverflow (0x80041061): 5 events were lost [q]",
			"ready 2 [q]")
		if err := r.Cancel(); err != nil {
			t.Error(err)
		}
		r.want(t, "completed CallCancelled [q]")
		<-c.closed
	})
}

// An event belongs to nobody but its reader, and has the settings of its source.
func TestEventObject(t *testing.T) {
	_, s := newCrier(newEvent("1"))
	if err := s.Security().SetImpersonationLevel(scripting.ImpersonationLevelDelegate); err != nil {
		t.Fatal(err)
	}
	source := listen(t, s)
	if err := source.Security().SetImpersonationLevel(scripting.ImpersonationLevelIdentify); err != nil {
		t.Fatal(err)
	}
	event, err := source.NextEvent(0)
	if err != nil {
		t.Fatal(err)
	}
	if l := event.Security().ImpersonationLevel(); l != scripting.ImpersonationLevelIdentify {
		t.Errorf("level %d", l)
	}
	if l := s.Security().ImpersonationLevel(); l != scripting.ImpersonationLevelDelegate {
		t.Errorf("level %d of the session", l)
	}
	if path := event.Path().Class(); path != "SomeEvent" {
		t.Errorf("class %s", path)
	}
	if err := event.Delete(0, nil); wbem.StatusOf(err) != wbem.InvalidOperation {
		t.Errorf("an event was deleted: %v", err)
	}
}

// scripting-api.md#32, scripting-api.md#33: events of what is stored.
func TestEvents(t *testing.T) {
	f := newFixture(t)
	listen := func(query string) (*scripting.EventSource, error) {
		return f.ExecNotificationQuery(query, "WQL", eventFlags, nil)
	}
	f.status(second(listen("SELECT * FROM B")), wbem.NotEventClass) // scripting-api.md#32
	f.status(second(listen("SELEC")), wbem.UnparsableQuery)
	f.status(second(listen("")), wbem.InvalidParameter)
	f.status(second(f.ExecNotificationQuery("SELECT * FROM __ClassCreationEvent", "SQL", eventFlags, nil)), wbem.InvalidQueryType)

	source, err := listen("SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'B'")
	f.ok(err)
	defer source.Close()
	path := f.store("B", "Id", "1", "S", "old")
	f.status(second(source.NextEvent(0)), wbem.NextEventTimeout) // scripting-api.md#33
	f.store("B", "Id", "1", "S", "new")
	event, err := source.NextEvent(20_000)
	f.ok(err)
	f.value(event, "__CLASS", "__InstanceModificationEvent")
	f.value(event, "__PATH", nil)
	for name, want := range map[string]string{"PreviousInstance": "old", "TargetInstance": "new"} {
		o, err := event.Get(name)
		f.ok(err)
		f.value(o.(*scripting.Object), "S", want)
	}

	r := newRecorder()
	ready := make(chan string)
	r.OnObjectReady = func(o *scripting.Object, _ *scripting.NamedValueSet) { ready <- o.Path().Class() }
	f.ok(f.ExecNotificationQueryAsync(&r.Sink, "SELECT * FROM __InstanceDeletionEvent WHERE TargetInstance ISA 'B'", "WQL", 0, nil, named("q")))
	f.status(f.ExecNotificationQueryAsync(&r.Sink, "SELECT * FROM B", "WQL", 0, nil, named("q")), wbem.NotEventClass)
	f.ok(f.Delete(path, 0, nil))
	f.equal(<-ready, "__InstanceDeletionEvent")
	f.ok(r.Cancel())
	r.want(t, "completed CallCancelled [q]")
}
