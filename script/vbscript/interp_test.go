package vbscript_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"openwmi/internal/source"
	"openwmi/script/internal/scripttest"
	"openwmi/script/vbscript"
)

func start(t *testing.T, src string) *vbscript.Interp {
	t.Helper()
	script, err := vbscript.Parse(source.NewFile("test", src))
	if err != nil {
		t.Fatal(err)
	}
	in := vbscript.New(vbscript.Options{Host: testHost, Now: scripttest.Clock})
	if err := in.Run(t.Context(), script); err != nil {
		t.Fatal(err)
	}
	return in
}

// TestCall calls procedures of a script from outside, as events do.
func TestCall(t *testing.T) {
	in := start(t, "n = 1\nSub Ev_Done(a, b)\n  n = n + a\n  total = b\nEnd Sub\nFunction F(x)\n  F = x & n\nEnd Function")
	if _, err := in.Call(t.Context(), "ev_DONE", vbscript.Long(4), vbscript.String("x")); err != nil {
		t.Fatal(err)
	}
	v, err := in.Call(t.Context(), "F", vbscript.String("n="))
	if s, _ := v.Text(); err != nil || s != "n=5" {
		t.Errorf("%v %v", v, err)
	}
	if s, _ := in.Global("N").Text(); s != "5" {
		t.Errorf("n is %s", s)
	}
	var e *vbscript.Error
	if _, err := in.Call(t.Context(), "nope"); !errors.As(err, &e) || e.Number != 35 {
		t.Errorf("%v", err)
	}
	if _, err := in.Call(t.Context(), "F"); !errors.As(err, &e) || e.Number != 450 {
		t.Errorf("%v", err)
	}
	if !in.Defined("f") || in.Defined("n") {
		t.Error("procedures are not told from variables")
	}
}

// TestCallBack calls what a script made with GetRef.
func TestCallBack(t *testing.T) {
	in := start(t, "Function F(x)\n  F = x * 2\nEnd Function\nSet r = GetRef(\"F\")")
	v, err := in.CallBack(t.Context(), in.Global("r"), vbscript.Integer(21))
	if s, _ := v.Text(); err != nil || s != "42" {
		t.Errorf("%v %v", v, err)
	}
	if _, err := in.CallBack(t.Context(), vbscript.Empty); err == nil {
		t.Error("Empty was called")
	}
}

// caller is an object that calls back into the script while the script waits in it.
type caller struct{ in *vbscript.Interp }

func (caller) TypeName() string { return "Caller" }

func (c caller) Get(ctx context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
	return c.in.Call(ctx, name, args.At(0))
}

func (caller) Put(_ context.Context, name string, _ vbscript.Args, _ vbscript.Value, _ bool) error {
	return vbscript.NewError(438, name)
}

// TestReentry checks that a call from within an object leaves the script as it was.
func TestReentry(t *testing.T) {
	script, err := vbscript.Parse(source.NewFile("test", "Function G(x)\n  G = x + 1\nEnd Function\nSub Bad(x)\n  y = 1 / 0\nEnd Sub\n"+
		"a = Obj.G(1) + Obj.G(10)\nOn Error Resume Next\nObj.Bad 1\nb = Err.Number\nSub S\n Dim q\n q = Obj.G(5)\n c = q\nEnd Sub\nc = 0\nS"))
	if err != nil {
		t.Fatal(err)
	}
	in := vbscript.New(vbscript.Options{})
	in.Set("Obj", vbscript.FromObject(caller{in}))
	if err := in.Run(t.Context(), script); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "13", "b": "11", "c": "6"} {
		if s, _ := in.Global(name).Text(); s != want {
			t.Errorf("%s is %s, want %s", name, s, want)
		}
	}
}

// TestErrorText checks how errors show themselves.
func TestErrorText(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{"x = 1\n  y = \"abc\" * 2", `(2, 3) Microsoft VBScript runtime error: Type mismatch: '[string: "abc"]'`},
		{"x = CInt(\"abc\")", `(1, 1) Microsoft VBScript runtime error: Type mismatch: 'CInt'`},
		{"x = Mid(\"a\", 0)", `(1, 1) Microsoft VBScript runtime error: Invalid procedure call or argument: 'Mid'`},
		{"x = 1 : y = 1 / (x - 1)", `(1, 9) Microsoft VBScript runtime error: Division by zero`},
		{"x = Array(1)\nx(4) = 1", `(2, 1) Microsoft VBScript runtime error: Subscript out of range: '[number: 4]'`},
		{"Option Explicit\nx = 1", `(2, 1) Microsoft VBScript runtime error: Variable is undefined: 'x'`},
		{"x = 1\nx.Foo", `(2, 1) Microsoft VBScript runtime error: Object required: 'x'`},
		{"Set x = CreateObject(\"No.Such\")", `(1, 1) Microsoft VBScript runtime error: ActiveX component can't create object: 'No.Such'`},
		{"Set b = CreateObject(\"Test.Bag\")\nSet b.C = b\nx = b.C.Nope", `(3, 1) Microsoft VBScript runtime error: Object doesn't support this property or method: 'C.Nope'`},
		{"Class C\nEnd Class\nSet o = New C\no.Nope 1", `(4, 1) Microsoft VBScript runtime error: Object doesn't support this property or method: 'o.Nope'`},
		{"Class C\nEnd Class\nSet o = New C\no.Nope = 1", `(4, 1) Microsoft VBScript runtime error: Object doesn't support this property or method: 'o.Nope'`},
		{"Set b = CreateObject(\"Test.Bag\")\nb.Fail", `(2, 1) Microsoft VBScript runtime error: it broke`},
		{"Sub S(a)\nEnd Sub\nS", `(3, 1) Microsoft VBScript runtime error: Wrong number of arguments or invalid property assignment: 'S'`},
		{"Execute \"x = \"", `(1, 5) Microsoft VBScript compilation error: Expected expression`},
		{"Function F\nF = 1 / 0\nEnd Function\nx = Len(F)", `(2, 1) Microsoft VBScript runtime error: Division by zero`},
		{"Err.Raise 1000, \"me\", \"text\"", `(1, 1) me: text`},
	} {
		script, err := vbscript.Parse(source.NewFile("a.vbs", test.src))
		if err != nil {
			t.Fatal(err)
		}
		err = vbscript.New(vbscript.Options{Host: testHost}).Run(t.Context(), script)
		if err == nil || !strings.HasPrefix(err.Error(), "a.vbs") || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

// TestNoHost checks what an interpreter without a host answers.
func TestNoHost(t *testing.T) {
	for src, want := range map[string]int32{
		"Set x = CreateObject(\"A.B\")": 429, "Set x = GetObject(\"a\")": 432, "MsgBox 1": 440, "x = InputBox(1)": 440,
	} {
		script, err := vbscript.Parse(source.NewFile("test", src))
		if err != nil {
			t.Fatal(err)
		}
		var e *vbscript.Error
		if err := vbscript.New(vbscript.Options{}).Run(t.Context(), script); !errors.As(err, &e) || e.Number != want {
			t.Errorf("%s: %v", src, err)
		}
	}
}

// TestInstanceOutside uses an object of a script's class from Go.
func TestInstanceOutside(t *testing.T) {
	in := start(t, "Class C\n Public X\n Private p\n Property Let Y(v)\n  p = v\n End Property\n Property Get Y\n  Y = p\n End Property\nEnd Class\nSet o = New C")
	o := in.Global("o").Object()
	if err := o.Put(t.Context(), "Y", vbscript.MakeArgs(), vbscript.Long(7), false); err != nil {
		t.Fatal(err)
	}
	v, err := o.Get(t.Context(), "y", vbscript.MakeArgs())
	if s, _ := v.Text(); err != nil || s != "7" {
		t.Errorf("%v %v", v, err)
	}
	if _, err := o.Get(t.Context(), "p", vbscript.MakeArgs()); err == nil {
		t.Error("a private field was read")
	}
}

func TestDates(t *testing.T) {
	at := time.Date(2024, 2, 29, 13, 5, 9, 0, time.UTC)
	v := vbscript.Time(at)
	if s, _ := v.Text(); s != "2/29/2024 1:05:09 PM" {
		t.Error(s)
	}
	if back, ok := v.GoTime(time.UTC); !ok || !back.Equal(at) {
		t.Error(back)
	}
}

func TestBuiltins(t *testing.T) {
	names := vbscript.Builtins()
	for _, want := range []string{"DateAdd", "vbCrLf", "InStrRev"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

// TestLongString checks that a string which grows in a loop keeps its earlier values.
func TestLongString(t *testing.T) {
	in := start(t, "For i = 1 To 1000\n s = s & \"ab\"\n If i = 500 Then half = s\nNext\nother = half & \"x\"\nsame = (Left(s, 1000) = half)")
	for name, want := range map[string]string{"same": "True", "half": strings.Repeat("ab", 500), "other": strings.Repeat("ab", 500) + "x", "s": strings.Repeat("ab", 1000)} {
		if s, _ := in.Global(name).Text(); s != want {
			t.Errorf("%s is %.20s...", name, s)
		}
	}
}

// failing is an object whose members fail with the HRESULT that their names tell.
type failing struct{}

func (failing) TypeName() string { return "Failing" }

func (failing) Get(_ context.Context, name string, _ vbscript.Args) (vbscript.Value, error) {
	n, err := strconv.ParseUint(name[1:], 16, 32)
	if err != nil {
		return vbscript.Empty, err
	}
	return vbscript.Empty, &vbscript.Error{Number: int32(uint32(n))}
}

func (failing) Put(context.Context, string, vbscript.Args, vbscript.Value, bool) error { return nil }

// torn is a collection that fails behind so many elements.
type torn struct {
	failing
	elements int32
}

func (t torn) Each(context.Context) iter.Seq2[vbscript.Value, error] {
	return func(yield func(vbscript.Value, error) bool) {
		for i := range t.elements {
			if !yield(vbscript.Long(i), nil) {
				return
			}
		}
		yield(vbscript.Empty, vbscript.NewError(70, ""))
	}
}

// TestTornCollection checks where a script goes on when an element of a collection fails:
// in the body for the first one, as with what fails in the head, and else behind the loop.
func TestTornCollection(t *testing.T) {
	src := "On Error Resume Next\nx = \"before\"\nFor Each x In c\n  s = s & x & \":\" & Err.Number & \" \"\n  Err.Clear\nNext\ns = s & Err.Number"
	script, err := vbscript.Parse(source.NewFile("test", src))
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"before:70 70", "0:0 70", "0:0 1:0 70"} {
		in := vbscript.New(vbscript.Options{})
		in.Set("c", vbscript.FromObject(torn{elements: int32(n)}))
		if err := in.Run(t.Context(), script); err != nil {
			t.Error(err)
		}
		if s := in.Global("s").String(); s != want {
			t.Errorf("%d elements: %q, want %q", n, s, want)
		}
	}
}

// TestHResults checks what scripts see of an HRESULT without a description.
func TestHResults(t *testing.T) {
	script, err := vbscript.Parse(source.NewFile("test", "Function Seen(ByRef o)\n  On Error Resume Next\n  Execute \"o.\" & member\n  Seen = Err.Number & \" \" & Err.Description\nEnd Function"))
	if err != nil {
		t.Fatal(err)
	}
	in := vbscript.New(vbscript.Options{})
	if err := in.Run(t.Context(), script); err != nil {
		t.Fatal(err)
	}
	for member, want := range map[string]string{
		"x80070005": "70 Permission denied",
		"x80020006": "438 Object doesn't support this property or method",
		"x800706BA": "462 The remote server machine does not exist or is unavailable",
		"x8002000E": "450 Wrong number of arguments or invalid property assignment",
		"x800A000B": "11 Division by zero",
		"x800A1000": "4096 Unknown runtime error",
		"x80041003": "-2147217405 ",
		"x8000FFFF": "-2147418113 ",
	} {
		in.Set("member", vbscript.String(member))
		v, err := in.Call(t.Context(), "Seen", vbscript.FromObject(failing{}))
		if got := v.String(); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", member, got, err, want)
		}
	}
}
