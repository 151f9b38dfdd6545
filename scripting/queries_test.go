package scripting_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/scripting"
	"openwmi/wbem"
)

// An oracle is a session that answers every query with the same results, and
// writes down what it is asked.
type oracle struct {
	wbem.Services
	asked   []string // language, flags, query
	results []any    // objects and errors
	refuse  error    // before the start
}

func (o *oracle) Query(ctx context.Context, language, query string, opts wbem.Options) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		o.asked = append(o.asked, fmt.Sprintf("%s 0x%X %s", language, uint32(opts.Flags), query))
		if o.refuse != nil {
			yield(nil, o.refuse)
			return
		}
		wbem.Started(ctx)
		for _, r := range o.results {
			object, _ := r.(cim.Object)
			err, _ := r.(error)
			if !yield(object, err) {
				return
			}
		}
	}
}

// ask returns a session over an oracle in front of that of the fixture.
func (f *fixture) ask(results ...any) (*oracle, *scripting.Services) {
	o := &oracle{Services: f.Session(), results: results}
	return o, scripting.NewServices(o)
}

// took compares what the oracle was asked since.
func (o *oracle) took(f *fixture, want ...string) {
	f.Helper()
	f.equal(o.asked, want)
	o.asked = nil
}

func (f *fixture) object(path string) cim.Object {
	f.Helper()
	o, err := wbem.Get(f.Context(), f.Session(), path, wbem.Options{})
	if err != nil {
		f.Fatal(err)
	}
	return o
}

// What a query asks of the namespace, and what becomes of its results.
func TestExecQuery(t *testing.T) {
	f := newFixture(t)
	f.store("B", "Id", "1")
	o, s := f.ask(f.object(`B.Id="1"`), f.object("D"))
	for _, mode := range []scripting.Flags{0, immediately, scripting.FlagForwardOnly, immediately | scripting.FlagForwardOnly} {
		set, err := s.ExecQuery("SELECT * FROM X", "wql", mode, nil)
		f.ok(err)
		f.equal(paths(set), `B.Id="1" D`)
		o.took(f, "wql 0x100 SELECT * FROM X")
	}
	all := scripting.FlagNoErrorObject | scripting.FlagDirectRead | scripting.FlagUseAmendedQualifiers | scripting.FlagEnsureLocatable
	set, err := s.ExecQuery("SELECT * FROM X", "WQL", all, nil)
	f.ok(err)
	f.equal(set.Security().ImpersonationLevel(), s.Security().ImpersonationLevel())
	n, err := set.Count()
	f.equal([]any{n, err}, []any{2, nil})
	_, err = s.ExecQuery("SELECT * FROM X", "WQL", scripting.QueryFlagPrototype, nil)
	f.ok(err)
	r := newRecorder()
	f.ok(s.ExecQueryAsync(&r.Sink, "SELECT * FROM X", "WQL", scripting.FlagSendStatus, nil, named("q")))
	r.want(t, `ready B.Id="1" [q]`, "ready D [q]", "completed NoErr [q]")
	o.took(f, "WQL 0x20300 SELECT * FROM X", "WQL 0x2 SELECT * FROM X", "WQL 0x100 SELECT * FROM X")
}

// Where the errors of a query appear, and what they say.
func TestExecQueryFails(t *testing.T) {
	f := newFixture(t)
	f.store("B", "Id", "1")
	o, s := f.ask(f.object(`B.Id="1"`), cim.Errorf(wbem.InvalidQuery, "FRM is no FROM"))
	const bad = "SELECT * FRM X"
	_, err := s.ExecQuery(bad, "WQL", 0, nil)
	f.status(err, wbem.InvalidQuery)
	last, err := s.LastError()
	f.ok(err)
	f.value(last.Object, "Operation", "ExecQuery")
	f.value(last.Object, "ParameterInfo", bad)
	set, err := s.ExecQuery(bad, "WQL", immediately, nil)
	f.ok(err)
	f.equal(paths(set), `B.Id="1" InvalidQuery`)
	f.status(second(set.Count()), wbem.InvalidQuery)

	r := newRecorder()
	f.ok(s.ExecQueryAsync(&r.Sink, bad, "WQL", 0, nil, nil))
	r.want(t, `ready B.Id="1"`, "completed InvalidQuery")
	f.value(r.errors[0].Object, "Operation", "ExecQuery")
	f.value(r.errors[0].Object, "ParameterInfo", bad)

	o.refuse = wbem.InvalidQueryType
	f.status(second(s.ExecQuery(bad, "SQL", immediately, nil)), wbem.InvalidQueryType)
	f.status(s.ExecQueryAsync(&r.Sink, bad, "SQL", 0, nil, nil), wbem.InvalidQueryType)
	f.status(s.ExecQueryAsync(nil, bad, "WQL", 0, nil, nil), wbem.InvalidParameter)
	r.nothing(t)
}

// The flags that each member knows (scripting-api.md 5.2), one at a time.
func TestQueryFlags(t *testing.T) {
	const (
		none   = scripting.FlagNoErrorObject
		texts  = scripting.FlagUseAmendedQualifiers
		query  = scripting.QueryFlagPrototype | scripting.FlagDirectRead | scripting.FlagEnsureLocatable | texts | none
		set    = scripting.FlagReturnImmediately | scripting.FlagForwardOnly
		status = scripting.FlagSendStatus
	)
	type flags = scripting.Flags
	f := newFixture(t)
	_, s := f.ask()
	path := f.store("B", "Id", "1")
	inst, err := s.Get(path, 0, nil)
	f.ok(err)
	sink := &scripting.Sink{}
	for name, test := range map[string]struct {
		known flags
		call  func(flags) error
	}{
		"ExecQuery":      {query | set, func(n flags) error { return second(s.ExecQuery("q", "WQL", n, nil)) }},
		"ExecQueryAsync": {query | status, func(n flags) error { return s.ExecQueryAsync(sink, "q", "WQL", n, nil, nil) }},
		"AssociatorsOf": {texts | none | set, func(n flags) error {
			return second(s.AssociatorsOf(path, "", "", "", "", false, false, "", "", n, nil))
		}},
		"AssociatorsOfAsync": {texts | none | status, func(n flags) error {
			return s.AssociatorsOfAsync(sink, path, "", "", "", "", false, false, "", "", n, nil, nil)
		}},
		"ReferencesTo": {texts | none | set, func(n flags) error {
			return second(s.ReferencesTo(path, "", "", false, false, "", n, nil))
		}},
		"ReferencesToAsync": {texts | none | status, func(n flags) error {
			return s.ReferencesToAsync(sink, path, "", "", false, false, "", n, nil, nil)
		}},
		"Associators_": {texts | none | set, func(n flags) error {
			return second(inst.Associators("", "", "", "", false, false, "", "", n, nil))
		}},
		"AssociatorsAsync_": {texts | none | status, func(n flags) error {
			return inst.AssociatorsAsync(sink, "", "", "", "", false, false, "", "", n, nil, nil)
		}},
		"References_": {texts | none | set, func(n flags) error {
			return second(inst.References("", "", false, false, "", n, nil))
		}},
		"ReferencesAsync_": {texts | none | status, func(n flags) error {
			return inst.ReferencesAsync(sink, "", "", false, false, "", n, nil, nil)
		}},
	} {
		for bit := range 32 {
			n, want := flags(1)<<bit, wbem.OK
			if test.known&n == 0 {
				want = wbem.InvalidParameter
			}
			if err := test.call(n); wbem.StatusOf(err) != want {
				t.Errorf("%s with flags 0x%X: %v", name, uint32(n), err)
			}
		}
	}
}

// exec runs a query and returns the paths that it finds, or with which status
// the call failed.
func (f *fixture) exec(query string, flags scripting.Flags) string {
	f.Helper()
	set, err := f.ExecQuery(query, "WQL", flags, nil)
	return found(set, err)
}

// found returns the paths of a set by name, or the status of the call.
func found(set *scripting.ObjectSet, err error) string {
	if err != nil {
		return "failed " + wbem.StatusOf(err).Name()
	}
	defer set.Close()
	out := strings.Fields(paths(set))
	slices.Sort(out)
	return strings.Join(out, " ")
}

// scripting-api.md#20 to scripting-api.md#25: queries.
func TestQueries(t *testing.T) {
	f := newFixture(t)
	f.store("B", "Id", "1", "S", "x")
	f.store("D", "Id", "2", "S", "y")
	f.status(second(f.ExecQuery("SELECT * FROM B", "SQL", immediately, nil)), wbem.InvalidQueryType) // scripting-api.md#20
	f.status(second(f.ExecQuery("", "WQL", immediately, nil)), wbem.InvalidParameter)                // scripting-api.md#21
	f.status(second(f.ExecQuery("SELECT * FROM B", "", immediately, nil)), wbem.InvalidParameter)
	for _, mode := range []scripting.Flags{0, scripting.FlagForwardOnly, immediately, immediately | scripting.FlagForwardOnly} {
		failed := "failed " // scripting-api.md#22
		if mode&immediately != 0 {
			failed = "" // scripting-api.md#23: when the set is used
		}
		f.equal(f.exec("bad text", mode), failed+"InvalidQuery")
		f.equal(f.exec("SELECT Nope FROM B", mode), failed+"InvalidQuery")
		f.equal(f.exec("SELECT * FROM Dummy", mode), failed+"InvalidClass")
		f.equal(f.exec("SELECT * FROM B", mode), `B.Id="1" D.Id="2"`)
		f.equal(f.exec(`SELECT S FROM B WHERE S = "Y"`, mode), `D.Id="2"`)
		f.equal(f.exec("SELECT * FROM KI", mode), "")
		f.equal(f.exec("SELECT * FROM meta_class WHERE __THIS ISA 'M'", mode), "M M2")
	}

	// The description says where a query is wrong.
	var failure *scripting.Error
	if _, err := f.ExecQuery("SELECT *\nFRM B", "WQL", 0, nil); !errors.As(err, &failure) || !strings.Contains(failure.Description, ":2:1: ") {
		t.Errorf("error %+v", failure)
	}

	// scripting-api.md#24: objects have a path though no key was asked for.
	set, err := f.ExecQuery("SELECT N FROM B WHERE S = 'x'", "wql", immediately, nil)
	f.ok(err)
	o, err := set.ItemIndex(0)
	f.ok(err)
	f.equal(o.Path().Path(), `\\HOST\root\t:B.Id="1"`)
	f.value(o, "N", int32(7))
	f.status(second(o.Get("S")), wbem.UnknownName)

	// scripting-api.md#25: a prototype.
	set, err = f.ExecQuery("SELECT N, S, N FROM B", "WQL", immediately|scripting.QueryFlagPrototype, nil)
	f.ok(err)
	n, err := set.Count()
	f.equal([]any{n, err}, []any{1, nil})
	o, err = set.ItemIndex(0)
	f.ok(err)
	f.value(o, "__GENUS", int32(1))
	f.equal(o.Properties().Count(), 2)
	for name, want := range map[string][]any{"N": {int32(0), int32(2)}, "S": {int32(1)}} {
		p, err := o.Properties().Item(name, 0)
		f.ok(err)
		qualifiers, err := p.Qualifiers()
		f.ok(err)
		order, err := qualifiers.Item("Order", 0)
		f.ok(err)
		got, err := order.Value()
		f.ok(err)
		f.equal(got, any(want))
	}
}

// async-and-security.md#6: what is wrong with a query goes to OnCompleted.
func TestQueryAsync(t *testing.T) {
	f := newFixture(t)
	f.store("B", "Id", "1")
	r := newRecorder()
	f.ok(f.ExecQueryAsync(&r.Sink, "SELECT * FRM B", "WQL", 0, nil, named("q")))
	r.want(t, "completed InvalidQuery [q]")
	f.value(r.errors[0].Object, "Operation", "ExecQuery")
	f.value(r.errors[0].Object, "ParameterInfo", "SELECT * FRM B")
	f.ok(f.ExecQueryAsync(&r.Sink, "SELECT * FROM B", "WQL", 0, nil, nil))
	r.want(t, `ready B.Id="1"`, "completed NoErr")
	f.status(f.ExecQueryAsync(&r.Sink, "SELECT * FROM B", "SQL", 0, nil, nil), wbem.InvalidQueryType)
	r.nothing(t)
}
