package query_test

import (
	"fmt"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
)

// TestConstraints are what planners learn from a condition.
func TestConstraints(t *testing.T) {
	m := model{}
	c := m.define(t, `T { [key] string Id; [key] uint16 No; sint32 N; uint8 U; string S; boolean B; real64 R; datetime D; T ref Ref; object O; }`)
	for where, want := range map[string]string{
		`Id = 'a'`:                         `Id {a}`,
		`Id = 'a' AND No = 5`:              `Id {a}, No {5}`,
		`Id = 'a' OR No = 5`:               ``,
		`Id = 'a' OR Id = 'b'`:             `Id {a b}`,
		`Id = 'a' OR Id = 'b' OR Id = 'A'`: `Id {a b}`,
		`(Id = 'a' OR Id = 'b') AND (Id = 'b' OR Id = 'c')`: `Id {b}`,
		`Id = 'a' AND Id = 'b'`:                             `Id {}`,
		`(Id = 'a' AND No = 1) OR (Id = 'b' AND No = 2)`:    `Id {a b}, No {1 2}`,
		`(Id = 'a' AND No = 1) OR Id = 'b'`:                 `Id {a b}`,
		`NOT Id = 'a'`:                                      ``,
		`NOT Id <> 'a'`:                                     ``,
		`Id <> 'a' AND N > 5`:                               `N [6, NULL]`,
		`N > 5 AND N < 10`:                                  `N [6, 9]`,
		`N > 5 AND N < 10 AND N >= 8`:                       `N [8, 9]`,
		`N > 5 AND N = 7`:                                   `N {7}`,
		`N > 5 AND N = 4`:                                   `N {}`,
		`N = 7 OR N > 9`:                                    `N [7, NULL]`,
		`(N > 5 AND N < 10) OR (N > 20 AND N < 30)`:         `N [6, 29]`,
		`N > 5 OR N < 3`:                                    ``,
		`N > 5 OR S = 'a'`:                                  ``,
		`U < 300`:                                           ``,
		`U >= 0`:                                            ``,
		`B <> TRUE`:                                         `B {FALSE}`,
		`B = 1`:                                             `B {TRUE}`,
		`S >= 'b' AND S < 'd'`:                              `S [b, d]`,
		`S >= '` + "\ue000" + `'`:                           ``,
		`S = '` + "\ue000" + `'`:                            "S {\ue000}",
		`S = '` + "\ue000" + `' OR S > 'b'`:                 ``,
		`S LIKE 'abc'`:                                      `S {abc}`,
		`S LIKE 'abc%'`:                                     `S [ABC, ABD]`,
		`S LIKE 'ab_c%'`:                                    `S [AB, AC]`,
		`S LIKE 'x[[]%y' AND S < 'x]'`:                      `S [X[, X\]`,
		"S LIKE 'a`%'":                                      "S [A`, A{]",
		`S LIKE 'Z%'`:                                       `S [Z, []`,
		`S LIKE 'a%' OR S LIKE 'c%'`:                        `S [A, D]`,
		`S LIKE '%a'`:                                       ``,
		`S LIKE '[ab]%'`:                                    ``,
		`NOT S LIKE 'a%'`:                                   ``,
		"S LIKE '\ud7ff%'":                                  "S [\ud7ff, NULL]",
		"S LIKE 'a\U00010000%'":                             "S [A, B]",
		`R = 1.5`:                                           `R [1.5, 1.5]`,
		`R > 1 AND R <= 2`:                                  `R [1.0, 2.0]`,
		`R > 1 AND R > 2`:                                   `R [2.0, NULL]`,
		`R <> 1`:                                            ``,
		`D = '20240101000000.000000+000'`:                   `D [20240101000000.000000+000, 20240101000000.000000+000]`,
		`D > '20240101000000.000000+000' AND D >= '20240101000000.000000-060'`: `D [20240101000000.000000-060, NULL]`,
		`D = '20240101000000.000000+***'`:                                      ``,
		`D = '20240101000000.000000+000' OR D = '00000001000000.000000:000'`:   ``,
		`D <= '20240101000000.000000+***' OR D < '00000001000000.000000:000'`:  `D [NULL, 00000001000000.000000:000]`,
		`O IS NULL`:             ``,
		`Ref = 'T.No=1,Id="x"'`: `Ref {root\test:T.Id="x",No="1"}`,
		`O.Id = 'a'`:            ``,
		`__CLASS = 'T'`:         `in T`,
		`__CLASS = 'A' OR __CLASS = 'B' OR __CLASS = 'a'`: `in A B`,
		`__CLASS = 'A' AND __CLASS = 'B'`:                 `in`,
		`__CLASS LIKE 'A'`:                                `in A`,
		`__CLASS <> 'A'`:                                  ``,
		`__CLASS = 'A' OR N = 5`:                          ``,
		`__RELPATH = 'T.No=0x10,Id="x"'`:                  `in T, Id {x}, No {16}`,
		`__PATH = '\\\\SERVER\\root\\test:T.No=1,Id="x"'`: `in T, Id {x}, No {1}`,
		`__RELPATH = 'T.No=70000,Id="x"'`:                 `in T`,
		`__RELPATH = 'T=@'`:                               `in T`,
		`__RELPATH = 'T.No=1,Id="x"' AND Id > 'w'`:        `in T, Id {x}, No {1}`,
		`__RELPATH = 'T.No=1,Id="x"' AND Id > 'y'`:        `in T, Id {}, No {1}`,
		`__RELPATH <> 'T.No=1,Id="x"'`:                    ``,
		`__SUPERCLASS = 'T'`:                              ``,
	} {
		f, err := compile(c, where)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		var got []string
		if names, ok := f.Classes(); ok {
			got = append(got, strings.TrimSpace("in "+strings.Join(names, " ")))
		}
		for _, x := range f.Constraints() {
			if c.Properties()[x.Index] != x.Property {
				t.Errorf("%s: position %d is not that of %s", where, x.Index, x.Property.Name())
			}
			s := fmt.Sprintf("[%v, %v]", x.Low, x.High)
			if x.In != nil {
				s = strings.Replace(strings.Replace(fmt.Sprint(x.In), "[", "{", 1), "]", "}", 1)
			}
			got = append(got, x.Property.Name()+" "+s)
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s: %s, want %s", where, s, want)
		}
	}
}

// TestConstraintsLink are those of a class whose keys are references and
// datetimes.
func TestConstraintsLink(t *testing.T) {
	m := model{}
	c := m.define(t, `L { [key] L ref Src; [key] datetime At; }`)
	f, err := compile(c, `__RELPATH = 'L.At="20240101000000.000000+000",Src="T.K=\\\"a\\\""' AND Src = 'T="a"'`)
	if err != nil {
		t.Fatal(err)
	}
	inst := instance(t, c, "Src", cim.ReferenceValue(`T.K="a"`), "At", "20240101000000.000000+000")
	if !f.Match(query.ObjectRow(inst)) {
		t.Errorf("%s does not match %v", f, inst)
	}
	known := f.Constraints()
	if len(known) != 1 || known[0].Property.Name() != "Src" || len(known[0].In) != 1 || known[0].In[0].Text() != `root\test:T="a"` {
		t.Errorf("%v", known)
	}
}
