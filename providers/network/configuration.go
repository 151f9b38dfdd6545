package network

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A shared is what the adapters of a request have in common, each read when it is
// first needed.
type shared struct {
	sys      *live.System
	gateways map[string][]gateway // by name of the interface
	resolver *resolver
}

// A resolver is what resolv.conf says.
type resolver struct {
	servers, search []string
}

// An address is what an interface has, first those of IP 4.
type address struct {
	prefixes []netip.Prefix
}

// addresses asks the system, once.
func (a *adapter) addresses() []netip.Prefix {
	if a.own == nil {
		list, _ := a.o.Addresses(a.name)
		a.own = &address{}
		for _, four := range []bool{true, false} {
			for _, p := range list {
				if p.Addr().Unmap().Is4() == four {
					a.own.prefixes = append(a.own.prefixes, p)
				}
			}
		}
	}
	return a.own.prefixes
}

// isEnabled reports whether the interface has an address and is up. Windows shows
// no addresses of others, nor of the loopback.
func (a *adapter) isEnabled() bool {
	f := a.flags()
	return f&flagUp != 0 && f&flagLoopback == 0 && len(a.addresses()) > 0
}

// resolv reads resolv.conf(5), once. Of several search lines the last counts.
func (s *shared) resolv() *resolver {
	if s.resolver != nil {
		return s.resolver
	}
	s.resolver = &resolver{}
	b, _ := live.ReadFile(s.sys.EtcFile("resolv.conf"), 64<<10)
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		switch {
		case len(f) < 2:
		case f[0] == "nameserver":
			s.resolver.servers = append(s.resolver.servers, f[1])
		case f[0] == "search", f[0] == "domain":
			s.resolver.search = f[1:]
		}
	}
	return s.resolver
}

// gateways returns the routers of the interface, those of IP 4 first.
func (a *adapter) gateways() []gateway {
	if a.shared.gateways == nil {
		a.shared.gateways = readGateways(a.shared.sys)
	}
	return a.shared.gateways[a.name]
}

// mask returns the netmask of a prefix as Windows writes it: in dots, and only the
// length for IP 6.
func mask(p netip.Prefix) string {
	if !p.Addr().Is4() {
		return strconv.Itoa(p.Bits())
	}
	return net.IP(net.CIDRMask(p.Bits(), 32)).String()
}

func configurations(o Options) *live.Class[adapter] {
	name := func(a *adapter) string { return a.name }
	texts := func(property string, get func(*adapter) []string) live.Field[adapter] {
		return live.Field[adapter]{Name: property, Get: func(a *adapter) cim.Value {
			if !a.isEnabled() {
				return cim.Value{}
			}
			return live.Texts(get(a))
		}}
	}
	fields := []live.Field[adapter]{
		{Name: "Index", Get: func(a *adapter) cim.Value { return cim.Uint32Value(a.index) }},
		{Name: "InterfaceIndex", Get: func(a *adapter) cim.Value { return cim.Uint32Value(a.index) }},
		text("SettingID", name), text("Description", name),
		text("Caption", (*adapter).caption),
		{Name: "IPEnabled", Get: func(a *adapter) cim.Value { return cim.BoolValue(a.isEnabled()) }},
		text("MACAddress", (*adapter).mac),
		text("ServiceName", (*adapter).driver),
		{Name: "MTU", Get: func(a *adapter) cim.Value {
			if n := live.Uint(a.line("mtu")); n > 0 && n < 1<<32 {
				return cim.Uint32Value(uint32(n))
			}
			return cim.Value{}
		}},
		texts("IPAddress", func(a *adapter) (list []string) {
			for _, p := range a.addresses() {
				list = append(list, p.Addr().String())
			}
			return list
		}),
		texts("IPSubnet", func(a *adapter) (list []string) {
			for _, p := range a.addresses() {
				list = append(list, mask(p))
			}
			return list
		}),
		texts("DefaultIPGateway", func(a *adapter) (list []string) {
			for _, g := range a.gateways() {
				list = append(list, g.router.String())
			}
			return list
		}),
		{Name: "GatewayCostMetric", Get: func(a *adapter) cim.Value {
			gateways := a.gateways()
			if !a.isEnabled() || len(gateways) == 0 {
				return cim.Value{}
			}
			metrics := make([]uint64, len(gateways))
			for i, g := range gateways {
				metrics[i] = min(g.metric, 1<<16-1)
			}
			return cim.NumbersValue(cim.TypeUint16, metrics)
		}},
		texts("DNSServerSearchOrder", func(a *adapter) []string { return a.shared.resolv().servers }),
		texts("DNSDomainSuffixSearchOrder", func(a *adapter) []string { return a.shared.resolv().search }),
		{Name: "DNSHostName", Get: func(a *adapter) cim.Value {
			host, _, _ := strings.Cut(live.ReadLine(a.o.System.ProcFile("sys", "kernel", "hostname")), ".")
			if !a.isEnabled() || host == "(none)" {
				return cim.Value{}
			}
			return live.Text(host)
		}},
		live.Const[adapter]("DatabasePath", cim.StringValue("/etc")),
	}
	return &live.Class[adapter]{
		Name:   "Win32_NetworkAdapterConfiguration",
		All:    all(o),
		Find:   map[string]live.Finder[adapter]{"SettingID": byName(o), "Description": byName(o)},
		Fields: append(fields, parameters(o.System)...),
	}
}

// parameters are the fields of what holds for all interfaces: tcp(7), ip(7).
func parameters(sys *live.System) []live.Field[adapter] {
	number := func(name, file string, most uint64, value func(uint64) cim.Value) live.Field[adapter] {
		return live.Field[adapter]{Name: name, Get: func(*adapter) cim.Value {
			line := live.ReadLine(sys.ProcFile("sys", "net", "ipv4", file))
			if n := live.Uint(line); line != "" && n <= most {
				return value(n)
			}
			return cim.Value{}
		}}
	}
	u32 := func(n uint64) cim.Value { return cim.Uint32Value(uint32(n)) }
	millis := func(n uint64) cim.Value { return cim.Uint32Value(uint32(n * 1000)) }
	return []live.Field[adapter]{
		number("DefaultTTL", "ip_default_ttl", 255, func(n uint64) cim.Value { return cim.Uint8Value(uint8(n)) }),
		number("KeepAliveTime", "tcp_keepalive_time", 1<<22, millis),
		number("KeepAliveInterval", "tcp_keepalive_intvl", 1<<22, millis),
		number("TcpMaxConnectRetransmissions", "tcp_syn_retries", 1<<32-1, u32),
		number("TcpMaxDataRetransmissions", "tcp_retries2", 1<<32-1, u32),
		number("TcpUseRFC1122UrgentPointer", "tcp_stdurg", 1, func(n uint64) cim.Value { return cim.BoolValue(n == 1) }),
		number("PMTUDiscoveryEnabled", "ip_no_pmtu_disc", 3, func(n uint64) cim.Value { return cim.BoolValue(n == 0) }),
		number("PMTUBHDetectEnabled", "tcp_mtu_probing", 2, func(n uint64) cim.Value { return cim.BoolValue(n != 0) }),
	}
}
