package service

import (
	"context"
	"os"
	"time"

	_ "embed"

	"openwmi/provider"
	"openwmi/providers/live"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Service"

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF, and registers the provider.
//
//go:embed service.mof
var MOF []byte

// Options of a Provider. The zero value is good.
type Options struct {
	System *live.System // nil is the one that this process runs on

	// Bus is the address of the bus that systemd is on, as D-Bus writes it, of
	// unix sockets. "" is that in DBUS_SYSTEM_BUS_ADDRESS, or the usual one.
	Bus string

	// Timeout is how long systemd may take for an answer, after which it is
	// NotAvailable. Zero is 10 seconds.
	Timeout time.Duration

	// JobTimeout is how long a service may take to start or to stop, after
	// which the method returns 7. Zero is 30 seconds, as on Windows.
	JobTimeout time.Duration

	// Control says whether a caller may start, stop and change services, which
	// happens with the rights of this process: nil if so, else why not. The
	// method then returns 2, access denied. A nil Control allows nothing.
	Control func(r *provider.Request, method string) error
}

// A Provider supplies the classes of this package. Each namespace has a
// connection of its own to the bus, made when it is first needed.
type Provider struct{ o Options }

var _ provider.Opener = (*Provider)(nil)

// New returns the provider.
func New(o Options) *Provider {
	if o.System == nil {
		o.System = &live.System{}
	}
	if o.Bus == "" {
		o.Bus = os.Getenv("DBUS_SYSTEM_BUS_ADDRESS")
	}
	if o.Bus == "" {
		o.Bus = "unix:path=/run/dbus/system_bus_socket"
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.JobTimeout == 0 {
		o.JobTimeout = 30 * time.Second
	}
	return &Provider{o}
}

// Open implements provider.Opener.
func (p *Provider) Open(context.Context, *provider.Environment) (any, error) {
	return p.open(), nil
}

// Answered returns, by class, the names of the properties that are not always
// NULL.
func (p *Provider) Answered() map[string][]string { return p.open().Answered() }

// A services is the provider of a namespace.
type services struct {
	*live.Provider
	o   Options
	bus *bus
}

func (p *Provider) open() *services {
	s := &services{o: p.o, bus: newBus(p.o.Bus, p.o.Timeout)}
	all := s.services()
	s.Provider = live.New(all, s.dependencies(), live.Association("Win32_SystemServices", all,
		live.ToComputer[unit]("GroupComponent", s.o.System), live.To("PartComponent", all, "Name")))
	return s
}

// Close ends the connection.
func (s *services) Close() error { return s.bus.close() }
