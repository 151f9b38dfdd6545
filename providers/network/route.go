package network

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// maxRoutes bounds the table of routes, in bytes: some 30,000 routes.
const maxRoutes = 4 << 20

// A route is a line of the table of IP 4.
type route struct {
	device                      string
	index                       uint32
	destination, mask, nextHop  netip.Addr
	metric                      uint64
	isUp, isIndirect, isBlocked bool
}

// Flags of routes: route(8).
const (
	routeUp      = 0x1
	routeGateway = 0x2
	routeReject  = 0x200
)

// readRoutes reads
//
//	Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
//
// where addresses are hexadecimal numbers of this machine.
func readRoutes(sys *live.System) ([]*route, error) {
	b, err := live.ReadFile(sys.ProcFile("net", "route"), maxRoutes)
	if err != nil {
		return nil, live.Unavailable(err)
	}
	var all []*route
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 8 {
			continue
		}
		destination, ok1 := address4(f[1])
		nextHop, ok2 := address4(f[2])
		mask, ok3 := address4(f[7])
		flags, err := strconv.ParseUint(f[3], 16, 32)
		if !ok1 || !ok2 || !ok3 || err != nil { // the first line
			continue
		}
		all = append(all, &route{
			device: f[0], destination: destination, mask: mask, nextHop: nextHop, metric: live.Uint(f[6]),
			isUp: flags&routeUp != 0, isIndirect: flags&routeGateway != 0, isBlocked: flags&routeReject != 0,
		})
	}
	return all, nil
}

func address4(text string) (netip.Addr, bool) {
	n, err := strconv.ParseUint(text, 16, 32)
	if err != nil || len(text) != 8 {
		return netip.Addr{}, false
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(n))
	return netip.AddrFrom4(b), true
}

// A gateway is where an interface sends what it has no other route for.
type gateway struct {
	router netip.Addr
	metric uint64
}

func readGateways(sys *live.System) map[string][]gateway {
	all := map[string][]gateway{}
	routes, _ := readRoutes(sys)
	for _, r := range routes {
		if r.isUp && r.isIndirect && !r.isBlocked && r.mask == netip.IPv4Unspecified() {
			all[r.device] = append(all[r.device], gateway{r.nextHop, r.metric})
		}
	}
	// destination length source length next-hop metric refs use flags device
	b, _ := live.ReadFile(sys.ProcFile("net", "ipv6_route"), maxRoutes)
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 10 || f[1] != "00" || f[3] != "00" {
			continue
		}
		hop, err := hex.DecodeString(f[4])
		flags, err2 := strconv.ParseUint(f[8], 16, 32)
		metric, err3 := strconv.ParseUint(f[5], 16, 32)
		router, ok := netip.AddrFromSlice(hop)
		if err == nil && err2 == nil && err3 == nil && ok && router.Is6() && flags&routeUp != 0 && flags&routeGateway != 0 && flags&routeReject == 0 {
			all[f[9]] = append(all[f[9]], gateway{router, metric})
		}
	}
	return all
}

// routes are those in use. Several that differ only in their metric are one, of
// which the least counts.
func routes(sys *live.System) *live.Class[route] {
	type key struct {
		device                     string
		destination, mask, nextHop netip.Addr
	}
	all := func(context.Context) iter.Seq2[*route, error] {
		return func(yield func(*route, error) bool) {
			list, err := readRoutes(sys)
			if err != nil {
				yield(nil, err)
				return
			}
			slices.SortStableFunc(list, func(a, b *route) int { return int(min(a.metric, 1<<31)) - int(min(b.metric, 1<<31)) })
			seen := map[key]bool{}
			indexes := map[string]uint32{}
			for _, r := range list {
				k := key{r.device, r.destination, r.mask, r.nextHop}
				if _, ok := indexes[r.device]; !ok {
					indexes[r.device] = uint32(live.Uint(live.ReadLine(sys.SysFile("class", "net", r.device, "ifindex"))))
				}
				r.index = indexes[r.device]
				if !r.isUp || r.isBlocked || r.index == 0 || seen[k] {
					continue
				}
				seen[k] = true
				if !yield(r, nil) {
					return
				}
			}
		}
	}
	destination := func(r *route) string { return r.destination.String() }
	return &live.Class[route]{
		Name: "Win32_IP4RouteTable",
		All:  all,
		Fields: []live.Field[route]{
			text("Destination", destination), text("Name", destination), text("Caption", destination),
			text("Mask", func(r *route) string { return r.mask.String() }),
			text("NextHop", func(r *route) string { return r.nextHop.String() }),
			text("Description", func(r *route) string {
				return r.destination.String() + " - " + r.mask.String() + " - " + r.nextHop.String()
			}),
			{Name: "InterfaceIndex", Get: func(r *route) cim.Value { return cim.Sint32Value(int32(r.index)) }},
			{Name: "Metric1", Get: func(r *route) cim.Value { return cim.Sint32Value(int32(min(r.metric, 1<<31-1))) }},
			{Name: "Type", Get: func(r *route) cim.Value {
				if r.isIndirect {
					return cim.Uint32Value(4)
				}
				return cim.Uint32Value(3)
			}},
		},
	}
}
