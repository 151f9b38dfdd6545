package server

import (
	"net/http"
	"sync"

	"openwmi/wbem"
)

// A room counts the requests under way, all that there are and those of each
// user.
type room struct {
	max, each int

	mu     sync.Mutex // guards what follows
	inside int
	byUser map[string]int
}

func newRoom(max, each int) *room { return &room{max: max, each: each, byUser: map[string]int{}} }

func (r *room) enter(user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inside >= r.max || r.byUser[user] >= r.each {
		return false
	}
	r.inside++
	r.byUser[user]++
	return true
}

func (r *room) leave(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inside--
	if r.byUser[user]--; r.byUser[user] == 0 {
		delete(r.byUser, user)
	}
}

// A tally counts what is under way, for one who waits until there is nothing.
type tally struct {
	mu   sync.Mutex // guards what follows
	n    int
	none chan struct{} // closed when n becomes zero; nil if nobody waits
}

func (t *tally) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n += n; t.n == 0 && t.none != nil {
		close(t.none)
		t.none = nil
	}
}

func (t *tally) wait() {
	t.mu.Lock()
	if t.n == 0 {
		t.mu.Unlock()
		return
	}
	none := make(chan struct{})
	t.none = none
	t.mu.Unlock()
	<-none
}

// within calls next with the request of a user if there is room for it.
func (s *Server) within(next http.Handler, w http.ResponseWriter, r *http.Request, id *wbem.Identity) {
	if !s.room.enter(id.Name) {
		s.metrics.refused.WithLabelValues("request").Inc()
		w.Header().Set("Retry-After", "1")
		http.Error(w, "Too many requests at once", http.StatusServiceUnavailable)
		return
	}
	defer s.room.leave(id.Name)
	next.ServeHTTP(w, r)
}
