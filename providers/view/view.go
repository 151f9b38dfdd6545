package view

import (
	"context"
	"iter"
	"slices"
	"sync"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// The names by which registrations find the provider: that of its
// __Win32Provider, and its CLSID. An object manager is given it under both.
const (
	Name  = "MS_VIEW_INSTANCE_PROVIDER"
	CLSID = "{AA70DDF4-E11C-11D1-ABB0-00C04FD9159E}"
)

// Registration is MOF that registers the provider in a namespace; views work
// only where it was compiled.
const Registration = `
instance of __Win32Provider { Name = "` + Name + `"; CLSID = "` + CLSID + `"; };
instance of __InstanceProviderRegistration {
	provider = "__Win32Provider.Name=\"` + Name + `\"";
	SupportsGet = TRUE; SupportsPut = TRUE; SupportsDelete = TRUE; SupportsEnumeration = TRUE;
	QuerySupportLevels = {"WQL:UnarySelect"};
};
instance of __MethodProviderRegistration { provider = "__Win32Provider.Name=\"` + Name + `\""; };
`

// MaxJoined is how many instances a join keeps at once: those of all sources but
// the first; and for how many objects of an association view one association
// may stand. More are QuotaViolation.
const MaxJoined = 1 << 18

// Options of a Provider. The zero value is good.
type Options struct {
	// Locator connects to the namespaces of other computers that views name.
	// It is given the identity of the caller, and asked only for callers who
	// let providers act in their name on other computers (impersonation level
	// 4); others get AccessDenied. Nil makes a source on another computer
	// NotSupported.
	Locator wbem.Locator

	// MaxJoined replaces the constant of that name; zero does not.
	MaxJoined int
}

// A Provider makes the instances of view classes.
type Provider struct {
	opts Options

	mu    sync.Mutex // guards plans
	plans map[*cim.Class]*plan
}

var (
	_ provider.InstanceEnumerator = (*Provider)(nil)
	_ provider.InstanceGetter     = (*Provider)(nil)
	_ provider.InstanceQuerier    = (*Provider)(nil)
	_ provider.InstancePutter     = (*Provider)(nil)
	_ provider.PartialPutter      = (*Provider)(nil)
	_ provider.MethodExecutor     = (*Provider)(nil)
)

// New returns a view provider.
func New(o Options) *Provider {
	if o.MaxJoined == 0 {
		o.MaxJoined = MaxJoined
	}
	return &Provider{opts: o, plans: map[*cim.Class]*plan{}}
}

// maxPlans is how many classes are kept with their plans. A class that was
// changed is another one, and its old plan in the way of none.
const maxPlans = 1024

// plan returns the plan of a view class.
func (p *Provider) plan(c *cim.Class) (*plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pl := p.plans[c]; pl != nil {
		return pl, nil
	}
	pl, err := compile(c)
	if err != nil {
		return nil, err
	}
	if len(p.plans) >= maxPlans {
		clear(p.plans)
	}
	p.plans[c] = pl
	return pl, nil
}

// Instances implements provider.InstanceEnumerator.
func (p *Provider) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return p.QueryInstances(ctx, r, &provider.Query{})
}

// QueryInstances implements provider.InstanceQuerier.
func (p *Provider) QueryInstances(ctx context.Context, r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		pl, err := p.plan(r.Class)
		if err != nil {
			yield(nil, err)
			return
		}
		c := newCall(p, r)
		defer c.close()
		w := wanted{conditions: q.Conditions, properties: pl.need(q.Properties)}
		for inst, err := range c.instances(ctx, pl, w) {
			if !yield(inst, err) || err != nil {
				return
			}
		}
	}
}

// GetInstance implements provider.InstanceGetter.
func (p *Provider) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	pl, err := p.plan(r.Class)
	if err != nil {
		return nil, err
	}
	c := newCall(p, r)
	defer c.close()
	for inst, err := range c.instances(ctx, pl, wanted{conditions: keyConditions(key)}) {
		if err != nil {
			return nil, err
		}
		if c.sameKeys(inst, key) {
			for _, k := range r.Class.Keys() {
				if pl.class.Properties()[k].Type() == cim.TypeReference {
					inst.Put(k, key.At(k)) // one object, however its path is written
				}
			}
			return inst, nil
		}
	}
	return nil, wbem.NotFound
}

// keyConditions returns what the keys of an instance are as conditions.
func keyConditions(key *cim.Instance) []provider.Condition {
	var conds []provider.Condition
	for _, k := range key.Class().Keys() {
		conds = append(conds, provider.Condition{Property: key.Class().Properties()[k].Name(), In: []cim.Value{key.At(k)}})
	}
	return conds
}

// sameKeys reports whether two instances of a class have the same keys.
func (c *call) sameKeys(a, b *cim.Instance) bool {
	return !slices.ContainsFunc(a.Class().Keys(), func(k int) bool {
		v, w := a.At(k), b.At(k)
		if v.Type() == cim.TypeReference && w.Type() == cim.TypeReference {
			return c.home.normal(v.Text()) != c.home.normal(w.Text())
		}
		return !v.EqualFold(w)
	})
}
