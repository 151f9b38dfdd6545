package cimom_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
)

// Random hierarchies of static and dynamic classes, and random instances, some
// of which several providers have a part of: enumerations, gets and queries
// against what wql.md 14.4 says, written down naively.
func TestRandomHierarchies(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			w := newWorld(t, r)
			for k := range w.classes {
				w.check(t, k)
			}
		})
	}
}

// A world is a tree of classes with their instances, by id.
type world struct {
	*lab
	classes []worldClass
	ids     []string
}

type worldClass struct {
	name    string
	super   int // -1 for the first
	dynamic bool
	rows    map[string]string // id to V, "" for none
}

func newWorld(t *testing.T, r *rand.Rand) *world {
	w := &world{ids: []string{"a", "b", "c", "d", "e"}}
	var mof strings.Builder
	providers, shelves := map[string]any{}, []*querier{}
	for i := range 3 {
		q := &querier{shelf: &shelf{}}
		shelves = append(shelves, q)
		providers[fmt.Sprint("P", i)] = q
		mof.WriteString(register(fmt.Sprint("P", i)))
	}
	serves := []int{}
	for i := range 2 + r.IntN(5) {
		c := worldClass{name: fmt.Sprint("C", i), super: i - 1 - r.IntN(max(i, 1)), rows: map[string]string{}}
		if i == 0 {
			c.super = -1
		}
		c.dynamic = c.super >= 0 && w.classes[c.super].dynamic || r.IntN(2) == 0
		serves = append(serves, r.IntN(3))
		if c.dynamic {
			fmt.Fprintf(&mof, "[dynamic, provider(\"P%d\")] ", serves[i])
		}
		if c.super < 0 {
			fmt.Fprintf(&mof, "class %s { [key] string Id; string V; };\n", c.name)
		} else {
			fmt.Fprintf(&mof, "class %s : %s { };\n", c.name, w.classes[c.super].name)
		}
		w.classes = append(w.classes, c)
	}
	w.lab = newLab(t, providers, mof.String())
	for _, id := range w.ids {
		stored := false
		// Only classes that are derived from each other have the same object,
		// and the repository has it once.
		for k := r.IntN(len(w.classes)); k >= 0; k = w.classes[k].super {
			c := &w.classes[k]
			if r.IntN(3) == 0 || stored {
				continue
			}
			pairs := []any{"Id", id}
			if r.IntN(2) == 0 {
				c.rows[id] = c.name
				pairs = append(pairs, "V", c.name)
			} else {
				c.rows[id] = ""
			}
			if c.dynamic {
				q := shelves[serves[k]]
				q.rows = append(q.rows, w.spawn(c.name, pairs...))
				continue
			}
			stored = true
			w.put(c.name, pairs...)
		}
	}
	return w
}

// isBelow reports whether class k is the class or derived from it.
func (w *world) isBelow(k, class int) bool {
	for ; k >= 0; k = w.classes[k].super {
		if k == class {
			return true
		}
	}
	return false
}

// want returns the objects of a class, by id.
func (w *world) want(class int) map[string]string {
	out := map[string]string{}
	for _, id := range w.ids {
		lowest, v := -1, ""
		for k := len(w.classes) - 1; k >= 0; k-- {
			c := w.classes[k]
			part, ok := c.rows[id]
			if !ok || !w.isBelow(k, class) {
				continue
			}
			if lowest < 0 {
				lowest, v = k, part
			} else if v == "" && c.dynamic {
				v = part
			}
		}
		if lowest < 0 {
			continue
		}
		out[id] = w.classes[lowest].name + " Id=" + id
		if v != "" {
			out[id] += " V=" + v
		}
	}
	return out
}

func (w *world) check(t *testing.T, class int) {
	name, want := w.classes[class].name, w.want(class)
	sorted := func(list []string) []string { slices.Sort(list); return list }
	all := sorted(slices.Collect(maps.Values(want)))
	equal(t, "instances of "+name, sorted(w.list(name, 0)), all)
	equal(t, "query of "+name, sorted(w.query("SELECT * FROM "+name)), all)
	for _, id := range w.ids {
		path := fmt.Sprintf("%s.Id=%q", name, id)
		got, ok := want[id]
		if !ok {
			got = "NotFound"
		}
		equal(t, path, w.get(path), got)
	}
	for _, c := range w.classes {
		var some []string
		for _, row := range all {
			if strings.HasSuffix(row, " V="+c.name) {
				some = append(some, row)
			}
		}
		equal(t, name+" where V="+c.name, sorted(w.query(fmt.Sprintf("SELECT * FROM %s WHERE V = %q", name, c.name))), some)
	}
	for _, id := range w.ids[:2] {
		var one []string
		if row, ok := want[id]; ok {
			one = []string{row}
		}
		equal(t, name+" where Id="+id, w.query(fmt.Sprintf("SELECT * FROM %s WHERE Id = %q", name, id)), one)
	}
	var shallow []string
	for id, v := range w.classes[class].rows {
		row := name + " Id=" + id
		if v != "" {
			row += " V=" + v
		}
		shallow = append(shallow, row)
	}
	equal(t, "shallow "+name, sorted(w.list(name, wbem.Shallow)), sorted(shallow))
	if _, err := w.GetInstance(t.Context(), cim.MustParsePath(name+`.Id="none"`), wbem.Options{}); cim.StatusOf(err) != wbem.NotFound {
		t.Error(err)
	}
}
