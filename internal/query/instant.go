package query

import (
	"cmp"
	"strings"

	"openwmi/cim"
)

// An instant is a datetime in the form in which datetimes compare: complete
// points by the moment they name, intervals by their length, points with open
// fields by their text, and then only whether they are equal (model.md 3.2).
type instant struct {
	kind instantKind
	us   int64 // microseconds since the year 0 in UTC, or of an interval
	text string
}

type instantKind uint8

const (
	instantPoint    instantKind = iota // in time
	instantInterval                    // a length of time
	instantOpen                        // some fields are asterisks
)

// parseInstant reads the text of a datetime. It does not check it and does not
// allocate.
func parseInstant(s string) instant {
	i := instant{kind: instantOpen, text: s}
	if len(s) != 25 || strings.IndexByte(s, '*') >= 0 {
		return i
	}
	day := digits(s[8:10])*3600 + digits(s[10:12])*60 + digits(s[12:14])
	us := digits(s[15:21])
	if s[21] == ':' {
		i.kind = instantInterval
		i.us = (digits(s[:8])*86400+day)*1e6 + us
		return i
	}
	offset := digits(s[22:25]) * 60
	if s[21] == '-' {
		offset = -offset
	}
	i.kind = instantPoint
	i.us = (daysTo(digits(s[:4]), digits(s[4:6]), digits(s[6:8]))*86400+day-offset)*1e6 + us
	return i
}

func digits(s string) int64 {
	var n int64
	for i := range len(s) {
		n = n*10 + int64(s[i]-'0')
	}
	return n
}

// daysTo returns the days from 0000-03-01 to a date. A year is taken to begin
// in March, so that the day that may be missing is its last.
func daysTo(year, month, day int64) int64 {
	if month < 3 {
		year--
		month += 12
	}
	leap := year/4 - year/100 + year/400
	if year < 0 {
		leap = -1 // January and February of the year 0, which has 366 days
	}
	return year*365 + leap + (month*153-457)/5 + day - 1
}

// relation returns how i stands to j.
func (i instant) relation(j *instant) relation {
	switch {
	case i.kind != j.kind:
		return relOther
	case i.kind != instantOpen:
		return relationFor(cmp.Compare(i.us, j.us))
	case cim.EqualNames(i.text, j.text):
		return relSame
	}
	return relOther
}

// compare orders two complete instants, points before intervals.
func (i instant) compare(j instant) int {
	return cmp.Or(cmp.Compare(i.kind, j.kind), cmp.Compare(i.us, j.us))
}
