package cim_test

import (
	"slices"
	"testing"

	"openwmi/cim"
)

func TestNames(t *testing.T) {
	for _, same := range [][]string{
		{"", ""}, {"abc", "ABC", "aBc"}, {"straße", "STRAßE", "straẞe"}, {"k", "K", "\u212A"}, {"ÄÖÜ", "äöü"}, {"Σ", "σ", "ς"},
		{"\xed\xa0\x80a", "\xed\xa0\x80A"},
	} {
		for _, a := range same {
			for _, b := range same {
				if !cim.EqualNames(a, b) || cim.CompareNames(a, b) != 0 || cim.Fold(a) != cim.Fold(b) {
					t.Errorf("%q and %q differ", a, b)
				}
			}
		}
	}
	// By folded code points: _ stands between upper and lower case letters.
	want := []string{"", "A1", "a2", "AB", "a_", "B", "b1", "z", "Ä", "äb", "б"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, cim.CompareNames)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("a", "B", "c")
	f.Add("k", "\u212A", "K")
	f.Add("\xed\xa0\x80", "ä", "\xff")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if cim.CompareNames(a, b) != -cim.CompareNames(b, a) {
			t.Fatalf("%q and %q", a, b)
		}
		if (cim.CompareNames(a, b) == 0) != (cim.Fold(a) == cim.Fold(b)) || cim.Fold(cim.Fold(a)) != cim.Fold(a) {
			t.Fatalf("%q and %q fold to %q and %q", a, b, cim.Fold(a), cim.Fold(b))
		}
		s := []string{a, b, c}
		slices.SortFunc(s, cim.CompareNames)
		if cim.CompareNames(s[0], s[2]) > 0 {
			t.Fatalf("%q", s)
		}
	})
}

func TestTypes(t *testing.T) {
	// model.md#1, and Decision "array ids".
	for typ, want := range map[cim.Type]int{
		cim.TypeUint64.ArrayOf(): 8213, cim.TypeUint32.ArrayOf(): 8211, cim.TypeSint64.ArrayOf(): 8212, cim.TypeBoolean.ArrayOf(): 8203,
		cim.TypeDatetime.ArrayOf(): 8293, cim.TypeObject: 13,
	} {
		if int(typ) != want {
			t.Errorf("%v is %d, want %d", typ, typ, want)
		}
	}
	for _, typ := range allTypes {
		back, ok := cim.ParseType(typ.String())
		if !ok || back != typ || !typ.IsValid() || !typ.ArrayOf().IsValid() || typ.ArrayOf().Elem() != typ || typ.ArrayOf().String() != typ.String()+"[]" {
			t.Errorf("%v reads as %v", typ, back)
		}
		kinds := 0
		for _, is := range []bool{typ.IsInteger(), typ.IsReal(), typ.IsText(), typ == cim.TypeBoolean, typ == cim.TypeChar16, typ == cim.TypeObject} {
			if is {
				kinds++
			}
		}
		if kinds != 1 || typ.ArrayOf().IsInteger() || typ.ArrayOf().IsText() {
			t.Errorf("%v is of %d kinds", typ, kinds)
		}
	}
	for _, typ := range []cim.Type{0, 1, 104, 127, 128, 0xFFF, cim.TypeArray, 0x4000 | cim.TypeString} {
		if typ.IsValid() {
			t.Errorf("%d is valid", typ)
		}
	}
	if _, ok := cim.ParseType("uint33"); ok {
		t.Error("uint33 is a type")
	}
}
