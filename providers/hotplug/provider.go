package hotplug

import (
	"context"
	_ "embed"
	"log/slog"
	"time"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
	"openwmi/wbem"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Hotplug"

// MOF declares the classes of this package in root\cimv2 and registers the
// provider.
//
//go:embed hotplug.mof
var MOF []byte

// Options of a Provider. The zero value is good.
type Options struct {
	System *live.System // nil is the one that this process runs on; of another one volumes are compared once a second
	Logger *slog.Logger // nil discards
}

// A Provider raises the events of this package.
type Provider struct {
	sys *live.System
	log *slog.Logger
}

var _ provider.EventProvider = (*Provider)(nil)

// New returns the provider.
func New(o Options) *Provider {
	p := &Provider{sys: o.System, log: o.Logger}
	if p.sys == nil {
		p.sys = &live.System{}
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	return p
}

// ProvideEvents implements provider.EventProvider. NotAvailable where there is no
// /proc.
func (p *Provider) ProvideEvents(ctx context.Context, r *provider.Request, raise func(*cim.Instance) error) error {
	h := &herald{sys: p.sys, raise: raise}
	for class, at := range map[string]**cim.Class{
		"Win32_DeviceChangeEvent":              &h.device,
		"Win32_SystemConfigurationChangeEvent": &h.configuration,
		"Win32_VolumeChangeEvent":              &h.volume,
	} {
		c, err := r.Services.GetClass(ctx, class, wbem.Options{})
		if err != nil {
			return err
		}
		*at = c
	}
	err := p.follow(ctx, h)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// A herald raises events.
type herald struct {
	sys                           *live.System
	raise                         func(*cim.Instance) error
	device, configuration, volume *cim.Class
	mounted                       volumes
}

// tell raises an event of a class. The name is that of a volume.
func (h *herald) tell(c *cim.Class, event uint16, name string) error {
	inst := cim.NewInstance(c)
	if err := inst.Set("EventType", cim.Uint16Value(event)); err != nil {
		return err
	}
	if k := c.PropertyIndex("DriveName"); k >= 0 {
		inst.Put(k, live.Text(name))
	}
	return h.raise(inst)
}

// begin looks at what is mounted.
func (h *herald) begin() (err error) {
	h.mounted, err = readVolumes(h.sys)
	return err
}

// compare tells what has happened to volumes since the last time.
func (h *herald) compare() error {
	now, err := readVolumes(h.sys)
	if err != nil {
		return err
	}
	for _, c := range changes(h.mounted, now) {
		if err := h.tell(h.volume, c.event, c.point); err != nil {
			return err
		}
	}
	h.mounted = now
	return nil
}

// interval is how often volumes are compared where nothing says when to.
const interval = time.Second

// poll tells what has happened to volumes every second.
func (h *herald) poll(ctx context.Context) error {
	if err := h.begin(); err != nil {
		return err
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := h.compare(); err != nil {
				return err
			}
		}
	}
}
