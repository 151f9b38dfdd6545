package wbemtest

import (
	"errors"

	"openwmi/cim"
	"openwmi/wbem"
)

// methodClasses have methods that no provider carries out.
const methodClasses = `
	class Me { [key] string Id;
		void Idea([in] string Text);
		[static] void Plan();
		[implemented, disabled] void Off();
		[implemented] uint32 Lost([in] string Text, [in, optional] sint32 N); };
	class You : Me { void Idea([in] string Text); };
	instance of You { Id = "1"; };
`

// methodCases are those that need no provider.
var methodCases = []testCase{
	{"scripting-api.md#34 methods that cannot be run", func(f *fixture) {
		f.mof(methodClasses)
		for _, test := range []struct {
			path, method string
			want         wbem.Status
		}{
			{`Me.Id="1"`, "Nonesuch", wbem.InvalidMethod},
			{`Me.Id="1"`, "idea", wbem.MethodNotImplemented},
			{`Me.Id="1"`, "Off", wbem.MethodDisabled},
			{`Me.Id="1"`, "Lost", wbem.InvalidMethodParameters},
			{`Me.Id="2"`, "Idea", wbem.NotFound},
			{`Nobody.Id="1"`, "Idea", wbem.InvalidClass},
			{"Nobody", "Plan", wbem.InvalidClass},
			{"Me", "Nonesuch", wbem.InvalidMethod},
			{"Me", "Idea", wbem.InvalidMethod},
			{"Me", "Plan", wbem.MethodNotImplemented},
			{`Me.Id="1"`, "Plan", wbem.MethodNotImplemented},
			{`Me.No="1"`, "Idea", wbem.InvalidObjectPath},
			{`root\u:Me`, "Plan", wbem.NotFound},
			{"Me.Id=", "Idea", wbem.InvalidObjectPath},
			{"", "Idea", wbem.InvalidObjectPath},
			{"Me", "", wbem.InvalidParameter},
		} {
			out, err := wbem.ExecMethod(f.ctx, f, test.path, test.method, nil, wbem.Options{})
			if out != nil || wbem.StatusOf(err) != test.want {
				f.Errorf("%s of %s: %v, %v, want %s", test.method, test.path, out, err, test.want.Name())
			}
			if e := (*wbem.Error)(nil); !errors.As(err, &e) || e.Op != "ExecMethod" {
				f.Errorf("%s of %s: %#v", test.method, test.path, err)
			}
		}
	}},
	{"a method whose provider is not there", func(f *fixture) {
		f.mof(methodClasses)
		in := cim.NewInstance(f.class("Me").Method("Lost").Signature(false))
		f.set(in, "Text", "x")
		_, err := f.ExecMethod(f.ctx, cim.MustParsePath(`Me.Id="1"`), "Lost", in, wbem.Options{})
		f.status(err, wbem.ProviderNotFound)
	}},
	{"localization.md#29 no flags", func(f *fixture) {
		f.mof(methodClasses)
		_, err := f.ExecMethod(f.ctx, cim.MustParsePath(`Me.Id="1"`), "Idea", nil, wbem.Options{Flags: wbem.UseAmendedQualifiers})
		f.status(err, wbem.InvalidParameter)
		_, err = f.connect("root").OpenNamespace(f.ctx, "t", wbem.Options{Flags: wbem.UseAmendedQualifiers})
		f.status(err, wbem.InvalidParameter)
	}},
	{"an asynchronous method", func(f *fixture) {
		f.mof(methodClasses)
		r, sink := newRecorder()
		f.status(wbem.ExecMethodAsync(f.ctx, f, sink, `Me.Id="1"`, "Off", nil, wbem.Options{}, 1), wbem.OK)
		<-r.done
		f.wantEvents(r, "completed MethodDisabled 1")
		err := wbem.ExecMethodAsync(f.ctx, f, sink, `Me.Id="1"`, "Off", nil, wbem.Options{Flags: 0x1000}, 1)
		f.status(err, wbem.InvalidParameter)
		f.status(wbem.ExecMethodAsync(f.ctx, f, nil, `Me.Id="1"`, "Off", nil, wbem.Options{}, 1), wbem.InvalidParameter)
	}},
}
