package trace

import (
	"context"
	_ "embed"
	"encoding/binary"
	"log/slog"
	"time"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
	"openwmi/wbem"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Trace"

// MOF declares the classes of this package in root\cimv2 and registers the
// provider.
//
//go:embed trace.mof
var MOF []byte

// Options of a Provider. The zero value is good.
type Options struct {
	System *live.System // nil is the one that this process runs on; another one is compared once a second
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
	began := time.Now()
	now := monotonic
	if now == nil {
		now = func() uint64 { return uint64(time.Since(began)) }
	}
	t := newTable(p.sys, now)
	for class, tell := range map[string]*func(*process, uint64) error{"Win32_ProcessStartTrace": &t.start, "Win32_ProcessStopTrace": &t.stop} {
		c, err := r.Services.GetClass(ctx, class, wbem.Options{})
		if err != nil {
			return err
		}
		*tell = func(q *process, at uint64) error {
			return raise(q.event(c, time.Now().Add(-time.Duration(max(now(), at)-at))))
		}
	}
	err := p.follow(ctx, t)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// interval is how often processes are compared where the kernel does not tell of
// them.
const interval = time.Second

// compare tells of what is different every second.
func compare(ctx context.Context, t *table) error {
	if err := t.scan(false); err != nil {
		return err
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := t.scan(true); err != nil {
				return err
			}
		}
	}
}

// event returns what is told of a process, at a time.
func (p *process) event(c *cim.Class, at time.Time) *cim.Instance {
	inst := cim.NewInstance(c)
	put := func(name string, known bool, v cim.Value) {
		if k := c.PropertyIndex(name); k >= 0 && known {
			inst.Put(k, v)
		}
	}
	put("ProcessID", true, cim.Uint32Value(p.id))
	put("ParentProcessID", p.parent != 0 || p.start != 0, cim.Uint32Value(p.parent))
	put("ProcessName", p.name != "", live.Text(p.name))
	put("SessionID", p.hasSession, cim.Uint32Value(p.session))
	put("Sid", p.hasUser, cim.BytesValue(sid(p.user)))
	if p.exit != nil {
		put("ExitStatus", true, cim.Uint32Value(exitStatus(*p.exit)))
	}
	put("TIME_CREATED", true, cim.Uint64Value(fileTime(at)))
	return inst
}

// sid returns the SID that Samba gives a user, S-1-22-1-uid, in the form of
// [MS-DTYP] 2.4.2.2: revision, count, authority (6 bytes, most significant first),
// and the rest least significant first.
func sid(user uint32) []byte {
	b := []byte{1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0}
	return binary.LittleEndian.AppendUint32(b, user)
}

// exitStatus translates what wait(2) says of a process that has ended.
func exitStatus(wait uint32) uint32 {
	if signal := wait & 0x7f; signal != 0 {
		return 128 + signal
	}
	return wait >> 8 & 0xff
}

// fileTime returns a time as TIME_CREATED has it: in units of 100 ns since 1601.
func fileTime(t time.Time) uint64 {
	return uint64(t.Unix()+11644473600)*1e7 + uint64(t.Nanosecond()/100)
}
