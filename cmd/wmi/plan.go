package main

import (
	"context"
	"fmt"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// planPut says what a put of a class would do, and does nothing.
func (c *cli) planPut(ctx context.Context, p *putting, o wbem.Options) error {
	planner, ok := p.svc.(wbem.ClassPlanner)
	if !ok {
		return wbem.NewError("PutClass", p.class.Name, cim.Errorf(wbem.NotSupported, "this server cannot plan"))
	}
	plan, err := planner.PlanClass(ctx, p.class, o)
	if err != nil {
		return err
	}
	switch f := c.listForm(); f {
	case asTable:
		_, err = c.out.WriteString(planText(plan))
	case asJSON:
		err = c.encode(planJSON(plan))
	default:
		err = wbem.NewError("PutClass", p.class.Name, cim.Errorf(wbem.InvalidParameter, "a plan has the forms table and json, not %s", f))
	}
	return err
}

// planText says a plan in words.
func planText(p *wbem.ClassPlan) string {
	var b strings.Builder
	switch {
	case !p.Exists:
		fmt.Fprintf(&b, "create class %s\n", p.Class)
	case !p.Changed:
		fmt.Fprintf(&b, "leave class %s as it is\n", p.Class)
	case p.Structural:
		fmt.Fprintf(&b, "change class %s and its structure\n", p.Class)
	default:
		fmt.Fprintf(&b, "change qualifiers of class %s\n", p.Class)
	}
	if p.Instances > 0 {
		fmt.Fprintf(&b, "delete its %s\n", count(p.Instances, "instance", "instances"))
	}
	for _, sub := range p.Subclasses {
		if len(sub.Removed) == 0 {
			fmt.Fprintf(&b, "subclass %s inherits the change\n", sub.Class)
			continue
		}
		fmt.Fprintf(&b, "subclass %s loses %s\n", sub.Class, strings.Join(sub.Removed, ", "))
	}
	if p.Amendment != "" {
		fmt.Fprintf(&b, "write texts to %s\n", p.Amendment)
	}
	return b.String()
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// planJSON is a plan for programs.
func planJSON(p *wbem.ClassPlan) any {
	type edit struct {
		Class   string   `json:"class"`
		Removed []string `json:"removed"`
	}
	edits := make([]edit, len(p.Subclasses))
	for i, s := range p.Subclasses {
		edits[i] = edit{s.Class, append([]string{}, s.Removed...)}
	}
	return struct {
		Class      string `json:"class"`
		Exists     bool   `json:"exists"`
		Changed    bool   `json:"changed"`
		Structural bool   `json:"structural"`
		Instances  int    `json:"instances"`
		Subclasses []edit `json:"subclasses"`
		Amendment  string `json:"amendment"`
	}{p.Class, p.Exists, p.Changed, p.Structural, p.Instances, edits, p.Amendment}
}
