package query

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"openwmi/cim"
	"openwmi/provider"
)

// An Explanation is a step of a plan and, below it, the steps it takes its rows
// from.
type Explanation struct {
	Step   string // what is done, such as "scan"
	Detail string // to what, such as the names of classes or a condition
	// Estimate is about how many rows the step has to look at, negative if
	// nobody knows.
	Estimate int64
	// Actual is what a run has counted, nil if the plan was not run.
	Actual *Actual
	Inputs []*Explanation
}

// Actual is what a run has counted in one step.
type Actual struct {
	Rows     int64         // it looked at
	Returned int64         // it passed on
	Time     time.Duration // with the steps below it and, at the top, the caller
}

// String prints the steps, one a line, in columns, those below a step indented.
func (e *Explanation) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	e.print(w, 0)
	_ = w.Flush() // a Builder has no errors
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (e *Explanation) print(w *tabwriter.Writer, depth int) {
	fmt.Fprintf(w, "%s%s\t%s", strings.Repeat("  ", depth), e.Step, strings.Map(printable, e.Detail))
	if e.Estimate >= 0 {
		fmt.Fprintf(w, "\tabout %s rows", group(e.Estimate))
	} else {
		fmt.Fprint(w, "\t")
	}
	if a := e.Actual; a != nil {
		fmt.Fprintf(w, "\trows %s\treturned %s\ttime %v", group(a.Rows), group(a.Returned), a.Time.Round(time.Microsecond))
	}
	fmt.Fprintln(w)
	for _, in := range e.Inputs {
		in.print(w, depth+1)
	}
}

// printable replaces what would disturb the columns, or a terminal.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// group returns n with a comma between each three digits.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// newExplanation returns the explanation of a step, of whose rows nothing is
// known before.
func newExplanation(step, detail string, number int, counts []Actual) *Explanation {
	e := &Explanation{Step: step, Detail: detail, Estimate: -1}
	if counts != nil {
		e.Actual = &counts[number]
	}
	return e
}

// maxNames is how many names a plan shows of many.
const maxNames = 8

// list joins the names of some things of a kind.
func list[T any](things []T, kind string, name func(T) string) string {
	var b strings.Builder
	for i, t := range things {
		if i == maxNames {
			fmt.Fprintf(&b, " and %d more %s", len(things)-maxNames, kind)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name(t))
	}
	return b.String()
}

func classNames(classes []*cim.Class) string { return list(classes, "classes", (*cim.Class).Name) }

func pathNames(paths []cim.Path) string { return list(paths, "objects", cim.Path.RelPath) }

func linkNames(links []*link) string {
	return list(links, "classes", func(l *link) string {
		return l.class.Name() + "." + list(l.roles, "roles", func(k int) string { return l.class.Properties()[k].Name() })
	})
}

// condition returns what a provider is told of a property.
func condition(c provider.Condition) string {
	switch {
	case c.In != nil:
		return c.Property + " in (" + list(c.In, "values", cim.Value.String) + ")"
	case c.High.IsNull():
		return c.Property + " >= " + c.Low.String()
	case c.Low.IsNull():
		return c.Property + " <= " + c.High.String()
	}
	return c.Property + " from " + c.Low.String() + " to " + c.High.String()
}
