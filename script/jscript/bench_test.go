package jscript_test

import (
	"context"
	"testing"

	"github.com/dop251/goja"

	"openwmi/internal/source"
	"openwmi/script/jscript"
	"openwmi/script/vbscript"
)

// benchmarks run the same text here and in goja alone.
var benchmarks = []struct{ name, src string }{
	{"loop", `(function () { var n = 0; for (var i = 0; i < 1000000; i++) n += i; return n })()`},
	{"call", `(function () { function f(x) { return x + 1 } var n = 0; for (var i = 0; i < 300000; i++) n = f(n); return n })()`},
	{"method", `(function () { var o = { f: function (x) { return x + 1 } }, n = 0; for (var i = 0; i < 300000; i++) n = o.f(n); return n })()`},
	{"recursion", `(function () { function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) } return fib(22) })()`},
	{"string", `(function () { var s = "hello", n = 0; for (var i = 0; i < 300000; i++) n += s.charAt(i % 5) == "l" ? 1 : 0; return n })()`},
	{"append", `(function () { var s = ""; for (var i = 0; i < 5000; i++) s += "0123456789"; return s.length })()`},
	{"replace", `(function () { var s = new Array(2001).join("a b "); for (var i = 0; i < 20; i++) s.replace(/\s/g, "-"); return s.length })()`},
	{"sort", `(function () { var a = []; for (var i = 0; i < 20000; i++) a.push((i * 7919) % 20011); a.sort(function (x, y) { return x - y }); return a[0] })()`},
}

func BenchmarkJScript(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			s, err := jscript.Parse(source.NewFile("bench", c.src))
			if err != nil {
				b.Fatal(err)
			}
			in := jscript.New(jscript.Options{})
			for b.Loop() {
				if err := in.Run(context.Background(), s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGoja(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			p := goja.MustCompile("bench", c.src, false)
			in := goja.New()
			for b.Loop() {
				if _, err := in.RunProgram(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNew makes an interpreter.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		jscript.New(jscript.Options{})
	}
}

// BenchmarkMembers calls and reads members of an automation object.
func BenchmarkMembers(b *testing.B) {
	s, err := jscript.Parse(source.NewFile("bench", `for (var i = 0; i < 1000; i++) { bag.Sum(1, i); bag.count; bag.x = i; bag.Item("x") = i }`))
	if err != nil {
		b.Fatal(err)
	}
	in := jscript.New(jscript.Options{})
	in.Set("bag", vbscript.FromObject(&bag{m: map[string]vbscript.Value{}}))
	for b.Loop() {
		if err := in.Run(context.Background(), s); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCall calls a function of a script, as an event does.
func BenchmarkCall(b *testing.B) {
	in := jscript.New(jscript.Options{})
	if _, err := in.Eval(context.Background(), `function f(a) { return a }`); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := in.Call(context.Background(), "f", vbscript.Long(1)); err != nil {
			b.Fatal(err)
		}
	}
}
