package host

import (
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A memory is what /proc/meminfo says, in kilobytes, by name.
type memory map[string]uint64

func readMemory(sys *live.System) (memory, error) {
	b, err := live.ReadFile(sys.ProcFile("meminfo"), 64<<10)
	if err != nil {
		return nil, live.Unavailable(err)
	}
	m := memory{}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.HasSuffix(strings.TrimSpace(value), " kB") {
			m[name] = live.Uint(value)
		}
	}
	return m, nil
}

// sum returns some sizes together, times unit; NULL if one is not known.
func (m memory) sum(unit uint64, names ...string) cim.Value {
	total := uint64(0)
	for _, name := range names {
		kb, ok := m[name]
		if !ok {
			return cim.Value{}
		}
		total += kb
	}
	return cim.Uint64Value(total * unit)
}

// available returns the name of the size of the memory that programs could get:
// kernels before 3.14 do not estimate it.
func (m memory) available() string {
	if _, ok := m["MemAvailable"]; ok {
		return "MemAvailable"
	}
	return "MemFree"
}
