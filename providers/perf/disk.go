package perf

import (
	"context"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/providers/disk"
	"openwmi/providers/live"
)

// A device is a disk or a file system, or all of them.
type device struct {
	moment
	name   string
	io     [maxIO]uint64
	number uint64                              // of devices that are in io
	space  func() (size, free uint64, ok bool) // of a file system, in bytes
}

// What /proc/diskstats counts, times in milliseconds: Documentation/admin-guide/iostats.rst
const (
	reads = iota
	readsMerged
	sectorsRead
	readTime
	writes
	writesMerged
	sectorsWritten
	writeTime
	inFlight
	busyTime
	weightedTime
	maxIO
)

const (
	sector         = 512 // bytes, whatever the device has
	perMillisecond = perSecond / 1000
)

// readIO returns the counters of all devices by name: the lines are
//
//	254 0 vda 4824654 508267 150236034 4242327 12245349 ...
func readIO(o Options) (map[string][maxIO]uint64, moment, error) {
	b, err := live.ReadFile(o.System.ProcFile("diskstats"), 8*live.MaxFile)
	if err != nil {
		return nil, moment{}, live.Unavailable(err)
	}
	at, err := o.moment()
	all := map[string][maxIO]uint64{}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 3+maxIO {
			continue
		}
		var io [maxIO]uint64
		for i := range io {
			io[i] = live.Uint(f[3+i])
		}
		all[strings.ReplaceAll(f[2], "/", "!")] = io
	}
	return all, at, err
}

// add makes another device a part of this one.
func (d *device) add(io [maxIO]uint64) {
	for i := range io {
		d.io[i] += io[i]
	}
	d.number++
}

func physicalDisks(o Options) *live.Class[device] {
	return &live.Class[device]{
		Name: "Win32_PerfRawData_PerfDisk_PhysicalDisk",
		All: list(func(context.Context) ([]*device, error) {
			io, at, err := readIO(o)
			if err != nil {
				return nil, err
			}
			names, err := disk.Drives(o.System)
			if err != nil {
				return nil, err
			}
			all := &device{moment: at, name: total}
			var found []*device
			for i, name := range names {
				if counted, ok := io[name]; ok {
					found = append(found, &device{moment: at, name: strconv.Itoa(i) + " " + name, io: counted, number: 1})
					all.add(counted)
				}
			}
			return append(found, all), nil
		}),
		Fields: deviceFields(),
	}
}

func logicalDisks(o Options) *live.Class[device] {
	space := func(get func(size, free uint64) uint64) func(*device) (uint64, bool) {
		return func(d *device) (uint64, bool) {
			size, free, ok := d.space()
			return get(size, free) >> 20, ok
		}
	}
	free := space(func(_, free uint64) uint64 { return free })
	size := space(func(size, _ uint64) uint64 { return size })
	return &live.Class[device]{
		Name: "Win32_PerfRawData_PerfDisk_LogicalDisk",
		All:  list(func(context.Context) ([]*device, error) { return readVolumes(o) }),
		Fields: append(deviceFields(),
			gauge32("FreeMegabytes", free),
			gauge32("PercentFreeSpace", free),
			gauge32("PercentFreeSpace_Base", size),
		),
	}
}

// readVolumes returns the file systems on devices that are counted, and all
// together, where a device counts once.
func readVolumes(o Options) ([]*device, error) {
	io, at, err := readIO(o)
	if err != nil {
		return nil, err
	}
	volumes, err := disk.Volumes(o.System)
	if err != nil {
		return nil, err
	}
	all := &device{moment: at, name: total}
	var found, parts []*device
	seen := map[string]bool{}
	for _, v := range volumes {
		name := v.Device()
		counted, ok := io[name]
		if !ok {
			continue
		}
		d := &device{moment: at, name: v.Name(), io: counted, number: 1, space: v.Space}
		found = append(found, d)
		if !seen[name] {
			seen[name] = true
			all.add(counted)
			parts = append(parts, d)
		}
	}
	all.space = func() (size, free uint64, ok bool) {
		for _, d := range parts {
			if s, f, known := d.space(); known {
				size, free, ok = size+s, free+f, true
			}
		}
		return size, free, ok
	}
	return append(found, all), nil
}

// deviceFields are those of both classes. The raw counters of times that are
// percentages in the end, and their bases, are for one device; the
// total is the average.
func deviceFields() []live.Field[device] {
	sum := func(unit uint64, kinds ...int) func(*device) (uint64, bool) {
		return func(d *device) (n uint64, ok bool) {
			for _, k := range kinds {
				n += d.io[k]
			}
			return n * unit, true
		}
	}
	average := func(kinds ...int) func(*device) (uint64, bool) {
		times := sum(perMillisecond, kinds...)
		return func(d *device) (uint64, bool) {
			n, _ := times(d)
			return n / max(d.number, 1), d.number > 0
		}
	}
	uptime := func(d *device) (uint64, bool) { return d.uptime, true }
	fields := append(stamps(func(d *device) *moment { return &d.moment }),
		live.Field[device]{Name: "Name", Get: func(d *device) cim.Value { return live.Text(d.name) }},
		u32("CurrentDiskQueueLength", sum(1, inFlight)),
		u64("PercentIdleTime", func(d *device) (uint64, bool) {
			busy, ok := average(busyTime)(d)
			return d.uptime - min(busy, d.uptime), ok
		}),
		u64("PercentIdleTime_Base", uptime),
	)
	for _, kind := range []struct {
		name, queue             string
		operations, bytes, time []int
		waiting                 []int
	}{
		{"Read", "Read", []int{reads}, []int{sectorsRead}, []int{readTime}, []int{readTime}},
		{"Write", "Write", []int{writes}, []int{sectorsWritten}, []int{writeTime}, []int{writeTime}},
		{"Transfer", "", []int{reads, writes}, []int{sectorsRead, sectorsWritten}, []int{readTime, writeTime}, []int{weightedTime}},
	} {
		fields = append(fields,
			u64("AvgDiskBytesPer"+kind.name, sum(sector, kind.bytes...)),
			u32("AvgDiskBytesPer"+kind.name+"_Base", sum(1, kind.operations...)),
			u32("AvgDisksecPer"+kind.name, sum(perMillisecond, kind.time...)),
			u32("AvgDisksecPer"+kind.name+"_Base", sum(1, kind.operations...)),
			u64("AvgDisk"+kind.queue+"QueueLength", sum(perMillisecond, kind.waiting...)),
			u32("Disk"+kind.name+"sPersec", sum(1, kind.operations...)),
			u64("Disk"+kind.queue+"BytesPersec", sum(sector, kind.bytes...)),
			u64("PercentDisk"+kind.queue+"Time", average(kind.time...)),
			u64("PercentDisk"+kind.queue+"Time_Base", uptime),
		)
	}
	return fields
}
