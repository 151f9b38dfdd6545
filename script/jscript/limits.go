package jscript

import (
	"errors"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"

	"openwmi/script/internal/heapuse"
	"openwmi/script/vbscript"
)

// Options are the host and the limits of an interpreter. The zero Options have no host
// and the limits told below.
type Options struct {
	Host vbscript.Host

	// Memory bounds the bytes that scripts hold, as far as that can be told: see the
	// package comment. Zero means 256 MiB. Exceeding it is error 7, which ends the run; a
	// built-in function that would exceed it alone is one that a script can catch.
	Memory int64
	// Depth bounds the functions that call each other. Zero means 2000; above 5000 it
	// is 5000. Exceeding it is error 28, which a script can catch.
	Depth int
	// Now is the clock of Date. Nil means time.Now.
	Now func() time.Time
}

// Defaults of the limits.
const (
	defaultMemory = 256 << 20
	defaultDepth  = 2000
	maxDepthCalls = 5000

	firstSample = 5 * time.Millisecond // a shorter run is not looked at
	collectWait = 50 * time.Millisecond

	elementSize = 16 // of an array, in bytes, at least
	matchSize   = 64 // of a string made by split or match
)

// errTooMuch is why a run is interrupted when the script holds too much.
var errTooMuch = errors.New("the script has used more memory than it may")

// metric returns a number that the runtime keeps.
func metric(name string) int64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// heap returns the bytes of objects on the heap, dead ones that were not swept yet
// included.
func heap() int64 { return metric("/memory/classes/heap/objects:bytes") }

// live returns the bytes that the last collection left; all there are when there was
// none.
func live() int64 {
	if n := metric("/gc/heap/live:bytes"); n > 0 {
		return n
	}
	return heap()
}

// A watch looks, while a script runs, at what it holds. That is what its account says;
// without one, which is when many interpreters are there at once, it is by how much the
// heap of the process has grown.
type watch struct {
	account *heapuse.Account // nil for none
	base    int64            // of the heap, without an account
	memory  int64
	hit     func()

	mu        sync.Mutex // guards the following
	timer     *time.Timer
	stopped   bool
	looked    bool      // at the account
	held      int64     // when it was looked at
	allocated int64     // by the process, then
	next      time.Time // when the heap may be collected again
}

// newWatch returns a watch that calls hit, at most once between start and stop, when the
// scripts hold too much.
func newWatch(memory int64, hit func()) *watch {
	return &watch{account: heapuse.Open(), base: live(), memory: memory, hit: hit, allocated: metric("/gc/heap/allocs:bytes")}
}

func (w *watch) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = false
	w.timer = time.AfterFunc(firstSample, w.sample)
}

func (w *watch) sample() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	if w.exceeded() {
		w.hit()
		return
	}
	w.timer.Reset(firstSample)
}

// exceeded reports whether the script holds too much. It collects the heap when it can't be
// sure, and not so often that this would take more than a tenth of the time.
func (w *watch) exceeded() bool {
	if w.account != nil && !w.looked {
		w.held, w.looked = w.account.Held(), true
	}
	if !w.suspicious() {
		return false
	}
	start := time.Now()
	if start.Before(w.next) {
		return w.account == nil && heap() > w.base+4*w.memory // dead objects are no excuse
	}
	allocated := metric("/gc/heap/allocs:bytes")
	runtime.GC()
	w.next = time.Now().Add(max(collectWait, 10*time.Since(start)))
	if w.account == nil {
		return heap() > w.base+w.memory
	}
	w.held, w.allocated = w.account.Held(), allocated
	return w.held > w.memory
}

// suspicious reports whether the script may hold too much: what it holds has not grown by
// more than the process has allocated.
func (w *watch) suspicious() bool {
	if w.account == nil {
		return heap() > w.base+w.memory
	}
	return w.held+metric("/gc/heap/allocs:bytes")-w.allocated > w.memory && heap() > w.memory
}

// stop ends the watch; hit is not called any more when it has returned.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}

// run runs f for the account.
func (w *watch) run(f func()) {
	if w.account == nil {
		f()
		return
	}
	w.account.Run(f)
}

// close ends the account.
func (w *watch) close() {
	if w.account != nil {
		w.account.Close()
	}
}

// fits ends the native function that runs with error 7 when it would make n bytes and
// those are too many.
func (in *Interp) fits(n float64) {
	if !(n <= float64(in.memory)) {
		in.throw(errMemory)
	}
}
