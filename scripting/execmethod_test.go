package scripting_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/scripting"
	"openwmi/wbem"
)

// calculator is a provider of the methods of Calc.
type calculator struct{}

func (calculator) ExecMethod(_ context.Context, r *provider.Request, _ *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	r.Progress(wbem.Progress{Total: 10, Done: 3, Message: "x"})
	sig := m.Signature(true)
	if sig == nil {
		return nil, nil
	}
	out := cim.NewInstance(sig)
	switch m.Name() {
	case "Add":
		a, _ := in.Get("a")
		b, _ := in.Get("b")
		if b.Int() == 13 {
			return nil, cim.Errorf(wbem.Failed, "13 brings bad luck")
		}
		sum := cim.Sint32Value(int32(a.Int() + b.Int()))
		status := cim.Uint32Value(0)
		if a.IsNull() {
			status = cim.Uint32Value(5)
		}
		return out, errors.Join(out.Set("b", sum), out.Set("text", cim.StringValue(sum.String())), out.Set("ReturnValue", status))
	case "Split":
		return out, out.Set("halves", cim.StringsValue([]string{"a", "b"}))
	}
	return nil, wbem.MethodNotImplemented
}

const calc = `
	instance of __Win32Provider as $P { Name = "Calculator"; };
	instance of __MethodProviderRegistration { provider = $P; };
	[provider("Calculator")] class Calc {
		[key] string Id;
		[Implemented] uint32 Add([in] sint32 a, [in, out] sint32 b, [out] string text);
		[Implemented, Static] void Split([out] string halves[]);
		[Implemented] void Clear();
		[Implemented, Disabled] void Never();
		void Plan();
	};
	instance of Calc { Id = "1"; };
`

func newCalculator(t *testing.T) *fixture {
	f := newFixture(t)
	f.mof(`root\t`, calc)
	return f
}

// in returns parameters of a method of Calc.
func (f *fixture) in(method string, nameValues ...any) *scripting.Object {
	f.Helper()
	m, err := f.get("Calc").Methods().Item(method, 0)
	if err != nil {
		f.Fatal(err)
	}
	o, err := m.InParameters().SpawnInstance(0)
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(nameValues); i += 2 {
		f.ok(o.Set(nameValues[i].(string), nameValues[i+1]))
	}
	return o
}

func TestExecMethod(t *testing.T) {
	f := newCalculator(t)
	o := f.get(`Calc.Id="1"`)
	in := f.in("Add", "a", 3, "b", 4)
	for name, call := range map[string]func(in *scripting.Object) (*scripting.Object, error){
		"of the session": func(in *scripting.Object) (*scripting.Object, error) {
			return f.ExecMethod(`Calc.Id="1"`, "add", in, 0, nil)
		},
		"of the object": func(in *scripting.Object) (*scripting.Object, error) { return o.ExecMethod("Add", in, 0, nil) },
	} {
		out, err := call(in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f.value(out, "b", int32(7))
		f.value(out, "text", "7")
		f.value(out, "ReturnValue", int32(0))
		f.value(out, "__CLASS", "__PARAMETERS")
		f.value(out, "__RELPATH", nil)
		// That it had no success the method says in ReturnValue.
		out, err = call(f.in("Add", "b", 1))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f.value(out, "ReturnValue", int32(5))
	}
	if out, err := f.ExecMethod(`Calc.Id="1"`, "Clear", nil, 0, nil); out != nil || err != nil {
		t.Errorf("a method that returns nothing: %v, %v", out, err)
	}
	out, err := f.get("Calc").ExecMethod("Split", nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.value(out, "halves", []any{"a", "b"})
	f.status(second(out.Get("ReturnValue")), wbem.UnknownName)
}

// scripting-api.md#34 and the other errors of scripting-api.md 5.10.
func TestExecMethodErrors(t *testing.T) {
	f := newCalculator(t)
	m, err := f.get("Calc").Methods().Item("Add", 0)
	if err != nil {
		t.Fatal(err)
	}
	in := f.in("Add", "a", 1, "b", 2)
	for _, test := range []struct {
		path, method string
		in           *scripting.Object
		flags        scripting.Flags
		want         wbem.Status
	}{
		{`Calc.Id="1"`, "Nonesuch", nil, 0, scripting.ErrInvalidMethod},
		{`Calc.Id="1"`, "Plan", nil, 0, scripting.ErrMethodNotImplemented},
		{`Calc.Id="1"`, "Never", nil, 0, scripting.ErrMethodDisabled},
		{`Calc.Id="1"`, "Add", nil, 0, scripting.ErrInvalidMethodParameters},
		{`Calc.Id="1"`, "Add", f.b("1"), 0, scripting.ErrInvalidMethodParameters},
		{`Calc.Id="1"`, "Add", m.InParameters(), 0, scripting.ErrInvalidMethodParameters},
		{`Calc.Id="1"`, "Clear", in, 0, scripting.ErrInvalidMethodParameters},
		{`Calc.Id="2"`, "Add", in, 0, scripting.ErrNotFound},
		{`Nonesuch.Id="2"`, "Add", in, 0, scripting.ErrInvalidClass},
		{"Calc", "Add", in, 0, scripting.ErrInvalidMethod},
		{"Calc.Id=", "Add", in, 0, scripting.ErrInvalidObjectPath},
		{`Calc.Id="1"`, "Add", f.in("Add", "a", 1, "b", 13), 0, scripting.ErrFailed},
		// localization.md#29 and scripting-api.md 5.2: there are no flags.
		{`Calc.Id="1"`, "Add", in, scripting.FlagUseAmendedQualifiers, scripting.ErrInvalidParameter},
		{`Calc.Id="1"`, "Add", in, scripting.FlagReturnImmediately, scripting.ErrInvalidParameter},
		{`Calc.Id="1"`, "Add", in, scripting.FlagSendStatus, scripting.ErrInvalidParameter},
	} {
		out, err := f.ExecMethod(test.path, test.method, test.in, test.flags, nil)
		if out != nil {
			t.Errorf("%s of %s: an object and %v", test.method, test.path, err)
		}
		f.status(err, test.want)
	}
	f.status(second(f.spawn(f.Services, "Calc").ExecMethod("Add", in, 0, nil)), scripting.ErrInvalidOperation)
	f.status(f.spawn(f.Services, "Calc").ExecMethodAsync(&scripting.Sink{}, "Add", in, 0, nil, nil), scripting.ErrInvalidOperation)
}

// OnObjectReady brings the out-parameters and OnCompleted the status of the call.
func TestExecMethodAsync(t *testing.T) {
	f := newCalculator(t)
	o := f.get(`Calc.Id="1"`)
	r := newRecorder()
	var sums []any
	r.OnObjectReady = func(out *scripting.Object, c *scripting.NamedValueSet) {
		sum, _ := out.Get("b")
		sums = append(sums, sum)
		r.add(c, "ready")
	}
	in := f.in("Add", "a", 1, "b", 2)
	f.ok(f.ExecMethodAsync(&r.Sink, `Calc.Id="1"`, "Add", in, 0, nil, named("one")))
	f.ok(in.Set("a", 100))
	r.want(t, "ready [one]", "completed NoErr [one]")
	f.ok(o.ExecMethodAsync(&r.Sink, "Add", in, scripting.FlagSendStatus, nil, nil))
	r.want(t, "progress 10 3 x", "ready", "completed NoErr")
	f.ok(o.ExecMethodAsync(&r.Sink, "Clear", nil, 0, nil, nil))
	r.want(t, "completed NoErr")
	f.ok(o.ExecMethodAsync(&r.Sink, "Never", nil, 0, nil, nil))
	r.want(t, "completed MethodDisabled")
	f.equal(sums, []any{int32(3), int32(102)})

	f.status(o.ExecMethodAsync(nil, "Add", in, 0, nil, nil), scripting.ErrInvalidParameter)
	f.status(o.ExecMethodAsync(&r.Sink, "Add", in, scripting.FlagReturnImmediately, nil, nil), scripting.ErrInvalidParameter)
	f.status(f.ExecMethodAsync(&r.Sink, "Calc.Id=", "Add", in, 0, nil, nil), scripting.ErrInvalidObjectPath)
	r.nothing(t)
}

// Methods as a script calls them (scripting-api.md 1.6).
func TestCall(t *testing.T) {
	f := newCalculator(t)
	o := f.get(`Calc.Id="1"`)
	var b, text any = 4, nil
	status, err := o.Call("add", 3, &b, &text)
	f.ok(err)
	f.equal([]any{status, b, text}, []any{int32(0), int32(7), "7"})
	// What nobody wants may be left out.
	status, err = o.Call("Add", nil, &b)
	f.ok(err)
	f.equal([]any{status, b}, []any{int32(5), int32(7)})
	f.ok(second(o.Call("Add", 1, nil, nil)))
	nothing, err := o.Call("Clear")
	f.equal([]any{nothing, err}, []any{nil, error(nil)})
	var halves any
	f.ok(second(f.get("Calc").Call("Split", &halves)))
	f.equal(halves, []any{"a", "b"})

	for _, test := range []struct {
		name string
		args []any
		want wbem.Status
	}{
		{"Nonesuch", nil, wbem.UnknownName},
		{"Clear", []any{1}, scripting.ErrInvalidParameter},
		{"Add", []any{1, 2, nil}, scripting.ErrInvalidParameter},
		{"Add", []any{1, (*any)(nil), nil}, scripting.ErrInvalidParameter},
		{"Add", []any{"many"}, scripting.ErrTypeMismatch},
		{"Never", nil, scripting.ErrMethodDisabled},
	} {
		f.status(second(o.Call(test.name, test.args...)), test.want)
	}
}

// A method is carried out by a Go value.
func ExampleServices_ExecMethod() {
	manager, err := cimom.OpenMemory(cimom.Options{Providers: map[string]any{"Calculator": calculator{}}})
	if err != nil {
		log.Fatal(err)
	}
	defer manager.Close()
	services, err := scripting.NewLocator(manager).ConnectServer("", `root\cimv2`, "", "", "", "", 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	// The text has the class Calc, an instance, and the registration.
	if err := compileText(manager, `root\cimv2`, calc); err != nil {
		log.Fatal(err)
	}
	calc, err := services.Get(`Calc.Id="1"`, 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	add, err := calc.Methods().Item("Add", 0)
	if err != nil {
		log.Fatal(err)
	}
	in, err := add.InParameters().SpawnInstance(0)
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(in.Set("a", 20), in.Set("b", 22)); err != nil {
		log.Fatal(err)
	}
	out, err := services.ExecMethod(`Calc.Id="1"`, "Add", in, 0, nil)
	if err != nil {
		log.Fatal(err) // it could not be run
	}
	status, _ := out.Get("ReturnValue")
	text, _ := out.Get("text")
	fmt.Println("status", status, "sum", text)

	// The same in one line.
	var b any = 22
	status, err = calc.Call("Add", 20, &b)
	fmt.Println("status", status, "sum", b, err)
	// Output:
	// status 0 sum 42
	// status 0 sum 42 <nil>
}
