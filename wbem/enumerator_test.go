package wbem_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

const semisync = wbem.ReturnImmediately

func open(t *testing.T, flags wbem.Flags, seq iter.Seq2[*cim.Instance, error]) *wbem.Enumerator {
	t.Helper()
	e, err := wbem.EnumerateInstances(t.Context(), sequence(seq), "B", wbem.Options{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// next reads and compares the numbers of the instances, joined by spaces.
func next(t *testing.T, e *wbem.Enumerator, timeout time.Duration, count int, want string, status wbem.Status) {
	t.Helper()
	objects, got, err := e.Next(context.Background(), timeout, count)
	if text := ids(objects); text != want || got != status || wbem.StatusOf(err) != got && err != nil {
		t.Errorf("Next(%v, %d) = %q, %v, %v; want %q, %v", timeout, count, text, got, err, want, status)
	}
}

func ids(objects []cim.Object) string {
	var out []string
	for _, o := range objects {
		v, _ := o.(*cim.Instance).Get("Id")
		out = append(out, v.Text())
	}
	return strings.Join(out, " ")
}

// async-and-security.md#26: the end of the results.
func TestNext(t *testing.T) {
	for _, flags := range []wbem.Flags{0, semisync, wbem.ForwardOnly, semisync | wbem.ForwardOnly} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, flags, count(5))
			next(t, e, wbem.Infinite, 0, "", wbem.OK)
			next(t, e, wbem.Infinite, 2, "1 2", wbem.OK)
			next(t, e, wbem.Infinite, 3, "3 4 5", wbem.OK)
			next(t, e, wbem.Infinite, 1, "", wbem.SFalse)
			next(t, e, 0, 1, "", wbem.SFalse)
			next(t, e, -2, 1, "", wbem.InvalidParameter)
			next(t, e, 0, -1, "", wbem.InvalidParameter)

			e = open(t, flags, count(5))
			if status, err := e.Skip(t.Context(), wbem.Infinite, 3); status != wbem.OK || err != nil {
				t.Errorf("Skip = %v, %v", status, err)
			}
			next(t, e, wbem.Infinite, 10, "4 5", wbem.SFalse)
			if status, err := e.Skip(t.Context(), wbem.Infinite, 1); status != wbem.SFalse || err != nil {
				t.Errorf("Skip = %v, %v", status, err)
			}
		})
	}
}

func TestNextTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, semisync, func(yield func(*cim.Instance, error) bool) {
			for i := range count(4) {
				if !yield(i, nil) {
					return
				}
				time.Sleep(10 * time.Second)
			}
		})
		synctest.Wait()
		next(t, e, 0, 2, "1", wbem.STimedout)
		next(t, e, 0, 2, "", wbem.STimedout)
		start := time.Now()
		next(t, e, 15*time.Second, 3, "2", wbem.STimedout)
		if waited := time.Since(start); waited != 15*time.Second {
			t.Errorf("waited %v", waited)
		}
		next(t, e, wbem.Infinite, 3, "3 4", wbem.SFalse)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		slow := open(t, semisync, func(func(*cim.Instance, error) bool) { time.Sleep(time.Minute) })
		_, status, err := slow.Next(ctx, wbem.Infinite, 1)
		if status != wbem.Timeout || !errors.Is(err, wbem.Timeout) {
			t.Errorf("Next = %v, %v", status, err)
		}
		time.Sleep(time.Minute)
	})
}

// async-and-security.md#27: forward-only enumerators do not go back.
func TestForwardOnly(t *testing.T) {
	for _, flags := range []wbem.Flags{wbem.ForwardOnly, semisync | wbem.ForwardOnly} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, flags, count(3))
			wantStatus(t, e.Reset(), wbem.InvalidOperation)
			wantStatus(t, second(e.Clone()), wbem.InvalidOperation)
			wantStatus(t, second(e.Count(t.Context())), wbem.InvalidOperation)
			next(t, e, wbem.Infinite, 3, "1 2 3", wbem.OK)
		})
	}
}

func TestBidirectional(t *testing.T) {
	for _, flags := range []wbem.Flags{0, semisync} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, flags, count(5))
			next(t, e, wbem.Infinite, 3, "1 2 3", wbem.OK)
			c, err := e.Clone()
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Reset(); err != nil {
				t.Fatal(err)
			}
			next(t, e, wbem.Infinite, 1, "1", wbem.OK)
			if n, err := e.Count(t.Context()); n != 5 || err != nil {
				t.Errorf("Count = %d, %v", n, err)
			}
			e.Close()
			e.Close()
			next(t, e, wbem.Infinite, 1, "", wbem.InvalidOperation)
			wantStatus(t, e.Reset(), wbem.InvalidOperation)
			wantStatus(t, second(e.Clone()), wbem.InvalidOperation)
			wantStatus(t, second(e.Count(t.Context())), wbem.InvalidOperation)
			next(t, c, wbem.Infinite, 5, "4 5", wbem.SFalse)
			c.Close()
		})
	}
}

// What a reader does to an object, the next one does not see.
func TestEnumeratorCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, 0, count(1))
		for range 2 {
			objects, _, err := e.Next(t.Context(), wbem.Infinite, 1)
			if err != nil || ids(objects) != "1" {
				t.Fatalf("%q, %v", ids(objects), err)
			}
			set(t, objects[0].(*cim.Instance), "Id", "changed")
			if err := e.Reset(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A failure is seen where the results are used, behind those that came before;
// of a synchronous call it is the call's own.
func TestEnumerationFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seq := failing(count(2), cim.Errorf(wbem.InvalidClass, "no class B"))
		for _, flags := range []wbem.Flags{0, wbem.ForwardOnly} {
			_, err := wbem.EnumerateInstances(t.Context(), sequence(seq), "B", wbem.Options{Flags: flags})
			var e *wbem.Error
			if !errors.As(err, &e) || e.Status != wbem.InvalidClass || e.Op != "CreateInstanceEnum" || e.Path != "B" {
				t.Errorf("error %#v", err)
			}
		}
		for _, flags := range []wbem.Flags{semisync, semisync | wbem.ForwardOnly} {
			e := open(t, flags, seq)
			next(t, e, wbem.Infinite, 5, "1 2", wbem.InvalidClass)
			next(t, e, 0, 1, "", wbem.InvalidClass)
		}
		wantStatus(t, second(open(t, semisync, seq).Count(t.Context())), wbem.InvalidClass)

		check := &fake{check: wbem.AccessDenied}
		_, err := wbem.EnumerateClasses(t.Context(), check, "", wbem.Options{Flags: semisync})
		wantStatus(t, err, wbem.AccessDenied)
	})
}

// An end that says more than that is no failure.
func TestPartialResults(t *testing.T) {
	for _, flags := range []wbem.Flags{0, semisync} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, flags, func(yield func(*cim.Instance, error) bool) {
				_ = yield(newB("1"), nil) && yield(nil, cim.Errorf(wbem.SPartialResults, "one of two providers failed"))
			})
			next(t, e, wbem.Infinite, 2, "1", wbem.SPartialResults)
			next(t, e, wbem.Infinite, 1, "", wbem.SPartialResults)
			if n, err := e.Count(t.Context()); n != 1 || err != nil {
				t.Errorf("Count = %d, %v", n, err)
			}
			for _, err := range e.All(t.Context()) {
				t.Errorf("All yields %v", err)
			}
		})
	}
}

func TestEnumeratorAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, semisync, failing(count(200), wbem.ProviderFailure))
		n := 0
		for _, err := range e.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 3 {
				break
			}
		}
		var last error
		for _, err := range e.All(t.Context()) {
			if last = err; err == nil {
				n++
			}
		}
		wantStatus(t, last, wbem.ProviderFailure)
		if n != 200 {
			t.Errorf("%d objects", n)
		}
		for range open(t, semisync, count(0)).All(t.Context()) {
			t.Error("an object out of nothing")
		}
	})
}

// The operation is never more than 64 objects ahead of its reader, and ends when
// the enumerator is closed.
func TestEnumeratorWindow(t *testing.T) {
	for _, flags := range []wbem.Flags{semisync, semisync | wbem.ForwardOnly} {
		synctest.Test(t, func(t *testing.T) {
			produced, ended := 0, false
			e := open(t, flags, func(yield func(*cim.Instance, error) bool) {
				defer func() { ended = true }()
				for i := range count(1000) {
					produced++
					if !yield(i, nil) {
						return
					}
				}
			})
			for read := 0; read < 300; read += 3 {
				synctest.Wait()
				if produced > read+65 {
					t.Fatalf("%d produced, %d read", produced, read)
				}
				if objects, _, err := e.Next(t.Context(), wbem.Infinite, 3); len(objects) != 3 || err != nil {
					t.Fatal(len(objects), err)
				}
			}
			synctest.Wait()
			if ended {
				t.Error("the operation has ended")
			}
			e.Close()
			synctest.Wait()
			if !ended {
				t.Error("the operation goes on")
			}
		})
	}
}

// An enumerator that nobody refers to releases its operation.
func TestEnumeratorUnreachable(t *testing.T) {
	ended := make(chan struct{})
	func() {
		e, err := wbem.EnumerateInstances(context.Background(), sequence(func(yield func(*cim.Instance, error) bool) {
			defer close(ended)
			for i := range count(1000) {
				if !yield(i, nil) {
					return
				}
			}
		}), "B", wbem.Options{Flags: semisync})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := e.Next(context.Background(), wbem.Infinite, 1); err != nil {
			t.Fatal(err)
		}
	}()
	for {
		runtime.GC()
		select {
		case <-ended:
			return
		default:
			runtime.Gosched()
		}
	}
}

func TestEnumerateClasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake{classes: func(_ context.Context, super string, o wbem.Options) iter.Seq2[*cim.Class, error] {
			return func(yield func(*cim.Class, error) bool) {
				if super != "X" || o.Flags != wbem.Shallow {
					yield(nil, cim.Errorf(wbem.InvalidParameter, "%q, %v", super, o.Flags))
					return
				}
				yield(classB, nil)
			}
		}}
		e, err := wbem.EnumerateClasses(t.Context(), s, "X", wbem.Options{Flags: semisync | wbem.Shallow | wbem.ForwardOnly})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		objects, status, err := e.Next(t.Context(), wbem.Infinite, 2)
		if len(objects) != 1 || objects[0] != classB || status != wbem.SFalse || err != nil {
			t.Errorf("%v, %v, %v", objects, status, err)
		}
	})
}

// Closing wakes whoever waits.
func TestCloseWakesReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, semisync, func(func(*cim.Instance, error) bool) { time.Sleep(time.Second) })
		done := make(chan error)
		go func() {
			_, _, err := e.Next(context.Background(), wbem.Infinite, 1)
			done <- err
		}()
		synctest.Wait()
		e.Close()
		wantStatus(t, <-done, wbem.InvalidOperation)
		time.Sleep(time.Second)
	})
}

// slowly yields what seq does, one a second.
func slowly(seq iter.Seq2[*cim.Instance, error]) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for i := range seq {
			time.Sleep(time.Second)
			if !yield(i, nil) {
				return
			}
		}
	}
}

// A synchronous call waits for the end, and so does Count.
func TestEnumeratorWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		e := open(t, 0, slowly(count(200)))
		if waited := time.Since(start); waited != 200*time.Second {
			t.Errorf("waited %v", waited)
		}
		next(t, e, 0, 200, strings.TrimSpace(idsTo(200)), wbem.OK)

		start = time.Now()
		e = open(t, semisync, slowly(count(200)))
		if n, err := e.Count(t.Context()); n != 200 || err != nil || time.Since(start) != 200*time.Second {
			t.Errorf("Count = %d, %v after %v", n, err, time.Since(start))
		}

		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		e = open(t, semisync, slowly(count(200)))
		wantStatus(t, second(e.Count(ctx)), wbem.Timeout)
		next(t, e, 0, 9, strings.TrimSpace(idsTo(9)), wbem.OK)
		_, err := wbem.EnumerateInstances(ctx, sequence(slowly(count(20))), "B", wbem.Options{})
		wantStatus(t, err, wbem.Timeout)

		done := make(chan error)
		go func() { done <- second(e.Count(context.Background())) }()
		synctest.Wait()
		e.Close()
		wantStatus(t, <-done, wbem.InvalidOperation)
		time.Sleep(time.Minute) // until every operation has seen that it is over
	})
}

func idsTo(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprint(&b, i+1, " ")
	}
	return b.String()
}
