package vbscript_test

import (
	"context"
	"testing"

	"github.com/dop251/goja"

	"openwmi/internal/source"
	"openwmi/script/vbscript"
)

// work is the same in both languages. The benchmarks run one after the other, so that
// their ratio is that of one run.
var work = []struct{ name, vbs, js string }{
	{"loop", `
Function F
  Dim i, s
  s = 0
  For i = 1 To 10000000
    s = s + i
  Next
  F = s
End Function
x = F`, `(function() { var s = 0; for (var i = 1; i <= 10000000; i++) { s = s + i } return s })()`},
	{"build", `
Function F
  Dim i, s
  For i = 1 To 50000
    s = s & "x"
  Next
  F = Len(s)
End Function
x = F`, `(function() { var s = ""; for (var i = 1; i <= 50000; i++) { s = s + "x" } return s.length })()`},
	{"sort", `
Function F
  Dim a(1999), i, j, n, t
  n = 1
  For i = 0 To 1999
    n = (n * 421 + 1663) Mod 7875
    a(i) = n
  Next
  For i = 1 To 1999
    t = a(i)
    j = i - 1
    Do While j >= 0
      If a(j) <= t Then Exit Do
      a(j + 1) = a(j)
      j = j - 1
    Loop
    a(j + 1) = t
  Next
  F = a(0)
End Function
x = F`, `(function() { var a = [], n = 1, i, j, t
  for (i = 0; i < 2000; i++) { n = (n * 421 + 1663) % 7875; a[i] = n }
  for (i = 1; i < 2000; i++) { t = a[i]; j = i - 1
    while (j >= 0) { if (a[j] <= t) break; a[j + 1] = a[j]; j = j - 1 }
    a[j + 1] = t }
  return a[0] })()`},
	{"call", `
Function Fib(n)
  If n < 2 Then
    Fib = n
  Else
    Fib = Fib(n - 1) + Fib(n - 2)
  End If
End Function
x = Fib(25)`, `(function() { function fib(n) { if (n < 2) return n; return fib(n - 1) + fib(n - 2) } return fib(25) })()`},
}

func BenchmarkWork(b *testing.B) {
	for _, w := range work {
		b.Run(w.name+"/vbscript", func(b *testing.B) {
			script, err := vbscript.Parse(source.NewFile(w.name, w.vbs))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := vbscript.New(vbscript.Options{}).Run(context.Background(), script); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(w.name+"/goja", func(b *testing.B) {
			program, err := goja.Compile(w.name, w.js, true)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := goja.New().RunProgram(program); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
