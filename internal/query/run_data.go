package query

import (
	"openwmi/cim"
	"openwmi/internal/repository"
)

func (d *dataPlan) run(x *run) error {
	if d.none != "" {
		return nil
	}
	defer x.begin(d.step.filter)()
	r := &dataRun{run: x, data: d, results: x.results(d.columns, false)}
	if len(d.provided) > 0 {
		if d.mixed && len(d.stored) > 0 {
			r.seen = map[string]struct{}{}
		}
		if err := r.askProviders(); err != nil {
			return err
		}
	}
	for _, a := range d.stored {
		if err := r.read(a); err != nil {
			return err
		}
	}
	return nil
}

// A dataRun is a run of a dataPlan.
type dataRun struct {
	*run
	data    *dataPlan
	results *results
	// seen are the identities of what providers have delivered, if it may be
	// stored as well: the provider has the last word then. Nil if it cannot.
	seen map[string]struct{}
}

// row takes a row that a step has found.
func (r *dataRun) row(step int, row Row) error {
	r.counts[step].Returned++
	r.counts[r.data.step.filter].Rows++
	match := r.data.where.Match(row)
	if row.record != nil && row.record.Err() != nil {
		return row.record.Err() // what is damaged read as NULL
	}
	if !match {
		return nil
	}
	r.counts[r.data.step.filter].Returned++
	return r.results.add(row)
}

// take takes a stored row.
func (r *dataRun) take(step int, rec *repository.Record) error {
	if err := r.look(step); err != nil {
		return err
	}
	row, err := r.complete(RecordRow(rec))
	if err != nil || row.class == nil {
		return err
	}
	if r.seen != nil {
		if _, ok := r.seen[identity(row)]; ok {
			return nil
		}
	}
	return r.row(step, row)
}

// read reads from the repository.
func (r *dataRun) read(a *access) error {
	defer r.begin(a.step)()
	switch a.kind {
	case get:
		return r.get(a)
	case seek:
		return r.seek(a)
	}
	for _, c := range a.classes {
		for rec, err := range r.view.Records(r.ctx, c.Name(), false) {
			if err == nil {
				err = r.take(a.step, rec)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *dataRun) get(a *access) error {
	for _, p := range a.paths {
		rec, err := r.view.Record(p, !r.data.deep)
		if cim.StatusOf(err) == cim.NotFound {
			continue
		}
		if err == nil {
			err = r.take(a.step, rec)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *dataRun) seek(a *access) error {
	for i, l := range a.lookups {
		for rec, err := range r.view.Seek(r.ctx, l) {
			switch {
			case err != nil:
			case a.own != nil && !a.own.isOf(RecordRow(rec), i):
				err = r.look(a.step) // another lookup finds it
			default:
				err = r.take(a.step, rec)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// isOf reports whether the property has the value c.In[i].
func (c *Constraint) isOf(row Row, i int) bool {
	v := row.at(row.class.PropertyIndex(c.Property.Name()))
	switch {
	case v.IsNull():
		return false
	case v.Type() == cim.TypeReference:
		return compareFold(normalPath(v.Text(), row.origin()), c.In[i].Text()) == 0
	}
	return compareValues(v, c.In[i]) == 0
}

// askProviders takes what providers have.
func (r *dataRun) askProviders() error {
	step := r.data.step.provider
	defer r.begin(step)()
	paths := r.data.paths
	for i, p := range paths {
		inst, err := r.plan.source().Instance(r.ctx, r.data.class, p, !r.data.deep)
		switch cim.StatusOf(err) {
		case cim.OK:
			if err := r.supplied(step, inst); err != nil {
				return err
			}
		case cim.NotFound:
		case cim.ProviderNotCapable:
			if i == 0 {
				return r.enumerate(step)
			}
			fallthrough
		default:
			if err := r.tolerate(err); err != nil {
				return err
			}
		}
	}
	if paths != nil {
		return nil
	}
	return r.enumerate(step)
}

func (r *dataRun) enumerate(step int) error {
	for inst, err := range r.plan.source().Instances(r.ctx, r.data.class, r.data.deep, r.data.ask) {
		if err != nil {
			return r.tolerate(err)
		}
		if err := r.supplied(step, inst); err != nil {
			return err
		}
	}
	return nil
}

// supplied takes an instance of a provider.
func (r *dataRun) supplied(step int, inst *cim.Instance) error {
	if err := r.look(step); err != nil {
		return err
	}
	if !r.data.supplied.has(inst.Class()) {
		return nil // the condition excludes its class
	}
	row := ObjectRow(inst)
	if r.seen != nil {
		id := identity(row)
		if err := r.hold(len(id) + 32); err != nil {
			return err
		}
		r.seen[id] = struct{}{}
	}
	return r.row(step, row)
}

// identity returns what a row has in common with those of other classes that
// are the same object: its keys, in the form in which they compare (put.md 5.1).
func identity(row Row) string {
	b := append([]byte(cim.Fold(row.class.KeyClass().Name())), 0)
	for _, k := range row.class.Keys() {
		v := row.at(k)
		if !v.IsNull() {
			b = append(b, cim.Fold(cim.NewKey("", v).Normal().Text)...)
		}
		b = append(b, 0)
	}
	return string(b)
}
