package cimom

import (
	"context"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/audit"
	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// A session is one caller's connection to one namespace. It never changes but
// for being closed, and then only refuses new operations.
type session struct {
	m       *Manager
	ns      *repository.Namespace
	who     *access.Caller
	locales locales
	// keepTexts makes a localized put write texts to the locale namespace and
	// not only strip them (spec README, decision 3).
	keepTexts bool
	closed    atomic.Bool

	// run is the number of the operation that this is the session of, if
	// somebody records what it may do; see operation.
	run audit.ID
}

var (
	_ wbem.Services           = (*session)(nil)
	_ wbem.Flusher            = (*session)(nil)
	_ wbem.QualifierStore     = (*session)(nil)
	_ wbem.ClassPlanner       = (*session)(nil)
	_ wbem.UnusedClassDeleter = (*session)(nil)
)

// Server implements wbem.Services.
func (s *session) Server() string { return s.m.opts.Server }

// Namespace implements wbem.Services.
func (s *session) Namespace() string { return s.ns.Path() }

// Locale implements wbem.Services.
func (s *session) Locale() string { return s.locales.text }

// Close implements wbem.Services.
func (s *session) Close() error {
	s.closed.Store(true)
	return nil
}

// An admission is what an operation asks for before it starts.
type admission struct {
	op, path string
	flags    wbem.Flags    // that were given
	legal    wbem.Flags    // that the operation knows
	relPath  string        // that has to be within cim.MaxPath
	need     access.Rights // besides Enable
	kind     audit.Kind    // that it is recorded as; "" for what only reads
	method   string        // that is to be run
	target   cim.Path      // what it is about, if path does not say that
}

// admit runs the checks that come before the start of every operation (put.md
// 3, steps 2 to 5), marks the start, and returns the operation, for the caller to
// end. After an error there is nothing to end.
func (s *session) admit(ctx context.Context, a admission) (run operation, err error) {
	run.begin(ctx, s, &a)
	err = s.check(ctx, &a)
	if err == nil {
		err = s.m.begin(ctx)
	}
	if err != nil {
		return run, run.fail(a.object(), err)
	}
	err = run.s.allow(access.Enable | a.need)
	if err == nil && cim.TooLong(a.relPath, cim.MaxPath) {
		err = cim.Errorf(wbem.QuotaViolation, "the path has more than %d characters", cim.MaxPath)
	}
	if err != nil {
		err = run.fail(a.object(), err)
		run.end()
		return run, err
	}
	wbem.Started(ctx)
	return run, nil
}

// object returns what the operation is about.
func (a *admission) object() string {
	if a.path == "" && a.target.Class != "" {
		return a.target.String()
	}
	return a.path
}

func (s *session) check(ctx context.Context, a *admission) error {
	if bad := a.flags &^ a.legal; bad != 0 {
		return cim.Errorf(wbem.InvalidParameter, "flags 0x%X are not defined for %s", uint32(bad), a.op)
	}
	if s.closed.Load() {
		return cim.Errorf(wbem.InvalidOperation, "the session is closed")
	}
	return ctx.Err()
}

// update runs a transaction. Everything that decides what a write may do is
// asked in it, so that nothing can change in between.
func (s *session) update(ctx context.Context, o wbem.Options, fn func(*repository.Tx) error) error {
	d := kv.Durable
	if o.Lazy {
		d = kv.Buffered
	}
	return s.m.subscriptions.During(ctx, func(ctx context.Context) error {
		return s.m.repo.Update(event.WithPublisher(ctx, s.who.Identity), d, fn)
	})
}

// fail returns err as an error of an operation, and logs what the caller does
// not learn.
func (s *session) fail(op, path string, err error) error { return s.m.fail(op, path, err) }

// OpenNamespace implements wbem.Services.
func (s *session) OpenNamespace(ctx context.Context, relative string, o wbem.Options) (wbem.Services, error) {
	const op = "OpenNamespace"
	run, err := s.admit(ctx, admission{op: op, path: relative, flags: o.Flags})
	if err != nil {
		return nil, err
	}
	defer run.end()
	s = run.s
	child, err := s.openNamespace(relative)
	if err != nil {
		return nil, run.fail(relative, err)
	}
	return child, nil
}

func (s *session) openNamespace(relative string) (*session, error) {
	server, below, err := cim.ParseNamespace(relative)
	if err != nil {
		return nil, err
	}
	if server != "" || below == "" {
		return nil, cim.Errorf(wbem.InvalidNamespace, "%.100s is not a path below %s", relative, s.ns.Path())
	}
	ns, err := s.enter(s.ns.Path() + `\` + below)
	if err != nil {
		return nil, err
	}
	return &session{m: s.m, ns: ns, who: s.who, locales: s.locales, keepTexts: s.keepTexts}, nil
}

// Flush implements wbem.Flusher.
func (s *session) Flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return wbem.NewError("Flush", "", err)
	}
	err := s.m.subscriptions.During(ctx, func(context.Context) error { return s.m.repo.Sync() })
	return s.fail("Flush", "", err)
}
