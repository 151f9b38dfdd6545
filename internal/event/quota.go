package event

import (
	"errors"

	"openwmi/cim"
	"openwmi/wbem"
)

// usage is what a user, or all together, have of what is limited.
type usage struct {
	temporary, permanent, polls int
	pollBytes                   int64
}

// limits are how much of it they may have, in total and each user.
type limits struct {
	total, user usage
}

// quotas are the properties of __ArbitratorConfiguration that count here, with
// what applies where they are NULL (events.md 14).
var quotas = []struct {
	name        string
	total, user int64
	set         func(u *usage, n int64)
}{
	{"TemporarySubscriptions", 10_000, 1_000, func(u *usage, n int64) { u.temporary = int(n) }},
	{"PermanentSubscriptions", 10_000, 1_000, func(u *usage, n int64) { u.permanent = int(n) }},
	{"PollingInstructions", 10_000, 1_000, func(u *usage, n int64) { u.polls = int(n) }},
	{"PollingMemory", 10_000_000, 5_000_000, func(u *usage, n int64) { u.pollBytes = n }},
}

// limits reads the quotas as they are now.
func (b *Broker) limits() (l limits, err error) {
	root, err := b.repo.Namespace("root")
	if err != nil {
		return l, err
	}
	inst, err := root.Instance(cim.Path{Class: "__ArbitratorConfiguration", Singleton: true}, false)
	if err != nil && !errors.Is(err, wbem.NotFound) {
		return l, err
	}
	value := func(name string, or int64) int64 {
		if inst != nil {
			if v, _ := inst.Get(name); !v.IsNull() {
				return v.Int()
			}
		}
		return or
	}
	for _, q := range quotas {
		q.set(&l.total, value(q.name+"Total", q.total))
		q.set(&l.user, value(q.name+"PerUser", q.user))
	}
	return l, nil
}

// A quotaError is a QuotaViolation of the quotas here, which providers cannot
// return.
type quotaError struct{ error }

func (e quotaError) Unwrap() error { return e.error }

func overQuota(format string, args ...any) error {
	return quotaError{cim.Errorf(wbem.QuotaViolation, format, args...)}
}

// isOverQuota reports whether err comes from overQuota.
func isOverQuota(err error) bool { return errors.As(err, new(quotaError)) }

// user returns the usage of the identity; b.mu is held.
func (b *Broker) user(who *wbem.Identity) *usage {
	name := userName(who)
	u := b.users[name]
	if u == nil {
		u = &usage{}
		b.users[name] = u
	}
	return u
}

func userName(who *wbem.Identity) string {
	if who == nil {
		return ""
	}
	return cim.Fold(who.Name)
}

// forget drops the usage of a user who has nothing; b.mu is held.
func (b *Broker) forget(who *wbem.Identity) {
	if name := userName(who); b.users[name] != nil && *b.users[name] == (usage{}) {
		delete(b.users, name)
	}
}

// count counts a registration, or returns QuotaViolation; b.mu is held.
func (b *Broker) count(r *Registration, l limits) error {
	u := b.user(r.spec.Identity)
	defer b.forget(r.spec.Identity)
	own, all, ownLimit, limit := &u.temporary, &b.usage.temporary, l.user.temporary, l.total.temporary
	kind := "temporary"
	if r.handler != nil {
		own, all, ownLimit, limit = &u.permanent, &b.usage.permanent, l.user.permanent, l.total.permanent
		kind = "permanent"
	}
	switch {
	case *own >= ownLimit:
		return cim.Errorf(wbem.QuotaViolation, "the user has %d %s subscriptions already", *own, kind)
	case *all >= limit:
		return cim.Errorf(wbem.QuotaViolation, "there are %d %s subscriptions already", *all, kind)
	}
	*own++
	*all++
	return nil
}

// discount takes back what count has counted; b.mu is held.
func (b *Broker) discount(r *Registration) {
	u := b.user(r.spec.Identity)
	if r.handler != nil {
		u.permanent--
		b.usage.permanent--
	} else {
		u.temporary--
		b.usage.temporary--
	}
	b.forget(r.spec.Identity)
}

// countPolls counts n more or, if negative, less polls of a user, or returns
// QuotaViolation.
func (b *Broker) countPolls(who *wbem.Identity, n int, l limits) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.user(who)
	defer b.forget(who)
	switch {
	case n > 0 && u.polls+n > l.user.polls:
		return cim.Errorf(wbem.QuotaViolation, "the user polls %d classes already", u.polls)
	case n > 0 && b.usage.polls+n > l.total.polls:
		return cim.Errorf(wbem.QuotaViolation, "%d classes are polled already", b.usage.polls)
	}
	u.polls += n
	b.usage.polls += n
	return nil
}

// countPollBytes counts n more or less bytes that polls of a user keep, or
// returns QuotaViolation.
func (b *Broker) countPollBytes(who *wbem.Identity, n int64, l limits) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.user(who)
	defer b.forget(who)
	switch {
	case n > 0 && u.pollBytes+n > l.user.pollBytes:
		return overQuota("what the user polls takes more than %d bytes", l.user.pollBytes)
	case n > 0 && b.usage.pollBytes+n > l.total.pollBytes:
		return overQuota("what is polled takes more than %d bytes", l.total.pollBytes)
	}
	u.pollBytes += n
	b.usage.pollBytes += n
	return nil
}
