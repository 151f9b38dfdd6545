package cim_test

import (
	"testing"

	"openwmi/cim"
)

// TestCompareObjects goes through constants.md 8: what each flag leaves out.
func TestCompareObjects(t *testing.T) {
	at := func(c *cim.Class, ns string) *cim.Class { return c.At(&cim.Origin{Server: "S", Namespace: ns}) }
	derive := func(d *cim.ClassDecl) *cim.Class { return newSchema(t, d).class(d.Name) }
	full := func(parts ...any) *cim.ClassDecl {
		return class("C", append(parts, prop("string A = a", qual("Q", "x", toInst)), prop("uint8 B"), method("uint32 M", param("string P", in)))...)
	}
	inst := func(c *cim.Class, pairs ...any) *cim.Instance {
		s := &schema{t, map[string]*cim.Class{"C": c}}
		return s.instance("C", pairs...)
	}
	qualified := inst(derive(full()), "B", 1)
	_ = qualified.SetLocalQualifiers(cim.Qualifiers{qual("Mine")})
	propertyQualified := inst(derive(full()), "B", 1)
	_ = propertyQualified.SetLocalPropertyQualifiers(0, cim.Qualifiers{qual("Mine")})

	for _, tc := range []struct {
		name   string
		a, b   cim.Object
		ignore cim.Comparison // flags each of which makes them equal; 0 if they are
		never  bool           // no flag does
	}{
		{"the same definition", derive(full()), derive(full()), 0, false},
		{"names in other case", derive(full()), derive(class("c", prop("string a = a", qual("q", "x", toInst)), prop("uint8 b"), method("uint32 m", param("string p", in)))), 0, false},
		{"another qualifier", derive(full()), derive(full(qual("Q"))), cim.IgnoreQualifiers, false},
		{"another flavor", derive(full(qual("Q", toSub))), derive(full(qual("Q"))), cim.IgnoreFlavor | cim.IgnoreQualifiers, false},
		{"qualifiers in another order", derive(full(qual("Q"), qual("R"))), derive(full(qual("R"), qual("Q"))), 0, false},
		{"another case of a qualifier value", derive(full(qual("Q", "text"))), derive(full(qual("Q", "TEXT"))), cim.IgnoreCase | cim.IgnoreQualifiers, false},
		{"another namespace", at(derive(full()), `root\a`), at(derive(full()), `root\b`), cim.IgnoreObjectSource, false},
		{"the same namespace in other case", at(derive(full()), `root\a`), at(derive(full()), `ROOT\A`), 0, false},
		{"stored and not", at(derive(full()), `root\a`), derive(full()), cim.IgnoreObjectSource, false},
		{"another default", derive(class("C", prop("string A = a"))), derive(class("C", prop("string A = b"))), cim.IgnoreDefaultValues, false},
		{"another case of a default", derive(class("C", prop("string A = a"))), derive(class("C", prop("string A = A"))), cim.IgnoreCase | cim.IgnoreDefaultValues, false},
		{"another type", derive(class("C", prop("string A"))), derive(class("C", prop("uint8 A"))), 0, true},
		{"another name", derive(class("C")), derive(class("D")), 0, true},
		{"a property more", derive(class("C")), derive(class("C", prop("string A"))), 0, true},
		{"a method more", derive(class("C")), derive(class("C", method("uint32 A"))), 0, true},
		{"another signature", derive(class("C", method("uint32 A"))), derive(class("C", method("uint8 A"))), 0, true},
		{"class and instance", derive(full()), inst(derive(full())), 0, true},

		{"equal instances", inst(derive(full()), "B", 1), inst(derive(full()), "B", 1), 0, false},
		{"a value like the default", inst(derive(full()), "A", "a"), inst(derive(full())), 0, false},
		{"another value", inst(derive(full()), "B", 1), inst(derive(full()), "B", 2), 0, true},
		{"another case of a value", inst(derive(full()), "A", "x"), inst(derive(full()), "A", "X"), cim.IgnoreCase, false},
		{"a qualifier of its own", qualified, inst(derive(full()), "B", 1), cim.IgnoreQualifiers, false},
		{"a qualifier of a property", propertyQualified, inst(derive(full()), "B", 1), cim.IgnoreQualifiers, false},
		{"instances of another version", inst(derive(full()), "B", 1), inst(derive(full(method("uint32 N"))), "B", 1), cim.IgnoreClass, false},
	} {
		if got := cim.CompareObjects(tc.a, tc.b, 0); got != (tc.ignore == 0 && !tc.never) {
			t.Errorf("%s: equal %v without flags", tc.name, got)
		}
		for flag := cim.IgnoreQualifiers; flag < cim.AllComparisons; flag <<= 1 {
			want := !tc.never && (tc.ignore == 0 || tc.ignore&flag != 0)
			if cim.CompareObjects(tc.a, tc.b, flag) != want || cim.CompareObjects(tc.b, tc.a, flag) != want {
				t.Errorf("%s: equal is not %v with 0x%02X", tc.name, want, flag)
			}
		}
		if got := cim.CompareObjects(tc.a, tc.b, cim.AllComparisons); got == tc.never {
			t.Errorf("%s: equal %v with all flags", tc.name, got)
		}
	}
	if !cim.CompareObjects(nil, nil, 0) || cim.CompareObjects(nil, derive(full()), 0) {
		t.Error("comparison with nil")
	}
}

func TestValueEqual(t *testing.T) {
	objects := newSchema(t, class("C", prop("string A")))
	lone := cim.FromUTF16([]uint16{0xD800})
	other := cim.FromUTF16([]uint16{0xD801})
	for _, tc := range []struct {
		a, b        cim.Value
		equal, fold bool
	}{
		{cim.Value{}, cim.Value{}, true, true},
		{cim.Value{}, cim.StringValue(""), false, false},
		{cim.StringValue(""), cim.StringValue(""), true, true},
		{cim.StringValue("Ä"), cim.StringValue("ä"), false, true},
		{cim.StringValue(lone), cim.StringValue(other), false, false},
		{cim.StringValue("1"), cim.ReferenceValue("1"), false, false},
		{cim.Uint8Value(1), cim.Uint16Value(1), false, false},
		{cim.Sint8Value(-1), cim.Sint8Value(-1), true, true},
		{cim.BytesValue([]byte{1, 2}), cim.BytesValue([]byte{1, 2}), true, true},
		{cim.BytesValue(nil), cim.BytesValue([]byte{}), true, true},
		{cim.BytesValue(nil), cim.BytesValue([]byte{0}), false, false},
		{cim.StringsValue([]string{"a"}), cim.StringsValue([]string{"A"}), false, true},
		{cim.NumbersValue(cim.TypeUint16, []uint64{1}), cim.NumbersValue(cim.TypeUint16, []uint64{2}), false, false},
		{value(objects.instance("C", "A", "x")), value(objects.instance("C", "A", "X")), false, true},
		{cim.ObjectsValue([]cim.Object{objects.class("C")}), cim.ObjectsValue([]cim.Object{objects.class("C")}), true, true},
		{value(objects.class("C")), value(objects.instance("C")), false, false},
		{cim.Real64Value(1.5), cim.Real64Value(1.5), true, true},
		{cim.BoolValue(true), cim.BoolValue(false), false, false},
	} {
		if tc.a.Equal(tc.b) != tc.equal || tc.b.Equal(tc.a) != tc.equal {
			t.Errorf("%v (%v) and %v (%v): equal is not %v", tc.a, tc.a.Type(), tc.b, tc.b.Type(), tc.equal)
		}
		if tc.a.EqualFold(tc.b) != tc.fold {
			t.Errorf("%v and %v: equal but for case is not %v", tc.a, tc.b, tc.fold)
		}
	}
}

func TestEqualDecls(t *testing.T) {
	full := func() *cim.ClassDecl {
		return class("C : P", qual("Q", "x"), qual("R"), prop("ref:B A", qual("Q")), prop("uint8 B = 1"),
			method("ref:B M", qual("Q"), param("ref:B X = C=1", in), param("string Y", out)))
	}
	for _, tc := range []struct {
		name string
		edit func(d *cim.ClassDecl)
		want bool
	}{
		{"nothing", func(d *cim.ClassDecl) {}, true},
		{"order of qualifiers", func(d *cim.ClassDecl) { d.Qualifiers[0], d.Qualifiers[1] = d.Qualifiers[1], d.Qualifiers[0] }, true},
		{"case of the superclass", func(d *cim.ClassDecl) { d.Super = "p" }, true},
		{"superclass", func(d *cim.ClassDecl) { d.Super = "S" }, false},
		{"case of the name", func(d *cim.ClassDecl) { d.Name = "c" }, true},
		{"case of a qualifier", func(d *cim.ClassDecl) { d.Qualifiers[0].Name = "q" }, true},
		{"value of a qualifier", func(d *cim.ClassDecl) { d.Qualifiers[0].Value = cim.StringValue("y") }, false},
		{"flavor of a qualifier", func(d *cim.ClassDecl) { d.Qualifiers[0].Flavor = toSub }, false},
		{"number of qualifiers", func(d *cim.ClassDecl) { d.Qualifiers = d.Qualifiers[:1] }, false},
		{"another qualifier", func(d *cim.ClassDecl) { d.Qualifiers[1].Name = "S" }, false},
		{"order of properties", func(d *cim.ClassDecl) { d.Properties[0], d.Properties[1] = d.Properties[1], d.Properties[0] }, false},
		{"case of a property", func(d *cim.ClassDecl) { d.Properties[0].Name = "a" }, true},
		{"type", func(d *cim.ClassDecl) { d.Properties[0].Type = cim.TypeObject }, false},
		{"class of a reference", func(d *cim.ClassDecl) { d.Properties[0].Class = "X" }, false},
		{"property qualifier", func(d *cim.ClassDecl) { d.Properties[0].Qualifiers = nil }, false},
		{"default", func(d *cim.ClassDecl) { d.Properties[1].Default = cim.Uint8Value(2) }, false},
		{"has a default", func(d *cim.ClassDecl) { d.Properties[0].HasDefault = true }, false},
		{"case of a method", func(d *cim.ClassDecl) { d.Methods[0].Name = "m" }, true},
		{"return type", func(d *cim.ClassDecl) { d.Methods[0].Return = cim.TypeObject }, false},
		{"returned class", func(d *cim.ClassDecl) { d.Methods[0].ReturnClass = "X" }, false},
		{"method qualifier", func(d *cim.ClassDecl) { d.Methods[0].Qualifiers = nil }, false},
		{"order of parameters", func(d *cim.ClassDecl) {
			p := d.Methods[0].Parameters
			p[0], p[1] = p[1], p[0]
		}, false},
		{"case of a parameter", func(d *cim.ClassDecl) { d.Methods[0].Parameters[0].Name = "x" }, true},
		{"type of a parameter", func(d *cim.ClassDecl) { d.Methods[0].Parameters[1].Type = cim.TypeUint8 }, false},
		{"class of a parameter", func(d *cim.ClassDecl) { d.Methods[0].Parameters[0].Class = "" }, false},
		{"direction of a parameter", func(d *cim.ClassDecl) { d.Methods[0].Parameters[0].Qualifiers = cim.Qualifiers{out} }, false},
		{"default of a parameter", func(d *cim.ClassDecl) { d.Methods[0].Parameters[0].Default = cim.ReferenceValue("C=2") }, false},
		{"parameter without default", func(d *cim.ClassDecl) { d.Methods[0].Parameters[0].HasDefault = false }, false},
	} {
		d := full()
		tc.edit(d)
		if cim.EqualDecls(full(), d) != tc.want || cim.EqualDecls(d, full()) != tc.want {
			t.Errorf("%s: equal is not %v", tc.name, tc.want)
		}
	}
}
