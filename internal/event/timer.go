package event

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// minTimer is the shortest interval of a timer (events.md 7).
const minTimer = 10 * time.Millisecond

// saveEvery is how often it is noted durably when an interval timer is due
// next. After a crash firings since then count as missed.
const saveEvery = time.Second

// timers are the timer instructions of all namespaces.
//
// When a timer is due next is a state in the repository, written in the
// transaction that puts the instruction, and again when it has fired. So what
// was missed while the service did not run is known when it starts.
type timers struct {
	mu    sync.Mutex // guards byKey and what can change in its timers
	byKey map[timerKey]*timer
}

type timerKey struct {
	ns *repository.Namespace
	id string // folded
}

// A timer is an instruction that is armed. A put of the instruction makes
// another one.
type timer struct {
	b        *Broker
	key      timerKey
	id       string
	interval time.Duration // 0 for an absolute timer
	skip     bool          // SkipIfPassed
	alarm    *alarm

	due   time.Time // guarded by timers.mu
	saved time.Time // due, as it is stored; guarded by timers.mu
}

// merges reports whether firings that nobody has seen add up.
func (t *timer) merges() bool { return !t.skip }

// newTimer reads an instruction: InvalidParameter for an interval of 0, or a
// time that is none.
func (b *Broker) newTimer(ns *repository.Namespace, inst *cim.Instance) (*timer, error) {
	text := func(name string) cim.Value { v, _ := inst.Get(name); return v }
	id := text("TimerId").Text()
	t := &timer{b: b, key: timerKey{ns, cim.Fold(id)}, id: id, skip: text("SkipIfPassed").Bool()}
	t.alarm = newAlarm(func() { b.raisers.start(t.fire) })
	if inst.Class().IsA("__IntervalTimerInstruction") {
		ms := text("IntervalBetweenEvents").Uint()
		if ms == 0 {
			return nil, cim.Errorf(wbem.InvalidParameter, "timer %.100s: the interval between events is 0", id)
		}
		t.interval = max(time.Duration(ms)*time.Millisecond, minTimer)
		t.due = time.Now().Add(t.interval)
		return t, nil
	}
	d, _ := text("EventDateTime").Datetime()
	at, ok := d.Time()
	// Beyond what nanoseconds in 64 bits can say there is nothing to wait for.
	if !ok || at.Year() < 1700 || at.Year() > 2200 {
		return nil, cim.Errorf(wbem.InvalidParameter, "timer %.100s: %q is no time at which to fire", id, d)
	}
	t.due = at
	if t.skip && at.Before(time.Now()) {
		t.due = never
	}
	return t, nil
}

// isInstruction reports whether the broker knows what instances of a class mean.
func isInstruction(c *cim.Class) bool {
	return c.IsA("__IntervalTimerInstruction") || c.IsA("__AbsoluteTimerInstruction")
}

// commitTimer checks a change of a timer instruction in its transaction, and
// notes when it is due.
func (b *Broker) commitTimer(tx *repository.Tx, c *repository.Change) error {
	if !isInstruction(c.Class()) {
		return nil
	}
	if c.Kind == repository.InstanceDeleted {
		key := timerKey{c.Namespace(), cim.Fold(timerID(c.Before()))}
		return tx.SetState(key.stateKey(), nil)
	}
	t, err := b.newTimer(c.Namespace(), c.After().(*cim.Instance))
	if err == nil {
		err = noteSpace(tx, c.Namespace().Path())
	}
	if err != nil {
		return err
	}
	return tx.SetState(t.key.stateKey(), timerState(t.due))
}

func timerID(o cim.Object) string {
	if inst, ok := o.(*cim.Instance); ok {
		v, _ := inst.Get("TimerId")
		return v.Text()
	}
	return ""
}

// timerChanged arms or disarms a timer after its instruction has changed.
func (b *Broker) timerChanged(c *repository.Change) {
	switch {
	case !isInstruction(c.Class()):
	case c.Kind == repository.InstanceDeleted:
		b.disarm(timerKey{c.Namespace(), cim.Fold(timerID(c.Before()))})
	default:
		b.armInstruction(c.Namespace(), c.After().(*cim.Instance), b.repo.State)
	}
}

// armInstruction arms the timer of an instruction that is stored. What cannot be
// armed was stored before there was a broker, and is logged.
func (b *Broker) armInstruction(ns *repository.Namespace, inst *cim.Instance, state func(key []byte) ([]byte, error)) {
	t, err := b.newTimer(ns, inst)
	if err == nil {
		err = b.arm(t, state)
	}
	if err != nil {
		b.log.Warn("timer not armed", "namespace", ns.Path(), "timer", timerID(inst), "cause", err)
	}
}

func (b *Broker) arm(t *timer, state func(key []byte) ([]byte, error)) error {
	stored, err := state(t.key.stateKey())
	if err != nil {
		return err
	}
	b.timers.mu.Lock()
	defer b.timers.mu.Unlock()
	if old := b.timers.byKey[t.key]; old != nil {
		b.clock.stop(old.alarm)
	}
	b.timers.byKey[t.key] = t
	if due, ok := parseTimerState(stored); ok {
		t.due = due
		t.saved = due
	}
	switch {
	case t.due.Equal(never):
	case t.interval == 0 && t.skip && t.due.Before(time.Now()):
	default:
		b.clock.set(t.alarm, t.due)
	}
	return nil
}

func (b *Broker) disarm(key timerKey) {
	b.timers.mu.Lock()
	defer b.timers.mu.Unlock()
	if t := b.timers.byKey[key]; t != nil {
		b.clock.stop(t.alarm)
		delete(b.timers.byKey, key)
	}
}

// Start arms the timers in the repository. What fires at once because it was
// missed goes to those who have subscribed before.
func (b *Broker) Start(ctx context.Context) error {
	// In a transaction, so that no instruction changes between being read and
	// being armed.
	return b.repo.Update(ctx, kv.Buffered, func(tx *repository.Tx) error {
		stored, err := tx.State(timerSpaces)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(stored)) {
			ns, err := tx.Namespace(strings.TrimSuffix(line, "\n"))
			if err != nil {
				continue // it has gone
			}
			if err := b.armAll(tx, ns); err != nil {
				return err
			}
		}
		return nil
	})
}

// armAll arms the timers of a namespace.
func (b *Broker) armAll(tx *repository.Tx, ns *repository.Namespace) error {
	for inst, err := range tx.Instances(ns, "__TimerInstruction", true) {
		if err != nil {
			return err
		}
		if isInstruction(inst.Class()) {
			b.armInstruction(ns, inst, tx.State)
		}
	}
	return nil
}

// fire raises the event of a timer that is due. The timer stands still
// meanwhile, so that what it misses is merged.
func (t *timer) fire() {
	b := t.b
	now := time.Now()
	firings, ok := t.advance(now)
	if !ok {
		return
	}
	inst := cim.NewInstance(b.sources.timer)
	inst.Put(inst.Class().PropertyIndex("TimerId"), cim.StringValue(t.id))
	inst.Put(inst.Class().PropertyIndex("NumFirings"), cim.Uint32Value(firings))
	inst.Put(inst.Class().PropertyIndex("TIME_CREATED"), cim.Uint64Value(fileTime(now)))
	e := newEvent(t.key.ns, inst, nil)
	e.timer, e.firings = t, firings
	err := b.hand(b.ctx, e)
	if t.interval > 0 || err == nil {
		err = errors.Join(err, t.next())
	}
	if err != nil {
		b.log.Error("timer event not delivered", "namespace", t.key.ns.Path(), "timer", t.id, "cause", err)
	}
}

// advance moves a timer to the first time that is not due yet, and returns how
// many firings that are. It is not ok if the instruction has changed meanwhile.
func (t *timer) advance(now time.Time) (firings uint32, ok bool) {
	t.b.timers.mu.Lock()
	defer t.b.timers.mu.Unlock()
	if t.b.timers.byKey[t.key] != t {
		return 0, false
	}
	if t.interval == 0 {
		t.due = never
		return 1, true
	}
	missed := uint64(max(0, now.Sub(t.due)/t.interval)) // a clock may be set back
	t.due = t.due.Add(time.Duration(missed+1) * t.interval)
	if t.skip {
		return 1, true
	}
	return uint32(min(missed+1, math.MaxUint32)), true
}

// next arms a timer again after it has fired, and stores when it is due then:
// at once if it will not fire again.
func (t *timer) next() error {
	b := t.b
	b.timers.mu.Lock()
	durability, save := kv.Durable, true
	if t.interval > 0 {
		durability, save = kv.Buffered, t.due.Sub(t.saved) >= saveEvery
		if b.timers.byKey[t.key] == t {
			b.clock.set(t.alarm, t.due)
		}
	}
	b.timers.mu.Unlock()
	if !save {
		return nil
	}
	return b.saveTimers(durability, t)
}

// dropTimers disarms the timers whose instructions have gone with their class or
// namespace.
func (b *Broker) dropTimers() {
	b.timers.mu.Lock()
	var all []*timer
	for _, t := range b.timers.byKey {
		all = append(all, t)
	}
	b.timers.mu.Unlock()
	for _, t := range all {
		path := cim.Path{Class: "__TimerInstruction", Keys: []cim.Key{cim.NewKey("TimerId", cim.StringValue(t.id))}}
		_, err := t.key.ns.Instance(path, false)
		if s := wbem.StatusOf(err); s != wbem.NotFound && s != wbem.InvalidNamespace {
			continue
		}
		b.disarm(t.key)
		err = b.repo.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error {
			return tx.SetState(t.key.stateKey(), nil)
		})
		if err != nil {
			b.log.Error("timer not forgotten", "timer", t.id, "cause", err)
		}
	}
}
