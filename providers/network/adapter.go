package network

import (
	"context"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// An adapter is a network interface.
type adapter struct {
	o     Options
	name  string
	index uint32

	shared *shared // with the other adapters of the request
	own    *address
}

func (a *adapter) file(elem ...string) string {
	return a.o.System.SysFile(append([]string{"class", "net", a.name}, elem...)...)
}

func (a *adapter) line(elem ...string) string { return live.ReadLine(a.file(elem...)) }

// all yields the interfaces by index.
func all(o Options) func(context.Context) iter.Seq2[*adapter, error] {
	return func(context.Context) iter.Seq2[*adapter, error] {
		return func(yield func(*adapter, error) bool) {
			names, err := live.ReadNames(o.System.SysFile("class", "net"))
			if err != nil {
				yield(nil, live.Unavailable(err))
				return
			}
			s := &shared{sys: o.System}
			var found []*adapter
			for _, name := range names {
				a := &adapter{o: o, name: name, shared: s}
				if n := live.Uint(a.line("ifindex")); n > 0 && n < 1<<31 { // bonding_masters has none
					a.index = uint32(n)
					found = append(found, a)
				}
			}
			slices.SortFunc(found, func(a, b *adapter) int { return int(a.index) - int(b.index) })
			for _, a := range found {
				if !yield(a, nil) {
					return
				}
			}
		}
	}
}

// byName looks an interface up.
func byName(o Options) live.Finder[adapter] {
	return func(_ context.Context, v cim.Value) ([]*adapter, error) {
		name := v.Text()
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
			return nil, nil
		}
		a := &adapter{o: o, name: name, shared: &shared{sys: o.System}}
		n := live.Uint(a.line("ifindex"))
		if n == 0 || n >= 1<<31 {
			return nil, nil
		}
		a.index = uint32(n)
		return []*adapter{a}, nil
	}
}

// Flags of an interface: netdevice(7).
const (
	flagUp       = 0x1
	flagLoopback = 0x8
)

func (a *adapter) flags() uint64 {
	n, _ := strconv.ParseUint(a.line("flags"), 0, 32)
	return n
}

func (a *adapter) isPhysical() bool {
	_, err := os.Stat(a.file("device"))
	return err == nil
}

// mac returns the hardware address of an interface of the Ethernet kind.
func (a *adapter) mac() string {
	mac := a.line("address")
	if a.line("type") != "1" || len(mac) != 17 || mac == "00:00:00:00:00:00" {
		return ""
	}
	return strings.ToUpper(mac)
}

// kind returns AdapterTypeID and AdapterType, by the numbers of if_arp.h.
func (a *adapter) kind() (id uint16, name string) {
	if _, err := os.Stat(a.file("phy80211")); err == nil {
		return 9, "Wireless"
	}
	switch a.line("type") {
	case "1":
		return 0, "Ethernet 802.3"
	case "800":
		return 1, "Token Ring 802.5"
	case "774":
		return 2, "Fiber Distributed Data Interface (FDDI)"
	}
	return 0, ""
}

// driver returns the name of the kernel module, or what is built in.
func (a *adapter) driver() string {
	target, err := os.Readlink(a.file("device", "driver"))
	if err != nil {
		return ""
	}
	return path.Base(filepath.ToSlash(target))
}

// connection translates the state of RFC 2863.
func (a *adapter) connection() cim.Value {
	up := a.flags()&flagUp != 0
	switch state := a.line("operstate"); {
	case state == "notpresent":
		return cim.Uint16Value(4) // Hardware not present
	case !up && state != "":
		return cim.Uint16Value(0) // Disconnected
	case state == "up", state == "unknown": // drivers that do not say
		return cim.Uint16Value(2) // Connected
	case state == "dormant":
		return cim.Uint16Value(8) // Authenticating
	case state == "down", state == "lowerlayerdown":
		return cim.Uint16Value(7) // Media disconnected
	}
	return cim.Value{}
}

func adapters(o Options) *live.Class[adapter] {
	name := func(a *adapter) string { return a.name }
	return &live.Class[adapter]{
		Name: "Win32_NetworkAdapter",
		All:  all(o),
		Find: map[string]live.Finder[adapter]{"NetConnectionID": byName(o), "Name": byName(o)},
		Fields: []live.Field[adapter]{
			{Name: "DeviceID", Get: func(a *adapter) cim.Value { return cim.StringValue(strconv.Itoa(int(a.index))) }},
			live.Const[adapter]("CreationClassName", cim.StringValue("Win32_NetworkAdapter")),
			live.Const[adapter]("SystemCreationClassName", cim.StringValue("Win32_ComputerSystem")),
			{Name: "SystemName", Get: func(*adapter) cim.Value { return o.System.ComputerName() }},
			{Name: "Index", Get: func(a *adapter) cim.Value { return cim.Uint32Value(a.index) }},
			{Name: "InterfaceIndex", Get: func(a *adapter) cim.Value { return cim.Uint32Value(a.index) }},
			text("Name", name), text("NetConnectionID", name), text("Description", name),
			text("Caption", (*adapter).caption),
			live.Const[adapter]("Installed", cim.BoolValue(true)),
			{Name: "NetEnabled", Get: func(a *adapter) cim.Value { return cim.BoolValue(a.flags()&flagUp != 0) }},
			{Name: "NetConnectionStatus", Get: (*adapter).connection},
			{Name: "PhysicalAdapter", Get: func(a *adapter) cim.Value { return cim.BoolValue(a.isPhysical()) }},
			text("MACAddress", (*adapter).mac),
			text("AdapterType", func(a *adapter) string { _, name := a.kind(); return name }),
			{Name: "AdapterTypeID", Get: func(a *adapter) cim.Value {
				if id, name := a.kind(); name != "" {
					return cim.Uint16Value(id)
				}
				return cim.Value{}
			}},
			{Name: "Speed", Get: func(a *adapter) cim.Value {
				// -1 or an error of the file where it is not known
				if mbit := live.Uint(a.line("speed")); mbit > 0 && mbit < 1<<32-1 {
					return cim.Uint64Value(mbit * 1e6)
				}
				return cim.Value{}
			}},
			text("ServiceName", (*adapter).driver),
		},
	}
}

// caption is that of Windows: the index and the name.
func (a *adapter) caption() string {
	index := strconv.Itoa(int(a.index))
	return "[" + strings.Repeat("0", max(8-len(index), 0)) + index + "] " + a.name
}
