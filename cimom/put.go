package cimom

import (
	"cmp"
	"context"
	"errors"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/audit"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// Flags that puts know (put.md 2.1, Decision P-1).
const (
	putFlags         = wbem.CreateOnly | wbem.UpdateOnly | wbem.StrongValidation | wbem.OwnerUpdate | wbem.UseAmendedQualifiers
	classPutFlags    = putFlags | wbem.UpdateSafeMode | wbem.UpdateForceMode
	excludingCreate  = wbem.CreateOnly | wbem.UpdateOnly
	excludingUpdates = wbem.UpdateSafeMode | wbem.UpdateForceMode
)

// admitPut is admit for puts: there is an object, and no flags exclude each
// other (put.md 3, steps 1 to 5).
func (s *session) admitPut(ctx context.Context, a admission, given bool) (run operation, err error) {
	switch f := a.flags; {
	case !given:
		err = cim.Errorf(wbem.InvalidParameter, "there is no object")
	case f&excludingCreate == excludingCreate:
		err = cim.Errorf(wbem.InvalidParameter, "CreateOnly and UpdateOnly exclude each other")
	case f&excludingUpdates == excludingUpdates:
		err = cim.Errorf(wbem.InvalidParameter, "safe mode and force mode exclude each other")
	}
	if err != nil {
		return run, s.fail(a.op, a.path, err)
	}
	return s.admit(ctx, a)
}

// PutInstance implements wbem.Services.
func (s *session) PutInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	const op = "PutInstance"
	a := admission{op: op, flags: o.Flags, legal: putFlags, kind: audit.Write}
	if inst != nil {
		if p, ok := cim.RelPath(inst); ok {
			a.relPath = p.RelPath()
		}
		if securedBy(inst.Class()) != "" && len(inst.LocalQualifiers()) > 0 {
			a.kind = audit.Security
		}
	}
	run, err := s.admitPut(ctx, a, inst != nil)
	if err != nil {
		return cim.Path{}, err
	}
	defer run.end()
	s = run.s
	path, err := s.putInstance(ctx, inst, o)
	if err == nil && a.relPath == "" && s.m.opts.Audit != nil {
		a.relPath = path.RelPath() // the key was chosen for it
	}
	if err := run.fail(cmp.Or(a.relPath, inst.ClassName()), err); err != nil {
		return cim.Path{}, err
	}
	return path, nil
}

// putInstance goes through steps 8 to 17 of put.md 3, and is where a put is
// routed: a provider has the instances of dynamic classes, the repository all
// others and, for those, steps 13 to 17.
func (s *session) putInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (path cim.Path, err error) {
	if callDepth(ctx) > 0 {
		o.Context = reentrant(o.Context)
	}
	c, err := s.ns.Class(inst.ClassName())
	if err == nil && s.isProvided(ctx, c) {
		if inst, err = s.checkPut(inst, c, o); err != nil {
			return path, err
		}
		return s.putProvided(ctx, c, inst, o)
	}
	given := inst
	inst, writes, err := s.propertyWrites(ctx, c, inst, o)
	if err != nil {
		return path, err
	}
	dynamic := c != nil && c.IsDynamic()
	wrong := defect(inst)
	rules, err := s.subscriptionRules(ctx, c, inst, o)
	if err != nil {
		return path, err
	}
	err = s.update(ctx, o, func(tx *repository.Tx) error {
		c, err = tx.Class(s.ns, inst.ClassName())
		if cim.StatusOf(err) == wbem.NotFound {
			c = nil
		} else if err != nil {
			return err
		}
		if c != nil && c.IsDynamic() != dynamic {
			return errMoved
		}
		stored, err := s.checkPut(inst, c, o)
		if err != nil {
			return err
		}
		if wrong != nil && o.Flags&wbem.StrongValidation != 0 {
			return wrong
		}
		part, err := partial(o.Context)
		if err != nil {
			return err
		}
		part = writes.without(part)
		if stored, part, err = rules.apply(c, stored, part, o); err != nil {
			return err
		}
		stored, secured, err := readSecuring(c, stored)
		if err != nil {
			return err
		}
		if part != nil {
			secured = securing{} // a partial put is about properties
		}
		return s.secure(tx, secured, stored, func() error {
			path, err = tx.PutInstance(s.ns, stored, o.Flags, part)
			return err
		})
	})
	switch err {
	case nil:
		s.m.providers.changed(s.ns, c, path)
		if wrong != nil {
			s.m.log.Warn("a registration cannot be used", "path", path.String(), "cause", wrong) // put.md 2.2, Decision P-3
		}
		err = s.putProperties(ctx, writes, path, o)
	case errMoved:
		return s.putInstance(ctx, given, o)
	}
	return path, err
}

// errMoved ends a transaction for a class that has become another one since the
// instance was routed.
var errMoved = errors.New("the class has changed")

// checkPut goes through steps 8 to 10 of put.md 3 for the instance of a stored
// class, nil if there is none, and returns what is to be put.
func (s *session) checkPut(inst *cim.Instance, stored *cim.Class, o wbem.Options) (*cim.Instance, error) {
	if o.Flags&wbem.UseAmendedQualifiers != 0 {
		inst = withoutTexts(inst)
	} else if carriesTexts(inst, stored) {
		return nil, cim.Errorf(wbem.AmendedObject, "it carries localized texts, which need the flag UseAmendedQualifiers")
	}
	if stored == nil {
		return nil, cim.Errorf(wbem.InvalidClass, "namespace %s has no class %s", s.ns.Path(), inst.ClassName())
	}
	return inst, s.allowInstance(stored)
}

// allowInstance returns AccessDenied if the caller may not write instances of a
// class. Who can register providers decides which code runs, and with whose rights:
// that is for administrators alone, whatever else others may write
// (system-classes.md 9.1).
func (s *session) allowInstance(c *cim.Class) error {
	if err := s.allow(instanceRight(c)); err != nil {
		return err
	}
	if (c.IsA("__Provider") || c.IsA("__ProviderRegistration")) && !s.isAdministrator() {
		return &access.Denied{Caller: s.who, Namespace: s.ns.Path(), Why: "is no administrator, and these alone register providers"}
	}
	return nil
}

// instanceRight is the right to write an instance of a class (put.md 12). What is
// derived from a class of the system does what that does, and says by being
// dynamic only where it is kept: a right to write to providers is not enough.
func instanceRight(c *cim.Class) access.Rights {
	dynamic := c.IsDynamic()
	for ; c != nil; c = c.Super() {
		switch {
		case !cim.IsSystemName(c.Name()):
		case dynamic:
			return access.FullWrite | access.WriteProvider
		default:
			return access.FullWrite
		}
	}
	if dynamic {
		return access.WriteProvider
	}
	return access.PartialWrite
}

func classRight(c *cim.Class) access.Rights {
	if c != nil && c.IsDynamic() {
		return access.WriteProvider
	}
	return access.FullWrite
}

// PutClass implements wbem.Services.
func (s *session) PutClass(ctx context.Context, decl *cim.ClassDecl, o wbem.Options) error {
	const op = "PutClass"
	run, err := s.admitClass(ctx, op, decl, o, audit.Write)
	if err != nil {
		return err
	}
	defer run.end()
	s = run.s
	err = s.update(ctx, o, func(tx *repository.Tx) error {
		// A transaction may run again, and the repository keeps the
		// declaration, so every run gets its own.
		_, err := s.putClass(tx, decl.Clone(), o.Flags, tx.PutClass)
		return err
	})
	return run.fail(decl.Name, err)
}

func (s *session) admitClass(ctx context.Context, op string, decl *cim.ClassDecl, o wbem.Options, kind audit.Kind) (operation, error) {
	a := admission{op: op, flags: o.Flags, legal: classPutFlags, kind: kind}
	if decl != nil {
		a.path = decl.Name
	}
	return s.admitPut(ctx, a, decl != nil)
}

// errPlanned ends a transaction that was only to be looked at.
var errPlanned = errors.New("planned")

// PlanClass implements wbem.ClassPlanner: a put in a transaction that is given
// up.
func (s *session) PlanClass(ctx context.Context, decl *cim.ClassDecl, o wbem.Options) (*wbem.ClassPlan, error) {
	const op = "PutClass"
	run, err := s.admitClass(ctx, op, decl, o, "")
	if err != nil {
		return nil, err
	}
	defer run.end()
	s = run.s
	var plan *wbem.ClassPlan
	err = s.update(ctx, o, func(tx *repository.Tx) error {
		var err error
		if plan, err = s.putClass(tx, decl.Clone(), o.Flags, tx.PlanClass); err != nil {
			return err
		}
		return errPlanned
	})
	if err != errPlanned {
		return nil, run.fail(decl.Name, err)
	}
	return plan, nil
}
