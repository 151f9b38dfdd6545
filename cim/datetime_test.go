package cim_test

import (
	"testing"
	"time"

	"openwmi/cim"
)

func datetime(t testing.TB, s string) cim.Datetime {
	t.Helper()
	d, err := cim.ParseDatetime(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseDatetime(t *testing.T) {
	for s, valid := range map[string]bool{
		"19980401135809.000000+000": true, "19980416******.000000+***": true, "****0401******.000000+***": true,
		"00000101000000.000000+000": true, "99991231235959.999999-999": true, "19980401135809.******-***": true,
		"********************** ***": false, "**************.******+***": true, "**************.******-***": true,
		"20240229000000.000000+000": true, "20230229000000.000000+000": false, "****0229000000.000000+000": true,
		"****0230000000.000000+000": false, "2023**31000000.000000+000": true, "20230431000000.000000+000": false,
		"199*0401135809.000000+000": false, "19981301000000.000000+000": false, "19980001000000.000000+000": false,
		"19980100000000.000000+000": false, "19980101240000.000000+000": false, "19980101006000.000000+000": false,
		"19980101000060.000000+000": false, "19980101000000.000000 000": false, "19980101000000,000000+000": false,
		"19980101000000.000000+00": false, "19980101000000.000000+0000": false, "1998-04-16T00:00:00": false, "": false,
		"19980101000000.000000+0*0": false, "1998010100000٣.00000+000": false,
		"00000001120032.000000:000": true, "99999999235959.999999:000": true, "00000001240000.000000:000": false,
		"00000001******.000000:000": false, "00000001120032.000000:001": false, "********120032.000000:000": false,
	} {
		d, err := cim.ParseDatetime(s)
		if (err == nil) != valid {
			t.Errorf("%q: %v, want valid %v", s, err, valid)
		}
		if err != nil {
			wantStatus(t, s, err, cim.TypeMismatch)
		} else if d.String() != s || d.IsInterval() != (s[21] == ':') {
			t.Errorf("%q: %q, interval %v", s, d, d.IsInterval())
		}
	}
}

func FuzzParseDatetime(f *testing.F) {
	for _, s := range []string{
		"19980401135809.000000+000", "****0401******.000000+***", "00000001120032.000000:000", "20240229000000.000000-720", "", "99999999235959.999999:000",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := cim.ParseDatetime(s)
		if err != nil {
			if cim.StatusOf(err) != cim.TypeMismatch {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if !d.Equal(d) {
			t.Fatalf("%q is not equal to itself", s)
		}
		if at, ok := d.Time(); ok {
			e, err := cim.NewDatetime(at)
			if err != nil || !e.Equal(d) || e != d && d.String()[21:] != "-000" {
				t.Fatalf("%q is %v and then %v, %v", s, at, e, err)
			}
		}
		if us, ok := d.Micros(); ok {
			if e, err := cim.NewInterval(us); err != nil || e != d {
				t.Fatalf("%q is %d µs and then %v, %v", s, us, e, err)
			}
		}
	})
}

func TestDatetimeCompare(t *testing.T) {
	for _, tc := range []struct {
		a, b    string
		order   int
		ordered bool
		equal   bool
	}{
		{"20240101010000.000000+060", "20240101000000.000000+000", 0, true, true},   // model.md#26
		{"19980401135809.000000+***", "19980401135809.000000+000", 0, false, false}, // model.md#25
		{"19980401135809.000000+***", "19980401135809.000000+***", 0, false, true},  // the same text
		{"20240101000000.000000-060", "20240101000000.000000+000", 1, true, false},  // west of Greenwich it is earlier in the day
		{"20240101000000.000000+000", "20240101000000.000001+000", -1, true, false}, //
		{"00000001000000.000000:000", "00000000235959.999999:000", 1, true, false},  //
		{"00000001000000.000000:000", "00000001000000.000000:000", 0, true, true},   //
		{"00000001000000.000000:000", "00000001000000.000000+000", 0, false, false}, // day 1 of month 0 is no point
		{"00000101000000.000000:000", "00000101000000.000000+000", 0, false, false}, // an interval is no point
		{"00000101000000.000000+000", "99991231235959.999999+000", -1, true, false}, //
	} {
		a, errA := cim.ParseDatetime(tc.a)
		b, errB := cim.ParseDatetime(tc.b)
		if errA != nil || errB != nil {
			if tc.ordered || tc.equal {
				t.Errorf("%s, %s: %v, %v", tc.a, tc.b, errA, errB)
			}
			continue
		}
		order, ok := a.Compare(b)
		if order != tc.order || ok != tc.ordered {
			t.Errorf("%s to %s: %d, %v", a, b, order, ok)
		}
		if back, _ := b.Compare(a); back != -order {
			t.Errorf("%s to %s: %d, but %d back", a, b, order, back)
		}
		if a.Equal(b) != tc.equal || b.Equal(a) != tc.equal {
			t.Errorf("%s and %s: equal is not %v", a, b, tc.equal)
		}
	}
}

func TestDatetimeArithmetic(t *testing.T) {
	for _, tc := range []struct {
		op, a, b string
		want     string
		err      cim.Status
	}{
		{"-", "20240102000000.000000+000", "20240101120000.000000+000", "00000000120000.000000:000", cim.OK},
		{"-", "20240101010000.000000+060", "20240101000000.000000+000", "00000000000000.000000:000", cim.OK},
		{"-", "20240101000000.000000+000", "20240102000000.000000+000", "", cim.ValueOutOfRange},
		{"-", "20240101000000.000000+***", "20240101000000.000000+000", "", cim.TypeMismatch},
		{"-", "00000002000000.000000:000", "00000001000000.000001:000", "00000000235959.999999:000", cim.OK},
		{"-", "00000001000000.000000:000", "00000002000000.000000:000", "", cim.ValueOutOfRange},
		{"-", "00000001000000.000000:000", "20240101000000.000000+000", "", cim.TypeMismatch},
		{"add", "20240228230000.000000-300", "00000001020000.000000:000", "20240301010000.000000-300", cim.OK},
		{"add", "20240101000000.000000+000", "20240101000000.000000+000", "", cim.TypeMismatch},
		{"add", "2024010100****.000000+000", "00000001020000.000000:000", "", cim.TypeMismatch},
		{"add", "99991231235959.000000+000", "00000001000000.000000:000", "", cim.ValueOutOfRange},
		{"add", "99999999235959.999999:000", "00000000000000.000001:000", "", cim.ValueOutOfRange},
		{"add", "99999999235959.999999:000", "99999999235959.999999:000", "", cim.ValueOutOfRange},
		{"add", "00000001000000.000000:000", "00000001000000.000000:000", "00000002000000.000000:000", cim.OK},
		{"back", "20240301010000.000000+060", "00000001020000.000000:000", "20240228230000.000000+060", cim.OK},
		{"back", "00000101000000.000000+000", "00000001000000.000000:000", "", cim.ValueOutOfRange},
		{"back", "00000101000000.000000+000", "99999999235959.999999:000", "", cim.ValueOutOfRange},
		{"back", "00000001000000.000000:000", "00000002000000.000000:000", "", cim.ValueOutOfRange},
	} {
		a, b := datetime(t, tc.a), datetime(t, tc.b)
		var got cim.Datetime
		var err error
		if tc.op == "-" {
			got, err = a.Sub(b)
		} else {
			got, err = a.Add(b, tc.op == "back")
		}
		wantStatus(t, tc.a+" "+tc.op+" "+tc.b, err, tc.err)
		if err == nil && got.String() != tc.want {
			t.Errorf("%s %s %s is %s, want %s", tc.a, tc.op, tc.b, got, tc.want)
		}
	}
}

func TestNewDatetime(t *testing.T) {
	for _, tc := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2024, 2, 29, 1, 2, 3, 4005999, time.UTC), "20240229010203.004005+000"},
		{time.Date(2024, 2, 29, 1, 2, 3, 0, time.FixedZone("", -5*3600)), "20240229010203.000000-300"},
		{time.Date(2024, 2, 29, 1, 2, 3, 0, time.FixedZone("", 14*3600)), "20240229010203.000000+840"},
		// An offset with seconds, as zones had before there was a standard
		// time, is cut; the instant stays.
		{time.Date(1900, 1, 1, 0, 53, 28, 0, time.FixedZone("LMT", 53*60+28)), "19000101005300.000000+053"},
		{time.Date(1900, 1, 1, 0, 0, 0, 0, time.FixedZone("LMT", -(4*3600+56*60+2))), "19000101000002.000000-296"},
	} {
		got, err := cim.NewDatetime(tc.at)
		if err != nil || got.String() != tc.want {
			t.Errorf("%v is %s, %v, want %s", tc.at, got, err, tc.want)
		}
		if back, ok := got.Time(); !ok || !back.Equal(tc.at.Truncate(time.Microsecond)) {
			t.Errorf("%v comes back as %v", tc.at, back)
		}
	}
	for _, at := range []time.Time{
		time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("", 17*3600)),
	} {
		_, err := cim.NewDatetime(at)
		wantStatus(t, at.String(), err, cim.ValueOutOfRange)
	}
	var zero cim.Datetime
	if _, ok := zero.Time(); ok || zero.IsInterval() {
		t.Error("the zero Datetime is something")
	}
}
