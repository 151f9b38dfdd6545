package live

import (
	"context"
	"errors"
	"iter"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// A Source supplies one class: a *Class.
type Source interface {
	className() string
	instances(ctx context.Context, class *cim.Class, q *provider.Query) iter.Seq2[*cim.Instance, error]
	get(ctx context.Context, key *cim.Instance) (*cim.Instance, error)
	exec(ctx context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error)
	fieldNames() []string
}

// A Provider supplies some classes. Any other class is ProviderNotCapable.
type Provider struct {
	sources map[string]Source // by folded name
}

var _ interface {
	provider.InstanceEnumerator
	provider.InstanceGetter
	provider.InstanceQuerier
	provider.MethodExecutor
} = (*Provider)(nil)

// New returns the provider of some classes.
func New(classes ...Source) *Provider {
	p := &Provider{map[string]Source{}}
	p.Replace(classes...)
	return p
}

// Replace puts classes in the place of those that have their names. It must not
// be called any more once the provider is used.
func (p *Provider) Replace(classes ...Source) {
	for _, c := range classes {
		p.sources[cim.Fold(c.className())] = c
	}
}

// Answered returns, by class, the names of the properties that are not always
// NULL.
func (p *Provider) Answered() map[string][]string {
	names := map[string][]string{}
	for _, s := range p.sources {
		names[s.className()] = s.fieldNames()
	}
	return names
}

func (c *Class[T]) fieldNames() []string {
	var names []string
	for _, f := range c.Fields {
		names = append(names, f.Name)
	}
	return names
}

func (p *Provider) source(class *cim.Class) (Source, error) {
	s := p.sources[cim.Fold(class.Name())]
	if s == nil {
		return nil, cim.Errorf(wbem.ProviderNotCapable, "this provider knows nothing of class %s", class.Name())
	}
	return s, nil
}

// Instances implements provider.InstanceEnumerator.
func (p *Provider) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return p.QueryInstances(ctx, r, nil)
}

// QueryInstances implements provider.InstanceQuerier. What is not available has no
// associations, so that those of a computer can be asked for wherever it lacks
// something.
func (p *Provider) QueryInstances(ctx context.Context, r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	s, err := p.source(r.Class)
	if err != nil {
		return func(yield func(*cim.Instance, error) bool) { yield(nil, err) }
	}
	all := s.instances(with(ctx, r), r.Class, q)
	if !r.Class.IsAssociation() {
		return all
	}
	return func(yield func(*cim.Instance, error) bool) {
		some := false
		for inst, err := range all {
			if err != nil && !some && errors.Is(err, wbem.NotAvailable) || !yield(inst, err) {
				return
			}
			some = true
		}
	}
}

// GetInstance implements provider.InstanceGetter.
func (p *Provider) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	s, err := p.source(r.Class)
	if err != nil {
		return nil, err
	}
	return s.get(with(ctx, r), key)
}

// ExecMethod implements provider.MethodExecutor.
func (p *Provider) ExecMethod(ctx context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	s, err := p.source(r.Class)
	if err != nil {
		return nil, err
	}
	return s.exec(with(ctx, r), r, key, m, in)
}
