package main

import (
	"context"
	"os/user"

	"openwmi/cim"
	"openwmi/consumers/activescript"
	"openwmi/internal/source"
	"openwmi/script/host"
	"openwmi/script/sandbox"
	"openwmi/wbem"
)

// A promise is a locator that will be there soon: consumers are made before the store
// in which they work is open.
type promise struct {
	kept chan struct{}
	l    wbem.Locator
}

func newPromise() *promise { return &promise{kept: make(chan struct{})} }

func (p *promise) keep(l wbem.Locator) {
	p.l = l
	close(p.kept)
}

// Connect implements wbem.Locator.
func (p *promise) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	select {
	case <-p.kept:
		return p.l.Connect(ctx, namespace, o)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// asService connects as the account of this process, as if it called from elsewhere: an
// administrator of the store, and not its owner. What owners alone may do to the computer
// (cli.control), such as starting a process, would be commands by another way.
type asService struct{ l wbem.Locator }

// Connect implements wbem.Locator.
func (s asService) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	u, err := user.Current()
	if err != nil {
		return nil, cim.Errorf(wbem.AccessDenied, "the user of this process has no name: %v", err)
	}
	o.Identity = &wbem.Identity{Name: u.Username, Remote: true, Level: 6}
	return s.l.Connect(ctx, namespace, o)
}

// scriptRunner runs the scripts of ActiveScriptEventConsumer. They see the event as
// TargetEvent, and have no WScript; what they could show goes nowhere.
func scriptRunner(owner wbem.Locator) activescript.Runner {
	return func(ctx context.Context, s *activescript.Script) error {
		l := owner
		if !s.Rules.Run {
			l = asService{owner}
		}
		language, err := host.LanguageOf(s.Engine)
		if err != nil {
			return cim.Errorf(wbem.InvalidParameter, "%v", err)
		}
		file, _, err := source.Decode(s.Name, s.Text)
		if err != nil {
			return cim.Errorf(wbem.InvalidParameter, "%v", err)
		}
		p, err := host.Parse(s.Name, file.Text(), language, "")
		if err != nil {
			return scriptError(err)
		}
		r := s.Rules
		session, err := host.NewSession(ctx, host.Options{
			Locator: l, Bare: true, Batch: true, Memory: r.MemoryLimit,
			Policy: sandbox.Policy{Read: r.Read, Write: r.Write, Run: r.Run, Env: r.Env, Means: "activeScript."},
		})
		if err != nil {
			return cim.Errorf(wbem.InvalidParameter, "%v", err)
		}
		event, err := session.WMI().Wrap(s.Event.Namespace, s.Event.Instance)
		if err == nil {
			session.Engine(language).Set("TargetEvent", event)
			err = session.Run(p)
		}
		if e := session.Close(); err == nil {
			err = e
		}
		return scriptError(err)
	}
}

// scriptError is why a script failed, in a line.
func scriptError(err error) error {
	if err == nil {
		return nil
	}
	return cim.Errorf(scriptStatus(err), "%s", host.Text(err))
}
