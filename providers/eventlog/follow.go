package eventlog

import (
	"context"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/internal/journal"
	"openwmi/wbem"
)

var _ provider.EventProvider = (*Provider)(nil)

// ProvideEvents raises an __InstanceCreationEvent for each entry that is written
// from now on.
func (p *Provider) ProvideEvents(ctx context.Context, r *provider.Request, raise func(*cim.Instance) error) error {
	users := map[string]string{}
	dirs := p.dirs()
	for e, err := range journal.Follow(ctx, dirs) {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return unavailable(err, dirs)
		}
		event, err := p.created(ctx, r.Services, &record{entry: e, users: users})
		if err != nil {
			return err
		}
		if err := raise(event); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// created returns the event that an entry was written.
func (p *Provider) created(ctx context.Context, svc wbem.Services, rec *record) (*cim.Instance, error) {
	class, err := svc.GetClass(ctx, ClassEvent, wbem.Options{})
	if err != nil {
		return nil, err
	}
	event, err := svc.GetClass(ctx, "__InstanceCreationEvent", wbem.Options{})
	if err != nil {
		return nil, err
	}
	inst := cim.NewInstance(event)
	return inst, inst.Set("TargetInstance", cim.ObjectValue(p.records.Instance(class, rec)))
}
