package event_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/event"
	"openwmi/internal/kv"
	"openwmi/internal/query"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

const namespace = `root\test`

// A fixture is a broker over a repository with the classes of wql.md 15.
type fixture struct {
	testing.TB
	*event.Broker
	repo *repository.Repository
	ns   *repository.Namespace
	dyn  *dynamic
}

// bubble runs a test with a fixture in a bubble, in which time passes when
// everybody waits.
func bubble(t *testing.T, o event.Options, run func(f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, o)
		run(f)
		f.close()
	})
}

func newFixture(t testing.TB, o event.Options) *fixture {
	t.Helper()
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return fixtureOver(t, store, o)
}

func fixtureOver(t testing.TB, store kv.Store, o event.Options) *fixture {
	t.Helper()
	repo, err := repository.Open(store, repository.Options{Server: "SERVER"})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{TB: t, repo: repo, dyn: &dynamic{}}
	f.update(func(tx *repository.Tx) (err error) {
		f.ns, err = tx.CreateNamespace(namespace)
		return err
	})
	for _, d := range fixtureClasses() {
		f.putClass(d)
	}
	if o.Poller == nil {
		o.Poller = f.dyn
	}
	f.open(o)
	return f
}

// open starts a broker.
func (f *fixture) open(o event.Options) {
	f.Helper()
	var err error
	if f.Broker, err = event.New(f.repo, o); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) close() {
	f.Helper()
	f.Broker.Close()
	if err := f.repo.Close(); err != nil {
		f.Error(err)
	}
}

func prop(name string, t cim.Type, qualifiers ...string) cim.PropertyDecl {
	return cim.PropertyDecl{Name: name, Type: t, Qualifiers: marks(qualifiers...)}
}

func marks(names ...string) (qs cim.Qualifiers) {
	for _, n := range names {
		name, value, ok := strings.Cut(n, "=")
		q := cim.Qualifier{Name: name, Value: cim.BoolValue(true)}
		if ok {
			q.Value = cim.StringValue(value)
		}
		qs = append(qs, q)
	}
	return qs
}

func fixtureClasses() []*cim.ClassDecl {
	emb := prop("E", cim.TypeObject)
	emb.Class = "T_Emb"
	return []*cim.ClassDecl{
		{Name: "T_Emb", Properties: []cim.PropertyDecl{prop("X", cim.TypeSint32), prop("Y", cim.TypeString)}},
		{Name: "T_EmbSub", Super: "T_Emb", Properties: []cim.PropertyDecl{prop("Z", cim.TypeSint32)}},
		{Name: "T_Base", Properties: []cim.PropertyDecl{
			prop("Id", cim.TypeString, "key"), prop("N", cim.TypeSint32), prop("S", cim.TypeString), emb}},
		{Name: "T_Sub", Super: "T_Base", Properties: []cim.PropertyDecl{prop("Extra", cim.TypeString)}},
		{Name: "T_Event", Super: "__ExtrinsicEvent", Properties: []cim.PropertyDecl{
			prop("Level", cim.TypeSint32), prop("Who", cim.TypeString)}},
		dynClass("T_Dyn"),
	}
}

func dynClass(name string) *cim.ClassDecl {
	return &cim.ClassDecl{Name: name, Qualifiers: marks("dynamic", "provider=P"), Properties: []cim.PropertyDecl{
		prop("K", cim.TypeString, "key"), prop("V", cim.TypeUint32)}}
}

func (f *fixture) update(fn func(tx *repository.Tx) error) {
	f.Helper()
	if err := f.repo.Update(context.Background(), kv.Durable, fn); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) putClass(d *cim.ClassDecl) {
	f.Helper()
	f.update(func(tx *repository.Tx) error {
		_, err := tx.PutClass(f.ns, d.Clone(), 0)
		return err
	})
}

func (f *fixture) deleteClass(name string) {
	f.Helper()
	f.update(func(tx *repository.Tx) error { return tx.DeleteClass(f.ns, name) })
}

// inst returns an instance with properties in pairs of name and value.
func (f *fixture) inst(class string, pairs ...any) *cim.Instance {
	f.Helper()
	c, err := f.ns.Class(class)
	if err != nil {
		f.Fatal(err)
	}
	inst := cim.NewInstance(c)
	for i := 0; i < len(pairs); i += 2 {
		k := c.PropertyIndex(pairs[i].(string))
		if k < 0 {
			f.Fatalf("class %s has no property %s", class, pairs[i])
		}
		inst.Put(k, value(c.Properties()[k].Type(), pairs[i+1]))
	}
	return inst
}

func value(t cim.Type, x any) cim.Value {
	switch x := x.(type) {
	case string:
		return cim.TextValue(t, x)
	case int:
		return cim.NumberValue(t, uint64(x))
	case bool:
		return cim.BoolValue(x)
	case cim.Object:
		return cim.ObjectValue(x)
	case float64:
		return cim.Real64Value(x)
	case []byte:
		return cim.BytesValue(x)
	case []string:
		return cim.StringsValue(x)
	}
	return cim.Value{}
}

func (f *fixture) put(class string, pairs ...any) {
	f.Helper()
	inst := f.inst(class, pairs...)
	f.update(func(tx *repository.Tx) error {
		_, err := tx.PutInstance(f.ns, inst, 0, nil)
		return err
	})
}

func (f *fixture) delete(path string) {
	f.Helper()
	f.update(func(tx *repository.Tx) error { return tx.DeleteInstance(f.ns, cim.MustParsePath(path)) })
}

func (f *fixture) publish(class string, pairs ...any) {
	f.Helper()
	if err := f.Publish(context.Background(), namespace, nil, f.inst(class, pairs...)); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) subscribe(query string) *event.Subscription {
	f.Helper()
	s, err := f.Subscribe(context.Background(), event.Spec{Namespace: namespace, Query: query})
	if err != nil {
		f.Fatalf("%s: %v", query, err)
	}
	f.Cleanup(func() { s.Close() })
	return s
}

// next returns the next event in words; it waits for no longer than a second.
func next(s *event.Subscription) string { return nextWithin(s, time.Second) }

func nextWithin(s *event.Subscription, d time.Duration) string {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	inst, err := s.Next(ctx)
	var lost *event.Overflow
	switch {
	case errors.As(err, &lost):
		return fmt.Sprintf("lost %d", lost.Lost)
	case errors.Is(err, wbem.Timeout) && ctx.Err() != nil:
		return "nothing"
	case err != nil:
		return wbem.StatusOf(err).Name()
	}
	return describe(inst)
}

// wants fails if the next events are others.
func wants(f *fixture, s *event.Subscription, want ...string) {
	f.Helper()
	var got []string
	for range want {
		got = append(got, next(s))
	}
	if d := cmp.Diff(want, got); d != "" {
		f.Errorf("events (-want +got):\n%s", d)
	}
}

// describe returns the class of an event and its properties that are not NULL,
// by name, without TIME_CREATED.
func describe(o cim.Object) string {
	var b strings.Builder
	b.WriteString(strings.TrimPrefix(o.ClassName(), "__"))
	inst, ok := o.(*cim.Instance)
	if !ok {
		return "class " + b.String()
	}
	sep := "{"
	for k, p := range inst.Class().Properties() {
		v := inst.At(k)
		if v.IsNull() || p.Name() == "TIME_CREATED" {
			continue
		}
		b.WriteString(sep + p.Name() + "=")
		if v.Object() != nil {
			b.WriteString(describe(v.Object()))
		} else {
			b.WriteString(v.String())
		}
		sep = " "
	}
	if sep == " " {
		b.WriteString("}")
	}
	return b.String()
}

// dynamic is the Poller of the tests: the instances of dynamic classes.
type dynamic struct {
	mu      sync.Mutex
	insts   []*cim.Instance
	err     error
	reads   int
	queries []string // one a read
	slow    time.Duration
	whose   map[*wbem.Identity]bool

	onRead func() // is called before each read; may be nil
}

func (d *dynamic) set(insts ...*cim.Instance) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.insts = insts
}

func (d *dynamic) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

func (d *dynamic) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reads
}

// hasRead reports whether it was read for somebody.
func (d *dynamic) hasRead(who *wbem.Identity) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.whose[who]
}

func (d *dynamic) Snapshot(ctx context.Context, _ string, q *wql.Select, who *wbem.Identity) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		if d.onRead != nil {
			d.onRead()
		}
		if d.slow > 0 {
			select {
			case <-time.After(d.slow):
			case <-ctx.Done():
			}
		}
		d.mu.Lock()
		d.reads++
		d.queries = append(d.queries, q.String())
		if d.whose == nil {
			d.whose = map[*wbem.Identity]bool{}
		}
		d.whose[who] = true
		insts, err := d.insts, d.err
		d.mu.Unlock()
		for _, inst := range insts {
			if !inst.Class().IsA(q.Class.Name) {
				continue
			}
			filter, err := query.CompileFilter(inst.Class(), q.Where, query.FilterOptions{})
			if err != nil {
				yield(nil, err)
				return
			}
			if filter.Match(query.ObjectRow(inst)) && !yield(inst.Clone(), nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// TestNoGoroutines proves that a broker leaves none behind, and has none while
// nothing happens.
func TestNoGoroutines(t *testing.T) {
	f := newFixture(t, event.Options{})
	before := runtime.NumGoroutine()
	for i := range 100 {
		f.subscribe(fmt.Sprintf(`SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Base" AND TargetInstance.N = %d`, i))
	}
	f.put("T_Base", "Id", "a", "N", 5)
	if n := runtime.NumGoroutine() - before; n > 10 {
		t.Errorf("%d goroutines for 100 subscriptions", n)
	}
	f.close()
}

// mustRel returns the path of an instance.
func mustRel(f *fixture, inst *cim.Instance) cim.Path {
	f.Helper()
	p, ok := cim.RelPath(inst)
	if !ok {
		f.Fatalf("an instance of %s has no path", inst.ClassName())
	}
	return p
}

func named(name string) *wbem.Identity { return &wbem.Identity{Name: name} }
