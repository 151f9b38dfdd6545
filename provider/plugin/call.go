package plugin

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
)

// maxQuestions is how many questions of one call are answered at once; more
// wait.
const maxQuestions = 8

// A call is one call of a program, on the side of the host.
type call struct {
	coder
	remote *remote
	proc   *process
	req    *provider.Request
	out    *pluginpb.Request
	// raise takes events; nil where there are none.
	raise func(*cim.Instance) error
	// objects takes results, and reports whether to go on.
	objects func([]*pluginpb.Object) (bool, error)

	// known are the classes that the program may name, by their numbers.
	mu    sync.Mutex // guards known
	known map[uint64]*cim.Class

	sending sync.Mutex // held to send
	stream  pluginpb.Provider_CallClient
}

var (
	errTimedOut = errors.New("timed out")
	errEnough   = errors.New("nobody reads any more")
)

// do runs a call: fill completes the request, and took is given how it ended
// well. The error is what the caller gets.
func (r *remote) do(ctx context.Context, ability pluginpb.Ability, req *provider.Request, fill func(*call) error, took func(*call, *pluginpb.Done) error) error {
	p := r.program
	endless := ability == pluginpb.Ability_PROVIDE_EVENTS
	if !endless {
		release, err := p.slot(ctx)
		if err != nil {
			return err
		}
		defer release()
	}
	proc, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer p.leave(proc)
	if !proc.can[ability] {
		return p.incapable()
	}
	c := &call{remote: r, proc: proc, req: req, known: map[uint64]*cim.Class{}}
	c.coder = coder{refer: c.referTo, find: c.findClass, strict: true}
	c.out = &pluginpb.Request{Ability: ability, Environment: c.environment(r.env)}
	c.common()
	if fill != nil {
		if err := fill(c); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	limit := time.Duration(p.cfg.CallTimeout)
	watchdog := time.AfterFunc(limit, func() { cancel(errTimedOut) })
	if endless {
		watchdog.Stop()
	}
	var questions sync.WaitGroup
	defer questions.Wait()
	defer cancel(nil)
	defer watchdog.Stop()
	done, err := c.run(ctx, &questions, func(on bool) {
		if on && !endless {
			watchdog.Reset(limit)
		} else {
			watchdog.Stop()
		}
	})
	switch {
	case errors.Is(err, errEnough):
		return nil
	case errors.Is(context.Cause(ctx), errTimedOut):
		go p.suspect(proc)
		return cim.Errorf(wbem.ProviderTimedOut, "program %s has said nothing for %v", p.name, limit)
	case err != nil && ended(ctx):
		return ctx.Err()
	case err != nil:
		return err
	}
	if err := c.fromFault(done.Error); err != nil {
		return err
	}
	if took == nil {
		return nil
	}
	err = took(c, done)
	var undelivered *provider.Undelivered
	if err != nil && !errors.As(err, &undelivered) {
		return c.lie(err)
	}
	return err
}

// ended reports whether a call broke off because its context has ended. The other
// side knows the deadline as well, and may be the first to act on it.
func ended(ctx context.Context) bool {
	const skew = 50 * time.Millisecond
	if d, ok := ctx.Deadline(); ok && time.Until(d) < skew {
		<-ctx.Done()
	}
	return ctx.Err() != nil
}

// run sends the request and answers what the program asks until it is done. wait
// starts and stops the time that the program has.
func (c *call) run(ctx context.Context, questions *sync.WaitGroup, wait func(bool)) (*pluginpb.Done, error) {
	stream, err := c.proc.client.Call(ctx, c.remote.program.cfg.sizes()...)
	if err != nil {
		return nil, c.broken(err)
	}
	c.stream = stream
	if err := c.send(&pluginpb.FromHost{Message: &pluginpb.FromHost_Request{Request: c.out}}); err != nil {
		return nil, err
	}
	slots := make(chan struct{}, maxQuestions)
	for {
		m, err := stream.Recv()
		if err != nil {
			return nil, c.broken(err)
		}
		wait(false)
		switch m := m.Message.(type) {
		case *pluginpb.FromProvider_Done:
			if m.Done == nil {
				return nil, c.lie(errors.New("a message without content"))
			}
			return m.Done, nil
		case *pluginpb.FromProvider_NeedClass:
			class := c.class(c.numbered(m.NeedClass))
			if class == nil {
				return nil, c.lie(errUnknown)
			}
			reply := &pluginpb.ClassReply{Id: m.NeedClass, Class: class}
			if err := c.send(&pluginpb.FromHost{Message: &pluginpb.FromHost_Class{Class: reply}}); err != nil {
				return nil, err
			}
		case *pluginpb.FromProvider_Progress:
			if c.req != nil && c.req.Progress != nil {
				c.req.Progress(wbem.Progress{Total: uint16(m.Progress.GetTotal()), Done: uint16(m.Progress.GetDone()), Message: m.Progress.GetMessage()})
			}
		case *pluginpb.FromProvider_Objects:
			if c.objects == nil {
				return nil, c.lie(errors.New("objects that nobody has asked for"))
			}
			on, err := c.objects(m.Objects.GetObjects())
			if err != nil {
				return nil, c.lie(err)
			}
			if !on {
				return nil, errEnough
			}
		case *pluginpb.FromProvider_Question:
			if m.Question == nil {
				return nil, c.lie(errors.New("a message without content"))
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			questions.Go(func() {
				defer func() { <-slots }()
				_ = c.send(&pluginpb.FromHost{Message: &pluginpb.FromHost_Answer{Answer: c.answer(ctx, m.Question)}})
			})
		default:
			return nil, c.lie(errors.New("a message of no kind"))
		}
		wait(true)
	}
}

var errUnknown = errors.New("a class of which nothing was said")

// send sends one message. It is called by several goroutines.
func (c *call) send(m *pluginpb.FromHost) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	err := c.stream.Send(m)
	switch {
	case err == nil, errors.Is(err, io.EOF): // then Recv knows why
		return nil
	case status.Code(err) == codes.ResourceExhausted:
		return cim.Errorf(wbem.QuotaViolation, "a message of %d bytes is too long for program %s", proto.Size(m), c.remote.program.name)
	}
	return c.broken(err)
}

// broken returns the error of a call that did not come to its end.
func (c *call) broken(err error) error {
	name := c.remote.program.name
	switch status.Code(err) {
	case codes.ResourceExhausted:
		return cim.Errorf(wbem.ProviderFailure, "program %s sends a message that is too long: %v", name, err)
	case codes.Unavailable, codes.Canceled: // the latter if the connection is closed here
		return cim.Errorf(wbem.ProviderFailure, "program %s is gone: %v", name, err)
	}
	if errors.Is(err, io.EOF) {
		return cim.Errorf(wbem.ProviderFailure, "program %s has left a call without an answer", name)
	}
	return cim.Errorf(wbem.ProviderFailure, "program %s: %v", name, err)
}

// lie is the error for an answer that cannot be true.
func (c *call) lie(err error) error {
	return cim.Errorf(wbem.ProviderFailure, "program %s delivers what cannot be: %v", c.remote.program.name, err)
}

// referTo names a class to the program.
func (c *call) referTo(o *pluginpb.Object, class *cim.Class) {
	o.Class = &pluginpb.Object_ClassId{ClassId: c.number(class)}
}

// number returns the number of a class, 0 for nil.
func (c *call) number(class *cim.Class) uint64 {
	if class == nil {
		return 0
	}
	id := c.proc.classes.id(class)
	c.know(id, class)
	return id
}

func (c *call) know(id uint64, class *cim.Class) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[id] = class
}

func (c *call) numbered(id uint64) *cim.Class {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[id]
}

// findClass returns the class that the program names.
func (c *call) findClass(o *pluginpb.Object, depth int) (*cim.Class, error) {
	switch k := o.Class.(type) {
	case *pluginpb.Object_ClassId:
		if class := c.numbered(k.ClassId); class != nil {
			return class, nil
		}
		return nil, cim.Errorf(wbem.InvalidClass, "%v", errUnknown)
	case *pluginpb.Object_ClassDefinition:
		if k.ClassDefinition != nil {
			return c.fromClass(k.ClassDefinition, depth+1)
		}
	case *pluginpb.Object_ClassName:
		if s := c.services(); s != nil {
			return s.GetClass(c.context(), k.ClassName, wbem.Options{})
		}
	}
	return nil, cim.Errorf(wbem.InvalidObject, "an object without a class")
}

// context is that of the stream, for what is looked up on its behalf.
func (c *call) context() context.Context {
	if c.stream == nil {
		return context.Background()
	}
	return c.stream.Context()
}

// services returns the namespace in which classes are looked up, nil if there is
// none.
func (c *call) services() wbem.Services {
	if c.req != nil && c.req.Services != nil {
		return c.req.Services
	}
	return c.remote.env.Services
}

// environment returns what stands for that of the provider.
func (c *call) environment(env *provider.Environment) *pluginpb.Environment {
	p := &pluginpb.Environment{Name: env.Name, Namespace: env.Namespace, Locale: env.Locale, Caller: identity(env.Caller)}
	if env.Services != nil {
		p.Server = env.Services.Server()
	}
	return p
}

// common fills in what every request has.
func (c *call) common() {
	if c.req == nil {
		return
	}
	c.out.ClassId = c.number(c.req.Class)
	c.out.Caller = identity(c.req.Caller)
	c.out.Locale, c.out.Flags, c.out.Impersonation = c.req.Locale, uint32(c.req.Flags), uint32(c.req.Impersonation)
	for v := range c.req.Context.All() {
		c.out.Context = append(c.out.Context, &pluginpb.NamedValue{Name: v.Name, Value: c.value(v.Value)})
	}
}

func identity(i *wbem.Identity) *pluginpb.Identity {
	if i == nil {
		return nil
	}
	return &pluginpb.Identity{Name: i.Name, Groups: i.Groups, Remote: i.Remote, Level: uint32(i.Level), Authority: uint32(i.Authority)}
}

func fromIdentity(p *pluginpb.Identity) *wbem.Identity {
	if p == nil {
		return nil
	}
	return &wbem.Identity{Name: p.Name, Groups: p.Groups, Remote: p.Remote, Level: int(p.Level), Authority: wbem.Authority(p.Authority)}
}
