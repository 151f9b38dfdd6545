package wbem

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// A QueryPlanner is a Services that can say how it answers a query.
type QueryPlanner interface {
	// PlanQuery returns the steps in which Query answers, and its error if it
	// would fail. With analyze it answers the query, keeps no result, and says
	// what was counted and how long each step took; the flags are those of
	// Query.
	PlanQuery(ctx context.Context, language, query string, o Options, analyze bool) (*QueryStep, error)
}

// A QueryStep is a step of the plan of a query and, below it, the steps it takes
// its rows from.
type QueryStep struct {
	Step   string // what is done, such as "scan"
	Detail string // to what, such as the names of classes or a condition
	// Estimate is about how many rows the step has to look at, negative if
	// nobody knows.
	Estimate int64
	// Actual is what a run has counted, nil if the plan was not run.
	Actual *StepCount
	Inputs []*QueryStep
}

// A StepCount is what a run of a query has counted in one step.
type StepCount struct {
	Rows     int64         // it looked at
	Returned int64         // it passed on
	Time     time.Duration // with the steps below it and, at the top, the caller
}

// String prints the steps, one a line, in columns, those below a step indented.
func (q *QueryStep) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	q.print(w, 0)
	_ = w.Flush() // a Builder has no errors
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (q *QueryStep) print(w *tabwriter.Writer, depth int) {
	fmt.Fprintf(w, "%s%s\t%s", strings.Repeat("  ", depth), q.Step, strings.Map(printable, q.Detail))
	if q.Estimate >= 0 {
		fmt.Fprintf(w, "\tabout %s rows", group(q.Estimate))
	} else {
		fmt.Fprint(w, "\t")
	}
	if a := q.Actual; a != nil {
		fmt.Fprintf(w, "\trows %s\treturned %s\ttime %v", group(a.Rows), group(a.Returned), a.Time.Round(time.Microsecond))
	}
	fmt.Fprintln(w)
	for _, in := range q.Inputs {
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
