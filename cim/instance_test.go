package cim_test

import (
	"testing"

	"openwmi/cim"
)

func TestInstanceValues(t *testing.T) {
	s := newSchema(t,
		class("B", prop("string Id", key), prop("sint32 N = 7"), prop("string S"), prop("uint8[] A")),
		class("D : B", prop("sint32 N = 8")),
	)
	i := s.instance("D", "id", "1")
	get := func(name string) string {
		t.Helper()
		v, ok := i.Get(name)
		if !ok {
			t.Errorf("no %s", name)
		}
		return v.String()
	}
	n := i.Class().PropertyIndex("n")
	if get("N") != "8" || i.IsSet(n) || get("S") != "NULL" || get("ID") != "1" {
		t.Errorf("N %s, S %s, Id %s", get("N"), get("S"), get("Id"))
	}
	// NULL that was assigned hides the default (put.md 5.4).
	if err := i.Set("N", cim.Value{}); err != nil || get("N") != "NULL" || !i.IsSet(n) {
		t.Errorf("N %s after NULL, %v", get("N"), err)
	}
	if !i.Reset(n) || i.Reset(n) || get("N") != "8" {
		t.Errorf("N %s after Reset", get("N"))
	}
	for _, tc := range []struct {
		name string
		v    cim.Value
		want cim.Status
	}{
		{"N", cim.StringValue("5"), cim.OK},
		{"N", cim.StringValue("five"), cim.TypeMismatch},
		{"N", cim.Sint64Value(1 << 40), cim.ValueOutOfRange},
		{"N", cim.StringsValue(nil), cim.TypeMismatch},
		{"A", cim.StringsValue(nil), cim.OK},
		{"A", cim.BytesValue([]byte{1}), cim.OK},
		{"Nope", cim.StringValue(""), cim.NotFound},
		{"__CLASS", cim.StringValue("X"), cim.ReadOnly},
		{"__path", cim.StringValue("X"), cim.ReadOnly},
		{"__Nope", cim.StringValue("X"), cim.NotFound},
	} {
		wantStatus(t, tc.name+"="+tc.v.String(), i.Set(tc.name, tc.v), tc.want)
	}
	if _, ok := i.Get("Nope"); ok {
		t.Error("a property that is not there was found")
	}
	if v, ok := i.Get("__CLASS"); !ok || v.Text() != "D" {
		t.Errorf("__CLASS is %v", v)
	}
	c := i.Clone()
	_ = c.Set("Id", cim.StringValue("2"))
	c.Put(n, cim.Sint32Value(99))
	if get("Id") != "1" || get("N") != "5" {
		t.Error("changing a clone changes the original")
	}
	if !cim.CompareObjects(i, i.Clone(), 0) || cim.CompareObjects(i, c, 0) {
		t.Error("comparison of clones")
	}
}

// TestEmbeddedObjects proves model.md#33 and model.md#40.
func TestEmbeddedObjects(t *testing.T) {
	s := newSchema(t,
		class("C", prop("string V")), class("D : C"), class("X", prop("string V")),
		class("Box", prop("object:C Strong"), prop("object Weak"), prop("object:C[] Many"), prop("string Name")),
	)
	for _, tc := range []struct {
		name, prop string
		v          cim.Value
		want       cim.Status
	}{
		{"the class itself", "Strong", value(s.instance("C")), cim.OK},
		{"a subclass", "Strong", value(s.instance("D")), cim.OK},
		{"model.md#33 an unrelated class", "Strong", value(s.instance("X")), cim.TypeMismatch},
		{"a class definition", "Strong", value(s.class("D")), cim.OK},
		{"anything where anything may be", "Weak", value(s.class("X")), cim.OK},
		{"an array", "Many", cim.ObjectsValue([]cim.Object{s.instance("C"), s.instance("D")}), cim.OK},
		{"an array with an unrelated class", "Many", cim.ObjectsValue([]cim.Object{s.instance("C"), s.instance("X")}), cim.TypeMismatch},
		{"text", "Weak", cim.StringValue("C"), cim.TypeMismatch},
		{"NULL", "Strong", cim.Value{}, cim.OK},
		{"an object as a text", "Name", value(s.instance("C")), cim.TypeMismatch},
	} {
		wantStatus(t, tc.name, s.instance("Box").Set(tc.prop, tc.v), tc.want)
	}

	i := s.instance("Box")
	for range cim.MaxNesting {
		box := s.instance("Box", "Weak", i)
		i = box
	}
	wantStatus(t, "model.md#40", s.instance("Box").Set("Weak", value(i)), cim.InvalidObject)
	inner, _ := i.Get("Weak")
	wantStatus(t, "64 deep", s.instance("Box").Set("Weak", inner), cim.OK)

	box := s.instance("Box", "Strong", s.instance("C", "V", "old"))
	_ = box.Set("Many", cim.ObjectsValue([]cim.Object{s.instance("C", "V", "old")}))
	clone := box.Clone()
	for _, name := range []string{"Strong", "Many"} {
		v, _ := clone.Get(name)
		_ = v.Elems()[0].Object().(*cim.Instance).Set("V", cim.StringValue("new"))
		v, _ = box.Get(name)
		if got, _ := v.Elems()[0].Object().(*cim.Instance).Get("V"); got.Text() != "old" {
			t.Errorf("changing a clone changes %s of the original", name)
		}
	}
}

func TestSetClass(t *testing.T) {
	s := newSchema(t, class("C", prop("string A = a"), prop("string B")), class("Other", prop("string A")))
	i := s.instance("C", "B", "b")
	same, err := cim.Derive(nil, class("C", qual("Q"), prop("string A = z"), prop("string B")))
	if err != nil {
		t.Fatal(err)
	}
	i.SetClass(same)
	if a, _ := i.Get("A"); a.Text() != "z" || !i.Class().Qualifiers().True("Q") {
		t.Errorf("A is %v", a)
	}
	defer func() {
		if recover() == nil {
			t.Error("SetClass took a class with other properties")
		}
	}()
	i.SetClass(s.class("Other"))
}
