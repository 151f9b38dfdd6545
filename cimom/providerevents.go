package cimom

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// An event provider that ends by itself is called again after a time that
// doubles from the first to the second of these, and begins anew when it has
// worked for longer than that.
const (
	minEventRetry = time.Second
	maxEventRetry = time.Minute
)

// An eventHost has event providers work while somebody listens to what they
// raise (events.md 9). What they are registered for is covered all the time.
type eventHost struct {
	m *Manager

	mu     sync.Mutex // guards what follows; held while registrations are compared
	runs   map[eventKey]*eventRun
	closed bool

	group sync.WaitGroup // of all that runs do
}

type eventKey struct {
	ns   *repository.Namespace
	name string // of the provider, folded
}

// An eventRun is an event provider as it is registered in a namespace.
type eventRun struct {
	h      *eventHost
	s      *session // of the service itself
	reg    *registration
	covers []*event.Coverage // does not change while the provider works

	mu        sync.Mutex // guards what follows
	listeners int
	stop      context.CancelFunc // ends its work; nil while it does none
	linger    *time.Timer        // ends its work later; nil while somebody listens
	notices   []func(context.Context) error
	telling   bool // a goroutine goes through the notices
	ended     bool // is not registered any more
}

var _ event.Watcher = (*eventRun)(nil)

func newEventHost(m *Manager) *eventHost { return &eventHost{m: m, runs: map[eventKey]*eventRun{}} }

// start looks at the registrations of all namespaces.
func (h *eventHost) start() error {
	root, err := h.m.repo.Namespace("root")
	if err != nil {
		return err
	}
	all := []*repository.Namespace{root}
	for len(all) > 0 {
		ns := all[0]
		children, err := ns.Children()
		if err != nil {
			return err
		}
		all = append(all[1:], children...)
		h.changed(ns)
	}
	return nil
}

// changed looks at the registrations of a namespace.
func (h *eventHost) changed(ns *repository.Namespace) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	all, err := h.m.providers.registrations(context.Background(), ns)
	switch {
	case cim.StatusOf(err) == wbem.InvalidNamespace:
		all = &registrations{} // it was deleted
	case err != nil:
		h.m.log.Error("event providers cannot be looked up", "namespace", ns.Path(), "error", err)
		return
	}
	for key, run := range h.runs {
		if key.ns == ns && !run.fits(all.named[key.name]) {
			run.end()
			delete(h.runs, key)
		}
	}
	for name, r := range all.named {
		key := eventKey{ns, name}
		if h.runs[key] == nil && r.err == nil && len(r.events) > 0 {
			run := &eventRun{h: h, s: h.m.own(ns), reg: r}
			run.cover()
			h.runs[key] = run
		}
	}
}

// deleted ends the runs of namespaces that do not exist any more.
func (h *eventHost) deleted() {
	h.mu.Lock()
	gone := map[*repository.Namespace]bool{}
	for key := range h.runs {
		if isGone(key.ns) {
			gone[key.ns] = true
		}
	}
	h.mu.Unlock()
	for ns := range gone {
		h.changed(ns)
	}
}

// close ends all runs and waits for what they do.
func (h *eventHost) close() {
	h.mu.Lock()
	h.closed = true
	for _, run := range h.runs {
		run.end()
	}
	h.mu.Unlock()
	h.group.Wait()
}

// fits reports whether a run is as a registration says.
func (run *eventRun) fits(r *registration) bool {
	return r != nil && r.err == nil && r.clsid == run.reg.clsid && slices.Equal(r.events, run.reg.events)
}

// eventQueryRecords are the numbers of records about queries that cannot be used
// (events.md 15); what is not here is a query that cannot be read.
var eventQueryRecords = map[wbem.Status]int{
	wbem.UninterpretableProviderQuery: 22, wbem.RegistrationTooBroad: 23, wbem.InvalidClass: 24, wbem.NotEventClass: 25,
}

// cover tells the broker what the provider raises. Who listens to the first of
// it may be told of before the last is known: Listen waits, so that the provider
// works when all is.
func (run *eventRun) cover() {
	run.mu.Lock()
	defer run.mu.Unlock()
	for _, q := range run.reg.events {
		c, err := run.h.m.broker.Cover(run.s.ns.Path(), q, run)
		if err == nil {
			run.covers = append(run.covers, c)
			continue
		}
		id, ok := eventQueryRecords[cim.StatusOf(err)]
		if !ok {
			id = 21
		}
		run.h.m.log.Error("a query of an event provider cannot be used", "id", id,
			"provider", run.reg.name, "query", q, "namespace", run.s.ns.Path(), "error", err)
	}
}

// end ends what the provider does, for good.
func (run *eventRun) end() {
	run.mu.Lock()
	run.ended = true
	if run.linger != nil {
		run.linger.Stop()
	}
	if run.stop != nil {
		run.stop()
	}
	run.mu.Unlock()
	for _, c := range run.covers {
		c.Close()
	}
}

// Allow implements event.Watcher.
func (run *eventRun) Allow(ctx context.Context, who *wbem.Identity, q *wql.Select) error {
	s := run.s
	if who != nil {
		caller, err := run.h.m.caller(who)
		if err != nil {
			return err
		}
		s = s.again()
		s.who = caller
	}
	_, err := call(ctx, s, run.reg, nil, wbem.Options{}, func(ctx context.Context, p provider.AccessChecker, r *provider.Request) (struct{}, error) {
		err := p.AccessCheck(ctx, r, q)
		if errors.Is(err, wbem.SSubjectToSds) {
			err = nil // the broker looks at the descriptor of each event anyway
		}
		return struct{}{}, err
	})
	return optional(err)
}

// Listen implements event.Watcher.
func (run *eventRun) Listen(id uint32, q *wql.Select) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.listeners++
	if run.linger != nil {
		run.linger.Stop()
		run.linger = nil
	}
	if run.ended {
		return
	}
	if run.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		run.stop = stop
		run.h.group.Go(func() { run.work(ctx) })
	}
	run.tell(func(ctx context.Context) error {
		_, err := call(ctx, run.s, run.reg, nil, wbem.Options{}, func(ctx context.Context, p provider.QueryWatcher, r *provider.Request) (struct{}, error) {
			return struct{}{}, p.NewQuery(ctx, r, id, q)
		})
		return err
	})
}

// Unlisten implements event.Watcher.
func (run *eventRun) Unlisten(id uint32) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.listeners--
	if run.ended {
		return
	}
	run.tell(func(ctx context.Context) error {
		_, err := call(ctx, run.s, run.reg, nil, wbem.Options{}, func(ctx context.Context, p provider.QueryWatcher, r *provider.Request) (struct{}, error) {
			return struct{}{}, p.CancelQuery(ctx, r, id)
		})
		return err
	})
	if run.listeners == 0 {
		run.linger = time.AfterFunc(run.h.m.providers.clearAfter("__EventProviderCacheControl"), run.rest)
	}
}

// rest ends the work of a provider to which nobody has listened for a while.
func (run *eventRun) rest() {
	run.mu.Lock()
	defer run.mu.Unlock()
	if run.listeners == 0 && run.stop != nil {
		run.stop()
		run.stop = nil
	}
}

// tell has the provider told something, in order. run.mu is held.
func (run *eventRun) tell(notice func(context.Context) error) {
	run.notices = append(run.notices, notice)
	if run.telling {
		return
	}
	run.telling = true
	run.h.group.Go(func() {
		for {
			run.mu.Lock()
			if len(run.notices) == 0 || run.ended {
				run.telling = false
				run.mu.Unlock()
				return
			}
			next := run.notices[0]
			run.notices = run.notices[1:]
			run.mu.Unlock()
			if err := optional(next(run.h.m.providers.stopping)); err != nil {
				run.h.m.log.Warn("an event provider takes no notice", "provider", run.reg.name, "error", err)
			}
		}
	})
}

// optional is nil for a provider that does not have a method which it need not
// have.
func optional(err error) error {
	if cim.StatusOf(err) == wbem.ProviderNotCapable {
		return nil
	}
	return err
}

// work has the provider raise events until ctx ends.
func (run *eventRun) work(ctx context.Context) {
	stopping := run.h.m.providers.stopping
	for retry := minEventRetry; ; retry = min(2*retry, maxEventRetry) {
		began := time.Now()
		_, err := call(ctx, run.s, run.reg, nil, wbem.Options{}, func(ctx context.Context, p provider.EventProvider, r *provider.Request) (struct{}, error) {
			return struct{}{}, p.ProvideEvents(ctx, r, func(e *cim.Instance) error { return run.raise(ctx, e) })
		})
		if ctx.Err() != nil || stopping.Err() != nil {
			return
		}
		run.h.m.log.Warn("an event provider has ended", "provider", run.reg.name, "namespace", run.s.ns.Path(), "error", err)
		if time.Since(began) > maxEventRetry {
			retry = minEventRetry
		}
		again := time.NewTimer(retry)
		select {
		case <-again.C:
		case <-ctx.Done():
		case <-stopping.Done():
		}
		again.Stop()
	}
}

// raise raises an event of the provider.
func (run *eventRun) raise(ctx context.Context, e *cim.Instance) error {
	if e == nil || e.Class() == nil {
		return cim.Errorf(wbem.InvalidParameter, "there is no event")
	}
	if !slices.ContainsFunc(run.covers, func(c *event.Coverage) bool { return c.Covers(e) }) {
		return cim.Errorf(wbem.InvalidClass, "provider %s is not registered for this event of class %s", run.reg.name, e.ClassName())
	}
	return run.h.m.subscriptions.During(ctx, func(ctx context.Context) error {
		return run.h.m.broker.Raise(ctx, run.s.ns.Path(), run.s.who.Identity, e)
	})
}
