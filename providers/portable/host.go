package portable

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"

	"openwmi/cim"
	"openwmi/providers/live"
)

// An operatingSystem is read in one go.
type operatingSystem struct {
	now    time.Time
	info   *host.InfoStat
	memory *mem.VirtualMemoryStat // empty if it is not known
	swap   *mem.SwapMemoryStat
}

// OperatingSystems returns the class Win32_OperatingSystem.
func OperatingSystems(o Options) live.Source {
	o = o.complete()
	type system = operatingSystem
	kilobytes := func(name string, get func(*system) uint64) live.Field[system] {
		return u64(name, func(s *system) uint64 { return get(s) / 1024 })
	}
	return &live.Class[system]{
		Name: "Win32_OperatingSystem",
		All: list(func() ([]*system, error) {
			s := &system{now: time.Now()}
			var err error
			if s.info, err = host.Info(); err != nil {
				return nil, err
			}
			if s.memory, err = mem.VirtualMemory(); err != nil {
				s.memory = &mem.VirtualMemoryStat{}
			}
			if s.swap, err = mem.SwapMemory(); err != nil {
				s.swap = &mem.SwapMemoryStat{}
			}
			return []*system{s}, nil
		}),
		Fields: []live.Field[system]{
			{Name: "Name", Get: func(*system) cim.Value { return osName() }},
			text("Caption", func(s *system) string { return caption(s.info) }),
			text("Version", func(s *system) string { return s.info.KernelVersion }),
			live.Const[system]("Status", cim.StringValue("OK")),
			live.Const[system]("OSType", cim.Uint16Value(osTypes[runtime.GOOS])), // 0 is unknown
			text("OSArchitecture", func(*system) string { return architectures[runtime.GOARCH].bits }),
			live.Const[system]("Primary", cim.BoolValue(true)),
			live.Const[system]("Distributed", cim.BoolValue(false)),
			{Name: "LastBootUpTime", Get: func(s *system) cim.Value {
				if s.info.BootTime == 0 || s.info.BootTime > 1<<40 {
					return cim.Value{}
				}
				return live.Time(time.Unix(int64(s.info.BootTime), 0))
			}},
			{Name: "LocalDateTime", Get: func(s *system) cim.Value { return live.Time(s.now) }},
			{Name: "CurrentTimeZone", Get: func(s *system) cim.Value { return offset(s.now) }},
			kilobytes("TotalVisibleMemorySize", func(s *system) uint64 { return s.memory.Total }),
			kilobytes("FreePhysicalMemory", func(s *system) uint64 { return s.memory.Available }),
			kilobytes("TotalVirtualMemorySize", func(s *system) uint64 { return s.memory.Total + s.swap.Total }),
			kilobytes("FreeVirtualMemory", func(s *system) uint64 { return s.memory.Available + s.swap.Free }),
			{Name: "NumberOfProcesses", Get: func(s *system) cim.Value { return cim.Uint32Value(uint32(s.info.Procs)) }},
			live.Const[system]("SystemDrive", live.Text(systemDrive())),
			live.Const[system]("WindowsDirectory", live.Text(directory())),
			live.Const[system]("CreationClassName", cim.StringValue("Win32_OperatingSystem")),
			live.Const[system]("CSCreationClassName", cim.StringValue("Win32_ComputerSystem")),
			{Name: "CSName", Get: func(*system) cim.Value { return o.computer() }},
		},
	}
}

// osTypes are the values of OSType by what Go calls a system.
var osTypes = map[string]uint16{"darwin": 2, "windows": 18, "solaris": 29, "linux": 36, "freebsd": 42, "netbsd": 43}

// architectures are those that Windows has words for.
var architectures = map[string]struct {
	bits, kind    string
	number, width uint16
}{
	"amd64": {"64-bit", "x64-based PC", 9, 64},
	"386":   {"32-bit", "X86-based PC", 0, 32},
	"arm64": {"ARM 64-bit Processor", "ARM64-based PC", 12, 64},
}

// caption returns what the system calls itself: that of Windows does so itself.
func caption(info *host.InfoStat) string {
	name := info.Platform
	if runtime.GOOS == "darwin" {
		name = "macOS"
	}
	if runtime.GOOS == "windows" {
		return name
	}
	return strings.TrimSpace(name + " " + info.PlatformVersion)
}

// osName returns the key that Windows gives a system: what it calls itself and its
// directory, with bars between them and one for the device, which is not known.
var osName = sync.OnceValue(func() cim.Value {
	info, err := host.Info()
	if err != nil {
		return cim.Value{}
	}
	return live.Text(caption(info) + "|" + directory() + "|")
})

// directory returns that of Windows, and elsewhere the top one.
func directory() string {
	if runtime.GOOS == "windows" {
		return os.Getenv("SystemRoot")
	}
	return "/"
}

// systemDrive returns the drive that Windows is on, and elsewhere where all of them
// are.
func systemDrive() string {
	if runtime.GOOS == "windows" {
		return os.Getenv("SystemDrive")
	}
	return "/"
}

// offset returns how far the clock of a place is before UTC, in minutes.
func offset(t time.Time) cim.Value {
	_, seconds := t.Zone()
	return cim.Sint16Value(int16(seconds / 60))
}

// A computer has no identity but its name.
type computer struct{ now time.Time }

// Computers returns the class Win32_ComputerSystem.
func Computers(o Options) live.Source {
	o = o.complete()
	name := func(*computer) cim.Value { return o.computer() }
	return &live.Class[computer]{
		Name: "Win32_ComputerSystem",
		All:  list(func() ([]*computer, error) { return []*computer{{time.Now()}}, nil }),
		Fields: []live.Field[computer]{
			{Name: "Name", Get: name},
			{Name: "Caption", Get: name},
			live.Const[computer]("CreationClassName", cim.StringValue("Win32_ComputerSystem")),
			live.Const[computer]("Status", cim.StringValue("OK")),
			text("DNSHostName", func(*computer) string { host, _ := hostname(); return host }),
			text("Domain", func(*computer) string { _, domain := hostname(); return domain }),
			text("SystemType", func(*computer) string { return architectures[runtime.GOARCH].kind }),
			u32("NumberOfLogicalProcessors", func(*computer) int { n, _ := cpu.Counts(true); return n }),
			u32("NumberOfProcessors", func(*computer) int { chips, _ := readChips(); return len(chips) }),
			u64("TotalPhysicalMemory", func(*computer) uint64 {
				m, err := mem.VirtualMemory()
				if err != nil {
					return 0
				}
				return m.Total
			}),
			{Name: "CurrentTimeZone", Get: func(c *computer) cim.Value { return offset(c.now) }},
			{Name: "DaylightInEffect", Get: func(c *computer) cim.Value { return cim.BoolValue(c.now.IsDST()) }},
		},
	}
}

// hostname returns the name of the computer in the network, and the domain if it
// knows one.
func hostname() (host, domain string) {
	full, _ := os.Hostname()
	host, domain, _ = strings.Cut(full, ".")
	return host, domain
}
