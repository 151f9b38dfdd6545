package query_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/wql"
)

// FuzzPlan runs any query that parses: it must not panic, must fail with a
// status of its own, and must find what its condition is true for.
func FuzzPlan(f *testing.F) {
	for _, text := range []string{
		`SELECT * FROM T_Base`, `SELECT N, E.X, __PATH FROM T_Base WHERE N >= 1 AND (S LIKE "%a%" OR D > "2023-12-31")`,
		`SELECT * FROM T_Base WHERE Id = 'a' OR Id = 'd' AND U <= 10000000000`, `SELECT * FROM T_Sub WHERE Extra IS NOT NULL`,
		`SELECT * FROM T_Link WHERE Src = 'T_Base.Id="a"'`, `SELECT * FROM T_Base WHERE __RELPATH = 'T_Base="a"'`, `SELECT * FROM T_Base WHERE NOT E ISA "T_EmbSub"`,
		`SELECT * FROM meta_class WHERE __THIS ISA "T_Base" OR __SUPERCLASS = "T_Link" AND NOT __DYNASTY < "T"`,
		`ASSOCIATORS OF {T_Base.Id="a"} WHERE ResultClass = T_Sub Role = Src`, `REFERENCES OF {T_Base="d"} WHERE KeysOnly`,
		`ASSOCIATORS OF {T_Base} WHERE SchemaOnly ResultRole = Dst`, `SELECT * FROM __Namespace`, `SELECT * FROM T_Dyn`, `SELECT Level FROM T_Event`,
		`SELECT * FROM __EventFilter WHERE Name = "x"`, `REFERENCES OF {__SystemSecurity=@}`, `ASSOCIATORS OF {__Win32Provider.Name="x"}`,
	} {
		f.Add(text)
	}
	s := newFixture(f)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := wql.Parse(text)
		if err != nil {
			return
		}
		v, err := s.View()
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		p, err := query.Prepare(context.Background(), v, q, query.Options{Now: oracleNow, Estimate: true})
		if err != nil {
			if cim.StatusOf(err) == cim.Failed {
				t.Errorf("%s: %v", text, err)
			}
			return
		}
		found := 0
		for _, err := range p.Run(context.Background(), v) {
			switch {
			case err == nil:
				found++
			case cim.StatusOf(err) == cim.Failed:
				t.Errorf("%s: %v", text, err)
			default:
				return
			}
		}
		_ = p.String()
		sel, ok := q.(*wql.Select)
		if !ok || sel.IsSchema() {
			return
		}
		c, err := v.Class(sel.Class.Name)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		filter, err := query.CompileFilter(c, sel.Where, query.FilterOptions{Now: oracleNow})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want := 0
		for r, err := range v.Records(context.Background(), c.Name(), true) {
			if err != nil {
				t.Fatal(err)
			}
			if filter.Match(query.RecordRow(r)) {
				want++
			}
		}
		if found != want {
			t.Errorf("%s: %d objects, but the condition is true for %d\n%s", text, found, want, p)
		}
	})
}

// TestCorpusPlans plans the queries of the corpus, most of them on classes that
// do not exist here: what parses has a plan or a status.
func TestCorpusPlans(t *testing.T) {
	files, err := filepath.Glob("../../../shared/corpus/wql/*.tsv")
	if err != nil || len(files) == 0 {
		t.Skip("the corpus of queries is not there: ../shared/corpus/wql")
	}
	s := newFixture(t)
	parsed := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range strings.FieldsFunc(string(text), func(r rune) bool { return r == '\t' || r == '\n' }) {
			if _, err := wql.Parse(field); err != nil {
				continue
			}
			parsed++
			if _, err := s.prepare(field, query.Options{}); err != nil && cim.StatusOf(err) == cim.Failed {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	if parsed < 100 {
		t.Errorf("only %d queries", parsed)
	}
}
