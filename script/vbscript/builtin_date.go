package vbscript

import (
	"math"
	"time"
)

var dateFunctions = []builtin{
	{name: "Now", fn: func(fr *frame, _ []Value) Value { return Time(fr.in.clock()) }},
	{name: "Date", fn: func(fr *frame, _ []Value) Value { return Date(math.Trunc(dateOf(fr.in.clock()))) }},
	{name: "Time", fn: func(fr *frame, _ []Value) Value {
		_, secs := splitDate(dateOf(fr.in.clock()))
		return Date(joinDate(0, secs))
	}},
	{name: "Timer", fn: func(fr *frame, _ []Value) Value { return Single(float32(timer(fr.in))) }},
	{name: "Year", min: 1, max: 1, fn: datePiece(func(t time.Time) int { return t.Year() })},
	{name: "Month", min: 1, max: 1, fn: datePiece(func(t time.Time) int { return int(t.Month()) })},
	{name: "Day", min: 1, max: 1, fn: datePiece(func(t time.Time) int { return t.Day() })},
	{name: "Hour", min: 1, max: 1, fn: datePiece(func(t time.Time) int { return t.Hour() })},
	{name: "Minute", min: 1, max: 1, fn: datePiece(func(t time.Time) int { return t.Minute() })},
	{name: "Second", min: 1, max: 1, fn: datePiece(func(t time.Time) int { return t.Second() })},
	{name: "Weekday", min: 1, max: 2, fn: func(fr *frame, a []Value) Value {
		first := firstDay(fr, a, 1)
		return dated(fr, a[0], func(d float64) Value { return Integer(int16(weekday(timeOf(d), first))) })
	}},
	{name: "WeekdayName", min: 1, max: 3, fn: func(fr *frame, a []Value) Value {
		n := fr.in.toInt(a[0])
		short := fr.in.toBool(opt(a, 1, False))
		first := firstDay(fr, a, 2)
		if n < 1 || n > 7 {
			raise(errCallOrArgument)
		}
		l := fr.in.locale
		if short {
			return String(l.letters[(n+first-2)%7])
		}
		return String(l.days[(n+first-2)%7])
	}},
	{name: "MonthName", min: 1, max: 2, fn: func(fr *frame, a []Value) Value {
		short := fr.in.toBool(opt(a, 1, False))
		n := fr.in.toInt(a[0])
		if n < 1 || n > 12 {
			raise(errCallOrArgument)
		}
		if l := fr.in.locale; short {
			return String(l.brief[n-1])
		}
		return String(fr.in.locale.months[n-1])
	}},
	{name: "DateSerial", min: 3, max: 3, fn: func(fr *frame, a []Value) Value {
		y, m, d := fr.in.toInteger(a[0]), fr.in.toInteger(a[1]), fr.in.toInteger(a[2])
		if y >= 0 && y < 30 {
			y += 2000
		} else if y >= 30 && y < 100 {
			y += 1900
		}
		days := dateOf(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC))
		if !(days >= minDate && days < maxDate) {
			raise(errCallOrArgument)
		}
		return Date(days)
	}},
	{name: "TimeSerial", min: 3, max: 3, fn: func(fr *frame, a []Value) Value {
		secs := fr.in.toInteger(a[0])*3600 + fr.in.toInteger(a[1])*60 + fr.in.toInteger(a[2])
		return Date(checkDate(float64(secs) / secsOfDay))
	}},
	{name: "DateValue", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		return dated(fr, a[0], func(d float64) Value { return Date(math.Trunc(d)) })
	}},
	{name: "TimeValue", min: 1, max: 1, fn: func(fr *frame, a []Value) Value {
		return dated(fr, a[0], func(d float64) Value {
			_, secs := splitDate(d)
			return Date(joinDate(0, secs))
		})
	}},
	{name: "DateAdd", min: 3, max: 3, fn: func(fr *frame, a []Value) Value {
		unit := fold(fr.in.toString(a[0]))
		n := float64(fr.in.toLong(a[1]))
		return dated(fr, a[2], func(d float64) Value { return Date(addDate(unit, n, d)) })
	}},
	{name: "DateDiff", min: 3, max: 5, fn: dateDiff},
	{name: "DatePart", min: 2, max: 4, fn: func(fr *frame, a []Value) Value {
		unit := fold(fr.in.toString(a[0]))
		first, rule := firstDay(fr, a, 2), fr.in.toInt(opt(a, 3, Integer(1)))
		if rule == 0 {
			rule = fr.in.locale.firstWeek
		}
		return dated(fr, a[1], func(d float64) Value { return Integer(int16(datePart(unit, timeOf(d), first, rule))) })
	}},
}

func timer(in *Interp) float64 {
	t := in.clock()
	return float64(t.Hour()*3600+t.Minute()*60+t.Second()) + float64(t.Nanosecond()/1e6)/1000
}

// dated applies f to a date; Null stays Null.
func dated(fr *frame, v Value, f func(float64) Value) Value {
	v = fr.in.scalar(v)
	if v.kind == TypeNull {
		return Null
	}
	return f(fr.in.toDate(v))
}

func datePiece(f func(time.Time) int) builtinFn {
	return func(fr *frame, a []Value) Value {
		return dated(fr, a[0], func(d float64) Value { return Integer(int16(f(timeOf(d)))) })
	}
}

// firstDay reads the day with which weeks begin, 1 for Sunday.
func firstDay(fr *frame, a []Value, i int) int {
	n := fr.in.toInt(opt(a, i, Integer(1)))
	if n < 0 || n > 7 {
		raise(errCallOrArgument)
	}
	if n == 0 {
		return fr.in.locale.firstDay
	}
	return n
}

func weekday(t time.Time, first int) int { return (int(t.Weekday())-first+8)%7 + 1 }

func addDate(unit string, n, d float64) float64 {
	days, secs := splitDate(d)
	months := 0.0
	switch unit {
	case "yyyy":
		months = 12 * n
	case "q":
		months = 3 * n
	case "m":
		months = n
	case "y", "d", "w":
		return addSeconds(days, secs, n*secsOfDay)
	case "ww":
		return addSeconds(days, secs, n*7*secsOfDay)
	case "h":
		return addSeconds(days, secs, n*3600)
	case "n":
		return addSeconds(days, secs, n*60)
	case "s":
		return addSeconds(days, secs, n)
	default:
		raise(errCallOrArgument)
	}
	if math.Abs(months) > 200000 {
		raise(errCallOrArgument)
	}
	t := timeOf(d)
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day() // January 31 and a month is February 28
	day := first.AddDate(0, 0, min(t.Day(), last)-1)
	out := joinDate(int(dateOf(day)), secs)
	if !(out >= minDate && out < maxDate) {
		raise(errCallOrArgument)
	}
	return out
}

func addSeconds(days, secs int, n float64) float64 {
	total := float64(days)*secsOfDay + float64(secs) + n
	whole := math.Floor(total / secsOfDay)
	if !(whole >= minDate && whole < maxDate) {
		raise(errCallOrArgument)
	}
	return joinDate(int(whole), int(total-whole*secsOfDay))
}

func dateDiff(fr *frame, a []Value) Value {
	unit := fold(fr.in.toString(a[0]))
	first := firstDay(fr, a, 3)
	x, y, null := fr.in.pair(a[1], a[2])
	if null {
		return Null
	}
	from, to := fr.in.toDate(x), fr.in.toDate(y)
	t, u := timeOf(from), timeOf(to)
	d1, s1 := splitDate(from)
	d2, s2 := splitDate(to)
	seconds := int64(d2-d1)*secsOfDay + int64(s2-s1)
	floor := func(n, by int64) int64 { return int64(math.Floor(float64(n) / float64(by))) }
	// Boundaries that are crossed count, not whole units.
	between := func(by int64) int64 {
		return floor(int64(d2)*secsOfDay+int64(s2), by) - floor(int64(d1)*secsOfDay+int64(s1), by)
	}
	switch unit {
	case "yyyy":
		return Long(int32(u.Year() - t.Year()))
	case "q":
		return Long(int32((u.Year()-t.Year())*4 + (int(u.Month())-1)/3 - (int(t.Month())-1)/3))
	case "m":
		return Long(int32((u.Year()-t.Year())*12 + int(u.Month()) - int(t.Month())))
	case "y", "d":
		return Long(int32(d2 - d1))
	case "w":
		return Long(int32((d2 - d1) / 7))
	case "ww":
		return Long(int32(floor(int64(d2-weekday(u, first)-(d1-weekday(t, first))), 7)))
	case "h":
		return Long(int32(between(3600)))
	case "n":
		return Long(int32(between(60)))
	case "s":
		return Int(seconds)
	}
	raise(errCallOrArgument)
	return Empty
}

func datePart(unit string, t time.Time, first, rule int) int {
	switch unit {
	case "yyyy":
		return t.Year()
	case "q":
		return (int(t.Month())-1)/3 + 1
	case "m":
		return int(t.Month())
	case "y":
		return t.YearDay()
	case "d":
		return t.Day()
	case "w":
		return weekday(t, first)
	case "ww":
		return week(t, first, rule)
	case "h":
		return t.Hour()
	case "n":
		return t.Minute()
	case "s":
		return t.Second()
	}
	raise(errCallOrArgument)
	return 0
}

// week returns the number of the week of t. The first is that of January 1 (rule
// 1), that with four days of the year (2), or the first whole one (3).
func week(t time.Time, first, rule int) int {
	need := 1
	switch rule {
	case 1:
	case 2:
		need = 4
	case 3:
		need = 7
	default:
		raise(errCallOrArgument)
	}
	start := func(y int) time.Time {
		jan := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
		day := weekday(jan, first) // 8-day days of the week are in the year
		begin := jan.AddDate(0, 0, 1-day)
		if 8-day < need {
			begin = begin.AddDate(0, 0, 7)
		}
		return begin
	}
	begin := start(t.Year())
	if t.Before(begin) {
		begin = start(t.Year() - 1)
	} else if next := start(t.Year() + 1); need > 1 && !t.Before(next) {
		begin = next
	}
	return int(t.Sub(begin).Hours()/24)/7 + 1
}
