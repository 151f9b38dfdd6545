package query_test

import (
	"context"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/query"
	"openwmi/internal/repository"
	"openwmi/wql"
)

// A model is classes that are stored nowhere, by name.
type model map[string]*cim.Class

// define adds a class, such as
//
//	T_Sub : T_Base { [key] string Id; T_Emb E; object O; T_Base ref R; string A[]; }
func (m model) define(t testing.TB, text string) *cim.Class {
	t.Helper()
	c, err := cim.Derive(m[superOf(text)], m.decl(text))
	if err != nil {
		t.Fatal(err)
	}
	c = c.At(&cim.Origin{Server: "SERVER", Namespace: `root\test`})
	m[c.Name()] = c
	return c
}

func superOf(text string) string {
	header, _, _ := strings.Cut(text, "{")
	_, super, _ := strings.Cut(header, ":")
	return strings.TrimSpace(super)
}

func (m model) decl(text string) *cim.ClassDecl {
	header, body, _ := strings.Cut(text, "{")
	name, _, _ := strings.Cut(header, ":")
	d := &cim.ClassDecl{Name: strings.TrimSpace(name), Super: superOf(text)}
	for _, line := range strings.Split(strings.TrimSuffix(strings.TrimSpace(body), "}"), ";") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		var p cim.PropertyDecl
		if rest, isKey := strings.CutPrefix(strings.TrimSpace(line), "[key]"); isKey {
			p.Qualifiers = cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}
			line = rest
		}
		words := strings.Fields(line)
		typ, known := cim.ParseType(words[0])
		switch {
		case len(words) == 3: // C ref Name
			typ, p.Class = cim.TypeReference, words[0]
		case !known:
			typ, p.Class = cim.TypeObject, words[0]
		}
		elem, isArray := strings.CutSuffix(words[len(words)-1], "[]")
		if p.Name, p.Type = elem, typ; isArray {
			p.Type = typ.ArrayOf()
		}
		d.Properties = append(d.Properties, p)
	}
	return d
}

// instance makes an instance from names and values: a string, an int, or a
// cim.Value.
func instance(t testing.TB, c *cim.Class, pairs ...any) *cim.Instance {
	t.Helper()
	inst := cim.NewInstance(c)
	inst.SetOrigin(c.Origin())
	for i := 0; i < len(pairs); i += 2 {
		var v cim.Value
		switch x := pairs[i+1].(type) {
		case string:
			v = cim.StringValue(x)
		case int:
			v = cim.Sint64Value(int64(x))
		case float64:
			v = cim.Real64Value(x)
		case bool:
			v = cim.BoolValue(x)
		case cim.Value:
			v = x
		case *cim.Instance:
			v = cim.ObjectValue(x)
		}
		if err := inst.Set(pairs[i].(string), v); err != nil {
			t.Fatal(err)
		}
	}
	return inst
}

// fixture is what wql.md 15 begins with.
func fixture(t testing.TB) (model, []*cim.Instance) {
	m := model{}
	emb := m.define(t, "T_Emb { sint32 X; string Y; }")
	embSub := m.define(t, "T_EmbSub : T_Emb { sint32 Z; }")
	base := m.define(t, `T_Base { [key] string Id; sint32 N; uint64 U; uint16 W; string S; boolean B; real64 R; datetime D;
		string A[]; T_Emb E; object O; }`)
	sub := m.define(t, "T_Sub : T_Base { string Extra; }")
	return m, []*cim.Instance{
		instance(t, base, "Id", "a", "N", 1, "U", 5, "W", 1000, "S", "cat", "B", true, "R", 1.5, "D", "20240101000000.000000+000",
			"A", cim.StringsValue([]string{"x", "y"}), "E", instance(t, emb, "X", 5, "Y", "e")),
		instance(t, base, "Id", "b", "N", 2, "U", 10000000000, "S", "Dog_1", "B", false, "D", "20240101010000.000000+060",
			"E", instance(t, embSub, "X", 7, "Y", "f", "Z", 9)),
		instance(t, base, "Id", "c"),
		instance(t, sub, "Id", "d", "N", 3, "U", 7, "S", `C:\Temp`, "B", true, "Extra", "q"),
	}
}

// store puts instances, and their classes, into a repository in memory and
// calls fn with the record of each, in no order.
func store(t testing.TB, classes []*cim.ClassDecl, instances []*cim.Instance, fn func(*repository.Record)) {
	t.Helper()
	kvs, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := repository.Open(kvs, repository.Options{Server: "SERVER"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ns, err := r.Namespace("root")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	err = r.Update(ctx, kv.Buffered, func(tx *repository.Tx) error {
		for _, d := range classes {
			if _, err := tx.PutClass(ns, d, 0); err != nil {
				return err
			}
		}
		for _, inst := range instances {
			if _, err := tx.PutInstance(ns, inst.Clone(), 0, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, inst := range instances {
		if top := inst.Class().Dynasty(); !seen[top] {
			seen[top] = true
			for rec, err := range ns.Records(ctx, top, true) {
				if err != nil {
					t.Fatal(err)
				}
				fn(rec)
			}
		}
	}
}

// parse reads a condition on a class.
func parse(class, text string) (*wql.Select, error) {
	q, err := wql.Parse("SELECT * FROM " + class + " WHERE " + text)
	if err != nil {
		return nil, err
	}
	return q.(*wql.Select), nil
}

// compile compiles a condition on a class.
func compile(class *cim.Class, text string) (*query.Filter, error) {
	name := "meta_class"
	if class != nil {
		name = class.Name()
	}
	q, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	return query.CompileFilter(class, q.Where, query.FilterOptions{Source: q.Source})
}
