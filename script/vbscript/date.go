package vbscript

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Dates are days since 1899-12-30; the fraction is the time of day and counts away from
// zero also before that day. They reach from year 100 to 9999. [MS-OAUT] 2.2.25

const (
	minDate   = -657434.0 // 100-01-01
	maxDate   = 2958466.0 // 10000-01-01, not included
	secsOfDay = 86400
)

var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

func checkDate(d float64) float64 {
	if !(d >= minDate && d < maxDate) {
		raise(errOverflow)
	}
	return d
}

// dateOf returns the date that t shows on its wall clock, in whole seconds.
func dateOf(t time.Time) float64 {
	y, m, d := t.Date()
	days := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/secsOfDay - epoch.Unix()/secsOfDay
	return joinDate(int(days), t.Hour()*3600+t.Minute()*60+t.Second())
}

func joinDate(days, seconds int) float64 {
	f := float64(seconds) / secsOfDay
	if days < 0 {
		return float64(days) - f
	}
	return float64(days) + f
}

// splitDate returns whole days and seconds of the day.
func splitDate(d float64) (days, seconds int) {
	whole := math.Trunc(d)
	secs := int(math.Floor(math.Abs(d-whole)*secsOfDay + 0.5))
	days = int(whole)
	if secs == secsOfDay {
		secs = 0
		days++
	}
	return days, secs
}

// timeOf returns d in UTC, which stands for the wall clock.
func timeOf(d float64) time.Time {
	days, secs := splitDate(d)
	return epoch.AddDate(0, 0, days).Add(time.Duration(secs) * time.Second)
}

// GoTime returns the wall clock time of a value of subtype Date, as of loc.
func (v Value) GoTime(loc *time.Location) (time.Time, bool) {
	if v.kind != TypeDate {
		return time.Time{}, false
	}
	t := timeOf(v.float())
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, loc), true
}

// dateTime writes a date as CStr does: without a time at midnight, without a day on the
// first one.
func (l *locale) dateTime(d float64) string {
	days, secs := splitDate(d)
	switch {
	case days == 0:
		return l.clock(secs)
	case secs == 0:
		return l.date(l.short, timeOf(d))
	}
	return l.date(l.short, timeOf(d)) + " " + l.clock(secs)
}

// literalDate reads what stands between number signs, which is American everywhere. Whether
// that names no year is told too: the day is known when the script is compiled.
func literalDate(s string) (d float64, yearless, ok bool) {
	p := dateParser{month: -1, thisYear: 2000, loc: american}
	d, ok = p.parse(s)
	return d, p.yearless, ok
}

// literalDay reads a literal that names no year.
func literalDay(s string, year int) (float64, bool) {
	p := dateParser{month: -1, thisYear: year, loc: american}
	return p.parse(s)
}

// parseDate reads a date or time as people of the locale write it. A date without a year
// is of this year.
func parseDate(s string, in *Interp) (float64, bool) {
	p := dateParser{month: -1, thisYear: in.thisYear(), loc: in.loc()}
	return p.parse(s)
}

func (p *dateParser) parse(s string) (float64, bool) {
	if len(s) > maxDateText || !p.scan(s) {
		return 0, false
	}
	return p.result()
}

const maxDateText = 128

type dateParser struct {
	nums   []string
	month  int // a name, 0 to 11
	at     int // numbers before the name
	clock  []int
	half   string
	seps   string
	inTime bool
	before int // numbers before the time

	loc      *locale
	thisYear int
	yearless bool // and it was used
}

func (p *dateParser) scan(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case isDigit(c):
			j := i
			for j < len(s) && isDigit(s[j]) {
				j++
			}
			n := s[i:j]
			if len(n) > 4 {
				return false
			}
			v, _ := strconv.Atoi(n)
			switch {
			case p.separatesTime(s[j:]):
				if len(p.clock) >= 2 || !p.inTime && len(p.clock) > 0 {
					return false
				}
				if len(p.clock) == 0 {
					p.before = len(p.nums)
				}
				p.clock = append(p.clock, v)
				p.inTime = true
				j++
				for j < len(s) && s[j] == ' ' {
					j++
				}
				if j == len(s) || !isDigit(s[j]) {
					return false
				}
			case p.inTime:
				p.clock = append(p.clock, v)
				p.inTime = false
			default:
				p.nums = append(p.nums, n)
			}
			i = j
		case isLetter(c) || c >= utf8.RuneSelf:
			j := i
			for j < len(s) && (isLetter(s[j]) || s[j] >= utf8.RuneSelf) {
				j++
			}
			if !p.word(strings.ToLower(s[i:j])) {
				return false
			}
			i = j
		case c == '/' || c == '-' || c == ',' || c == '.' && (p.month >= 0 || p.pointed()):
			p.seps += string(c)
			i++
		case c == ' ' || c == '\t':
			i++
		default:
			return false
		}
	}
	return !p.inTime
}

// separatesTime reports whether what follows a number makes it hours or minutes: a colon,
// or a point where that does not separate days.
func (p *dateParser) separatesTime(rest string) bool {
	if rest == "" || rest[0] == ':' {
		return rest != ""
	}
	return rest[0] == '.' && p.month < 0 && !p.pointed() && len(rest) > 1 && isDigit(rest[1])
}

// pointed reports whether the locale writes 29.2.2024.
func (p *dateParser) pointed() bool { return strings.Contains(p.loc.short, ".") }

func (p *dateParser) word(w string) bool {
	switch w {
	case "am", "pm", "a", "p":
		if p.half != "" {
			return false
		}
		if len(p.clock) == 0 { // 5 PM
			if len(p.nums) == 0 || len(p.nums) == 2 && p.month < 0 {
				return false
			}
			p.before = len(p.nums) - 1
			n, _ := strconv.Atoi(p.nums[p.before])
			p.nums = p.nums[:p.before]
			p.clock = append(p.clock, n)
		}
		p.half = w[:1]
		return true
	}
	named := func(l *locale) bool {
		for i := range l.months {
			if p.month < 0 && named(w, l.months[i], l.brief[i]) {
				p.month, p.at = i, len(p.nums)
				return true
			}
		}
		for i := range l.days {
			if named(w, l.days[i], l.letters[i]) {
				return true
			}
		}
		return false
	}
	return named(p.loc) || named(american)
}

// named reports whether w, in lower case, is a name or its short form.
func named(w, long, short string) bool {
	return w == strings.ToLower(long) || w == strings.TrimSuffix(strings.ToLower(short), ".")
}

func (p *dateParser) result() (float64, bool) {
	secs := 0
	if len(p.clock) > 0 {
		c := append(p.clock, 0, 0)
		h := c[0]
		if p.half != "" && h <= 12 { // 13:00 PM is 13:00
			h %= 12
			if p.half == "p" {
				h += 12
			}
		}
		if h > 23 || c[1] > 59 || c[2] > 59 {
			return 0, false
		}
		secs = h*3600 + c[1]*60 + c[2]
		if len(p.nums) == 0 && p.month < 0 {
			return joinDate(0, secs), p.seps == ""
		}
		if p.month < 0 && p.before != 0 && p.before != len(p.nums) {
			return 0, false // in the middle of the day
		}
	}
	y, m, d, ok := p.day()
	if !ok {
		return 0, false
	}
	days, ok := daysOf(y, m, d)
	if !ok {
		return 0, false
	}
	return joinDate(days, secs), true
}

// day orders the numbers: as the locale has it, or year, month, day, or else, when there
// is no such day.
func (p *dateParser) day() (y, m, d int, ok bool) {
	n := make([]int, len(p.nums))
	for i, s := range p.nums {
		n[i], _ = strconv.Atoi(s)
	}
	current := func() int {
		p.yearless = true
		return p.thisYear
	}
	if p.month >= 0 {
		m = p.month + 1
		switch {
		case len(n) == 1 && (n[0] > 31 || len(p.nums[0]) == 4):
			return year(p.nums[0]), m, 1, true
		case len(n) == 1 && p.passes(m, n[0]):
			return year(p.nums[0]), m, 1, true
		case len(n) == 1:
			return current(), m, n[0], true
		case len(n) == 2 && len(p.nums[0]) == 4:
			return n[0], m, n[1], true
		case len(n) == 2:
			return year(p.nums[1]), m, n[0], true
		}
		return 0, 0, 0, false
	}
	if strings.Contains(p.seps, ",") {
		return 0, 0, 0, false
	}
	switch len(n) {
	case 2:
		m, d = n[0], n[1]
		if p.loc.dayFirst {
			m, d = d, m
		}
		if m > 12 && d <= 12 {
			m, d = d, m
		}
		if len(p.nums[1]) == 4 || n[1] > 31 || p.passes(m, d) {
			return year(p.nums[1]), n[0], 1, true
		}
		return current(), m, d, true
	case 3:
		orders := [][3]int{{2, 0, 1}, {0, 1, 2}, {2, 1, 0}} // where year, month and day are
		if p.loc.dayFirst {
			orders = [][3]int{{2, 1, 0}, {2, 0, 1}, {0, 1, 2}}
		}
		for _, o := range orders {
			y, m, d = year(p.nums[o[0]]), n[o[1]], n[o[2]]
			if _, ok := daysOf(y, m, d); ok && len(p.nums[o[2]]) <= 2 {
				return y, m, d, true
			}
		}
	}
	return 0, 0, 0, false
}

// passes reports whether a month of this year does not have that day: the number is a
// year then.
func (p *dateParser) passes(m, d int) bool {
	_, ok := daysOf(p.thisYear, m, d)
	return !ok && m <= 12
}

// year reads a year of two digits as one from 1930 to 2029.
func year(s string) int {
	n, _ := strconv.Atoi(s)
	switch {
	case len(s) > 2 || n > 99:
		return n
	case n < 30:
		return 2000 + n
	}
	return 1900 + n
}

func daysOf(y, m, d int) (int, bool) {
	if y < 100 || y > 9999 || m < 1 || m > 12 || d < 1 {
		return 0, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d {
		return 0, false
	}
	return int(t.Unix()/secsOfDay - epoch.Unix()/secsOfDay), true
}
