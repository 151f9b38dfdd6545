package vbscript_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"openwmi/internal/source"
	"openwmi/script/vbscript"
)

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		name, src, want string
		opts            vbscript.Options
	}{
		{"steps", "Do : Loop", "! 507 (1,1)", vbscript.Options{Steps: 1000}},
		{"steps are not caught", "On Error Resume Next\nDo : Loop\nPrint 1", "! 507 (2,1)", vbscript.Options{Steps: 1000}},
		{"calls are steps", "Sub S\nEnd Sub\nFor i = 1 To 3\nS : S : S\nNext", "! 507 (4,9)", vbscript.Options{Steps: 8}},
		{"depth", "Sub S\nS\nEnd Sub\nS", "! 28 (2,1)", vbscript.Options{Depth: 10}},
		{"depth of the most", "Sub S\nS\nEnd Sub\nS", "! 28 (2,1)", vbscript.Options{Depth: 1 << 30}},
		{"depth is caught", "Sub S\nS\nEnd Sub\nOn Error Resume Next\nS\nPrint Err.Number", "28", vbscript.Options{}},
		{"memory of a string", "s = String(10000000, \"x\")", "! 7 (1,1)", vbscript.Options{Memory: 1 << 20}},
		{"memory of a growing string", "Do\ns = s & \"0123456789\"\nLoop", "! 7 (2,1)", vbscript.Options{Memory: 1 << 20}},
		{"memory of a doubled string", "s = \"x\"\nDo\ns = s & s\nLoop", "! 7 (3,1)", vbscript.Options{Memory: 1 << 20}},
		{"memory of an array", "ReDim a(100000000)", "! 7 (1,1)", vbscript.Options{}},
		{"memory of dimensions", "ReDim a(100000, 100000, 100000)", "! 7 (1,1)", vbscript.Options{}},
		{"memory of a growing array", "ReDim a(1)\nDo\nReDim Preserve a(UBound(a) * 2)\nLoop", "! 7 (3,1)", vbscript.Options{Memory: 1 << 20}},
		{"memory of instances", "Class C\nPublic N\nEnd Class\nDo\nSet x = New C\nSet x.N = y\nSet y = x\nLoop", "! 424 (6,1)", vbscript.Options{Memory: 1 << 20}},
		{"memory of chained instances", "Class C\nPublic N\nEnd Class\nSet y = Nothing\nDo\nSet x = New C\nSet x.N = y\nSet y = x\nLoop", "! 7 (6,1)", vbscript.Options{Memory: 1 << 20}},
		{"garbage is not counted", "For i = 1 To 1000\ns = String(100000, \"x\")\nNext\nPrint Len(s)", "100000", vbscript.Options{Memory: 1 << 20}},
		{"memory is caught", "On Error Resume Next\ns = String(10000000, \"x\")\nPrint Err.Number", "7", vbscript.Options{Memory: 1 << 20}},
		{"memory of a deep pattern", "Set r = New RegExp\nr.Pattern = String(1000000, \"(\") & String(1000000, \")\")\nx = r.Test(\"a\")", "! 7 (3,1)", vbscript.Options{}},
		{"memory of a replacement", "Set r = New RegExp\nr.Global = True\ns = r.Replace(String(20000, \"a\"), \"$`$'\")", "! 7 (3,1)", vbscript.Options{Memory: 1 << 20}},
		{"memory of matches", "Set r = New RegExp\nr.Global = True\nSet m = r.Execute(String(100000, \"a\"))", "! 7 (3,1)", vbscript.Options{Memory: 4 << 20}},
		{"memory of procedures", "Do\ni = i + 1\nExecuteGlobal \"Sub p\" & i & vbLf & \"End Sub\"\nLoop", "! 7 (3,1)", vbscript.Options{Memory: 1 << 20, Steps: 100000}},
		{"nesting", "s = \"Execute s\"\nExecute s", "! 28 (1,1)", vbscript.Options{Nesting: 3}},
		{"nested expressions", "x = " + strings.Repeat("(", 10000) + "1" + strings.Repeat(")", 10000), "! 1001 (1,132)", vbscript.Options{}},
		{"nested statements", strings.Repeat("If x Then\n", 5000), "! 1001 (128,4)", vbscript.Options{}},
		{"a long sum", "x = 1" + strings.Repeat("+1", 3000) + "\nPrint x", "3001", vbscript.Options{}},
		{"too long a sum", "x = 1" + strings.Repeat("+1", 30000), "! 1001 (1,8198)", vbscript.Options{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := strings.TrimSpace(run(test.src, test.opts))
			if first, _, _ := strings.Cut(got, "\n"); first != test.want {
				t.Errorf("%s, want %s", first, test.want)
			}
		})
	}
}

func TestContext(t *testing.T) {
	script, err := vbscript.Parse(source.NewFile("loop", "On Error Resume Next\nDo\nx = x + 1\nLoop"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err = vbscript.New(vbscript.Options{}).Run(ctx, script)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want a passed deadline", err)
	}
}

// TestRegExpTime checks that a pattern which backtracks without end ends with the context.
func TestRegExpTime(t *testing.T) {
	src := "Set r = New RegExp\nr.Pattern = \"(a|aa|a*)*$\"\nx = r.Test(String(60, \"a\") & \"b\")"
	script, err := vbscript.Parse(source.NewFile("regexp", src))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	var e *vbscript.Error
	if err := vbscript.New(vbscript.Options{}).Run(ctx, script); !errors.As(err, &e) {
		t.Errorf("%v, want an error of the pattern or the context", err)
	}
}

// What a script holds is bounded, though it is held by little: arrays in arrays, parts of
// texts.
func TestHeldMemory(t *testing.T) {
	for name, text := range map[string]string{
		"arrays in arrays": "a = 1 : For i = 1 To 40 : a = Array(a, a) : Next",
		"parts of parts":   "Dim k(100) : For i = 0 To 100 : s = String(200000, Chr(65 + i Mod 20)) : Do While Len(s) > 100 : s = Mid(s, Len(s) \\ 8 + 1) : Loop : k(i) = s : Next",
		"trimmed texts":    "Dim k(100) : For i = 0 To 100 : k(i) = Trim(Space(200000) & \"a text\") : Next",
		"fields of texts":  "Dim k(100) : For i = 0 To 100 : k(i) = Split(\"a text,\" & String(200000, Chr(65 + i Mod 20)), \",\")(0) : Next",
		"large parts":      "Dim k(1000) : s = String(200000, \"x\") : For i = 0 To 1000 : k(i) = Left(s, 20000 + i) : Next",
		"matches":          "Dim k(100) : Set r = New RegExp : r.Pattern = \".*\" : For i = 0 To 100 : Set k(i) = r.Execute(String(200000, Chr(65 + i Mod 20))) : Next",
		"parts of texts":   "Dim k(100000) : For i = 0 To 100000 : s = String(200000, Chr(65 + i Mod 20)) : k(i) = Mid(s, 5, 20) : If i > 100 Then Exit For\nNext",
	} {
		t.Run(name, func(t *testing.T) {
			script, err := vbscript.Parse(source.NewFile("", text))
			if err != nil {
				t.Fatal(err)
			}
			in := vbscript.New(vbscript.Options{Memory: 4 << 20})
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			err = in.Run(t.Context(), script)
			runtime.GC()
			runtime.ReadMemStats(&after)
			var e *vbscript.Error
			if name == "arrays in arrays" && (!errors.As(err, &e) || e.Number != 7) {
				t.Errorf("ended with %v", err)
			}
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 12<<20 {
				t.Errorf("the heap has grown by %d MB", grown>>20)
			}
			runtime.KeepAlive(in)
		})
	}
}
