package vbscript_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/source"
	"openwmi/script/vbscript"
)

// TestIncomplete tells texts that a prompt continues from those that are wrong.
func TestIncomplete(t *testing.T) {
	for _, test := range []struct {
		src  string
		want bool
	}{
		{"x = 1", false},
		{"If x Then", true},
		{"If x Then\n  y = 1\nElse\n", true},
		{"If x Then y = 1", false},
		{"For i = 1 To 3\n  If i Then", true},
		{"For Each x In y :", true},
		{"Do", true},
		{"Do While x\n y = 1", true},
		{"While x", true},
		{"With x", true},
		{"Select Case x", true},
		{"Select Case x\nCase 1", true},
		{"Sub S", true},
		{"Function F(a)\n  F = a", true},
		{"Class C\n  Property Get X", true},
		{"Class C\n  Property Get X\n  End Property", true},
		{"x = 1 + _", true},
		{"x = 1 _\n", true},
		{"Print \"a\", _ \n", true},
		{"x_", false},
		{"x = ", false},
		{"If x", false},
		{"Do\n  x = )", false},
		{"Next", false},
		{"x = \"abc", false},
		{"Sub S\nEnd Function", false},
		{"If x Then\nLoop", false},
	} {
		_, err := vbscript.Parse(source.NewFile("prompt", test.src))
		if got := vbscript.Incomplete(err); got != test.want {
			t.Errorf("%q: %v (%v)", test.src, got, err)
		}
	}
	if vbscript.Incomplete(errors.New("else")) {
		t.Error("another error is incomplete")
	}
}

// TestEval evaluates expressions as a prompt does, between scripts.
func TestEval(t *testing.T) {
	in := start(t, "a = 20\nFunction Twice(x)\n  Twice = 2 * x\nEnd Function\nClass Gone\n  Private Sub Class_Terminate\n    a = a + 1\n  End Sub\nEnd Class")
	for _, test := range []struct{ expr, want string }{
		{"Twice(a) + 2", "Integer 42"},
		{"a = 20", "Boolean True"},
		{"a & \"x\"", "String 20x"},
		{"Nothing", "Object Nothing"},
		{"TypeName(New Gone)", "String Gone"},
		{"a", "Integer 21"}, // the instance is gone
	} {
		v, err := in.Eval(t.Context(), test.expr)
		if got := v.Type().String() + " " + v.String(); err != nil || got != test.want {
			t.Errorf("%s is %s (%v), want %s", test.expr, got, err, test.want)
		}
	}
	var list *source.List
	if _, err := in.Eval(t.Context(), "1 +"); !errors.As(err, &list) {
		t.Errorf("%v", err)
	}
	var e *vbscript.Error
	if _, err := in.Eval(t.Context(), "1 +\t1 / 0"); !errors.As(err, &e) || e.Number != 11 || e.Position.Line != 1 {
		t.Errorf("%v", err)
	}
	v, err := in.Eval(t.Context(), "New Gone")
	if err != nil || v.String() != "Gone" {
		t.Errorf("%v %v", v, err)
	}
}

// TestNames lists what a prompt completes.
func TestNames(t *testing.T) {
	in := start(t, "Dim Zeta, b(2)\nConst Ten = 10\nq = 1\nSub Alpha\n  local = 1\nEnd Sub\nClass Shape\nEnd Class")
	in.Set("WScript", vbscript.Nothing)
	want := []string{"Alpha", "b", "q", "Shape", "Ten", "WScript", "Zeta"}
	if d := cmp.Diff(want, in.Names()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// asker is an object that notes where it is asked, or calls back.
type asker struct {
	in  *vbscript.Interp
	got []source.Position
	err error
}

func (*asker) TypeName() string { return "Asker" }

func (a *asker) Get(ctx context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
	switch name {
	case "Where":
		a.got = append(a.got, a.in.Position())
		return vbscript.Empty, nil
	case "Run":
		s, _ := args.At(0).Text()
		v, err := a.in.Call(ctx, s)
		a.err = err
		return v, err
	}
	return vbscript.Empty, vbscript.NewError(438, name)
}

func (*asker) Put(context.Context, string, vbscript.Args, vbscript.Value, bool) error {
	return errors.New("it broke")
}

// TestPositions checks where errors of hosts and of handlers say that they happened.
func TestPositions(t *testing.T) {
	script, err := vbscript.Parse(source.NewFile("a.vbs", "Sub Handler\n  Obj.Where\n  x = 1 : y = 1 / 0\nEnd Sub\nSub Fine\n  Obj.Where\nEnd Sub\n"+
		"Sub Bad\n   Obj.Prop = 5\nEnd Sub\n"+
		"Obj.Where : Obj.Run \"Fine\"\nObj.Where\nSet r = GetRef(\"Bad\")\n  Obj.Run \"Handler\""))
	if err != nil {
		t.Fatal(err)
	}
	in := vbscript.New(vbscript.Options{})
	obj := &asker{in: in}
	in.Set("Obj", vbscript.FromObject(obj))
	place := func(err error) string {
		var e *vbscript.Error
		if !errors.As(err, &e) {
			return "none"
		}
		return e.Position.String()
	}
	err = in.Run(t.Context(), script)
	if got := place(err); got != "a.vbs:14:3" {
		t.Errorf("the script failed at %s: %v", got, err)
	}
	// The place in the handler is that of the cause.
	var e *vbscript.Error
	if errors.As(err, &e); place(e.Err) != "a.vbs:3:11" || place(obj.err) != "a.vbs:3:11" {
		t.Errorf("the handler failed at %s, %s", place(e.Err), place(obj.err))
	}
	var got []string
	for _, p := range obj.got {
		got = append(got, p.String())
	}
	if d := cmp.Diff([]string{"a.vbs:11:1", "a.vbs:6:3", "a.vbs:12:1", "a.vbs:2:3"}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if p := in.Position(); p.Line != 0 {
		t.Errorf("at rest it is at %v", p)
	}
	if _, err := in.Call(t.Context(), "Bad"); place(err) != "a.vbs:9:4" {
		t.Errorf("a call fails at %s", place(err))
	}
	if _, err := in.CallBack(t.Context(), in.Global("r")); place(err) != "a.vbs:9:4" {
		t.Errorf("a call back fails at %s", place(err))
	}
}
