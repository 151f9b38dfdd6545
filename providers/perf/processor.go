package perf

import (
	"context"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/providers/live"
	"openwmi/wbem"
)

// total is the name of the instance for all others together.
const total = "_Total"

// A processor is a thread of a core, or all of them.
type processor struct {
	moment
	name   string
	times  [maxTimes]uint64
	number uint64   // of processors that are in times
	counts []counts // of interrupts and of soft interrupts
}

// What a processor spends its time on, in the order of /proc/stat. The guests
// that follow there are in user and nice too. proc_stat(5)
const (
	user = iota
	nice
	kernel
	idle
	iowait
	irq
	softirq
	steal
	maxTimes
)

// perTick is how many units of 100 ns there are in a tick.
const perTick = perSecond / live.Ticks

func processors(o Options) *live.Class[processor] {
	return &live.Class[processor]{
		Name: "Win32_PerfRawData_PerfOS_Processor",
		All:  list(func(context.Context) ([]*processor, error) { return readProcessors(o) }),
		Fields: append(stamps(func(p *processor) *moment { return &p.moment }),
			live.Field[processor]{Name: "Name", Get: func(p *processor) cim.Value { return cim.StringValue(p.name) }},
			u64("PercentProcessorTime", func(p *processor) (uint64, bool) { return p.time(idle, iowait) }), // inverse
			u64("PercentIdleTime", func(p *processor) (uint64, bool) { return p.time(idle, iowait) }),
			u64("PercentUserTime", func(p *processor) (uint64, bool) { return p.time(user, nice) }),
			u64("PercentPrivilegedTime", func(p *processor) (uint64, bool) { return p.time(kernel, irq, softirq) }),
			u64("PercentInterruptTime", func(p *processor) (uint64, bool) { return p.time(irq) }),
			u64("PercentDPCTime", func(p *processor) (uint64, bool) { return p.time(softirq) }),
			u32("InterruptsPersec", func(p *processor) (uint64, bool) { return p.counts[0].of(p.name) }),
			u32("DPCsQueuedPersec", func(p *processor) (uint64, bool) { return p.counts[1].of(p.name) }),
		),
	}
}

// spent returns how long the processors have done some things, in units of 100 ns.
func (p *processor) spent(kinds ...int) (n uint64) {
	for _, k := range kinds {
		n += p.times[k]
	}
	return n * perTick
}

// time is spent, on average if it is about all processors.
func (p *processor) time(kinds ...int) (n uint64, ok bool) {
	return p.spent(kinds...) / p.number, true
}

// readProcessors returns the processors in use, by number, and all together last.
func readProcessors(o Options) ([]*processor, error) {
	b, err := live.ReadFile(o.System.ProcFile("stat"), 8*live.MaxFile)
	if err != nil {
		return nil, live.Unavailable(err)
	}
	at, err := o.moment()
	if err != nil {
		return nil, err
	}
	counts := []counts{countOnce(o.System, "interrupts"), countOnce(o.System, "softirqs")}
	all := &processor{moment: at, name: total, counts: counts}
	var found []*processor
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) == 0 || !strings.HasPrefix(f[0], "cpu") {
			break // they are the first lines
		}
		p := &processor{moment: at, name: f[0][len("cpu"):], number: 1, counts: counts}
		if p.name == "" || len(f) < 1+idle+1 {
			continue
		}
		for k, text := range f[1:min(len(f), 1+maxTimes)] {
			p.times[k] = live.Uint(text)
			all.times[k] += p.times[k]
		}
		all.number++
		found = append(found, p)
	}
	if all.number == 0 {
		return nil, cim.Errorf(wbem.NotAvailable, "%s says nothing of processors", o.System.ProcFile("stat"))
	}
	return append(found, all), nil
}

// A counts returns events by the names of processors, nil if they are not known.
type counts func() map[string]uint64

func (c counts) of(name string) (uint64, bool) {
	n, ok := c()[name]
	return n, ok
}

// countOnce reads such a file when it is first needed:
//
//	           CPU0       CPU1
//	 24:          1          0  IO-APIC   5-edge      ACPI:Ged
//	LOC:    2340813    2210944  Local timer interrupts
//	ERR:          0
//
// A line with fewer numbers than processors is not about processors.
func countOnce(sys *live.System, file string) counts {
	return sync.OnceValue(func() map[string]uint64 {
		b, err := live.ReadFile(sys.ProcFile(file), 8*live.MaxFile)
		if err != nil {
			return nil
		}
		header, rest, _ := strings.Cut(string(b), "\n")
		names := strings.Fields(header)
		sums := map[string]uint64{}
		for line := range strings.Lines(rest) {
			label, numbers, _ := strings.Cut(line, ":")
			f := strings.Fields(numbers)
			if label = strings.TrimSpace(label); len(f) < len(names) || label == "ERR" || label == "MIS" {
				continue
			}
			for i, name := range names {
				n := live.Uint(f[i])
				sums[strings.TrimPrefix(name, "CPU")] += n
				sums[total] += n
			}
		}
		return sums
	})
}
