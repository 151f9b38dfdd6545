package plugin

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"openwmi/cim"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
)

// FuzzObject has a program send any object. Nothing panics, and what is accepted
// comes back the same.
func FuzzObject(f *testing.F) {
	class, err := cim.Derive(nil, &cim.ClassDecl{Name: "C", Properties: []cim.PropertyDecl{
		{Name: "S", Type: cim.TypeString}, {Name: "U", Type: cim.TypeUint8}, {Name: "D", Type: cim.TypeDatetime},
		{Name: "O", Type: cim.TypeObject}, {Name: "A", Type: cim.TypeReal32.ArrayOf()},
	}})
	if err != nil {
		f.Fatal(err)
	}
	newCoder := func() *coder {
		c := &coder{strict: true}
		c.refer = func(o *pluginpb.Object, class *cim.Class) {
			o.Class = &pluginpb.Object_ClassDefinition{ClassDefinition: c.class(class)}
		}
		c.find = func(o *pluginpb.Object, depth int) (*cim.Class, error) {
			if d := o.GetClassDefinition(); d != nil {
				return c.fromClass(d, depth+1)
			}
			if o.GetClassId() == 16 {
				return class, nil
			}
			return nil, wbem.InvalidClass
		}
		return c
	}
	c := newCoder()
	inst := cim.NewInstance(class)
	inner := inst.Clone()
	_ = inst.Set("S", cim.StringValue("x"))
	_ = inst.Set("U", cim.Uint8Value(255))
	_ = inst.Set("O", cim.ObjectValue(inner))
	for _, o := range []*pluginpb.Object{
		c.object(inst), c.object(class), {Class: &pluginpb.Object_ClassId{ClassId: 16}}, {},
		{Class: &pluginpb.Object_ClassDefinition{ClassDefinition: &pluginpb.Class{Name: "X", Super: &pluginpb.Class{}}}},
	} {
		b, err := proto.Marshal(o)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p := &pluginpb.Object{}
		if proto.Unmarshal(b, p) != nil {
			return
		}
		o, err := newCoder().fromObject(p, 0)
		if err != nil {
			return
		}
		again, err := newCoder().fromObject(c.object(o), 0)
		if err != nil {
			t.Fatalf("what was accepted is not any more: %v", err)
		}
		if x, y := cim.AppendJSON(nil, o), cim.AppendJSON(nil, again); string(x) != string(y) {
			t.Fatalf("%s became %s", x, y)
		}
	})
}
