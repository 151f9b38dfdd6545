package event_test

import (
	"context"
	"errors"
	"os/user"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/internal/access"
	"openwmi/internal/event"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// accounts knows root and two users.
func accounts() event.Access {
	ids := map[string]string{"root": "0", "u": "1001", "v": "1002"}
	return event.NewAccess(&access.Accounts{LookupUser: func(name string) (string, error) {
		if id, ok := ids[name]; ok {
			return id, nil
		}
		return "", user.UnknownUserError(name)
	}})
}

func descriptor(t testing.TB, sddl string) []byte {
	t.Helper()
	d, err := access.ParseSDDL(sddl)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEventDescriptor proves events.md#28 for subscriptions.
func TestEventDescriptor(t *testing.T) {
	bubble(t, event.Options{Access: accounts()}, func(f *fixture) {
		subs := map[string]*event.Subscription{}
		for _, name := range []string{"u", "v", "root", "unknown"} {
			s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: `SELECT Level FROM T_Event`, Identity: named(name)})
			if err != nil {
				t.Fatal(err)
			}
			subs[name] = s
		}
		f.publish("T_Event", "Level", 1, "SECURITY_DESCRIPTOR", descriptor(t, "O:BAG:BAD:(A;;0x40;;;S-1-22-1-1001)"))
		f.publish("T_Event", "Level", 2, "SECURITY_DESCRIPTOR", descriptor(t, "O:BAG:BAD:(A;;0x40;;;BA)"))
		f.publish("T_Event", "Level", 3, "SECURITY_DESCRIPTOR", []byte{1, 2, 3})
		f.publish("T_Event", "Level", 4)
		for name, levels := range map[string][]string{"u": {"1"}, "v": nil, "root": {"2"}, "unknown": nil} {
			for _, level := range append(levels, "4") {
				wants(f, subs[name], "T_Event{Level="+level+"}")
			}
			wants(f, subs[name], "nothing")
			subs[name].Close()
		}
	})
}

// TestEventAccess proves events.md#29 for registrations.
func TestEventAccess(t *testing.T) {
	bubble(t, event.Options{Access: accounts()}, func(f *fixture) {
		register := func(query, sddl string) (*journal, error) {
			j := &journal{queue: []byte(query)}
			_, err := f.Register(context.Background(), event.Spec{Namespace: namespace, Query: query, EventAccess: sddl}, j)
			return j, err
		}
		const admins = "O:BAG:BAD:(A;;0x80;;;BA)"
		published, err := register(`SELECT Level FROM T_Event`, admins)
		if err != nil {
			t.Fatal(err)
		}
		changed, err := register(`SELECT * FROM __InstanceCreationEvent`, admins)
		if err != nil {
			t.Fatal(err)
		}
		grouped, err := register(`SELECT * FROM __InstanceCreationEvent GROUP WITHIN 1`, admins)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"u", "root"} {
			if err := f.Publish(context.Background(), namespace, named(name), f.inst("T_Event", "Who", name)); err != nil {
				t.Fatal(err)
			}
			inst := f.inst("T_Base", "Id", name)
			err := f.repo.Update(event.WithPublisher(context.Background(), named(name)), 0, func(tx *repository.Tx) error {
				_, err := tx.PutInstance(f.ns, inst, 0, nil)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := published.take(); len(got) != 1 || got[0] != `T_Event{Who=root} in root\test` {
			t.Errorf("published: %q", got)
		}
		if got := changed.queued(f); len(got) != 1 || got[0] != `InstanceCreationEvent{TargetInstance=T_Base{Id=root}} by root` {
			t.Errorf("changed: %q", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := grouped.take(); len(got) != 1 || !strings.Contains(got[0], "NumberOfEvents=1 ") || !strings.Contains(got[0], "T_Base{Id=root}") {
			t.Errorf("grouped: %q", got)
		}
		for _, sddl := range []string{"nonsense", "D:(A;;0x80;;;BA)", "O:BAG:BAD:(A;;0x800000;;;BA)"} {
			if _, err := register(`SELECT * FROM T_Event`, sddl); wbem.StatusOf(err) != wbem.InvalidParameter {
				t.Errorf("%s: %v", sddl, err)
			}
		}
	})
}

// TestSystemEvents proves what the events of the service carry and who receives
// them.
func TestSystemEvents(t *testing.T) {
	bubble(t, event.Options{Access: accounts()}, func(f *fixture) {
		subscribe := func(name string) *event.Subscription {
			s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: `SELECT * FROM __EventDroppedEvent`, Identity: named(name)})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		admin, u := subscribe("root"), subscribe("u")
		d := event.Dropped{Namespace: namespace, Event: f.inst("T_Event", "Level", 1), Consumer: `C="x"`}
		ctx := context.Background()
		failure := &wbem.Error{Status: wbem.NotFound, Detail: "no file", Object: f.inst("__ExtendedStatus", "Description", "/secret")}
		if err := errors.Join(f.Drop(ctx, d), f.QueueOverflow(ctx, d, 1<<40), f.ConsumerFailure(ctx, d, failure)); err != nil {
			t.Fatal(err)
		}
		// What went wrong is for administrators; others learn its status.
		wants(f, u, `EventDroppedEvent{Event=T_Event{Level=1} IntendedConsumer=C="x"}`,
			`ConsumerFailureEvent{ErrorCode=2147749890 ErrorDescription=NotFound (0x80041002) Event=T_Event{Level=1} IntendedConsumer=C="x"}`, "nothing")
		wants(f, admin, `EventDroppedEvent{Event=T_Event{Level=1} IntendedConsumer=C="x"}`)
		inst, err := admin.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if size, _ := inst.Get("CurrentQueueSize"); inst.ClassName() != "__EventQueueOverflowEvent" || size.Uint() != 1<<32-1 {
			t.Errorf("%s", describe(inst))
		}
		wants(f, admin, `ConsumerFailureEvent{ErrorCode=2147749890 ErrorDescription=NotFound (0x80041002): no file ErrorObject=ExtendedStatus{Description=/secret} Event=T_Event{Level=1} IntendedConsumer=C="x"}`)
		// None is about another.
		d.Event = inst
		if err := errors.Join(f.Drop(ctx, d), f.QueueOverflow(ctx, d, 1), f.ConsumerFailure(ctx, d, wbem.Failed)); err != nil {
			t.Fatal(err)
		}
		wants(f, admin, "nothing")
		admin.Close()
		u.Close()
	})
}

// A condition tells no more than the event does.
func TestSystemEventsConditions(t *testing.T) {
	bubble(t, event.Options{Access: accounts()}, func(f *fixture) {
		d := event.Dropped{Namespace: namespace, Consumer: `C="x"`}
		query := func(condition string) string {
			return `SELECT ErrorCode FROM __ConsumerFailureEvent WHERE ` + condition
		}
		for _, test := range []struct {
			condition string
			who       string
			sees      bool
		}{
			{`ErrorDescription LIKE "%secret%"`, "root", true},
			{`ErrorDescription LIKE "%secret%"`, "u", false},
			{`NOT ErrorDescription LIKE "%secret%"`, "root", false},
			{`NOT ErrorDescription LIKE "%secret%"`, "u", true},
			{`ErrorDescription LIKE "AccessDenied%"`, "u", true},
			{`ErrorObject IS NOT NULL`, "root", true},
			{`ErrorObject IS NOT NULL`, "u", false},
			{`ErrorObject.Description LIKE "%secret%"`, "u", false},
			{`ErrorDescription IS NOT NULL GROUP WITHIN 1 BY ErrorDescription`, "u", true},
		} {
			s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: query(test.condition), Identity: named(test.who)})
			if err != nil {
				t.Fatal(test.condition, err)
			}
			cause := &wbem.Error{Status: wbem.AccessDenied, Detail: "/secret", Object: f.inst("__ExtendedStatus", "Description", "/secret")}
			if err := f.ConsumerFailure(context.Background(), d, cause); err != nil {
				t.Fatal(err)
			}
			got := nextWithin(s, 2*time.Second)
			if (got != "nothing") != test.sees {
				t.Errorf("%s WHERE %s: %s", test.who, test.condition, got)
			}
			if test.who != "root" && strings.Contains(got, "secret") {
				t.Errorf("%s WHERE %s: learns %s", test.who, test.condition, got)
			}
			s.Close()
		}
	})
}
