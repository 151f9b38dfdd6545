package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"net/netip"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/internal/audit"
	"openwmi/internal/auth/ntlm"
	"openwmi/wbem"
)

// A Logon is what somebody presents to be let in.
type Logon struct {
	Name     string // may have the domain of the store
	Password string
	Peer     string // the address from which it comes; "" is this computer
	Level    int    // the protection of the connection, see wbem.Identity
}

// How many logons are checked at once, each of which takes the memory of its
// hash; how many may be under way, the rest being ServerTooBusy; and how long one
// may be put off.
const (
	maxChecks = 2
	maxLogons = 256
	maxWait   = time.Minute
)

// remembered is how long a password that was right need not be hashed again for
// the same user from the same address, and maxRemembered of how many that holds;
// familiar is how long the address is one of which the user has come, and
// maxFamiliar how many of these are known.
const (
	remembered    = 5 * time.Minute
	maxRemembered = 1024
	familiar      = 24 * time.Hour
	maxFamiliar   = 1 << 14
)

// guesses are what Verify knows of the past.
type guesses struct {
	key     [32]byte      // of digests, only in memory
	digests sync.Pool     // of *digesting
	checks  chan struct{} // one for each check that runs
	logons  chan struct{} // one for each logon under way
	absent  phc           // stands for the hash of users that there are not
	nobody  ntlm.Hash     // likewise
	noHash  record        // likewise, with something that is sealed like an NT hash

	users, peers throttle      // by name, by address
	known        throttle      // by both, where the user has come from before
	unchecked    audit.Sampler // of records about logons that nobody has looked at

	memory  sync.Mutex // guards what follows
	right   map[client]memory
	places  map[client]time.Time // until when they are familiar
	flights map[digest]*flight
}

type digest [sha256.Size]byte

// A client is a user at an address.
type client struct{ user, peer string }

// A memory is of a password that was right.
type memory struct {
	digest  digest
	version time.Time // Changed of the user then
	until   time.Time
}

// A flight is a check under way, whose result all get who have asked the same.
type flight struct {
	done chan struct{}
	id   *wbem.Identity
	sid  string
	err  error
}

func (g *guesses) init() {
	rand.Read(g.key[:])
	g.checks, g.logons = make(chan struct{}, maxChecks), make(chan struct{}, maxLogons)
	g.absent = strength
	g.absent.salt, g.absent.hash = make([]byte, saltBytes), make([]byte, hashBytes)
	rand.Read(g.absent.salt)
	rand.Read(g.absent.hash)
	rand.Read(g.nobody[:])
	g.noHash.NT = base64.StdEncoding.EncodeToString(make([]byte, sealedHash))
	g.users.free, g.peers.free, g.known.free = 3, 10, 3
	g.right, g.places, g.flights = map[client]memory{}, map[client]time.Time{}, map[digest]*flight{}
}

// Verify returns who somebody is whose password is right. All else is
// AccessDenied, after the same time whether there is such a user or not; why is in
// the audit log. ServerTooBusy is for too many logons at once, and for guesses that
// come too fast.
//
// After three wrong passwords for a name, or ten from one address (IPv6: one
// network of 64 bits), further ones wait for each other: a quarter of a second at
// first, twice that after each, up to 16 seconds. A quarter of an hour without any
// ends that. Where a user has logged on within a day, his wrong passwords and those
// of others do not count for each other, so that nobody else can keep him out. What
// was right is remembered for five minutes, as a digest with a key
// that is nowhere but in memory, so that clients which send the password with each
// request are quick; a wrong password from the same address makes it forgotten.
func (u *Users) Verify(ctx context.Context, l Logon) (*wbem.Identity, error) {
	began := time.Now()
	id, sid, why, err := u.verify(ctx, l)
	if why == "" && err == nil {
		return id, nil // remembered: this is no logon of its own
	}
	u.logged(l, began, sid, why, err)
	return id, err
}

// verify returns the identity or an error that may go to a peer, and why it is so.
func (u *Users) verify(ctx context.Context, l Logon) (id *wbem.Identity, sid, why string, err error) {
	name := cim.Fold(unqualified(l.Name))
	if len(l.Name) > 4*MaxName+len(wbem.StoreDomain)+1 || len(l.Password) > MaxPassword {
		return nil, "", tooLong, wbem.AccessDenied
	}
	a, err := u.load()
	if err != nil {
		return nil, "", err.Error(), wbem.AccessDenied
	}
	c := client{name, addressOf(l.Peer)}
	d := u.digest(c, l.Password)
	if r := a.find(name); r != nil && !r.Disabled && u.knows(c, d, r) {
		return a.identity(r, l.Peer, l.Level), "", "", nil
	}
	select {
	case u.logons <- struct{}{}:
		defer func() { <-u.logons }()
	default:
		return nil, "", "too many logons at once", wbem.ServerTooBusy
	}
	for {
		u.memory.Lock()
		f := u.flights[d]
		if f == nil {
			f = &flight{done: make(chan struct{})}
			u.flights[d] = f
			u.memory.Unlock()
			id, sid, why, err = u.check(ctx, l, c, d)
			f.id, f.sid, f.err = id, sid, err
			u.memory.Lock()
			delete(u.flights, d)
			u.memory.Unlock()
			close(f.done)
			return id, sid, why, err
		}
		u.memory.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, "", "given up", ctx.Err()
		}
		switch {
		case f.id != nil:
			same := *f.id
			same.Peer, same.Level = l.Peer, l.Level
			return &same, f.sid, withAnother, nil
		case cim.StatusOf(f.err) == wbem.AccessDenied:
			return nil, f.sid, withAnother, wbem.AccessDenied
		}
		// The other one gave up; that says nothing.
	}
}

// check checks a password, when it is its turn.
func (u *Users) check(ctx context.Context, l Logon, c client, d digest) (id *wbem.Identity, sid, why string, err error) {
	id, r, sid, why, err := u.attempt(ctx, l, c, func(r *record) error {
		hash := &u.absent
		if r != nil {
			if h, bad := parsePHC(r.Password); bad == nil {
				hash = h
			}
		}
		if !hash.matches(l.Password) {
			return errWrong
		}
		return nil
	})
	if err != nil {
		return nil, sid, why, err
	}
	u.remember(c, d, r)
	return id, sid, "password", nil
}

var errWrong = errors.New("wrong password")

// attempt lets somebody prove to be a user, when it is his turn. prove gets nil
// for users that there are not, and takes as long for them.
func (u *Users) attempt(ctx context.Context, l Logon, c client, prove func(*record) error) (id *wbem.Identity, r *record, sid, why string, err error) {
	wait, settle := u.turn(c)
	if wait > maxWait {
		return nil, nil, "", "too many wrong passwords", wbem.ServerTooBusy
	}
	if wait > 0 {
		turn := time.NewTimer(wait)
		defer turn.Stop()
		select {
		case <-turn.C:
		case <-ctx.Done():
			return nil, nil, "", "given up", ctx.Err()
		}
	}
	select {
	case u.checks <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, "", "given up", ctx.Err()
	}
	var wrong error
	var a *accounts
	func() {
		defer func() { <-u.checks }()
		a, err = u.load()
		r = a.find(c.user)
		wrong = prove(r)
	}()
	if r != nil {
		sid = a.sid(r.RID)
	}
	switch {
	case err != nil:
		return nil, nil, "", err.Error(), wbem.AccessDenied
	case r == nil:
		return nil, nil, "", "no such user", wbem.AccessDenied
	case wrong != nil:
		return nil, nil, sid, wrong.Error(), wbem.AccessDenied
	case r.Disabled:
		return nil, nil, sid, "the user is disabled", wbem.AccessDenied
	}
	settle()
	return a.identity(r, l.Peer, l.Level), r, sid, "", nil
}

// turn returns how long an attempt has to wait for those before it, and what to
// call if it was right. That excuses it and no other except at a place that is
// familiar: whoever has an account may still guess those of others.
func (g *guesses) turn(c client) (wait time.Duration, settle func()) {
	now := time.Now()
	g.memory.Lock()
	known := now.Before(g.places[c])
	g.memory.Unlock()
	place := c.user + "\x00" + c.peer
	if known {
		return g.known.attempt(place, now), func() {
			g.known.forget(place)
			g.acquaint(c, now)
		}
	}
	if c.peer != "" {
		if wait = g.peers.attempt(c.peer, now); wait > maxWait {
			return wait, nil // which does not count for the user
		}
	}
	return max(wait, g.users.attempt(c.user, now)), func() {
		g.users.excuse(c.user)
		g.peers.excuse(c.peer)
		g.acquaint(c, now)
	}
}

// acquaint makes the place of a user familiar.
func (g *guesses) acquaint(c client, now time.Time) {
	g.memory.Lock()
	defer g.memory.Unlock()
	if len(g.places) >= maxFamiliar {
		clear(g.places)
	}
	g.places[c] = now.Add(familiar)
}

// digest returns what is kept of a password that was right.
func (g *guesses) digest(c client, password string) (d digest) {
	w, ok := g.digests.Get().(*digesting)
	if !ok {
		w = &digesting{h: hmac.New(sha256.New, g.key[:])}
	}
	b := w.b[:0]
	for _, s := range []string{c.user, c.peer, password} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	w.h.Reset()
	w.h.Write(b)
	w.h.Sum(d[:0])
	clear(b) // it has a password
	w.b = b
	g.digests.Put(w)
	return d
}

// A digesting is what makes digests, one after the other.
type digesting struct {
	h hash.Hash
	b []byte
}

// knows reports whether a password is the one that was right lately. One that is
// not makes that forgotten, so that there is no fast way to guess.
func (g *guesses) knows(c client, d digest, r *record) bool {
	g.memory.Lock()
	defer g.memory.Unlock()
	m, ok := g.right[c]
	if !ok {
		return false
	}
	if hmac.Equal(m.digest[:], d[:]) && m.version.Equal(r.Changed) && time.Now().Before(m.until) {
		return true
	}
	delete(g.right, c)
	return false
}

func (g *guesses) remember(c client, d digest, r *record) {
	g.memory.Lock()
	defer g.memory.Unlock()
	if len(g.right) >= maxRemembered {
		clear(g.right)
	}
	g.right[c] = memory{d, r.Changed, time.Now().Add(remembered)}
}

// addressOf returns what of the address of a peer counts as one place.
func addressOf(peer string) string {
	at, err := netip.ParseAddr(peer)
	if p, bad := netip.ParseAddrPort(peer); bad == nil {
		at, err = p.Addr(), nil
	}
	if err != nil {
		return peer
	}
	if at = at.Unmap().WithZone(""); at.Is6() {
		p, _ := at.Prefix(64)
		return p.String()
	}
	return at.String()
}
