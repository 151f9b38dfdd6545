package cimom_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wbem"
)

// A post is an EventConsumer that keeps the events that it gets.
type post struct {
	mu   sync.Mutex
	got  []string
	fail error
	gate chan struct{} // what Consume waits for; nil for nothing
}

func (p *post) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	p.mu.Lock()
	gate := p.gate
	p.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil && consumer.ClassName() == "Failing" {
		return p.fail
	}
	name, _ := consumer.Get("Name")
	for _, e := range events {
		p.got = append(p.got, name.Text()+" "+e.Namespace+" "+tell(e.Instance))
	}
	return nil
}

// Validate refuses consumers that are called so.
func (p *post) Validate(consumer *cim.Instance) error {
	if name, _ := consumer.Get("Name"); name.Text() == "refused" {
		return cim.Errorf(wbem.InvalidParameter, "nobody is called so")
	}
	return nil
}

// taken returns what came since it was asked last, a line for each event.
func (p *post) taken() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := strings.Join(p.got, "\n")
	p.got = nil
	return got
}

func (p *post) set(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fn()
}

// tell returns the class of an event and what matters in it.
func tell(inst *cim.Instance) string {
	var b strings.Builder
	b.WriteString(inst.ClassName())
	for k, p := range inst.Class().Properties() {
		v := inst.At(k)
		switch {
		case v.IsNull(), p.Name() == "TIME_CREATED", p.Name() == "SECURITY_DESCRIPTOR", p.Name() == "CreatorSID":
		case v.Object() != nil:
			b.WriteString(" " + p.Name() + "={" + tell(v.Object().(*cim.Instance)) + "}")
		default:
			b.WriteString(" " + p.Name() + "=" + v.String())
		}
	}
	return b.String()
}

// A station is an object manager with consumers.
type station struct {
	*testing.T
	m    *cimom.Manager
	post *post
	log  *bytes.Buffer
}

const stationMOF = `
	#pragma namespace("\\\\.\\root\\subscription")
	class Posted : __EventConsumer { [key] string Name; };
	class Failing : Posted { };
	instance of __Win32Provider as $P { Name = "Post"; };
	instance of __EventConsumerProviderRegistration { provider = $P; ConsumerClassNames = {"Posted"}; };
	#pragma namespace("\\\\.\\root\\cimv2")
	class Item { [key] string Id; sint32 N; };
	class Alarm : __ExtrinsicEvent { uint32 Level; };`

var (
	administrator = (*wbem.Identity)(nil) // the user of this process
	alice         = &wbem.Identity{Name: "nobody-alice", Level: 6}
	bob           = &wbem.Identity{Name: "nobody-bob", Level: 6}
)

// inStation runs a test with a station over a store in memory, in a bubble.
func inStation(t *testing.T, run func(s *station)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, "", map[string]any{})
		defer s.close()
		run(s)
	})
}

// newStation opens a store; "" is one in memory.
func newStation(t *testing.T, dir string, providers map[string]any) *station {
	t.Helper()
	s := &station{T: t, post: &post{}, log: &bytes.Buffer{}}
	providers["Post"] = s.post
	o := cimom.Options{Server: "HERE", Providers: providers, MOF: []byte(stationMOF),
		Logger: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	var err error
	if dir == "" {
		s.m, err = cimom.OpenMemory(o)
	} else {
		s.m, err = cimom.Open(dir, o)
	}
	if err != nil {
		t.Fatal(err)
	}
	secure(t, s.m, "root", anybody)
	return s
}

func (s *station) close() {
	s.Helper()
	verify(s.T, s.m)
	if err := s.m.Close(); err != nil {
		s.Error(err)
	}
}

// A locator connects as somebody.
type locator struct {
	*cimom.Manager
	who *wbem.Identity
}

func (l locator) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	o.Identity = l.who
	return l.Manager.Connect(ctx, namespace, o)
}

func (s *station) tryCompile(who *wbem.Identity, mof string) error {
	p, err := compile.ParseText(s.Context(), compile.Options{}, "station.mof", []byte("#pragma namespace(\"\\\\\\\\.\\\\root\\\\subscription\")\n"+mof))
	if err == nil {
		_, err = p.Store(s.Context(), locator{s.m, who})
	}
	return err
}

func (s *station) compile(who *wbem.Identity, mof string) {
	s.Helper()
	if err := s.tryCompile(who, mof); err != nil {
		s.Fatal(err)
	}
}

func (s *station) connect(who *wbem.Identity, namespace string) wbem.Services {
	s.Helper()
	svc, err := locator{s.m, who}.Connect(s.Context(), namespace, wbem.ConnectOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return svc
}

func (s *station) delete(path string) {
	s.Helper()
	if err := s.connect(administrator, `root\subscription`).DeleteInstance(s.Context(), cim.MustParsePath(path), wbem.Options{}); err != nil {
		s.Fatal(err)
	}
}

// put puts an Item and waits for what comes of it.
func (s *station) put(who *wbem.Identity, id string) {
	s.Helper()
	svc := s.connect(who, `root\cimv2`)
	c, err := svc.GetClass(s.Context(), "Item", wbem.Options{})
	if err == nil {
		_, err = svc.PutInstance(s.Context(), fillIn(s.T, cim.NewInstance(c), "Id", id), wbem.Options{})
	}
	if err != nil {
		s.Fatal(err)
	}
	synctest.Wait()
}

// raise publishes an Alarm and waits for what comes of it.
func (s *station) raise(who *wbem.Identity, level int) {
	s.Helper()
	svc := s.connect(who, `root\cimv2`)
	c, err := svc.GetClass(s.Context(), "Alarm", wbem.Options{})
	if err == nil {
		inst := cim.NewInstance(c)
		if err = inst.Set("Level", cim.Uint32Value(uint32(level))); err == nil {
			err = svc.(wbem.Publisher).Publish(s.Context(), inst, wbem.Options{})
		}
	}
	if err != nil {
		s.Fatal(err)
	}
	synctest.Wait()
}

// states returns what is listed of all permanent subscriptions, in short.
func (s *station) states() string {
	s.Helper()
	var b strings.Builder
	for p, err := range s.connect(administrator, "root").(wbem.SubscriptionLister).PermanentSubscriptions(s.Context()) {
		if err != nil {
			s.Fatal(err)
		}
		name := p.Filter + " -> " + p.Consumer
		b.WriteString(strings.ReplaceAll(name, `\\HERE\root\subscription:`, "") + ": " + string(p.State) + "\n")
	}
	return strings.TrimSpace(b.String())
}

// Texts of MOF for a filter, a consumer and the binding of both.

func filterMOF(name, query string, more ...string) string {
	return `instance of __EventFilter { Name = "` + name + `"; EventNamespace = "root\\cimv2"; QueryLanguage = "WQL"; Query = "` +
		strings.ReplaceAll(query, `"`, `\"`) + `"; ` + strings.Join(more, " ") + " };\n"
}

func postedMOF(name string, more ...string) string {
	return `instance of Posted { Name = "` + name + `"; ` + strings.Join(more, " ") + " };\n"
}

func bindMOF(filter, consumer string, more ...string) string {
	return `instance of __FilterToConsumerBinding { Filter = "__EventFilter.Name=\"` + filter + `\""; Consumer = "` +
		strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(consumer) + `"; ` + strings.Join(more, " ") + " };\n"
}

const (
	newItems = `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "Item"`
	alarms   = `SELECT * FROM Alarm`
)

func (s *station) wants(want ...string) {
	s.Helper()
	synctest.Wait()
	equal(s.T, "events", s.post.taken(), strings.Join(want, "\n"))
}
