package wql_test

import (
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/wql"
)

// FuzzParse reads anything as queries of both kinds. An error must point into
// the text; a query must have nodes that stand in the text, and be the same when
// it is printed and read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"",
		"SELECT a.b, c.*, a.b FROM A WITHIN 1.5 WHERE 5 < x.y OR NOT (z LIKE \"[_]\\%\" AND u IS NOT NULL) AND v NOT LIKE 'w' GROUP WITHIN 3 BY d, e.f HAVING NOT NumberOfEvents > 7 ;",
		"SELECT * FROM meta_class WHERE __this ISA B AND __SuperClass <> NULL",
		"SELECT A.A.X, Group FROM A WHERE NULL = A.n AND TRUE != b AND s = 'it\\'s \\\\' AND r >= -1.5e+3 AND h = 0xFF",
		"ASSOCIATORS OF { A.b=\"}\",c=5 } WHERE AssocClass = B ResultClass='C' Role = D KeysOnly",
		"REFERENCES OF {A} WHERE SchemaOnly RequiredQualifier = \"and\"",
		"select\u0080\xFF'\\",
		"((((NOT NOT {?}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, event := range []bool{false, true} {
			q, err := parse(event, text)
			if err != nil {
				checkError(t, text, err)
				continue
			}
			for _, n := range nodes(q) {
				if r := n.Range(); !r.IsValid() || r.End < r.Pos || int(r.End) > len(text)+1 {
					t.Fatalf("%T stands at %v", n, r)
				}
			}
			again, err := parse(event, q.String())
			if cim.TooLong(q.String(), wql.MaxText) {
				continue
			}
			if err != nil {
				t.Fatalf("%s: parsed again: %v", q, err)
			}
			if diff := cmp.Diff(q, again, sameTree); diff != "" {
				t.Fatalf("%s: parsed again: %s", q, diff)
			}
		}
	})
}

func checkError(t *testing.T, text string, err error) {
	if s := cim.StatusOf(err); s == cim.Failed || s == cim.OK {
		t.Fatalf("%v has no status", err)
	}
	var d *source.Diagnostic
	if !errors.As(err, &d) {
		if text != "" && !cim.TooLong(text, wql.MaxText) {
			t.Fatalf("%v has no place", err)
		}
		return
	}
	if !d.IsValid() || d.End < d.Pos || int(d.End) > len(text)+1 || d.Msg == "" {
		t.Fatalf("%+v", d)
	}
}

// FuzzBind checks that a string comes back as it was bound.
func FuzzBind(f *testing.F) {
	for _, seed := range []string{"", `\`, `"`, `' OR '1' = '1`, "?", "\xFF\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		text, err := wql.Bind("SELECT * FROM A WHERE x = ? AND x LIKE ?", value, value)
		if err != nil {
			if cim.StatusOf(err) != cim.InvalidParameter || utf8.ValidString(value) {
				t.Fatal(err)
			}
			return
		}
		q, err := wql.Parse(text)
		if err != nil {
			if cim.StatusOf(err) != cim.QuotaViolation {
				t.Fatalf("%s: %v", text, err)
			}
			return
		}
		and := q.(*wql.Select).Where.(*wql.And)
		equal, like := and.X[0].(*wql.Comparison), and.X[1].(*wql.Like)
		if len(and.X) != 2 || equal.Value.Value.Text() != value || like.Pattern.Value.Text() != value {
			t.Fatalf("%q became %s", value, q)
		}
	})
}
