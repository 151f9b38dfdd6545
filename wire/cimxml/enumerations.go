package cimxml

import (
	"crypto/rand"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// Enumerations are those that clients have open. Each is either kept here or in
// use by one request.
type enumerations struct {
	max int // of a user

	mu     sync.Mutex // guards what follows
	byID   map[string]*enumeration
	users  map[string]int // how many each has, in use or not
	closed bool
}

func newEnumerations(max int) *enumerations {
	return &enumerations{max: max, byID: map[string]*enumeration{}, users: map[string]int{}}
}

// admit counts one more enumeration of a user: QuotaViolation.
func (s *enumerations) admit(user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return wbem.ShuttingDown
	case s.users[user] >= s.max:
		return cim.Errorf(wbem.QuotaViolation, "%d enumerations are open already", s.max)
	}
	s.users[user]++
	return nil
}

func (s *enumerations) release(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[user]--; s.users[user] == 0 {
		delete(s.users, user)
	}
}

// keep keeps an enumeration until it is used again or was idle for too long, and
// returns its name, which nobody can guess.
func (s *enumerations) keep(en *enumeration) string {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		en.end()
		return ""
	}
	if en.id == "" {
		en.id = rand.Text()
	}
	s.byID[en.id] = en
	en.idle = time.AfterFunc(en.timeout, func() {
		if s.take(en.id, en) {
			en.end()
		}
	})
	s.mu.Unlock()
	return en.id
}

// take removes an enumeration from those that are kept and reports whether it was
// there.
func (s *enumerations) take(id string, want *enumeration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[id] != want {
		return false
	}
	delete(s.byID, id)
	return true
}

// use takes an enumeration of a user out: InvalidEnumerationContext for one that
// does not exist, is in use, or is somebody else's.
func (s *enumerations) use(id, user, namespace string) (*enumeration, error) {
	s.mu.Lock()
	en := s.byID[id]
	s.mu.Unlock()
	if en == nil || en.owner != user || !cim.EqualNames(en.namespace, namespace) || !s.take(id, en) {
		return nil, coded(InvalidEnumerationContext, "there is no such enumeration")
	}
	en.idle.Stop()
	return en, nil
}

// drop ends an enumeration that is in use.
func (s *enumerations) drop(en *enumeration) {
	if en.end != nil {
		en.end()
		en.end = nil
	}
}

// close ends all that are kept; those in use end with their requests.
func (s *enumerations) close() {
	s.mu.Lock()
	s.closed = true
	kept := s.byID
	s.byID = map[string]*enumeration{}
	s.mu.Unlock()
	for _, en := range kept {
		en.idle.Stop()
		en.end()
	}
}
