package wbem

import (
	"context"
	"errors"
	"iter"

	"openwmi/cim"
)

// The asynchronous calls of IWbemServices. Each is the operation of the same
// name, run by Start: parameters are checked before it returns, and the object
// and the named values are copied then, so that the caller may change both at
// once (put.md 14). Besides the flags of the operation they know SendStatus.

// GetAsync gets the class or instance at a path: one OnObject.
// [MS-WMI] 3.1.4.3.5
func GetAsync(ctx context.Context, s Services, sink *Sink, path string, o Options, asyncContext any) error {
	o.Context = o.Context.Clone()
	return Start(ctx, sink, opGet, path, asyncContext, func(ctx context.Context, c *Call) error {
		obj, err := Get(ctx, s, path, c.options(o))
		if err != nil {
			return err
		}
		return c.Object(obj)
	})
}

// ClassesAsync enumerates classes like Services.Classes: an OnObject for each.
// [MS-WMI] 3.1.4.3.11
func ClassesAsync(ctx context.Context, s Services, sink *Sink, super string, o Options, asyncContext any) error {
	o.Context = o.Context.Clone()
	return Start(ctx, sink, opClasses, super, asyncContext, func(ctx context.Context, c *Call) error {
		return deliver(c, s.Classes(ctx, super, c.options(o)))
	})
}

// InstancesAsync enumerates instances like Services.Instances: an OnObject for
// each. [MS-WMI] 3.1.4.3.17
func InstancesAsync(ctx context.Context, s Services, sink *Sink, class string, o Options, asyncContext any) error {
	o.Context = o.Context.Clone()
	return Start(ctx, sink, opInstances, class, asyncContext, func(ctx context.Context, c *Call) error {
		return deliver(c, s.Instances(ctx, class, c.options(o)))
	})
}

// QueryAsync runs a query like Services.Query: an OnObject for each result.
// [MS-WMI] 3.1.4.3.19
func QueryAsync(ctx context.Context, s Services, sink *Sink, language, query string, o Options, asyncContext any) error {
	o.Context = o.Context.Clone()
	return Start(ctx, sink, opQuery, query, asyncContext, func(ctx context.Context, c *Call) error {
		return deliver(c, s.Query(ctx, language, query, c.options(o)))
	})
}

// SubscribeAsync subscribes like Services.Subscribe, whose errors it returns: an
// OnObject for each event from then on. The call ends when it is cancelled or
// the subscription fails. When events were lost OnProgress says so in its
// message, and the call goes on; there is no other progress, and SendStatus
// changes nothing. [MS-WMI] 3.1.4.3.21; events.md 4
func SubscribeAsync(ctx context.Context, s Services, sink *Sink, language, query string, o Options, asyncContext any) error {
	o.Context = o.Context.Clone()
	o.Flags &^= SendStatus
	return Start(ctx, sink, opSubscribe, query, asyncContext, func(ctx context.Context, c *Call) error {
		// The call has started when the subscription has, and not when the
		// checks before it have passed.
		sub, err := s.Subscribe(WithStarted(ctx, func() {}), language, query, c.options(o))
		if err != nil {
			return err
		}
		defer sub.Close()
		Started(ctx)
		for {
			event, err := sub.Next(ctx)
			switch {
			case errors.Is(err, QueueOverflow):
				err = c.Progress(Progress{Message: err.Error()})
			case err == nil:
				err = c.Object(event)
			}
			if err != nil {
				return err
			}
		}
	})
}

// PutClassAsync puts a class: OnObjectPut with its path. ReturnImmediately is
// ignored (put.md, Decision P-2). [MS-WMI] 3.1.4.3.7
func PutClassAsync(ctx context.Context, s Services, sink *Sink, decl *cim.ClassDecl, o Options, asyncContext any) error {
	if decl == nil {
		return NewError(opPutClass, "", errNoObject)
	}
	decl = decl.Clone()
	o.Context = o.Context.Clone()
	o.Flags &^= ReturnImmediately
	return Start(ctx, sink, opPutClass, decl.Name, asyncContext, func(ctx context.Context, c *Call) error {
		path := classPath(s, decl.Name) // the declaration is the session's afterwards
		if err := s.PutClass(ctx, decl, c.options(o)); err != nil {
			return err
		}
		return c.ObjectPut(path)
	})
}

// PutInstanceAsync puts an instance: OnObjectPut with the path at which it is
// stored. ReturnImmediately is ignored (put.md, Decision P-2).
// [MS-WMI] 3.1.4.3.13
func PutInstanceAsync(ctx context.Context, s Services, sink *Sink, inst *cim.Instance, o Options, asyncContext any) error {
	if inst == nil {
		return NewError(opPutInstance, "", errNoObject)
	}
	inst = inst.Clone()
	o.Context = o.Context.Clone()
	o.Flags &^= ReturnImmediately
	return Start(ctx, sink, opPutInstance, relPath(inst), asyncContext, func(ctx context.Context, c *Call) error {
		path, err := s.PutInstance(ctx, inst, c.options(o))
		if err != nil {
			return err
		}
		return c.ObjectPut(complete(s, path))
	})
}

// DeleteAsync deletes the class or instance at a path. [MS-WMI] 3.1.4.3.9,
// 3.1.4.3.15
func DeleteAsync(ctx context.Context, s Services, sink *Sink, path string, o Options, asyncContext any) error {
	o.Context = o.Context.Clone()
	return Start(ctx, sink, deleteOp(path), path, asyncContext, func(ctx context.Context, c *Call) error {
		return Delete(ctx, s, path, c.options(o))
	})
}

// options are those of the operation behind the call: progress goes to the sink
// if the caller asked for it, and nowhere else.
func (c *Call) options(o Options) Options {
	o.Progress = nil
	if o.Flags&SendStatus != 0 {
		o.Flags &^= SendStatus
		// A report that comes too late tells nobody anything.
		o.Progress = func(p Progress) { _ = c.Progress(p) }
	}
	return o
}

// deliver hands a sequence of objects to the sink.
func deliver[O cim.Object](c *Call, objects iter.Seq2[O, error]) error {
	for o, err := range objects {
		if err != nil {
			return err
		}
		if err := c.Object(o); err != nil {
			return err
		}
	}
	return nil
}
