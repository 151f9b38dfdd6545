package query_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/query"
	"openwmi/internal/repository"
	"openwmi/wql"
)

var planSeed = flag.Uint64("plan.seed", 1, "seed of the random schemas and queries")

// A world is a random schema with random instances.
type world struct {
	*generator
	*space
	classes []*cim.Class
}

var scalarTypes = []cim.Type{cim.TypeSint8, cim.TypeUint8, cim.TypeSint16, cim.TypeUint16, cim.TypeSint32, cim.TypeUint32, cim.TypeSint64, cim.TypeUint64,
	cim.TypeReal32, cim.TypeReal64, cim.TypeString, cim.TypeString, cim.TypeString, cim.TypeBoolean, cim.TypeChar16, cim.TypeDatetime, cim.TypeReference}

// newWorld makes two hierarchies with keys of their own below a class without
// keys.
func newWorld(t *testing.T, seed uint64) *world {
	w := &world{generator: &generator{Rand: rand.New(rand.NewPCG(seed, 1))}, space: newSpace(t)}
	number := 0
	class := func(name, super string, keys int) {
		d := &cim.ClassDecl{Name: name, Super: super}
		for i := range keys + w.IntN(4) {
			number++
			p := cim.PropertyDecl{Name: fmt.Sprintf("%c%d", 'A'+rune(w.IntN(26)), number), Type: pick(w.generator, scalarTypes...)}
			switch {
			case i < keys && !p.Type.IsReal():
				p.Qualifiers = cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}
			case i < keys || w.IntN(3) == 0:
				p.Qualifiers = cim.Qualifiers{{Name: "indexed", Value: cim.BoolValue(true)}}
			}
			d.Properties = append(d.Properties, p)
		}
		w.update(t, func(tx *repository.Tx) error {
			_, err := tx.PutClass(w.Namespace, d.Clone(), 0)
			return err
		})
		c, err := w.Class(name)
		if err != nil {
			t.Fatal(err)
		}
		w.classes = append(w.classes, c)
	}
	class("R_Root", "", 0)
	class("R_A", "R_Root", 1+w.IntN(3))
	class("R_AB", "R_A", 0)
	class("R_ABC", "R_AB", 0)
	class("R_AD", "R_A", 0)
	class("R_E", "R_Root", 1+w.IntN(2))
	class("R_EF", "R_E", 0)
	for range 120 {
		c := pick(w.generator, w.classes[1:]...)
		inst := cim.NewInstance(c)
		for k, p := range c.Properties() {
			v := w.value(p.Type())
			for v.IsNull() && p.NotNull() {
				v = w.value(p.Type())
			}
			inst.Put(k, v)
		}
		// One that another class has the keys of is refused.
		_ = w.repo.Update(t.Context(), kv.Buffered, func(tx *repository.Tx) error {
			_, err := tx.PutInstance(w.Namespace, inst, 0, nil)
			return err
		})
	}
	return w
}

// storedLiteral returns a literal for a value of a stored instance, "" if there is
// none.
func storedLiteral(v cim.Value) string {
	switch t := v.Type(); {
	case v.IsNull():
		return ""
	case t == cim.TypeDatetime:
		if _, ok := oracleDates[v.Text()]; !ok {
			return ""
		}
		return quoteWQL(v.Text())
	case t.IsText():
		return quoteWQL(v.Text())
	case t == cim.TypeBoolean:
		return v.String()
	case t == cim.TypeChar16:
		return fmt.Sprint(v.Uint())
	case t.IsReal():
		return ""
	}
	return string(v.AppendNumber(nil))
}

// comparison returns a comparison with what an instance has, or nearly so.
func (w *world) comparison(c *cim.Class, rows []*cim.Instance) string {
	p := c.Properties()[w.IntN(len(c.Properties()))]
	for range 2 { // rather one that has an index
		if !p.IsIndexed() && p.Type() != cim.TypeReference {
			p = c.Properties()[w.IntN(len(c.Properties()))]
		}
	}
	lit := ""
	if len(rows) > 0 && w.IntN(5) > 0 {
		v, _ := rows[w.IntN(len(rows))].Get(p.Name())
		lit = storedLiteral(v)
	}
	if lit == "" {
		lit = w.literal()
	}
	return p.Name() + " " + pick(w.generator, "=", "=", "=", "=", "<=", ">=", "<", ">", "<>") + " " + lit
}

func (w *world) where(c *cim.Class, rows []*cim.Instance, depth int) string {
	if len(rows) > 0 && w.IntN(6) == 0 {
		return w.keysOf(c, rows[w.IntN(len(rows))])
	}
	join := func(word string) string {
		parts := make([]string, 2+w.IntN(2))
		for i := range parts {
			parts[i] = w.where(c, rows, depth-1)
		}
		return "(" + strings.Join(parts, word) + ")"
	}
	switch n := w.IntN(10); {
	case depth > 0 && n < 4:
		return join(" AND ")
	case depth > 0 && n < 6:
		return join(" OR ")
	case depth > 0 && n == 6:
		return "NOT " + w.where(c, rows, depth-1)
	case n == 7:
		return "__CLASS = '" + pick(w.generator, w.classes...).Name() + "'"
	case n == 8:
		return c.Properties()[w.IntN(len(c.Properties()))].Name() + " IS NOT NULL"
	}
	return w.comparison(c, rows)
}

// keysOf returns a condition that binds some of the keys of an instance.
func (w *world) keysOf(c *cim.Class, inst *cim.Instance) string {
	var terms []string
	for _, k := range c.Keys() {
		p := c.Properties()[k]
		v, _ := inst.Get(p.Name())
		if lit := storedLiteral(v); lit != "" && w.IntN(8) > 0 {
			terms = append(terms, p.Name()+" = "+lit)
		}
	}
	if terms == nil {
		return "__GENUS = 2"
	}
	return "(" + strings.Join(terms, " AND ") + ")"
}

// TestRandom compares what plans find, by whatever access, with what the oracle
// says of all instances.
func TestRandom(t *testing.T) {
	steps := map[string]int{}
	cases := 0
	for seed := range uint64(40) {
		w := newWorld(t, *planSeed*1000+seed)
		for range 100 {
			c := pick(w.generator, w.classes...)
			if len(c.Properties()) == 0 {
				continue
			}
			var all []*cim.Instance
			direct := w.IntN(5) == 0
			for inst, err := range w.Instances(t.Context(), c.Name(), !direct) {
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, inst)
			}
			text := "SELECT * FROM " + c.Name() + " WHERE " + w.where(c, all, 2)
			q, err := wql.Parse(text)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			o := oracle{c}
			if !o.valid(q.(*wql.Select).Where) {
				continue
			}
			var want []string
			for _, inst := range all {
				if o.matches(q.(*wql.Select).Where, inst) {
					want = append(want, string(cim.AppendJSON(nil, inst)))
				}
			}
			opts := query.Options{DirectRead: direct, Now: oracleNow, Estimate: true}
			p, err := w.prepare(text, opts)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			for _, in := range p.Explain().Inputs {
				kind, _, _ := strings.Cut(in.Detail, " ")
				if in.Step == "seek" {
					_, kind, _ = strings.Cut(in.Detail, " by ")
					kind, _, _ = strings.Cut(kind, " ")
				}
				steps[in.Step+" "+map[bool]string{true: kind}[in.Step == "seek"]]++
			}
			objects, err := w.query(text, opts)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			var got []string
			for _, obj := range objects {
				got = append(got, string(cim.AppendJSON(nil, obj)))
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d: %s\n%s(-want +got):\n%s", seed, text, p, diff)
			}
			cases++
		}
	}
	t.Logf("%d cases: %v", cases, steps)
	for _, step := range []string{"scan ", "get ", "seek keys", "seek index", "nothing "} {
		if steps[step] < 10 {
			t.Errorf("%d of %d queries had a step %q", steps[step], cases, step)
		}
	}
}
