package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
)

// Serve is the main function of a program that is a provider: it serves a value
// with methods of package provider, until the host ends it. A value that is a
// provider.Opener opens one for each namespace; what that may be asked is then
// found out by asking.
//
// Request.Services has GetClass, GetInstance, Instances, Query, PutInstance and
// DeleteInstance without flags; the rest is NotSupported, as is everything of
// Environment.Services.
//
// What the program writes to os.Stderr goes to the log of the host, what it
// writes to os.Stdout nowhere. When the host is gone the program exits. It exits as well, with a word to whoever
// started it by hand, when no host did.
func Serve(value any) {
	if !provider.Is(value) {
		fmt.Fprintf(os.Stderr, "a %T has no method of a provider\n", value)
		os.Exit(1)
	}
	serve(newServer(value))
}

// serve serves the protocol until the host ends it.
func serve(s pluginpb.ProviderServer) {
	if os.Getenv(handshake.MagicCookieKey) == handshake.MagicCookieValue {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  handshake,
		VersionedPlugins: map[int]goplugin.PluginSet{int(handshake.ProtocolVersion): {service: &wire{server: s}}},
		Logger:           hclog.NewNullLogger(),
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, grpc.MaxRecvMsgSize(maxReceived), grpc.MaxSendMsgSize(maxReceived))...)
		},
	})
}

// maxReceived bounds the messages of the host, which has a limit of its own.
const maxReceived = 1 << 30

// A server is a provider as the host calls it.
type server struct {
	pluginpb.UnimplementedProviderServer
	value  any
	stderr *os.File
	first  sync.Once

	mu      sync.Mutex // guards what follows
	classes map[uint64]*cim.Class
	opened  map[string]*served
}

// A served is what serves one environment.
type served struct {
	ready chan struct{} // closed when value or err is there
	value any
	err   error
}

func newServer(value any) *server {
	return &server{value: value, stderr: os.Stderr, classes: map[uint64]*cim.Class{}, opened: map[string]*served{}}
}

// Describe implements pluginpb.ProviderServer.
func (s *server) Describe(context.Context, *pluginpb.DescribeRequest) (*pluginpb.Description, error) {
	// go-plugin has put a stream of its own there, whose last words get lost
	// when the program exits. This is the first call, before all others.
	s.first.Do(func() { os.Stderr = s.stderr })
	d := &pluginpb.Description{}
	_, opens := s.value.(provider.Opener)
	for a := pluginpb.Ability(1); int(a) < len(pluginpb.Ability_name); a++ {
		if opens || able(s.value, a) {
			d.Abilities = append(d.Abilities, a)
		}
	}
	return d, nil
}

// able reports whether a value has the method for an ability.
func able(v any, a pluginpb.Ability) (ok bool) {
	switch a {
	case pluginpb.Ability_ENUMERATE:
		_, ok = v.(provider.InstanceEnumerator)
	case pluginpb.Ability_GET:
		_, ok = v.(provider.InstanceGetter)
	case pluginpb.Ability_QUERY:
		_, ok = v.(provider.InstanceQuerier)
	case pluginpb.Ability_PUT:
		_, ok = v.(provider.InstancePutter)
	case pluginpb.Ability_PUT_PROPERTIES:
		_, ok = v.(provider.PartialPutter)
	case pluginpb.Ability_DELETE:
		_, ok = v.(provider.InstanceDeleter)
	case pluginpb.Ability_EXEC_METHOD:
		_, ok = v.(provider.MethodExecutor)
	case pluginpb.Ability_GET_PROPERTY:
		_, ok = v.(provider.PropertyGetter)
	case pluginpb.Ability_PUT_PROPERTY:
		_, ok = v.(provider.PropertyPutter)
	case pluginpb.Ability_PROVIDE_EVENTS:
		_, ok = v.(provider.EventProvider)
	case pluginpb.Ability_NEW_QUERY, pluginpb.Ability_CANCEL_QUERY:
		_, ok = v.(provider.QueryWatcher)
	case pluginpb.Ability_ACCESS_CHECK:
		_, ok = v.(provider.AccessChecker)
	case pluginpb.Ability_CONSUME:
		_, ok = v.(provider.EventConsumer)
	case pluginpb.Ability_VALIDATE:
		_, ok = v.(provider.ConsumerValidator)
	}
	return ok
}

// open returns what serves an environment.
func (s *server) open(ctx context.Context, p *pluginpb.Environment) (any, error) {
	opener, ok := s.value.(provider.Opener)
	if !ok {
		return s.value, nil
	}
	env := &provider.Environment{
		Name: p.GetName(), Namespace: p.GetNamespace(), Locale: p.GetLocale(), Caller: fromIdentity(p.GetCaller()),
		Services: &namespace{env: p},
	}
	user := ""
	if env.Caller != nil {
		user = fmt.Sprint(env.Caller.Authority, " ", env.Caller.Name)
	}
	key := fmt.Sprintf("%q %q %q %q", cim.Fold(env.Name), cim.Fold(env.Namespace), env.Locale, user)
	s.mu.Lock()
	o := s.opened[key]
	first := o == nil
	if first {
		o = &served{ready: make(chan struct{}), err: errors.New("it panicked")}
		s.opened[key] = o
	}
	s.mu.Unlock()
	if first {
		// Not with the context of the call: what is opened outlives it.
		func() {
			defer close(o.ready)
			o.value, o.err = opener.Open(context.WithoutCancel(ctx), env)
			var status wbem.Status
			if o.err != nil && !errors.As(o.err, &status) {
				o.err = cim.Errorf(wbem.InitializationFailure, "%v", o.err)
			}
		}()
		if o.err != nil {
			s.mu.Lock()
			delete(s.opened, key) // the next call tries again
			s.mu.Unlock()
		}
	}
	select {
	case <-o.ready:
		return o.value, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Call implements pluginpb.ProviderServer.
func (s *server) Call(stream pluginpb.Provider_CallServer) error {
	m, err := stream.Recv()
	if err != nil {
		return err
	}
	req := m.GetRequest()
	if req == nil {
		return errors.New("the first message is no request")
	}
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	c := &serving{server: s, stream: stream, in: req, known: map[*cim.Class]uint64{}, waits: map[waitKey]chan *pluginpb.FromHost{}}
	c.coder = coder{refer: c.referTo, find: c.findClass}
	c.ctx = ctx
	go c.receive(cancel)
	done := c.run()
	return c.send(&pluginpb.FromProvider{Message: &pluginpb.FromProvider_Done{Done: done}})
}

// run carries out the call, whatever happens.
func (c *serving) run() (done *pluginpb.Done) {
	done = &pluginpb.Done{}
	err := errors.New("it ended its goroutine")
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("it panicked: %v", v)
			fmt.Fprintf(os.Stderr, "%v\n%s", err, debug.Stack())
		}
		if err != nil {
			done = &pluginpb.Done{Error: c.fault(err), Errors: done.Errors}
		}
	}()
	err = c.dispatch(done)
	return done
}
