package cpu

import (
	"context"
	_ "embed"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/providers/live"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_CPU"

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF, and registers the provider.
//
//go:embed cpu.mof
var MOF []byte

// New returns the provider for a system, nil for the one that this process runs
// on.
func New(sys *live.System) *live.Provider {
	if sys == nil {
		sys = &live.System{}
	}
	chips := processors(sys)
	return live.New(chips, memories(sys), live.Association("Win32_ComputerSystemProcessor", chips,
		live.ToComputer[processor]("GroupComponent", sys), live.To("PartComponent", chips, "DeviceID")))
}

// maxInfo bounds what is read of /proc/cpuinfo, in bytes: some thousands of
// processors.
const maxInfo = 16 << 20

// A processor is a chip.
type processor struct {
	sys  *live.System
	id   uint64
	cpus []uint64 // threads of cores, by number
	info func() map[string]string
}

// all yields the chips by number.
func all(sys *live.System) func(context.Context) iter.Seq2[*processor, error] {
	return func(context.Context) iter.Seq2[*processor, error] {
		return func(yield func(*processor, error) bool) {
			if _, err := live.ReadNames(sys.SysFile("devices", "system", "cpu")); err != nil {
				yield(nil, live.Unavailable(err))
				return
			}
			var chips []*processor
			at := map[string]*processor{}
			for _, n := range sys.CPUs() {
				id := live.ReadLine(cpuFile(sys, n, "topology", "physical_package_id"))
				if at[id] == nil {
					p := &processor{sys: sys, id: live.Uint(id)} // -1, for not known, is 0
					p.info = sync.OnceValue(func() map[string]string { return readInfo(sys, p.cpus[0]) })
					at[id] = p
					chips = append(chips, p)
				}
				at[id].cpus = append(at[id].cpus, n)
			}
			slices.SortStableFunc(chips, func(a, b *processor) int { return int(a.id) - int(b.id) })
			for _, p := range chips {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

func cpuFile(sys *live.System, n uint64, elem ...string) string {
	return sys.SysFile(append([]string{"devices", "system", "cpu", "cpu" + strconv.FormatUint(n, 10)}, elem...)...)
}

// readInfo returns what /proc/cpuinfo says of a processor, by name.
func readInfo(sys *live.System, cpu uint64) map[string]string {
	b, err := live.ReadFile(sys.ProcFile("cpuinfo"), maxInfo)
	if err != nil {
		return nil
	}
	var info map[string]string
	for line := range strings.Lines(string(b)) {
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if ok && name == "processor" {
			if info != nil {
				break
			}
			if value == strconv.FormatUint(cpu, 10) {
				info = map[string]string{}
			}
		}
		if ok && info != nil {
			info[name] = value
		}
	}
	return info
}

// cores returns how many cores the threads belong to.
func (p *processor) cores() cim.Value {
	seen := map[string]bool{}
	for _, n := range p.cpus {
		siblings := live.ReadLine(cpuFile(p.sys, n, "topology", "thread_siblings_list"))
		if siblings == "" {
			return cim.Value{}
		}
		seen[siblings] = true
	}
	return cim.Uint32Value(uint32(len(seen)))
}

// cache returns the size of all caches of a level together, in kilobytes: those
// that processors share count once.
func (p *processor) cache(level string) cim.Value {
	total, known := uint64(0), false
	seen := map[string]bool{}
	for _, n := range p.cpus {
		for index := range 8 {
			dir := "index" + strconv.Itoa(index)
			l := live.ReadLine(cpuFile(p.sys, n, "cache", dir, "level"))
			if l == "" {
				break
			}
			shared := live.ReadLine(cpuFile(p.sys, n, "cache", dir, "shared_cpu_list"))
			size, ok := strings.CutSuffix(live.ReadLine(cpuFile(p.sys, n, "cache", dir, "size")), "K")
			if l != level || !ok || seen[dir+" "+shared] {
				continue
			}
			seen[dir+" "+shared] = true
			total, known = total+live.Uint(size), true
		}
	}
	if !known || total >= 1<<32 {
		return cim.Value{}
	}
	return cim.Uint32Value(uint32(total))
}

// speed returns a frequency of the first core in MHz: what cpufreq says in kHz,
// else that of /proc/cpuinfo named by key, if any.
func (p *processor) speed(file, key string) cim.Value {
	if khz := live.Uint(live.ReadLine(cpuFile(p.sys, p.cpus[0], "cpufreq", file))); khz >= 1000 && khz < 1<<32 {
		return cim.Uint32Value(uint32(khz / 1000))
	}
	if key != "" {
		if mhz, err := strconv.ParseFloat(p.info()[key], 64); err == nil && mhz >= 1 && mhz < 1e6 {
			return cim.Uint32Value(uint32(mhz))
		}
	}
	return cim.Value{}
}

// flag reports whether the processor has one of some features; NULL if it does
// not name its features as x86 does.
func (p *processor) flag(names ...string) cim.Value {
	flags, ok := p.info()["flags"]
	if !ok {
		return cim.Value{}
	}
	for f := range strings.FieldsSeq(flags) {
		if slices.Contains(names, f) {
			return cim.BoolValue(true)
		}
	}
	return cim.BoolValue(false)
}

// An architecture is what Windows calls that of the kernel.
type architecture struct {
	number, width uint16
	caption       string
}

var architectures = map[string]architecture{
	"amd64": {9, 64, "x86_64"}, "386": {0, 32, "x86"}, "arm": {5, 32, "ARM"}, "arm64": {12, 64, "ARM64"},
}

// caption is that of Windows, such as "x86_64 Family 6 Model 158 Stepping 10".
func (p *processor) caption() string {
	i := p.info()
	if i["cpu family"] == "" || i["model"] == "" || i["stepping"] == "" {
		return ""
	}
	return strings.TrimSpace(architectures[runtime.GOARCH].caption + " Family " + i["cpu family"] + " Model " + i["model"] + " Stepping " + i["stepping"])
}

// number returns a number of /proc/cpuinfo.
func (p *processor) number(name string) (uint16, bool) {
	n, err := strconv.ParseUint(p.info()[name], 10, 16)
	return uint16(n), err == nil
}

func (p *processor) deviceID() string { return "CPU" + strconv.FormatUint(p.id, 10) }

func processors(sys *live.System) *live.Class[processor] {
	text := func(name string, get func(*processor) string) live.Field[processor] {
		return live.Field[processor]{Name: name, Get: func(p *processor) cim.Value { return live.Text(get(p)) }}
	}
	info := func(name, key string) live.Field[processor] {
		return text(name, func(p *processor) string { return p.info()[key] })
	}
	busy := &loads{chips: map[uint64]*load{}}
	threads := func(p *processor) cim.Value { return cim.Uint32Value(uint32(len(p.cpus))) }
	fields := []live.Field[processor]{
		text("DeviceID", (*processor).deviceID),
		live.Const[processor]("CreationClassName", cim.StringValue("Win32_Processor")),
		live.Const[processor]("SystemCreationClassName", cim.StringValue("Win32_ComputerSystem")),
		{Name: "SystemName", Get: func(*processor) cim.Value { return sys.ComputerName() }},
		info("Name", "model name"),
		text("Caption", (*processor).caption),
		text("Description", (*processor).caption),
		info("Manufacturer", "vendor_id"),
		info("Stepping", "stepping"),
		{Name: "Level", Get: func(p *processor) cim.Value {
			if n, ok := p.number("cpu family"); ok {
				return cim.Uint16Value(n)
			}
			return cim.Value{}
		}},
		{Name: "Revision", Get: func(p *processor) cim.Value {
			model, ok1 := p.number("model")
			stepping, ok2 := p.number("stepping")
			if !ok1 || !ok2 || model > 255 || stepping > 255 {
				return cim.Value{}
			}
			return cim.Uint16Value(model<<8 | stepping)
		}},
		{Name: "NumberOfCores", Get: (*processor).cores},
		{Name: "NumberOfEnabledCore", Get: (*processor).cores},
		{Name: "NumberOfLogicalProcessors", Get: threads},
		{Name: "ThreadCount", Get: threads},
		{Name: "MaxClockSpeed", Get: func(p *processor) cim.Value { return p.speed("cpuinfo_max_freq", "") }},
		{Name: "CurrentClockSpeed", Get: func(p *processor) cim.Value { return p.speed("scaling_cur_freq", "cpu MHz") }},
		{Name: "LoadPercentage", Get: busy.of},
		{Name: "L2CacheSize", Get: func(p *processor) cim.Value { return p.cache("2") }},
		{Name: "L3CacheSize", Get: func(p *processor) cim.Value { return p.cache("3") }},
		{Name: "VMMonitorModeExtensions", Get: func(p *processor) cim.Value { return p.flag("vmx", "svm") }},
		{Name: "SecondLevelAddressTranslationExtensions", Get: func(p *processor) cim.Value { return p.flag("ept", "npt") }},
		live.Const[processor]("Availability", cim.Uint16Value(3)),  // Running/Full Power
		live.Const[processor]("CpuStatus", cim.Uint16Value(1)),     // CPU Enabled
		live.Const[processor]("StatusInfo", cim.Uint16Value(3)),    // Enabled
		live.Const[processor]("ProcessorType", cim.Uint16Value(3)), // Central Processor
		live.Const[processor]("Role", cim.StringValue("CPU")),
		live.Const[processor]("Status", cim.StringValue("OK")),
	}
	a := architectures[runtime.GOARCH]
	if a.width != 0 {
		fields = append(fields,
			live.Const[processor]("Architecture", cim.Uint16Value(a.number)),
			live.Const[processor]("AddressWidth", cim.Uint16Value(a.width)),
			live.Const[processor]("DataWidth", cim.Uint16Value(a.width)))
	}
	return &live.Class[processor]{Name: "Win32_Processor", All: all(sys), Fields: fields}
}
