package query

import (
	"fmt"
	"strings"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// An Explanation is a step of a plan and, below it, the steps it takes its rows
// from.
type Explanation = wbem.QueryStep

// Actual is what a run has counted in one step.
type Actual = wbem.StepCount

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
