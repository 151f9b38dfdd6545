package source

import (
	"fmt"
	"slices"
)

// MaxErrors is how many errors, and how many warnings, a List keeps unless it
// says otherwise. Who reads a text stops at a full list.
const MaxErrors = 100

// A Severity says whether a diagnostic forbids to go on.
type Severity uint8

// The severities.
const (
	Error   Severity = iota // the text is wrong
	Warning                 // the text is accepted, and probably not as meant
)

// A Diagnostic says what is wrong in one place.
type Diagnostic struct {
	File *File
	Span
	Code     uint32 // a status of the language, such as WBEMMOF_E_EXPECTED_SEMI; 0 if it has none
	Severity Severity
	Msg      string
}

// Error returns the diagnostic in one line: file:line:column: message.
func (d *Diagnostic) Error() string {
	pos := d.File.Position(d.Pos).String()
	if d.Severity == Warning {
		return pos + ": warning: " + d.Msg
	}
	return pos + ": " + d.Msg
}

// A List collects diagnostics. The zero List is empty and ready to use.
type List struct {
	// Max bounds the errors kept, and the warnings kept. Zero means MaxErrors.
	Max int

	diags    []Diagnostic
	errors   int
	warnings int
	sorted   bool
}

func (l *List) max() int {
	if l.Max > 0 {
		return l.Max
	}
	return MaxErrors
}

// Add appends d, or drops it when as many of its severity are there as the
// list may keep.
func (l *List) Add(d Diagnostic) {
	if l.Room(d.Severity) {
		l.diags = append(l.diags, d)
		l.sorted = false
	}
	if d.Severity == Warning {
		l.warnings++
	} else {
		l.errors++
	}
}

// Room reports whether a diagnostic of the severity would be kept.
func (l *List) Room(s Severity) bool {
	if s == Warning {
		return l.warnings < l.max()
	}
	return l.errors < l.max()
}

// Errors returns how many errors were added, dropped ones included.
func (l *List) Errors() int { return l.errors }

// Full reports whether the next error would be dropped.
func (l *List) Full() bool { return !l.Room(Error) }

// All returns what was added, ordered by place. Files come in the order in which
// something was first found in them.
func (l *List) All() []Diagnostic {
	if !l.sorted {
		order := make(map[*File]int)
		for i := range l.diags {
			if f := l.diags[i].File; order[f] == 0 {
				order[f] = 1 + len(order)
			}
		}
		slices.SortStableFunc(l.diags, func(a, b Diagnostic) int {
			if c := order[a.File] - order[b.File]; c != 0 {
				return c
			}
			return int(a.Pos) - int(b.Pos)
		})
		l.sorted = true
	}
	return l.diags
}

// Err returns the list as an error if it has errors, else nil.
func (l *List) Err() error {
	if l.errors == 0 {
		return nil
	}
	return l
}

// Error returns the first error, and how many follow.
func (l *List) Error() string {
	for _, d := range l.All() {
		if d.Severity != Error {
			continue
		}
		if l.errors == 1 {
			return d.Error()
		}
		return fmt.Sprintf("%s (and %d more)", d.Error(), l.errors-1)
	}
	return "no errors"
}

// Unwrap returns the errors of the list without its warnings.
func (l *List) Unwrap() []error {
	var errs []error
	for i, all := 0, l.All(); i < len(all); i++ {
		if all[i].Severity == Error {
			errs = append(errs, &all[i])
		}
	}
	return errs
}
