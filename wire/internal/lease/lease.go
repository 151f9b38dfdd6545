// Package lease keeps what clients have open between their requests:
// enumerations and subscriptions. Each belongs to a user, has a name that nobody
// can guess, and ends when nobody has used it for a while. What was opened on a
// protected connection is used on such a one only.
package lease

import (
	"context"
	"crypto/rand"
	"math"
	"strconv"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// ErrUnknown says that there is no such lease, or that another request uses it.
var ErrUnknown = cim.Errorf(wbem.InvalidParameter, "there is nothing of that name open")

// A Holder is who has opened something, or asks for it.
type Holder struct {
	User  string // tells users apart; "" is the owner of the locator
	Level int    // protection of the connection, as wbem.Identity has it
}

// HolderOf returns the holder that was authenticated: nil is the owner of the
// locator. Names alone do not tell users apart, since more than one authority has
// them.
func HolderOf(id *wbem.Identity) Holder {
	if id == nil {
		return Holder{Level: math.MaxInt}
	}
	return Holder{strconv.Itoa(int(id.Authority)) + `\` + id.Name, id.Level}
}

// Lets reports whether another one may use what h has opened: the same user, on a
// connection that is protected as well. async-and-security.md 6.2
func (h Holder) Lets(other Holder) bool { return h.User == other.User && h.Level <= other.Level }

// A Lease is one of them. Who has taken it out of its table has it for himself.
type Lease struct {
	Holder                // who has opened it
	Place   string        // where it belongs, such as a namespace; compared without case
	Timeout time.Duration // after which it ends when nobody uses it
	End     func()        // called once
	Open    any           // what it is

	id   string
	idle *time.Timer
}

// Name returns the name by which a lease is found when it is kept. It may be called
// by who has the lease.
func (l *Lease) Name() string {
	if l.id == "" {
		l.id = rand.Text()
	}
	return l.id
}

// A Table has the leases of all users.
type Table struct {
	max int // of a user

	mu     sync.Mutex // guards what follows
	byID   map[string]*Lease
	users  map[string]int // how many each has, in use or not
	closed bool

	closing context.Context // ends with Close
	end     context.CancelFunc
}

// NewTable returns a table that has at most max leases of each user.
func NewTable(max int) *Table {
	t := &Table{max: max, byID: map[string]*Lease{}, users: map[string]int{}}
	t.closing, t.end = context.WithCancel(context.Background())
	return t
}

// Waiting returns a context for one who has a lease and waits for something to
// happen: it ends with ctx, after that time, and when the table is closed, whose
// cause is ShuttingDown.
func (t *Table) Waiting(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, stopWaiting := context.WithTimeout(ctx, limit)
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(t.closing, func() { cancel(wbem.ShuttingDown) })
	return ctx, func() {
		stop()
		cancel(nil)
		stopWaiting()
	}
}

// Admit counts one more lease of a user, which has to be kept or dropped:
// QuotaViolation, or ShuttingDown.
func (t *Table) Admit(h Holder) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return wbem.ShuttingDown
	case t.users[h.User] >= t.max:
		return cim.Errorf(wbem.QuotaViolation, "%d enumerations and subscriptions are open already", t.max)
	}
	t.users[h.User]++
	return nil
}

// Release undoes Admit where no lease came of it.
func (t *Table) Release(h Holder) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.users[h.User]--; t.users[h.User] == 0 {
		delete(t.users, h.User)
	}
}

// Keep keeps a lease until it is used again or was idle for too long, and returns
// its name, "" if the table is closed, which has ended the lease.
func (t *Table) Keep(l *Lease) string {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		t.Drop(l)
		return ""
	}
	t.byID[l.Name()] = l
	t.startIdle(l)
	t.mu.Unlock()
	return l.id
}

// startIdle starts the time after which a lease ends, with t.mu locked. What an
// earlier timer does too late, because the lease was used just then, is nothing.
func (t *Table) startIdle(l *Lease) {
	var own *time.Timer
	own = time.AfterFunc(l.Timeout, func() {
		t.mu.Lock()
		over := t.byID[l.id] == l && l.idle == own
		if over {
			delete(t.byID, l.id)
		}
		t.mu.Unlock()
		if over {
			t.Drop(l)
		}
	})
	l.idle = own
}

// Extend gives a lease that is kept another timeout from now on, and reports whether
// it was there for that holder.
func (t *Table) Extend(id string, h Holder, timeout time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.byID[id]
	if l == nil || !l.Lets(h) {
		return false
	}
	l.idle.Stop()
	l.Timeout = timeout
	t.startIdle(l)
	return true
}

// Use takes a lease out: ErrUnknown, or AccessDenied for one that the holder may not
// use. async-and-security.md 8
func (t *Table) Use(id string, h Holder, place string) (*Lease, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.byID[id]
	switch {
	case l == nil:
		return nil, ErrUnknown
	case !l.Lets(h):
		return nil, wbem.AccessDenied
	case !cim.EqualNames(l.Place, place):
		return nil, ErrUnknown
	}
	delete(t.byID, id)
	l.idle.Stop()
	return l, nil
}

// Drop ends a lease that is in use.
func (t *Table) Drop(l *Lease) {
	l.End()
	t.Release(l.Holder)
}

// Len returns how many leases are kept.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID)
}

// Users returns how many users have leases, kept or in use.
func (t *Table) Users() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.users)
}

// Close ends all that are kept, and the waiting of those in use, which end when
// they are kept again.
func (t *Table) Close() {
	t.mu.Lock()
	t.closed = true
	t.end()
	kept := t.byID
	t.byID = map[string]*Lease{}
	t.mu.Unlock()
	for _, l := range kept {
		l.idle.Stop()
		t.Drop(l)
	}
}
