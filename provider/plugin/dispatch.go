package plugin

import (
	"errors"
	"iter"
	"strings"

	"google.golang.org/protobuf/proto"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
	"openwmi/wql"
)

// A message has as many results as there are while the one before is sent, but
// no more than these, and none after so many bytes.
const (
	inBatch   = 64
	batchSize = 64 << 10
)

// valid returns a text that can be in a message.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// dispatch calls the provider and says in done what it returned.
func (c *serving) dispatch(done *pluginpb.Done) error {
	value, err := c.server.open(c.ctx, c.in.Environment)
	if err != nil {
		return err
	}
	if !able(value, c.in.Ability) {
		return wbem.ProviderNotCapable
	}
	r, err := c.request()
	if err != nil {
		return err
	}
	object, err := c.fromInstance(c.in.Object)
	if err != nil {
		return err
	}
	switch c.in.Ability {
	case pluginpb.Ability_ENUMERATE:
		return c.results(value.(provider.InstanceEnumerator).Instances(c.ctx, r))
	case pluginpb.Ability_QUERY:
		q, err := c.query()
		if err != nil {
			return err
		}
		return c.results(value.(provider.InstanceQuerier).QueryInstances(c.ctx, r, q))
	case pluginpb.Ability_GET:
		inst, err := value.(provider.InstanceGetter).GetInstance(c.ctx, r, object)
		done.Object = c.instance(inst)
		return err
	case pluginpb.Ability_PUT:
		path, err := value.(provider.InstancePutter).PutInstance(c.ctx, r, object)
		done.Path = c.path(path)
		return err
	case pluginpb.Ability_PUT_PROPERTIES:
		path, err := value.(provider.PartialPutter).PutProperties(c.ctx, r, object, c.partial())
		done.Path = c.path(path)
		return err
	case pluginpb.Ability_DELETE:
		return value.(provider.InstanceDeleter).DeleteInstance(c.ctx, r, object)
	case pluginpb.Ability_EXEC_METHOD:
		return c.execMethod(value.(provider.MethodExecutor), r, object, done)
	case pluginpb.Ability_GET_PROPERTY:
		p, err := c.property(r)
		if err != nil {
			return err
		}
		v, err := value.(provider.PropertyGetter).GetProperty(c.ctx, r, p)
		done.Value = c.value(v)
		return err
	case pluginpb.Ability_PUT_PROPERTY:
		p, err := c.property(r)
		if err != nil {
			return err
		}
		v, err := c.fromValue(c.in.Value, 0)
		if err != nil {
			return err
		}
		return value.(provider.PropertyPutter).PutProperty(c.ctx, r, p, v)
	case pluginpb.Ability_VALIDATE:
		return value.(provider.ConsumerValidator).Validate(object)
	case pluginpb.Ability_CONSUME:
		return c.consume(value.(provider.EventConsumer), object, done)
	}
	return c.events(value, r)
}

// events calls a provider of events.
func (c *serving) events(value any, r *provider.Request) error {
	var q *wql.Select
	switch c.in.Ability {
	case pluginpb.Ability_PROVIDE_EVENTS:
		return value.(provider.EventProvider).ProvideEvents(c.ctx, r, func(event *cim.Instance) error {
			_, err := c.question(c.ctx, &pluginpb.Question{Question: &pluginpb.Question_Raise{Raise: c.object(event)}})
			return err
		})
	case pluginpb.Ability_CANCEL_QUERY:
		return value.(provider.QueryWatcher).CancelQuery(c.ctx, r, c.in.QueryId)
	case pluginpb.Ability_NEW_QUERY, pluginpb.Ability_ACCESS_CHECK:
		var err error
		if q, err = wql.ParseEvent(c.in.QueryText); err != nil {
			return err
		}
	}
	switch c.in.Ability {
	case pluginpb.Ability_NEW_QUERY:
		return value.(provider.QueryWatcher).NewQuery(c.ctx, r, c.in.QueryId, q)
	case pluginpb.Ability_ACCESS_CHECK:
		return value.(provider.AccessChecker).AccessCheck(c.ctx, r, q)
	}
	return wbem.ProviderNotCapable
}

// results sends what a sequence yields.
func (c *serving) results(seq iter.Seq2[*cim.Instance, error]) error {
	queue := make(chan *pluginpb.Object, inBatch)
	sent := make(chan error, 1)
	go func() {
		var err error
		for o := range queue {
			batch := []*pluginpb.Object{o}
			size := proto.Size(o)
			for more := true; more && len(batch) < inBatch && size < batchSize; {
				select {
				case o, ok := <-queue:
					if more = ok; ok {
						batch = append(batch, o)
						size += proto.Size(o)
					}
				default:
					more = false
				}
			}
			if err == nil {
				err = c.send(&pluginpb.FromProvider{Message: &pluginpb.FromProvider_Objects{Objects: &pluginpb.Objects{Objects: batch}}})
			}
		}
		sent <- err
	}()
	err := func() error {
		defer close(queue)
		for inst, err := range seq {
			if err != nil {
				return err
			}
			select {
			case queue <- c.object(inst):
			case <-c.ctx.Done():
				return c.ctx.Err()
			}
		}
		return nil
	}()
	if failed := <-sent; err == nil {
		err = failed
	}
	return err
}

// query returns what an InstanceQuerier is asked for.
func (c *serving) query() (*provider.Query, error) {
	p := c.in.Query
	q := &provider.Query{}
	if p.GetSomeProperties() {
		q.Properties = append([]string{}, p.Properties...)
	}
	if text := p.GetSelect(); text != "" {
		parsed, err := wql.Parse(text)
		if err != nil {
			return nil, err
		}
		q.Select, _ = parsed.(*wql.Select)
	}
	for _, k := range p.GetConditions() {
		cond := provider.Condition{Property: k.Property}
		if k.HasIn {
			cond.In = []cim.Value{}
		}
		for _, v := range k.In {
			in, err := c.fromValue(v, 0)
			if err != nil {
				return nil, err
			}
			cond.In = append(cond.In, in)
		}
		var err error
		if cond.Low, err = c.fromValue(k.Low, 0); err == nil {
			cond.High, err = c.fromValue(k.High, 0)
		}
		if err != nil {
			return nil, err
		}
		q.Conditions = append(q.Conditions, cond)
	}
	return q, nil
}

func (c *serving) partial() provider.Partial {
	p := c.in.Partial
	part := provider.Partial{StrictNulls: p.GetStrictNulls(), Atomic: p.GetAtomic()}
	if p.GetSomeProperties() {
		part.Properties = append([]string{}, p.Properties...)
	}
	return part
}

func (c *serving) execMethod(p provider.MethodExecutor, r *provider.Request, key *cim.Instance, done *pluginpb.Done) error {
	if r.Class == nil {
		return wbem.InvalidClass
	}
	m := r.Class.Method(c.in.Method)
	if m == nil {
		return wbem.InvalidMethod
	}
	in, err := c.fromInstance(c.in.In)
	if err != nil {
		return err
	}
	out, err := p.ExecMethod(c.ctx, r, key, m, in)
	if err != nil {
		return err
	}
	if out != nil {
		done.Object = c.object(out)
		done.Object.Class = &pluginpb.Object_ClassId{ClassId: outClass} // whichever Signature it was made of
	}
	return nil
}

func (c *serving) property(r *provider.Request) (provider.PropertyRequest, error) {
	in := c.in.Property
	p := provider.PropertyRequest{
		ClassContext: in.GetClassContext(), InstanceContext: in.GetInstanceContext(), PropertyContext: in.GetPropertyContext(),
	}
	if r.Class != nil {
		p.Property = r.Class.Property(in.GetName())
	}
	if p.Property == nil {
		return p, wbem.NotFound
	}
	var err error
	p.Path, err = c.fromPath(in.GetPath())
	return p, err
}

func (c *serving) consume(p provider.EventConsumer, consumer *cim.Instance, done *pluginpb.Done) error {
	var events []provider.Event
	for _, e := range c.in.Events {
		inst, err := c.fromInstance(e.Instance)
		if err != nil {
			return err
		}
		events = append(events, provider.Event{ID: e.Id, Namespace: e.Namespace, Instance: inst})
	}
	err := p.Consume(c.ctx, consumer, events)
	var u *provider.Undelivered
	if !errors.As(err, &u) {
		return err
	}
	for _, err := range u.Errs {
		fault := c.fault(err)
		if fault == nil {
			fault = &pluginpb.Error{}
		}
		done.Errors = append(done.Errors, fault)
	}
	return nil
}
