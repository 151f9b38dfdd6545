package query

import (
	"context"
	"errors"
	"iter"
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
)

// A run is one execution of a plan: what a plan must not hold.
type run struct {
	*meter
	plan   *Plan
	view   *repository.View
	yield  func(cim.Object, error) bool
	counts []wbem.StepCount // of each step
	failed []error          // of providers, while others may have answered
	// dynamic says of classes whether they or those derived from them are
	// dynamic.
	dynamic map[*cim.Class]bool
	// elsewhere are views of other namespaces, by folded path.
	elsewhere map[string]*repository.View
}

// errLeft says that the caller has left the loop.
var errLeft = errors.New("the loop was left")

// Run answers the query from a view. It yields instances, which belong to the
// caller, or classes; what it holds is released when the sequence ends or the
// loop is left. The view must stay open until then.
//
// The error is HandleOutOfDate if the plan does not fit the view,
// QuotaViolation when the budget is used up, or that of the context. If some
// of several providers fail, what the others have comes first, and the error is
// SPartialResults (wql.md 14.5).
func (p *Plan) Run(ctx context.Context, v *repository.View) iter.Seq2[cim.Object, error] {
	objects, _ := p.Analyze(ctx, v)
	return objects
}

// Analyze is Run, and explain returns the steps of the plan with what has been
// counted until then. The sequence can be read once.
func (p *Plan) Analyze(ctx context.Context, v *repository.View) (objects iter.Seq2[cim.Object, error], explain func() *wbem.QueryStep) {
	counts := make([]wbem.StepCount, p.steps)
	objects = func(yield func(cim.Object, error) bool) {
		m, stop := newMeter(ctx, p.opts.Budget)
		defer stop()
		x := &run{meter: m, plan: p, view: v, yield: yield, counts: counts}
		defer x.close()
		if err := x.all(); err != nil && !errors.Is(err, errLeft) {
			yield(nil, x.ended(err))
		}
	}
	return objects, func() *wbem.QueryStep { return p.body.explain(counts) }
}

// all runs the plan and returns its error.
func (x *run) all() error {
	if err := x.alive(); err != nil {
		return err
	}
	if !x.plan.Fits(x.view) {
		return cim.Errorf(cim.HandleOutOfDate, "the query was planned for other classes: plan it again")
	}
	if err := x.plan.body.run(x); err != nil {
		return err
	}
	switch {
	case len(x.failed) == 0:
		return nil
	case x.returned == 0:
		return x.failed[0]
	}
	return cim.Errorf(cim.SPartialResults, "%v", errors.Join(x.failed...))
}

func (x *run) close() {
	for _, v := range x.elsewhere {
		v.Close()
	}
}

// emit yields an object.
func (x *run) emit(o cim.Object) error {
	x.returned++
	if !x.yield(o, nil) {
		return errLeft
	}
	return nil
}

// look counts a row that a step looks at.
func (x *run) look(step int) error {
	x.counts[step].Rows++
	return x.row()
}

// begin starts the clock of a step; the function that it returns stops it.
func (x *run) begin(step int) func() {
	start := time.Now()
	return func() { x.counts[step].Time += time.Since(start) }
}

// maxFailed is how many errors of providers a run keeps.
const maxFailed = 16

// tolerate notes the error of a provider, which must not hide what others know
// (wql.md 14.5), and returns one that ends the run nevertheless.
func (x *run) tolerate(err error) error {
	if errors.Is(err, errLeft) || x.ctx.Err() != nil {
		return err
	}
	if len(x.failed) < maxFailed {
		x.failed = append(x.failed, err)
	}
	return nil
}

// complete returns a row with what property providers have of it if it is stored.
// The zero Row is one that they failed for.
func (x *run) complete(row Row) (Row, error) {
	if row.record == nil || !row.record.HasQualifiers() && !row.class.HasDynProps() || x.plan.opts.Complete == nil {
		return row, nil
	}
	inst, err := row.record.Instance()
	if err != nil {
		return Row{}, err
	}
	if err := x.plan.opts.Complete(x.ctx, inst); err != nil {
		return Row{}, x.tolerate(err)
	}
	return ObjectRow(inst), nil
}

// source returns what has the instances of dynamic classes.
func (p *Plan) source() Source {
	if p.opts.Source == nil {
		return noSource{}
	}
	return p.opts.Source
}

// noSource is the Source of those who have none.
type noSource struct{}

func (noSource) Provided(context.Context, *cim.Class, bool) ([]*cim.Class, error) { return nil, nil }

func (noSource) Queried(context.Context, *cim.Class) bool { return false }

func (noSource) Instance(_ context.Context, class *cim.Class, _ cim.Path, _ bool) (*cim.Instance, error) {
	return nil, noProvider(class)
}

func (noSource) Instances(_ context.Context, class *cim.Class, _ bool, _ *provider.Query) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) { yield(nil, noProvider(class)) }
}

func noProvider(c *cim.Class) error {
	return cim.Errorf(cim.ProviderNotFound, "nobody supplies instances of dynamic classes, such as %s or one derived from it", c.Name())
}
