package host

import (
	"fmt"
	"os"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A timeZone is what holds at a moment, and the changes that come next.
type timeZone struct {
	id                     string // in the IANA database, such as Europe/Berlin; "" if not known
	standard, daylight     string // abbreviations; daylight is "" without daylight saving time
	bias                   int    // minutes before UTC, in standard time
	saved                  int    // minutes by which daylight saving time is ahead of that
	toStandard, toDaylight time.Time
}

// zoneAt returns the time zone of t. A place that has no change ahead of it has no
// daylight saving time.
func zoneAt(t time.Time, id string) *timeZone {
	z := &timeZone{id: id}
	name, seconds := t.Zone()
	z.standard, z.bias = name, seconds/60
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return z
	}
	_, then := end.ZoneBounds()
	if then.IsZero() || end.IsDST() == t.IsDST() {
		return z // one change, such as another zone by law
	}
	other, otherSeconds := end.Zone()
	if t.IsDST() {
		z.standard, z.daylight = other, name
		z.bias, z.saved = otherSeconds/60, (seconds-otherSeconds)/60
		z.toStandard, z.toDaylight = before(end, seconds), before(then, otherSeconds)
	} else {
		z.daylight, z.saved = other, (otherSeconds-seconds)/60
		z.toDaylight, z.toStandard = before(end, seconds), before(then, otherSeconds)
	}
	return z
}

// before returns a change as the clocks show it that are not yet changed.
func before(change time.Time, seconds int) time.Time {
	return change.In(time.FixedZone("", seconds))
}

// zoneID returns the name of the time zone of the system: what /etc/localtime
// points to, or what Debian writes.
func zoneID(sys *live.System) string {
	target, err := os.Readlink(sys.EtcFile("localtime"))
	if _, id, ok := strings.Cut(target, "zoneinfo/"); err == nil && ok {
		return id
	}
	return live.ReadLine(sys.EtcFile("timezone"))
}

func timeZones(o Options) *live.Class[timeZone] {
	caption := func(z *timeZone) string {
		sign, bias := '+', z.bias
		if bias < 0 {
			sign, bias = '-', -bias
		}
		name := z.id
		if name == "" {
			name = z.standard
		}
		return fmt.Sprintf("(UTC%c%02d:%02d) %s", sign, bias/60, bias%60, name)
	}
	fields := []live.Field[timeZone]{
		text("StandardName", func(z *timeZone) string { return z.standard }),
		text("DaylightName", func(z *timeZone) string { return z.daylight }),
		text("SettingID", func(z *timeZone) string { return z.id }),
		text("Caption", caption),
		text("Description", caption),
		{Name: "Bias", Get: func(z *timeZone) cim.Value { return cim.Sint32Value(int32(z.bias)) }},
		{Name: "DaylightBias", Get: func(z *timeZone) cim.Value { return cim.Sint32Value(int32(-z.saved)) }},
		live.Const[timeZone]("StandardBias", cim.Uint32Value(0)),
	}
	fields = append(fields, changeFields("Standard", func(z *timeZone) time.Time { return z.toStandard })...)
	fields = append(fields, changeFields("Daylight", func(z *timeZone) time.Time { return z.toDaylight })...)
	return &live.Class[timeZone]{
		Name:   "Win32_TimeZone",
		All:    one(func() (*timeZone, error) { return zoneAt(o.Now(), zoneID(o.System)), nil }),
		Fields: fields,
	}
}

// changeFields are those that say when the clocks are changed. A place without
// changes has 0 in all, of which month 0 says so.
func changeFields(prefix string, at func(*timeZone) time.Time) []live.Field[timeZone] {
	number := func(name string, get func(time.Time) int) live.Field[timeZone] {
		return live.Field[timeZone]{Name: prefix + name, Get: func(z *timeZone) cim.Value {
			if t := at(z); !t.IsZero() {
				return cim.Uint32Value(uint32(get(t)))
			}
			return cim.Uint32Value(0)
		}}
	}
	return []live.Field[timeZone]{
		number("Month", func(t time.Time) int { return int(t.Month()) }),
		number("Day", occurrence),
		{Name: prefix + "DayOfWeek", Get: func(z *timeZone) cim.Value {
			if t := at(z); !t.IsZero() {
				return cim.Uint8Value(uint8(t.Weekday()))
			}
			return cim.Uint8Value(0)
		}},
		number("Hour", time.Time.Hour),
		number("Minute", time.Time.Minute),
		number("Second", time.Time.Second),
		number("Millisecond", func(time.Time) int { return 0 }),
		number("Year", func(time.Time) int { return 0 }), // every year
	}
}

// occurrence returns which of the days of its name in the month t is, where 5 is
// the last.
func occurrence(t time.Time) int {
	if t.AddDate(0, 0, 7).Month() != t.Month() {
		return 5
	}
	return (t.Day()-1)/7 + 1
}
