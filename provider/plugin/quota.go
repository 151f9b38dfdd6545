package plugin

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"openwmi/cim"
	"openwmi/internal/child"
	"openwmi/wbem"
)

// checkEvery is how often what programs use is compared with the quotas that the
// system cannot enforce.
const checkEvery = 5 * time.Second

// limits returns those of a program that is started now.
func (h *Host) limits(cfg *Program) child.Limits {
	h.mu.Lock()
	defer h.mu.Unlock()
	memory := uint64(cfg.MemoryLimit)
	if memory == 0 {
		memory = h.quotas.Memory
	}
	return child.Limits{Memory: memory, Files: uint64(h.quotas.Handles)}
}

// admit makes room for one more program, and counts it until leave: QuotaViolation
// if as many run as may and none of them is idle.
func (h *Host) admit() error {
	for {
		h.mu.Lock()
		limit := int(h.quotas.Processes)
		if limit == 0 || h.running < limit {
			h.running++
			if h.monitor == nil && !h.closed {
				h.monitor = time.AfterFunc(checkEvery, h.check)
			}
			h.mu.Unlock()
			return nil
		}
		others := slices.Collect(maps.Values(h.programs))
		h.mu.Unlock()
		if !slices.ContainsFunc(others, (*program).evict) {
			return cim.Errorf(wbem.QuotaViolation, "%d programs of providers run already (ProcessLimitAllHosts)", limit)
		}
	}
}

// leave says that a process has ended that was admitted.
func (h *Host) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running--
}

// check ends programs that use more than they may: one with too many threads, and
// the largest while all together have too much memory. That is a crash for those
// who call it. What the system cannot tell is not checked.
func (h *Host) check() {
	h.mu.Lock()
	quotas := h.quotas
	programs := slices.Collect(maps.Values(h.programs))
	h.monitor = nil
	if h.running > 0 && !h.closed {
		h.monitor = time.AfterFunc(checkEvery, h.check)
	}
	h.mu.Unlock()
	type used struct {
		*program
		proc   *process
		memory uint64
	}
	var all []used
	var sum uint64
	for _, p := range programs {
		proc := p.current()
		if proc == nil || proc.run == nil {
			continue
		}
		usage, ok := proc.run.proc.Usage()
		switch {
		case !ok:
		case quotas.Threads > 0 && usage.Threads > uint64(quotas.Threads):
			p.exceeds(proc, fmt.Sprintf("it has %d threads, and ThreadsPerHost is %d", usage.Threads, quotas.Threads))
		default:
			all = append(all, used{p, proc, usage.Memory})
			sum += usage.Memory
		}
	}
	slices.SortFunc(all, func(a, b used) int { return cmp.Compare(b.memory, a.memory) })
	for _, u := range all {
		if quotas.MemoryTogether == 0 || sum <= quotas.MemoryTogether {
			break
		}
		u.exceeds(u.proc, fmt.Sprintf("all programs have %d bytes, it has the most, %d, and MemoryAllHosts is %d", sum, u.memory, quotas.MemoryTogether))
		sum -= u.memory
	}
}
