package cimom

import (
	"context"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/kv"
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

// admitPut is admit for puts: an object, no flags that exclude each other, and
// for an instance a path that is not too long (put.md 3, steps 1 to 5).
func (s *session) admitPut(ctx context.Context, a admission, object cim.Object) (func(), error) {
	var err error
	switch f := a.flags; {
	case object == nil:
		err = cim.Errorf(wbem.InvalidParameter, "there is no object")
	case f&excludingCreate == excludingCreate:
		err = cim.Errorf(wbem.InvalidParameter, "CreateOnly and UpdateOnly exclude each other")
	case f&excludingUpdates == excludingUpdates:
		err = cim.Errorf(wbem.InvalidParameter, "safe mode and force mode exclude each other")
	}
	if inst, ok := object.(*cim.Instance); ok && err == nil {
		if p, ok := cim.RelPath(inst); ok && cim.TooLong(p.RelPath(), cim.MaxPath) {
			err = cim.Errorf(wbem.QuotaViolation, "the path has more than %d characters", cim.MaxPath)
		}
	}
	if err != nil {
		return nil, wbem.NewError(a.op, a.path, err)
	}
	return s.admit(ctx, a)
}

func durability(o wbem.Options) kv.Durability {
	if o.Lazy {
		return kv.Buffered
	}
	return kv.Durable
}

// PutInstance implements wbem.Services.
func (s *session) PutInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	const op = "PutInstance"
	var object cim.Object
	if inst != nil {
		object = inst
	}
	end, err := s.admitPut(ctx, admission{op: op, flags: o.Flags, legal: putFlags}, object)
	if err != nil {
		return cim.Path{}, err
	}
	defer end()
	path, err := s.putInstance(inst, o)
	if err != nil {
		return cim.Path{}, wbem.NewError(op, pathOrClass(inst), err)
	}
	return path, nil
}

// pathOrClass names an instance in an error.
func pathOrClass(inst *cim.Instance) string {
	if p, ok := cim.RelPath(inst); ok {
		return p.RelPath()
	}
	return inst.ClassName()
}

// putInstance goes through steps 8 to 17 of put.md 3; the repository has those
// from 13 on.
func (s *session) putInstance(inst *cim.Instance, o wbem.Options) (path cim.Path, err error) {
	stored, err := s.ns.Class(inst.ClassName())
	if cim.StatusOf(err) == wbem.NotFound {
		stored = nil
	} else if err != nil {
		return path, err
	}
	if o.Flags&wbem.UseAmendedQualifiers != 0 {
		inst = withoutTexts(inst)
	} else if carriesTexts(inst, stored) {
		return path, cim.Errorf(wbem.AmendedObject, "it carries localized texts, which need the flag UseAmendedQualifiers")
	}
	if stored == nil {
		return path, cim.Errorf(wbem.InvalidClass, "namespace %s has no class %s", s.ns.Path(), inst.ClassName())
	}
	if err := s.policy(instanceRight(stored)); err != nil {
		return path, err
	}
	if err := s.static(stored); err != nil {
		return path, err
	}
	part, err := partial(o.Context, o.Flags)
	if err != nil {
		return path, err
	}
	err = s.m.repo.Update(durability(o), func(tx *repository.Tx) error {
		path, err = tx.PutInstance(s.ns, inst, o.Flags, part)
		return err
	})
	return path, err
}

func (s *session) policy(need access.Rights) error {
	return s.m.policy.Check(s.caller, s.ns.Path(), need)
}

// instanceRight is the right to write an instance of a class (put.md 12).
func instanceRight(c *cim.Class) access.Rights {
	if c.IsDynamic() {
		return access.WriteProvider
	}
	for ; c != nil; c = c.Super() {
		if cim.IsSystemName(c.Name()) {
			return access.FullWrite
		}
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
	end, err := s.admitClass(ctx, op, decl, o)
	if err != nil {
		return err
	}
	defer end()
	err = s.m.repo.Update(durability(o), func(tx *repository.Tx) error {
		// A transaction may run again, and the repository keeps the
		// declaration, so every run gets its own.
		_, err := s.putClass(tx, decl.Clone(), o.Flags, tx.PutClass)
		return err
	})
	return wbem.NewError(op, decl.Name, err)
}

func (s *session) admitClass(ctx context.Context, op string, decl *cim.ClassDecl, o wbem.Options) (func(), error) {
	a := admission{op: op, flags: o.Flags, legal: classPutFlags}
	var object cim.Object
	if decl != nil {
		a.path = decl.Name
		object = (*cim.Class)(nil)
	}
	return s.admitPut(ctx, a, object)
}

// PlanClass implements wbem.ClassPlanner: a put in a transaction that is given
// up.
func (s *session) PlanClass(ctx context.Context, decl *cim.ClassDecl, o wbem.Options) (*wbem.ClassPlan, error) {
	const op = "PutClass"
	end, err := s.admitClass(ctx, op, decl, o)
	if err != nil {
		return nil, err
	}
	defer end()
	var plan *wbem.ClassPlan
	err = s.m.repo.Update(kv.Buffered, func(tx *repository.Tx) error {
		var err error
		if plan, err = s.putClass(tx, decl.Clone(), o.Flags, tx.PlanClass); err != nil {
			return err
		}
		return errPlanned
	})
	if err != errPlanned {
		return nil, wbem.NewError(op, decl.Name, err)
	}
	return plan, nil
}
