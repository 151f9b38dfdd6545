package wbem_test

import (
	"context"
	"testing"
	"testing/synctest"

	"openwmi/cim"
	"openwmi/wbem"
)

// methods is a fake whose method Echo returns its parameters, and any other
// nothing. What it was given goes to calls.
func methods(calls *[]string) *fake {
	return &fake{execMethod: func(_ context.Context, path cim.Path, method string, in *cim.Instance, o wbem.Options) (*cim.Instance, error) {
		line := path.String() + " " + method
		if in != nil {
			line += " " + name(in)
		}
		*calls = append(*calls, line)
		if o.Progress != nil {
			o.Progress(wbem.Progress{Total: 10, Done: 3, Message: "x"})
		}
		switch {
		case o.Flags != 0:
			return nil, wbem.InvalidParameter
		case method == "Echo":
			return in.Clone(), nil
		}
		return nil, nil
	}}
}

// The out-parameters are one object; a method that returns nothing delivers
// none. The parameters are those of the time of the call.
func TestExecMethodAsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []string
		s := methods(&calls)
		sink := newRecord()
		in := newB("1")
		for _, test := range []struct {
			method string
			in     *cim.Instance
			flags  wbem.Flags
			want   []string
		}{
			{"Echo", in, 0, []string{`object B.Id="1" [Echo]`, "completed NoErr [Echo]"}},
			{"Void", nil, 0, []string{"completed NoErr [Void]"}},
			// async-and-security.md#11: what a provider reports.
			{"Void", in, wbem.SendStatus, []string{"progress 3/10 x [Void]", "completed NoErr [Void]"}},
			{"Void", nil, wbem.Shallow, []string{"completed InvalidParameter [Void]"}},
		} {
			if test.in != nil {
				set(t, in, "Id", "1")
			}
			err := wbem.ExecMethodAsync(t.Context(), s, &sink.Sink, "C", test.method, test.in, wbem.Options{Flags: test.flags}, test.method)
			if err != nil {
				t.Errorf("%s: %v", test.method, err)
			}
			set(t, in, "Id", "changed")
			synctest.Wait()
			sink.want(t, test.want...)
		}
		equal(t, calls, []string{`C Echo B.Id="1"`, "C Void", `C Void B.Id="1"`, "C Void"})

		// What is wrong before the start is the error of the call.
		for path, want := range map[string]wbem.Status{"C.Id=": wbem.InvalidObjectPath, "": wbem.InvalidObjectPath} {
			wantStatus(t, wbem.ExecMethodAsync(t.Context(), s, &sink.Sink, path, "Void", nil, wbem.Options{}, nil), want)
		}
		s.check = wbem.AccessDenied
		wantStatus(t, wbem.ExecMethodAsync(t.Context(), s, &sink.Sink, "C", "Void", nil, wbem.Options{}, nil), wbem.AccessDenied)
		wantStatus(t, wbem.ExecMethodAsync(t.Context(), s, nil, "C", "Void", nil, wbem.Options{}, nil), wbem.InvalidParameter)
		synctest.Wait()
		sink.want(t)
	})
}

func TestBeginExecMethod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []string
		s := methods(&calls)
		ctx := t.Context()
		in := newB("1")
		r, err := wbem.BeginExecMethod(ctx, s, `C.Id="k"`, "Echo", in, wbem.Options{Flags: wbem.ReturnImmediately})
		if err != nil {
			t.Fatal(err)
		}
		set(t, in, "Id", "2")
		out, err := r.ResultObject(ctx, wbem.Infinite)
		if err != nil || name(out) != `B.Id="1"` {
			t.Errorf("ResultObject = %v, %v", out, err)
		}
		wantStatus(t, second(r.ResultString(ctx, wbem.Infinite)), wbem.InvalidOperation)

		r, err = wbem.BeginExecMethod(ctx, s, "C", "Void", nil, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if out, err := r.ResultObject(ctx, wbem.Infinite); out != nil || err != nil {
			t.Errorf("ResultObject of nothing = %v, %v", out, err)
		}
		equal(t, calls, []string{`C.Id="k" Echo B.Id="1"`, "C Void"})
		wantStatus(t, second(wbem.BeginExecMethod(ctx, s, "C.Id=", "Void", nil, wbem.Options{})), wbem.InvalidObjectPath)
	})
}
