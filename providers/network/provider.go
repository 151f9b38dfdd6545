package network

import (
	"net"
	"net/netip"

	_ "embed"

	"openwmi/cim"
	"openwmi/providers/live"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Network"

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF, and registers the provider.
//
//go:embed network.mof
var MOF []byte

// Options of a provider. The zero value is good.
type Options struct {
	System *live.System // nil is the one that this process runs on

	// Addresses returns those of an interface; nil asks the system.
	Addresses func(name string) ([]netip.Prefix, error)
}

// New returns the provider.
func New(o Options) *live.Provider {
	if o.System == nil {
		o.System = &live.System{}
	}
	if o.Addresses == nil {
		o.Addresses = addresses
	}
	all, settings := adapters(o), configurations(o)
	return live.New(all, settings, routes(o.System), live.Association("Win32_NetworkAdapterSetting", all,
		live.To("Element", all, "DeviceID"), live.To("Setting", settings, "Index")))
}

// addresses returns those that the system has given an interface.
func addresses(name string) ([]netip.Prefix, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}
	list, err := i.Addrs()
	if err != nil {
		return nil, err
	}
	var all []netip.Prefix
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			all = append(all, p)
		}
	}
	return all, nil
}

func text[T any](name string, get func(*T) string) live.Field[T] {
	return live.Field[T]{Name: name, Get: func(o *T) cim.Value { return live.Text(get(o)) }}
}
