package wql_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wql"
)

type (
	name  string
	count uint16
)

func TestBind(t *testing.T) {
	datetime, err := cim.ParseDatetime("20240101000000.000000+060")
	if err != nil {
		t.Fatal(err)
	}
	real32 := cim.Real32Value(0.1)
	for _, test := range []struct {
		text   string
		values []any
		want   string
	}{
		{"SELECT * FROM A", nil, "SELECT * FROM A"},
		{"SELECT * FROM A WHERE N > ? AND ? = B;", []any{5, true}, "SELECT * FROM A WHERE N > 5 AND TRUE = B;"},
		{"x=?", []any{int8(-128)}, "x=-128"},
		{"x=?", []any{int64(math.MinInt64)}, "x=-9223372036854775808"},
		{"x=?", []any{uint64(math.MaxUint64)}, "x=18446744073709551615"},
		{"x=?", []any{count(7)}, "x=7"},
		{"x=?", []any{false}, "x=FALSE"},
		{"x=?", []any{nil}, "x=NULL"},
		{"x=?", []any{1.5}, "x=1.5"},
		{"x=?", []any{float32(0.1)}, "x=0.1"},
		{"x=?", []any{1e300}, "x=1.0E+300"},
		{"x=?", []any{-2.0}, "x=-2.0"},
		{"x=?", []any{math.SmallestNonzeroFloat64}, "x=5.0E-324"},
		{"x=?", []any{name("a")}, `x="a"`},
		{"x=?", []any{`'"\%[?{}` + "\n"}, `x="'\"\\%[?{}` + "\n" + `"`},
		{"x=?", []any{time.Date(2024, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))}, `x="20240102030405.000006+060"`},
		{"x=?", []any{datetime}, `x="20240101000000.000000+060"`},
		{"x=?", []any{cim.MustParsePath(`A.b="c"`)}, `x="A.b=\"c\""`},
		{"x=?", []any{cim.Value{}}, "x=NULL"},
		{"x=?", []any{cim.BoolValue(true)}, "x=TRUE"},
		{"x=?", []any{cim.StringValue(`\`)}, `x="\\"`},
		{"x=?", []any{cim.ReferenceValue(`A=1`)}, `x="A=1"`},
		{"x=?", []any{cim.DatetimeValue(datetime)}, `x="20240101000000.000000+060"`},
		{"x=?", []any{cim.Char16Value(65)}, "x=65"},
		{"x=?", []any{cim.Sint8Value(-1)}, "x=-1"},
		{"x=?", []any{real32}, "x=0.1"},
		{"x LIKE ?", []any{wql.EscapeLike("50%_[a]") + "%"}, `x LIKE "50[%][_][[]a]%"`},
		{`x="?'" AND y='?' AND z=?`, []any{1}, `x="?'" AND y='?' AND z=1`},
		{`ASSOCIATORS OF { ? } WHERE Role=?`, []any{cim.MustParsePath(`A.b="}"`), "C"}, `ASSOCIATORS OF { A.b="}" } WHERE Role="C"`},
		{`ASSOCIATORS OF {A="?"}`, nil, `ASSOCIATORS OF {A="?"}`},
		{`WITHIN ? GROUP WITHIN ?`, []any{0.5, uint8(10)}, `WITHIN 0.5 GROUP WITHIN 10`},
		// A value is a token of its own.
		{"x?y", []any{5}, "x 5 y"},
		{"1?2", []any{5}, "1 5 2"},
		{"-?.5", []any{5}, "- 5 .5"},
		{"(?)", []any{5}, "(5)"},
		{"??", []any{5, "a"}, `5"a"`},
	} {
		got, err := wql.Bind(test.text, test.values...)
		if err != nil || got != test.want {
			t.Errorf("%s with %v: %s %v, want %s", test.text, test.values, got, err, test.want)
		}
	}
}

// TestBindSafely checks that what is bound comes back, whatever it is.
func TestBindSafely(t *testing.T) {
	for _, value := range []string{
		"", "x", `\`, `\\`, `"`, `'`, `\"`, `x" OR "1" = "1`, "?", "{?}", "%_[]^-", "a\tb\r\nc\x00d", "\u00C4\U0001F600", "\xED\xA0\x80",
		"NULL", "TRUE", "5", strings.Repeat(`\`, 1000),
	} {
		for _, text := range []string{"SELECT * FROM A WHERE x = ?", "SELECT * FROM A WHERE x LIKE ?", "SELECT * FROM A WHERE ? <> x AND y = ?"} {
			values := make([]any, strings.Count(text, "?"))
			for i := range values {
				values[i] = value
			}
			bound, err := wql.Bind(text, values...)
			if err != nil {
				t.Errorf("%s with %q: %v", text, value, err)
				continue
			}
			q, err := wql.Parse(bound)
			if err != nil {
				t.Errorf("%s: %v", bound, err)
				continue
			}
			var got []any
			for e := range wql.Preorder(q.(*wql.Select).Where) {
				switch e := e.(type) {
				case *wql.Comparison:
					got = append(got, e.Value.Value.Text())
				case *wql.Like:
					got = append(got, e.Pattern.Value.Text())
				}
			}
			if diff := cmp.Diff(values, got); diff != "" {
				t.Errorf("%s: %s", bound, diff)
			}
		}
	}
}

func TestBindErrors(t *testing.T) {
	array := cim.StringsValue([]string{"a"})
	for _, test := range []struct {
		text   string
		values []any
		status cim.Status
		msg    string
	}{
		{"x=? AND y=?", []any{1}, cim.InvalidParameter, "query:1:11: no value for this parameter: there are 1"},
		{"x=?", []any{1, 2}, cim.InvalidParameter, "the query has 1 parameters, but there are 2 values"},
		{"x='?'", []any{1}, cim.InvalidParameter, "the query has 0 parameters, but there are 1 values"},
		{"y=? AND x=?", []any{1, []string{"a"}}, cim.InvalidParameter, "query:1:11: value 2: WQL has no literals for a []string"},
		{"x=?", []any{struct{}{}}, cim.InvalidParameter, "query:1:3: value 1: WQL has no literals for a struct {}"},
		{"x=?", []any{(*int)(nil)}, cim.InvalidParameter, "query:1:3: value 1: WQL has no literals for a *int"},
		{"x=?", []any{array}, cim.InvalidParameter, "query:1:3: value 1: WQL has no literals of type string[]"},
		{"x=?", []any{math.NaN()}, cim.InvalidParameter, "query:1:3: value 1: WQL has no literal for NaN"},
		{"x=?", []any{float32(math.Inf(-1))}, cim.InvalidParameter, "query:1:3: value 1: WQL has no literal for -Inf"},
		{"x=?", []any{time.Second}, cim.InvalidParameter, "query:1:3: value 1: a time.Duration is a number of seconds or, from cim.NewInterval, a datetime"},
		{"x=?", []any{cim.Datetime{}}, cim.InvalidParameter, "query:1:3: value 1: the zero Datetime is none"},
		{"x=?", []any{time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)}, cim.InvalidParameter, "query:1:3: value 1: -0001-01-01 00:00:00 +0000 UTC cannot be written as a datetime"},
		{"REFERENCES OF {?}", []any{"A=1"}, cim.InvalidParameter, "query:1:16: value 1: the path of an object is a cim.Path, not a string"},
		{"x=?", []any{"a\xff"}, cim.InvalidParameter, "query:1:3: value 1: byte 0xff is not UTF-8"},
		{"x='", nil, cim.InvalidQuery, "query:1:3: the string that begins here has no closing quote"},
		{"{?", []any{1}, cim.InvalidQuery, "query:1:1: the brace that begins here is not closed"},
		{strings.Repeat("x", wql.MaxText+1), nil, cim.QuotaViolation, "the query has more than 16384 characters"},
	} {
		got, err := wql.Bind(test.text, test.values...)
		if err == nil || got != "" || err.Error() != test.msg || cim.StatusOf(err) != test.status {
			t.Errorf("%.50s with %v: %s %v (%v), want %s", test.text, test.values, got, err, cim.StatusOf(err), test.msg)
		}
	}
}

// TestNewLiteral checks that a literal stands for its value in a text that is
// parsed again.
func TestNewLiteral(t *testing.T) {
	for _, v := range []cim.Value{
		cim.StringValue(`a "b" 'c' \ d`), cim.BoolValue(true), cim.Sint8Value(-5), cim.Uint64Value(math.MaxUint64),
		cim.Real64Value(1.5), cim.ReferenceValue(`A.B="c"`), cim.Char16Value('x'),
	} {
		l, err := wql.NewLiteral(v)
		if err != nil {
			t.Fatalf("%v: %v", v, err)
		}
		made := &wql.Select{Class: wql.Ident{Name: "C"}, Where: &wql.Comparison{Path: &wql.Path{Names: []wql.Ident{{Name: "P"}}}, Value: l}}
		q, err := wql.Parse(made.String())
		if err != nil {
			t.Fatalf("%v: %v", made, err)
		}
		if got := q.(*wql.Select).Where.(*wql.Comparison).Value; got.Text != l.Text || !got.Value.Equal(l.Value) {
			t.Errorf("%v: %v comes back as %v", v, l.Value, got.Value)
		}
	}
	objects := cim.ObjectValue(cim.NewInstance(&cim.Class{}))
	for _, v := range []cim.Value{{}, cim.Real64Value(math.NaN()), cim.StringsValue([]string{"a"}), cim.StringValue("\xff"), objects} {
		if _, err := wql.NewLiteral(v); cim.StatusOf(err) != cim.InvalidParameter {
			t.Errorf("%v: %v", v.Type(), err)
		}
	}
}
