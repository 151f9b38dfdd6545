package portable

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// An adapter is a network interface.
type adapter struct {
	net.Interface
}

func readAdapters() ([]*adapter, error) {
	list, err := net.Interfaces()
	all := make([]*adapter, len(list))
	for i := range list {
		all[i] = &adapter{list[i]}
	}
	return all, err
}

// identity are the fields that both classes have. The name is that which the
// system calls the interface by.
func identity() []live.Field[adapter] {
	index := func(a *adapter) int { return a.Index }
	return []live.Field[adapter]{
		u32("Index", index), u32("InterfaceIndex", index),
		text("Description", func(a *adapter) string { return a.Name }),
		text("Caption", func(a *adapter) string {
			index := strconv.Itoa(a.Index)
			return "[" + strings.Repeat("0", max(8-len(index), 0)) + index + "] " + a.Name
		}),
		text("MACAddress", func(a *adapter) string {
			if len(a.HardwareAddr) != 6 || a.HardwareAddr.String() == "00:00:00:00:00:00" {
				return ""
			}
			return strings.ToUpper(a.HardwareAddr.String())
		}),
	}
}

// Adapters returns the class Win32_NetworkAdapter.
func Adapters(o Options) live.Source {
	o = o.complete()
	name := func(a *adapter) string { return a.Name }
	return &live.Class[adapter]{
		Name: "Win32_NetworkAdapter",
		All:  list(readAdapters),
		Fields: append(identity(),
			text("DeviceID", func(a *adapter) string { return strconv.Itoa(a.Index) }),
			live.Const[adapter]("CreationClassName", cim.StringValue("Win32_NetworkAdapter")),
			live.Const[adapter]("SystemCreationClassName", cim.StringValue("Win32_ComputerSystem")),
			live.Field[adapter]{Name: "SystemName", Get: func(*adapter) cim.Value { return o.computer() }},
			text("Name", name), text("NetConnectionID", name),
			live.Const[adapter]("Installed", cim.BoolValue(true)),
			live.Field[adapter]{Name: "NetEnabled", Get: func(a *adapter) cim.Value { return cim.BoolValue(a.Flags&net.FlagUp != 0) }},
			live.Field[adapter]{Name: "NetConnectionStatus", Get: func(a *adapter) cim.Value {
				switch {
				case a.Flags&net.FlagUp == 0:
					return cim.Uint16Value(0) // Disconnected
				case a.Flags&net.FlagRunning == 0:
					return cim.Uint16Value(7) // Media disconnected
				}
				return cim.Uint16Value(2) // Connected
			}},
		),
	}
}

// Configurations returns the class Win32_NetworkAdapterConfiguration.
func Configurations(Options) live.Source {
	texts := func(name string, get func(netip.Prefix) string) live.Field[adapter] {
		return live.Field[adapter]{Name: name, Get: func(a *adapter) cim.Value {
			var list []string
			for _, p := range a.addresses() {
				list = append(list, get(p))
			}
			return live.Texts(list)
		}}
	}
	return &live.Class[adapter]{
		Name: "Win32_NetworkAdapterConfiguration",
		All:  list(readAdapters),
		Fields: append(identity(),
			text("SettingID", func(a *adapter) string { return a.Name }),
			live.Field[adapter]{Name: "IPEnabled", Get: func(a *adapter) cim.Value { return cim.BoolValue(len(a.addresses()) > 0) }},
			u32("MTU", func(a *adapter) int { return a.MTU }),
			texts("IPAddress", func(p netip.Prefix) string { return p.Addr().String() }),
			texts("IPSubnet", mask),
		),
	}
}

// addresses returns those of an interface that is up, first those of IP 4. Windows
// shows none of others, nor of the loopback.
func (a *adapter) addresses() []netip.Prefix {
	if a.Flags&net.FlagUp == 0 || a.Flags&net.FlagLoopback != 0 {
		return nil
	}
	list, err := a.Addrs()
	if err != nil {
		return nil
	}
	var all []netip.Prefix
	for _, addr := range list {
		if p, err := netip.ParsePrefix(addr.String()); err == nil {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(p, q netip.Prefix) int { return p.Addr().BitLen() - q.Addr().BitLen() })
	return all
}

// mask returns the netmask of a prefix as Windows writes it: in dots, and only the
// length for IP 6.
func mask(p netip.Prefix) string {
	if !p.Addr().Is4() {
		return strconv.Itoa(p.Bits())
	}
	return net.IP(net.CIDRMask(p.Bits(), 32)).String()
}
