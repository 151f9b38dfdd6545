package query_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/internal/query"
	"openwmi/internal/repository"
	"openwmi/wql"
)

// A space is a namespace in memory.
type space struct {
	*repository.Namespace
	repo *repository.Repository
}

func newSpace(t testing.TB) *space {
	t.Helper()
	kvs, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := repository.Open(kvs, repository.Options{Server: "SERVER"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &space{repo: r}
	s.update(t, func(tx *repository.Tx) error {
		s.Namespace, err = tx.CreateNamespace(`root\test`)
		return err
	})
	return s
}

func (s *space) update(t testing.TB, fn func(*repository.Tx) error) {
	t.Helper()
	if err := s.repo.Update(context.Background(), kv.Buffered, fn); err != nil {
		t.Fatal(err)
	}
}

// class puts a class as model.define takes it, with qualifiers before it:
//
//	[Association, provider=P] T_Link : T_Base { ... }
//
// Properties may be marked [indexed].
func (s *space) class(t testing.TB, text string) *cim.Class {
	t.Helper()
	var quals cim.Qualifiers
	if rest, ok := strings.CutPrefix(text, "["); ok {
		var names string
		names, text, _ = strings.Cut(rest, "]")
		for _, name := range strings.Split(names, ",") {
			name, value, has := strings.Cut(strings.TrimSpace(name), "=")
			q := cim.Qualifier{Name: name, Value: cim.BoolValue(true)}
			if has {
				q.Value = cim.StringValue(value)
			}
			quals = append(quals, q)
		}
	}
	var indexed []string
	for _, part := range strings.Split(text, "[indexed]")[1:] {
		decl, _, _ := strings.Cut(part, ";")
		words := strings.Fields(decl)
		indexed = append(indexed, words[len(words)-1])
	}
	d := model{}.decl(strings.ReplaceAll(text, "[indexed]", ""))
	d.Qualifiers = quals
	for _, name := range indexed {
		p := d.Property(name)
		p.Qualifiers = append(p.Qualifiers, cim.Qualifier{Name: "indexed", Value: cim.BoolValue(true)})
	}
	s.update(t, func(tx *repository.Tx) error {
		_, err := tx.PutClass(s.Namespace, d.Clone(), 0)
		return err
	})
	c, err := s.Class(d.Name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *space) put(t testing.TB, instances ...*cim.Instance) {
	t.Helper()
	s.update(t, func(tx *repository.Tx) error {
		for _, inst := range instances {
			if _, err := tx.PutInstance(s.Namespace, inst.Clone(), 0, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// newFixture is that of wql.md 15.
func newFixture(t testing.TB) *space {
	t.Helper()
	s := newSpace(t)
	emb := s.class(t, "T_Emb { sint32 X; string Y; }")
	embSub := s.class(t, "T_EmbSub : T_Emb { sint32 Z; }")
	base := s.class(t, `T_Base { [key] string Id; sint32 N; uint64 U; uint16 W; string S; boolean B; real64 R; datetime D;
		string A[]; T_Emb E; object O; }`)
	sub := s.class(t, "[Marker] T_Sub : T_Base { string Extra; }")
	link := s.class(t, "[Association] T_Link { [key] T_Base ref Src; [key] T_Base ref Dst; }")
	linkSub := s.class(t, "[Association, Tag] T_LinkSub : T_Link { }")
	s.class(t, "T_Event : __ExtrinsicEvent { sint32 Level; string Who; }")
	s.class(t, "[dynamic, provider=P] T_Dyn { [key] string K; uint32 V; }")
	ref := func(id string) cim.Value { return cim.ReferenceValue(`T_Base.Id="` + id + `"`) }
	s.put(t,
		instance(t, base, "Id", "a", "N", 1, "U", 5, "W", 1000, "S", "cat", "B", true, "R", 1.5, "D", "20240101000000.000000+000",
			"A", cim.StringsValue([]string{"x", "y"}), "E", instance(t, emb, "X", 5, "Y", "e")),
		instance(t, base, "Id", "b", "N", 2, "U", 10000000000, "S", "Dog_1", "B", false, "D", "20240101010000.000000+060",
			"E", instance(t, embSub, "X", 7, "Y", "f", "Z", 9)),
		instance(t, base, "Id", "c"),
		instance(t, sub, "Id", "d", "N", 3, "U", 7, "S", `C:\Temp`, "B", true, "Extra", "q"),
		instance(t, link, "Src", ref("a"), "Dst", ref("b")),
		instance(t, link, "Src", ref("a"), "Dst", ref("d")),
		instance(t, linkSub, "Src", ref("b"), "Dst", ref("a")),
	)
	return s
}

// prepare plans a query in the current state.
func (s *space) prepare(text string, o query.Options) (*query.Plan, error) {
	q, err := wql.Parse(text)
	if err != nil {
		return nil, err
	}
	v, err := s.View()
	if err != nil {
		return nil, err
	}
	defer v.Close()
	return query.Prepare(context.Background(), v, q, o)
}

// query returns what a query yields, and the error at its end.
func (s *space) query(text string, o query.Options) ([]cim.Object, error) {
	p, err := s.prepare(text, o)
	if err != nil {
		return nil, err
	}
	v, err := s.View()
	if err != nil {
		return nil, err
	}
	defer v.Close()
	var out []cim.Object
	for obj, err := range p.Run(context.Background(), v) {
		if err != nil {
			return out, err
		}
		out = append(out, obj)
	}
	return out, nil
}

// answer is query as text: the keys of instances, the names of classes, sorted,
// or the status of the error.
func (s *space) answer(text string, o query.Options) string {
	objects, err := s.query(text, o)
	var names []string
	for _, obj := range objects {
		names = append(names, label(obj))
	}
	slices.Sort(names)
	if err != nil {
		names = append(names, cim.StatusOf(err).Name())
	}
	return strings.Join(names, " ")
}

// label is the name of a class, or what the keys of an instance are.
func label(o cim.Object) string {
	inst, ok := o.(*cim.Instance)
	if !ok {
		return o.ClassName()
	}
	var keys []string
	for _, name := range []string{"Id", "Src", "Dst", "K"} {
		if v, ok := inst.Get(name); ok {
			text := v.Text()
			if p, err := cim.ParsePath(text); err == nil && p.IsInstance() {
				text = p.Keys[0].Text
			}
			keys = append(keys, text)
		}
	}
	return strings.Join(keys, ">")
}
