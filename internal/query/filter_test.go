package query_test

import (
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/internal/repository"
)

// TestFilterCases are those of wql.md 15 that a condition decides alone. What is
// expected are the Ids of rows, or a status.
func TestFilterCases(t *testing.T) {
	m, rows := fixture(t)
	base := m["T_Base"]
	decls := []*cim.ClassDecl{m["T_Emb"].Decl(), m["T_EmbSub"].Decl(), base.Decl(), m["T_Sub"].Decl()}
	type checked struct {
		name, want         string
		filter             *query.Filter
		instances, records []string
	}
	var filters []checked
	for _, c := range []struct {
		name, where, want string
	}{
		{"wql.md#3", `__CLASS="T_Base"`, "a b c"},
		{"wql.md#4", `__CLASS = 'T_Sub' OR Id='a'`, "a d"},
		{"wql.md#5", `S="CAT"`, "a"},
		{"wql.md#6", `"cat" = S`, "a"},
		{"wql.md#7", `2 <= N`, "b d"},
		{"wql.md#8", `U > 9`, "b"},
		{"wql.md#9", `U = "10000000000"`, "b"},
		{"wql.md#10", `W = 1000.4`, "InvalidQuery"},
		{"wql.md#11", `W = 1000`, "a"},
		{"wql.md#12", `N = 'abc'`, "InvalidQuery"},
		{"wql.md#13", `B = TRUE`, "a d"},
		{"wql.md#13", `B = 1`, "a d"},
		{"wql.md#13", `B = "true"`, "a d"},
		{"wql.md#13", `B <> FALSE`, "a d"},
		{"wql.md#14", `B >= TRUE`, "InvalidQuery"},
		{"wql.md#15", `N IS NULL`, "c"},
		{"wql.md#15", `N = NULL`, "c"},
		{"wql.md#16", `N IS NOT NULL`, "a b d"},
		{"wql.md#17", `N IS 5`, "InvalidQuery"},
		{"wql.md#18", `N >= NULL`, "InvalidQuery"},
		{"wql.md#19", `N <> 1`, "b d"},
		{"wql.md#20", `NOT N = 1`, "b c d"},
		{"wql.md#21", `Id="a" OR Id="b" AND N=2`, "a b"},
		{"wql.md#22", `(Id="a" OR Id="b") AND N=2`, "b"},
		{"wql.md#23", `S LIKE "%[_]%"`, "b"},
		{"wql.md#24", `S LIKE "%_%"`, "a b d"},
		{"wql.md#25", `S LIKE "[a-d]%"`, "a b d"},
		{"wql.md#26", `S LIKE "[^c]%"`, "b"},
		{"wql.md#27", `S LIKE "[b=d]og%"`, "b"},
		{"wql.md#27", `S LIKE "[b-d]og%"`, "b"},
		{"wql.md#27", `S LIKE "c=%"`, ""},
		{"wql.md#28", `S LIKE "C:\\Temp"`, "d"},
		{"wql.md#28", `S LIKE "C:\Temp"`, "d"},
		{"wql.md#29", `S = "C:\\Temp"`, "d"},
		{"wql.md#30", `S = "C:\Temp"`, "InvalidQuery"},
		{"wql.md#31", `NOT S LIKE "c%"`, "b c"},
		{"wql.md#32", `N LIKE "1"`, "a"},
		{"wql.md#32", `N LIKE "1%"`, "InvalidQuery"},
		{"wql.md#33", `S = 'it''s'`, "InvalidQuery"},
		{"wql.md#34", `D = "20240101000000.000000+000"`, "a b"},
		{"wql.md#35", `D > "2023-12-31"`, "a b"},
		{"wql.md#36", `D = "20240101000000.000000+***"`, ""},
		{"wql.md#37", `E.X = 5`, "a"},
		{"wql.md#38", `E.Nope = 5`, ""},
		{"wql.md#39", `E.Z = 9`, "b"},
		{"wql.md#40", `S.X = 5`, "InvalidQuery"},
		{"wql.md#41", `E ISA "T_Emb"`, "a b"},
		{"wql.md#41", `E ISA "T_EmbSub"`, "b"},
		{"wql.md#42", `A = "x"`, "InvalidQuery"},
		{"wql.md#43", `Nope = 1`, "InvalidQuery"},
		{"wql.md#51", `N = W`, "InvalidQuery"},
		{"wql.md#52", `N < 4+1`, "InvalidQuery"},

		// Operators: wql.md 4.1.
		{"an array has IS NULL", `A IS NULL`, "b c d"},
		{"an array has IS NULL", `NOT A IS NULL`, "a"},
		{"an array has no LIKE", `A LIKE "x"`, "InvalidQuery"},
		{"an array has no ISA", `A ISA "x"`, "InvalidQuery"},
		{"an object has IS NULL", `E IS NOT NULL`, "a b"},
		{"an object has no =", `E = "x"`, "InvalidQuery"},
		{"an object has no LIKE", `O LIKE "x"`, "InvalidQuery"},
		{"a string has no ISA", `S ISA "x"`, "InvalidQuery"},
		{"a boolean has no LIKE", `B LIKE "TRUE"`, "InvalidQuery"},
		{"LIKE as =", `D LIKE "20240101010000.000000+060"`, "a b"},
		{"LIKE as =", `R LIKE "1.5"`, "a"},
		{"LIKE as =", `D LIKE "2024%"`, "InvalidQuery"},
		{"a bracket is not closed", `S LIKE "a[b"`, "InvalidQuery"},
		{"a bracket is not closed", `E.Y LIKE "a[b"`, "InvalidQuery"},
		{"names have no case", `s = 'CAT' and n = 1`, "a"},

		// Integers that do not fit: wql.md 4.2.
		{"folded", `W < 65536`, "a"},
		{"folded", `W < 65536 OR Id = "c"`, "a c"},
		{"folded", `W >= -1`, "a"},
		{"folded", `W = 70000`, ""},
		{"folded", `NOT W = 70000`, "a b c d"},
		{"folded", `W <> 70000`, "a"},
		{"folded", `N > 18446744073709551615`, ""},
		{"folded", `N < 18446744073709551615`, "a b d"},
		{"folded", `N < "5000000000"`, "a b d"},

		// NULL: wql.md 4.5, 4.6.
		{"NULL is not unlike", `NOT (S LIKE "%")`, "c"},
		{"NULL is of no class", `NOT E ISA "T_Emb"`, "c d"},
		{"the path leads nowhere", `E.X IS NULL`, ""},
		{"the path leads nowhere", `E.Z IS NULL`, ""},
		{"the path leads nowhere", `NOT E.Z IS NULL`, "a b c d"},
		{"the path leads somewhere", `E.X IS NOT NULL`, "a b"},
		{"the path leads nowhere", `E.X.Y = 5`, ""},
		{"the path leads nowhere", `O.A.B.C.D <> 5`, ""},

		// Parts of objects are converted when they are met: wql.md 4.6.
		{"converted late", `E.X = "5"`, "a"},
		{"converted late", `E.X = "five"`, ""},
		{"converted late", `E.X <> "five"`, ""},
		{"converted late", `E.X >= 5.0 AND E.Y > "D"`, "a b"},
		{"converted late", `E.Y = 5 OR E.Y = "E"`, "a"},
		{"converted late", `E.X LIKE "5"`, "a"},
		{"converted late", `E.X LIKE "5%"`, ""},
		{"converted late", `E.Y LIKE "[ef]"`, "a b"},
		{"converted late", `E.Y ISA "T_Emb"`, ""},

		// System properties: wql.md 4.7.
		{"system", `__CLASS LIKE "T[_]S%"`, "d"},
		{"system", `__CLASS > "T_Base"`, "d"},
		{"system", `__SUPERCLASS = "T_Base"`, "d"},
		{"system", `__SUPERCLASS IS NULL`, "a b c"},
		{"system", `__DYNASTY = "t_base"`, "a b c d"},
		{"system", `__GENUS = 2`, "a b c d"},
		{"system", `__GENUS = "1"`, ""},
		{"system", `__PROPERTY_COUNT > 11`, "d"},
		{"system", `__DERIVATION IS NOT NULL`, "a b c d"},
		{"system", `__DERIVATION = "T_Base"`, "InvalidQuery"},
		{"system", `__SERVER = "server"`, "a b c d"},
		{"system", `__NAMESPACE LIKE "root%"`, "a b c d"},
		{"system", `__CLASS.X = 1`, "InvalidQuery"},
		{"system", `__CLASS ISA "T_Base"`, "InvalidQuery"},
		{"system", `E.__CLASS = "T_EmbSub"`, "b"},
		{"system", `E.__DERIVATION IS NOT NULL`, "a b"},
		{"system", `E.__DERIVATION = "T_Emb"`, "InvalidQuery"},
		{"system", `E.__CLASS.X = 1`, "InvalidQuery"},
		{"system", `E.__PATH IS NULL`, "a b"},
		{"system", `__NOPE = 1`, "InvalidQuery"},
		{"normal paths", `__RELPATH = 'T_Base="A"'`, "a"},
		{"normal paths", `__RELPATH = 't_base.ID=\'a\''`, "a"},
		{"normal paths", `__RELPATH <> 'T_Base="A"'`, "b c d"},
		{"normal paths", `__RELPATH = 'no path at all'`, ""},
		{"normal paths", `__RELPATH LIKE 't[_]base%'`, "a b c"},
		{"normal paths", `__RELPATH < 'T_Base.Id="b"'`, "a"},

		{"nothing but constants", `W > 70000 OR W < -1`, ""},
		{"nothing but constants", `NOT (W > 70000 OR N = 99999999999)`, "a b c d"},
	} {
		f, err := compile(base, c.where)
		if err != nil {
			if got := cim.StatusOf(err).Name(); got != c.want {
				t.Errorf("%s: %s: %v; want %s", c.name, c.where, err, c.want)
			}
			continue
		}
		x := checked{name: c.name + ": " + c.where, want: c.want, filter: f}
		for _, inst := range rows {
			if f.Match(query.ObjectRow(inst)) {
				id, _ := inst.Get("Id")
				x.instances = append(x.instances, id.Text())
			}
		}
		filters = append(filters, x)
	}
	store(t, decls, rows, func(r *repository.Record) {
		for i := range filters {
			if x := &filters[i]; x.filter.Match(query.RecordRow(r)) {
				x.records = append(x.records, strings.Clone(r.At(r.Class().PropertyIndex("Id")).Text()))
			}
		}
		if r.Err() != nil {
			t.Error(r.Err())
		}
	})
	for _, x := range filters {
		if got := strings.Join(x.instances, " "); got != x.want {
			t.Errorf("%s: matches instances %q, want %q", x.name, got, x.want)
		}
		slices.Sort(x.records)
		if got := strings.Join(x.records, " "); got != x.want {
			t.Errorf("%s: matches records %q, want %q", x.name, got, x.want)
		}
	}
}
