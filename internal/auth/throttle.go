package auth

import (
	"sync"
	"time"
)

// A throttle makes guesses wait for each other, by what they have in common. Each
// attempt counts as wrong until that is taken back, so that those which come at
// the same time do not slip through together.
type throttle struct {
	free int // attempts that do not wait

	mu    sync.Mutex // guards what follows
	rates map[string]*rate
}

type rate struct {
	failures int
	next     time.Time // when the next attempt may be made
}

const (
	firstWait   = time.Second / 4
	longestWait = 16 * time.Second
	forgetAfter = 15 * time.Minute
	maxRates    = 1 << 14 // of names or addresses that are known
)

// attempt returns how long an attempt has to wait.
func (t *throttle) attempt(key string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rates[key]
	if r == nil || now.Sub(r.next) > forgetAfter {
		r = &rate{next: now}
		t.add(key, r, now)
	}
	if r.next.Before(now) {
		r.next = now
	}
	wait := r.next.Sub(now)
	if wait > maxWait {
		return wait // will not be made
	}
	r.failures++
	if over := r.failures - t.free; over >= 0 {
		r.next = r.next.Add(min(firstWait<<min(over, 16), longestWait))
	}
	return wait
}

// add adds a rate, in place of one of those that matter least if there are too
// many.
func (t *throttle) add(key string, r *rate, now time.Time) {
	if t.rates == nil {
		t.rates = map[string]*rate{}
	}
	if _, ok := t.rates[key]; !ok && len(t.rates) >= maxRates {
		least, fewest, looked := "", 0, 0
		for k, old := range t.rates { // some, in no order
			n := old.failures
			if now.Sub(old.next) > forgetAfter {
				n = 0
			}
			if looked == 0 || n < fewest {
				least, fewest = k, n
			}
			if looked++; looked == 64 {
				break
			}
		}
		delete(t.rates, least)
	}
	t.rates[key] = r
}

// forget forgets the attempts of a key.
func (t *throttle) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rates, key)
}

// excuse takes back one attempt of a key, not those before it.
func (t *throttle) excuse(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.rates[key]; r != nil && r.failures > 0 {
		r.failures--
	}
}
