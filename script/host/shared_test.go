package host_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestShared runs jobs whose languages use each other's globals.
func TestShared(t *testing.T) {
	const vb, js = `<script language="VBScript">`, `<script language="JScript">`
	const end = `</script>`
	for _, test := range []struct{ name, text, want string }{
		{"a function of VBScript", vb + `Function Twice(n) : Twice = 2 * n : End Function` + end + js + `WScript.Echo(Twice(4), twice(5), typeof Twice(1))` + end, "8 10 number\n"},
		{"a function of JScript", js + `function twice(n) { return 2 * n }` + end + vb + `WScript.Echo Twice(4), twice(5)` + end, "8 10\n"},
		{"a sub", vb + `Dim n : Sub Add(x) : n = n + x : End Sub` + end + js + `Add(3); Add(4); WScript.Echo(n)` + end, "7\n"},
		{"a function without result", js + `var n = 0; function add(x) { n += x }` + end + vb + "add 3\nCall add(4)\nadd(5)\nWScript.Echo n" + end, "12\n"},
		{"a call without arguments", js + `function hello() { WScript.Echo("hello"); return 7 }` + end + vb + "hello\nx = hello\ny = hello()\nWScript.Echo x, y" + end, "hello\nhello\nhello\n7 7\n"},
		{"variables of JScript", js + `var a = 1, o = { n: 5, f: function (x) { return this.n + x } }` + end + vb + "a = a + 1\nWScript.Echo a, o.n, o.f(2)\no.n = 6\nSet p = o\nWScript.Echo p.n" + end + js + `WScript.Echo(a, o.n)` + end, "2 5 7\n6\n2 6\n"},
		{"variables of VBScript", vb + "Dim a, b(2)\na = 1\nb(1) = \"x\"" + end + js + `a = a + 1; WScript.Echo(a, b(1), new VBArray(b).ubound()); this.a = 5; b(1) = "y"; WScript.Echo(typeof b, b(1), b.toArray().length)` + end + vb + `WScript.Echo a, b(1)` + end, "2 x 2\nunknown y 3\n5 y\n"},
		{"Option Explicit", js + `var a = 1` + end + vb + "Option Explicit\na = 2\nWScript.Echo a" + end, "2\n"},
		{"an object in place of another", js + `var o = null` + end + vb + `Set o = CreateObject("Scripting.Dictionary") : o("k") = 1` + end + js + `WScript.Echo(o.Count, o("k"))` + end, "1 1\n"},
		{"constants", vb + `Const Limit = 5` + end + js + `WScript.Echo(Limit); try { Limit = 6 } catch (e) { WScript.Echo(e.number & 0xFFFF) }` + end, "5\n501\n"},
		{"instances of classes", vb + "Class Point\nPublic X\nPrivate Sub Class_Initialize : X = 3 : End Sub\nPublic Function Times(n) : Times = X * n : End Function\nEnd Class\nFunction Make : Set Make = New Point : End Function\nSub Show(p) : WScript.Echo TypeName(p), p.X : End Sub" + end +
			js + `var p = Make(); p.X = 4; WScript.Echo(p.Times(2), typeof p); Show(p)` + end, "8 object\nPoint 4\n"},
		{"classes are not shared", vb + "Class Point\nEnd Class" + end + js + `WScript.Echo(typeof Point)` + end, "undefined\n"},
		{"a later block", vb + `Sub Main : WScript.Echo Later(2) : End Sub` + end + js + `function Later(n) { return n + 1 }` + end + vb + `Main` + end, "3\n"},
		{"a later block of VBScript", js + `function main() { WScript.Echo(Later(2)) }` + end + vb + `Function Later(n) : Later = n + 1 : End Function` + end + js + `main()` + end, "3\n"},
		{"a block that has not run", vb + "On Error Resume Next\nx = Later(2)\nWScript.Echo Err.Number" + end + js + `function Later(n) { return n + 1 }` + end, "13\n"},
		{"own names first", js + `var a = "js"; function f() { return "js" }` + end + vb + "Dim a : a = \"vb\"\nFunction F : F = \"vb\" : End Function\nWScript.Echo a, f" + end + js + `WScript.Echo(a, f())` + end, "vb vb\njs js\n"},
		{"what the language has is not shared", js + `function Number() { return 5 }` + end + vb + "number = 3\nobject = 4\nWScript.Echo number, object" + end + js + `WScript.Echo(typeof Object, Number())` + end, "3 4\nfunction 5\n"},
		{"local variables go first", js + `var i = "js"` + end + vb + "Sub S\nDim i : i = 1\nWScript.Echo i\nEnd Sub\nS\nWScript.Echo i" + end, "1\njs\n"},
		{"callbacks", vb + "Function Apply(f, x) : Apply = f(x) : End Function\nFunction Square(x) : Square = x * x : End Function" + end + js + `WScript.Echo(Apply(function (x) { return x + 1 }, 5), Apply(Square, 5))` + end, "6 25\n"},
		{"each calls the other", vb + "Function Down(n)\nIf n = 0 Then Down = \"end\" Else Down = Up(n - 1)\nEnd Function" + end + js + `function Up(n) { return Down(n) } WScript.Echo(Down(50))` + end, "end\n"},
		{"each calls the other for ever", vb + `Function Down(n) : Down = Up(n) : End Function` + end + js + `function Up(n) { return Down(n) } try { Up(1) } catch (e) { WScript.Echo(e.number & 0xFFFF) }` + end, "28\n"},
		{"an error of VBScript", vb + "Sub Fail : Err.Raise 1000, \"mine\", \"text\" : End Sub\nSub Zero : x = 1 / 0 : End Sub" + end + js + `try { Fail() } catch (e) { WScript.Echo(e.number & 0xFFFF, e.description) } try { Zero() } catch (e) { WScript.Echo(e.number & 0xFFFF, e.description) }` + end, "1000 text\n11 Division by zero\n"},
		{"an error of JScript", js + `function fail() { throw new Error(1000, "text") } function none() { nope }` + end + vb + "On Error Resume Next\nfail\nWScript.Echo Err.Number, Err.Description\nnone\nWScript.Echo Err.Number, Err.Description" + end, "1000 text\n-2146823279 'nope' is undefined\n"},
		{"an error that nobody catches", "<job>\n" + vb + "\nSub Zero\nx = 1 / 0\nEnd Sub" + end + js + "\nZero()" + end + "</job>", "FILE(4, 1) Microsoft VBScript runtime error: Division by zero"},
		{"a global that comes while the other language waits", vb + "Function Seen : Seen = late : End Function" + end + js + `var a = typeof Seen(); late = 1; var b = Seen(); WScript.Echo(a, b)` + end, "undefined 1\n"},
		{"a global that a method makes", js + `var maker = { make: function () { made = 5 } }` + end + vb + "Sub S\nx = made\nmaker.make\nWScript.Echo \"[\" & x & \"]\", made\nEnd Sub\nS" + end, "[] 5\n"},
		{"a name that nobody has", vb + "x = 1" + end + js + `WScript.Echo(typeof nope); try { nope } catch (e) { WScript.Echo(e.description) }` + end, "undefined\n'nope' is undefined\n"},
		{"assignment to a name that nobody has", vb + "x = 1" + end + js + `fresh = 5; WScript.Echo(fresh, this.fresh); for (var k in this) if (k == "fresh") WScript.Echo(k)` + end + vb + `WScript.Echo fresh` + end, "5 5\nfresh\n5\n"},
		{"Eval and Execute", js + `var a = 5; function f(x) { return x + a }` + end + vb + "WScript.Echo Eval(\"f(a)\")\nExecute \"a = 6\"\nWScript.Echo f(1)" + end + js + `WScript.Echo(eval("a"))` + end, "10\n7\n6\n"},
		{"Quit in the other language", vb + `Sub Leave : WScript.Quit 3 : End Sub` + end + js + `try { Leave() } catch (e) { } finally { WScript.Echo("no") }` + end, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "job.wsf")
			text := test.text
			if text[:5] != "<job>" {
				text = "<job>" + text + "</job>"
			}
			got := runJob(t, file, text)
			if got = strings.TrimSuffix(strings.ReplaceAll(got, file, "FILE"), "\n"); got != strings.TrimSuffix(test.want, "\n") {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
