package event

import (
	"container/heap"
	"sync"
	"time"
)

// A schedule calls functions when their time has come, one at a time. However
// many alarms there are, they share one timer, and a goroutine exists only while
// functions run.
type schedule struct {
	mu      sync.Mutex // guards what follows
	alarms  alarms
	timer   *time.Timer
	running bool
	closed  bool
	idle    sync.WaitGroup // counts the goroutine that runs functions
}

// An alarm is a function and when it is to be called. It belongs to one
// schedule.
type alarm struct {
	at       time.Time
	fn       func()
	position int // in the heap; -1 if it is not set
}

// newAlarm returns an alarm that is not set. Other alarms wait until fn returns;
// it may set and stop alarms.
func newAlarm(fn func()) *alarm { return &alarm{fn: fn, position: -1} }

// set has a called at a time, instead of the time that was set before.
func (s *schedule) set(a *alarm, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	a.at = at
	if a.position < 0 {
		heap.Push(&s.alarms, a)
	} else {
		heap.Fix(&s.alarms, a.position)
	}
	if a.position == 0 && !s.running {
		s.arm()
	}
}

// stop takes a back. A call of it may be under way.
func (s *schedule) stop(a *alarm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.position >= 0 && !s.closed {
		heap.Remove(&s.alarms, a.position)
	}
}

// arm sets the timer to the first alarm.
func (s *schedule) arm() {
	d := time.Until(s.alarms[0].at)
	if s.timer == nil {
		s.timer = time.AfterFunc(d, s.run)
	} else {
		s.timer.Reset(d)
	}
}

// run calls what is due.
func (s *schedule) run() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running || s.closed {
		return
	}
	s.running = true
	s.idle.Add(1)
	for len(s.alarms) > 0 && !s.closed {
		if s.alarms[0].at.After(time.Now()) {
			break
		}
		a := heap.Pop(&s.alarms).(*alarm)
		s.mu.Unlock()
		a.fn()
		s.mu.Lock()
	}
	s.running = false
	if len(s.alarms) > 0 && !s.closed {
		s.arm()
	}
	s.idle.Done()
}

// close drops all alarms and waits for the function that runs.
func (s *schedule) close() {
	s.mu.Lock()
	s.closed = true
	s.alarms = nil
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	s.idle.Wait()
}

// alarms is a heap, the earliest first.
type alarms []*alarm

func (h alarms) Len() int           { return len(h) }
func (h alarms) Less(i, j int) bool { return h[i].at.Before(h[j].at) }

func (h alarms) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].position, h[j].position = i, j
}

// Push and Pop implement heap.Interface.
func (h *alarms) Push(x any) {
	a := x.(*alarm)
	a.position = len(*h)
	*h = append(*h, a)
}

func (h *alarms) Pop() any {
	old := *h
	a := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	a.position = -1
	return a
}
