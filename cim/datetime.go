package cim

import (
	"fmt"
	"strings"
	"time"
)

// A Datetime is a point in time, of which fields may be left open, or an
// interval (model.md 3). It is its 25-character text, so two of them are the
// same value if they are equal with ==; Compare compares what they mean. The
// zero Datetime is not valid.
//
//	point     yyyymmddHHMMSS.mmmmmmsUUU   s is + or -, UUU minutes from UTC
//	interval  ddddddddHHMMSS.mmmmmm:000
//
// A field that is left open is all asterisks.
type Datetime struct{ text string }

// ParseDatetime reads the 25-character text. The error is TypeMismatch: wrong
// shape, a field out of its range, a field that is only partly open, or a day
// that the month does not have.
func ParseDatetime(s string) (Datetime, error) {
	if len(s) != 25 || s[14] != '.' {
		return Datetime{}, badDatetime(s, "it is not of the form yyyymmddHHMMSS.mmmmmmsUUU or ddddddddHHMMSS.mmmmmm:000")
	}
	d := Datetime{s}
	if s[21] == ':' {
		return d, d.checkInterval()
	}
	return d, d.checkPoint()
}

func badDatetime(s, why string) error {
	return Errorf(TypeMismatch, "datetime %.40q: %s", s, why)
}

// A field of the text.
type field struct {
	name     string
	from, to int
	min, max int
}

var (
	fieldYear    = field{"year", 0, 4, 0, 9999}
	fieldMonth   = field{"month", 4, 6, 1, 12}
	fieldDay     = field{"day", 6, 8, 1, 31}
	fieldHours   = field{"hours", 8, 10, 0, 23}
	fieldMinutes = field{"minutes", 10, 12, 0, 59}
	fieldSeconds = field{"seconds", 12, 14, 0, 59}
	fieldMicros  = field{"microseconds", 15, 21, 0, 999999}
	fieldOffset  = field{"offset from UTC", 22, 25, 0, 999}
	fieldDays    = field{"days", 0, 8, 0, 99999999}

	pointFields    = []field{fieldYear, fieldMonth, fieldDay, fieldHours, fieldMinutes, fieldSeconds, fieldMicros, fieldOffset}
	intervalFields = []field{fieldDays, fieldHours, fieldMinutes, fieldSeconds, fieldMicros}
)

// get returns the number in a field, and whether it is all digits.
func (d Datetime) get(f field) (int, bool) {
	n := 0
	for _, c := range []byte(d.text[f.from:f.to]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func (d Datetime) open(f field) bool {
	for _, c := range []byte(d.text[f.from:f.to]) {
		if c != '*' {
			return false
		}
	}
	return true
}

func (d Datetime) checkField(f field) error {
	n, ok := d.get(f)
	if !ok {
		return badDatetime(d.text, f.name+": neither all digits nor all asterisks")
	}
	if n < f.min || n > f.max {
		return badDatetime(d.text, fmt.Sprintf("%s: %d is not between %d and %d", f.name, n, f.min, f.max))
	}
	return nil
}

func (d Datetime) checkPoint() error {
	if c := d.text[21]; c != '+' && c != '-' {
		return badDatetime(d.text, "character 22 is not +, - or :")
	}
	for _, f := range pointFields {
		if d.open(f) {
			continue
		}
		if err := d.checkField(f); err != nil {
			return err
		}
	}
	// The day is checked against the month only if both are known; without a
	// year February may have 29 days.
	month, okMonth := d.get(fieldMonth)
	day, okDay := d.get(fieldDay)
	if !okMonth || !okDay || day <= 28 {
		return nil
	}
	year, okYear := d.get(fieldYear)
	if !okYear {
		year = 2000
	}
	if last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day(); day > last {
		return badDatetime(d.text, fmt.Sprintf("month %d of year %d has %d days", month, year, last))
	}
	return nil
}

func (d Datetime) checkInterval() error {
	for _, f := range intervalFields {
		if err := d.checkField(f); err != nil {
			return err
		}
	}
	if d.text[22:] != "000" {
		return badDatetime(d.text, "an interval ends with :000")
	}
	return nil
}

// String returns the 25-character text.
func (d Datetime) String() string { return d.text }

// IsInterval reports whether d is an interval.
func (d Datetime) IsInterval() bool { return len(d.text) == 25 && d.text[21] == ':' }

// isComplete reports whether no field is left open.
func (d Datetime) isComplete() bool { return strings.IndexByte(d.text, '*') < 0 }

// Time returns the instant of a complete point, in a fixed zone of its offset.
// ok is false for an interval and for a point with an open field.
func (d Datetime) Time() (t time.Time, ok bool) {
	if len(d.text) != 25 || d.IsInterval() || !d.isComplete() {
		return time.Time{}, false
	}
	n := func(f field) int { v, _ := d.get(f); return v }
	offset := n(fieldOffset)
	if d.text[21] == '-' {
		offset = -offset
	}
	zone := time.UTC
	if offset != 0 {
		zone = time.FixedZone("", offset*60)
	}
	return time.Date(n(fieldYear), time.Month(n(fieldMonth)), n(fieldDay), n(fieldHours), n(fieldMinutes),
		n(fieldSeconds), n(fieldMicros)*1000, zone), true
}

// Micros returns the length of an interval in microseconds; ok is false for a
// point.
func (d Datetime) Micros() (us int64, ok bool) {
	if !d.IsInterval() {
		return 0, false
	}
	n := func(f field) int64 { v, _ := d.get(f); return int64(v) }
	return (((n(fieldDays)*24+n(fieldHours))*60+n(fieldMinutes))*60+n(fieldSeconds))*1e6 + n(fieldMicros), true
}

// NewDatetime returns the point in time t, cut to microseconds, with t's offset
// from UTC cut to minutes. The error is ValueOutOfRange: the year is not
// between 0 and 9999, or the offset beyond 999 minutes.
func NewDatetime(t time.Time) (Datetime, error) {
	_, offset := t.Zone()
	if offset%60 != 0 {
		t = t.In(time.FixedZone("", offset-offset%60))
	}
	offset /= 60
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	if t.Year() < 0 || t.Year() > 9999 || offset > 999 {
		return Datetime{}, Errorf(ValueOutOfRange, "%v cannot be written as a datetime", t)
	}
	return Datetime{fmt.Sprintf("%04d%02d%02d%02d%02d%02d.%06d%c%03d", t.Year(), t.Month(), t.Day(),
		t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1000, sign, offset)}, nil
}

// maxInterval is 99999999 days, 23:59:59.999999.
const maxInterval = 100000000*24*3600*int64(1e6) - 1

// NewInterval returns an interval of us microseconds. The error is
// ValueOutOfRange: us is negative or beyond 99999999 days.
func NewInterval(us int64) (Datetime, error) {
	if us < 0 || us > maxInterval {
		return Datetime{}, Errorf(ValueOutOfRange, "%d microseconds cannot be written as an interval", us)
	}
	s := us / 1e6
	return Datetime{fmt.Sprintf("%08d%02d%02d%02d.%06d:000", s/86400, s/3600%24, s/60%60, s%60, us%1e6)}, nil
}

// Compare orders two complete points by the instant they name, and two
// intervals by their length. For any other pair ok is false, and they are equal
// only if their texts are (model.md 3.2).
func (d Datetime) Compare(e Datetime) (order int, ok bool) {
	if a, isInterval := d.Micros(); isInterval {
		b, ok := e.Micros()
		switch {
		case !ok:
			return 0, false
		case a < b:
			return -1, true
		case a > b:
			return 1, true
		}
		return 0, true
	}
	a, okA := d.Time()
	b, okB := e.Time()
	if !okA || !okB {
		return 0, false
	}
	return a.Compare(b), true
}

// Equal reports whether d and e mean the same: the same instant or length if
// both are complete, else the same text.
func (d Datetime) Equal(e Datetime) bool {
	if order, ok := d.Compare(e); ok {
		return order == 0
	}
	return strings.EqualFold(d.text, e.text)
}

// Sub returns the interval from e to d: both must be complete points, or both
// intervals (TypeMismatch), and d not before e (ValueOutOfRange).
func (d Datetime) Sub(e Datetime) (Datetime, error) {
	if a, ok := d.Micros(); ok {
		if b, ok := e.Micros(); ok {
			return NewInterval(a - b)
		}
	}
	a, okA := d.Time()
	b, okB := e.Time()
	if !okA || !okB {
		return Datetime{}, Errorf(TypeMismatch, "%s - %s: both must be points without open fields, or intervals", d, e)
	}
	return NewInterval(a.UnixMicro() - b.UnixMicro())
}

// Add returns d moved by the interval e, forward or, with back, backward. A
// point keeps its offset. The error is TypeMismatch or ValueOutOfRange.
func (d Datetime) Add(e Datetime, back bool) (Datetime, error) {
	us, ok := e.Micros()
	if !ok {
		return Datetime{}, Errorf(TypeMismatch, "%s is not an interval", e)
	}
	if back {
		us = -us
	}
	if own, ok := d.Micros(); ok {
		return NewInterval(own + us)
	}
	t, ok := d.Time()
	if !ok {
		return Datetime{}, Errorf(TypeMismatch, "%s has open fields", d)
	}
	return NewDatetime(time.UnixMicro(t.UnixMicro() + us).In(t.Location()))
}
