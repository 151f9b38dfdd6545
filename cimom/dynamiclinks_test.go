package cimom_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/wbem"
)

// A web has objects 0 to n-1 of each of its classes C0, C1, ..., and of each class
// of links L0, L1, ... as many links, from an object of one class of objects to that
// of the same number of another.
type web struct {
	n int

	mu    sync.Mutex // guards what follows
	asked []string
	made  int // instances
}

const webClasses, webLinks = 20, 60

func webMOF() string {
	var b strings.Builder
	b.WriteString(register("Web") + `[abstract] class C { [key] uint32 Id; };`)
	for i := range webClasses {
		fmt.Fprintf(&b, `[dynamic, provider("Web")] class C%d : C { };`, i)
	}
	for i := range webLinks {
		// They lead from a class to one of the next three.
		fmt.Fprintf(&b, `[dynamic, provider("Web"), association] class L%d { [key] C%d ref Antecedent; [key] C%d ref Dependent; };`,
			i, i%webClasses, (i+1+i/webClasses)%webClasses)
	}
	return b.String()
}

func openWeb(t testing.TB, n int) (*web, wbem.Services) {
	w := &web{n: n}
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE", Providers: map[string]any{"Web": w},
		MOF: []byte("#pragma namespace(\"\\\\\\\\.\\\\root\\\\cimv2\")\n" + webMOF())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	s, err := m.Connect(t.Context(), "", wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return w, s
}

func (w *web) make(r *provider.Request, id uint32) *cim.Instance {
	w.mu.Lock()
	w.made++
	w.mu.Unlock()
	inst := cim.NewInstance(r.Class)
	for k, p := range r.Class.Properties() {
		if p.Type() == cim.TypeReference {
			inst.Put(k, cim.ReferenceValue(fmt.Sprintf("%s.Id=%d", p.Class(), id)))
		} else {
			inst.Put(k, cim.Uint32Value(id))
		}
	}
	return inst
}

func (w *web) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, fmt.Sprintf(format, args...))
}

func (w *web) GetInstance(_ context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	if id, _ := key.Get("Id"); id.Uint() < uint64(w.n) {
		return w.make(r, uint32(id.Uint())), nil
	}
	return nil, wbem.NotFound
}

func (w *web) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return w.QueryInstances(ctx, r, &provider.Query{})
}

func (w *web) QueryInstances(_ context.Context, r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		if len(q.Conditions) == 0 {
			w.note("%s", r.Class.Name())
			for id := range uint32(w.n) {
				if !yield(w.make(r, id), nil) {
					return
				}
			}
			return
		}
		c := q.Conditions[0]
		w.note("%s %s=%v", r.Class.Name(), c.Property, c.In)
		wanted := r.Class.Property(c.Property).Class()
		for _, v := range c.In {
			p, err := cim.ParsePath(v.Text())
			if err != nil || !cim.EqualNames(p.Class, wanted) {
				continue
			}
			var id uint32
			if _, err := fmt.Sscan(p.Keys[0].Text, &id); err == nil && int(id) < w.n && !yield(w.make(r, id), nil) {
				return
			}
		}
	}
}

// An association query asks only for classes that can lead to the object, and of
// these only what does. wql.md 9.3, steps 2 and 3
func TestLinksAsked(t *testing.T) {
	w, s := openWeb(t, 100)
	run := func(query string) (results, made int, asked []string) {
		w.asked, w.made = nil, 0
		for _, err := range s.Query(t.Context(), "WQL", query, wbem.Options{}) {
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			results++
		}
		slices.Sort(w.asked)
		return results, w.made, w.asked
	}
	const in = `=[\\HERE\root\cimv2:C5.Id=7 \\HERE\root\cimv2:C.Id=7]`
	all := []string{"L4 Dependent", "L23 Dependent", "L42 Dependent", "L5 Antecedent", "L25 Antecedent", "L45 Antecedent"}
	for i := range all {
		all[i] += in
	}
	slices.Sort(all)
	results, made, asked := run("REFERENCES OF {C5.Id=7}")
	equal(t, "asked", asked, all)
	if results != 6 || made != 7 { // the object and its links
		t.Errorf("%d references, of %d instances that were made", results, made)
	}
	results, made, asked = run("ASSOCIATORS OF {C5.Id=7} WHERE Role = Antecedent")
	equal(t, "asked with a role", asked, []string{"L25 Antecedent" + in, "L45 Antecedent" + in, "L5 Antecedent" + in})
	if results != 3 || made != 7 { // the object, its links, and where they lead
		t.Errorf("%d associators, of %d instances that were made", results, made)
	}
	_, _, asked = run("ASSOCIATORS OF {C5.Id=7} WHERE AssocClass = L45")
	equal(t, "asked for a class", asked, []string{"L45 Antecedent" + in})
}

// BenchmarkAssociators follows the links of an object among 60 classes of links
// with 10,000 instances each.
func BenchmarkAssociators(b *testing.B) {
	w, s := openWeb(b, 10000)
	for b.Loop() {
		n := 0
		for _, err := range s.Query(b.Context(), "WQL", "ASSOCIATORS OF {C5.Id=7}", wbem.Options{}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 6 {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(w.made)/float64(b.N), "instances/op")
}
