package cimom

import (
	"context"
	"errors"
	"iter"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// errPlanned ends a transaction that was only to be looked at.
var errPlanned = errors.New("planned")

// storeError returns an error of the store as a *wbem.Error with the status
// that fits and a message that says what to do.
func storeError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	var status wbem.Status
	detail := err.Error()
	switch {
	case errors.Is(err, kv.ErrNoSpace):
		status = wbem.OutOfDiskSpace
	case errors.Is(err, kv.ErrLocked):
		status = wbem.BackupRestoreWinmgmtRunning
		detail += "; end that process, or use it as the server"
	case errors.Is(err, kv.ErrReadOnly):
		status = wbem.AccessDenied
	case errors.Is(err, kv.ErrCorrupt):
		status = wbem.CriticalError
		detail += "; restore a backup with: wmi store restore"
	case errors.Is(err, kv.ErrClosed):
		status = wbem.ShuttingDown
	default:
		return wbem.NewError(op, path, err)
	}
	return wbem.NewError(op, path, &wbem.Error{Status: status, Detail: detail, Err: err})
}

// A Change is something that a committed write did.
type Change = repository.Change

// Subscribe calls fn with every change, in the order of commits, after it is
// durable. fn must return soon: writers wait for it. The function returned ends
// the subscription.
func (m *Manager) Subscribe(fn func(Change)) (cancel func()) { return m.repo.Subscribe(fn) }

// GetQualifier implements wbem.QualifierStore.
func (s *session) GetQualifier(ctx context.Context, name string) (*cim.QualifierDecl, error) {
	end, err := s.admit(ctx, admission{op: "GetQualifier", path: name})
	if err != nil {
		return nil, err
	}
	defer end()
	d, err := s.ns.Qualifier(name)
	return d, wbem.NewError("GetQualifier", name, err)
}

// SetQualifier implements wbem.QualifierStore.
func (s *session) SetQualifier(ctx context.Context, decl *cim.QualifierDecl, o wbem.Options) error {
	return s.writeQualifier(ctx, "SetQualifier", decl.Name, o, func(tx *repository.Tx) error {
		return tx.SetQualifier(s.ns, decl)
	})
}

// DeleteQualifier implements wbem.QualifierStore.
func (s *session) DeleteQualifier(ctx context.Context, name string) error {
	return s.writeQualifier(ctx, "DeleteQualifier", name, wbem.Options{}, func(tx *repository.Tx) error {
		return tx.DeleteQualifier(s.ns, name)
	})
}

func (s *session) writeQualifier(ctx context.Context, op, name string, o wbem.Options, fn func(*repository.Tx) error) error {
	end, err := s.admit(ctx, admission{op: op, path: name, flags: o.Flags})
	if err != nil {
		return err
	}
	defer end()
	if err := s.policy(access.FullWrite); err != nil {
		return wbem.NewError(op, name, err)
	}
	return wbem.NewError(op, name, s.m.repo.Update(durability(o), fn))
}

// Qualifiers implements wbem.QualifierStore.
func (s *session) Qualifiers(ctx context.Context) iter.Seq2[*cim.QualifierDecl, error] {
	return func(yield func(*cim.QualifierDecl, error) bool) {
		end, err := s.admit(ctx, admission{op: "EnumerateQualifiers"})
		if err != nil {
			yield(nil, err)
			return
		}
		defer end()
		for d, err := range s.ns.Qualifiers() {
			if !yield(d, wbem.NewError("EnumerateQualifiers", "", err)) || err != nil {
				return
			}
		}
	}
}

// Verify proves every invariant of the store and returns what it found wrong.
// progress, if not nil, is called now and then with how many records of about
// how many were read.
func (m *Manager) Verify(ctx context.Context, progress func(done, total int)) ([]repository.Problem, error) {
	problems, err := m.repo.Verify(ctx, progress)
	return problems, storeError("Verify", "", err)
}

// Backup writes a consistent copy of the store into dir, which must not exist.
// Operations go on meanwhile.
func (m *Manager) Backup(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return wbem.NewError("Backup", dir, err)
	}
	return storeError("Backup", dir, m.repo.Backup(dir))
}
