package cimom_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/provider"
	"openwmi/wbem"
)

// A doer is a provider whose methods are Go functions by name. One that is not
// there echoes: out-parameters get the values of in-parameters of the same name.
type doer struct {
	do map[string]func(ctx context.Context, r *provider.Request, in, out *cim.Instance) error

	mu  sync.Mutex // guards log
	log []string
}

func (p *doer) ExecMethod(ctx context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	line := r.Class.Name() + "." + m.Name()
	if key != nil {
		line += " of " + show(key)
	}
	if in != nil {
		line += " with" + strings.TrimPrefix(show(in), "__PARAMETERS")
	}
	p.mu.Lock()
	p.log = append(p.log, line)
	p.mu.Unlock()
	var out *cim.Instance
	if sig := m.Signature(true); sig != nil {
		out = cim.NewInstance(sig)
	}
	if do := p.do[m.Name()]; do != nil {
		if err := do(ctx, r, in, out); err != nil {
			return nil, err
		}
		return out, nil
	}
	if in != nil && out != nil {
		for k, q := range in.Class().Properties() {
			if out.Class().Property(q.Name()) != nil {
				if err := out.Set(q.Name(), in.At(k)); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

// calls returns what the provider was asked since it was asked last.
func (p *doer) calls() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.log = nil }()
	return strings.Join(p.log, ", ")
}

// registerMethods returns the MOF that registers providers of methods.
func registerMethods(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, `
			instance of __Win32Provider as $%[1]s { Name = "%[1]s"; };
			instance of __MethodProviderRegistration { provider = $%[1]s; };`, name)
	}
	return b.String()
}

// methodClasses are served by M; of Lone's only the code is missing, Off's
// provider is registered for instances only.
const methodClasses = `
	[provider("M")] class Base {
		[key] string Id;
		[implemented] uint32 Run([in, out] string Text, [in, optional] sint32 N);
		[implemented, static] uint32 Make([in] string Id, [out] Base ref Made);
		[implemented, bypass_getobject] void Wake();
		[implemented, disabled] void Off();
		[implemented] void Hold();
		void Idea();
	};
	[provider("M")] class Sub : Base {
		[implemented] uint32 Run([in, out] string Text, [in, optional] sint32 N);
		[implemented] void Off();
		[implemented] void More();
	};
	class Leaf : Sub {
		void Idea();
		[disabled] void More();
	};
	class NoProvider { [key] string Id; [implemented, static] void Do(); };
	[provider("Nobody")] class Unknown { [key] string Id; [implemented, static] void Do(); };
	[provider("Shelf")] class Shelved { [key] string Id; [implemented, static] void Do(); };
	[provider("Gone")] class Left { [key] string Id; [implemented, static] void Do(); };
	[singleton, provider("M")] class One { string V; [implemented] uint8 Get(); };
	instance of Base { Id = "b"; };
	instance of Sub  { Id = "s"; };
	instance of Leaf { Id = "l"; };
	instance of One  { V = "v"; };
`

func newMethodLab(t *testing.T, p *doer) *lab {
	return newLab(t, map[string]any{"M": p, "Shelf": &shelf{}},
		registerMethods("M", "Gone")+register("Shelf")+methodClasses)
}

// args returns parameters of a method, from pairs as fillIn takes them.
func (l *lab) args(class, method string, pairs ...any) *cim.Instance {
	l.Helper()
	c, err := l.GetClass(l.Context(), class, wbem.Options{})
	if err != nil {
		l.Fatal(err)
	}
	return fillIn(l.T, cim.NewInstance(c.Method(method).Signature(false)), pairs...)
}

// exec runs a method and returns what it returns, or the status.
func (l *lab) exec(path, method string, in *cim.Instance) string {
	l.Helper()
	out, err := l.ExecMethod(l.Context(), cim.MustParsePath(path), method, in, wbem.Options{})
	switch {
	case err != nil:
		var e *wbem.Error
		if !errors.As(err, &e) || e.Op != "ExecMethod" || e.Path != cim.MustParsePath(path).String() {
			l.Errorf("%s of %s: error %#v", method, path, err)
		}
		return cim.StatusOf(err).Name()
	case out == nil:
		return "nothing"
	}
	return strings.TrimPrefix(show(out), "__PARAMETERS ")
}

// scripting-api.md#34 and model.md 7.2: which class is asked to carry out a
// method, and what cannot be.
func TestMethodDispatch(t *testing.T) {
	p := &doer{}
	l := newMethodLab(t, p)
	text := l.args("Base", "Run", "Text", "hi")
	id := l.args("Base", "Make", "Id", "x")
	for _, test := range []struct {
		path, method string
		in           *cim.Instance
		want, calls  string
	}{
		{`Base.Id="b"`, "run", text, "Text=hi", `Base.Run of Base Id=b with Text=hi`},
		{`Sub.Id="s"`, "Run", text, "Text=hi", `Sub.Run of Sub Id=s with Text=hi`},
		{`Base.Id="s"`, "Run", text, "Text=hi", `Sub.Run of Sub Id=s with Text=hi`},
		{`\\HERE\root\cimv2:Base.Id="l"`, "Run", text, "Text=hi", `Sub.Run of Leaf Id=l with Text=hi`},
		{`Base.Id="s"`, "More", nil, "nothing", `Sub.More of Sub Id=s`},
		{`Base.Id="b"`, "More", nil, "InvalidMethod", ""},
		{`Base.Id="l"`, "More", nil, "MethodDisabled", ""},
		{`Base.Id="b"`, "Off", nil, "MethodDisabled", ""},
		{`Base.Id="s"`, "Off", nil, "nothing", `Sub.Off of Sub Id=s`},
		{`Base.Id="b"`, "Idea", nil, "MethodNotImplemented", ""},
		{`Base.Id="l"`, "Idea", nil, "MethodNotImplemented", ""},
		{`Base.Id="none"`, "Run", text, "NotFound", ""},
		{`Base.Id="none"`, "Wake", nil, "nothing", `Base.Wake of Base Id=none`},
		{`Base.Id="s"`, "Wake", nil, "nothing", `Base.Wake of Base Id=s`},
		{"Base", "Make", id, "", "Base.Make with Id=x"},
		{"Leaf", "Make", id, "", "Base.Make with Id=x"},
		{`Base.Id="none"`, "Make", id, "", "Base.Make with Id=x"},
		{"Base", "Run", text, "InvalidMethod", ""},
		{"Base", "Nonesuch", nil, "InvalidMethod", ""},
		{`Base.Id="b"`, "Nonesuch", nil, "InvalidMethod", ""},
		{"Nonesuch", "Run", nil, "InvalidClass", ""},
		{`Nonesuch.Id="1"`, "Run", nil, "InvalidClass", ""},
		{`Base.No="1"`, "Run", text, "InvalidObjectPath", ""},
		{`Base.No="1"`, "Wake", nil, "InvalidObjectPath", ""},
		{`root\cimv2`, "Run", text, "InvalidObjectPath", ""},
		{`root\other:Base`, "Make", id, "NotFound", ""},
		{"Base", "", id, "InvalidParameter", ""},
		{"One=@", "Get", nil, "", "One.Get of One"},
		{"NoProvider", "Do", nil, "ProviderNotFound", ""},
		{"Unknown", "Do", nil, "ProviderNotFound", ""},
		{"Shelved", "Do", nil, "InvalidProviderRegistration", ""},
		{"Left", "Do", nil, "ProviderLoadFailure", ""},
	} {
		what := test.method + " of " + test.path
		if got := strings.TrimPrefix(l.exec(test.path, test.method, test.in), "__PARAMETERS"); got != test.want {
			t.Errorf("%s returned %s, want %s", what, got, test.want)
		}
		equal(t, what, p.calls(), test.calls)
	}
	// A provider that is registered for methods but has none.
	l.compile(`instance of __MethodProviderRegistration { provider = "__Win32Provider.Name=\"Shelf\""; };`)
	equal(t, "a value without methods", l.exec("Shelved", "Do", nil), "ProviderNotCapable")
}

// Methods of dynamic instances: the instance is looked up at its provider.
func TestMethodOfProvided(t *testing.T) {
	type both struct {
		*shelf
		*doer
	}
	p := both{&shelf{}, &doer{}}
	l := newLab(t, map[string]any{"P": p}, register("P")+`
		instance of __MethodProviderRegistration { provider = "__Win32Provider.Name=\"P\""; };
		[dynamic, provider("P")] class Dyn { [key] string Id; [implemented] void Go(); };`)
	l.put("Dyn", "Id", "1")
	p.shelf.calls()
	equal(t, "an instance", l.exec(`Dyn.Id="1"`, "Go", nil), "nothing")
	equal(t, "calls", p.doer.calls(), "Dyn.Go of Dyn Id=1")
	equal(t, "reads", p.shelf.calls(), "get Dyn")
	equal(t, "no instance", l.exec(`Dyn.Id="2"`, "Go", nil), "NotFound")
	equal(t, "calls", p.doer.calls(), "")
}

// Parameters that do not fit the method are InvalidMethodParameters, and the
// provider is not asked (model.md 7.2).
func TestMethodParameters(t *testing.T) {
	p := &doer{}
	l := newMethodLab(t, p)
	params := func(props ...cim.PropertyDecl) *cim.Instance {
		c, err := cim.Derive(nil, &cim.ClassDecl{Name: "__Parameters", Properties: props})
		if err != nil {
			t.Fatal(err)
		}
		return cim.NewInstance(c)
	}
	text := cim.PropertyDecl{Name: "TEXT", Type: cim.TypeString, Default: cim.StringValue("d"), HasDefault: true}
	withID := text
	withID.Qualifiers = cim.Qualifiers{{Name: "ID", Value: cim.Sint32Value(1)}}
	const invalid = "InvalidMethodParameters"
	for _, test := range []struct {
		name, method string
		in           *cim.Instance
		want, calls  string
	}{
		{"all", "Run", l.args("Base", "Run", "Text", "a", "N", 3), "Text=a", `Base.Run of Base Id=b with N=3 Text=a`},
		{"NULL", "Run", l.args("Base", "Run"), "__PARAMETERS", `Base.Run of Base Id=b with`},
		{"another spelling, without what is optional", "Run", params(text), "__PARAMETERS", `Base.Run of Base Id=b with`},
		{"the ID of another", "Run", params(withID), invalid, ""},
		{"no object", "Run", nil, invalid, ""},
		{"an empty object", "Run", params(), invalid, ""},
		{"one too many", "Run", params(text, cim.PropertyDecl{Name: "X", Type: cim.TypeString}), invalid, ""},
		{"another type", "Run", params(cim.PropertyDecl{Name: "Text", Type: cim.TypeSint32}), invalid, ""},
		{"another class", "Run", l.spawn("Base"), invalid, ""},
		{"no class", "Run", new(cim.Instance), invalid, ""},
		{"some for none", "Wake", params(text), invalid, ""},
		{"an empty object for none", "Wake", params(), "nothing", `Base.Wake of Base Id=b`},
	} {
		equal(t, test.name, l.exec(`Base.Id="b"`, test.method, test.in), test.want)
		equal(t, test.name, p.calls(), test.calls)
	}

	// Put checks nothing, so a value may be of another type than its property.
	in := l.args("Base", "Run")
	in.Put(in.Class().PropertyIndex("Text"), cim.Sint32Value(1))
	equal(t, "a value of another type", l.exec(`Base.Id="b"`, "Run", in), invalid)

	// The parameters still belong to the caller.
	p.do = map[string]func(context.Context, *provider.Request, *cim.Instance, *cim.Instance) error{
		"Run": func(_ context.Context, _ *provider.Request, in, _ *cim.Instance) error {
			return in.Set("Text", cim.StringValue("changed"))
		},
	}
	in = l.args("Base", "Run", "Text", "kept")
	equal(t, "a provider that changes them", l.exec(`Base.Id="b"`, "Run", in), "__PARAMETERS")
	equal(t, "the caller's", show(in), `__PARAMETERS Text=kept`)
}

// What a method returns is checked: the caller can rely on the signature.
func TestMethodResults(t *testing.T) {
	type answer = func(m *cim.Method) (*cim.Instance, error)
	var next answer
	l := newLab(t, map[string]any{"M": executor(func(m *cim.Method) (*cim.Instance, error) { return next(m) })},
		registerMethods("M")+methodClasses)
	other := func(props ...cim.PropertyDecl) answer {
		return func(*cim.Method) (*cim.Instance, error) {
			c, err := cim.Derive(nil, &cim.ClassDecl{Name: "__PARAMETERS", Properties: props})
			return cim.NewInstance(c), err
		}
	}
	errBoom := errors.New("boom")
	for _, test := range []struct {
		name, path, method string
		answer             answer
		want               string
	}{
		{"values", "One=@", "Get", func(m *cim.Method) (*cim.Instance, error) {
			out := cim.NewInstance(m.Signature(true))
			return out, out.Set("ReturnValue", cim.Uint8Value(7))
		}, "ReturnValue=7"},
		{"a status of its own is no failure of the call", "One=@", "Get", func(m *cim.Method) (*cim.Instance, error) {
			out := cim.NewInstance(m.Signature(true))
			return out, out.Set("ReturnValue", cim.Uint8Value(255))
		}, "ReturnValue=255"},
		{"a part", "One=@", "Get", other(), "__PARAMETERS"},
		{"nothing", "One=@", "Get", func(*cim.Method) (*cim.Instance, error) { return nil, nil }, "ProviderFailure"},
		{"something too much", "One=@", "Get", other(cim.PropertyDecl{Name: "X", Type: cim.TypeUint8}), "ProviderFailure"},
		{"another type", "One=@", "Get", other(cim.PropertyDecl{Name: "ReturnValue", Type: cim.TypeString}), "ProviderFailure"},
		{"another class", "One=@", "Get", func(*cim.Method) (*cim.Instance, error) { return l.spawn("One"), nil }, "ProviderFailure"},
		{"no class", "One=@", "Get", func(*cim.Method) (*cim.Instance, error) { return new(cim.Instance), nil }, "ProviderFailure"},
		{"something for nothing", `Base.Id="b"`, "Wake", other(), "ProviderFailure"},
		{"nothing for nothing", `Base.Id="b"`, "Wake", func(*cim.Method) (*cim.Instance, error) { return nil, nil }, "nothing"},
		{"a status", "One=@", "Get", func(*cim.Method) (*cim.Instance, error) { return nil, wbem.OutOfMemory }, "OutOfMemory"},
		{"an error", "One=@", "Get", func(*cim.Method) (*cim.Instance, error) { return nil, errBoom }, "ProviderFailure"},
		{"a panic", "One=@", "Get", func(*cim.Method) (*cim.Instance, error) { panic("boom") }, "ProviderFailure"},
	} {
		next = test.answer
		equal(t, test.name, l.exec(test.path, test.method, nil), test.want)
	}

	// What a provider says about its failure arrives.
	next = func(*cim.Method) (*cim.Instance, error) {
		return nil, &wbem.Error{Status: wbem.Failed, Object: l.spawn("__ExtendedStatus", "Description", "full")}
	}
	_, err := l.ExecMethod(t.Context(), cim.MustParsePath("One=@"), "Get", nil, wbem.Options{})
	var e *wbem.Error
	if !errors.As(err, &e) || e.Provider != "M" || e.Object == nil {
		t.Errorf("error %#v", err)
	}
}

// executor is a provider of methods that look at nothing but which one it is.
type executor func(m *cim.Method) (*cim.Instance, error)

func (f executor) ExecMethod(_ context.Context, _ *provider.Request, _ *cim.Instance, m *cim.Method, _ *cim.Instance) (*cim.Instance, error) {
	return f(m)
}

// What goes with a call: caller, language, named values, progress, and the
// namespace for calls of the provider.
func TestMethodRequest(t *testing.T) {
	p := &doer{do: map[string]func(context.Context, *provider.Request, *cim.Instance, *cim.Instance) error{
		"Run": func(ctx context.Context, r *provider.Request, in, out *cim.Instance) error {
			v, _ := r.Context.Get("name")
			r.Progress(wbem.Progress{Total: 10, Done: 3, Message: "x"})
			b, err := r.Services.GetInstance(ctx, cim.MustParsePath(`Base.Id="b"`), wbem.Options{})
			if err != nil {
				return err
			}
			return out.Set("Text", cim.StringValue(fmt.Sprint(v.Text(), " ", r.Namespace, " ", show(b), " ", r.Caller.Name != "", " ", r.Locale)))
		},
		"Wake": func(ctx context.Context, r *provider.Request, _, _ *cim.Instance) error {
			_, err := r.Services.ExecMethod(ctx, cim.MustParsePath(`Base.Id="b"`), "Wake", nil, wbem.Options{})
			return err
		},
	}}
	l := newMethodLab(t, p)
	values := &wbem.Context{}
	values.Set("name", cim.StringValue("value"))
	values.Set("__GET_EXT_CLIENT_REQUEST", cim.BoolValue(true))
	var reports []wbem.Progress
	out, err := l.ExecMethod(t.Context(), cim.MustParsePath(`Base.Id="b"`), "Run", l.args("Base", "Run"), wbem.Options{
		Context: values, Progress: func(p wbem.Progress) { reports = append(reports, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := out.Get("Text")
	equal(t, "what the provider saw", got.Text(), `value root\cimv2 Base Id=b true `+l.Locale())
	equal(t, "progress", reports, []wbem.Progress{{Total: 10, Done: 3, Message: "x"}})
	if _, err := l.ExecMethod(t.Context(), cim.MustParsePath("Base"), "Make", nil, wbem.Options{Context: archContext()}); cim.StatusOf(err) != wbem.ProviderLoadFailure {
		t.Errorf("a provider of 32 bits: %v", err)
	}
	equal(t, "a method that calls itself for ever", l.exec(`Base.Id="b"`, "Wake", nil), "QuotaViolation")
}

func archContext() *wbem.Context {
	c := &wbem.Context{}
	c.Set("__ProviderArchitecture", cim.Sint32Value(32))
	c.Set("__RequiredArchitecture", cim.BoolValue(true))
	return c
}

// async-and-security.md 3.1, rule 7: who gives up waiting does not stop the
// method.
func TestMethodRunsToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entered, free, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		p := &doer{do: map[string]func(context.Context, *provider.Request, *cim.Instance, *cim.Instance) error{
			"Wake": func(ctx context.Context, _ *provider.Request, _, _ *cim.Instance) error {
				close(entered)
				<-free
				ended <- ctx.Err()
				return nil
			},
			"Hold": func(ctx context.Context, _ *provider.Request, _, _ *cim.Instance) error {
				<-ctx.Done()
				ended <- context.Cause(ctx)
				return ctx.Err()
			},
		}}
		l := newMethodLab(t, p)
		var events []string
		sink := &wbem.Sink{
			OnObject:    func(o cim.Object, _ any) error { events = append(events, "object"); return nil },
			OnCompleted: func(err error, _ any) { events = append(events, cim.StatusOf(err).Name()) },
		}
		if err := wbem.ExecMethodAsync(t.Context(), l, sink, `Base.Id="b"`, "Wake", nil, wbem.Options{}, nil); err != nil {
			t.Fatal(err)
		}
		<-entered
		sink.Cancel()
		synctest.Wait()
		equal(t, "events", events, []string{"CallCancelled"})
		close(free)
		if err := <-ended; err != nil {
			t.Errorf("the method was told to end: %v", err)
		}

		// It ends with the object manager.
		go l.ExecMethod(context.Background(), cim.MustParsePath(`Base.Id="b"`), "Hold", nil, wbem.Options{})
		synctest.Wait()
		if err := l.close(); err != nil {
			t.Error(err)
		}
		wantStatus(t, "at Close", <-ended, wbem.ShuttingDown)
	})
}

// localization.md#29: methods know no flag.
func TestMethodFlags(t *testing.T) {
	p := &doer{}
	l := newMethodLab(t, p)
	for _, flags := range []wbem.Flags{wbem.UseAmendedQualifiers, wbem.Shallow, wbem.NoErrorObject, 0x1000} {
		_, err := l.ExecMethod(t.Context(), cim.MustParsePath("Base"), "Make", nil, wbem.Options{Flags: flags})
		wantStatus(t, fmt.Sprintf("ExecMethod with %#x", uint32(flags)), err, wbem.InvalidParameter)
		_, err = l.OpenNamespace(t.Context(), "x", wbem.Options{Flags: flags})
		wantStatus(t, fmt.Sprintf("OpenNamespace with %#x", uint32(flags)), err, wbem.InvalidParameter)
	}
	if err := l.Services.Close(); err != nil {
		t.Fatal(err)
	}
	equal(t, "a closed session", l.exec("Base", "Make", nil), "InvalidOperation")
	equal(t, "calls", p.calls(), "")
}

// scripting-api.md#35, async-and-security.md#3: a caller without the right gets
// AccessDenied from the call, and a sink hears nothing.
func TestMethodRight(t *testing.T) {
	p := &doer{}
	l := newMethodLab(t, p)
	in := l.args("Base", "Make", "Id", "1")
	refused := l.as(access.NamespaceRights &^ access.MethodExecute)
	equal(t, "a call", refused.exec("Base", "Make", in), "AccessDenied")
	sink, done, objects := sinkOf()
	err := wbem.ExecMethodAsync(t.Context(), refused, sink, "Base", "Make", in, wbem.Options{}, nil)
	wantStatus(t, "an asynchronous call", err, wbem.AccessDenied)
	if len(done) > 0 || objects() > 0 {
		t.Error("a call that was refused used its sink")
	}
	equal(t, "calls", p.calls(), "")
	equal(t, "with no other right", l.as(access.Enable|access.MethodExecute).exec("Base", "Make", in), "__PARAMETERS")
	equal(t, "calls", p.calls(), "Base.Make with Id=1")
}
