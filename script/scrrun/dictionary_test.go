package scrrun_test

import (
	"context"
	"math"
	"testing"

	"openwmi/script/scrrun"
	"openwmi/script/vbscript"
)

// JScript has a number that is not equal to itself.
func TestDictionaryNaN(t *testing.T) {
	d, err := scrrun.New(scrrun.Options{}).Object("Scripting.Dictionary")
	if err != nil {
		t.Fatal(err)
	}
	call := func(name string, args ...vbscript.Value) (string, error) {
		v, err := d.Get(context.Background(), name, vbscript.MakeArgs(args...))
		return v.String(), err
	}
	nan := vbscript.Double(math.NaN())
	for i := range int32(3) {
		if _, err := call("Add", vbscript.Long(i), vbscript.Null); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := call("Add", nan, vbscript.Long(7)); err != nil {
		t.Fatal(err)
	}
	if _, err := call("Add", nan, vbscript.Long(7)); err == nil {
		t.Error("it was added twice")
	}
	for i := range int32(3) { // which closes the gaps
		if _, err := call("Remove", vbscript.Long(i)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := call("Item", nan); got != "7" || err != nil {
		t.Error(got, err)
	}
	if got, err := call("Count"); got != "1" || err != nil {
		t.Error(got, err)
	}
}

func TestDictionary(t *testing.T) {
	s := newScript(t)
	s.check([]struct{ script, want string }{
		{`d.Add "a", 1 : d.Add "b", Array(1, 2) : P d.Count : P d("a") : P d.Item("b")(1) : P TypeName(d)`, "2|1|2|Dictionary"},
		{`d.Add "a", 1 : d.Add "a", 2`, "!457 This key is already associated with an element of this collection"},
		{`d.Remove "x"`, "!32811 Element not found"},
		{`d.Key("x") = "y"`, "!32811 Element not found"},
		{`d.Add "a", 1 : d.Add "b", 2 : d.Key("a") = "b"`, "!457 This key is already associated with an element of this collection"},
		{`d.Add "a", 1 : d.Add "b", 2 : d.Key("a") = "z" : P Join(d.Keys, ",") : P d("z")`, "z,b|1"},
		{`P IsEmpty(d("new")) : P d.Count : P d.Exists("new")`, "True|1|True"},
		{`d("a") = 1 : d("a") = d("a") + 1 : d.Item("b") = 5 : P d("a") & d("b") & d.Count`, "252"},
		{`Set d("o") = f : P TypeName(d("o")) : d("o") = 3 : P d("o")`, "FileSystemObject|3"},
		{`d.CompareMode = 1 : d.Add "Ab", 1 : P d.Exists("aB") : P d.Keys()(0) : P d.CompareMode`, "True|Ab|1"},
		{`d.Add "Ab", 1 : P d.Exists("aB") : d.CompareMode = 1`, "False!5 Invalid procedure call or argument"},
		{`d.CompareMode = 9`, "!5 Invalid procedure call or argument"},
		{`d.Add 1, "n" : P d.Exists(1.0) & d.Exists(CByte(1)) & d.Exists("1") & d.Exists(CCur(1)) & d.Exists(True) : d.Add True, "t" : P d(-1)`,
			"TrueTrueFalseTrueFalse|t"},
		{`d.Add Empty, 1 : d.Add Null, 2 : d.Add "", 3 : d.Add 0, 4 : d.Add Nothing, 5 : P d.Count & d(Null) & d("") & d(Nothing)`, "5235"},
		{`d.Add Array(1), 1`, "!5 Invalid procedure call or argument"},
		{`Set e = CreateObject("Scripting.Dictionary") : d.Add e, "e" : d.Add f, "f" : P d(e) & d(f) & d.Exists(d)`, "efFalse"},
		{`d.Add #2020-01-01#, 1 : P d.Exists(#2020-01-01#) & d.Exists(CDbl(#2020-01-01#))`, "TrueTrue"},
		// The loop sees the keys of its beginning.
		{`d.Add 1, 1 : d.Add 2, 2 : For Each k In d : P k : d.Add k + 10, 0 : d.RemoveAll : Next : P d.Count`, "1|2|0"},
		{`For i = 1 To 1000 : d.Add i, i : Next : For i = 1 To 1000 : If i Mod 3 Then d.Remove i
Next : d.Add "z", 0 : n = 0 : For Each k In d.Keys : If k <> "z" Then n = n + d(k)
Next : P n : P d.Count : P d.Items()(333) & d.Keys()(333) & d.Keys()(0)`, "166833|334|0z3"},
		{`d.Add 1, 1 : d.RemoveAll : d.Add 1, 2 : P d.Count & d(1) : P UBound(d.Items)`, "12|0"},
		{`a = Array(1, Array(2)) : d.Add "a", a : a(0) = 9 : a(1)(0) = 9 : P d("a")(0) & d("a")(1)(0)`, "12"},
		{`P d.HashVal("abc") & " " & d.HashVal("ABC") : d.CompareMode = 1 : P d.HashVal("ABC") : P d.HashVal(1)`, "974 758|974|161"},
		{`P d.Nope`, "!438 Object doesn't support this property or method"},
		{`d.Add "a"`, "!450 Wrong number of arguments or invalid property assignment"},
	})
}

func TestDictionaryMemory(t *testing.T) {
	s := newScript(t)
	s.memory = 1 << 20
	s.check([]struct{ script, want string }{
		{`For i = 1 To 100 : d.Add i, String(20000, "x") : Next`, "!7 Out of memory"},
		{`For i = 1 To 100 : d(1) = String(20000, "x") : Next : P d.Count`, "1"},
		{`For i = 1 To 100 : d.Add 1, String(20000, "x") : d.Remove 1 : Next : P d.Count`, "0"},
		{`d(1) = 1 : d(1) = String(2000000, "x")`, "!7 Out of memory"},
		// What the script has dropped does not count.
		{`For i = 1 To 300 : Set d = CreateObject("Scripting.Dictionary") : d.Add i, String(20000, "x") : Next : P d.Count`, "1"},
	})
}

func BenchmarkDictionary(b *testing.B) {
	s := &script{t: &testing.T{}, dir: b.TempDir()}
	for b.Loop() {
		if got := s.run(`For i = 1 To 10000 : d("k" & i) = i : Next : P d.Count`); got != "10000" {
			b.Fatal(got)
		}
	}
}
