package perf

import (
	"math/bits"

	"openwmi/cim"
)

// A reading is what one counter needs of two samples: differences for a formula
// that is about the time between them, else what the later sample has.
type reading struct {
	n uint64 // the counter
	b uint64 // its base
	t uint64 // the time stamp
	f uint64 // units of it in a second, not 0; both are 0 if the formula is timeless
}

// A clock is one of the three times of a sample.
type clock int

const (
	perfTime   clock = iota // Timestamp_PerfTime
	sys100NS                // Timestamp_Sys100NS
	objectTime              // Timestamp_Object
	clocks

	timeless clock = -1
)

// A formula says what a counter of some CounterType comes to.
type formula struct {
	name  string // as CookingType has it
	clock clock
	n, b  use
	units string // of the result, "" for those of the counter
	cook  func(r reading) (uint64, bool)
}

// A use says what a formula needs of a counter.
type use int

const (
	unused use = iota
	now        // what it is
	change     // what it has become more
)

// formulas has the counter types that are computed. The bits of their numbers say
// the same: size, kind, time, difference, inverse, and how to show it. Bases and
// texts, which nobody wants by themselves, are not there. "WMI Performance Counter
// Types"
var formulas = map[uint32]formula{
	0x00000000: {"PERF_COUNTER_RAWCOUNT_HEX", timeless, now, unused, "", count},
	0x00000100: {"PERF_COUNTER_LARGE_RAWCOUNT_HEX", timeless, now, unused, "", count},
	0x00010000: {"PERF_COUNTER_RAWCOUNT", timeless, now, unused, "", count},
	0x00010100: {"PERF_COUNTER_LARGE_RAWCOUNT", timeless, now, unused, "", count},
	0x00400400: {"PERF_COUNTER_DELTA", perfTime, change, unused, "", count},
	0x00400500: {"PERF_COUNTER_LARGE_DELTA", perfTime, change, unused, "", count},

	0x00410400: {"PERF_SAMPLE_COUNTER", perfTime, change, unused, "per second", rate},
	0x10410400: {"PERF_COUNTER_COUNTER", perfTime, change, unused, "per second", rate},
	0x10410500: {"PERF_COUNTER_BULK_COUNT", perfTime, change, unused, "per second", rate},

	0x00450400: {"PERF_COUNTER_QUEUELEN_TYPE", perfTime, change, unused, "items", perTime},
	0x00450500: {"PERF_COUNTER_LARGE_QUEUELEN_TYPE", perfTime, change, unused, "items", perTime},
	0x00550500: {"PERF_COUNTER_100NS_QUEUELEN_TYPE", sys100NS, change, unused, "items", perTime},
	0x00650500: {"PERF_COUNTER_OBJ_TIME_QUEUELEN_TYPE", objectTime, change, unused, "items", perTime},

	0x20410500: {"PERF_COUNTER_TIMER", perfTime, change, unused, "percent", percentOfTime},
	0x20510500: {"PERF_100NSEC_TIMER", sys100NS, change, unused, "percent", percentOfTime},
	0x20610500: {"PERF_OBJ_TIME_TIMER", objectTime, change, unused, "percent", percentOfTime},
	0x21410500: {"PERF_COUNTER_TIMER_INV", perfTime, change, unused, "percent", percentLeft},
	0x21510500: {"PERF_100NSEC_TIMER_INV", sys100NS, change, unused, "percent", percentLeft},
	0x22410500: {"PERF_COUNTER_MULTI_TIMER", perfTime, change, now, "percent", percentOfTimes},
	0x22510500: {"PERF_100NSEC_MULTI_TIMER", sys100NS, change, now, "percent", percentOfTimes},
	0x23410500: {"PERF_COUNTER_MULTI_TIMER_INV", perfTime, change, now, "percent", percentLeftOfTimes},
	0x23510500: {"PERF_100NSEC_MULTI_TIMER_INV", sys100NS, change, now, "percent", percentLeftOfTimes},

	0x20020400: {"PERF_RAW_FRACTION", timeless, now, now, "percent", percentOfBase},
	0x20020500: {"PERF_LARGE_RAW_FRACTION", timeless, now, now, "percent", percentOfBase},
	0x20C20400: {"PERF_SAMPLE_FRACTION", perfTime, change, change, "percent", percentOfBase},
	0x20470500: {"PERF_PRECISION_SYSTEM_TIMER", perfTime, change, change, "percent", percentOfBase},
	0x20570500: {"PERF_PRECISION_100NS_TIMER", sys100NS, change, change, "percent", percentOfBase},
	0x20670500: {"PERF_PRECISION_OBJECT_TIMER", objectTime, change, change, "percent", percentOfBase},

	0x30020400: {"PERF_AVERAGE_TIMER", perfTime, change, change, "seconds", averageTime},
	0x40020500: {"PERF_AVERAGE_BULK", perfTime, change, change, "", average},
	elapsed:    {"PERF_ELAPSED_TIME", objectTime, now, unused, "seconds", age},
}

// elapsed is PERF_ELAPSED_TIME, the counter that says when something began.
const elapsed = 0x30240500

// named are the formulas by name, as CookingType has them.
var named = func() map[string]formula {
	m := map[string]formula{}
	for _, f := range formulas {
		m[cim.Fold(f.name)] = f
	}
	return m
}()

// The results are cut to integers, as those of Windows are. What is not a number is
// not ok.

func count(r reading) (uint64, bool) { return r.n, true }

func rate(r reading) (uint64, bool) { return scale(r.n, r.f, r.t) }

func perTime(r reading) (uint64, bool) { return scale(r.n, 1, r.t) }

func percentOfTime(r reading) (uint64, bool) { return scale(r.n, 100, r.t) }

// percentLeft is not below zero when clocks differ a little.
func percentLeft(r reading) (uint64, bool) { return scale(r.t-min(r.n, r.t), 100, r.t) }

// percentOfTimes is of the time of as many as the base says.
func percentOfTimes(r reading) (uint64, bool) {
	high, all := bits.Mul64(r.t, r.b)
	if high != 0 {
		return 0, false
	}
	return scale(r.n, 100, all)
}

// percentLeftOfTimes is, of b together, up to 100 for each of them.
func percentLeftOfTimes(r reading) (uint64, bool) {
	high, all := bits.Mul64(r.t, r.b)
	if high != 0 {
		return 0, false
	}
	return scale(all-min(r.n, all), 100, r.t)
}

func percentOfBase(r reading) (uint64, bool) { return scale(r.n, 100, r.b) }

// average is 0 if nothing has happened.
func average(r reading) (uint64, bool) {
	if r.b == 0 {
		return 0, true
	}
	return r.n / r.b, true
}

func averageTime(r reading) (uint64, bool) {
	n, ok := average(r)
	return n / r.f, ok
}

// age is not known of what begins later.
func age(r reading) (uint64, bool) { return (r.t - r.n) / r.f, r.n <= r.t }

// scale returns n * by / of; ok is false if that is no number of 64 bits.
func scale(n, by, of uint64) (result uint64, ok bool) {
	high, low := bits.Mul64(n, by)
	if high >= of { // also for 0
		return 0, false
	}
	result, _ = bits.Div64(high, low, of)
	return result, true
}
