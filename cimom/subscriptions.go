package cimom

import (
	"bytes"
	"context"
	"crypto/sha256"
	"iter"
	"maps"
	"slices"
	"sync"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/event"
	"openwmi/internal/event/permanent"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

var _ wbem.SubscriptionLister = (*session)(nil)

// startSubscriptions starts the permanent subscriptions.
func (m *Manager) startSubscriptions() {
	o := permanent.Options{
		Creator: m.creators.identity,
		Enter: func(who *wbem.Identity, namespace string) error {
			c, err := m.caller(who)
			if err == nil {
				_, err = (&session{m: m, who: c}).enter(namespace)
			}
			return err
		},
		Logger: m.log,
	}
	if m.hasConsumers() {
		o.Consumer = consumerRouter{m}
	}
	m.subscriptions = permanent.New(m.repo, m.broker, o)
	m.subscriptions.Start()
	m.starting.Go(func() {
		// Who subscribes to timers comes before those that were missed.
		ctx := m.providers.stopping
		m.subscriptions.Settle(ctx)
		if err := m.broker.Start(ctx); err != nil && ctx.Err() == nil {
			m.log.Error("timers not started", "cause", err)
		}
	})
}

// hasConsumers reports whether this process was given anything to deliver events
// with. Otherwise they wait in the store for one that was.
func (m *Manager) hasConsumers() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(m.opts.Providers)), func(v any) bool {
		switch v.(type) {
		case provider.EventConsumer, provider.Opener:
			return true
		}
		return false
	})
}

// PermanentSubscriptions implements wbem.SubscriptionLister.
func (s *session) PermanentSubscriptions(ctx context.Context) iter.Seq2[*wbem.PermanentSubscription, error] {
	a := admission{op: "ListSubscriptions"}
	return sequenceOf(ctx, s, a, func(s *session) (iter.Seq2[*wbem.PermanentSubscription, error], error) {
		all, err := s.m.subscriptions.List(ctx, func(namespace string) bool {
			_, err := s.enter(namespace)
			return err == nil
		})
		return func(yield func(*wbem.PermanentSubscription, error) bool) {
			for _, p := range all {
				if !yield(p, nil) {
					return
				}
			}
		}, err
	})
}

// creators are the identities that stand for those who have put permanent
// subscriptions and are no administrators: of them the store knows the SID alone,
// and not to which groups they belong.
type creators struct {
	event.Access
	accounts *access.Accounts

	mu         sync.Mutex // guards what follows
	identities map[access.SID]*wbem.Identity
	tokens     map[*wbem.Identity]*access.Token // nil for users of the store, whose groups are known
}

func newCreators(a *access.Accounts) *creators {
	return &creators{
		Access: event.NewAccess(a), accounts: a,
		identities: map[access.SID]*wbem.Identity{}, tokens: map[*wbem.Identity]*access.Token{},
	}
}

// identity returns the identity of a creator, which is always the same one.
func (c *creators) identity(sid access.SID) *wbem.Identity {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.identities[sid]
	if id == nil {
		id = &wbem.Identity{Name: sid.String(), Level: 6}
		c.identities[sid] = id
		if store := c.accounts.Store; store != nil && store.Owns(id.Name) {
			id.Authority = wbem.StoreAuthority
			c.tokens[id] = nil
			return id
		}
		c.tokens[id] = &access.Token{User: sid, Groups: []access.SID{access.Everyone, access.AuthenticatedUsers, access.Users}}
	}
	return id
}

// has reports whether an identity stands for a creator.
func (c *creators) has(who *wbem.Identity) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.tokens[who]
	return ok
}

// token returns the token of a creator who is nobody of the store, nil for anybody
// else.
func (c *creators) token(who *wbem.Identity) *access.Token {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tokens[who]
}

// Subscriber implements event.Access.
func (c *creators) Subscriber(who *wbem.Identity) (func(descriptor []byte) bool, error) {
	t := c.token(who)
	switch {
	case t != nil:
		return func(descriptor []byte) bool { return access.CheckEvent(descriptor, t, access.Subscribe) == nil }, nil
	case !c.has(who):
		return c.Access.Subscriber(who)
	}
	return func(descriptor []byte) bool {
		t, err := c.accounts.Token(who) // with the groups of now
		return err == nil && access.CheckEvent(descriptor, t, access.Subscribe) == nil
	}, nil
}

// A creatorPoller refuses to poll for creators: a permanent subscription for
// which somebody has to poll needs administrators as its creators (events.md 5,
// rule 9).
type creatorPoller struct {
	event.Poller
	creators *creators
}

// Snapshot implements event.Poller.
func (p creatorPoller) Snapshot(ctx context.Context, namespace string, q *wql.Select, who *wbem.Identity) iter.Seq2[*cim.Instance, error] {
	if p.creators.has(who) {
		return fails(cim.Errorf(wbem.AccessDenied, "class %s is dynamic, and only administrators may have it polled for a permanent subscription", q.Class.Name))
	}
	return p.Poller.Snapshot(ctx, namespace, q, who)
}

// mofKey is the state that says which MOF was compiled into the store.
var mofKey = []byte("cimom/mof")

// install compiles the MOF of the options, unless that has happened before.
func (m *Manager) install(ctx context.Context) error {
	if len(m.opts.MOF) == 0 {
		return nil
	}
	sum := sha256.Sum256(m.opts.MOF)
	switch stored, err := m.repo.State(mofKey); {
	case err != nil:
		return err
	case bytes.Equal(stored, sum[:]):
		return nil
	}
	p, err := compile.ParseText(ctx, compile.Options{}, "Options.MOF", m.opts.MOF)
	if err == nil {
		_, err = p.Store(ctx, m)
	}
	if err != nil {
		return err
	}
	return m.repo.Update(ctx, kv.Durable, func(tx *repository.Tx) error { return tx.SetState(mofKey, sum[:]) })
}
