package trace

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"openwmi/providers/live"
)

// patience is for how long a process that was forked may become another program
// before it counts as started; and how often one of which the first thread has
// ended is looked at. In nanoseconds.
const patience = uint64(100 * time.Millisecond)

// A table has the processes that there are, so that what has ended can be
// described, and what was missed be made up for. Times are nanoseconds of the
// monotonic clock. It is for one goroutine.
type table struct {
	sys   *live.System
	now   func() uint64
	start func(p *process, at uint64) error
	stop  func(p *process, at uint64) error

	known   map[uint32]*process
	forked  []*process          // in the order of due
	ending  map[uint32]*process // their first thread has ended
	scanned uint64              // when scan has looked last
	looked  uint64              // when tick has looked at those that are ending
}

func newTable(sys *live.System, now func() uint64) *table {
	return &table{sys: sys, now: now, known: map[uint32]*process{}, ending: map[uint32]*process{}}
}

// scan compares the processes that there are with those that were known, and
// tells of what is different, or does not at first.
func (t *table) scan(tell bool) error {
	names, err := live.ReadNames(t.sys.ProcFile())
	if err != nil {
		return live.Unavailable(err)
	}
	found := map[uint32]*process{}
	for _, name := range names {
		id, err := strconv.ParseUint(name, 10, 32)
		if err != nil {
			continue
		}
		if p := look(t.sys, uint32(id)); p != nil {
			found[p.id] = p
		}
	}
	t.scanned = t.now()
	for _, p := range t.sorted() {
		q := found[p.id]
		if q != nil && (p.start == 0 || p.start == q.start) {
			p.start = q.start
			delete(found, p.id)
			continue
		}
		if err := t.end(p, t.scanned); err != nil {
			return err
		}
	}
	begun := slices.SortedFunc(maps.Values(found), byAge)
	for _, p := range begun {
		t.known[p.id] = p
		p.told = !tell
		if err := t.begin(p, t.scanned); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) sorted() []*process { return slices.SortedFunc(maps.Values(t.known), byAge) }

// byAge puts older ones first, and last those of which that is not known: they
// are new.
func byAge(p, q *process) int {
	return cmp.Or(cmp.Compare(p.start-1, q.start-1), cmp.Compare(p.id, q.id))
}

// apply takes what the kernel tells.
func (t *table) apply(m message) error {
	p := t.known[m.process]
	old := m.at <= t.scanned // scan has seen what came of it
	switch m.what {
	case eventFork:
		if m.thread != m.process || old && (p != nil || look(t.sys, m.process) == nil) {
			return nil
		}
		if p != nil { // its end was missed
			if err := t.end(p, m.at); err != nil {
				return err
			}
		}
		child := &process{id: m.process, parent: m.parent, due: m.at + patience}
		if parent := t.known[m.parent]; parent != nil {
			child.name, child.session, child.hasSession = parent.name, parent.session, parent.hasSession
			child.user, child.hasUser = parent.user, parent.hasUser
		}
		t.known[m.process] = child
		t.forked = append(t.forked, child)
	case eventExec:
		if p == nil {
			return nil
		}
		delete(t.ending, p.id) // another thread has taken the place of the first
		p.exit, p.name = nil, ""
		p.read(t.sys)
		return t.begin(p, m.at)
	case eventUID:
		if p != nil && m.thread == m.process {
			p.user, p.hasUser = m.value, true
		}
	case eventExit:
		switch {
		case m.thread != m.process:
		case p != nil:
			p.exit = &m.value
			return t.look(p, m.at)
		case !old:
			return t.stop(&process{id: m.process, exit: &m.value}, m.at)
		}
	}
	return nil
}

// begin tells that a process has started, unless that was told.
func (t *table) begin(p *process, at uint64) error {
	if p.told {
		return nil
	}
	p.told = true
	return t.start(p, at)
}

// end tells that a process has ended.
func (t *table) end(p *process, at uint64) error {
	delete(t.known, p.id)
	delete(t.ending, p.id)
	if err := t.begin(p, at); err != nil {
		return err
	}
	return t.stop(p, at)
}

// look tells of the end of a process whose first thread has ended, unless others
// are left.
func (t *table) look(p *process, at uint64) error {
	if !p.read(t.sys) {
		return t.end(p, at)
	}
	t.ending[p.id] = p
	return nil
}

// tick does what is due.
func (t *table) tick() error {
	now := t.now()
	for len(t.forked) > 0 && (t.forked[0].told || t.forked[0].due <= now) {
		p := t.forked[0]
		t.forked = t.forked[1:]
		if p.told {
			continue
		}
		p.read(t.sys)
		if err := t.begin(p, p.due-patience); err != nil {
			return err
		}
	}
	if now-t.looked < patience {
		return nil
	}
	t.looked = now
	for _, p := range slices.SortedFunc(maps.Values(t.ending), byAge) {
		if err := t.look(p, now); err != nil {
			return err
		}
	}
	return nil
}

// next returns for how long there is nothing to do, less than zero for ever.
func (t *table) next() time.Duration {
	wait := -1 * time.Nanosecond
	if len(t.ending) > 0 {
		wait = time.Duration(patience)
	}
	if len(t.forked) > 0 {
		due := time.Duration(max(t.now(), t.forked[0].due) - t.now())
		if wait < 0 || due < wait {
			wait = due
		}
	}
	return wait
}
