package query_test

import (
	"strings"
	"testing"

	"openwmi/internal/query"
)

// TestLongNames proves that no error of a query shows long names and texts in
// full.
func TestLongNames(t *testing.T) {
	s := newFixture(t)
	for _, text := range []string{
		`SELECT * FROM #`,
		`SELECT # FROM T_Base`,
		`SELECT S.# FROM T_Base`,
		`SELECT #.X FROM T_Base`,
		`SELECT * FROM T_Base WHERE # = 1`,
		`SELECT * FROM T_Base WHERE S.# = 1`,
		`SELECT * FROM T_Base WHERE N = '#'`,
		`SELECT * FROM T_Base WHERE D = '#'`,
		`SELECT * FROM T_Base WHERE N = 1#`,
		`SELECT * FROM T_Base WHERE N LIKE '#%'`,
		`SELECT * FROM T_Base WHERE S LIKE '[#'`,
		`SELECT * FROM T_Base #`,
		`SELECT * FROM meta_class WHERE # = 1`,
		`ASSOCIATORS OF {#=1}`,
		`ASSOCIATORS OF {T_Base='#'}`,
		`ASSOCIATORS OF {T_Base.#}`,
		`ASSOCIATORS OF {#} WHERE SchemaOnly`,
		`ASSOCIATORS OF {root\#:T_Base=1}`,
		`ASSOCIATORS OF {T_Base.#=1}`,
		`ASSOCIATORS OF {T_Base='a'} WHERE AssocClass=#`,
		`ASSOCIATORS OF {T_Base='a'} WHERE ResultClass=#`,
		`REFERENCES OF {T_Base='a'} WHERE ResultRole=#`,
		`REFERENCES OF {T_Base='a'} WHERE #=x`,
	} {
		_, err := s.query(strings.ReplaceAll(text, "#", strings.Repeat("x", 10_000)), query.Options{})
		if err == nil || len(err.Error()) > 400 {
			t.Errorf("%s: %.300v", text, err)
		}
	}
}
