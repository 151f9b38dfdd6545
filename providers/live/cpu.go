package live

import "strings"

// maxCPU bounds the numbers of processors.
const maxCPU = 1 << 16

// CPUs returns the numbers of the processors in use, each thread of a core by
// itself; none if that is not known.
func (s *System) CPUs() []uint64 {
	return ParseList(ReadLine(s.SysFile("devices", "system", "cpu", "online")))
}

// ParseList reads a list of numbers such as 0-3,8. Numbers beyond 65535, which no
// kernel gives a processor, are left out.
func ParseList(list string) []uint64 {
	var all []uint64
	for part := range strings.SplitSeq(list, ",") {
		if part == "" {
			continue
		}
		low, high, ranged := strings.Cut(part, "-")
		first := Uint(low)
		last := first
		if ranged {
			last = Uint(high)
		}
		for n := first; n <= last && n < maxCPU && len(all) < maxCPU; n++ {
			all = append(all, n)
		}
	}
	return all
}
