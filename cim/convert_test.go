package cim_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
)

func array(t testing.TB, elem cim.Type, elems ...cim.Value) cim.Value {
	t.Helper()
	v, err := cim.ArrayValue(elem, elems...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestConvert(t *testing.T) {
	str, s32, u32 := cim.StringValue, cim.Sint32Value, cim.Uint32Value
	const mismatch, out = cim.TypeMismatch, cim.ValueOutOfRange
	for _, tc := range []struct {
		v    cim.Value
		to   string
		want string
		err  cim.Status
	}{
		{cim.Value{}, "uint8", "NULL", 0}, {cim.Value{}, "uint8[]", "NULL", 0},
		{s32(5), "sint32", "5", 0}, {s32(-1), "sint8", "-1", 0}, {s32(-129), "sint8", "", out}, {s32(-1), "uint64", "", out},
		{s32(256), "uint8", "", out}, {u32(math.MaxUint32), "sint32", "", out}, {cim.Uint64Value(math.MaxUint64), "sint64", "", out},
		{cim.Uint64Value(math.MaxUint64), "uint64", "18446744073709551615", 0}, {s32(65), "char16", "A", 0}, {s32(65536), "char16", "", out},
		{s32(7), "string", "7", 0}, {s32(7), "real64", "7.0", 0}, {s32(7), "boolean", "TRUE", 0}, {s32(0), "boolean", "FALSE", 0},
		{s32(7), "datetime", "", mismatch}, {s32(7), "ref", "", mismatch}, {s32(7), "object", "", mismatch}, {s32(7), "sint32[]", "", mismatch},
		{cim.BoolValue(true), "sint16", "-1", 0}, {cim.BoolValue(true), "uint16", "1", 0}, {cim.BoolValue(true), "string", "TRUE", 0},
		{cim.BoolValue(true), "real32", "", mismatch},
		{cim.Real64Value(3), "uint32", "3", 0}, {cim.Real64Value(3.5), "uint32", "", mismatch}, {cim.Real64Value(-3), "uint32", "", out},
		{cim.Real64Value(1 << 63), "sint64", "", out}, {cim.Real64Value(1 << 63), "uint64", "9223372036854775808", 0}, {cim.Real64Value(1 << 64), "uint64", "", out},
		{cim.Real64Value(math.NaN()), "sint32", "", mismatch}, {cim.Real64Value(math.Inf(1)), "sint32", "", out},
		{cim.Real64Value(1e300), "real32", "", out}, {cim.Real64Value(math.Inf(-1)), "real32", "-Inf", 0}, {cim.Real64Value(0.1), "real32", "0.1", 0},
		{cim.Real64Value(0.5), "string", "0.5", 0}, {cim.Real64Value(0), "boolean", "FALSE", 0},
		{str("12"), "uint8", "12", 0}, {str("-12"), "sint8", "-12", 0}, {str("+12"), "uint8", "12", 0}, {str("256"), "uint8", "", out},
		{str("0x10"), "uint64", "", mismatch}, // hexadecimal is a form of MOF only
		{str("1.0"), "sint32", "", mismatch}, {str(""), "sint32", "", mismatch}, {str(" 1"), "sint32", "", mismatch}, {str("+-1"), "sint32", "", mismatch},
		{str("18446744073709551616"), "uint64", "", out}, {str("-9223372036854775808"), "sint64", "-9223372036854775808", 0},
		{str("true"), "boolean", "TRUE", 0}, {str("False"), "boolean", "FALSE", 0}, {str("1"), "boolean", "", mismatch},
		{str("1.5e3"), "real64", "1500.0", 0}, {str("x"), "real64", "", mismatch}, {str("1e999"), "real64", "", out}, {str("0x1p4"), "real64", "", mismatch},
		{str("x"), "char16", "x", 0}, {str("65"), "char16", "A", 0}, {str("xy"), "char16", "", mismatch}, {str("€"), "char16", "€", 0}, {str("😀"), "char16", "", mismatch},
		{str("19980401135809.000000+000"), "datetime", "19980401135809.000000+000", 0}, {str("1998"), "datetime", "", mismatch},
		{str(`C.K="x"`), "ref", `C.K="x"`, 0}, {cim.ReferenceValue("C=1"), "string", "C=1", 0}, {cim.ReferenceValue("1"), "uint8", "", mismatch},
		{cim.Char16Value('7'), "uint16", "55", 0}, {cim.Char16Value('7'), "string", "7", 0},
		{cim.DatetimeValue(datetime(t, "19980401135809.000000+000")), "string", "19980401135809.000000+000", 0},
		{cim.StringsValue(nil), "uint8[]", "{}", 0}, {cim.StringsValue([]string{"1", "2"}), "uint8[]", "{1, 2}", 0},
		{cim.StringsValue([]string{"1", "x"}), "uint8[]", "", mismatch}, {cim.StringsValue([]string{"1"}), "uint8", "", mismatch},
		{array(t, cim.TypeReal64, cim.Real64Value(1)), "uint32[]", "", mismatch}, {array(t, cim.TypeReal64), "uint32[]", "{}", 0},
		{array(t, cim.TypeReal64, cim.Real64Value(1)), "real32[]", "{1.0}", 0},
		{array(t, cim.TypeSint32, s32(300)), "uint8[]", "", out}, {array(t, cim.TypeSint32, s32(3)), "string[]", "{3}", 0},
		{value(newSchema(t, class("C")).class("C")), "string", "", mismatch},
	} {
		to, _ := typeOf(tc.to)
		what := fmt.Sprintf("%v (%v) as %s", tc.v, tc.v.Type(), tc.to)
		got, err := cim.Convert(tc.v, to)
		wantStatus(t, what, err, tc.err)
		if err == nil && (got.String() != tc.want || !got.IsNull() && got.Type() != to) {
			t.Errorf("%s: %v of type %v, want %s", what, got, got.Type(), tc.want)
		}
	}
}

var allTypes = []cim.Type{
	cim.TypeSint8, cim.TypeUint8, cim.TypeSint16, cim.TypeUint16, cim.TypeSint32, cim.TypeUint32, cim.TypeSint64, cim.TypeUint64,
	cim.TypeReal32, cim.TypeReal64, cim.TypeBoolean, cim.TypeString, cim.TypeDatetime, cim.TypeReference, cim.TypeChar16, cim.TypeObject,
}

// FuzzConvert: what text becomes comes back from the text of it.
func FuzzConvert(f *testing.F) {
	for i, s := range []string{"", "1", "-128", "255", "1.5", "1E+15", "NaN", "TRUE", "x", "19980401135809.000000+000", "0x1F", "\xed\xa0\x80", "99999999999999999999"} {
		f.Add(s, i)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		to := allTypes[uint(n)%uint(len(allTypes))]
		for _, parse := range []func() (cim.Value, error){
			func() (cim.Value, error) { return cim.Convert(cim.StringValue(s), to) },
			func() (cim.Value, error) { return cim.ParseText(to, s) },
		} {
			v, err := parse()
			if err != nil {
				if st := cim.StatusOf(err); st != cim.TypeMismatch && st != cim.ValueOutOfRange {
					t.Fatalf("%q as %v: %v", s, to, err)
				}
				continue
			}
			if v.Type() != to {
				t.Fatalf("%q as %v is a %v", s, to, v.Type())
			}
			w, err := cim.ParseText(to, v.String())
			if err != nil || !w.Equal(v) && v.String() != "NaN" {
				t.Fatalf("%q as %v is %v and then %v, %v", s, to, v, w, err)
			}
			for _, other := range allTypes {
				u, err := cim.Convert(v, other)
				if err == nil && u.Type() != other {
					t.Fatalf("%v as %v is a %v", v, other, u.Type())
				}
			}
		}
	})
}

func TestParseText(t *testing.T) {
	for _, tc := range []struct{ typ, text, want string }{
		{"string", "", ""}, {"string", " x ", " x "}, {"string", "NULL", "NULL"}, {"ref", "C.K=1", "C.K=1"},
		{"uint8", "255", "255"}, {"uint8", "0xff", "255"}, {"uint8", "256", "!"}, {"uint8", "0x100", "!"}, {"sint8", "-1", "-1"}, {"sint64", "0xFFFFFFFFFFFFFFFF", "!"},
		{"uint64", "18446744073709551615", "18446744073709551615"}, {"uint64", "0xFFFFFFFFFFFFFFFF", "18446744073709551615"}, {"uint64", "0xFFFFFFFFFFFFFFFFF", "!"},
		{"uint8", "", "!"}, {"uint8", "1 ", "!"}, {"uint8", "1.0", "!"}, {"uint8", "0xg", "!"},
		{"boolean", "tRUE", "TRUE"}, {"boolean", "0", "FALSE"}, {"boolean", "1", "TRUE"}, {"boolean", "yes", "!"},
		{"real32", "2.5", "2.5"}, {"real32", "3", "3.0"}, {"real64", "1e400", "!"}, {"real64", "Infinity", "+Inf"}, {"real64", "nan", "NaN"},
		{"char16", "A", "A"}, {"char16", "5", "5"}, {"char16", "65", "A"}, {"char16", "AB", "!"},
		{"datetime", "20240101000000.000000+000", "20240101000000.000000+000"}, {"datetime", "2024-01-01", "!"},
		{"string[]", "a", "!"}, {"object", "x", "!"}, {"", "x", "!"},
	} {
		typ, _ := typeOf(tc.typ)
		v, err := cim.ParseText(typ, tc.text)
		if tc.want == "!" {
			wantStatus(t, tc.typ+" "+tc.text, err, cim.TypeMismatch)
		} else if err != nil || v.String() != tc.want || v.Type() != typ {
			t.Errorf("%s %q: %v of type %v, %v, want %s", tc.typ, tc.text, v, v.Type(), err, tc.want)
		}
	}
}

func TestUTF16(t *testing.T) {
	for _, tc := range []struct {
		s     string
		units []uint16
	}{
		{"", []uint16{}}, {"aé€", []uint16{'a', 0xE9, 0x20AC}}, {"😀", []uint16{0xD83D, 0xDE00}},
		{"\xed\xa0\x80", []uint16{0xD800}}, {"\xed\xbf\xbfx", []uint16{0xDFFF, 'x'}}, {"\uFFFD", []uint16{0xFFFD}},
	} {
		if diff := cmp.Diff(tc.units, cim.UTF16(tc.s)); diff != "" {
			t.Errorf("%q: %s", tc.s, diff)
		}
		if got := cim.FromUTF16(tc.units); got != tc.s {
			t.Errorf("%X is %q, want %q", tc.units, got, tc.s)
		}
	}
	if diff := cmp.Diff([]uint16{0xFFFD, 'x'}, cim.UTF16("\xffx")); diff != "" {
		t.Error(diff)
	}
}

func TestNumbers(t *testing.T) {
	for _, tc := range []struct {
		v    cim.Value
		want string
	}{
		{cim.Real64Value(1), "1.0"}, {cim.Real64Value(-0.5), "-0.5"}, {cim.Real64Value(1e15), "1.0E+15"}, {cim.Real64Value(1.25e-7), "1.25E-07"},
		{cim.Real64Value(123456789012345), "123456789012345.0"}, {cim.Real64Value(0), "0.0"}, {cim.Real64Value(math.Copysign(0, -1)), "-0.0"},
		{cim.Real32Value(0.1), "0.1"}, {cim.Real64Value(0.1), "0.1"}, {cim.Real64Value(float64(float32(0.1))), "0.10000000149011612"},
		{cim.Real64Value(math.MaxFloat64), "1.7976931348623157E+308"}, {cim.Real64Value(5e-324), "5.0E-324"},
		{cim.Sint8Value(-128), "-128"}, {cim.Uint64Value(math.MaxUint64), "18446744073709551615"}, {cim.Sint64Value(math.MinInt64), "-9223372036854775808"},
		{cim.Char16Value(65), "65"},
	} {
		if got := string(tc.v.AppendNumber(nil)); got != tc.want {
			t.Errorf("%v: %s, want %s", tc.v.Type(), got, tc.want)
		}
	}
}

func TestArrayValue(t *testing.T) {
	if _, err := cim.ArrayValue(cim.TypeUint8, cim.Value{}); cim.StatusOf(err) != cim.IllegalNull {
		t.Errorf("NULL in an array: %v", err)
	}
	if _, err := cim.ArrayValue(cim.TypeUint8, cim.Uint16Value(1)); cim.StatusOf(err) != cim.TypeMismatch {
		t.Errorf("another type in an array: %v", err)
	}
	if _, err := cim.ArrayValue(99); cim.StatusOf(err) != cim.InvalidCIMType {
		t.Errorf("no type: %v", err)
	}
	object := value(newSchema(t, class("C")).class("C"))
	for _, elem := range []cim.Value{
		cim.Uint8Value(1), cim.Sint8Value(-1), cim.StringValue("x"), cim.BoolValue(true), cim.Real32Value(1.5), cim.Char16Value('x'),
		cim.DatetimeValue(datetime(t, "00000001000000.000000:000")), cim.ReferenceValue("C"), object,
	} {
		v := array(t, elem.Type(), elem, elem)
		if v.Type() != elem.Type().ArrayOf() || v.Len() != 2 || !v.Index(1).Equal(elem) || len(v.Elems()) != 2 || !v.Elems()[0].Equal(elem) {
			t.Errorf("array of %v: %v", elem.Type(), v)
		}
	}
}
