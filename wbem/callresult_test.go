package wbem_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// async-and-security.md#23: the path of a semisynchronous put.
func TestCallResultPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake{putInstance: func(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
			time.Sleep(time.Second)
			if o.Flags != 0 {
				return cim.Path{}, wbem.AlreadyExists
			}
			return stored(ctx, inst, o)
		}}
		ctx := t.Context()
		inst := newB("1")
		r, err := wbem.BeginPutInstance(ctx, s, inst, wbem.Options{Flags: wbem.ReturnImmediately})
		if err != nil {
			t.Fatal(err)
		}
		set(t, inst, "Id", "2")
		for _, timeout := range []time.Duration{0, 500 * time.Millisecond} {
			path, err := r.ResultString(ctx, timeout)
			if path != "" {
				t.Errorf("path %q", path)
			}
			wantStatus(t, err, wbem.STimedout)
		}
		wantStatus(t, second(r.CallStatus(ctx, 0)), wbem.STimedout)
		path, err := r.ResultString(ctx, wbem.Infinite)
		if want := `\\HOST\root\t:B.Id="1"`; path != want || err != nil {
			t.Errorf("ResultString = %q, %v", path, err)
		}
		if status, err := r.CallStatus(ctx, 0); status != wbem.OK || err != nil {
			t.Errorf("CallStatus = %v, %v", status, err)
		}
		// async-and-security.md#24: another kind of result than the operation has.
		wantStatus(t, second(r.ResultObject(ctx, 0)), wbem.InvalidOperation)
		wantStatus(t, second(r.ResultServices(ctx, 0)), wbem.InvalidOperation)
		wantStatus(t, second(r.ResultString(ctx, -5)), wbem.InvalidParameter)

		r, err = wbem.BeginPutInstance(ctx, s, inst, wbem.Options{Flags: wbem.CreateOnly})
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, second(r.ResultString(ctx, wbem.Infinite)), wbem.AlreadyExists)
		wantStatus(t, r.Wait(ctx), wbem.AlreadyExists)
		if status, err := r.CallStatus(ctx, 0); status != wbem.AlreadyExists || err != nil {
			t.Errorf("CallStatus = %v, %v", status, err)
		}
	})
}

// async-and-security.md#24, for the calls without a result.
func TestCallResultNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake{
			putClass: func(context.Context, *cim.ClassDecl, wbem.Options) error { return nil },
			remove:   func(context.Context, string, wbem.Options) error { return wbem.NotFound },
		}
		ctx := t.Context()
		r, err := wbem.BeginDelete(ctx, s, `B.Id="1"`, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, second(r.ResultString(ctx, wbem.Infinite)), wbem.InvalidOperation)
		if status, err := r.CallStatus(ctx, wbem.Infinite); status != wbem.NotFound || err != nil {
			t.Errorf("CallStatus = %v, %v", status, err)
		}
		r, err = wbem.BeginPutClass(ctx, s, classB.Decl(), wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, second(r.ResultString(ctx, wbem.Infinite)), wbem.InvalidOperation)
		if err := r.Wait(ctx); err != nil {
			t.Error(err)
		}
		_, err = wbem.BeginDelete(ctx, s, "B.Id=", wbem.Options{})
		wantStatus(t, err, wbem.InvalidObjectPath)
	})
}

func TestCallResultObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake{getInstance: func(context.Context, cim.Path, wbem.Options) (*cim.Instance, error) { return newB("1"), nil }}
		ctx := t.Context()
		r, err := wbem.BeginGet(ctx, s, `B.Id="1"`, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			o, err := r.ResultObject(ctx, wbem.Infinite)
			if err != nil || name(o) != `B.Id="1"` {
				t.Fatalf("ResultObject = %v, %v", o, err)
			}
			set(t, o.(*cim.Instance), "Id", "changed")
		}

		child := &fake{}
		s.openNamespace = func(context.Context, string, wbem.Options) (wbem.Services, error) { return child, nil }
		r, err = wbem.BeginOpenNamespace(ctx, s, "sub", wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.ResultServices(ctx, wbem.Infinite); got != child || err != nil {
			t.Errorf("ResultServices = %v, %v", got, err)
		}
	})
}

// The context of the reader bounds the waiting, that of the call the call.
func TestCallResultContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calling, stop := context.WithCancel(t.Context())
		r, err := wbem.BeginPutInstance(calling, &fake{putInstance: ended}, newB("1"), wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		reading, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantStatus(t, second(r.ResultString(reading, wbem.Infinite)), wbem.Timeout)
		stop()
		wantStatus(t, second(r.ResultString(t.Context(), wbem.Infinite)), wbem.CallCancelled)
	})
}

// async-and-security.md#25: at the service itself there is nowhere to put the
// result of a semisynchronous call.
func TestReturnImmediatelyWithoutReceiver(t *testing.T) {
	ctx := t.Context()
	services, class, stop := library(ctx)
	defer stop()
	o := wbem.Options{Flags: wbem.ReturnImmediately}
	_, err := services.PutInstance(ctx, book(class, "Emma"), o)
	wantStatus(t, err, wbem.InvalidParameter)
	wantStatus(t, services.PutClass(ctx, class.Decl().Clone(), o), wbem.InvalidParameter)
	_, err = services.GetInstance(ctx, cim.MustParsePath(`Book.Title="Emma"`), o)
	wantStatus(t, err, wbem.InvalidParameter)
	r, err := wbem.BeginPutInstance(ctx, services, book(class, "Emma"), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(ctx); err != nil {
		t.Error(err)
	}
}
