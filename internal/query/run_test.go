package query_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/provider"
	"openwmi/wql"
)

// rows fills a class T_Row with n instances and returns the space.
func rows(t testing.TB, n int) *space {
	t.Helper()
	s := newSpace(t)
	c := s.class(t, "T_Row { [key] uint32 Id; uint32 N; string S; }")
	var list []*cim.Instance
	for i := range n {
		list = append(list, instance(t, c, "Id", i, "N", i%10, "S", fmt.Sprint("row ", i)))
	}
	s.put(t, list...)
	return s
}

// each runs a plan and calls fn with each object.
func (s *space) each(ctx context.Context, text string, o query.Options, fn func(cim.Object) bool) error {
	p, err := s.prepare(text, o)
	if err != nil {
		return err
	}
	v, err := s.View()
	if err != nil {
		return err
	}
	defer v.Close()
	for obj, err := range p.Run(ctx, v) {
		if err != nil {
			return err
		}
		if !fn(obj) {
			return nil
		}
	}
	return nil
}

func TestBudget(t *testing.T) {
	s := rows(t, 1000)
	all := func(cim.Object) bool { return true }
	for _, c := range []struct {
		name, query string
		b           query.Budget
		want        string // in the message; "" if the query ends well
	}{
		{"default", `SELECT * FROM T_Row`, query.Budget{}, ""},
		{"enough rows", `SELECT * FROM T_Row`, query.Budget{Rows: 1000}, ""},
		{"rows", `SELECT * FROM T_Row WHERE N = 5`, query.Budget{Rows: 100}, "the 100 rows that it may look at, after it looked at 100 rows and returned 10 objects"},
		{"rows of a key", `SELECT * FROM T_Row WHERE Id = 5`, query.Budget{Rows: 1}, ""},
		{"rows of a schema", `SELECT * FROM meta_class`, query.Budget{Rows: 1}, "1 rows"},
		{"no bound", `SELECT * FROM T_Row`, query.Budget{Rows: -1, Time: -1, Memory: -1}, ""},
	} {
		err := s.each(t.Context(), c.query, query.Options{Budget: c.b}, all)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (!errors.Is(err, cim.QuotaViolation) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want QuotaViolation with %q", c.name, err, c.want)
		}
	}
}

// The time of a query counts the time of its reader.
func TestTimeBudget(t *testing.T) {
	s := rows(t, 1000)
	synctest.Test(t, func(t *testing.T) {
		n := 0
		err := s.each(t.Context(), `SELECT * FROM T_Row`, query.Options{Budget: query.Budget{Time: time.Minute}}, func(cim.Object) bool {
			n++
			time.Sleep(time.Second)
			return true
		})
		if !errors.Is(err, cim.QuotaViolation) || !strings.Contains(err.Error(), "1m0s") || n > 200 {
			t.Errorf("%d objects, %v", n, err)
		}
	})
}

func TestCancel(t *testing.T) {
	s := rows(t, 10000)
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err := s.each(ctx, `SELECT * FROM T_Row`, query.Options{}, func(cim.Object) bool {
		if n++; n == 10 {
			cancel()
		}
		return true
	})
	if !errors.Is(err, context.Canceled) || n > 100 {
		t.Errorf("%d objects, %v", n, err)
	}
	if err := s.each(ctx, `SELECT * FROM T_Row WHERE Id = 1`, query.Options{}, func(cim.Object) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("begun after the end: %v", err)
	}
	n = 0
	if err := s.each(t.Context(), `SELECT * FROM T_Row`, query.Options{}, func(cim.Object) bool { n++; return n < 10 }); err != nil || n != 10 {
		t.Errorf("left: %d objects, %v", n, err)
	}
}

// A fake is a Source with instances in memory.
type fake struct {
	space     *space
	instances []*cim.Instance
	keyless   bool // it cannot be asked for single instances
	fails     map[string]error
	asked     []string // what it was asked for
}

func (f *fake) classes(c *cim.Class, deep bool) (list []*cim.Class) {
	add := func(c *cim.Class) {
		if c.IsDynamic() {
			list = append(list, c)
		}
	}
	add(c)
	if deep {
		for d, err := range f.space.Subclasses(c.Name(), true) {
			if err == nil {
				add(d)
			}
		}
	}
	return list
}

func (f *fake) Queried(context.Context, *cim.Class) bool { return true }

func (f *fake) Provided(_ context.Context, c *cim.Class, deep bool) ([]*cim.Class, error) {
	return f.classes(c, deep), nil
}

func (f *fake) Instance(_ context.Context, c *cim.Class, path cim.Path, direct bool) (*cim.Instance, error) {
	f.asked = append(f.asked, "get "+path.RelPath())
	if f.keyless {
		return nil, cim.ProviderNotCapable
	}
	for _, inst := range f.instances {
		p, _ := cim.RelPath(inst)
		if inst.Class().IsA(c.Name()) && (!direct || inst.Class() == c) && cim.EqualNames(p.Keys[0].Text, path.Keys[0].Text) {
			return inst.Clone(), f.fails[inst.ClassName()]
		}
	}
	return nil, cim.NotFound
}

func (f *fake) Instances(_ context.Context, c *cim.Class, deep bool, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	ask := "all " + c.Name()
	for _, cond := range q.Conditions {
		ask += fmt.Sprintf(" %s%v %v..%v", cond.Property, cond.In, cond.Low, cond.High)
	}
	f.asked = append(f.asked, ask)
	return func(yield func(*cim.Instance, error) bool) {
		for _, d := range f.classes(c, deep) {
			for _, inst := range f.instances {
				if inst.Class() == d && f.fails[d.Name()] == nil && !yield(inst.Clone(), nil) {
					return
				}
			}
		}
		for _, d := range f.classes(c, deep) {
			if err := f.fails[d.Name()]; err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

func TestProviders(t *testing.T) {
	s := newSpace(t)
	base := s.class(t, "P_Base { [key] string Id; uint32 V; }")
	one := s.class(t, "[dynamic, provider=One] P_One : P_Base { }")
	two := s.class(t, "[dynamic, provider=Two] P_Two : P_Base { }")
	link := s.class(t, "[dynamic, provider=One, Association] P_Link { [key] P_Base ref Src; [key] P_Base ref Dst; }")
	s.put(t, instance(t, base, "Id", "s1", "V", 1), instance(t, base, "Id", "s2", "V", 2), instance(t, base, "Id", "p2", "V", 99))
	ref := func(path string) cim.Value { return cim.ReferenceValue(path) }
	f := &fake{space: s}
	f.instances = []*cim.Instance{
		instance(t, one, "Id", "p1", "V", 1), instance(t, one, "Id", "p2", "V", 2), instance(t, two, "Id", "q1", "V", 1),
		instance(t, link, "Src", ref(`P_Base.Id="s1"`), "Dst", ref(`P_One.Id="p1"`)),
		instance(t, link, "Src", ref(`P_Two.Id="q1"`), "Dst", ref(`P_Base.Id="s1"`)),
		instance(t, link, "Src", ref(`P_Base.Id="s2"`), "Dst", ref(`P_Base.Id="gone"`)),
	}
	for _, c := range []struct {
		name, query, want, asked string
		o                        query.Options
		keyless                  bool
		fails                    map[string]error
	}{
		{name: "all", query: `SELECT * FROM P_Base`, want: "p1 p2 q1 s1 s2", asked: "all P_Base"},
		{name: "condition", query: `SELECT * FROM P_Base WHERE V = 1 AND Id > 'p'`, want: "p1 q1 s1", asked: "all P_Base Id[] p..NULL V[1] NULL..NULL"},
		{name: "the provider has the last word", query: `SELECT * FROM P_Base WHERE V = 99`, want: "", asked: "all P_Base V[99] NULL..NULL"},
		{name: "key", query: `SELECT * FROM P_Base WHERE Id = 'P1'`, want: "p1", asked: `get P_Base.Id="P1"`},
		{name: "keys", query: `SELECT * FROM P_Base WHERE (Id = 'p1' OR Id = 's1') AND V < 5`, want: "p1 s1", asked: `get P_Base.Id="p1"; get P_Base.Id="s1"`},
		{name: "key of a provider that only enumerates", query: `SELECT * FROM P_One WHERE Id = 'p1'`, want: "p1", asked: `get P_One.Id="p1"; all P_One Id[p1] NULL..NULL`, keyless: true},
		{name: "class", query: `SELECT * FROM P_Base WHERE __CLASS = 'P_Two'`, want: "q1", asked: "all P_Base"},
		{name: "static class", query: `SELECT * FROM P_Base WHERE __CLASS = 'P_Base' AND V = 99`, want: "p2"},
		{name: "direct", query: `SELECT * FROM P_Base`, o: query.Options{DirectRead: true}, want: "p2 s1 s2"},
		{name: "one fails", query: `SELECT * FROM P_Base WHERE V < 9`, want: "p1 p2 s1 s2 SPartialResults", asked: "all P_Base V[] NULL..8", fails: map[string]error{"P_Two": cim.ProviderFailure}},
		{name: "the only one fails", query: `SELECT * FROM P_Two`, want: "ProviderFailure", asked: "all P_Two", fails: map[string]error{"P_Two": cim.ProviderFailure}},
		{name: "the links", query: `REFERENCES OF {P_Base="s1"}`, want: "q1>s1 s1>p1", asked: "*"},
		{name: "the ends", query: `ASSOCIATORS OF {P_Base="s1"}`, want: "p1 q1", asked: "*"},
		{name: "from a provided object", query: `ASSOCIATORS OF {P_Two="q1"}`, want: "s1", asked: "*"},
		{name: "only the links to it", query: `REFERENCES OF {P_Two="q1"}`, want: "q1>s1", asked: `get P_Two="q1"; ` +
			`all P_Link Dst[\\SERVER\root\test:P_Two.Id="q1" \\SERVER\root\test:P_Base.Id="q1"] NULL..NULL; ` +
			`all P_Link Src[\\SERVER\root\test:P_Two.Id="q1" \\SERVER\root\test:P_Base.Id="q1"] NULL..NULL`},
		{name: "only in that role", query: `REFERENCES OF {P_Base="s1"} WHERE Role = Dst`, want: "q1>s1",
			asked: `get P_Base="s1"; all P_Link Dst[\\SERVER\root\test:P_Base.Id="s1"] NULL..NULL`},
		{name: "no end", query: `ASSOCIATORS OF {P_Base="s2"}`, want: "", asked: "*"},
		{name: "the links fail", query: `ASSOCIATORS OF {P_Base="s1"}`, want: "ProviderFailure", asked: "*", fails: map[string]error{"P_Link": cim.ProviderFailure}},
		{name: "an end that must not be seen", query: `ASSOCIATORS OF {P_Base="s1"}`, want: "p1", asked: "*", fails: map[string]error{"P_Two": cim.AccessDenied}},
		{name: "an end that fails", query: `ASSOCIATORS OF {P_Base="s1"}`, want: "p1 SPartialResults", asked: "*", fails: map[string]error{"P_Two": cim.ProviderFailure}},
		{name: "no source", query: `SELECT * FROM P_Nobody`, want: "InvalidClass"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.asked, f.keyless, f.fails = nil, c.keyless, c.fails
			c.o.Source = f
			if got := s.answer(c.query, c.o); got != c.want {
				t.Errorf("%s\n got: %s\nwant: %s", c.query, got, c.want)
			}
			if asked := strings.Join(f.asked, "; "); c.asked != "*" && asked != c.asked {
				t.Errorf("%s\nasked: %s\n want: %s", c.query, asked, c.asked)
			}
		})
	}
	if got := s.answer(`SELECT * FROM P_Base`, query.Options{}); got != "p2 s1 s2 SPartialResults" {
		t.Errorf("without a source: %s", got)
	}
	if err := s.each(t.Context(), `SELECT * FROM P_Base`, query.Options{Source: f, Budget: query.Budget{Memory: 20}}, func(cim.Object) bool { return true }); !errors.Is(err, cim.QuotaViolation) {
		t.Errorf("memory: %v", err)
	}
}

// A provider that hangs is left when the context ends.
func TestProviderContext(t *testing.T) {
	s := newSpace(t)
	s.class(t, "[dynamic, provider=One] P_One { [key] string Id; }")
	synctest.Test(t, func(t *testing.T) {
		o := query.Options{Source: hanging{}, Budget: query.Budget{Time: time.Minute}}
		err := s.each(t.Context(), `SELECT * FROM P_One`, o, func(cim.Object) bool { return true })
		if !errors.Is(err, cim.QuotaViolation) {
			t.Error(err)
		}
	})
}

type hanging struct{}

func (hanging) Queried(context.Context, *cim.Class) bool { return false }

func (hanging) Provided(_ context.Context, c *cim.Class, _ bool) ([]*cim.Class, error) {
	return []*cim.Class{c}, nil
}

func (hanging) Instance(ctx context.Context, _ *cim.Class, _ cim.Path, _ bool) (*cim.Instance, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (hanging) Instances(ctx context.Context, _ *cim.Class, _ bool, _ *provider.Query) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		<-ctx.Done()
		yield(nil, ctx.Err())
	}
}

// A query reads one state of the namespace, whatever is written meanwhile: the
// two rows always have the same N.
func TestOneState(t *testing.T) {
	s := newSpace(t)
	c := s.class(t, "T_Row { [key] string Id; [indexed] uint32 N; }")
	put := func(n int) { s.put(t, instance(t, c, "Id", "x", "N", n), instance(t, c, "Id", "y", "N", n)) }
	put(0)
	begin := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		n := 0
		for range begin {
			for range 5 {
				n++
				put(n)
			}
		}
	}()
	for _, text := range []string{`SELECT * FROM T_Row`, `SELECT * FROM T_Row WHERE N >= 0`, `SELECT N FROM T_Row WHERE Id = 'x' OR Id = 'y'`} {
		for range 50 {
			begin <- struct{}{} // the puts are made while the query runs
			objects, err := s.query(text, query.Options{})
			if err != nil || len(objects) != 2 {
				t.Errorf("%s: %d objects, %v", text, len(objects), err)
				continue
			}
			x, _ := objects[0].(*cim.Instance).Get("N")
			y, _ := objects[1].(*cim.Instance).Get("N")
			if !x.Equal(y) {
				t.Errorf("%s: %v and %v", text, x, y)
			}
		}
	}
	close(begin)
	<-done
}

// One plan serves many goroutines.
func TestConcurrentRuns(t *testing.T) {
	s := newFixture(t)
	q, err := wql.Parse(`SELECT N, E.X FROM T_Base WHERE N > 1 OR S LIKE 'c%'`)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	p, err := query.Prepare(t.Context(), v, q, query.Options{})
	v.Close()
	if err != nil {
		t.Fatal(err)
	}
	before := p.String()
	errs := make(chan error)
	for range 8 {
		go func() {
			v, err := s.View()
			n := 0
			if err == nil {
				for _, e := range p.Run(context.Background(), v) {
					n, err = n+1, e
				}
				v.Close()
			}
			if err == nil && n != 3 {
				err = fmt.Errorf("%d objects", n)
			}
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if p.String() != before {
		t.Error("a run has changed the plan")
	}
}

func TestShow(t *testing.T) {
	s := newFixture(t)
	shown := func(c *cim.Class) (*cim.Class, error) { return c.At(&cim.Origin{Server: "shown"}), nil }
	for _, text := range []string{`SELECT * FROM T_Base`, `SELECT N FROM T_Base`, `SELECT * FROM meta_class WHERE __THIS ISA "T_Base"`, `ASSOCIATORS OF {T_Base="a"}`} {
		objects, err := s.query(text, query.Options{Show: shown})
		if err != nil || len(objects) == 0 {
			t.Errorf("%s: %v", text, err)
		}
		if !slices.ContainsFunc(objects, func(o cim.Object) bool { return o.Definition().Origin().Server == "shown" }) {
			t.Errorf("%s: not shown", text)
		}
	}
}
