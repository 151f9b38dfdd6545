package cimom

import (
	"cmp"
	"context"

	"openwmi/cim"
	"openwmi/internal/audit"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// DeleteClass implements wbem.Services.
func (s *session) DeleteClass(ctx context.Context, name string, o wbem.Options) error {
	return s.deleteClass(ctx, name, o, (*repository.Tx).DeleteClass)
}

// DeleteUnusedClass implements wbem.UnusedClassDeleter.
func (s *session) DeleteUnusedClass(ctx context.Context, name string, o wbem.Options) error {
	return s.deleteClass(ctx, name, o, (*repository.Tx).DeleteUnusedClass)
}

func (s *session) deleteClass(ctx context.Context, name string, o wbem.Options, del func(*repository.Tx, *repository.Namespace, string) error) error {
	const op = "DeleteClass"
	run, err := s.admit(ctx, admission{op: op, path: name, flags: o.Flags, kind: audit.Write})
	if err != nil {
		return err
	}
	defer run.end()
	s = run.s
	err = s.update(ctx, o, func(tx *repository.Tx) error {
		c, err := tx.Class(s.ns, name)
		if err != nil {
			return err
		}
		if err := s.allow(classRight(c)); err != nil {
			return err
		}
		return del(tx, s.ns, name)
	})
	return run.fail(name, err)
}

// DeleteInstance implements wbem.Services.
func (s *session) DeleteInstance(ctx context.Context, path cim.Path, o wbem.Options) error {
	const op = "DeleteInstance"
	run, err := s.admit(ctx, admission{op: op, flags: o.Flags, relPath: path.RelPath(), kind: audit.Write, target: path})
	if err != nil {
		return err
	}
	defer run.end()
	s = run.s
	return run.fail(path.String(), s.deleteInstance(ctx, path, o))
}

func (s *session) deleteInstance(ctx context.Context, path cim.Path, o wbem.Options) error {
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
	found, failed := s.deleteProvided(ctx, c, path, o)
	if found || ctx.Err() != nil {
		return failed
	}
	err = s.update(ctx, o, func(tx *repository.Tx) error {
		if c, err = tx.Class(s.ns, path.Class); err != nil {
			return unknownClass(err)
		}
		if err := s.allowInstance(c); err != nil {
			return err
		}
		// The path may name a superclass of what is there.
		if inst, err := tx.Instance(s.ns, path, false); err == nil && inst.Class() != c {
			if err := s.allowInstance(inst.Class()); err != nil {
				return err
			}
		}
		return tx.DeleteInstance(s.ns, path)
	})
	if cim.StatusOf(err) == wbem.NotFound {
		return cmp.Or(failed, err)
	}
	if err == nil {
		s.m.providers.changed(s.ns, c, path)
	}
	return err
}
