package plugin

import (
	"context"
	"sync"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
)

// A serving is one call, on the side of the program.
type serving struct {
	coder
	server *server
	ctx    context.Context
	in     *pluginpb.Request

	sending sync.Mutex // held to send
	stream  pluginpb.Provider_CallServer

	questions atomic.Uint64

	mu    sync.Mutex // guards what follows
	known map[*cim.Class]uint64
	waits map[waitKey]chan *pluginpb.FromHost // for answers, with room for one
}

// A waitKey says for what is waited: the answer to a question, or a class.
type waitKey struct {
	class bool
	id    uint64
}

// receive hands over what the host answers, and ends the call when the host
// does.
func (c *serving) receive(cancel context.CancelFunc) {
	defer cancel()
	for {
		m, err := c.stream.Recv()
		if err != nil {
			return
		}
		var key waitKey
		switch m := m.Message.(type) {
		case *pluginpb.FromHost_Class:
			key = waitKey{true, m.Class.GetId()}
		case *pluginpb.FromHost_Answer:
			key = waitKey{false, m.Answer.GetId()}
		}
		c.mu.Lock()
		wait := c.waits[key]
		delete(c.waits, key)
		c.mu.Unlock()
		if wait != nil {
			wait <- m
		}
	}
}

// ask sends a message and waits for what answers it.
func (c *serving) ask(ctx context.Context, key waitKey, m *pluginpb.FromProvider) (*pluginpb.FromHost, error) {
	wait := make(chan *pluginpb.FromHost, 1)
	c.mu.Lock()
	c.waits[key] = wait
	c.mu.Unlock()
	if err := c.send(m); err != nil {
		return nil, err
	}
	select {
	case m := <-wait:
		return m, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	}
}

func (c *serving) send(m *pluginpb.FromProvider) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	return c.stream.Send(m)
}

// referTo names a class to the host: by its number if the host has said one in
// this call, else it is defined.
func (c *serving) referTo(o *pluginpb.Object, class *cim.Class) {
	c.mu.Lock()
	id, ok := c.known[class]
	c.mu.Unlock()
	if ok {
		o.Class = &pluginpb.Object_ClassId{ClassId: id}
	} else {
		o.Class = &pluginpb.Object_ClassDefinition{ClassDefinition: c.class(class)}
	}
}

// findClass returns the class that the host names by its number.
func (c *serving) findClass(o *pluginpb.Object, _ int) (*cim.Class, error) {
	return c.numbered(o.GetClassId())
}

func (c *serving) numbered(id uint64) (*cim.Class, error) {
	s := c.server
	s.mu.Lock()
	class := s.classes[id]
	s.mu.Unlock()
	if class == nil {
		m, err := c.ask(c.ctx, waitKey{true, id}, &pluginpb.FromProvider{Message: &pluginpb.FromProvider_NeedClass{NeedClass: id}})
		if err != nil {
			return nil, err
		}
		if class, err = c.fromClass(m.GetClass().GetClass(), 1); err != nil {
			return nil, err
		}
		s.mu.Lock()
		switch other := s.classes[id]; {
		case other != nil:
			class = other // two calls have asked at once
		case id > lastFix:
			if len(s.classes) >= maxClasses {
				clear(s.classes)
			}
			s.classes[id] = class
		}
		s.mu.Unlock()
	}
	c.mu.Lock()
	c.known[class] = id
	c.mu.Unlock()
	return class, nil
}

// request returns what the call carries.
func (c *serving) request() (*provider.Request, error) {
	r := &provider.Request{
		Namespace: c.in.Environment.GetNamespace(),
		Caller:    fromIdentity(c.in.Caller),
		Locale:    c.in.Locale,
		Flags:     wbem.Flags(c.in.Flags),

		Impersonation: int(c.in.Impersonation),

		Services: &namespace{env: c.in.Environment, call: c},
		Progress: func(p wbem.Progress) {
			_ = c.send(&pluginpb.FromProvider{Message: &pluginpb.FromProvider_Progress{
				Progress: &pluginpb.Progress{Total: uint32(p.Total), Done: uint32(p.Done), Message: valid(p.Message)},
			}})
		},
	}
	if c.in.ClassId != 0 {
		class, err := c.numbered(c.in.ClassId)
		if err != nil {
			return nil, err
		}
		r.Class = class
	}
	for _, p := range c.in.Context {
		v, err := c.fromValue(p.Value, 0)
		if err != nil {
			return nil, err
		}
		if r.Context == nil {
			r.Context = &wbem.Context{}
		}
		r.Context.Set(p.Name, v)
	}
	return r, nil
}
