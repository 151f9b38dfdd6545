package query

import (
	"context"
	"slices"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// An access is how instances are looked for in the repository.
type access struct {
	kind    accessKind
	classes []*cim.Class // in which they are looked for; of get and seek, the topmost one
	paths   []cim.Path   // of get

	// Of seek. If there are several lookups, by values of one property that
	// has an index, a row counts only in that for its own value: a range of an
	// index may have others too.
	lookups []repository.Lookup
	own     *Constraint
	by      string // what is looked up, in words

	estimate int64 // rows, negative if not known
	step     int
}

type accessKind uint8

const (
	scan accessKind = iota // all instances of the classes
	get                    // those with some paths
	seek                   // those in ranges of keys, or of an index
)

// maxLookups is up to how many objects or ranges are looked up one by one.
const maxLookups = 256

// accesses returns how to look for instances of some classes.
func (p *Plan) accesses(ctx context.Context, v *repository.View, d *dataPlan, classes []*cim.Class) ([]*access, error) {
	var list []*access
	for len(classes) > 0 {
		// Only classes that have their keys in common can be asked together.
		key := classes[0].KeyClass()
		n := slices.IndexFunc(classes, func(c *cim.Class) bool { return c.KeyClass() != key })
		if n < 0 {
			n = len(classes)
		}
		a, err := p.access(ctx, v, d, classes[:n:n])
		if err != nil {
			return nil, err
		}
		if last := len(list) - 1; last >= 0 && a.kind == scan && list[last].kind == scan {
			list[last].classes = append(list[last].classes, a.classes...)
		} else {
			list = append(list, a)
		}
		classes = classes[n:]
	}
	for _, a := range list {
		a.step = p.newStep()
		if p.opts.Estimate && a.estimate < 0 {
			if err := a.count(ctx, v); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// access returns how to look for instances of classes that have their keys in
// common.
func (p *Plan) access(ctx context.Context, v *repository.View, d *dataPlan, classes []*cim.Class) (*access, error) {
	top := classes[0].KeyClass()
	if !top.IsA(d.class.Name()) {
		top = d.class
	}
	all := &access{kind: scan, classes: classes, estimate: -1}
	if len(d.known) == 0 {
		return all, nil
	}
	if paths := d.keyPaths(top); paths != nil {
		return &access{kind: get, classes: []*cim.Class{top}, paths: paths, estimate: int64(len(paths))}, nil
	}
	byKey := d.seekKeys(top)
	byIndex, err := d.seekIndexes(v, top)
	if err != nil {
		return nil, err
	}
	switch {
	case len(byIndex) > 0:
		return cheapest(ctx, v, all, byKey, byIndex)
	case byKey != nil:
		return byKey, nil
	}
	return all, nil
}

// constraint returns what the condition says of a property, nil if nothing.
func (d *dataPlan) constraint(p *cim.Property) *Constraint {
	i := slices.IndexFunc(d.known, func(c Constraint) bool { return cim.EqualNames(c.Property.Name(), p.Name()) })
	if i < 0 {
		return nil
	}
	return &d.known[i]
}

// exact reports whether two keys of a type are equal only if they are written
// in the same way, so that one can be looked up.
func exact(t cim.Type) bool { return t != cim.TypeDatetime && t != cim.TypeReference }

// firstKeys returns the values that the first keys of a class may have, for each
// combination one list, as far as the condition says what they are.
func (d *dataPlan) firstKeys(c *cim.Class) [][]cim.Value {
	lists := [][]cim.Value{nil}
	for _, k := range c.Keys() {
		p := c.Properties()[k]
		known := d.constraint(p)
		if known == nil || known.In == nil || !exact(p.Type()) || len(lists)*len(known.In) > maxLookups {
			break
		}
		var longer [][]cim.Value
		for _, list := range lists {
			for _, v := range known.In {
				longer = append(longer, append(list[:len(list):len(list)], v))
			}
		}
		lists = longer
	}
	return lists
}

// keyPaths returns the paths of the only objects of a class that the condition
// can be true for, nil if it does not say what all keys are.
func (d *dataPlan) keyPaths(c *cim.Class) []cim.Path {
	var paths []cim.Path
	for _, values := range d.firstKeys(c) {
		if len(values) == 0 || len(values) < len(c.Keys()) {
			return nil
		}
		p := cim.Path{Class: c.Name(), Keys: make([]cim.Key, len(values))}
		for i, k := range c.Keys() {
			p.Keys[i] = cim.NewKey(c.Properties()[k].Name(), values[i])
		}
		paths = append(paths, p)
	}
	return paths
}

// seekKeys returns the access by the first keys of a class, nil if the condition
// says nothing of them.
func (d *dataPlan) seekKeys(c *cim.Class) *access {
	a := &access{kind: seek, classes: []*cim.Class{c}, estimate: -1}
	first := d.firstKeys(c)
	if len(first) == 0 || len(first[0]) == len(c.Keys()) {
		return nil // the condition is never true, or the class has no keys
	}
	props := c.Properties()
	for _, k := range c.Keys()[:len(first[0])] {
		a.by += " and " + condition(pushed(*d.constraint(props[k])))
	}
	next := c.Keys()[len(first[0])]
	var bounds *repository.Range
	if known := d.constraint(props[next]); known != nil && known.In == nil && exact(props[next].Type()) {
		bounds = &repository.Range{Low: known.Low, High: known.High}
		a.by += " and " + condition(pushed(*known))
	}
	if a.by == "" {
		return nil
	}
	a.by = "keys " + a.by[len(" and "):]
	for _, keys := range first {
		a.lookups = append(a.lookups, repository.Lookup{Class: c.Name(), Deep: d.deep, Keys: keys, Property: next, Range: bounds})
	}
	return a
}

// seekIndexes returns the accesses by the indexes of a class that the condition
// says something of.
func (d *dataPlan) seekIndexes(v *repository.View, c *cim.Class) ([]*access, error) {
	indexes, err := v.Indexed(c.Name())
	if err != nil {
		return nil, err
	}
	var list []*access
	for _, x := range indexes {
		known := d.constraint(c.Properties()[x.Property])
		if known == nil || known.In == nil && !x.Ordered || len(known.In) > maxLookups {
			continue
		}
		a := &access{kind: seek, classes: []*cim.Class{c}, by: "index " + condition(pushed(*known)), estimate: -1}
		l := repository.Lookup{Class: c.Name(), Deep: d.deep, Property: x.Property}
		if known.In == nil {
			l.Range = &repository.Range{Low: known.Low, High: known.High}
			a.lookups = append(a.lookups, l)
		}
		for _, value := range known.In {
			l.Range = repository.Equal(value)
			a.lookups = append(a.lookups, l)
		}
		if len(known.In) > 1 {
			a.own = known
		}
		list = append(list, a)
	}
	return list, nil
}

const (
	// probed is up to how many entries of an index are counted before it is
	// used.
	probed = 1024
	// entryCost is how many rows can be scanned in the time in which one is
	// found by an index.
	entryCost = 8
	// estimated is up to how many rows are counted to be shown.
	estimated = 100_000
)

// cheapest returns the access with the fewest rows to read, or to scan in the
// same time. An index that would find more than probed is taken for one that
// finds many; then only what bounds a property on both sides counts for less
// than a scan of a large class.
func cheapest(ctx context.Context, v *repository.View, all, byKey *access, byIndex []*access) (*access, error) {
	best, least := all, 0
	for _, a := range byIndex {
		n, err := a.rows(ctx, v, probed)
		if err != nil {
			return nil, err
		}
		if n < probed {
			a.estimate = int64(n)
		} else if r := a.lookups[0].Range; r.Low.IsNull() || r.High.IsNull() {
			continue
		}
		if best == all || n < least {
			best, least = a, n
		}
	}
	other := all
	if byKey != nil {
		other = byKey
	}
	if best == all {
		return other, nil
	}
	n, err := other.rows(ctx, v, least*entryCost+1)
	if err == nil && n <= least*entryCost {
		best = other
	}
	return best, err
}

// rows returns how many rows an access looks at, but no more than limit.
func (a *access) rows(ctx context.Context, v *repository.View, limit int) (n int, err error) {
	lookups := a.lookups
	if a.kind == scan {
		lookups = nil
		for _, c := range a.classes {
			lookups = append(lookups, repository.Lookup{Class: c.Name()})
		}
	}
	for _, l := range lookups {
		found, err := v.Count(ctx, l, limit-n)
		if err != nil {
			return 0, err
		}
		if n += found; n >= limit {
			break
		}
	}
	return n, nil
}

// count estimates the rows of an access.
func (a *access) count(ctx context.Context, v *repository.View) error {
	n, err := a.rows(ctx, v, estimated)
	if err == nil && n < estimated {
		a.estimate = int64(n)
	}
	return err
}

func (a *access) explain(counts []wbem.StepCount) *wbem.QueryStep {
	e := newExplanation("scan", classNames(a.classes), a.step, counts)
	switch a.kind {
	case get:
		e.Step, e.Detail = "get", pathNames(a.paths)
	case seek:
		e.Step = "seek"
		e.Detail += " by " + a.by
	}
	e.Estimate = a.estimate
	return e
}
