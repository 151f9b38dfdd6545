package query_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/internal/repository"
)

var randomSeed = flag.Uint64("filter.seed", 1, "seed of the random conditions")

// A generator makes random rows and conditions on them.
type generator struct {
	*rand.Rand
	model
	top *cim.Class
}

func newGenerator(t testing.TB, seed uint64) *generator {
	m := model{}
	m.define(t, "G_Emb { sint32 X; string Y; object Deep; }")
	m.define(t, "G_EmbSub : G_Emb { uint8 Z; }")
	m.define(t, "G_Other { string X; real64 Y; datetime Z; }")
	top := m.define(t, `G_Top { [key] string Id; sint8 I1; uint8 U1; sint16 I2; uint16 U2; sint32 I4; uint32 U4; sint64 I8; uint64 U8;
		real32 R4; real64 R8; boolean B; char16 C; string S; string Other; datetime D; G_Top ref Ref; object O; G_Emb E; string A[]; }`)
	m.define(t, "G_Sub : G_Top { string Aardvark; sint32 Zebra; }") // so that positions differ
	return &generator{rand.New(rand.NewPCG(seed, 0)), m, top}
}

func pick[T any](g *generator, list ...T) T { return list[g.IntN(len(list))] }

var words = []string{"", "a", "A", "b", "cat", "Cat", "CATS", "c%t", "[x]", "a_b", "^", "k", "K", "\u212a", "s", "\u017f", "straße", "STRASSE",
	"é", "É", "日本", "日", "\U00010400", "\U00010428", "\ue000", "\uffff", "z", "5", "-1", "1", "0", "TRUE", "true", "1.5", "300", "0x10",
	"2024-01-01", "a\\b", `quo"te`, "it's", "x]y", "aaaa", "aaab", "aab", "abab", "ababab"}

func (g *generator) value(t cim.Type) cim.Value {
	if g.IntN(5) == 0 {
		return cim.Value{}
	}
	switch {
	case t.IsInteger() || t == cim.TypeChar16:
		bits := pick(g, 0, 1, 2, 5, 10, 97, 98, math.MaxUint64, 1<<(t.Bits()-1), 1<<(t.Bits()-1)-1, g.Uint64())
		if bits &= math.MaxUint64 >> (64 - t.Bits()); t.IsSigned() {
			shift := 64 - t.Bits()
			bits = uint64(int64(bits<<shift) >> shift)
		}
		return cim.NumberValue(t, bits)
	case t == cim.TypeReal32:
		return cim.Real32Value(pick(g, 0, 1, -1, 1.5, 0.1, 300, math.MaxFloat32, float32(math.Inf(1)), float32(math.NaN())))
	case t == cim.TypeReal64:
		return cim.Real64Value(pick(g, 0, 1, -1, 1.5, 0.1, 300, 1e30, math.Inf(-1), math.NaN(), math.Copysign(0, -1)))
	case t == cim.TypeBoolean:
		return cim.BoolValue(g.IntN(2) == 0)
	case t == cim.TypeString:
		return cim.StringValue(pick(g, words...))
	case t == cim.TypeDatetime:
		return cim.TextValue(t, pick(g, "20231231230000.000000+000", "20240101000000.000000+000", "20240101010000.000000+060", "20240101000000.000000+***",
			"********0000**.000000+***", "00000001000000.000000:000", "00000000000001.000000:000", "20240102140000.000000+000", "00000101000000.000000+000"))
	case t == cim.TypeReference:
		return cim.ReferenceValue(pick(g, paths...))
	case t == cim.TypeString.ArrayOf():
		return cim.StringsValue([]string{"a"})
	}
	return cim.Value{}
}

var paths = []string{`G_Top.Id="a"`, `g_top.ID='A'`, `G_Top="a"`, `root\test:G_Top="a"`, `\\.\root\test:G_Top.Id="a"`, `\\SERVER\ROOT\test:G_Top.Id="a"`,
	`\\other\root\test:G_Top.Id="a"`, `G_Top.Id="b"`, `X.A=1,B="x"`, `X.B='X',a=+01`, `X.B="x",A="1"`, `X=TRUE`, `X="1"`, `G_Top`, `X=@`}

// object returns an instance of a class to be embedded.
func (g *generator) object(depth int, classes ...string) cim.Value {
	if depth > 2 || g.IntN(4) == 0 {
		return cim.Value{}
	}
	return cim.ObjectValue(g.instance(g.model[pick(g, classes...)], depth))
}

func (g *generator) instance(c *cim.Class, depth int) *cim.Instance {
	inst := cim.NewInstance(c)
	for k, p := range c.Properties() {
		switch {
		case p.IsKey():
		case p.Type() != cim.TypeObject:
			if g.IntN(10) > 0 {
				inst.Put(k, g.value(p.Type()))
			}
		case p.Class() == "G_Emb":
			inst.Put(k, g.object(depth+1, "G_Emb", "G_EmbSub"))
		default:
			inst.Put(k, g.object(depth+1, "G_Emb", "G_EmbSub", "G_Other"))
		}
	}
	return inst
}

func (g *generator) row(t testing.TB, i int) *cim.Instance {
	inst := g.instance(g.model[pick(g, "G_Top", "G_Sub")], 0)
	inst.SetOrigin(g.top.Origin())
	if err := inst.Set("Id", cim.StringValue(fmt.Sprintf("%s%d", pick(g, "a", "B", "é"), i))); err != nil {
		t.Fatal(err)
	}
	return inst
}

// condition returns the text of a condition.
func (g *generator) condition(depth int) string {
	switch n := g.IntN(8); {
	case depth > 0 && n < 2:
		return "(" + g.condition(depth-1) + " AND " + g.condition(depth-1) + ")"
	case depth > 0 && n < 4:
		return "(" + g.condition(depth-1) + " OR " + g.condition(depth-1) + ")"
	case depth > 0 && n == 4:
		return "NOT " + g.condition(depth-1)
	case n == 5:
		return g.operand() + pick(g, " IS NULL", " IS NOT NULL", " = NULL", " <> NULL")
	case n == 6:
		return g.operand() + pick(g, " LIKE ", " NOT LIKE ") + g.pattern()
	}
	if g.IntN(10) == 0 {
		return pick(g, "E", "O", "O.Deep", "E.Deep", "S") + ` ISA "` + pick(g, "G_Emb", "g_embsub", "G_Other", "Nope") + `"`
	}
	if g.IntN(6) == 0 {
		x := g.operand()
		return "(" + x + " = " + g.literal() + " OR " + x + " = " + g.literal() + " OR " + x + " = " + g.literal() + ")"
	}
	return g.operand() + " " + pick(g, "=", "<>", "<", ">", "<=", ">=") + " " + g.literal()
}

func (g *generator) operand() string {
	if g.IntN(4) == 0 {
		return pick(g, "__CLASS", "__SUPERCLASS", "__DYNASTY", "__GENUS", "__PROPERTY_COUNT", "__RELPATH", "__DERIVATION", "__NAMESPACE",
			"E.X", "E.Y", "E.Z", "O.X", "O.Y", "O.Z", "O.Deep.X", "E.Deep.Deep.Y", "O.__CLASS", "O.Nope", "S.X", "Nope")
	}
	return g.top.Properties()[g.IntN(len(g.top.Properties()))].Name()
}

func (g *generator) literal() string {
	switch g.IntN(6) {
	case 0:
		return pick(g, "TRUE", "FALSE")
	case 1:
		return pick(g, "1.0", "1.5", "-1.0", "0.1", "300.0", "1.0e3", "1.5E1", ".5", "-0.0", "1.0e30", "1.0e300", "65535.0", "18446744073709551615.0", "9007199254740993.0")
	case 2:
		return quoteWQL(pick(g, words...))
	case 3:
		var dates []string
		for s := range oracleDates {
			dates = append(dates, s)
		}
		return quoteWQL(pick(g, pick(g, dates...), pick(g, paths...), pick(g, "G_Top", "G_Sub", "root", `root\test`), "18446744073709551615", "-128", "0x1F"))
	}
	return pick(g, "0", "1", "2", "-1", "5", "10", "97", "98", "127", "128", "-128", "-129", "255", "256", "32767", "65535", "65536", "2147483647",
		"-2147483648", "4294967295", "4294967296", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615", "0xFF")
}

func (g *generator) pattern() string {
	s := ""
	for range g.IntN(5) {
		s += pick(g, "%", "%", "_", "a", "b", "ab", "aa", "c", "A", "k", "é", "日", "\U00010400", "[a-c]", "[^a]", "[b=z]", "[%]", "[_]", "[[]", "[^]", "[-a]", "[a-]",
			"[\u212a]", "[À-ÿ]", "[Z-a]", "[z-a]", "[", "]", "1", "0", pick(g, words...))
	}
	return quoteWQL(s)
}

func quoteWQL(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// TestFilterRandom compares filters with the oracle, on instances and on
// records, and what filters say about the rows they match with these rows.
func TestFilterRandom(t *testing.T) {
	g := newGenerator(t, *randomSeed)
	rows := make([]*cim.Instance, 60)
	byID := map[string]int{}
	for i := range rows {
		rows[i] = g.row(t, i)
		id, _ := rows[i].Get("Id")
		byID[id.Text()] = i
	}
	type filter struct {
		text    string
		filter  *query.Filter
		matches [60]bool
	}
	var filters []*filter
	valid, matched := 0, 0
	for range 4000 {
		text := g.condition(3)
		q, err := parse("G_Top", text)
		if err != nil {
			t.Fatalf("seed %d: %s: %v", *randomSeed, text, err)
		}
		o := oracle{g.top}
		f, err := query.CompileFilter(g.top, q.Where, query.FilterOptions{Source: q.Source, Now: oracleNow})
		if ok := o.valid(q.Where); ok != (err == nil) {
			t.Fatalf("seed %d: %s: %v; should it be valid: %v", *randomSeed, text, err, ok)
		}
		if err != nil {
			if s := cim.StatusOf(err); s != cim.InvalidQuery {
				t.Fatalf("seed %d: %s: %v (%v)", *randomSeed, text, err, s)
			}
			continue
		}
		valid++
		x := &filter{text: text, filter: f}
		for i, inst := range rows {
			got, want := f.Match(query.ObjectRow(inst)), o.matches(q.Where, inst)
			if got != want {
				t.Fatalf("seed %d: %s\ncompiled to %s\nmatches %v, should be %v:\n%s", *randomSeed, text, f, got, want, cim.AppendJSON(nil, inst))
			}
			if x.matches[i] = got; got {
				matched++
				checkConstraints(t, text, f, inst)
			}
		}
		if f.IsTrue() && x.matches != [60]bool{} && !allTrue(x.matches[:]) || f.IsFalse() && x.matches != [60]bool{} {
			t.Fatalf("seed %d: %s is not what it claims to be: %s", *randomSeed, text, f)
		}
		filters = append(filters, x)
	}
	t.Logf("%d conditions, %d matches", valid, matched)
	if valid < 500 || matched < 10*valid {
		t.Errorf("%d of the conditions are valid, with %d matches, which is not enough to say much", valid, matched)
	}
	var decls []*cim.ClassDecl
	for _, name := range []string{"G_Emb", "G_EmbSub", "G_Other", "G_Top", "G_Sub"} {
		decls = append(decls, g.model[name].Decl())
	}
	count := 0
	store(t, decls, rows, func(r *repository.Record) {
		count++
		i := byID[r.At(r.Class().PropertyIndex("Id")).Text()]
		for _, x := range filters {
			// A record is of the namespace in which it is stored.
			if strings.Contains(strings.ToUpper(x.text), "__NAMESPACE") || strings.Contains(x.text, "__RELPATH") {
				continue
			}
			if got := x.filter.Match(query.RecordRow(r)); got != x.matches[i] {
				t.Fatalf("seed %d: %s\nmatches the record %v, and the instance %v:\n%s", *randomSeed, x.text, got, x.matches[i], cim.AppendJSON(nil, rows[i]))
			}
		}
		if r.Err() != nil {
			t.Error(r.Err())
		}
	})
	if count != len(rows) {
		t.Errorf("%d records are stored", count)
	}
}

func allTrue(list []bool) bool {
	for _, b := range list {
		if !b {
			return false
		}
	}
	return true
}

// checkConstraints fails if a row that a filter matches does not meet what the
// filter says about such rows.
func checkConstraints(t *testing.T, text string, f *query.Filter, inst *cim.Instance) {
	t.Helper()
	if names, ok := f.Classes(); ok {
		met := false
		for _, name := range names {
			met = met || cim.EqualNames(name, inst.ClassName())
		}
		if !met {
			t.Errorf("%s: an instance of %s matches, but only %q should", text, inst.ClassName(), names)
		}
	}
	for _, c := range f.Constraints() {
		v, _ := inst.Get(c.Property.Name())
		if !meets(c, v) {
			t.Errorf("%s: an instance matches in which %s is %v, but it should be in %v or from %v to %v", text, c.Property.Name(), v, c.In, c.Low, c.High)
		}
	}
}

func meets(c query.Constraint, v cim.Value) bool {
	if v.IsNull() {
		return false
	}
	if c.In != nil {
		for _, w := range c.In {
			if v.Type() == cim.TypeReference && canonical(v.Text()) == canonical(w.Text()) || v.EqualFold(w) {
				return true
			}
		}
		return false
	}
	less := func(v, w cim.Value) bool {
		switch {
		case v.IsNull() || w.IsNull():
			return false
		case v.Type() == cim.TypeString:
			return cim.CompareNames(v.Text(), w.Text()) < 0 // as keys are ordered
		case v.Type() == cim.TypeDatetime:
			a, _ := v.Datetime()
			b, _ := w.Datetime()
			c, ok := a.Compare(b)
			return !ok || c < 0
		case v.Type().IsReal():
			return v.Float() < w.Float()
		case v.Type().IsSigned():
			return v.Int() < w.Int()
		}
		return v.Uint() < w.Uint()
	}
	return !less(v, c.Low) && !less(c.High, v)
}
