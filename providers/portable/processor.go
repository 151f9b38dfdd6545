package portable

import (
	"runtime"
	"strconv"
	"sync"

	"github.com/shirou/gopsutil/v4/cpu"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A chip is a processor with all its cores.
type chip struct {
	cpu.InfoStat
	id    string
	alone bool // there is no other
}

// readChips returns the chips in order. Some systems list each thread of a core by
// itself, with the number of its chip.
func readChips() ([]*chip, error) {
	infos, err := cpu.Info()
	if err != nil {
		return nil, err
	}
	var chips []*chip
	seen := map[string]bool{}
	for _, info := range infos {
		if info.PhysicalID != "" && seen[info.PhysicalID] {
			continue
		}
		seen[info.PhysicalID] = true
		chips = append(chips, &chip{InfoStat: info, id: "CPU" + strconv.Itoa(len(chips))})
	}
	for _, c := range chips {
		c.alone = len(chips) == 1
	}
	return chips, nil
}

// Processors returns the class Win32_Processor.
func Processors(o Options) live.Source {
	o = o.complete()
	busy := &load{}
	// counts are of all chips together, which are alike where there are several.
	counts := func(logical bool) func(*chip) int {
		return func(c *chip) int {
			n, err := cpu.Counts(logical)
			if err != nil || !c.alone {
				return 0
			}
			return n
		}
	}
	fields := []live.Field[chip]{
		text("DeviceID", func(c *chip) string { return c.id }),
		live.Const[chip]("CreationClassName", cim.StringValue("Win32_Processor")),
		live.Const[chip]("SystemCreationClassName", cim.StringValue("Win32_ComputerSystem")),
		{Name: "SystemName", Get: func(*chip) cim.Value { return o.computer() }},
		text("Name", func(c *chip) string { return c.ModelName }),
		text("Manufacturer", func(c *chip) string { return c.VendorID }),
		u16("Level", func(c *chip) int { n, _ := strconv.Atoi(c.Family); return n }),
		u32("MaxClockSpeed", func(c *chip) int { return int(min(c.Mhz, 1e6)) }),
		u32("NumberOfCores", counts(false)),
		u32("NumberOfLogicalProcessors", counts(true)),
		u32("ThreadCount", counts(true)),
		{Name: "LoadPercentage", Get: func(c *chip) cim.Value {
			if !c.alone {
				return cim.Value{}
			}
			return busy.percent()
		}},
		live.Const[chip]("Availability", cim.Uint16Value(3)),  // Running/Full Power
		live.Const[chip]("CpuStatus", cim.Uint16Value(1)),     // CPU Enabled
		live.Const[chip]("StatusInfo", cim.Uint16Value(3)),    // Enabled
		live.Const[chip]("ProcessorType", cim.Uint16Value(3)), // Central Processor
		live.Const[chip]("Role", cim.StringValue("CPU")),
		live.Const[chip]("Status", cim.StringValue("OK")),
	}
	if a := architectures[runtime.GOARCH]; a.width != 0 {
		fields = append(fields,
			live.Const[chip]("Architecture", cim.Uint16Value(a.number)),
			live.Const[chip]("AddressWidth", cim.Uint16Value(a.width)),
			live.Const[chip]("DataWidth", cim.Uint16Value(a.width)))
	}
	return &live.Class[chip]{Name: "Win32_Processor", All: list(readChips), Fields: fields}
}

// A load is how busy all processors together were between the last two times that
// somebody asked: nobody waits for a measurement, and the first one gets NULL. Who
// asks again within a quarter of a second of their time gets what there was.
type load struct {
	mu          sync.Mutex // guards the rest
	idle, total float64    // seconds
	last        cim.Value
}

func (l *load) percent() cim.Value {
	times, err := cpu.Times(false)
	if err != nil || len(times) != 1 {
		return cim.Value{}
	}
	t := times[0]
	idle := t.Idle + t.Iowait
	total := idle + t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal
	l.mu.Lock()
	defer l.mu.Unlock()
	passed := total - l.total
	switch {
	case l.total == 0, passed < 0:
		l.last = cim.Value{}
	case passed < 0.25*float64(runtime.NumCPU()):
		return l.last
	default:
		busy := 100 * (1 - (idle-l.idle)/passed)
		l.last = cim.Uint16Value(uint16(min(max(busy, 0), 100)))
	}
	l.idle, l.total = idle, total
	return l.last
}
