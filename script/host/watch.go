package host

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
)

// A watch ends a session whose objects take too much memory. The languages account for
// the values of scripts, but not for what values of WMI objects, sets and queues hold: that
// nobody can tell from what the rest of the process holds, so the watch looks at how much
// the whole heap has grown, and allows several times what the values may have.
type watch struct {
	limit int64 // of the heap, in bytes
	hit   func()

	mu        sync.Mutex // guards the following
	timer     *time.Timer
	stopped   bool
	collected time.Time
}

const (
	watchFactor   = 4 // of Options.Memory
	defaultMemory = 256 << 20
	watchEvery    = 50 * time.Millisecond
	collectEvery  = 500 * time.Millisecond
)

// newWatch calls hit, at most once, when the heap has grown too much. It has to be stopped.
func newWatch(memory int64, hit func()) *watch {
	if memory <= 0 {
		memory = defaultMemory
	}
	w := &watch{limit: heap() + watchFactor*memory, hit: hit}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(watchEvery, w.look)
	return w
}

func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	if heap() > w.limit && time.Since(w.collected) > collectEvery {
		runtime.GC() // dead objects do not count
		w.collected = time.Now()
		if heap() > w.limit {
			w.hit()
			return
		}
	}
	w.timer.Reset(watchEvery)
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}

// heap returns the bytes of objects on the heap, dead ones that were not swept included.
func heap() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
