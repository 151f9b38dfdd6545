package perf

import (
	"context"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// An iface is a network interface.
type iface struct {
	moment
	sys  *live.System
	name string
	n    [maxPackets]uint64
}

// What /proc/net/dev counts: proc_pid_net(5)
const (
	bytesIn = iota
	packetsIn
	errorsIn
	droppedIn
	fifoIn
	frameIn
	compressedIn
	multicastIn
	bytesOut
	packetsOut
	errorsOut
	droppedOut
	fifoOut
	collisions
	carrier
	compressedOut
	maxPackets
)

func interfaces(o Options) *live.Class[iface] {
	sum := func(kinds ...int) func(*iface) (uint64, bool) {
		return func(i *iface) (n uint64, ok bool) {
			for _, k := range kinds {
				n += i.n[k]
			}
			return n, true
		}
	}
	return &live.Class[iface]{
		Name: "Win32_PerfRawData_Tcpip_NetworkInterface",
		All:  list(func(context.Context) ([]*iface, error) { return readInterfaces(o) }),
		Fields: append(stamps(func(i *iface) *moment { return &i.moment }),
			live.Field[iface]{Name: "Name", Get: func(i *iface) cim.Value { return live.Text(i.name) }},
			u64("BytesReceivedPersec", sum(bytesIn)),
			u64("BytesSentPersec", sum(bytesOut)),
			u64("BytesTotalPersec", sum(bytesIn, bytesOut)),
			u64("CurrentBandwidth", (*iface).bandwidth),
			u64("PacketsPersec", sum(packetsIn, packetsOut)),
			u64("PacketsReceivedPersec", sum(packetsIn)),
			u64("PacketsSentPersec", sum(packetsOut)),
			u64("PacketsReceivedNonUnicastPersec", sum(multicastIn)),
			u64("PacketsReceivedUnicastPersec", func(i *iface) (uint64, bool) {
				return i.n[packetsIn] - min(i.n[multicastIn], i.n[packetsIn]), true
			}),
			u64("PacketsReceivedErrors", sum(errorsIn)),
			u64("PacketsReceivedDiscarded", sum(droppedIn)),
			u64("PacketsOutboundErrors", sum(errorsOut)),
			u64("PacketsOutboundDiscarded", sum(droppedOut)),
		),
	}
}

// readInterfaces returns the interfaces. Their names have neither blanks nor
// slashes in them, but may have colons.
func readInterfaces(o Options) ([]*iface, error) {
	b, err := live.ReadFile(o.System.ProcFile("net", "dev"), 8*live.MaxFile)
	if err != nil {
		return nil, live.Unavailable(err)
	}
	at, err := o.moment()
	if err != nil {
		return nil, err
	}
	var all []*iface
	for line := range strings.Lines(string(b)) {
		colon := strings.LastIndexByte(line, ':')
		f := strings.Fields(line[colon+1:])
		if colon < 0 || len(f) < maxPackets {
			continue // the header
		}
		i := &iface{moment: at, sys: o.System, name: strings.TrimSpace(line[:colon])}
		for k := range i.n {
			i.n[k] = live.Uint(f[k])
		}
		all = append(all, i)
	}
	return all, nil
}

// bandwidth returns the bits a second, which the file has in millions, -1 if they
// are not known.
func (i *iface) bandwidth() (uint64, bool) {
	if i.name == "" || i.name == "." || i.name == ".." {
		return 0, false
	}
	n := live.Uint(live.ReadLine(i.sys.SysFile("class", "net", i.name, "speed")))
	return n * 1e6, n > 0 && n < 1<<32
}
