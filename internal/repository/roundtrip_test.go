package repository

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// A maker makes random values of every type, valid ones mostly.
type maker struct {
	*rand.Rand
	testing.TB
	left  int // objects that may still be made
	names int
}

func (m *maker) text() string {
	parts := []string{"", "a", "Z", "\x00", "\xED\xA0\x80", "\xED\xBF\xBF", "ü", "\u4e00", "\U0001F600", `\`, `"`}
	s := ""
	for range m.IntN(5) {
		s += parts[m.IntN(len(parts))]
	}
	return s
}

func (m *maker) scalar(t cim.Type) cim.Value {
	switch {
	case t == cim.TypeObject:
		return cim.ObjectValue(m.object())
	case t == cim.TypeDatetime:
		return cim.TextValue(t, []string{"20250102030405.000000+***", "00000001000000.000000:000", "19990101000000.123456-720"}[m.IntN(3)])
	case t.IsText():
		return cim.TextValue(t, m.text())
	case t == cim.TypeReal32:
		return cim.Real32Value(math.Float32frombits(m.Uint32()))
	case t == cim.TypeReal64:
		return cim.Real64Value(math.Float64frombits(m.Uint64()))
	case t == cim.TypeBoolean:
		return cim.BoolValue(m.IntN(2) == 0)
	case t.IsSigned():
		shift := 64 - t.Bits()
		return cim.NumberValue(t, uint64(int64(m.Uint64())<<shift>>shift))
	}
	return cim.NumberValue(t, m.Uint64()>>(64-t.Bits()))
}

func (m *maker) value(t cim.Type) cim.Value {
	if m.IntN(8) == 0 {
		return cim.Value{}
	}
	if !t.IsArray() {
		return m.scalar(t)
	}
	elems := make([]cim.Value, m.IntN(4))
	for i := range elems {
		elems[i] = m.scalar(t.Elem())
	}
	v, err := cim.ArrayValue(t.Elem(), elems...)
	if err != nil {
		m.Fatal(err)
	}
	return v
}

func (m *maker) qualifiers() (qs cim.Qualifiers) {
	types := []cim.Type{cim.TypeSint32, cim.TypeSint64, cim.TypeReal64, cim.TypeString, cim.TypeBoolean}
	for i := range m.IntN(3) {
		t := types[m.IntN(len(types))]
		if m.IntN(2) == 0 {
			t = t.ArrayOf()
		}
		v := m.value(t)
		flavor := []cim.Flavor{0, cim.ToInstance, cim.ToSubclass, cim.ToInstance | cim.ToSubclass | cim.Amended}[m.IntN(4)]
		qs = append(qs, cim.Qualifier{Name: fmt.Sprintf("Q%d_%d", i, t), Value: v, Flavor: flavor})
	}
	return qs
}

// decl returns a definition with a property of each of some types.
func (m *maker) decl(super string) *cim.ClassDecl {
	m.names++
	d := &cim.ClassDecl{Name: fmt.Sprint("C", m.names), Super: super, Qualifiers: m.qualifiers()}
	for i := range m.IntN(6) {
		t := m.typ()
		p := cim.PropertyDecl{Name: fmt.Sprint("P", m.names, "_", i), Type: t, Qualifiers: m.qualifiers()}
		if m.IntN(2) == 0 {
			p.HasDefault, p.Default = true, m.value(t)
		}
		d.Properties = append(d.Properties, p)
	}
	for i := range m.IntN(2) {
		method := cim.MethodDecl{Name: fmt.Sprint("M", m.names, "_", i), Return: []cim.Type{0, cim.TypeUint32, cim.TypeObject}[m.IntN(3)], Qualifiers: m.qualifiers()}
		for j := range m.IntN(3) {
			p := cim.ParameterDecl{Name: fmt.Sprint("A", j), Type: m.typ(), Qualifiers: append(m.qualifiers(), in)}
			if m.IntN(2) == 0 {
				p.HasDefault, p.Default = true, m.value(p.Type)
			}
			method.Parameters = append(method.Parameters, p)
		}
		d.Methods = append(d.Methods, method)
	}
	return d
}

func (m *maker) typ() cim.Type {
	t := valueTypes[m.IntN(len(valueTypes))]
	if m.IntN(3) == 0 {
		t = t.ArrayOf()
	}
	return t
}

var valueTypes = []cim.Type{
	cim.TypeSint8, cim.TypeUint8, cim.TypeSint16, cim.TypeUint16, cim.TypeSint32, cim.TypeUint32, cim.TypeSint64, cim.TypeUint64,
	cim.TypeReal32, cim.TypeReal64, cim.TypeBoolean, cim.TypeChar16, cim.TypeString, cim.TypeDatetime, cim.TypeReference, cim.TypeObject,
}

// object returns a class or an instance of one, whose superclasses it makes too.
func (m *maker) object() cim.Object {
	var c *cim.Class
	m.left--
	for range 1 + m.IntN(3) {
		super := ""
		if c != nil {
			super = c.Name()
		}
		d := &cim.ClassDecl{Name: "Last", Super: super}
		if m.left > 0 {
			d = m.decl(super)
		}
		next, err := cim.Derive(c, d)
		if err != nil {
			m.Fatal(err)
		}
		if c = next; super == "" && m.IntN(2) == 0 {
			c = c.At(&cim.Origin{Server: m.text(), Namespace: m.text()})
		}
		if m.left <= 0 {
			break
		}
	}
	if m.IntN(4) == 0 {
		return c
	}
	inst := cim.NewInstance(c)
	m.fill(inst)
	if m.IntN(2) == 0 {
		inst.SetOrigin(&cim.Origin{Server: "s", Namespace: m.text()})
	}
	return inst
}

func (m *maker) fill(inst *cim.Instance) {
	for k, p := range inst.Class().Properties() {
		if !p.IsKey() && m.IntN(4) > 0 {
			inst.Put(k, m.value(p.Type()))
		}
		if m.IntN(8) == 0 {
			_ = inst.SetLocalPropertyQualifiers(k, m.qualifiers()) // if the class lets it
		}
	}
	_ = inst.SetLocalQualifiers(m.qualifiers())
}

// TestWhatIsAccepted: whatever a put accepts is read as it was put, by whoever
// opens the store next too.
func TestWhatIsAccepted(t *testing.T) {
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	r, err := Open(unclosed{store}, Options{Server: "S", CacheBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{TB: t, Repository: r}
	f.ns = f.space("t")
	m := &maker{Rand: rand.New(rand.NewPCG(1, 2)), TB: t}
	accepted := map[string]cim.Object{}
	for i := range 300 {
		m.left = 30
		decl := m.decl("")
		decl.Properties = append(decl.Properties, prop("string Id", key))
		c, err := cim.Derive(nil, decl.Clone())
		if err != nil {
			t.Fatal(err)
		}
		inst := cim.NewInstance(c)
		inst.Put(c.PropertyIndex("Id"), cim.StringValue(fmt.Sprint(i)))
		m.fill(inst)
		f.putClass(decl, 0, wbem.OK)
		path := f.put(inst, 0, wbem.OK)
		accepted[c.Name()] = c.At(f.ns.origin)
		inst.SetOrigin(f.ns.origin)
		accepted[path.RelPath()] = inst
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err = Open(unclosed{store}, Options{Server: "S"}); err != nil {
		t.Fatal(err)
	}
	f = &fixture{TB: t, Repository: r}
	if f.ns, err = r.Namespace(`root\t`); err != nil {
		t.Fatal(err)
	}
	for _, want := range accepted {
		if c, ok := want.(*cim.Class); ok {
			if got := mustClass(t, f.ns, c.Name()); !cim.CompareObjects(got, c, 0) {
				t.Errorf("a class was put as\n%s\nand is read as\n%s", cim.AppendJSON(nil, c), cim.AppendJSON(nil, got))
			}
			continue
		}
		f.same(want.(*cim.Instance))
	}
	f.verify()
}

// TestNestingAndDerivation are what is deepest of what a put accepts.
func TestNestingAndDerivation(t *testing.T) {
	f := newFixture(t, class("H", prop("string Id", key), prop("object O")), class("N", prop("object O")))
	nested := func(depth int) cim.Value {
		v := cim.ObjectValue(f.inst("N"))
		for range depth - 1 {
			n := f.inst("N")
			n.Put(0, v)
			v = cim.ObjectValue(n)
		}
		return v
	}
	h := f.inst("H", "Id", "1")
	at := h.Class().PropertyIndex("O")
	h.Put(at, nested(cim.MaxNesting+1))
	f.put(h, 0, wbem.InvalidObject)
	h.Put(at, nested(cim.MaxNesting))
	f.put(h, 0, wbem.OK)
	f.same(h)

	// An object in the definition of the class of an object is one deeper.
	var c *cim.Class
	for i := range cim.MaxNesting + 1 {
		d := class(fmt.Sprint("L", i))
		if c != nil {
			d.Properties = []cim.PropertyDecl{or(cim.ObjectValue(cim.NewInstance(c)), field("D", cim.TypeObject))}
		}
		f.putClass(d.Clone(), 0, wbem.OK)
		c = derive(t, nil, d)
	}
	f.putClass(class("L", or(cim.ObjectValue(cim.NewInstance(c)), field("D", cim.TypeObject))), 0, wbem.InvalidObject)
	h.Put(at, cim.ObjectValue(c.Properties()[0].Default().Object()))
	f.put(h, 0, wbem.OK)
	f.same(h)
	h.Put(at, cim.ObjectValue(cim.NewInstance(c)))
	f.put(h, 0, wbem.InvalidObject)

	c = nil
	for i := range cim.MaxDerivation {
		d := class(fmt.Sprint("X", i))
		if c != nil {
			d.Super = c.Name()
		}
		c = derive(t, c, d)
	}
	h.Put(at, cim.ObjectValue(cim.NewInstance(c)))
	f.put(h, 0, wbem.OK)
	f.same(h)
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

// same reads an instance from its record and compares it.
func (f *fixture) same(want *cim.Instance) {
	f.Helper()
	want.SetOrigin(f.ns.origin)
	path, _ := cim.RelPath(want)
	for got, err := range f.ns.Instances(context.Background(), path.Class, false) {
		if err != nil {
			f.Fatal(err)
		}
		if p, _ := cim.RelPath(got); p.RelPath() != path.RelPath() {
			continue
		}
		if !cim.CompareObjects(got, want, 0) {
			f.Errorf("%s was put as\n%s\nand is read as\n%s", path.RelPath(), cim.AppendJSON(nil, want), cim.AppendJSON(nil, got))
		}
		return
	}
	f.Errorf("%s is missing", path.RelPath())
}
