package host

import (
	"os"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

type computer struct {
	now time.Time
}

func computers(o Options) *live.Class[computer] {
	sys := o.System
	name := func(*computer) cim.Value { return sys.ComputerName() }
	id := func(property, file string) live.Field[computer] {
		return text(property, func(*computer) string { return identification(sys, file) })
	}
	return &live.Class[computer]{
		Name: "Win32_ComputerSystem",
		All: one(func() (*computer, error) {
			if _, err := sys.Uptime(); err != nil { // no /proc
				return nil, err
			}
			return &computer{o.Now()}, nil
		}),
		Fields: []live.Field[computer]{
			{Name: "Name", Get: name},
			{Name: "Caption", Get: name},
			live.Const[computer]("CreationClassName", cim.StringValue("Win32_ComputerSystem")),
			live.Const[computer]("Status", cim.StringValue("OK")),
			text("DNSHostName", func(*computer) string { host, _ := hostname(sys); return host }),
			text("Domain", func(*computer) string { _, domain := hostname(sys); return domain }),
			id("Manufacturer", "sys_vendor"),
			id("Model", "product_name"),
			id("SystemFamily", "product_family"),
			id("SystemSKUNumber", "product_sku"),
			text("SystemType", func(*computer) string { return architectures[machine(sys)].kind }),
			{Name: "PCSystemType", Get: func(*computer) cim.Value { return systemType(identification(sys, "chassis_type")) }},
			{Name: "HypervisorPresent", Get: func(*computer) cim.Value { return cpuFlag(sys, "hypervisor") }},
			{Name: "NumberOfLogicalProcessors", Get: func(*computer) cim.Value { return count(len(sys.CPUs())) }},
			{Name: "NumberOfProcessors", Get: func(*computer) cim.Value { return count(packages(sys)) }},
			{Name: "TotalPhysicalMemory", Get: func(*computer) cim.Value {
				m, _ := readMemory(sys)
				return m.sum(1024, "MemTotal")
			}},
			{Name: "CurrentTimeZone", Get: func(c *computer) cim.Value { return offset(c.now) }},
			{Name: "DaylightInEffect", Get: func(c *computer) cim.Value { return cim.BoolValue(c.now.IsDST()) }},
		},
	}
}

func count(n int) cim.Value {
	if n == 0 {
		return cim.Value{}
	}
	return cim.Uint32Value(uint32(n))
}

// hostname returns the name of the computer in the network, and the domain if it
// knows one.
func hostname(sys *live.System) (host, domain string) {
	full := live.ReadLine(sys.ProcFile("sys", "kernel", "hostname"))
	if full == "" || full == "(none)" {
		full, _ = os.Hostname()
	}
	host, domain, _ = strings.Cut(full, ".")
	return host, domain
}

// identification returns what the manufacturer has written into the firmware, ""
// if that is nothing or may not be known. Serial numbers are for the superuser.
func identification(sys *live.System, name string) string {
	return live.ReadLine(sys.SysFile("class", "dmi", "id", name))
}

// systemType translates the type of an enclosure: SMBIOS 7.4.1.
func systemType(chassis string) cim.Value {
	switch live.Uint(chassis) {
	case 3, 4, 5, 6, 7, 13, 15, 16, 24, 35, 36:
		return cim.Uint16Value(1) // Desktop
	case 8, 9, 10, 11, 14, 30, 31, 32:
		return cim.Uint16Value(2) // Mobile
	case 17, 23, 25, 28, 29:
		return cim.Uint16Value(4) // Enterprise Server
	}
	return cim.Value{}
}

// packages returns how many chips have processors in use.
func packages(sys *live.System) int {
	seen := map[string]bool{}
	for _, n := range sys.CPUs() {
		cpu := "cpu" + cim.Uint64Value(n).String()
		id := live.ReadLine(sys.SysFile("devices", "system", "cpu", cpu, "topology", "physical_package_id"))
		if id != "" {
			seen[id] = true
		}
	}
	return len(seen)
}
