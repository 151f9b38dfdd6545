package vbscript

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Options are the host and the limits of an interpreter. The zero Options have no host
// and the limits told below.
type Options struct {
	Host Host

	// Memory bounds the strings and arrays that a script can reach, in bytes, about.
	// Zero means 256 MiB. Exceeding it is error 7, which a script can catch.
	Memory int64
	// Depth bounds the procedures that call each other. Zero means 2000; above
	// 5000 it is 5000. Exceeding it is error 28.
	Depth int
	// Steps bounds the calls and rounds of loops of one Run or Call. Zero means no
	// bound but the context.
	Steps int64
	// Nesting bounds how deep Execute, ExecuteGlobal and Eval contain each other. Zero
	// means 32. Exceeding it is error 28.
	Nesting int
	// Now is the clock of Now, Date, Time and Timer. Nil means time.Now.
	Now func() time.Time
}

// Defaults of the limits.
const (
	defaultMemory  = 256 << 20
	defaultDepth   = 2000
	maxDepth       = 5000
	defaultNesting = 32

	valueSize = 32 // of a Value, in bytes
	textSize  = 64 // of a string besides its characters

	instanceSize = 128 // of an instance besides its fields

	checkEvery = 1024 // steps between looks at the context
)

// ErrSteps is the cause of the error which ends a script after Options.Steps.
var ErrSteps = errors.New("the script has taken more steps than it may")

// step counts a round of a loop or a call.
func (in *Interp) step() {
	in.steps++
	if in.steps >= in.nextCheck {
		in.check()
	}
}

func (in *Interp) check() {
	if in.maxSteps > 0 && in.steps >= in.maxSteps {
		raiseFinal(507, fmt.Errorf("%w: %d", ErrSteps, in.maxSteps))
	}
	if err := in.ctx.Err(); err != nil {
		raiseFinal(507, err)
	}
	in.nextCheck = in.steps + checkEvery
	if in.maxSteps > 0 {
		in.nextCheck = min(in.nextCheck, in.maxSteps)
	}
}

// charge accounts n bytes that are about to be made. Only when the sum reaches the
// limit, what the script can still reach is counted, and the sum starts again from there.
func (in *Interp) charge(n int64) {
	in.used += n
	if in.used <= in.memory {
		return
	}
	if n > in.memory {
		in.used -= n
		raise(errMemory)
	}
	live := in.measure()
	if live+n > in.memory {
		in.used = live
		raise(errMemory)
	}
	in.used = live + n
	// Near the limit every allocation would measure again.
	in.check()
}

// bound ends an operation with what it has made so far, n bytes that nothing holds yet.
func (in *Interp) bound(n int64) {
	if n > in.memory {
		raise(errMemory)
	}
}

// measure counts the bytes of the strings and arrays that variables hold, and of the code
// that the script has made.
func (in *Interp) measure() int64 {
	m := measurer{mark: measures.Add(1), seen: make(map[any]bool), bytes: in.code}
	for _, c := range in.cells {
		m.add(c.val)
	}
	for i := range in.live {
		m.add(Value{kind: TypeObject, ref: i})
	}
	for fr := in.top; fr != nil; fr = fr.up {
		m.all(fr.locals)
		for _, v := range fr.extra {
			m.add(*v)
		}
		if fr.me != nil {
			m.add(Value{kind: TypeObject, ref: fr.me})
		}
	}
	for len(m.todo) > 0 {
		next := m.todo[len(m.todo)-1]
		m.todo = m.todo[:len(m.todo)-1]
		m.all(next)
	}
	return m.bytes
}

// measures numbers the measurings of all interpreters, whose values may be the same.
var measures atomic.Uint32

// A measurer counts everything once: what there may be millions of has its mark.
type measurer struct {
	mark  uint32
	seen  map[any]bool
	todo  [][]Value // kept here, since lists of instances may be long chains
	bytes int64
}

// first reports whether something with this mark was not counted yet.
func (m *measurer) first(mark *uint32) bool {
	if *mark == m.mark {
		return false
	}
	*mark = m.mark
	return true
}

func (m *measurer) all(list []Value) {
	for _, v := range list {
		if v.ref != nil {
			m.add(v)
		}
	}
}

func (m *measurer) add(v Value) {
	switch r := v.ref.(type) {
	case *text:
		m.bytes += textSize
		m.held(r)
	case *Array:
		if m.first(&r.mark) {
			m.bytes += r.size()
			m.todo = append(m.todo, r.elems)
		}
	case *instance:
		if m.first(&r.mark) {
			m.bytes += int64(len(r.fields))*valueSize + instanceSize
			m.todo = append(m.todo, r.fields)
		}
	case *matches:
		if !m.seen[r] {
			m.seen[r] = true
			for _, x := range r.list {
				m.match(x)
			}
		}
	case *match:
		m.match(r)
	case *subMatches:
		m.todo = append(m.todo, r.list)
	}
}

// held adds what a text keeps in memory besides itself.
func (m *measurer) held(t *text) {
	if len(t.s) < 2 || !m.first(&t.mark) { // every interpreter has the same letters
		return
	}
	m.bytes += int64(2 * len(t.units))
	switch {
	case t.from != nil:
		m.held(t.from)
	case t.b == nil:
		m.bytes += int64(len(t.s))
	case !m.seen[t.b]:
		m.seen[t.b] = true
		m.bytes += int64(t.b.Cap())
	}
}

func (m *measurer) match(x *match) {
	if m.first(&x.mark) {
		m.bytes += int64(len(x.value)+len(x.groups)*valueSize) + matchSize
		m.todo = append(m.todo, x.groups)
	}
}
