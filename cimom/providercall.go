package cimom

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
)

// maxProviderDepth is how deep calls of providers may be nested in each other
// through Request.Services; one more is QuotaViolation.
const maxProviderDepth = 16

// streamed is how many instances wait for the one who reads an enumeration.
const streamed = 64

// request returns what a call for a class is about, and a function that ends its
// reports of progress.
func (s *session) request(reg *registration, c *cim.Class, o wbem.Options) (r *provider.Request, end func()) {
	var mu sync.Mutex // guards report, and is held while it runs
	report := o.Progress
	r = &provider.Request{
		Namespace: s.ns.Path(), Class: c, Caller: s.who.Identity, Locale: s.locales.text, Flags: o.Flags,
		Impersonation: impersonation(o),
		Context:       o.Context.Clone(),
		Services:      s.again(),
		Connect:       s.visit,
		Progress: func(p wbem.Progress) {
			mu.Lock()
			defer mu.Unlock()
			if report != nil {
				report(p)
			}
		},
	}
	if r.Context != nil {
		r.Context.Delete(putClientRequest)
		r.Context.Delete(getClientRequest)
	}
	if reg.model.folded {
		r.Impersonation = identify
	}
	return r, func() {
		mu.Lock()
		defer mu.Unlock()
		report = nil
	}
}

// Levels of impersonation. async-and-security.md 5.1
const identify, impersonate, delegate = 2, 3, 4

// impersonation returns the level of a call, which is impersonate unless its
// options say another; there is none below identify.
func impersonation(o wbem.Options) int {
	if o.Impersonation == 0 {
		return impersonate
	}
	return min(max(o.Impersonation, identify), delegate)
}

// again returns another session of the same caller, for one to close.
func (s *session) again() *session {
	return &session{m: s.m, ns: s.ns, who: s.who, locales: s.locales, keepTexts: s.keepTexts}
}

// visit opens any namespace for the same caller.
func (s *session) visit(ctx context.Context, namespace string) (wbem.Services, error) {
	const op = "ConnectServer"
	if err := ctx.Err(); err != nil {
		return nil, s.fail(op, namespace, err)
	}
	other := s.again()
	path, err := s.m.localNamespace(namespace)
	if err == nil {
		other.ns, err = s.enter(path)
	}
	if err != nil {
		return nil, s.fail(op, namespace, err)
	}
	return other, nil
}

// own returns the session of the Manager itself with a namespace.
func (m *Manager) own(ns *repository.Namespace) *session {
	l, _ := m.negotiate("") // without a list nothing in it can be wrong
	return &session{m: m, ns: ns, who: owner(), locales: l, keepTexts: true}
}

// getClientRequest is to reads what putClientRequest is to puts.
const getClientRequest = "__GET_EXT_CLIENT_REQUEST"

type depthKey struct{}

// callDepth returns how many calls of providers an operation is within.
func callDepth(ctx context.Context) int {
	n, _ := ctx.Value(depthKey{}).(int)
	return n
}

// callContext returns the context of a call, which ends with that of the
// operation and with the Manager.
func (p *providers) callContext(ctx context.Context) (context.Context, context.CancelFunc, error) {
	n := callDepth(ctx)
	if n >= maxProviderDepth {
		return nil, nil, cim.Errorf(wbem.QuotaViolation, "providers call each other more than %d deep", n)
	}
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, depthKey{}, n+1))
	unhook := context.AfterFunc(p.stopping, func() { cancel(wbem.ShuttingDown) })
	return ctx, func() {
		unhook()
		cancel(context.Canceled)
	}, nil
}

// ended returns why a context has ended.
func ended(ctx context.Context) error {
	if context.Cause(ctx) == wbem.ShuttingDown {
		return wbem.ShuttingDown
	}
	return ctx.Err()
}

// detach runs fn in a goroutine of its own, so that whatever happens to it is an
// error and no more, and returns its result or, when ctx ends before,
// the error of ctx. end, if not nil, is called when fn has returned.
func detach[T any](ctx context.Context, end func(), fn func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		if end != nil {
			defer end()
		}
		r := result{err: errGoexit}
		defer func() {
			if v := recover(); v != nil {
				r.err = panicked(v)
			}
			done <- r
		}()
		r.value, r.err = fn(ctx)
	}()
	select {
	case r := <-done:
		if r.err != nil && ctx.Err() != nil {
			r.err = ended(ctx)
		}
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ended(ctx)
	}
}

var errGoexit = errors.New("it ended its goroutine")

func panicked(v any) error { return fmt.Errorf("it panicked: %v\n%s", v, debug.Stack()) }

// call calls a provider for a class, nil if it is for none, as the F that it
// is. The error is that for the caller.
func call[F, T any](ctx context.Context, s *session, reg *registration, c *cim.Class, o wbem.Options, fn func(context.Context, F, *provider.Request) (T, error)) (result T, err error) {
	p := s.m.providers
	ctx, cancel, err := p.callContext(ctx)
	if err != nil {
		return result, err
	}
	defer cancel()
	value, release, err := p.acquire(ctx, s, reg)
	if err != nil {
		return result, err
	}
	f, ok := value.(F)
	if !ok {
		release()
		return result, reg.incapable(c)
	}
	if s.m.opts.Observer != nil {
		outer, began := ctx, time.Now()
		defer func() { s.observeProvider(outer, reg.name, began, err) }()
	}
	r, over := s.request(reg, c, o)
	defer over()
	result, err = detach(ctx, release, func(ctx context.Context) (T, error) { return fn(ctx, f, r) })
	if err != nil && ctx.Err() == nil {
		err = p.failure(reg.name, err, wbem.ProviderFailure)
	}
	return result, err
}

// stream is call for what comes in sequence. The provider goes on while somebody
// reads and some instances wait.
func stream[F any](ctx context.Context, s *session, sup *supplier, o wbem.Options, fn func(context.Context, F, *provider.Request) iter.Seq2[*cim.Instance, error]) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		p := s.m.providers
		ctx, cancel, err := p.callContext(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		defer cancel()
		value, release, err := p.acquire(ctx, s, sup.reg)
		if err != nil {
			yield(nil, err)
			return
		}
		f, ok := value.(F)
		if !ok {
			release()
			yield(nil, sup.reg.incapable(sup.class))
			return
		}
		if s.m.opts.Observer != nil {
			outer, began, deliver := ctx, time.Now(), yield
			var failure error
			yield = func(inst *cim.Instance, err error) bool {
				failure = err
				return deliver(inst, err)
			}
			defer func() { s.observeProvider(outer, sup.reg.name, began, failure) }()
		}
		r, over := s.request(sup.reg, sup.class, o)
		defer over()
		instances := make(chan *cim.Instance, streamed)
		var last error // set before instances is closed
		go func() {
			defer release()
			defer close(instances)
			err := errGoexit
			defer func() {
				if v := recover(); v != nil {
					err = panicked(v)
				}
				last = err
			}()
			err = produce(ctx, fn(ctx, f, r), instances)
		}()
		for {
			select {
			case inst, ok := <-instances:
				switch {
				case ok:
				case ctx.Err() != nil: // what came may not be all
					yield(nil, ended(ctx))
					return
				case last != nil:
					yield(nil, p.failure(sup.reg.name, last, wbem.ProviderFailure))
					return
				default:
					return
				}
				if !yield(inst, nil) {
					return
				}
			case <-ctx.Done():
				yield(nil, ended(ctx))
				return
			}
		}
	}
}

// produce sends what a sequence yields, until its end or that of ctx.
func produce(ctx context.Context, seq iter.Seq2[*cim.Instance, error], to chan<- *cim.Instance) error {
	for inst, err := range seq {
		if err != nil {
			return err
		}
		select {
		case to <- inst:
		case <-ctx.Done():
			return ended(ctx)
		}
	}
	return nil
}

// failure returns the error of a provider as the caller gets it: with its own
// status, or with another one if it has none; the log then has the rest.
func (p *providers) failure(name string, err error, otherwise wbem.Status) error {
	e := &wbem.Error{Provider: name, Err: err}
	var own *wbem.Error
	var detailed *cim.Error
	switch {
	case errors.As(err, &own):
		e.Status, e.Detail, e.Object = own.Status, own.Detail, own.Object
		if own.Provider != "" {
			e.Provider = own.Provider // which another one has called
		}
	case errors.As(err, &detailed):
		e.Status, e.Detail = detailed.Status, detailed.Msg
	case errors.Is(err, context.DeadlineExceeded):
		e.Status = wbem.Timeout
	case errors.Is(err, context.Canceled):
		e.Status = wbem.CallCancelled
	default:
		errors.As(err, &e.Status)
	}
	if !e.Status.Failed() {
		e.Status = otherwise
		p.m.log.Error("provider failed", "provider", name, "cause", err)
	}
	return e
}

// lies is the error of a provider whose answer cannot be true.
func (p *providers) lies(r *registration, format string, args ...any) error {
	return p.failure(r.name, cim.Errorf(wbem.ProviderFailure, format, args...), wbem.ProviderFailure)
}
