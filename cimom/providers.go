package cimom

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
)

// MaxProviderCalls is how many calls of one provider may run at once in a
// namespace, those included that nobody waits for any more because their context
// ended; one more is QuotaViolation.
const MaxProviderCalls = 1024

// MaxUserCalls is how many calls of all providers may run at once for one user,
// again with those that nobody waits for any more, so that nobody takes them all;
// one more is QuotaViolation. The owner of the store has no such limit.
const MaxUserCalls = 512

// providers are the Go values that a Manager was given, what they have opened,
// and the calls of them that run.
type providers struct {
	m      *Manager
	values map[string]any // by folded name

	// stopping ends when Close begins, with the cause ShuttingDown.
	stopping context.Context
	stop     context.CancelCauseFunc

	spaces atomic.Pointer[sync.Map] // *space by *repository.Namespace, see forget
	events *eventHost

	mu      sync.Mutex // guards what follows
	opened  map[openedKey]*opened
	gates   map[string]*gate // of openings that run or wait
	users   map[account]int  // calls of all providers that run for a user
	running int              // calls, openings and sweeps
	quiet   chan struct{}    // closed when running becomes zero; nil if nobody waits
	sweeper *time.Timer      // of the next sweep; nil if there is none
}

// An openedKey says what a provider is opened for (system-classes.md 9.3).
type openedKey struct {
	ns     *repository.Namespace
	name   string  // of the __Win32Provider, folded
	locale string  // "" unless there is one for each
	user   account // none unless there is one for each
}

// An account is a user as providers tell one from another.
type account struct {
	name      string
	authority wbem.Authority
}

func (s *session) account() account {
	return account{s.who.Identity.Name, s.who.Identity.Authority}
}

// An opened is a provider as it serves one namespace.
type opened struct {
	ready chan struct{} // closed when value or err is there
	value any
	err   error
	stays bool // is not closed for being idle

	// These are guarded by providers.mu.
	own     io.Closer // what an Opener made; nil if there is nothing to close
	running int       // calls, and its opening
	used    bool      // since the last sweep
	dropped bool      // is closed when nothing runs any more
}

func newProviders(m *Manager, values map[string]any) (*providers, error) {
	p := &providers{
		m: m, values: map[string]any{},
		opened: map[openedKey]*opened{}, gates: map[string]*gate{}, users: map[account]int{},
	}
	for name, v := range values {
		if err := provider.Check(v); err != nil {
			return nil, cim.Errorf(wbem.InvalidParameter, "provider %s: %v", name, err)
		}
		name = cim.Fold(name)
		if p.values[name] != nil {
			return nil, cim.Errorf(wbem.InvalidParameter, "two providers have the name %s", name)
		}
		p.values[name] = v
	}
	p.stopping, p.stop = context.WithCancelCause(context.Background())
	p.events = newEventHost(m)
	p.forget()
	return p, nil
}

// acquire returns the provider of a registration as it serves a session, open,
// until release is called.
func (p *providers) acquire(ctx context.Context, s *session, r *registration) (value any, release func(), err error) {
	name, value, err := p.find(r)
	if err != nil {
		return nil, nil, err
	}
	key := openedKey{ns: s.ns, name: cim.Fold(r.name)}
	opener, opens := value.(provider.Opener)
	if opens && r.perLocale {
		key.locale = s.locales.text
	}
	if opens && r.perUser {
		key.user = s.account()
	}
	p.mu.Lock()
	if p.stopping.Err() != nil {
		p.mu.Unlock()
		return nil, nil, wbem.ShuttingDown
	}
	var user account // none for the owner of the store
	if s.who.Token != nil {
		user = s.account()
	}
	if p.users[user] >= MaxUserCalls {
		p.mu.Unlock()
		return nil, nil, cim.Errorf(wbem.QuotaViolation, "%d calls of providers run already for %s", MaxUserCalls, user.name)
	}
	o := p.opened[key]
	if o == nil {
		o = &opened{ready: make(chan struct{}), stays: !r.pure}
		p.opened[key] = o
		if opens {
			p.enter(o)
			go p.open(o, key, p.gate(name, r, key), opener, s.environment(r, key))
		} else {
			o.value = value
			close(o.ready)
		}
	}
	if o.running >= MaxProviderCalls {
		p.mu.Unlock()
		return nil, nil, cim.Errorf(wbem.QuotaViolation, "%d calls of provider %s run already", MaxProviderCalls, r.name)
	}
	p.enter(o)
	if user != (account{}) {
		p.users[user]++
	}
	p.mu.Unlock()
	release = func() { p.release(o, user) }
	select {
	case <-o.ready:
		if o.err == nil {
			return o.value, release, nil
		}
		err = o.err
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		err = ended(ctx)
	}
	release()
	return nil, nil, err
}

// enter counts a call, release one that has ended. p.mu is held for the former.
func (p *providers) enter(o *opened) {
	o.running++
	o.used = true
	p.running++
}

func (p *providers) release(o *opened, user account) {
	p.mu.Lock()
	o.running--
	if user != (account{}) {
		if p.users[user]--; p.users[user] == 0 {
			delete(p.users, user)
		}
	}
	closing := o.dropped && o.running == 0
	p.mu.Unlock()
	if closing {
		p.close(o)
	}
	p.leave()
}

// leave is called when something ends that counts in p.running.
func (p *providers) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running--; p.running == 0 && p.quiet != nil {
		close(p.quiet)
		p.quiet = nil
	}
}

// A gate lets as many openings run at once as InitializationReentrancy says.
type gate struct {
	name  string
	open  chan struct{}
	users int // guarded by providers.mu
}

// gate returns the one for a provider, until passed is called. p.mu is held.
func (p *providers) gate(name string, r *registration, key openedKey) *gate {
	if r.reentrancy == unlimited {
		return &gate{open: make(chan struct{}, 1), users: 2} // nobody else's
	}
	if r.reentrancy == perNamespace {
		name += " " + key.ns.Path()
	}
	g := p.gates[name]
	if g == nil {
		g = &gate{name: name, open: make(chan struct{}, 1)}
		p.gates[name] = g
	}
	g.users++
	return g
}

func (p *providers) passed(g *gate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if g.users--; g.users == 0 {
		delete(p.gates, g.name)
	}
}

// environment is what a provider is opened with.
func (s *session) environment(r *registration, key openedKey) *provider.Environment {
	env := &provider.Environment{
		Name: r.name, Namespace: s.ns.Path(), Locale: key.locale,
		Services: s.m.own(s.ns),
	}
	if r.perUser {
		env.Caller = s.who.Identity
	}
	return env
}

// open opens a provider. It has no part in the operation that needs it first,
// whose context may end before.
func (p *providers) open(o *opened, key openedKey, g *gate, opener provider.Opener, env *provider.Environment) {
	defer p.release(o, account{})
	defer close(o.ready)
	defer p.passed(g)
	var err error
	select {
	case g.open <- struct{}{}:
		// Whoever waits gives up when the Manager closes. What comes later all
		// the same has to be closed.
		o.value, err = detach(context.Background(), nil, func(context.Context) (any, error) { return opener.Open(p.stopping, env) })
		<-g.open
	case <-p.stopping.Done():
		err = wbem.ShuttingDown
	}
	p.mu.Lock()
	o.own, _ = o.value.(io.Closer)
	p.mu.Unlock()
	if err == nil {
		if wrong := provider.Check(o.value); wrong != nil {
			err = cim.Errorf(wbem.InitializationFailure, "what it opened: %v", wrong)
		}
	}
	if err == nil {
		p.sweepLater()
		return
	}
	o.err = p.failure(env.Name, err, wbem.InitializationFailure)
	p.mu.Lock()
	defer p.mu.Unlock()
	o.dropped = true
	if p.opened[key] == o {
		delete(p.opened, key) // the next call tries again
	}
}
