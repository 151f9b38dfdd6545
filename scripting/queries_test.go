package scripting_test

import (
	"context"
	"fmt"
	"iter"
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
