package perf

import (
	"context"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A system is what counts for all of it.
type system struct {
	moment
	sys  *live.System
	stat table // /proc/stat
}

func systems(o Options) *live.Class[system] {
	return &live.Class[system]{
		Name: "Win32_PerfRawData_PerfOS_System",
		All: list(func(context.Context) ([]*system, error) {
			stat, err := readTable(o.System, "stat")
			if err != nil {
				return nil, err
			}
			at, err := o.moment()
			return []*system{{at, o.System, stat}}, err
		}),
		Fields: append(stamps(func(s *system) *moment { return &s.moment }),
			u32("ContextSwitchesPersec", func(s *system) (uint64, bool) { return s.stat.sum("ctxt") }),
			gauge32("Processes", (*system).processes),
			gauge32("ProcessorQueueLength", func(s *system) (uint64, bool) {
				n, ok := s.stat.sum("procs_running")
				return n - min(n, uint64(len(s.sys.CPUs()))), ok
			}),
			gauge32("Threads", (*system).threads),
			live.Field[system]{Name: "SystemUpTime", Get: func(s *system) cim.Value { return cim.Uint64Value(s.boot()) }},
		),
	}
}

func (s *system) processes() (n uint64, ok bool) {
	names, err := live.ReadNames(s.sys.ProcFile())
	for _, name := range names {
		if strings.Trim(name, "0123456789") == "" {
			n++
		}
	}
	return n, err == nil
}

// threads returns the fourth field of loadavg behind its slash: proc_loadavg(5).
func (s *system) threads() (uint64, bool) {
	f := strings.Fields(live.ReadLine(s.sys.ProcFile("loadavg")))
	if len(f) < 4 {
		return 0, false
	}
	_, all, ok := strings.Cut(f[3], "/")
	return live.Uint(all), ok
}
