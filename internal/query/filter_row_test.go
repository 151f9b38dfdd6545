package query_test

import (
	"fmt"
	"sync"
	"testing"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/internal/repository"
)

// TestFilterAllocs matches rows without touching the heap.
func TestFilterAllocs(t *testing.T) {
	c, inst := benchRow(t)
	conditions := []string{`Caption LIKE 'é%' OR Name LIKE '%é%'`, `__SUPERCLASS IS NULL AND __DYNASTY = 'ROW' AND __GENUS = 2 AND __PROPERTY_COUNT > 1`,
		`__NAMESPACE IS NOT NULL AND __SERVER IS NOT NULL AND __DERIVATION IS NOT NULL`, `NOT (Caption > 'é' OR Status <> 'ok')`}
	for _, x := range benchFilters {
		conditions = append(conditions, x.where)
	}
	store(t, []*cim.ClassDecl{c.Decl()}, []*cim.Instance{inst}, func(r *repository.Record) {
		for _, where := range conditions {
			f, err := compile(c, where)
			if err != nil {
				t.Fatal(err)
			}
			if n := testing.AllocsPerRun(100, func() { f.Match(query.RecordRow(r)); f.Match(query.ObjectRow(inst)) }); n > 0 {
				t.Errorf("%s: %v allocations", where, n)
			}
		}
	})
}

// TestFilterAllocsEvent does the same with events about instances.
func TestFilterAllocsEvent(t *testing.T) {
	m := eventClasses(t)
	_, row := benchRow(t)
	event := instance(t, m["__InstanceModificationEvent"], "TargetInstance", row, "PreviousInstance", row)
	for _, where := range []string{`TargetInstance ISA "Row"`, `TargetInstance.State = 42 AND PreviousInstance.State <> 41`,
		`TargetInstance.__CLASS = "Row" AND TargetInstance.Name LIKE "name%"`, `__CLASS = "__InstanceModificationEvent"`} {
		f, err := compile(m["__InstanceModificationEvent"], where)
		if err != nil {
			t.Fatal(err)
		}
		if !f.Match(query.ObjectRow(event)) {
			t.Errorf("%s is not true", where)
		}
		if n := testing.AllocsPerRun(100, func() { f.Match(query.ObjectRow(event)) }); n > 0 {
			t.Errorf("%s: %v allocations", where, n)
		}
	}
}

// TestFilterVersions matches rows of classes that have changed since the filter
// was compiled, and of classes that have nothing to do with it.
func TestFilterVersions(t *testing.T) {
	m := model{}
	c := m.define(t, "T { [key] string Id; sint32 N; string S; }")
	changed := model{}
	for _, text := range []string{
		"T { [key] string Id; uint64 N; string S; }", "T { [key] string Id; string N; string S; }", "T { [key] string Id; real32 N; datetime S; }",
		"T { [key] string Id; string N[]; string S[]; }", "T { [key] string Id; }", "T { [key] string Id; object N; object S; }",
		"T { [key] string Id; sint32 N; string S; }", "T { [key] string Id; boolean N; }",
	} {
		delete(changed, "T")
		d := changed.define(t, text)
		inst := instance(t, d, "Id", "x")
		want := false
		if p := d.Property("N"); p != nil && !p.Type().IsArray() && p.Type() != cim.TypeObject && p.Type() != cim.TypeBoolean {
			want = inst.Set("N", cim.StringValue("5")) == nil
		}
		for _, where := range []string{"N = 5", "N = 5 OR N = 6", "N LIKE '5'", "N > 4.0 AND N < '6'"} {
			f, err := compile(c, where)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if !f.Match(query.ObjectRow(instance(t, c, "Id", "y", "N", 5))) {
					t.Errorf("%s is not true of the class it was made for", where)
				}
				if got := f.Match(query.ObjectRow(inst)); got != want {
					t.Errorf("%s: %s is %v", text, where, got)
				}
			}
		}
	}
	for _, where := range []string{"N = 5", "N IS NULL", "S LIKE '%'", "__CLASS = 'T'", "__PATH IS NULL"} {
		f, err := compile(c, where)
		if err != nil {
			t.Fatal(err)
		}
		if f.Match(query.Row{}) || f.Match(query.ObjectRow((*cim.Instance)(nil))) || f.Match(query.ObjectRow(&cim.Instance{})) {
			t.Errorf("%s is true of nothing", where)
		}
	}
}

// TestFilterConcurrent uses one filter in several goroutines, on rows of more
// classes than it remembers.
func TestFilterConcurrent(t *testing.T) {
	m := model{}
	base := m.define(t, "T { sint32 N; object O; }")
	emb := []*cim.Class{m.define(t, "E0 { sint32 X; }"), m.define(t, "E1 { string X; }"), m.define(t, "E2 { real64 A; uint8 X; }")}
	var rows []*cim.Instance
	for i := range 20 {
		c := m.define(t, fmt.Sprintf("T%d : T { string A%d; }", i, i))
		rows = append(rows, instance(t, c, "N", i, "O", instance(t, emb[i%3], "X", i)))
	}
	f, err := compile(base, "N >= 10 AND O.X <> 15")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				k := (i*7 + g) % len(rows)
				if got, want := f.Match(query.ObjectRow(rows[k])), k >= 10 && k != 15; got != want {
					t.Errorf("row %d: %v", k, got)
					return
				}
			}
		})
	}
	wg.Wait()
}
