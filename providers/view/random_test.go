package view_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/view"
	"openwmi/wbem"
)

// TestRandomViews compares a union and a join of random instances with classes
// in which the same instances are stored, made by the plainest means: whatever is
// asked of both, the answer is the same.
func TestRandomViews(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { randomViews(t, rand.New(rand.NewPCG(seed, 10))) })
	}
}

const members = `sint16 N; string S; real64 R; datetime D; boolean B; };`

func randomViews(t *testing.T, r *rand.Rand) {
	var mof strings.Builder
	for _, class := range []string{"X", "Y"} {
		fmt.Fprintf(&mof, "#pragma namespace(\"\\\\\\\\.\\\\root\\\\%s\")\nclass %s { [key] uint32 K; %s\n", map[string]string{"X": "a", "Y": "b"}[class], class, members)
		for k := range 12 {
			fmt.Fprintf(&mof, "instance of %s { K = %d;", class, k)
			for name, v := range randomValues(r) {
				if r.IntN(4) > 0 {
					fmt.Fprintf(&mof, " %s = %s;", name, v)
				}
			}
			mof.WriteString(" };\n")
		}
	}
	where := []string{"", " WHERE " + randomWhere(r, "N", 2)}
	order := []string{"", " AND X.S < Y.S", " AND Y.R >= X.N", " AND X.D <> Y.D"}[r.IntN(4)]
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace
	fmt.Fprintf(&mof, `#pragma namespace("\\\\.\\root\\a")
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM X%s", "SELECT * FROM Y%s"}, ViewSpaces{"root\\a", "root\\b"}]
		class U {
			[key, PropertySources{"__NAMESPACE", "__NAMESPACE"}] string Place;
			[key, PropertySources{"K", "K"}] uint32 K;
			[PropertySources{"N", "N"}] sint64 N; [PropertySources{"S", ""}] string S; [PropertySources{"R", "R"}] real64 R;
			[PropertySources{"D", "D"}] datetime D; [PropertySources{"", "B"}] boolean B;
		};
		[JoinOn("X.N = Y.N%s"), dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM X%[1]s", "SELECT * FROM Y%[2]s"}, ViewSpaces{"root\\a", "root\\b"}]
		class J {
			[key, PropertySources{"K", ""}] uint32 Place;
			[key, PropertySources{"", "K"}] uint32 K;
			[PropertySources{"N", ""}] sint64 N; [PropertySources{"S", ""}] string S; [PropertySources{"", "R"}] real64 R;
			[PropertySources{"", "D"}] datetime D; [PropertySources{"B", "B"}] boolean B;
		};
		class UCopy { [key] string Place; [key] uint32 K; sint64 N; string S; real64 R; datetime D; boolean B; };
		class JCopy { [key] uint32 Place; [key] uint32 K; sint64 N; string S; real64 R; datetime D; boolean B; };
	`, quoted(where[0]), quoted(where[1]), order)
	st := open(t, view.Options{}, mof.String())
	a := st.connect(t, `root\a`)
	xs, ys := found(t, a, "SELECT * FROM X"+where[0]), found(t, st.connect(t, `root\b`), "SELECT * FROM Y"+where[1])
	store := func(class string, values map[string]cim.Value) {
		c, err := a.GetClass(t.Context(), class, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		inst := cim.NewInstance(c)
		for name, v := range values {
			if err := inst.Set(name, v); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := a.PutInstance(t.Context(), inst, wbem.Options{Lazy: true}); err != nil {
			t.Fatal(err)
		}
	}
	of := func(inst *cim.Instance, name string) cim.Value { v, _ := inst.Get(name); return v }
	for _, x := range xs {
		store("UCopy", map[string]cim.Value{"Place": cim.StringValue(`root\a`), "K": of(x, "K"), "N": of(x, "N"), "S": of(x, "S"), "R": of(x, "R"), "D": of(x, "D")})
		for _, y := range ys {
			if !joins(x, y, order, of) {
				continue
			}
			store("JCopy", map[string]cim.Value{"Place": of(x, "K"), "K": of(y, "K"), "N": of(x, "N"), "S": of(x, "S"), "R": of(y, "R"), "D": of(y, "D"), "B": of(x, "B")})
		}
	}
	for _, y := range ys {
		store("UCopy", map[string]cim.Value{"Place": cim.StringValue(`root\b`), "K": of(y, "K"), "N": of(y, "N"), "R": of(y, "R"), "D": of(y, "D"), "B": of(y, "B")})
	}

	for range 60 {
		class, columns := []string{"U", "J"}[r.IntN(2)], []string{"*", "K", "S, N", "D, B, Place", "__RELPATH"}[r.IntN(5)]
		cond := randomWhere(r, "PlaceKNSRDB", 3)
		if class == "J" && strings.Contains(cond, "Place") {
			continue // which is no text there
		}
		query := func(class string) []string {
			return rows(t, a, "SELECT "+columns+" FROM "+class+" WHERE "+cond)
		}
		var want []string
		for _, line := range query(class + "Copy") {
			want = append(want, strings.ReplaceAll(line, class+"Copy", class))
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, query(class), cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
			t.Fatalf("sources%v, join%s: SELECT %s FROM %s WHERE %s (-want +got)\n%s", where, order, columns, class, cond, diff)
		}
	}
	for _, class := range []string{"U", "J"} {
		for _, inst := range found(t, a, "SELECT * FROM "+class+"Copy") {
			p, _ := cim.RelPath(inst)
			p.Class = class
			if got := line(get(t, a, p.String())); got != strings.Replace(line(inst), class+"Copy", class, 1) {
				t.Fatalf("get %v: %s, want %s", p, got, line(inst))
			}
		}
	}
}

// joins says naively whether two instances meet the condition of the join.
func joins(x, y *cim.Instance, order string, of func(*cim.Instance, string) cim.Value) bool {
	if n := of(x, "N"); n.IsNull() || !n.Equal(of(y, "N")) {
		return false
	}
	known := func(v, w cim.Value) bool { return !v.IsNull() && !w.IsNull() }
	switch {
	case strings.Contains(order, "S <"):
		v, w := of(x, "S"), of(y, "S")
		return known(v, w) && cim.Fold(v.Text()) < cim.Fold(w.Text())
	case strings.Contains(order, "R >="):
		v, w := of(x, "N"), of(y, "R")
		return known(v, w) && w.Float() >= float64(v.Int())
	case strings.Contains(order, "D <>"):
		v, w := of(x, "D"), of(y, "D")
		if !known(v, w) {
			return false
		}
		d, _ := v.Datetime()
		e, _ := w.Datetime()
		return !d.Equal(e)
	}
	return true
}

func found(t *testing.T, s wbem.Services, query string) []*cim.Instance {
	var all []*cim.Instance
	for obj, err := range s.Query(t.Context(), "WQL", query, wbem.Options{}) {
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		all = append(all, obj.(*cim.Instance))
	}
	return all
}

// randomValues returns a value for each property, as MOF.
func randomValues(r *rand.Rand) map[string]string {
	return map[string]string{
		"N": fmt.Sprint(r.IntN(5) - 1),
		"S": []string{`""`, `"a"`, `"A"`, `"b"`, `"c\"d"`, `"e\\f"`}[r.IntN(6)],
		"R": []string{"0.5", "2.0", "-1.5"}[r.IntN(3)],
		"D": []string{`"20240101000000.000000+000"`, `"20240101010000.000000+060"`, `"20250101000000.000000+000"`}[r.IntN(3)],
		"B": []string{"TRUE", "FALSE"}[r.IntN(2)],
	}
}

// randomWhere returns a condition on properties whose names are in a text.
func randomWhere(r *rand.Rand, names string, depth int) string {
	if depth > 0 && r.IntN(3) > 0 {
		a, b := randomWhere(r, names, depth-1), randomWhere(r, names, depth-1)
		return []string{"(" + a + " AND " + b + ")", "(" + a + " OR " + b + ")", "NOT (" + a + ")"}[r.IntN(3)]
	}
	ops := []string{"=", "<>", "<", "<=", ">", ">="}
	for {
		switch i := r.IntN(7); {
		case i == 0 && strings.Contains(names, "Place"):
			return `Place = "root\\` + []string{"a", "b", "c"}[r.IntN(3)] + `"`
		case i == 1 && strings.Contains(names, "K"):
			return fmt.Sprintf("K %s %d", ops[r.IntN(6)], r.IntN(12))
		case i == 2 && strings.Contains(names, "S"):
			return fmt.Sprintf("S %s %s", append(ops, "LIKE")[r.IntN(7)], randomValues(r)["S"])
		case i == 3 && strings.Contains(names, "R"):
			return fmt.Sprintf("R %s %s", ops[r.IntN(6)], randomValues(r)["R"])
		case i == 4 && strings.Contains(names, "D"):
			return fmt.Sprintf("D %s %s", ops[r.IntN(6)], randomValues(r)["D"])
		case i == 5 && strings.Contains(names, "B"):
			return fmt.Sprintf("B %s %s", ops[r.IntN(2)], randomValues(r)["B"])
		case i == 6 && strings.Contains(names, "N"):
			return []string{"N IS NULL", "N IS NOT NULL", "N = 40000", "N > -40000", fmt.Sprintf("N %s %d", ops[r.IntN(6)], r.IntN(5)-1)}[r.IntN(5)]
		}
	}
}
