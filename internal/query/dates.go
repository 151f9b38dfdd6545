package query

import (
	"strings"
	"time"

	"openwmi/cim"
)

// Dates in queries: wql.md 4.4.

// A dateReader reads the dates that a query may have.
type dateReader struct {
	now      time.Time // in the zone of dates that have none
	dayFirst bool      // 1/2/2024 is in February
}

// parse reads a datetime of 25 characters, or one of the "supported date
// formats":
//
//	datetime = date [ blanks time ] | time
//	date     = year [ month [ day ] ]                      4, 6 or 8 digits
//	         | year2 month day                             6 digits
//	         | number sep number sep number                sep is one of / - .
//	         | name number [ number ] | number name [ number ] | number number name
//	time     = hour ( "AM" | "PM" ) | hour ":" minute [ ":" second [ ":" fraction ] ] [ "AM" | "PM" ]
//
// A year has two or four digits, a fraction three to six; name is that of a
// month. Blanks and a comma may stand between names and numbers.
//
// Of three numbers, one of four digits is the year. If it comes first, month and
// day follow; otherwise the month precedes the day unless dayFirst says that it
// follows, and a year of two digits comes last. Six digits are yyMMdd if that is
// a date, else yyyyMM. Year 30 is 1930, and 29 is 2029. A time alone is one of
// today.
func (r dateReader) parse(s string) (d cim.Datetime, ok bool) {
	if d, err := cim.ParseDatetime(s); err == nil {
		return d, true
	}
	s = strings.Trim(s, " \t\r\n")
	p := dateParser{dateReader: r, rest: s}
	year, month, day := r.now.Date()
	on := date{year, int(month), day}
	at, ok := p.time()
	if !ok {
		p.rest, at = s, 0
		if on, ok = p.date(); ok && p.blanks() {
			at, ok = p.time()
		}
	}
	if !ok || p.rest != "" || !on.isDay() {
		return cim.Datetime{}, false
	}
	t := time.Date(on.year, time.Month(on.month), on.day, 0, 0, int(at/time.Second), int(at%time.Second), r.now.Location())
	d, err := cim.NewDatetime(t)
	return d, err == nil
}

// A date is three numbers; whether they are a day, isDay says.
type date struct{ year, month, day int }

func (d date) isDay() bool {
	return 1 <= d.month && d.month <= 12 && 1 <= d.day &&
		d.day <= time.Date(d.year, time.Month(d.month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// A dateParser reads rest.
type dateParser struct {
	dateReader
	rest string
}

// A number is one as it was written.
type number struct {
	value, digits int
}

func (n number) isYear() bool { return n.digits == 4 || n.digits == 2 }

// isPart reports whether n can be a day, month or part of a time.
func (n number) isPart() bool { return n.digits == 1 || n.digits == 2 }

// year completes a year of two digits.
func (n number) year() int {
	switch {
	case n.digits != 2:
		return n.value
	case n.value < 30:
		return 2000 + n.value
	}
	return 1900 + n.value
}

// number reads up to eight digits.
func (p *dateParser) number() (n number, ok bool) {
	for n.digits < 8 && n.digits < len(p.rest) && '0' <= p.rest[n.digits] && p.rest[n.digits] <= '9' {
		n.value = n.value*10 + int(p.rest[n.digits]-'0')
		n.digits++
	}
	p.rest = p.rest[n.digits:]
	return n, n.digits > 0
}

// word reads letters.
func (p *dateParser) word() string {
	n := 0
	for n < len(p.rest) && 'A' <= p.rest[n]&^0x20 && p.rest[n]&^0x20 <= 'Z' {
		n++
	}
	w := p.rest[:n]
	p.rest = p.rest[n:]
	return w
}

// blanks reads blanks and reports whether there are any.
func (p *dateParser) blanks() bool {
	rest := strings.TrimLeft(p.rest, " \t\r\n")
	had := len(rest) < len(p.rest)
	p.rest = rest
	return had
}

func (p *dateParser) date() (date, bool) {
	first, ok := p.number()
	switch {
	case ok && p.rest != "" && strings.IndexByte("/-.", p.rest[0]) >= 0:
		return p.numeric(first)
	case ok && first.digits > 2:
		// A year may also be followed by the name of a month.
		q := *p
		if d, ok := q.named(first, true); ok {
			*p = q
			return d, true
		}
		return joined(first)
	}
	return p.named(first, ok)
}

// joined returns the date in a number without separators.
func joined(n number) (date, bool) {
	v := n.value
	switch n.digits {
	case 4:
		return date{v, 1, 1}, true
	case 6:
		if d := (date{number{v / 10000, 2}.year(), v / 100 % 100, v % 100}); d.isDay() {
			return d, true
		}
		return date{v / 100, v % 100, 1}, true
	case 8:
		return date{v / 10000, v / 100 % 100, v % 100}, true
	}
	return date{}, false
}

// numeric reads a date whose parts are numbers.
func (p *dateParser) numeric(first number) (date, bool) {
	n := [3]number{first}
	sep := p.rest[0]
	for i := 1; i < 3; i++ {
		if p.rest == "" || p.rest[0] != sep {
			return date{}, false
		}
		p.rest = p.rest[1:]
		n[i], _ = p.number()
	}
	month, day, year := n[0], n[1], n[2]
	dayFirst := p.dayFirst
	switch {
	case n[0].digits == 4:
		year, month, day = n[0], n[1], n[2]
		dayFirst = false
	case n[1].digits == 4:
		year, day = n[1], n[2]
	}
	if dayFirst {
		month, day = day, month
	}
	return date{year.year(), month.value, day.value}, year.isYear() && month.isPart() && day.isPart()
}

// named reads a date with the name of a month, of which the first number has
// been read if there is one.
func (p *dateParser) named(first number, has bool) (date, bool) {
	var n []number // before and after the name
	if has {
		n = append(n, first)
	}
	month, before := 0, 0 // before is how many numbers precede the name
	for len(n) < 3 {
		q := *p
		if len(n) > 0 || month != 0 {
			q.gap()
		}
		if w := q.word(); w != "" && month == 0 {
			if month = monthOf(w); month == 0 {
				return date{}, false
			}
			before = len(n)
		} else if next, ok := q.number(); ok && !q.isClock() {
			n = append(n, next)
		} else {
			break
		}
		*p = q
	}
	if month == 0 {
		return date{}, false
	}
	var year, day number
	switch {
	case len(n) == 1 && n[0].digits == 4: // Mon yyyy, yyyy Mon
		return date{n[0].value, month, 1}, true
	case len(n) != 2:
		return date{}, false
	case n[0].digits == 4: // yyyy Mon dd, yyyy dd Mon, Mon yyyy dd
		year, day = n[0], n[1]
	case n[1].digits == 4: // dd Mon yyyy, Mon dd yyyy, dd yyyy Mon
		day, year = n[0], n[1]
	case before == 2:
		return date{}, false
	case before == 0 && n[0].digits == 2 && n[0].value > 31: // Mon yy dd
		year, day = n[0], n[1]
	default: // Mon dd yy, dd Mon yy
		day, year = n[0], n[1]
	}
	return date{year.year(), month, day.value}, year.isYear() && day.isPart()
}

// gap reads what may stand between names and numbers.
func (p *dateParser) gap() {
	p.blanks()
	p.rest = strings.TrimPrefix(p.rest, ",")
	p.blanks()
}

// isClock reports whether the number that has just been read is the hour of a
// time.
func (p *dateParser) isClock() bool {
	q := *p
	if strings.HasPrefix(q.rest, ":") {
		return true
	}
	q.blanks()
	_, ok := q.half()
	return ok
}

// monthOf returns the month of that name, 0 if there is none.
func monthOf(name string) int {
	for m := time.January; m <= time.December; m++ {
		if full := m.String(); cim.EqualNames(full, name) || cim.EqualNames(full[:3], name) {
			return int(m)
		}
	}
	return 0
}

// half reads AM or PM.
func (p *dateParser) half() (pm, ok bool) {
	q := *p
	switch w := q.word(); {
	case cim.EqualNames(w, "AM"):
	case cim.EqualNames(w, "PM"):
		pm = true
	default:
		return false, false
	}
	*p = q
	return pm, true
}

// time reads a time of day up to the end.
func (p *dateParser) time() (time.Duration, bool) {
	var n [4]number
	parts := 0
	for more := true; more; parts++ {
		var ok bool
		if n[parts], ok = p.number(); !ok || parts < 3 && !n[parts].isPart() {
			return 0, false
		}
		if more = parts < 3 && strings.HasPrefix(p.rest, ":"); more {
			p.rest = p.rest[1:]
		}
	}
	p.blanks()
	pm, has := p.half()
	hour := n[0].value
	if has {
		if hour < 1 || hour > 12 {
			return 0, false
		}
		if hour %= 12; pm {
			hour += 12
		}
	}
	us, ok := n[3].micros()
	return time.Duration(hour)*time.Hour + time.Duration(n[1].value)*time.Minute +
			time.Duration(n[2].value)*time.Second + time.Duration(us)*time.Microsecond,
		ok && p.rest == "" && (parts > 1 || has) && hour < 24 && n[1].value < 60 && n[2].value < 60
}

// micros returns the fraction of a second that n is after the third colon:
// milliseconds if it has three digits, up to microseconds if it has more.
func (n number) micros() (us int, ok bool) {
	us = n.value
	for i := n.digits; 0 < i && i < 6; i++ {
		us *= 10
	}
	return us, n.digits == 0 || 3 <= n.digits && n.digits <= 6
}
