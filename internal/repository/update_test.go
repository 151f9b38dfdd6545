package repository

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
	"openwmi/wbem"
)

const (
	compatible = wbem.UpdateCompatible
	safe       = wbem.UpdateSafeMode
	force      = wbem.UpdateForceMode
)

// A schemaTree is a tree in memory.
type schemaTree struct {
	t         *testing.T
	classes   map[string]*cim.Class
	order     []string // as created
	instances map[string]int
}

func newSchemaTree(t *testing.T, decls ...*cim.ClassDecl) *schemaTree {
	t.Helper()
	s := &schemaTree{t: t, classes: map[string]*cim.Class{}, instances: map[string]int{}}
	for _, d := range decls {
		c, err := cim.Derive(s.classes[d.Super], d)
		if err != nil {
			t.Fatalf("fixture: %v", err)
		}
		s.classes[d.Name] = c
		s.order = append(s.order, d.Name)
	}
	return s
}

func (s *schemaTree) Children(name string) []*cim.Class {
	var out []*cim.Class
	for _, n := range s.order {
		if cim.EqualNames(s.classes[n].SuperName(), name) {
			out = append(out, s.classes[n])
		}
	}
	return out
}

func (s *schemaTree) InstanceCount(name string) (int, error) { return s.instances[name], nil }

// update plans a put and, when it succeeds, carries it out.
func (s *schemaTree) update(d *cim.ClassDecl, flags wbem.Flags) (*update, error) {
	s.t.Helper()
	old := s.classes[d.Name]
	before := fmt.Sprint(s.classes)
	u, err := planUpdate(old, s.classes[d.Super], d, flags, s)
	if after := fmt.Sprint(s.classes); after != before {
		s.t.Fatal("planning changed the schema")
	}
	if err != nil {
		if u != nil {
			s.t.Errorf("an error with a plan: %v", err)
		}
		return nil, err
	}
	s.classes[d.Name] = u.class
	for _, c := range u.children {
		if c.class.Super() != s.classes[c.old.SuperName()] {
			s.t.Errorf("%s is planned before its superclass, or below an old one", c.class.Name())
		}
		s.classes[c.class.Name()] = c.class
	}
	if u.deleteInstances {
		s.instances[d.Name] = 0
	}
	return u, nil
}

// class makes a declaration: a header such as "D : B", then qualifiers,
// properties and methods in any order.
func class(header string, parts ...any) *cim.ClassDecl {
	d := &cim.ClassDecl{}
	d.Name, d.Super, _ = strings.Cut(header, " : ")
	for _, p := range parts {
		switch p := p.(type) {
		case cim.Qualifier:
			d.Qualifiers = append(d.Qualifiers, p)
		case cim.PropertyDecl:
			d.Properties = append(d.Properties, p)
		case cim.MethodDecl:
			d.Methods = append(d.Methods, p)
		default:
			panic(fmt.Sprintf("class: a %T", p))
		}
	}
	return d
}

// prop makes a property from "type Name" or "type Name = default".
func prop(text string, qs ...cim.Qualifier) cim.PropertyDecl {
	text, def, has := strings.Cut(text, " = ")
	keyword, name, _ := strings.Cut(text, " ")
	p := cim.PropertyDecl{Name: name, Qualifiers: qs, HasDefault: has}
	elem, isArray := strings.CutSuffix(keyword, "[]")
	elem, p.Class, _ = strings.Cut(elem, ":")
	p.Type, _ = cim.ParseType(elem)
	if isArray {
		p.Type = p.Type.ArrayOf()
	}
	if has && def != "NULL" {
		p.Default, _ = cim.Convert(cim.StringValue(def), p.Type)
	}
	return p
}

// method makes a method from "type Name"; params are made by param.
func method(text string, parts ...any) cim.MethodDecl {
	keyword, name, _ := strings.Cut(text, " ")
	m := cim.MethodDecl{Name: name}
	m.Return, _ = cim.ParseType(keyword)
	for _, p := range parts {
		switch p := p.(type) {
		case cim.Qualifier:
			m.Qualifiers = append(m.Qualifiers, p)
		case cim.ParameterDecl:
			m.Parameters = append(m.Parameters, p)
		}
	}
	return m
}

func param(text string, qs ...cim.Qualifier) cim.ParameterDecl {
	p := prop(text, qs...)
	return cim.ParameterDecl{Name: p.Name, Type: p.Type, Class: p.Class, Qualifiers: qs, Default: p.Default, HasDefault: p.HasDefault}
}

const (
	toSub  = cim.ToSubclass
	toInst = cim.ToInstance
	noOver = cim.ToSubclass | cim.DisableOverride
)

// qual makes a qualifier; a missing value is TRUE.
func qual(name string, args ...any) cim.Qualifier {
	q := cim.Qualifier{Name: name, Value: cim.BoolValue(true)}
	for _, a := range args {
		switch a := a.(type) {
		case bool:
			q.Value = cim.BoolValue(a)
		case int:
			q.Value = cim.Sint32Value(int32(a))
		case string:
			q.Value = cim.StringValue(a)
		case []string:
			q.Value = cim.StringsValue(a)
		case cim.Flavor:
			q.Flavor = a
		}
	}
	return q
}

func checkStatus(t *testing.T, what string, err error, want cim.Status) {
	t.Helper()
	if want == wbem.OK && err != nil {
		t.Errorf("%s: %v (%v), want success", what, err, cim.StatusOf(err))
	} else if want != wbem.OK && !errors.Is(err, want) {
		t.Errorf("%s: %v (%v), want %v", what, err, cim.StatusOf(err), want)
	}
}

var key, in, out = qual("key"), qual("in"), qual("out")

// The fixture of put.md 15, as far as classes go.
func classB() *cim.ClassDecl {
	return class("B", prop("string Id", key), prop("sint32 N = 7"), prop("string S"))
}
func classD() *cim.ClassDecl  { return class("D : B", prop("uint8 U")) }
func classE() *cim.ClassDecl  { return class("E : B", prop("string X")) }
func classKI() *cim.ClassDecl { return class("KI", prop("uint32 Num", key), prop("string V")) }
func classAB() *cim.ClassDecl { return class("AB", qual("abstract"), prop("string Id", key)) }
func classDyn() *cim.ClassDecl {
	return class("Dyn", qual("dynamic"), qual("provider", "P1"), prop("string Id", key), prop("string V"))
}

// with returns a declaration with more parts.
func with(d *cim.ClassDecl, parts ...any) *cim.ClassDecl {
	more := class(d.Name, parts...)
	d.Qualifiers = append(d.Qualifiers, more.Qualifiers...)
	d.Properties = append(d.Properties, more.Properties...)
	d.Methods = append(d.Methods, more.Methods...)
	return d
}

// TestUpdateMatrix goes through the matrix of put.md 4.2 row by row.
func TestUpdateMatrix(t *testing.T) {
	const has, child = wbem.ClassHasInstances, wbem.ClassHasChildren
	plain := func() *cim.ClassDecl { return classB() }
	unimportant := func() *cim.ClassDecl { return with(classB(), qual("Description", "base")) }
	structural := func() *cim.ClassDecl { return with(classB(), prop("string P")) }
	conflicting := func() *cim.ClassDecl { return with(classB(), prop("string U")) }
	unresolvable := func() *cim.ClassDecl { return with(classB(), prop("string P", qual("indexed"))) }

	for _, row := range []struct {
		name              string
		decl              func() *cim.ClassDecl
		children          bool
		own, childs       int
		change            change
		compat, safe, frc cim.Status
		deleted           int // by force mode
	}{
		{"none", plain, true, 2, 2, changeNone, 0, 0, 0, 0},
		{"unimportant", unimportant, true, 2, 2, changeUnimportant, 0, 0, 0, 0},
		{"structural, alone", structural, false, 0, 0, changeStructural, 0, 0, 0, 0},
		{"structural, own instances", structural, false, 2, 0, changeStructural, has, has, 0, 2},
		{"structural, no conflict", structural, true, 0, 0, changeStructural, child, 0, 0, 0},
		{"structural, conflict", conflicting, true, 0, 0, changeStructural, child, wbem.UpdateTypeMismatch, 0, 0},
		{"structural, not resolvable", unresolvable, true, 0, 0, changeStructural, child,
			wbem.CannotChangeIndexInheritance, wbem.CannotChangeIndexInheritance, 0},
		{"structural, children, own instances only", structural, true, 2, 0, changeStructural, child, has, 0, 2},
		{"conflict, children, own instances only", conflicting, true, 2, 0, changeStructural, child, has, 0, 2},
		{"structural, child instances", structural, true, 0, 1, changeStructural, child, has, has, 0},
		{"structural, own and child instances", structural, true, 1, 1, changeStructural, child, has, has, 0},
	} {
		for _, mode := range []struct {
			name  string
			flags wbem.Flags
			want  cim.Status
		}{{"compatible", compatible, row.compat}, {"safe", safe, row.safe}, {"force", force, row.frc}} {
			t.Run(row.name+"/"+mode.name, func(t *testing.T) {
				s := newSchemaTree(t, classB())
				s.instances["B"] = row.own
				if row.children {
					// The instances are those of a grandchild: any depth counts.
					s = newSchemaTree(t, classB(), classD(), class("D2 : D"), classE())
					s.instances["B"], s.instances["D2"] = row.own, row.childs
				}
				u, err := s.update(row.decl(), mode.flags)
				checkStatus(t, "put", err, mode.want)
				if err != nil {
					return
				}
				if u.change != row.change {
					t.Errorf("change %v, want %v", u.change, row.change)
				}
				if u.deleteInstances != (row.deleted > 0) || u.instances != row.deleted {
					t.Errorf("deletes %v, %d instances, want %d", u.deleteInstances, u.instances, row.deleted)
				}
				wantChildren := 0
				if row.children && row.change != changeNone {
					wantChildren = 3
				}
				if len(u.children) != wantChildren {
					t.Errorf("%d children planned, want %d", len(u.children), wantChildren)
				}
			})
		}
	}
}

// TestUpdateConflicts goes through the table of put.md 4.3 row by row. Without
// a mode every one of them is ClassHasChildren.
func TestUpdateConflicts(t *testing.T) {
	classQ := func(q cim.Qualifier) *cim.ClassDecl { return class("P", q, prop("string A")) }
	propQ := func(q cim.Qualifier) *cim.ClassDecl { return class("P", prop("string A", q)) }
	methodQ := func(parts ...any) *cim.ClassDecl {
		return class("P", prop("string A"), method("uint32 M", parts...))
	}
	for _, row := range []struct {
		name        string
		old         *cim.ClassDecl // P
		child       *cim.ClassDecl // C : P
		new         *cim.ClassDecl // P
		safe, force cim.Status
		removed     []string
	}{
		{name: "gains a property of another type",
			old: class("P"), child: class("C : P", prop("uint8 X")), new: class("P", prop("string X")),
			safe: wbem.UpdateTypeMismatch, removed: []string{"property X"}},
		{name: "gains an array where the child has a scalar",
			old: class("P"), child: class("C : P", prop("string X")), new: class("P", prop("string[] X")),
			safe: wbem.UpdateTypeMismatch, removed: []string{"property X"}},
		{name: "retypes a property",
			old: class("P", prop("uint8 X")), child: class("C : P", prop("uint8 X = 3")), new: class("P", prop("uint16 X")),
			safe: wbem.UpdateTypeMismatch, removed: []string{"property X"}},
		{name: "retypes a property that the child leaves alone",
			old: class("P", prop("uint8 X")), child: class("C : P"), new: class("P", prop("uint16 X"))},
		{name: "gains a property that the child has alike",
			old: class("P"), child: class("C : P", prop("string x = a")), new: class("P", prop("string X"))},

		{name: "class qualifier that forbids to override",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "b")), new: classQ(qual("Q", "a", noOver)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q"}},
		{name: "the same with an equal value",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "a")), new: classQ(qual("Q", "a", noOver))},
		{name: "the same without propagation",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "b")), new: classQ(qual("Q", "a", cim.DisableOverride))},
		{name: "class qualifier that may be overridden",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "b")), new: classQ(qual("Q", "a", toSub))},
		{name: "class qualifier of another type, string and integer",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "b")), new: classQ(qual("Q", 1, toSub)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q"}},
		{name: "class qualifier of another type, scalar and array",
			old: class("P", prop("string A")), child: class("C : P", qual("Q", "b")), new: classQ(qual("Q", []string{"b"}, toSub)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q"}},
		{name: "property qualifier that forbids to override",
			old: class("P", prop("string A")), child: class("C : P", prop("string A", qual("Q", "b"))), new: propQ(qual("Q", "a", noOver)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q of property A"}},
		{name: "property qualifier of another type",
			old: class("P", prop("string A")), child: class("C : P", prop("string A", qual("Q", "b"))), new: propQ(qual("q", true, toSub)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q of property A"}},
		{name: "method qualifier that forbids to override",
			old: methodQ(param("string I", in)), child: class("C : P", method("uint32 M", param("string I", in), qual("Q", "b"))),
			new:  methodQ(param("string I", in), qual("Q", "a", noOver)),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q of method M"}},
		{name: "parameter qualifier that forbids to override",
			old: methodQ(param("string I", in)), child: class("C : P", method("uint32 M", param("string I", in, qual("Q", "b")))),
			new:  methodQ(param("string I", in, qual("Q", "a", noOver))),
			safe: wbem.UpdateOverrideNotAllowed, removed: []string{"qualifier Q of parameter I of method M"}},

		{name: "gains a method of another signature",
			old: class("P", prop("string A")), child: class("C : P", method("uint32 M")), new: methodQ(param("string I", in)),
			safe: wbem.UpdatePropagatedMethod, removed: []string{"method M"}},
		{name: "changes the direction of a parameter",
			old: methodQ(param("string I", in)), child: class("C : P", method("uint32 M", param("string I", in))),
			new:  methodQ(param("string I", in, out)),
			safe: wbem.UpdatePropagatedMethod, removed: []string{"method M"}},
		{name: "gains a method that the child has alike",
			old: class("P", prop("string A")), child: class("C : P", method("uint32 m", param("string i", in))), new: methodQ(param("string I", in))},
		{name: "loses a method that the child declares too",
			old: methodQ(), child: class("C : P", method("uint32 M", qual("Implemented"))), new: class("P", prop("string A"))},

		{name: "loses a property whose default the child overrides",
			old: class("P", prop("uint8 X = 1")), child: class("C : P", prop("uint8 X = 2")), new: class("P"),
			safe: wbem.ClassHasChildren, removed: []string{"property X"}},
		{name: "loses a property whose qualifiers the child overrides",
			old: class("P", prop("uint8 X")), child: class("C : P", prop("uint8 X", qual("Q"))), new: class("P"),
			safe: wbem.ClassHasChildren, removed: []string{"property X"}},
		{name: "loses a property that the child leaves alone",
			old: class("P", prop("uint8 X")), child: class("C : P"), new: class("P")},

		{name: "keys move",
			old: class("P", prop("string A", key), prop("string B")), child: class("C : P"), new: class("P", prop("string A"), prop("string B", key)),
			safe: wbem.CannotChangeKeyInheritance, force: wbem.CannotChangeKeyInheritance},
		{name: "keys appear",
			old: class("P", prop("string A")), child: class("C : P"), new: class("P", prop("string A", key)),
			safe: wbem.CannotChangeKeyInheritance, force: wbem.CannotChangeKeyInheritance},
		{name: "keys disappear",
			old: class("P", prop("string A", key)), child: class("C : P"), new: class("P", prop("string A")),
			safe: wbem.CannotChangeKeyInheritance, force: wbem.CannotChangeKeyInheritance},
		{name: "an index appears",
			old: class("P", prop("string A")), child: class("C : P"), new: class("P", prop("string A", qual("Indexed"))),
			safe: wbem.CannotChangeIndexInheritance, force: wbem.CannotChangeIndexInheritance},
		{name: "an index disappears",
			old: class("P", prop("string A", qual("Indexed"))), child: class("C : P"), new: class("P", prop("string A")),
			safe: wbem.CannotChangeIndexInheritance, force: wbem.CannotChangeIndexInheritance},
		{name: "becomes a singleton, the child is none",
			old: class("P", prop("string A")), child: class("C : P"), new: class("P", qual("Singleton"), prop("string A")),
			safe: wbem.CannotBeSingleton, force: wbem.CannotBeSingleton},
		{name: "becomes a singleton, the child has keys",
			old: class("P", qual("Abstract")), child: class("C : P", prop("string K", key)), new: class("P", qual("Abstract"), qual("Singleton")),
			safe: wbem.CannotBeSingleton, force: wbem.CannotBeSingleton},
		{name: "becomes a singleton as the child is",
			old: class("P", qual("Abstract")), child: class("C : P", qual("Singleton")), new: class("P", qual("Abstract"), qual("Singleton"))},
		{name: "becomes concrete, the child is abstract",
			old: class("P", qual("Abstract")), child: class("C : P", qual("Abstract")), new: class("P"),
			safe: wbem.CannotBeAbstract, force: wbem.CannotBeAbstract},
		{name: "becomes dynamic, the child is static",
			old: class("P"), child: class("C : P"), new: class("P", qual("Dynamic"), qual("Provider", "x")),
			safe: wbem.InvalidOperation, force: wbem.InvalidOperation},
		{name: "becomes dynamic with all below it",
			old: class("P"), child: class("C : P"), new: class("P", qual("Dynamic", toSub), qual("Provider", "x", toSub))},
		{name: "too many properties in the child",
			old: class("P"), child: manyProperties("C : P", "C", 1000), new: manyProperties("P", "P", 25),
			safe: wbem.TooManyProperties, force: wbem.TooManyProperties},
		{name: "as many properties as there may be",
			old: class("P"), child: manyProperties("C : P", "C", 1000), new: manyProperties("P", "P", 24)},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, mode := range []struct {
				name  string
				flags wbem.Flags
				want  cim.Status
			}{{"compatible", compatible, wbem.ClassHasChildren}, {"safe", safe, row.safe}, {"force", force, row.force}} {
				s := newSchemaTree(t, row.old.Clone(), row.child.Clone(), class("G : C"))
				before := s.classes["C"].Decl()
				harmless := classify(s.classes["P"], mustDerive(t, row.new.Clone())) == changeUnimportant
				if harmless && row.safe == 0 && mode.flags == compatible {
					mode.want = 0 // a qualifier that contradicts nobody
				}
				u, err := s.update(row.new.Clone(), mode.flags)
				checkStatus(t, mode.name, err, mode.want)
				if err != nil {
					continue
				}
				edit := u.children[0]
				if diff := cmp.Diff(row.removed, edit.removed); diff != "" && mode.flags == force {
					t.Errorf("removed (-want +got):\n%s", diff)
				}
				if (edit.decl != nil) != (len(edit.removed) > 0) {
					t.Errorf("%s: a definition changed without a removal, or not with one", mode.name)
				}
				if edit.decl == nil && s.classes["C"].Decl() != before {
					t.Errorf("%s: the child's own definition changed", mode.name)
				}
				if u.children[1].decl != nil {
					t.Errorf("%s: the grandchild's own definition changed", mode.name)
				}
			}
		})
	}
}

func mustDerive(t *testing.T, d *cim.ClassDecl) *cim.Class {
	t.Helper()
	c, err := cim.Derive(nil, d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func manyProperties(header, prefix string, n int) *cim.ClassDecl {
	d := class(header)
	for i := range n {
		d.Properties = append(d.Properties, prop(fmt.Sprintf("string %s%d", prefix, i)))
	}
	return d
}

// TestForceGoesDeep lets every class of a chain contradict the new definition.
func TestForceGoesDeep(t *testing.T) {
	s := newSchemaTree(t,
		class("P", prop("uint8 Gone = 1"), prop("string Kept")),
		class("C : P", prop("uint8 Gone = 2"), prop("uint8 X"), qual("Q", "c")),
		class("G : C", prop("uint8 Gone = 3"), prop("uint8 X = 5"), prop("uint8 Own"), qual("Q", "g"), method("string M")),
		class("H : G", prop("string Kept = h")),
	)
	u, err := s.update(class("P", qual("Q", "p", noOver), prop("string Kept"), prop("string X = p"), method("uint32 M")), force)
	if err != nil {
		t.Fatal(err)
	}
	want := []wbem.ClassEdit{
		{Class: "C", Removed: []string{"qualifier Q", "property Gone", "property X"}},
		{Class: "G", Removed: []string{"qualifier Q", "property Gone", "property X", "method M"}},
		{Class: "H"},
	}
	if diff := cmp.Diff(want, u.edits()); diff != "" {
		t.Errorf("edits (-want +got):\n%s", diff)
	}
	g := s.classes["G"]
	if x := g.Property("X"); x.Type() != cim.TypeString || x.IsLocal() || x.Origin() != "P" || x.Default().Text() != "p" {
		t.Errorf("G.X is a %v, local %v, of %s, default %v", x.Type(), x.IsLocal(), x.Origin(), x.Default())
	}
	if g.Property("Gone") != nil || g.Property("Own") == nil || g.Qualifiers().Value("Q").Text() != "p" {
		t.Errorf("G has lost or kept the wrong things")
	}
	if m := g.Method("M"); m.Origin() != "P" || m.IsLocal() {
		t.Errorf("G.M is of %s, local %v", m.Origin(), m.IsLocal())
	}
	if s.classes["H"].Property("Kept").Default().Text() != "h" {
		t.Errorf("H.Kept lost its default")
	}

	// All resolutions or none: the key of a grandchild forbids the whole.
	s = newSchemaTree(t, class("P", qual("Abstract")), class("C : P", qual("Abstract"), prop("uint8 X")), class("G : C", prop("string K", key)))
	_, err = s.update(class("P", qual("Abstract"), qual("Singleton"), prop("string X")), force)
	checkStatus(t, "unresolvable below", err, wbem.CannotBeSingleton)
	if s.classes["C"].Property("X").Type() != cim.TypeUint8 {
		t.Error("a part of a failed update was kept")
	}
}

// TestUnimportantConflict: a qualifier on which nothing depends can still be
// one that a child contradicts. That deletes no instances.
func TestUnimportantConflict(t *testing.T) {
	s := newSchemaTree(t, classB(), with(classD(), qual("Q", "d")))
	s.instances["B"], s.instances["D"] = 3, 4
	u, err := s.update(with(classB(), qual("Q", "b", noOver)), force)
	if err != nil {
		t.Fatal(err)
	}
	if u.change != changeUnimportant || u.deleteInstances || u.children[0].decl == nil {
		t.Errorf("plan %+v", u)
	}
}

// TestClassify tells structural from unimportant and from no change.
func TestClassify(t *testing.T) {
	full := func() *cim.ClassDecl {
		return class("C : P", qual("Description", "d", toSub), qual("Locale", 1033),
			prop("uint8 A = 1", qual("Description", "a")), prop("ref:P R", qual("read")), prop("string[] S"),
			method("uint32 M", qual("Description", "m"), param("string I = x", in), param("object:P O", out)))
	}
	edit := func(f func(d *cim.ClassDecl)) *cim.ClassDecl { d := full(); f(d); return d }
	for _, tc := range []struct {
		name string
		decl *cim.ClassDecl
		want change
	}{
		{"the same", full(), changeNone},
		{"qualifiers in another order", edit(func(d *cim.ClassDecl) {
			d.Qualifiers[0], d.Qualifiers[1] = d.Qualifiers[1], d.Qualifiers[0]
		}), changeNone},
		{"IDs of parameters written out", edit(func(d *cim.ClassDecl) {
			for i := range d.Methods[0].Parameters {
				d.Methods[0].Parameters[i].Qualifiers.Set(qual("ID", i))
			}
		}), changeNone},
		{"superclass in other case", edit(func(d *cim.ClassDecl) { d.Super = "p" }), changeNone},

		{"class name in other case", edit(func(d *cim.ClassDecl) { d.Name = "c" }), changeUnimportant},
		{"property name in other case", edit(func(d *cim.ClassDecl) { d.Properties[0].Name = "a" }), changeUnimportant},
		{"method name in other case", edit(func(d *cim.ClassDecl) { d.Methods[0].Name = "m" }), changeUnimportant},
		{"parameter name in other case", edit(func(d *cim.ClassDecl) { d.Methods[0].Parameters[0].Name = "i" }), changeUnimportant},
		{"qualifier name in other case", edit(func(d *cim.ClassDecl) { d.Qualifiers[0].Name = "DESCRIPTION" }), changeUnimportant},
		{"class of a reference in other case", edit(func(d *cim.ClassDecl) { d.Properties[1].Class = "p" }), changeUnimportant},
		{"properties in another order", edit(func(d *cim.ClassDecl) {
			d.Properties[0], d.Properties[1] = d.Properties[1], d.Properties[0]
		}), changeUnimportant},
		{"value of a qualifier", edit(func(d *cim.ClassDecl) { d.Qualifiers[0].Value = cim.StringValue("D") }), changeUnimportant},
		{"flavor of a qualifier", edit(func(d *cim.ClassDecl) { d.Qualifiers[0].Flavor = toInst }), changeUnimportant},
		{"a qualifier less", edit(func(d *cim.ClassDecl) { d.Qualifiers = d.Qualifiers[:1] }), changeUnimportant},
		{"a property qualifier", edit(func(d *cim.ClassDecl) { d.Properties[0].Qualifiers = nil }), changeUnimportant},
		{"a method qualifier", edit(func(d *cim.ClassDecl) { d.Methods[0].Qualifiers = nil }), changeUnimportant},
		{"a parameter qualifier", edit(func(d *cim.ClassDecl) {
			d.Methods[0].Parameters[1].Qualifiers.Set(qual("Optional"))
		}), changeUnimportant},
		{"an inherited qualifier repeated", edit(func(d *cim.ClassDecl) { d.Qualifiers.Set(qual("Abstract", toSub)) }), changeUnimportant},
		{"an inherited property repeated", edit(func(d *cim.ClassDecl) {
			d.Properties = append(d.Properties, prop("string Id"))
		}), changeUnimportant},
		{"an inherited default repeated", edit(func(d *cim.ClassDecl) {
			d.Properties = append(d.Properties, prop("string Id = x"))
		}), changeUnimportant},

		{"another superclass", edit(func(d *cim.ClassDecl) { d.Super = "P2" }), changeStructural},
		{"another type", edit(func(d *cim.ClassDecl) { d.Properties[0] = prop("uint16 A = 1") }), changeStructural},
		{"another class of a reference", edit(func(d *cim.ClassDecl) { d.Properties[1].Class = "P2" }), changeStructural},
		{"another default", edit(func(d *cim.ClassDecl) { d.Properties[0].Default = cim.Uint8Value(2) }), changeStructural},
		{"no default", edit(func(d *cim.ClassDecl) { d.Properties[0].HasDefault = false }), changeStructural},
		{"an inherited default", edit(func(d *cim.ClassDecl) {
			d.Properties = append(d.Properties, prop("string Id = y"))
		}), changeStructural},
		{"a property more", edit(func(d *cim.ClassDecl) { d.Properties = append(d.Properties, prop("string T")) }), changeStructural},
		{"a property less", edit(func(d *cim.ClassDecl) { d.Properties = d.Properties[:2] }), changeStructural},
		{"a method more", edit(func(d *cim.ClassDecl) { d.Methods = append(d.Methods, method("uint32 N")) }), changeStructural},
		{"a method less", edit(func(d *cim.ClassDecl) { d.Methods = nil }), changeStructural},
		{"another return type", edit(func(d *cim.ClassDecl) { d.Methods[0].Return = cim.TypeString }), changeStructural},
		{"another direction", edit(func(d *cim.ClassDecl) { d.Methods[0].Parameters[0].Qualifiers = cim.Qualifiers{out} }), changeStructural},
		{"another default of a parameter", edit(func(d *cim.ClassDecl) {
			d.Methods[0].Parameters[0].Default = cim.StringValue("y")
		}), changeStructural},
		{"another class of a parameter", edit(func(d *cim.ClassDecl) { d.Methods[0].Parameters[1].Class = "" }), changeStructural},
	} {
		s := newSchemaTree(t, class("P", qual("Abstract", toSub), prop("string Id = x")), class("P2", qual("Abstract", toSub), prop("string Id = x")), full())
		// put.md#58: what is the same changes nothing, whatever is stored.
		s.classes["c"] = s.classes["C"]
		s.classes["p"] = s.classes["P"]
		u, err := s.update(tc.decl, compatible)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if u.change != tc.want {
			t.Errorf("%s: change %d, want %d", tc.name, u.change, tc.want)
		}
	}
	for _, name := range append(append([]string{}, importantClass...), "Description", "Locale", "x") {
		s := newSchemaTree(t, class("C", prop("string A")))
		q := qual(name)
		if name == "provider" || name == "Description" {
			q = qual(name, "text")
		}
		u, err := s.update(class("C", q, prop("string A")), compatible)
		want := changeStructural
		if name == "Description" || name == "Locale" || name == "x" {
			want = changeUnimportant
		}
		if err != nil || u.change != want {
			t.Errorf("class qualifier %s: %+v, %v, want change %d", name, u, err, want)
		}
	}
	for name, want := range map[string]change{
		"key": changeStructural, "Indexed": changeStructural, "NOT_NULL": changeStructural, "dynamic": changeStructural, "classref": changeStructural,
		"read": changeUnimportant, "write": changeUnimportant, "DisplayName": changeUnimportant, "mine": changeUnimportant,
	} {
		s := newSchemaTree(t, class("C", prop("string A")))
		u, err := s.update(class("C", prop("string A", qual(name))), compatible)
		if err != nil || u.change != want {
			t.Errorf("property qualifier %s: %+v, %v, want change %d", name, u, err, want)
		}
	}
	for name, want := range map[string]change{"Implemented": changeStructural, "Static": changeStructural, "Privileges": changeUnimportant} {
		s := newSchemaTree(t, class("C", method("string M")))
		u, err := s.update(class("C", method("string M", qual(name))), compatible)
		if err != nil || u.change != want {
			t.Errorf("method qualifier %s: %+v, %v, want change %d", name, u, err, want)
		}
	}
}

// TestUpdateCases proves the cases of put.md 15 about updates of classes.
func TestUpdateCases(t *testing.T) {
	withP := func() *cim.ClassDecl { return with(classB(), prop("string P")) }
	family := func(t *testing.T, d *cim.ClassDecl) *schemaTree { return newSchemaTree(t, classB(), d, classE()) }

	t.Run("put.md#45", func(t *testing.T) {
		s := family(t, classD())
		s.instances["B"], s.instances["D"] = 1, 1
		u, err := s.update(with(classB(), qual("Description", "new")), compatible)
		checkStatus(t, "Description", err, wbem.OK)
		if s.classes["B"].Qualifiers().Value("Description").Text() != "new" || u.deleteInstances {
			t.Errorf("plan %+v", u)
		}
	})
	t.Run("put.md#46", func(t *testing.T) {
		_, err := family(t, classD()).update(withP(), compatible)
		checkStatus(t, "P", err, wbem.ClassHasChildren)
	})
	t.Run("put.md#47", func(t *testing.T) {
		s := family(t, classD())
		_, err := s.update(withP(), safe)
		checkStatus(t, "P", err, wbem.OK)
		for _, name := range []string{"D", "E"} {
			if p := s.classes[name].Property("P"); p == nil || p.IsLocal() || p.Origin() != "B" {
				t.Errorf("%s.P: %+v", name, p)
			}
		}
	})
	t.Run("put.md#48", func(t *testing.T) {
		s := family(t, with(classD(), prop("uint8 P")))
		_, err := s.update(withP(), safe)
		checkStatus(t, "P", err, wbem.UpdateTypeMismatch)
		if s.classes["D"].Property("P").Type() != cim.TypeUint8 || s.classes["B"].Property("P") != nil {
			t.Error("something changed")
		}
	})
	t.Run("put.md#49", func(t *testing.T) {
		s := family(t, with(classD(), prop("uint8 P")))
		u, err := s.update(withP(), force)
		checkStatus(t, "P", err, wbem.OK)
		if p := s.classes["D"].Property("P"); p.Type() != cim.TypeString || p.IsLocal() {
			t.Errorf("D.P is a %v, local %v", p.Type(), p.IsLocal())
		}
		// One modification event for D, none for E.
		if u.children[0].decl == nil || u.children[1].decl != nil {
			t.Errorf("own definitions changed: %v", u.edits())
		}
	})
	t.Run("put.md#50", func(t *testing.T) {
		s := newSchemaTree(t, classKI())
		s.instances["KI"] = 2
		for _, flags := range []wbem.Flags{compatible, safe} {
			_, err := s.update(with(classKI(), prop("string P")), flags)
			checkStatus(t, "P", err, wbem.ClassHasInstances)
		}
	})
	t.Run("put.md#51", func(t *testing.T) {
		s := newSchemaTree(t, classKI())
		s.instances["KI"] = 2
		u, err := s.update(with(classKI(), prop("string P")), force)
		checkStatus(t, "P", err, wbem.OK)
		if !u.deleteInstances || u.instances != 2 {
			t.Errorf("plan %+v", u)
		}
	})
	t.Run("put.md#52", func(t *testing.T) {
		// What the provider has is not counted, so nothing is deleted.
		u, err := newSchemaTree(t, classDyn()).update(with(classDyn(), prop("string P")), force)
		checkStatus(t, "P", err, wbem.OK)
		if u.deleteInstances {
			t.Errorf("plan %+v", u)
		}
	})
	t.Run("put.md#53", func(t *testing.T) {
		s := family(t, classD())
		s.instances["D"] = 1
		_, err := s.update(withP(), force)
		checkStatus(t, "P", err, wbem.ClassHasInstances)
		if s.classes["B"].Property("P") != nil {
			t.Error("something changed")
		}
	})
	t.Run("put.md#54", func(t *testing.T) {
		s := newSchemaTree(t, classKI())
		moved := func() *cim.ClassDecl { return class("KI", prop("uint32 Num"), prop("string V", key)) }
		_, err := s.update(moved(), compatible)
		checkStatus(t, "key moves", err, wbem.OK)
		// Decision P-12a: with instances the matrix decides.
		s = newSchemaTree(t, classKI())
		s.instances["KI"] = 1
		_, err = s.update(moved(), safe)
		checkStatus(t, "key moves, instances", err, wbem.ClassHasInstances)
		u, err := s.update(moved(), force)
		checkStatus(t, "key moves, forced", err, wbem.OK)
		if err == nil && !u.deleteInstances {
			t.Error("instances stay under keys that are gone")
		}
	})
	t.Run("put.md#55", func(t *testing.T) {
		for _, flags := range []wbem.Flags{safe, force} {
			_, err := family(t, classD()).update(class("B", prop("string Id"), prop("sint32 N = 7", key), prop("string S")), flags)
			checkStatus(t, "key moves", err, wbem.CannotChangeKeyInheritance)
		}
	})
	t.Run("put.md#56", func(t *testing.T) {
		s := newSchemaTree(t, classKI())
		s.instances["KI"] = 1
		_, err := s.update(with(classKI(), qual("dynamic")), compatible)
		checkStatus(t, "dynamic", err, wbem.ClassHasInstances)
	})
	t.Run("put.md#57", func(t *testing.T) {
		s := family(t, with(classD(), qual("Q", "d")))
		_, err := s.update(with(classB(), qual("Q", "b", noOver)), safe)
		checkStatus(t, "safe", err, wbem.UpdateOverrideNotAllowed)
		_, err = s.update(with(classB(), qual("Q", "b", noOver)), force)
		checkStatus(t, "force", err, wbem.OK)
		if d := s.classes["D"]; len(d.Decl().Qualifiers) != 0 || d.Qualifiers().Value("Q").Text() != "b" {
			t.Errorf("D has own %v, effective %v", d.Decl().Qualifiers, d.Qualifiers())
		}
	})
	t.Run("put.md#58", func(t *testing.T) {
		s := family(t, classD())
		s.instances["B"], s.instances["D"] = 1, 1
		before := s.classes["B"]
		u, err := s.update(classB(), compatible)
		checkStatus(t, "the same", err, wbem.OK)
		if u.change != changeNone || u.class != before || len(u.children) != 0 {
			t.Errorf("plan %+v", u)
		}
	})
	t.Run("put.md#59", func(t *testing.T) {
		c3 := func() *cim.ClassDecl { return class("C3 : B", prop("string Y")) }
		below := func() *cim.ClassDecl { return class("C3 : AB", prop("string Y")) }
		s := newSchemaTree(t, classB(), classAB(), c3())
		u, err := s.update(below(), compatible)
		checkStatus(t, "another superclass", err, wbem.OK)
		if u.class.SuperName() != "AB" {
			t.Errorf("superclass is %s", u.class.SuperName())
		}
		for _, flags := range []wbem.Flags{compatible, safe, force} {
			s = newSchemaTree(t, classB(), classAB(), c3())
			s.instances["C3"] = 1
			_, err = s.update(below(), flags)
			checkStatus(t, "with an instance", err, wbem.ClassHasInstances)
			s = newSchemaTree(t, classB(), classAB(), c3(), class("C4 : C3"))
			_, err = s.update(below(), flags)
			checkStatus(t, "with a child", err, wbem.ClassHasChildren)
		}
	})
}

// TestUpdateKeepsOwnRules: what a class may not be, it may not become.
func TestUpdateKeepsOwnRules(t *testing.T) {
	s := newSchemaTree(t, classB(), classD(), class("D2 : D"), classDyn(), class("DynD : Dyn", qual("dynamic")))
	for _, tc := range []struct {
		name string
		decl *cim.ClassDecl
		want cim.Status
	}{
		{"below itself", class("B : B", prop("string Id", key)), wbem.CircularReference},
		{"below its grandchild", class("B : D2", prop("string Id", key)), wbem.CircularReference},
		{"another key", with(classD(), prop("string J", key)), wbem.CannotChangeKeyInheritance},
		{"another type", with(classD(), prop("string N")), wbem.UpdateTypeMismatch},
		{"abstract below concrete", with(classD(), qual("abstract")), wbem.CannotBeAbstract},
		{"static below dynamic", class("DynD : Dyn"), wbem.InvalidOperation},
	} {
		for _, flags := range []wbem.Flags{compatible, safe, force} {
			_, err := s.update(tc.decl.Clone(), flags)
			checkStatus(t, tc.name, err, tc.want)
		}
	}
}

// TestUpdateKeepsOrigin: the new classes are stored where the old ones are.
func TestUpdateKeepsOrigin(t *testing.T) {
	s := newSchemaTree(t, classB(), classD())
	at := &cim.Origin{Server: "srv", Namespace: `root\t`}
	s.classes["B"] = s.classes["B"].At(at)
	u, err := s.update(with(classB(), prop("string P")), safe)
	if err != nil {
		t.Fatal(err)
	}
	if u.class.Origin() != at || u.children[0].class.Origin() != at {
		t.Errorf("origins %v and %v", u.class.Origin(), u.children[0].class.Origin())
	}
	if d := u.children[0].class; d.KeyClass() != u.class {
		t.Errorf("the key class of D is %p, not the new B %p", d.KeyClass(), u.class)
	}
}

// errTree fails to count.
type errTree struct{ *schemaTree }

func (errTree) InstanceCount(string) (int, error) { return 0, wbem.CriticalError }

func TestUpdateReportsStoreErrors(t *testing.T) {
	s := newSchemaTree(t, classB(), classD())
	_, err := planUpdate(s.classes["B"], nil, with(classB(), prop("string P")), safe, errTree{s})
	checkStatus(t, "put", err, wbem.CriticalError)
}
