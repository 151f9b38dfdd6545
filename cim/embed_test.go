package cim_test

import (
	"bytes"
	"fmt"
	"testing"

	"openwmi/cim"
)

// boxes has a class whose instances can hold each other.
func boxes(t testing.TB) *schema {
	return newSchema(t, class("Box", prop("object O"), prop("object P"), prop("object[] Many"), prop("string Name")), class("Leaf"))
}

// withDefault declares a class with an object as a default.
func withDefault(name string, o cim.Object) *cim.ClassDecl {
	d := class(name, prop("object D"))
	d.Properties[0].Default, d.Properties[0].HasDefault = cim.ObjectValue(o), true
	return d
}

// TestNestedDefaults: an embedded object takes the definition of its class with
// it, so that the objects there count.
func TestNestedDefaults(t *testing.T) {
	s := boxes(t)
	inner := s.instance("Leaf")
	for i := range cim.MaxNesting {
		inner = cim.NewInstance(s.add(withDefault(fmt.Sprint("L", i), inner)))
	}
	_, err := s.try(withDefault("Deep", inner))
	wantStatus(t, "a default 65 deep", err, cim.InvalidObject)
	_, err = s.try(withDefault("Deep", inner.Class()))
	wantStatus(t, "a class 65 deep", err, cim.InvalidObject)
	m := class("M", method("uint32 M", param("object P", in)))
	m.Methods[0].Parameters[0].Default, m.Methods[0].Parameters[0].HasDefault = cim.ObjectValue(inner), true
	_, err = s.try(m)
	wantStatus(t, "the default of a parameter 65 deep", err, cim.InvalidObject)

	// The same holds for what a class inherits, for the parameters of its
	// methods, and for values.
	s.add(class("Below : L63"))
	wantStatus(t, "the default of a superclass", s.instance("Box").Set("O", value(s.instance("Below"))), cim.InvalidObject)
	wantStatus(t, "a class", s.instance("Box").Set("O", value(s.class("Below"))), cim.InvalidObject)
	wantStatus(t, "64 deep", s.instance("Box").Set("O", value(s.instance("L62"))), cim.OK)
	m.Methods[0].Parameters[0].Default = cim.ObjectValue(s.instance("L62"))
	s.add(m)
	wantStatus(t, "the default of a parameter", s.instance("Box").Set("O", value(s.instance("M"))), cim.InvalidObject)
}

// TestSharedObjects: each level embeds the one below twice.
func TestSharedObjects(t *testing.T) {
	s := boxes(t)
	shared := s.instance("Box")
	for level := 1; ; level++ {
		outer := s.instance("Box", "O", shared)
		if err := outer.Set("P", value(shared)); err != nil {
			wantStatus(t, fmt.Sprint("level ", level), err, cim.QuotaViolation)
			break
		}
		if err := outer.Check(); err != nil {
			wantStatus(t, fmt.Sprint("level ", level), err, cim.QuotaViolation)
			break
		}
		if shared = outer; level > 20 {
			t.Fatalf("2^%d objects are accepted", level)
		}
	}
	many := make([]cim.Object, cim.MaxEmbedded/5+1)
	for i := range many {
		many[i] = shared.Class()
	}
	wantStatus(t, "a long array", s.instance("Box").Set("Many", cim.ObjectsValue(many)), cim.QuotaViolation)
	wantStatus(t, "an array", s.instance("Box").Set("Many", cim.ObjectsValue(many[1:])), cim.OK)
}

func TestCircularObjects(t *testing.T) {
	s := boxes(t)
	i, j, k := s.instance("Box"), s.instance("Box"), s.instance("Box")
	wantStatus(t, "itself", i.Set("O", value(i)), cim.CircularReference)
	wantStatus(t, "itself in an array", i.Set("Many", cim.ObjectsValue([]cim.Object{j, i})), cim.CircularReference)
	wantStatus(t, "i.O = j", i.Set("O", value(j)), cim.OK)
	wantStatus(t, "j.P = k", j.Set("P", value(k)), cim.OK)
	wantStatus(t, "k.O = i", k.Set("O", value(i)), cim.CircularReference)
	wantStatus(t, "i.Check", i.Check(), cim.OK)

	// Through the default of a class.
	d := s.add(withDefault("D", k))
	wantStatus(t, "the class whose default it is", k.Set("O", value(d)), cim.CircularReference)
	wantStatus(t, "an instance of that class", k.Set("O", value(cim.NewInstance(d))), cim.CircularReference)
}

// TestUncheckedCircle: Put checks nothing, but nothing runs forever.
func TestUncheckedCircle(t *testing.T) {
	box := class("Box", prop("object O"), prop("object P"), prop("object[] Many"))
	for k := range 200 { // so that the limit is reached soon
		box.Properties = append(box.Properties, prop(fmt.Sprint("string S", k)))
	}
	s := newSchema(t, box)
	at := s.class("Box").PropertyIndex
	loop := func() *cim.Instance {
		i, j := s.instance("Box"), s.instance("Box")
		i.Put(at("O"), cim.ObjectValue(j))
		i.Put(at("P"), cim.ObjectValue(i))
		j.Put(at("Many"), cim.ObjectsValue([]cim.Object{i, j, i}))
		return i
	}
	i := loop()
	wantStatus(t, "Check", i.Check(), cim.CircularReference)
	v, _ := i.Get("O")
	if err := cim.CheckValue(v, cim.TypeObject, ""); err == nil {
		t.Error("a circle is accepted as a value")
	}
	if err := s.instance("Box").Set("O", value(i)); err == nil {
		t.Error("a circle is accepted as a property")
	}
	if _, err := s.try(withDefault("D", i)); err == nil {
		t.Error("a circle is accepted as a default")
	}
	if c := i.Clone(); c == i || c.Class() != i.Class() {
		t.Errorf("the clone is %p of %p", c, i)
	}
	if v.Clone().Object() == v.Object() {
		t.Error("the value was not cloned")
	}
	if text := cim.AppendJSON(nil, i); !bytes.HasSuffix(text, []byte("}")) || len(text) > 100*cim.MaxEmbedded {
		t.Errorf("%d bytes of JSON", len(text))
	}
	if cim.CompareObjects(i, loop(), 0) {
		t.Error("two circles are equal")
	}
	if w, _ := loop().Get("O"); v.Equal(w) || v.EqualFold(w) {
		t.Error("two circles are equal")
	}
	if !cim.CompareObjects(i, i, 0) {
		t.Error("an object is not equal to itself")
	}
}

// TestDefaultObject: a class never changes, so whoever reads a default that is
// an object gets his own.
func TestDefaultObject(t *testing.T) {
	s := newSchema(t, class("In", prop("string V = old")))
	d := withDefault("Out", s.instance("In", "V", "kept"))
	d.Properties = append(d.Properties, prop("object[] Many"))
	d.Properties[1].Default, d.Properties[1].HasDefault = cim.ObjectsValue([]cim.Object{s.instance("In", "V", "kept")}), true
	s.add(d)
	for _, name := range []string{"D", "Many"} {
		i := s.instance("Out")
		v, _ := i.Get(name)
		_ = v.Elems()[0].Object().(*cim.Instance).Set("V", cim.StringValue("scribbled"))
		for _, j := range []*cim.Instance{i, s.instance("Out")} {
			v, _ = j.Get(name)
			if got, _ := v.Elems()[0].Object().(*cim.Instance).Get("V"); got.Text() != "kept" {
				t.Errorf("%s: another reader sees %v", name, got)
			}
		}
	}
	// What was set is the object of the instance, and not a copy.
	i := s.instance("Out", "D", s.instance("In"))
	v, _ := i.Get("D")
	_ = v.Object().(*cim.Instance).Set("V", cim.StringValue("changed"))
	v, _ = i.Get("D")
	if got, _ := v.Object().(*cim.Instance).Get("V"); got.Text() != "changed" {
		t.Errorf("the object that was set shows %v", got)
	}
}

func TestLongDerivation(t *testing.T) {
	s := newSchema(t, class("C0"))
	for i := 1; i < cim.MaxDerivation; i++ {
		s.add(class(fmt.Sprintf("C%d : C%d", i, i-1)))
	}
	_, err := s.try(class(fmt.Sprintf("Last : C%d", cim.MaxDerivation-1)))
	wantStatus(t, "513 classes", err, cim.QuotaViolation)
}
