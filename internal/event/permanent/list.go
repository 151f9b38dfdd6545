package permanent

import (
	"context"
	"slices"
	"strings"

	"openwmi/internal/repository"
	"openwmi/wbem"
)

// List returns all permanent subscriptions: the bindings by path, and then each
// filter and consumer that none of them names, by path. It waits until what was
// changed before is in force, as Settle does. With visible, only what is in
// namespaces for which it returns true is listed.
func (s *Subscriptions) List(ctx context.Context, visible func(namespace string) bool) ([]*wbem.PermanentSubscription, error) {
	s.Settle(ctx)
	all, used, err := s.listBindings(visible)
	if err != nil {
		return nil, err
	}
	err = s.eachNamespace(ctx, func(ns *repository.Namespace) error {
		if !visible(ns.Path()) {
			return nil
		}
		for _, class := range []string{filterClass, consumerClass} {
			unbound, err := s.listUnbound(ctx, ns, class, used)
			if err != nil {
				return err
			}
			all = append(all, unbound...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b *wbem.PermanentSubscription) int {
		if (a.Binding == "") != (b.Binding == "") {
			return strings.Compare(b.Binding, a.Binding) // bindings first
		}
		return strings.Compare(a.Binding+a.Filter+a.Consumer, b.Binding+b.Filter+b.Consumer)
	})
	return all, nil
}

// listBindings lists the bindings, and returns the keys of all filters and
// consumers that they name.
func (s *Subscriptions) listBindings(visible func(string) bool) (all []*wbem.PermanentSubscription, used map[objectKey]bool, err error) {
	used = map[objectKey]bool{}
	s.mu.Lock()
	var shown []*binding
	for _, b := range s.bindings {
		used[b.filterAt.key], used[b.consumerAt.key] = true, true
		if visible(b.place.ns.Path()) {
			shown = append(shown, b)
			all = append(all, b.describe())
		}
	}
	s.mu.Unlock()
	for i, b := range shown {
		size, err := s.repo.QueueSize(b.queue)
		if err != nil {
			return nil, nil, err
		}
		all[i].Queued, all[i].QueuedBytes = size.Items, size.Bytes
	}
	return all, used, nil
}

// describe returns what is known of b, but the size of its queue; s.mu is held.
func (b *binding) describe() *wbem.PermanentSubscription {
	c := b.look()
	p := &wbem.PermanentSubscription{
		Binding: b.place.full, Filter: b.filterAt.full, Consumer: b.consumerAt.full,
		Namespace: b.spec.Namespace, Query: b.spec.Query, State: b.state,
		Delivered: c.delivered, Failed: c.failed, Dropped: c.dropped, LastError: c.lastError, LastFailed: c.lastFailed,
	}
	err := b.err
	if f := b.filter; err == nil && f != nil && f.reg == nil {
		p.State, err = wbem.SubscriptionInactive, f.err
		if wbem.StatusOf(err) == wbem.AccessDenied {
			p.State = wbem.SubscriptionRefused
		}
	}
	switch {
	case err != nil:
		p.Reason = err.Error()
	case c.failing:
		p.State, p.Reason = wbem.SubscriptionFailing, c.lastError
	}
	return p
}

// listUnbound lists the filters or consumers of a namespace that no binding names.
func (s *Subscriptions) listUnbound(ctx context.Context, ns *repository.Namespace, class string, used map[objectKey]bool) ([]*wbem.PermanentSubscription, error) {
	instances, err := parts(ctx, ns, class)
	if err != nil {
		return nil, err
	}
	var all []*wbem.PermanentSubscription
	for _, inst := range instances {
		at, err := placeOf(ns, inst)
		if err != nil {
			return nil, err
		}
		if used[at.key] {
			continue
		}
		p := &wbem.PermanentSubscription{State: wbem.SubscriptionUnbound}
		if class == filterClass {
			p.Filter, p.Query = at.full, get(inst, "Query").Text()
			p.Namespace, err = s.eventNamespace(inst, ns.Path())
			p.Reason = "no binding names the filter"
		} else {
			p.Consumer = at.full
			p.Reason = "no binding names the consumer"
		}
		if err != nil {
			p.Reason += "; " + err.Error()
		}
		all = append(all, p)
	}
	return all, nil
}
