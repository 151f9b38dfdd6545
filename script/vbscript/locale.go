package vbscript

import (
	"strconv"
	"strings"
	"time"
)

// A locale is how a people writes numbers and dates, with the presets of Windows.
// SetLocale chooses one; the others are error 447.
type locale struct {
	id            int32
	name          string
	point, group  string
	money         [2]string // before and after an amount
	parens        bool      // negative amounts stand in parentheses
	dayFirst      bool
	short, long   string // patterns of dates
	noon          bool   // hours go to twelve, with AM and PM
	yes, no       string
	months, brief [12]string
	days, letters [7]string
	firstDay      int // of the week, 1 for Sunday
	firstWeek     int // of the year, as DatePart has it
}

var englishMonths = [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
var englishBrief = [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
var englishDays = [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
var englishLetters = [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// american is the locale of every script until it chooses another.
var american = &locale{
	id: 1033, name: "en-us", point: ".", group: ",", money: [2]string{"$", ""}, parens: true,
	short: "M/d/yyyy", long: "dddd, MMMM d, yyyy", noon: true, yes: "True", no: "False",
	months: englishMonths, brief: englishBrief, days: englishDays, letters: englishLetters, firstDay: 1, firstWeek: 1,
}

var locales = []*locale{american, {
	id: 2057, name: "en-gb", point: ".", group: ",", money: [2]string{"£", ""}, dayFirst: true,
	short: "dd/MM/yyyy", long: "dd MMMM yyyy", yes: "True", no: "False",
	months: englishMonths, brief: englishBrief, days: englishDays, letters: englishLetters, firstDay: 2, firstWeek: 2,
}, {
	id: 1031, name: "de-de", point: ",", group: ".", money: [2]string{"", " €"}, dayFirst: true,
	short: "dd.MM.yyyy", long: "dddd, d. MMMM yyyy", yes: "Wahr", no: "Falsch",
	months:   [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	brief:    [12]string{"Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"},
	days:     [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
	letters:  [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
	firstDay: 2, firstWeek: 2,
}, {
	id: 1036, name: "fr-fr", point: ",", group: "\u00A0", money: [2]string{"", " €"}, dayFirst: true,
	short: "dd/MM/yyyy", long: "dddd d MMMM yyyy", yes: "Vrai", no: "Faux",
	months:   [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	brief:    [12]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	days:     [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
	letters:  [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
	firstDay: 2, firstWeek: 2,
}}

// loc returns the locale of a script. Values outside of one are American.
func (in *Interp) loc() *locale {
	if in == nil {
		return american
	}
	return in.locale
}

// thisYear is that of dates without one.
func (in *Interp) thisYear() int {
	if in == nil {
		return time.Now().Year()
	}
	return in.clock().Year()
}

// languageBits are those of the language in a locale identifier. [MS-LCID] 2
const languageBits = 0x3FF

// findLocale finds what SetLocale names: a number, 0 for the preset, or a name.
func findLocale(v Value) *locale {
	if v.kind == TypeString {
		for _, l := range locales {
			// The name of a language alone means it where it comes from.
			if s := v.ref.(*text).s; strings.EqualFold(s, l.name) || strings.EqualFold(s, l.name[:2]) {
				return l
			}
		}
		if _, ok := parseNumber(v.ref.(*text).s, american); !ok {
			return nil
		}
	}
	switch n := floatOf(number(v)); n {
	case 0, 0x400, 0x800:
		return american
	default:
		for _, l := range locales {
			if n == float64(l.id) || n == float64(l.id&languageBits) {
				return l
			}
		}
	}
	return nil
}

// sign is the sign of money.
func (l *locale) sign() string { return strings.TrimSpace(l.money[0] + l.money[1]) }

// date writes a day by a pattern of d, M and y.
func (l *locale) date(pattern string, t time.Time) string {
	var b strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		n := 1
		for i+n < len(pattern) && pattern[i+n] == c {
			n++
		}
		i += n
		switch {
		case c == 'd' && n == 4:
			b.WriteString(l.days[t.Weekday()])
		case c == 'M' && n == 4:
			b.WriteString(l.months[t.Month()-1])
		case c == 'd':
			b.WriteString(padded(t.Day(), n))
		case c == 'M':
			b.WriteString(padded(int(t.Month()), n))
		case c == 'y':
			b.WriteString(strconv.Itoa(t.Year()))
		default:
			b.WriteString(strings.Repeat(string(c), n))
		}
	}
	return b.String()
}

func padded(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

// clock writes a time of day.
func (l *locale) clock(seconds int) string {
	h, rest := seconds/3600, ":"+padded(seconds/60%60, 2)+":"+padded(seconds%60, 2)
	if !l.noon {
		return padded(h, 2) + rest
	}
	half := " AM"
	if h >= 12 {
		h, half = h-12, " PM"
	}
	if h == 0 {
		h = 12
	}
	return strconv.Itoa(h) + rest + half
}

// number writes what has a point.
func (l *locale) number(s string) string {
	if l.point == "." {
		return s
	}
	return strings.Replace(s, ".", l.point, 1)
}
