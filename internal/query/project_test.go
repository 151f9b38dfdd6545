package query_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/query"
	"openwmi/wql"
)

// system returns the system properties of an object that are not NULL.
func system(o cim.Object) map[string]string {
	m := map[string]string{}
	for _, name := range cim.SystemProperties {
		if v, _ := cim.System(o, name); !v.IsNull() {
			m[name] = v.String()
		}
	}
	return m
}

// properties returns the properties of an object that are not NULL, and of
// embedded objects in it the same behind a point. What is NULL is "NULL".
func properties(o cim.Object) map[string]string {
	m := map[string]string{}
	for k, p := range o.Definition().Properties() {
		v := p.Default()
		if inst, ok := o.(*cim.Instance); ok {
			v = inst.At(k)
		}
		if e, ok := v.Object().(*cim.Instance); ok {
			m[p.Name()] = e.ClassName()
			for name, v := range properties(e) {
				m[p.Name()+"."+name] = v
			}
			continue
		}
		m[p.Name()] = v.String()
	}
	return m
}

func TestProjection(t *testing.T) {
	s := newFixture(t)
	located := query.Options{EnsureLocatable: true}
	for _, c := range []struct {
		name, query        string
		o                  query.Options
		system, properties map[string]string
	}{
		{"wql.md#46", `SELECT Id, N FROM T_Base WHERE Id = 'd'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Sub", "__PROPERTY_COUNT": "2", "__DERIVATION": "{}", "__RELPATH": `T_Sub.Id="d"`},
			map[string]string{"Id": "d", "N": "3"}},
		{"wql.md#47", `SELECT N FROM T_Base WHERE Id = 'a'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "1", "__DERIVATION": "{}"},
			map[string]string{"N": "1"}},
		{"wql.md#47 locatable", `SELECT N FROM T_Base WHERE Id = 'a'`, located,
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "2", "__DERIVATION": "{}", "__RELPATH": `T_Base.Id="a"`,
				"__SERVER": "SERVER", "__NAMESPACE": `root\test`, "__PATH": `\\SERVER\root\test:T_Base.Id="a"`},
			map[string]string{"Id": "a", "N": "1"}},
		{"wql.md#47 path", `SELECT __PATH FROM T_Base WHERE Id = 'a'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "1", "__DERIVATION": "{}", "__RELPATH": `T_Base.Id="a"`,
				"__SERVER": "SERVER", "__NAMESPACE": `root\test`, "__PATH": `\\SERVER\root\test:T_Base.Id="a"`},
			map[string]string{"Id": "a"}},
		{"relative path", `SELECT __relpath FROM T_Base WHERE Id = 'a'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "1", "__DERIVATION": "{}", "__RELPATH": `T_Base.Id="a"`},
			map[string]string{"Id": "a"}},
		{"server", `SELECT __SERVER, N FROM T_Base WHERE Id = 'a'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "1", "__DERIVATION": "{}",
				"__SERVER": "SERVER", "__NAMESPACE": `root\test`},
			map[string]string{"N": "1"}},
		{"derivation", `SELECT N, __DYNASTY FROM T_Base WHERE Id = 'd'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Sub", "__PROPERTY_COUNT": "1", "__DERIVATION": "{T_Base}", "__SUPERCLASS": "T_Base", "__DYNASTY": "T_Base"},
			map[string]string{"N": "3"}},
		{"class", `SELECT __CLASS FROM T_Base WHERE Id = 'd'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Sub", "__PROPERTY_COUNT": "0", "__DERIVATION": "{}"},
			map[string]string{}},
		{"all", `SELECT * FROM T_Sub`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Sub", "__PROPERTY_COUNT": "12", "__DERIVATION": "{T_Base}", "__SUPERCLASS": "T_Base", "__DYNASTY": "T_Base",
				"__RELPATH": `T_Sub.Id="d"`, "__SERVER": "SERVER", "__NAMESPACE": `root\test`, "__PATH": `\\SERVER\root\test:T_Sub.Id="d"`},
			map[string]string{"A": "NULL", "B": "TRUE", "D": "NULL", "E": "NULL", "Extra": "q", "Id": "d", "N": "3", "O": "NULL", "R": "NULL", "S": `C:\Temp`, "U": "7", "W": "NULL"}},
		{"object", `SELECT E FROM T_Base WHERE Id = 'b'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "1", "__DERIVATION": "{}"},
			map[string]string{"E": "T_EmbSub", "E.X": "7", "E.Y": "f", "E.Z": "9"}},
		{"part of an object", `SELECT E.Z, E.y FROM T_Base WHERE Id = 'b'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "1", "__DERIVATION": "{}"},
			map[string]string{"E": "T_EmbSub", "E.Y": "f", "E.Z": "9"}},
		{"part and object", `SELECT E.X, E FROM T_Base WHERE Id = 'b'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "1", "__DERIVATION": "{}"},
			map[string]string{"E": "T_EmbSub", "E.X": "7", "E.Y": "f", "E.Z": "9"}},
		{"array", `SELECT A, S, D FROM T_Base WHERE Id = 'a'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "3", "__DERIVATION": "{}"},
			map[string]string{"A": "{x, y}", "S": "cat", "D": "20240101000000.000000+000"}},
		{"all of an object", `SELECT E.* FROM T_Base WHERE Id = 'a'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "1", "__DERIVATION": "{}"},
			map[string]string{"E": "T_Emb", "E.X": "5", "E.Y": "e"}},
		{"no such part", `SELECT E.Nope, Id FROM T_Base WHERE Id = 'a'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "2", "__DERIVATION": "{}", "__RELPATH": `T_Base.Id="a"`},
			map[string]string{"E": "T_Emb", "Id": "a"}},
		{"part of NULL", `SELECT E.X FROM T_Base WHERE Id = 'c'`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Base", "__PROPERTY_COUNT": "1", "__DERIVATION": "{}"},
			map[string]string{"E": "NULL"}},
		{"keys only", `REFERENCES OF {T_Base="d"} WHERE KeysOnly`, query.Options{},
			map[string]string{"__GENUS": "2", "__CLASS": "T_Link", "__PROPERTY_COUNT": "2", "__DERIVATION": "{}", "__DYNASTY": "T_Link",
				"__RELPATH": `T_Link.Dst="T_Base.Id=\"d\"",Src="T_Base.Id=\"a\""`, "__SERVER": "SERVER", "__NAMESPACE": `root\test`,
				"__PATH": `\\SERVER\root\test:T_Link.Dst="T_Base.Id=\"d\"",Src="T_Base.Id=\"a\""`},
			map[string]string{"Dst": `T_Base.Id="d"`, "Src": `T_Base.Id="a"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects, err := s.query(c.query, c.o)
			if err != nil || len(objects) != 1 {
				t.Fatalf("%d objects, %v", len(objects), err)
			}
			if diff := cmp.Diff(c.system, system(objects[0])); diff != "" {
				t.Errorf("system properties (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.properties, properties(objects[0])); diff != "" {
				t.Errorf("properties (-want +got):\n%s", diff)
			}
		})
	}
	for _, text := range []string{
		`SELECT Id.X FROM T_Base`, `SELECT Id.* FROM T_Base`, `SELECT A.X FROM T_Base`, `SELECT __PATH.X FROM T_Base`, `SELECT __Nope FROM T_Base`,
	} {
		if got := s.answer(text, query.Options{}); got != "InvalidQuery" {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// A list of columns makes one class for all instances of a class.
func TestProjectedClassIsShared(t *testing.T) {
	s := newFixture(t)
	objects, err := s.query(`SELECT N FROM T_Base`, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	classes := map[*cim.Class]int{}
	for _, o := range objects {
		classes[o.Definition()]++
	}
	if len(objects) != 4 || len(classes) != 2 {
		t.Errorf("%d objects of %d classes", len(objects), len(classes))
	}
}

// wql.md#48, and the other prototypes of wql.md 7.
func TestPrototype(t *testing.T) {
	s := newFixture(t)
	for _, c := range []struct {
		query string
		flags uint8
		want  map[string]string // property and Order
	}{
		{`SELECT N,S,N FROM T_Base`, 0x51, map[string]string{"N": "{0, 2}", "S": "{1}"}},
		{`SELECT __NAMESPACE,N FROM T_Base`, 0x55, map[string]string{"N": "{1}"}},
		{`SELECT S,Id FROM T_Base`, 0x11, map[string]string{"Id": "{1}", "S": "{0}"}},
		{`SELECT __PATH,S FROM T_Base`, 0x15, map[string]string{"Id": "NULL", "S": "{1}"}},
		{`SELECT E.X,E.Y FROM T_Base`, 0x51, map[string]string{"E": "{0, 1}"}},
		{`SELECT * FROM T_Emb`, 0x05, map[string]string{"X": "{0}", "Y": "{1}"}},
	} {
		objects, err := s.query(c.query, query.Options{Prototype: true})
		if err != nil || len(objects) != 1 {
			t.Errorf("%s: %d objects, %v", c.query, len(objects), err)
			continue
		}
		class, ok := objects[0].(*cim.Class)
		if !ok {
			t.Errorf("%s: an instance", c.query)
			continue
		}
		got := map[string]string{}
		for _, p := range class.Properties() {
			got[p.Name()] = p.Qualifiers().Value("Order").String()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", c.query, diff)
		}
		if flags := cim.ObjectFlags(class); flags != c.flags {
			t.Errorf("%s: flags 0x%02X, want 0x%02X", c.query, flags, c.flags)
		}
	}
	if got := s.answer(`SELECT Nope FROM T_Base`, query.Options{Prototype: true}); got != "InvalidQuery" {
		t.Error(got)
	}
}

// Qualifiers of an instance are shown with the properties that are.
func TestProjectedQualifiers(t *testing.T) {
	s := newFixture(t)
	c, err := s.Class("T_Base")
	if err != nil {
		t.Fatal(err)
	}
	inst := instance(t, c, "Id", "q", "N", 1)
	note := func(text string) cim.Qualifiers {
		return cim.Qualifiers{{Name: "Note", Value: cim.StringValue(text), Flavor: cim.ToInstance}}
	}
	if err := inst.SetLocalQualifiers(note("object")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"N", "S"} {
		if err := inst.SetLocalPropertyQualifiers(c.PropertyIndex(name), note(name)); err != nil {
			t.Fatal(err)
		}
	}
	s.put(t, inst)
	objects, err := s.query(`SELECT N, U FROM T_Base WHERE Id = 'q'`, query.Options{})
	if err != nil || len(objects) != 1 {
		t.Fatal(len(objects), err)
	}
	got := objects[0].(*cim.Instance)
	for what, qs := range map[string]cim.Qualifiers{"object": got.LocalQualifiers(), "N": got.LocalPropertyQualifiers(0), "NULL": got.LocalPropertyQualifiers(1)} {
		if text := qs.Value("Note").String(); text != what {
			t.Errorf("%s has the note %s", what, text)
		}
	}
}

// What Projection.Instance shows of an instance is what a query shows of its
// record.
func TestProjectionInstance(t *testing.T) {
	s := newFixture(t)
	for _, columns := range []string{"*", "N, S", "E.Z, A, __PATH", "E, __DYNASTY, D", "__CLASS"} {
		text := "SELECT " + columns + " FROM T_Base"
		q, err := wql.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Class("T_Base")
		if err != nil {
			t.Fatal(err)
		}
		p, err := query.NewProjection(c, q.(*wql.Select), false, false)
		if err != nil {
			t.Fatal(err)
		}
		objects, err := s.query(text, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for inst, err := range s.Instances(t.Context(), "T_Base", true) {
			if err != nil {
				t.Fatal(err)
			}
			if shown := p.Instance(inst); i >= len(objects) || !cim.CompareObjects(shown, objects[i], 0) || !cmp.Equal(system(shown), system(objects[i])) {
				t.Errorf("%s: instance %d is %v", text, i, system(shown))
			}
			i++
		}
	}
}
