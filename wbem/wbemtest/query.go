package wbemtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// queryFixture is that of wql.md 15.
const queryFixture = `
	class T_Emb { sint32 X; string Y; };
	class T_EmbSub : T_Emb { sint32 Z; };
	class T_Base { [key] string Id; sint32 N; uint64 U; uint16 W; string S; boolean B; real64 R; datetime D; string A[];
		T_Emb E; object O; };
	[Marker: ToSubclass] class T_Sub : T_Base { string Extra; };
	[Association: ToSubclass] class T_Link { [key] T_Base ref Src; [key] T_Base ref Dst; };
	[Tag] class T_LinkSub : T_Link { };
	class T_Event : __ExtrinsicEvent { sint32 Level; string Who; };
	[dynamic, provider("P")] class T_Dyn { [key] string K; uint32 V; };

	instance of T_Base { Id = "a"; N = 1; U = 5; W = 1000; S = "cat"; B = TRUE; R = 1.5; D = "20240101000000.000000+000";
		A = {"x", "y"}; E = instance of T_Emb { X = 5; Y = "e"; }; };
	instance of T_Base { Id = "b"; N = 2; U = 10000000000; S = "Dog_1"; B = FALSE; D = "20240101010000.000000+060";
		E = instance of T_EmbSub { X = 7; Y = "f"; Z = 9; }; };
	instance of T_Base { Id = "c"; };
	instance of T_Sub { Id = "d"; N = 3; U = 7; S = "C:\\Temp"; B = TRUE; Extra = "q"; };
	instance of T_Link { Src = "T_Base.Id=\"a\""; Dst = "T_Base.Id=\"b\""; };
	instance of T_Link { Src = "T_Base.Id=\"a\""; Dst = "T_Sub.Id=\"d\""; };
	instance of T_LinkSub { Src = "T_Base.Id=\"b\""; Dst = "T_Base.Id=\"a\""; };
`

// A statement is a query with what it finds: the Ids of instances, the names of
// classes and of the classes of associations, each as often as it is found, in
// any order; or the name of the status with which it fails.
type statement struct {
	name, query, want string
}

const fromBase = "SELECT * FROM T_Base WHERE "

var statements = []statement{
	{"wql.md#1", "SELECT * FROM T_Base", "a b c d"},
	{"wql.md#2", "select * from t_base", "a b c d"},
	{"wql.md#3", fromBase + `__CLASS="T_Base"`, "a b c"},
	{"wql.md#4", fromBase + `__CLASS = 'T_Sub' OR Id='a'`, "a d"},
	{"wql.md#5", fromBase + `S="CAT"`, "a"},
	{"wql.md#6", fromBase + `"cat" = S`, "a"},
	{"wql.md#7", fromBase + `2 <= N`, "b d"},
	{"wql.md#8", fromBase + `U > 9`, "b"},
	{"wql.md#9", fromBase + `U = "10000000000"`, "b"},
	{"wql.md#10", fromBase + `W = 1000.4`, "InvalidQuery"},
	{"wql.md#11", fromBase + `W = 1000`, "a"},
	{"wql.md#12", fromBase + `N = 'abc'`, "InvalidQuery"},
	{"wql.md#13", fromBase + `B = TRUE`, "a d"},
	{"wql.md#13", fromBase + `B = 1`, "a d"},
	{"wql.md#13", fromBase + `B = "true"`, "a d"},
	{"wql.md#13", fromBase + `B <> FALSE`, "a d"},
	{"wql.md#14", fromBase + `B >= TRUE`, "InvalidQuery"},
	{"wql.md#15", fromBase + `N IS NULL`, "c"},
	{"wql.md#15", fromBase + `N = NULL`, "c"},
	{"wql.md#16", fromBase + `N IS NOT NULL`, "a b d"},
	{"wql.md#17", fromBase + `N IS 5`, "InvalidQuery"},
	{"wql.md#18", fromBase + `N >= NULL`, "InvalidQuery"},
	{"wql.md#19", fromBase + `N <> 1`, "b d"},
	{"wql.md#20", fromBase + `NOT N = 1`, "b c d"},
	{"wql.md#21", fromBase + `Id="a" OR Id="b" AND N=2`, "a b"},
	{"wql.md#22", fromBase + `(Id="a" OR Id="b") AND N=2`, "b"},
	{"wql.md#23", fromBase + `S LIKE "%[_]%"`, "b"},
	{"wql.md#24", fromBase + `S LIKE "%_%"`, "a b d"},
	{"wql.md#25", fromBase + `S LIKE "[a-d]%"`, "a b d"},
	{"wql.md#26", fromBase + `S LIKE "[^c]%"`, "b"},
	{"wql.md#27", fromBase + `S LIKE "[b=d]og%"`, "b"},
	{"wql.md#27", fromBase + `S LIKE "[b-d]og%"`, "b"},
	{"wql.md#27", fromBase + `S LIKE "c=%"`, ""},
	{"wql.md#28", fromBase + `S LIKE "C:\\Temp"`, "d"},
	{"wql.md#28", fromBase + `S LIKE "C:\Temp"`, "d"},
	{"wql.md#29", fromBase + `S = "C:\\Temp"`, "d"},
	{"wql.md#30", fromBase + `S = "C:\Temp"`, "InvalidQuery"},
	{"wql.md#31", fromBase + `NOT S LIKE "c%"`, "b c"},
	{"wql.md#32", fromBase + `N LIKE "1"`, "a"},
	{"wql.md#32", fromBase + `N LIKE "1%"`, "InvalidQuery"},
	{"wql.md#33", fromBase + `S = 'it''s'`, "InvalidQuery"},
	{"wql.md#34", fromBase + `D = "20240101000000.000000+000"`, "a b"},
	{"wql.md#35", fromBase + `D > "2023-12-31"`, "a b"},
	{"wql.md#36", fromBase + `D = "20240101000000.000000+***"`, ""},
	{"wql.md#37", fromBase + `E.X = 5`, "a"},
	{"wql.md#38", fromBase + `E.Nope = 5`, ""},
	{"wql.md#39", fromBase + `E.Z = 9`, "b"},
	{"wql.md#40", fromBase + `S.X = 5`, "InvalidQuery"},
	{"wql.md#41", fromBase + `E ISA "T_Emb"`, "a b"},
	{"wql.md#41", fromBase + `E ISA "T_EmbSub"`, "b"},
	{"wql.md#42", fromBase + `A = "x"`, "InvalidQuery"},
	{"wql.md#43", fromBase + `Nope = 1`, "InvalidQuery"},
	{"wql.md#44", "SELECT Nope FROM T_Base", "InvalidQuery"},
	{"wql.md#45", "SELECT Extra FROM T_Base", "InvalidQuery"},
	{"wql.md#49", "SELECT * FROM NoSuch", "InvalidClass"},
	{"wql.md#50", "SELECT COUNT(*) FROM T_Base", "InvalidQuery"},
	{"wql.md#50", "SELECT * FROM T_Base ORDER BY N", "InvalidQuery"},
	{"wql.md#50", "SELECT TOP 1 * FROM T_Base", "InvalidQuery"},
	{"wql.md#51", fromBase + `N = W`, "InvalidQuery"},
	{"wql.md#52", fromBase + `N < 4+1`, "InvalidQuery"},
	{"wql.md#54", `SELECT * FROM meta_class WHERE __this ISA "T_Base"`, "T_Base T_Sub"},
	{"wql.md#55", `SELECT * FROM meta_class WHERE __CLASS LIKE "T[_]%" AND __SUPERCLASS IS NULL`, "T_Base T_Dyn T_Emb T_Link"},
	{"wql.md#56", "SELECT __CLASS FROM meta_class", "InvalidQuery"},
	{"wql.md#57", `ASSOCIATORS OF {T_Base.Id="a"}`, "b b d"},
	{"wql.md#58", `ASSOCIATORS OF {T_Base="a"} WHERE AssocClass=T_LinkSub`, "b"},
	{"wql.md#59", `ASSOCIATORS OF {T_Base="a"} WHERE ResultClass=T_Sub`, "d"},
	{"wql.md#60", `ASSOCIATORS OF {T_Base="a"} WHERE Role=Src`, "b d"},
	{"wql.md#61", `ASSOCIATORS OF {T_Base="a"} WHERE ResultRole=Src`, "b"},
	{"wql.md#62", `ASSOCIATORS OF {T_Base="a"} WHERE RequiredQualifier=Marker`, "d"},
	{"wql.md#63", `ASSOCIATORS OF {T_Base="a"} WHERE RequiredAssocQualifier=Tag`, "b"},
	{"wql.md#64", `ASSOCIATORS OF {T_Base="a"} WHERE ClassDefsOnly`, "T_Base T_Sub"},
	{"wql.md#65", `ASSOCIATORS OF {T_Base="a"} WHERE ClassDefsOnly ResultClass=T_Sub`, "InvalidQuery"},
	{"wql.md#66", `ASSOCIATORS OF {T_Base="a"} WHERE ResultClass=T_Sub AND Role=Src`, "InvalidQuery"},
	{"wql.md#67", `ASSOCIATORS OF {T_Base="a"} WHERE ResultClass<>T_Sub`, "InvalidQuery"},
	{"wql.md#68", `ASSOCIATORS OF {T_Base="zzz"}`, "NotFound"},
	{"wql.md#69", `ASSOCIATORS OF {T_Base}`, "InvalidQuery"},
	{"wql.md#69", `ASSOCIATORS OF {T_Base} WHERE SchemaOnly`, "T_Base"},
	{"wql.md#70", `REFERENCES OF {T_Base.Id="a"}`, "T_Link T_Link T_LinkSub"},
	{"wql.md#71", `REFERENCES OF {T_Base="a"} WHERE ResultClass=T_LinkSub KeysOnly`, "T_LinkSub"},
	{"wql.md#72", `REFERENCES OF {T_Base="a"} WHERE AssocClass=T_Link`, "InvalidQuery"},
	{"wql.md#73", `REFERENCES OF {T_Base} WHERE SchemaOnly`, "T_Link T_LinkSub"},
	{"wql.md#88", "SELECT * FROM T_Base" + strings.Repeat(" ", 16385-len("SELECT * FROM T_Base")), "QuotaViolation"},
	{"one character less", "SELECT * FROM T_Base" + strings.Repeat(" ", 16384-len("SELECT * FROM T_Base")), "a b c d"},
	{"an event class", "SELECT * FROM T_Event", ""},
	{"a link that is not there", `REFERENCES OF {T_Base="c"}`, ""},
	{"an unknown class in a filter", `ASSOCIATORS OF {T_Base="a"} WHERE ResultClass=Nope`, "InvalidClass"},
}

// found runs a query and describes what it finds like a statement does.
func (f *fixture) found(query string, flags wbem.Flags) string {
	f.Helper()
	var out []string
	for o, err := range f.Query(f.ctx, "WQL", query, wbem.Options{Flags: flags}) {
		if err != nil {
			f.isQueryError(err, query)
			return wbem.StatusOf(err).Name()
		}
		out = append(out, describe(o))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (f *fixture) isQueryError(err error, query string) {
	f.Helper()
	if e, ok := err.(*wbem.Error); !ok || e.Op != "ExecQuery" || e.Path != query {
		f.Errorf("%#v is no *wbem.Error of ExecQuery on the query", err)
	}
}

func describe(o cim.Object) string {
	if inst, ok := o.(*cim.Instance); ok {
		if id, ok := inst.Get("Id"); ok {
			return id.String()
		}
	}
	return o.ClassName()
}

// system returns a system property as text, NULL for NULL.
func (f *fixture) system(o cim.Object, name string) string {
	f.Helper()
	v, ok := cim.System(o, name)
	if !ok {
		f.Fatalf("no system property %s", name)
	}
	return v.String()
}

// one returns the only result of a query.
func (f *fixture) one(query string, flags wbem.Flags) cim.Object {
	f.Helper()
	var all []cim.Object
	for o, err := range f.Query(f.ctx, "WQL", query, wbem.Options{Flags: flags}) {
		f.status(err, wbem.OK)
		all = append(all, o)
	}
	if len(all) != 1 {
		f.Fatalf("%s: %d results", query, len(all))
	}
	return all[0]
}

var queryCases = []testCase{
	{"statements", func(f *fixture) {
		f.mof(queryFixture)
		for _, s := range statements {
			if got := f.found(s.query, 0); got != s.want {
				f.Errorf("%s: %.200s: found %q, want %q", s.name, s.query, got, s.want)
			}
		}
	}},
	{"wql.md#46 system properties of a projection", func(f *fixture) {
		f.mof(queryFixture)
		n := 0
		for o, err := range f.Query(f.ctx, "WQL", "SELECT Id, N FROM T_Base", wbem.Options{}) {
			f.status(err, wbem.OK)
			n++
			id, _ := o.(*cim.Instance).Get("Id")
			for name, want := range map[string]string{
				"__GENUS": "2", "__PROPERTY_COUNT": "2", "__DERIVATION": "{}", "__SUPERCLASS": "NULL", "__DYNASTY": "NULL", "__PATH": "NULL",
				"__RELPATH": fmt.Sprintf(`%s.Id="%s"`, o.ClassName(), id),
			} {
				if got := f.system(o, name); got != want {
					f.Errorf("%s of %s is %s, want %s", name, id, got, want)
				}
			}
		}
		if n != 4 {
			f.Errorf("%d results", n)
		}
	}},
	{"wql.md#47 paths of results", func(f *fixture) {
		f.mof(queryFixture)
		const where = ` FROM T_Base WHERE Id = "a"`
		if got := f.system(f.one("SELECT N"+where, 0), "__RELPATH"); got != "NULL" {
			f.Errorf("__RELPATH %s", got)
		}
		full := fmt.Sprintf(`\\%s\root\t:T_Base.Id="a"`, f.Server())
		if got := f.system(f.one("SELECT N"+where, wbem.EnsureLocatable), "__PATH"); got != full {
			f.Errorf("__PATH %s, want %s", got, full)
		}
		o := f.one("SELECT __PATH"+where, 0)
		if got := f.system(o, "__PATH"); got != full || describe(o) != "a" {
			f.Errorf("__PATH %s of %s, want %s", got, describe(o), full)
		}
	}},
	{"wql.md#48 prototype", func(f *fixture) {
		f.mof(queryFixture)
		c, ok := f.one("SELECT N,S,N FROM T_Base", wbem.Prototype).(*cim.Class)
		if !ok {
			f.Fatal("no class")
		}
		for name, want := range map[string]string{"N": "{0, 2}", "S": "{1}"} {
			if got := c.Property(name).Qualifiers().Value("Order"); got.String() != want {
				f.Errorf("Order of %s is %s, want %s", name, got, want)
			}
		}
		if flags := cim.ObjectFlags(c) &^ 0x04; f.system(c, "__PROPERTY_COUNT") != "2" || flags != 0x51 {
			f.Errorf("%s properties, flags 0x%X", f.system(c, "__PROPERTY_COUNT"), flags)
		}
	}},
	{"wql.md#53 language", func(f *fixture) {
		for _, test := range []struct {
			language, query string
			want            wbem.Status
		}{
			{"SQL", "SELECT * FROM B", wbem.InvalidQueryType},
			{"wql", "", wbem.InvalidParameter},
			{"", "SELECT * FROM B", wbem.InvalidParameter},
			{"SQL", "", wbem.InvalidParameter},
			{"wQl", "SELECT * FROM B", wbem.OK},
		} {
			_, err := wbem.EnumerateQuery(f.ctx, f, test.language, test.query, wbem.Options{Flags: wbem.ReturnImmediately})
			f.status(err, test.want)
			_, err = f.Subscribe(f.ctx, test.language, test.query, wbem.Options{})
			if want := test.want; want != wbem.OK {
				f.status(err, want)
			}
		}
	}},
	{"wql.md#44 when errors surface", func(f *fixture) {
		f.mof(queryFixture)
		for _, test := range []struct {
			query string
			want  wbem.Status
		}{{"SELECT Nope FROM T_Base", wbem.InvalidQuery}, {"SELEC", wbem.InvalidQuery}, {"SELECT a FROM Dummy", wbem.InvalidClass}} {
			_, err := wbem.EnumerateQuery(f.ctx, f, "WQL", test.query, wbem.Options{})
			f.status(err, test.want)
			var failure *wbem.Error
			if !errors.As(err, &failure) || failure.Op != "ExecQuery" || failure.Path != test.query || failure.Detail == "" {
				f.Errorf("error %+v", failure)
			}
			e, err := wbem.EnumerateQuery(f.ctx, f, "WQL", test.query, wbem.Options{Flags: wbem.ReturnImmediately | wbem.ForwardOnly})
			f.status(err, wbem.OK)
			_, _, err = e.Next(f.ctx, wbem.Infinite, 1)
			f.status(err, test.want)
		}
		_, err := wbem.EnumerateQuery(f.ctx, f, "WQL", "SELEC", wbem.Options{Flags: wbem.ReturnImmediately | 0x8})
		f.status(err, wbem.InvalidParameter)
	}},
	{"async-and-security.md#6 asynchronous", func(f *fixture) {
		f.mof(queryFixture)
		r, sink := newRecorder()
		f.status(wbem.QueryAsync(f.ctx, f, sink, "WQL", `SELECT * FROM T_Base WHERE Extra = "q"`, wbem.Options{}, 1), wbem.OK)
		f.status(<-r.done, wbem.InvalidQuery)
		f.status(wbem.QueryAsync(f.ctx, f, sink, "WQL", `SELECT * FROM T_Sub WHERE Extra = "q"`, wbem.Options{}, 2), wbem.OK)
		f.status(<-r.done, wbem.OK)
		f.wantEvents(r, "completed InvalidQuery 1", "ready T_Sub 2", "completed NoErr 2")
		f.status(wbem.QueryAsync(f.ctx, f, sink, "WQL", "SELEC", wbem.Options{}, nil), wbem.OK)
		o := wbem.ErrorObject(<-r.done)
		for name, want := range map[string]string{"Operation": "ExecQuery", "ParameterInfo": "SELEC"} {
			if v, _ := o.Get(name); v.Text() != want {
				f.Errorf("%s is %s", name, v)
			}
		}
	}},
	{"localization.md#24 texts", func(f *fixture) {
		s := f.lab("MS_409")
		for _, tag := range []string{"1", "2"} {
			if _, err := s.PutInstance(f.ctx, f.spawn(s, "Sensor", "Tag", tag), wbem.Options{}); err != nil {
				f.Fatal(err)
			}
		}
		n := 0
		for o, err := range s.Query(f.ctx, "WQL", "SELECT * FROM Sensor", wbem.Options{Flags: localizedFlag}) {
			f.status(err, wbem.OK)
			n++
			if got := o.Definition().Qualifiers().Value("Description").Text(); got != "A measuring point" {
				f.Errorf("Description %q", got)
			}
		}
		if n != 2 {
			f.Errorf("%d results", n)
		}
	}},
	{"plans", func(f *fixture) {
		p, ok := f.Services.(wbem.QueryPlanner)
		if !ok {
			f.Skip("no QueryPlanner")
		}
		f.put(0, "B", "Id", "1")
		f.put(0, "D", "Id", "2")
		for _, analyze := range []bool{false, true} {
			plan := func(language, query string, flags wbem.Flags) (*wbem.QueryStep, error) {
				return p.PlanQuery(f.ctx, language, query, wbem.Options{Flags: flags}, analyze)
			}
			step, err := plan("WQL", "SELECT * FROM B WHERE N = 7", wbem.EnsureLocatable)
			f.status(err, wbem.OK)
			if (step.Actual != nil) != analyze || analyze && step.Actual.Returned != 2 || step.String() == "" {
				f.Errorf("analyze %v: %v", analyze, step)
			}
			for _, test := range []struct {
				language, query string
				flags           wbem.Flags
				want            wbem.Status
			}{
				{"SQL", "SELECT * FROM B", 0, wbem.InvalidQueryType},
				{"WQL", "", 0, wbem.InvalidParameter},
				{"WQL", "SELECT * FROM B", wbem.ReturnImmediately, wbem.InvalidParameter},
				{"WQL", "SELECT * FROM Dummy", 0, wbem.InvalidClass},
				{"WQL", "SELECT Nope FROM B", 0, wbem.InvalidQuery},
			} {
				_, err := plan(test.language, test.query, test.flags)
				f.status(err, test.want)
			}
		}
	}},
	{"a query ends with its context", func(f *fixture) {
		f.put(0, "B", "Id", "1")
		f.put(0, "B", "Id", "2")
		ctx, cancel := context.WithCancel(f.ctx)
		defer cancel()
		n := 0
		var last error
		for _, err := range f.Query(ctx, "WQL", "SELECT * FROM B", wbem.Options{}) {
			if last = err; err == nil {
				n++
				cancel()
			}
		}
		f.status(last, wbem.CallCancelled)
		if n != 1 {
			f.Errorf("%d results", n)
		}
	}},
	{"a closed session", func(f *fixture) {
		s, err := f.locator.Connect(f.ctx, `root\t`, wbem.ConnectOptions{})
		f.status(err, wbem.OK)
		f.status(s.Close(), wbem.OK)
		for _, err := range s.Query(f.ctx, "WQL", "SELECT * FROM B", wbem.Options{}) {
			f.status(err, wbem.InvalidOperation)
		}
		_, err = s.Subscribe(f.ctx, "WQL", "SELECT * FROM __ClassCreationEvent", wbem.Options{})
		f.status(err, wbem.InvalidOperation)
	}},
	{"a query sees what is stored when it is read", func(f *fixture) {
		results := f.Query(f.ctx, "WQL", "SELECT * FROM B", wbem.Options{})
		f.put(0, "B", "Id", "1")
		f.put(0, "D", "Id", "2")
		for range 2 {
			n := 0
			for o, err := range results {
				f.status(err, wbem.OK)
				n++
				// What a loop deletes and creates does not disturb it.
				f.status(wbem.Delete(f.ctx, f, f.system(o, "__RELPATH"), wbem.Options{}), wbem.OK)
				f.put(0, o.ClassName(), "Id", fmt.Sprint("new", n, describe(o)))
			}
			if n != 2 {
				f.Errorf("%d results", n)
			}
		}
	}},
}
