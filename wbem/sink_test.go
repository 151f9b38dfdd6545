package wbem_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"openwmi/cim"
	"openwmi/wbem"
)

// put starts a put of an instance of B with that Id.
func put(t *testing.T, s wbem.Services, sink *wbem.Sink, id string, tag any) {
	t.Helper()
	if err := wbem.PutInstanceAsync(t.Context(), s, sink, newB(id), wbem.Options{}, tag); err != nil {
		t.Fatal(err)
	}
}

func enumerate(t *testing.T, s wbem.Services, sink *wbem.Sink, tag any) {
	t.Helper()
	if err := wbem.InstancesAsync(t.Context(), s, sink, "B", wbem.Options{}, tag); err != nil {
		t.Fatal(err)
	}
}

// sequence is a fake whose instances are those of seq.
func sequence(seq iter.Seq2[*cim.Instance, error]) *fake {
	return &fake{instances: func(context.Context, string, wbem.Options) iter.Seq2[*cim.Instance, error] { return seq }}
}

// async-and-security.md#1, put.md#79: without a sink or an object the call
// itself fails.
func TestMissingParameters(t *testing.T) {
	s := &fake{}
	sink := newRecord()
	ctx := t.Context()
	for name, err := range map[string]error{
		"get":          wbem.GetAsync(ctx, s, nil, "B", wbem.Options{}, nil),
		"classes":      wbem.ClassesAsync(ctx, s, nil, "", wbem.Options{}, nil),
		"instances":    wbem.InstancesAsync(ctx, s, nil, "B", wbem.Options{}, nil),
		"query":        wbem.QueryAsync(ctx, s, nil, "WQL", "SELECT * FROM B", wbem.Options{}, nil),
		"subscribe":    wbem.SubscribeAsync(ctx, s, nil, "WQL", someEvents, wbem.Options{}, nil),
		"put":          wbem.PutInstanceAsync(ctx, s, nil, newB("1"), wbem.Options{}, nil),
		"put class":    wbem.PutClassAsync(ctx, s, nil, &cim.ClassDecl{Name: "B"}, wbem.Options{}, nil),
		"delete":       wbem.DeleteAsync(ctx, s, nil, "B", wbem.Options{}, nil),
		"no object":    wbem.PutInstanceAsync(ctx, s, &sink.Sink, nil, wbem.Options{}, nil),
		"no class":     wbem.PutClassAsync(ctx, s, &sink.Sink, nil, wbem.Options{}, nil),
		"cancel":       wbem.CancelAsyncCall(nil), // async-and-security.md#22
		"begin object": second(wbem.BeginPutInstance(ctx, s, nil, wbem.Options{})),
		"begin class":  second(wbem.BeginPutClass(ctx, s, nil, wbem.Options{})),
	} {
		if wbem.StatusOf(err) != wbem.InvalidParameter {
			t.Errorf("%s: %v", name, err)
		}
	}
	sink.want(t)
}

func second[T any](_ T, err error) error { return err }

// put.md#82: what fails before the start is the error of the call, and there is
// no event.
func TestFailureBeforeStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake{check: cim.Errorf(wbem.InvalidParameter, "flag 0x1000 is unknown")}
		sink := newRecord()
		err := wbem.PutInstanceAsync(t.Context(), s, &sink.Sink, newB("1"), wbem.Options{Flags: 0x1000}, nil)
		wantStatus(t, err, wbem.InvalidParameter)
		var e *wbem.Error
		if !errors.As(err, &e) || e.Op != "PutInstance" || e.Path != `B.Id="1"` {
			t.Errorf("error %#v", err)
		}
		wantStatus(t, wbem.InstancesAsync(t.Context(), s, &sink.Sink, "", wbem.Options{}, nil), wbem.InvalidParameter)
		wantStatus(t, wbem.GetAsync(t.Context(), s, &sink.Sink, "B.Id=", wbem.Options{}, nil), wbem.InvalidObjectPath)
		wantStatus(t, wbem.DeleteAsync(t.Context(), s, &sink.Sink, `\\HOST\root\t`, wbem.Options{}, nil), wbem.InvalidObjectPath)
		synctest.Wait()
		sink.want(t)
		// async-and-security.md#22: a sink with which nothing has started.
		wantStatus(t, wbem.CancelAsyncCall(&sink.Sink), wbem.NotFound)
	})
}

// async-and-security.md#4, async-and-security.md#5, put.md#80, put.md#81: what
// each call delivers.
func TestDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake{
			getInstance: func(_ context.Context, p cim.Path, _ wbem.Options) (*cim.Instance, error) {
				if p.Keys[0].Text != "1" {
					return nil, wbem.NotFound
				}
				return newB("1"), nil
			},
			classes: func(context.Context, string, wbem.Options) iter.Seq2[*cim.Class, error] {
				return func(yield func(*cim.Class, error) bool) { yield(classB, nil) }
			},
			putClass: func(context.Context, *cim.ClassDecl, wbem.Options) error { return nil },
			putInstance: func(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
				if o.Flags == wbem.CreateOnly {
					return cim.Path{}, wbem.AlreadyExists
				}
				return stored(ctx, inst, o)
			},
			remove: func(_ context.Context, path string, _ wbem.Options) error {
				if path == "B" {
					return nil
				}
				return wbem.NotFound
			},
		}
		sink := newRecord()
		ctx, o := t.Context(), wbem.Options{}
		for _, test := range []struct {
			name string
			call func(tag any) error
			want []string
		}{
			{"get", func(tag any) error { return wbem.GetAsync(ctx, s, &sink.Sink, `B.Id="1"`, o, tag) },
				[]string{`object B.Id="1" [get]`, "completed NoErr [get]"}},
			{"get none", func(tag any) error { return wbem.GetAsync(ctx, s, &sink.Sink, `B.Id="2"`, o, tag) },
				[]string{"completed NotFound [get none]"}},
			{"classes", func(tag any) error { return wbem.ClassesAsync(ctx, s, &sink.Sink, "", o, tag) },
				[]string{"object B [classes]", "completed NoErr [classes]"}},
			{"put class", func(tag any) error { return wbem.PutClassAsync(ctx, s, &sink.Sink, classB.Decl(), o, tag) },
				[]string{`put \\HOST\root\t:B [put class]`, "completed NoErr [put class]"}},
			{"put", func(tag any) error { return wbem.PutInstanceAsync(ctx, s, &sink.Sink, newB("1"), o, tag) },
				[]string{`put \\HOST\root\t:B.Id="1" [put]`, "completed NoErr [put]"}},
			{"put exists", func(tag any) error {
				o := wbem.Options{Flags: wbem.CreateOnly}
				return wbem.PutInstanceAsync(ctx, s, &sink.Sink, newB("1"), o, tag)
			}, []string{"completed AlreadyExists [put exists]"}},
			{"delete class", func(tag any) error { return wbem.DeleteAsync(ctx, s, &sink.Sink, "B", o, tag) },
				[]string{"completed NoErr [delete class]"}},
			{"delete", func(tag any) error { return wbem.DeleteAsync(ctx, s, &sink.Sink, `B.Id="1"`, o, tag) },
				[]string{"completed NotFound [delete]"}},
		} {
			if err := test.call(test.name); err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			synctest.Wait()
			sink.want(t, test.want...)
		}
	})
}

func TestEnumerationDelivers(t *testing.T) {
	for _, n := range []int{0, 1, 3, 200} {
		synctest.Test(t, func(t *testing.T) {
			sink := newRecord()
			enumerate(t, sequence(count(n)), &sink.Sink, nil)
			synctest.Wait()
			var want []string
			for i := range n {
				want = append(want, fmt.Sprintf("object B.Id=\"%d\"", i+1))
			}
			sink.want(t, append(want, "completed NoErr")...)
		})
	}
}

// async-and-security.md#7, async-and-security.md#8: the context of a call is
// handed back as it is, nil if there was none.
func TestAsyncContextIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type tag struct{ n int }
		given := &tag{1}
		var got []any
		sink := &wbem.Sink{
			OnObject:    func(_ cim.Object, tag any) error { got = append(got, tag); return nil },
			OnCompleted: func(_ error, tag any) { got = append(got, tag) },
		}
		enumerate(t, sequence(count(1)), sink, given)
		synctest.Wait()
		enumerate(t, sequence(count(1)), sink, nil)
		synctest.Wait()
		if len(got) != 4 || got[0] != given || got[1] != given || got[2] != nil || got[3] != nil {
			t.Errorf("contexts %v", got)
		}
	})
}

// async-and-security.md#9, async-and-security.md#20: the handlers of a sink
// never overlap, and the events of each call are complete and in order.
func TestManyCallsOnOneSink(t *testing.T) {
	const calls, objects = 20, 100
	var running atomic.Int32
	enter := func() func() {
		if running.Add(1) != 1 {
			t.Error("two handlers run at once")
		}
		runtime.Gosched()
		return func() { running.Add(-1) }
	}
	seen := map[int]int{} // only touched by handlers
	done := make(chan int, calls)
	sink := &wbem.Sink{
		OnObject: func(o cim.Object, tag any) error {
			defer enter()()
			call := tag.(int)
			seen[call]++
			if want := fmt.Sprintf(`B.Id="%d"`, seen[call]); name(o) != want {
				t.Errorf("call %d: %s, want %s", call, name(o), want)
			}
			return nil
		},
		OnCompleted: func(err error, tag any) {
			defer enter()()
			if err != nil || seen[tag.(int)] != objects {
				t.Errorf("call %d: %v after %d objects", tag, err, seen[tag.(int)])
			}
			done <- tag.(int)
		},
	}
	for i := range calls {
		enumerate(t, sequence(count(objects)), sink, i)
	}
	for range calls {
		<-done
	}
}

// async-and-security.md#10, async-and-security.md#11, put.md#89: progress only
// with SendStatus.
func TestProgress(t *testing.T) {
	s := &fake{putInstance: func(_ context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
		if o.Flags != 0 {
			return cim.Path{}, cim.Errorf(wbem.InvalidParameter, "flags 0x%X", o.Flags)
		}
		if o.Progress != nil {
			o.Progress(wbem.Progress{Total: 10, Done: 3, Message: "x"})
		}
		return stored(t.Context(), inst, o)
	}}
	for _, test := range []struct {
		name  string
		flags wbem.Flags
		want  []string
	}{
		{"without", 0, nil},
		{"with", wbem.SendStatus, []string{"progress 3/10 x"}},
		{"immediately", wbem.SendStatus | wbem.ReturnImmediately, []string{"progress 3/10 x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := newRecord()
				o := wbem.Options{Flags: test.flags, Progress: func(wbem.Progress) { t.Error("progress beside the sink") }}
				if err := wbem.PutInstanceAsync(t.Context(), s, &sink.Sink, newB("1"), o, nil); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				sink.want(t, append(test.want, `put \\HOST\root\t:B.Id="1"`, "completed NoErr")...)
			})
		})
	}
}

// async-and-security.md#12, async-and-security.md#15: after Cancel nothing comes
// but the completion, once.
func TestCancelEnumeration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecord()
		hold := make(chan struct{})
		first := true
		onObject := sink.OnObject
		sink.OnObject = func(o cim.Object, tag any) error {
			if first {
				first = false
				<-hold
			}
			return onObject(o, tag)
		}
		enumerate(t, sequence(count(1000)), &sink.Sink, "x")
		synctest.Wait() // the first handler runs, the queue is full
		sink.Cancel()
		sink.Cancel()
		synctest.Wait()
		sink.want(t)
		close(hold) // the event that was being handled ends
		synctest.Wait()
		sink.want(t, `object B.Id="1" [x]`, "completed CallCancelled [x]")
		sink.Cancel()
		synctest.Wait()
		sink.want(t)
	})
}

// async-and-security.md#13: Cancel in a handler; OnCompleted comes after it
// (Decision A-5).
func TestCancelInHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecord()
		onObject := sink.OnObject
		sink.OnObject = func(o cim.Object, tag any) error {
			sink.Cancel()
			return onObject(o, tag)
		}
		enumerate(t, sequence(count(1000)), &sink.Sink, nil)
		synctest.Wait()
		sink.want(t, `object B.Id="1"`, "completed CallCancelled")
	})
}

// async-and-security.md#14: other sinks are not touched. put.md#90: a put that
// is cancelled while it runs delivers no path.
func TestCancelOneSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		slow := &fake{putInstance: func(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
			<-release // a provider that cannot be cancelled
			return stored(ctx, inst, o)
		}}
		a, b := newRecord(), newRecord()
		put(t, slow, &a.Sink, "1", nil)
		put(t, slow, &b.Sink, "2", nil)
		synctest.Wait()
		a.Cancel()
		synctest.Wait()
		a.want(t, "completed CallCancelled")
		b.want(t)
		close(release)
		synctest.Wait()
		a.want(t)
		b.want(t, `put \\HOST\root\t:B.Id="2"`, "completed NoErr")
	})
}

// Cancel reaches the operation through its context.
func TestCancelEndsOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecord()
		put(t, &fake{putInstance: ended}, &sink.Sink, "1", nil)
		if err := wbem.CancelAsyncCall(&sink.Sink); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		sink.want(t, "completed CallCancelled")
		// async-and-security.md#22: the calls of the sink have ended.
		if err := wbem.CancelAsyncCall(&sink.Sink); err != nil {
			t.Error(err)
		}
	})
}

// async-and-security.md#16: Cancel after the completion, or without any call.
func TestCancelIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecord()
		sink.Cancel()
		put(t, &fake{putInstance: stored}, &sink.Sink, "1", nil)
		synctest.Wait()
		sink.take()
		sink.Cancel()
		synctest.Wait()
		sink.want(t)
		put(t, &fake{putInstance: stored}, &sink.Sink, "1", nil)
		synctest.Wait()
		sink.want(t, `put \\HOST\root\t:B.Id="1"`, "completed NoErr")
	})
}

// A success that is on its way stands when Cancel comes, but not if something
// that belongs to it was dropped.
func TestCancelLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			name string
			s    *fake
			want string
		}{
			{"nothing was waiting", &fake{remove: func(context.Context, string, wbem.Options) error { return nil }}, "NoErr"},
			{"failure", &fake{remove: func(context.Context, string, wbem.Options) error { return wbem.NotFound }}, "NotFound"},
		} {
			sink := newRecord()
			hold := make(chan struct{})
			sink.OnObjectPut = func(cim.Path, any) error { <-hold; return nil }
			put(t, &fake{putInstance: stored}, &sink.Sink, "busy", "busy")
			if err := wbem.DeleteAsync(t.Context(), test.s, &sink.Sink, "B", wbem.Options{}, "late"); err != nil {
				t.Fatal(err)
			}
			enumerate(t, sequence(count(1)), &sink.Sink, "lossy")
			synctest.Wait()
			sink.Cancel()
			close(hold)
			synctest.Wait()
			got := map[string]bool{}
			for _, line := range sink.take() {
				got[line] = true
			}
			for _, want := range []string{"completed NoErr [busy]", "completed " + test.want + " [late]", "completed CallCancelled [lossy]"} {
				if !got[want] {
					t.Errorf("%s: no %q in %v", test.name, want, got)
				}
			}
			if len(got) != 3 {
				t.Errorf("%s: %v", test.name, got)
			}
		}
	})
}

// The context of a call ends it like any other failure.
func TestContextEndsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecord()
		ctx, cancel := context.WithCancel(t.Context())
		if err := wbem.PutInstanceAsync(ctx, &fake{putInstance: ended}, &sink.Sink, newB("1"), wbem.Options{}, nil); err != nil {
			t.Fatal(err)
		}
		cancel()
		synctest.Wait()
		sink.want(t, "completed CallCancelled")
	})
}

// async-and-security.md#18: a handler that fails in whatever way cancels its
// call; other calls go on (Decision A-3).
func TestHandlerFailure(t *testing.T) {
	for _, test := range []struct {
		name, cause string
		fail        func() error
	}{
		{"error", "no room", func() error { return errors.New("no room") }},
		{"panic", "the handler panicked: oops", func() error { panic("oops") }},
		{"goexit", "ended its goroutine", func() error { runtime.Goexit(); return nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := newRecord()
				onObject, onCompleted := sink.OnObject, sink.OnCompleted
				sink.OnObject = func(o cim.Object, tag any) error {
					if err := onObject(o, tag); err != nil || tag != "bad" {
						return err
					}
					return test.fail()
				}
				var cause error
				sink.OnCompleted = func(err error, tag any) {
					if tag == "bad" {
						cause = err
					}
					onCompleted(err, tag)
				}
				enumerate(t, sequence(count(500)), &sink.Sink, "bad")
				synctest.Wait()
				sink.want(t, `object B.Id="1" [bad]`, "completed CallCancelled [bad]")
				var e *wbem.Error
				if !errors.As(cause, &e) || e.Err == nil || !strings.Contains(e.Err.Error(), test.cause) {
					t.Errorf("cause %v", cause)
				}
				enumerate(t, sequence(count(1)), &sink.Sink, "bad")
				enumerate(t, sequence(count(100)), &sink.Sink, "good")
				synctest.Wait()
				lines := sink.take()
				if len(lines) != 103 {
					t.Errorf("%d events: %v", len(lines), lines)
				}
			})
		})
	}
}

// A panic of OnCompleted hurts no other call.
func TestCompletedPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecord()
		onCompleted := sink.OnCompleted
		sink.OnCompleted = func(err error, tag any) {
			onCompleted(err, tag)
			if tag == "bad" {
				panic("oops")
			}
		}
		enumerate(t, sequence(count(0)), &sink.Sink, "bad")
		synctest.Wait()
		enumerate(t, sequence(count(0)), &sink.Sink, "good")
		synctest.Wait()
		sink.want(t, "completed NoErr [bad]", "completed NoErr [good]")
	})
}

// async-and-security.md#19: nobody but the call refers to the sink.
func TestSinkReferenceDropped(t *testing.T) {
	done := make(chan error)
	release := make(chan struct{})
	func() {
		sink := &wbem.Sink{OnCompleted: func(err error, _ any) { done <- err }}
		s := &fake{putInstance: func(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
			<-release
			return stored(ctx, inst, o)
		}}
		put(t, s, sink, "1", nil)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	runtime.GC()
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// async-and-security.md#21: calls started in handlers, with the same sink, even
// while the queue is full.
func TestStartInHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecord()
		onCompleted := sink.OnCompleted
		sink.OnCompleted = func(err error, tag any) {
			onCompleted(err, tag)
			if n := tag.(int); n < 3 {
				put(t, &fake{putInstance: stored}, &sink.Sink, fmt.Sprint(n+1), n+1)
			}
		}
		put(t, &fake{putInstance: stored}, &sink.Sink, "1", 1)
		synctest.Wait()
		sink.want(t,
			`put \\HOST\root\t:B.Id="1" [1]`, "completed NoErr [1]",
			`put \\HOST\root\t:B.Id="2" [2]`, "completed NoErr [2]",
			`put \\HOST\root\t:B.Id="3" [3]`, "completed NoErr [3]")

		full := make(chan struct{})
		first := true
		sink.OnObject = func(cim.Object, any) error {
			if first {
				first = false
				<-full
				put(t, &fake{putInstance: stored}, &sink.Sink, "9", 9)
			}
			return nil
		}
		enumerate(t, sequence(count(500)), &sink.Sink, 8)
		synctest.Wait()
		close(full)
		synctest.Wait()
		got := strings.Join(sink.take(), "\n")
		if !strings.Contains(got, "completed NoErr [8]") || !strings.Contains(got, "completed NoErr [9]") {
			t.Errorf("events %s", got)
		}
	})
}

// A slow handler holds the operation up: nothing is dropped, and the queue does
// not grow.
func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const objects = 1000
		var produced, handled int
		turn := make(chan struct{})
		sink := &wbem.Sink{OnObject: func(cim.Object, any) error { <-turn; handled++; return nil }}
		enumerate(t, sequence(func(yield func(*cim.Instance, error) bool) {
			for i := range count(objects) {
				produced++
				if !yield(i, nil) {
					return
				}
			}
		}), sink, nil)
		for range objects {
			synctest.Wait()
			// 64 wait, one is handled, one is in the hands of the operation.
			if produced > handled+66 {
				t.Fatalf("%d produced, %d handled", produced, handled)
			}
			turn <- struct{}{}
		}
		synctest.Wait()
		if handled != objects {
			t.Errorf("%d of %d objects", handled, objects)
		}
	})
}

// put.md 3: there is a limit to the calls of a sink.
func TestMaxCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many goroutines")
	}
	synctest.Test(t, func(t *testing.T) {
		var completed int
		sink := &wbem.Sink{OnCompleted: func(error, any) { completed++ }}
		for range wbem.MaxCalls {
			put(t, &fake{putInstance: ended}, sink, "1", nil)
		}
		err := wbem.PutInstanceAsync(t.Context(), &fake{}, sink, newB("1"), wbem.Options{}, nil)
		wantStatus(t, err, wbem.QuotaViolation)
		sink.Cancel()
		synctest.Wait()
		if completed != wbem.MaxCalls {
			t.Errorf("%d completed", completed)
		}
		put(t, &fake{putInstance: stored}, sink, "1", nil)
		synctest.Wait()
	})
}

// put.md#83: the object and the named values are those at the time of the call.
func TestObjectIsCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var got, gotContext string
		s := &fake{putInstance: func(_ context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
			<-release
			v, _ := inst.Get("S")
			got = v.Text()
			v, _ = o.Context.Get("name")
			gotContext = v.Text()
			return cim.Path{Class: "B"}, nil
		}}
		sink := newRecord()
		inst := newB("1")
		set(t, inst, "S", "before")
		values := &wbem.Context{}
		values.Set("name", cim.StringValue("before"))
		if err := wbem.PutInstanceAsync(t.Context(), s, &sink.Sink, inst, wbem.Options{Context: values}, nil); err != nil {
			t.Fatal(err)
		}
		set(t, inst, "S", "after")
		values.Set("name", cim.StringValue("after"))
		close(release)
		synctest.Wait()
		if got != "before" || gotContext != "before" {
			t.Errorf("put S = %q with %q", got, gotContext)
		}
	})
}

func set(t *testing.T, inst *cim.Instance, name, text string) {
	t.Helper()
	if err := inst.Set(name, cim.StringValue(text)); err != nil {
		t.Fatal(err)
	}
}
