package view

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/provider"
	"openwmi/wbem"
)

// A call is one operation on a view. It belongs to one goroutine.
type call struct {
	p    *Provider
	r    *provider.Request
	home place // of the view

	spaces map[space]wbem.Services // that were opened
	leaves map[*plan][][]*leaf
	seen   map[string][]string // paths of view objects by that of an object of a source
}

func newCall(p *Provider, r *provider.Request) *call {
	return &call{
		p: p, r: r, home: placeOf(r.Services),
		spaces: map[space]wbem.Services{}, leaves: map[*plan][][]*leaf{}, seen: map[string][]string{},
	}
}

func (c *call) close() {
	for _, s := range c.spaces {
		if s != c.r.Services {
			_ = s.Close() // what was read from it is complete
		}
	}
}

// options returns those with which sources are asked.
func (c *call) options() wbem.Options {
	return wbem.Options{Context: c.r.Context, Impersonation: c.r.Impersonation}
}

// open returns a namespace as the caller sees it.
func (c *call) open(ctx context.Context, at space) (wbem.Services, error) {
	if s := c.spaces[at]; s != nil {
		return s, nil
	}
	s, err := c.connect(ctx, at)
	if err == nil {
		c.spaces[at] = s
	}
	return s, err
}

func (c *call) connect(ctx context.Context, at space) (wbem.Services, error) {
	const delegate = 4
	locator := c.p.opts.Locator
	switch here := c.home.isHere(at.server); {
	case here && (at.namespace == "" || cim.EqualNames(at.namespace, c.home.namespace)):
		return c.r.Services, nil
	case here && c.r.Connect == nil:
		return nil, cim.Errorf(wbem.NotSupported, "other namespaces cannot be opened from here")
	case here:
		return c.r.Connect(ctx, at.namespace)
	case locator == nil:
		return nil, cim.Errorf(wbem.NotSupported, "computer %s is not this one, and there is no way to it", at.server)
	case c.r.Impersonation < delegate:
		return nil, cim.Errorf(wbem.AccessDenied, "providers may not act for the caller on computer %s", at.server)
	}
	return locator.Connect(ctx, `\\`+at.server+`\`+at.namespace, wbem.ConnectOptions{Identity: c.r.Caller, Locale: c.r.Locale})
}

// bind returns what the sources of a plan are at this moment for this caller:
// one leaf for each namespace of each source. All are looked at before any is
// read, so that who lacks a right somewhere gets nothing.
func (c *call) bind(ctx context.Context, pl *plan) ([][]*leaf, error) {
	if leaves := c.leaves[pl]; leaves != nil {
		return leaves, nil
	}
	keys := -1
	var leaves [][]*leaf
	for _, s := range pl.sources {
		var of []*leaf
		for _, at := range s.spaces {
			l, err := c.leaf(ctx, pl, s, at)
			if err != nil {
				return nil, err
			}
			if n := len(l.class.Keys()); keys < 0 {
				keys = n
			} else if keys != n && pl.kind == union {
				return nil, pl.wrong("ViewSources", s.index, "class %s has %d keys, and the first source %d", l.class.Name(), n, keys)
			}
			of = append(of, l)
		}
		leaves = append(leaves, of)
	}
	for _, m := range pl.on {
		if err := pl.comparable(m, leaves[m.left.source], leaves[m.right.source]); err != nil {
			return nil, err
		}
	}
	for _, p := range pl.props {
		if pl.rewritten(p) {
			if _, err := c.views(ctx, p); err != nil {
				return nil, err
			}
		}
	}
	c.leaves[pl] = leaves
	return leaves, nil
}

// comparable checks that a condition compares in one way, whatever namespaces its
// sources are in.
func (pl *plan) comparable(m *match, left, right []*leaf) error {
	how := m.comparison(left[0].class, right[0].class)
	for _, l := range left {
		for _, r := range right {
			if other := m.comparison(l.class, r.class); other == incomparable || other != how {
				return pl.wrong("JoinOn", -1, "%s.%s in %s and %s.%s in %s are of types that do not compare, or not as elsewhere",
					l.class.Name(), m.left.name, l.at.namespace, r.class.Name(), m.right.name, r.at.namespace)
			}
		}
	}
	return nil
}

func (c *call) leaf(ctx context.Context, pl *plan, s *source, at space) (*leaf, error) {
	services, err := c.open(ctx, at)
	if err != nil {
		return nil, pl.elsewhere("ViewSpaces", s, err)
	}
	class, err := services.GetClass(ctx, s.query.Class.Name, wbem.Options{})
	if cim.StatusOf(err) == wbem.NotFound {
		return nil, pl.wrong("ViewSources", s.index, "class %s does not exist in %s", s.query.Class.Name, services.Namespace())
	}
	if err != nil {
		return nil, pl.elsewhere("ViewSources", s, err)
	}
	if err := pl.fit(s, class); err != nil {
		return nil, err
	}
	return &leaf{plan: pl, source: s, services: services, class: class, at: placeOf(services)}, nil
}

// elsewhere says for which entry of the declaration an operation in the
// namespace of a source has failed. It leaves alone what a caller may not know
// more of, and the end of a context.
func (pl *plan) elsewhere(qualifier string, s *source, err error) error {
	status := cim.StatusOf(err)
	switch {
	case status == wbem.AccessDenied, status == wbem.CallCancelled, status == wbem.Timeout, status == wbem.ShuttingDown:
		return err
	case !status.Failed():
		status = wbem.ProviderFailure // some of several providers have failed
	}
	return wrong(status, pl.class.Name(), qualifier, s.index, "%v", err)
}

// A wanted says which objects of a view are asked for.
type wanted struct {
	conditions []provider.Condition // on properties of the view
	properties []bool               // that are looked at; nil for all
	paths      bool                 // rows are to know where they are stored

	// only, if not nil, is a source, of which those are wanted that meet its
	// own conditions.
	only      *leaf
	onlyConds []provider.Condition
}

func (w *wanted) needs(k int) bool { return w.properties == nil || w.properties[k] }

// A row is an instance of a source.
type row struct {
	*leaf
	inst *cim.Instance
}

// rows yields that of which the objects of a view are made: one row, or of a
// join one of each source in their order. What is yielded is valid until the
// next one is asked for. ctx is within the view.
func (c *call) rows(ctx context.Context, pl *plan, w wanted) iter.Seq2[[]row, error] {
	return func(yield func([]row, error) bool) {
		leaves, err := c.bind(ctx, pl)
		if err != nil {
			yield(nil, err)
			return
		}
		var asks [][]*ask
		for _, of := range leaves {
			var list []*ask
			for _, l := range of {
				a, err := c.ask(ctx, l, &w)
				if err != nil {
					yield(nil, err)
					return
				}
				if a != nil {
					list = append(list, a)
				}
			}
			asks = append(asks, list)
		}
		if pl.kind == join {
			c.joined(ctx, pl, asks)(yield)
			return
		}
		for _, of := range asks {
			for _, a := range of {
				for r, err := range a.rows(ctx, c) {
					if !yield([]row{r}, err) || err != nil {
						return
					}
				}
			}
		}
	}
}

// instances yields objects of a view.
func (c *call) instances(ctx context.Context, pl *plan, w wanted) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		ctx, err := within(ctx, c.home, pl.class)
		if err != nil {
			yield(nil, err)
			return
		}
		for rows, err := range c.rows(ctx, pl, w) {
			if err != nil {
				yield(nil, err)
				return
			}
			made, err := c.objects(ctx, pl, rows, &w)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, inst := range made {
				if pl.after != nil && !pl.after.Match(query.ObjectRow(inst)) {
					continue
				}
				if !yield(inst, nil) {
					return
				}
			}
		}
	}
}

// objects returns the objects that rows make: one, or of an association view one
// for each combination of the objects that its references stand for.
func (c *call) objects(ctx context.Context, pl *plan, rows []row, w *wanted) ([]*cim.Instance, error) {
	inst := cim.NewInstance(pl.class)
	made := []*cim.Instance{inst}
	for k, p := range pl.props {
		if p.hidden || !w.needs(k) {
			continue
		}
		r := rows[0]
		if pl.kind == join {
			owner := pl.owner(p)
			if owner < 0 {
				inst.Put(k, cim.Value{})
				continue
			}
			r = rows[owner]
		}
		v := r.value(k)
		if pl.rewritten(p) && !v.IsNull() {
			paths, err := c.viewPaths(ctx, r.leaf, p, v.Text())
			if err != nil {
				return nil, err
			}
			if len(made)*len(paths) > c.p.opts.MaxJoined {
				return nil, cim.Errorf(wbem.QuotaViolation, "class %s: an association stands for more than %d", pl.class.Name(), c.p.opts.MaxJoined)
			}
			made = spread(made, k, paths)
			continue
		}
		v, err := r.show(v, p)
		if err != nil {
			return nil, err
		}
		for _, inst := range made {
			inst.Put(k, v)
		}
	}
	return made, nil
}

// spread returns the instances once for each of some references.
func spread(made []*cim.Instance, k int, paths []string) []*cim.Instance {
	var out []*cim.Instance
	for _, path := range paths {
		for _, inst := range made {
			inst = inst.Clone()
			inst.Put(k, cim.ReferenceValue(path))
			out = append(out, inst)
		}
	}
	return out
}

// show returns a value of a source as the view has it: of its type, and a path
// so that it leads to the same object.
func (l *leaf) show(v cim.Value, p *property) (cim.Value, error) {
	if v.IsNull() {
		return v, nil
	}
	if p.Type() == cim.TypeReference {
		return cim.ReferenceValue(l.at.qualify(v.Text())), nil
	}
	shown, err := cim.Convert(v, p.Type())
	if err != nil {
		return v, cim.Errorf(cim.StatusOf(err), "class %s, property %s from %s of %s: %v",
			l.plan.class.Name(), p.Name(), p.from[l.source.index], l.class.Name(), err)
	}
	return shown, nil
}
