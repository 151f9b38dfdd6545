package wsman

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// durations are those of XML Schema, without more than no years and months, which
// have no fixed length.
var durations = regexp.MustCompile(`^P(?:0+Y)?(?:0+M)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,9}))?S)?)?$`)

// maxDays is how many days an interval of CIM has at most.
const maxDays = 99_999_999

// parseMicros reads a duration of XML Schema in microseconds: what is finer is
// cut. The longest interval of CIM is more than a time.Duration can hold.
func parseMicros(text string) (int64, error) {
	m := durations.FindStringSubmatch(text)
	if m == nil || strings.HasSuffix(text, "T") || len(text) < 3 {
		return 0, cim.Errorf(wbem.InvalidParameter, "%.40q is no duration such as PT60S", text)
	}
	number := func(s string) int64 { n, _ := strconv.ParseInt("0"+s, 10, 64); return n }
	seconds := number(m[1])*86400 + number(m[2])*3600 + number(m[3])*60 + number(m[4])
	if seconds >= (maxDays+1)*86400 {
		return 0, cim.Errorf(wbem.ValueOutOfRange, "%.40q is too long", text)
	}
	return seconds*1_000_000 + number((m[5] + "000000")[:6]), nil
}

// parseDuration reads a duration of XML Schema. One that is too long for a
// time.Duration is cut.
func parseDuration(text string) (time.Duration, error) {
	us, err := parseMicros(text)
	return time.Duration(min(us, math.MaxInt64/1000)) * time.Microsecond, err
}

// xmlDatetime writes a datetime as XML Schema does, or as CIM does if fields of
// it are left open, and says which element of the CIM binding it is. DSP0230 6.3
func xmlDatetime(d cim.Datetime) (element, text string) {
	if us, ok := d.Micros(); ok && d.IsInterval() {
		return "Interval", formatInterval(us)
	}
	t, ok := d.Time()
	if !ok || d.IsInterval() {
		return "CIM_DateTime", d.String()
	}
	layout := "2006-01-02T15:04:05Z07:00"
	if t.Nanosecond() != 0 {
		layout = "2006-01-02T15:04:05.000000Z07:00"
	}
	return "Datetime", t.Format(layout)
}

// formatInterval writes a number of microseconds, which may be more than a
// time.Duration can hold.
func formatInterval(us int64) string {
	const second = 1_000_000
	s := fmt.Sprintf("P%dDT%dH%dM%d", us/(86400*second), us/(3600*second)%24, us/(60*second)%60, us/second%60)
	if micro := us % second; micro != 0 {
		s += fmt.Sprintf(".%06d", micro)
	}
	return s + "S"
}

// readDatetime reads a datetime in the form of XML Schema or of CIM.
func readDatetime(text string) (cim.Value, error) {
	if d, err := cim.ParseDatetime(text); err == nil {
		return cim.DatetimeValue(d), nil
	}
	if strings.HasPrefix(text, "P") {
		us, err := parseMicros(text)
		if err != nil {
			return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "%.40q is no interval", text)
		}
		d, err := cim.NewInterval(us)
		return cim.DatetimeValue(d), err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			d, err := cim.NewDatetime(t)
			return cim.DatetimeValue(d), err
		}
	}
	return cim.Value{}, cim.Errorf(wbem.TypeMismatch, "%.40q is no datetime", text)
}
