package cimom

import (
	"cmp"
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// MaxMerged is how many instances of one class, for which there are dynamic
// subclasses, an enumeration compares with those of the subclasses; more are
// QuotaViolation.
const MaxMerged = 1 << 18

// find returns the instance at a path below class c, of whatever class it is
// unless direct. Providers of subclasses are asked first, and what they leave
// open comes from those of the superclasses up to c (wql.md 14.4).
func (s *session) find(ctx context.Context, c *cim.Class, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	direct := o.Flags&wbem.DirectRead != 0
	suppliers, err := s.suppliers(ctx, c, !direct)
	if err != nil {
		return nil, err
	}
	_, inst, failed := s.findProvided(ctx, suppliers, path, o)
	if inst != nil || ctx.Err() != nil {
		return inst, failed
	}
	inst, err = s.ns.Instance(path, direct)
	if cim.StatusOf(err) == wbem.NotFound {
		err = cmp.Or(failed, err)
	}
	if err == nil {
		err = s.complete(ctx, inst, nil, o)
	}
	if err != nil {
		return nil, err
	}
	return inst, nil
}

// findProvided asks suppliers for the instance at a path. It returns the one
// that has it, or else the error of one that could not say.
func (s *session) findProvided(ctx context.Context, suppliers []*supplier, path cim.Path, o wbem.Options) (owner *supplier, inst *cim.Instance, err error) {
	var failed error
	for i := len(suppliers) - 1; i >= 0; i-- {
		inst, err := s.get(ctx, suppliers[i], path, o)
		switch {
		case err == nil:
			return suppliers[i], inst, s.fillFrom(ctx, inst, suppliers[:i], path, o)
		case ctx.Err() != nil || cim.StatusOf(err) == wbem.InvalidObjectPath:
			return nil, nil, err
		case cim.StatusOf(err) != wbem.NotFound:
			failed = cmp.Or(failed, err)
		}
	}
	return nil, nil, failed
}

// fillFrom gives an instance what the providers of its superclasses know.
func (s *session) fillFrom(ctx context.Context, inst *cim.Instance, suppliers []*supplier, path cim.Path, o wbem.Options) error {
	for i := len(suppliers) - 1; i >= 0; i-- {
		sup := suppliers[i]
		if !inst.Class().IsA(sup.class.Name()) || isFilled(inst, sup.class) || sup.able(func(a *abilities) bool { return a.get }) != nil {
			continue
		}
		base, err := s.get(ctx, sup, path, o)
		switch {
		case err == nil:
			fill(inst, base)
		case cim.StatusOf(err) != wbem.NotFound:
			return err
		}
	}
	return nil
}

// get asks one supplier for the instance at a path.
func (s *session) get(ctx context.Context, sup *supplier, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	key, err := keyInstance(sup.class, path)
	if err != nil {
		return nil, err
	}
	if err := sup.able(func(a *abilities) bool { return a.get }); err != nil {
		return nil, err
	}
	wanted := identity(key)
	inst, err := call(ctx, s, sup.reg, sup.class, o, func(ctx context.Context, p provider.InstanceGetter, r *provider.Request) (*cim.Instance, error) {
		return p.GetInstance(ctx, r, key)
	})
	if err == nil {
		inst, err = s.checkResult(sup, inst)
	}
	switch {
	case err != nil:
		return nil, err
	case inst == nil || identity(inst) != wanted:
		return nil, s.m.providers.lies(sup.reg, "it delivered another object than %s", path.RelPath())
	}
	return inst, nil
}

// A supply is how the instances of one supplier are asked for.
type supply func(ctx context.Context, sup *supplier) iter.Seq2[*cim.Instance, error]

// all is the supply of everything.
func (s *session) all(o wbem.Options) supply {
	return func(ctx context.Context, sup *supplier) iter.Seq2[*cim.Instance, error] {
		if err := sup.able(func(a *abilities) bool { return a.enumerate }); err != nil {
			return fails(err)
		}
		return stream(ctx, s, sup, o, func(ctx context.Context, p provider.InstanceEnumerator, r *provider.Request) iter.Seq2[*cim.Instance, error] {
			return p.Instances(ctx, r)
		})
	}
}

func fails(err error) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) { yield(nil, err) }
}

// instances yields the instances of a class and, if deep, of its subclasses,
// from the repository and from providers. An error of a provider comes when all
// else was yielded.
func (s *session) instances(ctx context.Context, c *cim.Class, deep bool, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		suppliers, err := s.suppliers(ctx, c, deep)
		if err != nil {
			yield(nil, err)
			return
		}
		m := &merger{s: s, suppliers: suppliers, yield: yield}
		stored, err := s.haveStored(ctx, c, suppliers)
		if err != nil {
			yield(nil, err)
			return
		}
		if stored {
			m.seen = map[string]struct{}{}
		}
		if !m.run(ctx, s.all(o)) {
			return
		}
		for inst, err := range s.ns.Instances(ctx, c.Name(), deep) {
			if err == nil && m.has(inst) {
				continue
			}
			if err == nil {
				if failed := s.complete(ctx, inst, nil, o); failed != nil && ctx.Err() == nil {
					m.failed = cmp.Or(m.failed, failed)
					continue
				} else if failed != nil {
					inst, err = nil, failed
				}
			}
			if !yield(inst, err) || err != nil {
				return
			}
		}
		if m.failed != nil {
			yield(nil, m.failed)
		}
	}
}

// haveStored reports whether there are stored instances of classes between c and
// the suppliers.
func (s *session) haveStored(ctx context.Context, c *cim.Class, suppliers []*supplier) (bool, error) {
	looked := map[string]bool{}
	for _, sup := range suppliers {
		for a := sup.class; a != nil && a.IsA(c.Name()); a = a.Super() {
			if looked[a.Name()] || a.IsAbstract() || s.isProvided(ctx, a) {
				continue
			}
			looked[a.Name()] = true
			for _, err := range s.ns.Instances(ctx, a.Name(), false) {
				return err == nil, err
			}
		}
	}
	return false, nil
}

// A merger yields the instances of several suppliers, a superclass before its
// subclasses. What providers of a class and of its subclass both deliver is one
// object, of the subclass: those of the superclass wait until all subclasses
// were asked (wql.md 14.4).
type merger struct {
	s         *session
	suppliers []*supplier
	yield     func(*cim.Instance, error) bool

	waiting map[string]*cim.Instance // by identity
	order   []string                 // of waiting, as it came
	// seen are the identities of all, if a stored instance can be the same
	// object; nil if none can.
	seen   map[string]struct{}
	failed error // the first error of a provider
}

// run yields what the suppliers have, and reports whether to go on.
func (m *merger) run(ctx context.Context, ask supply) bool {
	m.waiting = map[string]*cim.Instance{}
	for i, sup := range m.suppliers {
		inner := false
		for _, sub := range m.suppliers[i+1:] {
			inner = inner || sub.class.IsA(sup.class.Name())
		}
		for inst, err := range ask(ctx, sup) {
			if err == nil {
				inst, err = m.s.checkResult(sup, inst)
			}
			if err != nil {
				if ctx.Err() != nil {
					m.yield(nil, err)
					return false
				}
				m.failed = cmp.Or(m.failed, err)
				break
			}
			if inst != nil && !m.add(inst, inner) {
				return false
			}
		}
	}
	for _, id := range m.order {
		inst := m.waiting[id]
		delete(m.waiting, id)
		if inst != nil && !m.yield(inst, nil) {
			return false
		}
	}
	return true
}

// add takes an instance; if inner, there are subclasses which are asked later.
func (m *merger) add(inst *cim.Instance, inner bool) bool {
	if len(inst.Class().Keys()) == 0 {
		return m.yield(inst, nil)
	}
	id := identity(inst)
	if len(m.order) >= MaxMerged || len(m.seen) >= MaxMerged {
		m.yield(nil, cim.Errorf(wbem.QuotaViolation, "there are more than %d instances of %s and of a subclass to compare", MaxMerged, inst.ClassName()))
		return false
	}
	if m.seen != nil {
		m.seen[id] = struct{}{}
	}
	if base := m.waiting[id]; base != nil && inst.Class() != base.Class() && inst.Class().IsA(base.ClassName()) {
		fill(inst, base)
		delete(m.waiting, id)
	}
	if !inner || m.waiting[id] != nil {
		return m.yield(inst, nil)
	}
	m.waiting[id] = inst
	m.order = append(m.order, id)
	return true
}

// has reports whether a stored instance is an object that a provider of a
// subclass has delivered.
func (m *merger) has(inst *cim.Instance) bool {
	if len(m.seen) == 0 {
		return false
	}
	_, ok := m.seen[identity(inst)]
	return ok
}
