package cimom

import (
	"context"
	"iter"
	"slices"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/query"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// A source has the instances of dynamic classes for a query of a session.
type source struct {
	s *session
	o wbem.Options // of the query
}

var _ query.Source = source{}

// Provided implements query.Source.
func (q source) Provided(ctx context.Context, class *cim.Class, deep bool) ([]*cim.Class, error) {
	suppliers, err := q.s.suppliers(ctx, class, deep)
	var classes []*cim.Class
	for _, sup := range suppliers {
		classes = append(classes, sup.class)
	}
	return classes, err
}

// Queried implements query.Source.
func (q source) Queried(ctx context.Context, class *cim.Class) bool {
	sup := q.s.supplier(ctx, class)
	return sup != nil && sup.able(func(a *abilities) bool { return a.query }) == nil
}

// Instance implements query.Source.
func (q source) Instance(ctx context.Context, class *cim.Class, path cim.Path, direct bool) (*cim.Instance, error) {
	suppliers, err := q.s.suppliers(ctx, class, !direct)
	if err != nil {
		return nil, err
	}
	owner, inst, err := q.s.findProvided(ctx, suppliers, path, q.o)
	if owner == nil && err == nil {
		err = wbem.NotFound
	}
	return inst, err
}

// Instances implements query.Source.
func (q source) Instances(ctx context.Context, class *cim.Class, deep bool, ask *provider.Query) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		suppliers, err := q.s.suppliers(ctx, class, deep)
		stored := false
		if err == nil {
			stored, err = q.s.haveStored(ctx, class, suppliers)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		m := &merger{s: q.s, suppliers: suppliers, yield: yield}
		if m.run(ctx, q.supply(suppliers, stored, ask)) && m.failed != nil {
			yield(nil, m.failed)
		}
	}
}

// supply asks providers that take queries for what a query wants, and all others
// for everything. stored says that an object which a provider has may stand in
// the repository too: then it has to be known even if the query does not want
// it, because it hides the stored one.
func (q source) supply(suppliers []*supplier, stored bool, ask *provider.Query) supply {
	all := q.s.all(q.o)
	whole := *ask
	if whole.Properties == nil {
		whole.Properties = looked(ask.Select)
	}
	return func(ctx context.Context, sup *supplier) iter.Seq2[*cim.Instance, error] {
		if sup.able(func(a *abilities) bool { return a.query }) != nil {
			return all(ctx, sup)
		}
		ask := &whole
		if stored || related(suppliers, sup.class) {
			ask = onlyKeys(sup.class, ask)
		}
		return func(yield func(*cim.Instance, error) bool) {
			first := true
			found := stream(ctx, q.s, sup, q.o, func(ctx context.Context, p provider.InstanceQuerier, r *provider.Request) iter.Seq2[*cim.Instance, error] {
				return p.QueryInstances(ctx, r, ask)
			})
			for inst, err := range found {
				if first && cim.StatusOf(err) == wbem.ProviderNotCapable {
					all(ctx, sup)(yield)
					return
				}
				first = false
				if !yield(inst, err) || err != nil {
					return
				}
			}
		}
	}
}

// related reports whether another supplier may have a part of the instances of a
// class, or of what are instances of a subclass.
func related(suppliers []*supplier, c *cim.Class) bool {
	return slices.ContainsFunc(suppliers, func(sup *supplier) bool {
		return sup.class != c && (sup.class.IsA(c.Name()) || c.IsA(sup.class.Name()))
	})
}

// onlyKeys returns what a query wants of a provider that may have only a part of
// each object: the keys are all that every part has.
func onlyKeys(c *cim.Class, q *provider.Query) *provider.Query {
	keys := &provider.Query{}
	for _, cond := range q.Conditions {
		if p := c.Property(cond.Property); p != nil && p.IsKey() {
			keys.Conditions = append(keys.Conditions, cond)
		}
	}
	return keys
}

// looked returns the names of the properties that a query looks at, nil for
// all.
func looked(q *wql.Select) []string {
	if q == nil || q.Columns == nil {
		return nil
	}
	names := []string{}
	add := func(p *wql.Path) { names = append(names, p.Names[0].Name) }
	for _, c := range q.Columns {
		add(c)
	}
	for e := range wql.Preorder(q.Where) {
		if t, ok := e.(wql.Term); ok {
			add(t.Operand())
		}
	}
	names = slices.DeleteFunc(names, cim.IsSystemName)
	slices.SortFunc(names, cim.CompareNames)
	return slices.CompactFunc(names, cim.EqualNames)
}

// A poller reads instances for events about dynamic classes.
type poller struct{ m *Manager }

var _ event.Poller = poller{}

// Snapshot implements event.Poller.
func (p poller) Snapshot(ctx context.Context, namespace string, q *wql.Select, who *wbem.Identity) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		s, err := p.m.Connect(ctx, namespace, wbem.ConnectOptions{Identity: who})
		if err != nil {
			yield(nil, err)
			return
		}
		if q.Where == nil {
			for inst, err := range s.Instances(ctx, q.Class.Name, wbem.Options{}) {
				if !yield(inst, err) || err != nil {
					return
				}
			}
			return
		}
		for o, err := range s.Query(ctx, "WQL", q.String(), wbem.Options{}) {
			inst, _ := o.(*cim.Instance)
			if !yield(inst, err) || err != nil {
				return
			}
		}
	}
}
