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

var errDate = cim.Errorf(cim.InvalidQuery, "not a date")

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
func (r dateReader) parse(s string) (cim.Datetime, error) {
	if len(s) == 25 {
		if d, err := cim.ParseDatetime(s); err == nil {
			return d, nil
		}
	}
	p := dateParser{dateReader: r, rest: strings.Trim(s, " \t\r\n")}
	clock, err := p.time()
	y, m, d := r.now.Date()
	if err != nil {
		p.rest = strings.Trim(s, " \t\r\n")
		clock = 0
		if y, m, d, err = p.date(); err != nil {
			return cim.Datetime{}, err
		}
		if p.blanks() && p.rest != "" {
			if clock, err = p.time(); err != nil {
				return cim.Datetime{}, err
			}
		}
	}
	if p.rest != "" || !isDate(y, int(m), d) {
		return cim.Datetime{}, errDate
	}
	ns := int(clock % time.Second)
	return cim.NewDatetime(time.Date(y, m, d, 0, 0, int(clock/time.Second), ns, r.now.Location()))
}

func isDate(year, month, day int) bool {
	return 1 <= month && month <= 12 && 1 <= day && day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
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

func (p *dateParser) date() (year int, month time.Month, day int, err error) {
	first, ok := p.number()
	if ok && p.rest != "" && strings.IndexByte("/-.", p.rest[0]) >= 0 {
		return p.numeric(first)
	}
	if ok && first.digits > 2 {
		// A year may also be followed by the name of a month.
		q := *p
		if y, m, d, err := q.named(first, true); err == nil {
			*p = q
			return y, m, d, nil
		}
		return joined(first)
	}
	return p.named(first, ok)
}

// joined returns the date in a number without separators.
func joined(n number) (year int, month time.Month, day int, err error) {
	v := n.value
	switch n.digits {
	case 4:
		return v, 1, 1, nil
	case 8:
		return v / 10000, time.Month(v / 100 % 100), v % 100, nil
	case 6:
		y := number{v / 10000, 2}.year()
		if isDate(y, v/100%100, v%100) {
			return y, time.Month(v / 100 % 100), v % 100, nil
		}
		return v / 100, time.Month(v % 100), 1, nil
	}
	return 0, 0, 0, errDate
}

// numeric reads a date whose parts are numbers.
func (p *dateParser) numeric(first number) (year int, month time.Month, day int, err error) {
	n := [3]number{first}
	sep := p.rest[0]
	for i := 1; i < 3; i++ {
		if p.rest == "" || p.rest[0] != sep {
			return 0, 0, 0, errDate
		}
		p.rest = p.rest[1:]
		n[i], _ = p.number()
	}
	var y, a, b number
	dayFirst := p.dayFirst
	switch {
	case n[0].digits == 4:
		y, a, b = n[0], n[1], n[2]
		dayFirst = false
	case n[1].digits == 4:
		a, y, b = n[0], n[1], n[2]
	default:
		a, b, y = n[0], n[1], n[2]
	}
	if dayFirst {
		a, b = b, a
	}
	if !y.isYear() || !isPart(a) || !isPart(b) {
		return 0, 0, 0, errDate
	}
	return y.year(), time.Month(a.value), b.value, nil
}

func isPart(n number) bool { return n.digits == 1 || n.digits == 2 }

// named reads a date with the name of a month, of which the first number has
// been read if there is one.
func (p *dateParser) named(first number, before bool) (year int, month time.Month, day int, err error) {
	var n []number // before and after the name
	if before {
		n = append(n, first)
	}
	at := 0 // how many numbers precede the name
	for i := len(n); i < 3; i++ {
		q := *p
		if len(n) > 0 || month != 0 {
			q.gap()
		}
		if w := q.word(); w != "" && month == 0 {
			if month = monthOf(w); month == 0 {
				return 0, 0, 0, errDate
			}
			at = len(n)
		} else if next, ok := q.number(); ok && len(n) < 2 && !q.isClock() {
			n = append(n, next)
		} else {
			break
		}
		*p = q
	}
	if month == 0 {
		return 0, 0, 0, errDate
	}
	var y, d number
	switch {
	case len(n) == 1 && n[0].digits == 4: // Mon yyyy, yyyy Mon
		return n[0].value, month, 1, nil
	case len(n) != 2:
		return 0, 0, 0, errDate
	case n[0].digits == 4: // yyyy Mon dd, yyyy dd Mon, Mon yyyy dd
		y, d = n[0], n[1]
	case n[1].digits == 4: // dd Mon yyyy, Mon dd yyyy, dd yyyy Mon
		d, y = n[0], n[1]
	case at == 2:
		return 0, 0, 0, errDate
	case at == 0 && n[0].digits == 2 && n[0].value > 31: // Mon yy dd
		y, d = n[0], n[1]
	default: // Mon dd yy, dd Mon yy
		d, y = n[0], n[1]
	}
	if !y.isYear() || !isPart(d) {
		return 0, 0, 0, errDate
	}
	return y.year(), month, d.value, nil
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

func monthOf(name string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if full := m.String(); cim.EqualNames(full, name) || cim.EqualNames(full[:3], name) {
			return m
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
func (p *dateParser) time() (time.Duration, error) {
	var n [4]number
	parts := 0
	for more := true; more; parts++ {
		if n[parts], more = p.number(); !more || parts < 3 && !isPart(n[parts]) {
			return 0, errDate
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
			return 0, errDate
		}
		hour %= 12
		if pm {
			hour += 12
		}
	}
	us, ok := n[3].micros()
	if p.rest != "" || parts == 1 && !has || hour > 23 || n[1].value > 59 || n[2].value > 59 || !ok {
		return 0, errDate
	}
	return time.Duration(hour)*time.Hour + time.Duration(n[1].value)*time.Minute +
		time.Duration(n[2].value)*time.Second + time.Duration(us)*time.Microsecond, nil
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
