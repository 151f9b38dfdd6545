package perf

import (
	"context"
	"math"

	"openwmi/providers/live"
)

// A memory is that of the system.
type memory struct {
	moment
	info, vm table // /proc/meminfo, /proc/vmstat
}

func memories(o Options) *live.Class[memory] {
	// Sizes are in kilobytes in the file.
	size := func(name string, unit uint64, names ...string) live.Field[memory] {
		return u64(name, func(m *memory) (uint64, bool) {
			n, ok := m.info.sum(names...)
			return n * 1024 / unit, ok && n < math.MaxUint64/1024
		})
	}
	// In megabytes 32 bits are enough.
	megabytes := func(property, name string) live.Field[memory] {
		return gauge32(property, func(m *memory) (uint64, bool) {
			n, ok := m.info.sum(name)
			return n / 1024, ok
		})
	}
	count := func(name string, names ...string) live.Field[memory] {
		return u32(name, func(m *memory) (uint64, bool) { return m.vm.sum(names...) })
	}
	return &live.Class[memory]{
		Name: "Win32_PerfRawData_PerfOS_Memory",
		All: list(func(context.Context) ([]*memory, error) {
			info, err := readTable(o.System, "meminfo")
			if err != nil {
				return nil, err
			}
			vm, _ := readTable(o.System, "vmstat") // absent from some kernels
			at, err := o.moment()
			return []*memory{{at, info, vm}}, err
		}),
		Fields: append(stamps(func(m *memory) *moment { return &m.moment }),
			size("AvailableBytes", 1, "MemAvailable"),
			size("AvailableKBytes", 1<<10, "MemAvailable"),
			size("AvailableMBytes", 1<<20, "MemAvailable"),
			size("CacheBytes", 1, "Buffers", "Cached"),
			size("SystemCacheResidentBytes", 1, "Buffers", "Cached"),
			size("CommitLimit", 1, "CommitLimit"),
			size("CommittedBytes", 1, "Committed_AS"),
			megabytes("PercentCommittedBytesInUse", "Committed_AS"),
			megabytes("PercentCommittedBytesInUse_Base", "CommitLimit"),
			size("FreeAndZeroPageListBytes", 1, "MemFree"),
			size("ModifiedPageListBytes", 1, "Dirty"),
			size("PoolNonpagedBytes", 1, "Slab"),
			count("PageFaultsPersec", "pgfault"),
			count("PageReadsPersec", "pgmajfault"),
			count("PagesInputPersec", "pswpin"),
			count("PagesOutputPersec", "pswpout"),
			count("PagesPersec", "pswpin", "pswpout"),
		),
	}
}
