package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/provider/plugin"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
	"openwmi/wql"
)

// program is the main function of the programs in this binary.
func program(name string) {
	switch name {
	case "echo":
		plugin.Serve(&echo{})
	case "opener":
		plugin.Serve(opener{})
	case "bad":
		plugin.Serve(bad{})
	case "counts":
		plugin.ServeRaw(counter{plugin.NewServer(&echo{})})
	case "asker":
		plugin.Serve(asker{})
	case "named":
		plugin.ServeRaw(namer{})
	case "deaf":
		l, err := net.Listen("unix", os.Getenv("PLUGIN_UNIX_SOCKET_DIR")+"/s")
		if err != nil {
			os.Exit(2)
		}
		fmt.Printf("1|1|unix|%s|grpc\n", l.Addr())
		time.Sleep(time.Minute)
	case "elsewhere":
		fmt.Println("1|1|unix|/run/somebody.sock|grpc")
		time.Sleep(time.Minute)
	case "liar":
		plugin.ServeRaw(liar{})
	case "garbage":
		fmt.Println("hello, I am no provider")
		time.Sleep(time.Minute)
	case "mute":
		time.Sleep(time.Minute)
	case "exits":
		fmt.Fprintln(os.Stderr, "I will not")
		os.Exit(3)
	case "child":
		time.Sleep(10 * time.Minute)
	default:
		fmt.Fprintln(os.Stderr, "there is no program", name)
		os.Exit(2)
	}
}

// An echo says what it was told.
type echo struct {
	mu     sync.Mutex // guards kept
	kept   *cim.Instance
	watch  string
	stored cim.Value
}

func (e *echo) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		e.mu.Lock()
		inst := e.kept.Clone()
		e.mu.Unlock()
		for range 200 {
			if !yield(inst.Clone(), nil) {
				return
			}
		}
	}
}

// GetInstance describes the request.
func (e *echo) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	v, _ := key.Get("S")
	deadline, bounded := ctx.Deadline()
	if v.Text() == "kept" {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.kept, nil
	}
	r.Progress(wbem.Progress{Total: 10, Done: 3, Message: "half"})
	named, _ := r.Context.Get("Name")
	text := fmt.Sprintln(r.Namespace, r.Class.Name(), r.Class.SuperName(), r.Caller.Name, r.Caller.Groups, r.Caller.Remote, r.Caller.Level, r.Caller.Authority,
		r.Locale, uint32(r.Flags), r.Impersonation, named, bounded && time.Until(deadline) > time.Minute, r.Services.Server(), v)
	return key, key.Set("A", cim.StringsValue([]string{text}))
}

func (e *echo) QueryInstances(ctx context.Context, r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		inst := cim.NewInstance(r.Class)
		var b strings.Builder
		for _, c := range q.Conditions {
			fmt.Fprintf(&b, "%s%v %t %v %v;", c.Property, c.In, c.In == nil, c.Low, c.High)
		}
		_ = inst.Set("A", cim.StringsValue([]string{b.String(), fmt.Sprint(q.Properties, q.Properties == nil), fmt.Sprint(q.Select)}))
		yield(inst, nil)
	}
}

func (e *echo) PutInstance(ctx context.Context, r *provider.Request, inst *cim.Instance) (cim.Path, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept = inst
	return cim.ParsePath(`Every.S="chosen"`)
}

func (e *echo) PutProperties(ctx context.Context, r *provider.Request, inst *cim.Instance, part provider.Partial) (cim.Path, error) {
	return cim.Path{}, cim.Errorf(wbem.VetoPut, "%v %v %v %v", part.Properties, part.Properties == nil, part.StrictNulls, part.Atomic)
}

// DeleteInstance fails with an object of a class of its own.
func (e *echo) DeleteInstance(ctx context.Context, r *provider.Request, key *cim.Instance) error {
	c, err := cim.Derive(nil, &cim.ClassDecl{Name: "OwnStatus", Properties: []cim.PropertyDecl{{Name: "Why", Type: cim.TypeString}}})
	if err != nil {
		return err
	}
	object := cim.NewInstance(c)
	_ = object.Set("Why", cim.StringValue("because"))
	return &wbem.Error{Status: wbem.VetoDelete, Detail: "no", Object: object}
}

func (e *echo) ExecMethod(ctx context.Context, r *provider.Request, key *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	out := cim.NewInstance(m.Signature(true))
	v, _ := in.Get("X")
	_ = out.Set("Y", cim.StringValue(fmt.Sprint(m.Name(), v, key == nil)))
	return out, out.Set("ReturnValue", cim.Uint32Value(7))
}

func (e *echo) GetProperty(ctx context.Context, r *provider.Request, p provider.PropertyRequest) (cim.Value, error) {
	return cim.StringValue(fmt.Sprint(p.Property.Name(), p.Path, p.ClassContext, p.InstanceContext, p.PropertyContext, e.stored)), nil
}

func (e *echo) PutProperty(ctx context.Context, r *provider.Request, p provider.PropertyRequest, v cim.Value) error {
	e.stored = v
	return nil
}

func (e *echo) ProvideEvents(ctx context.Context, r *provider.Request, raise func(*cim.Instance) error) error {
	c, err := r.Services.GetClass(ctx, "Tick", wbem.Options{})
	if err != nil {
		return err
	}
	for i := uint32(0); ctx.Err() == nil; i++ {
		event := cim.NewInstance(c)
		_ = event.Set("N", cim.Uint32Value(i))
		if err := raise(event); err != nil {
			return err
		}
	}
	return nil
}

func (e *echo) NewQuery(ctx context.Context, r *provider.Request, id uint32, q *wql.Select) error {
	e.watch = fmt.Sprint(id, q)
	return nil
}

func (e *echo) CancelQuery(ctx context.Context, r *provider.Request, id uint32) error {
	return cim.Errorf(wbem.NotFound, "%s %d", e.watch, id)
}

func (e *echo) AccessCheck(ctx context.Context, r *provider.Request, q *wql.Select) error {
	return wbem.AccessDenied
}

func (e *echo) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	u := &provider.Undelivered{Errs: make([]error, len(events))}
	u.Errs[len(events)-1] = provider.ErrNotAttempted
	u.Errs[1] = cim.Errorf(wbem.Failed, "%s %s", events[1].ID, events[1].Namespace)
	return u
}

func (e *echo) Validate(consumer *cim.Instance) error {
	return cim.Errorf(wbem.InvalidObject, "%s", consumer.ClassName())
}

// An opener serves each namespace with a value of its own.
type opener struct{}

func (opener) Open(ctx context.Context, env *provider.Environment) (any, error) {
	if env.Name == "Broken" {
		return nil, errors.New("it is broken")
	}
	return named(env.Namespace), nil
}

type named string

func (n named) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	return key, key.Set("A", cim.StringsValue([]string{string(n)}))
}

// A bad provider does what the key says.
type bad struct{}

func (bad) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	v, _ := key.Get("S")
	switch v.Text() {
	case "late-a", "late-b":
		fmt.Fprintln(os.Stderr, "I wait")
		select {}
	case "files":
		return key, key.Set("A", cim.StringsValue([]string{fileLimit()}))
	case "exit":
		fmt.Fprintln(os.Stderr, "I am leaving")
		os.Exit(3)
	case "panic":
		panic("at the disco")
	case "goroutine":
		go func() { panic("elsewhere") }()
		select {}
	case "plain":
		return nil, errors.New("a secret")
	case "hang":
		select {}
	case "freeze":
		freeze()
		select {}
	case "late":
		fmt.Fprintln(os.Stderr, "I wait")
		<-ctx.Done()
		time.Sleep(10 * time.Millisecond)
		fmt.Fprintln(os.Stderr, "too late")
	case "print":
		chunk := strings.Repeat("x", 1<<16)
		for range 64 {
			fmt.Println(chunk)
			fmt.Fprintln(os.Stderr, chunk)
		}
	case "memory":
		var held [][]byte
		for {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			held = append(held, b)
			if len(held) > 1<<10 {
				return nil, nil
			}
		}
	case "large":
		return key, key.Set("A", cim.StringsValue([]string{strings.Repeat("x", 4<<20)}))
	case "child":
		cmd := exec.Command(os.Args[0], "program", "child")
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		return key, key.Set("A", cim.StringsValue([]string{strconv.Itoa(cmd.Process.Pid)}))
	case "pid":
		return key, key.Set("A", cim.StringsValue([]string{strconv.Itoa(os.Getpid())}))
	}
	return key, nil
}

// Instances never ends.
func (bad) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		inst := cim.NewInstance(r.Class)
		_ = inst.Set("S", cim.StringValue(strings.Repeat("flood", 1000)))
		for yield(inst, nil) {
		}
	}
}

// A liar breaks the rules of the protocol as the key says.
type liar struct {
	pluginpb.UnimplementedProviderServer
}

func (liar) Describe(context.Context, *pluginpb.DescribeRequest) (*pluginpb.Description, error) {
	return &pluginpb.Description{Abilities: []pluginpb.Ability{pluginpb.Ability_GET}}, nil
}

// lies are the messages of a liar, by the key that asks for them.
var lies = map[string]func(class uint64) *pluginpb.FromProvider{
	"nothing":   func(uint64) *pluginpb.FromProvider { return done(nil) },
	"kindless":  func(uint64) *pluginpb.FromProvider { return &pluginpb.FromProvider{} },
	"class":     func(uint64) *pluginpb.FromProvider { return done(object(99)) },
	"classless": func(uint64) *pluginpb.FromProvider { return done(&pluginpb.Object{}) },
	"isclass": func(c uint64) *pluginpb.FromProvider {
		return done(&pluginpb.Object{IsClass: true, Class: object(c).Class})
	},
	"property": func(c uint64) *pluginpb.FromProvider { return done(object(c, "Nonsense", &pluginpb.Value{})) },
	"type": func(c uint64) *pluginpb.FromProvider {
		return done(object(c, "U8", &pluginpb.Value{Type: 8, Texts: []string{"x"}}))
	},
	"range": func(c uint64) *pluginpb.FromProvider {
		return done(object(c, "U8", &pluginpb.Value{Type: 17, Uints: []uint64{256}}))
	},
	"elements": func(c uint64) *pluginpb.FromProvider { return done(object(c, "U8", &pluginpb.Value{Type: 17})) },
	"mixed": func(c uint64) *pluginpb.FromProvider {
		return done(object(c, "U8", &pluginpb.Value{Type: 17, Uints: []uint64{1}, Texts: []string{"x"}}))
	},
	"notype": func(c uint64) *pluginpb.FromProvider { return done(object(c, "U8", &pluginpb.Value{Type: 1 << 20})) },
	"datetime": func(c uint64) *pluginpb.FromProvider {
		return done(object(c, "D", &pluginpb.Value{Type: 101, Texts: []string{"yesterday"}}))
	},
	"real": func(c uint64) *pluginpb.FromProvider {
		return done(object(c, "R4", &pluginpb.Value{Type: 4, Reals: []float64{0.1}}))
	},
	"objects": func(c uint64) *pluginpb.FromProvider {
		return &pluginpb.FromProvider{Message: &pluginpb.FromProvider_Objects{Objects: &pluginpb.Objects{Objects: []*pluginpb.Object{object(c)}}}}
	},
	"need": func(uint64) *pluginpb.FromProvider {
		return &pluginpb.FromProvider{Message: &pluginpb.FromProvider_NeedClass{NeedClass: 1 << 40}}
	},
	"deep": func(c uint64) *pluginpb.FromProvider {
		o := object(c)
		for range 100 {
			o = object(c, "O", &pluginpb.Value{Type: 13, Objects: []*pluginpb.Object{o}})
		}
		return done(o)
	},
	"silence": func(uint64) *pluginpb.FromProvider { return nil },
	"success": func(uint64) *pluginpb.FromProvider {
		return &pluginpb.FromProvider{Message: &pluginpb.FromProvider_Done{Done: &pluginpb.Done{Error: &pluginpb.Error{Status: 1}}}}
	},
}

func done(o *pluginpb.Object) *pluginpb.FromProvider {
	return &pluginpb.FromProvider{Message: &pluginpb.FromProvider_Done{Done: &pluginpb.Done{Object: o}}}
}

func object(class uint64, properties ...any) *pluginpb.Object {
	o := &pluginpb.Object{Class: &pluginpb.Object_ClassId{ClassId: class}}
	for i := 0; i < len(properties); i += 2 {
		o.Properties = append(o.Properties, &pluginpb.Property{Name: properties[i].(string), Value: properties[i+1].(*pluginpb.Value)})
	}
	return o
}

func (liar) Call(stream pluginpb.Provider_CallServer) error {
	m, err := stream.Recv()
	if err != nil {
		return err
	}
	r := m.GetRequest()
	key := ""
	for _, p := range r.Object.Properties {
		if p.Name == "S" {
			key = p.Value.Texts[0]
		}
	}
	message := lies[key](r.ClassId)
	if message == nil {
		return nil
	}
	if err := stream.Send(message); err != nil {
		return err
	}
	_, err = stream.Recv()
	return err
}

// A counter says how often it asks for a class.
type counter struct{ pluginpb.ProviderServer }

func (c counter) Call(stream pluginpb.Provider_CallServer) error {
	return c.ProviderServer.Call(countedStream{stream})
}

type countedStream struct{ pluginpb.Provider_CallServer }

func (s countedStream) Send(m *pluginpb.FromProvider) error {
	if m.GetNeedClass() != 0 {
		fmt.Fprintln(os.Stderr, "it needs class", m.GetNeedClass())
	}
	return s.Provider_CallServer.Send(m)
}

// An asker answers with what it has asked the namespace for.
type asker struct{}

func (asker) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	s := r.Services
	v, _ := key.Get("S")
	if v.Text() == "again" { // and again
		return s.GetInstance(ctx, cim.MustParsePath(`Asked.S="again"`), wbem.Options{})
	}
	c, err := s.GetClass(ctx, "Stored", wbem.Options{})
	if err != nil {
		return nil, err
	}
	inst := cim.NewInstance(c)
	_ = inst.Set("K", cim.StringValue("new"))
	_ = inst.Set("N", cim.Uint32Value(9))
	path, err := s.PutInstance(ctx, inst, wbem.Options{})
	if err != nil {
		return nil, err
	}
	said := []string{s.Server() + " " + s.Namespace() + " " + path.RelPath()}
	inst, err = s.GetInstance(ctx, path, wbem.Options{})
	if err != nil {
		return nil, err
	}
	n, _ := inst.Get("N")
	said = append(said, fmt.Sprint(n))
	for inst, err := range s.Instances(ctx, "Stored", wbem.Options{}) {
		if err != nil {
			return nil, err
		}
		k, _ := inst.Get("K")
		said = append(said, k.Text())
	}
	if err := s.DeleteInstance(ctx, path, wbem.Options{}); err != nil {
		return nil, err
	}
	_, err = s.GetInstance(ctx, path, wbem.Options{})
	said = append(said, wbem.StatusOf(err).Name())
	return key, key.Set("A", cim.StringsValue(said))
}

// A namer names classes as a program does that has no use for numbers.
type namer struct {
	pluginpb.UnimplementedProviderServer
}

func (namer) Describe(context.Context, *pluginpb.DescribeRequest) (*pluginpb.Description, error) {
	return &pluginpb.Description{Abilities: []pluginpb.Ability{pluginpb.Ability_GET}}, nil
}

func (namer) Call(stream pluginpb.Provider_CallServer) error {
	m, err := stream.Recv()
	if err != nil {
		return err
	}
	o := m.GetRequest().Object
	o.Class = &pluginpb.Object_ClassName{ClassName: "asked"}
	return stream.Send(done(o))
}
