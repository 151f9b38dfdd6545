package cim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
)

func TestProject(t *testing.T) {
	derive := func(super *cim.Class, d *cim.ClassDecl) *cim.Class {
		t.Helper()
		c, err := cim.Derive(super, d)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	base := derive(nil, &cim.ClassDecl{Name: "B", Properties: []cim.PropertyDecl{
		{Name: "Id", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "Key", Value: cim.BoolValue(true)}}},
		{Name: "Part", Type: cim.TypeUint8, Qualifiers: cim.Qualifiers{{Name: "Key", Value: cim.BoolValue(true)}}},
		{Name: "N", Type: cim.TypeUint8, Default: cim.Uint8Value(7), HasDefault: true},
	}, Methods: []cim.MethodDecl{{Name: "M"}}})
	sub := derive(base, &cim.ClassDecl{Name: "S", Super: "B"})
	order := []cim.Qualifiers{{{Name: "Order", Value: cim.Sint32Value(1)}}, {}}
	for _, tc := range []struct {
		name  string
		p     cim.Projection
		flags uint8
		want  map[string]string
	}{
		{"without keys", cim.Projection{Keep: []int{1}}, 0x51, map[string]string{
			"__CLASS": "S", "__SUPERCLASS": "NULL", "__DYNASTY": "NULL", "__DERIVATION": "{}", "__RELPATH": "NULL", "__PROPERTY_COUNT": "1", "N": "7"}},
		{"one key of two", cim.Projection{Keep: []int{0, 1}, Derivation: true}, 0x51, map[string]string{
			"__CLASS": "S", "__SUPERCLASS": "B", "__DYNASTY": "B", "__DERIVATION": "{B}", "__RELPATH": "NULL", "__PROPERTY_COUNT": "2", "N": "7", "Id": "x"}},
		{"keys", cim.Projection{Keep: []int{0, 2}, Qualifiers: order, Complete: true}, 0x01, map[string]string{
			"__CLASS": "S", "__SUPERCLASS": "NULL", "__DYNASTY": "NULL", "__DERIVATION": "{}", "__RELPATH": `S.Id="x",Part=3`, "__PROPERTY_COUNT": "2", "Id": "x", "Part": "3"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := cim.Project(sub, tc.p)
			inst := cim.NewInstance(c)
			got := map[string]string{}
			for name, v := range map[string]cim.Value{"Id": cim.StringValue("x"), "Part": cim.Uint8Value(3)} {
				if k := c.PropertyIndex(name); k >= 0 {
					inst.Put(k, v)
				}
			}
			for _, name := range []string{"__CLASS", "__SUPERCLASS", "__DYNASTY", "__DERIVATION", "__RELPATH", "__PROPERTY_COUNT", "Id", "Part", "N"} {
				if v, ok := inst.Get(name); ok {
					got[name] = v.String()
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := cim.ObjectFlags(c); got != tc.flags {
				t.Errorf("flags 0x%02X, want 0x%02X", got, tc.flags)
			}
			if has := c.Method("M") != nil; has != tc.p.Complete {
				t.Errorf("has methods: %v", has)
			}
			if len(c.Decl().Properties) != len(tc.p.Keep) {
				t.Errorf("the declaration has %d properties", len(c.Decl().Properties))
			}
			if v := c.Properties()[0].Qualifiers().Value("Order"); v.IsNull() != (tc.p.Qualifiers == nil) {
				t.Errorf("Order is %v", v)
			}
		})
	}
	if sub.Property("Id").Qualifiers().Index("Order") >= 0 || sub.Dynasty() != "B" {
		t.Error("the class has changed")
	}
}
