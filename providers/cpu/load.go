package cpu

import (
	"strconv"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A loads is how busy chips were between the last two times that somebody asked.
// Nobody waits for a measurement: the first one who asks gets NULL. Who asks again
// within a quarter of a second gets what there was.
type loads struct {
	mu    sync.Mutex // guards chips
	chips map[uint64]*load
}

// A load is of one chip, in ticks of all its processors together.
type load struct {
	busy, total uint64
	percent     cim.Value
}

// leastTicks are those of a quarter of a second of one processor.
const leastTicks = 25

func (l *loads) of(p *processor) cim.Value {
	busy, total, ok := readTimes(p.sys, p.cpus)
	if !ok {
		return cim.Value{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	last := l.chips[p.id]
	switch {
	case last == nil, total < last.total, busy < last.busy: // a processor was taken out
		l.chips[p.id] = &load{busy: busy, total: total}
		return cim.Value{}
	case total-last.total < leastTicks*uint64(len(p.cpus)):
		return last.percent
	}
	percent := min(100*(busy-last.busy)/(total-last.total), 100)
	*last = load{busy, total, cim.Uint16Value(uint16(percent))}
	return last.percent
}

// readTimes returns for how many ticks some processors have worked, and have been
// there. The lines of the file are
//
//	cpu0 user nice system idle iowait irq softirq steal guest guest_nice
//
// where the guests are in user and nice too. proc_stat(5)
func readTimes(sys *live.System, cpus []uint64) (busy, total uint64, ok bool) {
	b, err := live.ReadFile(sys.ProcFile("stat"), 8*live.MaxFile)
	if err != nil {
		return 0, 0, false
	}
	wanted := map[string]bool{}
	for _, n := range cpus {
		wanted["cpu"+strconv.FormatUint(n, 10)] = true
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) == 0 || !strings.HasPrefix(f[0], "cpu") {
			break // they are the first lines
		}
		if !wanted[f[0]] || len(f) < 5 {
			continue
		}
		ok = true
		for i, text := range f[1:min(len(f), 9)] {
			n := live.Uint(text)
			total += n
			if i != 3 && i != 4 { // idle, iowait
				busy += n
			}
		}
	}
	return busy, total, ok
}
