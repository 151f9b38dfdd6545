package cim_test

import (
	"math"
	"testing"

	"openwmi/cim"
)

// otherObject is an object that is neither a class nor an instance.
type otherObject struct{ *cim.Class }

// hostile are values that do not hold what their type says.
var hostile = []struct {
	name string
	v    cim.Value
	want cim.Status
}{
	{"uint8 300", cim.NumberValue(cim.TypeUint8, 300), cim.ValueOutOfRange},
	{"sint8 128", cim.NumberValue(cim.TypeSint8, 128), cim.ValueOutOfRange},
	{"sint8 without sign extension", cim.NumberValue(cim.TypeSint8, 0xFF), cim.ValueOutOfRange},
	{"sint32", cim.NumberValue(cim.TypeSint32, 1<<31), cim.ValueOutOfRange},
	{"char16", cim.NumberValue(cim.TypeChar16, 1<<16), cim.ValueOutOfRange},
	{"boolean 2", cim.NumberValue(cim.TypeBoolean, 2), cim.ValueOutOfRange},
	{"real32 0.1", cim.NumberValue(cim.TypeReal32, math.Float64bits(0.1)), cim.ValueOutOfRange},
	{"real32 1e300", cim.NumberValue(cim.TypeReal32, math.Float64bits(1e300)), cim.ValueOutOfRange},
	{"uint16[]", cim.NumbersValue(cim.TypeUint16, []uint64{1, 1 << 16}), cim.ValueOutOfRange},
	{"uint8[] as numbers", cim.NumbersValue(cim.TypeUint8, []uint64{1}), cim.TypeMismatch},
	{"numbers as string[]", cim.NumbersValue(cim.TypeString, []uint64{1}), cim.TypeMismatch},
	{"texts as uint32[]", cim.TextsValue(cim.TypeUint32, []string{"1"}), cim.TypeMismatch},
	{"a text as uint32", cim.TextValue(cim.TypeUint32, "1"), cim.TypeMismatch},
	{"a text as string[]", cim.TextValue(cim.TypeString.ArrayOf(), "1"), cim.TypeMismatch},
	{"a text as object", cim.TextValue(cim.TypeObject, "1"), cim.TypeMismatch},
	{"a text as object[]", cim.TextValue(cim.TypeObject.ArrayOf(), "1"), cim.TypeMismatch},
	{"a number as string", cim.NumberValue(cim.TypeString, 1), cim.TypeMismatch},
	{"a number as object", cim.NumberValue(cim.TypeObject, 1), cim.TypeMismatch},
	{"a number as uint8[]", cim.NumberValue(cim.TypeUint8.ArrayOf(), 1), cim.TypeMismatch},
	{"no type", cim.NumberValue(7, 1), cim.TypeMismatch},
	{"an array of no type", cim.NumbersValue(0, []uint64{1}), cim.TypeMismatch},
	{"a large number as type", cim.NumberValue(0xFFFF, 1), cim.TypeMismatch},
	{"datetime", cim.TextValue(cim.TypeDatetime, "garbage"), cim.TypeMismatch},
	{"the zero Datetime", cim.DatetimeValue(cim.Datetime{}), cim.TypeMismatch},
	{"datetime[]", cim.TextsValue(cim.TypeDatetime, []string{"19980401135809.000000+000", ""}), cim.TypeMismatch},
	{"nil in object[]", cim.ObjectsValue([]cim.Object{nil}), cim.IllegalNull},
	{"a nil *Instance", cim.ObjectsValue([]cim.Object{(*cim.Instance)(nil)}), cim.IllegalNull},
	{"a nil *Class", cim.ObjectsValue([]cim.Object{(*cim.Class)(nil)}), cim.IllegalNull},
	{"the zero Instance", cim.ObjectValue(&cim.Instance{}), cim.InvalidObject},
	{"the zero Class", cim.ObjectValue(&cim.Class{}), cim.InvalidObject},
	{"another object", cim.ObjectValue(otherObject{}), cim.TypeMismatch},
}

// TestHostileValues: the type of a value is not trusted, wherever it comes in.
func TestHostileValues(t *testing.T) {
	for _, tc := range hostile {
		tp := tc.v.Type()
		wantStatus(t, tc.name, cim.CheckValue(tc.v, tp, ""), tc.want)
		_ = tc.v.String()
		_ = tc.v.Clone()
		if tc.v.Equal(cim.StringValue("x")) {
			t.Errorf("%s: equal to a string", tc.name)
		}
		q := cim.Qualifier{Name: "Q", Value: tc.v}
		wantStatus(t, "qualifier: "+tc.name, cim.CheckQualifier(q), cim.InvalidQualifierType)
		if !tp.IsValid() {
			continue
		}
		d := class("C", cim.PropertyDecl{Name: "P", Type: tp})
		s := newSchema(t, d, class("Box", prop("object O")))
		wantStatus(t, "set: "+tc.name, s.instance("C").Set("P", tc.v), tc.want)
		d = d.Clone()
		d.Properties[0].Default, d.Properties[0].HasDefault = tc.v, true
		_, err := cim.Derive(nil, d)
		wantStatus(t, "default: "+tc.name, err, tc.want)

		i := s.instance("C")
		i.Put(0, tc.v)
		wantStatus(t, "put: "+tc.name, i.Check(), tc.want)
		wantStatus(t, "embedded: "+tc.name, s.instance("Box").Set("O", value(i)), tc.want)
	}
}

func TestCheckInstance(t *testing.T) {
	s := newSchema(t, class("C", prop("uint8 U"), prop("object:D O"), prop("datetime T")), class("D"), class("X"))
	at := s.class("C").PropertyIndex
	for _, tc := range []struct {
		name string
		edit func(i *cim.Instance)
		want cim.Status
	}{
		{"nothing set", func(*cim.Instance) {}, cim.OK},
		{"valid", func(i *cim.Instance) {
			i.Put(at("U"), cim.Uint8Value(255))
			i.Put(at("O"), value(s.instance("D")))
			i.Put(at("T"), cim.TextValue(cim.TypeDatetime, "19980401135809.000000+000"))
		}, cim.OK},
		{"NULL", func(i *cim.Instance) { i.Put(at("T"), cim.Value{}) }, cim.OK},
		{"another type", func(i *cim.Instance) { i.Put(at("U"), cim.Uint16Value(1)) }, cim.TypeMismatch},
		{"another class", func(i *cim.Instance) { i.Put(at("O"), value(s.instance("X"))) }, cim.TypeMismatch},
		{"a qualifier", func(i *cim.Instance) {
			qs := cim.Qualifiers{qual("Q")}
			_ = i.SetLocalQualifiers(qs)
			qs[0].Value = cim.NumbersValue(0, []uint64{1})
		}, cim.InvalidQualifierType},
		{"a qualifier of a property", func(i *cim.Instance) {
			qs := cim.Qualifiers{qual("Q")}
			_ = i.SetLocalPropertyQualifiers(0, qs)
			qs[0].Value = cim.Uint8Value(1)
		}, cim.InvalidQualifierType},
	} {
		i := s.instance("C")
		tc.edit(i)
		wantStatus(t, tc.name, i.Check(), tc.want)
	}
	wantStatus(t, "the zero Instance", new(cim.Instance).Check(), cim.InvalidObject)
	wantStatus(t, "nil", (*cim.Instance)(nil).Check(), cim.InvalidObject)
	if got := new(cim.Instance).ClassName(); got != "" {
		t.Errorf("the class of the zero Instance is %q", got)
	}
	if p, ok := cim.RelPath(new(cim.Instance)); ok {
		t.Errorf("the path of the zero Instance is %v", p)
	}
	for _, o := range []cim.Object{(*cim.Instance)(nil), (*cim.Class)(nil)} {
		if !cim.ObjectValue(o).IsNull() {
			t.Errorf("the value of a nil %T is not NULL", o)
		}
	}
}

// TestArrayOfUint8: an element is not cut to its type.
func TestArrayOfUint8(t *testing.T) {
	_, err := cim.ArrayValue(cim.TypeUint8, cim.NumberValue(cim.TypeUint8, 300))
	wantStatus(t, "an element that does not fit", err, cim.ValueOutOfRange)
	_, err = cim.ArrayValue(cim.TypeUint8.ArrayOf(), cim.BytesValue(nil))
	wantStatus(t, "an array of arrays", err, cim.InvalidCIMType)
}

func BenchmarkCheckValue(b *testing.B) {
	for _, bc := range []struct {
		name string
		v    cim.Value
	}{
		{"string", cim.StringValue("a value")}, {"uint32", cim.Uint32Value(5)},
		{"datetime", cim.TextValue(cim.TypeDatetime, "19980401135809.000000+000")},
		{"uint8[1000]", cim.BytesValue(make([]byte, 1000))},
		{"uint16[1000]", cim.NumbersValue(cim.TypeUint16, make([]uint64, 1000))},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := cim.CheckValue(bc.v, bc.v.Type(), ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	c := derived(b, chain(8, 8))
	i := cim.NewInstance(c)
	for k := range c.Properties() {
		i.Put(k, cim.StringValue("a value"))
	}
	b.Run("instance", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := i.Check(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
