package cim_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
)

func TestJSONValues(t *testing.T) {
	s := newSchema(t, class("C", prop("uint64 N")))
	for _, tc := range []struct {
		v    cim.Value
		want string
	}{
		{cim.Value{}, "null"}, {cim.BoolValue(true), "true"}, {cim.BoolValue(false), "false"},
		{cim.Sint8Value(-128), "-128"}, {cim.Uint64Value(math.MaxUint64), "18446744073709551615"}, {cim.Sint64Value(math.MinInt64), "-9223372036854775808"},
		{cim.Real64Value(1), "1.0"}, {cim.Real64Value(1e300), "1.0E+300"}, {cim.Real32Value(0.1), "0.1"}, {cim.Real64Value(1e-9), "1.0E-09"},
		{cim.Real64Value(math.NaN()), `"NaN"`}, {cim.Real64Value(math.Inf(1)), `"Infinity"`}, {cim.Real32Value(float32(math.Inf(-1))), `"-Infinity"`},
		{cim.Char16Value('A'), `"A"`}, {cim.Char16Value('"'), `"\""`}, {cim.Char16Value(0xD800), `"\ud800"`}, {cim.Char16Value(0), `"\u0000"`},
		{cim.StringValue("a\"b\\c\n\r\t\x01\x7fä€😀</>"), `"a\"b\\c\n\r\t\u0001` + "\x7fä€😀</>\""},
		{cim.StringValue("a\xed\xa0\x80b\xed\xbf\xbf"), `"a\ud800b\udfff"`}, {cim.StringValue("a\xffb\uFFFD"), "\"a\uFFFDb\uFFFD\""}, {cim.StringValue(""), `""`},
		{cim.ReferenceValue(`\\.\root:C.K="x"`), `"\\\\.\\root:C.K=\"x\""`},
		{cim.DatetimeValue(datetime(t, "20240101000000.000000+000")), `"20240101000000.000000+000"`},
		{cim.BytesValue([]byte{0, 255}), "[0,255]"}, {cim.StringsValue([]string{"a", ""}), `["a",""]`}, {cim.StringsValue(nil), "[]"},
		{array(t, cim.TypeReal64, cim.Real64Value(math.NaN())), `["NaN"]`},
		{cim.ObjectsValue([]cim.Object{s.instance("C", "N", 5)}), `[{"__GENUS":2,"__CLASS":"C","__SUPERCLASS":null,"__DERIVATION":[],` +
			`"__NAMESPACE":null,"__SERVER":null,"__RELPATH":null,"__PATH":null,"N":5}]`},
	} {
		got := string(cim.AppendJSONValue([]byte("x"), tc.v))
		if got != "x"+tc.want {
			t.Errorf("%v: %s, want %s", tc.v, got[1:], tc.want)
		}
		if !json.Valid([]byte(got[1:])) {
			t.Errorf("%v: not JSON: %s", tc.v, got[1:])
		}
	}
}

func TestJSONObjects(t *testing.T) {
	s := newSchema(t, class("B", prop("string Id", key)),
		class("D : B", qual("Description", "{"), prop("uint8[] A"), prop("ref:B R = D.Id"), prop("object:B O"),
			method("uint32 M", qual("Static"), param("string I = {", in), param("object[] P", out)), method("void N")))
	i := s.instance("D", "Id", "1", "O", s.instance("B", "Id", "2"))
	i.SetOrigin(&cim.Origin{Server: "S", Namespace: `root\t`})
	for _, tc := range []struct {
		o    cim.Object
		want string
	}{
		{i, `{"__GENUS":2,"__CLASS":"D","__SUPERCLASS":"B","__DERIVATION":["B"],"__NAMESPACE":"root\\t","__SERVER":"S",` +
			`"__RELPATH":"D.Id=\"1\"","__PATH":"\\\\S\\root\\t:D.Id=\"1\"","A":null,"Id":"1",` +
			`"O":{"__GENUS":2,"__CLASS":"B","__SUPERCLASS":null,"__DERIVATION":[],"__NAMESPACE":null,"__SERVER":null,` +
			`"__RELPATH":"B.Id=\"2\"","__PATH":null,"Id":"2"},"R":"D.Id"}`},
		{s.class("D"), `{"__GENUS":1,"__CLASS":"D","__SUPERCLASS":"B","__DERIVATION":["B"],"__NAMESPACE":null,"__SERVER":null,` +
			`"__RELPATH":"D","__PATH":null,"qualifiers":{"Description":"{"},"properties":{` +
			`"A":{"type":"uint8[]","origin":"D","value":null,"qualifiers":{}},` +
			`"Id":{"type":"string","origin":"B","value":null,"qualifiers":{"key":true}},` +
			`"O":{"type":"object:B","origin":"D","value":null,"qualifiers":{}},` +
			`"R":{"type":"ref:B","origin":"D","value":"D.Id","qualifiers":{}}},"methods":{` +
			`"M":{"type":"uint32","origin":"D","qualifiers":{"Static":true},"parameters":[` +
			`{"name":"I","type":"string","in":true,"out":false,"value":"{","qualifiers":{"in":true,"ID":0}},` +
			`{"name":"P","type":"object[]","in":false,"out":true,"value":null,"qualifiers":{"out":true,"ID":1}}]},` +
			`"N":{"type":"void","origin":"D","qualifiers":{},"parameters":[]}}}`},
		{nil, "null"},
	} {
		got := cim.AppendJSON(nil, tc.o)
		if diff := cmp.Diff(tc.want, string(got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if !json.Valid(got) {
			t.Errorf("not JSON: %s", got)
		}
	}
}

// FuzzJSONString: any text is valid JSON and, but for what is no text, comes
// back.
func FuzzJSONString(f *testing.F) {
	for _, s := range []string{"", "a\"\\\n", "\x00\x1f", "ä€😀", "\xed\xa0\x80", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cim.AppendJSONValue(nil, cim.StringValue(s))
		var back string
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if want := string([]rune(cim.FromUTF16(cim.UTF16(s)))); back != want && !hasSurrogate(s) {
			t.Fatalf("%q comes back as %q", s, back)
		}
	})
}

func hasSurrogate(s string) bool {
	for _, u := range cim.UTF16(s) {
		if u>>11 == 0xD800>>11 {
			return true
		}
	}
	return false
}
