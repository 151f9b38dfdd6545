package mof_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// A random makes objects of every shape that MOF can say.
type random struct {
	*rand.Rand
	t     testing.TB
	names int
	depth int
	all   []*cim.Class // that it has made, superclasses first
	leaf  *cim.Class
}

func (r *random) chance(n int) bool { return r.IntN(n) == 0 }

func pick[T any](r *random, from ...T) T { return from[r.IntN(len(from))] }

// name returns a name that differs from all others.
func (r *random) name() string {
	r.names++
	return fmt.Sprintf("%s%d", pick(r, "A", "b", "Zz", "Größe", "名", "a_b"), r.names)
}

func (r *random) text() string {
	var b strings.Builder
	for range pick(r, 0, 1, 3, 20) {
		b.WriteString(pick(r, "a", "F", "0", " ", `"`, "'", `\`, `\x41`, "\r", "\n", "\t", "\b", "\f", "\x00", "\x1F", "\x7F",
			"/*", "//", "ü", "名", "😀", "\uFEFF", "\uFFFD", "\xED\xA0\x80"))
	}
	return b.String()
}

func (r *random) scalar(t cim.Type) cim.Value {
	switch t {
	case cim.TypeString:
		return cim.StringValue(r.text())
	case cim.TypeReference:
		return cim.ReferenceValue(pick(r, "C", `root\cimv2:C.k="a\"b"`, `\\.\root\cimv2:C=@`, "C.a=1,b=TRUE"))
	case cim.TypeDatetime:
		return cim.TextValue(t, pick(r, "20240229123456.000001+060", "19980416******.000000+***", "00000001120032.000000:000"))
	case cim.TypeBoolean:
		return cim.BoolValue(r.chance(2))
	case cim.TypeReal32:
		return cim.Real32Value(pick(r, 0, 0.1, -1.5e20, math.MaxFloat32, float32(r.NormFloat64())))
	case cim.TypeReal64:
		return cim.Real64Value(pick(r, 0, math.Copysign(0, -1), 0.1, math.MaxFloat64, math.SmallestNonzeroFloat64, r.NormFloat64()))
	case cim.TypeObject:
		return cim.ObjectValue(r.object())
	}
	shift := 64 - t.Bits()
	bits := r.Uint64() >> r.IntN(64) << shift
	if t.IsSigned() {
		return cim.NumberValue(t, uint64(int64(bits)>>shift))
	}
	return cim.NumberValue(t, bits>>shift)
}

func (r *random) value(t cim.Type, atLeast int) cim.Value {
	if !t.IsArray() {
		return r.scalar(t)
	}
	var elems []cim.Value
	for range atLeast + r.IntN(3) {
		elems = append(elems, r.scalar(t.Elem()))
	}
	return array(r.t, t.Elem(), elems...)
}

// object returns an object to embed.
func (r *random) object() cim.Object {
	if r.depth == 3 {
		if r.leaf == nil {
			r.leaf = r.derive(nil, &cim.ClassDecl{Name: r.name()})
		}
		return cim.NewInstance(r.leaf)
	}
	r.depth++
	defer func() { r.depth-- }()
	c := r.class(nil)
	if r.chance(3) {
		return c
	}
	return r.instance(c)
}

func (r *random) derive(super *cim.Class, d *cim.ClassDecl) *cim.Class {
	c := derive(r.t, super, d)
	r.all = append(r.all, c)
	return c
}

func (r *random) qualifiers(n int) cim.Qualifiers {
	var quals cim.Qualifiers
	for range n {
		t := pick(r, cim.TypeBoolean, cim.TypeString, cim.TypeSint32, cim.TypeSint64, cim.TypeReal64) | pick(r, 0, cim.TypeArray)
		q := cim.Qualifier{Name: r.name(), Flavor: cim.Flavor(r.Uint32()) & (cim.ToInstance | cim.ToSubclass | cim.DisableOverride)}
		q.Value = r.value(t, 1)
		if t.Elem() == cim.TypeSint64 { // smaller ones have a smaller type
			q.Value = cim.NumbersValue(cim.TypeSint64, []uint64{1, 1 << 40})
		}
		quals = append(quals, q)
	}
	return quals
}

func (r *random) typ() (t cim.Type, class string) {
	t = pick(r,
		cim.TypeSint8, cim.TypeUint8, cim.TypeSint16, cim.TypeUint16, cim.TypeSint32, cim.TypeUint32, cim.TypeSint64,
		cim.TypeUint64, cim.TypeReal32, cim.TypeReal64, cim.TypeBoolean, cim.TypeString, cim.TypeDatetime,
		cim.TypeReference, cim.TypeChar16, cim.TypeObject) | pick(r, 0, 0, cim.TypeArray)
	if t.Elem() == cim.TypeReference && r.chance(2) {
		class = r.name()
	}
	return t, class
}

// class returns a class with a key, derived from super or from a new one.
func (r *random) class(super *cim.Class) *cim.Class {
	if super == nil && r.chance(2) {
		super = r.class(nil)
	}
	d := &cim.ClassDecl{Name: r.name(), Qualifiers: r.qualifiers(r.IntN(3))}
	switch {
	case super != nil:
		d.Super = super.Name()
		for _, p := range super.Properties() {
			if p.IsKey() || !r.chance(3) {
				continue
			}
			o := cim.PropertyDecl{Name: p.Name(), Type: p.Type(), Class: p.Class(), Qualifiers: r.qualifiers(1), HasDefault: true}
			if r.chance(2) {
				o.Default = r.value(p.Type(), 0)
			}
			d.Properties = append(d.Properties, o)
		}
	default:
		t := pick(r, cim.TypeUint64, cim.TypeSint8, cim.TypeBoolean, cim.TypeDatetime)
		d.Properties = append(d.Properties, prop(r.name(), t, qual("key", yes, 0)))
	}
	for range r.IntN(5) {
		p := cim.PropertyDecl{Name: r.name(), Qualifiers: r.qualifiers(r.IntN(3))}
		p.Type, p.Class = r.typ()
		if r.chance(3) {
			p.Default, p.HasDefault = r.value(p.Type, 0), true
		}
		d.Properties = append(d.Properties, p)
	}
	for range r.IntN(3) {
		d.Methods = append(d.Methods, r.method())
	}
	return r.derive(super, d)
}

func (r *random) method() cim.MethodDecl {
	m := cim.MethodDecl{Name: r.name(), Qualifiers: r.qualifiers(r.IntN(2))}
	if r.chance(3) {
		m.Return, m.ReturnClass = r.typ()
		m.Return = m.Return.Elem()
	}
	n := r.IntN(4)
	order := r.Perm(n)
	for i := range n {
		p := cim.ParameterDecl{Name: r.name(), Qualifiers: r.qualifiers(r.IntN(2))}
		p.Type, p.Class = r.typ()
		in, out := qual("In", yes, 0), qual("out", yes, cim.ToSubclass)
		p.Qualifiers = append(p.Qualifiers, pick(r, cim.Qualifiers{in}, cim.Qualifiers{out}, cim.Qualifiers{in, out})...)
		if n == 3 {
			p.Qualifiers = append(p.Qualifiers, qual("ID", cim.Sint32Value(int32(order[i])), 0))
		}
		if r.chance(3) {
			p.Default, p.HasDefault = r.value(p.Type, 0), true
		}
		m.Parameters = append(m.Parameters, p)
	}
	return m
}

// instance returns an instance in which the keys and some other properties are
// set.
func (r *random) instance(c *cim.Class) *cim.Instance {
	inst := cim.NewInstance(c)
	for k, p := range c.Properties() {
		switch {
		case p.IsKey():
			inst.Put(k, r.value(p.Type(), 0))
		case r.chance(4):
			inst.Put(k, cim.Value{})
		case r.chance(2):
			inst.Put(k, r.value(p.Type(), 0))
		}
		if r.chance(8) {
			r.localQualifiers(func(q cim.Qualifiers) error { return inst.SetLocalPropertyQualifiers(k, q) })
		}
	}
	if r.chance(8) {
		r.localQualifiers(inst.SetLocalQualifiers)
	}
	return inst
}

func (r *random) localQualifiers(set func(cim.Qualifiers) error) {
	quals := r.qualifiers(2)
	for i := range quals {
		quals[i].Flavor &^= cim.ToSubclass
	}
	if err := set(quals); err != nil {
		r.t.Fatal(err)
	}
}

// What is printed compiles to the same objects: mof.md 9.2.
func TestAppendRoundTrip(t *testing.T) {
	ctx := context.Background()
	m, err := cimom.OpenMemory(cimom.Options{Server: "HOST"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for seed := range uint64(60) {
		r := &random{Rand: rand.New(rand.NewPCG(seed, 0)), t: t}
		inst := r.instance(r.class(nil))
		var text []byte
		for _, c := range r.all {
			text = mof.Append(text, c, mof.TextOptions{CRLF: seed%2 == 0})
		}
		text = mof.Append(text, inst, mof.TextOptions{Indent: "  "})
		o := compile.Options{Dialect: mof.WMI, Namespace: fmt.Sprintf(`root\n%d`, seed), CreateNamespace: true}
		p, err := compile.ParseText(ctx, o, "text.mof", text)
		if err == nil {
			_, err = p.Store(ctx, m)
		}
		if err != nil {
			t.Fatalf("seed %d: %v in:%s", seed, err, text)
		}
		s, err := m.Connect(ctx, o.Namespace, wbem.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range r.all {
			got, err := s.GetClass(ctx, want.Name(), wbem.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !cim.CompareObjects(want, got, cim.IgnoreObjectSource) {
				t.Fatalf("seed %d: the class has become:%sand was:%s", seed, mof.Text(got, mof.TextOptions{}), mof.Text(want, mof.TextOptions{}))
			}
		}
		path, _ := cim.RelPath(inst)
		got, err := s.GetInstance(ctx, path, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !cim.CompareObjects(inst, got, cim.IgnoreObjectSource) {
			t.Fatalf("seed %d: the instance has become:%sand was:%s", seed, mof.Text(got, mof.TextOptions{}), mof.Text(inst, mof.TextOptions{}))
		}
		s.Close()
	}
}
