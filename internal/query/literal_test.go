package query_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
)

// TestCoercion is the table of wql.md 4.2: each type against each kind of
// literal, at and beyond the ends of its range. What is expected is the literal
// as it is compared, or FALSE if no value can be equal to it; a literal that does
// not stand there cannot be converted.
func TestCoercion(t *testing.T) {
	const none = "FALSE"
	literals := []string{"5", "-1", "0", "1", "300", "-0", "+7", "0x1F", "18446744073709551615", "-9223372036854775808",
		"1.0", "1000.4", "-.5", "-.0", "1.0e2", "1.25e1", "1.0e30", "18446744073709551615.0",
		"'5'", "' 5'", "'-1'", "'0x1f'", "'1.5'", "'1_0'", "'0x1p3'", "'Inf'", "'18446744073709551616'", "''", "'x'", "'xy'", "'true'", "'FALSE'", "'é'",
		"'\U00010400'", `'a"b\\'`, "'20240101000000.000000+000'", "TRUE", "FALSE"}
	type table map[string]string
	with := func(m table, pairs ...string) table {
		m = maps.Clone(m)
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	integer := table{"5": "5", "-1": "-1", "0": "0", "1": "1", "300": "300", "-0": "0", "+7": "7", "0x1F": "31", "18446744073709551615": none,
		"-9223372036854775808": none, "1.0": "1", "-.0": "0", "1.0e2": "100", "1.0e30": none, "18446744073709551615.0": none,
		"'5'": "5", "'-1'": "-1", "'0x1f'": "31", "TRUE": "1", "FALSE": "0"}
	unsigned := with(integer, "-1", none, "'-1'", none)
	number := table{"5": "5.0", "-1": "-1.0", "0": "0.0", "1": "1.0", "300": "300.0", "-0": "0.0", "+7": "7.0", "0x1F": "31.0",
		"18446744073709551615": "1.8446744073709552E+19", "-9223372036854775808": "-9.223372036854776E+18",
		"1.0": "1.0", "1000.4": "1000.4", "-.5": "-0.5", "-.0": "-0.0", "1.0e2": "100.0", "1.25e1": "12.5", "1.0e30": "1.0E+30", "18446744073709551615.0": "1.8446744073709552E+19",
		"'5'": "5.0", "'-1'": "-1.0", "'1.5'": "1.5", "'18446744073709551616'": "1.8446744073709552E+19"}
	text := table{"-0": `"0"`, "+7": `"7"`, "0x1F": `"31"`, `'a"b\\'`: `"a\"b\\"`}
	for _, s := range literals {
		if text[s] == "" {
			text[s] = `"` + strings.Trim(s, "'") + `"`
		}
	}
	truth := table{"0": "FALSE", "1": "TRUE", "-1": "TRUE", "-0": "FALSE", "TRUE": "TRUE", "FALSE": "FALSE", "'true'": "TRUE", "'FALSE'": "FALSE"}
	path := func(s string) string { return `"root\\test:` + s + `"` }
	for typ, want := range map[string]table{
		"sint8":    with(integer, "300", none, "-128", "-128", "-129", none, "127", "127", "128", none),
		"uint8":    with(unsigned, "300", none, "255", "255", "256", none),
		"sint16":   with(integer, "-32768", "-32768", "-32769", none, "32767", "32767", "32768", none),
		"uint16":   with(unsigned, "65535", "65535", "65536", none),
		"sint32":   with(integer, "-2147483648", "-2147483648", "-2147483649", none, "2147483647", "2147483647", "2147483648", none),
		"uint32":   with(unsigned, "4294967295", "4294967295", "4294967296", none),
		"sint64":   with(integer, "-9223372036854775808", "-9223372036854775808", "9223372036854775807", "9223372036854775807", "9223372036854775808", none),
		"uint64":   with(unsigned, "18446744073709551615", "18446744073709551615", "18446744073709551615.0", "18446744073709551615"),
		"real64":   number,
		"real32":   with(number, "1000.4", "1000.4000244140625", "1.0e30", "1.0000000150474662E+30", "1.0e300", "1.0E+300"),
		"boolean":  with(truth, "'1'", "TRUE", "'0'", "FALSE"),
		"string":   text,
		"datetime": {"'20240101000000.000000+000'": `"20240101000000.000000+000"`},
		"char16": {"5": "5", "-1": none, "0": "0", "1": "1", "300": "300", "-0": "0", "+7": "7", "0x1F": "31", "65535": "65535", "65536": none,
			"18446744073709551615": none, "-9223372036854775808": none, "'5'": "53", "'x'": "120", "'é'": "233"},
		"T ref": {"'x'": path("x"), "'xy'": path("xy"), "'Inf'": path("Inf"), "'true'": path("true"), "'FALSE'": path("FALSE"), "'é'": path("é"),
			`'T.K="a"'`: path(`T=\"a\"`)},
	} {
		m := model{}
		c := m.define(t, "T { [key] string K; "+typ+" P; }")
		all := slices.AppendSeq(slices.Clone(literals), maps.Keys(want))
		for _, s := range all {
			x := "P = " + want[s]
			switch want[s] {
			case "":
				x = "InvalidQuery"
			case none:
				if typ != "boolean" {
					x = none
				}
			}
			f, err := compile(c, "P = "+s)
			if err != nil {
				if got := cim.StatusOf(err).Name(); got != x {
					t.Errorf("%s against %s: %v; want %s", typ, s, err, x)
				}
			} else if f.String() != x {
				t.Errorf("%s against %s: %s, want %s", typ, s, f, x)
			}
		}
	}
}

// TestFolded compares literals beyond the range of a type with values at its
// ends: wql.md 4.2, Decision.
func TestFolded(t *testing.T) {
	m := model{}
	c := m.define(t, "T { uint8 U; sint8 I; }")
	for _, x := range []struct {
		where string
		u, i  int
		want  bool
	}{
		{"U < 300", 255, 0, true}, {"U <= 300", 255, 0, true}, {"U <> 300", 255, 0, true}, {"U = 300", 44, 0, false}, {"U > 300", 255, 0, false},
		{"U >= 300", 255, 0, false}, {"U > -1", 0, 0, true}, {"U >= -1", 0, 0, true}, {"U < -1", 0, 0, false}, {"U = -1", 255, 0, false}, {"U <> -1", 255, 0, true},
		{"I > 127", 0, 127, false}, {"I >= 127", 0, 127, true}, {"I < 128", 0, 127, true}, {"I >= -128", 0, -128, true}, {"I > -128", 0, -128, false},
		{"I > -129", 0, -128, true}, {"I < -128", 0, -128, false}, {"I <= -128", 0, -128, true}, {"I <= -128", 0, -127, false}, {"I < 0", 0, -128, true},
		{"I < 0", 0, 0, false}, {"I <= 0", 0, 0, true}, {"I > -1", 0, 0, true}, {"I > 0", 0, -1, false}, {"U > 254", 255, 0, true}, {"U >= 255", 255, 0, true},
		{"U > 255", 255, 0, false}, {"U < 0", 0, 0, false}, {"U <= 0", 0, 0, true}, {"U < 1", 0, 0, true},
	} {
		f, err := compile(c, x.where)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Match(query.ObjectRow(instance(t, c, "U", x.u, "I", x.i))); got != x.want {
			t.Errorf("%s with U=%d, I=%d is %v; compiled to %s", x.where, x.u, x.i, got, f)
		}
		if f.Match(query.ObjectRow(cim.NewInstance(c))) {
			t.Errorf("%s is true of NULL", x.where)
		}
	}
}

// TestReferences compares references after normalisation.
func TestReferences(t *testing.T) {
	m := model{}
	c := m.define(t, "T { T ref R; }")
	for _, group := range [][]string{
		{`T.K="a"`, `t.k='A'`, `T="a"`, `:T="a"`, `root\test:T="a"`, `ROOT/TEST:T.K="a"`, `\\.\root\test:T="a"`, `//localhost/root/test:T="a"`, `\\server\root\test:T="a"`},
		{`T="b"`}, {`\\other\root\test:T="a"`}, {`root\other:T="a"`},
		{`L.A="x",B=1`, `L.b=1,a="X"`, `L.B="1",A="x"`, `L.B=+01,A="x"`, `L.B=TRUE,A="x"`},
		{`L.A="x",B=2`, `L.A="x",B=0x2`}, {`T`, `root\test:t`}, {`T=@`, `t=@`}, {`T.K="a\"b\\c"`, `T='a"b\\C'`},
	} {
		for _, literal := range group {
			f, err := compile(c, "R = "+quoteWQL(literal))
			if err != nil {
				t.Fatal(err)
			}
			for _, same := range group {
				if !f.Match(query.ObjectRow(instance(t, c, "R", cim.ReferenceValue(same)))) {
					t.Errorf("%s is not equal to %s", same, literal)
				}
			}
			for _, other := range []string{`X="a"`, `T.K="c"`, "", "no path", `L.A="x"`} {
				if f.Match(query.ObjectRow(instance(t, c, "R", cim.ReferenceValue(other)))) {
					t.Errorf("%s is equal to %s", other, literal)
				}
			}
		}
	}
	// Paths may be relative to another place than that of the class.
	q, err := parse("T", `R = 'T="a"'`)
	if err != nil {
		t.Fatal(err)
	}
	f, err := query.CompileFilter(c, q.Where, query.FilterOptions{Origin: &cim.Origin{Server: "S", Namespace: `root\other`}})
	if err != nil {
		t.Fatal(err)
	}
	if !f.Match(query.ObjectRow(instance(t, c, "R", cim.ReferenceValue(`\\S\root\other:T.K="a"`)))) {
		t.Error("a path is not relative to the origin that was given")
	}
}
