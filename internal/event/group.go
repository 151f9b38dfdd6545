package event

import (
	"math"
	"strconv"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/internal/query"
)

// MaxGroups is how many groups a query with GROUP may have open at a time, one
// for each tuple of BY (events.md 6).
const MaxGroups = 1000

// groups are the open groups of a registration. Each is closed when the time of
// GROUP WITHIN has passed since its own first event.
type groups struct {
	r     *Registration
	alarm *alarm

	mu      sync.Mutex // guards what follows
	tuple   map[string]*group
	queue   []*group // all of them, the oldest first
	busy    bool     // the alarm is set, or groups are being closed
	done    bool
	holding // of their representatives
}

type group struct {
	key   string
	first *Event
	count uint32
	due   time.Time
}

func newGroups(r *Registration) *groups {
	g := &groups{r: r, tuple: map[string]*group{}}
	g.memory, g.shed = &r.b.memory, g.lose
	g.alarm = newAlarm(func() { r.b.raisers.start(g.close) })
	return g
}

// add adds an event to its group.
func (g *groups) add(e *Event) {
	p := g.r.plan.Load()
	key := groupKey(p, e.Instance)
	if !g.put(key, e, time.Now().Add(p.query.Group.Within.Duration)) {
		g.r.out.Lost(1)
	}
	g.memory.trim()
}

// put adds an event to the group with that key, and reports whether there was
// room for it.
func (g *groups) put(key string, e *Event, due time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.done {
		return true
	}
	if open := g.tuple[key]; open != nil {
		if open.count < math.MaxUint32 {
			open.count++
		}
		return true
	}
	if len(g.queue) >= MaxGroups || len(g.queue) > 0 && g.bytes.Load()+e.Size() > MaxQueueBytes {
		return false
	}
	open := &group{key: key, first: e, count: 1, due: due}
	g.tuple[key] = open
	g.queue = append(g.queue, open)
	g.holding.add(e)
	g.arm()
	return true
}

// arm sets the alarm to when the oldest group is due; g.mu is held.
func (g *groups) arm() {
	if !g.busy && len(g.queue) > 0 {
		g.busy = true
		g.r.b.clock.set(g.alarm, g.queue[0].due)
	}
}

// close closes the groups whose time has passed and hands over their events.
func (g *groups) close() {
	for _, due := range g.take(time.Now()) {
		g.r.emit(due)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy = false
	g.arm()
}

// take takes the groups that are due.
func (g *groups) take(now time.Time) []*group {
	g.mu.Lock()
	defer g.mu.Unlock()
	var due []*group
	for len(g.queue) > 0 && !g.queue[0].due.After(now) {
		due = append(due, g.oldest())
	}
	return due
}

// oldest takes the oldest group; g.mu is held.
func (g *groups) oldest() *group {
	first := g.queue[0]
	g.queue[0] = nil
	g.queue = g.queue[1:]
	delete(g.tuple, first.key)
	g.remove(first.first)
	return first
}

// lose gives up the oldest group with all its events.
func (g *groups) lose() {
	n := uint32(0)
	g.mu.Lock()
	if len(g.queue) > 0 {
		n = g.oldest().count
	}
	g.mu.Unlock()
	if n > 0 {
		g.r.out.Lost(uint64(n))
	}
}

// stop forgets all groups.
func (g *groups) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done = true
	for len(g.queue) > 0 {
		g.oldest()
	}
	g.r.b.clock.stop(g.alarm)
}

// emit hands over the event of a group, if HAVING is true of it.
func (r *Registration) emit(g *group) {
	inst := cim.NewInstance(r.b.sources.aggregate)
	inst.Put(inst.Class().PropertyIndex("Representative"), cim.ObjectValue(g.first.Instance))
	inst.Put(inst.Class().PropertyIndex("NumberOfEvents"), cim.Uint32Value(g.count))
	having := r.plan.Load().having
	if r.ended.Load() || having != nil && !having.Match(query.ObjectRow(inst)) {
		return
	}
	if err := r.out.Deliver(r.b.ctx, newEvent(g.first.Namespace, inst, g.first.Publisher)); err != nil {
		r.b.log.Error("event not delivered", "namespace", r.spec.Namespace, "query", r.spec.Query, "cause", err)
	}
}

// groupKey returns a text that is the same for events whose values of BY are
// equal as in a comparison: strings without regard to case, NULL only with NULL
// (events.md 6).
func groupKey(p *plan, inst *cim.Instance) string {
	var b []byte
	for _, path := range p.query.Group.By {
		b = appendGroupKey(b, valueAt(inst, path))
	}
	return string(b)
}

func appendGroupKey(b []byte, v cim.Value) []byte {
	switch t := v.Type(); {
	case v.IsNull():
		return append(b, 'n')
	case t.IsArray():
		b = append(strconv.AppendInt(append(b, 'a'), int64(v.Len()), 10), ':')
		for i := range v.Len() {
			b = appendGroupKey(b, v.Index(i))
		}
		return b
	case t.IsText():
		text := cim.Fold(v.Text())
		if d, ok := v.Datetime(); ok {
			text = instant(d)
		}
		return append(append(strconv.AppendInt(append(b, 't'), int64(len(text)), 10), ':'), text...)
	case t == cim.TypeObject:
		return append(b, 'o') // objects cannot be told apart
	}
	return append(v.AppendNumber(append(b, '#')), ';')
}

// instant returns the same text for datetimes that are equal.
func instant(d cim.Datetime) string {
	if t, ok := d.Time(); ok {
		return t.UTC().String()
	}
	return d.String()
}
