package query

import (
	"context"
	"errors"
	"fmt"
	"time"

	"openwmi/cim"
)

// A Budget bounds what one run of a query may take. Zero means the default, a
// negative number no bound. A query that uses it up ends with QuotaViolation
// (wql.md 13), and the error says which part it was.
type Budget struct {
	Rows   int64         // instances, links and classes that are looked at; DefaultRows
	Time   time.Duration // from the start of the run, with the time the caller takes; DefaultTime
	Memory int64         // bytes that the query keeps besides the results, about; DefaultMemory
}

// What a query may take if its Budget does not say.
const (
	DefaultRows   = 100_000_000
	DefaultTime   = time.Hour
	DefaultMemory = 256 << 20
)

func (b Budget) withDefaults() Budget {
	if b.Rows == 0 {
		b.Rows = DefaultRows
	}
	if b.Time == 0 {
		b.Time = DefaultTime
	}
	if b.Memory == 0 {
		b.Memory = DefaultMemory
	}
	return b
}

// A meter counts what a run has taken.
type meter struct {
	budget   Budget
	ctx      context.Context
	rows     int64 // looked at
	returned int64
	memory   int64
}

// checkEvery is how many rows are looked at between two looks at the context.
const checkEvery = 64

// errTime is the cause of a context that ends because of Budget.Time.
var errTime = errors.New("the time of the query is used up")

// newMeter returns a meter whose context ends with ctx or when the time of the
// budget is used up. stop releases it.
func newMeter(ctx context.Context, b Budget) (m *meter, stop func()) {
	m = &meter{budget: b.withDefaults(), ctx: ctx}
	if m.budget.Time < 0 {
		return m, func() {}
	}
	m.ctx, stop = context.WithTimeoutCause(ctx, m.budget.Time, errTime)
	return m, stop
}

// row counts a row. It returns an error when the query must end: by the budget,
// or with the context.
func (m *meter) row() error {
	m.rows++
	if m.budget.Rows >= 0 && m.rows > m.budget.Rows {
		m.rows--
		return m.exceeded(fmt.Sprintf("%d rows that it may look at", m.budget.Rows),
			"bind all keys or an indexed property in the condition")
	}
	if m.rows%checkEvery == 0 {
		return m.alive()
	}
	return nil
}

// alive returns the error of a context that has ended.
func (m *meter) alive() error {
	if err := m.ctx.Err(); err != nil {
		return m.ended(err)
	}
	return nil
}

// ended returns err, or QuotaViolation if it comes from the context because the
// time is used up.
func (m *meter) ended(err error) error {
	if err != nil && m.ctx.Err() != nil && errors.Is(context.Cause(m.ctx), errTime) {
		return m.exceeded(fmt.Sprintf("%v that it may take", m.budget.Time),
			"bind all keys or an indexed property in the condition, or read the results faster")
	}
	return err
}

// hold counts bytes that are kept until the run ends.
func (m *meter) hold(bytes int) error {
	m.memory += int64(bytes)
	if m.budget.Memory >= 0 && m.memory > m.budget.Memory {
		return m.exceeded(fmt.Sprintf("%d bytes of memory that it may keep", m.budget.Memory),
			"ask for fewer objects at a time")
	}
	return nil
}

func (m *meter) exceeded(limit, advice string) error {
	return cim.Errorf(cim.QuotaViolation, "the query has used up the %s, after it looked at %d rows and returned %d objects: %s",
		limit, m.rows, m.returned, advice)
}
