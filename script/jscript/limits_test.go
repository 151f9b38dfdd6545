package jscript_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"openwmi/internal/source"
	"openwmi/script/jscript"
	"openwmi/script/vbscript"
)

// limited runs a script with little memory and a deadline, and returns its error.
func limited(t *testing.T, src string, memory int64) error {
	t.Helper()
	s, err := jscript.Parse(source.NewFile("limits.js", src))
	if err != nil {
		t.Fatal(err)
	}
	in := jscript.New(jscript.Options{Memory: memory, Depth: 500})
	defer in.Close(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return in.Run(ctx, s)
}

// TestMemory runs scripts that would take all memory there is.
func TestMemory(t *testing.T) {
	for _, c := range []struct{ name, src string }{
		{"strings that double", `var s = "0123456789"; while (true) s += s`},
		{"strings in an array", `var a = []; while (true) a.push(new Array(11).join(new Array(10001).join("x" + a.length)))`},
		{"arrays", `var a = []; while (true) a = [a, a.length, {}]`},
		{"objects", `var o = {}; for (var i = 0; ; i++) o["k" + i] = { a: { b: {}, c: [] }, d: [{}, {}, {}, {}, {}, {}] }`},
		{"join", `new Array(4000000000).join("abc")`},
		{"a long separator", `var s = new Array(10001).join("x"); new Array(100001).join(s)`},
		{"concat", `var s = new Array(100001).join("x"), a = []; for (var i = 0; i < 1000; i++) a.push(s); String.prototype.concat.apply("", a)`},
		{"replace", `var s = new Array(100001).join("x"); s.replace(/x/g, s)`},
		{"replace by itself", `var s = new Array(100001).join("x"); s.replace(/x/g, "$&$'$` + "`" + `")`},
		{"split", `var s = new Array(3000001).join("x"); s.split("")`},
		{"match", `var s = new Array(9000001).join("x"); s.match(/x/g)`},
		{"apply", `Math.max.apply(null, { length: 4000000000 })`},
		{"slice", `Array.prototype.slice.call({ length: 4000000000 })`},
		{"reverse", `var a = []; a[3000000000] = 1; a.reverse()`},
		{"sort", `var a = []; a.length = 4000000000; a[5] = 1; a.sort()`},
		{"join of one long text", `var s = new Array(1000001).join("x"), a = []; for (var i = 0; i < 1000; i++) a[i] = s; a.join("")`},
		{"a separator that becomes long", `var s = new Array(1000001).join("x"); new Array(1001).join({ toString: function () { return s } })`},
		{"toLocaleString", `var s = new Array(1000001).join("x"), a = []; for (var i = 0; i < 1000; i++) a[i] = s; a.toLocaleString()`},
		{"replace by a native function", `var s = new Array(30001).join("x"); s.replace(/x/g, Array)`},
		{"replace by what becomes long", `var s = new Array(30001).join("x"); s.replace(/x/g, { toString: function () { return s } })`},
		{"concat of one long array", `var a = []; a[100000] = 1; var b = []; for (var i = 0; i < 1000; i++) b.push(a); Array.prototype.concat.apply([], b)`},
		{"escape", `escape(new Array(4000001).join("\u1234"))`},
		{"closures", `var f = function () {}; while (true) f = (function (g) { return function () { return g } })(f)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := limited(t, c.src, 16<<20)
			e, ok := errors.AsType[*vbscript.Error](err)
			if !ok || e.Number&0xFFFF != 7 {
				t.Fatalf("error = %v, want error 7", err)
			}
		})
	}
}

// TestMemoryOfOthers takes more than the limit elsewhere while a script runs.
func TestMemoryOfOthers(t *testing.T) {
	ctx := context.Background()
	in := jscript.New(jscript.Options{Memory: 16 << 20})
	defer in.Close(ctx)
	var taken [][]byte
	in.Set("others", vbscript.FromObject(hook(func(context.Context, vbscript.Args) (vbscript.Value, error) {
		done := make(chan []byte)
		go func() { done <- make([]byte, 64<<20) }()
		taken = append(taken, <-done)
		return vbscript.Empty, nil
	})))
	if err := in.Run(ctx, parse(t, "others.js", `for (var n = 0; n < 4; n++) { others(); for (var i = 0, a = []; i < 100000; i++) a.push(i) }`)); err != nil {
		t.Error(err)
	}
	runtime.KeepAlive(taken)
}

// TestMemoryBefore counts what scripts have taken in runs before.
func TestMemoryBefore(t *testing.T) {
	ctx := context.Background()
	in := jscript.New(jscript.Options{Memory: 32 << 20})
	defer in.Close(ctx)
	var err error
	for n := 0; n < 100 && err == nil; n++ {
		err = in.Run(ctx, parse(t, "more.js", `if (typeof all == "undefined") var all = []; for (var i = 0; i < 30000; i++) all.push({ i: i })`))
	}
	if e, ok := errors.AsType[*vbscript.Error](err); !ok || e.Number&0xFFFF != 7 {
		t.Errorf("error = %v, want error 7", err)
	}
}

// TestGarbage makes more garbage than the limit, which is no reason to end.
func TestGarbage(t *testing.T) {
	if err := limited(t, `for (var i = 0; i < 8000; i++) new Array(101).join("0123456789012345678901234567890123456789")`, 64<<20); err != nil {
		t.Error(err)
	}
}

// TestDeadline runs scripts that do not end.
func TestDeadline(t *testing.T) {
	slow := `"` + strings.Repeat("x", 60) + `"`
	for _, c := range []struct{ name, src string }{
		{"a loop", `for (;;) ;`},
		{"a catch", `for (;;) try { for (;;) ; } catch (e) {} finally {}`},
		{"sort", `var a = [1, 2, 3]; for (;;) a.sort(function () { for (;;) ; })`},
		{"backtracking", `/^(?=x)(x+x+)+y/.test(` + slow + `)`},
		{"backtracking in replace", slow + `.replace(/^(?=x)(x+x+)+y/g, "")`},
		{"backtracking in split", slow + `.split(/(?=x)(x+x+)+y/)`},
		{"backtracking in search", slow + `.search(/(?=x)(x+x+)+y/)`},
		{"backtracking in match", slow + `.match(new RegExp("(?=x)(x+x+)+y"))`},
		{"backtracking in match of a text", slow + `.match("(?=x)(x+x+)+y")`},
		{"backtracking in search of a text", slow + `.search("(?=x)(x+x+)+y")`},
		{"backtracking without exec", `var r = /(?=x)(x+x+)+y/; delete r.exec; r.test(` + slow + `)`},
		{"backtracking with another exec", `var r = /(?=x)(x+x+)+y/; r.exec = 1; ` + slow + `.replace(r, "")`},
		{"backtracking after compile", `var r = /x/; r.compile("(?=x)(x+x+)+y"); ` + slow + `.replace(r, "")`},
		{"a count too large for the other matcher", `/(x{1,2000}){1,2000}y/.test(` + slow + `)`},
		{"many instructions for a long text", `/(?:a?){1000}b/.test(new Array(1000001).join("a"))`},
		{"a pattern that has other flags", `delete RegExp.prototype.flags; var r = /(?=x)x/; r.flags = "g"; "x".match(r); for (;;) ;`},
		{"sort without a function", `for (var a = [], i = 0; i < 100000; i++) a.push(i * 7919 % 100003); for (;;) a.sort()`},
		{"the text of what is thrown", `throw { toString: function () { for (;;) ; } }`},
		{"toString", `var o = { toString: function () { for (;;) ; } }; "" + o`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := jscript.Parse(source.NewFile("limits.js", c.src))
			if err != nil {
				t.Fatal(err)
			}
			in := jscript.New(jscript.Options{})
			defer in.Close(context.Background())
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			start := time.Now()
			err = in.Run(ctx, s)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error = %v, want the deadline", err)
			}
			if d := time.Since(start); d > time.Minute {
				t.Errorf("it took %v", d)
			}
			// The interpreter goes on.
			if v, err := in.Eval(context.Background(), "1 + 1"); err != nil || v.String() != "2" {
				t.Errorf("afterwards: %v, %v", v, err)
			}
		})
	}
}

const maxTokens = 300000 // of a script

// TestDepth nests what the parser and the compiler recurse over.
func TestDepth(t *testing.T) {
	n := maxTokens / 4
	for _, c := range []struct{ name, src string }{
		{"parentheses", strings.Repeat("(", n) + "1" + strings.Repeat(")", n)},
		{"brackets open", strings.Repeat("[", n)},
		{"blocks", strings.Repeat("{", n) + strings.Repeat("}", n)},
		{"not", strings.Repeat("!", n) + "1"},
		{"minus", strings.Repeat("- ", n) + "1"},
		{"sums", "1" + strings.Repeat("+1", n/2)},
		{"assignments", strings.Repeat("a=", n/2) + "1"},
		{"conditions", strings.Repeat("a?a:", n/4) + "1"},
		{"else", strings.Repeat("if(a);else ", n/6) + ";"},
		{"labels", strings.Repeat("a:", n/2) + ";"},
		{"members", "a" + strings.Repeat(".a", n/2)},
		{"calls", "a" + strings.Repeat("()", n/2)},
		{"new", strings.Repeat("new ", n) + "a"},
		{"tokens", strings.Repeat("1;", maxTokens/2+1)},
		{"functions", strings.Repeat("function f(){", n/6) + strings.Repeat("}", n/6)},
		{"while", strings.Repeat("while(1)", n/4) + ";"},
		{"commas", "a" + strings.Repeat(",a", n/3)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := jscript.Parse(source.NewFile("deep.js", c.src))
			if err == nil && c.name != "commas" {
				t.Error("no error")
			}
		})
	}
	// A long sum, as texts are put together, is fine.
	if _, err := jscript.Parse(source.NewFile("sum.js", `a = "x"`+strings.Repeat("\n+ \"x\"", 5000))); err != nil {
		t.Error(err)
	}
}

// TestStack ends recursion with error 28, whatever it goes through.
func TestStack(t *testing.T) {
	for _, src := range []string{
		`function f() { f() } f()`,
		`function f(a) { [2, 1].sort(f) } f()`,
		`function f() { "a".replace(/a/, f) } f()`,
		`function f() { eval("f()") } f()`,
		`function f() { f.apply(this, []) } f()`,
		`function f() { new f } f()`,
		`var a = []; a[0] = { toString: function () { return a.join() + String(a[0]) } }; "" + a[0]`,
		`var o = {}; o.toString = String.prototype.toUpperCase; "" + o`,
		`var o = {}; o.toString = String.prototype.bold; "" + o`,
		`var o = {}; o.toString = Object.prototype.toLocaleString; o.toLocaleString()`,
		`var o = {}; o.source = o; o.toString = RegExp.prototype.toString; "" + o`,
		`var o = {}; o.length = o; o.valueOf = Array.prototype.pop; +o`,
		`var r = /x/g; r.lastIndex = r; r.valueOf = RegExp.prototype.exec; r.exec("x")`,
		`var r = /x/; r.lastIndex = r; r.valueOf = RegExp.prototype.exec; +r`,
		`var r = /(?=x)x/g; r.lastIndex = r; r.valueOf = r.exec; r.exec("x")`,
		`var c = Function.prototype.call, a = []; for (var i = 0; i < 20000; i++) a.push(c); c.apply(c, a)`,
		`var f = Function.prototype.apply, a = [f, []]; for (var i = 0; i < 20000; i++) a = [f, a]; f.apply(f, a)`,
		`var a = [1]; for (var i = 0; i < 20000; i++) a = [a]; a.toLocaleString()`,
	} {
		err := limited(t, src, 0)
		if e, ok := errors.AsType[*vbscript.Error](err); !ok || e.Number&0xFFFF != 28 {
			t.Errorf("%s: error = %v, want error 28", src, err)
		}
	}
}

// TestExec gives regular expressions an exec that always finds something, which the
// methods of strings do not call.
func TestExec(t *testing.T) {
	for _, set := range []string{`r.exec = Array`, `RegExp.prototype.exec = Array`} {
		err := limited(t, `var r = /b/g; `+set+`; if ("abcb".match(r).length != 2 || "abc".replace(r, "x") != "axc" || "abc".search(r) != 1) throw 1`, 16<<20)
		if err != nil {
			t.Errorf("%s: %v", set, err)
		}
	}
}

// TestLength has arrays that say differently each time how long they are.
func TestLength(t *testing.T) {
	for _, call := range []string{
		`Array.prototype.slice.call(o)`, `Array.prototype.join.call(o)`, `Array.prototype.reverse.call(o)`, `Math.max.apply(null, o)`,
	} {
		err := limited(t, `var n = 0, o = { length: { valueOf: function () { return n++ ? 4294967295 : 1 } } }; `+call, 0)
		if e, ok := errors.AsType[*vbscript.Error](err); !ok || e.Number&0xFFFF != 5 {
			t.Errorf("%s: error = %v, want error 5", call, err)
		}
	}
}

// TestNested makes texts of arrays that contain each other deep.
func TestNested(t *testing.T) {
	if err := limited(t, `var a = [1]; for (var i = 0; i < 900; i++) a = [a]; if (String(a) != "1") throw a`, 0); err != nil {
		t.Error(err)
	}
	err := limited(t, `var a = []; for (var i = 0; i < 100000; i++) a = [a]; String(a)`, 0)
	if e, ok := errors.AsType[*vbscript.Error](err); !ok || e.Number&0xFFFF != 28 {
		t.Errorf("error = %v, want error 28", err)
	}
}
