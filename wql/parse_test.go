package wql_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/wql"
)

// sameTree ignores where the nodes stand.
var sameTree = cmp.Options{
	cmpopts.IgnoreTypes(source.Span{}, (*source.File)(nil)),
	cmpopts.EquateComparable(cim.Key{}),
}

// TestPrint checks what queries mean by how they are printed, which must parse
// to the same tree again. An empty want is the text itself.
func TestPrint(t *testing.T) {
	const data, event = false, true
	for _, test := range []struct {
		event bool
		text  string
		want  string
	}{
		{data, "SELECT * FROM A", ""},
		{data, "\tselect\r\n*from A\n;", "SELECT * FROM A"},
		{data, "SELECT a,b , a FROM A", "SELECT a, b, a FROM A"},
		{data, "SELECT E.X, E.*, __PATH FROM A", ""},
		{data, "SELECT b . c FROM A", "SELECT b.c FROM A"},
		{data, "SELECT \u0080, \u00C6\uFF21, \u200C, \uFFFD, \U0001F600 FROM __\u00FF", ""},

		// Keywords are names where names are expected: wql.md 2.1.
		{data, "SELECT Role, Select, Group, Within, Isa FROM By WHERE Like LIKE 'x' AND Is IS NULL AND ISA ISA Of", `SELECT Role, Select, Group, Within, Isa FROM By WHERE Like LIKE 'x' AND Is IS NULL AND ISA ISA "Of"`},
		{data, "SELECT Order, Count, Top, Distinct FROM Set WHERE Set.In = 1", "SELECT Order, Count, Top, Distinct FROM Set WHERE In = 1"},

		// Two spellings, one tree.
		{data, "SELECT * FROM A WHERE 5 < N AND 5 > N AND 5 <= N AND 5 >= N AND 5 = N AND 5 <> N", "SELECT * FROM A WHERE N > 5 AND N < 5 AND N >= 5 AND N <= 5 AND N = 5 AND N <> 5"},
		{data, "SELECT * FROM A WHERE N != 5", "SELECT * FROM A WHERE N <> 5"},
		{data, "SELECT * FROM A WHERE N = NULL AND NULL = N AND N IS NULL", "SELECT * FROM A WHERE N IS NULL AND N IS NULL AND N IS NULL"},
		{data, "SELECT * FROM A WHERE N <> NULL AND NULL != N AND N is not null", "SELECT * FROM A WHERE N IS NOT NULL AND N IS NOT NULL AND N IS NOT NULL"},
		{data, "SELECT * FROM A WHERE N NOT LIKE 'x%'", "SELECT * FROM A WHERE NOT N LIKE 'x%'"},
		{data, "SELECT * FROM A WHERE E ISA B AND E ISA 'B'", `SELECT * FROM A WHERE E ISA "B" AND E ISA "B"`},
		{data, "SELECT * FROM A WHERE (((N = 1)))", "SELECT * FROM A WHERE N = 1"},
		{data, "SELECT * FROM A WHERE (x = 1 AND y = 2) AND (z = 3 AND (u = 4 AND v = 5))", "SELECT * FROM A WHERE x = 1 AND y = 2 AND z = 3 AND u = 4 AND v = 5"},
		{data, "SELECT * FROM A WHERE x = 1 OR (y = 2 OR z = 3)", "SELECT * FROM A WHERE x = 1 OR y = 2 OR z = 3"},

		// Precedence.
		{data, "SELECT * FROM A WHERE x=1 OR y=2 AND NOT z=3", "SELECT * FROM A WHERE x = 1 OR y = 2 AND NOT z = 3"},
		{data, "SELECT * FROM A WHERE (x=1 OR y=2) AND z=3", "SELECT * FROM A WHERE (x = 1 OR y = 2) AND z = 3"},
		{data, "SELECT * FROM A WHERE NOT(x=1 OR NOT NOT y=2)", "SELECT * FROM A WHERE NOT (x = 1 OR NOT NOT y = 2)"},
		{data, "SELECT * FROM A WHERE NOT x=1 AND y=2", "SELECT * FROM A WHERE NOT x = 1 AND y = 2"},

		// The name of the class is no part of a path, once: wql.md 4.6.
		{data, "SELECT a.X, a.E.X, E.a FROM A WHERE A.N = 1 AND a.S LIKE 'x'", "SELECT X, E.X, E.a FROM A WHERE N = 1 AND S LIKE 'x'"},
		{data, "SELECT A FROM A WHERE A = 1", ""},
		{data, "SELECT A.A.X FROM A WHERE a.a.a = 1", "SELECT A.A.X FROM A WHERE A.a.a = 1"},
		{data, "SELECT A.* FROM A", "SELECT * FROM A"},
		{data, "SELECT A.A.* FROM A", ""},

		// Literals.
		{data, `SELECT * FROM A WHERE x = TRUE AND y = false AND z = 'a"b' AND u = "a\"\\\'" AND v = ''`, ""},
		{data, "SELECT * FROM A WHERE x = -5 AND y = 0X1f AND z = +.5 AND u = -1.5e+3 AND v=.5", "SELECT * FROM A WHERE x = -5 AND y = 0X1f AND z = +.5 AND u = -1.5e+3 AND v = .5"},
		{data, `SELECT * FROM A WHERE x LIKE "C:\Temp\\%"AND(y>-1)`, `SELECT * FROM A WHERE x LIKE "C:\Temp\\%" AND y > -1`},

		// Classes.
		{data, "SELECT * FROM META_CLASS WHERE __this ISA B AND (__Class < 'X' OR __SuperClass IS NULL OR NOT __DYNASTY LIKE '%')", `SELECT * FROM META_CLASS WHERE __this ISA "B" AND (__Class < 'X' OR __SuperClass IS NULL OR NOT __DYNASTY LIKE '%')`},

		// Associations. Items are printed in one order.
		{data, `associators of{A.b="c"}`, `ASSOCIATORS OF {A.b="c"}`},
		{data, `ASSOCIATORS OF { A.b="} c\"}",d='}"' } WHERE AssocClass = B;`, `ASSOCIATORS OF {A.b="} c\"}",d='}"'} WHERE AssocClass = B`},
		{data, `ASSOCIATORS OF {A=@} WHERE KEYSONLY RequiredQualifier = F requiredassocqualifier = E Role = D ResultRole = C ResultClass = B AssocClass = A`,
			`ASSOCIATORS OF {A=@} WHERE AssocClass = A ResultRole = C RequiredAssocQualifier = E ResultClass = B Role = D RequiredQualifier = F KeysOnly`},
		{data, `ASSOCIATORS OF {A=1} WHERE ClassDefsOnly AssocClass = "And" Role = 'x'`, `ASSOCIATORS OF {A=1} WHERE AssocClass = "And" Role = x ClassDefsOnly`},
		{data, `ASSOCIATORS OF {A} WHERE SchemaOnly`, ""},
		{data, `REFERENCES OF {root\cimv2:A=1} WHERE RequiredQualifier=D Role=Role ResultClass=B KeysOnly`, `REFERENCES OF {root\cimv2:A=1} WHERE ResultClass = B Role = Role RequiredQualifier = D KeysOnly`},
		{data, `REFERENCES OF {A} WHERE SchemaOnly`, ""},

		// Events.
		{event, "SELECT * FROM E", ""},
		{event, "SELECT TargetInstance.* FROM E WITHIN 1.5 WHERE TargetInstance ISA 'B'", `SELECT TargetInstance.* FROM E WITHIN 1.5 WHERE TargetInstance ISA "B"`},
		{event, "SELECT * FROM E GROUP WITHIN 10", ""},
		{event, "SELECT * FROM E WHERE x = 1 GROUP WITHIN 0x10 BY a, E.b.c", "SELECT * FROM E WHERE x = 1 GROUP WITHIN 0x10 BY a, b.c"},
		{event, "SELECT * FROM E GROUP WITHIN 1 HAVING numberofevents != 5;", "SELECT * FROM E GROUP WITHIN 1 HAVING numberofevents <> 5"},
		{event, "SELECT * FROM E GROUP WITHIN 1 BY a HAVING NOT (NumberOfEvents > 5 OR NumberOfEvents = 4294967295 AND NumberOfEvents < +6)",
			"SELECT * FROM E GROUP WITHIN 1 BY a HAVING NOT (NumberOfEvents > 5 OR NumberOfEvents = 4294967295 AND NumberOfEvents < +6)"},
		{event, "SELECT * FROM E GROUP WITHIN 1 BY Having HAVING NumberOfEvents > 5", ""},
		{event, "SELECT * FROM E GROUP WITHIN 1 BY Having", ""},
	} {
		q, err := parse(test.event, test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if test.want == "" {
			test.want = test.text
		}
		if got := q.String(); got != test.want {
			t.Errorf("%s\nis printed\n%s, want\n%s", test.text, got, test.want)
		}
		checkAgain(t, test.event, q)
	}
}

// checkAgain checks that a query which is printed and parsed is the same.
func checkAgain(t *testing.T, event bool, q wql.Query) {
	t.Helper()
	again, err := parse(event, q.String())
	if err != nil {
		t.Errorf("%.200s: parsed again: %v", q, err)
		return
	}
	if diff := cmp.Diff(q, again, sameTree); diff != "" {
		t.Errorf("%.200s: parsed again: %s", q, diff)
	}
}

// nodes returns all nodes of a query.
func nodes(q wql.Query) []wql.Node {
	list := []wql.Node{q}
	add := func(n wql.Node) { list = append(list, n) }
	path := func(p *wql.Path) {
		add(p)
		for _, name := range p.Names {
			add(name)
		}
	}
	expr := func(e wql.Expr) {
		for e := range wql.Preorder(e) {
			add(e)
			if t, ok := e.(wql.Term); ok {
				path(t.Operand())
			}
			switch e := e.(type) {
			case *wql.Comparison:
				add(e.Value)
			case *wql.Like:
				add(e.Pattern)
			case *wql.Isa:
				add(e.Class)
			}
		}
	}
	s, ok := q.(*wql.Select)
	if !ok {
		switch q := q.(type) {
		case *wql.Associators:
			add(q.Object)
		case *wql.References:
			add(q.Object)
		}
		return list
	}
	for _, p := range s.Columns {
		path(p)
	}
	add(s.Class)
	if s.Within != nil {
		add(s.Within)
	}
	expr(s.Where)
	if g := s.Group; g != nil {
		add(g)
		add(g.Within)
		for _, p := range g.By {
			path(p)
		}
		expr(g.Having)
	}
	return list
}

// TestRanges checks that each node knows where it stands.
func TestRanges(t *testing.T) {
	for _, test := range []struct {
		event bool
		text  string
		want  []string
	}{
		{true, `SELECT E.a.b, c.* FROM E WITHIN 2 WHERE (5 < x.y OR NOT (z LIKE "q" AND u IS NOT NULL)) AND v NOT LIKE 'w' GROUP WITHIN 3.0 BY d HAVING NOT NumberOfEvents > 7 ;`, []string{
			`SELECT E.a.b, c.* FROM E WITHIN 2 WHERE (5 < x.y OR NOT (z LIKE "q" AND u IS NOT NULL)) AND v NOT LIKE 'w' GROUP WITHIN 3.0 BY d HAVING NOT NumberOfEvents > 7`,
			"E.a.b", "a", "b", "c.*", "c", "E", "2",
			`(5 < x.y OR NOT (z LIKE "q" AND u IS NOT NULL)) AND v NOT LIKE 'w'`,
			`5 < x.y OR NOT (z LIKE "q" AND u IS NOT NULL)`,
			"5 < x.y", "x.y", "x", "y", "5",
			`NOT (z LIKE "q" AND u IS NOT NULL)`, `z LIKE "q" AND u IS NOT NULL`,
			`z LIKE "q"`, "z", "z", `"q"`, "u IS NOT NULL", "u", "u",
			"v NOT LIKE 'w'", "v NOT LIKE 'w'", "v", "v", "'w'",
			"GROUP WITHIN 3.0 BY d HAVING NOT NumberOfEvents > 7", "3.0", "d", "d",
			"NOT NumberOfEvents > 7", "NumberOfEvents > 7", "NumberOfEvents", "NumberOfEvents", "7",
		}},
		{false, `  SELECT * FROM A WHERE E ISA "B";`, []string{`SELECT * FROM A WHERE E ISA "B"`, "A", `E ISA "B"`, "E", "E", `"B"`}},
		{false, "REFERENCES OF {\n A=1 }", []string{"REFERENCES OF {\n A=1 }", "A=1"}},
	} {
		q, err := parse(test.event, test.text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range nodes(q) {
			r := n.Range()
			got = append(got, test.text[r.Pos-1:r.End-1])
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.text, diff)
		}
	}
}

// where returns the only condition of a data query.
func where(t *testing.T, condition string) wql.Expr {
	t.Helper()
	q, err := wql.Parse("SELECT * FROM A WHERE " + condition)
	if err != nil {
		t.Fatal(err)
	}
	return q.(*wql.Select).Where
}

func TestLiterals(t *testing.T) {
	for _, test := range []struct {
		text string
		want cim.Value
	}{
		{"0", cim.Sint64Value(0)},
		{"-0", cim.Sint64Value(0)},
		{"007", cim.Sint64Value(7)},
		{"+5", cim.Sint64Value(5)},
		{"9223372036854775807", cim.Sint64Value(math.MaxInt64)},
		{"-9223372036854775808", cim.Sint64Value(math.MinInt64)},
		{"9223372036854775808", cim.Uint64Value(1 << 63)},
		{"18446744073709551615", cim.Uint64Value(math.MaxUint64)},
		{"0xFFFFFFFFFFFFFFFF", cim.Uint64Value(math.MaxUint64)},
		{"0Xa", cim.Sint64Value(10)},
		{"1000.4", cim.Real64Value(1000.4)},
		{"-.5", cim.Real64Value(-0.5)},
		{"1.5E-3", cim.Real64Value(0.0015)},
		{"1.0e-999", cim.Real64Value(0)},
		{"TRUE", cim.BoolValue(true)},
		{"false", cim.BoolValue(false)},
		{`"a'b"`, cim.StringValue("a'b")},
		{`'a"b'`, cim.StringValue(`a"b`)},
		{`"\\\"\'"`, cim.StringValue(`\"'`)},
		{`''`, cim.StringValue("")},
		{"'\u00C4\t\n\xED\xA0\x80 ? {'", cim.StringValue("\u00C4\t\n\xED\xA0\x80 ? {")},
	} {
		l := where(t, "x = "+test.text).(*wql.Comparison).Value
		if !l.Value.Equal(test.want) || l.Value.Type() != test.want.Type() || l.Text != test.text || l.String() != test.text {
			t.Errorf("%s: %v %v, want %v", l, l.Value.Type(), l.Value, test.want)
		}
	}
	for text, want := range map[string]string{
		`"C:\Temp"`:     `C:\Temp`,
		`"C:\\Temp"`:    `C:\Temp`,
		`"%\\Temp\\%"`:  `%\Temp\%`,
		`"\\\a\"\'\\"`:  `\\a"'\`,
		`'[_]%[^a-f]['`: `[_]%[^a-f][`,
	} {
		l := where(t, "x LIKE "+text).(*wql.Like).Pattern
		if l.Value.Text() != want || l.Text != text {
			t.Errorf("LIKE %s: %s, want %s", text, l.Value.Text(), want)
		}
	}
}

func TestIntervals(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1":             time.Second,
		"0.0005":        time.Millisecond,
		"0.001":         time.Millisecond,
		".25":           250 * time.Millisecond,
		"2.0019":        2001 * time.Millisecond,
		"0x3C":          time.Minute,
		"4294967":       4294967 * time.Second,
		"4294967.0":     4294967 * time.Second,
		"0.00042e1":     4 * time.Millisecond,
		"0004294967.00": 4294967 * time.Second,
	} {
		s, err := wql.ParseEvent("SELECT * FROM A WITHIN " + text + " GROUP WITHIN " + text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for _, i := range []*wql.Interval{s.Within, s.Group.Within} {
			if i.Duration != want || i.Text != text {
				t.Errorf("%s: %v, want %v", text, i.Duration, want)
			}
		}
	}
}

func TestPreorder(t *testing.T) {
	e := where(t, "a = 1 AND (NOT b LIKE 'x' OR c IS NULL) AND d ISA e")
	var got []string
	for x := range wql.Preorder(e) {
		got = append(got, strings.TrimPrefix(fmt.Sprintf("%T", x), "*wql.")+" "+x.String())
	}
	want := []string{
		"And a = 1 AND (NOT b LIKE 'x' OR c IS NULL) AND d ISA \"e\"",
		"Comparison a = 1",
		"Or NOT b LIKE 'x' OR c IS NULL", "Not NOT b LIKE 'x'", "Like b LIKE 'x'", "IsNull c IS NULL",
		"Isa d ISA \"e\"",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for stop := range want {
		n := 0
		for range wql.Preorder(e) {
			if n == stop {
				break
			}
			n++
		}
		if n != stop {
			t.Errorf("stopped after %d of %d", n, stop)
		}
	}
	if all := slices.Collect(wql.Preorder(nil)); len(all) != 0 {
		t.Errorf("a condition that is not there has %v", all)
	}
}

func TestLimits(t *testing.T) {
	long := func(n int) string { return "SELECT * FROM A WHERE N = 1" + strings.Repeat(" OR N = 1", n-1) }
	deep := func(open, closing string, n int) string {
		return "SELECT * FROM A WHERE " + strings.Repeat(open, n) + "N=1" + strings.Repeat(closing, n)
	}
	for _, test := range []struct {
		name, text string
		status     cim.Status
	}{
		{"1000 terms", long(wql.MaxTerms), cim.OK},
		{"1001 terms", long(wql.MaxTerms + 1), cim.QuotaViolation},
		{"256 parentheses", deep("(", ")", wql.MaxDepth), cim.OK},
		{"257 parentheses", deep("(", ")", wql.MaxDepth+1), cim.QuotaViolation},
		{"256 NOT", deep("NOT ", "", wql.MaxDepth), cim.OK},
		{"257 NOT", deep("NOT ", "", wql.MaxDepth+1), cim.QuotaViolation},
		{"wide, not deep", "SELECT * FROM A WHERE " + strings.Repeat("(NOT(N=1))AND", 400) + " N=1", cim.OK},
		{"16384 units of two bytes", "SELECT * FROM A WHERE N = '" + strings.Repeat("\u00C4", wql.MaxText-28) + "'", cim.OK},
		{"16386 units of surrogates", "SELECT * FROM A WHERE N = '" + strings.Repeat("\U0001F600", (wql.MaxText-28)/2+1) + "'", cim.QuotaViolation},
	} {
		for _, event := range []bool{false, true} {
			q, err := parse(event, test.text)
			if got := cim.StatusOf(err); got != test.status {
				t.Errorf("%s, of events: %v: %v, want %v", test.name, event, err, test.status)
			}
			if err == nil {
				checkAgain(t, event, q)
			}
		}
	}
	having := "SELECT * FROM A GROUP WITHIN 1 HAVING NumberOfEvents>1" + strings.Repeat(" OR NumberOfEvents>1", 500)
	if _, err := wql.ParseEvent(having); err != nil {
		t.Error(err)
	}
}
