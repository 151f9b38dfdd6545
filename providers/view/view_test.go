package view_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/providers/view"
	"openwmi/wbem"
)

// A store is an object manager with the view provider and a provider of counted
// sources.
type store struct {
	*cimom.Manager
	counter *counter
}

// open returns a store with namespaces root\a and root\b, in each of which the
// providers are registered, and some MOF.
func open(t testing.TB, o view.Options, mof string) *store {
	t.Helper()
	views := view.New(o)
	s := &store{counter: &counter{}}
	var err error
	s.Manager, err = cimom.OpenMemory(cimom.Options{Server: "HERE", Providers: map[string]any{
		view.CLSID: views, "Counter": s.counter,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.compile(t, namespaces+mof)
	return s
}

func (s *store) compile(t testing.TB, mof string) {
	t.Helper()
	p, err := compile.ParseText(t.Context(), compile.Options{}, "test.mof", []byte(mof))
	if err == nil {
		_, err = p.Store(t.Context(), s)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *store) connect(t testing.TB, namespace string) wbem.Services {
	t.Helper()
	svc, err := s.Connect(t.Context(), namespace, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

const counted = `
	instance of __Win32Provider { Name = "Counter"; };
	instance of __InstanceProviderRegistration {
		provider = "__Win32Provider.Name=\"Counter\""; SupportsGet = TRUE; SupportsEnumeration = TRUE; QuerySupportLevels = {"WQL:UnarySelect"};
	};
	[dynamic, provider("Counter")] class Counted { [key] uint32 Id; string Name; uint32 Size; };
`

const namespaces = `
	#pragma namespace("\\\\.\\root")
	instance of __Namespace { Name = "a"; };
	instance of __Namespace { Name = "b"; };
	#pragma namespace("\\\\.\\root\\b")
` + view.Registration + counted + `
	#pragma namespace("\\\\.\\root\\a")
` + view.Registration + counted

// A counter has a hundred instances of a class, and keeps what it was asked.
type counter struct {
	mu    sync.Mutex // guards asked
	asked []string
}

func (c *counter) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, fmt.Sprintf(format, args...))
}

// taken returns what was asked since it was called last.
func (c *counter) taken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.asked
	c.asked = nil
	slices.Sort(asked)
	return asked
}

func (c *counter) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	c.note("%s all", r.Namespace)
	return c.all(r, nil)
}

func (c *counter) QueryInstances(ctx context.Context, r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	var conds []string
	for _, cond := range q.Conditions {
		if cond.In != nil {
			conds = append(conds, fmt.Sprint(cond.Property, "=", cond.In))
		} else {
			conds = append(conds, fmt.Sprint(cond.Property, " ", cond.Low, "..", cond.High))
		}
	}
	c.note("%s %s of %s", r.Namespace, strings.Join(conds, ","), strings.Join(q.Properties, ","))
	return c.all(r, q)
}

func (c *counter) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	id, _ := key.Get("Id")
	c.note("%s get %v", r.Namespace, id)
	if id.Uint() >= 100 {
		return nil, wbem.NotFound
	}
	return numbered(r.Class, uint32(id.Uint())), nil
}

func numbered(c *cim.Class, id uint32) *cim.Instance {
	inst := cim.NewInstance(c)
	_ = inst.Set("Id", cim.Uint32Value(id))
	_ = inst.Set("Name", cim.StringValue(fmt.Sprintf("n%d", id)))
	_ = inst.Set("Size", cim.Uint32Value(id*10))
	return inst
}

func (c *counter) all(r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		for id := range uint32(100) {
			if q != nil {
				if ids, ok := q.Values("Id"); ok && !slices.ContainsFunc(ids, func(v cim.Value) bool { return v.Uint() == uint64(id) }) {
					continue
				}
			}
			if !yield(numbered(r.Class, id), nil) {
				return
			}
		}
	}
}

// rows returns what a query finds, an instance a line, sorted.
func rows(t testing.TB, s wbem.Services, query string) []string {
	t.Helper()
	found, err := tryRows(t.Context(), s, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return found
}

func tryRows(ctx context.Context, s wbem.Services, query string) ([]string, error) {
	found := []string{}
	for obj, err := range s.Query(ctx, "WQL", query, wbem.Options{}) {
		if err != nil {
			return found, err
		}
		found = append(found, line(obj.(*cim.Instance)))
	}
	slices.Sort(found)
	return found, nil
}

func line(inst *cim.Instance) string {
	var b strings.Builder
	b.WriteString(inst.ClassName())
	for k, p := range inst.Class().Properties() {
		fmt.Fprintf(&b, " %s=%v", p.Name(), inst.At(k))
	}
	return b.String()
}

func get(t testing.TB, s wbem.Services, path string) *cim.Instance {
	t.Helper()
	inst, err := s.GetInstance(t.Context(), cim.MustParsePath(path), wbem.Options{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return inst
}

func wantRows(t testing.TB, s wbem.Services, query string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), rows(t, s, query)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", query, diff)
	}
}

func wantStatus(t testing.TB, what string, err error, want wbem.Status) {
	t.Helper()
	if cim.StatusOf(err) != want {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}
