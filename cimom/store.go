package cimom

import (
	"context"
	"errors"
	"iter"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/audit"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// OperationFailed is the message of a log record that says why an operation has
// failed, when the error says only that it has. A program that shows the causes
// of errors to its user leaves such records out.
const OperationFailed = "operation failed"

// fail returns err as an error of an operation, and logs the cause of one that
// says no more than that something failed, or that it was denied: the caller does
// not learn it.
func (m *Manager) fail(op, path string, err error) error { return m.failed(m.newID(), op, path, err) }

// failed is fail for an operation with that number, which the log has as well.
func (m *Manager) failed(id audit.ID, op, path string, err error) error {
	err = operationError(op, path, err)
	var e *wbem.Error
	var denied *access.Denied
	if errors.As(err, &denied) {
		m.log.Warn("access denied", "id", id, "op", op, "path", path, "caller", denied.Who(), "namespace", denied.Namespace, "cause", denied)
	} else if errors.As(err, &e) && e.Err != nil && (e.Status == wbem.Failed || e.Status == wbem.CriticalError) {
		m.log.Error(OperationFailed, "id", id, "op", op, "path", path, "status", e.Status.Name(), "cause", e.Err)
	}
	return err
}

// operationError returns an error as a *wbem.Error, that of a store with the
// status that fits and, where there is something to do, what to do.
func operationError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	var status wbem.Status
	var advice string
	switch {
	case errors.Is(err, kv.ErrNoSpace):
		status = wbem.OutOfDiskSpace
	case errors.Is(err, kv.ErrLocked):
		status, advice = wbem.BackupRestoreWinmgmtRunning, "; end that process first"
	case errors.Is(err, kv.ErrReadOnly):
		status = wbem.AccessDenied
	case errors.Is(err, kv.ErrCorrupt):
		status, advice = wbem.CriticalError, "; wmi store restore puts a backup in its place, wmi store salvage what can be read of it"
	case errors.Is(err, kv.ErrFailed):
		status, advice = wbem.CriticalError, "; it must be opened again"
	case errors.Is(err, kv.ErrClosed):
		status = wbem.ShuttingDown
	default:
		return wbem.NewError(op, path, err)
	}
	return wbem.NewError(op, path, &wbem.Error{Status: status, Detail: err.Error() + advice, Err: err})
}

// A Change is something that a committed write did.
type Change = repository.Change

// Subscribe calls fn with every change, in the order of commits, after it is
// durable. fn must return soon: writers wait for it. The function returned ends
// the subscription.
func (m *Manager) Subscribe(fn func(Change)) (cancel func()) { return m.repo.Subscribe(fn) }

// GetQualifier implements wbem.QualifierStore.
func (s *session) GetQualifier(ctx context.Context, name string) (*cim.QualifierDecl, error) {
	run, err := s.admit(ctx, admission{op: "GetQualifier", path: name})
	if err != nil {
		return nil, err
	}
	defer run.end()
	s = run.s
	d, err := s.ns.Qualifier(name)
	return d, run.fail(name, err)
}

// SetQualifier implements wbem.QualifierStore.
func (s *session) SetQualifier(ctx context.Context, decl *cim.QualifierDecl, o wbem.Options) error {
	if decl == nil {
		return s.fail("SetQualifier", "", cim.Errorf(wbem.InvalidParameter, "there is no declaration"))
	}
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
	run, err := s.admit(ctx, admission{op: op, path: name, flags: o.Flags, kind: audit.Write})
	if err != nil {
		return err
	}
	defer run.end()
	s = run.s
	if err := s.allow(access.FullWrite); err != nil {
		return run.fail(name, err)
	}
	return run.fail(name, s.update(ctx, o, fn))
}

// Qualifiers implements wbem.QualifierStore.
func (s *session) Qualifiers(ctx context.Context) iter.Seq2[*cim.QualifierDecl, error] {
	a := admission{op: "EnumerateQualifiers"}
	return sequenceOf(ctx, s, a, func(s *session) (iter.Seq2[*cim.QualifierDecl, error], error) { return s.ns.Qualifiers(), nil })
}

// A Problem is something that is wrong with a store.
type Problem = repository.Problem

// Verify proves every invariant of the store and returns what it found wrong.
// progress, if not nil, is called now and then with how many records of about
// how many were read.
func (m *Manager) Verify(ctx context.Context, progress func(done, total int)) ([]Problem, error) {
	if err := m.beginPaused(); err != nil {
		return nil, m.fail("Verify", "", err)
	}
	defer m.end()
	problems, err := m.repo.Verify(ctx, progress)
	return problems, m.fail("Verify", "", err)
}

// Backup writes a consistent copy of the store into dir, which must not exist.
// Operations go on meanwhile.
func (m *Manager) Backup(ctx context.Context, dir string) error {
	err := ctx.Err()
	if err == nil {
		err = m.beginPaused()
	}
	if err != nil {
		return m.fail("Backup", dir, err)
	}
	defer m.end()
	return m.fail("Backup", dir, m.repo.Backup(dir))
}
