package cimom

import (
	"context"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// DeleteClass implements wbem.Services.
func (s *session) DeleteClass(ctx context.Context, name string, o wbem.Options) error {
	const op = "DeleteClass"
	end, err := s.admit(ctx, admission{op: op, path: name, flags: o.Flags})
	if err != nil {
		return err
	}
	defer end()
	return wbem.NewError(op, name, s.deleteClass(name, o))
}

func (s *session) deleteClass(name string, o wbem.Options) error {
	c, err := s.ns.Class(name)
	if err != nil {
		return err
	}
	if err := s.policy(classRight(c)); err != nil {
		return err
	}
	return s.m.repo.Update(durability(o), func(tx *repository.Tx) error {
		return tx.DeleteClass(s.ns, name)
	})
}

// DeleteInstance implements wbem.Services.
func (s *session) DeleteInstance(ctx context.Context, path cim.Path, o wbem.Options) error {
	const op = "DeleteInstance"
	a := admission{op: op, flags: o.Flags}
	if cim.TooLong(path.RelPath(), cim.MaxPath) {
		return wbem.NewError(op, "", cim.Errorf(wbem.QuotaViolation, "the path has more than %d characters", cim.MaxPath))
	}
	end, err := s.admit(ctx, a)
	if err != nil {
		return withPath(err, path)
	}
	defer end()
	return wbem.NewError(op, path.String(), s.deleteInstance(path, o))
}

func (s *session) deleteInstance(path cim.Path, o wbem.Options) error {
	if err := wbem.CheckPlace(s, path); err != nil {
		return err
	}
	if !path.IsInstance() {
		return cim.Errorf(wbem.InvalidObjectPath, "it does not name an instance")
	}
	c, err := s.ns.Class(path.Class)
	if err != nil {
		return unknownClass(err)
	}
	if err := s.policy(instanceRight(c)); err != nil {
		return err
	}
	if err := s.static(c); err != nil {
		return err
	}
	return s.m.repo.Update(durability(o), func(tx *repository.Tx) error {
		return tx.DeleteInstance(s.ns, path)
	})
}
