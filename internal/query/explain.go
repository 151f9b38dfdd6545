package query

import (
	"fmt"
	"strings"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// newExplanation returns a step, of whose rows nothing is
// known before.
func newExplanation(step, detail string, number int, counts []wbem.StepCount) *wbem.QueryStep {
	e := &wbem.QueryStep{Step: step, Detail: detail, Estimate: -1}
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
	var names []string
	for _, l := range links {
		for _, k := range l.roles {
			names = append(names, l.class.Name()+"."+l.class.Properties()[k].Name())
		}
	}
	return list(names, "references", func(s string) string { return s })
}

// condition returns what a provider is told of a property.
func condition(c provider.Condition) string {
	switch {
	case c.In != nil:
		word := " = "
		if len(c.In) > 1 {
			word = " in "
		}
		return c.Property + word + list(c.In, "values", constant)
	case c.High.IsNull():
		return c.Property + " >= " + constant(c.Low)
	case c.Low.IsNull():
		return c.Property + " <= " + constant(c.High)
	}
	return c.Property + " from " + constant(c.Low) + " to " + constant(c.High)
}

func constant(v cim.Value) string {
	if v.Type().IsText() {
		return quote(v.Text())
	}
	return v.String()
}
