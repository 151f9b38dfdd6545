package host

import (
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// clocks is the class of a clock, of which there is one.
func clocks(class string, now func() time.Time) *live.Class[time.Time] {
	number := func(name string, get func(time.Time) int) live.Field[time.Time] {
		return live.Field[time.Time]{Name: name, Get: func(t *time.Time) cim.Value { return cim.Uint32Value(uint32(get(*t))) }}
	}
	return &live.Class[time.Time]{
		Name: class,
		All:  one(func() (*time.Time, error) { t := now(); return &t, nil }),
		Fields: []live.Field[time.Time]{
			number("Year", time.Time.Year),
			number("Quarter", func(t time.Time) int { return (int(t.Month())-1)/3 + 1 }),
			number("Month", func(t time.Time) int { return int(t.Month()) }),
			number("WeekInMonth", weekInMonth),
			number("Day", time.Time.Day),
			number("DayOfWeek", func(t time.Time) int { return int(t.Weekday()) }),
			number("Hour", time.Time.Hour),
			number("Minute", time.Time.Minute),
			number("Second", time.Time.Second),
		},
	}
}

// weekInMonth returns which of the weeks, from Sunday on, that have a day in the
// month t is in.
func weekInMonth(t time.Time) int {
	first := t.AddDate(0, 0, 1-t.Day()).Weekday()
	return (t.Day()-1+int(first))/7 + 1
}
