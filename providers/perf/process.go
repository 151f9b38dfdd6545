package perf

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
	"openwmi/providers/process"
)

// A program is a process, or what stands for the time in which nothing runs, or
// all of these together.
type program struct {
	moment
	name    string
	process *process.Process // nil if it is none
	started uint64           // in units of 100 ns, since 1601
	get     values
}

// values returns a number by the name of a property of Win32_Process.
type values func(property string) (n uint64, ok bool)

// idleName is the name of the instance for the time in which nothing runs.
const idleName = "Idle"

func processes(o Options) *live.Class[program] {
	read := process.Read(o.System)
	// Each counter is a sum of properties of Win32_Process, in some unit.
	sum := func(unit uint64, properties ...string) func(*program) (uint64, bool) {
		return func(p *program) (uint64, bool) {
			total := uint64(0)
			for _, property := range properties {
				n, ok := p.get(property)
				if !ok {
					return 0, false
				}
				total += n
			}
			return total * unit, true
		}
	}
	return &live.Class[program]{
		Name: "Win32_PerfRawData_PerfProc_Process",
		All:  list(func(ctx context.Context) ([]*program, error) { return readPrograms(ctx, o, read) }),
		Gone: func(p *program) bool { return p.process != nil && p.process.Gone() },
		Fields: append(stamps(func(p *program) *moment { return &p.moment }),
			live.Field[program]{Name: "Name", Get: func(p *program) cim.Value { return cim.StringValue(p.name) }},
			gauge32("IDProcess", sum(1, "ProcessId")),
			gauge32("CreatingProcessID", sum(1, "ParentProcessId")),
			u64("ElapsedTime", func(p *program) (uint64, bool) { return p.started, p.started > 0 }),
			u64("PercentProcessorTime", sum(1, "UserModeTime", "KernelModeTime")),
			u64("PercentUserTime", sum(1, "UserModeTime")),
			u64("PercentPrivilegedTime", sum(1, "KernelModeTime")),
			gauge32("HandleCount", sum(1, "HandleCount")),
			gauge32("ThreadCount", sum(1, "ThreadCount")),
			gauge32("PriorityBase", sum(1, "Priority")),
			u64("IOReadOperationsPersec", sum(1, "ReadOperationCount")),
			u64("IOReadBytesPersec", sum(1, "ReadTransferCount")),
			u64("IOWriteOperationsPersec", sum(1, "WriteOperationCount")),
			u64("IOWriteBytesPersec", sum(1, "WriteTransferCount")),
			u64("IODataOperationsPersec", sum(1, "ReadOperationCount", "WriteOperationCount")),
			u64("IODataBytesPersec", sum(1, "ReadTransferCount", "WriteTransferCount")),
			u32("PageFaultsPersec", sum(1, "PageFaults")),
			u64("PageFileBytes", sum(1024, "PageFileUsage")),
			u64("PrivateBytes", sum(1, "PrivatePageCount")),
			u64("VirtualBytes", sum(1, "VirtualSize")),
			u64("VirtualBytesPeak", sum(1, "PeakVirtualSize")),
			u64("WorkingSet", sum(1, "WorkingSetSize")),
			u64("WorkingSetPeak", sum(1024, "PeakWorkingSetSize")),
		),
	}
}

// readPrograms returns the processes from the oldest to the youngest, then Idle
// and the total. Of those that have the same name the second gets #1 behind it, and
// so on.
func readPrograms(ctx context.Context, o Options, read func(context.Context) iter.Seq2[*process.Process, error]) ([]*program, error) {
	cpus, err := readProcessors(o)
	if err != nil {
		return nil, err
	}
	var all []*program
	for p, err := range read(ctx) {
		if err != nil {
			return nil, err
		}
		at, err := o.moment()
		if err != nil {
			return nil, err
		}
		prog := &program{moment: at, name: p.Get("Name").Text(), process: p, get: number(p)}
		if after, ok := p.Started(); ok {
			prog.started = at.boot() + uint64(after/(time.Second/perSecond))
		}
		if !p.Gone() {
			all = append(all, prog)
		}
	}
	slices.SortStableFunc(all, func(a, b *program) int { return cmp.Compare(a.started, b.started) })
	rename(all)

	at := cpus[len(cpus)-1]
	idles := &program{moment: at.moment, name: idleName, started: at.boot(), get: at.idle(len(cpus) - 1)}
	parts := append(slices.Clone(all), idles)
	whole := &program{moment: at.moment, name: total, started: at.boot(), get: at.whole(parts)}
	return append(parts, whole), nil
}

// rename makes the names different, which as keys do not depend on case.
func rename(all []*program) {
	used := map[string]bool{cim.Fold(idleName): true, cim.Fold(total): true}
	next := map[string]int{}
	for _, p := range all {
		name, key := p.name, cim.Fold(p.name)
		for used[cim.Fold(p.name)] {
			next[key]++
			p.name = name + "#" + strconv.Itoa(next[key])
		}
		used[cim.Fold(p.name)] = true
	}
}

func number(p *process.Process) values {
	return func(property string) (uint64, bool) {
		v := p.Get(property)
		return v.Uint(), !v.IsNull()
	}
}

// idle returns what is known of the time in which nothing runs, as if it were the
// kernel's work.
func (p *processor) idle(processors int) values {
	known := map[string]uint64{
		"ProcessId": 0, "ParentProcessId": 0, "Priority": 0,
		"ThreadCount":    uint64(processors),
		"KernelModeTime": p.spent(idle, iowait), "UserModeTime": 0,
	}
	return func(property string) (uint64, bool) {
		n, ok := known[property]
		return n, ok
	}
}

// whole adds what is known of some programs. But the time of the processors is that
// of the system: it does not become less when a process ends.
func (p *processor) whole(parts []*program) values {
	return func(property string) (n uint64, ok bool) {
		switch property {
		case "ProcessId", "ParentProcessId", "Priority":
			return 0, true
		case "UserModeTime":
			return p.spent(user, nice), true
		case "KernelModeTime":
			return p.spent(kernel, irq, softirq, idle, iowait), true
		}
		for _, part := range parts {
			if v, known := part.get(property); known {
				n, ok = n+v, true
			}
		}
		return n, ok
	}
}
