package wbem

import (
	"context"
	"time"

	"openwmi/cim"
)

// A CallResult is what comes of a semisynchronous call with one result
// (IWbemCallResult). The call runs on while nobody asks for it, until its
// context ends. A CallResult may be used by several goroutines, any number of
// times.
//
// Each method waits no longer than its timeout and the context; a call that has
// not ended then is STimedout, as the error, and can be asked again. The kind of
// result that the operation does not have is InvalidOperation.
// [MS-WMI] IWbemCallResult; async-and-security.md 1.2
type CallResult struct {
	op, path string
	kind     resultKind
	done     chan struct{}

	// These are set before done is closed.
	err      error
	object   cim.Object
	stored   cim.Path
	services Services
}

type resultKind uint8

const (
	resultNone resultKind = iota
	resultObject
	resultString
	resultServices
)

// The semisynchronous calls with one result. Each starts the operation of the
// same name and returns when the checks before its start have passed; their
// failure is the error (see Start). The object and the named values are copied
// then. ReturnImmediately may be set or not.

// BeginGet gets the class or instance at a path: ResultObject.
func BeginGet(ctx context.Context, s Services, path string, o Options) (*CallResult, error) {
	return semisync(ctx, opGet, path, resultObject, o, func(ctx context.Context, r *CallResult, o Options) (err error) {
		r.object, err = Get(ctx, s, path, o)
		return err
	})
}

// BeginPutClass puts a class: it has no result.
func BeginPutClass(ctx context.Context, s Services, decl *cim.ClassDecl, o Options) (*CallResult, error) {
	if decl == nil {
		return nil, NewError(opPutClass, "", errNoObject)
	}
	decl = decl.Clone()
	return semisync(ctx, opPutClass, decl.Name, resultNone, o, func(ctx context.Context, _ *CallResult, o Options) error {
		return s.PutClass(ctx, decl, o)
	})
}

// BeginPutInstance puts an instance: ResultString is its path.
func BeginPutInstance(ctx context.Context, s Services, inst *cim.Instance, o Options) (*CallResult, error) {
	if inst == nil {
		return nil, NewError(opPutInstance, "", errNoObject)
	}
	inst = inst.Clone()
	return semisync(ctx, opPutInstance, relPath(inst), resultString, o, func(ctx context.Context, r *CallResult, o Options) error {
		path, err := s.PutInstance(ctx, inst, o)
		if err == nil {
			r.stored = complete(s, path)
		}
		return err
	})
}

// BeginDelete deletes the class or instance at a path: it has no result.
func BeginDelete(ctx context.Context, s Services, path string, o Options) (*CallResult, error) {
	return semisync(ctx, deleteOp(path), path, resultNone, o, func(ctx context.Context, _ *CallResult, o Options) error {
		return Delete(ctx, s, path, o)
	})
}

// BeginOpenNamespace opens a session with a namespace below that of s:
// ResultServices, which belongs to whoever asks for it first.
func BeginOpenNamespace(ctx context.Context, s Services, relative string, o Options) (*CallResult, error) {
	return semisync(ctx, opOpenNamespace, relative, resultServices, o, func(ctx context.Context, r *CallResult, o Options) (err error) {
		r.services, err = s.OpenNamespace(ctx, relative, o)
		return err
	})
}

func semisync(ctx context.Context, op, path string, kind resultKind, o Options,
	run func(context.Context, *CallResult, Options) error) (*CallResult, error) {
	r := &CallResult{op: op, path: path, kind: kind, done: make(chan struct{})}
	o.Context = o.Context.Clone()
	o.Flags &^= ReturnImmediately
	err := begin(ctx, func() {}, func(ctx context.Context) error { return run(ctx, r, o) }, func(err error) {
		r.err = NewError(op, path, err)
		close(r.done)
	})
	if err != nil {
		return nil, NewError(op, path, err)
	}
	return r, nil
}

// ResultObject returns the object that the call got, which now belongs to the
// caller, or the error of the call.
func (r *CallResult) ResultObject(ctx context.Context, timeout time.Duration) (cim.Object, error) {
	if err := r.result(ctx, timeout, resultObject); err != nil {
		return nil, err
	}
	return cloneObject(r.object), nil
}

// ResultString returns the path of the instance that the call put, or the error
// of the call.
func (r *CallResult) ResultString(ctx context.Context, timeout time.Duration) (string, error) {
	if err := r.result(ctx, timeout, resultString); err != nil {
		return "", err
	}
	return r.stored.String(), nil
}

// ResultServices returns the session that the call opened, the same one each
// time, or the error of the call.
func (r *CallResult) ResultServices(ctx context.Context, timeout time.Duration) (Services, error) {
	if err := r.result(ctx, timeout, resultServices); err != nil {
		return nil, err
	}
	return r.services, nil
}

// CallStatus returns the status with which the call ended. The error is not
// that of the call.
func (r *CallResult) CallStatus(ctx context.Context, timeout time.Duration) (Status, error) {
	if err := r.wait(ctx, timeout); err != nil {
		return STimedout, err
	}
	return StatusOf(r.err), nil
}

// Wait waits for the end of the call and returns its error.
func (r *CallResult) Wait(ctx context.Context) error {
	if err := r.wait(ctx, Infinite); err != nil {
		return err
	}
	return r.err
}

func (r *CallResult) result(ctx context.Context, timeout time.Duration, kind resultKind) error {
	if r.kind != kind {
		return NewError(r.op, r.path, cim.Errorf(InvalidOperation, "the operation has another kind of result"))
	}
	if err := r.wait(ctx, timeout); err != nil {
		return err
	}
	return r.err
}

func (r *CallResult) wait(ctx context.Context, timeout time.Duration) error {
	d, err := newDeadline(timeout)
	if err == nil {
		err = d.wait(ctx, r.done)
	}
	return NewError(r.op, r.path, err)
}

// cloneObject returns a copy that its new owner may change. Classes never
// change.
func cloneObject(o cim.Object) cim.Object {
	if inst, ok := o.(*cim.Instance); ok {
		return inst.Clone()
	}
	return o
}
