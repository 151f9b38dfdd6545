package process

import "openwmi/providers/live"

// A class is a priority class of processes, as SetPriority and
// Win32_ProcessStartup name it.
//
// What Windows calls a base priority, 0 to 31, is here what the nice value stands
// for: each class has the base priority that it has on Windows, and the nice
// values from its own up to the next one's belong to it. Processes scheduled in
// real time have that of "Realtime".
type class struct {
	value    int64
	nice     int
	base     uint32
	minNice  int64 // the least nice value that counts as this class
	realtime bool
}

var classes = []class{
	{value: 256, nice: -20, base: 24, minNice: -20, realtime: true}, // Realtime
	{value: 128, nice: -10, base: 13, minNice: -19},                 // High
	{value: 32768, nice: -5, base: 10, minNice: -9},                 // Above normal
	{value: 32, nice: 0, base: 8, minNice: 0},                       // Normal
	{value: 16384, nice: 10, base: 6, minNice: 1},                   // Below normal
	{value: 64, nice: 19, base: 4, minNice: 15},                     // Idle
}

// classOf returns the class with a value of WMI.
func classOf(value int64) (class, bool) {
	for _, c := range classes {
		if c.value == value {
			return c, true
		}
	}
	return class{}, false
}

// priority returns the base priority of a process or thread.
func priority(s *live.ProcessStat) uint32 {
	if s.Realtime > 0 {
		return classes[0].base
	}
	base := classes[0].base
	for _, c := range classes {
		if s.Nice >= c.minNice {
			base = c.base
		}
	}
	return base
}
