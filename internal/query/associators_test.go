package query_test

import (
	"context"
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
)

// A graph is objects and links between them, of several classes.
type graph struct {
	*generator
	*space
	nodes []*cim.Instance
	links []*cim.Instance
}

func newGraph(t *testing.T, seed uint64) *graph {
	g := &graph{generator: &generator{Rand: rand.New(rand.NewPCG(seed, 2))}, space: newSpace(t)}
	nodes := []*cim.Class{
		g.class(t, "N_Base { [key] string Id; uint32 V; }"),
		g.class(t, "[Marker] N_Sub : N_Base { string X; }"),
		g.class(t, "N_SubSub : N_Sub { }"),
		g.class(t, "N_Other { [key] string Id; }"),
	}
	links := []*cim.Class{
		g.class(t, "[Association] L_One { [key] N_Base ref Src; [key] N_Base ref Dst; }"),
		g.class(t, "[Association, Tag] L_Two : L_One { string Note; }"),
		g.class(t, "[Association] L_Three { [key] uint32 No; N_Sub ref Src; object ref Any; N_Other ref Other; }"),
		g.class(t, "L_Four : L_Three { }"),
		g.class(t, "L_Plain { [key] string Id; N_Base ref Src; }"),
	}
	for i := range 8 {
		for _, c := range nodes {
			if g.IntN(2) == 0 {
				inst := instance(t, c, "Id", string(rune('a'+i)))
				if g.try(inst) {
					g.nodes = append(g.nodes, inst)
				}
			}
		}
	}
	for i := range 70 {
		c := pick(g.generator, links...)
		inst := cim.NewInstance(c)
		for k, p := range c.Properties() {
			switch p.Type() {
			case cim.TypeReference:
				if p.IsKey() || g.IntN(4) > 0 {
					inst.Put(k, cim.ReferenceValue(g.ref()))
				}
			case cim.TypeUint32:
				inst.Put(k, cim.Uint32Value(uint32(i)))
			case cim.TypeString:
				inst.Put(k, cim.StringValue(fmt.Sprint(i)))
			}
		}
		g.try(inst) // which may replace one
	}
	for _, c := range links {
		for inst, err := range g.Instances(t.Context(), c.Name(), false) {
			if err != nil {
				t.Fatal(err)
			}
			g.links = append(g.links, inst)
		}
	}
	return g
}

// try puts an instance unless that is refused.
func (g *graph) try(inst *cim.Instance) bool {
	return g.repo.Update(context.Background(), kv.Buffered, func(tx *repository.Tx) error {
		_, err := tx.PutInstance(g.Namespace, inst.Clone(), 0, nil)
		return err
	}) == nil
}

// ref writes the path of a node, or of none, in one of many ways.
func (g *graph) ref() string {
	n := g.nodes[g.IntN(len(g.nodes))]
	p, _ := cim.RelPath(n)
	key := p.Keys[0].Text
	if g.IntN(20) == 0 {
		key = "gone"
	}
	if g.IntN(3) == 0 {
		key = strings.ToUpper(key)
	}
	class := n.ClassName()
	if up := n.Class().Derivation(); len(up) > 0 && g.IntN(2) == 0 {
		class = pick(g.generator, up...)
	}
	place := pick(g.generator, "", "", "", `root\test:`, `root/TEST:`, `\\.\root\test:`, `\\server\root\test:`, `\\other\root\test:`, `root\cimv2:`, `:`)
	return place + class + pick(g.generator, ".Id=", "=", ".ID=") + `"` + key + `"`
}

// at returns the node that a reference leads to, nil if there is none.
func (g *graph) at(ref cim.Value) *cim.Instance {
	p, err := cim.ParsePath(ref.Text())
	if err != nil || cim.EqualNames(p.Server, "other") || cim.EqualNames(p.Namespace, `root\cimv2`) {
		return nil
	}
	inst, err := g.Instance(p, false)
	if err != nil {
		return nil
	}
	return inst
}

func path(o cim.Object) string {
	p, _ := cim.RelPath(o)
	return p.RelPath()
}

// naive answers by looking at every reference of every link that may hold an
// instance of the class that the query names.
func (g *graph) naive(source *cim.Instance, named *cim.Class, refs bool, assocClass, resultClass, role, resultRole, qualifier string) []string {
	var out []string
	isSource := func(v cim.Value) bool { n := g.at(v); return n != nil && path(n) == path(source) }
	wanted := func(c *cim.Class) bool {
		return (resultClass == "" || c.IsA(resultClass)) && (qualifier == "" || c.Qualifiers().Index(qualifier) >= 0)
	}
	for _, l := range g.links {
		if !slices.ContainsFunc(l.Class().Properties(), func(p *cim.Property) bool {
			c, err := g.Class(p.Class())
			return p.Type() == cim.TypeReference && (err != nil || named.IsA(c.Name()) || c.IsA(named.Name()))
		}) {
			continue
		}
		var from, to []string
		for k, p := range l.Class().Properties() {
			if p.Type() != cim.TypeReference {
				continue
			}
			if (role == "" || cim.EqualNames(role, p.Name())) && isSource(l.At(k)) {
				from = append(from, p.Name())
			}
			if resultRole == "" || cim.EqualNames(resultRole, p.Name()) {
				to = append(to, p.Name())
			}
		}
		switch {
		case len(from) == 0:
		case refs:
			if wanted(l.Class()) {
				out = append(out, path(l))
			}
		case assocClass == "" || l.Class().IsA(assocClass):
			found := map[string]bool{}
			for _, name := range to {
				v, _ := l.Get(name)
				if n := g.at(v); n != nil && wanted(n.Class()) && slices.ContainsFunc(from, func(f string) bool { return f != name }) {
					found[path(n)] = true
				}
			}
			for p := range found {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return out
}

// TestRandomAssociations compares association queries with the naive answer.
func TestRandomAssociations(t *testing.T) {
	results := 0
	for seed := range uint64(20) {
		g := newGraph(t, *planSeed*1000+seed)
		for range 50 {
			source := g.nodes[g.IntN(len(g.nodes))]
			sourcePath := g.ref()
			for n := g.at(cim.ReferenceValue(sourcePath)); n == nil || path(n) != path(source); n = g.at(cim.ReferenceValue(sourcePath)) {
				sourcePath = g.ref()
			}
			refs := g.IntN(3) == 0
			var items []string
			item := func(name string, values ...string) string {
				if g.IntN(4) > 0 {
					return ""
				}
				v := pick(g.generator, values...)
				items = append(items, name+" = "+v)
				return v
			}
			role := item("Role", "Src", "dst", "Any", "Nope")
			var resultClass, assocClass, resultRole, qualifier string
			if refs {
				resultClass = item("ResultClass", "L_One", "L_Two", "L_Three")
				qualifier = item("RequiredQualifier", "Tag", "Association", "Nope")
			} else {
				resultClass = item("ResultClass", "N_Base", "N_Sub", "N_Other", "L_One")
				assocClass = item("AssocClass", "L_One", "L_Two", "L_Three")
				resultRole = item("ResultRole", "Src", "DST", "Other")
				qualifier = item("RequiredQualifier", "Marker", "Nope")
			}
			verb := "ASSOCIATORS"
			if refs {
				verb = "REFERENCES"
			}
			text := verb + " OF {" + sourcePath + "}"
			if items != nil {
				text += " WHERE " + strings.Join(items, " ")
			}
			objects, err := g.query(text, query.Options{})
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			var got []string
			for _, o := range objects {
				got = append(got, path(o))
			}
			slices.Sort(got)
			named, err := g.Class(cim.MustParsePath(sourcePath).Class)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(g.naive(source, named, refs, assocClass, resultClass, role, resultRole, qualifier), got); diff != "" {
				t.Fatalf("seed %d: %s\n(-want +got):\n%s", seed, text, diff)
			}
			results += len(got)
		}
	}
	if results < 500 {
		t.Errorf("only %d results", results)
	}
}

// References into another namespace are followed if the caller lets them
// (wql.md 9.2).
func TestOtherNamespace(t *testing.T) {
	s := newSpace(t)
	node := s.class(t, "N_Node { [key] string Id; }")
	link := s.class(t, "[Association] N_Link { [key] N_Node ref Src; [key] N_Disk ref Dst; }")
	s.put(t, instance(t, node, "Id", "here"))
	marked := link.Decl().Clone()
	marked.Name = "N_Marked"
	dst := marked.Property("Dst")
	dst.Qualifiers = append(dst.Qualifiers, cim.Qualifier{Name: "MSFT_TargetNamespace", Value: cim.StringValue(`root\disks`)})
	other := &space{repo: s.repo}
	s.update(t, func(tx *repository.Tx) (err error) {
		if _, err = tx.PutClass(s.Namespace, marked.Clone(), 0); err == nil {
			other.Namespace, err = tx.CreateNamespace(`root\disks`)
		}
		return err
	})
	disk := other.class(t, "N_Disk { [key] string Id; }")
	other.put(t, instance(t, disk, "Id", "there"), instance(t, disk, "Id", "marked"))
	c, err := s.Class("N_Marked")
	if err != nil {
		t.Fatal(err)
	}
	ref := cim.ReferenceValue
	s.put(t,
		instance(t, link, "Src", ref(`N_Node.Id="here"`), "Dst", ref(`\\SERVER\root\disks:N_Disk.Id="there"`)),
		instance(t, link, "Src", ref(`N_Node.Id="here"`), "Dst", ref(`\\OTHER\root\disks:N_Disk.Id="there"`)),
		instance(t, link, "Src", ref(`N_Node.Id="here"`), "Dst", ref(`root\nowhere:N_Disk.Id="there"`)),
		instance(t, c, "Src", ref(`N_Node.Id="here"`), "Dst", ref(`N_Disk.Id="marked"`)),
		instance(t, c, "Src", ref(`N_Node.Id="here"`), "Dst", ref(`N_Disk.Id="missing"`)),
	)
	asked := map[string]int{}
	o := query.Options{Namespace: func(path string) (*repository.View, error) {
		asked[path]++
		if !cim.EqualNames(path, `root\disks`) {
			return nil, cim.InvalidNamespace
		}
		return other.View()
	}}
	for _, c := range []struct {
		name, query, want string
		o                 query.Options
	}{
		{"all", `ASSOCIATORS OF {N_Node="here"}`, "marked there", o},
		{"class", `ASSOCIATORS OF {N_Node="here"} WHERE ResultClass = N_Disk`, "marked", o},
		{"unknown class", `ASSOCIATORS OF {N_Node="here"} WHERE AssocClass = N_Link ResultClass = N_Disk`, "InvalidClass", o},
		{"not allowed", `ASSOCIATORS OF {N_Node="here"}`, "", query.Options{}},
		{"links", `REFERENCES OF {N_Node="here"} WHERE ResultClass = N_Marked`, "here>marked here>missing", query.Options{}},
	} {
		clear(asked)
		if got := s.answer(c.query, c.o); got != c.want {
			t.Errorf("%s: %s\nwant: %s", c.name, got, c.want)
		}
		if asked[`root\disks`] > 1 {
			t.Errorf("%s: %d views of a namespace", c.name, asked[`root\disks`])
		}
	}
	objects, err := s.query(`ASSOCIATORS OF {N_Node="here"} WHERE AssocClass = N_Marked`, o)
	if err != nil || len(objects) != 1 {
		t.Fatal(len(objects), err)
	}
	if got := system(objects[0])["__PATH"]; got != `\\SERVER\root\disks:N_Disk.Id="marked"` {
		t.Error(got)
	}
}
