package permanent_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/event/permanent"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/provider"
)

const namespace = `root\test`

// A fixture is permanent subscriptions over a repository with some classes.
type fixture struct {
	testing.TB
	*permanent.Subscriptions
	store  kv.Store
	repo   *repository.Repository
	ns     *repository.Namespace
	broker *event.Broker
	box    *box
}

// bubble runs a test with a fixture, in a bubble, in which time passes when
// everybody waits.
func bubble(t *testing.T, run func(f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		defer f.close()
		run(f)
	})
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	repo, err := repository.Open(store, repository.Options{Server: "SERVER"})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{TB: t, store: store, repo: repo, box: &box{}}
	f.update(createClasses)
	if f.ns, err = repo.Namespace(namespace); err != nil {
		t.Fatal(err)
	}
	f.start(f.box)
	return f
}

// start starts the subscriptions; with no consumer nothing is delivered.
func (f *fixture) start(consumer provider.EventConsumer) {
	f.Helper()
	f.openWith(permanent.Options{Consumer: consumer})
}

func (f *fixture) openWith(o permanent.Options) {
	f.Helper()
	var err error
	if f.broker, err = event.New(f.repo, event.Options{}); err != nil {
		f.Fatal(err)
	}
	f.Subscriptions = permanent.New(f.repo, f.broker, o)
	f.Start()
	f.Settle(context.Background())
}

// stop ends the subscriptions, but not the repository.
func (f *fixture) stop() {
	f.Subscriptions.Close()
	f.broker.Close()
}

func (f *fixture) close() {
	f.Helper()
	f.stop()
	if err := f.repo.Close(); err != nil {
		f.Error(err)
	}
}

// createClasses makes the namespace of the tests.
func createClasses(tx *repository.Tx) error {
	ns, err := tx.CreateNamespace(namespace)
	if err != nil {
		return err
	}
	key := cim.Qualifiers{{Name: "Key", Value: cim.BoolValue(true)}}
	for _, d := range []*cim.ClassDecl{
		{Name: "T_Item", Properties: []cim.PropertyDecl{
			{Name: "Id", Type: cim.TypeString, Qualifiers: key}, {Name: "N", Type: cim.TypeSint32}, {Name: "S", Type: cim.TypeString}}},
		{Name: "T_Event", Super: "__ExtrinsicEvent", Properties: []cim.PropertyDecl{{Name: "N", Type: cim.TypeSint32}}},
		{Name: "T_Consumer", Super: "__EventConsumer", Properties: []cim.PropertyDecl{{Name: "Name", Type: cim.TypeString, Qualifiers: key}}},
	} {
		if _, err := tx.PutClass(ns, d, 0); err != nil {
			return err
		}
	}
	return nil
}

func (f *fixture) update(fn func(tx *repository.Tx) error) {
	f.Helper()
	if err := f.repo.Update(context.Background(), kv.Durable, fn); err != nil {
		f.Fatal(err)
	}
}

// spawn returns an instance with properties in pairs of name and value.
func spawn(ns *repository.Namespace, class string, pairs ...any) (*cim.Instance, error) {
	c, err := ns.Class(class)
	if err != nil {
		return nil, err
	}
	return fill(c, pairs...)
}

func fill(c *cim.Class, pairs ...any) (*cim.Instance, error) {
	inst := cim.NewInstance(c)
	for i := 0; i < len(pairs); i += 2 {
		var v cim.Value
		switch x := pairs[i+1].(type) {
		case string:
			v = cim.TextValue(c.Property(pairs[i].(string)).Type(), x)
		case int:
			v = cim.NumberValue(c.Property(pairs[i].(string)).Type(), uint64(x))
		case bool:
			v = cim.BoolValue(x)
		case []byte:
			v = cim.BytesValue(x)
		}
		if err := inst.Set(pairs[i].(string), v); err != nil {
			return nil, err
		}
	}
	return inst, nil
}

// put puts an instance and waits until it is in force.
func (f *fixture) put(class string, pairs ...any) {
	f.Helper()
	f.putIn(f.ns, class, pairs...)
}

func (f *fixture) putIn(ns *repository.Namespace, class string, pairs ...any) {
	f.Helper()
	inst, err := spawn(ns, class, pairs...)
	if err != nil {
		f.Fatal(err)
	}
	f.update(func(tx *repository.Tx) error {
		_, err := tx.PutInstance(ns, inst, 0, nil)
		return err
	})
	f.Settle(context.Background())
}

func (f *fixture) delete(path string) {
	f.Helper()
	f.update(func(tx *repository.Tx) error { return tx.DeleteInstance(f.ns, cim.MustParsePath(path)) })
	f.Settle(context.Background())
}

func (f *fixture) publish(n int) {
	f.Helper()
	inst, err := spawn(f.ns, "T_Event", "N", n)
	if err == nil {
		err = f.broker.Publish(context.Background(), namespace, nil, inst)
	}
	if err != nil {
		f.Fatal(err)
	}
}

// subscribe connects a filter and a consumer, both of that name.
func (f *fixture) subscribe(name, query string, binding ...any) {
	f.Helper()
	f.put("__EventFilter", "Name", name, "Query", query, "QueryLanguage", "WQL")
	f.put("T_Consumer", "Name", name)
	f.bind(name, name, binding...)
}

func (f *fixture) bind(filter, consumer string, more ...any) {
	f.Helper()
	f.put("__FilterToConsumerBinding", append([]any{
		"Filter", fmt.Sprintf(`__EventFilter.Name="%s"`, filter), "Consumer", fmt.Sprintf(`T_Consumer.Name="%s"`, consumer)}, more...)...)
}

// states returns what List says in short.
func (f *fixture) states() string {
	f.Helper()
	all, err := f.List(context.Background(), func(string) bool { return true })
	if err != nil {
		f.Fatal(err)
	}
	var lines []string
	for _, p := range all {
		path := p.Binding + p.Filter
		if p.Binding == "" {
			path += p.Consumer
		}
		path = strings.TrimPrefix(path, `\\SERVER\root\test:__FilterToConsumerBinding.`)
		lines = append(lines, fmt.Sprintf("%s: %s %d", path, p.State, p.Queued))
	}
	return strings.Join(lines, "\n")
}

// A box is a consumer that keeps what it gets.
type box struct {
	mu    sync.Mutex
	got   []string
	ids   []string
	fail  func(consumer, event string) error
	block chan struct{} // if not nil, what Consume waits for
}

func (b *box) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	b.mu.Lock()
	block, fail := b.block, b.fail
	b.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	name, _ := consumer.Get("Name")
	errs := make([]error, len(events))
	failed := false
	for i, e := range events {
		text := describe(e.Instance)
		if fail != nil {
			errs[i] = fail(name.Text(), text)
		}
		if failed = failed || errs[i] != nil; errs[i] != nil {
			continue
		}
		b.got = append(b.got, name.Text()+": "+text)
		b.ids = append(b.ids, e.ID)
	}
	if failed {
		return &provider.Undelivered{Errs: errs}
	}
	return nil
}

// set changes how the box behaves.
func (b *box) set(fn func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fn()
}

// take returns what the box got and empties it.
func (b *box) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.got
	b.got, b.ids = nil, nil
	return got
}

// describe returns the class of an object and its properties that are not NULL,
// by name, without times and creators.
func describe(o cim.Object) string {
	var b strings.Builder
	b.WriteString(strings.TrimPrefix(o.ClassName(), "__"))
	inst, ok := o.(*cim.Instance)
	if !ok {
		return "class " + b.String()
	}
	for k, p := range inst.Class().Properties() {
		v := inst.At(k)
		if v.IsNull() || p.Name() == "TIME_CREATED" || p.Name() == "CreatorSID" || p.Name() == "SECURITY_DESCRIPTOR" {
			continue
		}
		b.WriteString(" " + p.Name() + "=")
		if v.Object() != nil {
			b.WriteString("{" + describe(v.Object()) + "}")
		} else {
			b.WriteString(v.String())
		}
	}
	return b.String()
}
