package perf

import (
	"math"

	"openwmi/cim"
	"openwmi/providers/live"
)

// perSecond is the frequency of all clocks here: they count units of 100 ns.
const perSecond = 1e7

// A moment is when an object was read.
type moment struct {
	uptime uint64 // since the system was started
	time   uint64 // since 1601, as a FILETIME
}

// filetime1970 is 1970 as a FILETIME. [MS-DTYP] 2.3.3
const filetime1970 = 116444736000000000

func (o *Options) moment() (moment, error) {
	up, err := o.Uptime()
	if err != nil {
		return moment{}, live.Unavailable(err)
	}
	return moment{uint64(up / 100), uint64(o.Now().UnixNano()/100 + filetime1970)}, nil
}

// boot returns when the system was started.
func (m *moment) boot() uint64 { return m.time - min(m.uptime, m.time) }

// stamps are the fields of Win32_Perf. The clock of all objects is that of the day.
func stamps[T any](at func(*T) *moment) []live.Field[T] {
	now := func(o *T) cim.Value { return cim.Uint64Value(at(o).time) }
	return []live.Field[T]{
		{Name: "Timestamp_PerfTime", Get: func(o *T) cim.Value { return cim.Uint64Value(at(o).uptime) }},
		{Name: "Timestamp_Sys100NS", Get: now},
		{Name: "Timestamp_Object", Get: now},
		live.Const[T]("Frequency_PerfTime", cim.Uint64Value(perSecond)),
		live.Const[T]("Frequency_Sys100NS", cim.Uint64Value(perSecond)),
		live.Const[T]("Frequency_Object", cim.Uint64Value(perSecond)),
	}
}

// u64 and u32 are fields of counters, which get returns, NULL if not ok. That of
// u32 is modulo 2 to the 32nd.
func u64[T any](name string, get func(*T) (uint64, bool)) live.Field[T] {
	return live.Field[T]{Name: name, Get: func(o *T) cim.Value {
		if n, ok := get(o); ok {
			return cim.Uint64Value(n)
		}
		return cim.Value{}
	}}
}

func u32[T any](name string, get func(*T) (uint64, bool)) live.Field[T] {
	return live.Field[T]{Name: name, Get: func(o *T) cim.Value {
		if n, ok := get(o); ok {
			return cim.Uint32Value(uint32(n))
		}
		return cim.Value{}
	}}
}

// gauge32 is a field of what goes up and down, NULL beyond 32 bits.
func gauge32[T any](name string, get func(*T) (uint64, bool)) live.Field[T] {
	return u32(name, func(o *T) (uint64, bool) {
		n, ok := get(o)
		return n, ok && n <= math.MaxUint32
	})
}
