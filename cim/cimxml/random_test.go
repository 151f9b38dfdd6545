package cimxml_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"openwmi/cim"
)

// A random makes objects of every shape that XML can carry.
type random struct {
	*rand.Rand
	t     testing.TB
	depth int
	names int
	all   []*cim.Class
}

// lookup returns the class of that name if r has made it.
func (r *random) lookup(name string) (*cim.Class, error) {
	for _, c := range r.all {
		if c.Name() == name {
			return c, nil
		}
	}
	return nil, nil
}

func newRandom(t testing.TB, seed uint64) *random {
	return &random{Rand: rand.New(rand.NewPCG(seed, 0)), t: t}
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
		b.WriteString(pick(r, "a", "B", " ", "<", ">", "&", `"`, "'", "]]>", "\r", "\n", "\t", "\\", "ü", "名", "😀",
			"\x7F", "\uFFFD", "&amp;", "plain text, rather long"))
	}
	return b.String()
}

func (r *random) path(depth int) cim.Path {
	p := cim.Path{Class: r.name()}
	if r.chance(2) {
		p.Namespace = pick(r, `root\cimv2`, "interop")
		p.Server = pick(r, "", "host", "example.com")
	}
	for range r.IntN(3) {
		k := cim.Key{Name: "k" + r.name()}
		switch r.IntN(4) {
		case 0:
			k.Text, k.Quoted = r.text(), true
		case 1:
			k.Text = fmt.Sprint(r.Int32())
		case 2:
			k.Text = pick(r, "TRUE", "FALSE")
		case 3:
			if depth < 3 {
				k.Text, k.Quoted = r.path(depth+1).String(), true
			} else {
				k.Text, k.Quoted = "x", true
			}
		}
		p.Keys = append(p.Keys, k)
	}
	p.Singleton = len(p.Keys) == 0 && r.chance(3)
	return cim.MustParsePath(p.String())
}

var elemTypes = []cim.Type{
	cim.TypeSint8, cim.TypeUint8, cim.TypeSint16, cim.TypeUint16, cim.TypeSint32, cim.TypeUint32, cim.TypeSint64,
	cim.TypeUint64, cim.TypeReal32, cim.TypeReal64, cim.TypeBoolean, cim.TypeString, cim.TypeDatetime, cim.TypeReference,
	cim.TypeChar16, cim.TypeObject,
}

func (r *random) scalar(t cim.Type) cim.Value {
	switch t {
	case cim.TypeString:
		return cim.StringValue(r.text())
	case cim.TypeReference:
		return cim.ReferenceValue(r.path(0).String())
	case cim.TypeDatetime:
		return cim.TextValue(t, pick(r, "20240229123456.000001+060", "19980416******.000000+***", "00000001120032.000000:000"))
	case cim.TypeBoolean:
		return cim.BoolValue(r.chance(2))
	case cim.TypeChar16:
		return cim.Char16Value(pick(r, uint16('A'), ' ', '<', '\n', '\r', 0x4133, 0xFFFD))
	case cim.TypeReal32:
		return cim.Real32Value(pick(r, 0, 0.1, -1.5e20, math.MaxFloat32, float32(math.Inf(1)), float32(r.NormFloat64())))
	case cim.TypeReal64:
		return cim.Real64Value(pick(r, 0, math.Copysign(0, -1), 0.1, math.MaxFloat64, math.Inf(-1), r.NormFloat64()))
	case cim.TypeObject:
		return cim.ObjectValue(r.object())
	}
	bits := r.Uint64() >> r.IntN(64)
	shift := 64 - t.Bits()
	if t.IsSigned() {
		return cim.NumberValue(t, uint64(int64(bits<<shift)>>shift))
	}
	return cim.NumberValue(t, bits<<shift>>shift)
}

func (r *random) value(t cim.Type) cim.Value {
	if !t.IsArray() {
		return r.scalar(t)
	}
	var elems []cim.Value
	for range r.IntN(4) {
		elems = append(elems, r.scalar(t.Elem()))
	}
	v, err := cim.ArrayValue(t.Elem(), elems...)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// object returns an object to embed.
func (r *random) object() cim.Object {
	if r.depth == 3 {
		return cim.NewInstance(r.derive(nil, &cim.ClassDecl{Name: r.name()}))
	}
	r.depth++
	defer func() { r.depth-- }()
	if r.chance(3) {
		return r.class(nil)
	}
	return r.instance(r.class(nil))
}

func (r *random) derive(super *cim.Class, d *cim.ClassDecl) *cim.Class {
	c, err := cim.Derive(super, d)
	if err != nil {
		r.t.Fatal(err)
	}
	r.all = append(r.all, c)
	return c
}

func (r *random) qualifiers(n int) cim.Qualifiers {
	var quals cim.Qualifiers
	for range n {
		q := cim.Qualifier{Name: r.name(), Flavor: cim.Flavor(r.Uint32()) & cim.WritableFlavors}
		t := pick(r, cim.TypeBoolean, cim.TypeString, cim.TypeSint32, cim.TypeSint64, cim.TypeReal64) | pick(r, 0, cim.TypeArray)
		q.Value = r.value(t)
		switch {
		case r.chance(10):
			q.Value = cim.Value{}
		case t.Elem() == cim.TypeSint64: // smaller ones have a smaller type
			q.Value = cim.NumbersValue(cim.TypeSint64, []uint64{1, 1 << 40})
		}
		quals = append(quals, q)
	}
	return quals
}

func (r *random) typ() (t cim.Type, class string) {
	t = pick(r, elemTypes...) | pick(r, 0, 0, cim.TypeArray)
	if t.Elem() == cim.TypeReference && r.chance(2) {
		class = r.name()
	}
	return t, class
}

// class returns a class, mostly with a key, derived from super or from a new one.
func (r *random) class(super *cim.Class) *cim.Class {
	if super == nil && r.chance(2) {
		super = r.class(nil)
	}
	d := &cim.ClassDecl{Name: r.name(), Qualifiers: r.qualifiers(r.IntN(3))}
	if super != nil {
		d.Super = super.Name()
	}
	for i := range r.IntN(6) {
		p := cim.PropertyDecl{Name: r.name(), Qualifiers: r.qualifiers(r.IntN(3))}
		p.Type, p.Class = r.typ()
		if super == nil && i == 0 {
			p.Type, p.Class = pick(r, cim.TypeString, cim.TypeUint64, cim.TypeReference, cim.TypeBoolean, cim.TypeSint8), ""
			p.Qualifiers = append(p.Qualifiers, cim.Qualifier{Name: "Key", Value: cim.BoolValue(true)})
		}
		if r.chance(3) {
			p.Default, p.HasDefault = r.value(p.Type), true
		}
		d.Properties = append(d.Properties, p)
	}
	if super != nil && r.chance(2) {
		if len(super.Properties()) > 0 {
			p := super.Properties()[0]
			o := cim.PropertyDecl{Name: p.Name(), Type: p.Type(), Class: p.Class(), Qualifiers: r.qualifiers(1)}
			o.Default, o.HasDefault = r.value(p.Type()), true
			d.Properties = append(d.Properties, o)
		}
		if len(super.Methods()) > 0 {
			m := super.Methods()[0]
			o := cim.MethodDecl{Name: m.Name(), Qualifiers: r.qualifiers(1)}
			o.Return, o.ReturnClass = m.Return()
			for _, p := range m.Parameters() {
				var quals cim.Qualifiers
				for _, name := range []string{"In", "Out"} {
					if q, ok := p.Qualifiers().Get(name); ok {
						q.Flavor &= cim.WritableFlavors
						quals = append(quals, q)
					}
				}
				o.Parameters = append(o.Parameters, cim.ParameterDecl{Name: p.Name(), Type: p.Type(), Class: p.Class(), Qualifiers: quals})
			}
			d.Methods = append(d.Methods, o)
		}
	}
	for range r.IntN(3) {
		m := cim.MethodDecl{Name: r.name(), Qualifiers: r.qualifiers(r.IntN(2))}
		if r.chance(3) {
			m.Return, m.ReturnClass = r.typ()
			m.Return = m.Return.Elem()
		}
		for range r.IntN(4) {
			p := cim.ParameterDecl{Name: r.name(), Qualifiers: r.qualifiers(r.IntN(2))}
			p.Type, p.Class = r.typ()
			in := cim.Qualifier{Name: "In", Value: cim.BoolValue(true), Flavor: cim.ToSubclass | cim.DisableOverride}
			out := cim.Qualifier{Name: "Out", Value: cim.BoolValue(true), Flavor: cim.ToSubclass}
			p.Qualifiers = append(p.Qualifiers, pick(r, cim.Qualifiers{in}, cim.Qualifiers{out}, cim.Qualifiers{in, out})...)
			m.Parameters = append(m.Parameters, p)
		}
		d.Methods = append(d.Methods, m)
	}
	return r.derive(super, d)
}

// instance returns an instance in which the keys and some other properties are
// set.
func (r *random) instance(c *cim.Class) *cim.Instance {
	inst := cim.NewInstance(c)
	for k, p := range c.Properties() {
		switch {
		case p.IsKey():
			inst.Put(k, r.value(p.Type()))
		case r.chance(4):
			inst.Put(k, cim.Value{})
		case r.chance(2):
			inst.Put(k, r.value(p.Type()))
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
