package plugin

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
	"openwmi/wql"
)

// A remote is a program as it serves one namespace. It has the methods of all
// interfaces; those that the program does not have are ProviderNotCapable,
// which is what the object manager makes of a method that is not there.
type remote struct {
	program *program
	env     *provider.Environment
	closed  atomic.Bool
}

var (
	_ provider.InstanceEnumerator = (*remote)(nil)
	_ provider.InstanceGetter     = (*remote)(nil)
	_ provider.InstanceQuerier    = (*remote)(nil)
	_ provider.InstancePutter     = (*remote)(nil)
	_ provider.PartialPutter      = (*remote)(nil)
	_ provider.InstanceDeleter    = (*remote)(nil)
	_ provider.MethodExecutor     = (*remote)(nil)
	_ provider.PropertyGetter     = (*remote)(nil)
	_ provider.PropertyPutter     = (*remote)(nil)
	_ provider.EventProvider      = (*remote)(nil)
	_ provider.QueryWatcher       = (*remote)(nil)
	_ provider.AccessChecker      = (*remote)(nil)
	_ provider.EventConsumer      = (*remote)(nil)
	_ provider.ConsumerValidator  = (*remote)(nil)
)

// Close implements io.Closer. The program ends when nobody has it open.
func (r *remote) Close() error {
	if !r.closed.Swap(true) {
		r.program.release()
	}
	return nil
}

// Instances implements provider.InstanceEnumerator.
func (r *remote) Instances(ctx context.Context, req *provider.Request) iter.Seq2[*cim.Instance, error] {
	return r.sequence(ctx, pluginpb.Ability_ENUMERATE, req, nil)
}

// QueryInstances implements provider.InstanceQuerier.
func (r *remote) QueryInstances(ctx context.Context, req *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	return r.sequence(ctx, pluginpb.Ability_QUERY, req, func(c *call) error {
		p := &pluginpb.Query{SomeProperties: q.Properties != nil, Properties: q.Properties}
		if q.Select != nil {
			if text := q.Select.String(); utf8.ValidString(text) && len(text) <= wql.MaxText {
				p.Select = text
			}
		}
		for _, cond := range q.Conditions {
			k := &pluginpb.Condition{Property: cond.Property, HasIn: cond.In != nil}
			for _, v := range cond.In {
				k.In = append(k.In, c.value(v))
			}
			if !cond.Low.IsNull() {
				k.Low = c.value(cond.Low)
			}
			if !cond.High.IsNull() {
				k.High = c.value(cond.High)
			}
			p.Conditions = append(p.Conditions, k)
		}
		c.out.Query = p
		return nil
	})
}

func (r *remote) sequence(ctx context.Context, ability pluginpb.Ability, req *provider.Request, fill func(*call) error) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		err := r.do(ctx, ability, req, func(c *call) error {
			c.objects = func(objects []*pluginpb.Object) (bool, error) {
				for _, o := range objects {
					inst, err := c.wanted(o)
					if err != nil {
						return false, err
					}
					if !yield(inst, nil) {
						return false, nil
					}
				}
				return true, nil
			}
			if fill != nil {
				return fill(c)
			}
			return nil
		}, nil)
		if err != nil {
			yield(nil, err)
		}
	}
}

// wanted returns an instance that there has to be.
func (c *call) wanted(o *pluginpb.Object) (*cim.Instance, error) {
	inst, err := c.fromInstance(o)
	if err == nil && inst == nil {
		err = errors.New("no object")
	}
	return inst, err
}

// GetInstance implements provider.InstanceGetter.
func (r *remote) GetInstance(ctx context.Context, req *provider.Request, key *cim.Instance) (inst *cim.Instance, err error) {
	err = r.do(ctx, pluginpb.Ability_GET, req, func(c *call) error {
		c.out.Object = c.object(key)
		return nil
	}, func(c *call, done *pluginpb.Done) (err error) {
		inst, err = c.wanted(done.Object)
		return err
	})
	return inst, err
}

// PutInstance implements provider.InstancePutter.
func (r *remote) PutInstance(ctx context.Context, req *provider.Request, inst *cim.Instance) (cim.Path, error) {
	return r.put(ctx, pluginpb.Ability_PUT, req, inst, nil)
}

// PutProperties implements provider.PartialPutter.
func (r *remote) PutProperties(ctx context.Context, req *provider.Request, inst *cim.Instance, part provider.Partial) (cim.Path, error) {
	return r.put(ctx, pluginpb.Ability_PUT_PROPERTIES, req, inst, &pluginpb.Partial{
		SomeProperties: part.Properties != nil, Properties: part.Properties, StrictNulls: part.StrictNulls, Atomic: part.Atomic,
	})
}

func (r *remote) put(ctx context.Context, ability pluginpb.Ability, req *provider.Request, inst *cim.Instance, part *pluginpb.Partial) (path cim.Path, err error) {
	err = r.do(ctx, ability, req, func(c *call) error {
		c.out.Object, c.out.Partial = c.object(inst), part
		return nil
	}, func(c *call, done *pluginpb.Done) (err error) {
		path, err = c.fromPath(done.Path)
		return err
	})
	return path, err
}

// DeleteInstance implements provider.InstanceDeleter.
func (r *remote) DeleteInstance(ctx context.Context, req *provider.Request, key *cim.Instance) error {
	return r.do(ctx, pluginpb.Ability_DELETE, req, func(c *call) error {
		c.out.Object = c.object(key)
		return nil
	}, nil)
}

// ExecMethod implements provider.MethodExecutor.
func (r *remote) ExecMethod(ctx context.Context, req *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (result *cim.Instance, err error) {
	out := m.Signature(true)
	err = r.do(ctx, pluginpb.Ability_EXEC_METHOD, req, func(c *call) error {
		c.know(inClass, m.Signature(false))
		c.out.Object, c.out.Method, c.out.In = c.instance(key), m.Name(), c.instance(in)
		if in != nil {
			c.know(inClass, in.Class())
			c.out.In.Class = &pluginpb.Object_ClassId{ClassId: inClass}
		}
		if out != nil {
			c.know(outClass, out)
			c.out.OutClassId = outClass
		}
		return nil
	}, func(c *call, done *pluginpb.Done) (err error) {
		result, err = c.fromInstance(done.Object)
		if err == nil && result != nil && (out == nil || result.Class() != out) {
			err = errors.New("a result of another class than that of the method")
		}
		return err
	})
	return result, err
}

// GetProperty implements provider.PropertyGetter.
func (r *remote) GetProperty(ctx context.Context, req *provider.Request, p provider.PropertyRequest) (v cim.Value, err error) {
	err = r.do(ctx, pluginpb.Ability_GET_PROPERTY, req, func(c *call) error {
		c.property(p)
		return nil
	}, func(c *call, done *pluginpb.Done) (err error) {
		if v, err = c.fromValue(done.Value, 0); err == nil && !v.IsNull() {
			err = cim.CheckValue(v, p.Property.Type(), p.Property.Class())
		}
		return err
	})
	return v, err
}

// PutProperty implements provider.PropertyPutter.
func (r *remote) PutProperty(ctx context.Context, req *provider.Request, p provider.PropertyRequest, v cim.Value) error {
	return r.do(ctx, pluginpb.Ability_PUT_PROPERTY, req, func(c *call) error {
		c.property(p)
		c.out.Value = c.value(v)
		return nil
	}, nil)
}

func (c *call) property(p provider.PropertyRequest) {
	c.out.Property = &pluginpb.PropertyRequest{
		Name: p.Property.Name(), Path: c.path(p.Path),
		ClassContext: p.ClassContext, InstanceContext: p.InstanceContext, PropertyContext: p.PropertyContext,
	}
}

// ProvideEvents implements provider.EventProvider.
func (r *remote) ProvideEvents(ctx context.Context, req *provider.Request, raise func(*cim.Instance) error) error {
	err := r.do(ctx, pluginpb.Ability_PROVIDE_EVENTS, req, func(c *call) error {
		c.raise = raise
		return nil
	}, nil)
	if ctx.Err() != nil {
		return nil // that is how it ends
	}
	if err == nil {
		err = cim.Errorf(wbem.ProviderFailure, "program %s has ceased to provide events", r.program.name)
	}
	return err
}

// NewQuery implements provider.QueryWatcher. A program that does not watch
// queries takes all.
func (r *remote) NewQuery(ctx context.Context, req *provider.Request, id uint32, q *wql.Select) error {
	return unlessIncapable(r.do(ctx, pluginpb.Ability_NEW_QUERY, req, func(c *call) error {
		c.out.QueryId = id
		return c.query(q)
	}, nil))
}

// CancelQuery implements provider.QueryWatcher.
func (r *remote) CancelQuery(ctx context.Context, req *provider.Request, id uint32) error {
	return unlessIncapable(r.do(ctx, pluginpb.Ability_CANCEL_QUERY, req, func(c *call) error {
		c.out.QueryId = id
		return nil
	}, nil))
}

// AccessCheck implements provider.AccessChecker. A program that does not check
// leaves that to the rights in the namespace.
func (r *remote) AccessCheck(ctx context.Context, req *provider.Request, q *wql.Select) error {
	return unlessIncapable(r.do(ctx, pluginpb.Ability_ACCESS_CHECK, req, func(c *call) error { return c.query(q) }, nil))
}

func (c *call) query(q *wql.Select) error {
	c.out.QueryText = q.String()
	if !utf8.ValidString(c.out.QueryText) {
		return cim.Errorf(wbem.InvalidQuery, "the query has an unpaired surrogate, which program %s cannot be told", c.remote.program.name)
	}
	return nil
}

// Consume implements provider.EventConsumer.
func (r *remote) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	return r.do(ctx, pluginpb.Ability_CONSUME, nil, func(c *call) error {
		c.out.Object = c.object(consumer)
		for _, e := range events {
			c.out.Events = append(c.out.Events, &pluginpb.Event{Id: e.ID, Namespace: e.Namespace, Instance: c.object(e.Instance)})
		}
		return nil
	}, func(c *call, done *pluginpb.Done) error {
		switch len(done.Errors) {
		case 0:
			return nil
		case len(events):
		default:
			return errors.New("another number of errors than of events")
		}
		u := &provider.Undelivered{}
		failed := false
		for _, p := range done.Errors {
			var err error
			if p != nil && (p.Status != 0 || p.Text != "" || p.NotAttempted) {
				err = c.fromFault(p)
				failed = true
			}
			u.Errs = append(u.Errs, err)
		}
		if failed {
			return u
		}
		return nil
	})
}

// Validate implements provider.ConsumerValidator. A program that does not
// validate takes all.
func (r *remote) Validate(consumer *cim.Instance) error {
	return unlessIncapable(r.do(context.Background(), pluginpb.Ability_VALIDATE, nil, func(c *call) error {
		c.out.Object = c.object(consumer)
		return nil
	}, nil))
}

func unlessIncapable(err error) error {
	if wbem.StatusOf(err) == wbem.ProviderNotCapable {
		return nil
	}
	return err
}
