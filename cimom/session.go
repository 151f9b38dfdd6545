package cimom

import (
	"context"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// A session is one caller's connection to one namespace. It never changes but
// for being closed, and then only refuses new operations.
type session struct {
	m       *Manager
	ns      *repository.Namespace
	caller  *wbem.Identity
	locales locales
	// keepTexts makes a localized put write texts to the locale namespace and
	// not only strip them (spec README, decision 3).
	keepTexts bool
	closed    atomic.Bool
}

var (
	_ wbem.Services       = (*session)(nil)
	_ wbem.Flusher        = (*session)(nil)
	_ wbem.QualifierStore = (*session)(nil)
	_ wbem.ClassPlanner   = (*session)(nil)
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
	flags    wbem.Flags // that were given
	legal    wbem.Flags // that the operation knows
}

// admit runs the checks that come before the start of every operation (put.md
// 3, steps 2 to 4), marks the start, and returns what ends the operation. An
// error has nothing to end. Checks of one operation only come before.
func (s *session) admit(ctx context.Context, a admission) (end func(), err error) {
	if err := s.check(ctx, a); err != nil {
		return nil, wbem.NewError(a.op, a.path, err)
	}
	if err := s.m.begin(); err != nil {
		return nil, wbem.NewError(a.op, a.path, err)
	}
	if err := s.m.policy.Check(s.caller, s.ns.Path(), access.Enable); err != nil {
		s.m.end()
		return nil, wbem.NewError(a.op, a.path, err)
	}
	wbem.Started(ctx)
	return s.m.end, nil
}

func (s *session) check(ctx context.Context, a admission) error {
	if bad := a.flags &^ a.legal; bad != 0 {
		return cim.Errorf(wbem.InvalidParameter, "flags 0x%X are not defined for %s", uint32(bad), a.op)
	}
	if s.closed.Load() {
		return cim.Errorf(wbem.InvalidOperation, "the session is closed")
	}
	return ctx.Err()
}

// OpenNamespace implements wbem.Services.
func (s *session) OpenNamespace(ctx context.Context, relative string, o wbem.Options) (wbem.Services, error) {
	end, err := s.admit(ctx, admission{op: "OpenNamespace", path: relative, flags: o.Flags})
	if err != nil {
		return nil, err
	}
	defer end()
	_, below, err := cim.ParseNamespace(relative)
	if err != nil {
		return nil, wbem.NewError("OpenNamespace", relative, err)
	}
	ns, err := s.m.repo.Namespace(s.ns.Path() + `\` + below)
	if err == nil {
		err = s.m.policy.Check(s.caller, ns.Path(), access.Enable)
	}
	if err != nil {
		return nil, wbem.NewError("OpenNamespace", relative, err)
	}
	return &session{m: s.m, ns: ns, caller: s.caller, locales: s.locales, keepTexts: s.keepTexts}, nil
}

// Flush implements wbem.Flusher.
func (s *session) Flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return wbem.NewError("Flush", "", err)
	}
	return storeError("Flush", "", s.m.repo.Sync())
}
