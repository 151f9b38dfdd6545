package audit

import (
	"sync"
	"time"
)

// A Sampler decides what is recorded of something that anybody may cause as often
// as he likes: 32 at once, and after that one each 10 seconds. The zero value is
// ready. It may be used by several goroutines.
type Sampler struct {
	mu   sync.Mutex // guards what follows
	paid time.Time  // when those that were taken would all have had their time
	left int        // how many were not taken since
}

const (
	sampleSome = 32
	sampleTime = 10 * time.Second
)

// Take reports whether one is taken, and how many before it were not.
func (s *Sampler) Take(now time.Time) (left int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if least := now.Add(-sampleSome * sampleTime); s.paid.Before(least) {
		s.paid = least
	}
	if s.paid.Add(sampleTime).After(now) {
		s.left++
		return 0, false
	}
	s.paid = s.paid.Add(sampleTime)
	left, s.left = s.left, 0
	return left, true
}
