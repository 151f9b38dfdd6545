package query_test

import (
	"testing"

	"openwmi/internal/query"
)

// TestFilterString prints conditions as they are evaluated.
func TestFilterString(t *testing.T) {
	m, _ := fixture(t)
	for where, want := range map[string]string{
		`N = "5"`:                              `N = 5`,
		`S = 5 AND N <= 0x10`:                  `N <= 16 AND S = "5"`,
		`s LIKE "c%" AND n > 1 AND E.X = '5'`:  `n > 1 AND s LIKE "c%" AND E.X = '5'`,
		`S LIKE "quo\"te\\"`:                   `S = "quo\"te\\"`,
		`B <> "true" OR W = 70000`:             `B <> TRUE`,
		`W < 70000`:                            `W IS NOT NULL`,
		`W = 70000 AND N = 1`:                  `FALSE`,
		`NOT (W = 70000 AND N = 1)`:            `TRUE`,
		`NOT (N = 1 OR S = 'a')`:               `NOT (N = 1 OR S = "a")`,
		`NOT NOT N = 1`:                        `N = 1`,
		`N = 1 AND (S = 'a' OR B = 1)`:         `N = 1 AND (B = TRUE OR S = "a")`,
		`Id = 'b' OR Id = 'a' OR N = 1`:        `N = 1 OR Id IN ("b", "a")`,
		`D >= '20240101000000.000000+000'`:     `D >= "20240101000000.000000+000"`,
		`R < 1 AND E ISA T_Emb AND A IS NULL`:  `A IS NULL AND R < 1.0 AND E ISA "T_Emb"`,
		`__RELPATH = 't_base.ID="a"'`:          `__RELPATH = "root\\test:t_base=\"a\""`,
		`(N = 1 OR N = 2) AND NOT N IS NULL`:   `NOT N IS NULL AND N IN (1, 2)`,
		`NOT (N = 1 AND (S = 'a' AND W = 5))`:  `NOT (N = 1 AND W = 5 AND S = "a")`,
		`(N = 1 AND W = 1) OR (W = 2 AND N=2)`: `(N = 1 AND W = 1) OR (W = 2 AND N = 2)`,
	} {
		f, err := compile(m["T_Base"], where)
		if err != nil {
			t.Errorf("%s: %v", where, err)
		} else if f.String() != want {
			t.Errorf("%s becomes\n%s, want\n%s", where, f, want)
		}
	}
	f, err := query.CompileFilter(m["T_Base"], nil, query.FilterOptions{})
	if err != nil || !f.IsTrue() || f.IsFalse() || f.String() != "TRUE" || !f.Match(query.Row{}) {
		t.Errorf("no condition: %v, %v", f, err)
	}
}

// TestFilterErrors says where and what is wrong.
func TestFilterErrors(t *testing.T) {
	m, _ := fixture(t)
	for where, want := range map[string]string{
		`Id = 'a' AND Nope = 1`: "query:1:41: class T_Base has no property Nope",
		`N = 'abc'`:             "query:1:32: N is a sint32, and 'abc' is none",
		`S.X = 5`:               "query:1:30: S is a string and no object, so it has no property X",
		`B >= TRUE`:             "query:1:28: B is a boolean, which has no >= but =, <>, IS NULL and IS NOT NULL",
		`A = 'x'`:               "query:1:28: A is a string[], which has no = but IS NULL and IS NOT NULL",
		`N LIKE '1%'`:           "query:1:35: N is a sint32, and only strings have a pattern",
		`S LIKE 'a[b'`:          "query:1:35: pattern 'a[b': a bracket is not closed",
		`E = 5`:                 "query:1:28: E is an object, which has no = but ISA, IS NULL and IS NOT NULL, and its properties",
		`D = 'today'`: "query:1:32: D is a datetime, and 'today' is none, such as '2024-12-31', '31 Dec 2024 11:59 PM' or " +
			"'20241231235900.000000+000'",
	} {
		if _, err := compile(m["T_Base"], where); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", where, err, want)
		}
	}
}
