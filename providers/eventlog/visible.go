package eventlog

import (
	"context"
	"errors"
	"iter"
	"slices"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
	"openwmi/wbem"
	"openwmi/wql"
)

var _ interface {
	provider.InstanceEnumerator
	provider.InstanceGetter
	provider.InstanceQuerier
	provider.AccessChecker
} = (*Provider)(nil)

// readers are the groups that systemd lets read the journal: systemd-journald(8).
var readers = []string{"systemd-journal", "adm", "wheel"}

// visible returns nil if a caller may read the journal: AccessDenied.
func (p *Provider) visible(r *provider.Request) error {
	if p.options.Visible != nil {
		for _, dir := range p.dirs() {
			if err := p.options.Visible(r, dir); err != nil {
				return cim.Errorf(wbem.AccessDenied, "the journal: %v", err)
			}
		}
		return nil
	}
	c := r.Caller
	if !live.IsSelf(r) && (c == nil || c.Remote || c.Name == "" || c.Authority != wbem.SystemAuthority || !slices.ContainsFunc(readers, c.In)) {
		return cim.Errorf(wbem.AccessDenied, "the journal is for the user of this service, and for members of %q on this computer", readers)
	}
	return nil
}

// Instances implements provider.InstanceEnumerator.
func (p *Provider) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return p.QueryInstances(ctx, r, nil)
}

// QueryInstances implements provider.InstanceQuerier. What cannot be read has no
// associations, so that those of a computer can be asked for by everyone.
func (p *Provider) QueryInstances(ctx context.Context, r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	err := p.visible(r)
	if err == nil {
		return p.Provider.QueryInstances(ctx, r, q)
	}
	return func(yield func(*cim.Instance, error) bool) {
		if !r.Class.IsAssociation() || !errors.Is(err, wbem.AccessDenied) {
			yield(nil, err)
		}
	}
}

// GetInstance implements provider.InstanceGetter.
func (p *Provider) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	if err := p.visible(r); err != nil {
		return nil, err
	}
	return p.Provider.GetInstance(ctx, r, key)
}

// AccessCheck implements provider.AccessChecker.
func (p *Provider) AccessCheck(_ context.Context, r *provider.Request, _ *wql.Select) error {
	return p.visible(r)
}
