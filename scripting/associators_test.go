package scripting_test

import (
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/scripting"
	"openwmi/wbem"
	"openwmi/wql"
)

// The query that stands behind each combination of filters.
func TestAssociationQueries(t *testing.T) {
	f := newFixture(t)
	path := f.store("B", "Id", `a"}b`)
	o, s := f.ask()
	inst, err := s.Get(path, 0, nil)
	f.ok(err)
	class, err := s.Get("D", 0, nil)
	f.ok(err)
	for _, test := range []struct {
		call func() (*scripting.ObjectSet, error)
		want string
	}{
		{func() (*scripting.ObjectSet, error) {
			return s.AssociatorsOf(path, "", "", "", "", false, false, "", "", 0, nil)
		}, `ASSOCIATORS OF {B.Id="a\"}b"}`},
		{func() (*scripting.ObjectSet, error) {
			return s.AssociatorsOf(`\\host\ROOT\T:k2.c=2,A='x'`, "L", "R", "Left", "Right", false, false, "Q1", "Q2", 0, nil)
		}, `ASSOCIATORS OF {k2.A="x",c=2} WHERE AssocClass = L ResultRole = Left RequiredAssocQualifier = Q1` +
			` ResultClass = R Role = Right RequiredQualifier = Q2`},
		{func() (*scripting.ObjectSet, error) {
			return s.AssociatorsOf("SG=@", "__L", "", "", "", true, false, "", "", 0, nil)
		}, `ASSOCIATORS OF {SG=@} WHERE AssocClass = __L ClassDefsOnly`},
		{func() (*scripting.ObjectSet, error) {
			return s.ReferencesTo(`B="1"`, "R", "Left", false, false, "Q", 0, nil)
		}, `REFERENCES OF {B="1"} WHERE ResultClass = R Role = Left RequiredQualifier = Q`},
		{func() (*scripting.ObjectSet, error) {
			return s.ReferencesTo("B", "", "", false, true, "", 0, nil)
		}, `REFERENCES OF {B} WHERE SchemaOnly`},
		{func() (*scripting.ObjectSet, error) {
			return inst.Associators("L", "R", "Left", "Right", false, false, "Q1", "Q2", 0, nil)
		}, `ASSOCIATORS OF {B.Id="a\"}b"} WHERE AssocClass = L ResultRole = Left RequiredAssocQualifier = Q1` +
			` ResultClass = R Role = Right RequiredQualifier = Q2`},
		{func() (*scripting.ObjectSet, error) {
			return class.Associators("", "", "", "", false, true, "", "", 0, nil)
		}, `ASSOCIATORS OF {D} WHERE SchemaOnly`},
		{func() (*scripting.ObjectSet, error) {
			return inst.References("", "Left", true, false, "Q", 0, nil)
		}, `REFERENCES OF {B.Id="a\"}b"} WHERE Role = Left RequiredQualifier = Q ClassDefsOnly`},
	} {
		_, err := test.call()
		f.ok(err)
		o.took(f, "WQL 0x100 "+test.want)
		q, err := wql.Parse(test.want)
		if err != nil || q.String() != test.want {
			t.Errorf("%s is %v, %v", test.want, q, err)
		}
	}
	r := newRecorder()
	for _, call := range []func() error{
		func() error {
			return s.AssociatorsOfAsync(&r.Sink, "B=1", "L", "R", "Left", "Right", false, false, "Q1", "Q2", 0, nil, nil)
		},
		func() error { return s.ReferencesToAsync(&r.Sink, "B=1", "R", "Left", false, false, "Q", 0, nil, nil) },
		func() error {
			return inst.AssociatorsAsync(&r.Sink, "L", "R", "Left", "Right", false, false, "Q1", "Q2", 0, nil, nil)
		},
		func() error { return inst.ReferencesAsync(&r.Sink, "R", "Left", false, false, "Q", 0, nil, nil) },
	} {
		f.ok(call())
		r.want(t, "completed NoErr")
	}
	o.took(f,
		`WQL 0x100 ASSOCIATORS OF {B=1} WHERE AssocClass = L ResultRole = Left RequiredAssocQualifier = Q1 ResultClass = R Role = Right RequiredQualifier = Q2`,
		`WQL 0x100 REFERENCES OF {B=1} WHERE ResultClass = R Role = Left RequiredQualifier = Q`,
		`WQL 0x100 ASSOCIATORS OF {B.Id="a\"}b"} WHERE AssocClass = L ResultRole = Left RequiredAssocQualifier = Q1 ResultClass = R Role = Right RequiredQualifier = Q2`,
		`WQL 0x100 REFERENCES OF {B.Id="a\"}b"} WHERE ResultClass = R Role = Left RequiredQualifier = Q`)
}

// What is refused without a query.
func TestAssociationsRefused(t *testing.T) {
	f := newFixture(t)
	f.store("B", "Id", "1")
	o, s := f.ask()
	r := newRecorder()
	for _, test := range []struct {
		path string
		want wbem.Status
	}{
		{`B.Id=`, wbem.InvalidObjectPath},
		{``, wbem.InvalidObjectPath},
		{`root\t`, wbem.InvalidObjectPath},
		{`\\HOST\root\u:B.Id="1"`, wbem.NotFound},
		{`\\OTHER\root\t:B.Id="1"`, wbem.NotFound},
	} {
		for _, mode := range []scripting.Flags{0, immediately} {
			f.status(second(s.AssociatorsOf(test.path, "", "", "", "", false, false, "", "", mode, nil)), test.want)
			f.status(second(s.ReferencesTo(test.path, "", "", false, false, "", mode, nil)), test.want)
		}
		last, err := s.LastError()
		f.ok(err)
		f.value(last.Object, "Operation", "ExecQuery")
		f.status(s.AssociatorsOfAsync(&r.Sink, test.path, "", "", "", "", false, false, "", "", 0, nil, nil), test.want)
		f.status(s.ReferencesToAsync(&r.Sink, test.path, "", "", false, false, "", 0, nil, nil), test.want)
	}
	for _, bad := range []string{" ", "L R", "L KeysOnly", "L} ", `"L"`, "1L", "L;", "\xff"} {
		for at := range 6 {
			var n [6]string
			n[at] = bad
			f.status(second(s.AssociatorsOf("SG=@", n[0], n[1], n[2], n[3], false, false, n[4], n[5], 0, nil)), wbem.InvalidParameter)
			if at < 3 {
				f.status(second(s.ReferencesTo("SG=@", n[0], n[1], false, false, n[2], 0, nil)), wbem.InvalidParameter)
			}
		}
	}
	// scripting-api.md#30: the schema is asked about a class.
	f.status(second(s.AssociatorsOf(`B.Id="1"`, "", "", "", "", false, true, "", "", 0, nil)), wbem.InvalidParameter)
	f.status(second(s.ReferencesTo(`B.Id="1"`, "", "", false, true, "", immediately, nil)), wbem.InvalidParameter)
	f.status(s.AssociatorsOfAsync(nil, `B.Id="1"`, "", "", "", "", false, false, "", "", 0, nil, nil), wbem.InvalidParameter)
	f.status(s.ReferencesToAsync(nil, `B.Id="1"`, "", "", false, false, "", 0, nil, nil), wbem.InvalidParameter)
	o.asked = nil

	keyless := f.spawn(s, "B")
	f.status(second(keyless.Associators("", "", "", "", false, false, "", "", 0, nil)), wbem.InvalidOperation)
	f.status(second(keyless.References("", "", false, false, "", 0, nil)), wbem.InvalidOperation)
	f.status(keyless.AssociatorsAsync(&r.Sink, "", "", "", "", false, false, "", "", 0, nil, nil), wbem.InvalidOperation)
	f.status(keyless.ReferencesAsync(&r.Sink, "", "", false, false, "", 0, nil, nil), wbem.InvalidOperation)
	r.nothing(t)
	if o.asked != nil {
		t.Errorf("the namespace was asked %q", o.asked)
	}
}

// An unknown class in a filter is a wrong parameter; what else a query can fail
// with stays what it is.
func TestAssociationsFail(t *testing.T) {
	f := newFixture(t)
	for from, want := range map[wbem.Status]wbem.Status{
		wbem.InvalidClass: wbem.InvalidParameter,
		wbem.InvalidQuery: wbem.InvalidQuery,
		wbem.NotFound:     wbem.NotFound,
	} {
		_, s := f.ask(wbem.NewError("", "", cim.Errorf(from, "no class Nope")))
		_, err := s.AssociatorsOf("SG=@", "Nope", "", "", "", false, false, "", "", 0, nil)
		f.status(err, want)
		f.equal(err.Error(), "SWbemServices.AssociatorsOf: "+wbem.NewError("ExecQuery",
			"ASSOCIATORS OF {SG=@} WHERE AssocClass = Nope", cim.Errorf(want, "no class Nope")).Error())
		set, err := s.ReferencesTo("SG=@", "Nope", "", false, false, "", immediately, nil)
		f.ok(err)
		f.equal(paths(set), want.Name())
		r := newRecorder()
		f.ok(s.ReferencesToAsync(&r.Sink, "SG=@", "Nope", "", false, false, "", 0, nil, nil))
		r.want(t, "completed "+want.Name())
	}
}

// FuzzAssociatorsOf looks for strings that make another query than the one that
// was asked for.
func FuzzAssociatorsOf(f *testing.F) {
	f.Add(`B.Id="a\"}b"`, "L", "R", "Left", "Right", "Q1", "Q2")
	f.Add(`B='}'`, "", "L KeysOnly", "", "", "", "")
	f.Add(`\\HOST\root\t:K.a=1,b="x' {"`, "__L", "", "", "NULL", "", "Q_")
	f.Add(`SG=@`, "L} WHERE", "", "\x00", "", "\u00e9", "Role")
	f.Fuzz(func(t *testing.T, path, assocClass, resultClass, resultRole, role, requiredAssocQualifier, requiredQualifier string) {
		o := &oracle{Services: place{}}
		_, err := scripting.NewServices(o).AssociatorsOf(path, assocClass, resultClass, resultRole, role, false, false, requiredAssocQualifier, requiredQualifier, 0, nil)
		if err != nil {
			if o.asked != nil {
				t.Fatalf("%v, but asked %q", err, o.asked)
			}
			return
		}
		q, err := wql.Parse(strings.TrimPrefix(o.asked[0], "WQL 0x100 "))
		if err != nil {
			return // such as a word that can be no name
		}
		a, ok := q.(*wql.Associators)
		if !ok || a.ClassDefsOnly || a.KeysOnly || a.SchemaOnly || a.Object.Path.RelPath() != cim.MustParsePath(path).RelPath() {
			t.Fatalf("%q asks %s", path, q)
		}
		got := []string{a.AssocClass.Name, a.ResultClass.Name, a.ResultRole.Name, a.Role.Name, a.RequiredAssocQualifier.Name, a.RequiredQualifier.Name}
		want := []string{assocClass, resultClass, resultRole, role, requiredAssocQualifier, requiredQualifier}
		if !slices.Equal(got, want) {
			t.Fatalf("filters %q, want %q", got, want)
		}
	})
}

// place is where a session is, and nothing more.
type place struct{ wbem.Services }

func (place) Server() string    { return "HOST" }
func (place) Namespace() string { return `root\t` }

// family are persons and how they are related.
const family = `
	class Person { [key] string Name; uint8 Age; };
	[Noble] class Duke : Person { };
	[Association: ToSubclass] class Related { [key] Person ref One; [key] Person ref Other; };
	[Legal] class Married : Related { };
	instance of Person { Name = "a}b"; };
	instance of Person { Name = "c"; };
	instance of Duke { Name = "d"; };
	instance of Related { One = "Person.Name=\"a}b\""; Other = "Person.Name=\"c\""; };
	instance of Married { One = "Duke.Name=\"d\""; Other = "Person.Name=\"a}b\""; };
`

// scripting-api.md#29: associations, by path and of an object.
func TestAssociations(t *testing.T) {
	f := newFixture(t)
	f.mof(`root\t`, family)
	const path = `Person.Name="a}b"`
	related := `Related.One="Person.Name=\"a}b\"",Other="Person.Name=\"c\""`
	married := `Married.One="Duke.Name=\"d\"",Other="Person.Name=\"a}b\""`
	person, class := f.get(path), f.get("Person")
	for _, mode := range []scripting.Flags{0, immediately} {
		of := func(assocClass, resultClass, resultRole, role string, classesOnly, schemaOnly bool, requiredAssocQualifier, requiredQualifier, want string) {
			t.Helper()
			from := person
			if schemaOnly {
				from = class
			}
			f.equal(found(f.AssociatorsOf(from.Path().RelPath(), assocClass, resultClass, resultRole, role, classesOnly, schemaOnly, requiredAssocQualifier, requiredQualifier, mode, nil)), want)
			f.equal(found(from.Associators(assocClass, resultClass, resultRole, role, classesOnly, schemaOnly, requiredAssocQualifier, requiredQualifier, mode, nil)), want)
		}
		to := func(resultClass, role string, classesOnly, schemaOnly bool, requiredQualifier, want string) {
			t.Helper()
			from := person
			if schemaOnly {
				from = class
			}
			f.equal(found(f.ReferencesTo(from.Path().Path(), resultClass, role, classesOnly, schemaOnly, requiredQualifier, mode, nil)), want)
			f.equal(found(from.References(resultClass, role, classesOnly, schemaOnly, requiredQualifier, mode, nil)), want)
		}
		failed := "failed "
		if mode == immediately {
			failed = ""
		}
		of("", "", "", "", false, false, "", "", `Duke.Name="d" Person.Name="c"`)
		of("married", "", "", "", false, false, "", "", `Duke.Name="d"`)
		of("", "Duke", "", "", false, false, "", "", `Duke.Name="d"`)
		of("", "", "One", "", false, false, "", "", `Duke.Name="d"`)
		of("", "", "", "One", false, false, "", "", `Person.Name="c"`)
		of("", "", "", "", true, false, "", "", `Duke Person`)
		of("", "", "", "", false, true, "", "", `Person`)
		of("", "", "", "", false, false, "Legal", "", `Duke.Name="d"`)
		of("", "", "", "", false, false, "", "Noble", `Duke.Name="d"`)
		of("", "Duke", "", "", true, false, "", "", failed+"InvalidQuery") // scripting-api.md#29
		of("Nope", "", "", "", false, false, "", "", failed+"InvalidParameter")
		of("", "Nope", "", "", false, false, "", "", failed+"InvalidParameter")
		to("", "", false, false, "", married+" "+related)
		to("Married", "", false, false, "", married)
		to("", "One", false, false, "", related)
		to("", "", true, false, "", `Married Related`)
		to("", "", false, true, "", `Married Related`)
		to("", "", false, false, "Legal", married)
		to("Nope", "", false, false, "", failed+"InvalidParameter")
		f.equal(found(f.AssociatorsOf(`Person.Name="z"`, "", "", "", "", false, false, "", "", mode, nil)), failed+"NotFound")
		f.equal(found(f.AssociatorsOf(`Nope.Name="z"`, "", "", "", "", false, false, "", "", mode, nil)), failed+"NotFound")
		f.equal(found(f.ReferencesTo(`Nope`, "", "", false, true, "", mode, nil)), failed+"NotFound")
	}
	r := newRecorder()
	f.ok(f.AssociatorsOfAsync(&r.Sink, path, "", "Duke", "", "", false, false, "", "", 0, nil, nil))
	r.want(t, `ready Duke.Name="d"`, "completed NoErr")
	f.ok(person.ReferencesAsync(&r.Sink, "Married", "", false, false, "", 0, nil, nil))
	r.want(t, "ready "+married, "completed NoErr")
	f.ok(f.AssociatorsOfAsync(&r.Sink, path, "Nope", "", "", "", false, false, "", "", 0, nil, nil))
	r.want(t, "completed InvalidParameter")
}
