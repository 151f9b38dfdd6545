package scripting_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/scripting"
	"openwmi/wbem"
)

func datetime(t *testing.T, value string) *scripting.DateTime {
	t.Helper()
	d := scripting.NewDateTime()
	if err := d.SetValue(value); err != nil {
		t.Fatal(err)
	}
	return d
}

func fields(d *scripting.DateTime) []any {
	return []any{d.Year(), d.Month(), d.Day(), d.Hours(), d.Minutes(), d.Seconds(), d.Microseconds(), d.UTC(), d.IsInterval()}
}

// scripting-api.md#50: fields and their ranges.
func TestDateTime(t *testing.T) {
	d := scripting.NewDateTime()
	if d.Value() != "00000101000000.000000+000" {
		t.Errorf("Value = %s", d.Value())
	}
	d = datetime(t, "20240229123456.000789-090")
	if diff := cmp.Diff([]any{2024, 2, 29, 12, 34, 56, 789, -90, false}, fields(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, test := range map[string]struct {
		set      func(int) error
		min, max int
	}{
		"Year": {d.SetYear, 0, 9999}, "Month": {d.SetMonth, 1, 12}, "Day": {d.SetDay, 1, 31}, "Hours": {d.SetHours, 0, 23},
		"Minutes": {d.SetMinutes, 0, 59}, "Seconds": {d.SetSeconds, 0, 59}, "Microseconds": {d.SetMicroseconds, 0, 999999},
		"UTC": {d.SetUTC, -720, 720},
	} {
		for _, n := range []int{test.min - 1, test.max + 1} {
			if err := test.set(n); wbem.StatusOf(err) != wbem.ValueOutOfRange {
				t.Errorf("%s = %d: %v", name, n, err)
			}
		}
		for _, n := range []int{test.min, test.max} {
			if err := test.set(n); err != nil {
				t.Errorf("%s = %d: %v", name, n, err)
			}
		}
	}
	if d.Value() != "99991231235959.999999+720" {
		t.Errorf("Value = %s", d.Value())
	}
	for _, bad := range []string{"x", "", "20240230000000.000000+000", "2024022900000.000000+000"} {
		wantStatus(t, d.SetValue(bad), wbem.InvalidSyntax)
	}
	if d.Value() != "99991231235959.999999+720" {
		t.Errorf("Value = %s after errors", d.Value())
	}
}

func TestInterval(t *testing.T) {
	d := datetime(t, "00000100010203.000004:000")
	if diff := cmp.Diff([]any{0, 1, 100, 1, 2, 3, 4, 0, true}, fields(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, err := range []error{second(d.GetVarDate(true)), second(d.GetFileTime(false))} {
		wantStatus(t, err, wbem.Failed) // scripting-api.md#50
	}
	wantStatus(t, d.SetDay(100000000), wbem.ValueOutOfRange)
	wantStatus(t, d.SetIsInterval(false), wbem.ValueOutOfRange)
	d.SetHoursSpecified(false) // intervals have no wildcards
	for _, err := range []error{d.SetDay(99999999), d.SetDay(0), d.SetDay(7)} {
		if err != nil {
			t.Error(err)
		}
	}
	if d.Value() != "00000007010203.000004:000" {
		t.Errorf("Value = %s", d.Value())
	}
	if err := d.SetIsInterval(false); err != nil || d.Value() != "00000107**0203.000004+000" {
		t.Errorf("Value = %s, %v", d.Value(), err)
	}
}

// scripting-api.md#51: wildcards.
func TestWildcards(t *testing.T) {
	d := datetime(t, "20240229123456.000789-090")
	d.SetDaySpecified(false)
	if d.Value() != "202402**123456.000789-090" || d.DaySpecified() {
		t.Errorf("Value = %s", d.Value())
	}
	wantStatus(t, second(d.GetVarDate(false)), wbem.Failed)
	d.SetDaySpecified(true)
	if d.Value() != "20240229123456.000789-090" {
		t.Errorf("Value = %s", d.Value())
	}
	d.SetYearSpecified(false)
	d.SetMonthSpecified(false)
	d.SetHoursSpecified(false)
	d.SetMinutesSpecified(false)
	d.SetSecondsSpecified(false)
	d.SetMicrosecondsSpecified(false)
	d.SetUTCSpecified(false)
	if d.Value() != "******29******.******-***" {
		t.Errorf("Value = %s", d.Value())
	}
	if d.YearSpecified() || d.MonthSpecified() || d.HoursSpecified() || d.MinutesSpecified() || d.SecondsSpecified() ||
		d.MicrosecondsSpecified() || d.UTCSpecified() || !d.DaySpecified() {
		t.Error("what is specified is not what was said")
	}
	d = datetime(t, "****0401******.000000+***")
	if d.Value() != "****0401******.000000+***" || d.YearSpecified() || !d.MonthSpecified() {
		t.Errorf("Value = %s", d.Value())
	}
}

func TestVarDateAndFileTime(t *testing.T) {
	old := time.Local
	defer func() { time.Local = old }()
	time.Local = time.FixedZone("", 2*3600)

	d := datetime(t, "20240229233456.000789-090")
	utc := time.Date(2024, 3, 1, 1, 4, 56, 789000, time.UTC)
	for isLocal, zone := range map[bool]*time.Location{true: time.Local, false: time.UTC} {
		got, err := d.GetVarDate(isLocal)
		if err != nil || !got.Equal(utc) || got.Location() != zone {
			t.Errorf("GetVarDate(%v) = %v, %v", isLocal, got, err)
		}
	}
	file, err := d.GetFileTime(false)
	if want := "133537286960007890"; file != want || err != nil {
		t.Errorf("GetFileTime = %s, %v", file, err)
	}
	for _, test := range []struct {
		isLocal bool
		want    string
	}{{true, "20240301030456.000789+120"}, {false, "20240301010456.000789+000"}} {
		d := datetime(t, "****0401******.000000+***")
		if err := d.SetVarDate(utc, test.isLocal); err != nil || d.Value() != test.want {
			t.Errorf("SetVarDate(%v): %s, %v", test.isLocal, d.Value(), err)
		}
		file, err := d.GetFileTime(test.isLocal)
		if err != nil {
			t.Error(err)
		}
		again := scripting.NewDateTime()
		if err := again.SetFileTime(file, test.isLocal); err != nil || again.Value() != test.want {
			t.Errorf("SetFileTime(%s, %v): %s, %v", file, test.isLocal, again.Value(), err)
		}
	}
	for _, bad := range []string{"", "x", "-1", "18446744073709551616"} {
		wantStatus(t, d.SetFileTime(bad, true), wbem.InvalidSyntax)
	}
	wantStatus(t, d.SetFileTime("18446744073709551615", false), wbem.InvalidSyntax) // year 60056
	wantStatus(t, second(scripting.NewDateTime().GetFileTime(false)), wbem.Failed)
	if err := d.SetFileTime("0", false); err != nil || d.Value() != "16010101000000.000000+000" {
		t.Errorf("Value = %s, %v", d.Value(), err)
	}
	if file, err := d.GetFileTime(false); file != "0" || err != nil {
		t.Errorf("GetFileTime = %s, %v", file, err)
	}
}
