package scripting

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"openwmi/cim"
)

// A DateTime helps to read and write CIM datetimes (SWbemDateTime): points in
// time, of which fields may be left open, and intervals. NewDateTime returns
// the first moment of the year 0.
//
// A field that is not specified is a wildcard, asterisks in the text, unless the
// DateTime is an interval, which has none (scripting-api.md, Decision S-24).
type DateTime struct {
	fields   [dateFields]dateField
	interval bool
}

type dateField struct {
	n    int
	open bool // a wildcard
}

const (
	dateYear = iota
	dateMonth
	dateDay
	dateHours
	dateMinutes
	dateSeconds
	dateMicroseconds
	dateUTC
	dateFields
)

// dateRange is what the members of a field accept.
var dateRange = [dateFields]struct {
	name     string
	min, max int
}{
	{"Year", 0, 9999}, {"Month", 1, 12}, {"Day", 1, 31}, {"Hours", 0, 23}, {"Minutes", 0, 59}, {"Seconds", 0, 59},
	{"Microseconds", 0, 999999}, {"UTC", -720, 720},
}

// maxDays is the range of Day in an interval.
const maxDays = 99999999

// NewDateTime returns the point 00000101000000.000000+000.
func NewDateTime() *DateTime {
	d := &DateTime{}
	d.fields[dateMonth].n = 1
	d.fields[dateDay].n = 1
	return d
}

// Value returns the 25 characters of the datetime.
func (d *DateTime) Value() string {
	if d.interval {
		return fmt.Sprintf("%08d%02d%02d%02d.%06d:000", d.Day(), d.Hours(), d.Minutes(), d.Seconds(), d.Microseconds())
	}
	digits := func(i, width int) string {
		if d.fields[i].open {
			return strings.Repeat("*", width)
		}
		return fmt.Sprintf("%0*d", width, max(d.fields[i].n, -d.fields[i].n))
	}
	sign := "+"
	if d.fields[dateUTC].n < 0 {
		sign = "-"
	}
	return digits(dateYear, 4) + digits(dateMonth, 2) + digits(dateDay, 2) + digits(dateHours, 2) + digits(dateMinutes, 2) +
		digits(dateSeconds, 2) + "." + digits(dateMicroseconds, 6) + sign + digits(dateUTC, 3)
}

// SetValue sets all fields: ErrInvalidSyntax for what is neither a point nor an
// interval.
func (d *DateTime) SetValue(value string) error {
	c, err := cim.ParseDatetime(value)
	if err != nil {
		return fail("SWbemDateTime.Value", ErrInvalidSyntax, "%v", err)
	}
	n := func(from, to int) dateField {
		i, err := strconv.Atoi(value[from:to])
		return dateField{i, err != nil}
	}
	d.interval = c.IsInterval()
	d.fields[dateHours], d.fields[dateMinutes], d.fields[dateSeconds] = n(8, 10), n(10, 12), n(12, 14)
	d.fields[dateMicroseconds] = n(15, 21)
	if d.interval {
		d.fields[dateDay] = n(0, 8)
		return nil
	}
	d.fields[dateYear], d.fields[dateMonth], d.fields[dateDay] = n(0, 4), n(4, 6), n(6, 8)
	d.fields[dateUTC] = n(22, 25)
	if value[21] == '-' {
		d.fields[dateUTC].n *= -1
	}
	return nil
}

// set sets a field: ErrValueOutOfRange beyond its range.
func (d *DateTime) set(i, n int) error {
	r := dateRange[i]
	if i == dateDay && d.interval {
		r.min, r.max = 0, maxDays
	}
	if n < r.min || n > r.max {
		return fail("SWbemDateTime."+r.name, ErrValueOutOfRange, "%d is not between %d and %d", n, r.min, r.max)
	}
	d.fields[i].n = n
	return nil
}

// Year returns the year, 0 to 9999.
func (d *DateTime) Year() int { return d.fields[dateYear].n }

// SetYear sets the year: ErrValueOutOfRange if it is not 0 to 9999.
func (d *DateTime) SetYear(n int) error { return d.set(dateYear, n) }

// Month returns the month, 1 to 12.
func (d *DateTime) Month() int { return d.fields[dateMonth].n }

// SetMonth sets the month: ErrValueOutOfRange if it is not 1 to 12.
func (d *DateTime) SetMonth(n int) error { return d.set(dateMonth, n) }

// Day returns the day of the month, 1 to 31, or the days of an interval.
func (d *DateTime) Day() int { return d.fields[dateDay].n }

// SetDay sets the day: ErrValueOutOfRange if it is not 1 to 31, or 0 to 99999999
// for an interval. It is not compared with the month.
func (d *DateTime) SetDay(n int) error { return d.set(dateDay, n) }

// Hours returns the hours, 0 to 23.
func (d *DateTime) Hours() int { return d.fields[dateHours].n }

// SetHours sets the hours: ErrValueOutOfRange if they are not 0 to 23.
func (d *DateTime) SetHours(n int) error { return d.set(dateHours, n) }

// Minutes returns the minutes, 0 to 59.
func (d *DateTime) Minutes() int { return d.fields[dateMinutes].n }

// SetMinutes sets the minutes: ErrValueOutOfRange if they are not 0 to 59.
func (d *DateTime) SetMinutes(n int) error { return d.set(dateMinutes, n) }

// Seconds returns the seconds, 0 to 59.
func (d *DateTime) Seconds() int { return d.fields[dateSeconds].n }

// SetSeconds sets the seconds: ErrValueOutOfRange if they are not 0 to 59.
func (d *DateTime) SetSeconds(n int) error { return d.set(dateSeconds, n) }

// Microseconds returns the microseconds, 0 to 999999.
func (d *DateTime) Microseconds() int { return d.fields[dateMicroseconds].n }

// SetMicroseconds sets the microseconds: ErrValueOutOfRange if they are not 0 to
// 999999.
func (d *DateTime) SetMicroseconds(n int) error { return d.set(dateMicroseconds, n) }

// UTC returns the minutes by which the time is ahead of UTC.
func (d *DateTime) UTC() int { return d.fields[dateUTC].n }

// SetUTC sets the minutes by which the time is ahead of UTC: ErrValueOutOfRange
// if they are not -720 to 720. Zones farther east come from SetValue and
// SetVarDate only.
func (d *DateTime) SetUTC(n int) error { return d.set(dateUTC, n) }

// YearSpecified reports whether the year is no wildcard; the members of the
// other fields do the same for them.
func (d *DateTime) YearSpecified() bool         { return !d.fields[dateYear].open }
func (d *DateTime) MonthSpecified() bool        { return !d.fields[dateMonth].open }
func (d *DateTime) DaySpecified() bool          { return !d.fields[dateDay].open }
func (d *DateTime) HoursSpecified() bool        { return !d.fields[dateHours].open }
func (d *DateTime) MinutesSpecified() bool      { return !d.fields[dateMinutes].open }
func (d *DateTime) SecondsSpecified() bool      { return !d.fields[dateSeconds].open }
func (d *DateTime) MicrosecondsSpecified() bool { return !d.fields[dateMicroseconds].open }
func (d *DateTime) UTCSpecified() bool          { return !d.fields[dateUTC].open }

// SetYearSpecified makes the year a wildcard, or gives it its number back; the
// members of the other fields do the same for them.
func (d *DateTime) SetYearSpecified(on bool)         { d.fields[dateYear].open = !on }
func (d *DateTime) SetMonthSpecified(on bool)        { d.fields[dateMonth].open = !on }
func (d *DateTime) SetDaySpecified(on bool)          { d.fields[dateDay].open = !on }
func (d *DateTime) SetHoursSpecified(on bool)        { d.fields[dateHours].open = !on }
func (d *DateTime) SetMinutesSpecified(on bool)      { d.fields[dateMinutes].open = !on }
func (d *DateTime) SetSecondsSpecified(on bool)      { d.fields[dateSeconds].open = !on }
func (d *DateTime) SetMicrosecondsSpecified(on bool) { d.fields[dateMicroseconds].open = !on }
func (d *DateTime) SetUTCSpecified(on bool)          { d.fields[dateUTC].open = !on }

// IsInterval reports whether d is an interval.
func (d *DateTime) IsInterval() bool { return d.interval }

// SetIsInterval says whether d is an interval. The fields stay as they are:
// ErrValueOutOfRange if Day does not fit a point.
func (d *DateTime) SetIsInterval(on bool) error {
	if day := d.Day(); !on && (day < 1 || day > 31) {
		return fail("SWbemDateTime.IsInterval", ErrValueOutOfRange, "Day is %d", day)
	}
	d.interval = on
	return nil
}

// GetVarDate returns the point as a time, local to this computer or in UTC:
// ErrFailed for an interval and with wildcards.
func (d *DateTime) GetVarDate(isLocal bool) (time.Time, error) {
	t, err := d.time("SWbemDateTime.GetVarDate")
	if isLocal {
		t = t.In(time.Local)
	}
	return t, err
}

func (d *DateTime) time(source string) (time.Time, error) {
	for i := range d.fields {
		if d.fields[i].open {
			return time.Time{}, fail(source, ErrFailed, "%s is not specified", dateRange[i].name)
		}
	}
	if d.interval {
		return time.Time{}, fail(source, ErrFailed, "an interval is no point in time")
	}
	t := time.Date(d.Year(), time.Month(d.Month()), d.Day(), d.Hours(), d.Minutes()-d.UTC(), d.Seconds(), d.Microseconds()*1000, time.UTC)
	return t, nil
}

// SetVarDate sets d to a time, cut to microseconds, with the offset of this
// computer's zone or in UTC: ErrInvalidSyntax for a year beyond 9999.
func (d *DateTime) SetVarDate(t time.Time, isLocal bool) error {
	return d.setTime("SWbemDateTime.SetVarDate", t, isLocal)
}

func (d *DateTime) setTime(source string, t time.Time, isLocal bool) error {
	t = t.UTC()
	if isLocal {
		t = t.In(time.Local)
	}
	c, err := cim.NewDatetime(t)
	if err != nil {
		return fail(source, ErrInvalidSyntax, "%v", err)
	}
	return d.SetValue(c.String())
}

// fileTimeEpoch is the start of file times, which count steps of 100 ns.
var fileTimeEpoch = time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)

// secondsToUnix are those between the epochs.
var secondsToUnix = -fileTimeEpoch.Unix()

// GetFileTime returns the point as a file time in decimal: the steps of 100 ns
// since 1601, of the wall clock of this computer or of UTC. ErrFailed as for
// GetVarDate, and for a time before 1601.
func (d *DateTime) GetFileTime(isLocal bool) (string, error) {
	const source = "SWbemDateTime.GetFileTime"
	t, err := d.time(source)
	if err != nil {
		return "", err
	}
	if isLocal {
		_, offset := t.In(time.Local).Zone()
		t = t.Add(time.Duration(offset) * time.Second)
	}
	if t.Before(fileTimeEpoch) {
		return "", fail(source, ErrFailed, "%s is before 1601", d.Value())
	}
	return strconv.FormatUint(uint64(t.Unix()+secondsToUnix)*1e7+uint64(t.Nanosecond()/100), 10), nil
}

// SetFileTime sets d to a file time in decimal, see GetFileTime: ErrInvalidSyntax
// for what is none.
func (d *DateTime) SetFileTime(fileTime string, isLocal bool) error {
	const source = "SWbemDateTime.SetFileTime"
	n, err := strconv.ParseUint(fileTime, 10, 64)
	if err != nil {
		return fail(source, ErrInvalidSyntax, "%.40q is not a file time", fileTime)
	}
	t := time.Unix(int64(n/1e7)-secondsToUnix, int64(n%1e7)*100).UTC()
	if isLocal {
		// The number is the wall clock of this computer.
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.Local)
	}
	return d.setTime(source, t, isLocal)
}
