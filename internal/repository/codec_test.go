package repository

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// classAll has a property of every type, and of arrays of it.
func classAll() *cim.ClassDecl {
	d := class("All", prop("string Id", key))
	for _, t := range allTypes {
		for _, t := range []cim.Type{t, t.ArrayOf()} {
			name := t.Elem().String()
			if t.IsArray() {
				name += "s"
			}
			d.Properties = append(d.Properties, cim.PropertyDecl{Name: "P" + name, Type: t})
		}
	}
	return d
}

var allTypes = []cim.Type{
	cim.TypeSint8, cim.TypeUint8, cim.TypeSint16, cim.TypeUint16, cim.TypeSint32, cim.TypeUint32, cim.TypeSint64, cim.TypeUint64,
	cim.TypeReal32, cim.TypeReal64, cim.TypeBoolean, cim.TypeString, cim.TypeDatetime, cim.TypeReference, cim.TypeChar16, cim.TypeObject,
}

func derive(t testing.TB, super *cim.Class, d *cim.ClassDecl) *cim.Class {
	t.Helper()
	c, err := cim.Derive(super, d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// extremes returns values of a type.
func extremes(t testing.TB, typ cim.Type) []cim.Value {
	integer := func(is ...int64) (out []cim.Value) {
		for _, i := range is {
			v, err := cim.IntValue(typ, i)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, v)
		}
		return out
	}
	switch typ {
	case cim.TypeSint8:
		return integer(math.MinInt8, -1, 0, math.MaxInt8)
	case cim.TypeSint16:
		return integer(math.MinInt16, -1, 0, math.MaxInt16)
	case cim.TypeSint32:
		return integer(math.MinInt32, -1, 0, math.MaxInt32)
	case cim.TypeSint64:
		return integer(math.MinInt64, -1, 0, math.MaxInt64)
	case cim.TypeUint8:
		return integer(0, math.MaxUint8)
	case cim.TypeUint16, cim.TypeChar16:
		return integer(0, 0xD800, math.MaxUint16)
	case cim.TypeUint32:
		return integer(0, math.MaxUint32)
	case cim.TypeUint64:
		return []cim.Value{cim.Uint64Value(0), cim.Uint64Value(math.MaxUint64)}
	case cim.TypeReal32:
		return []cim.Value{cim.Real32Value(-0.5), cim.Real32Value(math.MaxFloat32), cim.Real32Value(float32(math.Inf(-1)))}
	case cim.TypeReal64:
		return []cim.Value{cim.Real64Value(0.1), cim.Real64Value(math.SmallestNonzeroFloat64), cim.Real64Value(math.NaN())}
	case cim.TypeBoolean:
		return []cim.Value{cim.BoolValue(false), cim.BoolValue(true)}
	case cim.TypeDatetime:
		return []cim.Value{cim.TextValue(typ, "20250102030405.000000+***"), cim.TextValue(typ, "00000001000000.000000:000")}
	case cim.TypeObject:
		c := derive(t, derive(t, nil, class("Base", prop("string S = s"))),
			class("Embedded : Base", qual("Q", "text", cim.ToSubclass), prop("object Deep"), method("uint32 M", param("string P", in))))
		c = c.At(&cim.Origin{Server: "s", Namespace: `root\n`})
		inst := cim.NewInstance(c)
		inner := inst.Clone()
		inner.Put(c.PropertyIndex("S"), cim.Value{})
		inst.Put(c.PropertyIndex("Deep"), cim.ObjectValue(inner))
		inst.SetOrigin(c.Origin())
		if err := inst.SetLocalQualifiers(cim.Qualifiers{qual("Own", 5)}); err != nil {
			t.Fatal(err)
		}
		return []cim.Value{cim.ObjectValue(inst), cim.ObjectValue(c)}
	}
	return []cim.Value{cim.TextValue(typ, ""), cim.TextValue(typ, "a\x00\xED\xA0\x80ü")}
}

func TestRecordRoundTrip(t *testing.T) {
	c := derive(t, nil, classAll())
	l := newLayout(c, 77)
	insts := []*cim.Instance{cim.NewInstance(c)}
	for round := range 4 {
		inst := cim.NewInstance(c)
		for k, p := range c.Properties() {
			vs := extremes(t, p.Type().Elem())
			switch {
			case round == 3:
				inst.Put(k, cim.Value{})
			case !p.Type().IsArray():
				inst.Put(k, vs[round%len(vs)])
			default:
				a, err := cim.ArrayValue(p.Type().Elem(), vs[:round%3]...)
				if err != nil {
					t.Fatal(err)
				}
				inst.Put(k, a)
			}
		}
		if round == 1 {
			if err := inst.SetLocalQualifiers(cim.Qualifiers{qual("A", "a"), qual("B", []string{"x", "y"}, cim.ToInstance)}); err != nil {
				t.Fatal(err)
			}
		}
		if round < 2 {
			if err := inst.SetLocalPropertyQualifiers(round*5, cim.Qualifiers{qual("Prop", true)}); err != nil {
				t.Fatal(err)
			}
		}
		insts = append(insts, inst)
	}
	for i, inst := range insts {
		record := l.append(nil, inst)
		// A record does not depend on what stands before it.
		if again := l.append([]byte("before"), inst)[6:]; !cmp.Equal(record, again) {
			t.Error("a record depends on what stands before it")
		}
		d := decode(record)
		got := l.decode(d)
		if d.err != nil {
			t.Fatal(d.err)
		}
		r := &Record{layout: l}
		if err := r.reset(string(record)); err != nil {
			t.Fatal(err)
		}
		for k, p := range c.Properties() {
			if got.IsSet(k) != inst.IsSet(k) || !same(got.At(k), inst.At(k)) {
				t.Errorf("instance %d: %s is %v, want %v", i, p.Name(), got.At(k), inst.At(k))
			}
			if v := r.At(k); !same(v, inst.At(k)) {
				t.Errorf("record %d: %s is %v, want %v", i, p.Name(), v, inst.At(k))
			}
			if fmt.Sprint(got.LocalPropertyQualifiers(k)) != fmt.Sprint(inst.LocalPropertyQualifiers(k)) {
				t.Errorf("instance %d: qualifiers of %s are %v", i, p.Name(), got.LocalPropertyQualifiers(k))
			}
		}
		if len(got.LocalQualifiers()) != len(inst.LocalQualifiers()) {
			t.Errorf("instance %d: qualifiers are %v", i, got.LocalQualifiers())
		}
		if r.Err() != nil {
			t.Error(r.Err())
		}
		// Every part of it that is missing is noticed, or does not matter.
		for n := range record {
			d := decode(record[:n])
			l.decode(d)
			if d.err != nil && !errors.Is(d.err, kv.ErrCorrupt) {
				t.Fatalf("%d bytes: %v", n, d.err)
			}
			if n < l.heap && d.err == nil {
				t.Fatalf("%d bytes of a record were enough", n)
			}
		}
	}
}

// same is Equal, but NaN is itself.
func same(a, b cim.Value) bool {
	return a.Equal(b) || a.Type() == b.Type() && a.Type().IsReal() && a.Bits() == b.Bits()
}

func TestRecordOfAnotherClass(t *testing.T) {
	c := derive(t, nil, classB())
	record := newLayout(c, 77).append(nil, cim.NewInstance(c))
	d := decode(record)
	newLayout(c, 78).decode(d)
	if !errors.Is(d.err, kv.ErrCorrupt) {
		t.Error(d.err)
	}
}

func TestDefinitionRoundTrip(t *testing.T) {
	c := class("C : S", qual("Q", "v", cim.ToSubclass), qual("Null"))
	c.Qualifiers[1].Value = cim.Value{}
	c = with(c, prop("ref:B R", key), prop("object:X[] O"), prop("string D = NULL"), prop("uint8[] Bytes"),
		method("uint32 M", qual("static"), param("string P = p", in), param("sint32[] Out", out)), method("void V"))
	c.Properties[3].Default, c.Properties[3].HasDefault = cim.BytesValue([]byte{1, 2}), true
	b := appendDefinition(nil, c)
	d := decode(b)
	got := d.definition()
	if err := d.end(); err != nil {
		t.Fatal(err)
	}
	if !cim.EqualDecls(c, got) {
		t.Errorf("%+v", got)
	}
	for n := range b {
		d := decode(b[:n])
		d.definition()
		if d.end() == nil {
			t.Fatalf("%d bytes of a definition were enough", n)
		}
	}
}

// FuzzRecord has damaged records decoded and, if that works, encoded again.
func FuzzRecord(f *testing.F) {
	c := derive(f, nil, classAll())
	l := newLayout(c, 77)
	inst := cim.NewInstance(c)
	f.Add(l.append(nil, inst))
	for round := range 3 {
		for k, p := range c.Properties() {
			vs := extremes(f, p.Type().Elem())
			v := vs[round%len(vs)]
			if p.Type().IsArray() {
				v, _ = cim.ArrayValue(p.Type().Elem(), vs...)
			}
			inst.Put(k, v)
		}
		f.Add(l.append(nil, inst))
		if err := inst.SetLocalPropertyQualifiers(round*5, cim.Qualifiers{qual("Prop", true)}); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &Record{layout: l}
		if r.reset(string(b)) == nil {
			for k := range c.Properties() {
				r.At(k)
			}
		}
		d := decode(b)
		inst := l.decode(d)
		if d.err != nil {
			return
		}
		again := decode(l.append(nil, inst))
		got := l.decode(again)
		if again.err != nil {
			t.Fatal(again.err)
		}
		for k, p := range c.Properties() {
			if v, w := inst.At(k), got.At(k); v.Type().Elem() != cim.TypeObject && !v.Type().Elem().IsReal() && !same(v, w) {
				t.Errorf("%s: %v became %v", p.Name(), v, w)
			}
		}
	})
}

// FuzzDefinition does the same with definitions and qualifier declarations.
func FuzzDefinition(f *testing.F) {
	f.Add(appendDefinition(nil, classAll()))
	for _, c := range systemClasses() {
		f.Add(appendDefinition(nil, c.decl))
	}
	f.Add(appendQualifierDecl(nil, &cim.QualifierDecl{Name: "Q", Type: cim.TypeString, Default: cim.StringValue("x"), Scope: cim.ScopeAny}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if q, err := decodeQualifierDecl(b); err == nil {
			if again, err := decodeQualifierDecl(appendQualifierDecl(nil, q)); err != nil || again.Name != q.Name {
				t.Errorf("%+v became %+v, %v", q, again, err)
			}
		}
		d := decode(b)
		c := d.definition()
		if d.end() != nil {
			return
		}
		again := decode(appendDefinition(nil, c))
		got := again.definition()
		if again.end() != nil || got.Name != c.Name || len(got.Properties) != len(c.Properties) {
			t.Errorf("%+v became %+v, %v", c, got, again.err)
		}
		if c, err := cim.Derive(nil, c); err == nil {
			newLayout(c, 1)
		}
	})
}

// TestKeyOrder has values in ascending order, some equal as keys.
func TestKeyOrder(t *testing.T) {
	ns := &Namespace{origin: &cim.Origin{Server: "S", Namespace: `root\n`}, named: names{"T", "S"}}
	text := func(t cim.Type, s ...string) (out []cim.Value) {
		for _, s := range s {
			out = append(out, cim.TextValue(t, s))
		}
		return out
	}
	tests := []struct {
		name   string
		values []cim.Value
		equal  bool
	}{
		{"sint8", extremes(t, cim.TypeSint8), false},
		{"sint16", extremes(t, cim.TypeSint16), false},
		{"sint32", extremes(t, cim.TypeSint32), false},
		{"sint64", extremes(t, cim.TypeSint64), false},
		{"uint8", extremes(t, cim.TypeUint8), false},
		{"uint16", extremes(t, cim.TypeUint16), false},
		{"uint32", extremes(t, cim.TypeUint32), false},
		{"uint64", extremes(t, cim.TypeUint64), false},
		{"char16", extremes(t, cim.TypeChar16), false},
		{"boolean", extremes(t, cim.TypeBoolean), false},
		{"string", text(cim.TypeString, "", "\x00", "\x00a", "\x01", " ", "a", "A b", "ab", "abc", "b", "z", "é", "\u4e00"), false},
		{"case", text(cim.TypeString, "aé\u212a\u017f", "AÉks", "Aékſ"), true},
		{"datetime", text(cim.TypeDatetime, "20250102030405.000000+000", "20250102030405.000000+060"), false},
		{"reference", text(cim.TypeReference, `C.K="a"`, `C="A"`, `c='a'`, `\\.\ROOT\N:C.k="a"`, `//s/root/n:c.K="a"`, `//t/root/n:c.K="a"`), true},
		{"references by number", text(cim.TypeReference, `C=16`, `C=0x10`, `C.k=+16`, `C="16"`), true},
		{"references by negative number", text(cim.TypeReference, `C=-10`, `C=-010`, `C="-10"`), true},
		{"references by large number", text(cim.TypeReference, `C=18446744073709551615`, `C=0xffffffffffffffff`, `C=+018446744073709551615`), true},
		{"references by boolean", text(cim.TypeReference, `C.A=1,B=TRUE`, `C.b=true,a=01`, `C.A=1,B=1`), true},
		{"keys of references", text(cim.TypeReference, `C.A=1,B="x"`, `C.b="X",a=1`), true},
		{"other references", text(cim.TypeReference, "C=1", "C=2", `D="1"`, `vague "`), false},
	}
	for _, tt := range tests {
		for i, v := range tt.values[1:] {
			a, b := appendKeyValue(nil, tt.values[i], ns), appendKeyValue(nil, v, ns)
			switch order := bytes.Compare(a, b); {
			case tt.equal && order != 0:
				t.Errorf("%s: %v and %v are not the same key: %x %x", tt.name, tt.values[i], v, a, b)
			case !tt.equal && order >= 0:
				t.Errorf("%s: %v does not come before %v: %x %x", tt.name, tt.values[i], v, a, b)
			}
		}
	}
}

// TestSharedContent has two properties share a content, by which a small record
// could become arbitrarily large.
func TestSharedContent(t *testing.T) {
	c := derive(t, nil, class("C", prop("string A"), prop("string B")))
	l := newLayout(c, 77)
	inst := cim.NewInstance(c)
	inst.Put(0, cim.StringValue("x"))
	inst.Put(1, cim.StringValue("x"))
	record := l.append(nil, inst)
	copy(record[l.slots[1].at:], record[l.slots[0].at:l.slots[0].at+4])
	d := decode(record)
	l.decode(d)
	if !errors.Is(d.err, kv.ErrCorrupt) {
		t.Error(d.err)
	}
}
