package cimom

import (
	"context"
	"errors"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/audit"
	"openwmi/wbem"
)

// An AuditRecord says who did what; see AuditSink.
type AuditRecord = audit.Record

// An AuditSink receives a record of each write, each call of a method, each
// refusal for want of a right, each logon and each change of who may do what, and
// of what the SACL of a namespace wants to be recorded. It never gets values.
type AuditSink = audit.Sink

// An Observer is told of operations that have ended, to count them.
type Observer = audit.Observer

// An Observation is how an operation went.
type Observation = audit.Observation

// An AuditLog is an AuditSink that keeps records as lines of JSON in the files of
// a directory; see OpenAuditLog.
type AuditLog = audit.Log

// AuditOptions are those of an AuditLog. The zero value is good.
type AuditOptions = audit.Options

// OpenAuditLog opens the log in a directory, which is created if it does not
// exist. The caller closes it after the Manager.
func OpenAuditLog(dir string, o AuditOptions) (*AuditLog, error) {
	l, err := audit.Open(dir, o)
	return l, operationError("Open", dir, err)
}

// An operation is one that somebody has asked for, from its admission to its end.
type operation struct {
	s    *session        // that which was asked, or one like it with the id
	ctx  context.Context // of the one who has asked
	id   audit.ID
	op   string
	kind audit.Kind // "" for what only reads

	method string

	began  time.Time // zero if nobody records
	object string
	err    error
}

// begin gives it a number of its own, and makes it one of a session.
func (run *operation) begin(ctx context.Context, s *session, a *admission) {
	run.s, run.ctx, run.id, run.op, run.kind, run.method = s, ctx, s.m.newID(), a.op, a.kind, a.method
	if s.m.opts.Audit != nil {
		run.s = s.again()
		run.s.run = run.id
	}
	if s.m.opts.Audit != nil || s.m.opts.Observer != nil {
		run.began = time.Now()
	}
}

// newID returns the number of an operation.
func (m *Manager) newID() audit.ID { return audit.ID(m.lastID.Add(1)) }

// firstID is where a Manager begins to count: the next one that opens the store
// begins after it, as it does not open in the same millisecond and as nobody does
// four million operations in one.
func firstID() uint64 { return uint64(time.Now().UnixMilli()) << 22 }

// fail returns err as the error of the operation with an object, nil for nil, and
// logs what the caller does not learn.
func (run *operation) fail(object string, err error) error {
	run.object, run.err = object, err
	if err == nil {
		return nil
	}
	return run.s.m.failed(run.id, run.op, object, err)
}

// end ends the operation.
func (run *operation) end() {
	run.s.m.end()
	run.record()
}

// observe tells the observer.
func (run *operation) observe() {
	if tell := run.s.m.opts.Observer; tell != nil {
		tell(run.ctx, Observation{
			ID: run.id, Operation: run.op, Namespace: run.s.ns.Path(),
			Began: run.began, Ended: time.Now(), Status: audit.Status(run.err),
		})
	}
}

// observeProvider tells the observer of a call of a provider that has ended.
func (s *session) observeProvider(ctx context.Context, provider string, began time.Time, err error) {
	s.m.opts.Observer(ctx, Observation{
		Namespace: s.ns.Path(), Provider: provider, Began: began, Ended: time.Now(), Status: audit.Status(err),
	})
}

// record hands the operation over to be recorded, if it is one of those.
func (run *operation) record() {
	run.observe()
	sink := run.s.m.opts.Audit
	if sink == nil || run.kind == "" && run.err == nil {
		return
	}
	kind, detail := run.kind, run.method
	status := audit.Status(run.err)
	if status == wbem.AccessDenied {
		kind = audit.Denial
		var denied *access.Denied
		if errors.As(run.err, &denied) {
			detail = strings.TrimPrefix(detail+" "+denied.What(), " ")
		}
	}
	if kind == "" {
		return
	}
	object := run.object
	if run.op == opQuery || run.op == opSubscribe {
		object = "" // a text with values
	}
	now := time.Now()
	r := audit.Record{
		Time: now, ID: run.id, Kind: kind,
		Operation: run.op, Namespace: run.s.ns.Path(), Object: object,
		Status: status, Duration: now.Sub(run.began), Detail: detail,
	}
	about(&r, run.s.who)
	sink.Record(r)
}

// about enters who has called.
func about(r *audit.Record, who *access.Caller) {
	r.Who, r.SID, r.Peer = who.Identity.Name, who.SID(), who.Identity.Peer
	if r.Peer == "" && who.Identity.Remote {
		r.Peer = "unknown"
	}
}

// recordAccess records a decision about rights in a namespace as far as its SACL
// wants that (system-classes.md 8.5).
func (m *Manager) recordAccess(id audit.ID, guard *access.Guard, who *access.Caller, need access.Rights, err error) {
	if !guard.Audits(who, need, err == nil) {
		return
	}
	r := audit.Record{
		Time: time.Now(), ID: id, Kind: audit.Access, Operation: "AccessCheck", Namespace: guard.Namespace,
		Status: audit.Status(err), Detail: strings.Join(need.Names(), ", "),
	}
	about(&r, who)
	m.opts.Audit.Record(r)
}

// recordConnect records that a caller could not connect.
func (m *Manager) recordConnect(id audit.ID, began time.Time, namespace string, who *wbem.Identity, err error) {
	if m.opts.Audit == nil || cim.StatusOf(err) != wbem.AccessDenied {
		return
	}
	r := audit.Record{
		Time: time.Now(), ID: id, Kind: audit.Denial, Operation: opConnect, Namespace: namespace,
		Status: wbem.AccessDenied, Duration: time.Since(began),
	}
	var denied *access.Denied
	if errors.As(err, &denied) {
		r.Detail = denied.What()
		about(&r, denied.Caller)
	} else if who != nil {
		about(&r, &access.Caller{Identity: who})
		r.SID = ""
	}
	m.opts.Audit.Record(r)
}
