package wbem_test

import (
	"testing"
	"time"

	"openwmi/wbem"
)

func TestQueryStep(t *testing.T) {
	scan := &wbem.QueryStep{Step: "scan", Detail: "B, D", Estimate: 1234567}
	plan := &wbem.QueryStep{Step: "filter", Detail: "S = \"a\nb\"", Estimate: -1, Inputs: []*wbem.QueryStep{scan}}
	equal(t, plan.String(), "filter  S = \"a b\"\n"+
		"  scan  B, D       about 1,234,567 rows\n")
	plan.Actual = &wbem.StepCount{Rows: 1000, Returned: 1, Time: 1500400 * time.Nanosecond}
	scan.Actual = &wbem.StepCount{Rows: 999, Returned: 999, Time: time.Millisecond}
	equal(t, plan.String(), "filter  S = \"a b\"                        rows 1,000  returned 1    time 1.5ms\n"+
		"  scan  B, D       about 1,234,567 rows  rows 999    returned 999  time 1ms\n")
}
