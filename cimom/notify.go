package cimom

import (
	"context"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/audit"
	"openwmi/internal/event"
	"openwmi/wbem"
	"openwmi/wql"
)

const opSubscribe = "ExecNotificationQuery"

var _ wbem.Publisher = (*session)(nil)

// startEvents starts what raises and delivers events.
func (m *Manager) startEvents() (err error) {
	m.accounts = &access.Accounts{Administrators: m.opts.Administrators, Service: processIdentity().Name, Computer: m.opts.Server}
	if m.users != nil {
		m.accounts.Store = m.users
	}
	m.creators = newCreators(m.accounts)
	m.broker, err = event.New(m.repo, event.Options{
		Poller: creatorPoller{poller{m}, m.creators}, Access: m.creators, Logger: m.log,
	})
	if err != nil {
		return err
	}
	if err := m.providers.events.start(); err != nil {
		return err
	}
	m.startSubscriptions()
	return nil
}

// endEvents ends all subscriptions.
func (m *Manager) endEvents() {
	if m.broker != nil {
		m.starting.Wait()
		m.broker.Close()
	}
}

// A subscription is one of a session.
type subscription struct {
	*event.Subscription
	s      *session
	query  string
	viewer viewer
}

// Subscribe implements wbem.Services.
func (s *session) Subscribe(ctx context.Context, language, query string, o wbem.Options) (wbem.Subscription, error) {
	if err := wql.CheckLanguage(language, query); err != nil {
		return nil, s.fail(opSubscribe, query, err)
	}
	run, err := s.admit(ctx, admission{op: opSubscribe, path: query, flags: o.Flags, legal: wbem.UseAmendedQualifiers})
	if err != nil {
		return nil, err
	}
	defer run.end()
	s = run.s
	v, err := s.viewer(o.Flags)
	if err != nil {
		return nil, run.fail(query, err)
	}
	sub, err := s.m.broker.Subscribe(ctx, event.Spec{Namespace: s.ns.Path(), Query: query, Identity: s.who.Identity, DayFirst: s.locales.dayFirst})
	if err != nil {
		return nil, run.fail(query, err)
	}
	return &subscription{sub, s, query, v}, nil
}

// Next implements wbem.Subscription. A subscription lives long, so every event
// needs the right to enter the namespace anew.
func (q *subscription) Next(ctx context.Context) (*cim.Instance, error) {
	inst, err := q.Subscription.Next(ctx)
	if err == nil {
		err = q.s.allow(access.Enable)
	}
	if err == nil {
		err = q.viewer.instance(inst)
	}
	if err != nil {
		return nil, q.s.fail(opSubscribe, q.query, err)
	}
	return inst, nil
}

// Publish implements wbem.Publisher.
func (s *session) Publish(ctx context.Context, inst *cim.Instance, o wbem.Options) error {
	const op = "QueryObjectSink"
	if inst == nil {
		return s.fail(op, "", cim.Errorf(wbem.InvalidParameter, "there is no event"))
	}
	run, err := s.admit(ctx, admission{op: op, path: inst.ClassName(), flags: o.Flags, kind: audit.Write})
	if err != nil {
		return err
	}
	defer run.end()
	s = run.s
	if err := s.allow(access.FullWrite); err != nil {
		return run.fail(inst.ClassName(), err)
	}
	err = s.m.subscriptions.During(ctx, func(ctx context.Context) error {
		return s.m.broker.Publish(ctx, s.ns.Path(), s.who.Identity, inst)
	})
	return run.fail(inst.ClassName(), err)
}
