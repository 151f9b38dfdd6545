package wbem_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

const someEvents = "SELECT * FROM SomeEvent"

var overflow = wbem.NewError("ExecNotificationQuery", someEvents, cim.Errorf(wbem.QueueOverflow, "5 events were lost"))

// feeding is a fake whose subscription, the last one in *f, has these items.
func feeding(f **feed, items ...any) *fake {
	return &fake{subscribe: func(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error) {
		if language != "WQL" || query != someEvents || o.Flags != wbem.UseAmendedQualifiers || o.Progress != nil {
			return nil, cim.Errorf(wbem.InvalidParameter, "%s %s %v", language, query, o)
		}
		*f = newFeed(ctx, items...)
		return *f, nil
	}}
}

func notify(ctx context.Context, s wbem.Services) iter.Seq2[*cim.Instance, error] {
	return wbem.Notify(ctx, s, "WQL", someEvents, wbem.Options{Flags: wbem.UseAmendedQualifiers})
}

// wantClosed checks that a subscription was closed or its context has ended.
func wantClosed(t *testing.T, f *feed) {
	t.Helper()
	_, err := f.Next(t.Context())
	if !errors.Is(err, wbem.InvalidOperation) && !errors.Is(err, wbem.CallCancelled) {
		t.Errorf("Next = %v after the end", err)
	}
}

func TestNotify(t *testing.T) {
	t.Run("goes on after a loss and ends with the subscription", func(t *testing.T) {
		var f *feed
		s := feeding(&f, newB("1"), overflow, newB("2"), error(wbem.ShuttingDown), newB("3"))
		var got []string
		for event, err := range notify(t.Context(), s) {
			if err != nil {
				got = append(got, wbem.StatusOf(err).Name())
				continue
			}
			got = append(got, name(event))
		}
		equal(t, got, []string{`B.Id="1"`, "QueueOverflow", `B.Id="2"`, "ShuttingDown"})
		wantClosed(t, f)
	})
	t.Run("ends with the loop", func(t *testing.T) {
		var f *feed
		for range notify(t.Context(), feeding(&f, newB("1"), newB("2"))) {
			break
		}
		wantClosed(t, f)
	})
	t.Run("ends with the context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var f *feed
			var got []string
			for event, err := range notify(ctx, feeding(&f, newB("1"))) {
				if err != nil {
					wantStatus(t, err, wbem.Timeout)
					continue
				}
				got = append(got, name(event))
			}
			equal(t, got, []string{`B.Id="1"`})
			wantStatus(t, second(f.Next(t.Context())), wbem.InvalidOperation)
		})
	})
	t.Run("subscribes in the loop, and may fail", func(t *testing.T) {
		called := 0
		s := &fake{subscribe: func(context.Context, string, string, wbem.Options) (wbem.Subscription, error) {
			called++
			return nil, wbem.NotEventClass
		}}
		events := notify(t.Context(), s)
		if called != 0 {
			t.Error("it has subscribed before the loop")
		}
		n := 0
		for event, err := range events {
			n++
			wantStatus(t, err, wbem.NotEventClass)
			if event != nil {
				t.Errorf("event %v with an error", event)
			}
		}
		equal(t, []int{n, called}, []int{1, 1})
	})
}

func subscribe(t *testing.T, s wbem.Services, sink *wbem.Sink, flags wbem.Flags, tag any) {
	t.Helper()
	o := wbem.Options{Flags: flags | wbem.UseAmendedQualifiers}
	if err := wbem.SubscribeAsync(t.Context(), s, sink, "WQL", someEvents, o, tag); err != nil {
		t.Fatal(err)
	}
}

// async-and-security.md#17: a subscription has no completion before Cancel.
func TestSubscribeAsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f *feed
		sink := newRecord()
		subscribe(t, feeding(&f), &sink.Sink, 0, "ctx")
		time.Sleep(time.Hour)
		synctest.Wait()
		sink.want(t)
		f.items <- newB("1")
		f.items <- newB("2")
		synctest.Wait()
		sink.want(t, `object B.Id="1" [ctx]`, `object B.Id="2" [ctx]`)
		sink.Cancel()
		synctest.Wait()
		sink.want(t, "completed CallCancelled [ctx]")
		wantClosed(t, f)
		f.items <- newB("3")
		synctest.Wait()
		sink.want(t)
	})
}

// What is wrong with the query is the error of the call, wherever the session
// says that it has started.
func TestSubscribeAsyncRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecord()
		for _, s := range []*fake{
			{check: wbem.NotEventClass},
			{subscribe: func(context.Context, string, string, wbem.Options) (wbem.Subscription, error) {
				return nil, wbem.NotEventClass
			}},
		} {
			err := wbem.SubscribeAsync(t.Context(), s, &sink.Sink, "WQL", someEvents, wbem.Options{}, nil)
			wantStatus(t, err, wbem.NotEventClass)
			var e *wbem.Error
			if !errors.As(err, &e) || e.Op != "ExecNotificationQuery" || e.Path != someEvents {
				t.Errorf("error %#v", err)
			}
		}
		synctest.Wait()
		sink.want(t)
	})
}

// A loss is told, whether progress was asked for or not, and is not the end.
func TestSubscribeAsyncOverflow(t *testing.T) {
	for _, flags := range []wbem.Flags{0, wbem.SendStatus} {
		synctest.Test(t, func(t *testing.T) {
			var f *feed
			sink := newRecord()
			subscribe(t, feeding(&f, newB("1"), overflow, newB("2"), error(wbem.ShuttingDown)), &sink.Sink, flags, nil)
			synctest.Wait()
			sink.want(t, `object B.Id="1"`,
				"progress 0/0 ExecNotificationQuery "+someEvents+": QueueOverflow (0x80041061): 5 events were lost",
				`object B.Id="2"`, "completed ShuttingDown")
			wantClosed(t, f)
		})
	}
}

// A handler that is slow makes the subscription wait, and one that fails ends it.
func TestSubscribeAsyncSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f *feed
		hold := make(chan struct{})
		var completed error
		sink := &wbem.Sink{
			OnObject:    func(cim.Object, any) error { <-hold; return errors.New("no more") },
			OnCompleted: func(err error, _ any) { completed = err },
		}
		subscribe(t, feeding(&f), sink, 0, nil)
		for range 90 {
			f.items <- newB("1")
		}
		synctest.Wait()
		if n := len(f.items); n == 0 || n > 26 { // one with the handler, 64 in the queue, one that waits for it
			t.Errorf("%d events are left with the subscription", n)
		}
		close(hold)
		synctest.Wait()
		wantStatus(t, completed, wbem.CallCancelled)
		wantClosed(t, f)
	})
}
