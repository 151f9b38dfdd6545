package event

import "sync"

// maxWorkers is how many functions of one kind run at a time. More wait for
// their turn.
const maxWorkers = 8

// workers run functions that may take long in a few goroutines, which exist
// while there is something to run.
type workers struct {
	mu      sync.Mutex // guards what follows
	due     []func()
	running int
	closed  bool
	group   sync.WaitGroup
}

// start has fn run as soon as a goroutine is free.
func (w *workers) start(fn func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.due = append(w.due, fn)
	if w.running < maxWorkers {
		w.running++
		w.group.Go(w.work)
	}
}

func (w *workers) work() {
	for {
		w.mu.Lock()
		if len(w.due) == 0 {
			w.running--
			w.mu.Unlock()
			return
		}
		fn := w.due[0]
		w.due[0] = nil
		w.due = w.due[1:]
		w.mu.Unlock()
		fn()
	}
}

// close drops what has not begun, and waits for what has.
func (w *workers) close() {
	w.mu.Lock()
	w.closed, w.due = true, nil
	w.mu.Unlock()
	w.group.Wait()
}
