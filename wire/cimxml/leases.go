package cimxml

import (
	"crypto/rand"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// A lease is something that a client has open between its requests: an
// enumeration or a subscription. Who has taken it from those of the server has
// it for himself.
type lease struct {
	id        string
	owner     string // name of the user
	namespace string
	timeout   time.Duration // after which it ends when nobody uses it
	idle      *time.Timer   // while nobody does
	end       func()
	open      any // *enumeration or wbem.Subscription
}

// Leases are those of all clients.
type leases struct {
	max int // of a user

	mu     sync.Mutex // guards what follows
	byID   map[string]*lease
	users  map[string]int // how many each has, in use or not
	closed bool
}

func newLeases(max int) *leases {
	return &leases{max: max, byID: map[string]*lease{}, users: map[string]int{}}
}

// admit counts one more of a user: QuotaViolation.
func (s *leases) admit(user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return wbem.ShuttingDown
	case s.users[user] >= s.max:
		return cim.Errorf(wbem.QuotaViolation, "%d enumerations and subscriptions are open already", s.max)
	}
	s.users[user]++
	return nil
}

func (s *leases) release(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[user]--; s.users[user] == 0 {
		delete(s.users, user)
	}
}

// keep keeps a lease until it is used again or was idle for too long, and returns
// its name, which nobody can guess.
func (s *leases) keep(l *lease) string {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.drop(l)
		return ""
	}
	if l.id == "" {
		l.id = rand.Text()
	}
	s.byID[l.id] = l
	l.idle = time.AfterFunc(l.timeout, func() {
		if s.take(l.id, l) {
			s.drop(l)
		}
	})
	s.mu.Unlock()
	return l.id
}

// take removes a lease from those that are kept and reports whether it was there.
func (s *leases) take(id string, want *lease) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[id] != want {
		return false
	}
	delete(s.byID, id)
	return true
}

// use takes a lease of a user out: InvalidEnumerationContext for one that does
// not exist, is in use, or is somebody else's.
func (s *leases) use(id, user, namespace string) (*lease, error) {
	s.mu.Lock()
	l := s.byID[id]
	s.mu.Unlock()
	if l == nil || l.owner != user || !cim.EqualNames(l.namespace, namespace) || !s.take(id, l) {
		return nil, coded(InvalidEnumerationContext, "there is nothing of that name open")
	}
	l.idle.Stop()
	return l, nil
}

// drop ends a lease that is in use.
func (s *leases) drop(l *lease) {
	l.end()
	s.release(l.owner)
}

// close ends all that are kept; those in use end with their requests.
func (s *leases) close() {
	s.mu.Lock()
	s.closed = true
	kept := s.byID
	s.byID = map[string]*lease{}
	s.mu.Unlock()
	for _, l := range kept {
		l.idle.Stop()
		s.drop(l)
	}
}
