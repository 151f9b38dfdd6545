package cimom

import (
	"context"
	"iter"
	"time"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

const (
	opQuery    = "ExecQuery"
	queryFlags = wbem.Prototype | instancesFlags&^wbem.Shallow
)

// QueryLimits bound what one query may take; a query that needs more ends with
// QuotaViolation. Zero means the default, a negative number no bound.
type QueryLimits struct {
	Rows   int64         // instances, links and classes that it looks at; a hundred million
	Time   time.Duration // from start to end, with the time its caller takes; an hour
	Memory int64         // bytes that it keeps besides its results, about; 256 MiB
}

var _ wbem.QueryPlanner = (*session)(nil)

// Query implements wbem.Services.
func (s *session) Query(ctx context.Context, language, text string, o wbem.Options) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		if err := wql.CheckLanguage(language, text); err != nil {
			yield(nil, s.fail(opQuery, text, err))
			return
		}
		a := admission{op: opQuery, path: text, flags: o.Flags, legal: queryFlags}
		sequenceOf(ctx, s, a, func(s *session) (iter.Seq2[cim.Object, error], error) {
			return func(yield func(cim.Object, error) bool) {
				err := s.planned(ctx, text, o, false, func(p *query.Plan, v *repository.View) {
					for o, err := range p.Run(ctx, v) {
						if inst, ok := o.(*cim.Instance); ok && err == nil {
							err = s.showSecurity(inst)
						}
						if !yield(o, err) || err != nil {
							return
						}
					}
				})
				if err != nil {
					yield(nil, err)
				}
			}, nil
		})(yield)
	}
}

// PlanQuery implements wbem.QueryPlanner.
func (s *session) PlanQuery(ctx context.Context, language, text string, o wbem.Options, analyze bool) (*wbem.QueryStep, error) {
	if err := wql.CheckLanguage(language, text); err != nil {
		return nil, s.fail(opQuery, text, err)
	}
	run, err := s.admit(ctx, admission{op: opQuery, path: text, flags: o.Flags, legal: queryFlags})
	if err != nil {
		return nil, err
	}
	defer run.end()
	s = run.s
	var steps *wbem.QueryStep
	var failed error
	err = s.planned(ctx, text, o, true, func(p *query.Plan, v *repository.View) {
		if !analyze {
			steps = p.Explain()
			return
		}
		objects, explain := p.Analyze(ctx, v)
		for _, err := range objects {
			failed = err
		}
		steps = explain()
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, run.fail(text, err)
	}
	return steps, nil
}

// planned plans a query, perhaps with estimates, and calls fn with the plan and
// the view it is to run in.
func (s *session) planned(ctx context.Context, text string, o wbem.Options, estimate bool, fn func(*query.Plan, *repository.View)) error {
	q, err := wql.Parse(text)
	if err != nil {
		return err
	}
	show, err := s.viewer(o.Flags)
	if err != nil {
		return err
	}
	v, err := s.ns.View()
	if err != nil {
		return err
	}
	defer v.Close()
	p, err := query.Prepare(ctx, v, q, query.Options{
		Prototype:       o.Flags&wbem.Prototype != 0,
		EnsureLocatable: o.Flags&wbem.EnsureLocatable != 0,
		DirectRead:      o.Flags&wbem.DirectRead != 0,
		Estimate:        estimate,
		DayFirst:        s.locales.dayFirst,
		Budget:          query.Budget(s.m.opts.Queries),
		Show:            show.class,
		Source:          source{s, o},
		Complete:        s.completer(q, o),
		Namespace:       s.viewOf,
	})
	if err != nil {
		return err
	}
	fn(p, v)
	return nil
}

// viewOf returns a view of another namespace that the caller may enter.
func (s *session) viewOf(path string) (*repository.View, error) {
	ns, err := s.enter(path)
	if err != nil {
		return nil, err
	}
	return ns.View()
}
