package query_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/query"
)

// TestCases are those of wql.md 15 that a query on stored objects decides: the
// keys of the results, or the status.
func TestCases(t *testing.T) {
	s := newFixture(t)
	for _, c := range []struct{ name, query, want string }{
		{"wql.md#1", `SELECT * FROM T_Base`, "a b c d"},
		{"wql.md#2", `select * from t_base`, "a b c d"},
		{"wql.md#3", `SELECT * FROM T_Base WHERE __CLASS="T_Base"`, "a b c"},
		{"wql.md#4", `SELECT * FROM T_Base WHERE __CLASS = 'T_Sub' OR Id='a'`, "a d"},
		{"wql.md#5", `SELECT * FROM T_Base WHERE S="CAT"`, "a"},
		{"wql.md#6", `SELECT * FROM T_Base WHERE "cat" = S`, "a"},
		{"wql.md#7", `SELECT * FROM T_Base WHERE 2 <= N`, "b d"},
		{"wql.md#8", `SELECT * FROM T_Base WHERE U > 9`, "b"},
		{"wql.md#9", `SELECT * FROM T_Base WHERE U = "10000000000"`, "b"},
		{"wql.md#10", `SELECT * FROM T_Base WHERE W = 1000.4`, "InvalidQuery"},
		{"wql.md#11", `SELECT * FROM T_Base WHERE W = 1000`, "a"},
		{"wql.md#12", `SELECT * FROM T_Base WHERE N = 'abc'`, "InvalidQuery"},
		{"wql.md#13", `SELECT * FROM T_Base WHERE B = TRUE`, "a d"},
		{"wql.md#13", `SELECT * FROM T_Base WHERE B = 1`, "a d"},
		{"wql.md#13", `SELECT * FROM T_Base WHERE B = "true"`, "a d"},
		{"wql.md#13", `SELECT * FROM T_Base WHERE B <> FALSE`, "a d"},
		{"wql.md#14", `SELECT * FROM T_Base WHERE B >= TRUE`, "InvalidQuery"},
		{"wql.md#15", `SELECT * FROM T_Base WHERE N IS NULL`, "c"},
		{"wql.md#15", `SELECT * FROM T_Base WHERE N = NULL`, "c"},
		{"wql.md#16", `SELECT * FROM T_Base WHERE N IS NOT NULL`, "a b d"},
		{"wql.md#17", `SELECT * FROM T_Base WHERE N IS 5`, "InvalidQuery"},
		{"wql.md#18", `SELECT * FROM T_Base WHERE N >= NULL`, "InvalidQuery"},
		{"wql.md#19", `SELECT * FROM T_Base WHERE N <> 1`, "b d"},
		{"wql.md#20", `SELECT * FROM T_Base WHERE NOT N = 1`, "b c d"},
		{"wql.md#21", `SELECT * FROM T_Base WHERE Id="a" OR Id="b" AND N=2`, "a b"},
		{"wql.md#22", `SELECT * FROM T_Base WHERE (Id="a" OR Id="b") AND N=2`, "b"},
		{"wql.md#23", `SELECT * FROM T_Base WHERE S LIKE "%[_]%"`, "b"},
		{"wql.md#24", `SELECT * FROM T_Base WHERE S LIKE "%_%"`, "a b d"},
		{"wql.md#25", `SELECT * FROM T_Base WHERE S LIKE "[a-d]%"`, "a b d"},
		{"wql.md#26", `SELECT * FROM T_Base WHERE S LIKE "[^c]%"`, "b"},
		{"wql.md#27", `SELECT * FROM T_Base WHERE S LIKE "[b=d]og%"`, "b"},
		{"wql.md#27", `SELECT * FROM T_Base WHERE S LIKE "[b-d]og%"`, "b"},
		{"wql.md#27", `SELECT * FROM T_Base WHERE S LIKE "c=%"`, ""},
		{"wql.md#28", `SELECT * FROM T_Base WHERE S LIKE "C:\\Temp"`, "d"},
		{"wql.md#28", `SELECT * FROM T_Base WHERE S LIKE "C:\Temp"`, "d"},
		{"wql.md#29", `SELECT * FROM T_Base WHERE S = "C:\\Temp"`, "d"},
		{"wql.md#30", `SELECT * FROM T_Base WHERE S = "C:\Temp"`, "InvalidQuery"},
		{"wql.md#31", `SELECT * FROM T_Base WHERE NOT S LIKE "c%"`, "b c"},
		{"wql.md#32", `SELECT * FROM T_Base WHERE N LIKE "1"`, "a"},
		{"wql.md#32", `SELECT * FROM T_Base WHERE N LIKE "1%"`, "InvalidQuery"},
		{"wql.md#33", `SELECT * FROM T_Base WHERE S = 'it''s'`, "InvalidQuery"},
		{"wql.md#34", `SELECT * FROM T_Base WHERE D = "20240101000000.000000+000"`, "a b"},
		{"wql.md#35", `SELECT * FROM T_Base WHERE D > "2023-12-31"`, "a b"},
		{"wql.md#36", `SELECT * FROM T_Base WHERE D = "20240101000000.000000+***"`, ""},
		{"wql.md#37", `SELECT * FROM T_Base WHERE E.X = 5`, "a"},
		{"wql.md#38", `SELECT * FROM T_Base WHERE E.Nope = 5`, ""},
		{"wql.md#39", `SELECT * FROM T_Base WHERE E.Z = 9`, "b"},
		{"wql.md#40", `SELECT * FROM T_Base WHERE S.X = 5`, "InvalidQuery"},
		{"wql.md#41", `SELECT * FROM T_Base WHERE E ISA "T_Emb"`, "a b"},
		{"wql.md#41", `SELECT * FROM T_Base WHERE E ISA "T_EmbSub"`, "b"},
		{"wql.md#42", `SELECT * FROM T_Base WHERE A = "x"`, "InvalidQuery"},
		{"wql.md#43", `SELECT * FROM T_Base WHERE Nope = 1`, "InvalidQuery"},
		{"wql.md#44", `SELECT Nope FROM T_Base`, "InvalidQuery"},
		{"wql.md#45", `SELECT Extra FROM T_Base`, "InvalidQuery"},
		{"wql.md#49", `SELECT * FROM NoSuch`, "InvalidClass"},
		{"wql.md#50", `SELECT COUNT(*) FROM T_Base`, "InvalidQuery"},
		{"wql.md#50", `SELECT * FROM T_Base ORDER BY N`, "InvalidQuery"},
		{"wql.md#50", `SELECT TOP 1 * FROM T_Base`, "InvalidQuery"},
		{"wql.md#51", `SELECT * FROM T_Base WHERE N = W`, "InvalidQuery"},
		{"wql.md#52", `SELECT * FROM T_Base WHERE N < 4+1`, "InvalidQuery"},
		{"wql.md#54", `SELECT * FROM meta_class WHERE __this ISA "T_Base"`, "T_Base T_Sub"},
		{"wql.md#55", `SELECT * FROM meta_class WHERE __CLASS LIKE "T[_]%" AND __SUPERCLASS IS NULL`, "T_Base T_Dyn T_Emb T_Link"},
		{"wql.md#56", `SELECT __CLASS FROM meta_class`, "InvalidQuery"},
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
		{"wql.md#70", `REFERENCES OF {T_Base.Id="a"}`, "a>b a>d b>a"},
		{"wql.md#71", `REFERENCES OF {T_Base="a"} WHERE ResultClass=T_LinkSub KeysOnly`, "b>a"},
		{"wql.md#72", `REFERENCES OF {T_Base="a"} WHERE AssocClass=T_Link`, "InvalidQuery"},
		{"wql.md#73", `REFERENCES OF {T_Base} WHERE SchemaOnly`, "T_Link T_LinkSub"},
		{"wql.md#88", `SELECT * FROM T_Base WHERE S = "` + strings.Repeat("x", 16385-33) + `"`, "QuotaViolation"},
		{"as long as may be", `SELECT * FROM T_Base WHERE S = "` + strings.Repeat("x", 16384-33) + `"`, ""},

		{"events are not stored", `SELECT * FROM T_Event WHERE Level > 1`, ""},
		{"all events", `SELECT * FROM __Event`, ""},
		{"a wrong query on events", `SELECT * FROM T_Event WHERE Nope = 1`, "InvalidQuery"},
		{"no provider", `SELECT * FROM T_Dyn`, "ProviderNotFound"},
		{"several keys", `SELECT * FROM T_Base WHERE Id = 'A' OR Id = 'd' OR Id = 'x'`, "a d"},
		{"a key twice", `SELECT * FROM T_Base WHERE Id = 'a' OR Id = 'A'`, "a"},
		{"a key and a class", `SELECT * FROM T_Base WHERE Id = 'd' AND __CLASS = 'T_Base'`, ""},
		{"another class", `SELECT * FROM T_Base WHERE __CLASS = 'T_Link'`, ""},
		{"by path", `SELECT * FROM T_Base WHERE __RELPATH = 'T_Base.Id="a"'`, "a"},
		{"by the path of a superclass", `SELECT * FROM T_Base WHERE __RELPATH = 'T_Base.Id="d"'`, ""},
		{"schema: one class", `SELECT * FROM meta_class WHERE __CLASS = "t_sub"`, "T_Sub"},
		{"schema: no class", `SELECT * FROM meta_class WHERE __CLASS = "NoSuch"`, ""},
		{"schema: dynasty", `SELECT * FROM meta_class WHERE __DYNASTY = "T_Base" AND NOT __CLASS = "T_Sub"`, "T_Base"},
		{"schema: dynasty of a subclass", `SELECT * FROM meta_class WHERE __DYNASTY = "T_Sub"`, ""},
		{"schema: either", `SELECT * FROM meta_class WHERE __THIS ISA "T_Sub" OR __CLASS = "T_Emb"`, "T_Emb T_Sub"},
		{"from the subclass", `ASSOCIATORS OF {T_Sub.Id="d"}`, "a"},
		{"from the subclass by the superclass", `REFERENCES OF {T_Base.Id="D"}`, "a>d"},
		{"unknown association", `ASSOCIATORS OF {T_Base="a"} WHERE AssocClass=NoSuch`, "InvalidClass"},
		{"unknown result", `REFERENCES OF {T_Base="a"} WHERE ResultClass=NoSuch`, "InvalidClass"},
		{"unknown role", `REFERENCES OF {T_Base="a"} WHERE Role=NoSuch`, ""},
		{"unknown source", `REFERENCES OF {NoSuch="a"}`, "NotFound"},
		{"unknown source class", `REFERENCES OF {NoSuch} WHERE SchemaOnly`, "NotFound"},
		{"wrong keys", `REFERENCES OF {T_Base.X="a"}`, "InvalidObjectPath"},
		{"full path", `REFERENCES OF {\\server\root\test:T_Base="a"} WHERE Role=Dst`, "b>a"},
		{"another namespace", `REFERENCES OF {root\cimv2:T_Base="a"}`, "InvalidQuery"},
		{"schema of the subclass", `REFERENCES OF {T_Sub} WHERE SchemaOnly RequiredQualifier=Tag`, "T_LinkSub"},
		{"schema by role", `ASSOCIATORS OF {T_Sub} WHERE SchemaOnly Role=Src ResultRole=Src`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := s.answer(c.query, query.Options{}); got != c.want {
				t.Errorf("%.200s\n got: %s\nwant: %s", c.query, got, c.want)
			}
		})
	}
}

// TestExplain are plans as they are printed.
func TestExplain(t *testing.T) {
	s := newSpace(t)
	c := s.class(t, "T_Row { [key] uint32 Id; [key] string Part; [indexed] string Name; [indexed] uint32 N; T_Row ref Next; string Text; }")
	s.class(t, "T_RowSub : T_Row { }")
	s.class(t, "[Association] T_RowLink { [key] T_Row ref Src; [key] T_Row ref Dst; }")
	var list []*cim.Instance
	for i := range 100 {
		list = append(list, instance(t, c, "Id", i, "Part", "p", "Name", fmt.Sprint("name ", i), "N", i%2, "Next", cim.ReferenceValue(`T_Row.Id=1,Part="p"`)))
	}
	s.put(t, list...)
	for _, c := range []struct{ query, want string }{
		{`SELECT * FROM T_Row`, `
select  * from T_Row
  scan  T_Row, T_RowSub  about 100 rows
`},
		{`SELECT Text, N, N FROM T_Row WHERE id = 5 AND part = 'p' AND N > 3`, `
select  Text, N from T_Row where id = 5 AND N > 3 AND part = "p"
  get   T_Row.Id=5,Part="p"                                       about 1 rows
`},
		{`SELECT __PATH FROM T_Row WHERE (Id = 5 OR Id = 6) AND Part >= "p"`, `
select  the keys from T_Row where Part >= "p" AND Id IN (5, 6)
  seek  T_Row by keys Id in 5, 6 and Part >= "p"                about 2 rows
`},
		{`SELECT * FROM T_Row WHERE Id > 90`, `
select  * from T_Row where Id > 90
  seek  T_Row by keys Id >= 91      about 9 rows
`},
		{`SELECT * FROM T_Row WHERE Name = "name 7" OR Name = "name 8"`, `
select  * from T_Row where Name IN ("name 7", "name 8")
  seek  T_Row by index Name in "name 7", "name 8"        about 2 rows
`},
		{`SELECT * FROM T_Row WHERE N = 1`, `
select  * from T_Row where N = 1
  scan  T_Row, T_RowSub           about 100 rows
`},
		{`SELECT Id, __PATH FROM T_Row WHERE Next = 'T_Row.Id=2,Part="p"'`, `
select  Id, the keys from T_Row where Next = "root\\test:T_Row.Id=\"2\",Part=\"p\""
  seek  T_Row by index Next = "root\\test:T_Row.Id=\"2\",Part=\"p\""                 about 0 rows
`},
		{`SELECT * FROM T_Row WHERE __CLASS = "T_RowSub" AND Text LIKE "a%"`, `
select  * from T_Row where __CLASS = "T_RowSub" AND Text LIKE "a%"
  scan  T_RowSub                                                    about 0 rows
`},
		{`SELECT * FROM T_Row WHERE N = 1 AND N = 2`, `
select     * from T_Row
  nothing  the condition is never true  about 0 rows
`},
		{`SELECT * FROM __TimerEvent`, `
select     * from __TimerEvent
  nothing  events are never stored  about 0 rows
`},
		{`SELECT * FROM meta_class WHERE __THIS ISA "T_Row" AND __CLASS > "T_Row"`, `
classes  T_Row and those derived from it where __CLASS > "T_Row" AND __THIS ISA "T_Row"
`},
		{`ASSOCIATORS OF {T_Row.Id=1,Part="p"} WHERE ResultClass=T_RowSub`, `
follow   to objects of T_RowSub
  links  T_Row.Next, T_RowSub.Next, T_RowLink.Dst, T_RowLink.Src to T_Row.Id=1,Part="p"
`},
		{`REFERENCES OF {T_Row.Id=1,Part="p"} WHERE Role=Src`, `
links  T_RowLink.Src to T_Row.Id=1,Part="p"
`},
		{`REFERENCES OF {T_Row} WHERE SchemaOnly ResultClass=T_RowLink`, `
classes  associated with T_Row: T_RowLink  about 1 rows
`},
	} {
		p, err := s.prepare(c.query, query.Options{Estimate: true})
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), p.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.query, diff)
		}
	}
}

func TestAnalyze(t *testing.T) {
	s := newFixture(t)
	for _, c := range []struct{ query, want string }{
		{`SELECT * FROM T_Base WHERE N >= 2 AND B = TRUE`, "select 4 1; scan 4 4"},
		{`SELECT * FROM T_Base WHERE (Id = 'a' OR Id = 'zzz') AND N = 1`, "select 1 1; get 1 1"},
		{`SELECT * FROM meta_class WHERE __THIS ISA 'T_Base' AND __CLASS LIKE '%Sub'`, "classes 2 1"},
		{`ASSOCIATORS OF {T_Base='a'} WHERE ResultClass=T_Sub`, "follow 3 1; links 3 3"},
		{`REFERENCES OF {T_Base} WHERE SchemaOnly`, "classes 2 2"},
	} {
		p, err := s.prepare(c.query, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.View()
		if err != nil {
			t.Fatal(err)
		}
		objects, explain := p.Analyze(t.Context(), v)
		for _, err := range objects {
			if err != nil {
				t.Error(err)
			}
		}
		v.Close()
		var got []string
		for e := explain(); e != nil; {
			got = append(got, fmt.Sprint(e.Step, " ", e.Actual.Rows, " ", e.Actual.Returned))
			if e.Actual.Time <= 0 {
				t.Errorf("%s: no time", c.query)
			}
			if len(e.Inputs) == 0 {
				break
			}
			e = e.Inputs[0]
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s\n got: %s\nwant: %s", c.query, s, c.want)
		}
	}
}

// What an index finds twice, or too much, is returned once.
func TestIndexedValues(t *testing.T) {
	s := newSpace(t)
	a := s.class(t, "T_A { [key] string Id; [indexed] string Name; T_A ref To; }")
	long := strings.Repeat("long ", 100)
	var list []*cim.Instance
	for i := range 50 {
		list = append(list, instance(t, a, "Id", fmt.Sprint(i), "Name", long+fmt.Sprint(i%10), "To", cim.ReferenceValue(fmt.Sprintf(`T_A.Id="%d"`, i/10))))
	}
	s.put(t, list...)
	for _, c := range []struct{ where, want string }{
		{`Name = "` + long + `1" OR Name = "` + strings.ToUpper(long) + `2"`, "1 11 12 2 21 22 31 32 41 42"},
		{`Name >= "` + long + `8" AND Name < "` + long + `9"`, "18 28 38 48 8"},
		{`To = 'T_A.Id="0"' OR To = 'T_B.Id="0"' OR To = 'root\\test:T_A="0"'`, "0 1 2 3 4 5 6 7 8 9"},
	} {
		text := `SELECT * FROM T_A WHERE ` + c.where
		if got := s.answer(text, query.Options{}); got != c.want {
			t.Errorf("%.60s\n got: %s\nwant: %s", text, got, c.want)
		}
	}
}
