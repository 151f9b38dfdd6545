package host

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// An operatingSystem is read in one go, but for what is seldom wanted.
type operatingSystem struct {
	sys     *live.System
	now     time.Time
	release map[string]string
	memory  func() memory
	locale  func() cim.LCID
}

func operatingSystems(o Options) *live.Class[operatingSystem] {
	sys := o.System
	type host = operatingSystem
	size := func(name string, names ...string) live.Field[host] {
		return live.Field[host]{Name: name, Get: func(h *host) cim.Value {
			m := h.memory()
			wanted := append([]string{}, names...)
			for i := range wanted {
				if wanted[i] == "" {
					wanted[i] = m.available()
				}
			}
			return m.sum(1, wanted...)
		}}
	}
	return &live.Class[host]{
		Name: "Win32_OperatingSystem",
		All: one(func() (*host, error) {
			if _, err := sys.Uptime(); err != nil { // no /proc
				return nil, err
			}
			return &host{
				sys: sys, now: o.Now(), release: sys.Release(),
				memory: sync.OnceValue(func() memory { m, _ := readMemory(sys); return m }),
				locale: sync.OnceValue(func() cim.LCID { return readLocale(sys) }),
			}, nil
		}),
		Fields: []live.Field[host]{
			{Name: "Name", Get: func(*host) cim.Value { return sys.OSName() }},
			text("Caption", func(h *host) string { return h.release["PRETTY_NAME"] }),
			text("Description", func(h *host) string { return machineInfo(sys)["PRETTY_HOSTNAME"] }),
			live.Const[host]("Status", cim.StringValue("OK")),
			text("Version", func(*host) string { return live.ReadLine(sys.ProcFile("sys", "kernel", "osrelease")) }),
			text("BuildNumber", func(h *host) string { return h.release["BUILD_ID"] }),
			text("Manufacturer", func(h *host) string { return h.release["VENDOR_NAME"] }),
			live.Const[host]("OSType", cim.Uint16Value(36)), // LINUX
			text("OSArchitecture", func(*host) string { return architectures[machine(sys)].bits }),
			live.Const[host]("Primary", cim.BoolValue(true)),
			live.Const[host]("Distributed", cim.BoolValue(false)),
			{Name: "LastBootUpTime", Get: func(h *host) cim.Value {
				boot, err := sys.BootTime()
				if err != nil {
					return cim.Value{}
				}
				return live.Time(boot.In(h.now.Location()))
			}},
			{Name: "InstallDate", Get: func(h *host) cim.Value {
				made := birth(o.Root)
				if made.IsZero() {
					return cim.Value{}
				}
				return live.Time(made.In(h.now.Location()))
			}},
			{Name: "LocalDateTime", Get: func(h *host) cim.Value { return live.Time(h.now) }},
			{Name: "CurrentTimeZone", Get: func(h *host) cim.Value { return offset(h.now) }},
			{Name: "Locale", Get: func(h *host) cim.Value {
				if h.locale() == 0 {
					return cim.Value{}
				}
				return cim.StringValue(fmt.Sprintf("%04x", uint32(h.locale())))
			}},
			{Name: "OSLanguage", Get: func(h *host) cim.Value {
				if h.locale() == 0 {
					return cim.Value{}
				}
				return cim.Uint32Value(uint32(h.locale()))
			}},
			size("TotalVisibleMemorySize", "MemTotal"),
			size("FreePhysicalMemory", ""),
			size("TotalVirtualMemorySize", "MemTotal", "SwapTotal"),
			size("FreeVirtualMemory", "", "SwapFree"),
			size("SizeStoredInPagingFiles", "SwapTotal"),
			size("FreeSpaceInPagingFiles", "SwapFree"),
			{Name: "NumberOfProcesses", Get: func(*host) cim.Value { return countProcesses(sys) }},
			{Name: "MaxNumberOfProcesses", Get: func(*host) cim.Value {
				if n := live.Uint(live.ReadLine(sys.ProcFile("sys", "kernel", "pid_max"))); n > 0 && n < 1<<32 {
					return cim.Uint32Value(uint32(n))
				}
				return cim.Value{}
			}},
			text("SystemDevice", func(*host) string { return sys.RootDevice() }),
			live.Const[host]("SystemDrive", cim.StringValue("/")),
			live.Const[host]("WindowsDirectory", cim.StringValue("/")),
			{Name: "DataExecutionPrevention_Available", Get: func(*host) cim.Value { return cpuFlag(sys, "nx") }},
			live.Const[host]("CreationClassName", cim.StringValue("Win32_OperatingSystem")),
			live.Const[host]("CSCreationClassName", cim.StringValue("Win32_ComputerSystem")),
			{Name: "CSName", Get: func(*host) cim.Value { return sys.ComputerName() }},
		},
	}
}

// offset returns how far the clock of a place is before UTC, in minutes.
func offset(t time.Time) cim.Value {
	_, seconds := t.Zone()
	return cim.Sint16Value(int16(seconds / 60))
}

// countProcesses returns how many directories of /proc are processes.
func countProcesses(sys *live.System) cim.Value {
	names, err := live.ReadNames(sys.ProcFile())
	if err != nil {
		return cim.Value{}
	}
	n := uint32(0)
	for _, name := range names {
		if strings.Trim(name, "0123456789") == "" {
			n++
		}
	}
	return cim.Uint32Value(n)
}

// machine returns what the kernel calls the processor.
func machine(sys *live.System) string {
	if m := live.ReadLine(sys.ProcFile("sys", "kernel", "arch")); m != "" { // since Linux 6.1
		return m
	}
	return map[string]string{"amd64": "x86_64", "386": "i686", "arm64": "aarch64"}[runtime.GOARCH]
}

// architectures are those that Windows has words for.
var architectures = map[string]struct{ bits, kind string }{
	"x86_64":  {"64-bit", "x64-based PC"},
	"i686":    {"32-bit", "X86-based PC"},
	"aarch64": {"ARM 64-bit Processor", "ARM64-based PC"},
}

// cpuFlag reports whether the first processor has a feature. Only x86 names those
// that are asked for.
func cpuFlag(sys *live.System, flag string) cim.Value {
	b, err := live.ReadFile(sys.ProcFile("cpuinfo"), 16<<10) // the first is enough
	if err != nil {
		return cim.Value{}
	}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) != "flags" {
			continue
		}
		for f := range strings.FieldsSeq(value) {
			if f == flag {
				return cim.BoolValue(true)
			}
		}
		return cim.BoolValue(false)
	}
	return cim.Value{}
}

// readLocale returns the language of the system: locale.conf(5), or where Debian
// has it; zero if it is not known.
func readLocale(sys *live.System) cim.LCID {
	for _, file := range []string{sys.EtcFile("locale.conf"), sys.EtcFile("default", "locale")} {
		if lang := assignments(file)["LANG"]; lang != "" {
			return cim.SystemLocale(lang)
		}
	}
	return 0
}

func machineInfo(sys *live.System) map[string]string { return assignments(sys.EtcFile("machine-info")) }

// installed is the association of the computer and the system.
func installed(sys *live.System, systems *live.Class[operatingSystem]) *live.Class[operatingSystem] {
	a := live.Association("Win32_SystemOperatingSystem", systems, live.ToComputer[operatingSystem]("GroupComponent", sys), live.To("PartComponent", systems))
	a.Fields = append(a.Fields, live.Const[operatingSystem]("PrimaryOS", cim.BoolValue(true)))
	return a
}
