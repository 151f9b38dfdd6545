package main

import (
	"context"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// explain prints how a query would be answered or, with analyze, how it was.
func (c *cli) explain(ctx context.Context, svc wbem.Services, query string, analyze bool) error {
	planner, ok := svc.(wbem.QueryPlanner)
	if !ok {
		return wbem.NewError("ExecQuery", query, cim.Errorf(wbem.NotSupported, "this server does not say how it answers queries"))
	}
	steps, err := planner.PlanQuery(ctx, language, query, wbem.Options{}, analyze)
	if err != nil {
		return err
	}
	switch f := c.listForm(); f {
	case asTable:
		_, err = c.out.WriteString(steps.String())
	case asJSON:
		err = c.encode(stepJSON(steps))
	default:
		err = wbem.NewError("ExecQuery", query, cim.Errorf(wbem.InvalidParameter, "a plan has the forms table and json, not %s", f))
	}
	return err
}

// A planStep is a step of a plan for programs.
type planStep struct {
	Step     string     `json:"step"`
	Detail   string     `json:"detail,omitempty"`
	Estimate *int64     `json:"estimate,omitempty"` // rows
	Rows     *int64     `json:"rows,omitempty"`
	Returned *int64     `json:"returned,omitempty"`
	Seconds  *float64   `json:"seconds,omitempty"`
	Inputs   []planStep `json:"inputs,omitempty"`
}

func stepJSON(q *wbem.QueryStep) planStep {
	s := planStep{Step: q.Step, Detail: q.Detail}
	if q.Estimate >= 0 {
		s.Estimate = &q.Estimate
	}
	if a := q.Actual; a != nil {
		seconds := a.Time.Round(time.Microsecond).Seconds()
		s.Rows, s.Returned, s.Seconds = &a.Rows, &a.Returned, &seconds
	}
	for _, in := range q.Inputs {
		s.Inputs = append(s.Inputs, stepJSON(in))
	}
	return s
}
