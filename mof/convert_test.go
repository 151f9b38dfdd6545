package mof_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/mof"
)

// TestLiteral checks the table of mof.md 4.1.
func TestLiteral(t *testing.T) {
	for _, test := range []struct {
		literal string
		typ     cim.Type
		want    string // the value, or the name of the status
	}{
		{"0x41", cim.TypeUint32, "65"}, // mof.md#5
		{"0101", cim.TypeUint32, "65"},
		{"1000001B", cim.TypeUint32, "65"},
		{"1000.4", cim.TypeUint16, "1000"}, // the value of mof.md#7
		{"1000.5", cim.TypeUint16, "1001"},
		{"-0.5", cim.TypeSint8, "-1"},
		{"-0.4", cim.TypeUint8, "0"},
		{"-128", cim.TypeSint8, "-128"},
		{"-129", cim.TypeSint8, "IllegalConstantValue"},
		{"-1", cim.TypeUint64, "IllegalConstantValue"},
		{"-9223372036854775808", cim.TypeSint64, "-9223372036854775808"},
		{"-9223372036854775809", cim.TypeSint64, "IllegalConstantValue"},
		{"-18446744073709551615", cim.TypeSint64, "IllegalConstantValue"},
		{"18446744073709551615", cim.TypeUint64, "18446744073709551615"},
		{`"18446744073709551615"`, cim.TypeUint64, "18446744073709551615"},
		{`"0xFFFFFFFFFFFFFFFF"`, cim.TypeUint64, "18446744073709551615"},
		{`"-5"`, cim.TypeSint64, "-5"},
		{`"007"`, cim.TypeSint32, "7"},
		{`"256"`, cim.TypeUint8, "OutOfRange"},
		{`"0x"`, cim.TypeUint8, "TypeMismatch"},
		{`"0x-1"`, cim.TypeUint8, "TypeMismatch"},
		{`"ten"`, cim.TypeUint8, "TypeMismatch"},
		{`""`, cim.TypeUint8, "TypeMismatch"},
		{`'A'`, cim.TypeChar16, "65"}, // mof.md#10
		{`'\x16'`, cim.TypeChar16, "22"},
		{"65535", cim.TypeChar16, "65535"},
		{"65536", cim.TypeChar16, "IllegalConstantValue"},
		{`'A'`, cim.TypeSint32, "65"},
		{`'Ā'`, cim.TypeUint8, "IllegalConstantValue"},
		{"3.5", cim.TypeReal64, "3.5"},
		{"0x10", cim.TypeReal32, "16.0"},
		{"3.5e38", cim.TypeReal32, "IllegalConstantValue"},
		{`"3.5"`, cim.TypeReal64, "TypeMismatch"},
		{"TRUE", cim.TypeBoolean, "TRUE"},
		{"1", cim.TypeBoolean, "TRUE"},
		{"0", cim.TypeBoolean, "FALSE"},
		{`"fAlse"`, cim.TypeBoolean, "FALSE"},
		{"2", cim.TypeBoolean, "TypeMismatch"},
		{"1.0", cim.TypeBoolean, "TypeMismatch"},
		{"TRUE", cim.TypeUint8, "TypeMismatch"},
		{`"x"`, cim.TypeString, "x"},
		{"23", cim.TypeString, "23"},
		{"-0x17", cim.TypeString, "-23"},
		{"2.50", cim.TypeString, "2.5"},
		{"TRUE", cim.TypeString, "TypeMismatch"},
		{`'x'`, cim.TypeString, "TypeMismatch"},
		{`"20240229120000.000000+060"`, cim.TypeDatetime, "20240229120000.000000+060"},
		{`"20230229120000.000000+060"`, cim.TypeDatetime, "TypeMismatch"},
		{"20240229", cim.TypeDatetime, "TypeMismatch"},
		{`"A.k=1"`, cim.TypeReference, "A.k=1"},
		{"1", cim.TypeReference, "TypeMismatch"},
		{`"A"`, cim.TypeObject, "TypeMismatch"},
		{"NULL", cim.TypeObject, "NULL"},
		{"NULL", cim.TypeUint8, "NULL"},
		{"$a", cim.TypeReference, "TypeMismatch"}, // who knows the paths of aliases, asks for them
		{"{1}", cim.TypeUint8, "TypeMismatch"},
	} {
		v, err := mof.Literal(value(t, test.literal), test.typ)
		got := "NULL"
		switch {
		case err != nil:
			got = cim.StatusOf(err).Name()
			if v != (cim.Value{}) {
				t.Errorf("%s as %v is %v and an error", test.literal, test.typ, v)
			}
		case !v.IsNull():
			got = v.String()
			if test.typ == cim.TypeChar16 {
				got = string(v.AppendNumber(nil))
			}
			if v.Type() != test.typ {
				t.Errorf("%s as %v is %v", test.literal, test.typ, v.Type())
			}
		}
		if got != test.want && !strings.EqualFold(got, test.want) {
			t.Errorf("%s as %v is %s, want %s", test.literal, test.typ, got, test.want)
		}
	}
}
