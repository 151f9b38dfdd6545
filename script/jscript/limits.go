package jscript

import (
	"errors"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"

	"openwmi/script/vbscript"
)

// Options are the host and the limits of an interpreter. The zero Options have no host
// and the limits told below.
type Options struct {
	Host vbscript.Host

	// Memory bounds by how many bytes the heap of the process may grow while the
	// Interp lives. Zero means 256 MiB. Exceeding it is error 7, which ends the run; a
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

// errTooMuch is why a run is interrupted when the heap has grown too much.
var errTooMuch = errors.New("the script has used more memory than it may")

// heap returns the bytes of objects on the heap, dead ones that were not swept yet
// included.
func heap() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// live returns the bytes that the last collection left; all there are when there was
// none.
func live() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if n := int64(sample[0].Value.Uint64()); n > 0 {
		return n
	}
	return heap()
}

// A watch samples the heap while a script runs.
type watch struct {
	mu        sync.Mutex // guards the following
	timer     *time.Timer
	stopped   bool
	limit     int64 // of the heap
	most      int64 // above which dead objects are no excuse
	collected time.Time
	hit       func()
}

// newWatch calls hit, at most once, when the heap is above the limit. It has to be
// stopped.
func newWatch(base, memory int64, hit func()) *watch {
	w := &watch{limit: base + memory, most: base + 4*memory, hit: hit}
	w.mu.Lock()
	w.timer = time.AfterFunc(firstSample, w.sample)
	w.mu.Unlock()
	return w
}

func (w *watch) sample() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	if n := heap(); n > w.limit {
		if n <= w.most && time.Since(w.collected) > collectWait {
			runtime.GC()
			n = heap()
			w.collected = time.Now()
			if n > w.limit {
				w.hit()
				return
			}
		} else if n > w.most {
			w.hit()
			return
		}
	}
	w.timer.Reset(firstSample)
}

// stop ends the watch; hit is not called any more when it has returned.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}

// fits ends the native function that runs with error 7 when it would make n bytes and
// those are too many.
func (in *Interp) fits(n float64) {
	if !(n <= float64(in.memory)) {
		in.throw(errMemory)
	}
}
