package server

import (
	"io"
	"net/http"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// A room counts the requests under way, and the bytes of their bodies, all that
// there are and those of each user.
type room struct {
	max, each share

	mu     sync.Mutex // guards what follows
	all    share
	byUser map[string]share
}

// A share is what of a room is taken.
type share struct {
	requests int
	bytes    int64
}

// Of how many of the largest requests the bodies may be there at once, all in all
// and of one user.
const (
	largeBodies     = 4
	largeBodiesEach = 2
)

// retryAfter is when one who was refused for want of room may come again, in seconds.
const retryAfter = "1"

// smallBody is how many bytes a body has whose request alone counts.
const smallBody = 64 << 10

func newRoom(max, each int, body int64) *room {
	return &room{
		max: share{max, largeBodies * body}, each: share{each, largeBodiesEach * body},
		byUser: map[string]share{},
	}
}

// take takes something for a user, or reports that it is too much.
func (r *room) take(user string, s share) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, own := r.all.plus(s), r.byUser[user].plus(s)
	if all.beyond(r.max) || own.beyond(r.each) {
		return false
	}
	r.all, r.byUser[user] = all, own
	return true
}

// leave gives back what was taken.
func (r *room) leave(user string, s share) {
	r.mu.Lock()
	defer r.mu.Unlock()
	back := share{-s.requests, -s.bytes}
	r.all = r.all.plus(back)
	if own := r.byUser[user].plus(back); own == (share{}) {
		delete(r.byUser, user)
	} else {
		r.byUser[user] = own
	}
}

func (s share) plus(t share) share { return share{s.requests + t.requests, s.bytes + t.bytes} }

func (s share) beyond(t share) bool { return s.requests > t.requests || s.bytes > t.bytes }

// errNoRoom refuses a body that is not too long in itself: it may come again.
var errNoRoom = cim.Errorf(wbem.ServerTooBusy, "there is no room for the body of the request now")

// A heldBody takes the room of what is read of it.
type heldBody struct {
	io.ReadCloser
	room    *room
	user    string
	held    int64
	refused bool // there was no room
}

func (b *heldBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		if !b.room.take(b.user, share{bytes: int64(n)}) {
			b.refused = true
			return 0, errNoRoom
		}
		b.held += int64(n)
	}
	return n, err
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
	taken := share{requests: 1}
	if !s.room.take(id.Name, taken) {
		s.metrics.refused.WithLabelValues("request").Inc()
		w.Header().Set("Retry-After", retryAfter)
		http.Error(w, "Too many requests at once", http.StatusServiceUnavailable)
		return
	}
	defer func() { s.room.leave(id.Name, taken) }()
	if r.ContentLength < 0 || r.ContentLength > smallBody {
		body := &heldBody{ReadCloser: r.Body, room: s.room, user: id.Name}
		defer func() {
			taken.bytes = body.held
			if body.refused {
				s.metrics.refused.WithLabelValues("body").Inc()
			}
		}()
		r.Body = body
	}
	next.ServeHTTP(w, r)
}
