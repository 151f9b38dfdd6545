package event_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// A journal is a Handler that writes down what it gets, and that durably for
// what comes with a transaction.
type journal struct {
	mu     sync.Mutex
	lines  []string
	queue  []byte
	refuse error
}

func (j *journal) note(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

func (j *journal) Commit(_ context.Context, tx *repository.Tx, e *event.Event) error {
	if j.refuse != nil {
		return j.refuse
	}
	who := ""
	if e.Publisher != nil {
		who = " by " + e.Publisher.Name
	}
	_, err := tx.Append(j.queue, []byte(describe(e.Instance)+who))
	return err
}

func (j *journal) Deliver(_ context.Context, e *event.Event) error {
	j.note("%s in %s", describe(e.Instance), e.Namespace.Path())
	return j.refuse
}

func (j *journal) Lost(n uint64) { j.note("lost %d", n) }

func (j *journal) End(err error) { j.note("end %s", wbem.StatusOf(err).Name()) }

// queued returns what is durable.
func (j *journal) queued(f *fixture) (lines []string) {
	f.Helper()
	for item, err := range f.repo.Queue(j.queue, 0) {
		if err != nil {
			f.Fatal(err)
		}
		lines = append(lines, string(item.Data))
	}
	return lines
}

// TestHandler proves that events of changes come in their transaction, all
// others after it, and each once.
func TestHandler(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		f.start()
		j := &journal{queue: []byte("q")}
		register := func(query string, h event.Handler) *event.Registration {
			t.Helper()
			r, err := f.Register(context.Background(), event.Spec{Namespace: namespace, Query: query}, h)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		r := register(`SELECT * FROM __Event`, j)
		group := &journal{queue: []byte("group")}
		register(`SELECT * FROM __InstanceCreationEvent GROUP WITHIN 1`, group)
		poll := &journal{}
		register(pollDyn, poll)

		ctx := event.WithPublisher(context.Background(), named("somebody"))
		inst := f.inst("T_Base", "Id", "a")
		err := f.repo.Update(ctx, kv.Durable, func(tx *repository.Tx) error {
			_, err := tx.PutInstance(f.ns, inst, 0, nil)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		f.publish("T_Event", "Level", 1)
		f.put("__IntervalTimerInstruction", "TimerId", "t", "IntervalBetweenEvents", 60000)
		f.dyn.set(f.dynamic("d", 1))
		time.Sleep(90 * time.Second)

		// What a transaction that fails does is undone with it.
		err = f.repo.Update(ctx, kv.Durable, func(tx *repository.Tx) error {
			if _, err := tx.PutInstance(f.ns, f.inst("T_Base", "Id", "b"), 0, nil); err != nil {
				return err
			}
			return errors.New("no")
		})
		if err == nil {
			t.Fatal("no error")
		}
		want := []string{"InstanceCreationEvent{TargetInstance=T_Base{Id=a}} by somebody",
			"InstanceCreationEvent{TargetInstance=IntervalTimerInstruction{IntervalBetweenEvents=60000 SkipIfPassed=FALSE TimerId=t}}"}
		if d := cmp.Diff(want, j.queued(f)); d != "" {
			t.Errorf("in transactions (-want +got):\n%s", d)
		}
		want = []string{`T_Event{Level=1} in root\test`, `TimerEvent{NumFirings=1 TimerId=t} in root\test`}
		if d := cmp.Diff(want, j.take()); d != "" {
			t.Errorf("outside (-want +got):\n%s", d)
		}
		want = []string{`AggregateEvent{NumberOfEvents=2 Representative=InstanceCreationEvent{TargetInstance=T_Base{Id=a}}} in root\test`}
		if d := cmp.Diff(want, group.take()); d != "" || group.queued(f) != nil {
			t.Errorf("groups (-want +got):\n%s", d)
		}
		want = []string{`InstanceCreationEvent{TargetInstance=T_Dyn{K=d V=1}} in root\test`}
		if d := cmp.Diff(want, poll.take()); d != "" {
			t.Errorf("polled (-want +got):\n%s", d)
		}

		// Whoever cannot take an event stops what causes it.
		j.refuse = wbem.OutOfDiskSpace
		err = f.repo.Update(ctx, kv.Durable, func(tx *repository.Tx) error { return tx.DeleteInstance(f.ns, mustRel(f, inst)) })
		if wbem.StatusOf(err) != wbem.OutOfDiskSpace {
			t.Errorf("the change: %v", err)
		}
		if _, err := f.ns.Instance(mustRel(f, inst), false); err != nil {
			t.Errorf("the instance: %v", err)
		}
		if err := f.Publish(context.Background(), namespace, nil, f.inst("T_Event")); wbem.StatusOf(err) != wbem.OutOfDiskSpace {
			t.Errorf("publishing: %v", err)
		}
		j.take()
		r.Close()
		r.Close()
		f.publish("T_Event", "Level", 2)
		f.deleteClass("T_Dyn")
		synctest.Wait()
		f.Broker.Close()
		if got := j.take(); got != nil {
			t.Errorf("after Close: %v", got)
		}
		if d := cmp.Diff([]string{"end InvalidClass"}, poll.take()); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"end ShuttingDown"}, group.take()); d != "" {
			t.Error(d)
		}
	})
}

// TestPermanentQuota proves that registrations count apart from subscriptions.
func TestPermanentQuota(t *testing.T) {
	bubble(t, event.Options{}, func(f *fixture) {
		spec := event.Spec{Namespace: namespace, Query: `SELECT * FROM T_Event`, Identity: named("u")}
		for range 1000 {
			if _, err := f.Register(context.Background(), spec, &journal{}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.Register(context.Background(), spec, &journal{}); wbem.StatusOf(err) != wbem.QuotaViolation {
			t.Error(err)
		}
		if _, err := f.Subscribe(context.Background(), spec); err != nil {
			t.Error(err)
		}
	})
}
