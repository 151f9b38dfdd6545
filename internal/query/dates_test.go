package query_test

import (
	"strings"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/internal/query"
)

// literalOf returns the literal of a condition on one property as the filter
// compares it, or the name of a status.
func literalOf(t *testing.T, c *cim.Class, o query.FilterOptions, prop, literal string) string {
	t.Helper()
	q, err := parse(c.Name(), prop+" = "+literal)
	if err != nil {
		t.Fatal(err)
	}
	f, err := query.CompileFilter(c, q.Where, o)
	if err != nil {
		return cim.StatusOf(err).Name()
	}
	s, ok := strings.CutPrefix(f.String(), prop+" = ")
	if !ok {
		return f.String()
	}
	return strings.Trim(s, `"`)
}

// TestDates are the formats of wql.md 4.4, and what is none of them.
func TestDates(t *testing.T) {
	m := model{}
	c := m.define(t, "T { datetime D; }")
	o := query.FilterOptions{Now: time.Date(2024, 5, 17, 12, 30, 0, 0, time.FixedZone("", 2*3600))}
	for _, x := range []struct{ literal, want string }{
		// Months with names.
		{"Jan 02 03", "20030102"}, {"Jan 02, 99", "19990102"}, {"January 2 2003", "20030102"}, {"feb 29, 2024", "20240229"},
		{"Jan, 1999", "19990101"}, {"Jan 1999", "19990101"}, {"December 1999", "19991201"},
		{"Jan 1999 02", "19990102"}, {"Jan 99 02", "19990102"},
		{"02 Jan 03", "20030102"}, {"02 Jan, 2003", "20030102"}, {"02 Jan,03", "20030102"}, {"2 May 1999", "19990502"}, {"02Jan03", "20030102"},
		{"02 1999 Jan", "19990102"}, {"1999 Jan 02", "19990102"}, {"1999 Jan", "19990101"}, {"1999 02 Jan", "19990102"}, {"1999Jan02", "19990102"},
		{"01 February 29", "20290201"}, {"01 February 30", "19300201"},
		// Months with numbers.
		{"12/31/99", "19991231"}, {"12-31-1999", "19991231"}, {"1.2.2003", "20030102"}, {"1/2/03", "20030102"},
		{"2003-01-02", "20030102"}, {"2003/1/2", "20030102"}, {"2003.12.31", "20031231"}, {"12-1999-31", "19991231"},
		{"990102", "19990102"}, {"291231", "20291231"}, {"301231", "19301231"}, {"199912", "19991201"}, {"1999", "19990101"},
		{"19991231", "19991231"}, {" 2003-01-02 ", "20030102"},
		// With a time.
		{"2003-01-02 3 PM", "20030102150000"}, {"2003-01-02 12 AM", "20030102000000"}, {"2003-01-02 12PM", "20030102120000"},
		{"2003-01-02 12 am", "20030102000000"}, {"2003-01-02 3:04", "20030102030400"}, {"2003-01-02 3:04 PM", "20030102150400"},
		{"2003-01-02 03:04:05", "20030102030405"}, {"2003-01-02 03:04:05 pm", "20030102150405"},
		{"2003-01-02 23:59:59:678", "20030102235959.678000"}, {"2003-01-02 11:59:59:678 PM", "20030102235959.678000"},
		{"2003-01-02 03:04:05:6789", "20030102030405.678900"}, {"2003-01-02 03:04:05:678901", "20030102030405.678901"},
		{"Jan 02 03 04:05", "20030102040500"}, {"Jan 1999 04:05", "19990101040500"}, {"Jan 1999 4 PM", "19990101160000"},
		{"1999 04:05", "19990101040500"}, {"19990102\t04:05", "19990102040500"}, {"2 January 1999, 04:05", "InvalidQuery"},
		// A time alone.
		{"3 PM", "20240517150000"}, {"15:04", "20240517150400"}, {"15:04:05:006", "20240517150405.006000"},
		// As they are stored.
		{"20030102030405.678901-300", "20030102030405.678901-300"}, {"20030102******.000000+***", "20030102******.000000+***"},
		{"00000001020304.000005:000", "00000001020304.000005:000"},
		// None of them.
		{"", "InvalidQuery"}, {"never", "InvalidQuery"}, {"31/12/99", "InvalidQuery"}, {"13-1999-31", "InvalidQuery"}, {"2003-02-29", "InvalidQuery"},
		{"2003-01/02", "InvalidQuery"}, {"2003-01", "InvalidQuery"}, {"2003-001-02", "InvalidQuery"}, {"2003-01-02-03", "InvalidQuery"},
		{"Jan 02", "InvalidQuery"}, {"Jan", "InvalidQuery"}, {"Janu 1999", "InvalidQuery"}, {"Jan 1999 02 03", "InvalidQuery"},
		{"02 99 Jan", "InvalidQuery"}, {"99 Jan 02", "InvalidQuery"}, {"Jan 02 003", "InvalidQuery"}, {"Jan 32 2003", "InvalidQuery"},
		{"Feb 30 2003", "InvalidQuery"}, {"1999 Jan Feb", "InvalidQuery"}, {"12345", "InvalidQuery"}, {"1234567", "InvalidQuery"},
		{"19991332", "InvalidQuery"}, {"999999", "InvalidQuery"}, {"123456789", "InvalidQuery"}, {"2003-01-02 24:00", "InvalidQuery"},
		{"2003-01-02 13 PM", "InvalidQuery"}, {"2003-01-02 0 AM", "InvalidQuery"}, {"2003-01-02 3", "InvalidQuery"}, {"3:60", "InvalidQuery"},
		{"3:04:60", "InvalidQuery"}, {"3:04:05:6", "InvalidQuery"}, {"3:04:05:67", "InvalidQuery"}, {"3:04:05:6789012", "InvalidQuery"},
		{"3:04:05:678:", "InvalidQuery"}, {"3:", "InvalidQuery"}, {"3:04:", "InvalidQuery"}, {"3:04 XM", "InvalidQuery"},
		{"2003-01-0203:04", "InvalidQuery"}, {"2003-01-02 2003-01-02", "InvalidQuery"}, {"20030102030405", "InvalidQuery"},
		{"20031302030405.678901-300", "InvalidQuery"}, {"20030102030405.678901 300", "InvalidQuery"}, {"é", "InvalidQuery"},
	} {
		want := x.want
		if pad := "000000.000000+120"; want != "InvalidQuery" && len(want) < 25 {
			switch len(want) {
			case 8:
				want += pad
			case 14:
				want += pad[6:]
			default:
				want += pad[13:]
			}
		}
		if got := literalOf(t, c, o, "D", quoteWQL(x.literal)); got != want {
			t.Errorf("%q is read as %s, want %s", x.literal, got, want)
		}
	}
	o.DayFirst = true
	for _, x := range []struct{ literal, want string }{
		{"31/12/99", "19991231"}, {"12/31/99", "InvalidQuery"}, {"31-1999-12", "19991231"}, {"2003-01-02", "20030102"}, {"1.2.2003", "20030201"},
	} {
		if got := literalOf(t, c, o, "D", quoteWQL(x.literal)); strings.TrimSuffix(got, "000000.000000+120") != x.want {
			t.Errorf("day first: %q is read as %s, want %s", x.literal, got, x.want)
		}
	}
}

// TestDateZone reads dates in a zone that changes its offset.
func TestDateZone(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("the names of zones are not known here: ", err)
	}
	m := model{}
	c := m.define(t, "T { datetime D; }")
	o := query.FilterOptions{Now: time.Date(2024, 5, 17, 12, 30, 0, 0, zone)}
	for literal, want := range map[string]string{
		"2024-01-01":       "20240101000000.000000+060",
		"2024-07-01":       "20240701000000.000000+120",
		"2024-03-31 12:00": "20240331120000.000000+120",
	} {
		if got := literalOf(t, c, o, "D", quoteWQL(literal)); got != want {
			t.Errorf("%q is read as %s, want %s", literal, got, want)
		}
	}
}

// TestDatetimeOrder compares the order of filters with that of cim.Datetime.
func TestDatetimeOrder(t *testing.T) {
	m := model{}
	c := m.define(t, "T { datetime D; }")
	texts := []string{"00000101000000.000000+000", "00000228235959.999999+000", "00000229000000.000000+000", "00000301000000.000000+000",
		"00000101000000.000000+999", "00001231235959.999999-999", "00010101000000.000000+000", "15821015000000.000000+000", "18991231235959.999999+000",
		"19000228000000.000000+000", "19000301000000.000000+000", "19991231235959.999999+000", "20000101000000.000000+000",
		"20000101000000.000000+001", "19991231235900.000000-001", "20000229120000.000000+000", "20000301000000.000000+000", "20240101010000.000000+060", "20240101000000.000000+000",
		"20231231190000.000000-300", "20240101000000.000001+000", "99991231235959.999999+000", "99991231235959.999999-999",
		"20240101000000.000000+***", "2024****000000.000000+000", "********000000.******+***", "00000000000000.000000:000", "00000001000000.000000:000",
		"00000000235959.999999:000", "99999999235959.999999:000"}
	for _, literal := range texts {
		for _, op := range []string{"=", "<>", "<", ">", "<=", ">="} {
			f, err := compile(c, "D "+op+" '"+literal+"'")
			if err != nil {
				t.Fatal(err)
			}
			for _, value := range texts {
				a, err := cim.ParseDatetime(value)
				if err != nil {
					t.Fatal(err)
				}
				b, err := cim.ParseDatetime(literal)
				if err != nil {
					t.Fatal(err)
				}
				order, ok := a.Compare(b)
				want := map[string]bool{"=": a.Equal(b), "<>": !a.Equal(b), "<": ok && order < 0, ">": ok && order > 0,
					"<=": ok && order <= 0, ">=": ok && order >= 0}[op]
				if got := f.Match(query.ObjectRow(instance(t, c, "D", value))); got != want {
					t.Errorf("%s %s %s is %v", value, op, literal, got)
				}
			}
		}
	}
}
