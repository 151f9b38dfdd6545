package query

import (
	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wql"
)

// A schemaPlan looks for classes: SELECT * FROM meta_class (wql.md 8).
type schemaPlan struct {
	query *wql.Select
	where *Filter
	// The condition can be true only for this class and, with deep, those
	// derived from it; "" if it may be true for any.
	name string
	deep bool
	step int
}

func (p *Plan) schema(q *wql.Select) (body, error) {
	s := &schemaPlan{query: q, step: p.newStep()}
	if q.Columns != nil {
		return nil, wql.Errorf(q.Source, q.Columns[0], cim.InvalidQuery, "a query on meta_class selects * and nothing else")
	}
	var err error
	if s.where, err = CompileFilter(nil, q.Where, FilterOptions{Source: q.Source}); err != nil {
		return nil, err
	}
	s.narrow(q.Where)
	return s, nil
}

// narrow finds a term that the condition implies and that names classes.
func (s *schemaPlan) narrow(e wql.Expr) {
	switch e := e.(type) {
	case *wql.And:
		for _, x := range e.X {
			s.narrow(x)
		}
	case *wql.Isa:
		if s.name == "" {
			s.name, s.deep = e.Class.Name, true
		}
	case *wql.Comparison:
		if e.Op != wql.Equal || e.Value.Value.Type() != cim.TypeString {
			return
		}
		switch name := e.Path.Names[0].Name; {
		case cim.EqualNames(name, "__CLASS"):
			s.name, s.deep = e.Value.Value.Text(), false
		case cim.EqualNames(name, "__DYNASTY") && s.name == "":
			s.name, s.deep = e.Value.Value.Text(), true
		}
	}
}

func (s *schemaPlan) run(x *run) error {
	defer x.begin(s.step)()
	if s.name != "" {
		c, err := x.view.Class(s.name)
		if cim.StatusOf(err) == cim.NotFound {
			return nil // no error (wql.md 8)
		}
		if err == nil {
			err = s.class(x, c)
		}
		if err != nil || !s.deep {
			return err
		}
	}
	for c, err := range x.view.Subclasses(s.name, true) {
		if err == nil {
			err = s.class(x, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *schemaPlan) class(x *run, c *cim.Class) error {
	if err := x.look(s.step); err != nil {
		return err
	}
	if !s.where.Match(ObjectRow(c)) {
		return nil
	}
	x.counts[s.step].Returned++
	return x.emitClass(c)
}

func (s *schemaPlan) explain(counts []wbem.StepCount) *wbem.QueryStep {
	e := newExplanation("classes", "all", s.step, counts)
	switch {
	case s.deep:
		e.Detail = s.name + " and those derived from it"
	case s.name != "":
		e.Detail, e.Estimate = s.name, 1
	}
	if !s.where.IsTrue() {
		e.Detail += " where " + s.where.String()
	}
	return e
}
