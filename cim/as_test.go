package cim_test

import (
	"testing"

	"openwmi/cim"
)

// As maps by name what an instance has of its own, and refuses what the other
// class does not know.
func TestAs(t *testing.T) {
	derive := func(props ...cim.PropertyDecl) *cim.Class {
		c, err := cim.Derive(nil, &cim.ClassDecl{Name: "C", Properties: props})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	id := cim.PropertyDecl{Name: "Id", Type: cim.TypeString}
	n := cim.PropertyDecl{Name: "N", Type: cim.TypeSint32, Default: cim.Sint32Value(7), HasDefault: true}
	inst := cim.NewInstance(derive(id, n))
	if err := inst.Set("Id", cim.StringValue("x")); err != nil {
		t.Fatal(err)
	}
	if same, err := inst.As(inst.Class()); same != inst || err != nil {
		t.Errorf("as its own class: %v, %v", same, err)
	}
	n.Default = cim.Sint32Value(8)
	other := derive(n, id, cim.PropertyDecl{Name: "More", Type: cim.TypeBoolean})
	out, err := inst.As(other)
	if err != nil {
		t.Fatal(err)
	}
	got := string(cim.AppendJSONValue(nil, out.At(other.PropertyIndex("Id")))) + " " + out.At(other.PropertyIndex("N")).String()
	if out.Class() != other || got != `"x" 8` {
		t.Errorf("class %p, %s", out.Class(), got)
	}
	if _, err := inst.As(derive(id)); cim.StatusOf(err) != cim.InvalidProperty {
		t.Errorf("without N: %v", err)
	}
	n.Type, n.HasDefault = cim.TypeUint8, false
	if _, err := inst.As(derive(id, n)); cim.StatusOf(err) != cim.TypeMismatch {
		t.Errorf("another N: %v", err)
	}
}
