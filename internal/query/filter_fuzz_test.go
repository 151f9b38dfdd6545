package query_test

import (
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
)

// FuzzFilter compiles whatever parses and compares it with the oracle.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{`N = 1 AND S LIKE "%a%"`, `NOT (U > -1 OR E.X = '5')`, `D > '31 Dec 2023'`, `__RELPATH = 'T_Base="a"'`,
		`E ISA T_EmbSub`, `Id = 'a' OR Id = 'b'`, `R < .5e3`, `B <> 'false'`, `__DERIVATION IS NULL`, `A IS NOT NULL`} {
		f.Add(s)
	}
	m, rows := fixture(f)
	base := m["T_Base"]
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parse("T_Base", text)
		if err != nil || q.Where == nil {
			return
		}
		x, err := query.CompileFilter(base, q.Where, query.FilterOptions{Source: q.Source, Now: oracleNow})
		if err != nil {
			if s := cim.StatusOf(err); s != cim.InvalidQuery && s != cim.QuotaViolation {
				t.Errorf("%s: %v", text, err)
			}
			return
		}
		_ = x.String()
		query.Targets(q.Where)
		for _, inst := range rows {
			if x.Match(query.ObjectRow(inst)) {
				checkConstraints(t, text, x, inst)
			}
		}
	})
}
