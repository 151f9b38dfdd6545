package cimom_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// A querier is a shelf that takes queries, and notes what it is asked.
type querier struct {
	*shelf
	seen []string
	err  error
}

func (p *querier) QueryInstances(ctx context.Context, r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	var b strings.Builder
	fmt.Fprintf(&b, "query %s", r.Class.Name())
	for _, c := range q.Conditions {
		fmt.Fprintf(&b, " %s in %v from %v to %v", c.Property, c.In, c.Low, c.High)
	}
	fmt.Fprintf(&b, " of %v", q.Properties)
	if q.Select != nil {
		fmt.Fprintf(&b, " for %s", q.Select)
	}
	p.seen = append(p.seen, b.String())
	if p.err != nil {
		return func(yield func(*cim.Instance, error) bool) { yield(nil, p.err) }
	}
	return func(yield func(*cim.Instance, error) bool) {
		for _, row := range p.rows {
			if row.Class().Name() == r.Class.Name() && fits(row, q) && !yield(row.Clone(), nil) {
				return
			}
		}
	}
}

// fits reports whether an instance has the values that a query wants, as far as
// these are known.
func fits(row *cim.Instance, q *provider.Query) bool {
	for _, p := range row.Class().Properties() {
		v, _ := row.Get(p.Name())
		if values, ok := q.Values(p.Name()); ok && !slices.ContainsFunc(values, v.EqualFold) {
			return false
		}
	}
	return true
}

func (l *lab) query(text string) []string {
	l.Helper()
	var out []string
	for o, err := range l.Query(l.Context(), "WQL", text, wbem.Options{}) {
		if err != nil {
			out = append(out, cim.StatusOf(err).Name())
			break
		}
		out = append(out, show(o.(*cim.Instance)))
	}
	return out
}

// A provider gets what a query wants of it, and everything it delivers is looked
// at again. wql.md 14
func TestQueryProvider(t *testing.T) {
	p := &querier{shelf: &shelf{}}
	l := newLab(t, map[string]any{"P1": p}, register("P1")+`[dynamic, provider("P1")] class Dyn { [key] string Id; sint32 N; string V; };`)
	for i, id := range []string{"a", "b", "c"} {
		p.rows = append(p.rows, l.spawn("Dyn", "Id", id, "N", i, "V", "v"+id))
	}
	for _, test := range []struct {
		query, asked string
		want         []string
	}{
		{`SELECT * FROM Dyn`, `query Dyn of [] for SELECT * FROM Dyn`, []string{"Dyn Id=a N=0 V=va", "Dyn Id=b N=1 V=vb", "Dyn Id=c N=2 V=vc"}},
		{`SELECT V FROM Dyn WHERE N > 0 AND Dyn.V LIKE "%v%"`,
			`query Dyn N in [] from 1 to NULL of [N V] for SELECT V FROM Dyn WHERE N > 0 AND V LIKE "%v%"`, []string{"Dyn V=vb", "Dyn V=vc"}},
		{`SELECT * FROM Dyn WHERE N = 1 OR N = 2`,
			`query Dyn N in [1 2] from NULL to NULL of [] for SELECT * FROM Dyn WHERE N = 1 OR N = 2`, []string{"Dyn Id=b N=1 V=vb", "Dyn Id=c N=2 V=vc"}},
		{`SELECT * FROM Dyn WHERE Id = "B"`, "", []string{"Dyn Id=b N=1 V=vb"}},
		{`SELECT * FROM Dyn WHERE Id = "x"`, "", nil},
		{`SELECT * FROM Dyn WHERE Nope = 1`, "", []string{"InvalidQuery"}},
	} {
		p.seen = nil
		equal(t, test.query, l.query(test.query), test.want)
		equal(t, test.query, strings.Join(p.seen, ""), test.asked)
	}
	p.calls()
	l.query(`SELECT * FROM Dyn WHERE Id = "B"`)
	equal(t, "a query by key", p.calls(), "get Dyn")

	// One that cannot answer a query is asked for everything.
	p.err = cim.Errorf(wbem.ProviderNotCapable, "too complex")
	equal(t, "enumerated", l.query(`SELECT Id FROM Dyn WHERE N = 1`), []string{"Dyn Id=b"})
	equal(t, "calls", p.calls(), "enumerate Dyn")
	p.err = wbem.AccessDenied
	equal(t, "failed", l.query(`SELECT Id FROM Dyn WHERE N = 1`), []string{"AccessDenied"})
}

// Where several providers have parts of the same objects, a condition on a
// part says nothing about the whole.
func TestQueryHierarchy(t *testing.T) {
	p1, p2 := &querier{shelf: &shelf{}}, &querier{shelf: &shelf{}}
	l := newLab(t, map[string]any{"P1": p1, "P2": p2}, register("P1", "P2")+`
		class Any { [key] string Id; };
		[dynamic, provider("P1")] class Dyn : Any { string V; };
		[dynamic, provider("P2")] class Dyn2 : Dyn { sint32 N; };`)
	p1.rows = []*cim.Instance{l.spawn("Dyn", "Id", "a", "V", "x"), l.spawn("Dyn", "Id", "b", "V", "x"), l.spawn("Dyn", "Id", "c", "V", "x")}
	p2.rows = []*cim.Instance{l.spawn("Dyn2", "Id", "b", "N", 2), l.spawn("Dyn2", "Id", "c", "V", "y", "N", 3)}
	l.put("Any", "Id", "b")
	equal(t, "V", l.query(`SELECT * FROM Dyn WHERE V = "x" AND Id < "z"`), []string{"Dyn2 Id=b N=2 V=x", "Dyn Id=a V=x"})
	equal(t, "asked", append(p1.seen, p2.seen...), []string{"query Dyn Id in [] from NULL to z of []", "query Dyn2 Id in [] from NULL to z of []"})
	equal(t, "all", l.query(`SELECT * FROM Any`), []string{"Dyn2 Id=b N=2 V=x", "Dyn2 Id=c N=3 V=y", "Dyn Id=a V=x"})
	equal(t, "key", l.query(`SELECT * FROM Any WHERE Id = "b"`), []string{"Dyn2 Id=b N=2 V=x"})
	equal(t, "class", l.query(`SELECT * FROM Any WHERE __CLASS = "Dyn"`), []string{"Dyn Id=a V=x"})
}

// Links and what they link may come from providers.
func TestAssociatedByProvider(t *testing.T) {
	p := &shelf{}
	l := newLab(t, map[string]any{"P1": p}, register("P1")+`
		class Kept { [key] string Id; };
		[dynamic, provider("P1")] class Dyn { [key] string Id; };
		[association, dynamic, provider("P1")] class Link { [key] Kept ref Left; [key] Dyn ref Right; };`)
	l.put("Kept", "Id", "k")
	p.rows = []*cim.Instance{
		l.spawn("Dyn", "Id", "1"), l.spawn("Dyn", "Id", "2"),
		l.spawn("Link", "Left", `Kept.Id="k"`, "Right", `Dyn.Id="2"`),
	}
	equal(t, "associators", l.query(`ASSOCIATORS OF {Kept.Id="k"}`), []string{"Dyn Id=2"})
	equal(t, "back", l.query(`ASSOCIATORS OF {Dyn.Id="2"}`), []string{"Kept Id=k"})
	equal(t, "none", l.query(`ASSOCIATORS OF {Dyn.Id="1"}`), nil)
	equal(t, "references", l.query(`REFERENCES OF {Kept.Id="k"}`), []string{`Link Left=Kept.Id="k" Right=Dyn.Id="2"`})
}
