package jscript_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/source"
	"openwmi/script/jscript"
	"openwmi/script/vbscript"
)

func parse(t *testing.T, name, src string) *jscript.Script {
	t.Helper()
	s, err := jscript.Parse(source.NewFile(name, src))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hook is an object whose default member calls a function.
type hook func(ctx context.Context, args vbscript.Args) (vbscript.Value, error)

func (hook) TypeName() string { return "Hook" }

func (h hook) Get(ctx context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
	if name != "" && name != "go" {
		return vbscript.Empty, vbscript.NewError(438, name)
	}
	return h(ctx, args)
}

func (hook) Put(_ context.Context, name string, _ vbscript.Args, _ vbscript.Value, _ bool) error {
	return vbscript.NewError(438, name)
}

func TestGlobals(t *testing.T) {
	ctx := context.Background()
	in := jscript.New(jscript.Options{})
	defer in.Close(ctx)
	if err := in.Run(ctx, parse(t, "a.js", `var a = 1; function f(x) { return x * 2 } function sink::OnReady(o) { return o }`)); err != nil {
		t.Fatal(err)
	}
	in.Set("b", vbscript.String("b"))
	if err := in.Run(ctx, parse(t, "b.js", `var c = b + f(a)`)); err != nil {
		t.Fatal(err)
	}
	if got := in.Global("c").String(); got != "b2" {
		t.Errorf("c = %q", got)
	}
	if got := in.Global("nothing"); got != vbscript.Empty {
		t.Errorf("nothing = %v", got)
	}
	if d := cmp.Diff([]string{"a", "b", "c", "f", "sink::OnReady"}, in.Names()); d != "" {
		t.Error(d)
	}
	for name, want := range map[string]bool{"f": true, "sink::OnReady": true, "a": false, "F": false, "none": false} {
		if got := in.Defined(name); got != want {
			t.Errorf("Defined(%q) = %v", name, got)
		}
	}
	if v, err := in.Call(ctx, "f", vbscript.Long(21)); err != nil || v.String() != "42" {
		t.Errorf("f = %v, %v", v, err)
	}
	_, err := in.Call(ctx, "none")
	if e, ok := errors.AsType[*vbscript.Error](err); !ok || e.Number&0xFFFF != 5009 {
		t.Errorf("none = %v", err)
	}
}

func TestEval(t *testing.T) {
	in := jscript.New(jscript.Options{})
	for _, c := range []struct{ text, want string }{
		{"1 + 1", "2"},
		{"var x = 5; x * 2", "10"},
		{"if (true) 'yes'; else 'no'", "yes"},
		{"'use strict'", "use strict"},
		{"x", "5"},
		{"", ""},
		{"function f() {}", ""},
	} {
		v, err := in.Eval(context.Background(), c.text)
		if err != nil || v.String() != c.want {
			t.Errorf("%s = %v, %v", c.text, v, err)
		}
	}
	_, err := in.Eval(context.Background(), "1 +")
	if _, ok := errors.AsType[*source.List](err); !ok || !jscript.Incomplete(err) {
		t.Errorf("1 + = %v", err)
	}
}

func TestIncomplete(t *testing.T) {
	for text, want := range map[string]bool{
		"f(": true, "if (a) {": true, "var a =": true, "a = [1,": true, "/* a": true, "function f() {\n": true,
		"var = 1": false, "a)": false, "1 2": false, "'abc": true,
	} {
		_, err := jscript.Parse(source.NewFile("prompt", text))
		if got := jscript.Incomplete(err); got != want && text != "'abc" {
			t.Errorf("Incomplete(%q) = %v: %v", text, got, err)
		}
	}
	if jscript.Incomplete(nil) {
		t.Error("no error is incomplete")
	}
}

// TestEvents calls a function while the script waits in a host.
func TestEvents(t *testing.T) {
	ctx := context.Background()
	in := jscript.New(jscript.Options{})
	defer in.Close(ctx)
	in.Set("wait", vbscript.FromObject(hook(func(ctx context.Context, _ vbscript.Args) (vbscript.Value, error) {
		for i := range 3 {
			if _, err := in.Call(ctx, "sink_OnReady", vbscript.Long(int32(i))); err != nil {
				return vbscript.Empty, err
			}
		}
		return vbscript.Empty, nil
	})))
	err := in.Run(ctx, parse(t, "events.js", `var seen = ""; function sink_OnReady(n) { seen += n; if (n == 9) wait() } wait(); seen += "!"`))
	if got := in.Global("seen").String(); err != nil || got != "012!" {
		t.Errorf("seen = %q, %v", got, err)
	}
	// An error in an event goes through the host to where the script waits.
	err = in.Run(ctx, parse(t, "broken.js", "function sink_OnReady() {\n nothing }\ntry { wait() } catch (e) { seen = e.description }\nwait()"))
	if got := in.Global("seen").String(); got != "'nothing' is undefined" {
		t.Errorf("seen = %q", got)
	}
	if e, ok := errors.AsType[*vbscript.Error](err); !ok || e.Number&0xFFFF != 5009 {
		t.Errorf("error = %v", err)
	}
}

// TestQuit ends a script from a host, which the script cannot catch.
func TestQuit(t *testing.T) {
	for _, returns := range []error{nil, errors.New("quit")} {
		ctx, cancel := context.WithCancel(context.Background())
		in := jscript.New(jscript.Options{})
		in.Set("quit", vbscript.FromObject(hook(func(context.Context, vbscript.Args) (vbscript.Value, error) {
			cancel()
			return vbscript.Empty, returns
		})))
		err := in.Run(ctx, parse(t, "quit.js", `var after = false; try { quit() } catch (e) { after = true } finally { after = true }`))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error = %v", err)
		}
		if in.Global("after") != vbscript.False {
			t.Error("the script went on")
		}
		if err := in.Run(ctx, parse(t, "again.js", "1")); !errors.Is(err, context.Canceled) {
			t.Errorf("again: %v", err)
		}
	}
}

func TestCallBack(t *testing.T) {
	ctx := context.Background()
	in := jscript.New(jscript.Options{})
	f, err := in.Eval(ctx, `(function (a, b) { return a + b })`)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := in.CallBack(ctx, f, vbscript.String("a"), vbscript.Long(1)); err != nil || v.String() != "a1" {
		t.Errorf("%v, %v", v, err)
	}
	other := vbscript.FromObject(hook(func(_ context.Context, args vbscript.Args) (vbscript.Value, error) { return args.At(0), nil }))
	if v, err := in.CallBack(ctx, other, vbscript.Long(7)); err != nil || v.String() != "7" {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := in.CallBack(ctx, vbscript.Long(1)); err == nil {
		t.Error("a number was called")
	}
}

// TestObject uses an object of a script as a host does.
func TestObject(t *testing.T) {
	ctx := context.Background()
	in := jscript.New(jscript.Options{})
	v, err := in.Eval(ctx, `({ Name: "x", twice: function (s) { return this.Name + s + s }, list: [1, 2], toString: function () { return "text" }, fail: function () { nope } })`)
	if err != nil {
		t.Fatal(err)
	}
	o := v.Object()
	if got, err := o.Get(ctx, "name", vbscript.Args{}); err != nil || got.String() != "x" {
		t.Errorf("name = %v, %v", got, err)
	}
	if got, err := o.Get(ctx, "Twice", vbscript.MakeArgs(vbscript.String("a"))); err != nil || got.String() != "xaa" {
		t.Errorf("twice = %v, %v", got, err)
	}
	if err := o.Put(ctx, "NAME", vbscript.Args{}, vbscript.String("y"), false); err != nil {
		t.Error(err)
	}
	if got, err := o.Get(ctx, "twice", vbscript.MakeArgs(vbscript.String(""))); err != nil || got.String() != "y" {
		t.Errorf("twice = %v, %v", got, err)
	}
	if got, err := vbscript.Resolve(ctx, v); err != nil || got.String() != "text" {
		t.Errorf("value = %v, %v", got, err)
	}
	for _, name := range []string{"nothing", "fail"} {
		_, err := o.Get(ctx, name, vbscript.Args{})
		if e, ok := errors.AsType[*vbscript.Error](err); !ok || uint32(e.Number)>>16 != 0x800A {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := o.Get(ctx, "Name", vbscript.MakeArgs(vbscript.Long(1))); err == nil {
		t.Error("a string has an element")
	}
	if m := o.(vbscript.Membered); !m.Method("twice") || m.Method("Name") || m.Method("none") {
		t.Error("methods are not told from properties")
	}
	list, err := o.Get(ctx, "list", vbscript.Args{})
	if err != nil {
		t.Fatal(err)
	}
	var elems []string
	for e, err := range list.Object().(vbscript.Collection).Each(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		elems = append(elems, e.String())
	}
	if d := cmp.Diff([]string{"1", "2"}, elems); d != "" {
		t.Error(d)
	}
	for _, err := range o.(vbscript.Collection).Each(ctx) {
		if err == nil {
			t.Error("an object has elements")
		}
	}
}

// TestCause keeps the error of a host.
func TestCause(t *testing.T) {
	broken := errors.New("broken")
	in := jscript.New(jscript.Options{})
	in.Set("fail", vbscript.FromObject(hook(func(context.Context, vbscript.Args) (vbscript.Value, error) { return vbscript.Empty, broken })))
	err := in.Run(context.Background(), parse(t, "dir/fail.js", "var x\n  fail()"))
	if !errors.Is(err, broken) {
		t.Errorf("error = %v", err)
	}
	e, _ := errors.AsType[*vbscript.Error](err)
	if want := (source.Position{File: "dir/fail.js", Line: 2, Column: 7}); e.Position != want {
		t.Errorf("position = %v", e.Position)
	}
}

// TestFiles tells places in several files with the same name apart.
func TestFiles(t *testing.T) {
	in := jscript.New(jscript.Options{})
	ctx := context.Background()
	if err := in.Run(ctx, parse(t, "same.js", "\n\n\nfunction f() {\n nope }")); err != nil {
		t.Fatal(err)
	}
	err := in.Run(ctx, parse(t, "same.js", "f()"))
	if e, ok := errors.AsType[*vbscript.Error](err); !ok || e.Position.Line != 5 {
		t.Errorf("error = %v", err)
	}
}

// TestShared runs a script in several interpreters at once.
func TestShared(t *testing.T) {
	s := parse(t, "shared.js", `var o = { n: 0 }; for (var i = 0; i < 1000; i++) o.n += i; if (/(?=4)4/.test(o.n)) nope`)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			in := jscript.New(jscript.Options{})
			err := in.Run(context.Background(), s)
			if e, ok := errors.AsType[*vbscript.Error](err); !ok || e.Number&0xFFFF != 5009 {
				t.Errorf("error = %v", err)
			}
		})
	}
	wg.Wait()
}

func TestClose(t *testing.T) {
	ctx := context.Background()
	in := jscript.New(jscript.Options{})
	in.Set("bag", vbscript.FromObject(&bag{keys: []string{"a", "b"}, m: map[string]vbscript.Value{}}))
	if err := in.Run(ctx, parse(t, "open.js", `var e = new Enumerator(bag)`)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := in.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	if _, err := in.Eval(ctx, "1"); err == nil {
		t.Error("a closed interpreter ran")
	}
}

func TestBuiltins(t *testing.T) {
	names := jscript.Builtins()
	in := jscript.New(jscript.Options{})
	for _, name := range names {
		if v, err := in.Eval(context.Background(), "typeof "+name); err != nil || v.String() == "undefined" && name != "undefined" {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "ActiveXObject") {
		t.Error(names)
	}
}

// TestNoHost runs without a host, and without ways around it.
func TestNoHost(t *testing.T) {
	in := jscript.New(jscript.Options{})
	for src, number := range map[string]int32{
		`new ActiveXObject("Scripting.FileSystemObject")`:   429,
		`GetObject("winmgmts:")`:                            432,
		`(function () {}).constructor("return process")()`:  5009,
		`"".constructor.constructor("return globalThis")()`: 5009,
		`require`: 5009,
		"//# sourceMappingURL=file:///etc/hostname\nnope":  5009,
		`eval("//# sourceMappingURL=/etc/hostname\nnope")`: 5009,
	} {
		_, err := in.Eval(context.Background(), src)
		if e, ok := errors.AsType[*vbscript.Error](err); !ok || e.Number&0xFFFF != number {
			t.Errorf("%s: %v", src, err)
		}
	}
}

// TestErrorText is what a script host prints.
func TestErrorText(t *testing.T) {
	in := jscript.New(jscript.Options{})
	err := in.Run(context.Background(), parse(t, "a.js", "var a;\na.b()"))
	if want := "a.js(2, 1) Microsoft JScript runtime error: Object expected"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
